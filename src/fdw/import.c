/*-------------------------------------------------------------------------
 *
 * import.c
 *		IMPORT FOREIGN SCHEMA, from the catalogue.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/closest.h"
#include "catalogue/catalogue.h"
#include "fdw/fdw.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

/*
 * A misspelt name would silently import nothing, or what was to be left out.
 */
static void
check_names(List *tables)
{
	ListCell *lc;

	foreach (lc, tables)
	{
		const char *name = lfirst_node(RangeVar, lc)->relname;
		FtxClosest closest;

		if (ftx_resource_find(name) != NULL)
			continue;
		ftx_closest_begin(&closest, name);
		for (int i = 0; ftx_catalogue[i] != NULL; i++)
			ftx_closest_offer(&closest, ftx_catalogue[i]->name);
		ereport(
			ERROR,
			(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
			 errmsg("remote schema \"%s\" has no table \"%s\"",
					FTX_REMOTE_SCHEMA, name),
			 closest.best ?
				 errhint("Perhaps you meant \"%s\".", closest.best) :
				 errhint("SELECT name FROM fivetrex_tables() lists them.")));
	}
}

/*
 * What tells rows is never null, which clients want to know: they make types
 * from it.
 */
static char *
create_table_statement(const FtxResource *resource, const char *table,
					   const char *server)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE FOREIGN TABLE %s (",
					 quote_identifier(table));
	for (int i = 0; i < resource->ncolumns; i++)
		appendStringInfo(&sql, "%s\n  %s %s%s", i > 0 ? "," : "",
						 quote_identifier(resource->columns[i].name),
						 ftx_type_sql(resource->columns[i].type),
						 resource->columns[i].flags & FTX_KEY ? " NOT NULL" :
																"");
	appendStringInfo(&sql, "\n) SERVER %s OPTIONS (resource %s)",
					 quote_identifier(server),
					 quote_literal_cstr(resource->name));
	return sql.data;
}

static bool
is_listed(List *tables, const char *name)
{
	ListCell *lc;

	foreach (lc, tables)
	{
		if (strcmp(lfirst_node(RangeVar, lc)->relname, name) == 0)
			return true;
	}
	return false;
}

/*
 * Core compares the names of what we return with the lists once more, so a
 * resource asked for by its second name becomes a table of that name.
 */
static List *
add_resource(List *result, const FtxResource *resource,
			 ImportForeignSchemaStmt *stmt)
{
	const char *alias = resource->alias;
	bool by_name = is_listed(stmt->table_list, resource->name);
	bool by_alias = alias != NULL && is_listed(stmt->table_list, alias);

	if (stmt->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO)
	{
		if (by_alias)
			result = lappend(result, create_table_statement(resource, alias,
															stmt->server_name));
		if (!by_name)
			return result;
	}
	else if (stmt->list_type == FDW_IMPORT_SCHEMA_EXCEPT &&
			 (by_name || by_alias))
		return result;
	return lappend(result, create_table_statement(resource, resource->name,
												  stmt->server_name));
}

List *
fivetrexImportForeignSchema(ImportForeignSchemaStmt *stmt, Oid serverOid)
{
	List *result = NIL;

	if (strcmp(stmt->remote_schema, FTX_REMOTE_SCHEMA) != 0)
		ereport(ERROR, (errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
						errmsg("there is no remote schema \"%s\"",
							   stmt->remote_schema),
						errhint("The remote schema is called \"%s\".",
								FTX_REMOTE_SCHEMA)));
	if (stmt->options != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("invalid option \"%s\"",
						linitial_node(DefElem, stmt->options)->defname),
				 errhint("There are no valid options in this context.")));
	check_names(stmt->table_list);
	for (int i = 0; ftx_catalogue[i] != NULL; i++)
		result = add_resource(result, ftx_catalogue[i], stmt);
	return result;
}
