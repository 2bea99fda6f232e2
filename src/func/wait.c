/*-------------------------------------------------------------------------
 *
 * wait.c
 *		fivetrex_wait(): how a sync ended.
 *
 * What is waited for is the first sync that started at or after a moment and
 * has ended.  Whose sync that is does not matter, and one that is under way at
 * that moment does not count, as it may have read the source before.  Moments
 * are compared on Fivetran's clock.
 *
 * The sync history says how a sync ended.  Where an account has none, or it
 * lags, the connector's own timestamps have to do: one that moved after the
 * connector was seen idle belongs to a sync that began later than that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/compat.h"
#include "func/func.h"
#include "func/wait.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(fivetrex_wait_since);

/* Longest and shortest pause between two looks, in milliseconds. */
#define MAX_PAUSE 60000
#define MIN_PAUSE 20

/* From `since`: when the history is asked though no timestamp has moved. */
#define SILENCE (10 * USECS_PER_SEC)

/* From `since`: after so long nothing will begin any more. */
#define MAX_START (10 * USECS_PER_MINUTE)

/* How far back the last sync is looked for, when there is no `since`. */
#define LAST_SYNC USECS_PER_DAY

/* How far back a history reaches. */
#define KEPT (7 * USECS_PER_DAY)

/* The verdict's attributes of the result. */
enum
{
	OUTCOME = FTX_STATUS_COLUMNS,
	OUTCOME_SYNC_ID,
	OUTCOME_STARTED_AT,
	OUTCOME_ENDED_AT,
	OUTCOME_REASON,
	OUTCOME_KNOWN_BY
};

/* ---------- the verdict ---------- */

static void
set_column_text(FtxWait *wait, int column, const char *text)
{
	MemoryContext old = MemoryContextSwitchTo(wait->cxt);

	wait->verdict_nulls[column] = text == NULL;
	if (text != NULL)
		wait->verdict[column] = CStringGetTextDatum(text);
	MemoryContextSwitchTo(old);
}

static void
set_time(FtxWait *wait, int column, TimestampTz time)
{
	wait->verdict_nulls[column] = time == DT_NOBEGIN;
	wait->verdict[column] = TimestampTzGetDatum(time);
}

static void
decide(FtxWait *wait, const char *outcome, const char *known_by)
{
	set_column_text(wait, OUTCOME, outcome);
	set_column_text(wait, OUTCOME_KNOWN_BY, known_by);
	wait->decided = true;
}

/*
 * "COMPLETED" is "succeeded"; what nobody knows yet is lower-cased.
 */
static char *
outcome_of_status(const FtxWaitSync *sync)
{
	char *status = TextDatumGetCString(sync->values[FTX_WAIT_SYNC_STATUS]);

	if (strcmp(status, "COMPLETED") == 0)
		return pstrdup("succeeded");
	if (strcmp(status, "FAILURE") == 0)
		return pstrdup("failed");
	for (char *c = status; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	return status;
}

static void
decide_by_history(FtxWait *wait, const FtxWaitSync *sync, const char *known_by)
{
	set_column_text(wait, OUTCOME_SYNC_ID,
					sync->nulls[FTX_WAIT_SYNC_ID] ?
						NULL :
						TextDatumGetCString(sync->values[FTX_WAIT_SYNC_ID]));
	set_time(wait, OUTCOME_STARTED_AT,
			 DatumGetTimestampTz(sync->values[FTX_WAIT_SYNC_START]));
	set_time(wait, OUTCOME_ENDED_AT,
			 DatumGetTimestampTz(sync->values[FTX_WAIT_SYNC_END]));
	set_column_text(
		wait, OUTCOME_REASON,
		sync->nulls[FTX_WAIT_SYNC_REASON] ?
			NULL :
			TextDatumGetCString(sync->values[FTX_WAIT_SYNC_REASON]));
	decide(wait, outcome_of_status(sync), known_by);
}

static void
decide_by_timestamps(FtxWait *wait, const char *known_by)
{
	set_time(wait, OUTCOME_ENDED_AT, wait->ended);
	decide(
		wait,
		ftx_wait_status_time(&wait->status, FTX_STATUS_FAILED_AT) >
				ftx_wait_status_time(&wait->status, FTX_STATUS_SUCCEEDED_AT) ?
			"failed" :
			"succeeded",
		known_by);
}

static bool
status_is(const FtxWait *wait, int column, const char *word)
{
	return !wait->status.nulls[column] &&
		   strcmp(TextDatumGetCString(wait->status.values[column]), word) == 0;
}

/*
 * A state in which nobody goes on but a person or a clock; NULL: another one.
 */
static const char *
final_state(const FtxWait *wait)
{
	if (status_is(wait, FTX_STATUS_SYNC_STATE, "paused"))
		return "paused";
	if (status_is(wait, FTX_STATUS_SETUP_STATE, "broken"))
		return "broken";
	if (status_is(wait, FTX_STATUS_SETUP_STATE, "incomplete"))
		return "not_set_up";
	if (status_is(wait, FTX_STATUS_SYNC_STATE, "rescheduled"))
		return "rescheduled";
	return NULL;
}

/* ---------- what is known after a look ---------- */

/*
 * No sync runs, and nobody said since when one is waited for: the last one.
 */
static void
judge_last(FtxWait *wait)
{
	if (wait->ended != DT_NOBEGIN)
		ftx_wait_read_history(wait, wait->ended - LAST_SYNC);
	if (wait->sync.found)
		decide_by_history(wait, &wait->sync, "history");
	else if (wait->ended != DT_NOBEGIN)
		decide_by_timestamps(wait, "timestamps");
	wait->decided = true;
}

/*
 * A sync has ended of which the history does not tell.  That counts where there
 * is no history, or it lags.  A sync that began long before `since` is looked
 * for first: if it is that one's end, it does not count.
 */
static void
judge_end(FtxWait *wait)
{
	if (!wait->no_history)
	{
		TimestampTz now = ftx_wait_their_clock(wait, wait->at);

		if (now - wait->ended <= FTX_WAIT_MAX_LAG)
			return;
		if (wait->unread_since == DT_NOBEGIN)
			ftx_wait_read_history(wait, now - KEPT);
		if (wait->sync.found)
			decide_by_history(wait, &wait->sync, "history");
		if (wait->decided || wait->older_end == wait->ended ||
			(wait->unread_since != DT_NOBEGIN &&
			 wait->at - wait->unread_since <= FTX_WAIT_MAX_LAG))
			return;
	}
	decide_by_timestamps(
		wait, wait->idle && wait->ended != wait->idle_ended &&
					  wait->ended > ftx_wait_their_clock(wait, wait->idle_at) -
										ftx_wait_clock_error(wait) ?
				  "timestamps" :
				  "assumed");
}

/*
 * Nothing has ended since, for as long as anything would have begun.  A sync so
 * short, and so close to `since`, that nothing tells which came first is
 * better than none.
 */
static void
judge_silence(FtxWait *wait)
{
	TimestampTz from = ftx_wait_their_clock(wait, wait->since);

	if (wait->older_end != DT_NOBEGIN)
		from = Max(from, wait->older_end);
	if (ftx_wait_their_clock(wait, wait->at) - from < MAX_START ||
		!status_is(wait, FTX_STATUS_SYNC_STATE, "scheduled"))
		return;
	if (wait->doubtful.found)
		decide_by_history(wait, &wait->doubtful, "assumed");
	else
		decide(wait, "not_started", "clock");
}

/*
 * No sync runs: has the one that is waited for ended?
 */
static void
judge_since(FtxWait *wait)
{
	bool moved = wait->first_seen && wait->ended != wait->first_ended;
	bool ended = (moved || wait->ended >= ftx_wait_since_most(wait)) &&
				 wait->ended != wait->older_end;

	if (!wait->no_history &&
		(ended || wait->at - wait->since >= SILENCE || final_state(wait)))
		ftx_wait_read_history(wait,
							  ftx_wait_since_least(wait) - USECS_PER_MINUTE);
	if (final_state(wait) != NULL)
		return;
	if (wait->sync.found)
	{
		decide_by_history(wait, &wait->sync, "history");
		return;
	}
	if (ended && wait->ended != wait->older_end)
		judge_end(wait);
	else
		judge_silence(wait);
}

static void
judge_sync(FtxWait *wait)
{
	if (wait->status.syncing != FTX_SYNCING_NO)
		return;
	if (wait->has_since)
		judge_since(wait);
	else if (final_state(wait) == NULL)
		judge_last(wait);
	if (!wait->decided && final_state(wait) != NULL)
	{
		set_column_text(wait, OUTCOME_REASON,
						wait->reason != NULL ? wait->reason :
											   wait->status.task);
		decide(wait, final_state(wait), "state");
	}
}

/* ---------- the function ---------- */

/*
 * Milliseconds until the next look: a tenth of the time that has passed, so
 * that the answer is late by a tenth at most and long syncs cost few calls.
 * At first it is five times the server's first backoff, so five seconds.
 */
static int64
next_pause(const FtxWait *wait, int64 waited)
{
	int64 first = Min(5 * wait->session->options.retry_delay, 5000);

	return Min(Max(Max(waited / 10, first), MIN_PAUSE), MAX_PAUSE);
}

/*
 * The moment to wait from; the API keeps seven days of history.
 */
static void
take_since(FtxWait *wait, int argno)
{
	TimestampTz now = GetCurrentTimestamp();

	wait->has_since = !wait->fcinfo->args[argno].isnull;
	if (!wait->has_since)
		return;
	wait->since = DatumGetTimestampTz(wait->fcinfo->args[argno].value);
	if (wait->since > now + USECS_PER_MINUTE)
	{
		/* a copy of each: timestamptz_to_str() has one buffer for all */
		const char *since_text = pstrdup(timestamptz_to_str(wait->since));
		const char *now_text = pstrdup(timestamptz_to_str(now));

		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("since must not lie in the future"),
			 TIMESTAMP_NOT_FINITE(wait->since) ?
				 0 :
				 errdetail("It is %s, and now it is %s.", since_text, now_text),
			 errhint(
				 "Pass the moment from which a sync is waited for, such as now() or that of the request.")));
	}
	if (wait->since < now - 7 * USECS_PER_DAY)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("since must lie within the last seven days"),
						errdetail("The sync history reaches no further.")));
}

static Datum
wait_row(FtxWait *wait)
{
	TupleDesc tupdesc;

	for (int i = OUTCOME; i < FTX_WAIT_COLUMNS; i++)
	{
		wait->status.values[i] = wait->verdict[i];
		wait->status.nulls[i] = wait->verdict_nulls[i];
	}
	if (get_call_result_type(wait->fcinfo, NULL, &tupdesc) !=
		TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(
		BlessTupleDesc(tupdesc), wait->status.values, wait->status.nulls));
}

/*
 * fivetrex_wait(connector_id text, timeout interval, since timestamptz,
 *				 server name) returns record
 */
Datum
fivetrex_wait_since(PG_FUNCTION_ARGS)
{
	int64 limit = ftx_sync_timeout(fcinfo, 1);
	MemoryContext once;
	FtxWait wait = {.fcinfo = fcinfo,
					.cxt = CurrentMemoryContext,
					.limit = limit,
					.reason_start = DT_NOBEGIN,
					.older_end = DT_NOBEGIN,
					.unread_since = DT_NOBEGIN};

	(void) ftx_func_path(fcinfo,
						 FTX_WAIT_FUNCTION); /* checks the connector's id */
	INSTR_TIME_SET_CURRENT(wait.start);
	take_since(&wait, 2);
	wait.session = ftx_func_session(fcinfo, 3);
	wait.status_cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex status", ALLOCSET_SMALL_SIZES);
	once = AllocSetContextCreate(CurrentMemoryContext, "fivetrex wait",
								 ALLOCSET_DEFAULT_SIZES);
	for (int i = OUTCOME; i < FTX_WAIT_COLUMNS; i++)
		wait.verdict_nulls[i] = true;

	for (;;)
	{
		int64 waited = ftx_wait_passed(&wait);
		bool last = limit >= 0 && waited >= limit;
		int64 pause;

		MemoryContextReset(once);
		MemoryContextSwitchTo(once);
		if (ftx_wait_look(&wait, last))
			judge_sync(&wait);
		MemoryContextSwitchTo(wait.cxt);
		if (!wait.decided && last)
			decide(&wait, "running", "clock");
		if (wait.decided)
			return wait_row(&wait);
		pause = next_pause(&wait, waited);
		ftx_sync_pause(limit >= 0 ? Max(Min(pause, limit - waited), 0) : pause);
	}
}
