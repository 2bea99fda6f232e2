/*-------------------------------------------------------------------------
 *
 * modify_begin.c
 *		Beginning and end of INSERT, UPDATE, DELETE and COPY, whose rows
 *		modify.c gets.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "api/calls/stats.h"
#include "api/options/table.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "executor/executor.h"
#include "fdw/compat.h"
#include "fdw/fdw.h"
#include "fdw/modify/modify.h"
#include "fdw/modify/modify_state.h"
#include "fdw/modify/target_check.h"
#include "fdw/modify/twins.h"
#include "fdw/plan/named_columns.h"
#include "fdw/plan/system_columns.h"
#include "utils/memutils.h"
#include "utils/rel.h"

static void
gather_rows(FtxHeld *held)
{
	FtxModifyState *state = (FtxModifyState *) ((char *) held -
												offsetof(FtxModifyState, held));

	ftx_target_gathered(state->target, state->writes);
}

void
ftx_modify_flush(FtxModifyState *state)
{
	ftx_target_gathered(state->target, state->writes);
	ftx_writes_send(state->writes,
					state->rows != NULL ? ftx_sent_rows_answer : NULL,
					state->rows);
	if (state->rows != NULL)
		ftx_sent_rows_forget(state->rows);
}

static void
send_rows(FtxHeld *held)
{
	ftx_modify_flush(
		(FtxModifyState *) ((char *) held - offsetof(FtxModifyState, held)));
}

/*
 * FtxRowAnswered: check a gathered row once more.
 */
static void
check_answered(void *arg, HeapTuple tuple)
{
	FtxModifyState *state = arg;

	ExecForceStoreHeapTuple(tuple, state->answered, false);
	state->answered->tts_tableOid = RelationGetRelid(state->target->rel);
	ftx_checks_after(state->checks, state->answered);
}

/*
 * What new rows have to satisfy.  Answers are checked, too, so they have to be
 * read.
 */
static void
prepare_checks(FtxModifyState *state, EState *estate, ResultRelInfo *info,
			   List *check_options)
{
	FtxTarget *target = state->target;
	bool any = target->operation == CMD_INSERT || state->triggers_change_rows;

	if (target->operation == CMD_DELETE)
		return;
	state->checks = ftx_checks_create(target, estate, info, check_options,
									  any ? NULL :
											ftx_attnum_set(state->set_attnums));
	if (state->checks == NULL)
		return;
	ftx_target_read_answers(target, ftx_checks_attnums(state->checks));
	if (state->needs_answer || state->one_by_one)
		return;
	state->rows = ftx_sent_rows_create(target, check_answered, state);
	/* not one of the executor's: COPY lets go of those before the end */
	state->answered = MakeSingleTupleTableSlot(
		CreateTupleDescCopy(RelationGetDescr(target->rel)), &TTSOpsHeapTuple);
}

static FtxModifyState *
begin_modify(EState *estate, ResultRelInfo *info, CmdType operation,
			 List *set_attnums, List *returned, bool needs_answer,
			 bool one_by_one, List *check_options)
{
	Relation rel = info->ri_RelationDesc;
	MemoryContext cxt = AllocSetContextCreate(
		estate->es_query_cxt, "fivetrex modify", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	FtxModifyState *state = palloc0(sizeof(FtxModifyState));

	ftx_modify_check_transition(info, operation);
	state->cxt = cxt;
	state->row_cxt = AllocSetContextCreate(cxt, "fivetrex modified row",
										   ALLOCSET_DEFAULT_SIZES);
	state->seen_cxt = AllocSetContextCreate(cxt, "fivetrex modified keys",
											ALLOCSET_DEFAULT_SIZES);
	state->seen = texthash_create(state->seen_cxt, 64, NULL);
	state->target = ftx_target_begin(
		rel, operation, ftx_modify_check_as_user(info, estate), returned);
	state->writes = ftx_writes_create(
		state->target->session, state->target->dry_run, &state->target->stats);
	state->held.gather = gather_rows;
	state->held.send = send_rows;
	ftx_held_announce(&state->held, cxt, estate);
	state->set_attnums = set_attnums;
	state->needs_answer = needs_answer;
	state->one_by_one = one_by_one;
	state->triggers_change_rows = operation == CMD_UPDATE && rel->trigdesc &&
								  rel->trigdesc->trig_update_before_row;
	prepare_checks(state, estate, info, check_options);
	MemoryContextSwitchTo(old);
	info->ri_FdwState = state;
	return state;
}

void
fivetrexBeginForeignModify(ModifyTableState *mtstate, ResultRelInfo *info,
						   List *fdw_private, int subplan_index, int eflags)
{
	ModifyTable *plan = (ModifyTable *) mtstate->ps.plan;
	Plan *subplan = outerPlanState(mtstate)->plan;
	CmdType operation = mtstate->operation;
	bool returning = plan->returningLists != NIL;
	List *check_options = NIL;
	FtxModifyPlan unpacked;
	FtxModifyState *state;
	const FtxResource *resource;
	int column = -1;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	unpacked = ftx_modify_plan_unpack(fdw_private);
	if (plan->withCheckOptionLists != NIL)
		check_options = list_nth(plan->withCheckOptionLists, subplan_index);
	state = begin_modify(
		mtstate->ps.state, info, operation, unpacked.set_attnums,
		unpacked.returned,
		operation != CMD_DELETE &&
			(returning ||
			 ftx_modify_looked_at(info->ri_RelationDesc, operation)),
		false, check_options);
	state->has_returning = returning;
	if (operation == CMD_INSERT)
	{
		ftx_target_check_explain(state->target, mtstate->ps.state);
		return;
	}
	state->target->known = ftx_twins_known(
		state->target->twins, ftx_attnum_set(unpacked.known),
		ftx_attnum_set(unpacked.set_attnums));

	resource = state->target->resource;
	state->identity_attnos = MemoryContextAllocZero(
		state->cxt, sizeof(AttrNumber) * resource->ncolumns);
	while ((column = bms_next_member(state->target->identity, column)) >= 0)
	{
		char *name = ftx_modify_identity_name(ftx_modify_identity(
			info->ri_RelationDesc, state->target->table, column));

		state->identity_attnos[column] = ExecFindJunkAttributeInTlist(
			subplan->targetlist, name);
		if (!AttributeNumberIsValid(state->identity_attnos[column]))
			elog(ERROR, "could not find junk %s column", name);
	}
	state->old_row_attno = ExecFindJunkAttributeInTlist(subplan->targetlist,
														FTX_OLD_ROW);
}

/*
 * Rows that an UPDATE moves to another partition: not where the same statement
 * updates rows, as it might update the moved ones once more; and a dry run
 * would lose them, as the old row is deleted already.
 */
static void
check_movement(ModifyTable *plan, ResultRelInfo *info)
{
	const char *name = RelationGetRelationName(info->ri_RelationDesc);

	if (plan == NULL || plan->operation != CMD_UPDATE)
		return;
	if (info->ri_usesFdwDirectModify || info->ri_FdwState != NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "cannot move rows to foreign table \"%s\", which the statement updates, too",
				 name),
			 errhint(
				 "Exclude the partition by a condition on the partition key, or move the rows by INSERT and DELETE.")));
}

static void
check_movement_in_dry_run(ModifyTable *plan, FtxModifyState *state)
{
	if (plan != NULL && plan->operation == CMD_UPDATE &&
		ftx_writes_dry_run(state->writes))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot move rows to foreign table \"%s\" in a dry run",
						RelationGetRelationName(state->target->rel)),
				 errdetail("The row would be deleted where it is.")));
}

/*
 * Is the statement a part of WITH that nothing reads?  Readers have left their
 * mark in the part's parameter when the plan was prepared.
 */
static bool
nobody_reads(ModifyTableState *mtstate)
{
	EState *estate = mtstate->ps.state;
	PlannedStmt *stmt = estate->es_plannedstmt;
	ListCell *lc;

	if (mtstate->ps.plan == NULL || stmt == NULL)
		return false;
	foreach (lc, stmt->planTree->initPlan)
	{
		SubPlan *part = lfirst_node(SubPlan, lc);

		if (part->subLinkType == CTE_SUBLINK &&
			list_nth(stmt->subplans, part->plan_id - 1) == mtstate->ps.plan)
			return estate->es_param_exec_vals[linitial_int(part->setParam)]
					   .value == (Datum) 0;
	}
	return false;
}

/*
 * COPY, and rows that are routed to a partition.
 */
void
fivetrexBeginForeignInsert(ModifyTableState *mtstate, ResultRelInfo *info)
{
	Relation rel = info->ri_RelationDesc;
	bool looked_at = ftx_modify_looked_at(rel, CMD_INSERT);
	List *returned = NIL;
	ModifyTable *plan = (ModifyTable *) mtstate->ps.plan; /* NULL in COPY */
	FtxModifyState *state;

	check_movement(plan, info);
	if (plan != NULL && plan->onConflictAction != ONCONFLICT_NONE)
		ftx_target_refuse_conflict(rel);
	/* core has made it that of the partition, but for the table's number */
	if (info->ri_returningList != NIL)
	{
		int varno = mtstate->resultRelInfo[0].ri_RangeTableIndex;

		ftx_system_columns_check_new(rel, varno, info->ri_returningList);
		returned = ftx_target_returned(rel, varno, info->ri_returningList);
	}
	ftx_target_check_secrets(ftx_table_open(rel, NULL),
							 nobody_reads(mtstate) ? NULL :
													 ftx_attnum_set(returned));
	if (looked_at)
		returned = ftx_modify_all_attnums(rel);
	state = begin_modify(mtstate->ps.state, info, CMD_INSERT, NIL, returned,
						 info->ri_returningList != NIL || looked_at,
						 plan == NULL && ftx_modify_followed(info),
						 info->ri_WithCheckOptions);
	check_movement_in_dry_run(plan, state);
	ftx_target_check_explain(state->target, mtstate->ps.state);
}

static void
end_modify(ResultRelInfo *info)
{
	FtxModifyState *state = info->ri_FdwState;

	if (state == NULL)
		return;
	ftx_modify_flush(state);
	info->ri_FdwState = NULL;
	MemoryContextDelete(state->cxt);
}

void
fivetrexEndForeignModify(EState *estate, ResultRelInfo *info)
{
	end_modify(info);
}

void
fivetrexEndForeignInsert(EState *estate, ResultRelInfo *info)
{
	end_modify(info);
}

int
ftx_modify_queued(ResultRelInfo *info)
{
	return ftx_writes_queued(((FtxModifyState *) info->ri_FdwState)->writes);
}

const FtxStats *
ftx_modify_stats(ResultRelInfo *info)
{
	return &((FtxModifyState *) info->ri_FdwState)->target->stats;
}
