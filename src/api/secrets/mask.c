/*-------------------------------------------------------------------------
 *
 * mask.c
 *		Masked secrets in request bodies: never sent as asterisks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/mask.h"
#include "base/compat.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "json/compat.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

typedef struct Unmask
{
	bool drop;
	List **dropped;
	StringInfoData path;
} Unmask;

static bool
is_mask(const JsonbValue *value)
{
	return value->type == jbvString &&
		   value->val.string.len == strlen(FTX_MASK) &&
		   memcmp(value->val.string.val, FTX_MASK, strlen(FTX_MASK)) == 0;
}

ftx_noreturn static void
refuse_mask(Unmask *unmask)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("the value of %s is masked", unmask->path.data),
		 errdetail(
			 "Fivetran shows secrets as ******; sending that would make it the secret. Nothing of this was sent."),
		 errhint("Give the real value, or leave the member out.")));
}

static JsonbValue *unmasked_copy(JsonbContainer *container, Unmask *unmask);

/*
 * One member or element, under the path it has now.  False if it is to be
 * left out.
 */
static bool
unmask_value(JsonbValue *value, bool in_array, Unmask *unmask)
{
	if (is_mask(value))
	{
		if (in_array || !unmask->drop)
			refuse_mask(unmask);
		*unmask->dropped = lappend(*unmask->dropped,
								   pstrdup(unmask->path.data));
		return false;
	}
	if (value->type == jbvBinary)
	{
		JsonbContainer *container = value->val.binary.data;
		JsonbValue *copy = unmasked_copy(container, unmask);

		if (!in_array && JsonContainerIsObject(container) &&
			JsonContainerSize(container) > 0 && copy->val.object.nPairs == 0)
			return false;
		*value = *copy;
	}
	return true;
}

static JsonbValue *
unmasked_copy(JsonbContainer *container, Unmask *unmask)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	FtxJsonbBuilder builder = {0};
	JsonbValue key;
	JsonbValue value;
	JsonbIteratorToken token;
	int base = unmask->path.len;
	int position = 0;

	check_stack_depth();
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		switch (token)
		{
			case WJB_KEY:
				key = value;
				appendStringInfo(&unmask->path, "%s%.*s", base > 0 ? "." : "",
								 key.val.string.len, key.val.string.val);
				break;
			case WJB_VALUE:
				if (unmask_value(&value, false, unmask))
				{
					ftx_jsonb_push(&builder, WJB_KEY, &key);
					ftx_jsonb_push(&builder, WJB_VALUE, &value);
				}
				break;
			case WJB_ELEM:
				appendStringInfo(&unmask->path, "[%d]", position++);
				(void) unmask_value(&value, true, unmask);
				ftx_jsonb_push(&builder, WJB_ELEM, &value);
				break;
			default:
				ftx_jsonb_push(&builder, token, NULL);
		}
		if (token != WJB_KEY)
		{
			unmask->path.len = base;
			unmask->path.data[base] = '\0';
		}
	}
	return builder.result;
}

void
ftx_body_refuse_masked(const char *body)
{
	Unmask unmask = {.drop = false};
	Jsonb *jsonb;

	if (strstr(body, FTX_MASK) == NULL)
		return;
	initStringInfo(&unmask.path);
	jsonb = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(body)));
	if (JB_ROOT_IS_OBJECT(jsonb))
		(void) unmasked_copy(&jsonb->root, &unmask);
}

static bool
is_mask_text(const char *text)
{
	return strcmp(text, FTX_MASK) == 0;
}

static void
check_elements(Datum array, Unmask *unmask)
{
	ArrayIterator iterator = array_create_iterator(DatumGetArrayTypeP(array), 0,
												   NULL);
	Datum element;
	bool null;
	int base = unmask->path.len;

	for (int i = 0; array_iterate(iterator, &element, &null); i++)
	{
		appendStringInfo(&unmask->path, "[%d]", i);
		if (!null && is_mask_text(TextDatumGetCString(element)))
			refuse_mask(unmask);
		unmask->path.len = base;
		unmask->path.data[base] = '\0';
	}
	array_free_iterator(iterator);
}

/*
 * A jsonb value is looked at as a member of an object, as which it is sent.
 */
static bool
unmask_jsonb(Datum *value, Unmask *unmask)
{
	Jsonb *jsonb = DatumGetJsonbP(*value);
	JsonbValue member;

	if (JB_ROOT_IS_SCALAR(jsonb))
	{
		JsonbExtractScalar(&jsonb->root, &member);
		return unmask_value(&member, false, unmask);
	}
	member.type = jbvBinary;
	member.val.binary.data = &jsonb->root;
	member.val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
	if (!unmask_value(&member, false, unmask))
		return false;
	*value = JsonbPGetDatum(JsonbValueToJsonb(&member));
	return true;
}

bool
ftx_member_unmask(const char *name, Datum *value, Oid type, List **dropped)
{
	Unmask unmask = {.drop = dropped != NULL, .dropped = dropped};

	initStringInfo(&unmask.path);
	appendStringInfoString(&unmask.path, name);
	switch (type)
	{
		case JSONBOID:
			return unmask_jsonb(value, &unmask);
		case TEXTARRAYOID:
			check_elements(*value, &unmask);
			return true;
		case TEXTOID:
			if (!is_mask_text(TextDatumGetCString(*value)))
				return true;
			if (!unmask.drop)
				refuse_mask(&unmask);
			*dropped = lappend(*dropped, unmask.path.data);
			return false;
		default:
			return true;
	}
}

/* ---------- members ---------- */

bool
ftx_jsonb_has_member(Datum jsonb, const char *name)
{
	Jsonb *object = DatumGetJsonbP(jsonb);

	return JB_ROOT_IS_OBJECT(object) &&
		   getKeyJsonValueFromContainer(&object->root, name, strlen(name),
										NULL) != NULL;
}

bool
ftx_jsonb_empty(Datum jsonb)
{
	return JB_ROOT_COUNT(DatumGetJsonbP(jsonb)) == 0;
}

Datum
ftx_jsonb_without(Datum jsonb, const char *name)
{
	return DirectFunctionCall2(jsonb_delete, jsonb, CStringGetTextDatum(name));
}
