/*-------------------------------------------------------------------------
 *
 * attribute.c
 *		From a JSON value to a value of an attribute's type.
 *
 * A foreign table may have been written by hand: other types than those of
 * the catalogue go through the input function of the type, fed with the text
 * of a scalar or the JSON of an object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/words.h"
#include "base/compat.h"
#include "catalog/pg_type.h"
#include "json/array.h"
#include "json/value.h"
#include "read/attribute.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

void
ftx_attribute_prepare(FtxAttribute *attribute, Form_pg_attribute att)
{
	int32 typmod = att->atttypmod;
	Oid base = getBaseTypeAndTypmod(att->atttypid, &typmod);
	Oid input;

	attribute->type = att->atttypid;
	attribute->typmod = att->atttypmod;
	attribute->is_domain = base != att->atttypid;
	attribute->cxt = CurrentMemoryContext;
	attribute->element = get_element_type(base);
	attribute->element_typmod = typmod;
	if (OidIsValid(attribute->element))
		base = getBaseType(attribute->element);
	attribute->base = base;
	attribute->base_typmod = typmod;
	attribute->takes_json = base == JSONOID || base == JSONBOID;
	getTypeInputInfo(OidIsValid(attribute->element) ? attribute->element :
													  att->atttypid,
					 &input, &attribute->ioparam);
	fmgr_info(input, &attribute->input);
	if (OidIsValid(attribute->element))
		get_typlenbyvalalign(attribute->element, &attribute->elmlen,
							 &attribute->elmbyval, &attribute->elmalign);
}

static Datum
input_text(FtxAttribute *attribute, char *text)
{
	return InputFunctionCall(&attribute->input, text, attribute->ioparam,
							 OidIsValid(attribute->element) ?
								 attribute->element_typmod :
								 attribute->typmod);
}

/*
 * PostgreSQL's JSON parser quotes what it refuses in the error's context.
 */
static Datum
input_json(FtxAttribute *attribute, const FtxJsonValue *value)
{
	char *text = ftx_json_server_text(value->text, value->len);
	MemoryContext cxt = CurrentMemoryContext;
	Datum result = (Datum) 0;

	PG_TRY();
	{
		result = input_text(attribute, text);
	}
	PG_CATCH();
	{
		ftx_words_rethrow(cxt);
	}
	PG_END_TRY();
	return result;
}

void
ftx_attribute_check(FtxAttribute *attribute, Datum value, bool null)
{
	if (attribute->is_domain)
		domain_check(value, null, attribute->type, &attribute->domain_cache,
					 attribute->cxt);
}

/*
 * A value of one of PostgreSQL's types for dates and times.  These are read
 * here, as the input functions look at the clock and at the session's settings.
 */
static Datum
datetime_value(FtxAttribute *attribute, const FtxJsonValue *value)
{
	TimestampTz instant;
	int64 days;

	if (!ftx_json_timestamptz(value, &instant))
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_DATETIME_FORMAT),
			 errmsg("invalid timestamp: \"%s\"", ftx_json_text(value)),
			 errdetail(
				 "Timestamps are in ISO 8601, as in 2026-11-23T14:15:42Z.")));
	if (attribute->base == DATEOID)
	{
		days = instant / USECS_PER_DAY;
		if (instant % USECS_PER_DAY < 0)
			days--;
		return DateADTGetDatum((DateADT) days);
	}
	/* a timestamp without time zone is the same number: that of UTC */
	if (attribute->base_typmod < 0)
		return TimestampTzGetDatum(instant);
	return DirectFunctionCall2(timestamptz_scale, TimestampTzGetDatum(instant),
							   Int32GetDatum(attribute->base_typmod));
}

/*
 * A boolean is true or false.  Only where the definition has a string, that may
 * say so too.
 */
static Datum
boolean_value(FtxAttribute *attribute, const FtxJsonValue *value)
{
	bool is_text = attribute->column->type != FTX_BOOL;

	if (value->kind == FTX_JSON_TRUE ||
		(is_text && ftx_json_is_string(value, "true")))
		return BoolGetDatum(true);
	if (value->kind == FTX_JSON_FALSE ||
		(is_text && ftx_json_is_string(value, "false")))
		return BoolGetDatum(false);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("the value is not a boolean: \"%s\"", ftx_json_text(value)),
			 errdetail("It must be true or false.")));
}

/*
 * The text of an integer: a JSON number that is whole, however it is written
 * (5, 5.0, 5e0).  Only where the definition has a string, that may say one too.
 */
static char *
integer_text(FtxAttribute *attribute, const FtxJsonValue *value)
{
	char *text = ftx_json_text(value);
	Datum number;
	Datum whole;

	if (attribute->column->type != FTX_INT4)
		return text;
	if (value->kind == FTX_JSON_NUMBER)
	{
		if (strpbrk(text, ".eE") == NULL)
			return text;
		number = DirectFunctionCall3(numeric_in, CStringGetDatum(text),
									 ObjectIdGetDatum(InvalidOid),
									 Int32GetDatum(-1));
		whole = DirectFunctionCall2(numeric_trunc, number, Int32GetDatum(0));
		if (DatumGetBool(DirectFunctionCall2(numeric_eq, number, whole)))
			return DatumGetCString(DirectFunctionCall1(numeric_out, whole));
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("the value is not an integer: \"%s\"", text),
					errdetail("It must be a number without fraction.")));
}

/*
 * A value that is no array, or an element of one, of any type.
 */
static Datum
scalar_value(FtxAttribute *attribute, const FtxJsonValue *value)
{
	char *text;

	switch (attribute->base)
	{
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
		case DATEOID:
			return datetime_value(attribute, value);
		case BOOLOID:
			return boolean_value(attribute, value);
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return input_text(attribute, integer_text(attribute, value));
	}
	text = ftx_json_text(value);
	if ((attribute->base == TIMEOID || attribute->base == TIMETZOID) &&
		!ftx_json_is_time(text))
		ereport(ERROR, (errcode(ERRCODE_INVALID_DATETIME_FORMAT),
						errmsg("invalid time: \"%s\"", text),
						errdetail("Times are in ISO 8601, as in 14:15:42Z.")));
	/* else TimeZone would decide */
	if (attribute->base == TIMETZOID && strpbrk(text, "Zz+-") == NULL)
		text = psprintf("%sZ", text);
	return input_text(attribute, text);
}

/*
 * An element that is no string, where the definition types strings.
 */
ftx_noreturn static void
refuse_element(int n)
{
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("element %d of the array is not a string", n)));
}

static Datum
array_value(FtxAttribute *attribute, const FtxJsonValue *value)
{
	bool strings = attribute->column->type == FTX_TEXT_ARRAY;
	FtxArrayBuilder array = {.element = attribute->element,
							 .len = attribute->elmlen,
							 .byval = attribute->elmbyval,
							 .align = attribute->elmalign};
	MemoryContext cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex element", ALLOCSET_SMALL_SIZES);
	FtxJsonValue element;
	int position = 0;

	ftx_array_begin(&array, value);
	while (ftx_json_next_element(value, &position, &element))
	{
		MemoryContext old;
		Datum datum;

		if (element.kind == FTX_JSON_NULL)
			ftx_array_add(&array, (Datum) 0, true);
		else if (strings && element.kind != FTX_JSON_STRING)
			refuse_element(array.n + 1);
		else if (attribute->element == TEXTOID &&
				 element.kind == FTX_JSON_STRING)
			ftx_array_add_text(&array, &element);
		else
		{
			/* what the input function leaves must not add up */
			old = MemoryContextSwitchTo(cxt);
			datum = attribute->takes_json ? input_json(attribute, &element) :
											scalar_value(attribute, &element);
			MemoryContextSwitchTo(old);
			ftx_array_add(&array, datum, false);
			MemoryContextReset(cxt);
		}
	}
	MemoryContextDelete(cxt);
	return ftx_array_finish(&array);
}

Datum
ftx_attribute_convert(FtxAttribute *attribute, const FtxJsonValue *value)
{
	int32 number;
	TimestampTz timestamp;
	Datum datum;

	if (attribute->type == JSONBOID)
		return ftx_json_jsonb(value);
	if (OidIsValid(attribute->element))
	{
		if (value->kind == FTX_JSON_ARRAY)
		{
			Datum array = array_value(attribute, value);

			ftx_attribute_check(attribute, array, false);
			return array;
		}
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the value is not an array")));
	}
	if (attribute->takes_json)
		return input_json(attribute, value);
	if (attribute->type == TEXTOID && value->kind == FTX_JSON_STRING)
		return PointerGetDatum(ftx_json_text_datum(value));
	if (attribute->type == INT4OID && ftx_json_plain_int32(value, &number))
		return Int32GetDatum(number);
	if (attribute->type == TIMESTAMPTZOID && attribute->typmod < 0 &&
		ftx_json_plain_timestamptz(value, &timestamp))
		return TimestampTzGetDatum(timestamp);
	datum = scalar_value(attribute, value);
	ftx_attribute_check(attribute, datum, false);
	return datum;
}
