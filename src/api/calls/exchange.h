/*-------------------------------------------------------------------------
 *
 * exchange.h
 *		A request and its answer, for all calls that ask for the same.
 *
 * Calls of one scan that ask for the same path while the answer is under way,
 * or held by somebody, share one exchange.  It lives as long as one of them
 * holds it.  So what a join asks for ahead of its rows is there when they are
 * reached.  Scans share with each other pages of lists only, which they wait for
 * one by one, and can consume then: what one of them waits for must be something
 * that it can consume (net/flow.c).  What was asked for anybody (FtxCallSpec)
 * belongs to the first scan that asks for it, as all that it asks for.
 * A write of this backend ends the sharing: who asks afterwards asks anew.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_EXCHANGE_H
#define FTX_EXCHANGE_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "lib/ilist.h"
#include "net/request.h"
#include "utils/palloc.h"

typedef struct FtxExchange FtxExchange;

/* A call's hold on an exchange; embedded in the call's own memory. */
typedef struct FtxHolder
{
	dlist_node node;
	FtxExchange *exchange; /* NULL: holds none */
	FtxStats *stats;	   /* of the call */
	MemoryContextCallback callback;
} FtxHolder;

/*
 * Join the exchange of a read that is shared already, or start one, as
 * ftx_call_start() says.  The hold ends with a reset of `cxt`, which the holder
 * lies in.  Throws what ftx_reserve_check() throws, and
 * ERRCODE_OUT_OF_MEMORY.
 */
extern void
ftx_exchange_hold(FtxHolder *holder, FtxSession *session,
				  const FtxCallSpec *spec, FtxMemo *memo, MemoryContext cxt);

/* Is the answer there?  See ftx_call_done(). */
extern bool ftx_exchange_done(FtxExchange *exchange);

/* To wait for; the exchange's. */
extern FtxRequest *ftx_exchange_request(FtxExchange *exchange);

/*
 * The answer of one that is done.  *first: nobody has taken it before, so its
 * figures are to be counted.
 */
extern const FtxResponse *ftx_exchange_take(FtxExchange *exchange, bool *first);

/* Has nobody taken the answer? */
extern bool ftx_exchange_untaken(const FtxExchange *exchange);

/* Does nobody else hold it? */
extern bool ftx_exchange_alone(const FtxExchange *exchange);

/*
 * What tells a read from others of its session: its path, and the body of one
 * that has one, in the current memory context.  NULL for what is no read.
 */
extern const char *ftx_call_key(const FtxCallSpec *spec);

#endif /* FTX_EXCHANGE_H */
