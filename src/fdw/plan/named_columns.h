/*-------------------------------------------------------------------------
 *
 * named_columns.h
 *		The columns that conditions and constraints of a table name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_NAMED_COLUMNS_H
#define FTX_NAMED_COLUMNS_H

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"
#include "nodes/nodes.h"
#include "utils/relcache.h"

/*
 * The attnums that an expression over one relation names, or WITH CHECK
 * OPTIONs do: a whole row names all, generated columns what they are computed
 * from.  System columns have negative numbers, so that all of them are shifted
 * by -FirstLowInvalidHeapAttributeNumber.
 */
extern Bitmapset *ftx_named_columns(Relation rel, Node *expr);

/*
 * The same of all CHECK constraints and the partition constraint of a table
 * that name one of the attnums `set` (not shifted); NULL if none does.
 */
extern Bitmapset *ftx_named_by_constraints(Relation rel, const Bitmapset *set);

/* Is one of the attnums `set` (not shifted) among those named (shifted)? */
extern bool ftx_named_any(const Bitmapset *named, const Bitmapset *set);

/*
 * The CHECK constraints of a table: RelationGetDescr(rel)->constr->check has
 * so many.  Throws if the cache lacks one.
 */
extern int ftx_constraint_count(Relation rel);

/* What one of them says, virtual generated columns expanded. */
extern Node *ftx_constraint_node(Relation rel, const ConstrCheck *check);

/* A list of attnums as a set. */
extern Bitmapset *ftx_attnum_set(List *attnums);

#endif /* FTX_NAMED_COLUMNS_H */
