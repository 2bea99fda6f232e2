/*-------------------------------------------------------------------------
 *
 * cost.h
 *		What a way to read a table costs, in calls and round trips.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_COST_H
#define FTX_COST_H

#include "fdw/plan/plan_state.h"
#include "fdw/plan/scan_plan.h"
#include "nodes/pathnodes.h"

/* Planner units of a round trip: see there. */
#define FTX_COST_ROUND_TRIP 100.0

/* n calls, as many at once as may be. */
extern Cost ftx_calls_cost(double calls, int max_concurrency);

/* How many values does the match give: 1, or those of the array. */
extern double ftx_match_keys(PlannerInfo *root, FtxMatch *match);

/* Pages of the plain list with so many rows. */
extern double ftx_list_pages(FtxPlanState *state, double rows);

/*
 * The mode that reads the table with the fewest calls, given the clauses that
 * narrow the request; with its cost and its number of calls.
 */
extern FtxScanMode
ftx_choose_mode(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				List *matches, Cost *cost, double *calls);

/*
 * Would n detail calls cost less than reading `pages` pages of the list?  The
 * executor asks again when it knows n.
 */
extern bool
ftx_keys_are_cheaper(double nkeys, double pages, int max_concurrency);

#endif /* FTX_COST_H */
