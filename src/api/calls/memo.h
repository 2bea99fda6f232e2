/*-------------------------------------------------------------------------
 *
 * memo.h
 *		Answers to reads of one executor run, remembered within bounds.
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
#include "api/calls/stats.h"
#include "base/bytes.h"
#include "datatype/timestamp.h"
#include "lib/ilist.h"
#include "nodes/execnodes.h"

/*
 * Of one executor run.  A page of 1,000 connectors has 1.3 MB, an object about
 * as many bytes as a row of it: a list of 3,000 rows, or as many objects as the
 * memo takes entries for, is remembered whole.  A list that does not fit is not
 * remembered at all, as its first pages would have been forgotten when it is
 * read again from the beginning; but where somebody is known who will read it.
 */
#define FTX_MEMO_BYTES (4 * 1024 * 1024)

/*
 * Of all such lists in this backend: 9,000 connectors.  With the memo and what
 * may be under way (FTX_HELD_BYTES of net/flow.c) that is 32 MB of bodies.
 */
#define FTX_MEMO_LISTS_BYTES (12 * 1024 * 1024)

/* The memo of an executor run; it ends with the run's query context. */
extern FtxMemo *ftx_memo_of(EState *estate);

/*
 * What the periods of the run's scans count from, so that they ask for the
 * same; 0 until one of them sets it.
 */
extern TimestampTz *ftx_memo_present(FtxMemo *memo);

/*
 * The answer to a path in a session: NULL when it is not remembered.  The
 * caller gets a reference to the body and must drop it.  Of a read that is no
 * GET the path is what ftx_call_key() gives (api/calls/exchange.h), here and
 * below: the path and the body.
 */
extern FtxBytes *ftx_memo_find(FtxMemo *memo, FtxSession *session,
							   const char *path, int *status);

/* Remember an answer, forgetting the oldest ones if need be. */
extern void ftx_memo_store(FtxMemo *memo, FtxSession *session, const char *path,
						   int status, FtxBytes *body);

/*
 * A list is named by the path of its first page.
 *
 * Keep it beyond FTX_MEMO_BYTES: what is remembered of it, and the pages that
 * are stored from now on.  It is kept as a whole: until it is forgotten, or has
 * no room among FTX_MEMO_LISTS_BYTES.  Returns how many of its pages are
 * remembered.
 */
extern int
ftx_memo_keep_list(FtxMemo *memo, FtxSession *session, const char *list);

extern bool
ftx_memo_keeps_list(FtxMemo *memo, FtxSession *session, const char *list);

/*
 * Forget its pages: it has turned out to be too long to be remembered as a
 * whole, and parts of it help nobody; or nobody will read it again.
 */
extern void
ftx_memo_forget_list(FtxMemo *memo, FtxSession *session, const char *list);

/*
 * A read of which the answer is under way, or held by a call
 * (api/calls/exchange.h).  Embedded in its owner's memory, who ends the sharing
 * before that is freed; as does the end of the run.
 */
typedef struct FtxShared
{
	dlist_node node;
	FtxMemo *memo;			/* NULL: it is not shared */
	const FtxStats *reader; /* who may share it; NULL: who asks first */
	bool page;				/* whoever asks may, but not ahead of its rows */
	Oid umid;
	uint32 hash;
	const char *path; /* its owner's; as in ftx_memo_find() */
} FtxShared;

extern void
ftx_memo_share(FtxMemo *memo, FtxSession *session, const char *path,
			   const FtxStats *reader, bool page, FtxShared *shared);
extern void ftx_memo_unshare(FtxShared *shared);

/*
 * The one of a path in a session that this reader, who asks ahead of its rows
 * or not, may share, or NULL.
 */
extern FtxShared *
ftx_memo_shared(FtxMemo *memo, FtxSession *session, const FtxStats *reader,
				bool ahead, const char *path);

/* Is a path's answer remembered, or under way for whichever reader? */
extern bool
ftx_memo_has_asked(FtxMemo *memo, FtxSession *session, const char *path);

/*
 * Forget everything in all runs, and share nothing that was asked for so far:
 * this backend is about to write.
 */
extern void ftx_memo_forget_all(void);

/* How often that has happened. */
extern uint64 ftx_memo_writes(void);

#endif /* FTX_MEMO_H */
