/*-------------------------------------------------------------------------
 *
 * error.c
 *		The one funnel from API failures to PostgreSQL errors.
 *
 * Each cause is a row: which failures it is, its SQLSTATE, what is said and
 * what the user can do.  The server's own words come after ours, with the
 * session's credentials masked; bodies are never shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/error.h"
#include "json/page.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/json.h"
#include "utils/memutils.h"

/* Longest part of a server's message that is shown. */
#define MAX_SERVER_WORDS 1000

typedef struct Cause
{
	int sqlstate;
	const char *says;
	const char *hint;
} Cause;

static const Cause unauthorized = {
	ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
	"Fivetran refused the API key or secret",
	"Check the options of the user mapping: ALTER USER MAPPING ... OPTIONS (SET api_key '...', SET api_secret '...')."};
static const Cause forbidden = {
	ERRCODE_INSUFFICIENT_PRIVILEGE, "the Fivetran API key may not do this",
	"The role of the key's user, or the permissions of the system key, do not cover this request."};
static const Cause object_missing = {
	ERRCODE_NO_DATA_FOUND,
	"Fivetran has no such object, or the API key may not see it",
	"Read the keys from the foreign tables; fivetrex_ping() shows which account the API key belongs to."};
static const Cause route_missing = {
	ERRCODE_FEATURE_NOT_SUPPORTED,
	"Fivetran does not serve this route on this account",
	"The feature is not part of the account's plan, or the server option base_url does not point to the API."};
static const Cause invalid_request = {
	ERRCODE_INVALID_PARAMETER_VALUE, "Fivetran rejected the request as invalid",
	"Correct what the message names; SET fivetrex.dry_run = on shows what a statement sends."};
static const Cause conflict = {
	ERRCODE_OBJECT_IN_USE, "the object's present state does not allow this",
	"Wait until what is under way has ended, or change the state first, then repeat."};
static const Cause rate_limited = {
	ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
	"the rate limit of the Fivetran account is reached",
	"Repeat later; the server option max_retry_wait sets how many seconds a statement may wait by itself."};
static const Cause server_failed = {
	ERRCODE_SYSTEM_ERROR, "Fivetran failed to answer the request",
	"Repeat later; status.fivetran.com tells of known incidents."};
static const Cause server_failed_to_write = {
	ERRCODE_SYSTEM_ERROR, "Fivetran failed to answer the request",
	"The change may have been made all the same: read the object before repeating it. status.fivetran.com tells of known incidents."};
static const Cause redirected = {
	ERRCODE_FDW_ERROR,
	"the server redirected the request, which is not followed",
	"Set the server option base_url to the API's own address."};
static const Cause other_status = {
	ERRCODE_FDW_ERROR, "unexpected answer from Fivetran",
	"Check the server options base_url and proxy, and the method and path."};
static const Cause not_envelope = {
	ERRCODE_PROTOCOL_VIOLATION, "the answer is not one of the Fivetran API",
	"Check the server options base_url and proxy."};

static const Cause cannot_connect = {
	ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
	"could not connect to the Fivetran API",
	"Check the server options base_url and proxy, and the network."};
static const Cause cannot_resolve = {
	ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
	"could not resolve the name of the Fivetran API's host",
	"Check the server options base_url and proxy, and the network."};
static const Cause tls_failed = {
	ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
	"could not establish a trusted TLS connection to the Fivetran API",
	"Certificates are always verified; the server option sslrootcert names a file of trusted ones."};
static const Cause timed_out = {
	ERRCODE_CONNECTION_FAILURE, "the Fivetran API did not answer in time",
	"The server options request_timeout and long_timeout set how many seconds a request may take."};
static const Cause broken_transfer = {
	ERRCODE_CONNECTION_FAILURE, "the connection to the Fivetran API broke",
	"Repeat later; check the network and the server option proxy if it stays so."};
static const Cause too_large = {ERRCODE_PROTOCOL_VIOLATION,
								"the answer of the Fivetran API is too large",
								"A smaller page_size makes smaller answers."};
static const Cause malformed = {ERRCODE_PROTOCOL_VIOLATION,
								"the answer of the Fivetran API is malformed",
								"Check the server options base_url and proxy."};
static const Cause calls_exhausted = {
	ERRCODE_PROGRAM_LIMIT_EXCEEDED,
	"the statement needs more API calls than fivetrex.max_calls allows",
	"EXPLAIN shows how many calls are expected; restrict the query or raise fivetrex.max_calls (0 = no limit)."};
static const Cause client_failure = {
	ERRCODE_FDW_ERROR, "could not set up the request to the Fivetran API",
	"Check the server options, above all those that name files."};
static const Cause outcome_unknown = {
	ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN,
	"the answer was lost: the change may or may not have been made",
	"It was not sent again. Read the object to see whether the change is there before repeating it."};
static const Cause outcome_unknown_repeated = {
	ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN,
	"the answer was lost: the change may or may not have been made",
	"It is of a kind that may be repeated; read the object to see whether the change is there."};

/* The last error; strings are malloc-free: they live in TopMemoryContext. */
static struct
{
	bool set;
	int status;
	int64 retry_after;
	FtxMethod method;
	char *code;
	char *message;
	char *path;
} last;

/*
 * A JSON string of an error answer as readable text.  Must not throw for any
 * content, so escapes beyond the simple ones and what the server encoding
 * may lack become "?".
 */
static char *
readable(const FtxJsonValue *value)
{
	StringInfoData text;
	bool keep_utf8 = GetDatabaseEncoding() == PG_UTF8;

	if (value->kind != FTX_JSON_STRING)
		return NULL;
	initStringInfo(&text);
	for (int i = 1; i < value->len - 1; i++)
	{
		unsigned char c = value->text[i];

		/* stop at a whole character */
		if (text.len >= MAX_SERVER_WORDS && (c & 0xC0) != 0x80)
			break;
		if (c == '\\')
		{
			c = value->text[++i];
			if (c == 'u')
			{
				i += 4;
				c = '?';
			}
			else if (c != '"' && c != '\\' && c != '/')
				c = ' ';
		}
		else if (c >= 0x80 && !keep_utf8)
			c = '?';
		appendStringInfoChar(&text, c);
	}
	return text.data;
}

static bool
body_error(FtxSlice body, FtxJsonValue *code, FtxJsonValue *message)
{
	return ftx_page_error(body.data, body.len, code, message);
}

char *
ftx_error_code(FtxSlice body)
{
	FtxJsonValue code;
	FtxJsonValue message;

	return body_error(body, &code, &message) ? readable(&code) : NULL;
}

bool
ftx_error_route_missing(FtxSlice body)
{
	char *code = ftx_error_code(body);

	return code != NULL && strcmp(code, "NotFound") == 0;
}

bool
ftx_error_object_missing(FtxSlice body)
{
	char *code = ftx_error_code(body);

	return code != NULL && strncmp(code, "NotFound_", 9) == 0;
}

static const Cause *
cause_of_status(FtxMethod method, int status, FtxSlice body)
{
	switch (status)
	{
		case 401:
			return &unauthorized;
		case 403:
			return &forbidden;
		case 404:
			if (ftx_error_route_missing(body))
				return &route_missing;
			return ftx_error_code(body) != NULL ? &object_missing :
												  &not_envelope;
		case 400:
		case 415:
		case 422:
			return &invalid_request;
		case 409:
			return &conflict;
		case 429:
			return &rate_limited;
	}
	if (status >= 500)
		return method == FTX_GET ? &server_failed : &server_failed_to_write;
	if (status >= 300 && status < 400)
		return &redirected;
	return &other_status;
}

static const Cause *
cause_of(const FtxFailure *failure)
{
	/* a write that may have been executed is that first of all */
	if (failure->may_have_run && failure->method != FTX_GET)
		return failure->attempts > 1 ? &outcome_unknown_repeated :
									   &outcome_unknown;

	switch (failure->outcome)
	{
		case FTX_ANSWERED:
			return cause_of_status(failure->method, failure->status,
								   failure->body);
		case FTX_CANNOT_CONNECT:
			return &cannot_connect;
		case FTX_CANNOT_RESOLVE:
			return &cannot_resolve;
		case FTX_TLS_FAILED:
			return &tls_failed;
		case FTX_TIMED_OUT:
			return &timed_out;
		case FTX_BROKEN_TRANSFER:
			return &broken_transfer;
		case FTX_ANSWER_TOO_LARGE:
			return &too_large;
		case FTX_MALFORMED_ANSWER:
			return &malformed;
		case FTX_CALLS_EXHAUSTED:
			return &calls_exhausted;
		case FTX_CLIENT_FAILURE:
			return &client_failure;
	}
	return &other_status;
}

static char *
keep(const char *text)
{
	return text ? MemoryContextStrdup(TopMemoryContext, text) : NULL;
}

static void
forget(char **text)
{
	if (*text != NULL)
		pfree(*text);
	*text = NULL;
}

static void
note(const FtxFailure *failure, const char *code, const char *message)
{
	last.set = false;
	forget(&last.code);
	forget(&last.message);
	forget(&last.path);
	last.code = keep(code);
	last.message = keep(message);
	last.path = keep(failure->path);
	last.status = failure->outcome == FTX_ANSWERED ? failure->status : 0;
	last.retry_after = failure->retry_after;
	last.method = failure->method;
	last.set = true;
}

void
ftx_error_raise(FtxSession *session, const FtxFailure *failure)
{
	const Cause *cause = cause_of(failure);
	FtxJsonValue code_value;
	FtxJsonValue message_value;
	char *code = NULL;
	char *words = NULL;
	StringInfoData detail;

	if (failure->outcome == FTX_ANSWERED)
	{
		if (body_error(failure->body, &code_value, &message_value))
		{
			code = readable(&code_value);
			words = readable(&message_value);
		}
	}
	else if (failure->message != NULL && failure->message[0] != '\0')
		words = pstrdup(failure->message);
	if (words != NULL)
		words = ftx_session_mask(session, words);

	initStringInfo(&detail);
	appendStringInfo(&detail, "%s %s", ftx_method_name(failure->method),
					 failure->path);
	if (failure->outcome == FTX_ANSWERED)
		appendStringInfo(&detail, ": HTTP status %d", failure->status);
	if (code != NULL)
		appendStringInfo(&detail, ", code %s", code);
	if (failure->attempts > 1)
		appendStringInfo(&detail, ", after %d attempts", failure->attempts);
	if (failure->retry_after >= 0)
		appendStringInfo(&detail,
						 "; the server asks to wait " INT64_FORMAT " seconds",
						 failure->retry_after);
	appendStringInfoChar(&detail, '.');

	/* credentials may have changed since: read them anew next time */
	if (cause == &unauthorized)
		ftx_session_forget(session);
	note(failure, code, words);

	ereport(ERROR, (errcode(cause->sqlstate),
					words != NULL && words[0] != '\0' ?
						errmsg("%s: %s", cause->says, words) :
						errmsg("%s", cause->says),
					errdetail("%s", detail.data),
					cause->hint != NULL ? errhint("%s", cause->hint) : 0));
	pg_unreachable();
}

static void
append_member(StringInfo json, const char *name, const char *value)
{
	appendStringInfo(json, ", \"%s\": ", name);
	if (value != NULL)
		escape_json(json, value);
	else
		appendStringInfoString(json, "null");
}

char *
ftx_error_last(void)
{
	StringInfoData json;

	if (!last.set)
		return NULL;
	initStringInfo(&json);
	appendStringInfoString(&json, "{\"status\": ");
	if (last.status != 0)
		appendStringInfo(&json, "%d", last.status);
	else
		appendStringInfoString(&json, "null");
	append_member(&json, "code", last.code);
	append_member(&json, "message", last.message);
	if (last.retry_after >= 0)
		appendStringInfo(&json, ", \"retry_after\": " INT64_FORMAT,
						 last.retry_after);
	else
		append_member(&json, "retry_after", NULL);
	append_member(&json, "method", ftx_method_name(last.method));
	append_member(&json, "path", last.path);
	appendStringInfoChar(&json, '}');
	return json.data;
}
