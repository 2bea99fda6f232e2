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
#include "api/calls/call.h"
#include "base/compat.h"
#include "base/guc.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/fdw.h"
#include "fdw/modify/modify.h"
#include "fdw/modify/modify_state.h"
#include "fdw/modify/target_answer.h"
#include "fdw/modify/twins.h"
#include "fdw/modify/written_rows.h"
#include "read/binding.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/*
 * Rows of an INSERT that core hands in together, and, where no setting limits
 * the writes of a statement, that are held before they leave.  It makes nothing
 * faster, as max_concurrency requests are on the wire at once in any case: it
 * bounds the rows that are held (core keeps a slot for each), and is how many
 * are looked at before the first one leaves.
 */
#define BATCH_ROWS 1000

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
 * What is sent of a row is the value of other attributes, too.
 */
static void
fill_twins(FtxTarget *target, const List *attnums, TupleTableSlot *slot)
{
	int natts = RelationGetNumberOfAttributes(target->rel);
	Datum *values;
	bool *nulls;

	if (target->twins == NULL)
		return;
	values = palloc(sizeof(Datum) * natts);
	nulls = palloc(sizeof(bool) * natts);
	slot_getallattrs(slot);
	memcpy(values, slot->tts_values, sizeof(Datum) * natts);
	memcpy(nulls, slot->tts_isnull, sizeof(bool) * natts);
	ftx_twins_fill(target->twins, attnums, values, nulls);
	store_values(slot, target->rel, values, nulls);
	slot_getallattrs(slot);
	slot->tts_tableOid = RelationGetRelid(target->rel);
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
	if (state->target->merge != NULL)
	{
		ftx_target_answer_row(state->target,
							  ftx_target_tree(state->target, call),
							  state->binding, values, nulls);
	}
	else
		ftx_target_answer(state->target, call, state->binding, values, nulls);
	store_values(slot, state->target->rel, values, nulls);
	slot->tts_tableOid = RelationGetRelid(state->target->rel);
	if (state->checks != NULL)
		ftx_checks_after(state->checks, slot);
}

/*
 * Add the request of a row to those that leave together.
 */
static void
gather(FtxModifyState *state, const FtxCallSpec *spec,
	   const FtxBinding *binding, TupleTableSlot *slot)
{
	ftx_target_add(state->target, state->writes, spec, binding);
	if (state->rows != NULL)
		ftx_sent_rows_add(state->rows, slot->tts_values, slot->tts_isnull,
						  binding);
}

/*
 * Rows of an INSERT whose answers nobody needs wait for the end of the
 * statement, so that nothing has been sent if it makes too many changes.
 * Without such a limit they leave in batches.
 */
static void
hold_rows(FtxModifyState *state)
{
	ftx_writes_check(state->writes);
	if (ftx_guc_max_writes() < 0 &&
		ftx_writes_queued(state->writes) >= BATCH_ROWS)
		ftx_modify_flush(state);
}

/*
 * Send the request of one row now, if its answer is needed; else keep it.
 * Returns the slot, or NULL if core is not to count the row.
 */
static TupleTableSlot *
dispatch(FtxModifyState *state, const FtxCallSpec *spec,
		 const FtxBinding *binding, TupleTableSlot *slot)
{
	gather(state, spec, binding, slot);
	if (state->needs_answer || state->one_by_one)
	{
		state->binding = binding;
		state->slot = slot;
		ftx_target_gathered(state->target, state->writes);
		ftx_writes_send(state->writes,
						state->target->answer != NULL ? take_answer : NULL,
						state);
	}
	else if (state->target->operation == CMD_INSERT)
		hold_rows(state);
	return ftx_writes_dry_run(state->writes) ? NULL : slot;
}

/*
 * The request that creates a row.  What core never does for foreign tables is
 * done here: the row is checked.
 */
static void
add_insert(FtxModifyState *state, TupleTableSlot *slot, FtxCallSpec *spec)
{
	ftx_target_fill(state->target, slot);
	ftx_target_insert(state->target, slot->tts_values, slot->tts_isnull, spec);
	fill_twins(state->target, NIL, slot);
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
	add_insert(state, slot, &spec);
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
		add_insert(state, slots[i], &spec);
		gather(state, &spec, NULL, slots[i]);
		ftx_writes_check(state->writes);
	}
	if (state->one_by_one)
		ftx_modify_flush(state);
	else
		hold_rows(state);
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
 * Was this row written by the statement already?  Then a local table would
 * leave it alone, too.
 */
static bool
written_before(FtxModifyState *state, EState *estate, const ResultRelInfo *info,
			   const FtxCallSpec *spec, const FtxBinding *binding)
{
	char *name = ftx_target_row_name(state->target, spec, binding);
	bool found;
	texthash_entry *entry = texthash_insert(state->seen, name, &found);

	if (found)
		return true;
	entry->text = MemoryContextStrdup(state->seen_cxt, name);
	if (ftx_written_by_parts(estate))
		ftx_written_once(estate, info->ri_RangeTableIndex, state->target, name);
	return false;
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

/*
 * Does the row, whose attributes `changed` are to be sent, stay as it is, and
 * need no request?
 */
static bool
stays(FtxModifyState *state, List *changed, TupleTableSlot *slot,
	  TupleTableSlot *planSlot)
{
	int natts = RelationGetNumberOfAttributes(state->target->rel);
	Datum *values;
	bool *nulls;

	if (state->target->merge == NULL)
		return false;
	values = palloc(sizeof(Datum) * natts);
	nulls = palloc(sizeof(bool) * natts);
	return old_row(state, planSlot, values, nulls) &&
		   ftx_target_unchanged(state->target, changed, slot->tts_values,
								slot->tts_isnull, values, nulls);
}

TupleTableSlot *
fivetrexExecForeignUpdate(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot)
{
	FtxModifyState *state = info->ri_FdwState;
	FtxWritesContext context;
	FtxCallSpec spec = {0};
	FtxBinding *binding;
	List *changed;
	MemoryContext old;
	TupleTableSlot *result = NULL;

	ftx_writes_enter(state->writes, &context);
	MemoryContextReset(state->row_cxt);
	old = MemoryContextSwitchTo(state->row_cxt);
	slot_getallattrs(slot);
	binding = ftx_target_binding(state->target, planSlot,
								 state->identity_attnos);
	changed = changed_attnums(state, slot, planSlot);
	if (ftx_target_update(state->target, changed, slot->tts_values,
						  slot->tts_isnull, binding, &spec) &&
		!written_before(state, estate, info, &spec, binding))
	{
		fill_twins(state->target, changed, slot);
		if (state->checks != NULL)
			ftx_checks_before(state->checks, slot);
		if (stays(state, changed, slot, planSlot))
			result = ftx_writes_dry_run(state->writes) ? NULL : slot;
		else
			result = dispatch(state, &spec, binding, slot);
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
	FtxBinding *binding;
	MemoryContext old;
	TupleTableSlot *result = NULL;

	ftx_writes_enter(state->writes, &context);
	MemoryContextReset(state->row_cxt);
	old = MemoryContextSwitchTo(state->row_cxt);
	binding = ftx_target_binding(state->target, planSlot,
								 state->identity_attnos);
	ftx_target_delete(state->target, binding, &spec);
	if (!written_before(state, estate, info, &spec, binding))
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
