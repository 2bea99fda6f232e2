/*-------------------------------------------------------------------------
 *
 * used_columns.h
 *		The columns that a statement uses.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_USED_COLUMNS_H
#define FTX_USED_COLUMNS_H

#include "fdw/plan/plan_state.h"
#include "nodes/pathnodes.h"

/*
 * Find the attributes that the scan has to fill (state->used), and whether they
 * need detail calls or the list.
 */
extern void
ftx_find_used_columns(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state);

/*
 * The attnums that conditions (bare clauses) look at; with what generated ones
 * are computed from.
 */
extern Bitmapset *
ftx_condition_columns(RelOptInfo *rel, FtxPlanState *state, List *conditions);

#endif /* FTX_USED_COLUMNS_H */
