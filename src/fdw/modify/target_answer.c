/*-------------------------------------------------------------------------
 *
 * target_answer.c
 *		Rows as the API has them after a write.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/page.h"
#include "api/options/table.h"
#include "api/secrets/words.h"
#include "base/compat.h"
#include "base/method.h"
#include "catalogue/catalogue.h"
#include "fdw/modify/merge.h"
#include "fdw/modify/target.h"
#include "fdw/modify/target_answer.h"
#include "fdw/plan/generated.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "read/binding.h"
#include "read/converter.h"
#include "read/items.h"
#include "read/objects.h"
#include "read/pages.h"
#include "read/slot.h"
#include "utils/rel.h"

/*
 * What can still be looked up when an answer does not tell it: not a secret
 * that is told once, nor what only such answers tell.
 */
#define NEVER_READ (FTX_ONE_TIME | FTX_ANSWER_ONLY | FTX_PARENT)

static unsigned
attribute_flags(const FtxTarget *target, int attnum)
{
	return target->resource->columns[ftx_table_column(target->table, attnum)]
		.flags;
}

/*
 * A key of null, of no characters or of another kind names nothing: it is
 * absent.
 */
static void
forget_empty_keys(FtxTarget *target, FtxJsonValue *item)
{
	const FtxResource *resource = target->resource;
	const int *columns = ftx_converter_columns(target->answer);

	for (int i = 0; i < ftx_converter_slots(target->answer); i++)
	{
		unsigned flags = columns[i] < 0 ? 0 :
										  resource->columns[columns[i]].flags;

		if ((flags & (FTX_KEY | FTX_PARENT)) == FTX_KEY &&
			!ftx_json_names(&item[i]))
			item[i].kind = FTX_JSON_ABSENT;
	}
}

/*
 * A new row whose key is needed and not told, or no key at all.
 */
ftx_noreturn static void
raise_unnamed(const FtxTarget *target, const char *key)
{
	const char *why =
		key == NULL || key[0] == '\0' ?
			"its answer lacks the key" :
			psprintf("its answer names it \"%s\", which cannot be asked for",
					 key);

	ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
					errmsg("the Fivetran API did not name the new row of %s",
						   target->resource->name),
					errdetail("It was made, but %s.", why)));
}

/*
 * Whoever asks for the key of a new row gets one.
 */
static void
check_named(FtxTarget *target, const Datum *values, const bool *nulls)
{
	ListCell *lc;

	if (target->operation != CMD_INSERT)
		return;
	foreach (lc, target->returned)
	{
		int i = lfirst_int(lc) - 1;

		if ((attribute_flags(target, i + 1) & FTX_KEY) == 0)
			continue;
		if (nulls[i] || ftx_target_text(target, i + 1, values[i])[0] == '\0')
			raise_unnamed(target, NULL);
	}
}

/*
 * Put the attributes `wanted` of an item over the row.  Returns those that
 * it lacks, which stay as they are: absent is not null.
 */
static Bitmapset *
put_item(FtxTarget *target, FtxConverter *converter, const FtxJsonValue *item,
		 const Bitmapset *wanted, Datum *values, bool *nulls)
{
	int natts = RelationGetNumberOfAttributes(target->rel);
	Datum *read = palloc(sizeof(Datum) * natts);
	bool *null = palloc(sizeof(bool) * natts);
	Bitmapset *missing = ftx_converter_missing(converter, item);
	int attnum = -1;

	ftx_converter_fill(converter, item, false, read, null);
	while ((attnum = bms_next_member(wanted, attnum)) >= 0)
	{
		if (bms_is_member(attnum, missing))
			continue;
		values[attnum - 1] = read[attnum - 1];
		nulls[attnum - 1] = null[attnum - 1];
	}
	return bms_int_members(missing, wanted);
}

static Bitmapset *
returned_set(const FtxTarget *target)
{
	Bitmapset *set = NULL;
	ListCell *lc;

	foreach (lc, target->returned)
		set = bms_add_member(set, lfirst_int(lc));
	return set;
}

/*
 * The columns that name the row in paths: as the request had them, else as the
 * row has them, else the key that `item` (may be NULL) tells.
 */
static FtxBinding *
bind_row(FtxTarget *target, const FtxBinding *binding, const FtxJsonValue *item,
		 const Datum *values, const bool *nulls)
{
	const FtxResource *resource = target->resource;
	FtxBinding *row = ftx_binding_create(resource);

	for (int i = 0; i < resource->ncolumns; i++)
	{
		int attnum = ftx_table_attnum(target->table, i);

		if (binding != NULL && binding->texts[i] != NULL)
			row->texts[i] = binding->texts[i];
		else if ((resource->columns[i].flags & (FTX_KEY | FTX_PARENT)) == 0)
			continue;
		else if (attnum > 0 && !nulls[attnum - 1])
			row->texts[i] = ftx_target_text(target, attnum, values[attnum - 1]);
		else if (item != NULL && i == ftx_resource_key(resource) &&
				 ftx_json_names(&item[FTX_KEY_SLOT]))
			row->texts[i] = ftx_json_text(&item[FTX_KEY_SLOT]);
	}
	return row;
}

/*
 * Read one object after a write.  What is not there cannot be returned: absent
 * is not null.  A key that the answer told goes into the path: it must fit
 * there.
 */
static FtxCall *
read_object(FtxTarget *target, const char *template, const FtxBinding *row)
{
	const FtxResource *resource = target->resource;
	int lacking = ftx_binding_lacks(row, template);
	FtxCallSpec spec = {0};
	FtxCall *call;

	if (lacking >= 0)
		raise_unnamed(target, row->texts[lacking]);
	spec.method = FTX_GET;
	spec.path = ftx_binding_path(row, template);
	if (template == resource->detail && ftx_key_member(resource))
		spec.expected.id = row->texts[ftx_resource_key(resource)];
	spec.repeat_safe = true;
	call = ftx_call_start(target->session, &spec, &target->stats, NULL,
						  CurrentMemoryContext);
	if (!ftx_call_succeeded(call))
		ftx_call_raise_after_write(call);
	return call;
}

/*
 * Columns that a call of their own has.
 */
static void
look_up_extra(FtxTarget *target, int which, const FtxBinding *row,
			  Bitmapset *wanted, Datum *values, bool *nulls)
{
	FtxReadSpec spec = {.resource = target->resource,
						.projection = ftx_converter_projection(target->answer),
						.slot_columns = ftx_converter_columns(target->answer)};
	FtxJsonValue *item = palloc0(sizeof(FtxJsonValue) *
								 ftx_converter_slots(target->answer));
	FtxCall *call = read_object(target, target->resource->extras[which], row);

	ftx_objects_take_extra(call, &spec, which == 0 ? FTX_EXTRA_1 : FTX_EXTRA_2,
						   item);
	put_item(target, target->answer, item, wanted, values, nulls);
}

/*
 * Some creations tell the key under another name.
 */
static void
find_created_key(FtxTarget *target, FtxCall *call, FtxJsonValue *item)
{
	const FtxResource *resource = target->resource;
	const int *columns = ftx_converter_columns(target->answer);
	const FtxJsonValue *created;

	if (target->operation != CMD_INSERT || resource->created_key == NULL)
		return;
	created = ftx_call_written(
		call, ftx_projection_create(&resource->created_key, 1));
	for (int i = 0; i < ftx_converter_slots(target->answer); i++)
	{
		if (columns[i] == ftx_resource_key(resource) &&
			item[i].kind == FTX_JSON_ABSENT && ftx_json_names(&created[0]))
			item[i] = created[0];
	}
}

/*
 * A new row whose secrets are told once: are they?
 */
static void
check_secrets(const FtxTarget *target, FtxCall *call)
{
	const FtxResource *resource = target->resource;
	const char **members = palloc0(sizeof(char *) * (resource->ncolumns + 1));
	bool any = false;
	int n = 0;

	if (target->operation != CMD_INSERT)
		return;
	for (int i = 0; i < resource->ncolumns; i++)
	{
		if ((resource->columns[i].flags & FTX_ONE_TIME) == 0)
			continue;
		any |= (resource->columns[i].flags & FTX_EITHER) != 0;
		members[n++] = resource->columns[i].path;
	}
	ftx_call_check_secrets(call, members, any,
						   resource->created_key != NULL ?
							   resource->created_key :
							   ftx_key_member(resource));
}

/*
 * The list does not have the row: then nothing may be wanted that only the
 * list tells.
 */
static void
check_found(const FtxTarget *target, const Bitmapset *wanted, const char *key,
			const bool *nulls)
{
	int attnum = -1;

	while ((attnum = bms_next_member(wanted, attnum)) >= 0)
	{
		if (nulls[attnum - 1] &&
			(attribute_flags(target, attnum) & NEVER_READ) == 0)
			ereport(
				ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg(
					 "the change was made, but \"%s\" is not in the list of %s to be returned",
					 ftx_words_of_text(key, false), target->resource->name),
				 errhint(
					 "Do not repeat the statement. Read the table later: the row may not be there yet, the API key may not see it, or somebody has deleted it.")));
	}
}

/*
 * Look a row up in its list, by a column that tells it from others.
 */
static void
look_up_in_list(FtxTarget *target, int by, const char *wanted_key,
				Bitmapset *wanted, Datum *values, bool *nulls)
{
	const FtxResource *resource = target->resource;
	int natts = RelationGetNumberOfAttributes(target->rel);
	int attnum = ftx_table_attnum(target->table, by);
	FtxItemsRange range = {.query = "", .many_column = -1};
	FtxReadSpec spec = {0};
	FtxConverter *converter;
	FtxItems *items;
	const FtxJsonValue *item;
	/* email addresses may come back in lower case */
	int (*compare)(const char *,
				   const char *) = by == ftx_resource_key(resource) ?
									   strcmp :
									   pg_strcasecmp;
	Datum *found = palloc(sizeof(Datum) * natts);
	bool *null = palloc(sizeof(bool) * natts);

	if (attnum == 0 || wanted_key == NULL)
		return;
	converter = ftx_generated_converter(
		target->rel, target->table,
		list_append_unique_int(list_copy(target->returned), attnum), NIL);
	spec.session = target->session;
	spec.resource = resource;
	spec.projection = ftx_converter_projection(converter);
	spec.slot_columns = ftx_converter_columns(converter);
	spec.stats = &target->stats;
	spec.page_size = target->session->options.page_size;
	spec.limit = -1;
	range.binding = ftx_binding_create(resource);
	for (int i = 0; i < natts; i++)
	{
		int column = ftx_table_column(target->table, i + 1);

		if (column >= 0 && !nulls[i] &&
			(resource->columns[column].flags & FTX_PARENT) != 0)
			range.binding->texts[column] = ftx_target_text(target, i + 1,
														   values[i]);
	}
	items = ftx_items_create(&spec);
	ftx_items_start(items, &range);
	while ((item = ftx_items_next(items)) != NULL)
	{
		ftx_converter_fill(converter, item, false, found, null);
		if (!null[attnum - 1] &&
			compare(ftx_target_text(target, attnum, found[attnum - 1]),
					wanted_key) == 0)
		{
			put_item(target, converter, item, wanted, values, nulls);
			return;
		}
	}
	check_found(target, wanted, wanted_key, nulls);
}

/*
 * Look up what the answer did not tell and nobody knows: the attributes
 * `unknown`.
 */
static void
complete_row(FtxTarget *target, Bitmapset *unknown, const FtxBinding *row,
			 Datum *values, bool *nulls)
{
	const FtxResource *resource = target->resource;
	int key = ftx_resource_key(resource);
	unsigned extras = 0;
	bool in_object = false;
	bool in_list = false;
	int attnum = -1;

	while ((attnum = bms_next_member(unknown, attnum)) >= 0)
	{
		unsigned flags = attribute_flags(target, attnum);

		if ((flags & NEVER_READ) != 0)
			continue;
		extras |= flags & FTX_EXTRAS;
		in_list |= (flags & FTX_LIST_ONLY) != 0;
		in_object |= (flags & (FTX_LIST_ONLY | FTX_EXTRAS)) == 0;
	}
	if (in_object && resource->detail != NULL)
	{
		FtxCall *call = read_object(target, resource->detail, row);
		FtxPage page = {0};

		ftx_call_decode_object(call, ftx_converter_projection(target->answer),
							   &page);
		ftx_call_check_id(call, &page.values[FTX_KEY_SLOT]);
		put_item(target, target->answer, page.values, unknown, values, nulls);
	}
	if ((extras & FTX_EXTRA_1) != 0)
		look_up_extra(target, 0, row, unknown, values, nulls);
	if ((extras & FTX_EXTRA_2) != 0)
		look_up_extra(target, 1, row, unknown, values, nulls);
	if (in_list && key >= 0)
		look_up_in_list(target, key, row->texts[key], unknown, values, nulls);
}

/*
 * The attributes of a row whose values are what was sent or read before.
 */
static Bitmapset *
known_attributes(const FtxTarget *target, const bool *nulls)
{
	Bitmapset *known = bms_copy(target->known);

	for (int i = 0; i < RelationGetNumberOfAttributes(target->rel); i++)
	{
		if (!nulls[i])
			known = bms_add_member(known, i + 1);
	}
	return known;
}

void
ftx_target_answer(FtxTarget *target, FtxCall *call, const FtxBinding *binding,
				  Datum *values, bool *nulls)
{
	const FtxResource *resource = target->resource;
	Bitmapset *unknown = returned_set(target);
	Bitmapset *known = known_attributes(target, nulls);
	FtxJsonValue *item;

	if (target->answer == NULL)
		return;
	check_secrets(target, call);
	item = ftx_call_written(call, ftx_converter_projection(target->answer));
	if (item != NULL)
	{
		forget_empty_keys(target, item);
		find_created_key(target, call, item);
		unknown = bms_del_members(
			put_item(target, target->answer, item, unknown, values, nulls),
			known);
	}
	else if (target->operation == CMD_INSERT && resource->find_by != NULL)
	{
		int by = ftx_resource_column(resource, resource->find_by);
		int attnum = ftx_table_attnum(target->table, by);

		if (attnum > 0 && !nulls[attnum - 1])
			look_up_in_list(target, by,
							ftx_target_text(target, attnum, values[attnum - 1]),
							unknown, values, nulls);
		unknown = NULL;
	}
	if (!bms_is_empty(unknown))
		complete_row(target, unknown,
					 bind_row(target, binding, item, values, nulls), values,
					 nulls);
	check_named(target, values, nulls);
	ftx_generated_compute(target->generated, values, nulls);
}

FtxAnswerTree *
ftx_target_tree(FtxTarget *target, FtxCall *call)
{
	const char *whole = "";
	FtxJsonValue nothing = {"{}", 2, FTX_JSON_OBJECT};
	FtxJsonValue *root = ftx_call_written(call,
										  ftx_projection_create(&whole, 1));

	return ftx_merge_tree(target->resource, root != NULL ? root : &nothing);
}

void
ftx_target_answer_row(FtxTarget *target, FtxAnswerTree *tree,
					  const FtxBinding *binding, Datum *values, bool *nulls)
{
	FtxJsonValue found;
	FtxJsonValue *item;

	if (target->answer == NULL || !ftx_merge_find(tree, binding, &found))
		return;
	item = palloc0(sizeof(FtxJsonValue) * ftx_converter_slots(target->answer));
	ftx_page_project(&found, ftx_converter_projection(target->answer), item);
	put_item(target, target->answer, item, returned_set(target), values, nulls);
	ftx_generated_compute(target->generated, values, nulls);
}
