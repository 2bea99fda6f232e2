/*-------------------------------------------------------------------------
 *
 * pump.c
 *		Moves an engine's requests on: queue, concurrency, retries, waiting.
 *
 * A request is in exactly one list of its engine:
 *
 *		FTX_QUEUED -> FTX_SENDING -> FTX_DONE
 *			^  |          |
 *			|  v          |
 *		FTX_WAITING <-----+
 *
 * All changes are made by ftx_engine_pump(), which calls libcurl and neither
 * waits nor throws.  ftx_engine_wait() waits and serves interrupts between two
 * pumps, so that an error leaves every list as it should be.
 *
 *-------------------------------------------------------------------------
 */

#include "postgres.h"

#include "base/compat.h"
#include "lib/ilist.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "net/attempt.h"
#include "net/engine.h"
#include "net/engine_state.h"
#include "net/flow.h"
#include "net/request.h"
#include "net/request_state.h"
#include "net/sockets.h"
#include "net/transfer.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* ----------------------------------------------------------------
 *		States
 * ----------------------------------------------------------------
 */

void
ftx_request_set_state(FtxRequest *request, FtxRequestState state)
{
	FtxEngine *engine = request->engine;

	dlist_delete(&request->node);
	engine->counts[request->state]--;

	request->state = state;
	dlist_push_tail(&engine->lists[state], &request->node);
	engine->counts[state]++;

	if (state == FTX_DONE)
		engine->finished++;
}

static int
unfinished(const FtxEngine *engine)
{
	return ftx_engine_requests(engine) - engine->counts[FTX_DONE];
}

/* ----------------------------------------------------------------
 *		Progress
 * ----------------------------------------------------------------
 */

/*
 * Make the engine fit for the request, which fails when that cannot be.
 */
static bool
awake(FtxRequest *request)
{
	const char *failure = ftx_engine_wake(request->engine);

	if (failure != NULL && ftx_engines_make_room())
		failure = ftx_engine_wake(request->engine);
	if (failure == NULL)
		return true;
	ftx_response_fail(request, FTX_NO_DESCRIPTOR, failure);
	ftx_request_set_state(request, FTX_DONE);
	return false;
}

/*
 * Put those whose wait is over before the queue, in their order: they are
 * older than what is queued, and an ordered scan waits for the oldest.
 */
static void
requeue_due(FtxEngine *engine)
{
	dlist_node *last = &engine->lists[FTX_QUEUED].head;
	int64 now = ftx_clock();
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &engine->lists[FTX_WAITING])
	{
		FtxRequest *request = dlist_container(FtxRequest, node, iter.cur);

		if (request->due > now)
			continue;
		ftx_request_set_state(request, FTX_QUEUED);
		dlist_delete(&request->node);
		dlist_insert_after(last, &request->node);
		last = &request->node;
	}
}

/*
 * Send what is queued, as far as concurrency, the gate and budgets allow.
 */
static void
start_queued(FtxEngine *engine)
{
	FtxRequest *request;

	while (engine->counts[FTX_SENDING] < engine->config.max_concurrency &&
		   (request = ftx_flow_next(engine)) != NULL)
	{
		int64 hold = engine->gate - ftx_clock();

		if (!ftx_budget_calls_left(request->budget))
		{
			/* a repetition leaves the last answer as it is */
			if (request->response.attempts == 0)
				ftx_response_fail(request, FTX_CALLS_EXHAUSTED,
								  "no more calls are allowed");
			ftx_request_set_state(request, FTX_DONE);
		}
		else if (hold > 0 && request->unclaimed)
		{
			request->postponed = true;
			ftx_request_set_state(request, FTX_DONE);
		}
		else if (hold > 0 && ftx_budget_wait(request, (hold + 999) / 1000))
		{
			request->due = engine->gate;
			ftx_request_set_state(request, FTX_WAITING);
		}
		else if (!awake(request))
			continue;
		else if (ftx_transfer_begin(request))
		{
			/*
			 * Even before the gate opens, if the statement cannot wait that
			 * long: the server's answer is the best reason to fail for.
			 */
			ftx_request_count(request);
			ftx_request_set_state(request, FTX_SENDING);
		}
		else
			ftx_request_set_state(request, FTX_DONE);
	}
}

static void
collect_finished(FtxEngine *engine)
{
	CURLMsg *message;
	int left;

	while (engine->multi != NULL &&
		   (message = curl_multi_info_read(engine->multi, &left)) != NULL)
	{
		/* the message does not survive the next call */
		CURLcode code = message->data.result;
		char *request = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
		ftx_transfer_end((FtxRequest *) request, code);
		ftx_attempt_finish((FtxRequest *) request);
	}
}

/*
 * Take back what was refused without libcurl having noticed: it gives up after
 * a few repetitions of its own, and may wait for ever for a stream that a
 * GOAWAY overtook.
 */
static void
collect_refused(FtxEngine *engine)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &engine->lists[FTX_SENDING])
	{
		FtxRequest *request = dlist_container(FtxRequest, node, iter.cur);

		if (!request->refused || request->refusals >= FTX_MAX_REFUSALS)
			continue;
		ftx_transfer_abandon(request);
		ftx_attempt_refused(request);
	}
}

/* libcurl cannot go on: end what it had. */
static void
fail_sending(FtxEngine *engine, const char *message)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &engine->lists[FTX_SENDING])
	{
		FtxRequest *request = dlist_container(FtxRequest, node, iter.cur);

		ftx_transfer_abandon(request);
		ftx_response_fail(request, FTX_CLIENT_FAILURE, message);
		request->response.may_have_run = request->departures > 0;
		ftx_request_set_state(request, FTX_DONE);
	}
}

/* Give up what was paused and then took too long. */
static void
fail_late(FtxEngine *engine)
{
	FtxRequest *request;

	while (engine->any_paused && (request = ftx_flow_late(engine)) != NULL)
	{
		ftx_transfer_abandon(request);
		ftx_response_fail(request, FTX_TIMED_OUT,
						  "the answer did not end in time");
		request->response.may_have_run = true;
		ftx_attempt_finish(request);
	}
}

/*
 * Do all that can be done without waiting.
 *
 * Signals stay blocked meanwhile: libcurl starts threads, which inherit the
 * mask and must not run the backend's handlers.
 */
void
ftx_engine_pump(FtxEngine *engine)
{
	const char *failure;

	ftx_block_signals();
	requeue_due(engine);
	start_queued(engine);
	failure = ftx_poller_act(&engine->poller);
	collect_finished(engine);
	fail_late(engine);
	collect_refused(engine);
	if (failure != NULL)
		fail_sending(engine, failure);
	/* slots may have become free */
	start_queued(engine);
	ftx_flow_adjust(engine);
	ftx_unblock_signals();
}

const FtxTally *
ftx_engine_tally(const FtxEngine *engine)
{
	return engine->tally;
}

int64
ftx_engine_due(FtxEngine *engine)
{
	int64 due = engine->any_paused ? ftx_flow_due(engine) : -1;
	dlist_iter iter;

	dlist_foreach (iter, &engine->lists[FTX_WAITING])
	{
		FtxRequest *request = dlist_container(FtxRequest, node, iter.cur);

		if (due < 0 || request->due < due)
			due = request->due;
	}
	return due;
}

/*
 * What ended for an interrupt alone must not look like a failure of its own:
 * the interrupt comes first.
 */
static void
pump_and_serve(FtxEngine *engine)
{
	ftx_engine_pump(engine);
	if (!engine->interrupted)
		return;
	engine->interrupted = false;
	CHECK_FOR_INTERRUPTS();
}

void
ftx_engine_wait(FtxEngine *engine, FtxRequest *request, const int64 *reader)
{
	uint64 finished = engine->finished;
	FtxTurn turn = {true, request, reader};

	if (unfinished(engine) == 0)
		return;

	CHECK_FOR_INTERRUPTS();
	ftx_flow_turn(engine, &turn);
	pump_and_serve(engine);
	while (engine->finished == finished)
	{
		ftx_poller_wait(&engine->poller, ftx_engine_due(engine));
		pump_and_serve(engine);
	}
	turn.waits = false;
	ftx_flow_turn(engine, &turn);
}
