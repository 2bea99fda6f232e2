/*-------------------------------------------------------------------------
 *
 * target_check.c
 *		What INSERT, UPDATE and DELETE may do to a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "api/options/options.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "fdw/fdw.h"
#include "fdw/modify/target.h"
#include "fdw/modify/target_check.h"
#include "lib/stringinfo.h"
#include "optimizer/optimizer.h"
#include "tcop/pquery.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/*
 * "name, events, active": columns with a flag, for hints.
 */
char *
ftx_target_columns(const FtxResource *resource, unsigned flag)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < resource->ncolumns; i++)
	{
		if ((resource->columns[i].flags & flag) != 0)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 resource->columns[i].name);
	}
	return names.data;
}

void
ftx_target_refuse_column(FtxTable *table, int attnum, unsigned flag)
{
	const FtxResource *resource = table->resource;
	int column = ftx_table_column(table, attnum);
	bool update = flag == FTX_UPDATE;
	const char *detail = "The API sets it.";

	if (column < 0)
		detail = "It means no column of the API.";
	else if ((resource->columns[column].flags & FTX_KEY) != 0)
		detail = "It identifies the object, and the API gives it.";
	else if ((resource->columns[column].flags & (FTX_CREATE | FTX_UPDATE)) != 0)
		detail = update ? "It can be given on INSERT only." :
						  "It can be changed by UPDATE only.";
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("column \"%s\" of foreign table \"%s\" cannot be %s",
						   get_attname(table->relid, attnum, false),
						   get_rel_name(table->relid),
						   update ? "updated" : "inserted"),
					errdetail("%s", detail),
					errhint("Columns of %s that can be %s: %s.", resource->name,
							update ? "updated" : "inserted",
							ftx_target_columns(resource, flag))));
}

void
ftx_target_check_once(int *given, FtxTable *table, int attnum, unsigned flag)
{
	const FtxResource *resource = table->resource;
	int column = ftx_table_column(table, attnum);

	if (given[column] == 0)
	{
		given[column] = attnum;
		return;
	}
	ereport(
		ERROR,
		(errcode(ERRCODE_DUPLICATE_COLUMN),
		 errmsg("columns \"%s\" and \"%s\" of foreign table \"%s\" are one",
				get_attname(table->relid, given[column], false),
				get_attname(table->relid, attnum, false),
				get_rel_name(table->relid)),
		 errdetail(
			 "Both are column \"%s\" of %s, which has one value. None was sent.",
			 resource->columns[column].name, resource->name),
		 errhint(flag == FTX_UPDATE ?
					 "Set one of them." :
					 "Give one of them, and NULL for the other one.")));
}

void
ftx_target_check_update(FtxTable *table, List *attnums)
{
	const FtxResource *resource = table->resource;
	int *given = palloc0(sizeof(int) * resource->ncolumns);
	ListCell *lc;

	if (resource->update == NULL)
		return; /* core refuses that: fivetrexIsForeignRelUpdatable() */
	foreach (lc, attnums)
	{
		int column = ftx_table_column(table, lfirst_int(lc));

		/* the value of a constant is looked at */
		if (column == FTX_COLUMN_GENERATED || column == FTX_COLUMN_CONSTANT)
			continue;
		if (column < 0 || (resource->columns[column].flags & FTX_UPDATE) == 0)
			ftx_target_refuse_column(table, lfirst_int(lc), FTX_UPDATE);
		ftx_target_check_once(given, table, lfirst_int(lc), FTX_UPDATE);
	}
}

ftx_noreturn static void
refuse_loss(const FtxResource *resource, int column, const char *why)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("this INSERT would lose the secret in column \"%s\" of %s",
				resource->columns[column].name, resource->name),
		 errdetail(
			 "%s%sThe API tells it once, in the answer to the creation. Nothing was sent.",
			 why ? why : "", why ? " " : ""),
		 errhint("Add RETURNING %s to a plain INSERT.",
				 resource->columns[column].name)));
}

void
ftx_target_check_secrets(FtxTable *table, Bitmapset *returned)
{
	const FtxResource *resource = table->resource;

	for (int i = 0; i < resource->ncolumns; i++)
	{
		bool found = false;
		int attnum = -1;

		if ((resource->columns[i].flags & FTX_ONE_TIME) == 0)
			continue;
		while ((attnum = bms_next_member(returned, attnum)) >= 0)
		{
			int column = ftx_table_column(table, attnum);

			/* attrs has all of the answer */
			found |= column == i || column == resource->ncolumns - 1;
		}
		if (!found)
			refuse_loss(resource, i, NULL);
	}
}

void
ftx_target_check_explain(const FtxTarget *target, EState *estate)
{
	if (estate->es_instrument == 0 || ActivePortal == NULL ||
		ActivePortal->commandTag != CMDTAG_EXPLAIN)
		return;
	for (int i = 0; i < target->resource->ncolumns; i++)
	{
		if ((target->resource->columns[i].flags & FTX_ONE_TIME) != 0)
			refuse_loss(target->resource, i,
						"EXPLAIN ANALYZE does not return it.");
	}
}

void
ftx_target_refuse_conflict(Relation rel)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("foreign table \"%s\" does not support ON CONFLICT",
				RelationGetRelationName(rel)),
		 errdetail(
			 "The Fivetran API cannot create an object on the condition that there is none."),
		 errhint(
			 "INSERT ... SELECT ... WHERE NOT EXISTS (...) looks before it creates.")));
}

/*
 * Core has opened and locked the tables; those of its own are truncated by now,
 * which the error takes back.
 */
void
fivetrexExecForeignTruncate(List *rels, DropBehavior behavior,
							bool restart_seqs)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("cannot truncate foreign table \"%s\"",
				RelationGetRelationName((Relation) linitial(rels))),
		 errdetail(
			 "Each object would be deleted by a request of its own. Nothing was sent."),
		 errhint("DELETE does that, as far as fivetrex.max_deletes allows.")));
}

void
ftx_target_check_operation(const FtxResource *resource, CmdType operation)
{
	if (operation == CMD_DELETE && resource->remove_function != NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("rows of %s cannot be deleted one by one",
							   resource->name),
						errdetail("The API deletes more than the row."),
						errhint("%s() does that.", resource->remove_function)));
}
