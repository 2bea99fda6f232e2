/*-------------------------------------------------------------------------
 *
 * first_scans.c
 *		Which scans of a query will be read, whatever the others answer.
 *
 * The nodes are asked from the top how many rows each will want of those below
 * it.  An input of a join, or of several of them, is read unless another turns
 * out to be empty.  What may be left out for another reason is not looked at:
 * what is below LIMIT (but for what a sort, a hash or an aggregate reads to its
 * end there), EXISTS and other subqueries in expressions, WITH, a condition
 * that needs no row, an Append that leaves members out while it runs, row
 * locks, parallel workers, and nodes that are not known here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "fdw/fdw.h"
#include "fdw/plan/join.h"
#include "fdw/scan/first_scans.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"

/* Of a node, if the query is run. */
typedef enum Wanted
{
	WANTS_FEW,	 /* one row, below a LIMIT: scans themselves are left alone */
	WANTS_FIRST, /* one row, and maybe no others */
	WANTS_ALL
} Wanted;

static void find(PlanState *node, Wanted wanted, List **scans);

static void
find_in(PlanState **nodes, int n, Wanted wanted, List **scans)
{
	for (int i = 0; i < n; i++)
		find(nodes[i], wanted, scans);
}

/*
 * A scan of ours, to read?  Direct modifications are none.
 */
static bool
is_scan(const ForeignScanState *node)
{
	const ForeignScan *plan = (const ForeignScan *) node->ss.ps.plan;

	return plan->operation == CMD_SELECT && node->fdw_state != NULL &&
		   node->fdwroutine->IterateForeignScan == fivetrexIterateForeignScan;
}

/*
 * What a write wants of the rows that it is made of.  A request that changes
 * the account may leave after the first row, and what was asked for before is
 * asked for again then.
 */
static void
find_below_write(ModifyTableState *node, Wanted wanted, List **scans)
{
	for (int i = 0; i < node->mt_nrels; i++)
	{
		const ResultRelInfo *target = &node->resultRelInfo[i];

		if (target->ri_FdwRoutine != NULL)
			wanted = Min(wanted, WANTS_FIRST);
	}
	find(outerPlanState(node), wanted, scans);
}

static void
find_below_append(AppendState *node, Wanted wanted, List **scans)
{
	if (node->as_prune_state != NULL && node->as_prune_state->do_exec_prune)
		return;
	/* the others only if the first has no row */
	find_in(node->appendplans,
			wanted == WANTS_ALL ? node->as_nplans : Min(node->as_nplans, 1),
			wanted, scans);
}

static void
find_below_merge(MergeAppendState *node, Wanted wanted, List **scans)
{
	if (node->ms_prune_state != NULL && node->ms_prune_state->do_exec_prune)
		return;
	/* the first rows of all are compared */
	find_in(node->mergeplans, node->ms_nplans, wanted, scans);
}

/*
 * A LIMIT that is certain to want a row?
 */
static bool
wants_a_row(const Limit *limit)
{
	const Const *count = (const Const *) limit->limitCount;

	return IsA(count, Const) &&
		   (count->constisnull || DatumGetInt64(count->constvalue) > 0);
}

static void
find_below_limit(PlanState *node, Wanted wanted, List **scans)
{
	const Limit *limit = (const Limit *) node->plan;

	if (limit->limitCount == NULL) /* OFFSET */
		find(outerPlanState(node), wanted, scans);
	else if (wants_a_row(limit))
		find(outerPlanState(node), WANTS_FEW, scans);
}

static void
find_below_join(PlanState *node, Wanted wanted, List **scans)
{
	const Join *join = (const Join *) node->plan;
	Wanted inner = wanted;

	switch (nodeTag(node))
	{
		case T_HashJoinState:
			/* its inner side, a Hash, is mostly read first */
			find(innerPlanState(node), wanted, scans);
			find(outerPlanState(node), wanted, scans);
			return;
		case T_MergeJoinState:
			/* one side may be at its end before the other */
			wanted = inner = Min(wanted, WANTS_FIRST);
			break;
		default:
			if (join->jointype == JOIN_SEMI || join->jointype == JOIN_ANTI ||
				join->inner_unique)
				inner = Min(wanted, WANTS_FIRST);
	}
	find(outerPlanState(node), wanted, scans);
	find(innerPlanState(node), inner, scans);
}

static bool
reads_all_of_child(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_Sort:
		case T_Hash:
			return true;
		case T_Agg:
			/* sorted groups are handed on while reading */
			return ((const Agg *) plan)->aggstrategy == AGG_PLAIN ||
				   ((const Agg *) plan)->aggstrategy == AGG_HASHED;
		case T_SetOp:
			return ((const SetOp *) plan)->strategy == SETOP_HASHED;
		default:
			return false;
	}
}

/*
 * The nodes that have rows of one input, or of two of the same kind.
 */
static void
find_below(PlanState *node, Wanted wanted, List **scans)
{
	if (reads_all_of_child(node->plan))
		wanted = WANTS_ALL;
	else if (IsA(node, WindowAggState) &&
			 ((const WindowAgg *) node->plan)->runCondition != NIL)
		wanted = Min(wanted, WANTS_FIRST);
	find(outerPlanState(node), wanted, scans);
	if (IsA(node, SetOpState))
		find(innerPlanState(node), wanted, scans);
}

static void
find(PlanState *node, Wanted wanted, List **scans)
{
	if (node == NULL)
		return;
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_ForeignScanState:
			if (wanted != WANTS_FEW && is_scan((ForeignScanState *) node))
				*scans = lappend(*scans,
								 ((ForeignScanState *) node)->fdw_state);
			break;
		case T_ModifyTableState:
			find_below_write((ModifyTableState *) node, wanted, scans);
			break;
		case T_NestLoopState:
		case T_MergeJoinState:
		case T_HashJoinState:
			find_below_join(node, wanted, scans);
			break;
		case T_AppendState:
			find_below_append((AppendState *) node, wanted, scans);
			break;
		case T_MergeAppendState:
			find_below_merge((MergeAppendState *) node, wanted, scans);
			break;
		case T_LimitState:
			find_below_limit(node, wanted, scans);
			break;
		case T_SubqueryScanState:
			find(((SubqueryScanState *) node)->subplan, wanted, scans);
			break;
		case T_CustomScanState:
			if (((const CustomScan *) node->plan)->methods ==
				&ftx_join_window_methods)
				find(linitial(((CustomScanState *) node)->custom_ps), wanted,
					 scans);
			break;
		case T_ResultState:
			if (((const Result *) node->plan)->resconstantqual == NULL)
				find(outerPlanState(node), wanted, scans);
			break;
		case T_SortState:
		case T_HashState:
		case T_AggState:
		case T_SetOpState:
		case T_WindowAggState:
		case T_IncrementalSortState:
		case T_MaterialState:
		case T_ProjectSetState:
		case T_GroupState:
		case T_UniqueState:
			find_below(node, wanted, scans);
			break;
		default:
			break;
	}
}

List *
ftx_first_scans(PlanState *query, bool all)
{
	List *scans = NIL;

	find(query, all ? WANTS_ALL : WANTS_FEW, &scans);
	return scans;
}
