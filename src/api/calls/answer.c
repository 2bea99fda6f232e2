/*-------------------------------------------------------------------------
 *
 * answer.c
 *		What the API said to a call, taken apart once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/answer.h"
#include "api/calls/page.h"
#include "api/secrets/words.h"
#include "json/value.h"

/* What a route that the account does not have is answered with. */
#define ROUTE_MISSING_MESSAGE "HTTP 404 Not Found"

/* Codes of what is not there begin so: NotFound, NotFound_Connector. */
#define NOT_FOUND "NotFound"

/* ---------- statuses ---------- */

/*
 * What is odd about a status that no answer to our requests should have, as a
 * sentence; NULL: nothing, or the problem says all.  `empty` and `has_location`
 * tell what came with it.
 */
static const char *
status_complaint(int status, bool empty, bool has_location)
{
	if (status < 200)
		return "It is an interim one, after which none came.";
	if (status < 300)
		return status == 206 ? "It is a part of an answer only." :
			   empty && (status == 204 || status == 205) ?
							   "By its status it has no content." :
							   NULL;
	if (status >= 400)
		return NULL;
	switch (status)
	{
		case 300:
			return "It leaves the choice between several addresses.";
		case 303:
			return "It refers to another address for what came of the request.";
		case 301:
		case 302:
		case 307:
		case 308:
			return has_location ? NULL : "It does not say where to.";
		case 304:
			return "It says that nothing has changed, which was not asked.";
		case 305:
			return "It demands a proxy; only the server option proxy names one.";
		default:
			return "It redirects in a way that is not known.";
	}
}

/* ---------- words ---------- */

static void
take_words(FtxAnswer *answer, const FtxJsonValue *code,
		   const FtxJsonValue *message)
{
	answer->code = ftx_words_of_json(code);
	answer->message = ftx_words_of_json(message);
}

static bool
is_success_code(const FtxJsonValue *code)
{
	return ftx_json_is_string(code, "Success") ||
		   ftx_json_is_string(code, "Created");
}

bool
ftx_answer_is_error(FtxAnswer *answer, const FtxJsonValue *code,
					const FtxJsonValue *message)
{
	if (code->kind != FTX_JSON_STRING || is_success_code(code))
		return false;
	answer->problem = FTX_PROBLEM_ERROR_AS_SUCCESS;
	take_words(answer, code, message);
	return true;
}

/* ---------- answers that are errors ---------- */

/*
 * Is the failure one of those that only mean that the parent has none?
 */
static bool
means_none(const FtxAnswer *answer, const FtxJsonValue *code,
		   const char *const *absent)
{
	for (; absent != NULL && *absent != NULL; absent++)
	{
		if (atoi(*absent) == answer->status ||
			ftx_json_is_string(code, *absent))
			return true;
	}
	return false;
}

/* Does a string begin so, escapes or not? */
static bool
begins_with(const FtxJsonValue *value, const char *beginning)
{
	char *text = palloc(value->len);
	int len = ftx_json_unescape(value->text + 1, value->len - 2, text);
	bool begins = len >= (int) strlen(beginning) &&
				  memcmp(text, beginning, strlen(beginning)) == 0;

	pfree(text);
	return begins;
}

/*
 * A 404 says that there is no such route, in words of its own or, not being
 * one of the API's answers at all, without any; or that there is no such
 * object.
 */
static FtxProblem
problem_of_404(const FtxAnswer *answer, const FtxEnvelope *envelope,
			   const FtxExpected *expected)
{
	const FtxJsonValue *code = &envelope->code;

	if (code->kind != FTX_JSON_STRING ||
		ftx_json_is_string(&envelope->message, ROUTE_MISSING_MESSAGE))
		return FTX_PROBLEM_ROUTE_MISSING;
	if (means_none(answer, code, expected->absent))
		return FTX_PROBLEM_PARENT_HAS_NONE;
	if (!begins_with(code, NOT_FOUND))
		return FTX_PROBLEM_NOT_FOUND;
	return expected->no_key ? FTX_PROBLEM_LIST_MISSING :
							  FTX_PROBLEM_OBJECT_MISSING;
}

/*
 * By the words as they came: what is masked in them may be what counts.
 */
static FtxProblem
problem_of_status(const FtxAnswer *answer, const FtxEnvelope *envelope,
				  bool changes, const FtxExpected *expected)
{
	if (answer->status == 404)
		return problem_of_404(answer, envelope, expected);
	if (means_none(answer, &envelope->code, expected->absent))
		return FTX_PROBLEM_PARENT_HAS_NONE;
	switch (answer->status)
	{
		case 401:
			return FTX_PROBLEM_UNAUTHORIZED;
		case 403:
			return FTX_PROBLEM_FORBIDDEN;
		case 400:
		case 415:
		case 422:
			return FTX_PROBLEM_INVALID_REQUEST;
		case 409:
			return FTX_PROBLEM_CONFLICT;
		case 429:
			return FTX_PROBLEM_RATE_LIMITED;
	}
	if (answer->status >= 500)
		return changes ? FTX_PROBLEM_WRITE_FAILED : FTX_PROBLEM_SERVER_FAILED;
	switch (answer->status)
	{
		case 303:
			/* so servers answer what they have carried out */
			return changes ? FTX_PROBLEM_NOT_CONFIRMED : FTX_PROBLEM_REDIRECTED;
		case 301:
		case 302:
		case 307:
		case 308:
			return FTX_PROBLEM_REDIRECTED;
	}
	if (answer->status < 200)
		return changes ? FTX_PROBLEM_NOT_CONFIRMED : FTX_PROBLEM_NOT_UNDERSTOOD;
	return FTX_PROBLEM_OTHER_STATUS;
}

static void
take_error(FtxAnswer *answer, bool changes, const FtxExpected *expected,
		   FtxSlice body, bool has_location)
{
	FtxEnvelope envelope;

	/* an answer of the API has a code; the words of others are not shown */
	if (ftx_page_envelope(body, &envelope) == NULL &&
		envelope.code.kind == FTX_JSON_STRING)
		take_words(answer, &envelope.code, &envelope.message);
	else
		memset(&envelope, 0, sizeof(envelope));
	answer->problem = problem_of_status(answer, &envelope, changes, expected);
	answer->complaint = status_complaint(answer->status, body.len == 0,
										 has_location);
}

/* ---------- answers to writes ---------- */

/*
 * Are the data about another object than the one that was to be changed?
 */
static bool
is_another(const FtxJsonValue *data, const FtxExpected *expected)
{
	FtxJsonValue id;

	if (expected->id_member == NULL)
		return false;
	id = ftx_page_member(data, expected->id_member);
	/* null and no characters say nothing */
	return id.kind != FTX_JSON_ABSENT && id.kind != FTX_JSON_NULL &&
		   (id.kind != FTX_JSON_STRING || ftx_json_names(&id)) &&
		   !ftx_json_equals(&id, expected->id);
}

/*
 * A status of success is not enough: somebody else may have answered, who has
 * not made the change.  The API says that it has by its code, or by the object
 * itself where the definition lets it come alone; only a DELETE may be
 * answered by nothing.
 */
static void
take_confirmation(FtxAnswer *answer, FtxMethod method,
				  const FtxExpected *expected, FtxSlice body)
{
	FtxEnvelope envelope;

	answer->problem = FTX_PROBLEM_NOT_CONFIRMED;
	if (body.len == 0 && method == FTX_DELETE && answer->status != 206)
	{
		answer->problem = FTX_PROBLEM_NONE;
		return;
	}
	answer->complaint = status_complaint(answer->status, body.len == 0, false);
	if (answer->complaint != NULL)
		return;
	answer->complaint = ftx_page_envelope(body, &envelope);
	if (answer->complaint != NULL)
		return;
	take_words(answer, &envelope.code, &envelope.message);
	answer->data = envelope.data;
	answer->whole = envelope.whole;
	if (envelope.code.kind == FTX_JSON_ABSENT &&
		ftx_page_member(&envelope.whole, expected->bare).kind ==
			FTX_JSON_STRING)
		answer->data = envelope.whole;
	else if (!is_success_code(&envelope.code))
	{
		if (answer->code == NULL)
			answer->complaint = "It has no \"code\" that says so.";
		return;
	}
	if (is_another(&answer->data, expected))
		answer->complaint = "It is about another object.";
	else
		answer->problem = FTX_PROBLEM_NONE;
}

/* ---------- no answer ---------- */

static FtxProblem
problem_of_outcome(FtxOutcome outcome)
{
	switch (outcome)
	{
		case FTX_ANSWERED:
			break;
		case FTX_CANNOT_CONNECT:
			return FTX_PROBLEM_CANNOT_CONNECT;
		case FTX_CANNOT_RESOLVE:
			return FTX_PROBLEM_CANNOT_RESOLVE;
		case FTX_TLS_FAILED:
			return FTX_PROBLEM_TLS_FAILED;
		case FTX_TIMED_OUT:
			return FTX_PROBLEM_TIMED_OUT;
		case FTX_BROKEN_TRANSFER:
			return FTX_PROBLEM_BROKEN_TRANSFER;
		case FTX_ANSWER_TOO_LARGE:
			return FTX_PROBLEM_TOO_LARGE;
		case FTX_MALFORMED_ANSWER:
			return FTX_PROBLEM_MALFORMED;
		case FTX_CALLS_EXHAUSTED:
			return FTX_PROBLEM_CALLS_EXHAUSTED;
		case FTX_NO_DESCRIPTOR:
			return FTX_PROBLEM_NO_DESCRIPTOR;
		case FTX_CLIENT_FAILURE:
			return FTX_PROBLEM_CLIENT_FAILURE;
	}
	return FTX_PROBLEM_NONE;
}

static void
take_problem(FtxAnswer *answer, bool changes, const FtxResponse *response)
{
	if (response->message[0] != '\0')
		answer->message = ftx_words_of_text(response->message, true);
	/* a write that may have been executed is that first of all */
	if (changes && response->may_have_run)
		answer->problem = response->attempts > 1 ?
							  FTX_PROBLEM_OUTCOME_UNKNOWN_REPEATED :
							  FTX_PROBLEM_OUTCOME_UNKNOWN;
	else
		answer->problem = problem_of_outcome(response->outcome);
}

/* ---------- all of them ---------- */

static bool
is_success_status(int status)
{
	return status >= 200 && status < 300;
}

void
ftx_answer_take(FtxAnswer *answer, FtxMethod method, bool changes,
				const FtxExpected *expected, const FtxResponse *response)
{
	FtxSlice body = ftx_bytes_slice(response->body);

	memset(answer, 0, sizeof(*answer));
	answer->retry_after = response->retry_after;
	answer->attempts = response->attempts;
	answer->repeats_doubt = changes && response->repeats_doubt;
	if (response->outcome != FTX_ANSWERED)
	{
		take_problem(answer, changes, response);
		return;
	}
	answer->status = response->status;
	if (!is_success_status(answer->status))
		take_error(answer, changes, expected, body, response->has_location);
	else if (changes)
		take_confirmation(answer, method, expected, body);
	else
	{
		answer->complaint = status_complaint(answer->status, body.len == 0,
											 false);
		if (answer->complaint != NULL)
			answer->problem = FTX_PROBLEM_NOT_UNDERSTOOD;
	}
}

void
ftx_answer_remembered(FtxAnswer *answer, const FtxExpected *expected,
					  int status, FtxSlice body)
{
	memset(answer, 0, sizeof(*answer));
	answer->retry_after = -1;
	answer->status = status;
	if (!is_success_status(status))
		take_error(answer, false, expected, body, false);
}

bool
ftx_answer_may_be_done(const FtxAnswer *answer)
{
	return (answer->problem != FTX_PROBLEM_NONE && answer->repeats_doubt) ||
		   answer->problem == FTX_PROBLEM_WRITE_FAILED ||
		   answer->problem == FTX_PROBLEM_NOT_CONFIRMED ||
		   answer->problem == FTX_PROBLEM_OUTCOME_UNKNOWN ||
		   answer->problem == FTX_PROBLEM_OUTCOME_UNKNOWN_REPEATED;
}
