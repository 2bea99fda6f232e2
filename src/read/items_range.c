/*-------------------------------------------------------------------------
 *
 * items_range.c
 *		What a range of items comes to: requests, and the values they need.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/stats.h"
#include "mb/pg_wchar.h"
#include "read/binding.h"
#include "read/items.h"
#include "read/items_state.h"
#include "read/page_call.h"
#include "read/path.h"

const char *
ftx_list_template(const FtxResource *resource)
{
	return resource->list != NULL ? resource->list : resource->detail;
}

static char **
copy_texts(char *const *texts, int n)
{
	char **result = palloc0(sizeof(char *) * Max(n, 1));

	for (int i = 0; i < n; i++)
		result[i] = texts[i] != NULL ? pstrdup(texts[i]) : NULL;
	return result;
}

/*
 * Is the one row that is wanted known, and can it be asked for?
 */
static bool
whole_key_known(const FtxResource *resource, const FtxItemsRange *range)
{
	return resource->parent != NULL && resource->list != NULL &&
		   resource->detail != NULL && range->many_column < 0 &&
		   ftx_binding_lacks(range->binding, resource->detail) < 0;
}

FtxItemsPlan
ftx_items_plan(const FtxResource *resource, const FtxItemsRange *range)
{
	const char *list = ftx_list_template(resource);
	Bitmapset *needed = ftx_path_columns(resource, list);
	FtxItemsPlan plan = {.template = list};
	int column = -1;

	plan.one_object = whole_key_known(resource, range);
	if (plan.one_object)
		plan.template = resource->detail;
	while ((column = bms_next_member(needed, column)) >= 0)
	{
		if (column == range->many_column)
			continue;
		if (range->binding->texts[column] == NULL)
			plan.enumerate = true;
		else if (!ftx_key_addressable(resource, range->binding->texts[column]))
			plan.none = true;
	}
	plan.none &= !plan.enumerate;
	plan.known = !plan.enumerate && !plan.none && range->with_parents;
	plan.enumerate |= plan.known;
	return plan;
}

bool
ftx_items_have_batches(const FtxResource *resource, const FtxItemsRange *range)
{
	return resource->batch.path != NULL && range->nlists == 0 &&
		   range->query[0] == '\0' && ftx_items_plan(resource, range).enumerate;
}

/*
 * The slot of the column whose values the lists are for; -1 if there are none.
 */
static int
slot_of(const FtxItems *items, const FtxItemsRange *range)
{
	const FtxReadSpec *spec = &items->spec;

	if (range->nlists == 0)
		return -1;
	for (int i = 0; i < spec->projection->nslots; i++)
	{
		if (spec->slot_columns[i] == range->list_column)
			return i;
	}
	elog(ERROR, "fivetrex: a filter's column is not read");
}

void
ftx_items_start(FtxItems *items, const FtxItemsRange *range)
{
	MemoryContext old;

	ftx_items_reset(items);
	old = MemoryContextSwitchTo(items->range_cxt);
	items->query = pstrdup(range->query);
	items->nlists = range->nlists;
	items->list_values = copy_texts(range->list_values, range->nlists);
	for (int i = 0; i < range->nlists; i++)
		items->list_values[i] = pg_server_to_any(
			items->list_values[i], (int) strlen(items->list_values[i]),
			PG_UTF8);
	items->list_queries = copy_texts(range->list_queries, range->nlists);
	items->list_slot = slot_of(items, range);
	items->nlanes = bms_is_empty(items->needed) && range->nlists < 2 ?
						1 :
						items->max_lanes;
	items->wanted = range->wanted;
	items->wanted_arg = range->wanted_arg;
	items->narrowed = range->narrowed;
	items->binding = ftx_binding_copy(range->binding);
	items->many_column = range->many_column;
	items->many = copy_texts(range->many, range->nmany);
	items->nmany = range->nmany;
	items->parents_ended = false;
	items->plan = ftx_items_plan(items->spec.resource, range);
	items->batches = ftx_items_have_batches(items->spec.resource, range);
	if (items->plan.enumerate)
	{
		FtxItemsRange parents = ftx_parents_range(items, range);

		ftx_items_start(items->parents, &parents);
		pfree(parents.binding);
		items->told = palloc0(sizeof(FtxJsonValue) *
							  items->spec.resource->ncolumns);
	}
	MemoryContextSwitchTo(old);
}

/*
 * The path of the only list of a range, palloc'ed; NULL if there is none.
 */
static char *
only_list(const FtxItemsRange *range, const FtxItemsPlan *plan)
{
	if (plan->none || range->many_column >= 0 || range->nlists > 0)
		return NULL;
	return psprintf("%s%s", ftx_binding_path(range->binding, plan->template),
					range->query);
}

/*
 * Ask for the first page of the only list of a range.
 */
static FtxCall *
ask_for_list(const FtxItems *items, const FtxItemsRange *range,
			 const FtxItemsPlan *plan, FtxStats *anybodys, MemoryContext owner)
{
	char *path = only_list(range, plan);

	if (path == NULL)
		return NULL;
	if (range->wanted != NULL &&
		!range->wanted(range->wanted_arg, range->binding))
		return NULL;
	return ftx_pages_ask(&items->spec, path, plan->one_object, anybodys, owner);
}

FtxCall *
ftx_items_ask(const FtxItems *items, const FtxItemsRange *range,
			  MemoryContext owner)
{
	FtxItemsPlan plan = ftx_items_plan(items->spec.resource, range);

	return plan.enumerate ? NULL :
							ask_for_list(items, range, &plan, NULL, owner);
}

FtxCall *
ftx_items_ask_for_anybody(FtxItems *items, const FtxItemsRange *range,
						  FtxStats *stats, MemoryContext owner)
{
	FtxItemsPlan plan = ftx_items_plan(items->spec.resource, range);
	FtxItemsRange parents;

	if (!plan.enumerate)
		return ask_for_list(items, range, &plan, stats, owner);

	/* conditions on parents of parents are for who reads these */
	parents = ftx_parents_range(items, range);
	if (parents.wanted != NULL)
		return NULL;
	return ftx_items_ask_for_anybody(items->parents, &parents, stats, owner);
}

char *
ftx_items_list(FtxItems *items, const FtxItemsRange *range)
{
	FtxItemsPlan plan = ftx_items_plan(items->spec.resource, range);
	FtxItemsRange parents;
	char *path;

	if (plan.enumerate)
	{
		parents = ftx_parents_range(items, range);
		return ftx_items_list(items->parents, &parents);
	}
	path = only_list(range, &plan);
	return path != NULL ? ftx_pages_list(&items->spec, path, plan.one_object) :
						  NULL;
}
