/*-------------------------------------------------------------------------
 *
 * modify.c
 *		INSERT, UPDATE, DELETE and COPY, as core hands in their rows.
 *
 * When nobody needs the answer to a row's request before the next row comes,
 * requests are gathered and leave together when all rows are known: then every
 * row has been checked before the first one leaves.  RETURNING and row
 * triggers after the fact need the answer at once.  A DELETE has no answer
 * worth waiting for: its rows are always gathered, so that
 * fivetrex.max_deletes is checked before the first one leaves.
 *
 * UPDATE and DELETE that are fed by the table alone are in direct.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "base/compat.h"
#include "base/guc.h"
#include "executor/executor.h"
#include "fdw/checks.h"
#include "fdw/modify.h"
#include "fdw/sent_rows.h"
#include "fdw/textset.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "optimizer/appendinfo.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Rows of an INSERT that core hands in together. */
#define BATCH_ROWS 1000

typedef struct FtxModifyState
{
	FtxTarget *target;
	FtxWrites *writes;
	List *set_attnums;
	bool needs_answer; /* before the next row */
	bool one_by_one;   /* as if it did: something follows the statement that
						* looks at the table */
	bool has_returning;
	bool triggers_change_rows; /* BEFORE UPDATE ROW */
	FtxChecks *checks;		   /* of new rows; NULL if there are none */
	FtxSentRows *rows;		   /* gathered ones whose answers are checked,
								* too, or NULL */
	TupleTableSlot *answered;  /* for one of them */

	AttrNumber *identity_attnos; /* junk, per catalogue column */
	AttrNumber old_row_attno;	 /* junk, or invalid */
	texthash_hash *seen;		 /* paths of rows that were written */

	FtxHeld held; /* leaves at the end of the run */
	MemoryContext cxt;
	MemoryContext seen_cxt;
	MemoryContext row_cxt;

	/* for the callback that takes an answer */
	char **identity;
	TupleTableSlot *slot;
} FtxModifyState;

/* ---------- beginning and end ---------- */

static void
gather_held(FtxHeld *held)
{
	FtxModifyState *state = (FtxModifyState *) ((char *) held -
												offsetof(FtxModifyState, held));

	ftx_target_gathered(state->target, state->writes);
}

/*
 * Whatever was gathered leaves now.
 */
static void
flush(FtxModifyState *state)
{
	ftx_target_gathered(state->target, state->writes);
	ftx_writes_send(state->writes,
					state->rows != NULL ? ftx_sent_rows_answer : NULL,
					state->rows);
	if (state->rows != NULL)
		ftx_sent_rows_forget(state->rows);
}

static void
send_held(FtxHeld *held)
{
	flush((FtxModifyState *) ((char *) held - offsetof(FtxModifyState, held)));
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
	state->checks = ftx_checks_create(
		target, estate, info, check_options,
		any ? NULL : ftx_modify_attnum_set(state->set_attnums));
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
			 List *check_options)
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
	state->held.gather = gather_held;
	state->held.send = send_held;
	ftx_held_announce(&state->held, cxt, estate);
	state->set_attnums = set_attnums;
	state->needs_answer = needs_answer;
	state->one_by_one = ftx_modify_followed(info, operation);
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
	FtxModifyState *state;
	const FtxResource *resource;
	int column = -1;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	if (plan->withCheckOptionLists != NIL)
		check_options = list_nth(plan->withCheckOptionLists, subplan_index);
	state = begin_modify(
		mtstate->ps.state, info, operation,
		list_nth(fdw_private, FtxModifySetAttnums),
		list_nth(fdw_private, FtxModifyReturned),
		operation != CMD_DELETE &&
			(returning ||
			 ftx_modify_looked_at(info->ri_RelationDesc, operation)),
		check_options);
	state->has_returning = returning;
	if (operation == CMD_INSERT)
	{
		ftx_target_check_explain(state->target, mtstate->ps.state);
		return;
	}
	state->target->known = ftx_modify_attnum_set(
		list_nth(fdw_private, FtxModifyKnown));

	resource = state->target->resource;
	state->identity_attnos = MemoryContextAllocZero(
		state->cxt, sizeof(AttrNumber) * resource->ncolumns);
	while ((column = bms_next_member(state->target->identity, column)) >= 0)
	{
		char *name = ftx_modify_identity_name(
			ftx_modify_identity(info->ri_RelationDesc, resource, column));

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
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign table \"%s\" does not support ON CONFLICT",
						RelationGetRelationName(rel))));
	/* core has made it that of the partition, but for the table's number */
	if (info->ri_returningList != NIL)
		returned = ftx_target_returned(
			rel, mtstate->resultRelInfo[0].ri_RangeTableIndex,
			info->ri_returningList);
	ftx_target_check_secrets(
		RelationGetRelid(rel),
		nobody_reads(mtstate) ? NULL : ftx_modify_attnum_set(returned));
	if (looked_at)
		returned = ftx_modify_all_attnums(rel);
	state = begin_modify(mtstate->ps.state, info, CMD_INSERT, NIL, returned,
						 info->ri_returningList != NIL || looked_at,
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
	flush(state);
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

/* ---------- rows ---------- */

/*
 * Put changed values into a slot whose tuple may own the unchanged ones.
 */
static void
store_values(TupleTableSlot *slot, Relation rel, Datum *values, bool *nulls)
{
	MemoryContext old = MemoryContextSwitchTo(slot->tts_mcxt);
	HeapTuple tuple = heap_form_tuple(RelationGetDescr(rel), values, nulls);

	MemoryContextSwitchTo(old);
	ExecForceStoreHeapTuple(tuple, slot, true);
}

/*
 * FtxWriteAnswered: the row as the API answered it.
 */
static void
take_answer(void *arg, int index, const FtxCallSpec *spec, FtxCall *call)
{
	FtxModifyState *state = arg;
	TupleTableSlot *slot = state->slot;
	int natts = RelationGetNumberOfAttributes(state->target->rel);
	Datum *values = palloc(sizeof(Datum) * natts);
	bool *nulls = palloc(sizeof(bool) * natts);

	slot_getallattrs(slot);
	memcpy(values, slot->tts_values, sizeof(Datum) * natts);
	memcpy(nulls, slot->tts_isnull, sizeof(bool) * natts);
	if (state->target->nest != NULL)
	{
		ftx_target_answer_row(state->target,
							  ftx_target_tree(state->target, call),
							  state->identity, values, nulls);
	}
	else
		ftx_target_answer(state->target, call, state->identity, values, nulls);
	store_values(slot, state->target->rel, values, nulls);
	slot->tts_tableOid = RelationGetRelid(state->target->rel);
	if (state->checks != NULL)
		ftx_checks_after(state->checks, slot);
}

/*
 * Add the request of a row to those that leave together.
 */
static void
gather(FtxModifyState *state, const FtxCallSpec *spec, char **identity,
	   TupleTableSlot *slot)
{
	ftx_target_add(state->target, state->writes, spec, identity);
	if (state->rows != NULL)
		ftx_sent_rows_add(state->rows, slot->tts_values, slot->tts_isnull,
						  identity);
}

/*
 * Rows of an INSERT whose answers nobody needs wait for the end of the
 * statement, so that nothing has been sent if it makes too many changes.
 * Without such a limit they leave in batches.
 */
static void
hold_back(FtxModifyState *state)
{
	ftx_writes_check(state->writes);
	if (ftx_guc_max_writes < 0 &&
		ftx_writes_queued(state->writes) >= BATCH_ROWS)
		flush(state);
}

/*
 * Send the request of one row now, if its answer is needed; else keep it.
 * Returns the slot, or NULL if core is not to count the row.
 */
static TupleTableSlot *
dispatch(FtxModifyState *state, const FtxCallSpec *spec, char **identity,
		 TupleTableSlot *slot)
{
	gather(state, spec, identity, slot);
	if (state->needs_answer || state->one_by_one)
	{
		state->identity = identity;
		state->slot = slot;
		ftx_target_gathered(state->target, state->writes);
		ftx_writes_send(state->writes,
						state->target->answer != NULL ? take_answer : NULL,
						state);
	}
	else if (state->target->operation == CMD_INSERT)
		hold_back(state);
	return ftx_writes_dry_run(state->writes) ? NULL : slot;
}

/*
 * The request that creates a row.  What core never does for foreign tables is
 * done here: the row is checked.
 */
static void
insert_request(FtxModifyState *state, TupleTableSlot *slot, FtxCallSpec *spec)
{
	ftx_target_insert(state->target, slot->tts_values, slot->tts_isnull, spec);
	if (state->checks != NULL)
		ftx_checks_before(state->checks, slot);
}

TupleTableSlot *
fivetrexExecForeignInsert(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot)
{
	FtxModifyState *state = info->ri_FdwState;
	FtxWritesContext context;
	FtxCallSpec spec = {0};
	MemoryContext old;

	ftx_writes_enter(state->writes, &context);
	MemoryContextReset(state->row_cxt);
	old = MemoryContextSwitchTo(state->row_cxt);
	slot_getallattrs(slot);
	insert_request(state, slot, &spec);
	slot = dispatch(state, &spec, NULL, slot);
	ftx_writes_leave(&context);
	MemoryContextSwitchTo(old);
	return slot;
}

TupleTableSlot **
fivetrexExecForeignBatchInsert(EState *estate, ResultRelInfo *info,
							   TupleTableSlot **slots,
							   TupleTableSlot **planSlots, int *numSlots)
{
	FtxModifyState *state = info->ri_FdwState;
	FtxWritesContext context;
	MemoryContext old = MemoryContextSwitchTo(state->row_cxt);

	ftx_writes_enter(state->writes, &context);
	/* all rows are looked at before the first one leaves */
	for (int i = 0; i < *numSlots; i++)
	{
		FtxCallSpec spec = {0};

		MemoryContextReset(state->row_cxt);
		slot_getallattrs(slots[i]);
		slots[i]->tts_tableOid = RelationGetRelid(state->target->rel);
		insert_request(state, slots[i], &spec);
		gather(state, &spec, NULL, slots[i]);
		ftx_writes_check(state->writes);
	}
	if (state->one_by_one)
		flush(state);
	else
		hold_back(state);
	ftx_writes_leave(&context);
	MemoryContextSwitchTo(old);
	if (ftx_writes_dry_run(state->writes))
		*numSlots = 0;
	return slots;
}

int
fivetrexGetForeignModifyBatchSize(ResultRelInfo *info)
{
	FtxModifyState *state = info->ri_FdwState;
	TriggerDesc *triggers = info->ri_TrigDesc;

	/* a row trigger may look at what was inserted before */
	if (info->ri_projectReturning != NULL ||
		(triggers != NULL && (triggers->trig_insert_before_row ||
							  triggers->trig_insert_after_row)) ||
		(state != NULL && state->needs_answer))
		return 1;
	return BATCH_ROWS;
}

/*
 * The columns that identify the row, by catalogue index.
 */
static char **
identity_of(FtxModifyState *state, TupleTableSlot *planSlot)
{
	FtxTarget *target = state->target;
	char **identity = palloc0(sizeof(char *) * target->resource->ncolumns);
	int column = -1;

	while ((column = bms_next_member(target->identity, column)) >= 0)
	{
		bool null;
		Datum value = ExecGetJunkAttribute(
			planSlot, state->identity_attnos[column], &null);

		if (!null)
			identity[column] = ftx_target_text(
				target, target->attnum_of[column], value);
	}
	return identity;
}

/*
 * Was this row written by the statement already?  Then a local
 * table would leave it alone, too.
 */
static bool
written_before(FtxModifyState *state, const FtxCallSpec *spec, char **identity)
{
	char *name = ftx_target_row_name(state->target, spec, identity);
	bool found;
	texthash_entry *entry = texthash_insert(state->seen, name, &found);

	if (!found)
		entry->text = MemoryContextStrdup(state->seen_cxt, name);
	return found;
}

/*
 * The values of the row before the statement; false when core did not carry
 * it along.
 */
static bool
old_row(FtxModifyState *state, TupleTableSlot *planSlot, Datum *values,
		bool *nulls)
{
	HeapTupleData tuple;
	bool null = true;
	Datum datum = (Datum) 0;

	if (AttributeNumberIsValid(state->old_row_attno))
		datum = ExecGetJunkAttribute(planSlot, state->old_row_attno, &null);
	if (null)
		return false;
	memset(&tuple, 0, sizeof(tuple));
	tuple.t_data = DatumGetHeapTupleHeader(datum);
	tuple.t_len = HeapTupleHeaderGetDatumLength(tuple.t_data);
	heap_deform_tuple(&tuple, RelationGetDescr(state->target->rel), values,
					  nulls);
	return true;
}

/*
 * The attributes to be sent: those of SET, and what BEFORE triggers changed.
 */
static List *
changed_attnums(FtxModifyState *state, TupleTableSlot *slot,
				TupleTableSlot *planSlot)
{
	TupleDesc tupdesc = RelationGetDescr(state->target->rel);
	List *result = list_copy(state->set_attnums);
	Datum *values;
	bool *nulls;

	if (!state->triggers_change_rows)
		return result;
	values = palloc(sizeof(Datum) * tupdesc->natts);
	nulls = palloc(sizeof(bool) * tupdesc->natts);
	if (!old_row(state, planSlot, values, nulls))
		return result;
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		if (!att->attisdropped && att->attgenerated == '\0' &&
			!list_member_int(result, i + 1) &&
			(nulls[i] != slot->tts_isnull[i] ||
			 (!nulls[i] && !datum_image_eq(values[i], slot->tts_values[i],
										   att->attbyval, att->attlen))))
			result = lappend_int(result, i + 1);
	}
	return result;
}

TupleTableSlot *
fivetrexExecForeignUpdate(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot)
{
	FtxModifyState *state = info->ri_FdwState;
	FtxWritesContext context;
	FtxCallSpec spec = {0};
	char **identity;
	List *changed;
	MemoryContext old;
	TupleTableSlot *result = NULL;

	ftx_writes_enter(state->writes, &context);
	MemoryContextReset(state->row_cxt);
	old = MemoryContextSwitchTo(state->row_cxt);
	slot_getallattrs(slot);
	identity = identity_of(state, planSlot);
	changed = changed_attnums(state, slot, planSlot);
	if (ftx_target_update(state->target, changed, slot->tts_values,
						  slot->tts_isnull, identity, &spec) &&
		!written_before(state, &spec, identity))
	{
		if (state->checks != NULL)
			ftx_checks_before(state->checks, slot);
		result = dispatch(state, &spec, identity, slot);
	}
	ftx_writes_leave(&context);
	MemoryContextSwitchTo(old);
	return result;
}

TupleTableSlot *
fivetrexExecForeignDelete(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot)
{
	FtxModifyState *state = info->ri_FdwState;
	FtxWritesContext context;
	FtxCallSpec spec = {0};
	char **identity;
	MemoryContext old;
	TupleTableSlot *result = NULL;

	ftx_writes_enter(state->writes, &context);
	MemoryContextReset(state->row_cxt);
	old = MemoryContextSwitchTo(state->row_cxt);
	identity = identity_of(state, planSlot);
	ftx_target_delete(state->target, identity, &spec);
	if (!written_before(state, &spec, identity))
	{
		if (state->has_returning)
		{
			int natts = RelationGetNumberOfAttributes(state->target->rel);
			Datum *values = palloc(sizeof(Datum) * natts);
			bool *nulls = palloc(sizeof(bool) * natts);

			if (old_row(state, planSlot, values, nulls))
				store_values(slot, state->target->rel, values, nulls);
		}
		result = dispatch(state, &spec, NULL, slot);
	}
	ftx_writes_leave(&context);
	MemoryContextSwitchTo(old);
	return result;
}
