/*-------------------------------------------------------------------------
 *
 * outcome.c
 *		What became of an exchange that has no answer.
 *
 * Nothing here throws.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/request_state.h"
#include "net/transfer.h"

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

		case CURLE_BAD_FUNCTION_ARGUMENT: /* 7.83 to 8.14, of odd headers */
		case CURLE_WEIRD_SERVER_REPLY:
		case CURLE_BAD_CONTENT_ENCODING:
		case CURLE_WRITE_ERROR: /* the unpacking kind: ours are known */
		case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, that is no HTTP */
			return departed ? FTX_MALFORMED_ANSWER : FTX_CLIENT_FAILURE;

		default:
			return FTX_CLIENT_FAILURE;
	}
}

/*
 * Is the framing of a chunked answer wrong?  libcurl has one code for that and
 * for bytes that cannot be received; what it says of the former has had this
 * word in all versions from 7.74 to 8.22, and in others it would count as a
 * transfer that broke.
 */
static bool
is_chunk_malformed(const FtxRequest *request, CURLcode code)
{
	return code == CURLE_RECV_ERROR && request->head_ended &&
		   strstr(request->error, "chunk") != NULL;
}

/*
 * Did we end the transfer ourselves?  Then libcurl's code does not count.
 */
static bool
was_ended_by_us(FtxRequest *request, bool departed)
{
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
	else if (request->malformed != NULL)
		ftx_response_fail(request, FTX_MALFORMED_ANSWER, request->malformed);
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
	else
		return false;
	return true;
}

void
ftx_outcome_judge(FtxRequest *request, CURLcode code)
{
	bool departed = request->departures > 0 && !request->refused;

	if (was_ended_by_us(request, departed))
		;
	else if (code == CURLE_OK)
	{
		/* libcurl takes it for an answer without body */
		ftx_response_fail(request, FTX_BROKEN_TRANSFER,
						  "the connection ended within the answer's headers");
	}
	else if (is_chunk_malformed(request, code))
		ftx_response_fail(request, FTX_MALFORMED_ANSWER, request->error);
	else if (code == CURLE_OUT_OF_MEMORY && departed &&
			 request->response.body->len == 0)
	{
		/* so libcurl before 8.6 calls a header line beyond 100 KB */
		ftx_response_fail(request, FTX_ANSWER_TOO_LARGE,
						  "out of memory, or a header line is too long");
	}
	else if (request->packed &&
			 (code == CURLE_WRITE_ERROR || code == CURLE_BAD_CONTENT_ENCODING))
	{
		/* not all libcurl says is about that */
		ftx_response_fail(request, FTX_MALFORMED_ANSWER,
						  "the answer cannot be unpacked");
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
