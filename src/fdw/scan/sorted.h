/*-------------------------------------------------------------------------
 *
 * sorted.h
 *		The items of a list in the order of the query.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SORTED_H
#define FTX_SORTED_H

#include "fdw/scan/scan.h"

typedef struct FtxSorted FtxSorted;

/*
 * For a scan whose plan says what its list is sorted by; NULL for others.  In
 * the current memory context, which must be the scan's.
 */
extern FtxSorted *ftx_sorted_create(FtxScanState *state);

/*
 * Ask for the details of the next item in the order, or note that the input has
 * ended.  The first time the whole list is read and sorted, in work_mem and
 * beyond that in temporary files.
 */
extern void ftx_sorted_ask_next(FtxScanState *state);

/* Forget the items, for another start of the scan.  NULL: nothing. */
extern void ftx_sorted_reset(FtxSorted *sorted);

#endif /* FTX_SORTED_H */
