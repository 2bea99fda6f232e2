/*-------------------------------------------------------------------------
 *
 * wait.h
 *		What a wait for a sync knows, and how it asks.
 *
 * Private to fivetrex_wait().
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WAIT_H
#define FTX_WAIT_H

#include "api/calls/session.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "func/sync.h"
#include "portability/instr_time.h"

#define FTX_WAIT_FUNCTION "fivetrex_wait"

/*
 * What the clocks may differ by at least, in microseconds: moments of a sync
 * need not come from the machine whose Date has been compared.
 */
#define FTX_CLOCK_ERROR USECS_PER_SEC

/* Attributes of a row of the history; start is not null. */
enum
{
	FTX_WAIT_SYNC_ID,
	FTX_WAIT_SYNC_STATUS,
	FTX_WAIT_SYNC_START,
	FTX_WAIT_SYNC_END,
	FTX_WAIT_SYNC_REASON,
	FTX_WAIT_SYNC_COLUMNS
};

typedef struct FtxWaitSync
{
	bool found;
	bool by_look; /* counts because a sync ran at the first look */
	Datum values[FTX_WAIT_SYNC_COLUMNS];
	bool nulls[FTX_WAIT_SYNC_COLUMNS];
} FtxWaitSync;

typedef struct FtxWait
{
	FunctionCallInfo fcinfo;
	FtxSession *session;
	MemoryContext cxt;		  /* of the result */
	MemoryContext status_cxt; /* of the status */
	bool has_since;
	TimestampTz since; /* by our clock */
	instr_time start;  /* of the wait, by no clock that may be set */
	int64 limit;	   /* the timeout in milliseconds; -1: none */
	bool no_history;   /* the account has none */

	/* The last look that succeeded, and when it was begun. */
	bool looked;
	FtxSyncStatus status;
	TimestampTz at;
	TimestampTz ended; /* end of the last sync, DT_NOBEGIN if none */

	/*
	 * What was known of Fivetran's clock then, as FtxTally has it, if anything
	 */
	bool clock_known;
	int64 clock_skew;
	int64 clock_error;

	/* The first look at or after `since`, and the first one without a sync. */
	bool first_seen;
	bool first_syncing;
	TimestampTz first_ended;
	bool idle;
	TimestampTz idle_at;
	TimestampTz idle_ended;

	/*
	 * Of the history: the sync that counts, else one that may have begun after
	 * `since` or just before, and why the last one ended.
	 */
	FtxWaitSync sync;
	FtxWaitSync doubtful;
	char *reason;
	TimestampTz reason_start; /* of the sync whose reason it is */

	/*
	 * The end of the status that is, as the history says, of a sync which does
	 * not count; DT_NOBEGIN: none.
	 */
	TimestampTz older_end;

	/* Since when the history cannot be read; DT_NOBEGIN: it can. */
	TimestampTz unread_since;

	bool decided;
	Datum verdict[FTX_WAIT_COLUMNS]; /* from OUTCOME */
	bool verdict_nulls[FTX_WAIT_COLUMNS];
} FtxWait;

/* How long it has waited, in milliseconds. */
extern int64 ftx_wait_passed(const FtxWait *wait);

/* A moment of ours by Fivetran's clock, as far as answers have told it. */
extern TimestampTz ftx_wait_their_clock(const FtxWait *wait, TimestampTz ours);

/* The least and the greatest that `since` may be by Fivetran's clock. */
extern TimestampTz ftx_wait_since_least(const FtxWait *wait);
extern TimestampTz ftx_wait_since_most(const FtxWait *wait);

/* How far ftx_wait_their_clock() may be off, in microseconds. */
extern int64 ftx_wait_clock_error(const FtxWait *wait);

/* A time of the status; DT_NOBEGIN for null. */
extern TimestampTz
ftx_wait_status_time(const FtxSyncStatus *status, int column);

/*
 * Look at the connector; false if that failed, for a while.  `last`: then it
 * is raised, if there is nothing to return.
 */
extern bool ftx_wait_look(FtxWait *wait, bool last);

/*
 * Read the history from a moment on (by their clock), all pages of it.  What
 * cannot be read now is left for the next look, see unread_since.
 */
extern void ftx_wait_read_history(FtxWait *wait, TimestampTz from);

/* How far a history may lag behind the connector before it is given up. */
#define FTX_WAIT_MAX_LAG (2 * USECS_PER_MINUTE)

#endif /* FTX_WAIT_H */
