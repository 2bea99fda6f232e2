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
#include "access/tupdesc.h"
#include "base/compat.h"
#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "fdw/fdw.h"
#include "func/sync.h"
#include "funcapi.h"
#include "json/value.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(fivetrex_wait_since);

#define FUNCTION "fivetrex_wait"

/* Longest and shortest pause between two looks, in milliseconds. */
#define MAX_PAUSE 60000
#define MIN_PAUSE 20

/* The Date header has whole seconds, and our estimate errs by half of one. */
#define CLOCK_ERROR USECS_PER_SEC

/* From `since`: when the history is asked though no timestamp has moved. */
#define SILENCE (10 * USECS_PER_SEC)

/* How far a history may lag behind the connector before it is given up. */
#define MAX_LAG (2 * USECS_PER_MINUTE)

/* From `since`: after so long nothing will begin any more. */
#define MAX_START (10 * USECS_PER_MINUTE)

/* How far back the last sync is looked for, when there is no `since`. */
#define LAST_SYNC USECS_PER_DAY

/* Attributes of a row of the history; started is not null. */
enum
{
	SYNC_ID,
	SYNC_STATUS,
	SYNC_START,
	SYNC_END,
	SYNC_REASON,
	SYNC_COLUMNS
};

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

typedef struct Sync
{
	bool found;
	Datum values[SYNC_COLUMNS];
	bool nulls[SYNC_COLUMNS];
} Sync;

typedef struct Wait
{
	FunctionCallInfo fcinfo;
	FtxSession *session;
	MemoryContext cxt;		  /* of the result */
	MemoryContext status_cxt; /* of the status */
	bool has_since;
	TimestampTz since; /* by our clock */
	bool no_history;   /* the account has none */

	/* The last look that succeeded, and when it was begun. */
	bool looked;
	FtxSyncStatus status;
	TimestampTz at;
	TimestampTz ended; /* end of the last sync, DT_NOBEGIN if none */

	/* The first look, and the first one without a sync. */
	TimestampTz first_ended;
	bool idle;
	TimestampTz idle_at;
	TimestampTz idle_ended;

	/* Of the history: the sync that counts, and why the last one ended. */
	Sync sync;
	char *reason;
	TimestampTz reason_start; /* of the sync whose reason it is */

	bool decided;
	Datum verdict[FTX_WAIT_COLUMNS]; /* from OUTCOME */
	bool verdict_nulls[FTX_WAIT_COLUMNS];
} Wait;

/*
 * A moment of ours by Fivetran's clock, as far as answers have told it.
 */
static TimestampTz
by_their_clock(const Wait *wait, TimestampTz ours)
{
	return ours + ftx_engine_tally(wait->session->engine)->clock_skew;
}

/* ---------- the verdict ---------- */

static void
set_text(Wait *wait, int column, const char *text)
{
	MemoryContext old = MemoryContextSwitchTo(wait->cxt);

	wait->verdict_nulls[column] = text == NULL;
	if (text != NULL)
		wait->verdict[column] = CStringGetTextDatum(text);
	MemoryContextSwitchTo(old);
}

static void
set_time(Wait *wait, int column, TimestampTz time)
{
	wait->verdict_nulls[column] = time == DT_NOBEGIN;
	wait->verdict[column] = TimestampTzGetDatum(time);
}

static void
decide(Wait *wait, const char *outcome, const char *known_by)
{
	set_text(wait, OUTCOME, outcome);
	set_text(wait, OUTCOME_KNOWN_BY, known_by);
	wait->decided = true;
}

/*
 * "COMPLETED" is "succeeded"; what nobody knows yet is lower-cased.
 */
static char *
outcome_of_status(const Sync *sync)
{
	char *status = sync->nulls[SYNC_STATUS] ?
					   pstrdup("unknown") :
					   TextDatumGetCString(sync->values[SYNC_STATUS]);

	if (strcmp(status, "COMPLETED") == 0)
		return pstrdup("succeeded");
	if (strcmp(status, "FAILURE") == 0)
		return pstrdup("failed");
	for (char *c = status; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	return status;
}

static void
decide_by_history(Wait *wait)
{
	const Sync *sync = &wait->sync;

	set_text(wait, OUTCOME_SYNC_ID,
			 sync->nulls[SYNC_ID] ? NULL :
									TextDatumGetCString(sync->values[SYNC_ID]));
	set_time(wait, OUTCOME_STARTED_AT,
			 DatumGetTimestampTz(sync->values[SYNC_START]));
	set_time(wait, OUTCOME_ENDED_AT,
			 DatumGetTimestampTz(sync->values[SYNC_END]));
	set_text(wait, OUTCOME_REASON,
			 sync->nulls[SYNC_REASON] ?
				 NULL :
				 TextDatumGetCString(sync->values[SYNC_REASON]));
	decide(wait, outcome_of_status(sync), "history");
}

static TimestampTz
status_time(const FtxSyncStatus *status, int column)
{
	return status->nulls[column] ? DT_NOBEGIN :
								   DatumGetTimestampTz(status->values[column]);
}

static void
decide_by_timestamps(Wait *wait, const char *known_by)
{
	set_time(wait, OUTCOME_ENDED_AT, wait->ended);
	decide(wait,
		   status_time(&wait->status, FTX_STATUS_FAILED_AT) >
				   status_time(&wait->status, FTX_STATUS_SUCCEEDED_AT) ?
			   "failed" :
			   "succeeded",
		   known_by);
}

static bool
status_is(const Wait *wait, int column, const char *word)
{
	return !wait->status.nulls[column] &&
		   strcmp(TextDatumGetCString(wait->status.values[column]), word) == 0;
}

/*
 * A state in which nobody goes on but a person or a clock; NULL: another one.
 */
static const char *
final_state(const Wait *wait)
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

/* ---------- calls ---------- */

/*
 * Is it a failure that may be over at the next look?
 */
static bool
is_passing(FtxCall *call)
{
	switch (ftx_call_answer(call)->problem)
	{
		case FTX_PROBLEM_RATE_LIMITED:
		case FTX_PROBLEM_SERVER_FAILED:
		case FTX_PROBLEM_CANNOT_CONNECT:
		case FTX_PROBLEM_CANNOT_RESOLVE:
		case FTX_PROBLEM_TIMED_OUT:
		case FTX_PROBLEM_BROKEN_TRANSFER:
			return true;
		default:
			return false;
	}
}

/*
 * Look at the connector; false if that failed, for a while.  `last`: then it
 * is raised, if there is nothing to return.
 */
static bool
look(Wait *wait, bool last)
{
	TimestampTz at = GetCurrentTimestamp();
	FtxCall *call = ftx_sync_start(wait->fcinfo, FUNCTION, wait->session);
	MemoryContext old;

	if (!ftx_call_succeeded(call))
	{
		if (!is_passing(call) || (last && !wait->looked))
			ftx_call_raise(call);
		ftx_call_free(call);
		return false;
	}
	MemoryContextReset(wait->status_cxt);
	old = MemoryContextSwitchTo(wait->status_cxt);
	ftx_sync_read(wait->fcinfo, FUNCTION, call, &wait->status);
	MemoryContextSwitchTo(old);
	ftx_call_free(call);

	wait->at = at;
	wait->ended = Max(status_time(&wait->status, FTX_STATUS_SUCCEEDED_AT),
					  status_time(&wait->status, FTX_STATUS_FAILED_AT));
	if (!wait->looked)
		wait->first_ended = wait->ended;
	wait->looked = true;

	/* that one has ended and another begun between two looks will do, too */
	if (!wait->idle && (wait->status.syncing == FTX_SYNCING_NO ||
						wait->ended != wait->first_ended))
	{
		wait->idle = true;
		wait->idle_at = at;
		wait->idle_ended = wait->ended;
	}
	return true;
}

/*
 * Does this sync of the history count, rather than the one found so far?
 */
static bool
counts(const Wait *wait, const Sync *sync)
{
	TimestampTz start = DatumGetTimestampTz(sync->values[SYNC_START]);

	if (sync->nulls[SYNC_END])
		return false;
	if (!wait->has_since)
		return !wait->sync.found ||
			   start > DatumGetTimestampTz(wait->sync.values[SYNC_START]);
	/* a rescheduled one goes on, or is posted again */
	if (start < by_their_clock(wait, wait->since) - CLOCK_ERROR ||
		(!sync->nulls[SYNC_STATUS] &&
		 strcmp(TextDatumGetCString(sync->values[SYNC_STATUS]),
				"RESCHEDULED") == 0))
		return false;
	return !wait->sync.found ||
		   start < DatumGetTimestampTz(wait->sync.values[SYNC_START]);
}

static void
keep_sync(Wait *wait, const Sync *sync)
{
	MemoryContext old = MemoryContextSwitchTo(wait->cxt);

	wait->sync = *sync;
	wait->sync.found = true;
	for (int i = 0; i < SYNC_COLUMNS; i++)
	{
		if (i != SYNC_START && i != SYNC_END && !sync->nulls[i])
			wait->sync.values[i] = CStringGetTextDatum(
				TextDatumGetCString(sync->values[i]));
	}
	MemoryContextSwitchTo(old);
}

static FtxConverter *
history_converter(const FtxResource *history)
{
	static const char *const columns[] = {"sync_id", "status", "start", "end",
										  "reason"};
	TupleDesc tupdesc = CreateTemplateTupleDesc(SYNC_COLUMNS);

	for (int i = 0; i < SYNC_COLUMNS; i++)
		TupleDescInitEntry(
			tupdesc, (AttrNumber) (i + 1), columns[i],
			i == SYNC_START || i == SYNC_END ? TIMESTAMPTZOID : TEXTOID, -1, 0);
	return ftx_converter_of_function(FUNCTION, BlessTupleDesc(tupdesc), history,
									 columns);
}

/*
 * Take in a page of the history.
 */
static void
take_page(Wait *wait, FtxConverter *converter, FtxPage *page)
{
	for (int i = 0; i < page->nitems; i++)
	{
		Sync sync = {0};
		TimestampTz start;

		ftx_converter_fill(converter, ftx_page_value(page, i, 0), false,
						   sync.values, sync.nulls);
		if (sync.nulls[SYNC_START])
			continue;
		start = DatumGetTimestampTz(sync.values[SYNC_START]);
		if (counts(wait, &sync))
			keep_sync(wait, &sync);
		if (!sync.nulls[SYNC_REASON] && start >= wait->reason_start &&
			(!wait->has_since ||
			 start >= by_their_clock(wait, wait->since) - CLOCK_ERROR))
		{
			wait->reason_start = start;
			wait->reason = MemoryContextStrdup(
				wait->cxt, TextDatumGetCString(sync.values[SYNC_REASON]));
		}
	}
}

/*
 * Read the history from a moment on (by their clock), all pages of it.  What
 * cannot be read now is left for the next look.
 */
static void
read_history(Wait *wait, TimestampTz from)
{
	const FtxResource *history = ftx_resource_find("connector_sync_history");
	FtxConverter *converter = history_converter(history);
	FtxWanted wanted = {.shape = FTX_SHAPE_LIST,
						.projection = ftx_converter_projection(converter)};
	char *cursor = NULL;

	do
	{
		FtxStats stats = {0};
		FtxCallSpec spec = {.method = FTX_GET,
							.accept = history->list.accept,
							.repeat_safe = true,
							.page = true};
		FtxPage page = {0};
		StringInfoData path;
		FtxCall *call;
		char *next;

		initStringInfo(&path);
		appendStringInfoString(&path, ftx_func_fill_path(wait->fcinfo, FUNCTION,
														 history->list.path));
		appendStringInfoString(&path, "?limit=1000");
		if (!ftx_window_params(history, from, DT_NOEND,
							   by_their_clock(wait, GetCurrentTimestamp()),
							   &path))
			return;
		if (cursor != NULL)
			ftx_path_add_param(&path, "cursor", cursor);
		spec.path = path.data;
		call = ftx_call_start(wait->session, &spec, &stats, NULL,
							  CurrentMemoryContext);
		if (!ftx_call_succeeded(call))
		{
			FtxProblem problem = ftx_call_answer(call)->problem;

			if (problem == FTX_PROBLEM_ROUTE_MISSING ||
				ftx_call_answer(call)->status == 405)
				wait->no_history = true;
			else if (!is_passing(call))
				ftx_call_raise(call);
			return;
		}
		ftx_call_decode(call, &wanted, &page);
		take_page(wait, converter, &page);
		next = page.nitems > 0 ? ftx_json_text(&page.next_cursor) : NULL;
		/* the same once more would be asked for for ever */
		cursor = next != NULL && next[0] != '\0' &&
						 (cursor == NULL || strcmp(cursor, next) != 0) ?
					 next :
					 NULL;
		ftx_call_free(call);
		CHECK_FOR_INTERRUPTS();
	} while (cursor != NULL);
}

/* ---------- what is known after a look ---------- */

/*
 * No sync runs, and nobody said since when one is waited for: the last one.
 */
static void
judge_last(Wait *wait)
{
	if (wait->ended != DT_NOBEGIN)
		read_history(wait, wait->ended - LAST_SYNC);
	if (wait->sync.found)
		decide_by_history(wait);
	else if (wait->ended != DT_NOBEGIN)
		decide_by_timestamps(wait, "timestamps");
	wait->decided = true;
}

/*
 * No sync runs: has the one that is waited for ended?
 */
static void
judge_since(Wait *wait)
{
	TimestampTz since = by_their_clock(wait, wait->since) - CLOCK_ERROR;
	bool ended = wait->ended >= since;
	bool lags;

	if (!wait->no_history &&
		(ended || wait->at - wait->since >= SILENCE || final_state(wait)))
		read_history(wait, since - USECS_PER_MINUTE);
	if (final_state(wait) != NULL)
		return;
	if (wait->sync.found)
	{
		decide_by_history(wait);
		return;
	}
	lags = by_their_clock(wait, wait->at) - wait->ended > MAX_LAG;
	if (ended && (wait->no_history || lags))
		decide_by_timestamps(
			wait, wait->ended != wait->idle_ended &&
						  wait->ended > by_their_clock(wait, wait->idle_at) -
											CLOCK_ERROR ?
					  "timestamps" :
					  "assumed");
	else if (!ended && wait->at - wait->since >= MAX_START &&
			 status_is(wait, FTX_STATUS_SYNC_STATE, "scheduled"))
		decide(wait, "not_started", "clock");
}

static void
judge(Wait *wait)
{
	if (wait->status.syncing != FTX_SYNCING_NO)
		return;
	if (wait->has_since)
		judge_since(wait);
	else if (final_state(wait) == NULL)
		judge_last(wait);
	if (!wait->decided && final_state(wait) != NULL)
	{
		set_text(wait, OUTCOME_REASON, wait->reason);
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
next_pause(const Wait *wait, int64 waited)
{
	int64 first = Min(5 * wait->session->options.retry_delay, 5000);

	return Min(Max(Max(waited / 10, first), MIN_PAUSE), MAX_PAUSE);
}

/*
 * The moment to wait from; the API keeps seven days of history.
 */
static void
take_since(Wait *wait, int argno)
{
	TimestampTz now = GetCurrentTimestamp();

	wait->has_since = !wait->fcinfo->args[argno].isnull;
	if (!wait->has_since)
		return;
	wait->since = DatumGetTimestampTz(wait->fcinfo->args[argno].value);
	if (TIMESTAMP_NOT_FINITE(wait->since) ||
		wait->since > now + USECS_PER_MINUTE ||
		wait->since < now - 7 * USECS_PER_DAY)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("since must lie within the last seven days"),
						errdetail("The sync history reaches no further.")));
}

static Datum
wait_row(Wait *wait)
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
	TimestampTz start = GetCurrentTimestamp();
	MemoryContext once;
	Wait wait = {.fcinfo = fcinfo,
				 .cxt = CurrentMemoryContext,
				 .reason_start = DT_NOBEGIN};

	(void) ftx_func_path(fcinfo, FUNCTION); /* checks the connector's id */
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
		int64 waited = TimestampDifferenceMilliseconds(start,
													   GetCurrentTimestamp());
		bool last = limit >= 0 && waited >= limit;
		int64 pause;

		MemoryContextReset(once);
		MemoryContextSwitchTo(once);
		if (look(&wait, last))
			judge(&wait);
		MemoryContextSwitchTo(wait.cxt);
		if (!wait.decided && last)
			decide(&wait, "running", "clock");
		if (wait.decided)
			return wait_row(&wait);
		pause = next_pause(&wait, waited);
		ftx_sync_pause(limit >= 0 ? Max(Min(pause, limit - waited), 0) : pause);
	}
}
