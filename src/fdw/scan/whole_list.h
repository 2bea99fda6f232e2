/*-------------------------------------------------------------------------
 *
 * whole_list.h
 *		The whole list instead of parts of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WHOLE_LIST_H
#define FTX_WHOLE_LIST_H

#include "fdw/scan/scan.h"

/* Is all of a list read of which each row of something else needs a part? */
typedef enum FtxWhole
{
	FTX_WHOLE_NO,
	FTX_WHOLE_MAYBE, /* as soon as parts have taken more calls */
	FTX_WHOLE_YES
} FtxWhole;

/* Decide from the plan; before what reads the list is made. */
extern void ftx_scan_plan_whole(FtxScanState *state);

/* Has the next start of the scan to read all of it? */
extern bool ftx_scan_reads_whole(FtxScanState *state);

#endif /* FTX_WHOLE_LIST_H */
