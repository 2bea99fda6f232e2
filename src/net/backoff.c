/*-------------------------------------------------------------------------
 *
 * backoff.c
 *		Whether and when a request is repeated.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/libcurl.h"
#include "net/backoff.h"

/* Longest wait of our own choice; a server may ask for more. */
#define MAX_BACKOFF_MS 30000

/*
 * Longest wait believed, 68 years in seconds: in milliseconds and even in
 * microseconds it still leaves an int64 plenty of room for a clock.
 */
#define MAX_RETRY_AFTER ((int64) PG_INT32_MAX)

/*
 * May this attempt be followed by another, retries permitting?
 */
static bool
repeatable(const FtxAttempt *attempt)
{
	switch (attempt->outcome)
	{
		case FTX_ANSWERED:
			/* 429 says that the request was not acted upon */
			if (attempt->status == 429)
				return true;
			if (attempt->status == 408 || attempt->status == 500)
				return attempt->reads;
			return attempt->repeat_safe &&
				   (attempt->status == 502 || attempt->status == 503 ||
					attempt->status == 504);

		case FTX_CANNOT_CONNECT:
		case FTX_CANNOT_RESOLVE:
		case FTX_TIMED_OUT:
		case FTX_BROKEN_TRANSFER:
			return attempt->repeat_safe || !attempt->may_have_run;

		case FTX_TLS_FAILED:
		case FTX_ANSWER_TOO_LARGE:
		case FTX_MALFORMED_ANSWER:
		case FTX_CALLS_EXHAUSTED:
		case FTX_NO_DESCRIPTOR:
		case FTX_CLIENT_FAILURE:
			/* would end the same way again */
			return false;
	}
	return false;
}

int64
ftx_backoff(const FtxAttempt *attempt, int max_retries, int retry_delay,
			double jitter)
{
	int64 ceiling = Max(retry_delay, 0);

	if (attempt->number > max_retries || !repeatable(attempt))
		return -1;

	if (attempt->outcome == FTX_ANSWERED && attempt->retry_after >= 0)
		return Min(attempt->retry_after, MAX_RETRY_AFTER) * 1000;

	/* not a shift: attempt->number may be anything */
	for (int i = 1; i < attempt->number && ceiling > 0; i++)
	{
		ceiling *= 2;
		if (ceiling >= MAX_BACKOFF_MS)
			break;
	}
	ceiling = Min(ceiling, MAX_BACKOFF_MS);

	/* also catches NaN */
	if (!(jitter >= 0.0))
		jitter = 0.0;
	return (int64) (Min(jitter, 1.0) * (double) ceiling);
}

/*
 * Digits only, saturating.  -1 when it is anything else.
 */
static int64
parse_seconds(const char *value, size_t len)
{
	int64 seconds = 0;

	if (len == 0)
		return -1;
	for (size_t i = 0; i < len; i++)
	{
		if (value[i] < '0' || value[i] > '9')
			return -1;
		seconds = Min(seconds * 10 + (value[i] - '0'), MAX_RETRY_AFTER);
	}
	return seconds;
}

int
ftx_parse_count(const char *value)
{
	size_t len;

	value += strspn(value, " \t");
	len = strcspn(value, " \t\r\n");
	return (int) parse_seconds(value, len);
}

int64
ftx_parse_retry_after(const char *value, int64 now)
{
	size_t len;
	int64 seconds;
	int64 when;

	if (value == NULL)
		return -1;

	value += strspn(value, " \t");
	len = strlen(value);
	while (len > 0 && strchr(" \t\r\n", value[len - 1]) != NULL)
		len--;

	seconds = parse_seconds(value, len);
	if (seconds >= 0)
		return seconds;

	/*
	 * All three forms of an HTTP date begin with the name of a day and have a
	 * time; curl_getdate() would take much else, such as a lone "6 Nov 1994".
	 */
	if (!((value[0] >= 'A' && value[0] <= 'Z') ||
		  (value[0] >= 'a' && value[0] <= 'z')) ||
		strchr(value, ':') == NULL)
		return -1;
	when = (int64) curl_getdate(value, NULL);
	if (when < 0)
		return -1;
	if (when <= now)
		return 0;
	return now < 0 ? MAX_RETRY_AFTER : Min(when - now, MAX_RETRY_AFTER);
}
