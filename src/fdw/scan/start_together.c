/*-------------------------------------------------------------------------
 *
 * start_together.c
 *		The first requests of a query's scans leave together.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/memo.h"
#include "api/calls/statement.h"
#include "base/guc.h"
#include "base/owner.h"
#include "executor/execdesc.h"
#include "fdw/plan/calm.h"
#include "fdw/scan/first_scans.h"
#include "fdw/scan/request.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/start_together.h"
#include "lib/ilist.h"
#include "net/engine.h"
#include "read/items.h"
#include "read/objects.h"
#include "utils/memutils.h"

/*
 * Calls that an account must have left beyond those that are asked ahead, so
 * that these are not the ones which others lack.
 */
#define SPARE_CALLS 32

/*
 * `waiting` are scans that have not started when the first one did, and which
 * nothing was asked for yet; those after it in the order in which they are
 * read.
 */
struct FtxTogether
{
	FtxOwned owned; /* by the run */
	bool looked;	/* the query was looked through */
	List *waiting;	/* of FtxScanState */
	int held;		/* answers, or calls under way, of scans that wait */
	uint64 writes;	/* ftx_memo_writes() when the query was looked through */
};

/* Those of all executor runs under way in this backend that have scans. */
static dlist_head runs = DLIST_STATIC_INIT(runs);

FtxTogether *
ftx_together_of(EState *estate)
{
	return ftx_owned_by(estate->es_query_cxt, &runs, sizeof(FtxTogether), NULL);
}

/*
 * May a call be made that might turn out not to be needed?
 */
static bool
call_to_spare(const FtxScanState *state, int held)
{
	const FtxTally *tally = ftx_engine_tally(state->session->engine);
	int reserve = Max(ftx_guc_reserve(), 0);

	if (ftx_guc_max_calls() >= 0 ||
		held >= 2 * state->session->options.max_concurrency)
		return false;
	if (tally->seen_at == 0 || tally->remaining < 0)
		return reserve == 0;
	return tally->remaining - reserve > SPARE_CALLS + held;
}

/*
 * Could the first request of a scan be sent at any time?
 */
static bool
can_be_asked(const FtxScanState *state)
{
	return !state->started && state->spool == NULL && state->plan.prefetch &&
		   state->first.call == NULL && ftx_scan_request_is_fixed(state);
}

/*
 * Send the first request of a scan; NULL if that is not one by itself, or
 * somebody has asked for it.
 */
static FtxCall *
ask_first(FtxScanState *state)
{
	FtxStats *stats = &state->first.stats;
	FtxScanRequest request;

	ftx_scan_request(state, &request);
	if (request.none)
		return NULL;
	if (request.mode == FTX_SCAN_LIST)
	{
		if (request.range.wanted != NULL &&
			!ftx_items_plan(state->plan.resource, &request.range).enumerate)
			return NULL;
		return ftx_items_ask_for_anybody(state->items, &request.range, stats,
										 state->cxt);
	}
	if (state->extras || (request.mode == FTX_SCAN_KEYS && request.nkeys != 1))
		return NULL;
	return ftx_objects_ask_for_anybody(
		state->objects, request.mode == FTX_SCAN_KEYS ? request.keys[0] : NULL,
		stats, state->cxt);
}

static void
ask(FtxTogether *together, FtxScanState *state)
{
	MemoryContext cxt = AllocSetContextCreate(state->cxt, "fivetrex ask ahead",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);

	state->first.call = ask_first(state);
	together->held += state->first.call != NULL ? 1 : 0;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

/*
 * Look through the query for scans that will be read, too.
 */
static void
look_through(FtxTogether *together, FtxScanState *state)
{
	const QueryDesc *query = ftx_statement_running();
	EState *estate = state->node->ss.ps.state;
	MemoryContext old;

	together->looked = true;
	if (!ftx_guc_start_together() || query == NULL || query->estate != estate ||
		estate->es_epq_active != NULL)
		return;
	old = MemoryContextSwitchTo(together->owned.owner);
	together->waiting = ftx_first_scans(query->planstate,
										ftx_statement_rows_wanted() == 0);
	MemoryContextSwitchTo(old);
	if (together->waiting == NIL ||
		(list_length(together->waiting) == 1 &&
		 linitial(together->waiting) == state) ||
		!ftx_plan_is_calm(query->plannedstmt))
	{
		together->waiting = NIL;
		return;
	}
	together->writes = ftx_memo_writes();

	/* the one that starts comes first in time, too */
	if (can_be_asked(state) && call_to_spare(state, 0))
		ask(together, state);
}

void
ftx_together_start(FtxScanState *state)
{
	FtxTogether *together = state->first.together;
	ListCell *lc;

	state->first.started = true;
	if (!together->looked)
		look_through(together, state);
	if (together->waiting == NIL)
		return;

	/* after a write all would be asked for once more */
	if (together->writes != ftx_memo_writes())
	{
		together->waiting = NIL;
		return;
	}
	together->waiting = list_delete_ptr(together->waiting, state);
	foreach (lc, together->waiting)
	{
		FtxScanState *other = lfirst(lc);

		/* what another server answers is not received meanwhile */
		if (other->session != state->session)
			continue;
		if (can_be_asked(other))
		{
			if (!call_to_spare(other, together->held))
				return;
			ask(together, other);
			other->first.ahead = other->first.call != NULL;
		}
		together->waiting = foreach_delete_current(together->waiting, lc);
	}
}

void
ftx_together_drop(FtxScanState *state)
{
	state->first.wasted = state->first.ahead &&
						  !ftx_call_wanted(state->first.call);
	ftx_call_free(state->first.call);
	state->first.call = NULL;
	state->first.together->held--;
}

FtxAheadFigures
ftx_together_figures(const FtxScanState *state)
{
	FtxAheadFigures figures = {0};

	figures.ahead = state->first.ahead ? 1 : 0;
	figures.unclaimed = state->first.stats.calls;
	figures.wasted = state->first.wasted ||
					 (state->first.ahead && state->first.call != NULL &&
					  !ftx_call_wanted(state->first.call));
	return figures;
}
