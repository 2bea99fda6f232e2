/*-------------------------------------------------------------------------
 *
 * call.c
 *		One API call of a session: started, waited for, checked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/call_state.h"
#include "api/calls/error.h"
#include "api/calls/memo.h"
#include "api/calls/exchange.h"
#include "api/secrets/secret.h"
#include "api/secrets/shown.h"
#include "catalogue/operations.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"

/*
 * Ask the memo; true if it had the answer.
 */
static bool
remembered(FtxCall *call)
{
	if (call->memo == NULL || call->key == NULL)
		return false;
	call->body = ftx_memo_find(call->memo, call->session, call->key,
							   &call->status);
	if (call->body == NULL)
		return false;
	ftx_bytes_own(call->body, call->cxt);
	call->stats->remembered++;
	return true;
}

/* An FtxSecretFinder: a secret of a request, held by a memory context. */
static void
hold_secret(void *arg, const char *text, size_t len)
{
	ftx_secret_hold(text, len, (MemoryContext) arg);
}

/*
 * While they are held, the secrets of a request are masked in all words, as
 * credentials are: the API may quote any of them in its answer.  Those of a
 * write may come in later answers of the transaction, too, unless they are so
 * many that there would be no room for those of later requests.
 */
static void
hold_secrets(const FtxCall *call, const FtxCallSpec *spec)
{
	FtxSecretFinder finder = {hold_secret, call->cxt};
	MemoryContext cxt;
	MemoryContext old;

	if (spec->body == NULL && spec->bytes == NULL &&
		strchr(spec->path, '?') == NULL)
		return;
	if (call->changes && ftx_secrets_are_few())
		finder.arg = TopTransactionContext;
	cxt = AllocSetContextCreate(call->cxt, "fivetrex secrets",
								ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(cxt);
	(void) ftx_shown_path(spec->path, &finder);
	if (spec->body != NULL)
		(void) ftx_shown_body(spec->body, &finder);
	if (spec->bytes != NULL)
		ftx_shown_find(spec->bytes, spec->nbytes, &finder);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

FtxCall *
ftx_call_ask_ahead(FtxSession *session, const FtxCallSpec *spec,
				   FtxStats *stats, FtxMemo *memo, MemoryContext owner)
{
	FtxCallSpec ahead = *spec;
	int status;
	FtxBytes *body = ftx_memo_find(memo, session, spec->path, &status);

	ahead.ahead = true;
	if (body == NULL)
		return ftx_call_start(session, &ahead, stats, memo, owner);
	ftx_bytes_unref(body);
	return NULL;
}

FtxCall *
ftx_call_ask_for_anybody(FtxSession *session, const FtxCallSpec *spec,
						 FtxStats *stats, FtxMemo *memo, MemoryContext owner)
{
	FtxCallSpec anybodys = *spec;

	if (ftx_memo_has_asked(memo, session, spec->path))
		return NULL;
	anybodys.for_anybody = true;
	return ftx_call_start(session, &anybodys, stats, memo, owner);
}

bool
ftx_call_wanted(const FtxCall *call)
{
	return !ftx_exchange_untaken(call->holder.exchange);
}

bool
ftx_call_shared(const FtxCall *call)
{
	return !ftx_exchange_alone(call->holder.exchange);
}

FtxCall *
ftx_call_start(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats,
			   FtxMemo *memo, MemoryContext owner)
{
	MemoryContext cxt = AllocSetContextCreate(owner, "fivetrex call",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	FtxCall *call = palloc0(sizeof(FtxCall));
	const FtxOperation *operation = ftx_operation_find(spec->method,
													   spec->path);

	/* braces of values are encoded: what is left has no value */
	if (strchr(spec->path, '{') != NULL)
		elog(ERROR, "a name in the path \"%s\" is not bound", spec->path);
	call->cxt = cxt;
	call->session = session;
	call->method = spec->method;
	call->path = pstrdup(spec->path);
	call->key = spec->method == FTX_GET ? call->path : ftx_call_key(spec);
	call->changes = spec->method != FTX_GET && !spec->reads;
	call->expected = spec->expected;
	if (operation != NULL)
	{
		call->expected.bare = operation->bare;
		call->expected.no_key = !call->changes && !spec->narrowed &&
								strchr(operation->path, '{') == NULL;
	}
	if (spec->expected.id != NULL)
		call->expected.id = pstrdup(pg_server_to_any(
			spec->expected.id, strlen(spec->expected.id), PG_UTF8));
	call->stats = stats;
	call->memo = memo;
	hold_secrets(call, spec);
	call->holder.stats = stats;
	if (!remembered(call))
		ftx_exchange_hold(&call->holder, session, spec, memo, cxt);
	MemoryContextSwitchTo(old);
	return call;
}

static bool
is_remembered(const FtxCall *call)
{
	int status;
	FtxBytes *body = ftx_memo_find(call->memo, call->session, call->key,
								   &status);

	ftx_bytes_unref(body);
	return body != NULL;
}

/*
 * Once a request is done: add it to the figures, remember its answer, and take
 * that apart.
 */
static void
book_answer(FtxCall *call)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	const FtxResponse *response;
	bool first;

	call->booked = true;
	if (call->holder.exchange == NULL)
	{
		ftx_answer_remembered(&call->answer, &call->expected, call->status,
							  ftx_call_body(call));
		MemoryContextSwitchTo(old);
		return;
	}
	response = ftx_exchange_take(call->holder.exchange, &first);
	if (first)
	{
		call->stats->retries += Max(response->attempts - 1, 0);
		call->stats->bytes += response->bytes;
	}
	else
		call->stats->remembered++;
	ftx_answer_take(&call->answer, call->method, call->changes, &call->expected,
					response);
	if (first && call->memo != NULL && call->key != NULL &&
		response->outcome == FTX_ANSWERED && response->body != NULL &&
		(response->status == 200 || response->status == 404 ||
		 call->answer.problem == FTX_PROBLEM_PARENT_HAS_NONE))
		ftx_memo_store(call->memo, call->session, call->key, response->status,
					   response->body);
	MemoryContextSwitchTo(old);
}

bool
ftx_call_done(FtxCall *call)
{
	return call->holder.exchange == NULL ||
		   ftx_exchange_done(call->holder.exchange);
}

static void
wait_for(FtxSession *session, FtxStats *stats, FtxRequest *request)
{
	instr_time before;
	instr_time after;

	INSTR_TIME_SET_CURRENT(before);
	ftx_engine_wait(session->engine, request, &stats->calls);
	INSTR_TIME_SET_CURRENT(after);
	INSTR_TIME_SUBTRACT(after, before);
	stats->waited_ms += INSTR_TIME_GET_MILLISEC(after);
}

void
ftx_call_wait_any(FtxSession *session, FtxStats *stats)
{
	wait_for(session, stats, NULL);
}

void
ftx_call_wait(FtxCall *call)
{
	while (!ftx_call_done(call))
		wait_for(call->session, call->stats,
				 ftx_exchange_request(call->holder.exchange));
	if (!call->booked)
		book_answer(call);
}

/*
 * The answer of a call that is done; NULL if it is the memo's.
 */
static const FtxResponse *
response_of(const FtxCall *call)
{
	FtxExchange *exchange = call->holder.exchange;

	return exchange == NULL ?
			   NULL :
			   ftx_request_response(ftx_exchange_request(exchange));
}

FtxSlice
ftx_call_body(const FtxCall *call)
{
	return ftx_bytes_slice(response_of(call) == NULL ? call->body :
													   response_of(call)->body);
}

const FtxAnswer *
ftx_call_answer(FtxCall *call)
{
	ftx_call_wait(call);
	return &call->answer;
}

bool
ftx_call_remember(FtxCall *call)
{
	const FtxResponse *response = response_of(call);

	if (call->memo == NULL || response == NULL || is_remembered(call))
		return false;
	ftx_memo_store(call->memo, call->session, call->key, response->status,
				   response->body);
	return true;
}

bool
ftx_call_succeeded(FtxCall *call)
{
	return ftx_call_answer(call)->problem == FTX_PROBLEM_NONE;
}

char *
ftx_call_failure(FtxCall *call)
{
	const FtxAnswer *answer = ftx_call_answer(call);

	return psprintf(
		"HTTP status %d%s%s%s%s", answer->status, answer->code ? ", code " : "",
		answer->code ? answer->code : "", answer->complaint ? ": " : "",
		answer->complaint ? answer->complaint : "");
}

void
ftx_call_raise(FtxCall *call)
{
	ftx_error_raise(call->session, call->method, call->path,
					ftx_call_answer(call));
}

void
ftx_call_raise_after_write(FtxCall *call)
{
	if (ftx_call_answer(call)->problem == FTX_PROBLEM_OBJECT_MISSING)
		call->answer.problem = FTX_PROBLEM_NEW_ROW_MISSING;
	ftx_call_raise(call);
}

double
ftx_call_elapsed_ms(const FtxCall *call)
{
	return response_of(call) == NULL ? 0 : response_of(call)->elapsed_ms;
}

FtxStanding
ftx_call_standing(const FtxCall *call)
{
	FtxExchange *exchange = call->holder.exchange;

	return exchange == NULL ?
			   FTX_MAY_HAVE_RUN :
			   ftx_request_standing(ftx_exchange_request(exchange));
}

void
ftx_call_free(FtxCall *call)
{
	MemoryContextDelete(call->cxt);
}
