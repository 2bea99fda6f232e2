/*-------------------------------------------------------------------------
 *
 * sdk.c
 *		Packages of the Connector SDK: the only bodies that are not JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/session.h"
#include "api/writes/writes.h"
#include "base/bytes.h"
#include "base/compat.h"
#include "base/method.h"
#include "func/func.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(fivetrex_upload_sdk_package);
PG_FUNCTION_INFO_V1(fivetrex_replace_sdk_package);
PG_FUNCTION_INFO_V1(fivetrex_download_sdk_package);

/*
 * A boundary of parts (RFC 2046) that does not occur in the file: with this
 * much chance in it, it will not.
 */
static char *
make_boundary(void)
{
	unsigned char random[16];
	StringInfoData boundary;

	if (!pg_strong_random(random, sizeof(random)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not generate random values")));
	initStringInfo(&boundary);
	appendStringInfoString(&boundary, "fivetrex-");
	for (size_t i = 0; i < sizeof(random); i++)
		appendStringInfo(&boundary, "%02x", random[i]);
	return boundary.data;
}

/*
 * The file as multipart/form-data with the one part "file".
 */
static void
add_file(FtxCallSpec *spec, bytea *file)
{
	char *boundary = make_boundary();
	StringInfoData body;

	initStringInfo(&body);
	appendStringInfo(
		&body,
		"--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"package.zip\"\r\n"
		"Content-Type: application/zip\r\n\r\n",
		boundary);
	appendBinaryStringInfo(&body, VARDATA_ANY(file), VARSIZE_ANY_EXHDR(file));
	appendStringInfo(&body, "\r\n--%s--\r\n", boundary);
	spec->content_type = psprintf("multipart/form-data; boundary=%s", boundary);
	spec->bytes = body.data;
	spec->nbytes = body.len;
}

static Datum
send_package(FunctionCallInfo fcinfo, const char *function, FtxMethod method,
			 int argno)
{
	static const char *const paths[] = {"", "id"};
	FtxCallSpec spec = {0};
	FtxSession *session;
	FtxCall *call;
	FtxJsonValue *package;

	if (PG_ARGISNULL(argno))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("file must not be null")));
	spec.method = method;
	spec.path = ftx_func_path(fcinfo, function);
	spec.takes_long = true;
	if (argno > 0)
	{
		spec.expected.id_member = "id";
		spec.expected.id = text_to_cstring(PG_GETARG_TEXT_PP(0));
	}
	session = ftx_func_session(fcinfo, argno + 1);
	add_file(&spec, PG_GETARG_BYTEA_PP(argno));
	call = ftx_func_write(session, &spec, psprintf("%s()", function));
	if (call == NULL)
		PG_RETURN_DATUM(DirectFunctionCall1(
			jsonb_in, CStringGetDatum(ftx_dry_run_json(&spec))));
	package = ftx_call_written(call,
							   ftx_projection_create(paths, lengthof(paths)));
	if (package == NULL)
		ftx_call_complain(call, "It has no \"data\".");
	if (!ftx_json_names(&package[1]))
		ftx_call_complain(call, "Its \"data\" has no \"id\".");
	PG_RETURN_DATUM(ftx_call_jsonb(call, &package[0]));
}

/*
 * fivetrex_upload_sdk_package(file bytea, server name) returns jsonb
 */
Datum
fivetrex_upload_sdk_package(PG_FUNCTION_ARGS)
{
	return send_package(fcinfo, "fivetrex_upload_sdk_package", FTX_POST, 0);
}

/*
 * fivetrex_replace_sdk_package(package_id text, file bytea, server name)
 *		returns jsonb
 */
Datum
fivetrex_replace_sdk_package(PG_FUNCTION_ARGS)
{
	return send_package(fcinfo, "fivetrex_replace_sdk_package", FTX_PATCH, 1);
}

/*
 * A ZIP archive begins with the signature of a part, and near its end, before
 * a comment of at most 64 KB, stands the record that ends it: without that it
 * is cut off.
 */
static void
check_archive(FtxCall *call, FtxSlice body)
{
	const size_t record = 22;
	const size_t comment = 65535;

	if (body.len >= record && (memcmp(body.data, "PK\3\4", 4) == 0 ||
							   memcmp(body.data, "PK\5\6", 4) == 0))
	{
		size_t last = body.len - record;
		size_t first = last > comment ? last - comment : 0;

		for (size_t i = last + 1; i-- > first;)
		{
			if (memcmp(body.data + i, "PK\5\6", 4) == 0)
				return;
		}
	}
	ftx_call_complain(call, "It is not a whole ZIP archive.");
}

/*
 * fivetrex_download_sdk_package(package_id text, server name) returns bytea
 */
Datum
fivetrex_download_sdk_package(PG_FUNCTION_ARGS)
{
	FtxCallSpec spec = {0};
	FtxSession *session;
	FtxCall *call;
	FtxSlice body;
	bytea *result;

	spec.method = FTX_GET;
	spec.path = ftx_func_path(fcinfo, "fivetrex_download_sdk_package");
	spec.repeat_safe = true;
	spec.takes_long = true;
	session = ftx_func_session(fcinfo, 1);
	call = ftx_func_read(session, &spec);
	body = ftx_call_body(call);
	check_archive(call, body);
	result = palloc(VARHDRSZ + body.len);
	SET_VARSIZE(result, VARHDRSZ + body.len);
	memcpy(VARDATA(result), body.data, body.len);
	PG_RETURN_BYTEA_P(result);
}
