/*-------------------------------------------------------------------------
 *
 * request.c
 *		The life of requests: queue, concurrency, retries, waiting.
 *
 * A request is in exactly one list of its engine:
 *
 *		FTX_QUEUED -> FTX_SENDING -> FTX_DONE
 *			^  |          |
 *			|  v          |
 *		FTX_WAITING <-----+
 *
 * All changes are made by ftx_engine_pump(), which libcurl is called from and
 * which neither waits nor throws.  ftx_engine_wait() waits and serves
 * interrupts between two pumps, so that an error leaves every list as it should
 * be.
 *
 *-------------------------------------------------------------------------
 */

#include "postgres.h"

#include "base/bytes.h"
#include "base/compat.h"
#include "common/pg_prng.h"
#include "lib/ilist.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "net/backoff.h"
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

static void
set_state(FtxRequest *request, FtxRequestState state)
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
 *		What the statement may still do
 * ----------------------------------------------------------------
 */

bool
ftx_budget_calls_left(const FtxBudget *budget)
{
	return budget->max_calls < 0 || budget->calls < budget->max_calls;
}

/*
 * Count a wait of `ms` from now on, if the request's statement can afford it
 * by the limit of the request's server.  As waits begin
 * in the order in which they are counted, the time that they cover together
 * grows by what lies beyond the last end.
 */
static bool
commit_wait(const FtxRequest *request, int64 ms)
{
	FtxBudget *budget = request->budget;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz until = now + ms * 1000;
	int64 extra = until - Max(now, budget->waited_until);

	if (extra <= 0)
		return true;

	extra /= 1000;
	if (extra > request->max_retry_wait - budget->retry_wait)
		return false;
	budget->retry_wait += extra;
	budget->waited_until = until;
	return true;
}

/* ----------------------------------------------------------------
 *		Descriptors
 * ----------------------------------------------------------------
 */

/*
 * Between two looks for a descriptor, in microseconds: long enough to cost
 * nothing, short beside any answer.
 */
#define DESCRIPTOR_PAUSE (INT64CONST(10) * 1000)

/*
 * A request on the wire found no descriptor for its connection: does it make
 * sense to try again?  It does when some were closed now that nobody needed,
 * or when the engine's other requests will leave connections to be used.
 */
static bool
descriptor_comes(const FtxRequest *request)
{
	return ftx_engines_make_room() || request->engine->counts[FTX_SENDING] > 1;
}

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
	set_state(request, FTX_DONE);
	return false;
}

/* ----------------------------------------------------------------
 *		Progress
 * ----------------------------------------------------------------
 */

/*
 * Nothing was sent after all.
 */
static void
uncount(FtxRequest *request)
{
	request->budget->calls--;
	request->response.attempts--;
	if (request->sent != NULL)
		(*request->sent)--;
}

/*
 * The server has not processed it; nor has it counted.
 */
static void
send_refused_again(FtxRequest *request)
{
	request->refusals++;
	request->fresh = true;
	uncount(request);
	set_state(request, FTX_QUEUED);
}

/*
 * The kept connection was not fit to carry it.  libcurl may have sent it on
 * another one before, which has ended without an answer: that one counts.
 */
static void
send_on_fresh(FtxRequest *request)
{
	request->fresh = true;
	if (request->departures == 0 || request->refused)
		uncount(request);
	else
		request->response.repeats_doubt = true;
	set_state(request, FTX_QUEUED);
}

/*
 * The authority of the server may be among those that were not looked at.
 */
static void
send_with_all_roots(FtxRequest *request)
{
	request->engine->needs_root_file = true;
	uncount(request);
	set_state(request, FTX_QUEUED);
}

/*
 * The request will be repeated: keep what this attempt may have done.
 */
static void
note_attempt(FtxRequest *request)
{
	FtxResponse *response = &request->response;

	request->turned_down = response->outcome == FTX_ANSWERED &&
						   response->status == 429;
	if (response->outcome == FTX_ANSWERED ? !request->turned_down :
											response->may_have_run)
		response->repeats_doubt = true;
}

/*
 * A transfer is over: repeat the request or be done with it.
 */
static void
finish_attempt(FtxRequest *request)
{
	FtxEngine *engine = request->engine;
	const FtxResponse *response = &request->response;
	FtxAttempt attempt = {.number = response->attempts,
						  .outcome = response->outcome,
						  .status = response->status,
						  .retry_after = response->retry_after,
						  .reads = request->method == FTX_GET,
						  .repeat_safe = request->repeat_safe,
						  .may_have_run = response->may_have_run};
	int64 now = ftx_clock();
	int64 wait;

	if (response->outcome != FTX_ANSWERED && request->refused &&
		request->refusals < FTX_MAX_REFUSALS)
	{
		send_refused_again(request);
		return;
	}
	engine->interrupted |= request->interrupted;
	if (request->unfit)
	{
		send_on_fresh(request);
		return;
	}
	if (request->distrusted)
	{
		send_with_all_roots(request);
		return;
	}
	if (response->outcome == FTX_NO_DESCRIPTOR && descriptor_comes(request))
	{
		uncount(request);
		request->due = now + DESCRIPTOR_PAUSE;
		set_state(request, FTX_WAITING);
		return;
	}
	if (request->set_aside ||
		(request->interrupted && request->method == FTX_GET))
	{
		/* not the server's failure */
		engine->narrow |= request->set_aside;
		set_state(request, FTX_QUEUED);
		return;
	}
	wait = ftx_backoff(&attempt, engine->config.max_retries,
					   engine->config.retry_delay,
					   pg_prng_double(&pg_global_prng_state));

	/* The limit is the account's, so it holds for the other requests, too. */
	if (response->status == 429 && response->retry_after > 0 &&
		engine->config.max_retries > 0)
		engine->gate = Max(engine->gate,
						   now + response->retry_after * 1000 * 1000);

	if (wait < 0 || !ftx_budget_calls_left(request->budget) ||
		!commit_wait(request, wait))
	{
		set_state(request, FTX_DONE);
		return;
	}

	note_attempt(request);
	request->due = now + wait * 1000;
	set_state(request, FTX_WAITING);
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
		set_state(request, FTX_QUEUED);
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
			set_state(request, FTX_DONE);
		}
		else if (hold > 0 && commit_wait(request, (hold + 999) / 1000))
		{
			request->due = engine->gate;
			set_state(request, FTX_WAITING);
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
			set_state(request, FTX_SENDING);
		}
		else
			set_state(request, FTX_DONE);
	}
}

/*
 * A request is being sent, once more or for the first time.
 */
void
ftx_request_count(FtxRequest *request)
{
	request->budget->calls++;
	request->engine->tally.calls++;
	if (request->response.attempts > 0)
		request->engine->tally.retries++;
	request->response.attempts++;
	if (request->sent != NULL)
		(*request->sent)++;
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
		finish_attempt((FtxRequest *) request);
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
		send_refused_again(request);
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
		set_state(request, FTX_DONE);
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
		finish_attempt(request);
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
	return &engine->tally;
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

/* ----------------------------------------------------------------
 *		Requests
 * ----------------------------------------------------------------
 */

static void
request_owner_reset(void *arg)
{
	FtxRequestOwner *owner = arg;

	if (owner->request != NULL)
		ftx_request_free(owner->request);
}

/* A request that its owner frees already, still without content. */
static FtxRequest *
new_request(FtxEngine *engine, MemoryContext context)
{
	FtxRequestOwner *owner;
	FtxRequest *request;

	owner = MemoryContextAllocZero(context, sizeof(FtxRequestOwner));
	owner->callback.func = request_owner_reset;
	owner->callback.arg = owner;
	MemoryContextRegisterResetCallback(context, &owner->callback);

	request = calloc(1, sizeof(FtxRequest));
	if (request == NULL)
		return NULL;
	request->owner = owner;
	owner->request = request;

	/* Done for now, so that nothing is sent before all is there. */
	request->engine = engine;
	request->state = FTX_DONE;
	dlist_push_tail(&engine->lists[FTX_DONE], &request->node);
	engine->counts[FTX_DONE]++;
	return request;
}

/*
 * Add a header line; without value, keep libcurl from adding its own.
 */
static bool
add_header(FtxRequest *request, const char *name, const char *value)
{
	char *line = value != NULL ? psprintf("%s: %s", name, value) :
								 psprintf("%s:", name);
	struct curl_slist *headers = curl_slist_append(request->headers, line);

	pfree(line);
	if (headers == NULL)
		return false;
	request->headers = headers;
	return true;
}

/* Copy the specification; false when out of memory. */
static bool
fill_request(FtxRequest *request, const FtxRequestSpec *spec)
{
	request->method = spec->method;
	request->repeat_safe = spec->repeat_safe;
	request->timeout = Max(spec->timeout, 0);
	request->budget = spec->budget;
	request->max_retry_wait = spec->max_retry_wait;
	request->sent = spec->sent;
	request->response.retry_after = -1;

	request->response.body = ftx_bytes_new(spec->max_body);
	request->url = strdup(spec->url);
	if (request->response.body == NULL || request->url == NULL)
		return false;

	if (spec->body != NULL)
	{
		request->body = malloc(spec->body_len + 1);
		if (request->body == NULL)
			return false;
		memcpy(request->body, spec->body, spec->body_len);
		request->body_len = spec->body_len;
	}

	/* "Expect: 100-continue" would cost a round trip, or a second */
	return add_header(request, "Expect", NULL) &&
		   add_header(request, "Content-Type", spec->content_type) &&
		   (spec->accept == NULL ||
			add_header(request, "Accept", spec->accept));
}

FtxRequest *
ftx_request_start(FtxEngine *engine, const FtxRequestSpec *spec,
				  MemoryContext owner)
{
	FtxRequest *request = new_request(engine, owner);

	if (request == NULL || !fill_request(request, spec))
	{
		if (request != NULL)
			ftx_request_free(request);
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	}

	set_state(request, FTX_QUEUED);
	ftx_engine_pump(engine);
	return request;
}

void
ftx_request_repeat(FtxRequest *request)
{
	Assert(ftx_request_done(request));
	set_state(request, FTX_QUEUED);
	ftx_engine_pump(request->engine);
}

void
ftx_request_set_reader(FtxRequest *request, int64 *sent)
{
	request->sent = sent;
}

bool
ftx_request_done(const FtxRequest *request)
{
	return request->state == FTX_DONE;
}

FtxStanding
ftx_request_standing(const FtxRequest *request)
{
	if (request->response.repeats_doubt || request->state == FTX_DONE ||
		(request->state == FTX_SENDING && request->departures > 0 &&
		 !request->refused))
		return FTX_MAY_HAVE_RUN;
	return request->turned_down ? FTX_TURNED_DOWN : FTX_NOT_LEFT;
}

const FtxResponse *
ftx_request_response(const FtxRequest *request)
{
	Assert(ftx_request_done(request));
	return &request->response;
}

void
ftx_request_free(FtxRequest *request)
{
	FtxEngine *engine = request->engine;

	if (request->state == FTX_SENDING)
	{
		ftx_block_signals();
		ftx_transfer_abandon(request);
		ftx_unblock_signals();
	}
	dlist_delete(&request->node);
	engine->counts[request->state]--;
	engine->held -= request->counted;
	if (engine->turn.request == request)
		memset(&engine->turn, 0, sizeof(engine->turn));

	request->owner->request = NULL;
	curl_slist_free_all(request->headers);
	ftx_bytes_unref(request->response.body);
	free(request->url);
	free(request->body);
	free(request);
}
