/*-------------------------------------------------------------------------
 *
 * scan_clauses.c
 *		What becomes of the clauses of a scan in its plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/catalogue.h"
#include "fdw/plan/clauses.h"
#include "fdw/plan/constants.h"
#include "fdw/plan/cost.h"
#include "fdw/plan/early.h"
#include "fdw/plan/match_keys.h"
#include "fdw/plan/scan_clauses.h"
#include "optimizer/restrictinfo.h"

/*
 * The clauses of a scan on their way into its plan.  `plan` is filled here but
 * for what depends on all of them.
 */
typedef struct Clauses
{
	FtxScanPlan *plan;
	FtxMatch *key;	/* the key of mode FTX_SCAN_KEYS, or NULL */
	List *all;		/* of FtxMatch */
	List *matches;	/* of them, those of filters */
	bool some_left; /* some clause is not part of the request */
} Clauses;

static void
add_expr(Clauses *clauses, FtxScanExprs kind, Expr *expr)
{
	clauses->plan->exprs[kind] = lappend(clauses->plan->exprs[kind], expr);
}

/*
 * The clause stays a local condition, too: the period is a little wider.
 */
static void
add_bounds(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
		   RestrictInfo *rinfo, Clauses *clauses)
{
	bool lower;
	bool upper;
	Expr *bound = ftx_match_period(root, baserel, state, rinfo, &lower, &upper);

	if (bound != NULL && lower)
		add_expr(clauses, FTX_EXPRS_LOWERS, bound);
	if (bound != NULL && upper)
		add_expr(clauses, FTX_EXPRS_UPPERS, bound);
}

/*
 * The key with the fewest values; false if there is a better one already.
 */
static bool
add_key(PlannerInfo *root, FtxMatch *match, Clauses *clauses)
{
	if (clauses->key != NULL &&
		ftx_match_keys(root, match) >= ftx_match_keys(root, clauses->key))
		return false;
	clauses->some_left |= clauses->key != NULL;
	clauses->key = match;
	clauses->plan->key_is_array = match->is_array;
	clauses->plan->exprs[FTX_EXPRS_KEY] = list_make1(match->value);
	return true;
}

static bool
add_filter(FtxMatch *match, Clauses *clauses)
{
	FtxScanPlan *plan = clauses->plan;

	if (match->is_array || list_member_int(plan->filters, match->filter))
		return false;
	plan->filters = lappend_int(plan->filters, match->filter);
	add_expr(clauses, FTX_EXPRS_FILTERS, match->value);
	clauses->matches = lappend(clauses->matches, match);
	return true;
}

static bool
add_path_key(FtxMatch *match, Clauses *clauses)
{
	FtxScanPlan *plan = clauses->plan;
	const FtxColumn *column = &plan->resource->columns[match->column];

	if (list_member_int(plan->path_keys, match->column))
		return false;
	plan->path_keys = lappend_int(plan->path_keys, match->column);
	add_expr(clauses, FTX_EXPRS_PATH_KEYS, match->value);
	if (match->is_array)
		plan->list_key = match->column;

	/* a list is narrowed by its parents only */
	if ((column->flags & FTX_PARENT) == 0)
		clauses->some_left = true;
	return true;
}

/*
 * Make a match part of the request if it can be; *in_path: it is in the path of
 * the list.
 */
static void
add_match(PlannerInfo *root, FtxMatch *match, Clauses *clauses, bool *in_path)
{
	FtxScanMode mode = clauses->plan->mode;

	if (match != NULL && match->is_key && mode == FTX_SCAN_KEYS &&
		add_key(root, match, clauses))
		return;
	if (match != NULL && match->filter >= 0 && mode == FTX_SCAN_LIST &&
		add_filter(match, clauses))
		return;
	if (match != NULL && match->is_path_key && mode == FTX_SCAN_LIST &&
		add_path_key(match, clauses))
	{
		*in_path = true;
		return;
	}
	clauses->some_left = true;
	if (match != NULL && match->filter >= 0)
		clauses->matches = lappend(clauses->matches, match);
}

static void
sort_out_clauses(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				 List *scan_clauses, Clauses *clauses)
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
			add_expr(clauses, FTX_EXPRS_CONSTANTS, constant);
			continue;
		}
		if (match != NULL)
			clauses->all = lappend(clauses->all, match);
		add_match(root, match, clauses, &in_path);
		if (clauses->plan->mode == FTX_SCAN_LIST && !rinfo->pseudoconstant)
			add_bounds(root, baserel, state, rinfo, clauses);
		if (!in_path && ftx_parent_decides(baserel, state, rinfo))
			add_expr(clauses, FTX_EXPRS_ON_PARENTS, rinfo->clause);
		if (ftx_list_decides(baserel, state, rinfo))
			add_expr(clauses, FTX_EXPRS_ON_ITEMS, rinfo->clause);
	}
}

/*
 * Several values of a filter come last.  How many there are is known when the
 * scan starts.
 */
static void
add_lists(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
		  Clauses *clauses)
{
	FtxScanPlan *plan = clauses->plan;
	FtxMatch *match = plan->mode == FTX_SCAN_LIST ?
						  ftx_match_of_lists(root, clauses->matches) :
						  NULL;

	if (match == NULL)
		return;
	plan->list_filter = list_length(plan->filters);
	plan->most_lists = ftx_most_lists(root, baserel, state, clauses->matches,
									  match);
	plan->filters = lappend_int(plan->filters, match->filter);
	add_expr(clauses, FTX_EXPRS_FILTERS, match->value);
}

List *
ftx_plan_clauses(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				 List *scan_clauses, FtxScanPlan *plan, bool *some_left)
{
	Clauses clauses = {.plan = plan};

	sort_out_clauses(root, baserel, state, scan_clauses, &clauses);
	add_lists(root, baserel, state, &clauses);
	*some_left = clauses.some_left;
	return clauses.all;
}
