/*-------------------------------------------------------------------------
 *
 * engine.h
 *		What engine.c (making of engines), http.c (life of requests) and
 *		transfer.c and handle.c (one exchange by libcurl) know in common.
 *
 * Private to src/net.  Everything here is malloc'ed, as libcurl and its
 * callbacks use it at times when PostgreSQL's contexts may not be touched.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ENGINE_H
#define FTX_ENGINE_H

#include "postgres.h"

#include "base/libcurl.h"
#include "lib/ilist.h"
#include "net/http.h"
#include "net/wait.h"

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

/* More HTTP/2 connections than these do not end at the same time. */
#define FTX_MAX_ENDED 64

/* A socket that libcurl has, or had and closed without telling. */
typedef struct FtxSocket
{
	curl_socket_t fd;
	int idle_port; /* local port, once it was kept after an answer; else 0 */
	bool spoiled;  /* its last answer's end is not known */
} FtxSocket;

typedef enum FtxRequestState
{
	FTX_QUEUED,	 /* wants to be sent */
	FTX_SENDING, /* libcurl has it */
	FTX_WAITING, /* to be queued (again) at `due` */
	FTX_DONE
} FtxRequestState;

#define FTX_REQUEST_STATES (FTX_DONE + 1)

/*
 * Who waits: for this request; or if it is NULL for any of a reader, which is
 * known by what counts its sendings; or if that is NULL, too, for any.
 */
typedef struct FtxTurn
{
	bool waits; /* false: nobody does */
	FtxRequest *request;
	const int64 *reader;
} FtxTurn;

/*
 * The multi handle and what belongs to it (connections, epoll descriptor) are
 * there while there is something to do, see sockets.c; the rest lives as long
 * as the engine.
 */
struct FtxEngine
{
	dlist_node node; /* in the list of all engines */
	CURLM *multi;	 /* NULL while it rests */
	CURLSH *share;	 /* TLS sessions, which outlive connections */
	FtxWaiter waiter;
	FtxNetConfig config; /* strings are malloc'ed copies, but secrets */
	char *no_proxy;		 /* hosts never reached through a proxy */
	bool http2;			 /* this libcurl can */
	bool http1;			 /* by which the server answered last */

	/* Requests by state, each list in order of arrival. */
	dlist_head lists[FTX_REQUEST_STATES];
	int counts[FTX_REQUEST_STATES];
	uint64 finished; /* requests that ever became FTX_DONE */

	/* One ended for the backend's interrupts, which are to be served now. */
	bool interrupted;

	int64 gate; /* ftx_clock() before which a 429 forbids */

	FtxTally tally;

	/* How much is held, see flow.c. */
	FtxTurn turn;	 /* who waits */
	size_t held;	 /* bytes in the bodies of all requests */
	size_t excess;	 /* of them, what came when there was no room */
	size_t unlooked; /* bytes since signals were looked at */
	int npaused;
	bool any_paused; /* and so some may have a deadline of ours */
	bool narrow;	 /* answers are so large that one is received at a time */

	/* Easy handles without a transfer, at most max_concurrency. */
	CURL **idle;
	int n_idle;

	FtxSocket *sockets; /* malloc'ed */
	int nsockets;
	int sockets_size;

	int watches; /* FtxWatches of it: it may not rest */

	/* Local ports of connections that a GOAWAY has ended, the last ones. */
	int ended[FTX_MAX_ENDED];
	int nended;
};

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
	char *url;
	struct curl_slist *headers;
	char *body; /* NULL when there is none */
	size_t body_len;
	bool repeat_safe;
	int timeout;
	FtxBudget *budget; /* not owned */
	int64 max_retry_wait;
	int64 *sent; /* not owned; may be NULL */

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
	bool body_over_cap;
	bool out_of_memory;
	bool no_descriptor; /* for a socket */
	bool packed;		/* the body has a content coding */
	bool interrupted;	/* ended by us for the backend's interrupts */
	bool set_aside;		/* ended by us for lack of room, to be sent again */

	/* Receiving; while FTX_SENDING, but for `counted`. */
	size_t counted;		/* bytes of the body that are in engine->held */
	size_t excess;		/* what came when there was no room */
	curl_off_t over_at; /* packed bytes when there was no room; 0: there is */
	bool paused;
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

/*
 * Hand the request to libcurl.  False when that fails, with the response
 * saying why.  Never throws, as nothing here; signals are to be blocked.
 */
extern bool ftx_transfer_begin(FtxRequest *request);

/* Fill the response from what libcurl did; its easy handle is free again. */
extern void ftx_transfer_end(FtxRequest *request, CURLcode code);

/* Stop in the middle: the connection is closed.  The response is not set. */
extern void ftx_transfer_abandon(FtxRequest *request);

/*
 * The headers of an answer.  keep() is told each line as it comes and is false
 * out of memory; get() gives a value that is valid until forget(), NULL when
 * there is no such header; `index` counts those of one name from 0.
 */
extern bool ftx_header_keep(FtxRequest *request, const char *line, size_t len);
extern const char *
ftx_header_get(FtxRequest *request, const char *name, int index);
extern void ftx_header_forget(FtxRequest *request);

/*
 * Let request->refused become true when the server says that it did not
 * process the request.
 */
extern CURLcode ftx_http2_watch(FtxRequest *request);

/* Has a GOAWAY ended the connection with this local port? */
extern bool ftx_http2_ended(const FtxEngine *engine, int local_port);

/* Callbacks of libcurl for sockets; `arg` is the request and the engine. */
extern curl_socket_t
ftx_socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
extern int ftx_socket_close(void *arg, curl_socket_t fd);

/*
 * The request has been answered, and its easy handle is still the multi
 * handle's: its connection is idle now, if it is kept and not an HTTP/2 one.  `spoiled` says
 * that it cannot be told where the answer ended.
 */
extern void ftx_socket_idle(FtxRequest *request, bool spoiled);

/*
 * May the idle connection with this local port, which libcurl chose for the
 * request, not carry it, as there is something to read on it, or its end?
 * Only in a callback.
 */
extern bool ftx_socket_unfit(FtxRequest *request, int local_port);

/*
 * In tls.c: has the TLS library unpacked something of the request's connection
 * that nobody has read?  Only in a callback, while libcurl knows the connection.
 */
extern bool ftx_tls_has_unread(FtxRequest *request);

/* Put a new engine into the list of all. */
extern void ftx_engine_list(FtxEngine *engine);

/* Make it fit for requests; NULL or why not.  Signals are to be blocked. */
extern const char *ftx_engine_wake(FtxEngine *engine);

/*
 * Let all engines rest that have nothing to do; false if there were none.
 * Signals are to be blocked.
 */
extern bool ftx_engines_make_room(void);

/*
 * In flow.c.  None of these throws; signals are blocked in those that call
 * libcurl (adjust) or are called by it (admit).
 */

/* Somebody begins to wait, or ends. */
extern void ftx_flow_turn(FtxEngine *engine, const FtxTurn *turn);

/* The body has changed. */
extern void ftx_flow_count(FtxRequest *request);

/* What the callback is to do with bytes of a body. */
typedef enum FtxFlow
{
	FTX_FLOW_GO_ON, /* take them */
	FTX_FLOW_PAUSE, /* leave them to libcurl until the transfer goes on */
	FTX_FLOW_END	/* end the transfer */
} FtxFlow;

/* n bytes have come. */
extern FtxFlow ftx_flow_admit(FtxRequest *request, size_t n);

/* Pause and resume what is to be. */
extern void ftx_flow_adjust(FtxEngine *engine);

/* The transfer is over. */
extern void ftx_flow_forget(FtxRequest *request);

/* When the time of the first transfer that was paused is over; -1 = never. */
extern int64 ftx_flow_due(FtxEngine *engine);

/* One whose time is over, or NULL. */
extern FtxRequest *ftx_flow_late(FtxEngine *engine);

/* The request to be sent next, of those that are queued; NULL: none now. */
extern FtxRequest *ftx_flow_next(FtxEngine *engine);

/* Will CHECK_FOR_INTERRUPTS() end the statement? */
extern bool ftx_interrupt_due(void);

/* When a request is due to be sent or given up, of ftx_clock(); -1 = never. */
extern int64 ftx_engine_due(FtxEngine *engine);

/* May the statement make one more call? */
extern bool ftx_budget_calls_left(const FtxBudget *budget);

/* The request is being sent, once more or for the first time. */
extern void ftx_request_count(FtxRequest *request);

/*
 * In handle.c: all options of request->easy.  False when libcurl did not take
 * one; the response says which.  Never throws.
 */
extern bool ftx_handle_set_options(FtxRequest *request);

/* Outcome and message of a response without answer. */
extern void
ftx_response_fail(FtxRequest *request, FtxOutcome outcome, const char *message);

#endif /* FTX_ENGINE_H */
