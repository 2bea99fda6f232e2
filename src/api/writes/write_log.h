/*-------------------------------------------------------------------------
 *
 * write_log.h
 *		A line in the server's log for each request that changes something.
 *
 * With fivetrex.log_writes.  The log survives a rollback, as the change does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WRITE_LOG_H
#define FTX_WRITE_LOG_H

#include "api/calls/call.h"
#include "api/calls/session.h"

/*
 * What is said of a request but how it ended: user, server, method, path and
 * the names of the body's members, never their values.  Palloc'ed; NULL when
 * nothing is to be logged.
 */
extern char *
ftx_write_log_begin(const FtxSession *session, const FtxCallSpec *spec);

/*
 * Log it with its outcome.  `begun` may be NULL; so may `call`, for one that
 * was abandoned: `abandoned` says how it stood.  Allocates in ErrorContext
 * only in that case, so it may be called while a transaction is aborted.
 */
extern void
ftx_write_log_end(const char *begun, FtxCall *call, const char *abandoned);

#endif /* FTX_WRITE_LOG_H */
