/*-------------------------------------------------------------------------
 *
 * wanted_list.c
 *		Which scans of a query will read a list that another one has read.
 *
 * It is asked for lists that are longer than the memo only.  A scan whose list
 * depends on rows of others, or is not known without a risk, is taken for one
 * that does not want it: it asks for itself then.  One that is never started
 * may be thought to want it; then the list is kept in vain to the end of the
 * run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fdw/scan/request.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/wanted_list.h"
#include "read/items.h"
#include "utils/memutils.h"

typedef struct Sought
{
	const FtxScanState *reader;
	const char *list;
} Sought;

/*
 * Is there anything that the scan will read yet?
 */
static bool
will_read(FtxScanState *state, const FtxScanState *reader)
{
	if (state->spool != NULL)
		return false;
	if (state->read_again)
		return true;
	if (state == reader)
		return false;
	if (!state->started)
		return true;
	return state->mode == FTX_SCAN_LIST && !state->input_ended &&
		   ftx_items_unread(state->items);
}

/* An FtxScanTest. */
static bool
wants(FtxScanState *state, void *arg)
{
	const Sought *sought = arg;
	FtxScanRequest request;
	const char *list;

	if (state->session->umid != sought->reader->session->umid ||
		!will_read(state, sought->reader) || !ftx_scan_request_is_fixed(state))
		return false;
	ftx_scan_request(state, &request);
	if (request.none || request.mode != FTX_SCAN_LIST)
		return false;
	list = ftx_items_list(state->items, &request.range);
	return list != NULL && strcmp(list, sought->list) == 0;
}

bool
ftx_scan_list_wanted(void *scan, const char *list)
{
	const FtxScanState *reader = scan;
	Sought sought = {reader, list};
	MemoryContext cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex wanted list", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	bool wanted = ftx_scans_any(reader->node->ss.ps.state, wants, &sought);

	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return wanted;
}
