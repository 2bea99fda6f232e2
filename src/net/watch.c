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

#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/compat.h"
#include "net/descriptor.h"
#include "net/engine_state.h"
#include "net/flow.h"
#include "net/sockets.h"

struct FtxWatch
{
	MemoryContextCallback callback;
	FtxEngine *engine;
	const int64 *reader;
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
	watch->engine->watches--;
	ftx_descriptors_release(1);
}

static void
raise_no_descriptor(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("could not watch the connections to a server: %s", why)));
}

FtxWatch *
ftx_watch_create(FtxEngine *engine, const int64 *reader, MemoryContext owner)
{
	FtxWatch *watch = MemoryContextAllocZero(owner, sizeof(FtxWatch));
	const char *failure;
	int fd;

	watch->engine = engine;
	watch->reader = reader;
	watch->fd = -1;
	watch->callback.func = close_watch;
	watch->callback.arg = watch;
	MemoryContextRegisterResetCallback(owner, &watch->callback);
	ftx_block_signals();
	failure = ftx_engine_wake(engine);
	if (failure != NULL && ftx_engines_make_room())
		failure = ftx_engine_wake(engine);
	ftx_unblock_signals();
	if (failure != NULL)
		raise_no_descriptor(failure);

	fd = ftx_poller_descriptor(&engine->poller, -1);
	if (fd < 0 || !ftx_descriptors_reserve(1))
		raise_no_descriptor(strerror(errno));
	watch->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (watch->fd < 0)
	{
		failure = strerror(errno);
		ftx_descriptors_release(1);
		raise_no_descriptor(failure);
	}
	engine->watches++;
	return watch;
}

int
ftx_watch_arm(FtxWatch *watch)
{
	FtxTurn turn = {true, NULL, watch->reader};

	/* of several that wait together, the last one: any of them ends the wait */
	ftx_flow_turn(watch->engine, &turn);
	if (watch->engine->npaused > 0)
		ftx_engine_pump(watch->engine);
	if (ftx_poller_descriptor(&watch->engine->poller,
							  ftx_engine_due(watch->engine)) < 0)
		raise_no_descriptor(strerror(errno));
	return watch->fd;
}
