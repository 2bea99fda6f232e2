/*-------------------------------------------------------------------------
 *
 * match_keys.h
 *		How many values clauses give.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MATCH_KEYS_H
#define FTX_MATCH_KEYS_H

#include "fdw/plan/plan_state.h"
#include "nodes/pathnodes.h"

/* Elements assumed in an array that is not known when planning. */
#define FTX_TYPICAL_ARRAY 10

/* How many values does the match give: 1, or those of the array. */
extern double ftx_match_keys(PlannerInfo *root, FtxMatch *match);

/* The fewest values that one of them gives for the key; -1: none does. */
extern double ftx_fewest_keys(PlannerInfo *root, List *matches);

#endif /* FTX_MATCH_KEYS_H */
