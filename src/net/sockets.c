/*-------------------------------------------------------------------------
 *
 * sockets.c
 *		The sockets of an engine, and how they are given up.
 *
 * A socket is reserved (net/descriptor.h) before libcurl gets it.  libcurl
 * may close one without telling, so the engine knows its sockets by number:
 * one that is opened again under a number that is known was closed before.
 *
 * Between an answer and the next request a server has nothing to say on an
 * HTTP/1 connection.  What it says nevertheless (an answer once more, a 408 of
 * a load balancer that closes what is idle, the rest of an answer that was
 * longer than announced) would be taken for the answer to the next request,
 * and that one's for the answer to the one after it.  libcurl before 8 takes
 * pending bytes for a sign of life, so it is asked here: an idle connection
 * with something to read, on the socket or in the TLS library (tls.c), is not
 * used again.
 *
 * What no client can tell: bytes that arrive after that look and before the
 * request does.
 *
 * An engine that has nothing to do can rest: its multi handle goes, with all
 * connections and its epoll descriptor, and comes back with the next request.
 * That is the only way to close idle connections that libcurl offers.
 *
 *-------------------------------------------------------------------------
 */

#include "postgres.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compat.h"
#include "lib/ilist.h"
#include "net/descriptor.h"
#include "net/engine_state.h"
#include "net/request_state.h"
#include "net/sockets.h"

/* All engines of this backend. */
static dlist_head engines = DLIST_STATIC_INIT(engines);

/* ---------- sockets ---------- */

static int
find_socket(const FtxEngine *engine, curl_socket_t fd)
{
	for (int i = 0; i < engine->nsockets; i++)
	{
		if (engine->sockets[i].fd == fd)
			return i;
	}
	return -1;
}

/*
 * Room for one more; false when out of memory.
 */
static bool
grow_sockets(FtxEngine *engine)
{
	FtxSocket *sockets;
	int size = Max(8, engine->sockets_size * 2);

	if (engine->nsockets < engine->sockets_size)
		return true;
	sockets = realloc(engine->sockets, size * sizeof(FtxSocket));
	if (sockets == NULL)
		return false;
	engine->sockets = sockets;
	engine->sockets_size = size;
	return true;
}

/* CURLOPT_OPENSOCKETFUNCTION */
curl_socket_t
ftx_socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	FtxRequest *request = arg;
	FtxEngine *engine = request->engine;
	curl_socket_t fd;
	int i;

	if (!grow_sockets(engine))
		return CURL_SOCKET_BAD;
	if (!ftx_descriptors_reserve(1))
	{
		request->no_descriptor = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
				address->protocol);
	if (fd < 0)
	{
		/* the kernel knows of others that core does not */
		request->no_descriptor = errno == EMFILE || errno == ENFILE;
		ftx_descriptors_release(1);
		return CURL_SOCKET_BAD;
	}
	i = find_socket(engine, fd);
	if (i >= 0)
		ftx_descriptors_release(1);
	else
		i = engine->nsockets++;
	engine->sockets[i] = (FtxSocket){.fd = fd};
	return fd;
}

/* CURLOPT_CLOSESOCKETFUNCTION */
int
ftx_socket_close(void *arg, curl_socket_t fd)
{
	FtxEngine *engine = arg;
	int i = find_socket(engine, fd);

	if (i >= 0)
	{
		engine->sockets[i] = engine->sockets[--engine->nsockets];
		ftx_descriptors_release(1);
	}
	return close(fd);
}

int
ftx_engine_connections(const FtxEngine *engine)
{
	return engine->nsockets;
}

/* ---------- idle connections ---------- */

/* The local port of a socket, 0 when it has none or is no socket. */
static int
local_port_of(curl_socket_t fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *) &address, &size) != 0)
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *) &address)->sin_port);
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *) &address)->sin6_port);
	return 0;
}

void
ftx_socket_idle(FtxRequest *request, bool spoiled)
{
	FtxEngine *engine = request->engine;
	curl_socket_t fd = CURL_SOCKET_BAD;
	long version = CURL_HTTP_VERSION_NONE;
	int i;

	if (curl_easy_getinfo(request->easy, CURLINFO_HTTP_VERSION, &version) !=
		CURLE_OK)
		return;
	engine->http1 = version < CURL_HTTP_VERSION_2_0;
	/* HTTP/2 says what belongs to what, and may speak at any time */
	if (!engine->http1)
		return;
	if (curl_easy_getinfo(request->easy, CURLINFO_ACTIVESOCKET, &fd) !=
			CURLE_OK ||
		fd == CURL_SOCKET_BAD)
		return;
	i = find_socket(engine, fd);
	if (i < 0)
		return;
	engine->sockets[i].idle_port = local_port_of(fd);
	engine->sockets[i].spoiled = spoiled;
}

/* Is there something to read, or an end or an error to be told? */
static bool
has_unread(curl_socket_t fd)
{
	char byte;
	ssize_t n;

	do
		n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

bool
ftx_socket_unfit(FtxRequest *request, int local_port)
{
	const FtxEngine *engine = request->engine;

	for (int i = 0; i < engine->nsockets; i++)
	{
		const FtxSocket *idle = &engine->sockets[i];

		if (idle->idle_port == 0 || idle->idle_port != local_port)
			continue;
		/* closed without telling, and the number may be another's now */
		if (local_port_of(idle->fd) != idle->idle_port)
			continue;
		if (idle->spoiled || has_unread(idle->fd) ||
			ftx_tls_has_unread(request))
			return true;
	}
	return false;
}

/* ---------- rest ---------- */

void
ftx_engine_list(FtxEngine *engine)
{
	dlist_push_tail(&engines, &engine->node);
}

static bool
set_multi_options(FtxEngine *engine)
{
	long connections = engine->config.max_concurrency;

	return curl_multi_setopt(engine->multi, CURLMOPT_PIPELINING,
							 (long) CURLPIPE_MULTIPLEX) == CURLM_OK &&
		   curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS,
							 connections) == CURLM_OK &&
		   curl_multi_setopt(engine->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
							 connections) == CURLM_OK;
}

static void
close_multi(FtxEngine *engine)
{
	for (int i = 0; i < engine->n_idle; i++)
		curl_easy_cleanup(engine->idle[i]);
	engine->n_idle = 0;
	curl_multi_cleanup(engine->multi);
	engine->multi = NULL;
	ftx_poller_close(&engine->poller);
	/* those that libcurl has closed without telling */
	ftx_descriptors_release(engine->nsockets);
	engine->nsockets = 0;
}

const char *
ftx_engine_wake(FtxEngine *engine)
{
	const char *failure = NULL;

	if (engine->multi != NULL)
		return NULL;
	engine->multi = curl_multi_init();
	if (engine->multi == NULL)
		return strerror(ENOMEM);
	if (!ftx_poller_open(&engine->poller, engine->multi))
		failure = strerror(errno);
	else if (!set_multi_options(engine))
		failure = "an option of the multi interface is not known";
	if (failure != NULL)
		close_multi(engine);
	return failure;
}

void
ftx_engine_rest(FtxEngine *engine)
{
	if (engine->multi == NULL || engine->watches > 0 ||
		ftx_engine_requests(engine) > 0)
		return;
	ftx_block_signals();
	close_multi(engine);
	ftx_unblock_signals();
}

bool
ftx_engines_make_room(void)
{
	bool made = false;
	dlist_iter iter;

	dlist_foreach (iter, &engines)
	{
		FtxEngine *engine = dlist_container(FtxEngine, node, iter.cur);

		if (engine->multi == NULL || engine->watches > 0 ||
			ftx_engine_requests(engine) > 0)
			continue;
		close_multi(engine);
		made = true;
	}
	return made;
}
