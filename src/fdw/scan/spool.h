/*-------------------------------------------------------------------------
 *
 * spool.h
 *		Rows of a scan that are read ahead of a write.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SPOOL_H
#define FTX_SPOOL_H

#include "api/calls/open_lists.h"
#include "executor/tuptable.h"
#include "fdw/scan/scan.h"

/* FtxOpenList.finish of a scan. */
extern void ftx_scan_read_to_end(FtxOpenList *list);

/* Hand out the next row that was kept; false when there is none. */
extern bool ftx_scan_spooled_row(FtxScanState *state, TupleTableSlot *slot);

#endif /* FTX_SPOOL_H */
