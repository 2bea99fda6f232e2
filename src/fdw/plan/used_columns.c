/*-------------------------------------------------------------------------
 *
 * used_columns.c
 *		Which columns a scan has to fill.
 *
 * Those that the planner asks of the table, and those that are looked at
 * where the planner does not see it: RETURNING of a deletion, checks of an
 * update.  A column more can cost a call per row, one less is a NULL where
 * there is a value.  So the whole row is filled whenever core asks for it,
 * but where it is certain that nobody looks into it:
 *
 * - The row that is carried to UPDATE and DELETE is there for triggers and
 *   for what an update leaves as it is, which is not sent.
 * - The row that a row mark carries is there to evaluate the same query once
 *   more (EvalPlanQual), which uses no column that the query itself does not.
 *   That of a parent is converted to the parent's type for several children;
 *   it is filled.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "api/options/options.h"
#include "base/compat.h"
#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "fdw/compat.h"
#include "fdw/plan/generated.h"
#include "fdw/plan/named_columns.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/statistics.h"
#include "fdw/plan/used_columns.h"
#include "nodes/makefuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/prep.h"
#include "rewrite/rewriteHandler.h"
#include "utils/rel.h"

/*
 * Is it a target of UPDATE or DELETE?
 */
static bool
is_target(PlannerInfo *root, RelOptInfo *rel)
{
	return bms_is_member(rel->relid, root->all_result_relids) &&
		   root->parse->commandType != CMD_SELECT;
}

static bool
has_row_triggers(Relation rel)
{
	TriggerDesc *triggers = rel->trigdesc;

	return triggers != NULL && (triggers->trig_update_before_row ||
								triggers->trig_update_after_row ||
								triggers->trig_delete_before_row ||
								triggers->trig_delete_after_row);
}

static bool
has_whole_row(Node *node, Index relid)
{
	Bitmapset *attrs = NULL;

	pull_varattnos(node, relid, &attrs);
	return bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs);
}

/*
 * Does nothing but its row mark ask for the row of this plain table?
 */
static bool
only_marked(PlannerInfo *root, RelOptInfo *rel)
{
	PlanRowMark *mark = get_plan_rowmark(root->rowMarks, rel->relid);
	Relids output = bms_make_singleton(0);
	Query *parse = root->parse;
	const char *name;
	ListCell *lc;

	/* RETURNING and MERGE share the row mark's entry of the target list */
	if (mark == NULL || rel->reloptkind != RELOPT_BASEREL ||
		!bms_is_subset(rel->attr_needed[0 - rel->min_attr], output) ||
		has_whole_row(parse->havingQual, rel->relid) ||
		has_whole_row((Node *) parse->returningList, rel->relid) ||
		has_whole_row((Node *) parse->mergeActionList, rel->relid))
		return false;
	name = psprintf("wholerow%u", mark->rowmarkId);
	foreach (lc, root->processed_tlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (entry->resjunk && entry->ressortgroupref == 0 &&
			IsA(entry->expr, Var) && entry->resname != NULL &&
			strcmp(entry->resname, name) == 0)
			continue;
		if (has_whole_row((Node *) entry->expr, rel->relid))
			return false;
	}
	return true;
}

/*
 * The row of a target is asked for as a record by core, and as the table's own
 * type by the query.  Both are the same entry of the scan's output, of the type
 * that came first; only the table's own type serves both (SET ... FROM ...
 * WHERE row(target)).
 */
static void
name_row_type(RelOptInfo *rel, Relation relation)
{
	ListCell *lc;

	foreach (lc, rel->reltarget->exprs)
	{
		Var *var = lfirst(lc);

		if (rel->reloptkind == RELOPT_BASEREL && IsA(var, Var) &&
			var->varattno == InvalidAttrNumber && var->vartype == RECORDOID)
		{
			var = copyObject(var);
			var->vartype = RelationGetForm(relation)->reltype;
			lfirst(lc) = var;
		}
	}
}

/*
 * What the planner asks of the table.
 */
static Bitmapset *
asked_attrs(PlannerInfo *root, RelOptInfo *rel, Relation relation)
{
	Bitmapset *attrs = NULL;
	ListCell *lc;

	foreach (lc, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause,
					   rel->relid, &attrs);
	foreach (lc, rel->reltarget->exprs)
	{
		Var *var = lfirst(lc);

		if (IsA(var, Var) && var->varattno == InvalidAttrNumber)
		{
			/* only what makes rows identifiable is of type record */
			if (is_target(root, rel) && var->vartype == RECORDOID ?
					!has_row_triggers(relation) :
					only_marked(root, rel))
				continue;
		}
		pull_varattnos((Node *) var, rel->relid, &attrs);
	}
	return attrs;
}

/*
 * Attributes that an expression over the statement's target uses.
 */
static Bitmapset *
target_attrs(PlannerInfo *root, RelOptInfo *rel, Node *node)
{
	RelOptInfo *named = find_base_rel(root, root->parse->resultRelation);
	Bitmapset *attrs = NULL;

	if (node != NULL && named != rel)
		node = ftx_translate_to_child(root, node, rel, named);
	pull_varattnos(node, rel->relid, &attrs);
	return attrs;
}

/*
 * The attributes that an update sets.
 */
static Bitmapset *
set_attnums(PlannerInfo *root, RelOptInfo *rel)
{
	Bitmapset *set = NULL;
	List *targetlist;
	List *colnos;
	ListCell *lc;

	get_translated_update_targetlist(root, rel->relid, &targetlist, &colnos);
	foreach (lc, colnos)
		set = bms_add_member(set, lfirst_int(lc));
	return set;
}

/*
 * What is set of rows that share a request: those that do not change are left
 * out of it.
 */
static Bitmapset *
compared_attrs(PlannerInfo *root, RelOptInfo *rel, const FtxPlanState *state)
{
	Bitmapset *set;
	Bitmapset *attrs = NULL;
	int attnum = -1;

	if (state->resource->merged_at == NULL)
		return NULL;
	set = set_attnums(root, rel);
	while ((attnum = bms_next_member(set, attnum)) >= 0)
		attrs = bms_add_member(attrs,
							   attnum - FirstLowInvalidHeapAttributeNumber);
	return attrs;
}

/*
 * What tells which members of the objects that are set are read only.
 */
static Bitmapset *
deciding_attrs(FtxPlanState *state, Bitmapset *set)
{
	const FtxResource *resource = state->resource;
	Bitmapset *attrs = NULL;

	for (int i = 0; i < resource->nread_only; i++)
	{
		const FtxReadOnly *member = &resource->read_only[i];
		int column = ftx_resource_column(resource, member->column);
		int by = member->by ? ftx_resource_column(resource, member->by) : -1;
		int attnum = -1;
		bool is_set = false;

		while ((attnum = bms_next_member(set, attnum)) >= 0)
			is_set |= ftx_table_column(state->table, attnum) == column;
		if (is_set && by >= 0 && ftx_table_attnum(state->table, by) > 0)
			attrs = bms_add_member(attrs,
								   ftx_table_attnum(state->table, by) -
									   FirstLowInvalidHeapAttributeNumber);
	}
	return attrs;
}

/*
 * What is looked at in the new row of an update: by WITH CHECK OPTION, by CHECK
 * and partition constraints and generated columns that name a column which is
 * set, and before objects are sent.
 */
static Bitmapset *
checked_attrs(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
			  Relation relation)
{
	TupleDesc tupdesc = RelationGetDescr(relation);
	TupleConstr *constr = tupdesc->constr;
	Bitmapset *set = ftx_table_changed(state->table, set_attnums(root, rel));
	Bitmapset *attrs = bms_join(deciding_attrs(state, set),
								ftx_named_by_constraints(relation, set));
	ListCell *lc;

	foreach (lc, root->parse->withCheckOptions)
	{
		Node *qual = lfirst_node(WithCheckOption, lc)->qual;

		attrs = bms_join(attrs, target_attrs(root, rel, qual));
	}
	for (int i = 0;
		 constr != NULL && constr->has_generated_stored && i < tupdesc->natts;
		 i++)
	{
		Bitmapset *named = NULL;

		if (TupleDescAttr(tupdesc, i)->attgenerated == '\0')
			continue;
		pull_varattnos(build_column_default(relation, i + 1), 1, &named);
		for (int attnum = -1; (attnum = bms_next_member(set, attnum)) >= 0;)
		{
			if (bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber,
							  named))
				attrs = bms_add_members(attrs, named);
		}
	}
	return attrs;
}

/*
 * An update answers with its row, but the answer may leave out a member: then
 * RETURNING has the value that was read.  No call is made for that, unless the
 * column has one of its own, which no answer comes instead of.
 */
static Bitmapset *
listed_attrs(FtxPlanState *state, Bitmapset *attrs)
{
	Bitmapset *result = NULL;

	for (int i = 0; i < state->table->natts; i++)
	{
		int column = ftx_table_column(state->table, i + 1);

		if ((bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, attrs) ||
			 bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs)) &&
			(column == FTX_COLUMN_CONSTANT ||
			 (column >= 0 && (state->resource->columns[column].flags &
							  (FTX_DETAIL | FTX_LIST_MAY_OMIT | FTX_LIST_ONLY |
							   FTX_WRITE_ONLY)) == 0)))
			result = bms_add_member(result,
									i + 1 - FirstLowInvalidHeapAttributeNumber);
	}
	return result;
}

/*
 * The attributes (attnums) that a set of pull_varattnos() means: all of them
 * for a whole row, and those that generated ones are computed from.
 */
static Bitmapset *
attnums_of(FtxPlanState *state, Relation relation, Bitmapset *attrs)
{
	Bitmapset *result = NULL;
	bool whole = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs);

	for (int i = 0; i < state->table->natts; i++)
	{
		int column = ftx_table_column(state->table, i + 1);

		if (column == FTX_COLUMN_DROPPED ||
			(!whole &&
			 !bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, attrs)))
			continue;
		result = bms_add_member(result, i + 1);
		if (column == FTX_COLUMN_GENERATED)
			result = bms_join(result, ftx_generated_inputs(relation, i + 1));
	}
	return result;
}

void
ftx_find_used_columns(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state)
{
	Relation relation = table_open(state->table->relid, NoLock);
	Bitmapset *attrs = asked_attrs(root, rel, relation);
	CmdType operation = root->parse->commandType;
	unsigned all = 0;
	int attnum = -1;

	if (is_target(root, rel))
	{
		Node *returning = (Node *) root->parse->returningList;
		Bitmapset *returned = target_attrs(root, rel, returning);

		if (operation == CMD_UPDATE)
		{
			if (!ftx_returns_old(returning))
				returned = listed_attrs(state, returned);
			attrs = bms_join(attrs, returned);
			attrs = bms_join(attrs, checked_attrs(root, rel, state, relation));
			attrs = bms_join(attrs, compared_attrs(root, rel, state));
		}
		else
			attrs = bms_join(attrs, returned);
	}
	state->used = attnums_of(state, relation, attrs);
	name_row_type(rel, relation);
	table_close(relation, NoLock);

	while ((attnum = bms_next_member(state->used, attnum)) >= 0)
	{
		int column = ftx_table_column(state->table, attnum);
		unsigned flags = column >= 0 ? state->resource->columns[column].flags :
									   0;

		all |= flags;
		if ((flags & FTX_LIST_MAY_OMIT) != 0)
			state->omitted = Max(state->omitted,
								 ftx_null_share(state->table->relid, attnum));
		if ((flags & FTX_LIST_ONLY) != 0)
			state->needs_list = true;
		if ((flags & (FTX_KEY | FTX_PARENT)) == FTX_PARENT)
			state->needs_parent = true;
	}
	state->needs_detail = state->resource->list != NULL &&
						  (all & (FTX_DETAIL | FTX_EXTRAS)) != 0;
	state->object_calls = (all & FTX_DETAIL) != 0 ? 1 : 0;
	state->extra_calls = ((all & FTX_EXTRA_1) != 0 ? 1 : 0) +
						 ((all & FTX_EXTRA_2) != 0 ? 1 : 0);
}

Bitmapset *
ftx_condition_columns(RelOptInfo *rel, FtxPlanState *state, List *conditions)
{
	Relation relation = table_open(state->table->relid, NoLock);
	Bitmapset *attrs = NULL;
	Bitmapset *result;

	pull_varattnos((Node *) conditions, rel->relid, &attrs);
	result = attnums_of(state, relation, attrs);
	table_close(relation, NoLock);
	return result;
}
