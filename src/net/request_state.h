/*-------------------------------------------------------------------------
 *
 * request_state.h
 *		What a request is made of.
 *
 * Private to src/net; malloc'ed, as an engine is (net/engine_state.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_REQUEST_STATE_H
#define FTX_REQUEST_STATE_H

#include "base/libcurl.h"
#include "base/method.h"
#include "datatype/timestamp.h"
#include "lib/ilist.h"
#include "net/engine.h"
#include "net/engine_state.h"
#include "net/request.h"

/*
 * Most that the header lines of one answer may be, all together.  Fivetran
 * sends about 1 KB; common servers refuse to send more than 8 to 64 KB.
 */
#define FTX_MAX_HEADERS (256 * 1024)

/*
 * A request that a server did not process is sent again at once and without
 * counting, so often: a server that closes connections after a few requests
 * may hit the same one again and again.  After that it is a failure like any
 * other, with pauses between the repetitions.
 */
#define FTX_MAX_REFUSALS 100

/* In the owner's context: how a reset of it reaches the request. */
typedef struct FtxRequestOwner
{
	MemoryContextCallback callback;
	FtxRequest *request; /* NULL once freed */
} FtxRequestOwner;

struct FtxRequest
{
	dlist_node node; /* in engine->lists[state] */
	FtxEngine *engine;
	FtxRequestState state;
	FtxRequestOwner *owner;

	/* From the FtxRequestSpec. */
	FtxMethod method;
	bool reads; /* changes nothing: may be sent again at any time */
	char *url;
	struct curl_slist *headers;
	char *body; /* NULL when there is none */
	size_t body_len;
	bool repeat_safe;
	int timeout;
	FtxBudget *budget; /* not owned */
	int64 max_retry_wait;
	int64 *sent; /* not owned; may be NULL */

	/*
	 * Nobody is known to want the answer (FtxRequestSpec), and so what would
	 * have to wait to be sent (again) is FTX_DONE and postponed until it is
	 * claimed.
	 */
	bool unclaimed;
	bool postponed;

	/* Its reader has others to use first: nobody waits for it, see flow.c. */
	bool unreached;

	int64 due; /* ftx_clock(), while FTX_WAITING */

	/* Of the attempts before this one: the last was answered 429. */
	bool turned_down;

	/* This attempt; written by libcurl's callbacks. */
	CURL *easy;		   /* while FTX_SENDING */
	TimestampTz begun; /* given to libcurl, so it was sent later */
	int departures;	   /* times libcurl was about to send it */
	size_t header_bytes;
	struct curl_slist *header_lines; /* where libcurl does not keep them */
	bool headers_over_cap;
	bool head_ended;	   /* the empty line behind the headers has come */
	const char *malformed; /* what is wrong with them (static); or NULL */
	bool body_over_cap;
	bool out_of_memory;
	bool no_descriptor; /* for a socket */
	bool packed;		/* the body has a content coding */
	bool interrupted;	/* ended by us for the backend's interrupts */
	bool set_aside;		/* ended by us for lack of room, to be sent again */
	bool by_directory;	/* some authorities were not looked at, see roots.c */
	bool distrusted;	/* and so the server's was not found */

	/* Receiving; while FTX_SENDING, but for `counted`. */
	size_t counted; /* bytes of the body that are in engine->held */
	size_t excess;	/* what came when there was no room */
	bool paused;
	bool pause_due;	 /* while paused: when libcurl returns, it is to be told */
	size_t to_come;	 /* while paused: its part of engine->to_come */
	bool stopped;	 /* and its time does not run */
	int64 time_left; /* microseconds of its timeout, while paused */
	int64 deadline;	 /* ftx_clock() of it after a pause, else 0 */

	/* HTTP/2, see http2.c */
	int local_port; /* tells the connection */
	int64 stream;	/* number of its stream, 0 = not known */
	bool refused;	/* the server said it did not process it */
	int refusals;	/* so often in all attempts */
	bool fresh;		/* to be sent on a new connection */
	bool unfit;		/* ended by us: the connection may not be used again */
	char error[CURL_ERROR_SIZE];

	FtxResponse response;
};

/* Put it into the list of another state. */
extern void ftx_request_set_state(FtxRequest *request, FtxRequestState state);

#endif /* FTX_REQUEST_STATE_H */
