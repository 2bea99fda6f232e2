/*-------------------------------------------------------------------------
 *
 * http.h
 *		Many HTTP requests in flight at once, waited for as a backend must.
 *
 * An FtxEngine is one curl multi handle with its connections.  It lives as
 * long as its session (see api/session.h) and is shared by all scans and
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
#ifndef FTX_HTTP_H
#define FTX_HTTP_H

#include "base/bytes.h"
#include "base/method.h"
#include "datatype/timestamp.h"

typedef struct FtxEngine FtxEngine;
typedef struct FtxRequest FtxRequest;

/* What became of a request.  Not an HTTP status: see FtxResponse.status. */
typedef enum FtxOutcome
{
	FTX_ANSWERED,		  /* a whole HTTP answer came, of any status */
	FTX_CANNOT_CONNECT,	  /* refused, unreachable, connect_timeout */
	FTX_CANNOT_RESOLVE,	  /* DNS, of the host or the proxy */
	FTX_TLS_FAILED,		  /* handshake or certificate */
	FTX_TIMED_OUT,		  /* request_timeout ran out after connecting */
	FTX_BROKEN_TRANSFER,  /* the connection ended in mid-exchange */
	FTX_ANSWER_TOO_LARGE, /* body (unpacked) or headers beyond their cap */
	FTX_MALFORMED_ANSWER, /* not HTTP, bad content encoding */
	FTX_CALLS_EXHAUSTED,  /* FtxBudget.max_calls; nothing was sent */
	FTX_NO_DESCRIPTOR,	  /* the backend has none left; nothing was sent */
	FTX_CLIENT_FAILURE	  /* libcurl could not set the request up */
} FtxOutcome;

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

typedef struct FtxRequestSpec
{
	FtxMethod method;
	const char *url;		  /* absolute, percent-encoded; copied */
	const char *accept;		  /* Accept header's value; copied */
	const char *content_type; /* of the body; NULL when there is none */
	const char *body;		  /* copied; may be NULL */
	size_t body_len;
	bool repeat_safe;  /* may be sent again though its fate is unknown */
	int timeout;	   /* seconds for one attempt, 0 = none */
	size_t max_body;   /* cap on the unpacked answer in bytes */
	FtxBudget *budget; /* must outlive the request */
	/* ms that its statement may spend waiting for retries, in all */
	int64 max_retry_wait;
	int64 *sent; /* counts each sending, as the budget does for the
								 * statement; must outlive the request.  Whoever
								 * reads the answers is known by it */
} FtxRequestSpec;

typedef struct FtxResponse
{
	FtxOutcome outcome;
	int status;				/* HTTP status; 0 unless FTX_ANSWERED */
	FtxBytes *body;			/* the request's; take ftx_bytes_ref() to keep */
	char content_type[128]; /* lower-cased, without parameters */
	int64 retry_after;		/* seconds the server asked for, -1 = not said */
	bool may_have_run;		/* the request left, its answer did not arrive */
	bool repeats_doubt;		/* an attempt before the last may have run */
	char message[256];		/* libcurl's words when not FTX_ANSWERED */
	int attempts;			/* times it was sent */
	int64 bytes;			/* received on the wire, all attempts */
	double elapsed_ms;		/* of the last attempt */
} FtxResponse;

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

/*
 * Begin an exchange, or queue it.  The request belongs to `owner`: when that
 * context is reset, an unfinished exchange is abandoned (its connection is
 * closed) and everything is freed.  Throws ERRCODE_OUT_OF_MEMORY only.
 */
extern FtxRequest *
ftx_request_start(FtxEngine *engine, const FtxRequestSpec *spec,
				  MemoryContext owner);

/* Send a request that is done once more; its answer is forgotten. */
extern void ftx_request_repeat(FtxRequest *request);

extern bool ftx_request_done(const FtxRequest *request);

/* What is known of a request that is not done: has the server acted on it? */
typedef enum FtxStanding
{
	FTX_MAY_HAVE_RUN, /* it left, and nothing says that it has not */
	FTX_TURNED_DOWN,  /* the last answer was 429, it waits to be repeated */
	FTX_NOT_LEFT	  /* it is queued, or has no connection yet */
} FtxStanding;

extern FtxStanding ftx_request_standing(const FtxRequest *request);

/*
 * Wait until at least one unfinished request of the engine is done; returns
 * at once when there is none.  Waits on sockets, timers, the latch and
 * postmaster death; serves interrupts, which may throw.
 *
 * What is waited for is received even where bodies take more room than they
 * should: `request`, or if that is NULL any one whose FtxRequestSpec.sent is
 * `reader`, or if that is NULL, too, any one at all.  Whoever waits must be able to consume what it waits for.
 */
extern void
ftx_engine_wait(FtxEngine *engine, FtxRequest *request, const int64 *reader);

/* The answer of a request that is done; valid until the request is freed. */
extern const FtxResponse *ftx_request_response(const FtxRequest *request);

/* Abandon or release a request before its owner does.  Never throws. */
extern void ftx_request_free(FtxRequest *request);

#endif /* FTX_HTTP_H */
