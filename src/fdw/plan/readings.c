/*-------------------------------------------------------------------------
 *
 * readings.c
 *		How often, and how far, a statement reads its foreign scans.
 *
 * A scan that takes its key from a row of another one asks anew for each key.
 * What it asks for again is answered by the memo, so scans that are only
 * started again count once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/plan/join.h"
#include "fdw/plan/readings.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"

/* The search for them. */
typedef struct Search
{
	const PlannedStmt *statement;
	Oid server;
	List *found;	 /* of FtxReading */
	Bitmapset *seen; /* subplans that were walked through, by their index */
} Search;

/* What the nodes above a plan tell of it. */
typedef struct Above
{
	double loops; /* that ask for something else; 0: it is not executed */
	double share; /* of its rows that is wanted */
} Above;

static void search_plan(Search *search, const Plan *plan, Above above);

static void
search_list(Search *search, List *plans, Above above)
{
	ListCell *lc;

	foreach (lc, plans)
		search_plan(search, lfirst(lc), above);
}

/*
 * The value of a LIMIT or OFFSET; -1 if it is not known.
 */
static double
limit_value(const Node *node)
{
	const Const *value = (const Const *) node;

	if (node == NULL)
		return 0;
	if (!IsA(node, Const))
		return -1;
	return value->constisnull ? 0 : (double) DatumGetInt64(value->constvalue);
}

static double
share_of_limit(const Limit *limit, double share)
{
	double rows = outerPlan(limit)->plan_rows;
	double skipped = limit_value(limit->limitOffset);

	if (rows <= 0)
		return share;
	/* core takes what it does not know for a tenth */
	if (skipped < 0)
		skipped = rows / 10;
	return share * Min((limit->plan.plan_rows + skipped) / rows, 1);
}

/*
 * How much of its (outer) child is read?
 */
static double
share_of_child(const Plan *plan, double share)
{
	switch (nodeTag(plan))
	{
		case T_Limit:
			return share_of_limit((const Limit *) plan, share);
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

static void
search_inner(Search *search, const Plan *plan, Above above)
{
	if (IsA(plan, NestLoop) && above.loops > 0 &&
		takes_params(innerPlan(plan), ((const NestLoop *) plan)->nestParams))
		above.loops *= Max(outer_keys((const NestLoop *) plan) * above.share,
						   1);
	above.share = 1;
	search_plan(search, innerPlan(plan), above);
}

/*
 * A subquery of an expression or of a node; those that take values from rows
 * are run for each of so many.
 */
static void
search_subplan(Search *search, const SubPlan *subplan, Above above, double rows)
{
	const Plan *plan = list_nth(search->statement->subplans,
								subplan->plan_id - 1);

	if (plan == NULL || bms_is_member(subplan->plan_id, search->seen))
		return;
	search->seen = bms_add_member(search->seen, subplan->plan_id);
	if (subplan->parParam != NIL)
		above.loops *= Max(rows * above.share, 1);
	above.share = 1;
	if (subplan->subLinkType == EXISTS_SUBLINK && !subplan->useHashTable)
		above.share = 1 / Max(plan->plan_rows, 1);
	search_plan(search, plan, above);
}

typedef struct SubplanSearch
{
	Search *search;
	Above above;
	double rows; /* of the node that has the expression */
} SubplanSearch;

static bool
search_expression(Node *node, void *context)
{
	SubplanSearch *below = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
		search_subplan(below->search, (const SubPlan *) node, below->above,
					   below->rows);
	return expression_tree_walker(node, search_expression, context);
}

/*
 * Is it certain before the execution that the node has no rows?
 */
static bool
never_executed(const Plan *plan)
{
	ListCell *lc;

	if (!IsA(plan, Result))
		return false;
	foreach (lc, (List *) ((const Result *) plan)->resconstantqual)
	{
		const Const *condition = lfirst(lc);

		if (IsA(condition, Const) &&
			(condition->constisnull || !DatumGetBool(condition->constvalue)))
			return true;
	}
	return false;
}

static void
note_scan(Search *search, const ForeignScan *scan, Above above)
{
	FtxReading *reading;

	if (scan->fs_server != search->server || scan->operation != CMD_SELECT)
		return;
	reading = palloc(sizeof(FtxReading));
	reading->scan = scan;
	reading->loops = above.loops;
	reading->share = above.share;
	search->found = lappend(search->found, reading);
}

static void
search_plan(Search *search, const Plan *plan, Above above)
{
	SubplanSearch expressions = {search, above, 0};
	ListCell *lc;

	if (plan == NULL)
		return;
	check_stack_depth();
	foreach (lc, plan->initPlan)
		search_subplan(search, lfirst_node(SubPlan, lc), above, 1);
	if (IsA(plan, ForeignScan))
		note_scan(search, (const ForeignScan *) plan, above);
	expressions.rows = plan->plan_rows;
	(void) search_expression((Node *) plan->targetlist, &expressions);
	(void) search_expression((Node *) plan->qual, &expressions);
	switch (nodeTag(plan))
	{
		case T_Append:
			search_list(search, ((const Append *) plan)->appendplans, above);
			break;
		case T_MergeAppend:
			search_list(search, ((const MergeAppend *) plan)->mergeplans,
						above);
			break;
		case T_SubqueryScan:
			search_plan(search, ((const SubqueryScan *) plan)->subplan, above);
			break;
		case T_CustomScan:
			search_list(search, ((const CustomScan *) plan)->custom_plans,
						above);
			break;
		default:
			if (outerPlan(plan) != NULL)
			{
				Above child = above;

				child.share = share_of_child(plan, above.share);
				if (never_executed(plan))
					child.loops = 0;
				search_plan(search, outerPlan(plan), child);
			}
			if (innerPlan(plan) != NULL)
				search_inner(search, plan, above);
	}
}

List *
ftx_readings(const PlannedStmt *statement, Oid server)
{
	Search search = {.statement = statement, .server = server};
	Above above = {1, 1};
	int n = 0;
	ListCell *lc;

	search_plan(&search, statement->planTree, above);

	/* those that stand in no expression that was looked at */
	foreach (lc, statement->subplans)
	{
		if (!bms_is_member(++n, search.seen))
			search_plan(&search, lfirst(lc), above);
	}
	return search.found;
}
