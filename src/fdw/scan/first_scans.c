/*-------------------------------------------------------------------------
 *
 * first_scans.c
 *		Which scans of a query will be read, whatever the others answer.
 *
 * The nodes are asked from the top how many rows each will want of those below
 * it.  An input of a join, or of several of them, is read unless another turns
 * out to be empty.  What may be left out for another reason is not looked at:
 * what is below LIMIT (but for what a sort, a hash or an aggregate reads to its
 * end there), subqueries that an expression may do without (those of CASE,
 * COALESCE, AND and OR but for what these look at first), or that are run for
 * each row, a condition that needs no row, an Append that leaves members out
 * while it runs, row locks, parallel workers, and nodes that are not known here.
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
#include "fdw/scan/scan_state.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"

/* Of a node, if the query is run. */
typedef enum Wanted
{
	WANTS_FEW,	 /* one row, below a LIMIT: scans themselves are left alone */
	WANTS_FIRST, /* one row, and maybe no others */
	WANTS_ALL
} Wanted;

typedef struct Search
{
	EState *estate;
	Bitmapset *seen; /* subqueries that were looked at, by their plan_id */
	List *scans;	 /* found so far: of FtxScanState */
} Search;

static void find(Search *search, PlanState *node, Wanted wanted);

static void
find_in(Search *search, PlanState **nodes, int n, Wanted wanted)
{
	for (int i = 0; i < n; i++)
		find(search, nodes[i], wanted);
}

/* ---------- subqueries in expressions ---------- */

/*
 * One that is run for nothing but its own result, when that is first looked at.
 */
static void
find_in_subquery(Search *search, const SubPlan *subquery, PlanState *node)
{
	if (bms_is_member(subquery->plan_id, search->seen))
		return;
	search->seen = bms_add_member(search->seen, subquery->plan_id);
	find(search, node,
		 subquery->subLinkType == EXISTS_SUBLINK ? WANTS_FIRST : WANTS_ALL);
}

/*
 * The subquery whose result a parameter is, if it has not been run.
 */
static void
find_in_param(Search *search, const Param *param)
{
	const SubPlanState *subquery;

	if (param->paramkind != PARAM_EXEC)
		return;
	subquery = search->estate->es_param_exec_vals[param->paramid].execPlan;
	if (subquery != NULL)
		find_in_subquery(search, subquery->subplan, subquery->planstate);
}

/*
 * In what is certain to be evaluated once an expression is; it was, or an error
 * was raised before.
 */
static bool
find_in_expr(Node *expr, void *context)
{
	Search *search = context;

	if (expr == NULL)
		return false;
	switch (nodeTag(expr))
	{
		case T_Param:
			find_in_param(search, (const Param *) expr);
			return false;
		case T_SubPlan:
			if (((const SubPlan *) expr)->useHashTable)
				find_in_subquery(
					search, (const SubPlan *) expr,
					list_nth(search->estate->es_subplanstates,
							 ((const SubPlan *) expr)->plan_id - 1));
			return false;

		/* the first decides whether the others are looked at */
		case T_BoolExpr:
			return find_in_expr(linitial(((BoolExpr *) expr)->args), context);
		case T_CoalesceExpr:
			return find_in_expr(linitial(((CoalesceExpr *) expr)->args),
								context);
		case T_CaseExpr:
			if (((CaseExpr *) expr)->arg != NULL)
				return find_in_expr((Node *) ((CaseExpr *) expr)->arg, context);
			return find_in_expr(
				(Node *) linitial_node(CaseWhen, ((CaseExpr *) expr)->args)
					->expr,
				context);

		/* all arguments are evaluated, that of strict functions, too */
		case T_List:
		case T_TargetEntry:
		case T_FuncExpr:
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_ScalarArrayOpExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_CollateExpr:
		case T_ArrayExpr:
		case T_RowExpr:
		case T_FieldSelect:
		case T_MinMaxExpr:
		case T_NullTest:
		case T_BooleanTest:
			return expression_tree_walker(expr, find_in_expr, context);
		default:
			return false;
	}
}

/*
 * In what a node evaluates for a row of its input, or once if it has none: the
 * first of its conditions, which may leave no row for the next, and its output.
 */
static void
find_in_output(Search *search, const Plan *plan)
{
	if (plan->qual != NIL)
		(void) find_in_expr(linitial(plan->qual), search);
	(void) find_in_expr((Node *) plan->targetlist, search);
}

/* ---------- nodes ---------- */

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
find_below_write(Search *search, ModifyTableState *node, Wanted wanted)
{
	for (int i = 0; i < node->mt_nrels; i++)
	{
		const ResultRelInfo *target = &node->resultRelInfo[i];

		if (target->ri_FdwRoutine != NULL)
			wanted = Min(wanted, WANTS_FIRST);
	}
	find(search, outerPlanState(node), wanted);
}

static void
find_below_append(Search *search, AppendState *node, Wanted wanted)
{
	if (node->as_prune_state != NULL && node->as_prune_state->do_exec_prune)
		return;
	/* the others only if the first has no row */
	find_in(search, node->appendplans,
			wanted == WANTS_ALL ? node->as_nplans : Min(node->as_nplans, 1),
			wanted);
}

static void
find_below_merge(Search *search, MergeAppendState *node, Wanted wanted)
{
	if (node->ms_prune_state != NULL && node->ms_prune_state->do_exec_prune)
		return;
	/* the first rows of all are compared */
	find_in(search, node->mergeplans, node->ms_nplans, wanted);
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
find_below_limit(Search *search, PlanState *node, Wanted wanted)
{
	const Limit *limit = (const Limit *) node->plan;

	if (limit->limitCount == NULL) /* OFFSET */
		find(search, outerPlanState(node), wanted);
	else if (wants_a_row(limit))
		find(search, outerPlanState(node),
			 wanted != WANTS_FEW &&
					 IsA(outerPlanState(node), ForeignScanState) ?
				 WANTS_FIRST :
				 WANTS_FEW);
}

/*
 * A part of WITH that is not inlined: read as far as those who look at it want.
 */
static void
find_in_part(Search *search, CteScanState *node, Wanted wanted)
{
	int plan_id = ((const CteScan *) node->ss.ps.plan)->ctePlanId;

	if (bms_is_member(plan_id, search->seen))
		return;
	search->seen = bms_add_member(search->seen, plan_id);
	find(search, node->cteplanstate, wanted);
}

/*
 * A condition that needs no row may be why nothing is read.
 */
static bool
find_below_result(Search *search, PlanState *node, Wanted wanted)
{
	const List *condition = (const List *) ((const Result *) node->plan)
								->resconstantqual;

	if (condition != NIL)
	{
		(void) find_in_expr(linitial(condition), search);
		return false;
	}
	find(search, outerPlanState(node), wanted);
	return true;
}

static void
find_below_join(Search *search, PlanState *node, Wanted wanted)
{
	const Join *join = (const Join *) node->plan;
	Wanted inner = wanted;

	switch (nodeTag(node))
	{
		case T_HashJoinState:
			/* its inner side, a Hash, is mostly read first */
			find(search, innerPlanState(node), wanted);
			find(search, outerPlanState(node), wanted);
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
	find(search, outerPlanState(node), wanted);
	find(search, innerPlanState(node), inner);
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
find_below(Search *search, PlanState *node, Wanted wanted)
{
	if (reads_all_of_child(node->plan))
		wanted = WANTS_ALL;
	else if (IsA(node, WindowAggState) &&
			 ((const WindowAgg *) node->plan)->runCondition != NIL)
		wanted = Min(wanted, WANTS_FIRST);
	find(search, outerPlanState(node), wanted);
	if (IsA(node, SetOpState))
		find(search, innerPlanState(node), wanted);
}

/*
 * A scan, with what its request is made of.
 */
static bool
find_scan(Search *search, const ForeignScanState *node, Wanted wanted)
{
	FtxScanState *scan = node->fdw_state;
	List *constants;

	if (!is_scan(node))
		return false;
	constants = scan->plan.exprs[FTX_EXPRS_CONSTANTS];
	if (constants != NIL)
		(void) find_in_expr(linitial(constants), search);
	for (int kind = 0; constants == NIL && kind < FTX_EXPRS_CONSTANTS; kind++)
		(void) find_in_expr((Node *) scan->plan.exprs[kind], search);
	if (wanted != WANTS_FEW)
		search->scans = lappend(search->scans, scan);
	return true;
}

/*
 * In what a node reads; true if it does something then with each row.
 */
static bool
find_in_inputs(Search *search, PlanState *node, Wanted wanted)
{
	switch (nodeTag(node))
	{
		case T_ForeignScanState:
			return find_scan(search, (const ForeignScanState *) node, wanted);
		case T_ModifyTableState:
			find_below_write(search, (ModifyTableState *) node, wanted);
			return false;
		case T_NestLoopState:
		case T_MergeJoinState:
		case T_HashJoinState:
			find_below_join(search, node, wanted);
			return true;
		case T_AppendState:
			find_below_append(search, (AppendState *) node, wanted);
			return false;
		case T_MergeAppendState:
			find_below_merge(search, (MergeAppendState *) node, wanted);
			return false;
		case T_LimitState:
			find_below_limit(search, node, wanted);
			return false;
		case T_SubqueryScanState:
			find(search, ((SubqueryScanState *) node)->subplan, wanted);
			return true;
		case T_CustomScanState:
			if (((const CustomScan *) node->plan)->methods ==
				&ftx_join_window_methods)
				find(search, linitial(((CustomScanState *) node)->custom_ps),
					 wanted);
			return false;
		case T_ResultState:
			return find_below_result(search, node, wanted);
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
			find_below(search, node, wanted);
			return true;
		case T_CteScanState:
			find_in_part(search, (CteScanState *) node, wanted);
			return true;
		case T_SeqScanState:
		case T_FunctionScanState:
		case T_ValuesScanState:
			return true;
		default:
			return false;
	}
}

static void
find(Search *search, PlanState *node, Wanted wanted)
{
	if (node == NULL)
		return;
	check_stack_depth();
	if (find_in_inputs(search, node, wanted))
		find_in_output(search, node->plan);
}

List *
ftx_first_scans(PlanState *query, bool all)
{
	Search search = {.estate = query->state};

	find(&search, query, all ? WANTS_ALL : WANTS_FEW);
	return search.scans;
}
