/*-------------------------------------------------------------------------
 *
 * attempt.c
 *		Attempts of a request: what each costs, and what becomes of it.
 *
 *-------------------------------------------------------------------------
 */

#include "postgres.h"

#include "common/pg_prng.h"
#include "net/attempt.h"
#include "net/backoff.h"
#include "net/sockets.h"
#include "utils/timestamp.h"

bool
ftx_budget_calls_left(const FtxBudget *budget)
{
	return budget->max_calls < 0 || budget->calls < budget->max_calls;
}

bool
ftx_budget_wait(const FtxRequest *request, int64 ms)
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
 * A request is being sent, once more or for the first time.
 */
void
ftx_request_count(FtxRequest *request)
{
	request->budget->calls++;
	request->engine->tally->calls++;
	if (request->response.attempts > 0)
		request->engine->tally->retries++;
	request->response.attempts++;
	if (request->sent != NULL)
		(*request->sent)++;
}

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

void
ftx_attempt_refused(FtxRequest *request)
{
	request->refusals++;
	request->fresh = true;
	uncount(request);
	ftx_request_set_state(request, FTX_QUEUED);
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
	ftx_request_set_state(request, FTX_QUEUED);
}

/*
 * The authority of the server may be among those that were not looked at.
 */
static void
send_with_all_roots(FtxRequest *request)
{
	request->engine->needs_root_file = true;
	uncount(request);
	ftx_request_set_state(request, FTX_QUEUED);
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
 * An attempt that tells nothing of the server's mind is made again at once, or
 * soon, without a pause that grows; false if it is not of this kind.
 */
static bool
send_again(FtxRequest *request)
{
	FtxEngine *engine = request->engine;
	const FtxResponse *response = &request->response;

	if (response->outcome != FTX_ANSWERED && request->refused &&
		request->refusals < FTX_MAX_REFUSALS)
	{
		ftx_attempt_refused(request);
		return true;
	}
	engine->interrupted |= request->interrupted;
	if (request->unfit)
		send_on_fresh(request);
	else if (request->distrusted)
		send_with_all_roots(request);
	else if (response->outcome == FTX_NO_DESCRIPTOR &&
			 descriptor_comes(request))
	{
		uncount(request);
		request->due = ftx_clock() + DESCRIPTOR_PAUSE;
		ftx_request_set_state(request, FTX_WAITING);
	}
	else if (request->set_aside || (request->interrupted && request->reads))
	{
		engine->narrow |= request->set_aside;
		ftx_request_set_state(request, FTX_QUEUED);
	}
	else
		return false;
	return true;
}

void
ftx_attempt_decide(FtxRequest *request)
{
	const FtxEngine *engine = request->engine;
	const FtxResponse *response = &request->response;
	FtxAttempt attempt = {.number = response->attempts,
						  .outcome = response->outcome,
						  .status = response->status,
						  .retry_after = response->retry_after,
						  .reads = request->reads,
						  .repeat_safe = request->repeat_safe,
						  .may_have_run = response->may_have_run};
	int64 wait = ftx_backoff(&attempt, engine->config.max_retries,
							 engine->config.retry_delay,
							 pg_prng_double(&pg_global_prng_state));

	if (wait >= 0 && request->unclaimed)
	{
		request->postponed = true;
		ftx_request_set_state(request, FTX_DONE);
		return;
	}
	if (wait < 0 || !ftx_budget_calls_left(request->budget) ||
		!ftx_budget_wait(request, wait))
	{
		ftx_request_set_state(request, FTX_DONE);
		return;
	}

	note_attempt(request);
	request->due = ftx_clock() + wait * 1000;
	ftx_request_set_state(request, FTX_WAITING);
}

void
ftx_attempt_finish(FtxRequest *request)
{
	FtxEngine *engine = request->engine;
	const FtxResponse *response = &request->response;

	if (send_again(request))
		return;

	/* The limit is the account's, so it holds for the other requests, too. */
	if (response->status == 429 && response->retry_after > 0 &&
		engine->config.max_retries > 0)
		engine->gate = Max(engine->gate,
						   ftx_clock() + response->retry_after * 1000 * 1000);
	ftx_attempt_decide(request);
}
