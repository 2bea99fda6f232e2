/*-------------------------------------------------------------------------
 *
 * introspect.c
 *		The catalogue as rows, for documentation and for the curious.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(fivetrex_tables);
PG_FUNCTION_INFO_V1(fivetrex_columns);
PG_FUNCTION_INFO_V1(fivetrex_catalogue_check);

static void
put_column_text(Datum *value, bool *null, const char *text)
{
	*null = text == NULL;
	if (text != NULL)
		*value = CStringGetTextDatum(text);
}

static Datum
filter_columns(const FtxResource *resource)
{
	ArrayBuildState *state = initArrayResult(TEXTOID, CurrentMemoryContext,
											 false);
	int key = ftx_resource_key(resource);

	for (int i = 0; i < resource->ncolumns; i++)
	{
		const FtxColumn *column = &resource->columns[i];

		if ((column->flags & (FTX_KEY | FTX_PARENT)) ==
				(FTX_KEY | FTX_PARENT) ||
			(i == key && resource->detail != NULL))
			state = accumArrayResult(state, CStringGetTextDatum(column->name),
									 false, TEXTOID, CurrentMemoryContext);
	}
	for (int i = 0; i < resource->nfilters; i++)
		state = accumArrayResult(
			state, CStringGetTextDatum(resource->filters[i].column), false,
			TEXTOID, CurrentMemoryContext);
	return makeArrayResult(state, CurrentMemoryContext);
}

/*
 * fivetrex_tables() returns setof
 *		(name, description, list_call, detail_call, create_call, update_call,
 *		 delete_call, pushed_columns, parent)
 */
Datum
fivetrex_tables(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; ftx_catalogue[i] != NULL; i++)
	{
		const FtxResource *resource = ftx_catalogue[i];
		Datum values[9] = {0};
		bool nulls[9] = {0};

		put_column_text(&values[0], &nulls[0], resource->name);
		put_column_text(&values[1], &nulls[1], resource->comment);
		put_column_text(&values[2], &nulls[2], resource->list);
		put_column_text(&values[3], &nulls[3], resource->detail);
		put_column_text(&values[4], &nulls[4], resource->create);
		put_column_text(&values[5], &nulls[5], resource->update);
		put_column_text(&values[6], &nulls[6], resource->remove);
		values[7] = filter_columns(resource);
		put_column_text(&values[8], &nulls[8], resource->parent);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static bool
has(const FtxColumn *column, unsigned flag)
{
	return (column->flags & flag) != 0;
}

/*
 * fivetrex_columns() returns setof
 *		(table_name, column_name, type, is_key, detail_only, on_create,
 *		 required_on_create, on_update, write_only, masked, description)
 */
Datum
fivetrex_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; ftx_catalogue[i] != NULL; i++)
	{
		const FtxResource *resource = ftx_catalogue[i];

		for (int j = 0; j < resource->ncolumns; j++)
		{
			const FtxColumn *column = &resource->columns[j];
			Datum values[11];
			bool nulls[11] = {0};

			values[0] = CStringGetTextDatum(resource->name);
			values[1] = CStringGetTextDatum(column->name);
			values[2] = CStringGetTextDatum(ftx_type_sql(column->type));
			values[3] = BoolGetDatum(has(column, FTX_KEY));
			values[4] = BoolGetDatum(has(column, FTX_DETAIL | FTX_EXTRAS));
			values[5] = BoolGetDatum(has(column, FTX_CREATE));
			values[6] = BoolGetDatum(has(column, FTX_REQUIRED));
			values[7] = BoolGetDatum(has(column, FTX_UPDATE));
			values[8] = BoolGetDatum(has(column, FTX_WRITE_ONLY));
			values[9] = BoolGetDatum(has(column, FTX_MASKED));
			values[10] = CStringGetTextDatum(column->comment);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
								 nulls);
		}
	}
	return (Datum) 0;
}

/*
 * fivetrex_catalogue_check() returns text: what is wrong, or NULL
 */
Datum
fivetrex_catalogue_check(PG_FUNCTION_ARGS)
{
	const char *found = ftx_catalogue_check();

	if (found == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(found));
}
