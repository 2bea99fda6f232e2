/*-------------------------------------------------------------------------
 *
 * cost.c
 *		What a way to read a table costs, in calls and round trips.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>

#include "fdw/plan/cost.h"
#include "fdw/plan/early.h"
#include "fdw/plan/match_keys.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/scan_plan.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"

/*
 * Planner units: what counts is a call's round trip, some 50 to 100 ms, and
 * that each call, waited for or not, is one of the few thousand that an account
 * may make in an hour.  In time a round trip is the sequential read of a
 * thousand pages; it is put at a tenth of that, and all else in proportion, so
 * that the ways to read a table compare as they should among themselves and
 * still dwarf what is done locally, but the cost of an ordinary fan-out (2,500
 * calls, 8 at once: some 56,000) stays below jit_above_cost (100,000).  There
 * is nothing in waiting for an API that compiling its expressions could make
 * faster.
 *
 * An example: a list of 3,000 rows has three pages, one after the other, and
 * costs 3 * (10 + 100) = 330.  Four keys of it, at once, cost 4 * 10 + 100 =
 * 140: they are asked for one by one.
 */
#define COST_CALL 10.0
#define COST_ROW 0.005

/*
 * Eight keys would take 180, but more than twice the calls: what that saves in
 * time, once, is not worth what it takes from the account's hour.
 */
#define MOST_KEYS_PER_PAGE 2

Cost
ftx_calls_cost(double calls, int max_concurrency)
{
	return calls * COST_CALL +
		   ceil(calls / max_concurrency) * FTX_COST_ROUND_TRIP;
}

/* Pages of a list, one after the other. */
static double
pages_cost(double pages)
{
	return pages * (COST_CALL + FTX_COST_ROUND_TRIP);
}

bool
ftx_keys_are_cheaper(double nkeys, double pages, int max_concurrency)
{
	return nkeys <= 1 ||
		   (nkeys <= MOST_KEYS_PER_PAGE * pages &&
			ftx_calls_cost(nkeys, max_concurrency) < pages_cost(pages));
}

/*
 * Rows that one filtered list is expected to have.
 */
static double
filtered_rows(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
			  List *matches)
{
	List *rinfos = NIL;
	ListCell *lc;

	foreach (lc, matches)
	{
		FtxMatch *match = lfirst(lc);

		if (match->filter >= 0 && !match->is_array)
			rinfos = lappend(rinfos, match->rinfo);
	}
	if (rinfos == NIL)
		return state->list_rows;
	return clamp_row_est(
		state->list_rows *
		clauselist_selectivity(root, rinfos, baserel->relid, JOIN_INNER, NULL));
}

double
ftx_list_pages(FtxPlanState *state, double rows)
{
	return Max(1, ceil(rows / state->options.page_size));
}

FtxMatch *
ftx_match_of_lists(PlannerInfo *root, List *matches)
{
	FtxMatch *result = NULL;
	Bitmapset *single = NULL;
	ListCell *lc;

	foreach (lc, matches)
	{
		FtxMatch *match = lfirst(lc);

		if (match->filter >= 0 && !match->is_array)
			single = bms_add_member(single, match->filter);
	}
	foreach (lc, matches)
	{
		FtxMatch *match = lfirst(lc);

		if (match->filter < 0 || !match->is_array ||
			bms_is_member(match->filter, single))
			continue;
		if (result == NULL ||
			ftx_match_keys(root, match) < ftx_match_keys(root, result))
			result = match;
	}
	return result;
}

/*
 * Pages of the list of one of several values.
 */
static double
pages_of_value(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
			   FtxMatch *match, double rows)
{
	Selectivity share = clauselist_selectivity(
		root, list_make1(match->rinfo), baserel->relid, JOIN_INNER, NULL);

	return ftx_list_pages(state,
						  rows * share / Max(1, ftx_match_keys(root, match)));
}

int
ftx_most_lists(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
			   List *matches, FtxMatch *match)
{
	double rows = filtered_rows(root, baserel, state, matches);
	double most = ceil(ftx_list_pages(state, rows) /
					   pages_of_value(root, baserel, state, match, rows)) -
				  1;

	return (int) Min(Max(most, 1), INT_MAX);
}

double
ftx_detail_calls(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				 List *matches)
{
	double rows = filtered_rows(root, baserel, state, matches);
	List *before = NIL;
	ListCell *lc;

	if (state->resource->parent != NULL || state->resource->list == NULL)
		return 0;
	/* conditions that are checked before */
	foreach (lc, baserel->baserestrictinfo)
	{
		if (ftx_list_decides(baserel, state, lfirst(lc)))
			before = lappend(before, lfirst(lc));
	}
	if (before != NIL)
		rows = Min(rows, clamp_row_est(state->list_rows *
									   clauselist_selectivity(
										   root, before, baserel->relid,
										   JOIN_INNER, NULL)));
	if (state->needs_detail)
		return rows * (state->object_calls + state->extra_calls);
	return state->resource->detail != NULL ? rint(rows * state->omitted) : 0;
}

/*
 * The mode that reads the table with the fewest calls, given clauses that
 * narrow the request; with its cost and its number of calls.
 */
FtxScanMode
ftx_choose_mode(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				List *matches, Cost *cost, double *calls)
{
	FtxScanMode mode = FTX_SCAN_LIST;
	double keys;
	double rows;
	double pages;
	double details;
	int concurrency = state->server.max_concurrency;
	FtxMatch *match;

	if (state->resource->parent != NULL)
	{
		*calls = ftx_child_calls(root, baserel, state, matches);
		*cost = ftx_calls_cost(*calls, concurrency) + baserel->rows * COST_ROW;
		return FTX_SCAN_LIST;
	}
	if (state->resource->list == NULL)
	{
		*calls = 1;
		*cost = ftx_calls_cost(1, 1) + COST_ROW;
		return FTX_SCAN_SINGLETON;
	}
	keys = ftx_fewest_keys(root, matches);
	rows = filtered_rows(root, baserel, state, matches);
	pages = ftx_list_pages(state, rows);
	*calls = pages;
	*cost = pages_cost(pages) + rows * COST_ROW;
	match = ftx_match_of_lists(root, matches);
	if (match != NULL &&
		ftx_match_keys(root, match) <=
			ftx_most_lists(root, baserel, state, matches, match))
	{
		*calls = ftx_match_keys(root, match) *
				 pages_of_value(root, baserel, state, match, rows);
		*cost = ftx_calls_cost(*calls, concurrency) + rows * COST_ROW;
	}
	details = ftx_detail_calls(root, baserel, state, matches);
	if (details > 0)
	{
		*calls += details;
		*cost += ftx_calls_cost(details, concurrency);
	}
	if (keys >= 0 && !state->needs_list &&
		(state->needs_detail || ftx_keys_are_cheaper(keys, pages, concurrency)))
	{
		mode = FTX_SCAN_KEYS;
		*calls = keys * (1 + state->extra_calls);
		*cost = ftx_calls_cost(*calls, concurrency) + keys * COST_ROW;
	}
	return mode;
}
