/*-------------------------------------------------------------------------
 *
 * converter.c
 *		From the members of an item to the attributes of a row.
 *
 * A foreign table may have been written by hand: other types than those of
 * the catalogue go through the input function of the type, fed with the text
 * of a scalar or the JSON of an object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/options/options.h"
#include "api/secrets/words.h"
#include "base/compat.h"
#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "json/array.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "api/options/constant.h"
#include "read/converter.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* An attribute of the table that is to be filled. */
typedef struct Attribute
{
	int index; /* attnum - 1 */
	const char *name;
	const FtxColumn *column;
	int slot; /* in the projection; -1: always NULL */
	Oid type;
	int32 typmod;
	int32 element_typmod;
	bool is_domain;
	void *domain_cache; /* of domain_check() */
	MemoryContext cxt;	/* for that */
	Oid base;			/* type of a value, or of the array's elements, that
								 * domains are over */
	int32 base_typmod;
	bool may_be_null; /* instead of an error, see FtxConverter.misfits */
	bool takes_json;  /* json, jsonb or a domain over them, or an
								 * array of such */
	FmgrInfo input;	  /* of the type, or of the array's elements */
	Oid ioparam;
	Oid element; /* element type of an array, else InvalidOid */
	int16 elmlen;
	bool elmbyval;
	char elmalign;
} Attribute;

/*
 * An item is an array of slots, whose paths the projection has.  Slot 0 is the
 * resource's key (or what tells an object from others), whether an attribute
 * shows it or not; the others belong to one attribute each, in the order of
 * `attributes`: two attributes that mean one column have a slot each.  What no
 * read returns has none (-1) and is NULL; nor have generated attributes and
 * constants, which are none of `attributes` at all.  Slots of a parent's columns and of extra
 * calls have the path "@0": whoever reads those fills them.
 */
struct FtxConverter
{
	const FtxResource *resource;
	const char *shown_by; /* the table or function, for words */
	const char *key_name;
	int natts;			   /* of the table */
	Attribute *attributes; /* those of the first step, then the others */
	int nattributes;
	int nfirst;
	FtxConstants *constants; /* attributes that no item has; NULL: none */
	FtxMisfits *misfits;	 /* values that do not fit; NULL: they are errors */
	FtxCompute compute;		 /* after each step, unless it is NULL there */
	void *compute_first;
	void *compute_rest;
	FtxProjection *projection;
	int *slot_columns;

	/* for the error context */
	const Attribute *current;
	const FtxJsonValue *item;
};

static void
prepare_attribute(Attribute *attribute, Form_pg_attribute att)
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

/*
 * Values of the parent's columns and of extra calls are not in the items: the
 * slot is filled by who reads them.
 */
const char *
ftx_slot_path(const FtxColumn *column)
{
	return (column->flags & (FTX_PARENT | FTX_EXTRAS)) != 0 ? "@0" :
															  column->path;
}

const char *
ftx_key_member(const FtxResource *resource)
{
	int key = ftx_resource_key(resource);
	const char *path = key < 0 ? NULL : ftx_slot_path(&resource->columns[key]);

	return path == NULL || path[0] == '@' ? NULL : path;
}

/*
 * The catalogue's column that an attribute of a foreign table means, or
 * FTX_COLUMN_CONSTANT.
 */
static int
column_of(FtxConverter *converter, Relation rel, Form_pg_attribute att)
{
	char *remote;
	int column = ftx_options_column(RelationGetRelid(rel), att->attnum,
									converter->resource, &remote);

	if (column < 0 && column != FTX_COLUMN_CONSTANT)
		ereport(
			ERROR,
			(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
			 errmsg("column \"%s\" of %s means no column of %s",
					NameStr(att->attname), converter->shown_by,
					converter->resource->name),
			 errdetail("There is no column \"%s\".", remote),
			 errhint(
				 "SELECT column_name FROM fivetrex_columns() WHERE table_name = '%s' lists them; the column option column_name names one.",
				 converter->resource->name)));
	return column;
}

/*
 * Add the attribute, with a slot in the projection if it is read.
 */
static void
add_attribute(FtxConverter *converter, Form_pg_attribute att, int column,
			  const char **paths, int *npaths)
{
	Attribute *attribute = &converter->attributes[converter->nattributes++];

	attribute->index = att->attnum - 1;
	attribute->name = pstrdup(NameStr(att->attname));
	attribute->column = &converter->resource->columns[column];
	attribute->slot = -1;
	if ((attribute->column->flags & FTX_WRITE_ONLY) == 0)
	{
		attribute->slot = *npaths;
		converter->slot_columns[*npaths] = column;
		paths[(*npaths)++] = ftx_slot_path(attribute->column);
	}
	prepare_attribute(attribute, att);
	attribute->may_be_null = (attribute->column->flags &
							  (FTX_KEY | FTX_PARENT)) == 0 &&
							 ftx_misfits_allowed(att);
}

/*
 * Add attributes but for the generated ones and constants, which are not read.
 * Are there constants?
 */
static bool
add_attributes(FtxConverter *converter, Relation rel, List *attnums,
			   const char **paths, int *npaths)
{
	bool constants = false;
	ListCell *lc;

	foreach (lc, attnums)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel),
											  lfirst_int(lc) - 1);

		int column;

		if (att->attgenerated != '\0')
			continue;
		column = column_of(converter, rel, att);
		if (column == FTX_COLUMN_CONSTANT)
			constants = true;
		else
			add_attribute(converter, att, column, paths, npaths);
	}
	return constants;
}

/*
 * A converter with room for n attributes of a row; slot FTX_KEY_SLOT is there
 * already.
 */
static FtxConverter *
new_converter(const FtxResource *resource, char *shown_by, int natts, int n,
			  const char **paths)
{
	FtxConverter *converter = palloc0(sizeof(FtxConverter));
	int key = ftx_resource_key(resource);

	converter->resource = resource;
	converter->shown_by = shown_by;
	converter->natts = natts;
	converter->attributes = palloc0(sizeof(Attribute) * Max(n, 1));
	converter->key_name = key >= 0 ? resource->columns[key].name : NULL;
	converter->slot_columns = palloc(sizeof(int) * (n + 1));
	converter->slot_columns[FTX_KEY_SLOT] = key;
	paths[FTX_KEY_SLOT] = resource->object_id != NULL ? resource->object_id :
						  resource->always != NULL	  ? resource->always :
						  key >= 0 ? ftx_slot_path(&resource->columns[key]) :
									 "";
	return converter;
}

const char *
ftx_always_complaint(const FtxResource *resource, const FtxJsonValue *value)
{
	const char *always = resource->always;
	int column;

	if (always == NULL)
		return NULL;
	if (value->kind == FTX_JSON_ABSENT)
		return psprintf("Its \"data\" has no \"%s\".", always);
	column = ftx_resource_column(resource, always);
	if (column >= 0 && resource->columns[column].type == FTX_TEXT &&
		!ftx_json_names(value))
		return psprintf("Its \"%s\" has no text.", always);
	return NULL;
}

void
ftx_check_always(FtxCall *call, const FtxResource *resource,
				 const FtxJsonValue *value)
{
	const char *complaint = ftx_always_complaint(resource, value);

	if (complaint != NULL)
		ftx_call_complain(call, complaint);
}

FtxConverter *
ftx_converter_create(Relation rel, const FtxResource *resource, List *attnums,
					 List *first)
{
	int n = list_length(attnums);
	List *rest = list_difference_int(attnums, first);
	const char **paths = palloc(sizeof(char *) * (n + 1));
	FtxConverter *converter = new_converter(
		resource,
		psprintf("foreign table \"%s\"", RelationGetRelationName(rel)),
		RelationGetNumberOfAttributes(rel), n, paths);
	int npaths = 1;
	bool constants;

	first = list_intersection_int(attnums, first);
	constants = add_attributes(converter, rel, first, paths, &npaths);
	converter->nfirst = converter->nattributes;
	constants |= add_attributes(converter, rel, rest, paths, &npaths);
	if (constants)
		converter->constants = ftx_constants_of(rel, attnums);
	converter->projection = ftx_projection_create(paths, npaths);
	ftx_projection_remember(converter->projection);
	return converter;
}

void
ftx_converter_tolerate(FtxConverter *converter)
{
	converter->misfits = ftx_misfits_create();
}

FtxMisfits *
ftx_converter_misfits(FtxConverter *converter)
{
	return converter->misfits;
}

void
ftx_converter_report(FtxConverter *converter)
{
	if (converter->misfits != NULL)
		ftx_misfits_report(converter->misfits, converter->shown_by);
}

void
ftx_converter_compute(FtxConverter *converter, FtxCompute compute, void *first,
					  void *rest)
{
	converter->compute = compute;
	converter->compute_first = first;
	converter->compute_rest = rest;
}

FtxConverter *
ftx_converter_of_function(const char *function, TupleDesc tupdesc,
						  const FtxResource *resource,
						  const char *const *columns)
{
	const char **paths = palloc(sizeof(char *) * (tupdesc->natts + 1));
	FtxConverter *converter = new_converter(
		resource, psprintf("function %s()", function), tupdesc->natts,
		tupdesc->natts, paths);
	int npaths = 1;

	for (int i = 0; i < tupdesc->natts; i++)
	{
		if (columns[i] != NULL)
			add_attribute(converter, TupleDescAttr(tupdesc, i),
						  ftx_resource_column(resource, columns[i]), paths,
						  &npaths);
	}
	converter->projection = ftx_projection_create(paths, npaths);
	return converter;
}

const FtxProjection *
ftx_converter_projection(FtxConverter *converter)
{
	return converter->projection;
}

const int *
ftx_converter_columns(FtxConverter *converter)
{
	return converter->slot_columns;
}

int
ftx_converter_slots(FtxConverter *converter)
{
	return converter->projection->nslots;
}

unsigned
ftx_converter_extras(FtxConverter *converter)
{
	unsigned flags = 0;

	for (int i = 0; i < converter->nattributes; i++)
		flags |= converter->attributes[i].column->flags & FTX_EXTRAS;
	return flags;
}

bool
ftx_converter_needs_detail(FtxConverter *converter, const FtxJsonValue *item)
{
	for (int i = 0; i < converter->nattributes; i++)
	{
		const Attribute *attribute = &converter->attributes[i];

		if (attribute->slot < 0)
			continue;
		if ((attribute->column->flags & FTX_DETAIL) != 0)
			return true;
		if ((attribute->column->flags & FTX_LIST_MAY_OMIT) != 0 &&
			item[attribute->slot].kind == FTX_JSON_ABSENT)
			return true;
	}
	return false;
}

Bitmapset *
ftx_converter_missing(FtxConverter *converter, const FtxJsonValue *item)
{
	Bitmapset *missing = NULL;

	for (int i = 0; i < converter->nattributes; i++)
	{
		const Attribute *attribute = &converter->attributes[i];

		if (attribute->slot >= 0 &&
			item[attribute->slot].kind == FTX_JSON_ABSENT)
			missing = bms_add_member(missing, attribute->index + 1);
	}
	return missing;
}

static Datum
input_text(Attribute *attribute, char *text)
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
input_json(Attribute *attribute, const FtxJsonValue *value)
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

/*
 * Check the constraints of a domain where its input function does not.
 */
static void
check_domain(Attribute *attribute, Datum value, bool null)
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
datetime_value(Attribute *attribute, const FtxJsonValue *value)
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
boolean_value(Attribute *attribute, const FtxJsonValue *value)
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
integer_text(Attribute *attribute, const FtxJsonValue *value)
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
scalar_value(Attribute *attribute, const FtxJsonValue *value)
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
array_value(Attribute *attribute, const FtxJsonValue *value)
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

static Datum
convert(Attribute *attribute, const FtxJsonValue *value)
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

			check_domain(attribute, array, false);
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
	check_domain(attribute, datum, false);
	return datum;
}

/*
 * May the row's key be shown?
 */
static bool
is_key_printable(const FtxConverter *converter)
{
	const FtxJsonValue *key = &converter->item[FTX_KEY_SLOT];

	return converter->key_name != NULL && key->kind == FTX_JSON_STRING &&
		   key->len < 200;
}

/*
 * Tell which value did not fit.  No catalogue look-ups in here: the
 * transaction has failed already.
 */
static void
add_value_context(void *arg)
{
	FtxConverter *converter = arg;
	const FtxJsonValue *key = &converter->item[FTX_KEY_SLOT];
	bool printable = is_key_printable(converter);

	ftx_words_mask_error();
	errcontext("column \"%s\" of %s%s%s%s%s%s, JSON path \"%s\"",
			   converter->current->name, converter->shown_by,
			   printable ? ", row with " : "",
			   printable ? converter->key_name : "", printable ? " \"" : "",
			   printable ? ftx_words_of_json(key) : "", printable ? "\"" : "",
			   ftx_slot_path(converter->current->column));
}

/*
 * The value, or false if it does not fit and may be NULL.  The error is caught
 * without a subtransaction, which parallel queries do not allow: so only of
 * functions that have nothing to be released (ftx_misfits_allowed()).
 */
static bool
convert_if_fits(FtxConverter *converter, Attribute *attribute,
				const FtxJsonValue *value, Datum *result)
{
	MemoryContext cxt = CurrentMemoryContext;
	volatile bool fits = true;

	PG_TRY();
	{
		*result = convert(attribute, value);
	}
	PG_CATCH();
	{
		if (!ftx_misfits_error(geterrcode()))
			PG_RE_THROW();
		MemoryContextSwitchTo(cxt);
		FlushErrorState();
		fits = false;
	}
	PG_END_TRY();
	if (!fits)
		ftx_misfits_add(converter->misfits, attribute->name,
						ftx_slot_path(attribute->column),
						is_key_printable(converter) ?
							ftx_words_of_json(&converter->item[FTX_KEY_SLOT]) :
							NULL);
	return fits;
}

/*
 * Fill some of the attributes.
 */
static void
fill(FtxConverter *converter, int from, int to, const FtxJsonValue *item,
	 bool list_only, Datum *values, bool *nulls)
{
	ErrorContextCallback callback;

	converter->item = item;
	callback.callback = add_value_context;
	callback.arg = converter;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	for (int i = from; i < to; i++)
	{
		Attribute *attribute = &converter->attributes[i];
		const FtxJsonValue *value;

		if (attribute->slot < 0 ||
			(list_only && (attribute->column->flags & FTX_DETAIL) != 0))
			continue;
		value = &item[attribute->slot];
		converter->current = attribute;
		if (value->kind == FTX_JSON_ABSENT || value->kind == FTX_JSON_NULL)
		{
			if (!list_only)
				check_domain(attribute, (Datum) 0, true);
			continue;
		}
		if (unlikely(converter->misfits != NULL) && attribute->may_be_null)
		{
			nulls[attribute->index] = !convert_if_fits(
				converter, attribute, value, &values[attribute->index]);
			continue;
		}
		values[attribute->index] = convert(attribute, value);
		nulls[attribute->index] = false;
	}
	error_context_stack = callback.previous;
}

/*
 * What is computed from the attributes that have been filled.
 */
static void
compute_others(FtxConverter *converter, void *what, Datum *values, bool *nulls)
{
	if (what != NULL)
		converter->compute(what, values, nulls);
}

/*
 * An empty row, but for constants.
 */
static void
clear(FtxConverter *converter, Datum *values, bool *nulls)
{
	memset(nulls, true, sizeof(bool) * converter->natts);
	memset(values, 0, sizeof(Datum) * converter->natts);
	if (converter->constants != NULL)
		ftx_constants_fill(converter->constants, values, nulls);
}

void
ftx_converter_fill(FtxConverter *converter, const FtxJsonValue *item,
				   bool list_only, Datum *values, bool *nulls)
{
	clear(converter, values, nulls);
	fill(converter, 0, converter->nattributes, item, list_only, values, nulls);
	compute_others(converter, converter->compute_first, values, nulls);
	compute_others(converter, converter->compute_rest, values, nulls);
}

void
ftx_converter_fill_first(FtxConverter *converter, const FtxJsonValue *item,
						 bool list_only, Datum *values, bool *nulls)
{
	clear(converter, values, nulls);
	fill(converter, 0, converter->nfirst, item, list_only, values, nulls);
	compute_others(converter, converter->compute_first, values, nulls);
}

void
ftx_converter_fill_rest(FtxConverter *converter, const FtxJsonValue *item,
						Datum *values, bool *nulls)
{
	fill(converter, converter->nfirst, converter->nattributes, item, false,
		 values, nulls);
	compute_others(converter, converter->compute_rest, values, nulls);
}
