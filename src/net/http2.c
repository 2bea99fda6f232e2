/*-------------------------------------------------------------------------
 *
 * http2.c
 *		Requests that an HTTP/2 server says it did not process.
 *
 * A server that closes a connection names the last stream that it took
 * (GOAWAY); one that is busy refuses a stream (RST_STREAM, REFUSED_STREAM).
 * Such a request may be sent again whatever it does (RFC 9113, 8.7), and
 * libcurl does, but tells only in the words of its trace what happened: the
 * number of a request's stream, the last one of a GOAWAY, and (always since
 * 8.6, before that on new connections only) that a stream was refused.  Where
 * it says nothing the fate of the request is unknown, as ever.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "net/engine_state.h"
#include "net/request_state.h"
#include "net/sockets.h"

/* Longest line of the trace that is of interest. */
#define MAX_LINE 200

/*
 * The number after a word of the line, -1 when the word is not there.
 */
static int64
number_after(const char *line, const char *word)
{
	const char *found = strstr(line, word);

	return found != NULL ? (int64) strtoul(found + strlen(word), NULL, 10) : -1;
}

bool
ftx_http2_ended(const FtxEngine *engine, int local_port)
{
	for (int i = 0; i < Min(engine->nended, FTX_MAX_ENDED); i++)
	{
		if (engine->ended[i] == local_port)
			return true;
	}
	return false;
}

/*
 * Streams beyond the last were not processed: those of requests that are on
 * the same connection.
 */
static void
refuse_beyond(FtxRequest *request, int64 last_stream)
{
	FtxEngine *engine = request->engine;
	dlist_iter iter;

	/* libcurl before 8 would go on to use it, and wait for ever */
	if (!ftx_http2_ended(engine, request->local_port))
		engine->ended[engine->nended++ % FTX_MAX_ENDED] = request->local_port;

	dlist_foreach (iter, &engine->lists[FTX_SENDING])
	{
		FtxRequest *other = dlist_container(FtxRequest, node, iter.cur);

		if (other->local_port == request->local_port &&
			other->stream > last_stream)
			other->refused = true;
	}
}

/* CURLOPT_DEBUGFUNCTION */
static int
read_trace(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
	FtxRequest *request = arg;
	char line[MAX_LINE];
	int64 stream;
	int64 last_stream;

	if (type != CURLINFO_TEXT || size >= sizeof(line))
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';

	stream = number_after(line, "Using Stream ID: ");
	if (stream < 0 && strstr(line, "OPENED stream for") != NULL)
		stream = number_after(line, "[HTTP/2] [");
	if (stream >= 0)
		request->stream = stream;
	last_stream = strstr(line, "GOAWAY") != NULL ?
					  number_after(line, "last_stream=") :
					  -1;
	if (last_stream >= 0)
		refuse_beyond(request, last_stream);
	if (strstr(line, "REFUSED_STREAM") != NULL ||
		(strstr(line, "HTTP/2 stream") != NULL &&
		 strstr(line, "refused by server") != NULL))
		request->refused = true;
	return 0;
}

CURLcode
ftx_http2_watch(FtxRequest *request)
{
	CURLcode code = CURLE_OK;

	/* only TLS negotiates HTTP/2; elsewhere tracing would only cost */
	if (!request->engine->http2 ||
		pg_strncasecmp(request->url, "https:", 6) != 0)
		return CURLE_OK;
	code = curl_easy_setopt(request->easy, CURLOPT_DEBUGFUNCTION, read_trace);
	if (code == CURLE_OK)
		code = curl_easy_setopt(request->easy, CURLOPT_DEBUGDATA, request);
	if (code == CURLE_OK)
		code = curl_easy_setopt(request->easy, CURLOPT_VERBOSE, 1L);
	return code;
}
