/*-------------------------------------------------------------------------
 *
 * sync.c
 *		How a connector's sync goes: fivetrex_sync_status().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "api/calls/call_answer.h"
#include "api/calls/page.h"
#include "api/calls/stats.h"
#include "api/secrets/words.h"
#include "base/compat.h"
#include "base/method.h"
#include "catalogue/actions.h"
#include "func/func.h"
#include "func/sync.h"
#include "funcapi.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "portability/instr_time.h"
#include "read/converter.h"
#include "read/slot.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(fivetrex_sync_status);
PG_FUNCTION_INFO_V1(fivetrex_wait);

/* Longest and shortest pause between two looks, in milliseconds. */
#define MAX_PAUSE 60000
#define MIN_PAUSE 20

/* The columns of connectors that the result's columns are. */
static const char *const columns[] = {
	"id",
	"sync_state",
	"setup_state",
	"update_state",
	"is_historical_sync",
	NULL, /* is_syncing */
	"paused",
	"succeeded_at",
	"failed_at",
	"rescheduled_for",
	NULL, /* what only fivetrex_wait() has */
	NULL,
	NULL,
	NULL,
	NULL,
	NULL,
};

StaticAssertDecl(lengthof(columns) == FTX_WAIT_COLUMNS,
				 "each attribute has a column or NULL");

/* What Fivetran calls a connector that does not sync. */
static const char *const idle_states[] = {"scheduled", "rescheduled", "paused"};

static FtxSyncing
syncing(const FtxSyncStatus *status)
{
	char *state;

	if (status->nulls[FTX_STATUS_SYNC_STATE])
		return FTX_SYNCING_UNKNOWN;
	state = TextDatumGetCString(status->values[FTX_STATUS_SYNC_STATE]);
	if (strcmp(state, "syncing") == 0)
		return FTX_SYNCING_YES;
	for (int i = 0; i < (int) lengthof(idle_states); i++)
	{
		if (strcmp(state, idle_states[i]) == 0)
			return FTX_SYNCING_NO;
	}
	return FTX_SYNCING_UNKNOWN;
}

FtxCall *
ftx_sync_start(FunctionCallInfo fcinfo, const char *function,
			   FtxSession *session, int64 time_left)
{
	FtxStats *stats = palloc0(sizeof(FtxStats));
	FtxCallSpec spec = {0};

	spec.method = FTX_GET;
	spec.path = ftx_func_path(fcinfo, function);
	spec.expected.id = text_to_cstring(PG_GETARG_TEXT_PP(0));
	spec.repeat_safe = true;
	spec.hurried = time_left >= 0;
	spec.time_left = time_left;
	return ftx_call_start(session, &spec, stats, NULL, CurrentMemoryContext);
}

/*
 * What the connector waits for, in Fivetran's words; NULL if it says nothing.
 */
static char *
first_task(FtxCall *call)
{
	static const char *const path = "status.tasks";
	FtxPage page = {0};
	FtxJsonValue task;
	FtxJsonValue message;
	int position = 0;

	ftx_call_decode_object(call, ftx_projection_create(&path, 1), &page);
	if (page.values[0].kind != FTX_JSON_ARRAY ||
		!ftx_json_next_element(&page.values[0], &position, &task))
		return NULL;
	message = ftx_page_member(&task, "message");
	/* whatever characters it has, they are no reason to fail */
	return ftx_words_of_json(&message);
}

void
ftx_sync_read(FunctionCallInfo fcinfo, const char *function, FtxCall *call,
			  FtxSyncStatus *status)
{
	TupleDesc tupdesc;
	FtxConverter *converter;
	FtxPage page = {0};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	converter = ftx_converter_of_function(
		function, tupdesc, ftx_handwritten_find(function)->resource, columns);
	ftx_call_decode_object(call, ftx_converter_projection(converter), &page);
	ftx_call_check_id(call, &page.values[FTX_KEY_SLOT]);
	ftx_converter_fill(converter, page.values, false, status->values,
					   status->nulls);
	status->syncing = syncing(status);
	status->values[FTX_STATUS_IS_SYNCING] = BoolGetDatum(status->syncing ==
														 FTX_SYNCING_YES);
	status->nulls[FTX_STATUS_IS_SYNCING] = status->syncing ==
										   FTX_SYNCING_UNKNOWN;
	status->task = status->nulls[FTX_STATUS_SETUP_STATE] ||
						   strcmp(TextDatumGetCString(
									  status->values[FTX_STATUS_SETUP_STATE]),
								  "connected") == 0 ?
					   NULL :
					   first_task(call);
}

/*
 * Ask once.
 */
static void
get_status(FunctionCallInfo fcinfo, const char *function, FtxSession *session,
		   FtxSyncStatus *status)
{
	FtxCall *call = ftx_sync_start(fcinfo, function, session, -1);

	if (!ftx_call_succeeded(call))
		ftx_call_raise(call);
	ftx_sync_read(fcinfo, function, call, status);
	ftx_call_free(call);
}

static Datum
status_row(FunctionCallInfo fcinfo, FtxSyncStatus *status)
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
	FtxSession *session = ftx_func_session(fcinfo, 1);
	FtxSyncStatus status;

	get_status(fcinfo, "fivetrex_sync_status", session, &status);
	PG_RETURN_DATUM(status_row(fcinfo, &status));
}

void
ftx_sync_pause(int64 ms)
{
	static uint32 wait_event = 0;
	instr_time start;

	/* not by the clock of the day: that may be set meanwhile */
	INSTR_TIME_SET_CURRENT(start);
	if (wait_event == 0)
		wait_event = ftx_wait_event_new("FivetrexSync");
	for (;;)
	{
		instr_time passed;
		long left;

		INSTR_TIME_SET_CURRENT(passed);
		INSTR_TIME_SUBTRACT(passed, start);
		left = (long) ceil(ms - INSTR_TIME_GET_MILLISEC(passed));

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
next_sync_pause(FtxSession *session, int64 waited)
{
	int64 pause = Max(waited / 10, session->options.retry_delay);

	return Min(Max(pause, MIN_PAUSE), MAX_PAUSE);
}

int64
ftx_sync_timeout(FunctionCallInfo fcinfo, int argno)
{
	Interval *timeout;
	double ms;

	if (PG_ARGISNULL(argno))
		return -1;
	timeout = PG_GETARG_INTERVAL_P(argno);
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
 * As version 1.0 of the extension declares it; what version 1.1 does is in
 * wait.c.
 *
 * Until no sync runs, or the time is over: then the row has is_syncing true, or
 * NULL when the state says nothing that is known.
 */
Datum
fivetrex_wait(PG_FUNCTION_ARGS)
{
	int64 limit = ftx_sync_timeout(fcinfo, 1);
	FtxSession *session = ftx_func_session(fcinfo, 2);
	TimestampTz start = GetCurrentTimestamp();
	MemoryContext look = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex wait", ALLOCSET_DEFAULT_SIZES);
	FtxSyncStatus status;
	Datum result;

	for (;;)
	{
		int64 waited;
		int64 pause;
		MemoryContext old;

		MemoryContextReset(look);
		old = MemoryContextSwitchTo(look);
		get_status(fcinfo, "fivetrex_wait", session, &status);
		MemoryContextSwitchTo(old);
		waited = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());
		if (status.syncing == FTX_SYNCING_NO || (limit >= 0 && waited >= limit))
			break;
		pause = next_sync_pause(session, waited);
		if (limit >= 0)
			pause = Min(pause, limit - waited);
		ftx_sync_pause(pause);
	}
	result = status_row(fcinfo, &status);
	MemoryContextDelete(look);
	PG_RETURN_DATUM(result);
}
