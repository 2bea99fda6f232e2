/*-------------------------------------------------------------------------
 *
 * columns.c
 *		fivetrex_table_columns(): the columns of one table of a source.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "func/func.h"
#include "funcapi.h"
#include "json/value.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(fivetrex_table_columns);

/* The order is that of the result's columns. */
static const char *const members[] = {
	"@1",
	"name_in_destination",
	"enabled",
	"hashed",
	"is_primary_key",
	"target_data_type",
	"enabled_patch_settings.allowed",
	"enabled_patch_settings.reason_code",
	"enabled_patch_settings.reason",
	"",
};

static bool
is_boolean(int column)
{
	return (column >= 2 && column <= 4) || column == 6;
}

static Datum
member_value(const FtxJsonValue *value, int column)
{
	if (members[column][0] == '\0')
		return ftx_json_jsonb(value);
	if (!is_boolean(column))
		return PointerGetDatum(ftx_json_text_datum(value));
	if (value->kind != FTX_JSON_TRUE && value->kind != FTX_JSON_FALSE)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("the answer of the Fivetran API cannot be understood"),
				 errdetail("\"%s\" of a column is not a boolean.",
						   members[column])));
	return BoolGetDatum(value->kind == FTX_JSON_TRUE);
}

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
	FtxCallSpec spec = {0};
	FtxSession *session;
	FtxPage page = {0};

	spec.path = ftx_func_path(fcinfo, "fivetrex_table_columns");
	session = ftx_func_session(fcinfo, 3);
	InitMaterializedSRF(fcinfo, 0);
	spec.method = FTX_GET;
	spec.accept = FTX_V1;
	spec.repeat_safe = true;
	spec.takes_long = true;
	ftx_call_decode_map(ftx_func_read(session, &spec), "columns.*",
						ftx_projection_create(members, lengthof(members)),
						&page);
	for (int i = 0; i < page.nitems; i++)
	{
		Datum values[lengthof(members)] = {0};
		bool nulls[lengthof(members)];

		for (int j = 0; j < (int) lengthof(members); j++)
		{
			const FtxJsonValue *value = ftx_page_value(&page, i, j);

			nulls[j] = value->kind == FTX_JSON_ABSENT ||
					   value->kind == FTX_JSON_NULL;
			if (!nulls[j])
				values[j] = member_value(value, j);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
