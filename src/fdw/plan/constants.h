/*-------------------------------------------------------------------------
 *
 * constants.h
 *		Conditions on columns whose value is fixed by the option constant.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PLAN_CONSTANTS_H
#define FTX_PLAN_CONSTANTS_H

#include "fdw/plan/plan_state.h"
#include "nodes/pathnodes.h"
#include "utils/relcache.h"

/* Find the columns that have the option, for the next ones. */
extern void ftx_constants_find(Relation rel, FtxPlanState *state);

/*
 * Do the relation's conditions contradict its constants?  Then it has no rows
 * for this query.  What needs a value of the execution is not known here.
 */
extern bool ftx_constants_exclude(RelOptInfo *rel, FtxPlanState *state);

/*
 * A condition on nothing but constants of the relation (and maybe on other
 * relations and parameters), with their values put in: true for all its rows or
 * for none.  NULL if it is another one, or has to be evaluated row by row.
 */
extern Expr *ftx_constant_condition(RelOptInfo *rel, FtxPlanState *state,
									RestrictInfo *rinfo);

/*
 * Tell the planner that such conditions drop no rows of those that there are.
 */
extern void ftx_constants_estimate(RelOptInfo *rel, FtxPlanState *state);

#endif /* FTX_PLAN_CONSTANTS_H */
