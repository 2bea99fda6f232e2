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
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"

static bool
is_volatile(const void *expr)
{
	return contain_volatile_functions((Node *) unconstify(void *, expr));
}

/*
 * Do the expressions that only this kind of node has call volatile functions?
 */
static bool
own_exprs_are_volatile(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return is_volatile(((const Join *) plan)->joinqual);
		case T_Result:
			return is_volatile(((const Result *) plan)->resconstantqual);
		case T_FunctionScan:
			return is_volatile(((const FunctionScan *) plan)->functions);
		case T_ValuesScan:
			return is_volatile(((const ValuesScan *) plan)->values_lists);
		case T_TableFuncScan:
			return is_volatile(((const TableFuncScan *) plan)->tablefunc);
		case T_SampleScan:
			return is_volatile(((const SampleScan *) plan)->tablesample);
		case T_ForeignScan:
			return is_volatile(((const ForeignScan *) plan)->fdw_exprs);
		case T_CustomScan:
			return is_volatile(((const CustomScan *) plan)->custom_exprs);
		case T_Limit:
			return is_volatile(((const Limit *) plan)->limitOffset) ||
				   is_volatile(((const Limit *) plan)->limitCount);
		case T_WindowAgg:
			return is_volatile(((const WindowAgg *) plan)->startOffset) ||
				   is_volatile(((const WindowAgg *) plan)->endOffset);
		case T_ModifyTable:
			return is_volatile(((const ModifyTable *) plan)->returningLists) ||
				   is_volatile(((const ModifyTable *) plan)->onConflictSet) ||
				   is_volatile(((const ModifyTable *) plan)->onConflictWhere);
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
			return false;
		default:
			return true;
	}
}

static bool is_calm(const Plan *plan);

static bool
all_calm(const List *plans)
{
	ListCell *lc;

	foreach (lc, plans)
	{
		if (!is_calm(lfirst(lc)))
			return false;
	}
	return true;
}

static bool
is_calm(const Plan *plan)
{
	if (plan == NULL)
		return true;
	check_stack_depth();
	if (is_volatile(plan->targetlist) || is_volatile(plan->qual) ||
		own_exprs_are_volatile(plan) || !is_calm(outerPlan(plan)) ||
		!is_calm(innerPlan(plan)))
		return false;
	switch (nodeTag(plan))
	{
		case T_Append:
			return all_calm(((const Append *) plan)->appendplans);
		case T_MergeAppend:
			return all_calm(((const MergeAppend *) plan)->mergeplans);
		case T_SubqueryScan:
			return is_calm(((const SubqueryScan *) plan)->subplan);
		case T_CustomScan:
			return all_calm(((const CustomScan *) plan)->custom_plans);
		default:
			return true;
	}
}

bool
ftx_plan_is_calm(const PlannedStmt *statement)
{
	return !statement->hasModifyingCTE && is_calm(statement->planTree) &&
		   all_calm(statement->subplans);
}
