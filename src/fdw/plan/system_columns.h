/*-------------------------------------------------------------------------
 *
 * system_columns.h
 *		System columns that a foreign table does not have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SYSTEM_COLUMNS_H
#define FTX_SYSTEM_COLUMNS_H

#include "fdw/plan/plan_state.h"
#include "nodes/pathnodes.h"
#include "utils/relcache.h"

/*
 * Throw ERRCODE_FEATURE_NOT_SUPPORTED, naming the key's columns, if the query
 * tells the table's rows by ctid (or names it at all in a statement that
 * changes or locks rows), uses xmin, xmax, cmin or cmax, or says WHERE CURRENT
 * OF.
 */
extern void ftx_system_columns_check(PlannerInfo *root, RelOptInfo *rel,
									 FtxPlanState *state);

/*
 * Throw ERRCODE_FEATURE_NOT_SUPPORTED if RETURNING of an INSERT names a system
 * column of the relation, which has the number `varno` in it, other than
 * tableoid.
 */
extern void
ftx_system_columns_check_new(Relation rel, int varno, List *returning);

#endif /* FTX_SYSTEM_COLUMNS_H */
