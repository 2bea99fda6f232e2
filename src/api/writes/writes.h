/*-------------------------------------------------------------------------
 *
 * writes.h
 *		Requests that change the account: guards, order, honest errors.
 *
 * Every request that changes something goes through here, whether a function or
 * DML makes it; a function's is a set of one.  Writes happen at once and cannot
 * be rolled back, so what may stop them (api/writes/belts.h) is checked before
 * the first one leaves; after the first failure none leaves any more; and every
 * error on the way says how far the statement got.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WRITES_H
#define FTX_WRITES_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"

/* ---------- dry runs ---------- */

/* Does the setting, the server or the user mapping ask for a dry run? */
extern bool ftx_dry_run(const FtxSession *session);

/* Show a write, secrets masked: in a NOTICE, or as JSON text
 * {"dry_run": true, "method", "path", "body"}. */
extern void ftx_dry_run_notice(const FtxCallSpec *spec);
extern char *ftx_dry_run_json(const FtxCallSpec *spec);

/* ---------- sets of writes ---------- */

typedef struct FtxWrites FtxWrites;

/*
 * Told of each write that succeeded, in the order of completion; `index`
 * counts the writes of the set from 0, `spec` is what was added.  The call is
 * freed afterwards.  It may throw; the write counts as done then.
 */
typedef void (*FtxWriteAnswered)(void *arg, int index, const FtxCallSpec *spec,
								 FtxCall *call);

/*
 * Between these, errors tell in their context how far the writes of the set's
 * statement got, if any has left.  (Sending them does it by itself.)
 */
typedef struct FtxWritesContext
{
	ErrorContextCallback callback;
	FtxWrites *writes;
} FtxWritesContext;

extern void ftx_writes_enter(FtxWrites *writes, FtxWritesContext *context);
extern void ftx_writes_leave(FtxWritesContext *context);

/*
 * A set lives in the current memory context.  In a dry run nothing is sent:
 * if the set was made as one, or fivetrex.dry_run is on when it is sent.
 */
extern FtxWrites *
ftx_writes_create(FtxSession *session, bool dry_run, FtxStats *stats);

extern bool ftx_writes_dry_run(const FtxWrites *writes);

/*
 * Add a write; nothing is sent yet.  Method, path, body and flags are copied;
 * other bytes (spec->bytes, content_type) must outlive the set.
 */
extern void ftx_writes_add(FtxWrites *writes, const FtxCallSpec *spec);

/* Writes added and not sent yet. */
extern int ftx_writes_queued(const FtxWrites *writes);

/*
 * More writes will be added: are those of the statement already too many
 * (ERRCODE_PROGRAM_LIMIT_EXCEEDED, and none of the set was sent)?
 */
extern void ftx_writes_check(FtxWrites *writes);

/*
 * Send what was added, up to max_concurrency at once, and wait for all of it.
 *
 * Before the first one leaves, all of the statement's belts are looked at
 * (ERRCODE_PROGRAM_LIMIT_EXCEEDED), all unfinished scans of the server are read
 * to their end (api/calls/open_lists.h), the memos are emptied, and a
 * transaction block is warned, once, that this cannot be rolled back.
 *
 * A DELETE of what is gone already counts as done.  On the first failure
 * nothing new leaves, those in flight are awaited, and its error is raised,
 * see api/calls/error.h.  Errors carry in their context how many writes of the
 * statement are done, in flight, refused, not sent.
 */
extern void
ftx_writes_send(FtxWrites *writes, FtxWriteAnswered answered, void *arg);

/*
 * The same for one write, whose call is the caller's, in the current memory
 * context; NULL in a dry run, which the caller has to show.  A DELETE of what
 * is gone is an error.
 */
extern FtxCall *
ftx_write_send(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats);

#endif /* FTX_WRITES_H */
