/*-------------------------------------------------------------------------
 *
 * error.h
 *		The one funnel from API failures to PostgreSQL errors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ERROR_H
#define FTX_ERROR_H

#include "base/compat.h"
#include "api/session.h"

/* What failed, for the report. */
typedef struct FtxFailure
{
	FtxMethod method;
	const char *path; /* as in FtxCallSpec */
	FtxOutcome outcome;
	int status;		   /* HTTP status when FTX_ANSWERED */
	FtxSlice body;	   /* of the answer */
	int64 retry_after; /* seconds, -1 = not said */
	bool may_have_run;
	bool repeat_safe;
	const char *message; /* libcurl's words when not FTX_ANSWERED */
	int attempts;
} FtxFailure;

/*
 * Raise the error for a failed call and note it for fivetrex_last_error().
 * SQLSTATEs by cause are listed in README.md, "Errors".
 */
ftx_noreturn extern void
ftx_error_raise(FtxSession *session, const FtxFailure *failure);

/* Is the body of a 404 the answer for a route that is not served at all? */
extern bool ftx_error_route_missing(FtxSlice body);

/* The "code" of an error answer, palloc'ed; NULL if it has none. */
extern char *ftx_error_code(FtxSlice body);

/* Is it the answer for an object that is not there? */
extern bool ftx_error_object_missing(FtxSlice body);

#endif /* FTX_ERROR_H */
