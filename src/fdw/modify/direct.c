/*-------------------------------------------------------------------------
 *
 * direct.c
 *		UPDATE and DELETE that are fed by the table alone.
 *
 * The scan gathers what to send: it evaluates the conditions and the new
 * values of each row.  Only when all rows are known the guards are checked
 * and the requests leave, many at once; then the rows go to RETURNING.  So
 * the writes do not disturb the scan, fivetrex.max_deletes knows the whole
 * set, and counts and answers are exact.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "api/calls/call.h"
#include "api/calls/statement.h"
#include "api/calls/stats.h"
#include "api/writes/writes.h"
#include "base/compat.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "executor/tuptable.h"
#include "fdw/compat.h"
#include "fdw/fdw.h"
#include "fdw/modify/direct.h"
#include "fdw/modify/modify.h"
#include "fdw/modify/sent_rows.h"
#include "fdw/modify/target.h"
#include "fdw/modify/target_check.h"
#include "fdw/modify/twins.h"
#include "fdw/modify/written_rows.h"
#include "fdw/plan/named_columns.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/scan_plan.h"
#include "fdw/scan/row_filter.h"
#include "fdw/scan/scan.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/pathnode.h"
#include "parser/parsetree.h"
#include "read/binding.h"
#include "utils/memutils.h"
#include "utils/rel.h"

typedef struct FtxDirectState
{
	FtxScanState *scan;
	FtxTarget *target;
	FtxWrites *writes;

	FtxScanPlan plan;
	List *set_values; /* ExprStates, one per plan.set_attnums */

	bool done;
	FtxSentRows *rows; /* to be returned; NULL without RETURNING */
	int next_row;

	int64 gathered; /* rows */
	FtxHeld held;	/* if the writes leave at the end of the run */
	bool holds;

	MemoryContext cxt;
	MemoryContext row_cxt;
} FtxDirectState;

/* ---------- planning ---------- */

/*
 * The scan of the target, if that alone feeds the statement.
 */
static ForeignScan *
target_scan(ModifyTable *plan, Index rti, int subplan_index)
{
	Plan *subplan = outerPlan(plan);

	if (IsA(subplan, Append))
	{
		Append *append = (Append *) subplan;

		if (subplan_index >= list_length(append->appendplans))
			return NULL;
		subplan = list_nth(append->appendplans, subplan_index);
	}
	if (!IsA(subplan, ForeignScan) ||
		((ForeignScan *) subplan)->scan.scanrelid != rti)
		return NULL;
	return (ForeignScan *) subplan;
}

static bool
is_multiassignment(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_MULTIEXPR)
		return true;
	return expression_tree_walker(node, is_multiassignment, context);
}

/*
 * The scan returns rows as they are after the statement: the n SET expressions,
 * which come first, must not be evaluated once more on those.  (Below an
 * Append nothing is marked as junk.)
 */
static List *
inert_target_list(List *targetlist, int n)
{
	List *result = NIL;
	ListCell *lc;

	foreach (lc, targetlist)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst(lc));

		if (list_length(result) < n)
			entry->expr = (Expr *) makeNullConst(
				exprType((Node *) entry->expr),
				exprTypmod((Node *) entry->expr),
				exprCollation((Node *) entry->expr));
		result = lappend(result, entry);
	}
	return result;
}

static List *
target_exprs(List *targetlist, int n)
{
	List *result = NIL;
	ListCell *lc;

	foreach (lc, targetlist)
	{
		if (list_length(result) == n)
			break;
		result = lappend(result, lfirst_node(TargetEntry, lc)->expr);
	}
	return result;
}

/*
 * May other parts of the statement delete, too?  Then all is gathered before
 * anything is sent, for fivetrex.max_deletes.
 */
static bool
deletes_in_parts(PlannerInfo *root, ModifyTable *plan)
{
	if (plan->operation != CMD_DELETE)
		return false;
	if (list_length(plan->resultRelations) > 1)
		return true;
	for (; root != NULL; root = root->parent_root)
	{
		if (root->parse->hasModifyingCTE)
			return true;
	}
	return false;
}

/*
 * Does a CHECK or partition constraint name a column that is set?  Rows are
 * checked in modify.c.
 */
static bool
is_checked(PlannerInfo *root, ModifyTable *plan, Index resultRelation,
		   const FtxPlanState *state)
{
	List *targetlist;
	List *set_attnums;
	Relation rel;
	bool checked;

	if (plan->operation != CMD_UPDATE)
		return false;
	get_translated_update_targetlist(root, resultRelation, &targetlist,
									 &set_attnums);
	rel = table_open(state->table->relid, NoLock);
	checked = ftx_named_by_constraints(
				  rel, ftx_table_changed(state->table,
										 ftx_attnum_set(set_attnums))) != NULL;
	table_close(rel, NoLock);
	return checked;
}

bool
fivetrexPlanDirectModify(PlannerInfo *root, ModifyTable *plan,
						 Index resultRelation, int subplan_index)
{
	ForeignScan *scan = target_scan(plan, resultRelation, subplan_index);
	Oid relid = planner_rt_fetch(resultRelation, root)->relid;
	FtxPlanState *state;
	FtxScanPlan direct;
	List *returning = NIL;
	Relation rel;

	if (scan == NULL || plan->operation == CMD_INSERT ||
		deletes_in_parts(root, plan))
		return false;
	state = find_base_rel(root, resultRelation)->fdw_private;
	if (is_checked(root, plan, resultRelation, state))
		return false;
	ftx_target_check_operation(state->resource, plan->operation);
	ftx_scan_plan_unpack(scan, &direct);
	if (plan->operation == CMD_UPDATE)
	{
		List *targetlist;

		get_translated_update_targetlist(root, resultRelation, &targetlist,
										 &direct.set_attnums);
		if (is_multiassignment((Node *) targetlist, NULL))
			return false;
		ftx_target_check_update(state->table, direct.set_attnums);
		direct.exprs[FTX_EXPRS_SET] = target_exprs(
			targetlist, list_length(direct.set_attnums));
	}
	if (plan->returningLists != NIL)
		returning = list_nth(plan->returningLists, subplan_index);
	rel = table_open(relid, NoLock);
	direct.return_attnums = ftx_target_returned(rel, resultRelation, returning);
	table_close(rel, NoLock);
	direct.returning = returning != NIL;
	direct.can_set_tag = plan->canSetTag;
	direct.exprs[FTX_EXPRS_CONDITIONS] = scan->scan.plan.qual;
	ftx_scan_plan_pack(&direct, scan);

	scan->operation = plan->operation;
	scan->scan.plan.async_capable = false; /* nothing else could be done */
	scan->resultRelation = resultRelation;
	scan->scan.plan.qual = NIL;
	if (plan->operation == CMD_UPDATE)
		scan->scan.plan.targetlist = inert_target_list(
			scan->scan.plan.targetlist, list_length(direct.set_attnums));
	return true;
}

/* ---------- beginning and end ---------- */

static FtxDirectState *
holder(FtxHeld *held)
{
	return (FtxDirectState *) ((char *) held - offsetof(FtxDirectState, held));
}

static void
gather_direct(FtxHeld *held)
{
	FtxDirectState *state = holder(held);

	ftx_target_gathered(state->target, state->writes);
}

static void
send_direct(FtxHeld *held)
{
	ftx_writes_send(holder(held)->writes, NULL, NULL);
}

/*
 * Where other parts of the query write, too, the whole is held back until all
 * of it is known, so that nothing has been sent if it is too much: unless
 * something looks at the answers.
 */
static bool
holds_back(const ForeignScanState *node, const FtxDirectState *state)
{
	const PlannedStmt *plan = node->ss.ps.state->es_plannedstmt;

	return state->rows == NULL &&
		   (plan->hasModifyingCTE || ftx_plan_writes_many(plan));
}

void
fivetrexBeginDirectModify(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState *estate = node->ss.ps.state;
	Oid user;
	MemoryContext cxt;
	MemoryContext old;
	FtxDirectState *state;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	ftx_modify_check_transition(node->resultRelInfo, plan->operation);
	cxt = AllocSetContextCreate(estate->es_query_cxt, "fivetrex modify",
								ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(cxt);
	state = palloc0(sizeof(FtxDirectState));
	state->cxt = cxt;
	state->row_cxt = AllocSetContextCreate(cxt, "fivetrex modified row",
										   ALLOCSET_DEFAULT_SIZES);
	ftx_scan_plan_unpack(plan, &state->plan);
	state->set_values = ftx_init_expressions(state->plan.exprs[FTX_EXPRS_SET],
											 (PlanState *) node);

	user = ftx_scan_check_as_user(plan,
								  exec_rt_fetch(plan->scan.scanrelid, estate));
	state->target = ftx_target_begin(
		node->ss.ss_currentRelation, plan->operation,
		OidIsValid(user) ? user : GetUserId(),
		plan->operation == CMD_UPDATE ? state->plan.return_attnums : NIL);
	state->writes = ftx_writes_create(
		state->target->session, state->target->dry_run, &state->target->stats);
	state->target->known = ftx_twins_known(
		state->target->twins,
		bms_union(ftx_attnum_set(state->plan.attnums),
				  ftx_attnum_set(state->plan.set_attnums)),
		ftx_attnum_set(state->plan.set_attnums));
	if (state->plan.returning)
		state->rows = ftx_sent_rows_create(state->target, NULL, NULL);
	if (holds_back(node, state))
	{
		state->holds = true;
		state->held.gather = gather_direct;
		state->held.send = send_direct;
		ftx_held_announce(&state->held, cxt, estate);
	}
	state->scan = ftx_scan_begin(node);
	ftx_scan_filter(state->scan, state->plan.exprs[FTX_EXPRS_CONDITIONS], NULL);
	MemoryContextSwitchTo(old);
	node->fdw_state = state;
}

void
fivetrexEndDirectModify(ForeignScanState *node)
{
	FtxDirectState *state = node->fdw_state;

	node->fdw_state = NULL;
	if (state == NULL)
		return;
	ftx_scan_end(state->scan);
	MemoryContextDelete(state->cxt);
}

FtxScanState *
ftx_direct_scan(ForeignScanState *node)
{
	FtxDirectState *state = node->fdw_state;

	return state != NULL ? state->scan : NULL;
}

const FtxStats *
ftx_direct_stats(ForeignScanState *node)
{
	return &((FtxDirectState *) node->fdw_state)->target->stats;
}

/* ---------- gathering ---------- */

/*
 * The row in the scan slot with its new values; in the current memory context.
 */
static void
new_row(FtxDirectState *state, ExprContext *econtext, Datum **values,
		bool **nulls)
{
	TupleTableSlot *slot = econtext->ecxt_scantuple;
	int natts = RelationGetNumberOfAttributes(state->target->rel);
	ListCell *expr;
	ListCell *attnum;

	*values = palloc(sizeof(Datum) * natts);
	*nulls = palloc(sizeof(bool) * natts);
	slot_getallattrs(slot);
	memcpy(*values, slot->tts_values, sizeof(Datum) * natts);
	memcpy(*nulls, slot->tts_isnull, sizeof(bool) * natts);
	forboth (expr, state->set_values, attnum, state->plan.set_attnums)
	{
		int i = lfirst_int(attnum) - 1;

		(*values)[i] = ExecEvalExpr((ExprState *) lfirst(expr), econtext,
									&(*nulls)[i]);
	}
}

/*
 * The request of a row with its new values, of which it gets all; false if it
 * needs none.
 */
static bool
build_request(FtxDirectState *state, Datum *values, bool *nulls,
			  const FtxBinding *binding, FtxCallSpec *spec)
{
	if (state->target->operation == CMD_UPDATE)
	{
		if (!ftx_target_update(state->target, state->plan.set_attnums, values,
							   nulls, binding, spec))
			return false;
		ftx_twins_fill(state->target->twins, state->plan.set_attnums, values,
					   nulls);
		return true;
	}
	ftx_target_delete(state->target, binding, spec);
	return true;
}

/*
 * Gather one row; false at the end of the scan.
 */
static bool
gather_row(ForeignScanState *node, FtxDirectState *state)
{
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	FtxCallSpec spec = {0};
	FtxBinding *binding;
	Datum *values;
	bool *nulls;
	MemoryContext old;

	ResetExprContext(econtext);
	MemoryContextReset(state->row_cxt);
	ftx_scan_next(state->scan);
	if (TupIsNull(slot))
		return false;
	slot->tts_tableOid = RelationGetRelid(state->target->rel);
	econtext->ecxt_scantuple = slot;
	old = MemoryContextSwitchTo(state->row_cxt);
	binding = ftx_target_binding(state->target, slot, NULL);
	new_row(state, econtext, &values, &nulls);
	if (build_request(state, values, nulls, binding, &spec))
	{
		if (ftx_written_by_parts(node->ss.ps.state))
			ftx_written_once(
				node->ss.ps.state, node->resultRelInfo->ri_RangeTableIndex,
				state->target,
				ftx_target_row_name(state->target, &spec, binding));
		if (!ftx_target_unchanged(state->target, state->plan.set_attnums,
								  values, nulls, slot->tts_values,
								  slot->tts_isnull))
			ftx_target_add(state->target, state->writes, &spec, binding);
		state->gathered++;
		if (state->rows != NULL)
			ftx_sent_rows_add(state->rows, values, nulls, binding);
	}
	MemoryContextSwitchTo(old);
	return true;
}

/* ---------- sending ---------- */

static void
modify_all(ForeignScanState *node, FtxDirectState *state)
{
	EState *estate = node->ss.ps.state;
	int64 count;

	while (gather_row(node, state))
		;
	count = state->gathered;
	if (!state->holds)
	{
		ftx_target_gathered(state->target, state->writes);
		ftx_writes_send(state->writes,
						state->rows != NULL ? ftx_sent_rows_answer : NULL,
						state->rows);
	}
	if (ftx_writes_dry_run(state->writes))
	{
		count = 0;
		if (state->rows != NULL)
			ftx_sent_rows_forget(state->rows);
	}
	if (state->plan.can_set_tag)
		estate->es_processed += count;
	if (state->rows == NULL && node->ss.ps.instrument != NULL)
		node->ss.ps.instrument->tuplecount += count;
}

TupleTableSlot *
fivetrexIterateDirectModify(ForeignScanState *node)
{
	FtxDirectState *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	if (!state->done)
	{
		modify_all(node, state);
		state->done = true;
	}
	ExecClearTuple(slot);
	if (state->rows == NULL ||
		state->next_row >= ftx_sent_rows_count(state->rows))
		return slot;
	ExecForceStoreHeapTuple(ftx_sent_rows_get(state->rows, state->next_row++),
							slot, false);
	slot->tts_tableOid = RelationGetRelid(state->target->rel);
	node->resultRelInfo->ri_projectReturning->pi_exprContext
		->ecxt_scantuple = slot;
	return slot;
}
