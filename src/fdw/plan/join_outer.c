/*-------------------------------------------------------------------------
 *
 * join_outer.c
 *		May the outer side of a join be read ahead?
 *
 * Rows that are read before they are wanted must be the same ones then, and
 * what may never be wanted must not fail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/fdw.h"
#include "fdw/plan/join.h"
#include "fdw/plan/volatile.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"

static bool
has_row_marks(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return ((Query *) node)->rowMarks != NIL ||
			   query_tree_walker((Query *) node, has_row_marks, context, 0);
	return expression_tree_walker(node, has_row_marks, context);
}

static bool
calm_query(Query *query)
{
	return query != NULL && !ftx_is_volatile(query) &&
		   !has_row_marks((Node *) query, NULL);
}

/*
 * The query of a WITH that a range table entry names; NULL if it is not found.
 */
static Query *
cte_query(PlannerInfo *root, RangeTblEntry *rte)
{
	ListCell *lc;

	for (Index up = rte->ctelevelsup; up > 0; up--)
	{
		root = root->parent_root;
		if (root == NULL)
			return NULL;
	}
	foreach (lc, root->parse->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			return cte->cterecursive ? NULL : castNode(Query, cte->ctequery);
	}
	return NULL;
}

/*
 * Does it make no difference when, and how often, rows of it are read?
 */
static bool
calm_relation(PlannerInfo *root, RangeTblEntry *rte)
{
	switch (rte->rtekind)
	{
		case RTE_RELATION:
			return rte->tablesample == NULL;
		case RTE_SUBQUERY:
			return calm_query(rte->subquery);
		case RTE_CTE:
			return !rte->self_reference && calm_query(cte_query(root, rte));
		case RTE_FUNCTION:
			return !ftx_is_volatile(rte->functions);
		case RTE_VALUES:
			return !ftx_is_volatile(rte->values_lists);
		case RTE_RESULT:
			return true;
		default:
			return false;
	}
}

static bool
calm_expression(Node *node)
{
	return !ftx_is_volatile(node) && !contain_subplans(node);
}

static bool
calm_clauses(List *clauses)
{
	ListCell *lc;

	foreach (lc, clauses)
	{
		if (!calm_expression((Node *) lfirst_node(RestrictInfo, lc)->clause))
			return false;
	}
	return true;
}

/*
 * Is what the outer side does the same when rows are read ahead of need?
 */
bool
ftx_join_outer_is_calm(PlannerInfo *root, RelOptInfo *outer)
{
	int relid = -1;

	for (PlannerInfo *up = root; up != NULL; up = up->parent_root)
	{
		if (up->parse->hasModifyingCTE)
			return false;
	}
	if (!calm_expression((Node *) outer->reltarget->exprs))
		return false;
	while ((relid = bms_next_member(outer->relids, relid)) > 0)
	{
		RelOptInfo *rel = root->simple_rel_array[relid];

		/* outer joins have numbers of their own */
		if (rel == NULL)
			continue;
		if (!calm_relation(root, planner_rt_fetch(relid, root)) ||
			!calm_expression((Node *) rel->reltarget->exprs) ||
			!calm_clauses(rel->baserestrictinfo) ||
			!calm_clauses(rel->joininfo))
			return false;
	}
	return true;
}

bool
ftx_join_reads_ours(RelOptInfo *rel)
{
	return rel->fdwroutine != NULL &&
		   rel->fdwroutine->GetForeignRelSize == fivetrexGetForeignRelSize;
}

/*
 * Can its expressions raise no error, whatever the values?
 */
static bool
quiet_relation(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	ListCell *lc;

	if (rte->rtekind != RTE_RELATION ||
		(rel->fdwroutine != NULL && !ftx_join_reads_ours(rel)) ||
		contain_leaked_vars((Node *) rel->reltarget->exprs))
		return false;
	foreach (lc, list_concat_copy(rel->baserestrictinfo, rel->joininfo))
	{
		if (contain_leaked_vars((Node *) lfirst_node(RestrictInfo, lc)->clause))
			return false;
	}
	return true;
}

/*
 * Can comparing its relations with one another raise no error?  Equalities that
 * core keeps in classes are in no list of conditions.
 */
static bool
quiet_equalities(PlannerInfo *root, Relids relids)
{
	ListCell *lc;
	ListCell *lm;

	if (bms_membership(relids) != BMS_MULTIPLE)
		return true;
	foreach (lc, root->eq_classes)
	{
		EquivalenceClass *class = lfirst_node(EquivalenceClass, lc);

		if (!bms_overlap(class->ec_relids, relids))
			continue;
		foreach (lm, class->ec_members)
		{
			EquivalenceMember *member = lfirst_node(EquivalenceMember, lm);

			if (bms_is_subset(member->em_relids, relids) &&
				contain_leaked_vars((Node *) member->em_expr))
				return false;
		}
		foreach (lm, class->ec_sources)
		{
			RestrictInfo *source = lfirst_node(RestrictInfo, lm);

			if (bms_is_subset(source->clause_relids, relids) &&
				contain_leaked_vars((Node *) source->clause))
				return false;
		}
	}
	return true;
}

/*
 * Do partitions or children of one of the relations lie elsewhere?
 */
static bool
has_foreign_child(PlannerInfo *root, Relids relids)
{
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		RelOptInfo *rel = root->simple_rel_array[i];

		if (rel != NULL && rel->reloptkind == RELOPT_OTHER_MEMBER_REL &&
			rel->fdwroutine != NULL &&
			bms_overlap(rel->top_parent_relids, relids))
			return true;
	}
	return false;
}

/*
 * What of the outer side can be read ahead although it may not be wanted.
 */
FtxJoinOuter
ftx_join_outer_kind(PlannerInfo *root, RelOptInfo *outer)
{
	bool foreign = false;
	int relid = -1;

	if (contain_leaked_vars((Node *) outer->reltarget->exprs) ||
		!quiet_equalities(root, outer->relids) ||
		has_foreign_child(root, outer->relids))
		return FTX_OUTER_MAY_FAIL;
	while ((relid = bms_next_member(outer->relids, relid)) > 0)
	{
		RelOptInfo *rel = root->simple_rel_array[relid];

		if (rel == NULL)
			continue;
		if (rel->reloptkind != RELOPT_BASEREL ||
			!quiet_relation(root, rel, planner_rt_fetch(relid, root)))
			return FTX_OUTER_MAY_FAIL;
		foreign |= rel->fdwroutine != NULL;
	}
	if (!foreign)
		return FTX_OUTER_LOCAL;
	return bms_membership(outer->relids) == BMS_SINGLETON ?
			   FTX_OUTER_IN_ANSWER :
			   FTX_OUTER_MAY_FAIL;
}
