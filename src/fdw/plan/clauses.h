/*-------------------------------------------------------------------------
 *
 * clauses.h
 *		Which clauses narrow the requests of a scan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CLAUSES_H
#define FTX_CLAUSES_H

#include "fdw/plan/plan_state.h"
#include "nodes/pathnodes.h"

/*
 * Does the clause narrow the request of this table?  NULL if not: it is then
 * left to local evaluation, as all clauses are anyway.
 */
extern FtxMatch *ftx_match_clause(PlannerInfo *root, RelOptInfo *rel,
								  FtxPlanState *state, RestrictInfo *rinfo);

/* What ftx_match_clause() finds in a list of clauses. */
extern List *ftx_match_clauses(PlannerInfo *root, RelOptInfo *rel,
							   FtxPlanState *state, List *rinfos);

/*
 * Does the clause bound the column of the resource's period?  Returns the
 * bound, a timestamptz expression, or NULL; *lower, *upper say which.
 */
extern Expr *
ftx_match_period(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
				 RestrictInfo *rinfo, bool *lower, bool *upper);

#endif /* FTX_CLAUSES_H */
