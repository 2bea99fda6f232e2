/*-------------------------------------------------------------------------
 *
 * reserve.h
 *		Calls of the account's hour that are kept for others.
 *
 * The account's own counter comes with every answer and counts other sessions,
 * hosts and tools as well, so nothing is kept here but the last one seen.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_RESERVE_H
#define FTX_RESERVE_H

#include "api/calls/session.h"

/*
 * May a call be sent (writes = 0), or a set of so many writes?  Refuses with
 * ERRCODE_CONFIGURATION_LIMIT_EXCEEDED while less than fivetrex.reserve calls
 * are left, or would be after the set.  What is known counts for a minute;
 * then one call may go and learn anew.
 */
extern void ftx_reserve_check(FtxSession *session, int64 writes);

#endif /* FTX_RESERVE_H */
