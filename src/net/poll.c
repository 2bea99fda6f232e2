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

/* Sockets served by one call of ftx_poller_act(); the rest comes next. */
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
 * it is watched already.  A failure is kept for ftx_poller_act(): returning
 * it would make libcurl declare the whole multi handle dead.
 */
static int
poll_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *watched)
{
	FtxPoller *poller = arg;
	struct epoll_event event = {0};

	if (what == CURL_POLL_REMOVE)
	{
		if (watched != NULL)
		{
			/* may be closed, and so forgotten by the kernel, already */
			(void) epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, fd, &event);
			poller->sockets--;
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
		curl_multi_assign(poller->multi, fd, poller);
		poller->sockets++;
	}
	/* The other operation serves when libcurl and the kernel disagree. */
	if (epoll_ctl(poller->epoll_fd,
				  watched == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd,
				  &event) != 0 &&
		epoll_ctl(poller->epoll_fd,
				  watched == NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
				  &event) != 0)
		poller->poll_errno = errno;
	return 0;
}

/* CURLMOPT_TIMERFUNCTION */
static int
set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	FtxPoller *poller = arg;

	if (timeout_ms < 0)
		poller->due = -1;
	else
		poller->due = ftx_clock() + (int64) timeout_ms * 1000;
	return 0;
}

void
ftx_poller_init(FtxPoller *poller)
{
	poller->multi = NULL;
	poller->epoll_fd = -1;
	poller->timer_fd = -1;
	poller->sockets = 0;
	poller->due = -1;
	poller->poll_errno = 0;
}

bool
ftx_poller_open(FtxPoller *poller, CURLM *multi)
{
	ftx_poller_init(poller);
	poller->multi = multi;
	if (!ftx_descriptors_reserve(1 + MULTI_DESCRIPTORS))
		return false;
	poller->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (poller->epoll_fd < 0)
	{
		int save_errno = errno;

		ftx_descriptors_release(1 + MULTI_DESCRIPTORS);
		errno = save_errno;
		return false;
	}

	if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, poll_socket) !=
			CURLM_OK ||
		curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, poller) != CURLM_OK ||
		curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) !=
			CURLM_OK ||
		curl_multi_setopt(multi, CURLMOPT_TIMERDATA, poller) != CURLM_OK)
	{
		errno = ENOSYS;
		return false;
	}
	return true;
}

void
ftx_poller_close(FtxPoller *poller)
{
	if (poller->timer_fd >= 0)
	{
		close(poller->timer_fd);
		poller->timer_fd = -1;
		ftx_descriptors_release(1);
	}
	if (poller->epoll_fd >= 0)
	{
		close(poller->epoll_fd);
		ftx_descriptors_release(1 + MULTI_DESCRIPTORS);
	}
	ftx_poller_init(poller);
}

/*
 * When the poller has to act, whatever its sockets do; -1 = never.
 */
static int64
next_moment(FtxPoller *poller, int64 until)
{
	int64 due = poller->due;

	if (until >= 0 && (due < 0 || until < due))
		due = until;
	if (due < 0 && poller->sockets == 0)
		due = poller->due = ftx_clock() + IDLE_CHECK_US;
	return due;
}

static bool
open_timer(FtxPoller *poller)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (!ftx_descriptors_reserve(1))
		return false;
	poller->timer_fd = timerfd_create(CLOCK_MONOTONIC,
									  TFD_NONBLOCK | TFD_CLOEXEC);
	event.data.fd = poller->timer_fd;
	if (poller->timer_fd < 0 || epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD,
										  poller->timer_fd, &event) != 0)
	{
		int save_errno = errno;

		if (poller->timer_fd >= 0)
			close(poller->timer_fd);
		poller->timer_fd = -1;
		ftx_descriptors_release(1);
		errno = save_errno;
		return false;
	}
	return true;
}

int
ftx_poller_descriptor(FtxPoller *poller, int64 until)
{
	struct itimerspec moment = {0};
	int64 due = next_moment(poller, until);

	if (poller->timer_fd < 0 && !open_timer(poller))
		return -1;
	if (due >= 0)
	{
		/* zero would mean never */
		moment.it_value.tv_sec = Max(due, 1) / 1000000;
		moment.it_value.tv_nsec = Max(due, 1) % 1000000 * 1000;
	}
	if (timerfd_settime(poller->timer_fd, TFD_TIMER_ABSTIME, &moment, NULL) !=
		0)
		return -1;
	return poller->epoll_fd;
}

void
ftx_poller_wait(FtxPoller *poller, int64 until)
{
	int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;
	int64 now = ftx_clock();
	int64 due = next_moment(poller, until);
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
	if (poller->epoll_fd >= 0)
		events |= WL_SOCKET_READABLE;
	if (wait_event == 0)
		wait_event = ftx_wait_event_new("FivetrexHttp");
	ready = WaitLatchOrSocket(MyLatch, events, poller->epoll_fd, timeout,
							  wait_event);
	if (ready & WL_LATCH_SET)
		ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

const char *
ftx_poller_act(FtxPoller *poller)
{
	struct epoll_event ready[MAX_READY];
	CURLMcode code = CURLM_OK;
	int running;
	int n;

	if (poller->epoll_fd < 0)
		return NULL;
	n = epoll_wait(poller->epoll_fd, ready, MAX_READY, 0);
	for (int i = 0; i < n && code == CURLM_OK; i++)
	{
		int what = 0;

		if (ready[i].data.fd == poller->timer_fd)
		{
			struct itimerspec never = {0};

			/* what is due is looked up below */
			(void) timerfd_settime(poller->timer_fd, 0, &never, NULL);
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
		code = curl_multi_socket_action(poller->multi, ready[i].data.fd, what,
										&running);
	}

	if (code == CURLM_OK && poller->due >= 0 && poller->due <= ftx_clock())
	{
		/* first, as libcurl may set it again */
		poller->due = -1;
		code = curl_multi_socket_action(poller->multi, CURL_SOCKET_TIMEOUT, 0,
										&running);
	}

	if (code != CURLM_OK)
		return curl_multi_strerror(code);
	if (poller->poll_errno != 0)
	{
		int poll_errno = poller->poll_errno;

		poller->poll_errno = 0;
		return strerror(poll_errno);
	}
	return NULL;
}
