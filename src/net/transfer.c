/*-------------------------------------------------------------------------
 *
 * transfer.c
 *		One HTTP exchange by libcurl: options, callbacks, outcome.
 *
 * Nothing here throws.  The callbacks only store into the request and return;
 * what they stored is judged after libcurl has returned.
 *
 *-------------------------------------------------------------------------
 */
#include "net/engine.h"

#include "net/backoff.h"
#include "utils/timestamp.h"

/*
 * Idle connections older than this are not used again, in seconds.  Load
 * balancers commonly drop them after 60 s, and a request that meets its
 * connection's end may not be repeated unless it is repeat_safe.
 */
#define MAX_IDLE_CONNECTION 50L

/* Seconds of silence before and between TCP keep-alive probes. */
#define KEEPALIVE_IDLE 30L
#define KEEPALIVE_INTERVAL 15L

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

/* For text that may be a server's: plain ASCII, whatever the encoding. */
static void
copy_printable(char *dst, const char *src, size_t size)
{
	size_t i;

	for (i = 0; i < size - 1 && src[i] != '\0'; i++)
		dst[i] = (src[i] >= ' ' && src[i] <= '~') ? src[i] : '?';
	dst[i] = '\0';
}

void
ftx_response_fail(FtxRequest *request, FtxOutcome outcome, const char *message)
{
	request->response.outcome = outcome;
	request->response.status = 0;
	copy_printable(request->response.message, message,
				   sizeof(request->response.message));
}

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
	if (!ftx_header_keep(request, data, size * n))
	{
		request->out_of_memory = true;
		return 0;
	}
	return size * n;
}

#if FTX_CURL_ASKS_BEFORE_SENDING

/*
 * CURLOPT_PREREQFUNCTION: called when a connection is ready, just before the
 * request is sent on it.
 *
 * libcurl sends a request again, unasked, when a kept connection ends before
 * the first byte of the answer.  The server may have seen the request, so
 * that is refused unless it does no harm; and it costs a call.
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
	if (!request->repeat_safe || !ftx_budget_calls_left(request->budget))
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
 * on one that was used before would it.
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
		 * Without TLS it cannot, and waiting would only cost.
		 */
		SETOPT(request, CURLOPT_PIPEWAIT,
			   pg_strncasecmp(request->url, "https:", 6) == 0 ? 1L : 0L);
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

	SETOPT(request, CURLOPT_SSL_VERIFYPEER, 1L);
	SETOPT(request, CURLOPT_SSL_VERIFYHOST, 2L);
	SETOPT(request, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	if (config->sslrootcert != NULL)
	{
		/* these roots only: the system's directory would be added */
		SETOPT(request, CURLOPT_CAINFO, config->sslrootcert);
		SETOPT(request, CURLOPT_CAPATH, NULL);
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

/* ----------------------------------------------------------------
 *		Outcome
 * ----------------------------------------------------------------
 */

/*
 * What a failure means.  The same code can come from the connection's set-up
 * or from the exchange; `departed` tells which.
 */
static FtxOutcome
classify(CURLcode code, bool departed)
{
	switch ((int) code)
	{
		case CURLE_OK:
			return FTX_ANSWERED;

		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_RESOLVE_PROXY:
			return FTX_CANNOT_RESOLVE;

		case CURLE_COULDNT_CONNECT:
		case CURLE_PROXY:
		case CURLE_INTERFACE_FAILED:
			return FTX_CANNOT_CONNECT;

		case CURLE_SSL_CONNECT_ERROR:
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_CIPHER:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_CRL_BADFILE:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		case CURLE_SSL_INVALIDCERTSTATUS:
		case FTX_CURLE_SSL_CLIENTCERT:
		case CURLE_SSL_ENGINE_NOTFOUND:
		case CURLE_SSL_ENGINE_SETFAILED:
		case CURLE_SSL_ENGINE_INITFAILED:
		case CURLE_USE_SSL_FAILED:
			return FTX_TLS_FAILED;

		case CURLE_OPERATION_TIMEDOUT:
			return departed ? FTX_TIMED_OUT : FTX_CANNOT_CONNECT;

		case CURLE_GOT_NOTHING:
		case CURLE_PARTIAL_FILE:
		case CURLE_SEND_ERROR:
		case CURLE_RECV_ERROR:
		case CURLE_SEND_FAIL_REWIND:
		case CURLE_SSL_SHUTDOWN_FAILED:
		case CURLE_HTTP2:
		case CURLE_HTTP2_STREAM:
		case CURLE_ABORTED_BY_CALLBACK: /* by before_send() */
			return departed ? FTX_BROKEN_TRANSFER : FTX_CANNOT_CONNECT;

		case FTX_CURLE_TOO_LARGE:
			return FTX_ANSWER_TOO_LARGE;

		case CURLE_WEIRD_SERVER_REPLY:
		case CURLE_BAD_CONTENT_ENCODING:
		case CURLE_WRITE_ERROR: /* the unpacking kind: ours are known */
		case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, that is no HTTP */
			return departed ? FTX_MALFORMED_ANSWER : FTX_CLIENT_FAILURE;

		default:
			return FTX_CLIENT_FAILURE;
	}
}

static void
judge(FtxRequest *request, CURLcode code)
{
	bool departed = request->departures > 0 && !request->refused;
	char message[sizeof(request->response.message)];

	if (request->headers_over_cap)
	{
		snprintf(message, sizeof(message),
				 "the answer's headers exceed %d bytes", FTX_MAX_HEADERS);
		ftx_response_fail(request, FTX_ANSWER_TOO_LARGE, message);
	}
	else if (request->body_over_cap)
	{
		snprintf(message, sizeof(message),
				 "the unpacked answer exceeds %zu bytes",
				 request->response.body->cap);
		ftx_response_fail(request, FTX_ANSWER_TOO_LARGE, message);
	}
	else if (request->no_descriptor && !departed)
		ftx_response_fail(request, FTX_NO_DESCRIPTOR,
						  "no descriptor is left for a connection");
	else if (request->interrupted)
		ftx_response_fail(request, FTX_BROKEN_TRANSFER,
						  "the statement was cancelled meanwhile");
	else if (request->set_aside)
		ftx_response_fail(request, FTX_CALLS_EXHAUSTED,
						  "no more calls are allowed");
	else if (request->out_of_memory)
		ftx_response_fail(request, FTX_CLIENT_FAILURE, "out of memory");
	else if (code == CURLE_OUT_OF_MEMORY && departed &&
			 request->response.body->len == 0)
	{
		/* so libcurl before 8.6 calls a header line beyond 100 KB */
		ftx_response_fail(request, FTX_ANSWER_TOO_LARGE,
						  "out of memory, or a header line is too long");
	}
	else if (code == CURLE_ABORTED_BY_CALLBACK && request->departures > 1)
		ftx_response_fail(request, FTX_BROKEN_TRANSFER,
						  "the connection ended before the answer");
	else
		ftx_response_fail(request, classify(code, departed),
						  request->error[0] != '\0' ? request->error :
													  curl_easy_strerror(code));

	request->response.may_have_run = departed;
}

/* Media type without parameters, lower-cased. */
static void
copy_content_type(FtxResponse *response, const char *value)
{
	char *type = response->content_type;
	size_t len;

	copy_printable(type, value, sizeof(response->content_type));
	len = strcspn(type, "; ,");
	type[len] = '\0';
	for (size_t i = 0; i < len; i++)
		type[i] = pg_ascii_tolower((unsigned char) type[i]);
}

/*
 * The number in a header of the answer; -1 when there is none.
 */
static int
number_header(FtxRequest *request, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(request->easy, name, 0, CURLH_HEADER, -1, &header) !=
		CURLHE_OK)
		return -1;
	return ftx_parse_count(header->value);
}

/*
 * Keep what the answer tells of the account's rate limit and of the clock.
 * Date has whole seconds, so it is on average half a second behind.
 */
static void
read_tally(FtxRequest *request)
{
	FtxTally *tally = &request->engine->tally;
	int rate_limit = number_header(request, "X-Rate-Limit");
	int remaining = number_header(request, "X-Rate-Limit-Remaining");
	struct curl_header *header;
	TimestampTz now = GetCurrentTimestamp();
	int64 date;

	if (rate_limit >= 0)
		tally->rate_limit = rate_limit;
	if (remaining >= 0)
	{
		tally->remaining = remaining;
		tally->seen_at = now;
	}
	if (request->response.status == 429)
		tally->rate_limited++;
	if (curl_easy_header(request->easy, "Date", 0, CURLH_HEADER, -1, &header) !=
		CURLHE_OK)
		return;
	date = (int64) curl_getdate(header->value, NULL);
	if (date < 0)
		return;
	tally->date_seen = now;
	tally->clock_skew = time_t_to_timestamptz((pg_time_t) date) +
						USECS_PER_SEC / 2 - now;
}

/* The length that a header announces, without white space; its size. */
static size_t
announced_length(const char **value)
{
	size_t len;

	*value += strspn(*value, " \t");
	len = strcspn(*value, ",");
	while (len > 0 && strchr(" \t\r\n", (*value)[len - 1]) != NULL)
		len--;
	return len;
}

/*
 * Does the answer announce two lengths that differ, in headers of their own or
 * in one?  Then nobody knows where it ends (RFC 9112, 6.3).
 */
static bool
lengths_differ(FtxRequest *request)
{
	struct curl_header *header;
	size_t amount = 1;
	char first[24] = "";

	for (size_t i = 0; i < amount; i++)
	{
		const char *value;

		if (curl_easy_header(request->easy, "Content-Length", i, CURLH_HEADER,
							 -1, &header) != CURLHE_OK)
			return false;
		amount = header->amount;
		for (value = header->value; value != NULL;)
		{
			size_t len = announced_length(&value);

			if (len >= sizeof(first))
				return true;
			if (first[0] == '\0')
				memcpy(first, value, len);
			if (strlen(first) != len || memcmp(first, value, len) != 0)
				return true;
			value = strchr(value, ',');
			if (value != NULL)
				value++;
		}
	}
	return false;
}

/* What only a whole answer has. */
static void
read_answer(FtxRequest *request)
{
	FtxResponse *response = &request->response;
	const char *retry_after;
	long status = 0;
	char *content_type = NULL;

	if (lengths_differ(request))
	{
		ftx_response_fail(request, FTX_MALFORMED_ANSWER,
						  "the answer announces two different lengths");
		response->may_have_run = true;
		ftx_bytes_reset(response->body);
		return;
	}
	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	response->outcome = FTX_ANSWERED;
	response->status = (int) status;

	curl_easy_getinfo(request->easy, CURLINFO_CONTENT_TYPE, &content_type);
	if (content_type != NULL)
		copy_content_type(response, content_type);

	retry_after = ftx_header_get(request, "Retry-After");
	if (retry_after != NULL)
		response->retry_after = ftx_parse_retry_after(retry_after,
													  (int64) time(NULL));
	read_tally(request);
}

static void
read_statistics(FtxRequest *request)
{
	FtxResponse *response = &request->response;
	curl_off_t body = 0;
	curl_off_t elapsed = 0;
	long headers = 0;

	curl_easy_getinfo(request->easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
	curl_easy_getinfo(request->easy, CURLINFO_HEADER_SIZE, &headers);
	curl_easy_getinfo(request->easy, CURLINFO_TOTAL_TIME_T, &elapsed);
	response->bytes += (int64) body + headers;
	response->elapsed_ms = (double) elapsed / 1000.0;
}

/* ----------------------------------------------------------------
 *		Begin and end
 * ----------------------------------------------------------------
 */

/*
 * Keep the easy handle for another transfer.  Connections belong to the
 * multi handle; this saves only the making of the handle.
 */
static void
release_easy(FtxRequest *request)
{
	FtxEngine *engine = request->engine;

	if (engine->n_idle < engine->config.max_concurrency)
	{
		/* also forgets all pointers into the request */
		curl_easy_reset(request->easy);
		engine->idle[engine->n_idle++] = request->easy;
	}
	else
		curl_easy_cleanup(request->easy);
	ftx_header_forget(request);
	request->easy = NULL;
}

bool
ftx_transfer_begin(FtxRequest *request)
{
	FtxEngine *engine = request->engine;
	FtxResponse *response = &request->response;
	CURLMcode code;

	ftx_bytes_reset(response->body);
	ftx_flow_count(request);
	response->status = 0;
	response->content_type[0] = '\0';
	response->retry_after = -1;
	response->may_have_run = false;
	response->message[0] = '\0';
	request->departures = 0;
	request->header_bytes = 0;
	request->headers_over_cap = false;
	request->body_over_cap = false;
	request->out_of_memory = false;
	request->no_descriptor = false;
	request->packed = false;
	request->interrupted = false;
	request->set_aside = false;
	request->local_port = 0;
	request->stream = 0;
	request->refused = false;
	request->error[0] = '\0';

	if (engine->n_idle > 0)
		request->easy = engine->idle[--engine->n_idle];
	else
		request->easy = curl_easy_init();
	if (request->easy == NULL)
	{
		ftx_response_fail(request, FTX_CLIENT_FAILURE, "out of memory");
		return false;
	}

	if (!set_connection_options(request) || !set_security_options(request) ||
		!set_request_options(request))
	{
		release_easy(request);
		return false;
	}

	code = curl_multi_add_handle(engine->multi, request->easy);
	if (code != CURLM_OK)
	{
		ftx_response_fail(request, FTX_CLIENT_FAILURE,
						  curl_multi_strerror(code));
		release_easy(request);
		return false;
	}
	return true;
}

void
ftx_transfer_end(FtxRequest *request, CURLcode code)
{
	curl_multi_remove_handle(request->engine->multi, request->easy);

	read_statistics(request);
	if (code == CURLE_OK)
		read_answer(request);
	else
	{
		/* libcurl keeps no more than 64 MB for who is paused */
		if (code == CURLE_OUT_OF_MEMORY && request->paused &&
			request->method == FTX_GET)
			request->set_aside = true;
		judge(request, code);
		ftx_bytes_reset(request->response.body);
		ftx_flow_count(request);
	}
	ftx_flow_forget(request);
	release_easy(request);
}

void
ftx_transfer_abandon(FtxRequest *request)
{
	curl_multi_remove_handle(request->engine->multi, request->easy);
	curl_easy_cleanup(request->easy);
	ftx_header_forget(request);
	request->easy = NULL;
	ftx_bytes_reset(request->response.body);
	ftx_flow_count(request);
	ftx_flow_forget(request);
}
