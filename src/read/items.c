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
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "json/value.h"
#include "miscadmin.h"
#include "read/items.h"
#include "read/items_state.h"
#include "read/pages.h"
#include "read/path.h"
#include "utils/memutils.h"

FtxItems *
ftx_items_create(const FtxReadSpec *spec)
{
	FtxItems *items = palloc0(sizeof(FtxItems));
	const FtxResource *resource = spec->resource;

	items->spec = *spec;
	items->cxt = CurrentMemoryContext;
	items->needed = ftx_path_columns(resource, ftx_list_template(resource));
	items->range_cxt = AllocSetContextCreate(items->cxt, "fivetrex range",
											 ALLOCSET_SMALL_SIZES);
	items->max_lanes = 2 * spec->session->options.max_concurrency;
	items->nlanes = 1;
	items->lanes = palloc0(sizeof(FtxLane) * items->max_lanes);
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
	items->told = NULL;
	items->active = 0;
	items->current = -1;
	items->received = 0;
	items->ended = 0;
	items->next_many = 0;
	items->enumerated = false;
	items->parents_ended = true;
}

/* ---------- lanes ---------- */

static FtxLane *
free_lane(FtxItems *items)
{
	for (int i = 0; i < items->nlanes; i++)
	{
		FtxLane *lane = &items->lanes[i];

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
	FtxLane *lane = free_lane(items);
	MemoryContext old;
	FtxBinding *parent;
	char *path;
	int n;

	MemoryContextReset(lane->cxt);
	old = MemoryContextSwitchTo(lane->cxt);
	n = items->next_many;
	parent = ftx_parents_next(items);
	if (parent != NULL && ftx_parent_addressable(items, parent))
	{
		path = psprintf("%s%s", ftx_binding_path(parent, items->plan.template),
						items->nlists > 0 ? items->list_queries[n] :
											items->query);
		lane->value = items->nlists > 0 ? items->list_values[n] : NULL;
		ftx_pages_open(lane->pages, path,
					   bms_is_empty(items->needed) ? NULL : parent, items->told,
					   items->plan.one_object, items->narrowed);
		ftx_pages_request(lane->pages);
		lane->listed = items->plan.enumerate && !items->enumerated;
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
start_lanes(FtxItems *items, bool wait)
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
	start_lanes(items, false);
	return answer_ready(items);
}

bool
ftx_items_in_hand(const FtxItems *items)
{
	return items->nlanes == 1 && items->current == 0 &&
		   ftx_pages_in_hand(items->lanes[0].pages);
}

static void
end_lane(FtxItems *items, FtxLane *lane)
{
	if (ftx_pages_absent(lane->pages, lane->listed))
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
			FtxLane *lane = &items->lanes[items->current];

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
		start_lanes(items, true);
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
		const FtxLane *lane = &items->lanes[i];

		if (lane->busy &&
			(!ftx_pages_ready(lane->pages) || ftx_pages_unread(lane->pages)))
			return true;
	}
	return false;
}
