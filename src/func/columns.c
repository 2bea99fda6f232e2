/*-------------------------------------------------------------------------
 *
 * columns.c
 *		fivetrex_table_columns(): the columns of one table of a source.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/map.h"
#include "api/calls/page.h"
#include "api/calls/session.h"
#include "base/compat.h"
#include "base/method.h"
#include "catalogue/actions.h"
#include "catalogue/catalogue.h"
#include "func/func.h"
#include "funcapi.h"
#include "json/json.h"
#include "json/projection.h"
#include "miscadmin.h"
#include "read/converter.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(fivetrex_table_columns);

/*
 * fivetrex_table_columns(connector_id text, schema text, "table" text,
 *						  server name) returns setof record
 *
 * The API asks the source, which spends its scarce budget (API facts 1.7).
 */
Datum
fivetrex_table_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const FtxResource *resource = ftx_handwritten_find("fivetrex_table_columns")
									  ->resource;
	FtxCallSpec spec = {0};
	FtxSession *session;
	FtxConverter *converter;
	FtxWanted wanted = {.shape = FTX_SHAPE_MAP, .items = resource->items};
	const FtxProjection *projection;
	FtxJsonValue *found;
	const char **columns;
	FtxPage page = {0};
	Datum *values;
	bool *nulls;

	spec.path = ftx_func_path(fcinfo, "fivetrex_table_columns");
	session = ftx_func_session(fcinfo, 3);
	InitMaterializedSRF(fcinfo, 0);
	columns = palloc(sizeof(char *) * rsinfo->setDesc->natts);
	values = palloc(sizeof(Datum) * rsinfo->setDesc->natts);
	nulls = palloc(sizeof(bool) * rsinfo->setDesc->natts);
	for (int i = 0; i < rsinfo->setDesc->natts; i++)
		columns[i] = NameStr(TupleDescAttr(rsinfo->setDesc, i)->attname);
	converter = ftx_converter_of_function("fivetrex_table_columns",
										  rsinfo->setDesc, resource, columns);
	projection = ftx_converter_projection(converter);
	found = palloc(sizeof(FtxJsonValue) * projection->nslots);
	wanted.projection = projection;

	spec.method = FTX_GET;
	spec.repeat_safe = true;
	spec.takes_long = true;
	ftx_call_decode(ftx_func_read(session, &spec), &wanted, &page);
	for (int i = 0; i < page.nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		ftx_map_item(&page, i, projection, found);
		ftx_converter_fill(converter, found, false, values, nulls);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
