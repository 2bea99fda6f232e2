/*-------------------------------------------------------------------------
 *
 * row_filter.h
 *		Conditions on the rows of a scan.
 *
 * Those that look a value up in an array which is the same for all rows do so
 * by a hash: 10,000 keys are then no dearer for each row than ten.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ROW_FILTER_H
#define FTX_ROW_FILTER_H

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"

typedef struct FtxRowFilter FtxRowFilter;

/*
 * States of expressions, for a node, in the query's memory: what a subplan of
 * theirs registers with the query is looked at after our nodes have ended.
 */
extern List *ftx_init_expressions(List *exprs, PlanState *node);

/* Is there such a condition among them? */
extern bool ftx_row_filter_pays(List *quals);

/*
 * Prepare to evaluate conditions (bare clauses, all of which must hold) in
 * their order, for a node; in the current memory context, which the filter must
 * not outlive.  NULL if there are none: all rows pass.
 */
extern FtxRowFilter *ftx_row_filter_create(List *quals, PlanState *node);

/* The same from what core has prepared already. */
extern FtxRowFilter *ftx_row_filter_of(ExprState *qual);

/*
 * Does the row of the context pass?  What the evaluation leaves is in the
 * context's memory per row, which the caller resets.  Throws what the
 * conditions throw.
 */
extern bool ftx_row_filter_passes(FtxRowFilter *filter, ExprContext *econtext);

/* Parameters may have changed: look at the arrays anew.  NULL: nothing. */
extern void ftx_row_filter_reset(FtxRowFilter *filter);

#endif /* FTX_ROW_FILTER_H */
