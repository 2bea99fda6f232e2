/*-------------------------------------------------------------------------
 *
 * target_returned.c
 *		Which columns of the target RETURNING names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "fdw/compat.h"
#include "fdw/modify/target_check.h"
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

/* ---------- what others read of a part of WITH ---------- */

typedef struct CteReaders
{
	const char *name;
	List *scopes;	 /* of range tables, the innermost query's first */
	Bitmapset *read; /* columns; 0: all */
} CteReaders;

/*
 * The range table that a Var so many levels up means, if its query stands at
 * the depth at which the name means our part.
 */
static RangeTblEntry *
named_entry(const CteReaders *readers, const Var *var)
{
	List *rtable;

	if ((int) var->varlevelsup >= list_length(readers->scopes))
		return NULL;
	rtable = list_nth(readers->scopes, var->varlevelsup);
	if (var->varno <= 0 || var->varno > list_length(rtable))
		return NULL;
	return list_nth(rtable, var->varno - 1);
}

static bool
find_readers(Node *node, void *context)
{
	CteReaders *readers = context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query *query = (Query *) node;
		bool result;

		readers->scopes = lcons(query->rtable, readers->scopes);
		result = query_tree_walker(query, find_readers, context, 0);
		readers->scopes = list_delete_first(readers->scopes);
		return result;
	}
	if (IsA(node, Var))
	{
		Var *var = (Var *) node;
		RangeTblEntry *rte = named_entry(readers, var);
		int depth = list_length(readers->scopes) - 1 - (int) var->varlevelsup;

		if (rte != NULL && rte->rtekind == RTE_CTE &&
			(int) rte->ctelevelsup == depth &&
			strcmp(rte->ctename, readers->name) == 0)
			readers->read = bms_add_member(readers->read,
										   Max(var->varattno, 0));
		return false;
	}
	return expression_tree_walker(node, find_readers, context);
}

/*
 * The planner makes plans of the parts of WITH one after the other, from the
 * query as it was written.
 */
List *
ftx_target_read_returning(PlannerInfo *root, List *returning)
{
	PlannerInfo *parent = root->parent_root;
	CteReaders readers = {0};
	CommonTableExpr *cte;
	List *result = NIL;
	int position;
	ListCell *lc;

	if (parent == NULL || returning == NIL)
		return returning;
	position = list_length(parent->cte_plan_ids);
	if (position >= list_length(parent->parse->cteList))
		return returning;
	cte = list_nth_node(CommonTableExpr, parent->parse->cteList, position);
	if (castNode(Query, cte->ctequery)->commandType != root->parse->commandType)
		return returning;
	readers.name = cte->ctename;
	(void) find_readers((Node *) parent->parse, &readers);
	if (bms_is_member(0, readers.read))
		return returning;
	foreach (lc, returning)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (bms_is_member(entry->resno, readers.read))
			result = lappend(result, entry);
	}
	return result;
}
