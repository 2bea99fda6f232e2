/*-------------------------------------------------------------------------
 *
 * sync.c
 *		fivetrex_sync_status() and fivetrex_wait(): how a connector's sync goes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "api/words.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "func/func.h"
#include "funcapi.h"
#include "json/value.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(fivetrex_sync_status);
PG_FUNCTION_INFO_V1(fivetrex_wait);

/* Longest and shortest pause between two looks, in milliseconds. */
#define MAX_PAUSE 60000
#define MIN_PAUSE 20

/* What is read of a connector; the order is that of the result's columns. */
static const char *const members[] = {
	"id",
	"status.sync_state",
	"status.setup_state",
	"status.update_state",
	"status.is_historical_sync",
	"paused",
	"succeeded_at",
	"failed_at",
	"status.rescheduled_for",
};

enum
{
	SYNC_STATE = 1,
	HISTORICAL = 4,
	PAUSED = 5,
	FIRST_TIMESTAMP = 6
};

/* Columns: the members, with is_syncing before is_paused. */
#define IS_SYNCING 5
#define NCOLUMNS ((int) lengthof(members) + 1)

typedef struct Status
{
	bool syncing;
	Datum values[lengthof(members) + 1];
	bool nulls[lengthof(members) + 1];
} Status;

/*
 * PostgreSQL quotes in its error what is no timestamp.
 */
static Datum
timestamp_value(char *text)
{
	MemoryContext cxt = CurrentMemoryContext;
	volatile Datum result = (Datum) 0;

	PG_TRY();
	{
		result = DirectFunctionCall3(timestamptz_in, CStringGetDatum(text),
									 ObjectIdGetDatum(InvalidOid),
									 Int32GetDatum(-1));
	}
	PG_CATCH();
	{
		ftx_words_rethrow(cxt);
	}
	PG_END_TRY();
	return result;
}

static void
fill_status(const FtxJsonValue *found, Status *status)
{
	int column = 0;

	status->syncing = ftx_json_is_string(&found[SYNC_STATE], "syncing");
	for (int i = 0; i < (int) lengthof(members); i++, column++)
	{
		char *text = ftx_json_text(&found[i]);

		if (column == IS_SYNCING)
		{
			status->values[column] = BoolGetDatum(status->syncing);
			status->nulls[column++] = false;
		}
		status->nulls[column] = text == NULL;
		if (text == NULL)
			continue;
		if (i == HISTORICAL || i == PAUSED)
			status->values[column] = BoolGetDatum(found[i].kind ==
												  FTX_JSON_TRUE);
		else if (i >= FIRST_TIMESTAMP)
			status->values[column] = timestamp_value(text);
		else
			status->values[column] = CStringGetTextDatum(text);
	}
}

/*
 * Ask once.
 */
static void
get_status(FtxSession *session, const char *path, Status *status)
{
	FtxCallSpec spec = {0};
	FtxCall *call;
	FtxPage page = {0};

	spec.method = FTX_GET;
	spec.path = path;
	spec.accept = FTX_V2;
	spec.repeat_safe = true;
	call = ftx_func_read(session, &spec);
	ftx_call_decode(call, FTX_SHAPE_OBJECT,
					ftx_projection_create(members, lengthof(members)), &page);
	fill_status(page.values, status);
	ftx_call_free(call);
}

static Datum
status_row(FunctionCallInfo fcinfo, Status *status)
{
	TupleDesc tupdesc;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc),
											 status->values, status->nulls));
}

/*
 * fivetrex_sync_status(connector_id text, server name) returns record
 */
Datum
fivetrex_sync_status(PG_FUNCTION_ARGS)
{
	char *path = ftx_func_path(fcinfo, "fivetrex_sync_status");
	FtxSession *session = ftx_func_session(fcinfo, 1);
	Status status;

	get_status(session, path, &status);
	PG_RETURN_DATUM(status_row(fcinfo, &status));
}

/*
 * Sleep, served by interrupts.
 */
static void
pause_for(int64 ms)
{
	static uint32 wait_event = 0;
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);

	if (wait_event == 0)
		wait_event = ftx_wait_event_new("FivetrexSync");
	for (;;)
	{
		long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);

		CHECK_FOR_INTERRUPTS();
		if (left <= 0)
			return;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, left,
						 wait_event);
		ResetLatch(MyLatch);
	}
}

/*
 * Milliseconds until the next look: a tenth of the time that has passed, so
 * that the answer is late by a tenth at most and long syncs cost few calls.
 */
static int64
next_pause(FtxSession *session, int64 waited)
{
	int64 pause = Max(waited / 10, session->options.retry_delay);

	return Min(Max(pause, MIN_PAUSE), MAX_PAUSE);
}

/*
 * Milliseconds of the argument `timeout`; -1 for NULL: no limit.
 */
static int64
timeout_ms(FunctionCallInfo fcinfo)
{
	Interval *timeout;
	double ms;

	if (PG_ARGISNULL(1))
		return -1;
	timeout = PG_GETARG_INTERVAL_P(1);
	ms = (timeout->month * (double) DAYS_PER_MONTH + timeout->day) *
			 (double) SECS_PER_DAY * 1000.0 +
		 timeout->time / 1000.0;
	if (ms < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("timeout must not be negative")));
	return (int64) Min(ms, 1e15);
}

/*
 * fivetrex_wait(connector_id text, timeout interval, server name)
 *		returns record
 *
 * Until no sync runs, or the time is over: then the row has is_syncing true.
 */
Datum
fivetrex_wait(PG_FUNCTION_ARGS)
{
	char *path = ftx_func_path(fcinfo, "fivetrex_wait");
	int64 limit = timeout_ms(fcinfo);
	FtxSession *session = ftx_func_session(fcinfo, 2);
	TimestampTz start = GetCurrentTimestamp();
	MemoryContext look = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex wait", ALLOCSET_DEFAULT_SIZES);
	Status status;
	Datum result;

	for (;;)
	{
		int64 waited;
		int64 pause;
		MemoryContext old;

		MemoryContextReset(look);
		old = MemoryContextSwitchTo(look);
		get_status(session, path, &status);
		MemoryContextSwitchTo(old);
		waited = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());
		if (!status.syncing || (limit >= 0 && waited >= limit))
			break;
		pause = next_pause(session, waited);
		if (limit >= 0)
			pause = Min(pause, limit - waited);
		pause_for(pause);
	}
	result = status_row(fcinfo, &status);
	MemoryContextDelete(look);
	PG_RETURN_DATUM(result);
}
