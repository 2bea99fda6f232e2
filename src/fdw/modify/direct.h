/*-------------------------------------------------------------------------
 *
 * direct.h
 *		UPDATE and DELETE that the scan itself makes, for EXPLAIN.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_DIRECT_H
#define FTX_DIRECT_H

#include "api/calls/stats.h"
#include "fdw/scan/scan.h"
#include "nodes/execnodes.h"

/* The scan of a direct modification, NULL when it did not run. */
extern FtxScanState *ftx_direct_scan(ForeignScanState *node);

/* The figures of its writes. */
extern const FtxStats *ftx_direct_stats(ForeignScanState *node);

#endif /* FTX_DIRECT_H */
