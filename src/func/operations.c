/*-------------------------------------------------------------------------
 *
 * operations.c
 *		fivetrex_operations(): every operation of the API and its SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/method.h"
#include "catalogue/actions.h"
#include "catalogue/operations.h"
#include "catalogue/template.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(fivetrex_operations);

static bool
is(const char *template, const char *path)
{
	return template != NULL && ftx_template_same(template, path);
}

/*
 * The statement on a resource that makes the operation, or NULL.
 */
static char *
statement(const FtxResource *resource, const FtxOperation *operation)
{
	const char *path = operation->path;

	if (operation->method == FTX_GET)
	{
		if (is(resource->list, path))
			return psprintf("SELECT ... FROM %s", resource->name);
		if (is(resource->detail, path))
		{
			int key = ftx_resource_key(resource);

			return key < 0 ?
					   psprintf("SELECT ... FROM %s", resource->name) :
					   psprintf("SELECT ... FROM %s WHERE %s = ...",
								resource->name, resource->columns[key].name);
		}
		for (int i = 0; i < resource->ncolumns; i++)
		{
			const FtxColumn *column = &resource->columns[i];

			if (((column->flags & FTX_EXTRA_1) &&
				 is(resource->extras[0], path)) ||
				((column->flags & FTX_EXTRA_2) &&
				 is(resource->extras[1], path)))
				return psprintf("SELECT %s FROM %s", column->name,
								resource->name);
		}
	}
	if (operation->method == FTX_POST &&
		(is(resource->create, path) || is(resource->create_in, path)))
		return psprintf("INSERT INTO %s", resource->name);
	if (operation->method == FTX_PATCH && is(resource->update, path))
		return psprintf("UPDATE %s", resource->name);
	if (operation->method == FTX_DELETE && is(resource->remove, path))
		return psprintf("DELETE FROM %s", resource->name);
	return NULL;
}

/*
 * fivetrex_operations() returns setof
 *		(method, path, sql, relation, function, budget)
 */
Datum
fivetrex_operations(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < ftx_noperations; i++)
	{
		const FtxOperation *operation = &ftx_operations[i];
		const char *function = ftx_function_of_operation(operation->method,
														 operation->path);
		const char *budget = ftx_operation_budget(operation);
		char *sql = NULL;
		int r;
		Datum values[6] = {0};
		bool nulls[6] = {0};

		for (r = 0; ftx_catalogue[r] != NULL && sql == NULL; r++)
			sql = statement(ftx_catalogue[r], operation);
		values[0] = CStringGetTextDatum(ftx_method_name(operation->method));
		values[1] = CStringGetTextDatum(operation->path);
		nulls[3] = sql == NULL;
		if (sql != NULL)
			values[3] = CStringGetTextDatum(ftx_catalogue[r - 1]->name);
		else if (function != NULL)
			sql = psprintf("%s(...)", function);
		else
			sql = psprintf("fivetrex_request('%s', '%s')",
						   ftx_method_name(operation->method), operation->path);
		values[2] = CStringGetTextDatum(sql);
		nulls[4] = function == NULL;
		if (function != NULL)
			values[4] = CStringGetTextDatum(function);
		values[5] = CStringGetTextDatum(budget ? budget : "all requests");
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
