/*-------------------------------------------------------------------------
 *
 * expected_calls.h
 *		How many calls a scan is expected to make in a statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_EXPECTED_CALLS_H
#define FTX_EXPECTED_CALLS_H

#include "fdw/plan/scan_plan.h"
#include "nodes/plannodes.h"

/*
 * The calls of a foreign scan: in all of its loops, as far as the nodes above
 * want its rows, and without what a scan that stands before it in the plan asks
 * for, too.  `lists`: those of one execution for lists or keys; -1: what
 * planning expected.
 */
extern double ftx_expected_calls(const PlannedStmt *statement,
								 const ForeignScan *scan, double lists);

/*
 * How often it is expected to ask for something else: the product of the keys
 * of the rows that it takes parameters from.
 */
extern double
ftx_expected_loops(const PlannedStmt *statement, const ForeignScan *scan);

/*
 * Does the scan ask for a part of a list that differs from row to row of
 * something else, and would the memo hold all of the list?
 */
extern bool ftx_may_read_whole(const FtxScanPlan *plan);

/* Are fewer calls expected for all of it than for the parts of so many rows? */
extern bool ftx_whole_is_expected(const FtxScanPlan *plan, double loops);

#endif /* FTX_EXPECTED_CALLS_H */
