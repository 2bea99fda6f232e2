/*-------------------------------------------------------------------------
 *
 * sockets.h
 *		Connections of an engine: what is idle, what has ended.
 *
 * Private to src/net.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SOCKETS_H
#define FTX_SOCKETS_H

#include "base/libcurl.h"
#include "net/engine.h"
#include "net/request.h"

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
 * handle's: its connection is idle now, if it is kept and not an HTTP/2 one. 
 * `spoiled` says that it cannot be told where the answer ended.
 */
extern void ftx_socket_idle(FtxRequest *request, bool spoiled);

/*
 * May the idle connection with this local port, which libcurl chose for the
 * request, not carry it, as there is something to read on it, or its end?
 * Only in a callback.
 */
extern bool ftx_socket_unfit(FtxRequest *request, int local_port);

/* Put a new engine into the list of all. */
extern void ftx_engine_list(FtxEngine *engine);

/* Make it fit for requests; NULL or why not.  Signals are to be blocked. */
extern const char *ftx_engine_wake(FtxEngine *engine);

/*
 * Let all engines rest that have nothing to do; false if there were none.
 * Signals are to be blocked.
 */
extern bool ftx_engines_make_room(void);

#endif /* FTX_SOCKETS_H */
