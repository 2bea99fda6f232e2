/*-------------------------------------------------------------------------
 *
 * early.c
 *		Conditions that can be checked before a call is made for a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "fdw/plan/early.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/volatile.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

/*
 * Does it make no difference how often the condition is evaluated, and on which
 * rows?  Conditions that protect others (security barriers) stay behind.
 */
static bool
can_come_first(RelOptInfo *rel, RestrictInfo *rinfo)
{
	return !rinfo->pseudoconstant &&
		   (rinfo->security_level <= rel->baserestrict_min_security ||
			rinfo->leakproof) &&
		   !ftx_is_volatile(rinfo->clause) &&
		   !contain_subplans((Node *) rinfo->clause);
}

/*
 * The catalogue's column of a member of pull_varattnos()'s set; NULL for system
 * columns, whole rows and what the API does not have.
 */
static const FtxColumn *
column_of_bit(FtxPlanState *state, int bit)
{
	int attnum = bit + FirstLowInvalidHeapAttributeNumber;
	int column = attnum > 0 ? ftx_table_column(state->table, attnum) : -1;

	return column >= 0 ? &state->resource->columns[column] : NULL;
}

bool
ftx_list_has(RelOptInfo *rel, FtxPlanState *state, Node *expr)
{
	Bitmapset *attrs = NULL;
	int bit = -1;

	pull_varattnos(expr, rel->relid, &attrs);
	while ((bit = bms_next_member(attrs, bit)) >= 0)
	{
		int attnum = bit + FirstLowInvalidHeapAttributeNumber;
		const FtxColumn *column = column_of_bit(state, bit);

		if (attnum > 0 &&
			ftx_table_column(state->table, attnum) == FTX_COLUMN_CONSTANT)
			continue;
		if (column == NULL ||
			(column->flags & (FTX_DETAIL | FTX_LIST_MAY_OMIT | FTX_EXTRAS)) !=
				0 ||
			(column->path != NULL && column->path[0] == '\0'))
			return false;
	}
	return true;
}

bool
ftx_list_decides(RelOptInfo *rel, FtxPlanState *state, RestrictInfo *rinfo)
{
	return can_come_first(rel, rinfo) &&
		   ftx_list_has(rel, state, (Node *) rinfo->clause);
}

/*
 * Any text is a value of these: a parent that has no children must not fail
 * because its name is no value of the attribute.
 */
static bool
takes_any_text(Oid relid, int attnum)
{
	Oid type;
	int32 typmod;
	Oid collation;

	get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
	return (type == TEXTOID || type == VARCHAROID) && typmod < 0;
}

static bool
needs_subtransaction(Oid function, void *context)
{
	return !get_func_leakproof(function) &&
		   (function >= FirstNormalObjectId ||
			func_volatile(function) != PROVOLATILE_IMMUTABLE);
}

static bool
fails_with_remains(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, CoerceToDomain) || IsA(node, XmlExpr) ||
		check_functions_in_node(node, needs_subtransaction, NULL))
		return true;
	return expression_tree_walker(node, fails_with_remains, context);
}

bool
ftx_fails_cleanly(Node *condition)
{
	return !fails_with_remains(condition, NULL);
}

bool
ftx_parent_decides(RelOptInfo *rel, FtxPlanState *state, RestrictInfo *rinfo)
{
	Bitmapset *attrs = NULL;
	int bit = -1;

	/* a parent that has no children must not fail: see parent_filter.c */
	if (state->resource->parent == NULL || !can_come_first(rel, rinfo) ||
		!ftx_fails_cleanly((Node *) rinfo->clause))
		return false;
	pull_varattnos((Node *) rinfo->clause, rel->relid, &attrs);
	while ((bit = bms_next_member(attrs, bit)) >= 0)
	{
		const FtxColumn *column = column_of_bit(state, bit);

		if (column == NULL || (column->flags & FTX_PARENT) == 0 ||
			!takes_any_text(state->table->relid,
							bit + FirstLowInvalidHeapAttributeNumber))
			return false;
	}
	return !bms_is_empty(attrs);
}
