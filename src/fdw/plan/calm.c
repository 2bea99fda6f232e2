/*-------------------------------------------------------------------------
 *
 * calm.c
 *		Statements that do nothing beside reading, but for what they store.
 *
 * All expressions of a plan are looked at that may call a function; those of
 * indexes, hashes and merges cannot be volatile.  A node that is not known here
 * may hold others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/plan/calm.h"
#include "fdw/plan/volatile.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"

/*
 * Has the node no expressions but those that all kinds have?
 */
static bool
has_common_exprs_only(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapIndexScan:
		case T_BitmapHeapScan:
		case T_BitmapAnd:
		case T_BitmapOr:
		case T_TidScan:
		case T_TidRangeScan:
		case T_SubqueryScan:
		case T_CteScan:
		case T_NamedTuplestoreScan:
		case T_WorkTableScan:
		case T_ProjectSet:
		case T_Append:
		case T_MergeAppend:
		case T_RecursiveUnion:
		case T_Material:
		case T_Memoize:
		case T_Sort:
		case T_IncrementalSort:
		case T_Group:
		case T_Agg:
		case T_Unique:
		case T_Gather:
		case T_GatherMerge:
		case T_Hash:
		case T_SetOp:
		case T_LockRows:
			return true;
		default:
			return false;
	}
}

/*
 * Do the expressions that only this kind of node has call volatile functions?
 */
static bool
own_exprs_are_volatile(const PlannedStmt *statement, const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return ftx_is_volatile(((const Join *) plan)->joinqual);
		case T_Result:
			return ftx_is_volatile(((const Result *) plan)->resconstantqual);
		case T_FunctionScan:
			return ftx_is_volatile(((const FunctionScan *) plan)->functions);
		case T_ValuesScan:
			return ftx_is_volatile(((const ValuesScan *) plan)->values_lists);
		case T_TableFuncScan:
			return ftx_is_volatile(((const TableFuncScan *) plan)->tablefunc);
		case T_SampleScan:
			return ftx_is_volatile(((const SampleScan *) plan)->tablesample);
		case T_ForeignScan:
			return ftx_is_volatile(((const ForeignScan *) plan)->fdw_exprs);
		case T_CustomScan:
			return ftx_is_volatile(((const CustomScan *) plan)->custom_exprs);
		case T_Limit:
			return ftx_is_volatile(((const Limit *) plan)->limitOffset) ||
				   ftx_is_volatile(((const Limit *) plan)->limitCount);
		case T_WindowAgg:
			return ftx_is_volatile(((const WindowAgg *) plan)->startOffset) ||
				   ftx_is_volatile(((const WindowAgg *) plan)->endOffset);
		case T_ModifyTable:
			return ftx_storing_is_volatile((const ModifyTable *) plan,
										   statement->rtable);
		default:
			return !has_common_exprs_only(plan);
	}
}

static bool
all_calm(const PlannedStmt *statement, const List *plans)
{
	ListCell *lc;

	foreach (lc, plans)
	{
		if (!ftx_tree_is_calm(statement, lfirst(lc)))
			return false;
	}
	return true;
}

/*
 * Does an expression have a subquery that is not calm?
 */
static bool
asks_unruly(Node *node, void *context)
{
	const PlannedStmt *statement = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan) &&
		!ftx_tree_is_calm(statement, list_nth(statement->subplans,
											  ((SubPlan *) node)->plan_id - 1)))
		return true;
	return expression_tree_walker(node, asks_unruly, context);
}

bool
ftx_node_is_calm(const PlannedStmt *statement, const Plan *plan)
{
	void *context = unconstify(PlannedStmt *, statement);

	return !ftx_is_volatile(plan->targetlist) && !ftx_is_volatile(plan->qual) &&
		   !own_exprs_are_volatile(statement, plan) &&
		   !asks_unruly((Node *) plan->targetlist, context) &&
		   !asks_unruly((Node *) plan->qual, context);
}

bool
ftx_tree_is_calm(const PlannedStmt *statement, const Plan *plan)
{
	if (plan == NULL)
		return true;
	check_stack_depth();
	if (!ftx_node_is_calm(statement, plan) ||
		!ftx_tree_is_calm(statement, outerPlan(plan)) ||
		!ftx_tree_is_calm(statement, innerPlan(plan)))
		return false;
	switch (nodeTag(plan))
	{
		case T_Append:
			return all_calm(statement, ((const Append *) plan)->appendplans);
		case T_MergeAppend:
			return all_calm(statement,
							((const MergeAppend *) plan)->mergeplans);
		case T_SubqueryScan:
			return ftx_tree_is_calm(statement,
									((const SubqueryScan *) plan)->subplan);
		case T_CustomScan:
			return all_calm(statement,
							((const CustomScan *) plan)->custom_plans);
		default:
			return true;
	}
}

bool
ftx_plan_is_calm(const PlannedStmt *statement)
{
	return !statement->hasModifyingCTE &&
		   ftx_tree_is_calm(statement, statement->planTree) &&
		   all_calm(statement, statement->subplans);
}
