/*-------------------------------------------------------------------------
 *
 * target_answer.c
 *		Rows as the API has them after a write.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/target.h"
#include "json/value.h"
#include "utils/rel.h"

/*
 * The object as a detail call has it, where a write answers with a message.
 * NULL if there is no such call or object.
 */
static FtxCall *
detail_after_write(FtxTarget *target, char **identity)
{
	const FtxResource *resource = target->resource;
	FtxCallSpec spec = {0};
	FtxCall *call;

	if (resource->detail.path == NULL || identity == NULL)
		return NULL;
	spec.method = FTX_GET;
	spec.path = ftx_bound_path(resource, &resource->detail, identity);
	spec.accept = resource->detail.accept;
	spec.repeat_safe = true;
	if (strchr(spec.path, '{') != NULL)
		return NULL;
	call = ftx_call_start(target->session, &spec, &target->stats, NULL,
						  CurrentMemoryContext);
	ftx_call_wait(call);
	if (ftx_call_succeeded(call))
		return call;
	if (!ftx_call_object_missing(call))
		ftx_call_raise(call);
	return NULL;
}

/*
 * Some creations tell the key under another name.
 */
static void
find_created_key(FtxTarget *target, FtxCall *call, FtxPage *page)
{
	const FtxResource *resource = target->resource;
	const int *columns = ftx_converter_columns(target->answer);
	FtxPage created = {0};

	if (target->operation != CMD_INSERT || resource->created_key == NULL)
		return;
	ftx_call_decode(call, FTX_SHAPE_ANSWER,
					ftx_projection_create(&resource->created_key, 1), &created);
	for (int i = 0; i < page->nslots && created.nitems > 0; i++)
	{
		if (columns[i] == ftx_resource_key(resource) &&
			page->values[i].kind == FTX_JSON_ABSENT)
			page->values[i] = created.values[0];
	}
}

/*
 * Put what was read over the attributes that are returned.
 */
static void
put_returned(FtxTarget *target, const Datum *read, const bool *absent,
			 Datum *values, bool *nulls)
{
	ListCell *lc;

	foreach (lc, target->returned)
	{
		int i = lfirst_int(lc) - 1;
		int column = target->columns[i];

		/* what was part of the path need not be in the answer */
		if (absent[i] &&
			((target->resource->columns[column].flags & FTX_PARENT) != 0 ||
			 bms_is_member(column, target->identity)))
			continue;
		values[i] = read[i];
		nulls[i] = absent[i];
	}
	ftx_generated_compute(target->generated, values, nulls);
}

/*
 * Look a new row up in the list, by the column that tells it from others
 * (FtxResource.find_by).  It may be gone again: the row stays as it is then.
 */
static void
find_in_list(FtxTarget *target, Datum *values, bool *nulls)
{
	const FtxResource *resource = target->resource;
	int natts = RelationGetNumberOfAttributes(target->rel);
	int attnum =
		target->attnum_of[ftx_resource_column(resource, resource->find_by)];
	FtxStreamRange range = {.query = "", .many_column = -1};
	FtxSourceSpec spec = {0};
	FtxConverter *converter;
	FtxStream *stream;
	const FtxJsonValue *item;
	Datum *found = palloc(sizeof(Datum) * natts);
	bool *absent = palloc(sizeof(bool) * natts);
	char *wanted;

	if (attnum == 0 || nulls[attnum - 1])
		return;
	wanted = ftx_target_text(target, attnum, values[attnum - 1]);
	converter = ftx_converter_create(
		target->rel, resource,
		list_append_unique_int(list_copy(target->returned), attnum), NIL);
	spec.session = target->session;
	spec.resource = resource;
	spec.projection = ftx_converter_projection(converter);
	spec.slot_columns = ftx_converter_columns(converter);
	spec.stats = &target->stats;
	spec.page_size = target->session->options.page_size;
	spec.limit = -1;
	range.fixed = palloc0(sizeof(char *) * resource->ncolumns);
	for (int i = 0; i < natts; i++)
	{
		int column = target->columns[i];

		if (column >= 0 && (resource->columns[column].flags & FTX_PARENT) != 0)
			range.fixed[column] = ftx_target_text(target, i + 1, values[i]);
	}
	stream = ftx_stream_create(&spec);
	ftx_stream_start(stream, &range);
	while ((item = ftx_stream_next(stream)) != NULL)
	{
		ftx_converter_fill(converter, item, false, found, absent);
		if (!absent[attnum - 1] &&
			pg_strcasecmp(ftx_target_text(target, attnum, found[attnum - 1]),
						  wanted) == 0)
		{
			put_returned(target, found, absent, values, nulls);
			break;
		}
	}
}

void
ftx_target_answer(FtxTarget *target, FtxCall *call, char **identity,
				  Datum *values, bool *nulls)
{
	int natts = RelationGetNumberOfAttributes(target->rel);
	Datum *answered;
	bool *absent;
	FtxPage page = {0};

	if (target->answer == NULL)
		return;
	ftx_call_decode(call, FTX_SHAPE_ANSWER,
					ftx_converter_projection(target->answer), &page);
	if (page.nitems == 0 && target->operation == CMD_INSERT &&
		target->resource->find_by != NULL)
	{
		find_in_list(target, values, nulls);
		return;
	}
	if (page.nitems == 0)
	{
		call = detail_after_write(target, identity);
		if (call == NULL)
			return;
		ftx_call_decode(call, FTX_SHAPE_OBJECT,
						ftx_converter_projection(target->answer), &page);
	}
	find_created_key(target, call, &page);
	answered = palloc(sizeof(Datum) * natts);
	absent = palloc(sizeof(bool) * natts);
	ftx_converter_fill(target->answer, page.values, false, answered, absent);
	put_returned(target, answered, absent, values, nulls);
}

FtxNestTree *
ftx_target_tree(FtxTarget *target, FtxCall *call)
{
	const char *whole = "";
	FtxPage page = {0};

	ftx_call_decode(call, FTX_SHAPE_OBJECT, ftx_projection_create(&whole, 1),
					&page);
	return ftx_nest_tree(target->resource, &page.values[0]);
}

void
ftx_target_answer_row(FtxTarget *target, FtxNestTree *tree, char **identity,
					  Datum *values, bool *nulls)
{
	int natts = RelationGetNumberOfAttributes(target->rel);
	Datum *answered;
	bool *absent;
	FtxJsonValue found;
	FtxJsonValue *slots;

	if (target->answer == NULL || !ftx_nest_find(tree, identity, &found))
		return;
	answered = palloc(sizeof(Datum) * natts);
	absent = palloc(sizeof(bool) * natts);
	slots = palloc0(sizeof(FtxJsonValue) * (natts + 1));
	ftx_page_project(&found, ftx_converter_projection(target->answer), slots);
	ftx_converter_fill(target->answer, slots, false, answered, absent);
	put_returned(target, answered, absent, values, nulls);
}
