/*-------------------------------------------------------------------------
 *
 * async.c
 *		An Append that waits for several scans at once.
 *
 * Where the option async_capable is on, the scans below an Append ask for
 * their first answers before any of them is waited for, and rows come in the
 * order in which answers arrive.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/execAsync.h"
#include "executor/instrument.h"
#include "executor/tuptable.h"
#include "fdw/fdw.h"
#include "fdw/plan/plan_state.h"
#include "fdw/scan/scan.h"
#include "net/engine.h"
#include "storage/latch.h"

static FtxScanState *
scan_of(AsyncRequest *areq)
{
	return castNode(ForeignScanState, areq->requestee)->fdw_state;
}

/*
 * Hand on a row, or the end, if that needs no waiting.
 */
static void
answer(AsyncRequest *areq)
{
	if (ftx_scan_ready(scan_of(areq)))
		ExecAsyncRequestDone(
			areq, areq->requestee->ExecProcNodeReal(areq->requestee));
	else
		ExecAsyncRequestPending(areq);
}

bool
fivetrexIsForeignPathAsyncCapable(ForeignPath *path)
{
	FtxPlanState *state = path->path.parent->fdw_private;

	/* sorting waits for the whole list */
	return state->options.async_capable && path->path.pathkeys == NIL;
}

void
fivetrexForeignAsyncRequest(AsyncRequest *areq)
{
	answer(areq);
}

/*
 * Join the wait, unless the answer has come in the meantime: another scan of
 * the same server may have received it.
 */
void
fivetrexForeignAsyncConfigureWait(AsyncRequest *areq)
{
	FtxScanState *state = scan_of(areq);

	ftx_engine_pump(ftx_scan_session(state)->engine);
	if (!ftx_scan_ready(state))
	{
		AppendState *append = castNode(AppendState, areq->requestor);

		AddWaitEventToSet(append->as_eventset, WL_SOCKET_READABLE,
						  ftx_scan_descriptor(state), NULL, areq);
		return;
	}

	/* what the executor does around ForeignAsyncNotify is ours here */
	areq->callback_pending = false;
	answer(areq);
	ExecAsyncResponse(areq);
	if (areq->requestee->instrument != NULL)
		InstrUpdateTupleCount(areq->requestee->instrument,
							  TupIsNull(areq->result) ? 0.0 : 1.0);
}

void
fivetrexForeignAsyncNotify(AsyncRequest *areq)
{
	ftx_engine_pump(ftx_scan_session(scan_of(areq))->engine);
	answer(areq);
}
