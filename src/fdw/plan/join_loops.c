/*-------------------------------------------------------------------------
 *
 * join_loops.c
 *		How often a scan is expected to ask for something else.
 *
 * A scan that takes its key from a row of another one asks anew for each key.
 * What it asks for again is answered by the memo, so scans that are only started
 * again count once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/plan/join.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"

typedef struct Search
{
	const PlannedStmt *statement;
	const Plan *scan;
	double loops; /* once found */
} Search;

/* What the nodes above a plan tell of it. */
typedef struct Reading
{
	double loops; /* that ask for something else */
	double share; /* of its rows, which a LIMIT leaves */
} Reading;

static bool search_plan(Search *search, const Plan *plan, Reading reading);

static bool
search_list(Search *search, List *plans, Reading reading)
{
	ListCell *lc;

	foreach (lc, plans)
	{
		if (search_plan(search, lfirst(lc), reading))
			return true;
	}
	return false;
}

/*
 * How much of its (outer) child is read?
 */
static double
share_of_child(const Plan *plan, double share)
{
	const Plan *child = outerPlan(plan);

	switch (nodeTag(plan))
	{
		case T_Limit:
			return child->plan_rows > 0 ?
					   share * Min(plan->plan_rows / child->plan_rows, 1) :
					   share;
		case T_Sort:
		case T_Hash:
			return 1;
		case T_Agg:
			return ((const Agg *) plan)->aggstrategy == AGG_SORTED ? share : 1;
		default:
			return share;
	}
}

static bool
takes_params(const Plan *plan, List *params)
{
	ListCell *lc;

	foreach (lc, params)
	{
		if (bms_is_member(lfirst_node(NestLoopParam, lc)->paramno,
						  plan->extParam))
			return true;
	}
	return false;
}

/*
 * The keys that the outer side of a nested loop has.
 */
static double
outer_keys(const NestLoop *join)
{
	const Plan *outer = outerPlan(join);
	const CustomScan *window = (const CustomScan *) outer;
	int keys = -1;

	if (IsA(outer, CustomScan) && window->methods == &ftx_join_window_methods)
		keys = ftx_window_unpack(window).keys;
	return keys >= 0 ? Min(keys, outer->plan_rows) : outer->plan_rows;
}

static bool
search_inner(Search *search, const Plan *plan, Reading reading)
{
	if (IsA(plan, NestLoop) &&
		takes_params(innerPlan(plan), ((const NestLoop *) plan)->nestParams))
		reading.loops *= Max(
			outer_keys((const NestLoop *) plan) * reading.share, 1);
	reading.share = 1;
	return search_plan(search, innerPlan(plan), reading);
}

typedef struct SubplanSearch
{
	Search *search;
	Reading reading;
	double rows; /* of the node that has the expression */
} SubplanSearch;

/*
 * Look into the subqueries of an expression; those that take values from its
 * rows are run for each.
 */
static bool
search_expression(Node *node, void *context)
{
	SubplanSearch *below = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
	{
		const SubPlan *subplan = (const SubPlan *) node;
		Reading reading = {below->reading.loops, 1};

		if (subplan->parParam != NIL)
			reading.loops *= Max(below->rows * below->reading.share, 1);
		if (search_plan(below->search,
						list_nth(below->search->statement->subplans,
								 subplan->plan_id - 1),
						reading))
			return true;
	}
	return expression_tree_walker(node, search_expression, context);
}

static bool
search_plan(Search *search, const Plan *plan, Reading reading)
{
	SubplanSearch expressions = {search, reading, 0};
	Reading child = reading;

	if (plan == NULL)
		return false;
	check_stack_depth();
	if (plan == search->scan)
	{
		search->loops = reading.loops;
		return true;
	}
	expressions.rows = plan->plan_rows;
	if (search_expression((Node *) plan->targetlist, &expressions) ||
		search_expression((Node *) plan->qual, &expressions))
		return true;
	switch (nodeTag(plan))
	{
		case T_Append:
			return search_list(search, ((const Append *) plan)->appendplans,
							   reading);
		case T_MergeAppend:
			return search_list(search, ((const MergeAppend *) plan)->mergeplans,
							   reading);
		case T_SubqueryScan:
			return search_plan(search, ((const SubqueryScan *) plan)->subplan,
							   reading);
		case T_CustomScan:
			return search_list(
				search, ((const CustomScan *) plan)->custom_plans, reading);
		default:
			if (outerPlan(plan) != NULL)
				child.share = share_of_child(plan, reading.share);
			return search_plan(search, outerPlan(plan), child) ||
				   search_inner(search, plan, child);
	}
}

double
ftx_join_loops(const PlannedStmt *statement, const Plan *scan)
{
	Search search = {statement, scan, 1};
	Reading reading = {1, 1};

	if (!search_plan(&search, statement->planTree, reading))
		(void) search_list(&search, statement->subplans, reading);
	return search.loops;
}
