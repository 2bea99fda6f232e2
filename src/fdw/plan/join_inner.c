/*-------------------------------------------------------------------------
 *
 * join_inner.c
 *		What the inner side of a join asks for, by rows of the outer one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/catalogue.h"
#include "fdw/plan/clauses.h"
#include "fdw/plan/join.h"
#include "fdw/plan/plan_state.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"

List *
ftx_join_asked_values(PlannerInfo *root, RelOptInfo *inner, Path *path,
					  bool *known)
{
	FtxPlanState *state = inner->fdw_private;
	const FtxResource *resource = state->resource;
	Bitmapset *columns = NULL;
	List *values = NIL;
	ListCell *lc;

	foreach (lc, list_concat(ftx_match_clauses(root, inner, state,
											   path->param_info->ppi_clauses),
							 state->matches))
	{
		FtxMatch *match = lfirst(lc);

		columns = bms_add_member(columns, match->column);
		if (!bms_is_empty(pull_varnos(root, (Node *) match->value)))
			values = lappend(values, match->value);
	}
	*known = true;
	for (int i = 0; i < resource->nlinks; i++)
	{
		int column = ftx_resource_column(resource, resource->links[i].column);

		*known &= bms_is_member(column, columns) ||
				  (resource->columns[column].flags & FTX_KEY) == 0;
	}
	return values;
}

bool
ftx_join_query_reads_ours(PlannerInfo *root)
{
	for (int i = 1; root != NULL && i < root->simple_rel_array_size; i++)
	{
		if (root->simple_rel_array[i] != NULL &&
			ftx_join_reads_ours(root->simple_rel_array[i]))
			return true;
	}
	return false;
}

bool
ftx_join_asks_by_row(PlannerInfo *root, Path *path, Relids outer)
{
	bool known;

	if (path->param_info == NULL ||
		!bms_is_subset(PATH_REQ_OUTER(path), outer) ||
		path->parent->reloptkind != RELOPT_BASEREL)
		return false;
	if (IsA(path, MemoizePath))
		return ftx_join_asks_by_row(root, ((MemoizePath *) path)->subpath,
									outer);
	if (IsA(path, SubqueryScanPath))
		return ftx_join_query_reads_ours(path->parent->subroot);
	if (!IsA(path, ForeignPath) || !ftx_join_reads_ours(path->parent))
		return false;
	(void) ftx_join_asked_values(root, path->parent, path, &known);
	return known;
}
