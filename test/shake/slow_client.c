/*
 * A client that is slow by chance: preloaded into the programs of a test, it
 * waits a little after what it sends and before it looks for what has come, so
 * that answers are there when they usually are not yet, and what it would have
 * given up in time has left.
 *
 * FTX_SHAKE is KINDS:SEED; each process has numbers of its own.  Of the kind
 * "client" half of them are slow whenever they send, as a client whose server is
 * much faster is: then requests get ahead of rows as far as they can.  Of the
 * kind "seldom" each look comes long after something has come, so that it finds
 * what usually comes at several looks.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* nanoseconds */
#define LONGEST 5000000
#define LONGEST_SELDOM 50000000

enum
{
	SEND,
	LOOK
};

static void
hesitate(int what)
{
	static __thread unsigned int state = 0;
	static __thread int late[2]; /* of ten calls */
	static __thread int longest = LONGEST;
	struct timespec wait = {0};
	int save_errno = errno;

	if (state == 0)
	{
		const char *shake = getenv("FTX_SHAKE");
		const char *seed = shake ? strchr(shake, ':') : NULL;
		const char *seldom = shake ? strstr(shake, "seldom") : NULL;

		state = 1 + (seed ? atoi(seed + 1) : 0) * 7919 + getpid();
		late[SEND] = rand_r(&state) % 2 ? 10 : rand_r(&state) % 10;
		late[LOOK] = late[SEND] == 10 ? 0 : rand_r(&state) % 5;
		if (seldom)
		{
			late[SEND] = 0;
			late[LOOK] = 10;
			longest = LONGEST_SELDOM;
		}
	}
	if (rand_r(&state) % 10 < late[what])
	{
		wait.tv_nsec = longest / 2 + rand_r(&state) % (longest / 2);
		nanosleep(&wait, NULL);
	}
	errno = save_errno;
}

ssize_t
send(int fd, const void *data, size_t size, int flags)
{
	static ssize_t (*next)(int, const void *, size_t, int) = NULL;
	ssize_t sent;

	if (next == NULL)
		next = dlsym(RTLD_NEXT, "send");
	sent = next(fd, data, size, flags);
	hesitate(SEND);
	return sent;
}

int
epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
	static int (*next)(int, struct epoll_event *, int, int) = NULL;

	if (next == NULL)
		next = dlsym(RTLD_NEXT, "epoll_wait");
	hesitate(LOOK);
	return next(fd, events, n, timeout);
}
