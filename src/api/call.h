/*-------------------------------------------------------------------------
 *
 * call.h
 *		One API call of a session: started, waited for, checked.
 *
 * A call is an HTTP request to the session's base URL with its credentials,
 * budget and time limit.  GETs of one executor run may be answered from a
 * memo (api/memo.h) instead.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CALL_H
#define FTX_CALL_H

#include "base/compat.h"
#include "api/answer.h"
#include "api/session.h"

typedef struct FtxMemo FtxMemo;
typedef struct FtxCall FtxCall;

/* What was done on behalf of one scan or function, for EXPLAIN ANALYZE. */
typedef struct FtxStats
{
	int64 calls;	  /* HTTP requests sent, repetitions included */
	int64 retries;	  /* repetitions among them */
	int64 pages;	  /* list pages decoded */
	int64 bytes;	  /* received on the wire */
	int64 remembered; /* answers taken from the memo */
	int64 predicted;  /* pages that were asked for by a predicted cursor */
	double waited_ms; /* time blocked on the network */
} FtxStats;

typedef struct FtxCallSpec
{
	FtxMethod method;
	const char *path; /* "/v1/...", encoded, with its query */
	FtxAccept accept;
	const char *body; /* JSON in the server encoding, or NULL */

	/* Or any bytes, with their Content-Type; NULL = JSON or nothing. */
	const char *content_type;
	const char *bytes;
	size_t nbytes;

	/* Objects that it deletes; 0: it creates or changes, or is a DELETE of one. */
	int64 deletes;

	FtxExpected expected;
	bool reads; /* changes nothing, though it is no GET */
	bool repeat_safe;
	bool takes_long; /* long_timeout instead of request_timeout */
	bool page;		 /* of a list: the answer must not be as long as others */

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
 * Is the answer there?  A call that was refused for its credentials (401) is
 * sent once more, if the files of the user mapping hold others now.
 */
extern bool ftx_call_done(FtxCall *call);

/* Wait for this call; interrupts are served. */
extern void ftx_call_wait(FtxCall *call);

/* Wait until one more of the session's requests is done. */
extern void ftx_call_wait_any(FtxSession *session, FtxStats *stats);

/*
 * What was answered, see api/answer.h; waits for the call.  Valid until the
 * call is freed.
 */
extern const FtxAnswer *ftx_call_answer(FtxCall *call);

/* Is there no problem with the answer? */
extern bool ftx_call_succeeded(FtxCall *call);

/* "HTTP status 404, code NotFound": what a failed call answered, palloc'ed. */
extern char *ftx_call_failure(FtxCall *call);

/* Raise the error of a call that did not succeed, see api/error.h. */
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

/*
 * Decode the answer to a read.  Slices point into the body; see
 * ftx_page_decode().  `wanted->bare` is that of FtxExpected.  Raises
 * ERRCODE_PROTOCOL_VIOLATION for what is an error's answer, or not of the
 * shape that is wanted.
 */
extern void
ftx_call_decode(FtxCall *call, const FtxWanted *wanted, FtxPage *page);

/* The same, but false instead of raising: the answer has the problem then. */
extern bool
ftx_call_try_decode(FtxCall *call, const FtxWanted *wanted, FtxPage *page);

/*
 * The cursor of the page after this one, in the current memory context; NULL at
 * the end of the list.  Raises ERRCODE_PROTOCOL_VIOLATION if it is no text, or
 * is too long to be sent.
 */
extern char *ftx_call_next_cursor(FtxCall *call, const FtxPage *page);

/* The usual case: the one object, or the list, of an answer. */
extern void
ftx_call_decode_object(FtxCall *call, const FtxProjection *projection,
					   FtxPage *page);

/*
 * The values that are wanted of the object that a write answered with, in the
 * current memory context; NULL if it answered with a message only.  Raises
 * ERRCODE_PROTOCOL_VIOLATION if it answered with something else.
 */
extern FtxJsonValue *
ftx_call_written(FtxCall *call, const FtxProjection *projection);

/*
 * The whole answer, to a read or a write, as a slice of the body without white
 * space around it; ABSENT if a write was answered by nothing.  Raises
 * ERRCODE_PROTOCOL_VIOLATION for a read that was not answered by the API.
 */
extern FtxJsonValue ftx_call_whole(FtxCall *call);

/*
 * Raise ERRCODE_PROTOCOL_VIOLATION: the answer is not what was asked for, as
 * `complaint` says in a sentence about it; of a write, that it was made.
 */
ftx_noreturn extern void
ftx_call_complain(FtxCall *call, const char *complaint);

/*
 * Is the object the one that was asked for (FtxExpected.id)?  `id` is what it
 * says of itself.  Raises ERRCODE_PROTOCOL_VIOLATION if not.
 */
extern void ftx_call_check_id(FtxCall *call, const FtxJsonValue *id);

/*
 * Does the answer to a write tell the new secrets?  `members` of its data
 * (paths as in a projection, ended by NULL) are told once and never again; with
 * `any`, one of them is enough.  Raises ERRCODE_PROTOCOL_VIOLATION if what is
 * there is no secret: nothing, null, no characters, a mask.  `id_member` (may
 * be NULL) says which object it is, for the error.
 */
extern void ftx_call_check_secrets(FtxCall *call, const char *const *members,
								   bool any, const char *id_member);

/* Milliseconds that the last attempt took. */
extern double ftx_call_elapsed_ms(const FtxCall *call);

/* Of one that is not done: has the server acted on it? */
extern FtxStanding ftx_call_standing(const FtxCall *call);

extern void ftx_call_free(FtxCall *call);

#endif /* FTX_CALL_H */
