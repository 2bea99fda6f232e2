/*-------------------------------------------------------------------------
 *
 * sorted_path.c
 *		Lists that are sorted before details of their rows are asked for.
 *
 * Core sorts whole rows, so below its Sort all details are asked for, though a
 * LIMIT may want one row.  What most queries sort by stands in the list
 * already: then the scan itself reads the list, sorts it (scan/sorted.c) and
 * asks for details in that order, as far as rows are wanted.  Such a scan has a
 * path of its own, with pathkeys, beside the one in no order; where all rows
 * are wanted there is nothing to save and no such path.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/nbtree.h"
#include "access/transam.h"
#include "base/guc.h"
#include "catalog/pg_type.h"
#include "fdw/compat.h"
#include "fdw/plan/compat.h"
#include "fdw/plan/constants.h"
#include "fdw/plan/cost.h"
#include "fdw/plan/early.h"
#include "fdw/plan/sorted_path.h"
#include "fdw/plan/volatile.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "utils/lsyscache.h"

/*
 * Are there conditions that only the details decide?  Then a row of the list
 * may be one that nobody wants.
 */
static bool
conditions_left(RelOptInfo *rel, FtxPlanState *state)
{
	ListCell *lc;

	foreach (lc, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (!ftx_list_decides(rel, state, rinfo) &&
			ftx_constant_condition(rel, state, rinfo) == NULL)
			return true;
	}
	return false;
}

/*
 * Is there something in the expression that no scan can evaluate, or not before
 * its row is complete?
 */
static bool
needs_more_than_a_row(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, PlaceHolderVar) || IsA(node, Aggref) ||
		IsA(node, GroupingFunc) || IsA(node, WindowFunc) ||
		IsA(node, SubLink) || IsA(node, SubPlan) ||
		IsA(node, AlternativeSubPlan))
		return true;
	return expression_tree_walker(node, needs_more_than_a_row, context);
}

/*
 * Does an error of the type's input function leave nothing behind but memory?
 * That of a type of core's.
 */
static bool
is_plain_type(Oid type)
{
	return type < FirstGenbkiObjectId && get_typtype(type) == TYPTYPE_BASE;
}

/*
 * Can the scan sort by the expression?  Where a row may be one that nobody
 * wants, its values must be no errors, and not be counted where they are read
 * as NULL: errors of a column can be put off (scan/sorted.c), all else cannot.
 */
static bool
can_sort_by(RelOptInfo *rel, FtxPlanState *state, Expr *expr)
{
	Node *bare = (Node *) expr;

	if (!ftx_list_has(rel, state, (Node *) expr))
		return false;
	while (IsA(bare, RelabelType))
		bare = (Node *) ((RelabelType *) bare)->arg;
	if (conditions_left(rel, state))
		return IsA(bare, Var) && is_plain_type(((Var *) bare)->vartype) &&
			   !state->options.null_for_misfits;
	return !needs_more_than_a_row((Node *) expr, NULL) &&
		   !expression_returns_set((Node *) expr) && !ftx_may_write(expr) &&
		   !contain_volatile_functions((Node *) expr);
}

/*
 * The member of a class that tells its value for rows of the relation; NULL if
 * none does.
 */
static EquivalenceMember *
member_to_sort_by(RelOptInfo *rel, FtxPlanState *state, EquivalenceClass *ec)
{
	FtxMembers members;
	EquivalenceMember *member;

	if (ec->ec_has_volatile)
		return NULL;
	ftx_members_start(&members, ec, rel);
	while ((member = ftx_members_next(&members)) != NULL)
	{
		if (!member->em_is_const && bms_equal(member->em_relids, rel->relids) &&
			can_sort_by(rel, state, member->em_expr))
			return member;
	}
	return NULL;
}

/*
 * Does comparing call a function that may write?  In the middle of a list that
 * is being sorted it must not.
 */
static bool
comparing_may_write(const PathKey *pathkey, const EquivalenceMember *member)
{
	return ftx_function_may_write(
		get_opfamily_proc(pathkey->pk_opfamily, member->em_datatype,
						  member->em_datatype, BTORDER_PROC));
}

static bool
can_sort(RelOptInfo *rel, FtxPlanState *state, List *pathkeys)
{
	ListCell *lc;

	foreach (lc, pathkeys)
	{
		PathKey *pathkey = lfirst_node(PathKey, lc);
		EquivalenceMember *member = member_to_sort_by(rel, state,
													  pathkey->pk_eclass);

		if (member == NULL || comparing_may_write(pathkey, member))
			return false;
	}
	return pathkeys != NIL;
}

/*
 * May the first rows in the query's order be enough?  Rows that are locked or
 * changed are left to core, which looks at them once more.
 */
static bool
first_rows_suffice(PlannerInfo *root)
{
	const Query *query = root->parse;

	return root->tuple_fraction > 0 && query->commandType == CMD_SELECT &&
		   query->rowMarks == NIL &&
		   (!query->hasAggs || query->groupClause != NIL);
}

void
ftx_add_sorted_path(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
					FtxScanMode mode, Cost cost, double calls)
{
	Cost details;
	Cost startup;
	double n = Max(rel->rows, 2);

	if (mode != FTX_SCAN_LIST || !state->needs_detail ||
		state->resource->parent != NULL || !bms_is_empty(rel->lateral_relids) ||
		!first_rows_suffice(root) || !ftx_guc_sort_first() ||
		ftx_may_write(rel->baserestrictinfo) ||
		!can_sort(rel, state, root->query_pathkeys))
		return;

	/* a little less than core's Sort, which comes after the details */
	details = ftx_calls_cost(rel->rows, state->server.max_concurrency);
	startup = Max(cost - details, 0) + n * log2(n) * cpu_operator_cost;
	add_path(rel, (Path *) ftx_create_foreignscan_path(
					  root, rel, NULL, rel->rows, startup,
					  startup + details + rel->rows * cpu_tuple_cost,
					  root->query_pathkeys, NULL,
					  ftx_foreign_path_pack(mode, calls)));
}

void
ftx_plan_sort(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
			  List *pathkeys, FtxScanPlan *plan)
{
	ListCell *lc;

	foreach (lc, pathkeys)
	{
		PathKey *pathkey = lfirst_node(PathKey, lc);
		EquivalenceMember *member = member_to_sort_by(rel, state,
													  pathkey->pk_eclass);
		Oid operator;

		if (member == NULL)
			elog(ERROR, "fivetrex: a sort key was lost");
		operator= ftx_pathkey_operator(pathkey, member->em_datatype);
		if (!OidIsValid(operator))
			elog(ERROR, "fivetrex: a sort key has no operator");
		plan->exprs[FTX_EXPRS_SORT] = lappend(plan->exprs[FTX_EXPRS_SORT],
											  member->em_expr);
		plan->sort_operators = lappend_oid(plan->sort_operators, operator);
		plan->sort_collations = lappend_oid(plan->sort_collations,
											pathkey->pk_eclass->ec_collation);
		plan->sort_nulls_first = lappend_int(plan->sort_nulls_first,
											 pathkey->pk_nulls_first);
	}
	plan->sort_in_doubt = conditions_left(rel, state);
}
