/*-------------------------------------------------------------------------
 *
 * poll.c
 *		Waiting for libcurl's sockets and timer as a backend must.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/poll.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/compat.h"
#include "miscadmin.h"
#include "net/descriptor.h"
#include "storage/latch.h"
#include "utils/wait_event.h"

/* What a multi handle of libcurl has open for itself: a pair to wake it. */
#define MULTI_DESCRIPTORS 2

/* Sockets served by one call of ftx_waiter_act(); the rest comes next. */
#define MAX_READY 32

/* Longest single wait.  WaitLatchOrSocket() takes no more than INT_MAX ms. */
#define MAX_WAIT_US (INT64CONST(3600) * 1000 * 1000)

/* When libcurl names neither a socket nor a moment, look after it anyway. */
#define IDLE_CHECK_US (INT64CONST(1000) * 1000)

static uint32 wait_event = 0;

int64
ftx_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/*
 * CURLMOPT_SOCKETFUNCTION.  The pointer assigned to a socket tells whether
 * it is watched already.  A failure is kept for ftx_waiter_act(): returning
 * it would make libcurl declare the whole multi handle dead.
 */
static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *watched)
{
	FtxWaiter *waiter = arg;
	struct epoll_event event = {0};

	if (what == CURL_POLL_REMOVE)
	{
		if (watched != NULL)
		{
			/* may be closed, and so forgotten by the kernel, already */
			(void) epoll_ctl(waiter->epoll_fd, EPOLL_CTL_DEL, fd, &event);
			waiter->sockets--;
		}
		return 0;
	}

	event.data.fd = fd;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		event.events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		event.events |= EPOLLOUT;

	if (watched == NULL)
	{
		curl_multi_assign(waiter->multi, fd, waiter);
		waiter->sockets++;
	}
	/* The other operation serves when libcurl and the kernel disagree. */
	if (epoll_ctl(waiter->epoll_fd,
				  watched == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd,
				  &event) != 0 &&
		epoll_ctl(waiter->epoll_fd,
				  watched == NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
				  &event) != 0)
		waiter->watch_errno = errno;
	return 0;
}

/* CURLMOPT_TIMERFUNCTION */
static int
set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	FtxWaiter *waiter = arg;

	if (timeout_ms < 0)
		waiter->due = -1;
	else
		waiter->due = ftx_clock() + (int64) timeout_ms * 1000;
	return 0;
}

void
ftx_waiter_init(FtxWaiter *waiter)
{
	waiter->multi = NULL;
	waiter->epoll_fd = -1;
	waiter->timer_fd = -1;
	waiter->sockets = 0;
	waiter->due = -1;
	waiter->watch_errno = 0;
}

bool
ftx_waiter_open(FtxWaiter *waiter, CURLM *multi)
{
	ftx_waiter_init(waiter);
	waiter->multi = multi;
	if (!ftx_descriptors_reserve(1 + MULTI_DESCRIPTORS))
		return false;
	waiter->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (waiter->epoll_fd < 0)
	{
		int save_errno = errno;

		ftx_descriptors_release(1 + MULTI_DESCRIPTORS);
		errno = save_errno;
		return false;
	}

	if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket) !=
			CURLM_OK ||
		curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, waiter) != CURLM_OK ||
		curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) !=
			CURLM_OK ||
		curl_multi_setopt(multi, CURLMOPT_TIMERDATA, waiter) != CURLM_OK)
	{
		errno = ENOSYS;
		return false;
	}
	return true;
}

void
ftx_waiter_close(FtxWaiter *waiter)
{
	if (waiter->timer_fd >= 0)
	{
		close(waiter->timer_fd);
		waiter->timer_fd = -1;
		ftx_descriptors_release(1);
	}
	if (waiter->epoll_fd >= 0)
	{
		close(waiter->epoll_fd);
		ftx_descriptors_release(1 + MULTI_DESCRIPTORS);
	}
	ftx_waiter_init(waiter);
}

/*
 * When the waiter has to act, whatever its sockets do; -1 = never.
 */
static int64
next_moment(FtxWaiter *waiter, int64 until)
{
	int64 due = waiter->due;

	if (until >= 0 && (due < 0 || until < due))
		due = until;
	if (due < 0 && waiter->sockets == 0)
		due = waiter->due = ftx_clock() + IDLE_CHECK_US;
	return due;
}

static bool
open_timer(FtxWaiter *waiter)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (!ftx_descriptors_reserve(1))
		return false;
	waiter->timer_fd = timerfd_create(CLOCK_MONOTONIC,
									  TFD_NONBLOCK | TFD_CLOEXEC);
	event.data.fd = waiter->timer_fd;
	if (waiter->timer_fd < 0 || epoll_ctl(waiter->epoll_fd, EPOLL_CTL_ADD,
										  waiter->timer_fd, &event) != 0)
	{
		int save_errno = errno;

		if (waiter->timer_fd >= 0)
			close(waiter->timer_fd);
		waiter->timer_fd = -1;
		ftx_descriptors_release(1);
		errno = save_errno;
		return false;
	}
	return true;
}

int
ftx_waiter_descriptor(FtxWaiter *waiter, int64 until)
{
	struct itimerspec moment = {0};
	int64 due = next_moment(waiter, until);

	if (waiter->timer_fd < 0 && !open_timer(waiter))
		return -1;
	if (due >= 0)
	{
		/* zero would mean never */
		moment.it_value.tv_sec = Max(due, 1) / 1000000;
		moment.it_value.tv_nsec = Max(due, 1) % 1000000 * 1000;
	}
	if (timerfd_settime(waiter->timer_fd, TFD_TIMER_ABSTIME, &moment, NULL) !=
		0)
		return -1;
	return waiter->epoll_fd;
}

void
ftx_waiter_wait(FtxWaiter *waiter, int64 until)
{
	int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;
	int64 now = ftx_clock();
	int64 due = next_moment(waiter, until);
	long timeout = -1;
	int ready;

	if (due >= 0 && due <= now)
	{
		/* nothing to wait for, but a busy engine must stay interruptible */
		CHECK_FOR_INTERRUPTS();
		return;
	}
	if (due >= 0)
	{
		/* rounded up: waking early would mean waking twice */
		events |= WL_TIMEOUT;
		timeout = (long) ((Min(due - now, MAX_WAIT_US) + 999) / 1000);
	}

	/* an engine that rests waits for a moment only */
	if (waiter->epoll_fd >= 0)
		events |= WL_SOCKET_READABLE;
	if (wait_event == 0)
		wait_event = ftx_wait_event_new("FivetrexHttp");
	ready = WaitLatchOrSocket(MyLatch, events, waiter->epoll_fd, timeout,
							  wait_event);
	if (ready & WL_LATCH_SET)
		ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

const char *
ftx_waiter_act(FtxWaiter *waiter)
{
	struct epoll_event ready[MAX_READY];
	CURLMcode code = CURLM_OK;
	int running;
	int n;

	if (waiter->epoll_fd < 0)
		return NULL;
	n = epoll_wait(waiter->epoll_fd, ready, MAX_READY, 0);
	for (int i = 0; i < n && code == CURLM_OK; i++)
	{
		int what = 0;

		if (ready[i].data.fd == waiter->timer_fd)
		{
			struct itimerspec never = {0};

			/* what is due is looked up below */
			(void) timerfd_settime(waiter->timer_fd, 0, &never, NULL);
			continue;
		}

		/*
		 * On an error, 0 lets libcurl look for itself: an answer may have
		 * come before it, which CURL_CSELECT_ERR would discard.
		 */
		if ((ready[i].events & (EPOLLERR | EPOLLHUP)) == 0)
		{
			if (ready[i].events & EPOLLIN)
				what |= CURL_CSELECT_IN;
			if (ready[i].events & EPOLLOUT)
				what |= CURL_CSELECT_OUT;
		}
		code = curl_multi_socket_action(waiter->multi, ready[i].data.fd, what,
										&running);
	}

	if (code == CURLM_OK && waiter->due >= 0 && waiter->due <= ftx_clock())
	{
		/* first, as libcurl may set it again */
		waiter->due = -1;
		code = curl_multi_socket_action(waiter->multi, CURL_SOCKET_TIMEOUT, 0,
										&running);
	}

	if (code != CURLM_OK)
		return curl_multi_strerror(code);
	if (waiter->watch_errno != 0)
	{
		int watch_errno = waiter->watch_errno;

		waiter->watch_errno = 0;
		return strerror(watch_errno);
	}
	return NULL;
}
