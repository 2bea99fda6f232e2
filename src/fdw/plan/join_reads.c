/*-------------------------------------------------------------------------
 *
 * join_reads.c
 *		How much of a join will be read.
 *
 * What is asked ahead for rows that nobody comes to is lost, so it matters
 * whether the nodes above a join read it to its end: a sort does, whatever
 * becomes of its result; a LIMIT does not; most leave it to the node above
 * them.  A node that is not known here may stop at any row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "fdw/plan/calm.h"
#include "fdw/plan/join.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"

typedef struct Search
{
	const PlannedStmt *statement;
	const Plan *window;
	NestLoop *join; /* once found */
	FtxJoinReads reads;
} Search;

/*
 * Does the node do what may write, for each of its rows?  Then answers that
 * were asked for before would be dropped each time.
 */
static bool
may_write(const PlannedStmt *statement, const Plan *plan)
{
	if (IsA(plan, CustomScan)) /* its caller knows it */
		return false;
	return !ftx_node_is_calm(statement, plan) ||
		   (IsA(plan, NestLoop) &&
			!ftx_tree_is_calm(statement, innerPlan(plan))) ||
		   (IsA(plan, ModifyTable) &&
			((const ModifyTable *) plan)->returningLists != NIL);
}

/*
 * How much a node reads of its (outer) child, if so much of itself is read.
 */
static FtxJoinReads
reads_of_child(const PlannedStmt *statement, const Plan *plan,
			   FtxJoinReads reads)
{
	if (may_write(statement, plan))
		return FTX_READS_SOME;
	switch (nodeTag(plan))
	{
		case T_Sort:
		case T_Hash:
			return FTX_READS_EVERYTHING;
		case T_Agg:
			/*
			 * with others, groups that are sorted are handed on while reading
			 */
			return ((const Agg *) plan)->aggstrategy == AGG_SORTED ||
						   ((const Agg *) plan)->aggstrategy == AGG_MIXED ?
					   reads :
					   FTX_READS_EVERYTHING;
		case T_SetOp:
			return ((const SetOp *) plan)->strategy == SETOP_HASHED ?
					   FTX_READS_EVERYTHING :
					   reads;
		case T_WindowAgg:
			return ((const WindowAgg *) plan)->runCondition != NIL ?
					   FTX_READS_SOME :
					   reads;

		/* looks at one row, to see whether the other side is needed at all */
		case T_HashJoin:
			return Min(reads, FTX_READS_MORE);
		case T_ModifyTable:
		case T_IncrementalSort:
		case T_Material:
		case T_Result:
		case T_ProjectSet:
		case T_LockRows:
		case T_Group:
		case T_Unique:
		case T_NestLoop:
		case T_SubqueryScan:
		case T_Append:
		case T_MergeAppend:
			return reads;
		default:
			return FTX_READS_SOME;
	}
}

static FtxJoinReads
reads_of_inner(const PlannedStmt *statement, const Plan *plan,
			   FtxJoinReads reads)
{
	const Join *join;

	/* that of a hash join is a Hash */
	if (!IsA(plan, NestLoop) || may_write(statement, plan))
		return FTX_READS_SOME;
	join = (const Join *) plan;
	return join->jointype == JOIN_SEMI || join->jointype == JOIN_ANTI ||
				   join->inner_unique ?
			   FTX_READS_SOME :
			   reads;
}

static bool search_plan(Search *search, Plan *plan, FtxJoinReads reads);

static bool
search_list(Search *search, List *plans, FtxJoinReads reads)
{
	ListCell *lc;

	foreach (lc, plans)
	{
		if (search_plan(search, lfirst(lc), reads))
			return true;
	}
	return false;
}

/*
 * Look for the join below a node of which so much is read.
 */
static bool
search_plan(Search *search, Plan *plan, FtxJoinReads reads)
{
	FtxJoinReads child;

	if (plan == NULL)
		return false;
	check_stack_depth();
	child = reads_of_child(search->statement, plan, reads);
	if (IsA(plan, NestLoop) && outerPlan(plan) == search->window)
	{
		search->join = (NestLoop *) plan;
		search->reads = child;
		return true;
	}
	switch (nodeTag(plan))
	{
		case T_Append:
			return search_list(search, ((Append *) plan)->appendplans, child);
		case T_MergeAppend:
			return search_list(search, ((MergeAppend *) plan)->mergeplans,
							   child);
		case T_SubqueryScan:
			return search_plan(search, ((SubqueryScan *) plan)->subplan, child);
		case T_CustomScan:
			return search_list(search, ((CustomScan *) plan)->custom_plans,
							   ((CustomScan *) plan)->methods ==
									   &ftx_join_window_methods ?
								   reads :
								   FTX_READS_SOME);
		default:
			return search_plan(search, outerPlan(plan), child) ||
				   search_plan(search, innerPlan(plan),
							   reads_of_inner(search->statement, plan, reads));
	}
}

/*
 * Does the scan take a parameter of the nested loop?
 */
static bool
takes_row(const Plan *scan, const NestLoop *join)
{
	ListCell *lc;

	foreach (lc, join->nestParams)
	{
		if (bms_is_member(lfirst_node(NestLoopParam, lc)->paramno,
						  scan->extParam))
			return true;
	}
	return false;
}

/*
 * Is the LIMIT certain to want a row?
 */
static bool
wants_rows(const Limit *limit)
{
	const Const *count = (const Const *) limit->limitCount;

	return count == NULL ||
		   (IsA(count, Const) &&
			(count->constisnull || DatumGetInt64(count->constvalue) > 0));
}

/*
 * The foreign scan of ours that is certain to be read for each row of the join,
 * and first; NULL: there is none.  (Memoize, which may answer by itself, is the
 * window's business.)
 */
static Plan *
scan_for_row(Plan *plan, const NestLoop *join)
{
	while (plan != NULL)
	{
		switch (nodeTag(plan))
		{
			case T_ForeignScan:
				return takes_row(plan, join) ? plan : NULL;
			case T_SubqueryScan:
				plan = ((SubqueryScan *) plan)->subplan;
				break;
			case T_Result:
				/* conditions that need no row, maybe false */
				if (((Result *) plan)->resconstantqual != NULL)
					return NULL;
				plan = outerPlan(plan);
				break;
			case T_Limit:
				if (!wants_rows((const Limit *) plan))
					return NULL;
				plan = outerPlan(plan);
				break;
			case T_Sort:
			case T_IncrementalSort:
			case T_Agg:
			case T_Group:
			case T_Unique:
			case T_WindowAgg:
			case T_ProjectSet:
			case T_Material:
			case T_Memoize:
			case T_NestLoop:
				plan = outerPlan(plan);
				break;
			case T_CustomScan:
				if (((CustomScan *) plan)->methods != &ftx_join_window_methods)
					return NULL;
				plan = linitial(((CustomScan *) plan)->custom_plans);
				break;
			default:
				return NULL;
		}
	}
	return NULL;
}

NestLoop *
ftx_join_of_window(const PlannedStmt *statement, const Plan *window, bool all,
				   FtxJoinReads *reads, Plan **scan)
{
	Search search = {.statement = statement, .window = window};

	if (!search_plan(&search, statement->planTree,
					 all ? FTX_READS_EVERYTHING : FTX_READS_SOME) &&
		!search_list(&search, statement->subplans, FTX_READS_SOME))
		return NULL;
	*scan = scan_for_row(innerPlan(search.join), search.join);
	*reads = search.reads;
	return *scan != NULL ? search.join : NULL;
}

/*
 * The rows of a LIMIT and those that its OFFSET skips; -1: they are not known.
 */
static int64
rows_of_limit(const Limit *limit)
{
	int64 rows = 0;
	const Node *values[] = {limit->limitCount, limit->limitOffset};

	if (limit->limitCount == NULL || limit->limitOption != LIMIT_OPTION_COUNT)
		return -1;
	for (int i = 0; i < 2; i++)
	{
		const Const *value = (const Const *) values[i];

		if (value == NULL)
			continue;
		if (!IsA(value, Const) || value->constisnull ||
			pg_add_s64_overflow(rows, DatumGetInt64(value->constvalue), &rows))
			return -1;
	}
	return rows;
}

int64
ftx_join_rows_wanted(const PlannedStmt *statement, const NestLoop *join)
{
	const Plan *plan = statement->planTree;
	int64 rows;

	if (!IsA(plan, Limit))
		return -1;
	rows = rows_of_limit((const Limit *) plan);
	plan = outerPlan(plan);
	while (rows >= 0 && plan != NULL)
	{
		const CustomScan *window = (const CustomScan *) plan;

		if (IsA(plan, CustomScan) &&
			window->methods == &ftx_join_window_methods)
			plan = linitial(window->custom_plans);
		else if (IsA(plan, NestLoop) && plan->qual == NIL &&
				 ((const Join *) plan)->jointype == JOIN_LEFT)
		{
			if ((const NestLoop *) plan == join)
				return rows;
			plan = outerPlan(plan);
		}
		else
			break;
	}
	return -1;
}
