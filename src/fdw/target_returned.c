/*-------------------------------------------------------------------------
 *
 * target_returned.c
 *		Which columns of the target RETURNING names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "fdw/target.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/typcache.h"

typedef struct Returning
{
	TupleDesc tupdesc;
	int varno;
	Bitmapset *attnums;
} Returning;

static void
add_all(Returning *returning, TupleDesc only)
{
	for (int i = 0; i < returning->tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(returning->tupdesc, i);
		bool there = only == NULL;

		for (int j = 0; !there && j < only->natts; j++)
			there = !TupleDescAttr(only, j)->attisdropped &&
					namestrcmp(&TupleDescAttr(only, j)->attname,
							   NameStr(att->attname)) == 0;
		if (there && !att->attisdropped)
			returning->attnums = bms_add_member(returning->attnums, i + 1);
	}
}

/*
 * The whole row of a partition as one of its parent, which may have fewer
 * columns: the Var below it, if it is that.
 */
static bool
is_converted_row(Node *node, int varno)
{
	while (IsA(node, ConvertRowtypeExpr))
		node = (Node *) ((ConvertRowtypeExpr *) node)->arg;
	return IsA(node, Var) && ((Var *) node)->varno == varno &&
		   ((Var *) node)->varattno == InvalidAttrNumber;
}

static bool
find_returned(Node *node, void *context)
{
	Returning *returning = context;

	if (node == NULL)
		return false;
	if (IsA(node, ConvertRowtypeExpr) &&
		is_converted_row(node, returning->varno))
	{
		TupleDesc parent = lookup_rowtype_tupdesc(
			((ConvertRowtypeExpr *) node)->resulttype, -1);

		add_all(returning, parent);
		ReleaseTupleDesc(parent);
		return false;
	}
	if (IsA(node, Var))
	{
		Var *var = (Var *) node;

		if (var->varno != returning->varno || var->varlevelsup != 0 ||
			ftx_var_of_old_row(var))
			return false;
		if (var->varattno == InvalidAttrNumber)
			add_all(returning, NULL);
		else if (var->varattno > 0)
			returning->attnums = bms_add_member(returning->attnums,
												var->varattno);
		return false;
	}
	return expression_tree_walker(node, find_returned, context);
}

List *
ftx_target_returned(Relation rel, Index rti, List *returning)
{
	Returning search = {RelationGetDescr(rel), (int) rti, NULL};
	List *result = NIL;
	int attnum = -1;

	(void) find_returned((Node *) returning, &search);
	while ((attnum = bms_next_member(search.attnums, attnum)) >= 0)
		result = lappend_int(result, attnum);
	return result;
}
