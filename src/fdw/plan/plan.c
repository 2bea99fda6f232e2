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
#include "api/options/options.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "fdw/compat.h"
#include "fdw/fdw.h"
#include "fdw/plan/clauses.h"
#include "fdw/plan/constants.h"
#include "fdw/plan/cost.h"
#include "fdw/plan/early.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/scan_plan.h"
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
	ListCell *lc;
	double keys = -1;

	baserel->fdw_private = state;
	state->relid = foreigntableid;
	ftx_options_server(GetForeignServer(table->serverid), &state->server);
	ftx_options_table(table, get_rel_name(foreigntableid), &state->server,
					  &state->table);
	state->resource = state->table.resource;
	ftx_map_columns(state);
	ftx_system_columns_check(root, baserel, state);
	ftx_find_used_columns(root, baserel, state);
	if (ftx_constants_exclude(baserel, state))
	{
		mark_dummy_rel(baserel);
		return;
	}
	ftx_constants_estimate(baserel, state);

	foreach (lc, baserel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		FtxMatch *match = ftx_match_clause(root, baserel, state, rinfo);

		if (match == NULL)
			continue;
		state->matches = lappend(state->matches, match);
		if (match->is_key && (keys < 0 || ftx_match_keys(root, match) < keys))
			keys = ftx_match_keys(root, match);
	}

	/* never analysed: what such accounts typically have */
	if (baserel->tuples < 0)
	{
		baserel->tuples = state->resource->typical_rows;
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
	cost += rows * cpu_tuple_cost;
	path = (Path *) ftx_create_foreignscan_path(
		root, baserel, NULL, rows, FTX_COST_ROUND_TRIP, cost, NIL,
		param_info ? param_info->ppi_req_outer : baserel->lateral_relids,
		list_make2(makeInteger(mode), makeInteger((int) Min(calls, INT_MAX))));
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
		   search->state->columns[var->varattno - 1] == search->column;
}

/*
 * Join clauses that could narrow the request if their other side were known.
 */
static List *
join_matches(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state)
{
	List *clauses = list_copy(baserel->joininfo);
	List *result = NIL;
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
		FtxMatch *match;

		if (!join_clause_is_movable_to(rinfo, baserel))
			continue;
		match = ftx_match_clause(root, baserel, state, rinfo);
		if (match != NULL)
			result = lappend(result, match);
	}
	return result;
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
		List *matches;
		ListCell *known;

		outer = bms_del_member(outer, baserel->relid);
		if (bms_is_empty(outer))
			continue;
		param_info = get_baserel_parampathinfo(root, baserel, outer);
		if (list_member_ptr(seen, param_info))
			continue;
		seen = lappend(seen, param_info);

		/* all that this set of outer relations lets us push */
		matches = list_copy(state->matches);
		foreach (known, param_info->ppi_clauses)
		{
			FtxMatch *pushed = ftx_match_clause(
				root, baserel, state, lfirst_node(RestrictInfo, known));

			if (pushed != NULL)
				matches = lappend(matches, pushed);
		}
		add_scan_path(root, baserel, state, param_info, matches);
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
 * rows in between.
 */
static int
sufficient_rows(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				bool filters_left)
{
	if (root->limit_tuples < 0 || root->limit_tuples > INT_MAX ||
		filters_left || root->query_pathkeys != NIL ||
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

/* What the clauses of a scan come to in terms of the request. */
typedef struct Request
{
	FtxMatch *key; /* the key of mode FTX_SCAN_KEYS */
	List *filters; /* IntList */
	List *filter_values;
	List *matches;	 /* of FtxMatch: those of filters */
	int list_filter; /* the one with several values: its place, or -1 */
	int most_lists;	 /* of them that have lists of their own */
	List *parents;	 /* IntList of columns */
	List *parent_values;
	int many_parents; /* the column with several values, or -1 */
	List *lowers;	  /* bounds of the period */
	List *uppers;
	List *constants;		 /* conditions that hold for all rows or for none */
	List *parent_conditions; /* checkable on parents */
	List *list_conditions;	 /* checkable on list items */
	bool filters_left;		 /* some clause is not part of the request */
} Request;

/*
 * The clause stays a local condition, too: the period is a little wider.
 */
static void
add_bounds(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
		   RestrictInfo *rinfo, Request *request)
{
	bool lower;
	bool upper;
	Expr *bound = ftx_match_period(root, baserel, state, rinfo, &lower, &upper);

	if (bound != NULL && lower)
		request->lowers = lappend(request->lowers, bound);
	if (bound != NULL && upper)
		request->uppers = lappend(request->uppers, bound);
}

static void
sort_out_clauses(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				 FtxScanMode mode, List *scan_clauses, Request *request)
{
	ListCell *lc;

	foreach (lc, scan_clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		bool in_path = false;
		FtxMatch *match = rinfo->pseudoconstant ?
							  NULL :
							  ftx_match_clause(root, baserel, state, rinfo);
		Expr *constant = ftx_constant_condition(baserel, state, rinfo);

		if (constant != NULL)
		{
			request->constants = lappend(request->constants, constant);
			continue;
		}
		if (match != NULL && match->is_key && mode == FTX_SCAN_KEYS &&
			(request->key == NULL ||
			 ftx_match_keys(root, match) < ftx_match_keys(root, request->key)))
		{
			request->filters_left |= request->key != NULL;
			request->key = match;
		}
		else if (match != NULL && match->filter >= 0 && !match->is_array &&
				 mode == FTX_SCAN_LIST &&
				 !list_member_int(request->filters, match->filter))
		{
			request->filters = lappend_int(request->filters, match->filter);
			request->filter_values = lappend(request->filter_values,
											 match->value);
			request->matches = lappend(request->matches, match);
		}
		else if (match != NULL && match->is_path_key && mode == FTX_SCAN_LIST &&
				 !list_member_int(request->parents, match->column))
		{
			in_path = true;
			request->parents = lappend_int(request->parents, match->column);
			request->parent_values = lappend(request->parent_values,
											 match->value);
			if (match->is_array)
				request->many_parents = match->column;

			/* a list is narrowed by its parents only */
			if ((state->resource->columns[match->column].flags & FTX_PARENT) ==
				0)
				request->filters_left = true;
		}
		else
		{
			request->filters_left = true;
			if (match != NULL && match->filter >= 0)
				request->matches = lappend(request->matches, match);
		}

		if (mode == FTX_SCAN_LIST && !rinfo->pseudoconstant)
			add_bounds(root, baserel, state, rinfo, request);
		if (!in_path && ftx_parent_decides(baserel, state, rinfo))
			request->parent_conditions = lappend(request->parent_conditions,
												 rinfo->clause);
		if (ftx_list_decides(baserel, state, rinfo))
			request->list_conditions = lappend(request->list_conditions,
											   rinfo->clause);
	}
}

/*
 * Several values of a filter come last.  How many there are is known when the
 * scan starts.
 */
static void
add_lists(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
		  FtxScanMode mode, Request *request)
{
	FtxMatch *match = mode == FTX_SCAN_LIST ?
						  ftx_match_of_lists(root, request->matches) :
						  NULL;

	request->list_filter = -1;
	if (match == NULL)
		return;
	request->list_filter = list_length(request->filters);
	request->most_lists = ftx_most_lists(root, baserel, state, request->matches,
										 match);
	request->filters = lappend_int(request->filters, match->filter);
	request->filter_values = lappend(request->filter_values, match->value);
}

/*
 * Is it a cursor's query?  (A subquery that is looked into for values has such a
 * fraction, too, and may be hashed as a whole.)
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

ForeignScan *
fivetrexGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel,
					   Oid foreigntableid, ForeignPath *best_path, List *tlist,
					   List *scan_clauses, Plan *outer_plan)
{
	FtxPlanState *state = baserel->fdw_private;
	FtxScanMode mode = intVal(linitial(best_path->fdw_private));
	int calls = intVal(lsecond(best_path->fdw_private));
	Request request = {.many_parents = -1};
	List *conditions = extract_actual_clauses(scan_clauses, false);
	List *exprs = NIL;
	List *items;
	int limit;
	bool prefetch = state->table.prefetch;

	sort_out_clauses(root, baserel, state, mode, scan_clauses, &request);
	add_lists(root, baserel, state, mode, &request);
	limit = sufficient_rows(root, baserel, state, request.filters_left);
	if (limit >= 0 && mode == FTX_SCAN_LIST)
	{
		/* a LIMIT ends the list early, and asks for fewer details */
		int pages = Max(1, (limit + state->table.page_size - 1) /
							   state->table.page_size);

		calls = Min(calls, pages + (state->needs_detail ? limit : 0));
	}

	/* a cursor wants its first rows soon, and maybe no others */
	if (is_cursor(root) && root->query_pathkeys == NIL && !root->parse->hasAggs)
		prefetch = false;

	if (request.key != NULL)
		exprs = lappend(exprs, request.key->value);
	exprs = list_concat(exprs, request.filter_values);
	exprs = list_concat(exprs, request.parent_values);
	exprs = list_concat(exprs, request.lowers);
	exprs = list_concat(exprs, request.uppers);
	exprs = list_concat(exprs, request.constants);
	exprs = list_concat(exprs, request.parent_conditions);
	exprs = list_concat(exprs, request.list_conditions);

	items = list_make5(makeString(pstrdup(state->resource->name)),
					   makeInteger(mode),
					   makeInteger(request.key && request.key->is_array),
					   request.filters, makeInteger(request.list_filter));
	items = lappend(items, makeInteger(request.most_lists));
	items = lappend(items, request.parents);
	items = lappend(items, makeInteger(request.many_parents));
	items = lappend(items, makeInteger(list_length(request.lowers)));
	items = lappend(items, makeInteger(list_length(request.uppers)));
	items = lappend(items, makeInteger(list_length(request.constants)));
	items = lappend(items, makeInteger(list_length(request.parent_conditions)));
	items = lappend(items, attnum_list(state->used));
	items = lappend(
		items, attnum_list(ftx_condition_columns(baserel, state, conditions)));
	items = lappend(items, makeInteger(state->needs_detail));
	items = lappend(items, makeInteger(state->table.page_size));
	items = lappend(items, makeInteger(prefetch));
	items = lappend(items, makeInteger(limit < 0 && few_rows_suffice(root)));
	items = lappend(items, makeInteger(state->table.null_for_misfits));
	items = lappend(items, makeInteger(limit));
	items = lappend(
		items, makeInteger((int) Min(ftx_list_pages(state, state->list_rows),
									 INT_MAX)));
	items = lappend(items, makeInteger(calls));
	items = lappend(items, makeInteger(list_length(exprs)));

	return make_foreignscan(tlist, conditions, baserel->relid, exprs, items,
							NIL, NIL, outer_plan);
}
