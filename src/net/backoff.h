/*-------------------------------------------------------------------------
 *
 * backoff.h
 *		Whether and when a request is repeated.  Pure: no clock, no I/O.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_BACKOFF_H
#define FTX_BACKOFF_H

#include "net/request.h"

typedef struct FtxAttempt
{
	int number; /* 1 for the first */
	FtxOutcome outcome;
	int status;		   /* HTTP status when FTX_ANSWERED */
	int64 retry_after; /* seconds, -1 = not said */
	bool reads;		   /* it changes nothing, as a GET */
	bool repeat_safe;
	bool may_have_run;
} FtxAttempt;

/*
 * Milliseconds to wait before sending again, or -1 to give up.
 *
 * 429 is repeated for every method.  502, 503, 504 and transport failures are
 * repeated when that is safe (repeat_safe, or the request cannot have reached
 * the server), 408 and 500 for what reads only: a write may be what the server
 * failed at.  All else is final.  The wait is what Retry-After says, if an
 * answer has it; else `jitter` in [0,1) picks it between 0 and
 * retry_delay * 2^(number-1), at most 30 s (full jitter).
 */
extern int64 ftx_backoff(const FtxAttempt *attempt, int max_retries,
						 int retry_delay, double jitter);

/*
 * Seconds that a Retry-After header asks for at time `now` (Unix seconds):
 * an integer or an HTTP date.  -1 when it is neither; never negative else.
 */
extern int64 ftx_parse_retry_after(const char *value, int64 now);

/*
 * A header's value as a count, INT_MAX at most; -1 when it is anything else.
 */
extern int ftx_parse_count(const char *value);

#endif /* FTX_BACKOFF_H */
