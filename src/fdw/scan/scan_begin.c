/*-------------------------------------------------------------------------
 *
 * scan_begin.c
 *		Beginnings of foreign scans: from a plan to the state of a scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/memo.h"
#include "api/options/options.h"
#include "base/owner.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/compat.h"
#include "fdw/plan/compat.h"
#include "fdw/plan/generated.h"
#include "fdw/plan/volatile.h"
#include "fdw/scan/read_to_end.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/wanted_list.h"
#include "fdw/scan/whole_list.h"
#include "foreign/foreign.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "read/pages.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

/* All scans that have begun and not ended in this backend. */
static dlist_head scans = DLIST_STATIC_INIT(scans);

static void
read_plan(FtxScanState *state)
{
	PlanState *node = &state->node->ss.ps;

	ftx_scan_plan_unpack((ForeignScan *) node->plan, &state->plan);
	state->table = ftx_table_open(state->node->ss.ss_currentRelation,
								  state->plan.resource);
	for (int kind = 0; kind < FTX_REQUEST_EXPRS; kind++)
		state->params[kind] = ftx_init_expressions(state->plan.exprs[kind],
												   node);
	ftx_scan_plan_whole(state);
}

static void
init_conditions(FtxScanState *state)
{
	PlanState *node = &state->node->ss.ps;

	state->conditions_context = CreateExprContext(node->state);
	state->conditions_slot = MakeSingleTupleTableSlot(
		state->tupdesc, state->node->ss.ss_ScanTupleSlot->tts_ops);
	state->parent_filter = ftx_parent_filter_create(
		&state->node->ss, state->table, state->plan.exprs[FTX_EXPRS_ON_PARENTS],
		state->conditions_context, state->conditions_slot);
	state->conditions = ftx_row_filter_create(
		state->plan.exprs[FTX_EXPRS_ON_ITEMS], node);
	state->user_code = ftx_user_code_create(state);
}

/*
 * Are the rows read to be changed?  Then no value is taken for NULL: it might
 * be written back.
 */
static bool
reads_target(FtxScanState *state)
{
	ForeignScan *plan = (ForeignScan *) state->node->ss.ps.plan;
	PlannedStmt *stmt = state->node->ss.ps.state->es_plannedstmt;

	return plan->operation != CMD_SELECT ||
		   ftx_plan_writes_to(stmt, plan->scan.scanrelid);
}

static void
init_reading(FtxScanState *state)
{
	const FtxScanPlan *plan = &state->plan;
	FtxReadSpec spec = {0};

	state->converter = ftx_generated_converter(
		state->node->ss.ss_currentRelation, state->table, plan->attnums,
		plan->first_attnums);
	if (plan->null_for_misfits && !reads_target(state))
		ftx_converter_tolerate(state->converter);
	state->in_steps = list_length(plan->first_attnums) <
					  list_length(plan->attnums);
	spec.session = state->session;
	spec.resource = plan->resource;
	spec.projection = ftx_converter_projection(state->converter);
	spec.slot_columns = ftx_converter_columns(state->converter);
	spec.extras = ftx_converter_extras(state->converter);
	state->extras = spec.extras != 0;
	spec.memo = ftx_memo_of(state->node->ss.ps.state);
	state->now = ftx_memo_present(spec.memo);
	spec.stats = &state->stats;
	spec.page_size = plan->page_size;
	spec.prefetch = plan->prefetch;
	spec.in_order = plan->exprs[FTX_EXPRS_SORT] != NIL;
	spec.few_rows = plan->few_rows && !spec.in_order;
	spec.limit = ftx_plan_list_limit(plan);
	spec.list_wanted = ftx_scan_list_wanted;
	spec.wanted_arg = state;
	state->items = ftx_items_create(&spec);
	state->objects = ftx_objects_create(&spec);
	state->sorted = ftx_sorted_create(state);
}

/*
 * Reset callback of the scan's context.
 */
static void
withdraw_scan(void *arg)
{
	FtxScanState *state = arg;

	ftx_open_list_unregister(&state->open_list);
	dlist_delete(&state->all);
}

static FtxScanState *
create_scan(ForeignScanState *node)
{
	MemoryContext cxt = AllocSetContextCreate(node->ss.ps.state->es_query_cxt,
											  "fivetrex scan",
											  ALLOCSET_DEFAULT_SIZES);
	FtxScanState *state = MemoryContextAllocZero(cxt, sizeof(FtxScanState));

	state->cxt = cxt;
	state->node = node;
	state->owner = CurrentResourceOwner;
	state->params_cxt = AllocSetContextCreate(cxt, "fivetrex parameters",
											  ALLOCSET_SMALL_SIZES);
	state->row_cxt = AllocSetContextCreate(cxt, "fivetrex row",
										   ALLOCSET_DEFAULT_SIZES);
	state->spool_cxt = AllocSetContextCreate(cxt, "fivetrex row read ahead",
											 ALLOCSET_DEFAULT_SIZES);
	ftx_at_reset(cxt, withdraw_scan, state);
	dlist_push_head(&scans, &state->all);
	return state;
}

FtxScanState *
ftx_scan_of_plan(const EState *estate, const Plan *plan)
{
	dlist_iter iter;

	dlist_foreach (iter, &scans)
	{
		FtxScanState *state = dlist_container(FtxScanState, all, iter.cur);

		if (state->node->ss.ps.plan == plan &&
			state->node->ss.ps.state == estate)
			return state;
	}
	return NULL;
}

bool
ftx_scans_any(const EState *estate, FtxScanTest test, void *arg)
{
	dlist_iter iter;

	dlist_foreach (iter, &scans)
	{
		FtxScanState *state = dlist_container(FtxScanState, all, iter.cur);

		if (state->node->ss.ps.state == estate && test(state, arg))
			return true;
	}
	return false;
}

FtxScanState *
ftx_scan_begin(ForeignScanState *node)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState *estate = node->ss.ps.state;
	RangeTblEntry *rte = exec_rt_fetch(plan->scan.scanrelid, estate);
	Oid userid = ftx_scan_check_as_user(plan, rte);
	FtxScanState *state = create_scan(node);
	MemoryContext old = MemoryContextSwitchTo(state->cxt);

	state->open_list.finish = ftx_scan_read_to_end;
	state->first.together = ftx_together_of(estate);
	state->tupdesc = CreateTupleDescCopy(
		RelationGetDescr(node->ss.ss_currentRelation));

	/* whose credentials: the one whose privileges the scan runs with */
	state->session = ftx_session_pin(GetForeignTable(rte->relid)->serverid,
									 OidIsValid(userid) ? userid : GetUserId(),
									 state->cxt);

	state->max_concurrency = state->session->options.max_concurrency;
	read_plan(state);
	init_conditions(state);
	init_reading(state);
	MemoryContextSwitchTo(old);
	return state;
}

FtxScanState *
ftx_scan_describe(ForeignScanState *node)
{
	Oid relid = RelationGetRelid(node->ss.ss_currentRelation);
	FtxScanState *state = palloc0(sizeof(FtxScanState));
	FtxServerOptions options;

	ftx_options_server(GetForeignServer(GetForeignTable(relid)->serverid),
					   &options);
	state->node = node;
	state->describes = true;
	state->now = palloc0(sizeof(TimestampTz));
	state->max_concurrency = options.max_concurrency;
	read_plan(state);
	return state;
}

/*
 * Does the expression look at the state of the execution it belongs to?
 */
static bool
depends_on_execution(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) ||
		(IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC))
		return true;
	return expression_tree_walker(node, depends_on_execution, context);
}

void
ftx_scan_filter(FtxScanState *state, List *quals, ExprState *qual)
{
	PlanState *node = &state->node->ss.ps;
	MemoryContext old = MemoryContextSwitchTo(state->cxt);

	state->filter = qual != NULL && !ftx_row_filter_pays(quals) ?
						ftx_row_filter_of(qual) :
						ftx_row_filter_create(quals, node);

	/*
	 * Reading ahead of a write happens while the filter itself may be under
	 * way, whose function it is that writes.
	 */
	if (!contain_mutable_functions((Node *) quals) && !ftx_calls_users(quals) &&
		!depends_on_execution((Node *) quals, NULL))
		state->spool_filter = ftx_row_filter_create(quals, node);
	MemoryContextSwitchTo(old);
}
