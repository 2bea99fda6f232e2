/*-------------------------------------------------------------------------
 *
 * request.c
 *		Requests: made, asked about, freed.
 *
 *-------------------------------------------------------------------------
 */

#include "postgres.h"

#include "base/bytes.h"
#include "base/compat.h"
#include "lib/ilist.h"
#include "net/attempt.h"
#include "net/request.h"
#include "net/request_state.h"
#include "net/transfer.h"

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
	request->reads = spec->method == FTX_GET || spec->reads;
	request->repeat_safe = spec->repeat_safe;
	request->unclaimed = spec->unclaimed;
	request->unreached = spec->unreached;
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

	ftx_request_set_state(request, FTX_QUEUED);
	ftx_engine_pump(engine);
	return request;
}

void
ftx_request_repeat(FtxRequest *request)
{
	Assert(ftx_request_done(request));
	ftx_request_set_state(request, FTX_QUEUED);
	ftx_engine_pump(request->engine);
}

void
ftx_request_set_reader(FtxRequest *request, int64 *sent)
{
	request->sent = sent;
}

void
ftx_request_claim(FtxRequest *request, bool reached)
{
	request->unclaimed = false;
	request->unreached = !reached;
	if (!request->postponed)
		return;
	request->postponed = false;
	if (request->response.attempts == 0)
		ftx_request_set_state(request, FTX_QUEUED);
	else
		ftx_attempt_decide(request);
	ftx_engine_pump(request->engine);
}

void
ftx_request_reach(FtxRequest *request)
{
	request->unreached = false;
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
	if (ftx_engine_requests(engine) == 0)
		ftx_bytes_rest();
}
