/*-------------------------------------------------------------------------
 *
 * sdk.c
 *		Packages of the Connector SDK: the only bodies that are not JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "func/func.h"
#include "json/value.h"
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
	const char *whole = "";
	FtxCallSpec spec = {0};
	FtxSession *session;
	FtxCall *call;
	FtxPage page = {0};

	if (PG_ARGISNULL(argno))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("file must not be null")));
	spec.method = method;
	spec.path = ftx_func_path(fcinfo, function);
	spec.accept = FTX_V1;
	spec.takes_long = true;
	session = ftx_func_session(fcinfo, argno + 1);
	add_file(&spec, PG_GETARG_BYTEA_PP(argno));
	call = ftx_func_write(session, &spec, psprintf("%s()", function));
	if (call == NULL)
		PG_RETURN_DATUM(DirectFunctionCall1(
			jsonb_in, CStringGetDatum(ftx_dry_run_json(&spec))));
	ftx_call_decode(call, FTX_SHAPE_ANSWER, ftx_projection_create(&whole, 1),
					&page);
	if (page.nitems == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(ftx_json_jsonb(&page.values[0]));
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
 * fivetrex_download_sdk_package(package_id text, server name) returns bytea
 */
Datum
fivetrex_download_sdk_package(PG_FUNCTION_ARGS)
{
	FtxCallSpec spec = {0};
	FtxSession *session;
	FtxSlice body;
	bytea *result;

	spec.method = FTX_GET;
	spec.path = ftx_func_path(fcinfo, "fivetrex_download_sdk_package");
	spec.accept = FTX_V1;
	spec.repeat_safe = true;
	spec.takes_long = true;
	session = ftx_func_session(fcinfo, 1);
	body = ftx_call_body(ftx_func_read(session, &spec));
	result = palloc(VARHDRSZ + body.len);
	SET_VARSIZE(result, VARHDRSZ + body.len);
	memcpy(VARDATA(result), body.data, body.len);
	PG_RETURN_BYTEA_P(result);
}
