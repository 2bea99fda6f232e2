/*-------------------------------------------------------------------------
 *
 * early.h
 *		Conditions that can be checked before a call is made for a row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_EARLY_H
#define FTX_EARLY_H

#include "fdw/plan/plan_state.h"
#include "nodes/pathnodes.h"

/*
 * Do all columns that the expression looks at stand in every item of the list?
 */
extern bool ftx_list_has(RelOptInfo *rel, FtxPlanState *state, Node *expr);

/*
 * Can the condition be checked on an item of the list, before its details are
 * fetched?
 */
extern bool
ftx_list_decides(RelOptInfo *rel, FtxPlanState *state, RestrictInfo *rinfo);

/*
 * Can it be checked on the parent of a row, before the children of that are
 * asked for: does it look at columns of the parent, and at nothing else?
 */
extern bool
ftx_parent_decides(RelOptInfo *rel, FtxPlanState *state, RestrictInfo *rinfo);

/*
 * Does an error of the condition leave nothing behind but memory, so that one
 * can go on after it without a subtransaction?  So do those of functions of
 * core that look at nothing but their arguments.
 */
extern bool ftx_fails_cleanly(Node *condition);

#endif /* FTX_EARLY_H */
