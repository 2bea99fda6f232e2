/*-------------------------------------------------------------------------
 *
 * changes.h
 *		What stays when a transaction that wrote is rolled back.
 *
 * Writes cannot be rolled back.  Each is noted in the subtransaction that
 * sends it; when that is aborted, for whatever reason, a WARNING says how many
 * changes stay, and names the first.  A subtransaction that is released hands
 * its changes to its parent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CHANGES_H
#define FTX_CHANGES_H

#include "api/calls/statement.h"
#include "base/method.h"

/* The changes of one statement in one subtransaction; ends with that. */
typedef struct FtxChanges FtxChanges;

/* One write, until its outcome is known. */
typedef struct FtxChange
{
	FtxChanges *set;
	int name; /* where its name is kept, -1: nowhere */
} FtxChange;

typedef enum FtxFate
{
	FTX_DONE_FOR_GOOD, /* it stays */
	FTX_NOT_DONE,	   /* certainly not executed */
	FTX_FATE_UNKNOWN   /* the answer was lost: it may stay */
} FtxFate;

/* Install the callbacks of transactions. */
extern void ftx_changes_init(void);

/*
 * A write is about to leave; as long as nothing else is said its fate is
 * unknown.  May throw for lack of memory, before anything is noted.
 */
extern void ftx_change_begin(FtxChange *change, const FtxStatement *statement,
							 FtxMethod method, const char *path);
extern void ftx_change_end(const FtxChange *change, FtxFate fate);

/*
 * Say, once per transaction block and if there is one, that what follows
 * cannot be rolled back.
 */
extern void ftx_changes_warn(void);

/*
 * The line that says how far the writes of a statement got, for the context of
 * an error or other message; palloc'ed.
 */
extern char *ftx_changes_line(const FtxStatement *statement);

/*
 * A message has been given that line just now, as the end of its context.  If
 * it is an error, and the one that goes to the client in the end, however
 * often it is caught and raised again, what the line counts is not told once
 * more by the WARNING.
 */
extern void
ftx_changes_told(const FtxStatement *statement, const ErrorData *error);

#endif /* FTX_CHANGES_H */
