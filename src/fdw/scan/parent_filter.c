/*-------------------------------------------------------------------------
 *
 * parent_filter.c
 *		Conditions that a parent decides, before its children are asked for.
 *
 * All rows of a parent have its columns in common, so a condition that looks at
 * nothing else holds for all of them or for none.  It stays a condition on the
 * rows, too.
 *
 * A parent may have no rows at all, and then no condition would have looked at
 * it.  So one that fails decides nothing: it fails again on the first row, if
 * there is one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/options/table.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/scan/parent_filter.h"
#include "fdw/scan/row_filter.h"
#include "nodes/bitmapset.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/elog.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/*
 * A condition, and what it looks at: the two lists (IntList) go together.
 * Their attributes are of type text or varchar, so that any value fits.
 */
typedef struct Condition
{
	FtxRowFilter *filter;
	List *attnums;
	List *columns; /* catalogue index */
} Condition;

struct FtxParentFilter
{
	Oid relid;
	Condition *conditions;
	int nconditions;
	ExprContext *econtext;
	TupleTableSlot *slot;
	bool busy;
};

static void
add_condition(FtxParentFilter *filter, ScanState *node, FtxTable *table,
			  Node *clause)
{
	Condition *condition = &filter->conditions[filter->nconditions++];
	Index relid = ((Scan *) node->ps.plan)->scanrelid;
	Bitmapset *attrs = NULL;
	int bit = -1;

	condition->filter = ftx_row_filter_create(list_make1(clause), &node->ps);
	pull_varattnos(clause, relid, &attrs);
	while ((bit = bms_next_member(attrs, bit)) >= 0)
	{
		int attnum = bit + FirstLowInvalidHeapAttributeNumber;

		condition->attnums = lappend_int(condition->attnums, attnum);
		condition->columns = lappend_int(condition->columns,
										 ftx_table_column(table, attnum));
	}
}

FtxParentFilter *
ftx_parent_filter_create(ScanState *node, FtxTable *table, List *clauses,
						 ExprContext *econtext, TupleTableSlot *slot)
{
	FtxParentFilter *filter;
	ListCell *lc;

	if (clauses == NIL)
		return NULL;
	filter = palloc0(sizeof(FtxParentFilter));
	filter->relid = table->relid;
	filter->conditions = palloc0(sizeof(Condition) * list_length(clauses));
	filter->econtext = econtext;
	filter->slot = slot;
	foreach (lc, clauses)
		add_condition(filter, node, table, lfirst(lc));
	return filter;
}

/*
 * Put the values that a condition looks at into the slot; false if one is not
 * known.
 */
static bool
fill_slot(FtxParentFilter *filter, const Condition *condition,
		  const FtxBinding *parent)
{
	TupleTableSlot *slot = filter->slot;
	ListCell *attnum;
	ListCell *column;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true,
		   sizeof(bool) * slot->tts_tupleDescriptor->natts);
	forboth (attnum, condition->attnums, column, condition->columns)
	{
		const char *text = parent->texts[lfirst_int(column)];

		if (text == NULL)
			return false;
		slot->tts_values[lfirst_int(attnum) - 1] = CStringGetTextDatum(text);
		slot->tts_isnull[lfirst_int(attnum) - 1] = false;
	}
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = filter->relid;
	return true;
}

/*
 * A condition on the parent in the slot; true if it fails because of a value.
 * No subtransaction is needed to go on: ftx_parent_decides() has looked at
 * that.
 */
static bool
passes_or_fails(Condition *condition, ExprContext *econtext)
{
	MemoryContext old = CurrentMemoryContext;
	volatile bool passes = true;

	PG_TRY();
	{
		passes = ftx_row_filter_passes(condition->filter, econtext);
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		MemoryContextSwitchTo(old);
		FlushErrorState();
		ftx_row_filter_reset(condition->filter);
	}
	PG_END_TRY();
	return passes;
}

bool
ftx_parent_filter_passes(void *arg, const FtxBinding *parent)
{
	FtxParentFilter *filter = arg;
	ExprContext *econtext = filter->econtext;
	bool passes = true;

	for (int i = 0; i < filter->nconditions && passes; i++)
	{
		Condition *condition = &filter->conditions[i];
		MemoryContext old;
		bool known;

		ResetExprContext(econtext);
		old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
		known = fill_slot(filter, condition, parent);
		MemoryContextSwitchTo(old);
		if (!known)
			continue;
		econtext->ecxt_scantuple = filter->slot;
		filter->busy = true;
		passes = passes_or_fails(condition, econtext);
		filter->busy = false;
	}
	ExecClearTuple(filter->slot);
	return passes;
}

bool
ftx_parent_filter_busy(const FtxParentFilter *filter)
{
	return filter != NULL && filter->busy;
}

void
ftx_parent_filter_reset(FtxParentFilter *filter)
{
	if (filter == NULL)
		return;
	for (int i = 0; i < filter->nconditions; i++)
		ftx_row_filter_reset(filter->conditions[i].filter);
}
