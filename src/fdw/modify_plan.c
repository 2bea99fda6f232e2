/*-------------------------------------------------------------------------
 *
 * modify_plan.c
 *		Planning of INSERT, UPDATE and DELETE that modify.c executes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "fdw/modify.h"
#include "nodes/makefuncs.h"
#include "optimizer/appendinfo.h"
#include "parser/parsetree.h"
#include "utils/rel.h"

int
fivetrexIsForeignRelUpdatable(Relation rel)
{
	ForeignTable *table = GetForeignTable(RelationGetRelid(rel));
	FtxServerOptions server;
	FtxTableOptions options;
	const FtxResource *resource;
	int events = 0;

	ftx_options_server(GetForeignServer(table->serverid), &server);
	ftx_options_table(table, RelationGetRelationName(rel), &server, &options);
	resource = options.resource;
	if (resource->create.path != NULL)
		events |= 1 << CMD_INSERT;
	if (resource->update.path != NULL)
		events |= 1 << CMD_UPDATE;
	if (resource->remove.path != NULL || resource->remove_function != NULL)
		events |= 1 << CMD_DELETE;
	return events;
}

void
fivetrexAddForeignUpdateTargets(PlannerInfo *root, Index rtindex,
								RangeTblEntry *target_rte,
								Relation target_relation)
{
	Oid relid = RelationGetRelid(target_relation);
	CmdType operation = root->parse->commandType;
	ForeignTable *table = GetForeignTable(relid);
	FtxServerOptions server;
	FtxTableOptions options;
	Bitmapset *identity;
	int column = -1;

	ftx_options_server(GetForeignServer(table->serverid), &server);
	ftx_options_table(table, RelationGetRelationName(target_relation), &server,
					  &options);
	identity = ftx_target_identity(options.resource, operation);
	while ((column = bms_next_member(identity, column)) >= 0)
	{
		const char *name = options.resource->columns[column].name;
		Var *var = NULL;

		for (int i = 0; i < RelationGetNumberOfAttributes(target_relation); i++)
		{
			Form_pg_attribute att = TupleDescAttr(
				RelationGetDescr(target_relation), i);

			if (!att->attisdropped &&
				ftx_options_column(relid, i + 1, options.resource, NULL) ==
					column)
				var = makeVar(rtindex, i + 1, att->atttypid, att->atttypmod,
							  att->attcollation, 0);
		}
		if (var == NULL)
			ereport(
				ERROR,
				(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
				 errmsg("foreign table \"%s\" lacks the column \"%s\" of %s",
						RelationGetRelationName(target_relation), name,
						options.resource->name),
				 errdetail("It identifies the row to be changed.")));
		add_row_identity_var(root, var, rtindex,
							 psprintf("%s%s", FTX_IDENTITY_PREFIX, name));
	}

	/* core adds the old row for UPDATE and for row triggers */
	if (operation == CMD_DELETE && root->parse->returningList != NIL)
		add_row_identity_var(root,
							 makeVar(rtindex, InvalidAttrNumber,
									 target_relation->rd_rel->reltype, -1,
									 InvalidOid, 0),
							 rtindex, FTX_OLD_ROW);
}

Bitmapset *
ftx_modify_attnum_set(List *list)
{
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach (lc, list)
		result = bms_add_member(result, lfirst_int(lc));
	return result;
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

/*
 * Does somebody look at the row after it was written, other than RETURNING?
 */
bool
ftx_modify_looked_at(Relation rel, CmdType operation, List *check_options)
{
	TriggerDesc *triggers = rel->trigdesc;

	if (check_options != NIL)
		return true;
	if (triggers == NULL)
		return false;
	return operation == CMD_INSERT ? triggers->trig_insert_after_row :
									 triggers->trig_update_after_row;
}

List *
fivetrexPlanForeignModify(PlannerInfo *root, ModifyTable *plan,
						  Index resultRelation, int subplan_index)
{
	RangeTblEntry *rte = planner_rt_fetch(resultRelation, root);
	Relation rel = table_open(rte->relid, NoLock);
	List *set_attnums = NIL;
	List *returning = NIL;
	List *check_options = NIL;
	List *returned;

	if (plan->onConflictAction != ONCONFLICT_NONE)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("foreign table \"%s\" does not support ON CONFLICT",
					RelationGetRelationName(rel)),
			 errdetail(
				 "The Fivetran API cannot create an object on the condition that there is none.")));
	ftx_target_check_operation(rte->relid, plan->operation);
	if (plan->returningLists != NIL)
		returning = list_nth(plan->returningLists, subplan_index);
	if (plan->withCheckOptionLists != NIL)
		check_options = list_nth(plan->withCheckOptionLists, subplan_index);
	if (plan->operation == CMD_UPDATE)
	{
		List *targetlist;

		get_translated_update_targetlist(root, resultRelation, &targetlist,
										 &set_attnums);
		ftx_target_check_update(rte->relid, set_attnums);
	}
	returned = ftx_target_returned(rel, resultRelation, returning);
	if (plan->operation == CMD_INSERT)
		ftx_target_check_secrets(rte->relid, ftx_modify_attnum_set(returned));
	if (ftx_modify_looked_at(rel, plan->operation, check_options))
		returned = ftx_modify_all_attnums(rel);
	table_close(rel, NoLock);
	return list_make2(list_copy(set_attnums), returned);
}
