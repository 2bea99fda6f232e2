/*-------------------------------------------------------------------------
 *
 * engine_state.h
 *		What an engine is made of.
 *
 * Private to src/net.  Everything here is malloc'ed, as libcurl and its
 * callbacks use it at times when PostgreSQL's contexts may not be touched.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ENGINE_STATE_H
#define FTX_ENGINE_STATE_H

#include "base/libcurl.h"
#include "lib/ilist.h"
#include "net/engine.h"
#include "net/poll.h"
#include "net/request.h"

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
	FtxPoller poller;
	FtxNetConfig config;		/* strings are malloc'ed copies, but secrets */
	char *no_proxy;				/* hosts never reached through a proxy */
	const char *root_file;		/* of authorities, libcurl's default */
	const char *root_directory; /* the same by hash; NULL: not used */
	const char *no_directory;	/* what says that there is to be none */
	char *one_root;				/* what says that there is to be no file */
	bool needs_root_file;		/* the directory was too little once */
	bool http2;					/* this libcurl can */
	size_t stream_bytes; /* it lets a server send to one of its streams */
	bool http1;			 /* by which the server answered last */

	/* Requests by state, each list in order of arrival. */
	dlist_head lists[FTX_REQUEST_STATES];
	int counts[FTX_REQUEST_STATES];
	uint64 finished; /* requests that ever became FTX_DONE */

	/* One ended for the backend's interrupts, which are to be served now. */
	bool interrupted;

	int64 gate; /* ftx_clock() before which a 429 forbids */

	FtxTally *tally; /* the caller's */

	/* How much is held, see flow.c. */
	FtxTurn turn;	 /* who waits */
	size_t held;	 /* bytes in the bodies of all requests */
	size_t excess;	 /* of them, what came when there was no room */
	size_t to_come;	 /* what servers may send to those that are paused */
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

/*
 * In tls.c: has the TLS library received something of the request's connection
 * that nobody has read?  Only in a callback, while libcurl knows the
 * connection.
 */
extern bool ftx_tls_has_unread(FtxRequest *request);

#endif /* FTX_ENGINE_STATE_H */
