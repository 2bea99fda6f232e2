/*-------------------------------------------------------------------------
 *
 * parent_filter.h
 *		Conditions that a parent decides, before its children are asked for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PARENT_FILTER_H
#define FTX_PARENT_FILTER_H

#include "api/options/table.h"
#include "nodes/execnodes.h"
#include "nodes/pg_list.h"
#include "read/binding.h"

typedef struct FtxParentFilter FtxParentFilter;

/*
 * Prepare conditions of a scan (bare clauses, chosen by ftx_parent_decides()).
 * They are evaluated in `econtext`, on rows in `slot`, which nobody else uses
 * meanwhile.  In the current memory context; NULL if there are none.
 */
extern FtxParentFilter *
ftx_parent_filter_create(ScanState *node, FtxTable *table, List *clauses,
						 ExprContext *econtext, TupleTableSlot *slot);

/*
 * FtxParentWanted (read/items.h), of such a filter: do the conditions hold
 * whose columns are known?  Throws what they throw.
 */
extern bool ftx_parent_filter_passes(void *filter, const FtxBinding *parent);

/* Is a condition in the middle of being evaluated?  NULL: no. */
extern bool ftx_parent_filter_busy(const FtxParentFilter *filter);

/* Parameters may have changed.  NULL: nothing. */
extern void ftx_parent_filter_reset(FtxParentFilter *filter);

#endif /* FTX_PARENT_FILTER_H */
