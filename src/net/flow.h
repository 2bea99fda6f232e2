/*-------------------------------------------------------------------------
 *
 * flow.h
 *		Which transfers go on when many large answers are under way.
 *
 * Private to src/net.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_FLOW_H
#define FTX_FLOW_H

#include "net/engine.h"
#include "net/engine_state.h"
#include "net/request.h"

/*
 * None of these throws; signals are blocked in those that call
 * libcurl (adjust) or are called by it (admit).
 */

/* Somebody begins to wait, or ends. */
extern void ftx_flow_turn(FtxEngine *engine, const FtxTurn *turn);

/* The body has changed. */
extern void ftx_flow_count(FtxRequest *request);

/* What the callback is to do with bytes of a body. */
typedef enum FtxFlow
{
	FTX_FLOW_GO_ON, /* take them */
	FTX_FLOW_PAUSE, /* leave them to libcurl until the transfer goes on */
	FTX_FLOW_END	/* end the transfer */
} FtxFlow;

/* n bytes have come. */
extern FtxFlow ftx_flow_admit(FtxRequest *request, size_t n);

/* Pause and resume what is to be. */
extern void ftx_flow_adjust(FtxEngine *engine);

/* The transfer is over. */
extern void ftx_flow_forget(FtxRequest *request);

/* When the time of the first transfer that was paused is over; -1 = never. */
extern int64 ftx_flow_due(FtxEngine *engine);

/* One whose time is over, or NULL. */
extern FtxRequest *ftx_flow_late(FtxEngine *engine);

/* The request to be sent next, of those that are queued; NULL: none now. */
extern FtxRequest *ftx_flow_next(FtxEngine *engine);

/* When a request is due to be sent or given up, of ftx_clock(); -1 = never. */
extern int64 ftx_engine_due(FtxEngine *engine);

#endif /* FTX_FLOW_H */
