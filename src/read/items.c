/*-------------------------------------------------------------------------
 *
 * items.c
 *		The list of a resource, of one parent or of many.
 *
 * A child table has one list per parent.  Parents that the query does not
 * name are enumerated as items of their own, and lists of many parents are
 * read at the same time: each parent under way is a lane, which hands on
 * its items as they arrive.  At most 2 x max_concurrency lanes are held,
 * so that all connections stay busy while rows are consumed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/secrets/words.h"
#include "base/textset.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "read/items.h"
#include "read/page_call.h"
#include "read/pages.h"
#include "read/path.h"
#include "read/slot.h"
#include "utils/json.h"
#include "utils/memutils.h"

typedef struct Lane
{
	FtxPages *pages;
	const char *value; /* what the list is narrowed to; NULL: all is wanted */
	MemoryContext cxt; /* of the values of its parent */
	bool busy;
} Lane;

/*
 * Items come from lanes: one list is one lane; of a child there is one for each
 * parent that is being read.  max_concurrency lists can be on the wire; there
 * are twice as many lanes, so that while the items of one are handed on, others
 * have arrived or wait for a connection to become free.  More of them would
 * hold more pages, and no list would come earlier.
 *
 * fixed, many and query are copies of the range's, in range_cxt; `parents` is
 * made when it is first needed, and kept for the next range.  Lanes are made as
 * they are needed and used again, each with its FtxPages.
 */
struct FtxItems
{
	FtxReadSpec spec;
	Bitmapset *needed; /* columns in the path of the list */
	MemoryContext cxt;
	MemoryContext range_cxt;

	Lane *lanes; /* max_lanes */
	int max_lanes;
	int nlanes; /* that the range uses: one for a single list */
	int active;
	int current; /* lane that is being read, or -1 */
	int64 received;
	int64 ended;  /* lists of the range that were read to their end */
	int64 asked;  /* parents, since ftx_items_create() */
	int64 absent; /* those of them that have no list */

	/* the range */
	char *query;
	int nlists; /* of these, with a query each; 0: one, with `query` */
	int list_slot;
	char **list_values; /* UTF-8, as items are */
	char **list_queries;
	FtxParentWanted wanted; /* with wanted_arg; NULL: all parents are */
	void *wanted_arg;
	bool narrowed;
	char **fixed;
	int many_column;
	char **many;
	int nmany;
	int next_many;
	bool parents_ended;
	FtxItemsPlan plan;

	/* parents that are enumerated: slot i + 1 is links[i] */
	FtxItems *parents;
	texthash_hash *known; /* of the range; what tells a parent, quoted */
};

/*
 * What reads all that a parent has.
 */
static const char *
list_template(const FtxResource *resource)
{
	return resource->list != NULL ? resource->list : resource->detail;
}

FtxItems *
ftx_items_create(const FtxReadSpec *spec)
{
	FtxItems *items = palloc0(sizeof(FtxItems));
	const FtxResource *resource = spec->resource;

	items->spec = *spec;
	items->cxt = CurrentMemoryContext;
	items->needed = ftx_path_columns(resource, list_template(resource));
	items->range_cxt = AllocSetContextCreate(items->cxt, "fivetrex range",
											 ALLOCSET_SMALL_SIZES);
	items->max_lanes = 2 * spec->session->options.max_concurrency;
	items->nlanes = 1;
	items->lanes = palloc0(sizeof(Lane) * items->max_lanes);
	items->current = -1;
	items->parents_ended = true;
	return items;
}

void
ftx_items_reset(FtxItems *items)
{
	for (int i = 0; i < items->nlanes; i++)
	{
		if (items->lanes[i].busy)
			ftx_pages_reset(items->lanes[i].pages);
		items->lanes[i].busy = false;
	}
	if (items->parents != NULL)
		ftx_items_reset(items->parents);
	MemoryContextReset(items->range_cxt);
	items->known = NULL;
	items->active = 0;
	items->current = -1;
	items->received = 0;
	items->ended = 0;
	items->next_many = 0;
	items->parents_ended = true;
}

/* ---------- parents ---------- */

/*
 * The items of the parents, with the columns that the links want.
 */
static FtxItems *
create_parents(FtxItems *items)
{
	const FtxResource *resource = items->spec.resource;
	const FtxResource *parent = ftx_resource_find(resource->parent);
	MemoryContext old = MemoryContextSwitchTo(items->cxt);
	const char **paths = palloc(sizeof(char *) * (resource->nlinks + 1));
	int *columns = palloc(sizeof(int) * (resource->nlinks + 1));
	FtxReadSpec spec = items->spec;
	FtxItems *parents;

	columns[FTX_KEY_SLOT] = ftx_resource_key(parent);
	for (int i = 0; i < resource->nlinks; i++)
		columns[i + 1] = ftx_resource_column(parent,
											 resource->links[i].parent_column);
	for (int i = 0; i <= resource->nlinks; i++)
		paths[i] = ftx_slot_path(&parent->columns[columns[i]]);
	spec.resource = parent;
	spec.projection = ftx_projection_create(paths, resource->nlinks + 1);
	spec.slot_columns = columns;
	spec.limit = -1;
	spec.page_size = items->spec.session->options.page_size;
	parents = ftx_items_create(&spec);
	MemoryContextSwitchTo(old);
	return parents;
}

/*
 * The same for the parents of our parents, as far as they tell.
 */
static bool
parent_wanted_below(void *arg, char *const *bound)
{
	FtxItems *items = arg;
	const FtxResource *resource = items->spec.resource;
	const FtxResource *parent = ftx_resource_find(resource->parent);
	char **known = palloc0(sizeof(char *) * resource->ncolumns);
	bool wanted;

	for (int i = 0; i < resource->nlinks; i++)
	{
		int above = ftx_resource_column(parent,
										resource->links[i].parent_column);

		if ((parent->columns[above].flags & FTX_PARENT) != 0)
			known[ftx_resource_column(resource, resource->links[i].column)] =
				bound[above];
	}
	wanted = items->wanted(items->wanted_arg, known);
	pfree(known);
	return wanted;
}

/*
 * Enumerate the parents; what is known of them narrows that.
 */
static void
start_parents(FtxItems *items)
{
	const FtxResource *resource = items->spec.resource;
	const FtxResource *parent = ftx_resource_find(resource->parent);
	FtxItemsRange range = {.many_column = -1, .query = ""};

	if (items->parents == NULL)
		items->parents = create_parents(items);
	if (items->wanted != NULL && parent->parent != NULL)
	{
		range.wanted = parent_wanted_below;
		range.wanted_arg = items;
	}
	range.fixed = palloc0(sizeof(char *) * parent->ncolumns);
	for (int i = 0; i < resource->nlinks; i++)
	{
		int column = ftx_resource_column(resource, resource->links[i].column);
		int above = ftx_resource_column(parent,
										resource->links[i].parent_column);

		if ((parent->columns[above].flags & FTX_PARENT) == 0)
			continue;
		range.fixed[above] = items->fixed[column];
		if (column == items->many_column)
		{
			range.many_column = above;
			range.many = items->many;
			range.nmany = items->nmany;
		}
	}
	ftx_items_start(items->parents, &range);
	pfree(range.fixed);
}

/*
 * Was the parent enumerated before?  A list that names one twice, as pages that
 * shift do, must not double its children.
 */
static bool
seen_before(FtxItems *items, char *const *bound)
{
	const FtxResource *resource = items->spec.resource;
	StringInfoData name;
	texthash_entry *entry;
	bool found;

	if (items->known == NULL)
		items->known = texthash_create(items->range_cxt, 64, NULL);
	initStringInfo(&name);
	for (int i = 0; i < resource->nlinks; i++)
		escape_json(
			&name,
			bound[ftx_resource_column(resource, resource->links[i].column)]);
	entry = texthash_insert(items->known, name.data, &found);
	if (!found)
		entry->text = MemoryContextStrdup(items->range_cxt, name.data);
	pfree(name.data);
	return found;
}

/*
 * Take the next parent that was enumerated into `bound`; false if it is none
 * that was asked for.  At the end parents_ended is set.
 */
static bool
next_enumerated(FtxItems *items, char **bound)
{
	const FtxResource *resource = items->spec.resource;
	const FtxJsonValue *item = ftx_items_next(items->parents);
	bool matches = true;

	if (item == NULL)
	{
		items->parents_ended = true;
		return false;
	}
	for (int i = 0; i < resource->nlinks; i++)
	{
		int column = ftx_resource_column(resource, resource->links[i].column);

		bound[column] = ftx_json_text(&item[i + 1]);
		matches &= bound[column] != NULL &&
				   (items->fixed[column] == NULL ||
					strcmp(bound[column], items->fixed[column]) == 0);
	}
	return matches && !seen_before(items, bound);
}

/*
 * Take the next parent that is known into `bound`; as next_enumerated().
 */
static bool
next_known(FtxItems *items, char **bound)
{
	const FtxResource *resource = items->spec.resource;
	int n = items->many_column >= 0 ? items->nmany : Max(items->nlists, 1);

	if (items->next_many >= n)
	{
		items->parents_ended = true;
		return false;
	}
	for (int i = 0; i < resource->ncolumns; i++)
		bound[i] = items->fixed[i];
	if (items->many_column >= 0)
		bound[items->many_column] = items->many[items->next_many];
	items->next_many++;
	return true;
}

/*
 * The values of the next parent's columns, by catalogue index, in the current
 * memory context; NULL if it is not wanted, or at the end.
 */
static char **
next_parent(FtxItems *items)
{
	char **bound = palloc0(sizeof(char *) * items->spec.resource->ncolumns);

	if (items->plan.enumerate ? !next_enumerated(items, bound) :
								!next_known(items, bound))
		return NULL;
	if (items->wanted != NULL && !items->wanted(items->wanted_arg, bound))
		return NULL;
	return bound;
}

/*
 * Can the parent be named in a request?  If not, there is none: but one that
 * the API has listed must be.
 */
static bool
addressable(FtxItems *items, char **bound)
{
	const FtxResource *resource = items->spec.resource;
	int column = -1;

	while ((column = bms_next_member(items->needed, column)) >= 0)
	{
		if (ftx_key_addressable(resource, bound[column]))
			continue;
		if (items->plan.enumerate)
			ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
							errmsg("%s \"%s\" cannot be named in a request",
								   resource->columns[column].name,
								   ftx_words_of_text(bound[column], false))));
		return false;
	}
	return true;
}

/* ---------- the range ---------- */

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
	Bitmapset *columns;
	int column = -1;

	if (resource->parent == NULL || resource->list == NULL ||
		resource->detail == NULL || range->many_column >= 0)
		return false;
	columns = ftx_path_columns(resource, resource->detail);
	while ((column = bms_next_member(columns, column)) >= 0)
	{
		if (range->fixed[column] == NULL ||
			!ftx_key_addressable(resource, range->fixed[column]))
			return false;
	}
	return true;
}

FtxItemsPlan
ftx_items_plan(const FtxResource *resource, const FtxItemsRange *range)
{
	const char *list = list_template(resource);
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
		if (range->fixed[column] == NULL)
			plan.enumerate = true;
		else if (!ftx_key_addressable(resource, range->fixed[column]))
			plan.none = true;
	}
	plan.none &= !plan.enumerate;
	return plan;
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
	items->fixed = copy_texts(range->fixed, items->spec.resource->ncolumns);
	items->many_column = range->many_column;
	items->many = copy_texts(range->many, range->nmany);
	items->nmany = range->nmany;
	items->parents_ended = false;
	items->plan = ftx_items_plan(items->spec.resource, range);
	if (items->plan.enumerate)
		start_parents(items);
	MemoryContextSwitchTo(old);
}

FtxCall *
ftx_items_ask(const FtxItems *items, const FtxItemsRange *range,
			  MemoryContext owner)
{
	const FtxResource *resource = items->spec.resource;
	FtxItemsPlan plan = ftx_items_plan(resource, range);
	char *path;

	if (plan.enumerate || plan.none || range->many_column >= 0 ||
		range->nlists > 0)
		return NULL;
	if (range->wanted != NULL &&
		!range->wanted(range->wanted_arg, range->fixed))
		return NULL;
	path = psprintf("%s%s", ftx_path_of(resource, plan.template, range->fixed),
					range->query);
	return ftx_pages_ask(&items->spec, path, plan.one_object, owner);
}

/* ---------- lanes ---------- */

static Lane *
free_lane(FtxItems *items)
{
	for (int i = 0; i < items->nlanes; i++)
	{
		Lane *lane = &items->lanes[i];

		if (lane->busy)
			continue;
		if (lane->pages == NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(items->cxt);

			lane->pages = ftx_pages_create(&items->spec);
			lane->cxt = AllocSetContextCreate(items->cxt, "fivetrex parent",
											  ALLOCSET_SMALL_SIZES);
			MemoryContextSwitchTo(old);
		}
		return lane;
	}
	return NULL;
}

/*
 * Begin to read the list of the next parent, if it is wanted.
 */
static void
start_lane(FtxItems *items)
{
	Lane *lane = free_lane(items);
	MemoryContext old;
	char **bound;
	char *path;
	int n;

	MemoryContextReset(lane->cxt);
	old = MemoryContextSwitchTo(lane->cxt);
	n = items->next_many;
	bound = next_parent(items);
	if (bound != NULL && addressable(items, bound))
	{
		const char *key = items->plan.one_object ?
							  bound[ftx_resource_key(items->spec.resource)] :
							  NULL;

		path = ftx_path_of(items->spec.resource, items->plan.template, bound);
		path = psprintf("%s%s", path,
						items->nlists > 0 ? items->list_queries[n] :
											items->query);
		lane->value = items->nlists > 0 ? items->list_values[n] : NULL;
		ftx_pages_open(lane->pages, path,
					   bms_is_empty(items->needed) ? NULL : bound, key,
					   items->narrowed);
		ftx_pages_request(lane->pages);
		lane->busy = true;
		items->active++;
		items->asked++;
	}
	MemoryContextSwitchTo(old);
}

/*
 * Has an answer arrived that ftx_items_next() can go on with, or is this the
 * end?
 */
static bool
answer_ready(FtxItems *items)
{
	for (int i = 0; i < items->nlanes; i++)
	{
		if (items->lanes[i].busy && ftx_pages_ready(items->lanes[i].pages))
			return true;
	}
	return items->active == 0 && items->parents_ended;
}

/*
 * Lists to be read at once: none that a LIMIT makes superfluous.  Where a few
 * rows may suffice it is one at first, then as many as were not enough, and one
 * more.
 */
static int
lanes_wanted(FtxItems *items)
{
	if (items->spec.few_rows)
		return (int) Min((int64) items->nlanes, 1 + items->ended);
	if (items->spec.limit < 0)
		return items->nlanes;
	return (int) Min((int64) items->nlanes,
					 Max(1, items->spec.limit - items->received));
}

/*
 * Is it known without waiting whether there is another parent?
 */
static bool
parent_ready(FtxItems *items)
{
	return !items->plan.enumerate || ftx_items_ready(items->parents);
}

/*
 * Ask for what is wanted next; with `wait`, for one list at least.
 */
static void
start_lanees(FtxItems *items, bool wait)
{
	while (!items->parents_ended && items->active < lanes_wanted(items) &&
		   (parent_ready(items) ||
			(wait && items->active == 0 && items->current < 0)))
	{
		CHECK_FOR_INTERRUPTS();
		start_lane(items);
	}
	for (int i = 0; i < items->nlanes; i++)
	{
		if (items->lanes[i].busy)
			ftx_pages_request(items->lanes[i].pages);
	}
}

bool
ftx_items_ready(FtxItems *items)
{
	start_lanees(items, false);
	return answer_ready(items);
}

bool
ftx_items_in_hand(const FtxItems *items)
{
	return items->nlanes == 1 && items->current == 0 &&
		   ftx_pages_in_hand(items->lanes[0].pages);
}

static void
end_lane(FtxItems *items, Lane *lane)
{
	if (ftx_pages_absent(lane->pages, items->plan.enumerate))
		items->absent++;
	ftx_pages_reset(lane->pages);
	lane->busy = false;
	items->ended++;
	items->active--;
	items->current = -1;
}

static void
choose_lane(FtxItems *items)
{
	for (int i = 0; i < items->nlanes && items->current < 0; i++)
	{
		if (items->lanes[i].busy && ftx_pages_ready(items->lanes[i].pages))
			items->current = i;
	}
}

const FtxJsonValue *
ftx_items_next(FtxItems *items)
{
	const FtxJsonValue *item;

	for (;;)
	{
		if (items->current >= 0)
		{
			Lane *lane = &items->lanes[items->current];

			/* the only list is waited for; of many, another may be there */
			if (items->nlanes == 1 || ftx_pages_ready(lane->pages))
			{
				item = ftx_pages_next(lane->pages);
				if (item != NULL && lane->value != NULL &&
					!ftx_json_is_string(&item[items->list_slot], lane->value))
					continue;
				if (item != NULL)
				{
					items->received++;
					return item;
				}
				end_lane(items, lane);
			}
			else
				items->current = -1;
		}
		CHECK_FOR_INTERRUPTS();
		start_lanees(items, true);
		choose_lane(items);
		if (items->current >= 0)
			continue;
		if (items->nlanes == 1 && items->active == 1)
		{
			items->current = 0;
			continue;
		}
		if (items->active == 0 && items->parents_ended)
			break;
		if (items->active > 0)
			ftx_call_wait_any(items->spec.session, items->spec.stats);
	}
	return NULL;
}

void
ftx_items_report(FtxItems *items)
{
	if (items->parents != NULL)
		ftx_items_report(items->parents);
	if (items->absent > 0)
		ereport(NOTICE,
				(errmsg("%s: none for " INT64_FORMAT " of " INT64_FORMAT " %s",
						items->spec.resource->name, items->absent, items->asked,
						items->spec.resource->parent)));
}

bool
ftx_items_unread(const FtxItems *items)
{
	if (!items->parents_ended &&
		(items->plan.enumerate || items->many_column >= 0 ||
		 items->nlists > 1 || items->active == 0))
		return true;
	for (int i = 0; i < items->nlanes; i++)
	{
		const Lane *lane = &items->lanes[i];

		if (lane->busy &&
			(!ftx_pages_ready(lane->pages) || ftx_pages_unread(lane->pages)))
			return true;
	}
	return false;
}
