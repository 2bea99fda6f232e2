/*-------------------------------------------------------------------------
 *
 * last_error.c
 *		The last API error of this backend, for fivetrex_last_error().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/last_error.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/json.h"
#include "utils/memutils.h"

/* Holds the error and its texts; NULL when there is none. */
static MemoryContext last_cxt = NULL;
static FtxLastError last;
static Oid last_role;

static char *
copy(const char *text)
{
	return text != NULL ? MemoryContextStrdup(last_cxt, text) : NULL;
}

void
ftx_last_error_note(const FtxLastError *error)
{
	ftx_last_error_forget();
	last_cxt = AllocSetContextCreate(TopMemoryContext, "fivetrex last error",
									 ALLOCSET_SMALL_SIZES);
	last_role = InvalidOid;
	last = *error;
	last.method = copy(error->method);
	last.code = copy(error->code);
	last.message = copy(error->message);
	last.path = copy(error->path);
	/* only now is it whole */
	last_role = GetUserId();
}

void
ftx_last_error_forget(void)
{
	if (last_cxt != NULL)
		MemoryContextDelete(last_cxt);
	last_cxt = NULL;
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
ftx_last_error_json(void)
{
	StringInfoData json;

	if (last_cxt == NULL || last_role != GetUserId())
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
	append_member(&json, "method", last.method);
	append_member(&json, "path", last.path);
	appendStringInfoChar(&json, '}');
	return json.data;
}
