/*-------------------------------------------------------------------------
 *
 * error.c
 *		The one funnel from API failures to PostgreSQL errors.
 *
 * Each cause is a row: which failures it is, its SQLSTATE, what is said and
 * what the user can do.  The server's own words come after ours, made fit to
 * be shown (api/words.h); bodies are never shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/error.h"
#include "api/last_error.h"
#include "api/words.h"
#include "json/page.h"
#include "lib/stringinfo.h"

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
	"EXPLAIN shows how many calls are expected; restrict the query or raise fivetrex.max_calls (-1 = no limit)."};
static const Cause no_descriptor = {
	ERRCODE_INSUFFICIENT_RESOURCES,
	"no file descriptor is left for a connection to the Fivetran API",
	"Set max_concurrency of the server lower or max_files_per_process higher; SELECT fivetrex_disconnect() closes what is idle."};
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

	return body_error(body, &code, &message) ? ftx_words_of_json(&code) : NULL;
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
		case FTX_NO_DESCRIPTOR:
			return &no_descriptor;
		case FTX_CLIENT_FAILURE:
			return &client_failure;
	}
	return &other_status;
}

static void
note(const FtxFailure *failure, const char *code, const char *message,
	 const char *path)
{
	FtxLastError error = {
		.status = failure->outcome == FTX_ANSWERED ? failure->status : 0,
		.retry_after = failure->retry_after,
		.method = ftx_method_name(failure->method),
		.code = code,
		.message = message,
		.path = path};

	ftx_last_error_note(&error);
}

void
ftx_error_raise(FtxSession *session, const FtxFailure *failure)
{
	const Cause *cause = cause_of(failure);
	FtxJsonValue code_value;
	FtxJsonValue message_value;
	char *code = NULL;
	char *words = NULL;
	char *path = ftx_words_of_path(failure->path);
	StringInfoData detail;

	if (failure->outcome == FTX_ANSWERED)
	{
		if (body_error(failure->body, &code_value, &message_value))
		{
			code = ftx_words_of_json(&code_value);
			words = ftx_words_of_json(&message_value);
		}
	}
	else if (failure->message != NULL && failure->message[0] != '\0')
		words = ftx_words_of_text(failure->message, true);

	initStringInfo(&detail);
	appendStringInfo(&detail, "%s %s", ftx_method_name(failure->method), path);
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
	note(failure, code, words, path);

	ereport(ERROR, (errcode(cause->sqlstate),
					words != NULL && words[0] != '\0' ?
						errmsg("%s: %s", cause->says, words) :
						errmsg("%s", cause->says),
					errdetail("%s", detail.data),
					cause->hint != NULL ? errhint("%s", cause->hint) : 0));
	pg_unreachable();
}
