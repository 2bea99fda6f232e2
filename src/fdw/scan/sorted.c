/*-------------------------------------------------------------------------
 *
 * sorted.c
 *		The items of a list in the order of the query.
 *
 * Why that is: see plan/sorted_path.c.  An item waits in PostgreSQL's own sort
 * as a row of its sort keys, and of the values that will be taken from it.
 *
 * Only values of the list are compared, and they are what the row shows, too
 * (FtxReadSpec.in_order): the object may have changed since, and an order that
 * its rows do not have would be a wrong answer to a merge above.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "base/compat.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/compat.h"
#include "fdw/plan/scan_plan.h"
#include "fdw/scan/listed_item.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/sorted.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "read/converter.h"
#include "read/misfits.h"
#include "read/slot.h"
#include "utils/memutils.h"
#include "utils/tuplesort.h"

/* Attributes of a row in the sort: those below, the keys, then the item. */
enum
{
	PLACE,	/* int4: 0 if a key is no value of its column, else 1 */
	DETAIL, /* boolean: must the object be asked for? */
	KEYS
};

/*
 * `sort` is there from the first item that is asked for to the next reset;
 * while it is at work, `busy` is on.  `item` is the one that was got last:
 * slices of the row in `got`.
 */
struct FtxSorted
{
	const FtxScanPlan *plan;
	TupleDesc desc;
	List *keys;		/* ExprStates */
	int nslots;		/* of an item */
	bool *taken;	/* by slot: from the item, where the object has it, too */
	bool *compared; /* by slot: a key looks at it */
	Bitmapset *attnums; /* attributes that keys look at */
	int *attnum_of;		/* by slot, of those that are compared */
	TupleTableSlot *put;
	TupleTableSlot *got;
	FtxJsonValue *item;
	Tuplesortstate *sort;
	bool busy;
};

/* How a value of an item stands in the sort; the texts follow all of them. */
typedef struct KeptValue
{
	int32 len;
	int32 kind;
} KeptValue;

/* ---------- once for a scan ---------- */

static TupleDesc
make_desc(const FtxScanPlan *plan)
{
	List *keys = plan->exprs[FTX_EXPRS_SORT];
	int natts = KEYS + list_length(keys) + 1;
	TupleDesc desc = CreateTemplateTupleDesc(natts);
	ListCell *lc;

	TupleDescInitEntry(desc, PLACE + 1, "place", INT4OID, -1, 0);
	TupleDescInitEntry(desc, DETAIL + 1, "detail", BOOLOID, -1, 0);
	foreach (lc, keys)
	{
		AttrNumber attnum = KEYS + foreach_current_index(lc) + 1;
		Node *key = lfirst(lc);

		TupleDescInitEntry(desc, attnum, "key", exprType(key), exprTypmod(key),
						   0);
		TupleDescInitEntryCollation(desc, attnum, exprCollation(key));
	}
	TupleDescInitEntry(desc, natts, "item", BYTEAOID, -1, 0);
	ftx_tupdesc_finalize(desc);
	return desc;
}

/*
 * What is taken from an item although the object is asked for: what only the
 * list has, what it is sorted by, and the key.
 */
static void
find_slots(FtxSorted *sorted, FtxScanState *state)
{
	const FtxColumn *columns = sorted->plan->resource->columns;
	const int *slot_columns = ftx_converter_columns(state->converter);
	Index relid = ((Scan *) state->node->ss.ps.plan)->scanrelid;
	Bitmapset *attrs = NULL;
	int bit = -1;

	for (int i = 0; i < sorted->nslots; i++)
		sorted->taken[i] = slot_columns[i] >= 0 &&
						   (columns[slot_columns[i]].flags & FTX_LIST_ONLY) !=
							   0;
	sorted->taken[FTX_KEY_SLOT] = true;
	pull_varattnos((Node *) sorted->plan->exprs[FTX_EXPRS_SORT], relid, &attrs);
	while ((bit = bms_next_member(attrs, bit)) >= 0)
	{
		int attnum = bit + FirstLowInvalidHeapAttributeNumber;
		int slot = ftx_converter_slot(state->converter, attnum);

		sorted->attnums = bms_add_member(sorted->attnums, attnum);
		if (slot < 0)
			continue;
		sorted->taken[slot] = sorted->compared[slot] = true;
		sorted->attnum_of[slot] = attnum;
	}
}

FtxSorted *
ftx_sorted_create(FtxScanState *state)
{
	FtxSorted *sorted;

	if (state->plan.exprs[FTX_EXPRS_SORT] == NIL)
		return NULL;
	sorted = palloc0(sizeof(FtxSorted));
	sorted->plan = &state->plan;
	sorted->nslots = ftx_converter_slots(state->converter);
	sorted->desc = make_desc(sorted->plan);
	sorted->keys = ftx_init_expressions(sorted->plan->exprs[FTX_EXPRS_SORT],
										&state->node->ss.ps);
	sorted->taken = palloc0(sizeof(bool) * sorted->nslots);
	sorted->compared = palloc0(sizeof(bool) * sorted->nslots);
	sorted->attnum_of = palloc0(sizeof(int) * sorted->nslots);
	sorted->item = palloc0(sizeof(FtxJsonValue) * sorted->nslots);
	find_slots(sorted, state);
	sorted->put = MakeSingleTupleTableSlot(sorted->desc, &TTSOpsVirtual);
	sorted->got = MakeSingleTupleTableSlot(sorted->desc, &TTSOpsMinimalTuple);
	return sorted;
}

void
ftx_sorted_reset(FtxSorted *sorted)
{
	if (sorted == NULL || sorted->sort == NULL)
		return;
	ExecClearTuple(sorted->got);
	tuplesort_end(sorted->sort);
	sorted->sort = NULL;
	sorted->busy = false;
}

/* ---------- PostgreSQL's sort ---------- */

static Tuplesortstate *
begin_sort(const FtxSorted *sorted)
{
	const FtxScanPlan *plan = sorted->plan;
	int n = list_length(plan->sort_operators);
	AttrNumber *attnums = palloc(sizeof(AttrNumber) * (n + 1));
	Oid *operators = palloc(sizeof(Oid) * (n + 1));
	Oid *collations = palloc(sizeof(Oid) * (n + 1));
	bool *nulls_first = palloc(sizeof(bool) * (n + 1));

	attnums[0] = PLACE + 1;
	operators[0] = Int4LessOperator;
	collations[0] = InvalidOid;
	nulls_first[0] = false;
	for (int i = 0; i < n; i++)
	{
		attnums[i + 1] = KEYS + i + 1;
		operators[i + 1] = list_nth_oid(plan->sort_operators, i);
		collations[i + 1] = list_nth_oid(plan->sort_collations, i);
		nulls_first[i + 1] = list_nth_int(plan->sort_nulls_first, i) != 0;
	}
	return tuplesort_begin_heap(sorted->desc, n + 1, attnums, operators,
								collations, nulls_first, work_mem, NULL,
								TUPLESORT_NONE);
}

/* ---------- items into the sort ---------- */

/*
 * What is to be kept of an item, in the current memory context.
 */
static Datum
pack_item(const FtxSorted *sorted, const FtxJsonValue *item, bool detail)
{
	Size head = sizeof(KeptValue) * sorted->nslots;
	Size size = VARHDRSZ + head;
	KeptValue *values;
	bytea *result;
	char *text;

	for (int i = 0; i < sorted->nslots; i++)
	{
		if (!detail || sorted->taken[i])
			size += item[i].len;
	}
	result = palloc0(size);
	SET_VARSIZE(result, size);
	values = (KeptValue *) VARDATA(result);
	text = VARDATA(result) + head;
	for (int i = 0; i < sorted->nslots; i++)
	{
		/* zeros are an absent value */
		if (item[i].kind == FTX_JSON_ABSENT || (detail && !sorted->taken[i]))
			continue;
		values[i].kind = item[i].kind;
		values[i].len = item[i].len;
		/* a settled null has no text */
		if (item[i].len > 0)
			memcpy(text, item[i].text, item[i].len);
		text += item[i].len;
	}
	return PointerGetDatum(result);
}

/* For ftx_misfits_try(). */
typedef struct Compared
{
	FtxScanState *state;
	const FtxJsonValue *item;
} Compared;

static void
convert_compared(void *arg)
{
	const Compared *compared = arg;
	FtxScanState *state = compared->state;
	TupleTableSlot *slot = state->conditions_slot;

	ftx_converter_fill_some(state->converter, state->sorted->attnums,
							compared->item, slot->tts_values, slot->tts_isnull);
}

/*
 * Values that keys look at, into the row's slot; false if one does not fit its
 * column in a row that maybe nobody wants.  Such rows come first: if one is
 * wanted its value is an error, which is told when the row is filled, else it
 * is not there.  (Keys are of types that can be tried so: is_plain_type() in
 * sorted_path.c.)
 */
static bool
fill_compared(FtxScanState *state, const FtxJsonValue *item)
{
	Compared compared = {state, item};

	ExecClearTuple(state->conditions_slot);
	if (!state->plan.sort_in_doubt)
		convert_compared(&compared);
	else if (!ftx_misfits_try(convert_compared, &compared))
	{
		ftx_converter_failed(state->converter);
		return false;
	}
	ExecStoreVirtualTuple(state->conditions_slot);
	return true;
}

/*
 * What is NULL in the order is so in the row: what the item leaves out,
 * whatever the object has, and a value that was read as NULL, which was told
 * and is not told again.
 */
static void
settle_nulls(const FtxScanState *state, FtxJsonValue *item)
{
	const FtxSorted *sorted = state->sorted;
	const bool *nulls = state->conditions_slot->tts_isnull;

	for (int i = 0; i < sorted->nslots; i++)
	{
		if (sorted->compared[i] && nulls[sorted->attnum_of[i] - 1])
			item[i] = (FtxJsonValue){.kind = FTX_JSON_NULL};
	}
}

static void
put_item(FtxScanState *state, const FtxJsonValue *listed)
{
	FtxSorted *sorted = state->sorted;
	TupleTableSlot *put = sorted->put;
	ExprContext *econtext = state->conditions_context;
	bool detail = ftx_converter_needs_detail(state->converter, listed);
	FtxJsonValue *item;
	MemoryContext old;
	bool fits;
	ListCell *lc;

	ResetExprContext(econtext);
	old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	item = palloc(sizeof(FtxJsonValue) * sorted->nslots);
	memcpy(item, listed, sizeof(FtxJsonValue) * sorted->nslots);
	fits = fill_compared(state, item);
	if (fits)
		settle_nulls(state, item);

	ExecClearTuple(put);
	memset(put->tts_isnull, false, sizeof(bool) * sorted->desc->natts);
	put->tts_values[PLACE] = Int32GetDatum(fits ? 1 : 0);
	put->tts_values[DETAIL] = BoolGetDatum(detail);
	econtext->ecxt_scantuple = state->conditions_slot;
	foreach (lc, sorted->keys)
	{
		int i = KEYS + foreach_current_index(lc);

		put->tts_isnull[i] = true;
		if (fits)
			put->tts_values[i] = ExecEvalExpr((ExprState *) lfirst(lc),
											  econtext, &put->tts_isnull[i]);
	}
	put->tts_values[sorted->desc->natts - 1] = pack_item(sorted, item, detail);
	ExecStoreVirtualTuple(put);
	tuplesort_puttupleslot(sorted->sort, put);
	ExecClearTuple(put);
	MemoryContextSwitchTo(old);
}

static void
read_list(FtxScanState *state)
{
	FtxSorted *sorted = state->sorted;
	MemoryContext old = MemoryContextSwitchTo(state->params_cxt);
	const FtxJsonValue *item;

	sorted->sort = begin_sort(sorted);
	sorted->busy = true;
	MemoryContextSwitchTo(old);
	while ((item = ftx_items_next(state->items)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (ftx_scan_item_passes(state, &item))
			put_item(state, item);
	}
	tuplesort_performsort(sorted->sort);
	sorted->busy = false;
}

/* ---------- items out of it ---------- */

/*
 * The item of the row that was got, and whether its object is to be asked for.
 */
static void
unpack_item(FtxSorted *sorted, bool *detail)
{
	const char *kept;
	const char *text;

	slot_getallattrs(sorted->got);
	*detail = DatumGetBool(sorted->got->tts_values[DETAIL]);
	/* it may not be aligned */
	kept = VARDATA_ANY(
		DatumGetPointer(sorted->got->tts_values[sorted->desc->natts - 1]));
	text = kept + sizeof(KeptValue) * sorted->nslots;
	for (int i = 0; i < sorted->nslots; i++)
	{
		KeptValue value;

		memcpy(&value, kept + sizeof(KeptValue) * i, sizeof(value));
		sorted->item[i].kind = value.kind;
		sorted->item[i].len = value.len;
		sorted->item[i].text = text;
		text += value.len;
	}
}

void
ftx_sorted_ask_next(FtxScanState *state)
{
	FtxSorted *sorted = state->sorted;
	bool detail;
	bool found;

	/*
	 * A write wants what is being read to be read to its end, in the middle of
	 * one of its rows: a function that was declared not to do that has done it.
	 */
	if (sorted->busy)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("cannot write while the list of %s is being sorted",
					state->plan.resource->name),
			 errdetail(
				 "An IMMUTABLE function of the query that reads it wants to write. Nothing was sent.")));
	if (sorted->sort == NULL)
		read_list(state);
	/* what is in files is compared once more */
	sorted->busy = true;
	found = tuplesort_gettupleslot(sorted->sort, true, false, sorted->got,
								   NULL);
	sorted->busy = false;
	if (!found)
	{
		state->input_ended = true;
		return;
	}
	unpack_item(sorted, &detail);
	ftx_scan_ask_for_item(state, sorted->item, detail);
}
