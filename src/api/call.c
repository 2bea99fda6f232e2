/*-------------------------------------------------------------------------
 *
 * call.c
 *		One API call of a session: started, waited for, checked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/call.h"
#include "api/error.h"
#include "api/memo.h"
#include "api/statement.h"
#include "api/words.h"
#include "base/guc.h"
#include "json/map.h"
#include "mb/pg_wchar.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"

/*
 * The largest answer that is accepted, after unpacking: schema configurations
 * of sources with tens of thousands of tables are the largest known ones.
 * PostgreSQL's own limit on one value is 1 GB.
 */
#define MAX_ANSWER_BYTES ((size_t) 256 * 1024 * 1024)

struct FtxCall
{
	MemoryContext cxt; /* holds the call; its end ends the request */
	FtxSession *session;
	FtxMethod method;
	char *path;
	bool repeat_safe;
	FtxRequest *request; /* NULL when the memo answered */
	FtxBytes *body;		 /* the memo's answer, or NULL */
	int status;			 /* the memo's answer */
	FtxStats *stats;
	FtxMemo *memo;
	bool settled; /* its figures are in stats and memo */

	/* of the session's credentials, when it was sent; -1: not once more */
	int generation;
};

/*
 * Ask the memo; true if it had the answer.
 */
static bool
remembered(FtxCall *call)
{
	if (call->memo == NULL || call->method != FTX_GET)
		return false;
	call->body = ftx_memo_find(call->memo, call->session, call->path,
							   &call->status);
	if (call->body == NULL)
		return false;
	ftx_bytes_own(call->body, call->cxt);
	call->stats->remembered++;
	call->settled = true;
	return true;
}

/*
 * What the request's statement may still do: the time that its retries may
 * take is a limit of each server, which a setting narrows.
 */
static void
budget_request(FtxCall *call, FtxRequestSpec *request)
{
	int64 wait = call->session->options.max_retry_wait;

	ftx_guc_settle();
	request->budget = &ftx_statement_pin(call->cxt)->budget;
	request->budget->max_calls = ftx_guc_max_calls;
	if (ftx_guc_max_retry_wait >= 0)
		wait = Min(wait, ftx_guc_max_retry_wait);
	request->max_retry_wait = wait * 1000;
}

FtxCall *
ftx_call_start(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats,
			   FtxMemo *memo, MemoryContext owner)
{
	MemoryContext cxt = AllocSetContextCreate(owner, "fivetrex call",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	FtxCall *call = palloc0(sizeof(FtxCall));
	FtxRequestSpec request = {0};

	call->cxt = cxt;
	call->session = session;
	call->method = spec->method;
	call->path = pstrdup(spec->path);
	call->repeat_safe = spec->repeat_safe;
	call->stats = stats;
	call->memo = memo;
	call->generation = session->generation;

	if (!remembered(call))
	{
		request.method = spec->method;
		request.url = psprintf("%s%s", session->options.base_url, spec->path);
		request.accept = ftx_accept_value(spec->accept);
		if (spec->body != NULL)
		{
			request.content_type = "application/json";
			request.body = pg_server_to_any(spec->body, strlen(spec->body),
											PG_UTF8);
			request.body_len = strlen(request.body);
		}
		else if (spec->content_type != NULL)
		{
			request.content_type = spec->content_type;
			request.body = spec->bytes;
			request.body_len = spec->nbytes;
		}
		request.repeat_safe = spec->repeat_safe;
		request.timeout = spec->takes_long ? session->options.long_timeout :
											 session->options.request_timeout;
		request.max_body = MAX_ANSWER_BYTES;
		budget_request(call, &request);
		request.sent = &stats->calls;
		call->request = ftx_request_start(session->engine, &request, cxt);
	}
	MemoryContextSwitchTo(old);
	return call;
}

/*
 * Once a request is done: add it to the figures and remember its answer.
 */
static void
settle(FtxCall *call)
{
	const FtxResponse *response;

	if (call->settled)
		return;
	call->settled = true;
	response = ftx_request_response(call->request);
	call->stats->retries += Max(response->attempts - 1, 0);
	call->stats->bytes += response->bytes;
	if (call->memo != NULL && call->method == FTX_GET &&
		response->outcome == FTX_ANSWERED && response->body != NULL &&
		(response->status == 200 || response->status == 404))
		ftx_memo_store(call->memo, call->session, call->path, response->status,
					   response->body);
}

/*
 * Send a call once more whose credentials were refused, if the files that they
 * came from hold others now.
 */
static bool
sent_again(FtxCall *call)
{
	int generation = call->generation;

	if (generation < 0 || ftx_request_response(call->request)->status != 401)
		return false;
	call->generation = -1;
	if (!ftx_session_refresh(call->session, generation))
		return false;
	ftx_request_repeat(call->request);
	return true;
}

bool
ftx_call_done(FtxCall *call)
{
	if (call->request == NULL)
		return true;
	return ftx_request_done(call->request) && !sent_again(call);
}

void
ftx_call_wait_any(FtxSession *session, FtxStats *stats)
{
	instr_time before;
	instr_time after;

	INSTR_TIME_SET_CURRENT(before);
	ftx_engine_wait(session->engine);
	INSTR_TIME_SET_CURRENT(after);
	INSTR_TIME_SUBTRACT(after, before);
	stats->waited_ms += INSTR_TIME_GET_MILLISEC(after);
}

void
ftx_call_wait(FtxCall *call)
{
	while (!ftx_call_done(call))
		ftx_call_wait_any(call->session, call->stats);
	settle(call);
}

static int
answer_status(const FtxCall *call)
{
	const FtxResponse *response;

	if (call->request == NULL)
		return call->status;
	response = ftx_request_response(call->request);
	return response->outcome == FTX_ANSWERED ? response->status : 0;
}

FtxSlice
ftx_call_body(const FtxCall *call)
{
	return ftx_bytes_slice(call->request == NULL ?
							   call->body :
							   ftx_request_response(call->request)->body);
}

bool
ftx_call_succeeded(const FtxCall *call)
{
	int status = answer_status(call);

	return status >= 200 && status < 300;
}

int
ftx_call_status(const FtxCall *call)
{
	return answer_status(call);
}

char *
ftx_call_failure(const FtxCall *call)
{
	int status = answer_status(call);
	char *code = ftx_error_code(ftx_call_body(call));

	return psprintf("HTTP status %d%s%s", status, code ? ", code " : "",
					code ? code : "");
}

bool
ftx_call_object_missing(const FtxCall *call)
{
	return answer_status(call) == 404 &&
		   ftx_error_object_missing(ftx_call_body(call));
}

bool
ftx_call_outcome_unknown(const FtxCall *call)
{
	/* a server or gateway that failed may have failed after the change */
	return call->request != NULL && call->method != FTX_GET &&
		   (ftx_request_response(call->request)->may_have_run ||
			answer_status(call) >= 500);
}

void
ftx_call_raise(FtxCall *call)
{
	FtxFailure failure = {0};

	failure.method = call->method;
	failure.path = call->path;
	failure.repeat_safe = call->repeat_safe;
	failure.body = ftx_call_body(call);
	failure.retry_after = -1;
	if (call->request != NULL)
	{
		const FtxResponse *response = ftx_request_response(call->request);

		failure.outcome = response->outcome;
		failure.status = response->status;
		failure.retry_after = response->retry_after;
		failure.may_have_run = response->may_have_run;
		failure.message = response->message;
		failure.attempts = response->attempts;
	}
	else
	{
		failure.outcome = FTX_ANSWERED;
		failure.status = call->status;
	}
	ftx_error_raise(call->session, &failure);
}

const char *
ftx_call_describe(const FtxCall *call)
{
	return psprintf("%s %s", ftx_method_name(call->method),
					ftx_words_of_path(call->path));
}

static void
add_call_context(void *arg)
{
	FtxCall *call = arg;

	ftx_words_mask_error();
	errcontext("answer to %s", ftx_call_describe(call));
}

/*
 * Decode the answer as a page of the shape, or of the map `items`.
 */
static void
decode(FtxCall *call, FtxShape shape, const char *items,
	   const FtxProjection *projection, FtxPage *page)
{
	FtxSlice body = ftx_call_body(call);
	ErrorContextCallback callback;

	callback.callback = add_call_context;
	callback.arg = call;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	if (items != NULL)
		ftx_map_decode(page, body.data, body.len, items, projection);
	else
		ftx_page_decode(page, body.data, body.len, shape, projection);
	error_context_stack = callback.previous;
}

void
ftx_call_decode(FtxCall *call, FtxShape shape, const FtxProjection *projection,
				FtxPage *page)
{
	decode(call, shape, NULL, projection, page);
}

void
ftx_call_decode_map(FtxCall *call, const char *items,
					const FtxProjection *projection, FtxPage *page)
{
	decode(call, FTX_SHAPE_OBJECT, items, projection, page);
}

bool
ftx_call_failed_with(const FtxCall *call, const char *const *list)
{
	int status = answer_status(call);
	char *code;

	if (list == NULL || status == 0 || ftx_call_succeeded(call))
		return false;
	/* a route that is not served says nothing about the parent */
	if (status == 404 && ftx_error_route_missing(ftx_call_body(call)))
		return false;
	code = ftx_error_code(ftx_call_body(call));
	for (; *list != NULL; list++)
	{
		if (atoi(*list) == status || (code != NULL && strcmp(*list, code) == 0))
			return true;
	}
	return false;
}

double
ftx_call_elapsed_ms(const FtxCall *call)
{
	return call->request == NULL ?
			   0 :
			   ftx_request_response(call->request)->elapsed_ms;
}

void
ftx_call_free(FtxCall *call)
{
	MemoryContextDelete(call->cxt);
}
