/*-------------------------------------------------------------------------
 *
 * write_set.c
 *		What the statement counts of a set of writes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/answer.h"
#include "api/writes/write_log.h"
#include "api/writes/write_set.h"
#include "base/method.h"

/*
 * Objects that a write deletes; 0 if it creates or changes.
 */
static int64
deletes(const FtxCallSpec *spec)
{
	return spec->method == FTX_DELETE ? Max(spec->deletes, 1) : spec->deletes;
}

/*
 * Count writes as waiting, or no longer so.
 */
static void
count_waiting(FtxWrites *writes, int64 n, int64 changes, int64 n_deletes)
{
	FtxStatement *statement = writes->statement;

	writes->not_sent += n;
	writes->changes_waiting += changes;
	writes->deletes_waiting += n_deletes;
	statement->not_sent += n;
	statement->changes.waiting += changes;
	statement->deletes.waiting += n_deletes;
}

void
ftx_writes_count_added(FtxWrites *writes, const FtxCallSpec *spec)
{
	count_waiting(writes, 1, deletes(spec) == 0, deletes(spec));
}

void
ftx_writes_count_passed(FtxWrites *writes, const FtxCallSpec *spec, bool shown)
{
	FtxBelt *belt = deletes(spec) == 0 ? &writes->statement->changes :
										 &writes->statement->deletes;
	int64 n = Max(deletes(spec), 1);

	count_waiting(writes, -1, -(deletes(spec) == 0), -deletes(spec));
	belt->passed += n;
	belt->shown += shown ? n : 0;
}

/*
 * Where the statement counts a flight that has not landed.
 */
static int64 *
counted_as(FtxStatement *statement, FtxStanding standing)
{
	switch (standing)
	{
		case FTX_MAY_HAVE_RUN:
			return &statement->in_flight;
		case FTX_TURNED_DOWN:
			return &statement->refused;
		case FTX_NOT_LEFT:
			return &statement->not_sent;
	}
	return NULL; /* keep compiler quiet */
}

void
ftx_flight_count(FtxStatement *statement, FtxFlight *flight,
				 FtxStanding standing)
{
	(*counted_as(statement, flight->standing))--;
	flight->standing = standing;
	(*counted_as(statement, flight->standing))++;
}

void
ftx_flights_count(FtxWrites *writes)
{
	for (int i = 0; i < writes->nflights; i++)
		ftx_flight_count(writes->statement, &writes->flights[i],
						 ftx_call_standing(writes->flights[i].call));
}

void
ftx_flights_give_up(FtxWrites *writes)
{
	int kept = 0;

	ftx_flights_count(writes);
	for (int i = 0; i < writes->nflights; i++)
	{
		FtxFlight *flight = &writes->flights[i];

		if (flight->standing == FTX_MAY_HAVE_RUN)
		{
			writes->flights[kept++] = *flight;
			continue;
		}
		/* as those that were never taken off the queue */
		if (flight->standing == FTX_NOT_LEFT)
			writes->not_sent++;
		ftx_change_end(&flight->change, FTX_NOT_DONE);
		ftx_write_log_end(flight->log, NULL,
						  flight->standing == FTX_TURNED_DOWN ?
							  "HTTP status 429, not sent again" :
							  "not sent");
	}
	writes->nflights = kept;
}

void
ftx_writes_end(void *arg)
{
	FtxWrites *writes = arg;

	count_waiting(writes, -writes->not_sent, -writes->changes_waiting,
				  -writes->deletes_waiting);
	for (int i = 0; i < writes->nflights; i++)
	{
		ftx_flight_count(writes->statement, &writes->flights[i],
						 FTX_MAY_HAVE_RUN);
		ftx_write_log_end(writes->flights[i].log, NULL, "outcome unknown");
	}
	writes->statement->in_flight -= writes->nflights;
	writes->statement->unknown += writes->nflights;
}

void
ftx_flight_book(FtxWrites *writes, const FtxFlight *flight, bool success)
{
	FtxStatement *statement = writes->statement;

	ftx_write_log_end(flight->log, flight->call, NULL);
	if (success)
	{
		statement->done++;
		ftx_change_end(&flight->change, FTX_DONE_FOR_GOOD);
	}
	else if (ftx_answer_may_be_done(ftx_call_answer(flight->call)))
	{
		statement->unknown++;
		ftx_change_end(&flight->change, FTX_FATE_UNKNOWN);
	}
	else
	{
		statement->refused++;
		ftx_change_end(&flight->change, FTX_NOT_DONE);
	}
}
