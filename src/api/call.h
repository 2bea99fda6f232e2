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
#include "api/session.h"
#include "json/page.h"

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

	bool repeat_safe;
	bool takes_long; /* long_timeout instead of request_timeout */
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

/* Did a call that is done end with a 2xx answer? */
extern bool ftx_call_succeeded(const FtxCall *call);

/* Its HTTP status; 0 when no answer came. */
extern int ftx_call_status(const FtxCall *call);

/* "HTTP status 404, code NotFound": what a failed call answered, palloc'ed. */
extern char *ftx_call_failure(const FtxCall *call);

/*
 * Is it a 404 that says that the object is not there (NotFound_<Entity>)?  A
 * bare NotFound means that the route is not served, and is not meant.
 */
extern bool ftx_call_object_missing(const FtxCall *call);

/* Was it sent, its answer lost, and is it not a GET? */
extern bool ftx_call_outcome_unknown(const FtxCall *call);

/* Raise the error of a call that did not succeed, see api/error.h. */
ftx_noreturn extern void ftx_call_raise(FtxCall *call);

/*
 * The body of the answer, empty when there is none; valid until the call is
 * freed.
 */
extern FtxSlice ftx_call_body(const FtxCall *call);

/*
 * Decode the body, with the request as error context for what is wrong with
 * it.  Slices point into the body; see ftx_page_decode().
 */
extern void ftx_call_decode(FtxCall *call, FtxShape shape,
							const FtxProjection *projection, FtxPage *page);

/* The same for items that stand in maps, see json/map.h. */
extern void ftx_call_decode_map(FtxCall *call, const char *items,
								const FtxProjection *projection, FtxPage *page);

/*
 * Is the failure one of `list`: statuses ("400") or codes of the body
 * ("NotFound_SchemaConfig"), NULL-terminated?  NULL has none.
 */
extern bool ftx_call_failed_with(const FtxCall *call, const char *const *list);

/* Milliseconds that the last attempt took. */
extern double ftx_call_elapsed_ms(const FtxCall *call);

/* "GET /v1/groups?limit=1000" */
extern const char *ftx_call_describe(const FtxCall *call);

extern void ftx_call_free(FtxCall *call);

#endif /* FTX_CALL_H */
