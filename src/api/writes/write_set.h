/*-------------------------------------------------------------------------
 *
 * write_set.h
 *		A set of writes, and what the statement counts of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WRITE_SET_H
#define FTX_WRITE_SET_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "api/calls/statement.h"
#include "api/calls/stats.h"
#include "api/writes/changes.h"
#include "api/writes/writes.h"
#include "net/request.h"

/* A write that has left the queue and has not landed. */
typedef struct FtxFlight
{
	int index; /* in the queue */
	FtxCall *call;
	FtxChange change;
	char *log;			  /* for api/writes/write_log.h */
	FtxStanding standing; /* as what the statement counts it */
} FtxFlight;

/*
 * A write is queued, then in flight, then done, refused or of unknown outcome.
 * The set knows those that are queued and in flight; all are counted in the
 * statement, as the user asks for that, however many sets it has:
 *
 *		state			FtxStatement	belt of its kind
 *		queued			not_sent		waiting
 *		in flight		in_flight		passed
 *		done			done			passed
 *		refused			refused			passed
 *		unknown			unknown			passed
 *		shown (dry run)	-				passed and shown
 *
 * A flight that the server is known not to have acted on so far (it has not
 * left yet, or waits after a 429) is counted as not_sent or refused meanwhile:
 * FtxFlight.standing says which, for messages that cannot wait for its end.
 *
 * not_sent, changes_waiting and deletes_waiting are this set's part of the
 * statement's counts, to be taken back when the set ends with writes that never
 * left.
 */
struct FtxWrites
{
	FtxSession *session;
	FtxStatement *statement;
	FtxStats *stats;
	bool dry_run;
	MemoryContext cxt;		 /* of the set */
	MemoryContext queue_cxt; /* of the writes not sent */
	FtxCallSpec *queue;
	int queued;
	int size;
	int base; /* index of queue[0] among all that was ever added */
	int next; /* of the queue, to be sent */
	FtxFlight *flights;
	int nflights;
	bool silent; /* errors are completed later, see take_in() in writes.c */

	/* what of the statement's counts is ours */
	int64 not_sent;
	int64 changes_waiting;
	int64 deletes_waiting;
};

/* A write was added to the queue. */
extern void ftx_writes_count_added(FtxWrites *writes, const FtxCallSpec *spec);

/* It is about to leave or, in a dry run, to be shown. */
extern void
ftx_writes_count_passed(FtxWrites *writes, const FtxCallSpec *spec, bool shown);

/* Count a flight that has not landed as what its standing is now. */
extern void ftx_flight_count(FtxStatement *statement, FtxFlight *flight,
							 FtxStanding standing);

/*
 * Bring the counts up to date for a message: what is still queued has not been
 * sent, what waits after a 429 was refused.
 */
extern void ftx_flights_count(FtxWrites *writes);

/*
 * The flights will not be awaited, as an error is on its way.  Those that the
 * server has certainly not acted on never will be changes.
 */
extern void ftx_flights_give_up(FtxWrites *writes);

/* Count a write that has an answer, or none, and will have no other. */
extern void
ftx_flight_book(FtxWrites *writes, const FtxFlight *flight, bool success);

/*
 * Reset callback of the set: what it still has will never be sent, and what
 * is in flight is abandoned.
 */
extern void ftx_writes_end(void *arg);

#endif /* FTX_WRITE_SET_H */
