/*-------------------------------------------------------------------------
 *
 * error.c
 *		The one funnel from API failures to PostgreSQL errors.
 *
 * Each problem of an answer (api/calls/answer.h) is a row: its SQLSTATE, what
 * is said and what the user can do.  The server's own words come after ours;
 * they were made fit to be shown (api/secrets/words.h) when the answer was
 * taken apart.  Bodies are never shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/error.h"
#include "api/calls/last_error.h"
#include "api/secrets/words.h"
#include "base/guc.h"
#include "lib/stringinfo.h"

/* What is said for a problem, and what the user can do. */
typedef struct FtxProblemRow
{
	int sqlstate;
	const char *says;
	const char *hint;
} FtxProblemRow;

#define CHECK_SERVER_OPTIONS "Check the server options base_url and proxy."

/* Instead of the hint of FTX_PROBLEM_UNAUTHORIZED; they were read again. */
#define CHECK_CREDENTIAL_FILES                                                 \
	"Check the files that the options api_key_file and api_secret_file of the user mapping name."

static const FtxProblemRow rows[] = {
	[FTX_PROBLEM_UNAUTHORIZED] =
		{ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
		 "Fivetran refused the API key or secret",
		 "Check the options of the user mapping: ALTER USER MAPPING ... OPTIONS (SET api_key '...', SET api_secret '...')."},
	[FTX_PROBLEM_FORBIDDEN] =
		{ERRCODE_INSUFFICIENT_PRIVILEGE, "the Fivetran API key may not do this",
		 "The role of the key's user, or the permissions of the system key, do not cover this request."},
	[FTX_PROBLEM_OBJECT_MISSING] =
		{ERRCODE_NO_DATA_FOUND,
		 "Fivetran has no such object, or the API key may not see it",
		 "Read the keys from the foreign tables; fivetrex_ping() shows which account the API key belongs to."},
	[FTX_PROBLEM_NOT_FOUND] =
		{ERRCODE_NO_DATA_FOUND,
		 "Fivetran did not find what the request is about",
		 "Read the keys from the foreign tables; fivetrex_ping() shows which account the API key belongs to."},
	[FTX_PROBLEM_ROUTE_MISSING] =
		{ERRCODE_FEATURE_NOT_SUPPORTED,
		 "Fivetran does not serve this route on this account",
		 "The feature is not part of the account's plan, or the server option base_url does not point to the API."},
	[FTX_PROBLEM_LIST_MISSING] =
		{ERRCODE_FEATURE_NOT_SUPPORTED,
		 "Fivetran does not have this on this account",
		 "The request names no object that could be missing, so the feature is not part of the account's plan."},
	[FTX_PROBLEM_PARENT_HAS_NONE] =
		{ERRCODE_NO_DATA_FOUND, "Fivetran has none of these for the object",
		 "What does not apply to an object has no rows: read it from the foreign table."},
	[FTX_PROBLEM_INVALID_REQUEST] =
		{ERRCODE_INVALID_PARAMETER_VALUE,
		 "Fivetran rejected the request as invalid",
		 "Correct what the message names; SET fivetrex.dry_run = on shows what a statement sends."},
	[FTX_PROBLEM_CONFLICT] =
		{ERRCODE_OBJECT_IN_USE,
		 "the object's present state does not allow this",
		 "Wait until what is under way has ended, or change the state first, then repeat."},
	[FTX_PROBLEM_RATE_LIMITED] =
		{ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
		 "the rate limit of the Fivetran account is reached",
		 "Repeat later; the server option max_retry_wait sets how many seconds a statement may wait by itself."},
	[FTX_PROBLEM_SERVER_FAILED] =
		{ERRCODE_SYSTEM_ERROR, "Fivetran failed to answer the request",
		 "Repeat later; status.fivetran.com tells of known incidents."},
	[FTX_PROBLEM_WRITE_FAILED] =
		{ERRCODE_SYSTEM_ERROR, "Fivetran failed to answer the request",
		 "The change may have been made all the same: read the object before repeating it. status.fivetran.com tells of known incidents."},
	[FTX_PROBLEM_REDIRECTED] =
		{ERRCODE_FDW_ERROR,
		 "the server redirected the request, which is not followed",
		 "Set the server option base_url to the API's own address."},
	[FTX_PROBLEM_OTHER_STATUS] =
		{ERRCODE_FDW_ERROR, "unexpected answer from Fivetran",
		 "Check the server options base_url and proxy, and the method and path."},

	[FTX_PROBLEM_ERROR_AS_SUCCESS] =
		{ERRCODE_PROTOCOL_VIOLATION,
		 "the answer of the Fivetran API is an error with a status of success",
		 "Repeat later; status.fivetran.com tells of known incidents."},
	[FTX_PROBLEM_NOT_UNDERSTOOD] =
		{ERRCODE_PROTOCOL_VIOLATION,
		 "the answer of the Fivetran API cannot be understood",
		 CHECK_SERVER_OPTIONS},
	[FTX_PROBLEM_ANOTHER_OBJECT] =
		{ERRCODE_PROTOCOL_VIOLATION,
		 "the Fivetran API answered with another object than the one asked for",
		 CHECK_SERVER_OPTIONS},
	[FTX_PROBLEM_NOT_CONFIRMED] =
		{ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN,
		 "the answer does not say that the change was made: it may or may not have been",
		 "It was not sent again. Read the object to see whether the change is there before repeating it."},
	[FTX_PROBLEM_SECRET_NOT_TOLD] =
		{ERRCODE_PROTOCOL_VIOLATION,
		 "the Fivetran API did not tell the secret of what it has made",
		 "Nobody can read the secret any more. Delete what was made and make it anew, or let a new secret be made for it."},
	[FTX_PROBLEM_NEW_ROW_MISSING] =
		{ERRCODE_NO_DATA_FOUND,
		 "the change was made, but Fivetran does not have the object to be returned",
		 "Do not repeat the statement. Read the object later: it may not be there yet, the API key may not see it, or somebody has deleted it."},

	[FTX_PROBLEM_CANNOT_CONNECT] =
		{ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
		 "could not connect to the Fivetran API",
		 "Check the server options base_url and proxy, and the network."},
	[FTX_PROBLEM_CANNOT_RESOLVE] =
		{ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
		 "could not resolve the name of the Fivetran API's host",
		 "Check the server options base_url and proxy, and the network."},
	[FTX_PROBLEM_TLS_FAILED] =
		{ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
		 "could not establish a trusted TLS connection to the Fivetran API",
		 "Certificates are always verified; the server option sslrootcert names a file of trusted ones."},
	[FTX_PROBLEM_TIMED_OUT] =
		{ERRCODE_CONNECTION_FAILURE, "the Fivetran API did not answer in time",
		 "The server options request_timeout and long_timeout set how many seconds a request may take."},
	[FTX_PROBLEM_BROKEN_TRANSFER] =
		{ERRCODE_CONNECTION_FAILURE, "the connection to the Fivetran API broke",
		 "Repeat later; check the network and the server option proxy if it stays so."},
	[FTX_PROBLEM_TOO_LARGE] = {ERRCODE_PROTOCOL_VIOLATION,
							   "the answer of the Fivetran API is too large",
							   "A smaller page_size makes smaller answers."},
	[FTX_PROBLEM_MALFORMED] = {ERRCODE_PROTOCOL_VIOLATION,
							   "the answer of the Fivetran API is malformed",
							   CHECK_SERVER_OPTIONS},
	[FTX_PROBLEM_CALLS_EXHAUSTED] =
		{ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		 "the statement needs more API calls than fivetrex.max_calls allows",
		 "EXPLAIN shows how many calls are expected; restrict the query or raise fivetrex.max_calls (-1 = no limit)."},
	[FTX_PROBLEM_NO_DESCRIPTOR] =
		{ERRCODE_INSUFFICIENT_RESOURCES,
		 "no file descriptor is left for a connection to the Fivetran API",
		 "Set max_concurrency of the server lower or max_files_per_process higher; SELECT fivetrex_disconnect() closes what is idle."},
	[FTX_PROBLEM_CLIENT_FAILURE] =
		{ERRCODE_FDW_ERROR, "could not set up the request to the Fivetran API",
		 "Check the server options, above all those that name files."},
	[FTX_PROBLEM_OUTCOME_UNKNOWN] =
		{ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN,
		 "the answer was lost: the change may or may not have been made",
		 "It was not sent again. Read the object to see whether the change is there before repeating it."},
	[FTX_PROBLEM_OUTCOME_UNKNOWN_REPEATED] =
		{ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN,
		 "the answer was lost: the change may or may not have been made",
		 "It is of a kind that may be repeated; read the object to see whether the change is there."},
};

/*
 * What the user can do; a read has nothing that a dry run would show.
 */
static const char *
hint_of(const FtxSession *session, const FtxProblemRow *row, FtxMethod method,
		const FtxAnswer *answer)
{
	if (answer->problem == FTX_PROBLEM_UNAUTHORIZED &&
		session->credentials.from_files)
		return CHECK_CREDENTIAL_FILES;
	if (answer->problem == FTX_PROBLEM_INVALID_REQUEST && method == FTX_GET)
		return "Correct what the message names: the request is made of the statement's keys, conditions and arguments.";
	if (answer->problem == FTX_PROBLEM_CALLS_EXHAUSTED &&
		ftx_guc_set_by_function("fivetrex.max_calls"))
		return "A function sets fivetrex.max_calls for itself: restrict what it does, or ALTER FUNCTION ... SET fivetrex.max_calls (-1 = no limit).";
	return row->hint;
}

static void
note(FtxMethod method, const char *path, const FtxAnswer *answer)
{
	FtxLastError error = {.status = answer->status,
						  .retry_after = answer->retry_after,
						  .method = ftx_method_name(method),
						  .code = answer->code,
						  .message = answer->message != NULL ?
										 answer->message :
										 answer->complaint,
						  .path = path};

	ftx_last_error_note(&error);
}

/*
 * The request and what is known of its answer, in sentences.
 */
static char *
describe_request(FtxMethod method, const char *path, const FtxAnswer *answer)
{
	StringInfoData detail;

	initStringInfo(&detail);
	appendStringInfo(&detail, "%s %s", ftx_method_name(method), path);
	if (answer->status != 0)
		appendStringInfo(&detail, ": HTTP status %d", answer->status);
	if (answer->code != NULL)
		appendStringInfo(&detail, ", code %s", answer->code);
	if (answer->attempts > 1)
		appendStringInfo(&detail, ", after %d attempts", answer->attempts);
	if (answer->retry_after >= 0)
		appendStringInfo(&detail,
						 "; the server asks to wait " INT64_FORMAT " seconds",
						 answer->retry_after);
	appendStringInfoChar(&detail, '.');
	if (answer->complaint != NULL)
		appendStringInfo(&detail, " %s", answer->complaint);
	return detail.data;
}

void
ftx_error_raise(FtxSession *session, FtxMethod method, const char *path,
				const FtxAnswer *answer)
{
	const FtxProblemRow *row = &rows[answer->problem];
	const char *words = answer->message;
	const char *shown_path = ftx_words_of_path(path);

	/* credentials may have changed since: read them anew next time */
	if (answer->problem == FTX_PROBLEM_UNAUTHORIZED)
		ftx_session_forget(session);
	note(method, shown_path, answer);

	ereport(ERROR,
			(errcode(row->sqlstate),
			 words != NULL && words[0] != '\0' ?
				 errmsg("%s: %s", row->says, words) :
				 errmsg("%s", row->says),
			 errdetail("%s", describe_request(method, shown_path, answer)),
			 errhint("%s", hint_of(session, row, method, answer))));
	pg_unreachable();
}
