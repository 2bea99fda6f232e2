/*-------------------------------------------------------------------------
 *
 * row_address.c
 *		What expressions do with columns that are computed from ctid.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fdw/compat.h"
#include "fdw/plan/row_address.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* Of the walkers below. */
typedef struct Search
{
	List *origins;
	const Node *found; /* the Var, or CurrentOfExpr */
} Search;

static bool
find_address(Node *node, void *context)
{
	Search *search = context;
	ListCell *lc;

	if (node == NULL)
		return false;
	foreach (lc, search->origins)
	{
		FtxOrigin *origin = lfirst(lc);

		if (IsA(node, CurrentOfExpr) &&
			((CurrentOfExpr *) node)->cvarno == origin->relid)
			search->found = node;
		if (IsA(node, Var) && ((Var *) node)->varlevelsup == 0 &&
			(Index) ((Var *) node)->varno == origin->relid &&
			bms_is_member(FTX_ATTR(((Var *) node)->varattno),
						  origin->addresses))
			search->found = node;
	}
	return search->found != NULL ||
		   expression_tree_walker(node, find_address, context);
}

bool
ftx_address_used(List *origins, Node *node)
{
	Search search = {origins, NULL};

	return find_address(node, &search);
}

/*
 * Does the expression depend on rows, of this query or of others?
 */
static bool
depends_on_rows(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) || IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) ||
		IsA(node, PlaceHolderVar) || IsA(node, Aggref) ||
		(IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC))
		return true;
	return expression_tree_walker(node, depends_on_rows, context);
}

/*
 * ctid < '(100,0)', with any of the four orders, and a constant or parameter.
 */
static bool
is_range(List *origins, Node *node)
{
	OpExpr *op = (OpExpr *) node;
	Node *left;
	Node *right;

	if (!IsA(node, OpExpr) || list_length(op->args) != 2)
		return false;
	switch (get_opcode(op->opno))
	{
		case F_TIDLT:
		case F_TIDLE:
		case F_TIDGT:
		case F_TIDGE:
			break;
		default:
			return false;
	}
	left = linitial(op->args);
	right = lsecond(op->args);
	if (IsA(right, Var))
	{
		Node *swap = left;

		left = right;
		right = swap;
	}
	return IsA(left, Var) && !depends_on_rows(right, NULL) &&
		   !contain_volatile_functions(right);
}

/*
 * Is the condition free of addresses, but for ranges and NULL tests?
 */
bool
ftx_address_condition_allowed(List *origins, Node *node)
{
	ListCell *lc;

	if (IsA(node, BoolExpr))
	{
		foreach (lc, ((BoolExpr *) node)->args)
		{
			if (!ftx_address_condition_allowed(origins, lfirst(lc)))
				return false;
		}
		return true;
	}
	if (IsA(node, NullTest) && IsA(((NullTest *) node)->arg, Var))
		return true;
	return is_range(origins, node) || !ftx_address_used(origins, node);
}

/*
 * An aggregate that hands out its input, or counts it.  Others may compare:
 * jsonb_object_agg() has one value for each name.
 */
static bool
hands_out(Oid function)
{
	switch (function)
	{
		case F_MIN_TID:
		case F_MAX_TID:
		case F_MIN_TEXT:
		case F_MAX_TEXT:
		case F_COUNT_ANY:
		case F_ARRAY_AGG_ANYNONARRAY:
		case F_ARRAY_AGG_ANYARRAY:
		case F_STRING_AGG_TEXT_TEXT:
		case F_JSON_AGG:
		case F_JSONB_AGG:
			return true;
		default:
			return false;
	}
}

/*
 * Does the aggregate or window function tell rows by it?
 */
static bool
aggregate_tells(List *origins, Node *node)
{
	if (IsA(node, Aggref))
	{
		Aggref *aggregate = (Aggref *) node;

		return (!hands_out(aggregate->aggfnoid) ||
				aggregate->aggdistinct != NIL) &&
			   (ftx_address_used(origins, (Node *) aggregate->args) ||
				ftx_address_used(origins, (Node *) aggregate->aggdirectargs));
	}
	return ((WindowFunc *) node)->winagg &&
		   !hands_out(((WindowFunc *) node)->winfnoid) &&
		   ftx_address_used(origins, (Node *) ((WindowFunc *) node)->args);
}

/*
 * Does an expression of the output tell rows by their address?  Handing it
 * out, cast or formatted, does not.
 */
static bool
find_telling(Node *node, void *context)
{
	List *origins = context;

	if (node == NULL)
		return false;
	if (ftx_is_json_test(node))
		return ftx_address_used(origins, node);
	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_FuncExpr:
		case T_CoerceViaIO:
		case T_RelabelType:
		case T_CoerceToDomain:
		case T_FieldSelect:
		case T_SubscriptingRef:
		case T_CoalesceExpr:
			if (getBaseType(exprType(node)) == BOOLOID &&
				!ftx_address_condition_allowed(origins, node))
				return true;
			break;
		case T_DistinctExpr:
		case T_ScalarArrayOpExpr:
		case T_RowCompareExpr:
		case T_NullIfExpr:
		case T_MinMaxExpr:
		case T_SubPlan:
		case T_AlternativeSubPlan:
			if (ftx_address_used(origins, node))
				return true;
			break;
		case T_CaseExpr:
			if (ftx_address_used(origins, (Node *) ((CaseExpr *) node)->arg))
				return true;
			break;
		case T_Aggref:
		case T_WindowFunc:
			if (aggregate_tells(origins, node))
				return true;
			break;
		default:
			break;
	}
	return expression_tree_walker(node, find_telling, context);
}

bool
ftx_address_tells_rows(List *origins, Node *node)
{
	return find_telling(node, origins);
}

static bool
find_ranking(Node *node, void *context)
{
	const WindowClause *window = context;

	if (node == NULL)
		return false;
	if (IsA(node, WindowFunc) &&
		((WindowFunc *) node)->winref == window->winref &&
		((WindowFunc *) node)->winfnoid != F_ROW_NUMBER)
		return true;
	return expression_tree_walker(node, find_ranking, context);
}

bool
ftx_address_ranks(const WindowClause *window, Node *output)
{
	return find_ranking(output, unconstify(WindowClause *, window));
}

bool
ftx_address_current_of(List *origins, Node *node)
{
	Search search = {origins, NULL};

	return find_address(node, &search) && IsA(search.found, CurrentOfExpr);
}

List *
ftx_address_origins(PlannerInfo *root, RelOptInfo *rel, Bitmapset *addresses)
{
	FtxOrigin *origin = palloc(sizeof(FtxOrigin));
	List *origins = list_make1(origin);
	AppendRelInfo *link;

	origin->relid = rel->relid;
	origin->addresses = addresses;
	while (root->append_rel_array != NULL &&
		   (link = root->append_rel_array[origin->relid]) != NULL)
	{
		FtxOrigin *parent = palloc(sizeof(FtxOrigin));
		ListCell *lc;

		parent->relid = link->parent_relid;
		parent->addresses = addresses;
		if (planner_rt_fetch(parent->relid, root)->rtekind != RTE_RELATION)
		{
			parent->addresses = NULL;
			foreach (lc, link->translated_vars)
			{
				if (ftx_address_used(list_make1(origin), lfirst(lc)))
					parent->addresses = bms_add_member(
						parent->addresses,
						FTX_ATTR(foreach_current_index(lc) + 1));
			}
		}
		origins = lappend(origins, parent);
		origin = parent;
	}
	return origins;
}
