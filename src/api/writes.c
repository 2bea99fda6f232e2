/*-------------------------------------------------------------------------
 *
 * writes.c
 *		Requests that change the account: guards, order, honest errors.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "api/memo.h"
#include "api/readers.h"
#include "api/writes.h"
#include "base/guc.h"
#include "json/mask.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* ---------- guards ---------- */

void
ftx_write_check(FtxSession *session, const char *what)
{
	PreventCommandIfReadOnly(what);
	if (session->options.read_only)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("server \"%s\" allows reading only",
							   session->servername),
						errhint("Its option access is 'read_only'.")));
}

/* What one run of the executor deletes, in all its parts. */
typedef struct Deletes
{
	dlist_node node;
	MemoryContextCallback callback;
	MemoryContext statement;
	int64 count;   /* named so far */
	int64 allowed; /* of them, what was or is being sent */
} Deletes;

static dlist_head all_deletes = DLIST_STATIC_INIT(all_deletes);

static void
forget_deletes(void *arg)
{
	dlist_delete(&((Deletes *) arg)->node);
}

static Deletes *
deletes_of(MemoryContext statement)
{
	Deletes *deletes;
	dlist_iter iter;

	dlist_foreach (iter, &all_deletes)
	{
		deletes = dlist_container(Deletes, node, iter.cur);
		if (deletes->statement == statement)
			return deletes;
	}
	deletes = MemoryContextAllocZero(statement, sizeof(Deletes));
	deletes->statement = statement;
	deletes->callback.func = forget_deletes;
	deletes->callback.arg = deletes;
	MemoryContextRegisterResetCallback(statement, &deletes->callback);
	dlist_push_tail(&all_deletes, &deletes->node);
	return deletes;
}

void
ftx_write_count_deletes(MemoryContext statement, int64 n)
{
	deletes_of(statement)->count += n;
}

void
ftx_write_check_deletes(MemoryContext statement)
{
	Deletes *deletes = deletes_of(statement);
	int64 n = deletes->count;
	int64 before = deletes->allowed;

	if (n <= ftx_guc_max_deletes)
	{
		deletes->allowed = n;
		return;
	}
	deletes->count = before;
	ereport(
		ERROR,
		(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
		 errmsg("fivetrex.max_deletes does not allow this"),
		 before == 0 ?
			 errdetail_plural("The statement deletes " INT64_FORMAT
							  " object, the setting allows %d. Nothing was "
							  "sent.",
							  "The statement deletes " INT64_FORMAT
							  " objects, the setting allows %d. Nothing was "
							  "sent.",
							  (unsigned long) n, n, ftx_guc_max_deletes) :
			 errdetail(
				 "The statement deletes " INT64_FORMAT
				 " objects, the setting allows %d. It has deleted " INT64_FORMAT
				 " of them already; of the others nothing was sent.",
				 n, ftx_guc_max_deletes, before),
		 errhint("SET fivetrex.max_deletes = " INT64_FORMAT
				 " allows it. A deleted object cannot be brought back.",
				 n)));
}

static void
warn_of_transaction(void)
{
	static TimestampTz warned = 0;

	if (!IsTransactionBlock() ||
		warned == GetCurrentTransactionStartTimestamp())
		return;
	warned = GetCurrentTransactionStartTimestamp();
	ereport(
		WARNING,
		(errmsg("changes made through the Fivetran API cannot be rolled back"),
		 errdetail("They stay even if this transaction is aborted.")));
}

void
ftx_write_prepare(FtxSession *session)
{
	warn_of_transaction();
	ftx_readers_finish(session->serverid);
	ftx_memo_forget_all();
}

char *
ftx_write_dry_run(const FtxCallSpec *spec)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json,
					 "{\"dry_run\": true, \"method\": \"%s\", \"path\": ",
					 ftx_method_name(spec->method));
	escape_json(&json, spec->path);
	appendStringInfo(&json, ", \"body\": %s}",
					 spec->body ? ftx_body_masked(spec->body) : "null");
	return json.data;
}

/* ---------- sets of writes ---------- */

typedef struct Flight
{
	int index;
	FtxCall *call;
} Flight;

struct FtxWrites
{
	FtxSession *session;
	FtxStats *stats;
	MemoryContext cxt;		 /* of the set */
	MemoryContext queue_cxt; /* of the writes not sent */
	FtxCallSpec *queue;
	int queued;
	int size;

	/* of all that was ever added */
	int base;	   /* index of queue[0] */
	int64 done;	   /* succeeded */
	int64 refused; /* failed, and certainly not executed */
	int64 unknown; /* sent, but the answer was lost */
	int next;	   /* of the queue, to be sent */
	Flight *flights;
	int nflights;
};

FtxWrites *
ftx_writes_create(FtxSession *session, FtxStats *stats)
{
	FtxWrites *writes = palloc0(sizeof(FtxWrites));

	writes->session = session;
	writes->stats = stats;
	writes->cxt = CurrentMemoryContext;
	writes->queue_cxt = AllocSetContextCreate(writes->cxt, "fivetrex writes",
											  ALLOCSET_DEFAULT_SIZES);
	writes->flights = palloc(sizeof(Flight) * session->options.max_concurrency);
	return writes;
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
	copy = &writes->queue[writes->queued++];
	*copy = *spec;
	copy->path = pstrdup(spec->path);
	copy->body = spec->body ? pstrdup(spec->body) : NULL;
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

static void
check_calls(FtxWrites *writes)
{
	FtxBudget *budget = ftx_session_budget(writes->session);

	if (budget->max_calls > 0 &&
		budget->calls + writes->queued > budget->max_calls)
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("fivetrex.max_calls does not allow this"),
			 errdetail(
				 "The statement made " INT64_FORMAT
				 " API calls and would now send %d writes; the setting allows " INT64_FORMAT
				 ". None of these was sent.",
				 budget->calls, writes->queued, budget->max_calls),
			 errhint("Restrict the statement or raise fivetrex.max_calls.")));
}

static void
show_queue(FtxWrites *writes)
{
	for (int i = 0; i < writes->queued; i++)
	{
		const FtxCallSpec *spec = &writes->queue[i];

		ereport(NOTICE,
				(errmsg("dry run: %s %s%s%s", ftx_method_name(spec->method),
						spec->path, spec->body ? " " : "",
						spec->body ? ftx_body_masked(spec->body) : "")));
	}
}

static void
add_progress_context(void *arg)
{
	FtxWrites *writes = arg;

	errcontext("Fivetran API writes: " INT64_FORMAT " done, " INT64_FORMAT
			   " in flight (outcome unknown), " INT64_FORMAT
			   " refused, %d not sent",
			   writes->done, writes->unknown + writes->nflights,
			   writes->refused, writes->queued - writes->next);
}

static void
start_next(FtxWrites *writes)
{
	Flight *flight = &writes->flights[writes->nflights];

	flight->index = writes->next;
	flight->call = ftx_call_start(writes->session, &writes->queue[writes->next],
								  writes->stats, NULL, writes->cxt);
	writes->next++;
	writes->nflights++;
}

static bool
succeeded(const FtxCallSpec *spec, const FtxCall *call)
{
	return ftx_call_succeeded(call) ||
		   (spec->method == FTX_DELETE && ftx_call_object_missing(call));
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
		const Flight *flight = &writes->flights[i];

		if (!ftx_call_done(flight->call))
			continue;
		ended = i;
		if (!succeeded(&writes->queue[flight->index], flight->call))
			break;
	}
	return ended;
}

/*
 * Take a flight that has ended off the list; waits until there is one.
 */
static Flight
land(FtxWrites *writes)
{
	Flight flight;
	int ended;

	while ((ended = ended_flight(writes)) < 0)
		ftx_call_wait_any(writes->session, writes->stats);
	flight = writes->flights[ended];
	writes->flights[ended] = writes->flights[--writes->nflights];
	ftx_call_wait(flight.call); /* books its figures */
	return flight;
}

static void
count_failure(FtxWrites *writes, const FtxCall *call)
{
	if (ftx_call_outcome_unknown(call))
		writes->unknown++;
	else
		writes->refused++;
}

/*
 * A status of success is not enough: somebody else may have answered, who
 * has not made the change.
 */
static void
check_answer(FtxCall *call)
{
	FtxPage page = {0};

	if (ftx_call_succeeded(call) && ftx_call_body(call).len > 0)
		ftx_call_decode(call, FTX_SHAPE_MESSAGE, NULL, &page);
}

static void
send_all(FtxWrites *writes, FtxWriteAnswered answered, void *arg)
{
	FtxCall *failed = NULL;

	while (writes->nflights > 0 ||
		   (failed == NULL && writes->next < writes->queued))
	{
		Flight flight;

		while (failed == NULL && writes->next < writes->queued &&
			   writes->nflights < writes->session->options.max_concurrency)
			start_next(writes);
		flight = land(writes);
		if (succeeded(&writes->queue[flight.index], flight.call))
		{
			writes->unknown++;
			check_answer(flight.call);
			writes->unknown--;
			writes->done++;
			if (answered != NULL)
				answered(arg, writes->base + flight.index,
						 &writes->queue[flight.index], flight.call);
			ftx_call_free(flight.call);
			continue;
		}
		count_failure(writes, flight.call);
		if (failed == NULL)
			failed = flight.call;
	}
	if (failed != NULL)
		ftx_call_raise(failed);
}

FtxCall *
ftx_write_send(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats)
{
	FtxWrites writes = {.session = session, .queued = 1};
	ErrorContextCallback callback;
	FtxCall *call;

	callback.callback = add_progress_context;
	callback.arg = &writes;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	ftx_write_prepare(session);
	call = ftx_call_start(session, spec, stats, NULL, CurrentMemoryContext);
	writes.next = 1;
	writes.nflights = 1;
	ftx_call_wait(call);
	writes.nflights = 0;
	if (!ftx_call_succeeded(call))
	{
		count_failure(&writes, call);
		ftx_call_raise(call);
	}
	error_context_stack = callback.previous;
	return call;
}

void
ftx_writes_send(FtxWrites *writes, FtxWriteAnswered answered, void *arg)
{
	ErrorContextCallback callback;

	if (writes->queued == 0)
		return;
	if (ftx_guc_dry_run)
	{
		show_queue(writes);
		empty_queue(writes);
		return;
	}
	callback.callback = add_progress_context;
	callback.arg = writes;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	ftx_write_prepare(writes->session);
	check_calls(writes);
	send_all(writes, answered, arg);
	empty_queue(writes);
	error_context_stack = callback.previous;
}
