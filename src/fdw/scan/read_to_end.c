/*-------------------------------------------------------------------------
 *
 * read_to_end.c
 *		A list that is open is read to its end before this session writes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "fdw/scan/read_to_end.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/spool.h"
#include "fdw/scan/user_code.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/*
 * FtxOpenList.finish: keep all rows that are still to be read.  The row that
 * was handed out last stays as it is.
 */
void
ftx_scan_read_to_end(FtxOpenList *list)
{
	FtxScanState *state = (FtxScanState *) ((char *) list -
											offsetof(FtxScanState, open_list));
	TupleTableSlot *slot = state->conditions_slot;
	MemoryContext old;

	/*
	 * What failed once would miss rows, or nobody wants them any more; what has
	 * arrived is safe already.
	 */
	if (state->broken || ftx_scan_has_failed(state))
		return;

	/* a filter in the middle of its row may be what writes */
	ftx_scan_complete_row(state);
	if (ftx_objects_pending(state->objects) == 0 &&
		!ftx_items_unread(state->items) && !state->plan.needs_detail)
		return;

	ftx_user_code_check(state);
	old = MemoryContextSwitchTo(state->cxt);
	slot = MakeSingleTupleTableSlot(state->tupdesc, slot->tts_ops);
	ftx_spool_begin(state);
	state->broken = true;
	/* beyond a LIMIT, too: conditions that are checked later drop rows */
	while (ftx_scan_read_wanted(state, slot, state->spool_cxt))
		tuplestore_puttupleslot(state->spool, slot);
	state->broken = false;
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextReset(state->spool_cxt);
	MemoryContextSwitchTo(old);
}
