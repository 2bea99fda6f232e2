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

/* Planner units of a round trip: COST_CALL in cost.c says why so many. */
#define FTX_COST_ROUND_TRIP 100.0

/* n calls, as many at once as may be. */
extern Cost ftx_calls_cost(double calls, int max_concurrency);

/*
 * Rows that a resource is expected to have on the table's server: what ANALYZE
 * has counted, or what such accounts typically have; as many for each parent
 * as is typical, if it has parents, of which ANALYZE may have counted those at
 * the top.
 */
extern double
ftx_expected_rows(FtxPlanState *state, const FtxResource *resource);

/*
 * The table of another resource on the same server, where IMPORT FOREIGN SCHEMA
 * has put it; InvalidOid: it is not there.
 */
extern Oid
ftx_table_beside(const FtxPlanState *state, const FtxResource *resource);

/* Rows of a table as ANALYZE has counted them; -1: that is not known. */
extern double ftx_analysed_rows(Oid relid);

/*
 * The calls that read a child table, given the clauses that narrow the request.
 */
extern double ftx_child_calls(PlannerInfo *root, RelOptInfo *rel,
							  FtxPlanState *state, List *matches);

/* Those of them that read its parents; 0 for a table that has none. */
extern double ftx_parent_calls(PlannerInfo *root, RelOptInfo *rel,
							   FtxPlanState *state, List *matches);

/* Pages of the plain list with so many rows. */
extern double ftx_list_pages(FtxPlanState *state, double rows);

/*
 * The match that has several values of a filter, for which lists of their own
 * are asked for if they are few enough; NULL if there is none.
 */
extern FtxMatch *ftx_match_of_lists(PlannerInfo *root, List *matches);

/*
 * Most of its values for which lists of their own take fewer calls than the one
 * list, which the filters of other matches narrow; at least 1.
 */
extern int ftx_most_lists(PlannerInfo *root, RelOptInfo *baserel,
						  FtxPlanState *state, List *matches, FtxMatch *match);

/*
 * Calls for single rows of the plain list: for each one that is left by the
 * conditions which the list decides, or those of which it leaves out a column.
 */
extern double ftx_detail_calls(PlannerInfo *root, RelOptInfo *baserel,
							   FtxPlanState *state, List *matches);

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
