/*-------------------------------------------------------------------------
 *
 * server.c
 *		The server of make bench: one thread, epoll, answers made beforehand.
 *
 *		server ROWS [opaque]
 *
 * Prints its port.  Serves connections as the API does:
 *
 *		GET /v1/connections?limit=L&cursor=C	a page; cursors as Fivetran's
 *												({"skip":N}), or opaque ones
 *		GET /v1/connections/ID					one of them
 *		GET /v1/connections/ID/schemas			its schemas, tables and columns:
 *												the same for all
 *		GET /v1/groups, /v1/users, ...			lists of one page, 10 items
 *		GET /schemas_size						bytes of such schemas
 *		PATCH, POST, DELETE anything			an empty object
 *		anything below /few						the same of 3,000 connections
 *		GET /latency/MS							answers wait so long from now on
 *		GET /stats								requests, most in flight; resets
 *		GET /pages								the number of pages
 *		GET /page/N								the body of a page of 1000
 *
 * It must never be the bottleneck, and counts what it is asked.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 1024
#define REQUEST_BYTES 65536

typedef struct Client
{
	int fd;
	char in[REQUEST_BYTES];
	size_t inlen;
	char head[256];		/* the answer: head, then up to three parts */
	struct iovec out[4];
	int nout;
	int64_t due; /* ns; 0: nothing to send */
	bool waiting;
	char tail[256];
	struct Client *next; /* in the queue of answers that wait */
} Client;

static char *rows;		   /* all items, each followed by a comma */
static size_t *offsets;	   /* of each item; one more at the end */
static int nrows;
static char *schemas;	   /* an answer */
static size_t schemas_size;
static bool opaque;
static int64_t latency;
static Client *queue_head, *queue_tail;
static long requests, in_flight, max_in_flight;

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/*
 * About 1.3 KB each, as connections of databases and applications are.
 */
static void
make_rows(void)
{
	size_t size = (size_t) nrows * 1500 + 16;
	char *p = rows = malloc(size);

	offsets = malloc(sizeof(size_t) * (nrows + 1));
	for (int i = 0; i < nrows; i++)
	{
		offsets[i] = p - rows;
		p += sprintf(p,
			"{\"id\":\"connector_%07d\",\"service\":\"%s\",\"schema\":\"schema_%d.table\",\"group_id\":\"group_%d\","
			"\"service_version\":%d,\"connected_by\":\"user_%d\",\"created_at\":\"2026-0%d-1%dT0%d:15:42.%03dZ\","
			"\"succeeded_at\":\"2026-10-2%dT1%d:01:02Z\",\"failed_at\":null,\"paused\":%s,\"pause_after_trial\":false,"
			"\"sync_frequency\":%d,\"data_delay_threshold\":0,\"data_delay_sensitivity\":\"NORMAL\",\"schedule_type\":\"auto\","
			"\"status\":{\"setup_state\":\"connected\",\"sync_state\":\"scheduled\",\"update_state\":\"on_schedule\","
			"\"is_historical_sync\":false,\"schema_status\":\"ready\",\"tasks\":[{\"code\":\"reconnect\",\"message\":\"Reconnect the \\\"source\\\"\","
			"\"details\":\"The password of user fivetran was refused\"}],\"warnings\":[],\"rescheduled_for\":null},"
			"\"networking_method\":\"Directly\",\"private_link_id\":null,\"proxy_agent_id\":null,\"hybrid_deployment_agent_id\":null,"
			"\"destination_configuration\":{\"virtual_warehouse\":\"LOAD_WH\"},\"source_sync_details\":{\"accounts\":[]},"
			"\"config\":{\"schema_prefix\":\"schema_%d\",\"host\":\"db-%d.example.com\",\"port\":\"5432\",\"database\":\"prod\","
			"\"user\":\"fivetran\",\"password\":\"******\",\"update_method\":\"TELEPORT\",\"always_encrypted\":true,"
			"\"connection_type\":\"Directly\",\"replication_slot\":\"fivetran_slot_%d\","
			"\"public_key\":\"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC%032d fivetran\"}},",
			i, i % 2 ? "postgres" : "salesforce", i, i % 100, i % 4, i % 50, 1 + i % 9, i % 10, i % 10, i % 1000,
			i % 10, i % 10, i % 7 ? "false" : "true", i % 3 ? 360 : 60, i, i, i, i);
	}
	offsets[nrows] = p - rows;
}

/*
 * 1.2 MB: 10 schemas of 20 tables of 50 columns.
 */
static void
make_schemas(void)
{
	char *p = schemas = malloc(10 * 20 * 50 * 200);

	p += sprintf(p, "{\"code\":\"Success\",\"data\":{\"enable_new_by_default\":true,\"schema_change_handling\":\"ALLOW_ALL\",\"schemas\":{");
	for (int i = 0; i < 10; i++)
	{
		p += sprintf(p, "%s\"schema_%d\":{\"name_in_destination\":\"schema_%d\",\"enabled\":true,\"tables\":{",
					 i ? "," : "", i, i);
		for (int j = 0; j < 20; j++)
		{
			p += sprintf(p, "%s\"table_%d\":{\"name_in_destination\":\"table_%d\",\"enabled\":true,\"sync_mode\":\"SOFT_DELETE\","
				"\"enabled_patch_settings\":{\"allowed\":true},\"columns\":{", j ? "," : "", j, j);
			for (int k = 0; k < 50; k++)
				p += sprintf(p, "%s\"column_%d\":{\"name_in_destination\":\"column_%d\",\"enabled\":true,\"hashed\":false,"
					"\"enabled_patch_settings\":{\"allowed\":true}}", k ? "," : "", k, k);
			p += sprintf(p, "}}");
		}
		p += sprintf(p, "}}");
	}
	p += sprintf(p, "}}}");
	schemas_size = p - schemas;
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
encode_cursor(int skip, char *out)
{
	char text[64];
	int n, bits = 0;
	unsigned acc = 0;

	if (opaque)
	{
		sprintf(out, "%08x%d", (unsigned) skip * 2654435761u, skip);
		return;
	}
	n = sprintf(text, "{\"skip\":%d}", skip);
	for (int i = 0; i < n; i++)
	{
		acc = acc << 8 | (unsigned char) text[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = base64[acc >> (bits - 6) & 63];
	}
	if (bits > 0)
		*out++ = base64[acc << (6 - bits) & 63];
	*out = '\0';
}

static int
decode_cursor(const char *cursor)
{
	char text[64];
	int n = 0, bits = 0;
	unsigned acc = 0;

	if (opaque)
		return atoi(cursor + 8);
	for (; *cursor && *cursor != '&' && *cursor != ' ' && n < 60; cursor++)
	{
		const char *at = strchr(base64, *cursor);

		if (at == NULL)
			break;
		acc = acc << 6 | (unsigned) (at - base64);
		bits += 6;
		if (bits >= 8)
			text[n++] = acc >> (bits -= 8) & 255;
	}
	text[n] = '\0';
	return n > 8 ? atoi(text + 8) : 0;
}

static void
add(Client *c, const char *data, size_t len)
{
	c->out[c->nout].iov_base = (void *) data;
	c->out[c->nout++].iov_len = len;
}

static void
answer(Client *c)
{
	size_t total = 0;

	for (int i = 1; i < c->nout; i++)
		total += c->out[i].iov_len;
	c->out[0].iov_len = sprintf(c->head,
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", total);
	c->out[0].iov_base = c->head;
}

static void
page(Client *c, const char *query, int nrows)
{
	static const char begin[] = "{\"code\":\"Success\",\"data\":{\"items\":[";
	const char *limit_at = strstr(query, "limit="), *cursor_at = strstr(query, "cursor=");
	int limit = limit_at ? atoi(limit_at + 6) : 100;
	int skip = cursor_at ? decode_cursor(cursor_at + 7) : 0;
	int last = skip + limit < nrows ? skip + limit : nrows;

	add(c, begin, sizeof(begin) - 1);
	if (last > skip)
		add(c, rows + offsets[skip], offsets[last] - offsets[skip] - 1);
	if (last < nrows)
	{
		char cursor[96];

		encode_cursor(last, cursor);
		add(c, c->tail, sprintf(c->tail, "],\"next_cursor\":\"%s\"}}", cursor));
	}
	else
		add(c, "]}}", 3);
}

/*
 * A list of one page.
 */
static void
few_items(Client *c)
{
	static char body[2048];
	char *p = body;

	p += sprintf(p, "{\"code\":\"Success\",\"data\":{\"items\":[");
	for (int i = 0; i < 10; i++)
		p += sprintf(p, "%s{\"id\":\"item_%d\",\"name\":\"Item %d\",\"created_at\":\"2026-01-01T00:00:00Z\"}",
					 i ? "," : "", i, i);
	p += sprintf(p, "]}}");
	add(c, body, p - body);
}

static void
respond(Client *c, char *path)
{
	bool few = strncmp(path, "/few/", 5) == 0;
	bool counted;

	if (few)
		path += 4;
	counted = strncmp(path, "/v1/", 4) == 0;
	c->nout = 1;
	if (strncmp(path, "/latency/", 9) == 0)
	{
		latency = atoi(path + 9) * 1000000LL;
		add(c, "{}", 2);
	}
	else if (strcmp(path, "/stats") == 0)
	{
		add(c, c->tail, sprintf(c->tail, "{\"requests\":%ld,\"max_in_flight\":%ld}", requests, max_in_flight));
		requests = max_in_flight = 0;
	}
	else if (strcmp(path, "/pages") == 0)
		add(c, c->tail, sprintf(c->tail, "%d", (nrows + 999) / 1000));
	else if (strcmp(path, "/schemas_size") == 0)
		add(c, c->tail, sprintf(c->tail, "%zu", schemas_size));
	else if (strncmp(path, "/page/", 6) == 0)
	{
		char query[128], cursor[96];

		encode_cursor(atoi(path + 6) * 1000, cursor);
		sprintf(query, "limit=1000&cursor=%s", cursor);
		page(c, query, nrows);
	}
	else if (strncmp(path, "/v1/connections?", 16) == 0)
		page(c, path + 16, few ? 3000 : nrows);
	else if (strncmp(path, "/v1/connections/", 16) == 0 && strstr(path, "/schemas") != NULL)
		add(c, schemas, schemas_size);
	else if (strncmp(path, "/v1/groups?", 11) == 0 || strncmp(path, "/v1/users?", 10) == 0 ||
			 strncmp(path, "/v1/teams?", 10) == 0 || strncmp(path, "/v1/destinations?", 17) == 0)
		few_items(c);
	else if (strncmp(path, "/v1/connections/connector_", 26) == 0)
	{
		int i = atoi(path + 26);

		add(c, "{\"code\":\"Success\",\"data\":", 25);
		if (i >= 0 && i < nrows)
			add(c, rows + offsets[i], offsets[i + 1] - offsets[i] - 1);
		add(c, "}", 1);
	}
	else
		add(c, "{\"code\":\"Success\",\"data\":{}}", 28);
	answer(c);
	c->waiting = true;
	c->due = now() + (counted ? latency : 0);
	if (counted)
	{
		requests++;
		if (++in_flight > max_in_flight)
			max_in_flight = in_flight;
	}
	c->next = NULL;
	if (queue_tail)
		queue_tail->next = c;
	else
		queue_head = c;
	queue_tail = c;
}

static void
drop(Client *c)
{
	close(c->fd);
	c->fd = -1;
	c->inlen = 0;
}

static void
transmit(Client *c)
{
	struct iovec *v = c->out;
	int n = c->nout;

	while (n > 0 && c->fd >= 0)
	{
		ssize_t sent = writev(c->fd, v, n);

		if (sent < 0)
		{
			if (errno == EAGAIN || errno == EINTR)
			{
				usleep(50);
				continue;
			}
			drop(c);
			return;
		}
		while (n > 0 && (size_t) sent >= v->iov_len)
		{
			sent -= v->iov_len;
			v++;
			n--;
		}
		if (n > 0)
		{
			v->iov_base = (char *) v->iov_base + sent;
			v->iov_len -= sent;
		}
	}
}

/*
 * Take a whole request out of the input, if there is one.
 */
static void
take_request(Client *c)
{
	char *end, *path, *length;
	size_t whole;

	if (c->waiting || (end = memmem(c->in, c->inlen, "\r\n\r\n", 4)) == NULL)
		return;
	*end = '\0';
	whole = end + 4 - c->in;
	length = strcasestr(c->in, "\r\nContent-Length:");
	if (length)
		whole += atoi(length + 17);
	if (c->inlen < whole)
	{
		*end = '\r';
		return;
	}
	path = strchr(c->in, ' ') + 1;
	*strchr(path, ' ') = '\0';
	respond(c, path);
	memmove(c->in, c->in + whole, c->inlen - whole);
	c->inlen -= whole;
}

static void
send_due(void)
{
	while (queue_head && queue_head->due <= now())
	{
		Client *c = queue_head;

		queue_head = c->next;
		if (!queue_head)
			queue_tail = NULL;
		if (c->due && in_flight > 0)
			in_flight--;
		c->waiting = false;
		transmit(c);
		if (c->fd >= 0)
			take_request(c);
	}
}

int
main(int argc, char **argv)
{
	static Client *clients[MAX_CONNECTIONS];
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), poller = epoll_create1(0), one = 1;
	struct epoll_event event = {.events = EPOLLIN};

	signal(SIGPIPE, SIG_IGN);
	nrows = argc > 1 ? atoi(argv[1]) : 1000;
	opaque = argc > 2 && strcmp(argv[2], "opaque") == 0;
	make_rows();
	make_schemas();
	bind(listener, (struct sockaddr *) &address, sizeof(address));
	listen(listener, 128);
	getsockname(listener, (struct sockaddr *) &address, &len);
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	fclose(stdout);
	event.data.ptr = NULL;
	epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
	for (;;)
	{
		struct epoll_event events[64];
		int timeout = -1, n;

		if (queue_head)
		{
			int64_t wait = queue_head->due - now();

			timeout = wait <= 0 ? 0 : (int) (wait / 1000000 + 1);
		}
		n = epoll_wait(poller, events, 64, timeout);
		for (int i = 0; i < n; i++)
		{
			Client *c = events[i].data.ptr;
			ssize_t got;

			if (c == NULL)
			{
				int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

				if (fd < 0 || fd >= MAX_CONNECTIONS)
					continue;
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
				/* an answer to one who left may still wait in the queue */
				if (clients[fd] == NULL || clients[fd]->waiting)
					clients[fd] = calloc(1, sizeof(Client));
				c = clients[fd];
				c->fd = fd;
				c->inlen = 0;
				event.data.ptr = c;
				epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
				continue;
			}
			got = c->fd < 0 ? 0 : read(c->fd, c->in + c->inlen, REQUEST_BYTES - c->inlen - 1);
			if (got <= 0)
			{
				if (c->fd >= 0)
					drop(c);
				continue;
			}
			c->inlen += got;
			c->in[c->inlen] = '\0';
			take_request(c);
		}
		send_due();
	}
}
