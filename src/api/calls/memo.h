/*-------------------------------------------------------------------------
 *
 * memo.h
 *		Answers to GETs of one executor run, remembered within a bound.
 *
 * A rescan, a join that asks for the same key again or two scans of the same
 * list in one query get the same answer without another call.  Each executor
 * run has a memo of its own, so nothing is ever answered with what was true
 * for an earlier statement.  A write by this backend empties all memos.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MEMO_H
#define FTX_MEMO_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "base/bytes.h"
#include "nodes/execnodes.h"

/*
 * Of one executor run.  A page of 1,000 connectors has 1.3 MB, an object about
 * as many bytes as a row of it: a list of 3,000 rows, or as many objects as the
 * memo takes entries for, is remembered whole.  A list that does not fit is not
 * remembered at all, as its first pages would have been forgotten when it is
 * read again from the beginning.
 */
#define FTX_MEMO_BYTES (4 * 1024 * 1024)

/* The memo of an executor run; it ends with the run's query context. */
extern FtxMemo *ftx_memo_of(EState *estate);

/*
 * The answer to a path in a session: NULL when it is not remembered.  The
 * caller gets a reference to the body and must drop it.
 */
extern FtxBytes *ftx_memo_find(FtxMemo *memo, FtxSession *session,
							   const char *path, int *status);

/* Remember an answer, forgetting the oldest ones if need be. */
extern void ftx_memo_store(FtxMemo *memo, FtxSession *session, const char *path,
						   int status, FtxBytes *body);

/*
 * Forget the pages of a list, whose paths begin so: it has turned out to be too
 * long to be remembered as a whole, and parts of it help nobody.
 */
extern void ftx_memo_forget_list(FtxMemo *memo, const char *path);

/* Forget everything in all runs: this backend is about to write. */
extern void ftx_memo_forget_all(void);

#endif /* FTX_MEMO_H */
