/*-------------------------------------------------------------------------
 *
 * handle.c
 *		What libcurl's handle of an exchange is told: options and callbacks.
 *
 * Nothing here throws.  The callbacks only store into the request and return;
 * what they stored is judged after libcurl has returned (outcome.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/bytes.h"
#include "net/attempt.h"
#include "net/engine_state.h"
#include "net/flow.h"
#include "net/request_state.h"
#include "net/roots.h"
#include "net/sockets.h"
#include "net/transfer.h"

/*
 * Idle connections older than this are not used again, in seconds.  Load
 * balancers commonly drop them after 60 s, and a request that meets its
 * connection's end may not be repeated unless it is repeat_safe.
 */
#define MAX_IDLE_CONNECTION 50L

/* Seconds of silence before and between TCP keep-alive probes. */
#define KEEPALIVE_IDLE 30L
#define KEEPALIVE_INTERVAL 15L

/*
 * libcurl asks for what has come in pieces of so many bytes, each with a system
 * call or two.  64 KB, where all transfers together take no more than 512 KB
 * for that; never less than its default.  A hint.
 */
#define READ_BYTES (64L * 1024)
#define LEAST_READ_BYTES (16L * 1024)
#define ALL_READ_BYTES (512L * 1024)

/* Set an option or leave the function, with the option named. */
#define SETOPT(request, option, value)                                         \
	do                                                                         \
	{                                                                          \
		CURLcode code_ = curl_easy_setopt((request)->easy, option, value);     \
                                                                               \
		if (code_ != CURLE_OK)                                                 \
		{                                                                      \
			option_failed((request), #option, code_);                          \
			return false;                                                      \
		}                                                                      \
	} while (0)

static void
option_failed(FtxRequest *request, const char *option, CURLcode code)
{
	char message[sizeof(request->response.message)];

	snprintf(message, sizeof(message), "could not set %s: %s", option,
			 curl_easy_strerror(code));
	ftx_response_fail(request, FTX_CLIENT_FAILURE, message);
}

/* ----------------------------------------------------------------
 *		Callbacks
 * ----------------------------------------------------------------
 */

/* Most that is reserved for an answer because it announces to be so long. */
#define MAX_RESERVED (64 * 1024 * 1024)

/* CURLOPT_WRITEFUNCTION: called with unpacked bytes. */
static size_t
receive_body(char *data, size_t size, size_t n, void *arg)
{
	FtxRequest *request = arg;
	bool over_cap;
	curl_off_t announced;

	switch (ftx_flow_admit(request, size * n))
	{
		case FTX_FLOW_GO_ON:
			break;
		case FTX_FLOW_PAUSE:
			return CURL_WRITEFUNC_PAUSE;
		case FTX_FLOW_END:
			return 0;
	}

	/* without coding that is all of it; with one, at least a part */
	if (request->response.body->len == 0 &&
		curl_easy_getinfo(request->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
						  &announced) == CURLE_OK &&
		announced > 0 && announced <= MAX_RESERVED)
		ftx_bytes_reserve(request->response.body, (size_t) announced);
	if (ftx_bytes_append(request->response.body, data, size * n, &over_cap))
	{
		ftx_flow_count(request);
		return size * n;
	}

	request->body_over_cap = over_cap;
	request->out_of_memory = !over_cap;
	return 0;
}

/* CURLOPT_HEADERFUNCTION: called with each line. */
static size_t
receive_header(char *data, size_t size, size_t n, void *arg)
{
	static const char coding[] = "content-encoding:";
	FtxRequest *request = arg;

	request->header_bytes += size * n;
	if (size * n > lengthof(coding) - 1 &&
		pg_strncasecmp(data, coding, lengthof(coding) - 1) == 0)
		request->packed = true;
	request->headers_over_cap = request->header_bytes > FTX_MAX_HEADERS;
	if (request->headers_over_cap)
		return 0;
	request->malformed = ftx_header_complaint(data, size * n);
	if (request->malformed != NULL)
		return 0;
	if (size * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
		request->head_ended = false;
	else if (data[0] == '\r' || data[0] == '\n')
		request->head_ended = true;
	if (!ftx_header_keep(request, data, size * n))
	{
		request->out_of_memory = true;
		return 0;
	}
	return size * n;
}

#if FTX_CURL_ASKS_BEFORE_SENDING

/* May it be sent again, though the server may have seen it? */
static bool
may_repeat(const FtxRequest *request)
{
	return request->repeat_safe && ftx_budget_calls_left(request->budget);
}

/*
 * CURLOPT_PREREQFUNCTION: called when a connection is ready, just before the
 * request is sent on it.
 *
 * libcurl sends a request again, unasked, when a kept connection ends before
 * the first byte of the answer.  The server may have seen the request, so
 * that is refused unless it does no harm; and it costs a call.  And libcurl
 * takes a kept connection that is not fit to carry another request, see
 * sockets.c: nothing has left yet, so any request may take a new one.
 */
static int
before_send(void *arg, char *remote_ip, char *local_ip, int remote_port,
			int local_port)
{
	FtxRequest *request = arg;

	request->local_port = local_port;
	if (ftx_http2_ended(request->engine, local_port))
	{
		request->refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	/* once only, as then it is to be a new connection */
	if (!request->fresh && ftx_socket_unfit(request, local_port) &&
		(request->departures == 0 || request->refused || may_repeat(request)))
	{
		request->unfit = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (++request->departures == 1)
		return CURL_PREREQFUNC_OK;

	/* what was not processed does not count */
	if (request->refused && request->refusals < FTX_MAX_REFUSALS)
	{
		request->refused = false;
		request->refusals++;
		request->departures = 1;
		request->stream = 0;
		request->header_bytes = 0;
		return CURL_PREREQFUNC_OK;
	}
	request->refused = false;
	if (!may_repeat(request))
		return CURL_PREREQFUNC_ABORT;

	ftx_request_count(request);
	request->header_bytes = 0;
	request->packed = false;
	ftx_bytes_reset(request->response.body);
	ftx_flow_count(request);
	return CURL_PREREQFUNC_OK;
}

static bool
set_departure_options(FtxRequest *request)
{
	CURLcode code;

	SETOPT(request, CURLOPT_PREREQFUNCTION, before_send);
	SETOPT(request, CURLOPT_PREREQDATA, request);
	code = ftx_http2_watch(request);
	if (code != CURLE_OK)
		option_failed(request, "CURLOPT_DEBUGFUNCTION", code);
	return code == CURLE_OK;
}
#else

/*
 * CURLOPT_DEBUGFUNCTION, which is called with each part of a head that has
 * been sent: as good, but that it cannot forbid.  The head for a proxy
 * (CONNECT) begins with another method.
 */
static int
after_send(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
	FtxRequest *request = arg;
	const char *method = ftx_method_name(request->method);
	size_t len = strlen(method);

	if (type == CURLINFO_HEADER_OUT && size > len && data[len] == ' ' &&
		memcmp(data, method, len) == 0 && ++request->departures > 1)
	{
		ftx_request_count(request);
		request->header_bytes = 0;
		ftx_bytes_reset(request->response.body);
	}
	return 0;
}

/*
 * Where libcurl must not send again, a connection of its own sees to it: only
 * on one that was used before would it.  Whether a
 * kept one is fit to carry another request is not known here.
 */
static bool
set_departure_options(FtxRequest *request)
{
	const FtxBudget *budget = request->budget;
	bool once = !request->repeat_safe ||
				(budget->max_calls > 0 && budget->calls >= budget->max_calls);

	SETOPT(request, CURLOPT_FRESH_CONNECT, once ? 1L : 0L);
	SETOPT(request, CURLOPT_VERBOSE, 1L);
	SETOPT(request, CURLOPT_DEBUGFUNCTION, after_send);
	SETOPT(request, CURLOPT_DEBUGDATA, request);
	return true;
}
#endif

/* ----------------------------------------------------------------
 *		Options
 * ----------------------------------------------------------------
 */

static bool
set_connection_options(FtxRequest *request)
{
	const FtxEngine *engine = request->engine;
	const FtxNetConfig *config = &engine->config;

	SETOPT(request, CURLOPT_NOSIGNAL, 1L);
#if FTX_CURL_ABANDONS_RESOLVER
	SETOPT(request, CURLOPT_QUICK_EXIT, 1L);
#endif
	SETOPT(request, FTX_CURLOPT_PROTOCOLS, FTX_CURL_HTTP_ONLY);
	/* refused to a handle that still has its buffer: then that has to do */
	(void) curl_easy_setopt(
		request->easy, CURLOPT_BUFFERSIZE,
		Max(Min(READ_BYTES, ALL_READ_BYTES / config->max_concurrency),
			LEAST_READ_BYTES));
	SETOPT(request, CURLOPT_FOLLOWLOCATION, 0L);
	SETOPT(request, CURLOPT_TCP_KEEPALIVE, 1L);
	SETOPT(request, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE);
	SETOPT(request, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
	SETOPT(request, CURLOPT_MAXAGE_CONN, MAX_IDLE_CONNECTION);
	SETOPT(request, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
	SETOPT(request, CURLOPT_CONNECTTIMEOUT, (long) config->connect_timeout);
	SETOPT(request, CURLOPT_TIMEOUT_MS, (long) request->timeout * 1000);

	if (engine->http2)
	{
		SETOPT(request, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS);

		/*
		 * Wait for a first connection to tell whether it can be shared.
		 * Without TLS it cannot, and waiting would only cost.  So it would
		 * with a server that is known not to share: newer libcurl goes on
		 * with those that wait only when the first has been answered.
		 */
		SETOPT(request, CURLOPT_PIPEWAIT,
			   !engine->http1 &&
					   pg_strncasecmp(request->url, "https:", 6) == 0 ?
				   1L :
				   0L);
	}

	SETOPT(request, CURLOPT_SHARE, engine->share);
	SETOPT(request, CURLOPT_OPENSOCKETFUNCTION, ftx_socket_open);
	SETOPT(request, CURLOPT_OPENSOCKETDATA, request);
	SETOPT(request, CURLOPT_CLOSESOCKETFUNCTION, ftx_socket_close);
	SETOPT(request, CURLOPT_CLOSESOCKETDATA, engine);

	SETOPT(request, CURLOPT_NOPROXY, engine->no_proxy);
	SETOPT(request, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (config->proxy != NULL)
		SETOPT(request, CURLOPT_PROXY, config->proxy);
	if (config->proxy_username != NULL)
		SETOPT(request, CURLOPT_PROXYUSERNAME, config->proxy_username);
	if (config->proxy_password != NULL)
		SETOPT(request, CURLOPT_PROXYPASSWORD, config->proxy_password);
	return true;
}

static bool
set_security_options(FtxRequest *request)
{
	const FtxNetConfig *config = &request->engine->config;
	const char *option;
	CURLcode code;

	SETOPT(request, CURLOPT_SSL_VERIFYPEER, 1L);
	SETOPT(request, CURLOPT_SSL_VERIFYHOST, 2L);
	SETOPT(request, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	code = ftx_roots_set(request, &option);
	if (code != CURLE_OK)
	{
		option_failed(request, option, code);
		return false;
	}
	if (config->sslcert != NULL)
		SETOPT(request, CURLOPT_SSLCERT, config->sslcert);
	if (config->sslkey != NULL)
		SETOPT(request, CURLOPT_SSLKEY, config->sslkey);

	/* credentials come from the configuration and nowhere else */
	SETOPT(request, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	SETOPT(request, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SETOPT(request, CURLOPT_UNRESTRICTED_AUTH, 0L);
	SETOPT(request, CURLOPT_HTTPAUTH, (long) CURLAUTH_BASIC);
	if (config->username != NULL)
		SETOPT(request, CURLOPT_USERNAME, config->username);
	if (config->password != NULL)
		SETOPT(request, CURLOPT_PASSWORD, config->password);
	return true;
}

static bool
set_request_options(FtxRequest *request)
{
	const char *user_agent = request->engine->config.user_agent;

	SETOPT(request, CURLOPT_URL, request->url);
	/* not another path than the one that was checked */
	SETOPT(request, CURLOPT_PATH_AS_IS, 1L);
	SETOPT(request, CURLOPT_HTTPHEADER, request->headers);
	/* whatever libcurl can unpack */
	SETOPT(request, CURLOPT_ACCEPT_ENCODING, "");
	if (user_agent != NULL)
		SETOPT(request, CURLOPT_USERAGENT, user_agent);

	if (request->body != NULL || request->method == FTX_POST ||
		request->method == FTX_PATCH || request->method == FTX_PUT)
	{
		/* an empty body is announced, too */
		SETOPT(request, CURLOPT_POSTFIELDSIZE_LARGE,
			   (curl_off_t) request->body_len);
		SETOPT(request, CURLOPT_POSTFIELDS,
			   request->body != NULL ? request->body : "");
	}
	/* libcurl would make a GET with a body a POST */
	if (request->method != FTX_GET ? request->method != FTX_POST :
									 request->body != NULL)
		SETOPT(request, CURLOPT_CUSTOMREQUEST,
			   ftx_method_name(request->method));

	SETOPT(request, CURLOPT_PRIVATE, request);
	SETOPT(request, CURLOPT_ERRORBUFFER, request->error);
	SETOPT(request, CURLOPT_WRITEFUNCTION, receive_body);
	SETOPT(request, CURLOPT_WRITEDATA, request);
	SETOPT(request, CURLOPT_HEADERFUNCTION, receive_header);
	SETOPT(request, CURLOPT_HEADERDATA, request);
	return set_departure_options(request);
}

bool
ftx_handle_set_options(FtxRequest *request)
{
	return set_connection_options(request) && set_security_options(request) &&
		   set_request_options(request);
}
