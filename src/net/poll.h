/*-------------------------------------------------------------------------
 *
 * poll.h
 *		Waiting for libcurl's sockets and timer as a backend must.
 *
 * Private to src/net.  libcurl says which sockets and which moment it waits
 * for; the sockets are watched by an epoll descriptor, which is the one
 * socket that WaitLatchOrSocket() is then given.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_POLL_H
#define FTX_POLL_H

#include "postgres.h"

#include "base/libcurl.h"

typedef struct FtxPoller
{
	CURLM *multi;	/* not owned */
	int epoll_fd;	/* owned; -1 when closed */
	int timer_fd;	/* owned; -1 unless somebody else waits, too */
	int sockets;	/* watched for libcurl */
	int64 due;		/* when libcurl wants a call, -1 = never */
	int poll_errno; /* why a socket cannot be watched, 0 = none */
} FtxPoller;

/* A clock that never jumps, in microseconds. */
extern int64 ftx_clock(void);

/* Make it a closed one, which waits for moments only. */
extern void ftx_poller_init(FtxPoller *poller);

/* False when it cannot be set up; errno says why.  Never throws. */
extern bool ftx_poller_open(FtxPoller *poller, CURLM *multi);

/* Only after curl_multi_cleanup(), which still calls back.  Never throws. */
extern void ftx_poller_close(FtxPoller *poller);

/*
 * Wait for a socket, libcurl's timer, `until` (of ftx_clock(), -1 = never) or
 * the latch.  Serves interrupts, which may throw; libcurl is not called.
 */
extern void ftx_poller_wait(FtxPoller *poller, int64 until);

/*
 * For waits by others (WaitEventSet): the epoll descriptor, which the poller
 * owns, becomes readable when ftx_poller_act() has something to do, at `until`
 * at the latest (-1 = never).  -1 when that cannot be set up; errno says why.
 * Never throws.
 */
extern int ftx_poller_descriptor(FtxPoller *poller, int64 until);

/*
 * Let libcurl act on what is ready now, without waiting.  NULL or why it
 * cannot go on.  Never throws; to be called with signals blocked.
 */
extern const char *ftx_poller_act(FtxPoller *poller);

#endif /* FTX_POLL_H */
