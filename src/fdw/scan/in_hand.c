/*-------------------------------------------------------------------------
 *
 * in_hand.c
 *		Rows of a page that has arrived, for who may not want them.
 *
 * A join that may end at any row reads some of its outer side ahead.  Nothing
 * must come of that: no call, no waiting, and no error before its row is
 * reached.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "fdw/scan/scan.h"
#include "fdw/scan/scan_state.h"
#include "read/converter.h"
#include "read/items.h"
#include "read/objects.h"
#include "utils/elog.h"
#include "utils/rel.h"

/*
 * Is the next item there, and a row as it is?
 */
bool
ftx_scan_has_in_hand(FtxScanState *state)
{
	if (state->spool != NULL)
		return !state->broken;
	return state->started && state->mode == FTX_SCAN_LIST && !state->extras &&
		   !state->plan.needs_detail &&
		   ftx_objects_pending(state->objects) == 0 &&
		   ftx_items_in_hand(state->items);
}

bool
ftx_scan_is_plain(const FtxScanState *state)
{
	const TupleDesc desc = RelationGetDescr(state->node->ss.ss_currentRelation);

	/* values that do not fit are counted where their rows are reached */
	if (ftx_converter_misfits(state->converter) != NULL)
		return false;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attgenerated != '\0' ||
			(!attribute->attisdropped &&
			 attribute->atttypid >= FirstNormalObjectId))
			return false;
	}
	return true;
}

/*
 * Is it only a value that is not what it should be?
 */
static bool
is_of_value(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return error->elevel == ERROR &&
		   (category == ERRCODE_DATA_EXCEPTION ||
			error->sqlerrcode == ERRCODE_DATATYPE_MISMATCH ||
			error->sqlerrcode == ERRCODE_PROTOCOL_VIOLATION);
}

/*
 * No subtransaction is needed to go on after such an error: the values of a
 * plain scan are made by functions of core, of bytes in memory, and what they
 * leave behind is memory of the row's.
 */
TupleTableSlot *
ftx_scan_next_in_hand(FtxScanState *state, MemoryContext cxt,
					  ErrorData **failure)
{
	PlanState *node = &state->node->ss.ps;
	MemoryContext old = CurrentMemoryContext;
	TupleTableSlot *volatile slot = NULL;

	state->in_hand_only = true;
	PG_TRY();
	{
		slot = ExecProcNode(node);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(cxt);
		error = CopyErrorData();
		if (!is_of_value(error))
			PG_RE_THROW();
		FlushErrorState();
		ftx_converter_failed(state->converter);
		state->at_work = false;
		*failure = error;
		if (node->instrument != NULL)
			InstrStopNode(node->instrument, 0);
	}
	PG_END_TRY();
	state->in_hand_only = false;
	MemoryContextSwitchTo(old);
	return slot;
}
