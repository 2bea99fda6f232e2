/*-------------------------------------------------------------------------
 *
 * write.c
 *		Request bodies: SQL values as members of a JSON object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "json/write.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

void
ftx_body_begin(StringInfo body)
{
	initStringInfo(body);
	appendStringInfoChar(body, '{');
}

void
ftx_body_end(StringInfo body)
{
	appendStringInfoChar(body, '}');
}

bool
ftx_body_empty(const StringInfo body)
{
	return body->len == 1;
}

static void
separate(StringInfo body)
{
	if (!ftx_body_empty(body))
		appendStringInfoString(body, ", ");
}

void
ftx_body_add_fixed(StringInfo body, const char *members)
{
	separate(body);
	appendStringInfoString(body, members);
}

/*
 * Does a setting of the session change what the output function says?  False
 * for types that are told most, so that these cost nothing.
 */
static bool
depends_on_settings(Oid type)
{
	switch (getBaseType(type))
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case TEXTARRAYOID:
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case JSONOID:
		case JSONBOID:
			return false;
		default:
			return true;
	}
}

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

char *
ftx_value_text(Datum value, Oid type)
{
	bool depends = depends_on_settings(type);
	int nestlevel = 0;
	Oid function;
	bool varlena;
	char *text;

	getTypeOutputInfo(type, &function, &varlena);
	if (depends)
	{
		/* what throws in between is undone with the transaction */
		nestlevel = NewGUCNestLevel();
		set_option("datestyle", "ISO");
		set_option("intervalstyle", "postgres");
		set_option("timezone", "UTC");
		set_option("extra_float_digits", "3");
		set_option("bytea_output", "hex");
	}
	text = OidOutputFunctionCall(function, value);
	if (depends)
		AtEOXact_GUC(true, nestlevel);
	return text;
}

static void append_value(StringInfo body, Datum value, Oid type);

static void
append_array(StringInfo body, Datum value, Oid element)
{
	ArrayIterator iterator = array_create_iterator(DatumGetArrayTypeP(value), 0,
												   NULL);
	Datum item;
	bool isnull;

	appendStringInfoChar(body, '[');
	while (array_iterate(iterator, &item, &isnull))
	{
		if (body->data[body->len - 1] != '[')
			appendStringInfoString(body, ", ");
		if (isnull)
			appendStringInfoString(body, "null");
		else
			append_value(body, item, element);
	}
	appendStringInfoChar(body, ']');
	array_free_iterator(iterator);
}

static void
append_value(StringInfo body, Datum value, Oid type)
{
	Oid base = getBaseType(type);
	Oid element = get_base_element_type(type);
	char buffer[MAXDATELEN + 1];

	if (OidIsValid(element))
	{
		append_array(body, value, element);
		return;
	}
	switch (base)
	{
		case BOOLOID:
			appendStringInfoString(body,
								   DatumGetBool(value) ? "true" : "false");
			break;
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		{
			char *text = ftx_value_text(value, type);

			/* NaN and infinities are no JSON numbers */
			if (strpbrk(text, "NIni") != NULL)
				escape_json(body, text);
			else
				appendStringInfoString(body, text);
			break;
		}
		case JSONOID:
		case JSONBOID:
			appendStringInfoString(body, ftx_value_text(value, type));
			break;
		case TIMESTAMPTZOID:
		{
			int utc = 0;

			JsonEncodeDateTime(buffer, value, TIMESTAMPTZOID, &utc);
			escape_json(body, buffer);
			break;
		}
		default:
			escape_json(body, ftx_value_text(value, type));
	}
}

void
ftx_body_add(StringInfo body, const char *name, Datum value, bool isnull,
			 Oid type)
{
	separate(body);
	escape_json(body, name);
	appendStringInfoString(body, ": ");
	if (isnull)
		appendStringInfoString(body, "null");
	else
		append_value(body, value, type);
}
