/*-------------------------------------------------------------------------
 *
 * whole_list.c
 *		The whole list instead of parts of it.
 *
 * A scan that is read for each row of something else asks for the row's part of
 * a list: by a filter, or the object of a key.  Where the parts take more calls
 * than the whole list has pages, it is read once, and the memo answers from
 * then on; the conditions on its rows are checked as always.  That is so from
 * the beginning where so many rows are expected, else as soon as so many calls
 * have been made: then at most twice as many as are needed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/plan/expected_calls.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/whole_list.h"

/*
 * A LIMIT is of the row's part: rows of others stand between them in the whole.
 */
void
ftx_scan_plan_whole(FtxScanState *state)
{
	const ForeignScan *scan = (const ForeignScan *) state->node->ss.ps.plan;
	const PlannedStmt *statement = state->node->ss.ps.state->es_plannedstmt;
	FtxScanPlan *plan = &state->plan;

	state->whole = FTX_WHOLE_NO;
	if (scan->operation != CMD_SELECT || !ftx_may_read_whole(plan))
		return;
	if (ftx_whole_is_expected(plan, ftx_expected_loops(statement, scan)))
	{
		state->whole = FTX_WHOLE_YES;
		plan->few_rows |= plan->limit >= 0;
		plan->limit = -1;
		/* what is under way when enough is read would be asked for again */
		plan->prefetch &= !plan->few_rows;
	}
	else if (plan->limit < 0)
		state->whole = FTX_WHOLE_MAYBE;
}

/*
 * Was it read again and again: is it longer than was thought, or has somebody
 * made the memo forget it?
 */
static bool
was_no_gain(const FtxScanState *state)
{
	return state->stats.calls - state->whole_since >
		   2 * (int64) state->plan.list_pages;
}

bool
ftx_scan_reads_whole(FtxScanState *state)
{
	if (state->whole == FTX_WHOLE_MAYBE &&
		state->stats.calls > state->plan.list_pages)
	{
		state->whole = FTX_WHOLE_YES;
		state->whole_since = state->stats.calls;
	}
	else if (state->whole == FTX_WHOLE_YES && was_no_gain(state))
		state->whole = FTX_WHOLE_NO;
	return state->whole == FTX_WHOLE_YES;
}
