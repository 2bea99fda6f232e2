/*-------------------------------------------------------------------------
 *
 * error.h
 *		The one funnel from API failures to PostgreSQL errors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ERROR_H
#define FTX_ERROR_H

#include "api/calls/answer.h"
#include "api/calls/session.h"
#include "base/compat.h"
#include "base/method.h"

/*
 * Raise the error for the problem of an answer and note it for
 * fivetrex_last_error(); `path` is as in FtxCallSpec.  SQLSTATEs by cause are
 * listed in README.md, "Errors".
 */
ftx_noreturn extern void
ftx_error_raise(FtxSession *session, FtxMethod method, const char *path,
				const FtxAnswer *answer);

#endif /* FTX_ERROR_H */
