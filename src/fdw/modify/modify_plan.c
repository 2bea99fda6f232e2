/*-------------------------------------------------------------------------
 *
 * modify_plan.c
 *		Planning of INSERT, UPDATE and DELETE that modify.c executes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "api/options/options.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "fdw/fdw.h"
#include "fdw/modify/modify.h"
#include "fdw/modify/target_check.h"
#include "fdw/plan/named_columns.h"
#include "fdw/plan/fields.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/system_columns.h"
#include "nodes/makefuncs.h"
#include "optimizer/appendinfo.h"
#include "parser/parsetree.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/*
 * Core asks this for pg_relation_is_updatable() and the information schema, and
 * once more when it begins to write: then a read-only table is not its
 * business, the refusal that follows (42501) says more.  Only a writer holds
 * the lock.
 */
int
fivetrexIsForeignRelUpdatable(Relation rel)
{
	FtxTableOptions options;
	const FtxResource *resource = ftx_options_relation(RelationGetRelid(rel),
													   &options);
	int events = 0;

	if (options.read_only &&
		!CheckRelationLockedByMe(rel, RowExclusiveLock, true))
		return 0;
	if (resource->create != NULL)
		events |= 1 << CMD_INSERT;
	if (resource->update != NULL)
		events |= 1 << CMD_UPDATE;
	if (resource->remove != NULL || resource->remove_function != NULL)
		events |= 1 << CMD_DELETE;
	return events;
}

/*
 * Does a value of the type tell the text that it was made of?  Some are cut
 * (name), padded (char(n)) or written in one way out of many (numbers, uuid):
 * these could address another object than the one that was read.  varchar(n)
 * and domains refuse what does not fit; enumerations and what other extensions
 * count among the strings, such as citext, hold what they were given.
 */
static bool
keeps_texts(Oid type)
{
	Oid base = getBaseType(type);
	char category;
	bool preferred;

	if (base == BPCHAROID)
		return false;
	get_type_category_preferred(base, &category, &preferred);
	return category == TYPCATEGORY_ENUM ||
		   (category == TYPCATEGORY_STRING && get_typlen(base) == -1);
}

static void
refuse_type(Relation rel, Form_pg_attribute att)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg(
			 "column \"%s\" of foreign table \"%s\" cannot address rows to be changed",
			 NameStr(att->attname), RelationGetRelationName(rel)),
		 errdetail(
			 "A value of type %s may be another one than the key that was read.",
			 format_type_with_typemod(att->atttypid, att->atttypmod)),
		 errhint("ALTER FOREIGN TABLE %s ALTER COLUMN %s TYPE text.",
				 quote_qualified_identifier(
					 get_namespace_name(RelationGetNamespace(rel)),
					 RelationGetRelationName(rel)),
				 quote_identifier(NameStr(att->attname)))));
}

Form_pg_attribute
ftx_modify_identity(Relation rel, FtxTable *table, int column)
{
	const FtxResource *resource = table->resource;
	int attnum = ftx_table_attnum(table, column);

	if (attnum > 0)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel),
											  attnum - 1);

		if (!keeps_texts(att->atttypid))
			refuse_type(rel, att);
		return att;
	}
	ereport(ERROR, (errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
					errmsg("foreign table \"%s\" lacks the column \"%s\" of %s",
						   RelationGetRelationName(rel),
						   resource->columns[column].name, resource->name),
					errdetail("It identifies the row to be changed.")));
}

char *
ftx_modify_identity_name(Form_pg_attribute att)
{
	return psprintf("fivetrex_%d_%u_%d_%u", att->attnum, att->atttypid,
					att->atttypmod, att->attcollation);
}

void
fivetrexAddForeignUpdateTargets(PlannerInfo *root, Index rtindex,
								RangeTblEntry *target_rte,
								Relation target_relation)
{
	CmdType operation = root->parse->commandType;
	FtxTable *table = ftx_table_open(target_relation, NULL);
	Bitmapset *identity = ftx_target_identity(table->resource, operation);
	int column = -1;

	while ((column = bms_next_member(identity, column)) >= 0)
	{
		Form_pg_attribute att = ftx_modify_identity(target_relation, table,
													column);

		add_row_identity_var(root,
							 makeVar(rtindex, att->attnum, att->atttypid,
									 att->atttypmod, att->attcollation, 0),
							 rtindex, ftx_modify_identity_name(att));
	}

	/* core adds the old row for UPDATE and for row triggers, in this way */
	if (operation == CMD_DELETE && root->parse->returningList != NIL)
		add_row_identity_var(
			root,
			makeVar(rtindex, InvalidAttrNumber, RECORDOID, -1, InvalidOid, 0),
			rtindex, FTX_OLD_ROW);
}

List *
ftx_modify_all_attnums(Relation rel)
{
	List *result = NIL;

	for (int i = 1; i <= RelationGetNumberOfAttributes(rel); i++)
	{
		if (!TupleDescAttr(RelationGetDescr(rel), i - 1)->attisdropped)
			result = lappend_int(result, i);
	}
	return result;
}

bool
ftx_modify_looked_at(Relation rel, CmdType operation)
{
	TriggerDesc *triggers = rel->trigdesc;

	if (triggers == NULL)
		return false;
	return operation == CMD_INSERT ? triggers->trig_insert_after_row :
									 triggers->trig_update_after_row;
}

bool
ftx_modify_followed(const ResultRelInfo *info)
{
	const ResultRelInfo *named = info->ri_RootResultRelInfo ?
									 info->ri_RootResultRelInfo :
									 info;
	const TriggerDesc *triggers = named->ri_RelationDesc->trigdesc;
	bool followed = triggers != NULL && triggers->trig_insert_after_statement;
	List *relids = NIL;
	ListCell *lc;

	if (named != info)
		relids = find_all_inheritors(RelationGetRelid(named->ri_RelationDesc),
									 AccessShareLock, NULL);
	foreach (lc, relids)
	{
		Relation rel = table_open(lfirst_oid(lc), NoLock);

		followed = followed || ftx_modify_looked_at(rel, CMD_INSERT);
		table_close(rel, NoLock);
	}
	list_free(relids);
	return followed;
}

void
ftx_modify_check_transition(const ResultRelInfo *info, CmdType operation)
{
	const ResultRelInfo *named = info->ri_RootResultRelInfo;
	const TriggerDesc *triggers = named ? named->ri_RelationDesc->trigdesc :
										  NULL;

	if (triggers == NULL)
		return;
	if (operation == CMD_INSERT ? triggers->trig_insert_new_table :
		operation == CMD_DELETE ? triggers->trig_delete_old_table :
								  triggers->trig_update_old_table ||
									  triggers->trig_update_new_table)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "cannot collect transition tuples from child foreign tables"),
			 errdetail(
				 "Table \"%s\" has a trigger with transition tables. Nothing was sent.",
				 RelationGetRelationName(named->ri_RelationDesc))));
}

/*
 * The attributes of an UPDATE's rows whose values are read or set.
 */
static List *
known_attnums(PlannerInfo *root, Index resultRelation, List *set_attnums)
{
	List *result = list_copy(set_attnums);
	RelOptInfo *rel = NULL;
	FtxPlanState *state;
	int attnum = -1;

	if (resultRelation < (Index) root->simple_rel_array_size)
		rel = root->simple_rel_array[resultRelation];
	/* without it no row will come */
	if (rel == NULL || rel->fdw_private == NULL)
		return result;
	state = rel->fdw_private;
	while ((attnum = bms_next_member(state->used, attnum)) >= 0)
		result = list_append_unique_int(result, attnum);
	return result;
}

static void
plan_fields(FtxModifyPlan *plan, FtxFields *fields)
{
	ftx_field_list(fields, &plan->set_attnums);
	ftx_field_list(fields, &plan->returned);
	ftx_field_list(fields, &plan->known);
}

FtxModifyPlan
ftx_modify_plan_unpack(List *fdw_private)
{
	FtxModifyPlan plan = {0};
	FtxFields fields = {.unpacks = true, .nodes = fdw_private};

	plan_fields(&plan, &fields);
	return plan;
}

List *
fivetrexPlanForeignModify(PlannerInfo *root, ModifyTable *plan,
						  Index resultRelation, int subplan_index)
{
	RangeTblEntry *rte = planner_rt_fetch(resultRelation, root);
	Relation rel = table_open(rte->relid, NoLock);
	FtxModifyPlan modify = {0};
	FtxFields fields = {.unpacks = false};
	FtxTable *table = ftx_table_open(rel, NULL);
	List *returning = NIL;

	if (plan->onConflictAction != ONCONFLICT_NONE)
		ftx_target_refuse_conflict(rel);
	ftx_target_check_operation(table->resource, plan->operation);
	if (plan->returningLists != NIL)
		returning = list_nth(plan->returningLists, subplan_index);
	if (plan->operation == CMD_UPDATE)
	{
		List *targetlist;

		get_translated_update_targetlist(root, resultRelation, &targetlist,
										 &modify.set_attnums);
		ftx_target_check_update(table, modify.set_attnums);
	}
	modify.returned = ftx_target_returned(rel, resultRelation, returning);
	if (plan->operation == CMD_INSERT)
	{
		ftx_system_columns_check_new(rel, (int) resultRelation, returning);
		ftx_target_check_secrets(
			table, ftx_attnum_set(ftx_target_returned(
					   rel, resultRelation,
					   ftx_target_read_returning(root, returning))));
	}
	if (ftx_modify_looked_at(rel, plan->operation))
		modify.returned = ftx_modify_all_attnums(rel);
	table_close(rel, NoLock);
	modify.known = known_attnums(root, resultRelation, modify.set_attnums);
	plan_fields(&modify, &fields);
	return fields.nodes;
}
