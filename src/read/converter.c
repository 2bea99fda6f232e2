/*-------------------------------------------------------------------------
 *
 * converter.c
 *		From the members of an item to the attributes of a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/options/options.h"
#include "api/options/table.h"
#include "api/secrets/words.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "json/projection.h"
#include "mb/pg_wchar.h"
#include "api/options/constant.h"
#include "read/attribute.h"
#include "read/converter.h"
#include "read/slot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/*
 * An item is an array of slots, whose paths the projection has.  Slot 0 is the
 * resource's key (or what tells an object from others), whether an attribute
 * shows it or not; the others belong to one attribute each, in the order of
 * `attributes`: two attributes that mean one column have a slot each.  What no
 * read returns has none (-1) and is NULL; nor have generated attributes and
 * constants, which are none of `attributes` at all.  Slots of a parent's
 * columns and of extra calls have the path "@0": whoever reads those fills
 * them.
 */
struct FtxConverter
{
	const FtxResource *resource;
	const char *shown_by; /* the table or function, for words */
	const char *key_name;
	int natts;				  /* of the table */
	FtxAttribute *attributes; /* those of the first step, then the others */
	int nattributes;
	int nfirst;
	FtxConstants *constants; /* attributes that no item has; NULL: none */
	FtxMisfits *misfits;	 /* values that do not fit; NULL: they are errors */
	FtxCompute compute;		 /* after each step, unless it is NULL there */
	void *compute_first;
	void *compute_rest;
	FtxProjection *projection;
	int *slot_columns;

	/* while a row is being filled */
	bool filling;
	const FtxAttribute *current; /* for the error context */
	const FtxJsonValue *item;	 /* the same */
};

/*
 * The catalogue's column that an attribute of a foreign table means, or
 * FTX_COLUMN_CONSTANT.
 */
static int
column_of(FtxConverter *converter, FtxTable *table, Form_pg_attribute att)
{
	int column = ftx_table_column(table, att->attnum);
	char *remote;

	if (column == FTX_COLUMN_UNKNOWN)
	{
		(void) ftx_options_column(table->relid, att->attnum,
								  converter->resource, &remote);
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
	}
	return column;
}

/*
 * Add the attribute, with a slot in the projection if it is read.
 */
static void
add_attribute(FtxConverter *converter, Form_pg_attribute att, int column,
			  const char **paths, int *npaths)
{
	FtxAttribute *attribute = &converter->attributes[converter->nattributes++];

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
	ftx_attribute_prepare(attribute, att);
	attribute->may_be_null = (attribute->column->flags & FTX_KEY) == 0 &&
							 ftx_misfits_allowed(att);
}

/*
 * Add attributes but for the generated ones and constants, which are not read.
 * Are there constants?
 */
static bool
add_attributes(FtxConverter *converter, Relation rel, FtxTable *table,
			   List *attnums, const char **paths, int *npaths)
{
	bool constants = false;
	ListCell *lc;

	foreach (lc, attnums)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel),
											  lfirst_int(lc) - 1);

		int column = column_of(converter, table, att);

		constants |= column == FTX_COLUMN_CONSTANT;
		if (column >= 0)
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
	converter->attributes = palloc0(sizeof(FtxAttribute) * Max(n, 1));
	converter->key_name = key >= 0 ? resource->columns[key].name : NULL;
	converter->slot_columns = palloc(sizeof(int) * (n + 1));
	converter->slot_columns[FTX_KEY_SLOT] = key;
	paths[FTX_KEY_SLOT] = resource->object_id != NULL ? resource->object_id :
						  resource->always != NULL	  ? resource->always :
						  key >= 0 ? ftx_slot_path(&resource->columns[key]) :
									 "";
	return converter;
}

FtxConverter *
ftx_converter_create(Relation rel, FtxTable *table, List *attnums, List *first)
{
	int n = list_length(attnums);
	List *rest = list_difference_int(attnums, first);
	const char **paths = palloc(sizeof(char *) * (n + 1));
	FtxConverter *converter = new_converter(
		table->resource,
		psprintf("foreign table \"%s\"", RelationGetRelationName(rel)),
		RelationGetNumberOfAttributes(rel), n, paths);
	int npaths = 1;
	bool constants;

	first = list_intersection_int(attnums, first);
	constants = add_attributes(converter, rel, table, first, paths, &npaths);
	converter->nfirst = converter->nattributes;
	constants |= add_attributes(converter, rel, table, rest, paths, &npaths);
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
		const FtxAttribute *attribute = &converter->attributes[i];

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
		const FtxAttribute *attribute = &converter->attributes[i];

		if (attribute->slot >= 0 &&
			item[attribute->slot].kind == FTX_JSON_ABSENT)
			missing = bms_add_member(missing, attribute->index + 1);
	}
	return missing;
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

/* For ftx_misfits_try(). */
typedef struct Conversion
{
	FtxAttribute *attribute;
	const FtxJsonValue *value;
	Datum result;
} Conversion;

static void
convert(void *arg)
{
	Conversion *conversion = arg;

	conversion->result = ftx_attribute_convert(conversion->attribute,
											   conversion->value);
}

/*
 * The value, or false if it does not fit and may be NULL.
 */
static bool
convert_if_fits(FtxConverter *converter, FtxAttribute *attribute,
				const FtxJsonValue *value, Datum *result)
{
	Conversion conversion = {attribute, value, (Datum) 0};

	if (ftx_misfits_try(convert, &conversion))
	{
		*result = conversion.result;
		return true;
	}
	ftx_misfits_add(converter->misfits, attribute->name,
					ftx_slot_path(attribute->column),
					is_key_printable(converter) ?
						ftx_words_of_json(&converter->item[FTX_KEY_SLOT]) :
						NULL);
	return false;
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
	converter->filling = true;
	callback.callback = add_value_context;
	callback.arg = converter;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	for (int i = from; i < to; i++)
	{
		FtxAttribute *attribute = &converter->attributes[i];
		const FtxJsonValue *value;

		if (attribute->slot < 0 ||
			(list_only && (attribute->column->flags & FTX_DETAIL) != 0))
			continue;
		value = &item[attribute->slot];
		converter->current = attribute;
		if (value->kind == FTX_JSON_ABSENT || value->kind == FTX_JSON_NULL)
		{
			if (!list_only)
				ftx_attribute_check(attribute, (Datum) 0, true);
			continue;
		}
		if (unlikely(converter->misfits != NULL) && attribute->may_be_null)
		{
			nulls[attribute->index] = !convert_if_fits(
				converter, attribute, value, &values[attribute->index]);
			continue;
		}
		values[attribute->index] = ftx_attribute_convert(attribute, value);
		nulls[attribute->index] = false;
	}
	error_context_stack = callback.previous;
	converter->filling = false;
}

/*
 * What is computed from the attributes that have been filled.
 */
static void
compute_others(FtxConverter *converter, void *what, Datum *values, bool *nulls)
{
	if (what == NULL)
		return;
	converter->filling = true;
	converter->compute(what, values, nulls);
	converter->filling = false;
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

void
ftx_converter_fill_some(FtxConverter *converter, const Bitmapset *attnums,
						const FtxJsonValue *item, Datum *values, bool *nulls)
{
	clear(converter, values, nulls);
	for (int i = 0; i < converter->nattributes; i++)
	{
		if (bms_is_member(converter->attributes[i].index + 1, attnums))
			fill(converter, i, i + 1, item, true, values, nulls);
	}
}

bool
ftx_converter_filling(const FtxConverter *converter)
{
	return converter->filling;
}

void
ftx_converter_failed(FtxConverter *converter)
{
	converter->filling = false;
}

int
ftx_converter_slot(const FtxConverter *converter, int attnum)
{
	for (int i = 0; i < converter->nattributes; i++)
	{
		if (converter->attributes[i].index == attnum - 1)
			return converter->attributes[i].slot;
	}
	return -1;
}
