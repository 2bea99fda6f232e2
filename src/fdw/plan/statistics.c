/*-------------------------------------------------------------------------
 *
 * statistics.c
 *		What ANALYZE has told about the values of a column.
 *
 * ANALYZE reads the list.  Columns that the list does not have are NULL in its
 * sample, which says nothing about them: PostgreSQL is told that nothing is
 * known.  Child tables are not analysed, but which uppermost parents they can
 * name is known where those are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalogue/catalogue.h"
#include "fdw/fdw.h"
#include "fdw/plan/cost.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/statistics.h"
#include "foreign/fdwapi.h"
#include "miscadmin.h"
#include "nodes/pathnodes.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

static get_relation_stats_hook_type next_stats = NULL;

double
ftx_null_share(Oid relid, int attnum)
{
	HeapTuple tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
									  Int16GetDatum(attnum),
									  BoolGetDatum(false));
	double share = 0;

	if (HeapTupleIsValid(tuple))
	{
		share = ((Form_pg_statistic) GETSTRUCT(tuple))->stanullfrac;
		ReleaseSysCache(tuple);
	}
	return share;
}

bool
ftx_table_is_empty(const RangeTblEntry *rte)
{
	Relation rel;
	bool empty;

	if (rte->rtekind != RTE_RELATION || rte->relkind != RELKIND_RELATION)
		return false;
	rel = table_open(rte->relid, NoLock);
	empty = RelationGetNumberOfBlocks(rel) == 0;
	table_close(rel, NoLock);
	return empty;
}

/*
 * What is known of a table of ours in this query; NULL if it is none.
 */
static const FtxPlanState *
state_of(const PlannerInfo *root, const RangeTblEntry *rte)
{
	if (rte->rtekind != RTE_RELATION || rte->relkind != RELKIND_FOREIGN_TABLE)
		return NULL;
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		const RelOptInfo *rel = root->simple_rel_array[i];

		if (root->simple_rte_array[i] == rte && rel != NULL)
			return rel->fdwroutine != NULL &&
						   rel->fdwroutine->GetForeignRelSize ==
							   fivetrexGetForeignRelSize ?
					   rel->fdw_private :
					   NULL;
	}
	return NULL;
}

/*
 * Of a column that names the uppermost parent: what is known of the key in the
 * parents' own table.  There are as many values as parents.
 */
static HeapTuple
parents_statistics(const FtxPlanState *state, int column, Oid *relid)
{
	const FtxResource *resource = state->resource;
	const FtxResource *parent = resource;
	HeapTuple tuple;
	double parents;

	if (resource->nlinks == 0 ||
		ftx_resource_column(resource, resource->links[0].column) != column)
		return NULL;
	while (parent->parent != NULL)
		parent = ftx_resource_find(parent->parent);
	*relid = ftx_table_beside(state, parent);
	parents = OidIsValid(*relid) ? ftx_analysed_rows(*relid) : -1;
	if (parents < 1)
		return NULL;
	tuple = SearchSysCacheCopy3(
		STATRELATTINH, ObjectIdGetDatum(*relid),
		Int16GetDatum(
			get_attnum(*relid, parent->columns[ftx_resource_key(parent)].name)),
		BoolGetDatum(false));
	if (HeapTupleIsValid(tuple))
		((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct = parents;
	return tuple;
}

static bool
fivetrexGetRelationStats(PlannerInfo *root, RangeTblEntry *rte,
						 AttrNumber attnum, VariableStatData *vardata)
{
	const FtxPlanState *state = state_of(root, rte);
	int column = state != NULL && attnum > 0 ?
					 ftx_table_column(state->table, attnum) :
					 -1;

	if (column >= 0 && (state->resource->columns[column].flags &
						(FTX_DETAIL | FTX_EXTRAS)) != 0)
		return true;
	if (column >= 0 && state->resource->parent != NULL)
	{
		Oid parents;
		HeapTuple tuple = parents_statistics(state, column, &parents);

		if (HeapTupleIsValid(tuple))
		{
			vardata->statsTuple = tuple;
			vardata->freefunc = heap_freetuple;
			vardata->acl_ok = pg_class_aclcheck(parents, GetUserId(),
												ACL_SELECT) == ACLCHECK_OK;
			return true;
		}
	}
	return next_stats != NULL && next_stats(root, rte, attnum, vardata);
}

void
ftx_statistics_init(void)
{
	next_stats = get_relation_stats_hook;
	get_relation_stats_hook = fivetrexGetRelationStats;
}
