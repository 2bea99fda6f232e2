/*-------------------------------------------------------------------------
 *
 * options.c
 *		Reading the options of server, foreign table and column.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "api/options/base_url.h"
#include "api/options/option_rows.h"
#include "api/options/options.h"
#include "base/closest.h"
#include "base/compat.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "catalogue/catalogue.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

/* ---------- values ---------- */

int
ftx_option_integer(const FtxOptionRow *row, const char *value)
{
	int result;

	if (!parse_int(value, &result, 0, NULL) || result < row->min ||
		result > row->max)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for option \"%s\": \"%s\"",
							   row->name, value),
						errdetail("It is an integer from %d to %d.", row->min,
								  row->max)));
	return result;
}

bool
ftx_option_boolean(const FtxOptionRow *row, const char *value)
{
	bool result;

	if (!parse_bool(value, &result))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for option \"%s\": \"%s\"",
							   row->name, value),
						errdetail("It is true or false.")));
	return result;
}

bool
ftx_option_access(const FtxOptionRow *row, const char *value)
{
	if (strcmp(value, "read_only") == 0)
		return true;
	if (strcmp(value, "read_write") == 0)
		return false;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value for option \"%s\": \"%s\"", row->name,
						   value),
					errdetail("It is read_only or read_write.")));
}

bool
ftx_option_on_error(const FtxOptionRow *row, const char *value)
{
	if (strcmp(value, "null") == 0)
		return true;
	if (strcmp(value, "error") == 0)
		return false;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value for option \"%s\": \"%s\"", row->name,
						   value),
					errdetail("It is error or null.")));
}

/*
 * The resource whose name comes nearest; NULL if none is near.
 */
static const char *
closest_resource(const char *name)
{
	FtxClosest closest;

	ftx_closest_begin(&closest, name);
	for (int i = 0; ftx_catalogue[i] != NULL; i++)
		ftx_closest_offer(&closest, ftx_catalogue[i]->name);
	return closest.best;
}

const FtxResource *
ftx_option_resource(const char *name)
{
	const FtxResource *resource = ftx_resource_find(name);
	const char *closest;

	if (resource != NULL)
		return resource;
	closest = closest_resource(name);
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
		 errmsg("there is no resource \"%s\"", name),
		 closest != NULL ?
			 errhint("Perhaps you meant \"%s\".", closest) :
			 errhint(
				 "SELECT name FROM fivetrex_tables() lists them; the option resource of a foreign table names one.")));
}

/*
 * The resource of a table that has no such option: its name tells, as long as
 * nobody renames the table.
 */
static const FtxResource *
resource_by_name(Oid relid)
{
	const char *relname = get_rel_name(relid);
	const FtxResource *resource = ftx_resource_find(relname);
	const char *closest;

	if (resource != NULL)
		return resource;
	closest = closest_resource(relname);
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
		 errmsg("there is no resource \"%s\"", relname),
		 errdetail(
			 "The foreign table has no option resource, so its name is taken for one."),
		 errhint(
			 "ALTER FOREIGN TABLE %s OPTIONS (ADD resource '%s'); SELECT name FROM fivetrex_tables() lists all.",
			 quote_qualified_identifier(
				 get_namespace_name(get_rel_namespace(relid)), relname),
			 closest != NULL ? closest : "...")));
}

/* ---------- reading ---------- */

/*
 * Set the option's field of an FtxServerOptions or FtxTableOptions.
 */
static void
set_field(void *result, const FtxOptionRow *row, const char *value)
{
	void *field = (char *) result + row->offset;

	switch (row->kind)
	{
		case OPTION_INTEGER:
			*(int *) field = ftx_option_integer(row, value);
			break;
		case OPTION_BOOLEAN:
			*(bool *) field = ftx_option_boolean(row, value);
			break;
		case OPTION_ON_ERROR:
			*(bool *) field = ftx_option_on_error(row, value);
			break;
		case OPTION_ACCESS:
			*(bool *) field = ftx_option_access(row, value);
			break;
		case OPTION_URL:
			*(char **) field = ftx_base_url_normalise(value);
			break;
		default:
			*(char **) field = pstrdup(value);
			break;
	}
}

void
ftx_options_server(ForeignServer *server, FtxServerOptions *result)
{
	ListCell *lc;

	memset(result, 0, sizeof(*result));
	for (int i = 0; i < ftx_option_rows_count; i++)
	{
		if (ftx_option_rows[i].catalog == ForeignServerRelationId &&
			ftx_option_rows[i].initial != NULL)
			set_field(result, &ftx_option_rows[i], ftx_option_rows[i].initial);
	}
	foreach (lc, server->options)
	{
		DefElem *def = lfirst_node(DefElem, lc);
		const FtxOptionRow *row = ftx_option_find(def->defname,
												  ForeignServerRelationId);

		if (row != NULL)
			set_field(result, row, defGetString(def));
	}
}

bool
ftx_options_mapping_dry_run(UserMapping *mapping)
{
	ListCell *lc;

	foreach (lc, mapping->options)
	{
		DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "dry_run") == 0)
			return ftx_option_boolean(
				ftx_option_find("dry_run", UserMappingRelationId),
				defGetString(def));
	}
	return false;
}

void
ftx_options_table(ForeignTable *table, const FtxServerOptions *server,
				  FtxTableOptions *result)
{
	const char *resource = NULL;
	ListCell *lc;

	result->page_size = server->page_size;
	result->prefetch = server->prefetch;
	result->async_capable = server->async_capable;
	result->read_only = server->read_only;
	result->dry_run = server->dry_run;
	result->null_for_misfits = false;
	foreach (lc, table->options)
	{
		DefElem *def = lfirst_node(DefElem, lc);
		const FtxOptionRow *row = ftx_option_find(def->defname,
												  ForeignTableRelationId);
		const char *value = defGetString(def);

		if (row == NULL)
			continue;
		if (row->kind == OPTION_RESOURCE)
			resource = value;
		else if (row->kind == OPTION_ACCESS)
			result->read_only |= ftx_option_access(row, value);
		else if (strcmp(row->name, "dry_run") == 0)
			result->dry_run |= ftx_option_boolean(row, value);
		else
			set_field(result, row, value);
	}
	result->resource = resource != NULL ? ftx_option_resource(resource) :
										  resource_by_name(table->relid);
}

static char *
column_option(List *options, const char *name)
{
	ListCell *lc;

	foreach (lc, options)
	{
		DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, name) == 0)
			return defGetString(def);
	}
	return NULL;
}

static void
check_no_key(Oid relid, const FtxResource *resource, const char *name)
{
	int column = ftx_resource_column(resource, name);

	if (column < 0 ||
		(resource->columns[column].flags & (FTX_KEY | FTX_PARENT)) == 0)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
		 errmsg(
			 "column \"%s\" of foreign table \"%s\" cannot have the option \"constant\"",
			 name, get_rel_name(relid)),
		 errdetail("It is called like a key of %s.", resource->name),
		 errhint(
			 "Give the column another name. A condition chooses rows by their key.")));
}

int
ftx_options_column(Oid relid, int attnum, const FtxResource *resource,
				   char **remote_name)
{
	List *options = GetForeignColumnOptions(relid, attnum);
	char *name = column_option(options, "column_name");

	if (name == NULL)
		name = get_attname(relid, attnum, false);
	if (remote_name != NULL)
		*remote_name = name;
	if (column_option(options, "constant") != NULL)
	{
		check_no_key(relid, resource, name);
		return FTX_COLUMN_CONSTANT;
	}
	return ftx_resource_column(resource, name);
}

char *
ftx_options_constant(Oid relid, int attnum)
{
	return column_option(GetForeignColumnOptions(relid, attnum), "constant");
}

const FtxResource *
ftx_options_relation(Oid relid, FtxTableOptions *options)
{
	ForeignTable *table = GetForeignTable(relid);
	FtxServerOptions server;

	ftx_options_server(GetForeignServer(table->serverid), &server);
	ftx_options_table(table, &server, options);
	return options->resource;
}
