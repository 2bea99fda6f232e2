/*-------------------------------------------------------------------------
 *
 * status.c
 *		fivetrex_ping(), fivetrex_limits() and fivetrex_last_error().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/last_error.h"
#include "api/calls/page.h"
#include "api/calls/session.h"
#include "base/method.h"
#include "catalogue/actions.h"
#include "func/func.h"
#include "funcapi.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "net/engine.h"
#include "read/slot.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(fivetrex_ping);
PG_FUNCTION_INFO_V1(fivetrex_limits);
PG_FUNCTION_INFO_V1(fivetrex_last_error);

/*
 * fivetrex_ping(server name) returns record
 *		(account_id, account_name, key_kind, latency_ms)
 *
 * The cheapest request that needs valid credentials.
 */
Datum
fivetrex_ping(PG_FUNCTION_ARGS)
{
	static const char *const paths[] = {"account_id", "account_name", "user_id",
										"system_key_id"};
	FtxCallSpec spec = {0};
	FtxSession *session = ftx_func_session(fcinfo, 0);
	FtxCall *call;
	FtxPage page = {0};
	TupleDesc tupdesc;
	Datum values[4] = {0};
	bool nulls[4] = {true, true, true, false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	spec.method = FTX_GET;
	spec.path = ftx_func_path(fcinfo, "fivetrex_ping");
	spec.repeat_safe = true;
	call = ftx_func_read(session, &spec);
	ftx_call_decode_object(call, ftx_projection_create(paths, lengthof(paths)),
						   &page);
	ftx_check_always(call, ftx_handwritten_find("fivetrex_ping")->resource,
					 &page.values[0]);
	for (int i = 2; i < (int) lengthof(paths); i++)
	{
		/* what kind of key it is, these decide */
		if (page.values[i].kind != FTX_JSON_STRING &&
			page.values[i].kind != FTX_JSON_NULL &&
			page.values[i].kind != FTX_JSON_ABSENT)
			ftx_call_complain(
				call, psprintf("Its \"%s\" is not a string.", paths[i]));
	}

	for (int i = 0; i < 2; i++)
	{
		char *text = ftx_json_text(&page.values[i]);

		nulls[i] = text == NULL;
		values[i] = text ? CStringGetTextDatum(text) : (Datum) 0;
	}
	nulls[2] = false;
	if (page.values[3].kind == FTX_JSON_STRING)
		values[2] = CStringGetTextDatum("system key");
	else if (page.values[2].kind == FTX_JSON_STRING)
		values[2] = CStringGetTextDatum("user key");
	else
		nulls[2] = true;
	values[3] = Float8GetDatum(ftx_call_elapsed_ms(call));
	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/*
 * fivetrex_limits(server name) returns record
 *		(rate_limit, remaining, seen_at, clock_skew, calls, retries, rate_limited,
 *		 clock_error)
 *
 * What the answers so far have told; makes no call.
 */
Datum
fivetrex_limits(PG_FUNCTION_ARGS)
{
	const FtxTally *tally = ftx_engine_tally(
		ftx_func_session(fcinfo, 0)->engine);
	TupleDesc tupdesc;
	Datum values[8] = {0};
	bool nulls[8] = {0};
	Interval *skew = palloc0(sizeof(Interval));
	Interval *error = palloc0(sizeof(Interval));

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	skew->time = tally->clock_skew;
	error->time = tally->clock_error;
	nulls[0] = tally->rate_limit < 0;
	values[0] = Int32GetDatum(tally->rate_limit);
	nulls[1] = nulls[2] = tally->seen_at == 0;
	values[1] = Int32GetDatum(tally->remaining);
	values[2] = TimestampTzGetDatum(tally->seen_at);
	nulls[3] = nulls[7] = tally->date_seen == 0;
	values[3] = IntervalPGetDatum(skew);
	values[7] = IntervalPGetDatum(error);
	values[4] = Int64GetDatum(tally->calls);
	values[5] = Int64GetDatum(tally->retries);
	values[6] = Int64GetDatum(tally->rate_limited);
	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/*
 * fivetrex_last_error() returns jsonb
 */
Datum
fivetrex_last_error(PG_FUNCTION_ARGS)
{
	char *json = ftx_last_error_json();

	if (json == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}
