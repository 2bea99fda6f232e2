/*-------------------------------------------------------------------------
 *
 * watch.c
 *		A descriptor for those who wait for an engine together with others.
 *
 * Each watch has a duplicate of the engine's epoll descriptor, as a
 * WaitEventSet takes a descriptor only once and several scans of an Append
 * may share an engine.
 *
 *-------------------------------------------------------------------------
 */
#include "net/engine.h"

#include <fcntl.h>
#include <unistd.h>

#include "storage/fd.h"

struct FtxWatch
{
	MemoryContextCallback callback;
	FtxEngine *engine;
	int fd; /* owned; -1 when closed */
};

static void
close_watch(void *arg)
{
	FtxWatch *watch = arg;

	if (watch->fd < 0)
		return;
	close(watch->fd);
	watch->fd = -1;
	ReleaseExternalFD();
}

static void
raise_no_descriptor(void)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
					errmsg("could not watch the connections to a server: %m")));
}

FtxWatch *
ftx_watch_create(FtxEngine *engine, MemoryContext owner)
{
	FtxWatch *watch = MemoryContextAllocZero(owner, sizeof(FtxWatch));
	int fd = ftx_waiter_descriptor(&engine->waiter, -1);

	watch->engine = engine;
	watch->fd = -1;
	watch->callback.func = close_watch;
	watch->callback.arg = watch;
	MemoryContextRegisterResetCallback(owner, &watch->callback);
	if (fd < 0 || !AcquireExternalFD())
		raise_no_descriptor();
	watch->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (watch->fd < 0)
	{
		int save_errno = errno;

		ReleaseExternalFD();
		errno = save_errno;
		raise_no_descriptor();
	}
	return watch;
}

int
ftx_watch_arm(FtxWatch *watch)
{
	if (ftx_waiter_descriptor(&watch->engine->waiter,
							  ftx_engine_due(watch->engine)) < 0)
		raise_no_descriptor();
	return watch->fd;
}
