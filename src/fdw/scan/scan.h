/*-------------------------------------------------------------------------
 *
 * scan.h
 *		A scan of a foreign table, for who drives one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCAN_H
#define FTX_SCAN_H

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
extern void ftx_scan_restart(FtxScanState *state);
extern void ftx_scan_end(FtxScanState *state);

extern FtxSession *ftx_scan_session(FtxScanState *state);
extern FtxStats *ftx_scan_stats(FtxScanState *state);

/* A descriptor for who waits for the scan together with others (engine.h). */
extern int ftx_scan_descriptor(FtxScanState *state);

#endif /* FTX_SCAN_H */
