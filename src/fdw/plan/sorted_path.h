/*-------------------------------------------------------------------------
 *
 * sorted_path.h
 *		Lists that are sorted before details of their rows are asked for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SORTED_PATH_H
#define FTX_SORTED_PATH_H

#include "fdw/plan/plan_state.h"
#include "fdw/plan/scan_plan.h"
#include "nodes/pathnodes.h"

/*
 * Add a path in the order that the query wants, if that saves details: they are
 * needed, a few rows may suffice, and what is sorted by stands in the list.
 * `cost` and `calls` are those of the list in no order.
 */
extern void
ftx_add_sorted_path(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
					FtxScanMode mode, Cost cost, double calls);

/* What the scan of a path that has pathkeys sorts by, into its plan. */
extern void
ftx_plan_sort(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
			  List *pathkeys, FtxScanPlan *plan);

#endif /* FTX_SORTED_PATH_H */
