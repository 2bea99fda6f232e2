/*-------------------------------------------------------------------------
 *
 * scan_clauses.h
 *		What becomes of the clauses of a scan in its plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCAN_CLAUSES_H
#define FTX_SCAN_CLAUSES_H

#include "fdw/plan/plan_state.h"
#include "fdw/plan/scan_plan.h"
#include "nodes/pathnodes.h"

/*
 * Put the clauses (RestrictInfos) of a scan into its plan, whose resource and
 * mode are set.  Returns those that match (FtxMatch); *some_left: one is not
 * part of the request, so that more rows may come than are wanted.
 */
extern List *
ftx_plan_clauses(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				 List *scan_clauses, FtxScanPlan *plan, bool *some_left);

#endif /* FTX_SCAN_CLAUSES_H */
