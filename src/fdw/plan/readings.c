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
#include "fdw/plan/statistics.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"

/* The search for them. */
typedef struct Search
{
	const PlannedStmt *statement;
	Oid server;
	Node **values;	 /* by parameter: see ftx_readings() */
	List *found;	 /* of FtxReading */
	Bitmapset *seen; /* subplans that were walked through, by their index */
} Search;

/* What the nodes above a plan tell of it. */
typedef struct Above
{
	bool executed; /* as far as can be told */
	List *repeats; /* of FtxRepeat */
	double share;  /* of its rows that is wanted */
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
 * DISTINCT hands on the first row of each group when it has come.
 */
static double
share_of_unique(const Plan *plan, double share)
{
	double rows = Max(outerPlan(plan)->plan_rows, 1);
	double groups = Max(share * plan->plan_rows, 1);

	return Min(((groups - 1) * rows / Max(plan->plan_rows, 1) + 1) / rows, 1);
}

/*
 * A window looks at the row after the present one, or at all of a partition.
 */
static double
share_of_window(const WindowAgg *window, double share)
{
	double rows = Max(outerPlan(window)->plan_rows, 1);

	if (window->ordNumCols == 0)
		return window->partNumCols == 0 ? 1 : share;
	return Min((share * rows + 1) / rows, 1);
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
		case T_Unique:
			return share < 1 ? share_of_unique(plan, share) : 1;
		case T_WindowAgg:
			return share < 1 ?
					   share_of_window((const WindowAgg *) plan, share) :
					   1;
		case T_Agg:
			return ((const Agg *) plan)->aggstrategy == AGG_SORTED ? share : 1;
		default:
			return share;
	}
}

/* ---------- parameters ---------- */

/*
 * The column of a table that an expression of a node is; NULL if it is none.
 */
static Node *
column_of(const Plan *plan, Node *expr)
{
	while (plan != NULL)
	{
		const Plan *child = NULL;
		const Var *var;

		while (expr != NULL && IsA(expr, RelabelType))
			expr = (Node *) ((RelabelType *) expr)->arg;
		if (expr == NULL || !IsA(expr, Var))
			return NULL;
		var = (const Var *) expr;
		if (var->varattno <= 0)
			return NULL;
		if (var->varno == OUTER_VAR)
			child = outerPlan(plan);
		else if (var->varno == INNER_VAR)
			child = innerPlan(plan);
		else if (IsA(plan, CustomScan) &&
				 ((const CustomScan *) plan)->methods ==
					 &ftx_join_window_methods)
			child = linitial(((const CustomScan *) plan)->custom_plans);
		else if (IsA(plan, SubqueryScan))
			child = ((const SubqueryScan *) plan)->subplan;
		else if (var->varno > 0 && !IS_SPECIAL_VARNO(var->varno))
			return (Node *) makeVar(var->varno, var->varattno, var->vartype,
									var->vartypmod, var->varcollid, 0);
		if (child == NULL || var->varattno > list_length(child->targetlist))
			return NULL;
		expr = (Node *) list_nth_node(TargetEntry, child->targetlist,
									  var->varattno - 1)
				   ->expr;
		plan = child;
	}
	return NULL;
}

static Above
repeated(Above above, Bitmapset *params, Bitmapset *from, double n)
{
	FtxRepeat *repeat = palloc(sizeof(FtxRepeat));

	repeat->params = params;
	repeat->from = from;
	repeat->n = Max(n, 1);
	above.repeats = lappend(list_copy(above.repeats), repeat);
	return above;
}

/* ---------- nodes ---------- */

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
 * Has the table of a scan, or what is made of it, certainly no rows now?
 */
static bool
is_empty(const Search *search, const Plan *plan)
{
	for (;;)
	{
		switch (nodeTag(plan))
		{
			case T_SeqScan:
				return ftx_table_is_empty(
					rt_fetch(((const Scan *) plan)->scanrelid,
							 search->statement->rtable));
			case T_CustomScan:
				if (((const CustomScan *) plan)->methods !=
					&ftx_join_window_methods)
					return false;
				plan = linitial(((const CustomScan *) plan)->custom_plans);
				break;
			case T_SubqueryScan:
				plan = ((const SubqueryScan *) plan)->subplan;
				break;
			case T_Sort:
			case T_Hash:
			case T_Material:
			case T_Unique:
			case T_Limit:
				plan = outerPlan(plan);
				break;
			default:
				return false;
		}
	}
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
	const NestLoop *join = (const NestLoop *) plan;
	Bitmapset *params = NULL;
	ListCell *lc;

	if (IsA(plan, NestLoop))
	{
		foreach (lc, join->nestParams)
		{
			const NestLoopParam *param = lfirst_node(NestLoopParam, lc);

			params = bms_add_member(params, param->paramno);
			search->values[param->paramno] = column_of(
				plan, (Node *) param->paramval);
		}
		if (takes_params(innerPlan(plan), join->nestParams))
			above = repeated(above, params, outerPlan(plan)->extParam,
							 outer_keys(join) * above.share);
		if (is_empty(search, outerPlan(plan)))
			above.executed = false;
	}
	above.share = 1;
	search_plan(search, innerPlan(plan), above);
}

/*
 * A subquery of an expression or of a node; those that take values from rows
 * are run for each of so many.
 */
static void
search_subplan(Search *search, const SubPlan *subplan, const Plan *node,
			   Above above)
{
	const Plan *plan = list_nth(search->statement->subplans,
								subplan->plan_id - 1);
	Bitmapset *params = NULL;
	ListCell *lc;
	ListCell *arg;

	if (plan == NULL || bms_is_member(subplan->plan_id, search->seen))
		return;
	search->seen = bms_add_member(search->seen, subplan->plan_id);
	forboth (lc, subplan->parParam, arg, subplan->args)
	{
		params = bms_add_member(params, lfirst_int(lc));
		search->values[lfirst_int(lc)] = column_of(node, lfirst(arg));
	}
	if (params != NULL)
		above = repeated(above, params, node->extParam,
						 node->plan_rows * above.share);
	above.share = 1;
	if (subplan->subLinkType == EXISTS_SUBLINK && !subplan->useHashTable)
		above.share = 1 / Max(plan->plan_rows, 1);
	search_plan(search, plan, above);
}

typedef struct SubplanSearch
{
	Search *search;
	Above above;
	const Plan *node; /* that has the expression */
} SubplanSearch;

static bool
search_expression(Node *node, void *context)
{
	SubplanSearch *below = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
		search_subplan(below->search, (const SubPlan *) node, below->node,
					   below->above);
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

/*
 * Does the node read its child once, and has its rows whenever it is run again?
 */
static bool
keeps_rows(const Plan *plan, List *repeats)
{
	ListCell *lc;

	if (!IsA(plan, Material) && !IsA(plan, Sort) && !IsA(plan, Hash))
		return false;
	foreach (lc, repeats)
	{
		if (bms_overlap(plan->extParam,
						((const FtxRepeat *) lfirst(lc))->params))
			return false;
	}
	return true;
}

static void
note_scan(Search *search, const ForeignScan *scan, Above above)
{
	FtxReading *reading;

	if (scan->fs_server != search->server || scan->operation != CMD_SELECT)
		return;
	reading = palloc(sizeof(FtxReading));
	reading->scan = scan;
	reading->executed = above.executed;
	reading->repeats = above.repeats;
	reading->share = above.share;
	search->found = lappend(search->found, reading);
}

static void
search_plan(Search *search, const Plan *plan, Above above)
{
	SubplanSearch expressions = {search, above, plan};
	ListCell *lc;

	if (plan == NULL)
		return;
	check_stack_depth();
	foreach (lc, plan->initPlan)
		search_subplan(search, lfirst_node(SubPlan, lc), plan, above);
	if (IsA(plan, ForeignScan))
		note_scan(search, (const ForeignScan *) plan, above);
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
				if (keeps_rows(plan, above.repeats))
					child.repeats = NIL;
				if (never_executed(plan))
					child.executed = false;
				search_plan(search, outerPlan(plan), child);
			}
			if (innerPlan(plan) != NULL)
				search_inner(search, plan, above);
	}
}

List *
ftx_readings(const PlannedStmt *statement, Oid server, Node ***values)
{
	int nparams = list_length(statement->paramExecTypes);
	Search search = {.statement = statement,
					 .server = server,
					 .values = palloc0(sizeof(Node *) * (nparams + 1))};
	Above above = {.executed = true, .share = 1};
	int n = 0;
	ListCell *lc;

	search_plan(&search, statement->planTree, above);

	/* those that stand in no expression that was looked at */
	foreach (lc, statement->subplans)
	{
		if (!bms_is_member(++n, search.seen))
			search_plan(&search, lfirst(lc), above);
	}
	*values = search.values;
	return search.found;
}
