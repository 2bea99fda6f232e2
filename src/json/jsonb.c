/*-------------------------------------------------------------------------
 *
 * jsonb.c
 *		From a slice of JSON to jsonb.
 *
 * jsonb_in() would parse the text once more, though the scanner has checked
 * it, and copy each string on the way.  What it would build is built here from
 * the slice itself; scalars are left to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "fmgr.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

static const char *
skip_space(const char *p)
{
	while (ftx_json_space(*p))
		p++;
	return p;
}

/*
 * A string: without escapes, the JsonbValue may point into the slice.
 */
static const char *
take_string(const char *p, const char *end, JsonbValue *value)
{
	const char *quote = memchr(p + 1, '"', end - p - 1);
	FtxJsonValue slice = {p, 0, FTX_JSON_STRING};

	value->type = jbvString;
	if (memchr(p, '\\', quote - p) == NULL)
	{
		value->val.string.val = unconstify(char *, p + 1);
		value->val.string.len = (int) (quote - p - 1);
		return quote + 1;
	}
	for (quote = p + 1; *quote != '"'; quote++)
	{
		if (*quote == '\\')
			quote++;
	}
	slice.len = (int) (quote + 1 - p);
	value->val.string.val = ftx_json_text(&slice);
	value->val.string.len = (int) strlen(value->val.string.val);
	return quote + 1;
}

static const char *
take_number(const char *p, const char *end, JsonbValue *value)
{
	FtxJsonValue slice = {p, 0, FTX_JSON_NUMBER};
	int32 integer;

	while (p < end && *p != ',' && *p != ']' && *p != '}' &&
		   !ftx_json_space(*p))
		p++;
	slice.len = (int) (p - slice.text);
	value->type = jbvNumeric;
	if (ftx_json_plain_int32(&slice, &integer))
		value->val.numeric = int64_to_numeric(integer);
	else
		value->val.numeric = DatumGetNumeric(DirectFunctionCall3(
			numeric_in, CStringGetDatum(pnstrdup(slice.text, slice.len)),
			ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	return p;
}

static const char *
take_scalar(const char *p, const char *end, JsonbValue *value)
{
	switch (*p)
	{
		case '"':
			return take_string(p, end, value);
		case 't':
		case 'f':
			value->type = jbvBool;
			value->val.boolean = *p == 't';
			return p + (*p == 't' ? 4 : 5);
		case 'n':
			value->type = jbvNull;
			return p + 4;
		default:
			return take_number(p, end, value);
	}
}

/*
 * Push the container that begins at p; returns what follows it.  The scanner
 * has limited how deep they are nested.
 */
static const char *
push_container(const char *p, const char *end, FtxJsonbBuilder *builder)
{
	bool object = *p == '{';
	char close = object ? '}' : ']';

	ftx_jsonb_push(builder, object ? WJB_BEGIN_OBJECT : WJB_BEGIN_ARRAY, NULL);
	for (p = skip_space(p + 1); *p != close; p = skip_space(p))
	{
		JsonbValue value;

		if (*p == ',')
			p = skip_space(p + 1);
		if (object)
		{
			p = skip_space(take_string(p, end, &value));
			ftx_jsonb_push(builder, WJB_KEY, &value);
			p = skip_space(p + 1); /* the colon */
		}
		if (*p == '{' || *p == '[')
			p = push_container(p, end, builder);
		else
		{
			p = take_scalar(p, end, &value);
			ftx_jsonb_push(builder, object ? WJB_VALUE : WJB_ELEM, &value);
		}
	}
	ftx_jsonb_push(builder, object ? WJB_END_OBJECT : WJB_END_ARRAY, NULL);
	return p + 1;
}

Datum
ftx_json_jsonb(const FtxJsonValue *value)
{
	FtxJsonbBuilder builder = {0};

	if ((value->kind != FTX_JSON_OBJECT && value->kind != FTX_JSON_ARRAY) ||
		GetDatabaseEncoding() != PG_UTF8)
		return DirectFunctionCall1(
			jsonb_in,
			CStringGetDatum(ftx_json_server_text(value->text, value->len)));
	(void) push_container(value->text, value->text + value->len, &builder);
	return JsonbPGetDatum(JsonbValueToJsonb(builder.result));
}
