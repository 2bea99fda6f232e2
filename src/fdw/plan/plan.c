/*-------------------------------------------------------------------------
 *
 * plan.c
 *		How a foreign table is read, and what that costs.
 *
 * There are three kinds of paths: the list (narrowed by the API's filters),
 * the detail calls of given keys, and both of these parameterised by a join.
 * What matters is the number of calls, and how many of them have to wait for
 * each other; see the constants below.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>

#include "access/sysattr.h"
#include "access/table.h"
#include "api/options/options.h"
#include "base/compat.h"
#include "fdw/compat.h"
#include "fdw/fdw.h"
#include "fdw/plan/clauses.h"
#include "fdw/plan/constants.h"
#include "fdw/plan/cost.h"
#include "fdw/plan/match_keys.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/scan_clauses.h"
#include "fdw/plan/scan_plan.h"
#include "fdw/plan/sorted_path.h"
#include "fdw/plan/system_columns.h"
#include "fdw/plan/used_columns.h"
#include "foreign/foreign.h"
#include "nodes/makefuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

void
fivetrexGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel,
						  Oid foreigntableid)
{
	FtxPlanState *state = palloc0(sizeof(FtxPlanState));
	ForeignTable *table = GetForeignTable(foreigntableid);
	Relation rel = table_open(foreigntableid, NoLock);
	double keys;

	baserel->fdw_private = state;
	ftx_options_server(GetForeignServer(table->serverid), &state->server);
	ftx_options_table(table, &state->server, &state->options);
	state->resource = state->options.resource;
	state->table = ftx_table_open(rel, state->resource);
	ftx_constants_find(rel, state);
	table_close(rel, NoLock);
	ftx_system_columns_check(root, baserel, state);
	ftx_find_used_columns(root, baserel, state);
	if (ftx_constants_exclude(baserel, state))
	{
		mark_dummy_rel(baserel);
		return;
	}
	ftx_constants_estimate(baserel, state);

	state->matches = ftx_match_clauses(root, baserel, state,
									   baserel->baserestrictinfo);
	keys = ftx_fewest_keys(root, state->matches);

	/* never analysed, as children never are */
	if (baserel->tuples < 0)
	{
		baserel->tuples = ftx_expected_rows(state, state->resource);
		baserel->pages = ceil(baserel->tuples / 8);
	}
	state->list_rows = baserel->tuples;
	set_baserel_size_estimates(root, baserel);
	if (keys >= 0)
		baserel->rows = clamp_row_est(Min(baserel->rows, keys));
}

static void
add_scan_path(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
			  ParamPathInfo *param_info, List *matches)
{
	Cost cost;
	double calls;
	double rows = param_info ? param_info->ppi_rows : baserel->rows;
	FtxScanMode mode = ftx_choose_mode(root, baserel, state, matches, &cost,
									   &calls);
	Path *path;

	if (mode == FTX_SCAN_KEYS)
		rows = clamp_row_est(Min(rows, calls));
	if (param_info != NULL)
		param_info->ppi_rows = rows;
	if (param_info == NULL)
		ftx_add_sorted_path(root, baserel, state, mode, cost, calls);
	cost += rows * cpu_tuple_cost;
	path = (Path *) ftx_create_foreignscan_path(
		root, baserel, NULL, rows, FTX_COST_ROUND_TRIP, cost, NIL,
		param_info ? param_info->ppi_req_outer : baserel->lateral_relids,
		ftx_foreign_path_pack(mode, calls));
	add_path(baserel, path);
}

/* Argument of the equivalence class search: one column at a time. */
typedef struct EquivalenceSearch
{
	FtxPlanState *state;
	RelOptInfo *rel;
	int column;
} EquivalenceSearch;

static bool
member_is_column(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *ec,
				 EquivalenceMember *em, void *arg)
{
	EquivalenceSearch *search = arg;
	Expr *expr = em->em_expr;
	Var *var;

	while (expr && IsA(expr, RelabelType))
		expr = ((RelabelType *) expr)->arg;
	if (expr == NULL || !IsA(expr, Var))
		return false;
	var = (Var *) expr;
	return (Index) var->varno == rel->relid && var->varattno > 0 &&
		   ftx_table_column(search->state->table, var->varattno) ==
			   search->column;
}

/*
 * Join clauses that could narrow the request if their other side were known.
 */
static List *
join_matches(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state)
{
	List *clauses = list_copy(baserel->joininfo);
	List *movable = NIL;
	ListCell *lc;

	if (baserel->has_eclass_joins)
	{
		EquivalenceSearch search = {state, baserel, 0};

		for (; search.column < state->resource->ncolumns; search.column++)
			clauses = list_concat(clauses,
								  generate_implied_equalities_for_column(
									  root, baserel, member_is_column, &search,
									  baserel->lateral_referencers));
	}
	foreach (lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (join_clause_is_movable_to(rinfo, baserel))
			movable = lappend(movable, rinfo);
	}
	return ftx_match_clauses(root, baserel, state, movable);
}

static void
add_parameterized_paths(PlannerInfo *root, RelOptInfo *baserel,
						FtxPlanState *state)
{
	List *seen = NIL;
	ListCell *lc;

	foreach (lc, join_matches(root, baserel, state))
	{
		FtxMatch *match = lfirst(lc);
		Relids outer = bms_union(match->rinfo->clause_relids,
								 baserel->lateral_relids);
		ParamPathInfo *param_info;

		outer = bms_del_member(outer, baserel->relid);
		if (bms_is_empty(outer))
			continue;
		param_info = get_baserel_parampathinfo(root, baserel, outer);
		if (list_member_ptr(seen, param_info))
			continue;
		seen = lappend(seen, param_info);

		/* all that this set of outer relations lets us push */
		add_scan_path(
			root, baserel, state, param_info,
			list_concat_copy(state->matches,
							 ftx_match_clauses(root, baserel, state,
											   param_info->ppi_clauses)));
	}
}

void
fivetrexGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel,
						Oid foreigntableid)
{
	FtxPlanState *state = baserel->fdw_private;

	add_scan_path(
		root, baserel, state,
		get_baserel_parampathinfo(root, baserel, baserel->lateral_relids),
		state->matches);
	if (state->resource->list != NULL || state->resource->parent != NULL)
		add_parameterized_paths(root, baserel, state);
}

/*
 * Rows of this scan that are certain to suffice for the whole query, or -1.
 * Only a LIMIT straight over the scan tells: nothing may drop, sort or join
 * rows in between.  (One of several scans that are merged gives fewer.)
 */
static int
sufficient_rows(PlannerInfo *root, RelOptInfo *baserel, bool sorted,
				bool filters_left)
{
	if (root->limit_tuples < 0 || root->limit_tuples > INT_MAX ||
		filters_left ||
		(sorted ? baserel->reloptkind != RELOPT_BASEREL :
				  root->query_pathkeys != NIL) ||
		root->parse->rowMarks != NIL || root->parse->hasTargetSRFs ||
		root->parse->commandType != CMD_SELECT ||
		root->parse->limitOption == LIMIT_OPTION_WITH_TIES ||
		bms_membership(root->all_baserels) != BMS_SINGLETON)
		return -1;
	return (int) ceil(root->limit_tuples);
}

static List *
attnum_list(Bitmapset *attnums)
{
	List *result = NIL;
	int attnum = -1;

	while ((attnum = bms_next_member(attnums, attnum)) >= 0)
		result = lappend_int(result, attnum);
	return result;
}

/*
 * Is it a cursor's query?  (A subquery that is looked into for values has such
 * a fraction, too, and may be hashed as a whole.)
 */
static bool
is_cursor(PlannerInfo *root)
{
	return root->tuple_fraction > 0 && root->tuple_fraction < 1 &&
		   root->parent_root == NULL;
}

/*
 * May the first rows be enough: below LIMIT, EXISTS, or a cursor?  Not where
 * all of them are read before the first one is handed on.
 */
static bool
few_rows_suffice(PlannerInfo *root)
{
	const Query *query = root->parse;

	return (is_cursor(root) || root->tuple_fraction >= 1 ||
			query->limitCount != NULL) &&
		   root->query_pathkeys == NIL && !query->hasAggs &&
		   query->groupClause == NIL && query->distinctClause == NIL &&
		   !query->hasWindowFuncs && query->commandType == CMD_SELECT;
}

/*
 * How many calls the scan takes, and which of them are for single rows of its
 * list.  Where so many rows suffice, a LIMIT ends the list early, and asks for
 * fewer details.
 */
static void
plan_calls(const FtxPlanState *state, FtxScanPlan *plan, int calls,
		   double details)
{
	double limit = plan->limit;
	double pages = Max(1, ceil(limit / plan->page_size));

	plan->calls = calls;
	if (plan->mode != FTX_SCAN_LIST)
		return;
	details = Min(details, calls - 1);
	plan->detail_calls = (int) rint(details);
	if (limit < 0)
		return;
	if (plan->needs_detail)
		details = Min(details, limit * plan->row_calls);
	else
		details *= Min(limit / Max(state->list_rows, 1), 1);
	if (plan->exprs[FTX_EXPRS_SORT] != NIL)
		pages = calls - plan->detail_calls;
	plan->detail_calls = (int) rint(details);
	plan->calls = (int) Min(calls, pages + plan->detail_calls);
}

ForeignScan *
fivetrexGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel,
					   Oid foreigntableid, ForeignPath *best_path, List *tlist,
					   List *scan_clauses, Plan *outer_plan)
{
	FtxPlanState *state = baserel->fdw_private;
	List *conditions = extract_actual_clauses(scan_clauses, false);
	FtxScanPlan plan = {.resource = state->resource,
						.mode = ftx_foreign_path_mode(best_path),
						.list_filter = -1,
						.list_key = -1};
	List *matches;
	bool some_left;
	bool sorted;
	ForeignScan *scan = make_foreignscan(tlist, conditions, baserel->relid, NIL,
										 NIL, NIL, NIL, outer_plan);

	matches = ftx_plan_clauses(root, baserel, state, scan_clauses, &plan,
							   &some_left);
	plan.attnums = attnum_list(state->used);
	plan.first_attnums = attnum_list(
		ftx_condition_columns(baserel, state, conditions));
	plan.needs_detail = state->needs_detail;
	plan.needs_parent = state->needs_parent;
	plan.page_size = state->options.page_size;
	/* a cursor wants its first rows soon, and maybe no others */
	plan.prefetch = state->options.prefetch &&
					!(is_cursor(root) && root->query_pathkeys == NIL &&
					  !root->parse->hasAggs);
	plan.null_for_misfits = state->options.null_for_misfits;
	ftx_plan_sort(root, baserel, state, best_path->path.pathkeys, &plan);
	sorted = plan.exprs[FTX_EXPRS_SORT] != NIL;
	plan.limit = sufficient_rows(root, baserel, sorted,
								 sorted ? plan.sort_in_doubt : some_left);
	plan.few_rows = plan.limit < 0 && (sorted || few_rows_suffice(root));
	plan.list_pages = (int) Min(ftx_list_pages(state, state->list_rows),
								INT_MAX);
	plan.list_rows = (int) Min(state->list_rows, INT_MAX);
	plan.row_calls = state->object_calls + state->extra_calls;
	plan_calls(state, &plan, ftx_foreign_path_calls(best_path),
			   ftx_detail_calls(root, baserel, state, matches));
	plan.parent_calls = (int) Min(
		plan.calls, ftx_parent_calls(root, baserel, state, matches));
	ftx_scan_plan_pack(&plan, scan);
	return scan;
}
