/*-------------------------------------------------------------------------
 *
 * start_together.h
 *		The first requests of a query's scans leave together.
 *
 * Core reads the inputs of a join, or the members of UNION ALL, one after the
 * other, and each would wait for its first answer.  So when the first scan of a
 * query starts, the first request of each other one that will be read
 * (first_scans.c) is sent, too, and found under way when that one starts.  The
 * scan itself does not start: its rows, conditions, values and errors are those
 * that it would have had, at the same place.  At most one call for each scan is
 * in vain, when another input is empty or fails.
 *
 * Only where nothing can come of it beside the call: in statements that write
 * in one place at most and call no volatile function (plan/calm.c), for
 * requests that depend on nothing which is found while the query runs and whose
 * values cannot fail.  And not where calls are few: with max_calls, near the
 * reserve or the end of the account's hour.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_START_TOGETHER_H
#define FTX_START_TOGETHER_H

#include "api/calls/call.h"
#include "api/calls/stats.h"
#include "fdw/scan/scan.h"
#include "nodes/execnodes.h"

typedef struct FtxTogether FtxTogether;

/*
 * The first request of a scan, when it was sent ahead of its start.  `stats`
 * count it until somebody takes it over.
 */
typedef struct FtxFirstRequest
{
	FtxTogether *together; /* of the scan's run */
	bool started;		   /* the scan has, once at least */
	FtxCall *call;		   /* NULL: it was not, or is not held any more */
	FtxStats stats;
	bool ahead;	 /* it was sent when another scan started, as the first */
	bool wasted; /* the scan has asked for something else */
} FtxFirstRequest;

/*
 * What the scans of an executor run have in common; it ends with the run's
 * query context.
 */
extern FtxTogether *ftx_together_of(EState *estate);

/*
 * A scan starts for the first time: ask ahead for the others, those that are to
 * be read first as far as their answers are not too many to be held.
 */
extern void ftx_together_start(FtxScanState *state);

/*
 * The scan has made its own call, which shares the answer: hold it no longer.
 */
extern void ftx_together_drop(FtxScanState *state);

/*
 * For EXPLAIN: was the first request of a scan sent ahead (0 or 1), how often,
 * and has nobody looked at the answer?
 */
typedef struct FtxAheadFigures
{
	int64 ahead;
	int64 unclaimed; /* calls that are in no other figures */
	int64 wasted;
} FtxAheadFigures;

extern FtxAheadFigures ftx_together_figures(const FtxScanState *state);

#endif /* FTX_START_TOGETHER_H */
