/*-------------------------------------------------------------------------
 *
 * request.c
 *		fivetrex_request(): any endpoint, today's or tomorrow's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/session.h"
#include "api/secrets/mask.h"
#include "api/writes/writes.h"
#include "base/compat.h"
#include "base/method.h"
#include "catalogue/operations.h"
#include "func/func.h"
#include "json/json.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "net/url.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(fivetrex_request);

/*
 * Is a segment "." or "..", maybe percent-encoded, as some servers decode
 * before they resolve those?
 */
static bool
only_dots(const char *segment, size_t len)
{
	int dots = 0;

	while (len > 0)
	{
		size_t step = len >= 3 && pg_strncasecmp(segment, "%2e", 3) == 0 ? 3 :
																		   1;

		if (step == 1 && *segment != '.')
			return false;
		segment += step;
		len -= step;
		dots++;
	}
	return dots == 1 || dots == 2;
}

/*
 * The path is appended to base_url as it is, so it must not be able to leave
 * it, nor to smuggle anything into the request line.
 */
static void
check_request_path(const char *path)
{
	const char *segment;

	if (path[0] != '/')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid path: \"%s\"", path),
				 errdetail("A path starts with \"/\", as in \"/v1/groups\".")));
	if (strpbrk(path, "?#\\") != NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid path: \"%s\"", path),
			 errhint(
				 "Query parameters go into the argument query; other special characters are percent-encoded.")));
	for (const char *c = path; *c != '\0'; c++)
	{
		if ((unsigned char) *c <= ' ' || (unsigned char) *c >= 0x7F ||
			*c == '{' || *c == '}')
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(
					 "the path has a character that must be percent-encoded"),
				 errhint(
					 "A space is \"%%20\", any other byte \"%%\" and two hexadecimal digits.")));
	}
	for (segment = path; segment != NULL; segment = strchr(segment, '/'))
	{
		size_t len = strcspn(++segment, "/");

		if (only_dots(segment, len))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid path: \"%s\"", path),
					 errdetail("A path has no \".\" or \"..\" segments.")));
	}
}

static void
raise_not_scalar(const char *name)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("the value of query parameter \"%s\" is not a scalar", name),
		 errhint(
			 "It is a string, a number, a boolean, or an array of those.")));
}

static char *
scalar_text(const char *name, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(
				numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			raise_not_scalar(name);
	}
	return NULL; /* keep compiler quiet */
}

/*
 * Append the members of a jsonb object as query parameters; null is left out,
 * an array repeats its parameter.
 */
static void
append_request_query(StringInfo path, Jsonb *query)
{
	JsonbIterator *it = JsonbIteratorInit(&query->root);
	JsonbValue value;
	JsonbIteratorToken token;
	char *name = NULL;
	int depth = 0; /* of arrays */

	if (!JB_ROOT_IS_OBJECT(query))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the query is not an object"),
						errhint("For example '{\"limit\": 10}'.")));
	while ((token = JsonbIteratorNext(&it, &value, false)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, value.val.string.len);
		else if (name != NULL && token == WJB_BEGIN_OBJECT)
			raise_not_scalar(name);
		else if (token == WJB_BEGIN_ARRAY && ++depth > 1)
			raise_not_scalar(name);
		else if (token == WJB_END_ARRAY)
			depth--;
		else if ((token == WJB_VALUE || token == WJB_ELEM) &&
				 value.type != jbvNull)
		{
			char *text = scalar_text(name, &value);

			ftx_url_append_param(path,
								 pg_server_to_any(name, strlen(name), PG_UTF8),
								 pg_server_to_any(text, strlen(text), PG_UTF8));
		}
	}
}

/*
 * fivetrex_request(method text, path text, query jsonb, body jsonb,
 *					server name) returns jsonb
 */
Datum
fivetrex_request(PG_FUNCTION_ARGS)
{
	FtxCallSpec spec = {0};
	FtxSession *session;
	FtxCall *call;
	StringInfoData path;
	FtxJsonValue answer;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("method and path must not be null")));
	spec.method = ftx_func_method(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	initStringInfo(&path);
	appendStringInfoString(&path, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	check_request_path(path.data);
	if (!PG_ARGISNULL(2))
		append_request_query(&path, PG_GETARG_JSONB_P(2));
	if (!PG_ARGISNULL(3) && spec.method == FTX_GET)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a GET has no body"),
						errhint("Parameters go into the argument query.")));
	if (!PG_ARGISNULL(3))
	{
		Jsonb *jsonb = PG_GETARG_JSONB_P(3);
		char *body = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));

		ftx_body_refuse_masked(body);
		spec.body = body;
	}
	else if (spec.method == FTX_POST || spec.method == FTX_PATCH ||
			 spec.method == FTX_PUT)
		spec.body = "{}"; /* some of these refuse an empty body */
	spec.path = path.data;
	spec.reads = ftx_operation_reads(spec.method, spec.path);
	spec.repeat_safe = spec.reads || spec.method == FTX_DELETE;
	spec.takes_long = spec.method != FTX_GET;

	session = ftx_func_session(fcinfo, 4);
	call = spec.reads ? ftx_func_read(session, &spec) :
						ftx_func_write(session, &spec, "fivetrex_request()");
	if (call == NULL)
		PG_RETURN_DATUM(DirectFunctionCall1(
			jsonb_in, CStringGetDatum(ftx_dry_run_json(&spec))));
	answer = ftx_call_whole(call);
	if (answer.kind == FTX_JSON_ABSENT)
		PG_RETURN_NULL(); /* a DELETE that was answered by nothing */
	PG_RETURN_DATUM(ftx_call_jsonb(call, &answer));
}
