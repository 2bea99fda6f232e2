/*-------------------------------------------------------------------------
 *
 * call_state.h
 *		What a call is made of.
 *
 * Private to call.c and call_answer.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CALL_STATE_H
#define FTX_CALL_STATE_H

#include "api/calls/answer.h"
#include "api/calls/call.h"
#include "api/calls/exchange.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "base/bytes.h"
#include "base/method.h"

struct FtxCall
{
	MemoryContext cxt; /* holds the call; its end ends the request */
	FtxSession *session;
	FtxMethod method;
	char *path;
	const char *key; /* ftx_call_key(); NULL: it is no read */
	bool changes;
	FtxExpected expected;
	FtxHolder holder; /* of the exchange; it has none when the memo answered */
	FtxBytes *body;	  /* the memo's answer, or NULL */
	int status;		  /* the memo's answer */
	FtxStats *stats;
	FtxMemo *memo;

	bool booked; /* its figures are in stats and memo, and it has this: */
	FtxAnswer answer;
};

#endif /* FTX_CALL_STATE_H */
