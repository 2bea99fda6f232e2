/*-------------------------------------------------------------------------
 *
 * transfer.c
 *		One HTTP exchange by libcurl: begin, end, answer.
 *
 * Nothing here throws.  What the callbacks (handle.c) stored is looked at after
 * libcurl has returned.
 *
 *-------------------------------------------------------------------------
 */

#include "postgres.h"

#include "base/bytes.h"
#include "net/backoff.h"
#include "net/engine_state.h"
#include "net/flow.h"
#include "net/request_state.h"
#include "net/roots.h"
#include "net/sockets.h"
#include "net/transfer.h"
#include "utils/timestamp.h"

/* ----------------------------------------------------------------
 *		Answer; where there is none see outcome.c
 * ----------------------------------------------------------------
 */

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
	const char *value = ftx_header_get(request, name, 0);

	return value ? ftx_parse_count(value) : -1;
}

/*
 * Keep what a Date tells of the server's clock.  It has whole seconds, and was
 * written at some moment between the request and now: a late answer, or a busy
 * machine, makes these bounds wide, never wrong.  So the bounds of several
 * answers are those that they all allow; where they allow nothing together, one
 * of the clocks was set, and the last answer is believed.
 */
static void
note_date(FtxTally *tally, TimestampTz date, TimestampTz begun, TimestampTz now)
{
	int64 low = date - now;
	int64 high = date + USECS_PER_SEC - Min(begun, now);

	if (tally->date_seen != 0)
	{
		int64 both_low = Max(low, tally->clock_skew - tally->clock_error);
		int64 both_high = Min(high, tally->clock_skew + tally->clock_error);

		if (both_low <= both_high)
		{
			low = both_low;
			high = both_high;
		}
	}
	tally->date_seen = now;
	tally->clock_skew = low + (high - low) / 2;
	tally->clock_error = high - tally->clock_skew;
}

/*
 * Keep what the answer tells of the account's rate limit and of the clock.
 */
static void
read_tally(FtxRequest *request)
{
	FtxTally *tally = request->engine->tally;
	int rate_limit = number_header(request, "X-Rate-Limit");
	int remaining = number_header(request, "X-Rate-Limit-Remaining");
	const char *date_value = ftx_header_get(request, "Date", 0);
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
	if (date_value == NULL)
		return;
	date = (int64) curl_getdate(date_value, NULL);
	if (date >= 0)
		note_date(tally, time_t_to_timestamptz((pg_time_t) date),
				  request->begun, now);
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
	const char *header;
	char first[24] = "";

	for (int i = 0;
		 (header = ftx_header_get(request, "Content-Length", i)) != NULL; i++)
	{
		for (const char *value = header; value != NULL;)
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

/* What only a whole answer has.  The handle is still the multi handle's. */
static void
read_answer(FtxRequest *request)
{
	FtxResponse *response = &request->response;
	const char *retry_after;
	long status = 0;
	char *content_type = NULL;
	bool spoiled = lengths_differ(request);

	ftx_socket_idle(request, spoiled);
	if (spoiled)
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

	retry_after = ftx_header_get(request, "Retry-After", 0);
	if (retry_after != NULL)
		response->retry_after = ftx_parse_retry_after(retry_after,
													  (int64) time(NULL));
	response->has_location = ftx_header_get(request, "Location", 0) != NULL;
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
	response->has_location = false;
	response->may_have_run = false;
	response->message[0] = '\0';
	request->departures = 0;
	request->header_bytes = 0;
	request->headers_over_cap = false;
	request->head_ended = false;
	request->malformed = NULL;
	request->body_over_cap = false;
	request->out_of_memory = false;
	request->no_descriptor = false;
	request->packed = false;
	request->interrupted = false;
	request->set_aside = false;
	request->distrusted = false;
	request->local_port = 0;
	request->stream = 0;
	request->refused = false;
	request->unfit = false;
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

	if (!ftx_handle_set_options(request))
	{
		release_easy(request);
		return false;
	}

	request->begun = GetCurrentTimestamp();
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
	read_statistics(request);
	if (code == CURLE_OK && request->head_ended)
		read_answer(request);
	else
	{
		/* libcurl 8 would use the connection again */
		if (code == CURLE_OK)
			ftx_socket_idle(request, true);
		/* libcurl keeps no more than 64 MB for who is paused */
		if (code == CURLE_OUT_OF_MEMORY && request->paused && request->reads)
			request->set_aside = true;
		request->distrusted = ftx_roots_fell_short(request, code);
		ftx_outcome_judge(request, code);
		ftx_bytes_reset(request->response.body);
		ftx_flow_count(request);
	}
	ftx_flow_forget(request);
	curl_multi_remove_handle(request->engine->multi, request->easy);
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
