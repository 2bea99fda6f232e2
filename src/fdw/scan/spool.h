/*-------------------------------------------------------------------------
 *
 * spool.h
 *		Rows of a scan that are read ahead of a write.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SPOOL_H
#define FTX_SPOOL_H

#include "executor/tuptable.h"
#include "fdw/scan/scan.h"

/* Rows are kept from now on, if they are not yet. */
extern void ftx_spool_begin(FtxScanState *state);

/* Hand out the next row that was kept; false when there is none. */
extern bool ftx_scan_spooled_row(FtxScanState *state, TupleTableSlot *slot);

#endif /* FTX_SPOOL_H */
