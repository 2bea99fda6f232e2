/*-------------------------------------------------------------------------
 *
 * call.h
 *		One API call of a session: started, waited for, checked.
 *
 * A call is an HTTP request to the session's base URL with its credentials,
 * budget and time limit.  Reads of one executor run may be answered from a
 * memo (api/calls/memo.h) instead, or by a request under way
 * (api/calls/exchange.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CALL_H
#define FTX_CALL_H

#include "api/calls/answer.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "base/bytes.h"
#include "base/compat.h"
#include "base/method.h"
#include "net/request.h"

typedef struct FtxMemo FtxMemo;
typedef struct FtxCall FtxCall;

typedef struct FtxCallSpec
{
	FtxMethod method;
	const char *path; /* "/v1/...", encoded, with its query */
	const char *body; /* JSON in the server encoding, or NULL */

	/* Or any bytes, with their Content-Type; NULL = JSON or nothing. */
	const char *content_type;
	const char *bytes;
	size_t nbytes;

	/*
	 * Objects that it deletes; 0: it creates or changes, or is a DELETE of one.
	 */
	int64 deletes;

	FtxExpected expected;
	bool reads; /* changes nothing, though it is no GET: treated as one */
	bool repeat_safe;
	bool takes_long;  /* long_timeout instead of request_timeout */
	bool narrowed;	  /* a filter names an object, which may not be there */
	bool page;		  /* of a list: the answer must not be as long as others */
	bool for_anybody; /* the first scan that asks for the same takes it over */
	bool ahead;		  /* other calls will ask for the same and use the answer,
					   * for rows that their reader has not reached yet */

	/*
	 * Has the caller only so many ms left?  They narrow what may be waited for
	 * repetitions, and for an answer, which has HURRIED_TIMEOUT all the same.
	 */
	bool hurried;
	int64 time_left;
} FtxCallSpec;

/*
 * Start a call.  It lives in a context of its own below `owner` and ends with
 * it, or by ftx_call_free().  `stats` (never NULL) and `memo` (may be NULL:
 * nothing is remembered) must outlive it.
 */
extern FtxCall *
ftx_call_start(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats,
			   FtxMemo *memo, MemoryContext owner);

/*
 * Ask for what calls to come will ask for: a GET is sent, unless it is under
 * way or its answer is held, and its answer is kept as long as the call lives.
 * Nobody looks at the answer by this call, so it may be an error that nobody
 * learns of.  NULL: the memo has the answer.
 */
extern FtxCall *
ftx_call_ask_ahead(FtxSession *session, const FtxCallSpec *spec,
				   FtxStats *stats, FtxMemo *memo, MemoryContext owner);

/*
 * The same on behalf of whichever scan asks for it first, which then has it in
 * its figures; until then `stats`, which nothing else is counted in, has it.
 * NULL: somebody has asked for that.
 */
extern FtxCall *
ftx_call_ask_for_anybody(FtxSession *session, const FtxCallSpec *spec,
						 FtxStats *stats, FtxMemo *memo, MemoryContext owner);

/* Has a call looked at the answer to one that was asked ahead? */
extern bool ftx_call_wanted(const FtxCall *call);

/* Does another call share its request? */
extern bool ftx_call_shared(const FtxCall *call);

/*
 * Is the answer there?  A call that was refused for its credentials (401) is
 * sent once more, if the files of the user mapping hold others now.
 */
extern bool ftx_call_done(FtxCall *call);

/* Wait for this call; interrupts are served. */
extern void ftx_call_wait(FtxCall *call);

/* Wait until one more of the session's requests is done. */
extern void ftx_call_wait_any(FtxSession *session, FtxStats *stats);

/*
 * What was answered, see api/calls/answer.h; waits for the call.  Valid until
 * the call is freed.
 */
extern const FtxAnswer *ftx_call_answer(FtxCall *call);

/*
 * Have the memo remember the answer of a read, if it does not: where that has
 * changed what it has room for.  Was it not remembered before?
 */
extern bool ftx_call_remember(FtxCall *call);

/* Is there no problem with the answer? */
extern bool ftx_call_succeeded(FtxCall *call);

/* "HTTP status 404, code NotFound": what a failed call answered, palloc'ed. */
extern char *ftx_call_failure(FtxCall *call);

/* Raise the error of a call that did not succeed, see api/calls/error.h. */
ftx_noreturn extern void ftx_call_raise(FtxCall *call);

/*
 * The same for the read that follows a write, to tell what that has made: an
 * object that is missing is told as that.
 */
ftx_noreturn extern void ftx_call_raise_after_write(FtxCall *call);

/*
 * The body of the answer, empty when there is none; valid until the call is
 * freed.
 */
extern FtxSlice ftx_call_body(const FtxCall *call);

/* Milliseconds that the last attempt took. */
extern double ftx_call_elapsed_ms(const FtxCall *call);

/* Of one that is not done: has the server acted on it? */
extern FtxStanding ftx_call_standing(const FtxCall *call);

extern void ftx_call_free(FtxCall *call);

#endif /* FTX_CALL_H */
