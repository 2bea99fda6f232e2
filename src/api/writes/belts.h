/*-------------------------------------------------------------------------
 *
 * belts.h
 *		What keeps a write from leaving.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_BELTS_H
#define FTX_BELTS_H

#include "api/calls/session.h"
#include "api/calls/statement.h"

/*
 * May this session write at all?  `what` names the statement for the error of
 * a READ ONLY transaction (25006), or of a parallel query (25000), whose
 * workers know nothing of the leader's belts; access 'read_only' gives
 * ERRCODE_INSUFFICIENT_PRIVILEGE, a setting that was refused
 * ERRCODE_INVALID_PARAMETER_VALUE.
 */
extern void ftx_write_check(FtxSession *session, const char *what);

/*
 * Before writes leave: do fivetrex.max_deletes and fivetrex.max_writes allow
 * all that the statement has sent and named so far?  Otherwise
 * ERRCODE_PROGRAM_LIMIT_EXCEEDED.  With `complete` false more may be named
 * later, and the error does not pretend to know how many are wanted.
 */
extern void ftx_belts_check(const FtxStatement *statement, bool complete);

/*
 * Before n writes leave: does fivetrex.max_calls leave room for them?
 * Otherwise ERRCODE_PROGRAM_LIMIT_EXCEEDED.
 */
extern void ftx_belts_check_calls(const FtxStatement *statement, int n);

#endif /* FTX_BELTS_H */
