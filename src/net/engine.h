/*-------------------------------------------------------------------------
 *
 * engine.h
 *		Many HTTP requests in flight at once, waited for as a backend must.
 *
 * An FtxEngine is one curl multi handle with its connections.  It lives as
 * long as its session (see api/calls/session.h) and is shared by all scans and
 * functions of the backend that talk to one server with one credential.
 *
 * An FtxRequest is one logical exchange: it may be queued (no more than
 * max_concurrency requests of an engine are on the wire), sent, waiting to be
 * repeated, or done.  Requests progress only inside ftx_engine_wait(),
 * ftx_engine_pump() and ftx_request_start(), which move all requests of the
 * engine, whoever calls.
 *
 * This floor knows nothing of Fivetran, SQL settings or foreign tables: what
 * it has to obey comes in FtxNetConfig, FtxRequestSpec and FtxBudget.  It
 * reports by FtxResponse and never raises an error for what a server or a
 * network did; only ERRCODE_OUT_OF_MEMORY and interrupts (cancel, terminate)
 * leave it by longjmp, and never from inside libcurl.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ENGINE_H
#define FTX_ENGINE_H

#include "datatype/timestamp.h"

typedef struct FtxEngine FtxEngine;

/*
 * Settings of an engine.  Strings are copied, unless they are secrets; NULL
 * means libcurl's default.
 */
typedef struct FtxNetConfig
{
	const char *user_agent;

	/*
	 * HTTP Basic, sent to the request's own origin only, as redirects are
	 * off, and what the proxy is told.  These are not copied, so that secrets
	 * have one owner: they must outlive the engine.
	 */
	const char *username;
	const char *password;
	const char *proxy_username;
	const char *proxy_password;

	const char *sslrootcert; /* file names */
	const char *sslcert;
	const char *sslkey;
	const char *proxy;
	bool direct;		 /* never through a proxy, nor one of the environment */
	int max_concurrency; /* requests on the wire at once */
	int connect_timeout; /* seconds */
	int max_retries;	 /* repetitions of one request */
	int retry_delay;	 /* first backoff in ms, doubled each time */

	/* Where figures are kept, by several engines maybe: outlives the engine. */
	struct FtxTally *tally;
} FtxNetConfig;

/*
 * What one statement has done and may still do; shared by all its requests,
 * of several engines maybe, and updated by those.  Waits of requests that
 * overlap count once (wall time).  How long it may wait is a limit of each
 * request (FtxRequestSpec.max_retry_wait), as servers differ in that.
 */
typedef struct FtxBudget
{
	int64 max_calls;		  /* -1 = no limit */
	int64 calls;			  /* HTTP requests sent, repetitions included */
	int64 retry_wait;		  /* ms spent or committed so far */
	TimestampTz waited_until; /* end of the last wait counted */
} FtxBudget;

/*
 * What the answers of an engine have told, and what they cost.  Figures that no
 * answer has told yet are -1; clock_skew and clock_error are 0 while date_seen
 * is.
 */
typedef struct FtxTally
{
	int64 calls;		   /* requests sent, repetitions included */
	int64 retries;		   /* repetitions among them */
	int64 rate_limited;	   /* answers with status 429 */
	int rate_limit;		   /* X-Rate-Limit: calls that an hour has */
	int remaining;		   /* X-Rate-Limit-Remaining: of them are left */
	TimestampTz seen_at;   /* when remaining was told; 0 = never */
	TimestampTz date_seen; /* when a Date was told; 0 = never */
	int64 clock_skew;	   /* microseconds that it was ahead of our clock */
	int64 clock_error;	   /* microseconds by which clock_skew may err */
} FtxTally;

/*
 * Make an engine; it belongs to the caller, not to a memory context.  Throws
 * ERRCODE_OUT_OF_MEMORY, or ERRCODE_FDW_ERROR if libcurl cannot be set up.
 */
extern FtxEngine *ftx_engine_create(const FtxNetConfig *config);

/*
 * Close its connections, unless it has requests; they come back when they are
 * needed.  Never throws.
 */
extern void ftx_engine_rest(FtxEngine *engine);

/* Connections that are open, in use or idle. */
extern int ftx_engine_connections(const FtxEngine *engine);

/*
 * Close its connections and free it; only when ftx_engine_requests() is 0.
 * Never throws.
 */
extern void ftx_engine_destroy(FtxEngine *engine);

/* Others from the next sending on; not copied, as those of FtxNetConfig. */
extern void ftx_engine_set_credentials(FtxEngine *engine, const char *username,
									   const char *password);

/* Requests that exist: queued, on the wire, waiting for a retry or done. */
extern int ftx_engine_requests(const FtxEngine *engine);

/* Figures of the engine so far; they are the engine's. */
extern const FtxTally *ftx_engine_tally(const FtxEngine *engine);

/* Do all that can be done without waiting.  Never throws. */
extern void ftx_engine_pump(FtxEngine *engine);

/*
 * For waits by others (WaitEventSet): a descriptor of the caller's own, closed
 * with `owner`.  After ftx_watch_arm() it becomes readable when
 * ftx_engine_pump() has something to do.  `reader` tells who waits, as for
 * ftx_engine_wait().  Both throw
 * ERRCODE_INSUFFICIENT_RESOURCES when the system gives no descriptor.
 */
typedef struct FtxWatch FtxWatch;
extern FtxWatch *
ftx_watch_create(FtxEngine *engine, const int64 *reader, MemoryContext owner);
extern int ftx_watch_arm(FtxWatch *watch);

#endif /* FTX_ENGINE_H */
