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
#include "api/calls/reserve.h"
#include "api/calls/statement.h"
#include "api/secrets/mask.h"
#include "api/secrets/secret.h"
#include "api/secrets/shown.h"
#include "api/secrets/words.h"
#include "base/guc.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"

/*
 * The largest answer that is accepted, after unpacking: schema configurations
 * of sources with tens of thousands of tables are the largest known ones.
 * PostgreSQL's own limit on one value is 1 GB.
 */
#define MAX_ANSWER_BYTES ((size_t) 256 * 1024 * 1024)

/*
 * The same for a page of a list: 1,000 objects of 128 KB, where large ones have
 * 50.  A smaller page_size makes smaller pages.
 */
#define MAX_PAGE_BYTES ((size_t) 128 * 1024 * 1024)

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
	FtxRequest *request; /* NULL when the memo answered */
	FtxBytes *body;		 /* the memo's answer, or NULL */
	int status;			 /* the memo's answer */
	FtxStats *stats;
	FtxMemo *memo;

	/* of the session's credentials, when it was sent; -1: not once more */
	int generation;

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

/* Seconds that an answer has, however little time its caller has. */
#define HURRIED_TIMEOUT 10

/*
 * What the request's statement may still do: the time that its retries may
 * take is a limit of each server, which a setting narrows.
 */
static void
budget_request(FtxCall *call, const FtxCallSpec *spec, FtxRequestSpec *request)
{
	int64 wait = call->session->options.max_retry_wait;

	request->budget = &ftx_statement_pin(call->cxt)->budget;
	request->budget->max_calls = ftx_guc_max_calls();
	if (ftx_guc_max_retry_wait() >= 0)
		wait = Min(wait, ftx_guc_max_retry_wait());
	request->max_retry_wait = wait * 1000;
	if (spec->hurried)
	{
		request->max_retry_wait = Min(request->max_retry_wait,
									  request->budget->retry_wait +
										  spec->time_left);
		request->timeout = (int) Min(
			request->timeout, Max(spec->time_left / 1000, HURRIED_TIMEOUT));
	}
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
ftx_call_start(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats,
			   FtxMemo *memo, MemoryContext owner)
{
	MemoryContext cxt = AllocSetContextCreate(owner, "fivetrex call",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	FtxCall *call = palloc0(sizeof(FtxCall));
	FtxRequestSpec request = {0};

	/* braces of values are encoded: what is left has no value */
	if (strchr(spec->path, '{') != NULL)
		elog(ERROR, "a name in the path \"%s\" is not bound", spec->path);
	call->cxt = cxt;
	call->session = session;
	call->method = spec->method;
	call->path = pstrdup(spec->path);
	call->changes = spec->method != FTX_GET && !spec->reads;
	call->expected = spec->expected;
	if (spec->expected.id != NULL)
		call->expected.id = pstrdup(pg_server_to_any(
			spec->expected.id, strlen(spec->expected.id), PG_UTF8));
	call->stats = stats;
	call->memo = memo;
	call->generation = session->generation;
	hold_secrets(call, spec);

	if (!remembered(call))
	{
		/* sets of writes are checked as a whole */
		if (spec->method == FTX_GET)
			ftx_reserve_check(session, 0);
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
		request.max_body = spec->page ? MAX_PAGE_BYTES : MAX_ANSWER_BYTES;
		budget_request(call, spec, &request);
		request.sent = &stats->calls;
		call->request = ftx_request_start(session->engine, &request, cxt);
	}
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

	call->booked = true;
	if (call->request == NULL)
	{
		ftx_answer_remembered(&call->answer, &call->expected, call->status,
							  ftx_call_body(call));
		MemoryContextSwitchTo(old);
		return;
	}
	response = ftx_request_response(call->request);
	call->stats->retries += Max(response->attempts - 1, 0);
	call->stats->bytes += response->bytes;
	if (call->memo != NULL && call->method == FTX_GET &&
		response->outcome == FTX_ANSWERED && response->body != NULL &&
		(response->status == 200 || response->status == 404))
		ftx_memo_store(call->memo, call->session, call->path, response->status,
					   response->body);
	ftx_answer_take(&call->answer, call->method, call->changes, &call->expected,
					response);
	MemoryContextSwitchTo(old);
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
		wait_for(call->session, call->stats, call->request);
	if (!call->booked)
		book_answer(call);
}

FtxSlice
ftx_call_body(const FtxCall *call)
{
	return ftx_bytes_slice(call->request == NULL ?
							   call->body :
							   ftx_request_response(call->request)->body);
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
	return call->request == NULL ?
			   0 :
			   ftx_request_response(call->request)->elapsed_ms;
}

FtxStanding
ftx_call_standing(const FtxCall *call)
{
	return call->request == NULL ? FTX_MAY_HAVE_RUN :
								   ftx_request_standing(call->request);
}

void
ftx_call_free(FtxCall *call)
{
	MemoryContextDelete(call->cxt);
}
