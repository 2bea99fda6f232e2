/*-------------------------------------------------------------------------
 *
 * scan.h
 *		A scan of a foreign table, for who drives one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCAN_H
#define FTX_SCAN_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "nodes/execnodes.h"

/* The same for direct.c, which keeps a scan of its own under the node. */
typedef struct FtxScanState FtxScanState;

extern FtxScanState *ftx_scan_begin(ForeignScanState *node);

/*
 * Hand out only rows that pass the conditions; `qual` is what core has prepared
 * of them, or NULL.  The
 * columns that it does not look at are converted afterwards, so a value there
 * that does not fit is no error in a row that nobody wants.
 */
extern void ftx_scan_filter(FtxScanState *state, List *quals, ExprState *qual);

/* Fill the node's scan slot with the next row; it is empty at the end. */
extern void ftx_scan_next(FtxScanState *state);

/*
 * Ask for what the next row needs, without waiting.  Can ftx_scan_next() go on
 * with what has arrived?  (It may still wait when no row of that passes.)
 */
extern bool ftx_scan_ready(FtxScanState *state);
extern void ftx_scan_end(FtxScanState *state);

/*
 * The scan of a plan node that has begun in an execution; NULL if there is
 * none.
 */
extern FtxScanState *ftx_scan_of_plan(const EState *estate, const Plan *plan);

/*
 * Ask ahead for what the scan would ask for first if it started with the
 * present values of its parameters; into `calls` (FTX_DETAIL_CALLS), as far as
 * calls are needed.  Returns their number.  What it allocates beside them is in
 * the current memory context and the expressions'.
 */
extern int ftx_scan_ask(FtxScanState *state, FtxCall **calls);

/*
 * Can no error come of that before such a row is reached?  That is so where
 * what differs from row to row is asked for as it is.
 */
extern bool ftx_scan_request_is_safe(const FtxScanState *state);

/*
 * Are all values made by core from what the API has sent, and those that do not
 * fit errors?  Not generated columns, nor types of others.
 */
extern bool ftx_scan_is_plain(const FtxScanState *state);

/*
 * The next row of a plain scan if it has arrived, as ExecProcNode() gives it;
 * else NULL, without a call or waiting.  *failure: the row has a value that is
 * none, as the error in `cxt` says; untouched otherwise.
 */
extern TupleTableSlot *
ftx_scan_next_in_hand(FtxScanState *state, MemoryContext cxt,
					  ErrorData **failure);

extern FtxSession *ftx_scan_session(FtxScanState *state);
extern FtxStats *ftx_scan_stats(FtxScanState *state);

/* A descriptor for an Append that waits for several scans: ftx_watch_arm(). */
extern int ftx_scan_descriptor(FtxScanState *state);

#endif /* FTX_SCAN_H */
