/*-------------------------------------------------------------------------
 *
 * call.c
 *		One API call of a session: started, waited for, checked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/error.h"
#include "api/calls/memo.h"
#include "api/calls/exchange.h"
#include "api/secrets/mask.h"
#include "api/secrets/secret.h"
#include "api/secrets/shown.h"
#include "api/secrets/words.h"
#include "catalogue/operations.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"

/* Fivetran's have 30; a request line of more than 8 KB is refused by many. */
#define MAX_CURSOR_BYTES 4096

struct FtxCall
{
	MemoryContext cxt; /* holds the call; its end ends the request */
	FtxSession *session;
	FtxMethod method;
	char *path;
	bool changes; /* it is no read */
	FtxExpected expected;
	FtxHolder holder; /* of the exchange; it has none when the memo answered */
	FtxBytes *body;	  /* the memo's answer, or NULL */
	int status;		  /* the memo's answer */
	FtxStats *stats;
	FtxMemo *memo;

	bool booked; /* its figures are in stats and memo, and it has this: */
	FtxAnswer answer;
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
	int status;
	FtxBytes *body = ftx_memo_find(memo, session, spec->path, &status);

	if (body == NULL)
		return ftx_call_start(session, spec, stats, memo, owner);
	ftx_bytes_unref(body);
	return NULL;
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
	if (first && call->memo != NULL && call->method == FTX_GET &&
		response->outcome == FTX_ANSWERED && response->body != NULL &&
		(response->status == 200 || response->status == 404 ||
		 call->answer.problem == FTX_PROBLEM_PARENT_HAS_NONE))
		ftx_memo_store(call->memo, call->session, call->path, response->status,
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

/* ---------- what is in the answer ---------- */

/*
 * The answer is not what was asked for.
 */
static void
complain_of_answer(FtxCall *call, FtxProblem problem, const char *complaint)
{
	call->answer.problem = problem;
	call->answer.complaint = MemoryContextStrdup(call->cxt, complaint);
}

bool
ftx_call_try_decode(FtxCall *call, const FtxWanted *wanted, FtxPage *page)
{
	FtxWanted all = *wanted;
	const char *complaint;

	all.bare = call->expected.bare;
	complaint = ftx_page_decode(page, ftx_call_body(call), &all);
	if (ftx_answer_is_error(&call->answer, &page->code, &page->message))
		return false;
	if (complaint != NULL)
		complain_of_answer(call, FTX_PROBLEM_NOT_UNDERSTOOD, complaint);
	return complaint == NULL;
}

void
ftx_call_decode(FtxCall *call, const FtxWanted *wanted, FtxPage *page)
{
	if (!ftx_call_try_decode(call, wanted, page))
		ftx_call_raise(call);
}

void
ftx_call_decode_object(FtxCall *call, const FtxProjection *projection,
					   FtxPage *page)
{
	FtxWanted wanted = {.shape = FTX_SHAPE_OBJECT, .projection = projection};

	ftx_call_decode(call, &wanted, page);
}

void
ftx_call_complain(FtxCall *call, const char *complaint)
{
	/* a write that nobody confirmed does not come this far */
	if (call->changes)
		complaint = psprintf("The change was made. %s", complaint);
	complain_of_answer(call, FTX_PROBLEM_NOT_UNDERSTOOD, complaint);
	ftx_call_raise(call);
}

char *
ftx_call_next_cursor(FtxCall *call, const FtxPage *page)
{
	const FtxJsonValue *value = &page->next_cursor;
	char *cursor;

	/* some lists end with "" */
	if (value->kind != FTX_JSON_STRING || value->len <= 2)
		return NULL;
	if (value->len > MAX_CURSOR_BYTES)
		ftx_call_complain(
			call, psprintf("Its \"next_cursor\" has %d bytes.", value->len));
	cursor = palloc0(value->len);
	if (ftx_json_unescape(value->text + 1, value->len - 2, cursor) < 0)
		ftx_call_complain(call, "Its \"next_cursor\" is no text.");
	for (const char *c = cursor; GetDatabaseEncoding() != PG_UTF8 && *c; c++)
	{
		if (IS_HIGHBIT_SET(*c))
			ftx_call_complain(
				call,
				"Its \"next_cursor\" may not be text in the encoding of this database.");
	}
	pfree(cursor);
	return ftx_json_text(value);
}

static void
add_answer_context(void *arg)
{
	const FtxCall *call = arg;

	ftx_words_mask_error();
	errcontext("answer to %s %s", ftx_method_name(call->method),
			   ftx_words_of_path(call->path));
}

Datum
ftx_call_jsonb(FtxCall *call, const FtxJsonValue *value)
{
	ErrorContextCallback callback = {.callback = add_answer_context,
									 .arg = call,
									 .previous = error_context_stack};
	Datum result;

	error_context_stack = &callback;
	result = ftx_json_jsonb(value);
	error_context_stack = callback.previous;
	return result;
}

/*
 * Can it be a secret: text that is not a mask, or an object that has some?
 */
static bool
is_secret(const FtxJsonValue *value)
{
	FtxJsonValue key;
	FtxJsonValue member;
	int position = 0;
	bool found = false;

	if (value->kind == FTX_JSON_STRING)
		return ftx_json_names(value) && !ftx_json_is_string(value, FTX_MASK);
	while (value->kind == FTX_JSON_OBJECT && !found &&
		   ftx_json_next_member(value, &position, &key, &member))
	{
		CHECK_FOR_INTERRUPTS();
		found = ftx_json_names(&member) &&
				!ftx_json_is_string(&member, FTX_MASK);
	}
	return found;
}

/*
 * ' (id "x")', or nothing if the answer does not say it.
 */
static const char *
named_by(FtxCall *call, const char *id_member)
{
	FtxJsonValue id;

	if (id_member == NULL)
		return "";
	id = ftx_page_member(&ftx_call_answer(call)->data, id_member);
	return ftx_json_names(&id) ?
			   psprintf(" (%s \"%s\")", id_member, ftx_words_of_json(&id)) :
			   "";
}

void
ftx_call_check_secrets(FtxCall *call, const char *const *members, bool any,
					   const char *id_member)
{
	const FtxJsonValue *data = &ftx_call_answer(call)->data;
	const char *lacking = NULL;

	for (; *members != NULL; members++)
	{
		FtxJsonValue value = ftx_page_member(data, *members);

		if (is_secret(&value))
		{
			if (any)
				return;
		}
		else if (lacking == NULL)
			lacking = *members;
	}
	if (lacking == NULL)
		return;
	complain_of_answer(
		call, FTX_PROBLEM_SECRET_NOT_TOLD,
		psprintf(
			"The change was made%s. Its \"data\" lack the secret \"%s\", which is told once.",
			named_by(call, id_member), lacking));
	ftx_call_raise(call);
}

FtxJsonValue
ftx_call_whole(FtxCall *call)
{
	FtxEnvelope envelope;
	const char *complaint;
	FtxJsonValue member;

	if (call->changes)
		return ftx_call_answer(call)->whole;
	complaint = ftx_page_envelope(ftx_call_body(call), &envelope);
	if (complaint != NULL)
		ftx_call_complain(call, complaint);
	if (ftx_answer_is_error(&call->answer, &envelope.code, &envelope.message))
		ftx_call_raise(call);
	if (envelope.whole.kind != FTX_JSON_OBJECT)
		ftx_call_complain(call, "It is not an object.");
	if (envelope.code.kind != FTX_JSON_STRING &&
		envelope.code.kind != FTX_JSON_NULL &&
		envelope.code.kind != FTX_JSON_ABSENT)
		ftx_call_complain(call, "Its \"code\" is not a string.");
	if (envelope.code.kind == FTX_JSON_STRING ||
		envelope.data.kind != FTX_JSON_ABSENT)
		return envelope.whole;
	member = ftx_page_member(&envelope.whole, call->expected.bare);
	if (member.kind != FTX_JSON_STRING)
		ftx_call_complain(call, "It has neither \"code\" nor \"data\".");
	return envelope.whole;
}

FtxJsonValue *
ftx_call_written(FtxCall *call, const FtxProjection *projection)
{
	const FtxJsonValue *data = &ftx_call_answer(call)->data;
	FtxJsonValue *values;

	if (data->kind == FTX_JSON_ABSENT || data->kind == FTX_JSON_NULL)
		return NULL;
	if (data->kind != FTX_JSON_OBJECT)
		ftx_call_complain(call, "Its \"data\" is not an object.");
	values = palloc(sizeof(FtxJsonValue) * Max(projection->nslots, 1));
	ftx_page_project(data, projection, values);
	return values;
}

void
ftx_call_check_id(FtxCall *call, const FtxJsonValue *id)
{
	char *is;

	if (call->expected.id == NULL || ftx_json_equals(id, call->expected.id))
		return;
	is = ftx_words_of_json(id);
	complain_of_answer(call, FTX_PROBLEM_ANOTHER_OBJECT,
					   is != NULL ? psprintf("It is about \"%s\".", is) :
									"It does not say which one it is.");
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
