/*-------------------------------------------------------------------------
 *
 * request.h
 *		One HTTP request of an engine, and its answer: see net/engine.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_REQUEST_H
#define FTX_REQUEST_H

#include "base/bytes.h"
#include "base/method.h"
#include "net/engine.h"

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

typedef struct FtxRequestSpec
{
	FtxMethod method;
	const char *url;		  /* absolute, percent-encoded; copied */
	const char *accept;		  /* Accept header's value; copied */
	const char *content_type; /* of the body; NULL when there is none */
	const char *body;		  /* copied; may be NULL */
	size_t body_len;
	bool reads;		   /* changes nothing, though it is no GET */
	bool repeat_safe;  /* may be sent again though its fate is unknown */
	bool unclaimed;	   /* no time may be spent on waits until it is claimed */
	bool unreached;	   /* its reader cannot use the answer before others of
						* his: see ftx_request_reach() */
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
	bool has_location;		/* and it said where else to ask */
	bool may_have_run;		/* the request left, its answer did not arrive */
	bool repeats_doubt;		/* an attempt before the last may have run */
	char message[256];		/* libcurl's words when not FTX_ANSWERED */
	int attempts;			/* times it was sent */
	int64 bytes;			/* received on the wire, all attempts */
	double elapsed_ms;		/* of the last attempt */
} FtxResponse;

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

/* From now on `sent` counts its sendings (FtxRequestSpec.sent). */
extern void ftx_request_set_reader(FtxRequest *request, int64 *sent);

/*
 * From now on the answer of a request that began unclaimed is wanted, by a
 * reader that has `reached` it or not (FtxRequestSpec.unreached).  If it is done
 * because it would have had to wait, it waits now, and is not done.
 */
extern void ftx_request_claim(FtxRequest *request, bool reached);

/*
 * From now on its reader can use the answer of a request that he had not
 * reached.  Before, ftx_engine_wait() for any one of his does not count it: its
 * body is received only as far as there is room (net/flow.c).
 */
extern void ftx_request_reach(FtxRequest *request);

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
 * `reader` and that was reached, or if that is NULL, too, any one at all.
 * Whoever waits must be able to consume what it waits for: of what was not, as
 * much would pile up as there is.
 */
extern void
ftx_engine_wait(FtxEngine *engine, FtxRequest *request, const int64 *reader);

/* The answer of a request that is done; valid until the request is freed. */
extern const FtxResponse *ftx_request_response(const FtxRequest *request);

/* Abandon or release a request before its owner does.  Never throws. */
extern void ftx_request_free(FtxRequest *request);

#endif /* FTX_REQUEST_H */
