/*-------------------------------------------------------------------------
 *
 * version.c
 *		fivetrex_version().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "api/calls/version.h"
#include "base/compat.h"
#include "base/libcurl.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_FUNCTION_INFO_V1(fivetrex_version);

/*
 * fivetrex_version() returns record
 *		(extension, library, postgresql, libcurl, tls, advice)
 *
 * What somebody who is asked for help asks first.
 */
Datum
fivetrex_version(PG_FUNCTION_ARGS)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	char *script = ftx_version_of_script();
	const char *texts[] = {
		script,
		FTX_VERSION,
		GetConfigOption("server_version", false, false),
		curl->version,
		curl->ssl_version,
		script != NULL ? ftx_version_advice(script) : NULL,
	};
	Datum values[lengthof(texts)] = {0};
	bool nulls[lengthof(texts)] = {false};
	TupleDesc tupdesc;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	for (size_t i = 0; i < lengthof(texts); i++)
	{
		nulls[i] = texts[i] == NULL;
		if (texts[i] != NULL)
			values[i] = CStringGetTextDatum(texts[i]);
	}
	return HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}
