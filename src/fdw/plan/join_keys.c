/*-------------------------------------------------------------------------
 *
 * join_keys.c
 *		How many different keys the outer side of a join has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "fdw/plan/join.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "parser/parsetree.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"

/* What core takes a table for that was never analysed, if it has fewer. */
#define PAGES_OF_SMALL_TABLE 10

/*
 * The share of its rows that a local table which was never analysed can have:
 * the planner takes a small one for one of ten pages.
 */
static double
share_of_pages(PlannerInfo *root, Index relid)
{
	RangeTblEntry *rte = planner_rt_fetch(relid, root);
	RelOptInfo *rel = find_base_rel(root, relid);
	double share = 1;
	Relation relation;

	/* as get_relation_info() found it */
	if (rel->pages != PAGES_OF_SMALL_TABLE || rte->rtekind != RTE_RELATION ||
		(rte->relkind != RELKIND_RELATION && rte->relkind != RELKIND_MATVIEW))
		return 1;
	relation = table_open(rte->relid, NoLock);
	if (relation->rd_rel->reltuples < 0)
		share = Min(share, RelationGetNumberOfBlocks(relation) /
							   (double) PAGES_OF_SMALL_TABLE);
	table_close(relation, NoLock);
	return share;
}

double
ftx_join_keys(PlannerInfo *root, List *values, double rows)
{
	int relid;

	if (bms_get_singleton_member(pull_varnos(root, (Node *) values), &relid) &&
		root->simple_rel_array[relid] != NULL)
		rows *= share_of_pages(root, relid);
	rows = clamp_row_est(rows);
	return values == NIL ? rows :
						   estimate_num_groups(root, values, rows, NULL, NULL);
}

double
ftx_join_memoized_keys(PlannerInfo *root, List *values, double rows)
{
	EstimationInfo info = {0};
	double keys = rows;

	if (values != NIL)
		keys = estimate_num_groups(root, values, rows, NULL, &info);
	return (info.flags & SELFLAG_USED_DEFAULT) != 0 ? rows : keys;
}
