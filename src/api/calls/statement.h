/*-------------------------------------------------------------------------
 *
 * statement.h
 *		What one statement may still do and has done.
 *
 * For the belts (max_calls, max_deletes, max_writes, the time that retries
 * may take) a statement is the outermost run of the executor, from its start
 * to its end: what functions and triggers do inside counts for it, and a
 * cursor is one statement, however often it is fetched from.  CALL, DO and
 * EXECUTE have no run of their own, so each statement inside is one.  Utility
 * statements that evaluate things without the executor (COPY FROM, ALTER
 * TABLE ... USING) are one each; so is the call of a function outside of any
 * of these (the fast path, an assignment of PL/pgSQL in a DO block).
 *
 * Only what was done is kept here; the limits are the settings' and those of
 * each request's server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_STATEMENT_H
#define FTX_STATEMENT_H

#include "postgres.h"

#include "lib/ilist.h"
#include "net/engine.h"
#include "nodes/execnodes.h"

/* Something that is counted against a setting of the user's. */
typedef struct FtxBelt
{
	int64 passed;  /* was sent, or shown in a dry run */
	int64 shown;   /* of these: in a dry run, so it was not made */
	int64 waiting; /* was named, but nothing of it has left */
} FtxBelt;

/*
 * It lives as long as somebody holds it: its run, and requests and sets of
 * writes that began in it.  Those may outlive the run, as a function can open
 * a cursor and leave it open.  Nobody frees it by hand: each holder has pinned
 * it to a memory context of his own.
 *
 * Each write that was named is counted in one place at a time: not_sent, then
 * in_flight, then done, refused or unknown; and beside that in the belt of its
 * kind, as waiting and then as passed.  What has passed stays counted, whatever
 * became of it.
 */
typedef struct FtxStatement
{
	int pins;
	uint64 number; /* tells it from all others in this backend */

	FtxBudget budget; /* calls, and time spent waiting for retries */
	FtxBelt changes;  /* requests that create or change */
	FtxBelt deletes;  /* objects */

	/* of all requests that write, in all sets of the statement */
	int64 done;		 /* succeeded */
	int64 refused;	 /* failed, and certainly not executed */
	int64 unknown;	 /* sent, but the answer was lost */
	int64 in_flight; /* sent, and not answered yet */
	int64 not_sent;	 /* added to a set */
} FtxStatement;

/* Install the hooks that tell where statements begin and end. */
extern void ftx_statement_init(void);

/* The statement that is under way, held until `owner` is reset. */
extern FtxStatement *ftx_statement_pin(MemoryContext owner);

/*
 * The query that the innermost run of the executor is for, NULL if none is
 * under way, and the rows that it is to produce now; 0: all.
 */
extern const struct QueryDesc *ftx_statement_running(void);
extern uint64 ftx_statement_rows_wanted(void);

/* A function was called; outside of any run it is a statement of its own. */
extern void ftx_statement_enter_function(void);

/*
 * Something that leaves when an executor run is finished, as then all parts of
 * the query have named what they want: all are gathered before the first is
 * sent, and all is sent before the query's AFTER triggers fire.  Embedded in
 * the caller's own memory, in `owner`; with the reset of that it is forgotten.
 */
typedef struct FtxHeld
{
	dlist_node node;
	EState *estate;
	void (*gather)(struct FtxHeld *held);
	void (*send)(struct FtxHeld *held);
} FtxHeld;

extern void
ftx_held_announce(FtxHeld *held, MemoryContext owner, EState *estate);

#endif /* FTX_STATEMENT_H */
