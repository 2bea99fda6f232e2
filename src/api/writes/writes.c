/*-------------------------------------------------------------------------
 *
 * writes.c
 *		Requests that change the account, sent and awaited.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/answer.h"
#include "api/calls/memo.h"
#include "api/calls/open_lists.h"
#include "api/calls/reserve.h"
#include "api/calls/statement.h"
#include "api/writes/belts.h"
#include "api/writes/changes.h"
#include "api/writes/write_log.h"
#include "api/writes/write_set.h"
#include "api/writes/writes.h"
#include "base/compat.h"
#include "base/method.h"
#include "base/owner.h"
#include "net/request.h"
#include "utils/memutils.h"

/* ---------- the queue ---------- */

FtxWrites *
ftx_writes_create(FtxSession *session, bool dry_run, FtxStats *stats)
{
	FtxWrites *writes = palloc0(sizeof(FtxWrites));

	writes->session = session;
	writes->statement = ftx_statement_pin(CurrentMemoryContext);
	writes->stats = stats;
	writes->dry_run = dry_run;
	writes->cxt = CurrentMemoryContext;
	writes->queue_cxt = AllocSetContextCreate(writes->cxt, "fivetrex writes",
											  ALLOCSET_DEFAULT_SIZES);
	writes->flights = palloc(sizeof(FtxFlight) *
							 session->options.max_concurrency);
	ftx_at_reset(writes->cxt, ftx_writes_end, writes);
	return writes;
}

bool
ftx_writes_dry_run(const FtxWrites *writes)
{
	return writes->dry_run || ftx_dry_run(writes->session);
}

void
ftx_writes_add(FtxWrites *writes, const FtxCallSpec *spec)
{
	MemoryContext old = MemoryContextSwitchTo(writes->queue_cxt);
	FtxCallSpec *copy;

	if (writes->queue == NULL || writes->queued == writes->size)
	{
		writes->size = Max(64, writes->size * 2);
		writes->queue = writes->queue == NULL ?
							palloc(sizeof(FtxCallSpec) * writes->size) :
							repalloc_huge(writes->queue,
										  sizeof(FtxCallSpec) * writes->size);
	}
	copy = &writes->queue[writes->queued];
	*copy = *spec;
	copy->path = pstrdup(spec->path);
	copy->body = spec->body ? pstrdup(spec->body) : NULL;
	if (spec->expected.id != NULL)
		copy->expected.id = pstrdup(spec->expected.id);
	writes->queued++;
	ftx_writes_count_added(writes, copy);
	MemoryContextSwitchTo(old);
}

int
ftx_writes_queued(const FtxWrites *writes)
{
	return writes->queued;
}

static void
empty_queue(FtxWrites *writes)
{
	writes->base += writes->queued;
	writes->queued = 0;
	writes->size = 0;
	writes->next = 0;
	writes->queue = NULL;
	MemoryContextReset(writes->queue_cxt);
}

/*
 * In a dry run: what would be sent.
 */
static void
show_queue(FtxWrites *writes)
{
	for (int i = 0; i < writes->queued; i++)
	{
		ftx_writes_count_passed(writes, &writes->queue[i], true);
		ftx_dry_run_notice(&writes->queue[i]);
	}
	empty_queue(writes);
}

/* ---------- sending ---------- */

static bool
any_left(const FtxStatement *statement)
{
	return statement->done + statement->refused + statement->unknown +
			   statement->in_flight >
		   0;
}

/*
 * Give the message that is under way the line.
 */
static void
add_line(const FtxStatement *statement)
{
	MemoryContext old;
	ErrorData *error;

	errcontext("%s", ftx_changes_line(statement));
	old = MemoryContextSwitchTo(TopTransactionContext);
	error = CopyErrorData();
	ftx_changes_told(statement, error);
	FreeErrorData(error);
	MemoryContextSwitchTo(old);
}

/*
 * The line is there once, from the innermost place, and if anything has left.
 */
static void
add_context(void *arg)
{
	const FtxWritesContext *context = arg;
	FtxStatement *statement = context->writes->statement;
	const ErrorContextCallback *callback = error_context_stack;

	while (callback != &context->callback)
	{
		if (callback->callback == add_context)
			return;
		callback = callback->previous;
	}
	if (context->writes->silent)
		return;
	ftx_flights_count(context->writes);
	if (any_left(statement))
		add_line(statement);
}

void
ftx_writes_enter(FtxWrites *writes, FtxWritesContext *context)
{
	context->writes = writes;
	context->callback.callback = add_context;
	context->callback.arg = context;
	context->callback.previous = error_context_stack;
	error_context_stack = &context->callback;
}

void
ftx_writes_leave(FtxWritesContext *context)
{
	error_context_stack = context->callback.previous;
}

/*
 * Hand the next write of the queue to the network.  If that fails it has not
 * left, and stays in the queue as one that is not sent.
 */
static void
start_next(FtxWrites *writes)
{
	FtxFlight *flight = &writes->flights[writes->nflights];
	const FtxCallSpec *spec = &writes->queue[writes->next];

	flight->index = writes->next;
	flight->standing = FTX_MAY_HAVE_RUN;
	flight->log = ftx_write_log_begin(writes->session, spec);
	ftx_change_begin(&flight->change, writes->statement, spec->method,
					 spec->path);
	PG_TRY();
	{
		flight->call = ftx_call_start(writes->session, spec, writes->stats,
									  NULL, writes->cxt);
	}
	PG_CATCH();
	{
		ftx_change_end(&flight->change, FTX_NOT_DONE);
		PG_RE_THROW();
	}
	PG_END_TRY();
	writes->next++;
	writes->nflights++;
	writes->statement->in_flight++;
	ftx_writes_count_passed(writes, spec, false);
}

static bool
write_succeeded(const FtxCallSpec *spec, FtxCall *call)
{
	FtxProblem problem = ftx_call_answer(call)->problem;

	return problem == FTX_PROBLEM_NONE ||
		   (spec->method == FTX_DELETE &&
			problem == FTX_PROBLEM_OBJECT_MISSING);
}

/*
 * A flight that has ended, by its index; -1: none.  Failures come first, so
 * that nothing leaves any more once one has arrived.
 */
static int
ended_flight(const FtxWrites *writes)
{
	int ended = -1;

	for (int i = 0; i < writes->nflights; i++)
	{
		const FtxFlight *flight = &writes->flights[i];

		if (!ftx_call_done(flight->call))
			continue;
		ended = i;
		if (!write_succeeded(&writes->queue[flight->index], flight->call))
			break;
	}
	return ended;
}

/*
 * Take a flight that has ended off the list; waits until there is one.
 */
static FtxFlight
land(FtxWrites *writes)
{
	FtxFlight flight;
	volatile int ended = -1;

	PG_TRY();
	{
		while ((ended = ended_flight(writes)) < 0)
			ftx_call_wait_any(writes->session, writes->stats);
	}
	PG_CATCH();
	{
		ftx_flights_give_up(writes);
		PG_RE_THROW();
	}
	PG_END_TRY();
	ftx_flight_count(writes->statement, &writes->flights[ended],
					 FTX_MAY_HAVE_RUN);
	flight = writes->flights[ended];
	writes->flights[ended] = writes->flights[--writes->nflights];
	writes->statement->in_flight--;
	return flight;
}

/* A flight that has ended, and who is told of its answer; NULL: nobody. */
typedef struct Landing
{
	FtxFlight flight;
	FtxWriteAnswered answered;
	void *arg;
} Landing;

/*
 * Take what a flight brought: count it and hand it on.
 */
static void
take_in(FtxWrites *writes, Landing *landing)
{
	FtxFlight *flight = &landing->flight;

	ftx_flight_book(writes, flight, true);
	if (landing->answered != NULL)
		landing->answered(landing->arg, writes->base + flight->index,
						  &writes->queue[flight->index], flight->call);
	ftx_call_free(flight->call);
}

/*
 * Take in a flight that has ended, or start the next write (NULL).  What is
 * wrong with it, or with what the callback makes of an answer, must not abandon
 * the other flights: the error is returned, to be raised when they have landed.
 * Only a cancel does not wait for that.
 */
static ErrorData *
go_on(FtxWrites *writes, Landing *landing)
{
	MemoryContext old = CurrentMemoryContext;
	ErrorData *volatile error = NULL;

	writes->silent = true;
	PG_TRY();
	{
		if (landing != NULL)
			take_in(writes, landing);
		else
			start_next(writes);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(old);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	writes->silent = false;
	return error;
}

/*
 * What ends the statement does not wait for flights.
 */
static bool
is_cancel(const ErrorData *error)
{
	return error != NULL && error->sqlerrcode == ERRCODE_QUERY_CANCELED;
}

/*
 * Raise an error that was held, with the line that its context lacks.
 */
ftx_noreturn static void
raise_held(FtxWrites *writes, ErrorData *error)
{
	char *line;

	ftx_flights_give_up(writes);
	if (!any_left(writes->statement))
		ReThrowError(error);
	line = ftx_changes_line(writes->statement);
	error->context = error->context == NULL ?
						 line :
						 psprintf("%s\n%s", error->context, line);
	ftx_changes_told(writes->statement, error);
	ReThrowError(error);
}

static void
send_all(FtxWrites *writes, FtxWriteAnswered answered, void *arg)
{
	FtxCall *failed = NULL;	 /* the first one that did */
	ErrorData *error = NULL; /* or the first error of one that did not */

	while (writes->nflights > 0 ||
		   (failed == NULL && error == NULL && writes->next < writes->queued))
	{
		Landing landing = {.answered = answered, .arg = arg};
		FtxFlight *flight = &landing.flight;

		while (failed == NULL && error == NULL &&
			   writes->next < writes->queued &&
			   writes->nflights < writes->session->options.max_concurrency)
			error = go_on(writes, NULL);
		if (writes->nflights == 0 || is_cancel(error))
			break;
		*flight = land(writes);
		if (!write_succeeded(&writes->queue[flight->index], flight->call))
		{
			ftx_flight_book(writes, flight, false);
			if (failed == NULL && error == NULL)
				failed = flight->call;
		}
		else if (failed != NULL || error != NULL)
		{
			landing.answered = NULL;
			(void) go_on(writes, &landing);
		}
		else
		{
			error = go_on(writes, &landing);
			if (is_cancel(error))
				break;
		}
	}
	if (error != NULL)
		raise_held(writes, error);
	if (failed != NULL)
		ftx_call_raise(failed);
}

/*
 * The last moment before writes leave: nothing of these was sent if it throws.
 */
static void
prepare(FtxWrites *writes)
{
	ftx_belts_check_calls(writes->statement, writes->queued);
	ftx_reserve_check(writes->session, writes->queued);
	ftx_changes_warn();
	ftx_open_lists_finish(writes->session->serverid);
	ftx_memo_forget_all();
}

void
ftx_writes_check(FtxWrites *writes)
{
	FtxWritesContext context;

	ftx_writes_enter(writes, &context);
	ftx_belts_check(writes->statement, false);
	ftx_writes_leave(&context);
}

void
ftx_writes_send(FtxWrites *writes, FtxWriteAnswered answered, void *arg)
{
	FtxWritesContext context;

	if (writes->queued == 0)
		return;
	ftx_writes_enter(writes, &context);
	ftx_belts_check(writes->statement, true);
	if (ftx_writes_dry_run(writes))
	{
		ftx_writes_leave(&context);
		show_queue(writes);
		return;
	}
	prepare(writes);
	send_all(writes, answered, arg);
	empty_queue(writes);
	ftx_writes_leave(&context);
}

FtxCall *
ftx_write_send(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats)
{
	FtxWrites *writes = ftx_writes_create(session, false, stats);
	FtxWritesContext context;
	FtxFlight flight;
	bool success;

	ftx_writes_add(writes, spec);
	ftx_writes_enter(writes, &context);
	ftx_belts_check(writes->statement, true);
	if (ftx_writes_dry_run(writes))
	{
		ftx_writes_leave(&context);
		ftx_writes_count_passed(writes, spec, true);
		empty_queue(writes);
		return NULL;
	}
	prepare(writes);
	start_next(writes);
	flight = land(writes);
	success = ftx_call_succeeded(flight.call);
	ftx_flight_book(writes, &flight, success);
	if (!success)
		ftx_call_raise(flight.call);
	empty_queue(writes);
	ftx_writes_leave(&context);
	return flight.call;
}
