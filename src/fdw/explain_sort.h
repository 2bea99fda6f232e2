/*-------------------------------------------------------------------------
 *
 * explain_sort.h
 *		What EXPLAIN says about a list that is sorted by its scan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_EXPLAIN_SORT_H
#define FTX_EXPLAIN_SORT_H

#include "fdw/compat.h"
#include "fdw/scan/scan.h"

/* "Sort Key", as of a Sort node; nothing if the list is not sorted. */
extern void ftx_explain_sort(const FtxScanState *state, ExplainState *es);

#endif /* FTX_EXPLAIN_SORT_H */
