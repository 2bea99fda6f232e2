/*-------------------------------------------------------------------------
 *
 * spool.c
 *		Rows of a scan that are read ahead of a write.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/spool.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

void
ftx_spool_begin(FtxScanState *state)
{
	ResourceOwner old = CurrentResourceOwner;

	if (state->spool != NULL)
		return;
	state->spool_slot = MakeSingleTupleTableSlot(state->tupdesc,
												 &TTSOpsMinimalTuple);

	/* the writer's statement may end before this scan does */
	CurrentResourceOwner = state->owner;
	PG_TRY();
	{
		state->spool = tuplestore_begin_heap(false, false, work_mem);
	}
	PG_FINALLY();
	{
		CurrentResourceOwner = old;
	}
	PG_END_TRY();
}

/*
 * Hand out the next row that was kept; false when there is none.
 */
bool
ftx_scan_spooled_row(FtxScanState *state, TupleTableSlot *slot)
{
	TupleTableSlot *spooled = state->spool_slot;
	MemoryContext old;
	bool found;

	ExecClearTuple(slot);
	/* a tuple that is read from a file belongs to the slot, not to the row */
	old = MemoryContextSwitchTo(state->cxt);
	found = tuplestore_gettupleslot(state->spool, true, false, spooled);
	MemoryContextSwitchTo(old);
	if (!found)
	{
		if (state->broken)
			ereport(
				ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("the rest of the list was not read"),
				 errdetail(
					 "An error broke off the reading ahead of a write of this session.")));
		return false;
	}
	slot_getallattrs(spooled);
	memcpy(slot->tts_values, spooled->tts_values,
		   sizeof(Datum) * spooled->tts_nvalid);
	memcpy(slot->tts_isnull, spooled->tts_isnull,
		   sizeof(bool) * spooled->tts_nvalid);
	ExecStoreVirtualTuple(slot);
	return true;
}
