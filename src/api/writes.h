/*-------------------------------------------------------------------------
 *
 * writes.h
 *		Requests that change the account: guards, order, honest errors.
 *
 * Every request but a GET goes through here, whether a function or DML makes
 * it.  Writes happen at once and cannot be rolled back, so what may stop them
 * is checked before the first one leaves; after the first failure none
 * leaves any more; and every error on the way says how far they got.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WRITES_H
#define FTX_WRITES_H

#include "api/call.h"

/* ---------- guards ---------- */

/*
 * May this session write at all?  `what` names the statement for the error of
 * a READ ONLY transaction (25006); access 'read_only' gives
 * ERRCODE_INSUFFICIENT_PRIVILEGE.
 */
extern void ftx_write_check(FtxSession *session, const char *what);

/*
 * A statement is going to delete n objects more.  A statement is a run of the
 * executor: the memory context of its query stands for it, for functions that
 * of their call.
 */
extern void ftx_write_count_deletes(MemoryContext statement, int64 n);

/*
 * Before deletes leave: does fivetrex.max_deletes allow all that were counted?
 * Otherwise ERRCODE_PROGRAM_LIMIT_EXCEEDED.
 */
extern void ftx_write_check_deletes(MemoryContext statement);

/*
 * Call right before a write leaves: reads all unfinished scans of the server
 * to their end (api/readers.h), empties the memos, and warns, once per
 * transaction block, that this cannot be rolled back.
 */
extern void ftx_write_prepare(FtxSession *session);

/*
 * What would be sent, secrets masked, as JSON text:
 * {"dry_run": true, "method", "path", "body"}.
 */
extern char *ftx_write_dry_run(const FtxCallSpec *spec);

/*
 * Send one write and wait for its answer.  Raises what it fails for, see
 * api/error.h; errors, that of a cancel too, tell in their context whether it
 * was done.  The call belongs to the current memory context.
 */
extern FtxCall *
ftx_write_send(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats);

/* ---------- sets of writes ---------- */

typedef struct FtxWrites FtxWrites;

/*
 * Told of each write that succeeded, in the order of completion; `index`
 * counts the writes of the set from 0, `spec` is what was added.  The call is
 * freed afterwards.  It may throw; the write counts as done then.
 */
typedef void (*FtxWriteAnswered)(void *arg, int index, const FtxCallSpec *spec,
								 FtxCall *call);

/* A set lives in the current memory context. */
extern FtxWrites *ftx_writes_create(FtxSession *session, FtxStats *stats);

/* Add a write; nothing is sent yet.  All of `spec` is copied. */
extern void ftx_writes_add(FtxWrites *writes, const FtxCallSpec *spec);

/* Writes added and not sent yet. */
extern int ftx_writes_queued(const FtxWrites *writes);

/*
 * Send what was added, up to max_concurrency at once, and wait for all of it.
 * With fivetrex.dry_run nothing is sent: a NOTICE shows each.
 *
 * A DELETE of what is gone already counts as done.  On the first failure
 * nothing new leaves, those in flight are awaited, and its error is raised,
 * see api/error.h.  Errors carry in their context how many writes of the set
 * (of all calls of this function) are done, in flight, refused, not sent.
 * ERRCODE_PROGRAM_LIMIT_EXCEEDED, before anything is sent, when
 * fivetrex.max_calls does not allow as many.
 */
extern void
ftx_writes_send(FtxWrites *writes, FtxWriteAnswered answered, void *arg);

#endif /* FTX_WRITES_H */
