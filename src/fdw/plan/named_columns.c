/*-------------------------------------------------------------------------
 *
 * named_columns.c
 *		The columns that conditions and constraints of a table name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "fdw/compat.h"
#include "fdw/plan/named_columns.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#define SHIFT(attnum) ((attnum) -FirstLowInvalidHeapAttributeNumber)

typedef struct Naming
{
	Relation rel;
	Bitmapset *named;
} Naming;

static bool find_named(Node *node, void *context);

static void
add_named(Naming *naming, int attnum)
{
	TupleDesc tupdesc = RelationGetDescr(naming->rel);

	if (bms_is_member(SHIFT(attnum), naming->named))
		return;
	naming->named = bms_add_member(naming->named, SHIFT(attnum));
	if (attnum > 0 && TupleDescAttr(tupdesc, attnum - 1)->attgenerated != '\0')
		(void) find_named(build_column_default(naming->rel, attnum), naming);
	for (int i = 1; attnum == 0 && i <= tupdesc->natts; i++)
	{
		if (!TupleDescAttr(tupdesc, i - 1)->attisdropped)
			add_named(naming, i);
	}
}

/*
 * Only one relation can be named in a check, so that its number, which differs
 * from plan to plan, does not matter.
 */
static bool
find_named(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == 0)
		add_named(context, ((Var *) node)->varattno);
	return expression_tree_walker(node, find_named, context);
}

Bitmapset *
ftx_named_columns(Relation rel, Node *expr)
{
	Naming naming = {rel, NULL};

	(void) find_named(expr, &naming);
	return naming.named;
}

bool
ftx_named_any(const Bitmapset *named, const Bitmapset *set)
{
	int attnum = -1;

	while ((attnum = bms_next_member(set, attnum)) >= 0)
	{
		if (bms_is_member(SHIFT(attnum), named))
			return true;
	}
	return false;
}

Node *
ftx_constraint_node(Relation rel, const ConstrCheck *check)
{
	return ftx_constraint_expr(stringToNode(check->ccbin), rel);
}

int
ftx_constraint_count(Relation rel)
{
	TupleConstr *constr = RelationGetDescr(rel)->constr;
	int n = constr != NULL ? constr->num_check : 0;

	if (n != rel->rd_rel->relchecks)
		elog(ERROR, "%d pg_constraint record(s) missing for relation \"%s\"",
			 rel->rd_rel->relchecks - n, RelationGetRelationName(rel));
	return n;
}

Bitmapset *
ftx_named_by_constraints(Relation rel, const Bitmapset *set)
{
	Bitmapset *result = NULL;
	Bitmapset *named = ftx_named_columns(
		rel, (Node *) RelationGetPartitionQual(rel));

	if (ftx_named_any(named, set))
		result = bms_add_members(result, named);
	for (int i = 0; i < ftx_constraint_count(rel); i++)
	{
		const ConstrCheck *check = &RelationGetDescr(rel)->constr->check[i];

		named = ftx_named_columns(rel, ftx_constraint_node(rel, check));
		if (ftx_constraint_enforced(check) && ftx_named_any(named, set))
			result = bms_add_members(result, named);
	}
	return result;
}

Bitmapset *
ftx_attnum_set(List *attnums)
{
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach (lc, attnums)
		result = bms_add_member(result, lfirst_int(lc));
	return result;
}
