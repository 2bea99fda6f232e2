/*-------------------------------------------------------------------------
 *
 * table.c
 *		A foreign table beside the catalogue: which column an attribute means.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "api/options/options.h"
#include "api/options/table.h"
#include "catalogue/catalogue.h"
#include "utils/rel.h"

/* Not asked for yet. */
#define NOT_LOOKED_UP (-5)

FtxTable *
ftx_table_open(Relation rel, const FtxResource *resource)
{
	TupleDesc tupdesc = RelationGetDescr(rel);
	FtxTable *table = palloc(sizeof(FtxTable));
	FtxTableOptions options;

	table->relid = RelationGetRelid(rel);
	table->resource = resource != NULL ?
						  resource :
						  ftx_options_relation(table->relid, &options);
	table->natts = tupdesc->natts;
	table->columns = palloc(sizeof(int) * Max(tupdesc->natts, 1));
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		table->columns[i] = att->attisdropped		  ? FTX_COLUMN_DROPPED :
							att->attgenerated != '\0' ? FTX_COLUMN_GENERATED :
														NOT_LOOKED_UP;
	}
	return table;
}

int
ftx_table_column(FtxTable *table, int attnum)
{
	int *column = &table->columns[attnum - 1];

	if (*column == NOT_LOOKED_UP)
		*column = ftx_options_column(table->relid, attnum, table->resource,
									 NULL);
	return *column;
}

int
ftx_table_attnum(FtxTable *table, int column)
{
	for (int attnum = 1; attnum <= table->natts; attnum++)
	{
		if (ftx_table_column(table, attnum) == column)
			return attnum;
	}
	return 0;
}

/*
 * Is the value at one path in the object that is at the other one?
 */
static bool
is_within(const char *inner, const char *outer)
{
	size_t length = strlen(outer);

	/* names of maps and their members are in no item */
	if (inner[0] == '@' || outer[0] == '@')
		return false;
	return length == 0 ||
		   (strncmp(inner, outer, length) == 0 && inner[length] == '.');
}

static bool
change_together(const FtxTable *table, int column, int other)
{
	const char *path = table->resource->columns[column].path;
	const char *other_path = table->resource->columns[other].path;

	return path != NULL && other_path != NULL &&
		   (strcmp(path, other_path) == 0 || is_within(path, other_path) ||
			is_within(other_path, path));
}

/*
 * Those that mean the same, and those that overlap if asked for.
 */
static Bitmapset *
related(FtxTable *table, const Bitmapset *attnums, bool overlapping)
{
	Bitmapset *result = bms_copy(attnums);
	int given = 0;

	while ((given = bms_next_member(attnums, given)) > 0)
	{
		int column = ftx_table_column(table, given);

		for (int attnum = 1; column >= 0 && attnum <= table->natts; attnum++)
		{
			int other = ftx_table_column(table, attnum);

			if (other == column || (overlapping && other >= 0 &&
									change_together(table, column, other)))
				result = bms_add_member(result, attnum);
		}
	}
	return result;
}

Bitmapset *
ftx_table_same(FtxTable *table, const Bitmapset *attnums)
{
	return related(table, attnums, false);
}

Bitmapset *
ftx_table_changed(FtxTable *table, const Bitmapset *attnums)
{
	return related(table, attnums, true);
}
