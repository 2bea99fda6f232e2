/*-------------------------------------------------------------------------
 *
 * child_cost.c
 *		The calls that a child table takes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/pg_class.h"
#include "catalogue/catalogue.h"
#include "fdw/plan/cost.h"
#include "fdw/plan/early.h"
#include "fdw/plan/match_keys.h"
#include "fdw/plan/plan_state.h"
#include "foreign/foreign.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * The parents of a child table that are asked for: n uppermost ones (n < 0:
 * they are not known and have to be enumerated), and the share of parents that
 * conditions leave, by the columns of the uppermost ones only, and by all.
 */
typedef struct Parents
{
	double n;
	Selectivity uppermost;
	Selectivity all;
} Parents;

Oid
ftx_table_beside(const FtxPlanState *state, const FtxResource *resource)
{
	Oid relid = get_relname_relid(resource->name,
								  get_rel_namespace(state->table->relid));
	FtxTableOptions options;
	bool found;

	/* not while it is changed, or dropped */
	if (!OidIsValid(relid) ||
		!ConditionalLockRelationOid(relid, AccessShareLock))
		return InvalidOid;
	found = get_rel_relkind(relid) == RELKIND_FOREIGN_TABLE &&
			GetForeignTable(relid)->serverid ==
				GetForeignTable(state->table->relid)->serverid &&
			ftx_options_relation(relid, &options) == resource;
	UnlockRelationOid(relid, AccessShareLock);
	return found ? relid : InvalidOid;
}

double
ftx_analysed_rows(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	double rows = -1;

	if (HeapTupleIsValid(tuple))
	{
		rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
		ReleaseSysCache(tuple);
	}
	return rows;
}

double
ftx_expected_rows(FtxPlanState *state, const FtxResource *resource)
{
	const FtxResource *parent;
	double rows;

	if (resource->parent == NULL)
	{
		rows = ftx_analysed_rows(ftx_table_beside(state, resource));
		return rows >= 0 ? rows : resource->typical_rows;
	}
	parent = ftx_resource_find(resource->parent);
	return resource->typical_rows * ftx_expected_rows(state, parent) /
		   parent->typical_rows;
}

/*
 * Calls for the lists of `count` parents, of which `all` are asked for if no
 * condition leaves some out.  Several are asked for at once as far as they are
 * of the same kind; each list has `pages` pages, but for those.
 */
static double
calls_for_lists(const FtxResource *resource, double count, double all,
				double pages)
{
	double kinds;

	if (resource->batch.path == NULL)
		return count * pages;
	kinds = Max(all / resource->batch.typical, 1);
	return ceil(Max(Min(count, kinds), count / resource->batch.most));
}

static double
calls_above(FtxPlanState *state, const FtxResource *resource, Parents parents);

/*
 * Calls that read all of a resource, or of these parents.
 */
static double
calls_of_all(FtxPlanState *state, const FtxResource *resource, Parents parents)
{
	int page_size = state->options.page_size;
	const FtxResource *parent;
	double all;

	if (resource->parent == NULL)
		return Max(1, ceil(ftx_expected_rows(state, resource) / page_size));
	parent = ftx_resource_find(resource->parent);
	all = ftx_expected_rows(state, parent);
	if (parents.n >= 0)
		all = parent->parent == NULL ?
				  parents.n :
				  parents.n * parent->typical_rows /
					  ftx_resource_find(parent->parent)->typical_rows;
	return calls_for_lists(resource, clamp_row_est(all * parents.all), all,
						   Max(1, ceil(resource->typical_rows /
									   parent->typical_rows / page_size))) +
		   calls_above(state, resource, parents);
}

/*
 * Those of them that enumerate the parents.
 */
static double
calls_above(FtxPlanState *state, const FtxResource *resource, Parents parents)
{
	const FtxResource *parent = ftx_resource_find(resource->parent);
	Parents above = {parents.n, parents.uppermost, parents.uppermost};

	return parents.n < 0 || parent->parent != NULL ?
			   calls_of_all(state, parent, above) :
			   0;
}

/*
 * The columns that name a parent.
 */
static Bitmapset *
parent_columns(const FtxResource *resource)
{
	Bitmapset *columns = NULL;

	for (int i = 0; i < resource->nlinks; i++)
	{
		int column = ftx_resource_column(resource, resource->links[i].column);

		if ((resource->columns[column].flags & FTX_KEY) != 0)
			columns = bms_add_member(columns, column);
	}
	return columns;
}

/*
 * Does the condition look at one column of the catalogue only?
 */
static bool
looks_at(RelOptInfo *rel, FtxPlanState *state, RestrictInfo *rinfo, int column)
{
	Bitmapset *attrs = NULL;
	int bit = -1;

	pull_varattnos((Node *) rinfo->clause, rel->relid, &attrs);
	while ((bit = bms_next_member(attrs, bit)) >= 0)
	{
		int attnum = bit + FirstLowInvalidHeapAttributeNumber;

		if (attnum <= 0 || ftx_table_column(state->table, attnum) != column)
			return false;
	}
	return true;
}

/*
 * The shares of parents that are left by conditions on them, beside that which
 * says which uppermost ones are asked for.
 */
static void
find_shares(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
			List *matches, int uppermost, Parents *parents)
{
	List *all = NIL;
	List *upper = NIL;
	List *known = NIL;
	ListCell *lc;

	foreach (lc, matches)
	{
		FtxMatch *match = lfirst(lc);
		int flags = state->resource->columns[match->column].flags;

		if (match->is_path_key && match->column == uppermost)
			known = lappend(known, match->rinfo);
		else if (match->is_path_key && (flags & FTX_PARENT) != 0)
			all = lappend(all, match->rinfo);
	}
	foreach (lc, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (!list_member_ptr(known, rinfo) &&
			ftx_parent_decides(rel, state, rinfo))
			all = list_append_unique_ptr(all, rinfo);
	}
	foreach (lc, all)
	{
		if (looks_at(rel, state, lfirst(lc), uppermost))
			upper = lappend(upper, lfirst(lc));
	}
	parents->all = clauselist_selectivity(root, all, rel->relid, JOIN_INNER,
										  NULL);
	parents->uppermost = clauselist_selectivity(root, upper, rel->relid,
												JOIN_INNER, NULL);
}

/*
 * What is known of the parents that are asked for; false if they are known
 * altogether: then *lists is how many lists of children that are.
 */
static bool
find_parents(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
			 List *matches, Parents *parents, double *lists)
{
	const FtxResource *resource = state->resource;
	int uppermost = ftx_resource_column(resource, resource->links[0].column);
	Bitmapset *known = NULL;
	ListCell *lc;

	parents->n = -1;
	*lists = 1;
	foreach (lc, matches)
	{
		FtxMatch *match = lfirst(lc);

		if (!match->is_path_key)
			continue;
		known = bms_add_member(known, match->column);
		*lists *= ftx_match_keys(root, match);
		if (match->column == uppermost)
			parents->n = ftx_match_keys(root, match);
	}
	if (bms_is_subset(parent_columns(resource), known))
		return false;
	find_shares(root, rel, state, matches, uppermost, parents);
	return true;
}

double
ftx_child_calls(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
				List *matches)
{
	Parents parents;
	double lists;

	if (!find_parents(root, rel, state, matches, &parents, &lists))
		return lists + ftx_parent_calls(root, rel, state, matches);
	return calls_of_all(state, state->resource, parents);
}

double
ftx_parent_calls(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
				 List *matches)
{
	const FtxResource *resource = state->resource;
	Parents parents;
	double lists;

	if (resource->parent == NULL)
		return 0;
	if (find_parents(root, rel, state, matches, &parents, &lists))
		return calls_above(state, resource, parents);
	parents.uppermost = 1;
	parents.all = 1;
	return state->needs_parent ?
			   calls_of_all(state, ftx_resource_find(resource->parent),
							parents) :
			   0;
}
