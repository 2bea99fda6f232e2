/*-------------------------------------------------------------------------
 *
 * join_plan.c
 *		Paths of joins that ask ahead.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "base/guc.h"
#include "fdw/plan/join.h"
#include "fdw/plan/compat.h"
#include "fdw/plan/cost.h"
#include "fdw/plan/fields.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/scan_plan.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/placeholder.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/selfuncs.h"

static set_join_pathlist_hook_type next_hook = NULL;

typedef struct KeyJoin
{
	PlannerInfo *root;
	RelOptInfo *rel;
	RelOptInfo *inner;
	JoinType type;
	JoinPathExtraData *extra;
	FtxJoinOuter kind;
} KeyJoin;

/* ---------- the inner side ---------- */

/*
 * What Memoize is keyed by: the outer side's part of the conditions that the
 * path is for, as core finds it.  NIL if Memoize cannot be there.
 */
static List *
memoize_keys(KeyJoin *join, ForeignPath *path, List **operators, bool *binary)
{
	List *clauses = path->path.param_info->ppi_clauses;
	List *keys = NIL;
	ListCell *lc;

	*operators = NIL;
	*binary = false;
	if (!enable_memoize || !bms_is_empty(join->inner->lateral_relids) ||
		(join->extra->inner_unique ?
			 list_length(clauses) < list_length(join->extra->restrictlist) :
			 join->type == JOIN_SEMI || join->type == JOIN_ANTI) ||
		!ftx_join_outer_is_calm(join->root, join->inner))
		return NIL;
	foreach (lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		OpExpr *clause = (OpExpr *) rinfo->clause;
		bool left;
		Node *key;

		if (!IsA(clause, OpExpr) || list_length(clause->args) != 2)
			return NIL;
		left = bms_equal(rinfo->right_relids, join->inner->relids);
		if (!left && !bms_equal(rinfo->left_relids, join->inner->relids))
			return NIL;
		if (bms_overlap(left ? rinfo->left_relids : rinfo->right_relids,
						join->inner->relids) ||
			!OidIsValid(left ? rinfo->left_hasheqoperator :
							   rinfo->right_hasheqoperator) ||
			contain_volatile_functions((Node *) clause))
			return NIL;
		key = left ? linitial(clause->args) : lsecond(clause->args);
		*binary |= !OidIsValid(rinfo->hashjoinoperator);
		if (list_member(keys, key))
			continue;
		keys = lappend(keys, key);
		*operators = lappend_oid(*operators, left ?
												 rinfo->left_hasheqoperator :
												 rinfo->right_hasheqoperator);
	}
	return keys;
}

static Path *
path_at_price(ForeignPath *path, Cost price)
{
	ForeignPath *copy = makeNode(ForeignPath);

	memcpy(copy, path, sizeof(*copy));
	copy->path.total_cost = price + path->path.rows * cpu_tuple_cost;
	copy->path.startup_cost = Min(path->path.startup_cost,
								  copy->path.total_cost);
	return &copy->path;
}

/*
 * The inner path as it costs when its calls for many rows are under way at
 * once; NULL if that is no gain.  Lists and keys keep their proportion, so that
 * no more calls are made than without asking ahead: only what has no list that
 * tells the same in fewer calls (a child, details) gets cheaper by what
 * concurrency gains.
 *
 * Where keys come again, Memoize remembers what the memo of answers may have no
 * room for.
 */
static Path *
cheaper_inner(KeyJoin *join, ForeignPath *path, Path *outer, List *values)
{
	FtxPlanState *state = join->inner->fdw_private;
	double calls = ftx_foreign_path_calls(path);
	double rows = clamp_row_est(outer->rows);
	double keys = ftx_join_memoized_keys(join->root, values, rows);
	Cost all = ftx_calls_cost(ftx_join_keys(join->root, values, rows) * calls,
							  state->server.max_concurrency);
	List *memoize = NIL;
	List *operators;
	bool binary;

	if (all / rows >= path->path.total_cost ||
		(state->resource->parent == NULL && !state->needs_detail))
		return NULL;
	if (keys < rows)
		memoize = memoize_keys(join, path, &operators, &binary);
	if (memoize == NIL)
		return path_at_price(path, all / rows);
	return (Path *) create_memoize_path(
		join->root, join->inner, path_at_price(path, all / keys), memoize,
		operators, join->extra->inner_unique, binary, rows);
}

/* ---------- paths ---------- */

static void
window_fields(FtxWindowPlan *plan, FtxFields *fields)
{
	int outer = plan->outer;

	ftx_field_number(fields, &outer);
	ftx_field_number(fields, &plan->keys);
	plan->outer = outer;
}

static List *
pack_window(const FtxWindowPlan *plan)
{
	FtxWindowPlan copy = *plan;
	FtxFields fields = {.unpacks = false};

	window_fields(&copy, &fields);
	return fields.nodes;
}

FtxWindowPlan
ftx_window_unpack(const CustomScan *scan)
{
	FtxWindowPlan plan = {0};
	FtxFields fields = {.unpacks = true, .nodes = scan->custom_private};

	window_fields(&plan, &fields);
	return plan;
}

static Plan *
plan_window(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist,
			List *clauses, List *custom_plans)
{
	CustomScan *scan = makeNode(CustomScan);
	Plan *outer = linitial(custom_plans);

	/* the conditions are the outer plan's own */
	scan->scan.plan.targetlist = tlist;
	scan->flags = path->flags;
	scan->custom_plans = custom_plans;
	scan->custom_private = path->custom_private;
	scan->custom_scan_tlist = copyObject(outer->targetlist);
	scan->methods = &ftx_join_window_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods path_methods = {
	.CustomName = "Fivetrex Ask Ahead",
	.PlanCustomPath = plan_window,
};

static Path *
window_path(Path *outer, FtxJoinOuter kind, double keys)
{
	CustomPath *path = makeNode(CustomPath);
	FtxWindowPlan plan = {kind, (int) Min(keys, INT_MAX)};

	path->path.pathtype = T_CustomScan;
	path->path.parent = outer->parent;
	path->path.pathtarget = outer->pathtarget;
	path->path.rows = outer->rows;
	ftx_path_copy_disabled(&path->path, outer);
	path->path.startup_cost = outer->startup_cost;
	path->path.total_cost = outer->total_cost + outer->rows * cpu_tuple_cost;
	path->path.pathkeys = outer->pathkeys;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_paths = list_make1(outer);
	path->custom_private = pack_window(&plan);
	path->methods = &path_methods;
	return &path->path;
}

static bool
is_window(Path *path)
{
	return IsA(path, CustomPath) &&
		   ((CustomPath *) path)->methods == &path_methods;
}

/*
 * The rows of a target with children are told by variables that only Append
 * understands.
 */
static bool
plain_target(const PathTarget *target)
{
	ListCell *lc;

	foreach (lc, target->exprs)
	{
		Node *node = lfirst(lc);

		if (IsA(node, Var) && ((Var *) node)->varno == ROWID_VAR)
			return false;
	}
	return true;
}

static void
add_join(KeyJoin *join, Path *outer, ForeignPath *inner, List *values)
{
	JoinCostWorkspace workspace;
	Path *cheaper = cheaper_inner(join, inner, outer, values);
	Path *window;

	if (cheaper == NULL)
		return;
	window = window_path(outer, join->kind,
						 ftx_join_keys(join->root, values, outer->rows));
	ftx_initial_cost_nestloop(join->root, &workspace, join->type, window,
							  cheaper, join->extra);
	add_path(join->rel,
			 (Path *) create_nestloop_path(
				 join->root, join->rel, join->type, &workspace, join->extra,
				 window, cheaper, join->extra->restrictlist,
				 build_join_pathkeys(join->root, join->rel, join->type,
									 outer->pathkeys),
				 NULL));
}

static bool
may_be_window(Path *outer)
{
	return outer->param_info == NULL && plain_target(outer->pathtarget);
}

/*
 * Nested loops that core would not consider, as they would be too slow.  (Not
 * where each row may be written before the next is read: what is remembered of
 * keys that come again does not outlive a write.)
 */
static void
add_joins(KeyJoin *join, List *outers)
{
	ListCell *lc;

	foreach (lc, join->inner->pathlist)
	{
		Path *path = lfirst(lc);
		ListCell *lo;
		List *values;
		bool known;

		if (!IsA(path, ForeignPath) || path->param_info == NULL)
			continue;
		values = ftx_join_asked_values(join->root, join->inner, path, &known);
		if (!known)
			continue;
		foreach (lo, outers)
		{
			Path *outer = lfirst(lo);

			if (may_be_window(outer) &&
				bms_is_subset(PATH_REQ_OUTER(path), outer->parent->relids))
				add_join(join, outer, (ForeignPath *) path, values);
		}
	}
}

/*
 * Can the rows of a relation be put into the order that the query wants, before
 * they are joined?
 */
static bool
can_be_sorted(PlannerInfo *root, RelOptInfo *rel)
{
	ListCell *lc;

	if (root->query_pathkeys == NIL)
		return false;
	foreach (lc, root->query_pathkeys)
	{
		if (!relation_can_be_sorted_early(
				root, rel, lfirst_node(PathKey, lc)->pk_eclass, false))
			return false;
	}
	return true;
}

/*
 * The paths of the outer side, and its cheapest one in the order that the query
 * wants: then a LIMIT ends the join early, which would else be made as a whole
 * to be sorted.
 */
static List *
with_sorted(PlannerInfo *root, RelOptInfo *rel, List *paths)
{
	Path *cheapest = rel->cheapest_total_path;

	if (root->tuple_fraction <= 0 || cheapest == NULL ||
		cheapest->param_info != NULL ||
		pathkeys_contained_in(root->query_pathkeys, cheapest->pathkeys) ||
		!can_be_sorted(root, rel))
		return paths;
	return lappend(
		list_copy(paths),
		create_sort_path(root, rel, cheapest, root->query_pathkeys, -1));
}

/*
 * The different keys that an inner path is given by so many rows; -1: that is
 * not known.
 */
static double
keys_of(PlannerInfo *root, Path *path, double rows)
{
	bool known;

	if (IsA(path, MemoizePath))
		return keys_of(root, ((MemoizePath *) path)->subpath, rows);
	if (!IsA(path, ForeignPath))
		return -1;
	return ftx_join_keys(
		root, ftx_join_asked_values(root, path->parent, path, &known), rows);
}

/*
 * Let the nested loops that core has considered ask ahead; their costs stay.
 */
static void
widen_joins(KeyJoin *join, Relids outers)
{
	ListCell *lc;

	foreach (lc, join->rel->pathlist)
	{
		JoinPath *path = lfirst(lc);
		Path *outer;

		if (!IsA(path, NestPath))
			continue;
		outer = path->outerjoinpath;
		if (bms_equal(outer->parent->relids, outers) && !is_window(outer) &&
			may_be_window(outer) &&
			ftx_join_asks_by_row(join->root, path->innerjoinpath, outers))
			path->outerjoinpath = window_path(
				outer, join->kind,
				keys_of(join->root, path->innerjoinpath, outer->rows));
	}
}

/*
 * Is there something to ask ahead for on the inner side?
 */
static bool
may_ask(RelOptInfo *inner)
{
	return inner->reloptkind == RELOPT_BASEREL &&
		   (ftx_join_reads_ours(inner) ||
			(inner->rtekind == RTE_SUBQUERY &&
			 !bms_is_empty(inner->lateral_relids) &&
			 ftx_join_query_reads_ours(inner->subroot)));
}

static void
fivetrexJoinPathlist(PlannerInfo *root, RelOptInfo *joinrel,
					 RelOptInfo *outerrel, RelOptInfo *innerrel,
					 JoinType jointype, JoinPathExtraData *extra)
{
	KeyJoin join = {root,	  joinrel, innerrel,
					jointype, extra,   FTX_OUTER_MAY_FAIL};
	List *outers = outerrel->pathlist;

	if (next_hook != NULL)
		next_hook(root, joinrel, outerrel, innerrel, jointype, extra);
	if (!may_ask(innerrel) || ftx_guc_join_window() == 0 ||
		!ftx_join_outer_is_calm(root, outerrel))
		return;
	join.kind = ftx_join_outer_kind(root, outerrel);
	if (jointype == JOIN_UNIQUE_OUTER)
	{
		outers = ftx_unique_paths(root, outerrel, extra->sjinfo);
		join.type = JOIN_INNER;
	}
	if (ftx_join_reads_ours(innerrel) && root->parse->returningList == NIL &&
		(join.type == JOIN_INNER || join.type == JOIN_LEFT ||
		 join.type == JOIN_SEMI || join.type == JOIN_ANTI))
		add_joins(&join, jointype == JOIN_UNIQUE_OUTER ?
							 outers :
							 with_sorted(root, outerrel, outers));
	widen_joins(&join, outerrel->relids);
}

void
ftx_join_init(void)
{
	RegisterCustomScanMethods(&ftx_join_window_methods);
	next_hook = set_join_pathlist_hook;
	set_join_pathlist_hook = fivetrexJoinPathlist;
}
