/*-------------------------------------------------------------------------
 *
 * wait_calls.c
 *		What fivetrex_wait() asks: the connector and its sync history.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "api/calls/answer.h"
#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/page.h"
#include "api/calls/stats.h"
#include "base/method.h"
#include "catalog/pg_type.h"
#include "catalogue/actions.h"
#include "catalogue/catalogue.h"
#include "func/func.h"
#include "func/sync.h"
#include "func/wait.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "net/engine.h"
#include "read/converter.h"
#include "read/path.h"
#include "read/period.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

TimestampTz
ftx_wait_their_clock(const FtxWait *wait, TimestampTz ours)
{
	return ours + ftx_engine_tally(wait->session->engine)->clock_skew;
}

int64
ftx_wait_clock_error(const FtxWait *wait)
{
	return Max(ftx_engine_tally(wait->session->engine)->clock_error,
			   FTX_CLOCK_ERROR);
}

TimestampTz
ftx_wait_since_least(const FtxWait *wait)
{
	return ftx_wait_their_clock(wait, wait->since) - ftx_wait_clock_error(wait);
}

TimestampTz
ftx_wait_since_most(const FtxWait *wait)
{
	return ftx_wait_their_clock(wait, wait->since) + ftx_wait_clock_error(wait);
}

TimestampTz
ftx_wait_status_time(const FtxSyncStatus *status, int column)
{
	return status->nulls[column] ? DT_NOBEGIN :
								   DatumGetTimestampTz(status->values[column]);
}

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

int64
ftx_wait_passed(const FtxWait *wait)
{
	instr_time passed;

	INSTR_TIME_SET_CURRENT(passed);
	INSTR_TIME_SUBTRACT(passed, wait->start);
	return (int64) INSTR_TIME_GET_MILLISEC(passed);
}

/* Ms until the timeout; -1: there is none. */
static int64
time_left(const FtxWait *wait)
{
	if (wait->limit < 0)
		return -1;
	return Max(wait->limit - ftx_wait_passed(wait), 0);
}

/*
 * When one of the clocks was set since the last look, more than either is known
 * to be off, it was ours: what was noted by it moves along, so that it stays
 * the same moment by Fivetran's.
 */
static void
follow_clock(FtxWait *wait)
{
	const FtxTally *tally = ftx_engine_tally(wait->session->engine);
	int64 step = wait->clock_skew - tally->clock_skew;
	int64 doubt = Max(wait->clock_error + tally->clock_error, USECS_PER_SEC);

	if (wait->clock_known && (step > doubt || step < -doubt))
	{
		wait->since += step;
		wait->idle_at += step;
		if (wait->unread_since != DT_NOBEGIN)
			wait->unread_since += step;
	}
	wait->clock_known = tally->date_seen != 0;
	wait->clock_skew = tally->clock_skew;
	wait->clock_error = tally->clock_error;
}

bool
ftx_wait_look(FtxWait *wait, bool last)
{
	TimestampTz at = GetCurrentTimestamp();
	FtxCall *call = ftx_sync_start(wait->fcinfo, FTX_WAIT_FUNCTION,
								   wait->session, time_left(wait));
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
	ftx_sync_read(wait->fcinfo, FTX_WAIT_FUNCTION, call, &wait->status);
	MemoryContextSwitchTo(old);
	ftx_call_free(call);

	follow_clock(wait);
	wait->at = at;
	wait->ended = Max(
		ftx_wait_status_time(&wait->status, FTX_STATUS_SUCCEEDED_AT),
		ftx_wait_status_time(&wait->status, FTX_STATUS_FAILED_AT));
	wait->looked = true;
	if (!wait->first_seen && (!wait->has_since || at >= wait->since))
	{
		wait->first_seen = true;
		wait->first_syncing = wait->status.syncing == FTX_SYNCING_YES;
		wait->first_ended = wait->ended;
	}

	/* that one has ended and another begun between two looks will do, too */
	if (!wait->idle && wait->first_seen &&
		(wait->status.syncing == FTX_SYNCING_NO ||
		 wait->ended != wait->first_ended))
	{
		wait->idle = true;
		wait->idle_at = at;
		wait->idle_ended = wait->ended;
	}
	return true;
}

static bool
has_status(const FtxWaitSync *sync, const char *status)
{
	return !sync->nulls[FTX_WAIT_SYNC_STATUS] &&
		   strcmp(TextDatumGetCString(sync->values[FTX_WAIT_SYNC_STATUS]),
				  status) == 0;
}

/*
 * Can a sync that started so close to `since` that the clocks do not tell which
 * came first be taken for a later one?  Not if it may have ended before.  One
 * that ended certainly later had not; else Fivetran's own moments tell: it
 * started after the last end that was known when we first looked.  A sync that
 * leaves no such moment, as it was cancelled, may be the one that ran then.
 */
static bool
was_open(const FtxWait *wait, FtxWaitSync *sync)
{
	TimestampTz start = DatumGetTimestampTz(sync->values[FTX_WAIT_SYNC_START]);

	if (DatumGetTimestampTz(sync->values[FTX_WAIT_SYNC_END]) >=
		ftx_wait_since_most(wait))
		return true;
	if (!wait->first_seen || start <= wait->first_ended)
		return false;
	if (has_status(sync, "COMPLETED") || has_status(sync, "FAILURE"))
		return true;
	sync->by_look = true;
	return wait->first_syncing;
}

static void
keep_sync(FtxWait *wait, FtxWaitSync *kept, const FtxWaitSync *sync)
{
	MemoryContext old = MemoryContextSwitchTo(wait->cxt);

	*kept = *sync;
	kept->found = true;
	for (int i = 0; i < FTX_WAIT_SYNC_COLUMNS; i++)
	{
		if (i != FTX_WAIT_SYNC_START && i != FTX_WAIT_SYNC_END &&
			!sync->nulls[i])
			kept->values[i] = CStringGetTextDatum(
				TextDatumGetCString(sync->values[i]));
	}
	MemoryContextSwitchTo(old);
}

static int64
distance(TimestampTz a, TimestampTz b)
{
	return a > b ? a - b : b - a;
}

/*
 * Note what a sync tells that ended and does not count, as it began before
 * `since` or may have.  The two moments of one end come from different places;
 * that of the end before is nearer to another sync.
 */
static void
note_older(FtxWait *wait, const FtxWaitSync *sync)
{
	TimestampTz start = DatumGetTimestampTz(sync->values[FTX_WAIT_SYNC_START]);
	TimestampTz end = DatumGetTimestampTz(sync->values[FTX_WAIT_SYNC_END]);

	if (wait->ended != DT_NOBEGIN &&
		distance(end, wait->ended) <= FTX_WAIT_MAX_LAG &&
		(wait->ended == wait->first_ended || wait->first_ended == DT_NOBEGIN ||
		 distance(end, wait->ended) < distance(end, wait->first_ended)))
		wait->older_end = wait->ended;
	if (start >= ftx_wait_since_least(wait) &&
		(!wait->doubtful.found ||
		 start >
			 DatumGetTimestampTz(wait->doubtful.values[FTX_WAIT_SYNC_START])))
		keep_sync(wait, &wait->doubtful, sync);
}

/*
 * Does this sync of the history count, rather than the one found so far?
 */
static bool
counts(FtxWait *wait, FtxWaitSync *sync)
{
	TimestampTz start = DatumGetTimestampTz(sync->values[FTX_WAIT_SYNC_START]);
	TimestampTz found;

	/* of one without a status nobody knows how it ended */
	if (sync->nulls[FTX_WAIT_SYNC_END] || sync->nulls[FTX_WAIT_SYNC_STATUS])
		return false;
	if (!wait->has_since)
		return !wait->sync.found ||
			   start >
				   DatumGetTimestampTz(wait->sync.values[FTX_WAIT_SYNC_START]);
	/*
	 * a rescheduled one goes on, or is posted again; nothing begins in future
	 */
	if (has_status(sync, "RESCHEDULED") ||
		start > ftx_wait_their_clock(wait, GetCurrentTimestamp()) +
					ftx_wait_clock_error(wait))
		return false;
	if (start < ftx_wait_since_least(wait) ||
		(start < ftx_wait_since_most(wait) && !was_open(wait, sync)))
	{
		note_older(wait, sync);
		return false;
	}
	if (!wait->sync.found)
		return true;
	found = DatumGetTimestampTz(wait->sync.values[FTX_WAIT_SYNC_START]);

	/* the one that ran at the first look is the last of those that may be it */
	if (wait->sync.by_look)
		return start > found;
	return !sync->by_look && start < found;
}

static FtxConverter *
history_converter(const FtxResource *history)
{
	static const char *const columns[] = {"sync_id", "status", "start", "end",
										  "reason"};
	TupleDesc tupdesc = CreateTemplateTupleDesc(FTX_WAIT_SYNC_COLUMNS);

	for (int i = 0; i < FTX_WAIT_SYNC_COLUMNS; i++)
		TupleDescInitEntry(tupdesc, (AttrNumber) (i + 1), columns[i],
						   i == FTX_WAIT_SYNC_START || i == FTX_WAIT_SYNC_END ?
							   TIMESTAMPTZOID :
							   TEXTOID,
						   -1, 0);
	return ftx_converter_of_function(FTX_WAIT_FUNCTION, BlessTupleDesc(tupdesc),
									 history, columns);
}

/*
 * Take in a page of the history.
 */
static void
take_page(FtxWait *wait, FtxConverter *converter, FtxPage *page)
{
	for (int i = 0; i < page->nitems; i++)
	{
		FtxWaitSync sync = {0};
		TimestampTz start;

		ftx_converter_fill(converter, ftx_page_value(page, i, 0), false,
						   sync.values, sync.nulls);
		if (sync.nulls[FTX_WAIT_SYNC_START])
			continue;
		start = DatumGetTimestampTz(sync.values[FTX_WAIT_SYNC_START]);
		if (counts(wait, &sync))
			keep_sync(wait, &wait->sync, &sync);
		if (!sync.nulls[FTX_WAIT_SYNC_REASON] && start >= wait->reason_start &&
			(!wait->has_since || start >= ftx_wait_since_least(wait)))
		{
			wait->reason_start = start;
			wait->reason = MemoryContextStrdup(
				wait->cxt,
				TextDatumGetCString(sync.values[FTX_WAIT_SYNC_REASON]));
		}
	}
}

/*
 * The path of a page of what happened from a time on; NULL: nothing did.
 */
static char *
history_path(const FtxWait *wait, const FtxResource *history, TimestampTz from,
			 const char *cursor)
{
	StringInfoData path;

	initStringInfo(&path);
	appendStringInfoString(
		&path,
		ftx_func_fill_path(wait->fcinfo, FTX_WAIT_FUNCTION, history->list));
	appendStringInfoString(&path, "?limit=1000");
	if (!ftx_period_params(history, from, DT_NOEND,
						   ftx_wait_their_clock(wait, GetCurrentTimestamp()),
						   &path))
		return NULL;
	if (cursor != NULL)
		ftx_path_add_param(&path, "cursor", cursor);
	return path.data;
}

/*
 * A page was not told: it may be at the next look, or no account tells it.  All
 * else is raised.
 */
static void
accept_unread(FtxWait *wait, FtxCall *call)
{
	const FtxAnswer *answer = ftx_call_answer(call);

	if (answer->problem == FTX_PROBLEM_ROUTE_MISSING || answer->status == 405)
		wait->no_history = true;
	else if (!is_passing(call))
		ftx_call_raise(call);
	else if (wait->unread_since == DT_NOBEGIN)
		wait->unread_since = GetCurrentTimestamp();
}

void
ftx_wait_read_history(FtxWait *wait, TimestampTz from)
{
	const FtxResource *history = ftx_handwritten_find(FTX_WAIT_FUNCTION)
									 ->history;
	FtxConverter *converter = history_converter(history);
	FtxWanted wanted = {.shape = FTX_SHAPE_LIST,
						.projection = ftx_converter_projection(converter)};
	List *cursors = NIL;
	String *cursor = NULL;

	do
	{
		FtxStats stats = {0};
		FtxCallSpec spec = {.method = FTX_GET,
							.repeat_safe = true,
							.page = true,
							.hurried = wait->limit >= 0,
							.time_left = time_left(wait)};
		FtxPage page = {0};
		FtxCall *call;
		char *next;

		spec.path = history_path(wait, history, from,
								 cursor != NULL ? strVal(cursor) : NULL);
		if (spec.path == NULL)
			return;
		call = ftx_call_start(wait->session, &spec, &stats, NULL,
							  CurrentMemoryContext);
		if (!ftx_call_succeeded(call))
		{
			accept_unread(wait, call);
			return;
		}
		ftx_call_decode(call, &wanted, &page);
		take_page(wait, converter, &page);
		next = page.nitems > 0 ? ftx_call_next_cursor(call, &page) : NULL;
		cursor = next != NULL ? makeString(next) : NULL;
		/* the list would go round for ever */
		if (cursor != NULL && list_member(cursors, cursor))
			ftx_call_complain(call, "Its \"next_cursor\" was there before.");
		cursors = lappend(cursors, cursor);
		ftx_call_free(call);
		CHECK_FOR_INTERRUPTS();
	} while (cursor != NULL);
	wait->unread_since = DT_NOBEGIN;
}
