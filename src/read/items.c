/*-------------------------------------------------------------------------
 *
 * items.c
 *		The list of a resource, of one parent or of many.
 *
 * A child table has one list per parent.  Parents that the query does not
 * name are enumerated as items of their own, and lists of many parents are
 * read at the same time: each parent under way is a lane, which hands on
 * its items as they arrive.  At most 2 x max_concurrency lanes are held,
 * so that all connections stay busy while rows are consumed.  Where the API
 * has a call for the lists of several parents, a lane reads those.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/session.h"
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

/*
 * Abandon what a lane has under way.
 */
static void
reset_lane(FtxLane *lane)
{
	if (lane->busy && lane->parents != NULL)
		ftx_batch_reset(lane->batch);
	else if (lane->busy)
		ftx_pages_reset(lane->pages);
	lane->parents = NULL;
	lane->busy = false;
}

void
ftx_items_reset(FtxItems *items)
{
	for (int i = 0; i < items->nlanes; i++)
		reset_lane(&items->lanes[i]);
	if (items->parents != NULL)
		ftx_items_reset(items->parents);
	MemoryContextReset(items->range_cxt);
	items->known = NULL;
	items->told = NULL;
	items->gathered = NULL;
	items->left = NULL;
	items->probing = false;
	items->active = 0;
	items->asking = 0;
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
 * Begin to read the list of a parent; the n-th list of it, if there are
 * several.
 */
static void
start_list(FtxItems *items, FtxLane *lane, const FtxBinding *parent,
		   const FtxJsonValue *told, bool listed, int n)
{
	char *path = psprintf(
		"%s%s", ftx_binding_path(parent, items->plan.template),
		items->nlists > 0 ? items->list_queries[n] : items->query);

	lane->value = items->nlists > 0 ? items->list_values[n] : NULL;
	ftx_pages_open(lane->pages, path,
				   bms_is_empty(items->needed) ? NULL : parent, told,
				   items->plan.one_object, items->narrowed);
	ftx_pages_request(lane->pages);
	lane->listed = listed;
	lane->busy = true;
	items->active++;
	items->asking++;
	items->asked++;
}

/*
 * Begin to read the list of the next parent, if it is wanted.
 */
static void
start_next(FtxItems *items, FtxLane *lane)
{
	int n = items->next_many;
	FtxBinding *parent = ftx_parents_next(items);

	if (parent != NULL && ftx_parent_addressable(items, parent))
		start_list(items, lane, parent, items->told,
				   items->plan.enumerate && !items->enumerated, n);
}

/*
 * Begin to read the list of a parent that was taken before.
 */
static void
start_taken(FtxItems *items, FtxLane *lane, const FtxParent *parent)
{
	start_list(items, lane, parent->binding, parent->told, parent->listed, 0);
}

/*
 * Begin to read the lists of the next parents, if they are wanted: by one call
 * if there are several.
 */
static void
start_batch(FtxItems *items, FtxLane *lane, int most)
{
	FtxParents *parents = ftx_parents_gather(items, most);

	if (parents == NULL)
		return;
	if (parents->n == 1)
	{
		start_taken(items, lane, &parents->parents[0]);
		MemoryContextDelete(parents->cxt);
		return;
	}
	if (lane->batch == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(items->cxt);

		lane->batch = ftx_batch_create(&items->spec);
		MemoryContextSwitchTo(old);
	}
	ftx_batch_ask(lane->batch, parents);
	lane->parents = parents;
	lane->busy = true;
	items->probing = items->spec.session->batches == FTX_SERVED_UNKNOWN;
	items->active++;
	items->asking += parents->n;
}

/*
 * Parents whose lists are to be read at once: none that a LIMIT makes
 * superfluous.  Where a few rows may suffice it is one at first, then as many
 * as were not enough, and one more.
 */
static int64
parents_wanted(const FtxItems *items)
{
	if (items->spec.few_rows)
		return 1 + items->ended;
	if (items->spec.limit < 0)
		return PG_INT64_MAX;
	return Max(1, items->spec.limit - items->received);
}

/*
 * Begin to read what comes next, if it is wanted.
 */
static void
start_lane(FtxItems *items)
{
	FtxLane *lane = free_lane(items);
	bool batches = items->batches &&
				   items->spec.session->batches != FTX_NOT_SERVED;
	MemoryContext old;

	lane->turn = items->begun++;
	MemoryContextReset(lane->cxt);
	old = MemoryContextSwitchTo(lane->cxt);
	if (items->left != NULL)
	{
		start_taken(items, lane, ftx_parents_left(items));
		ftx_parents_left_asked(items);
	}
	else if (batches)
		start_batch(items, lane,
					(int) Min(parents_wanted(items) - items->asking,
							  items->spec.resource->batch.most));
	else if (items->gathered != NULL)
		start_batch(items, lane, 1);
	else
		start_next(items, lane);
	MemoryContextSwitchTo(old);
}

/*
 * Are there parents that nothing was asked for yet?
 */
static bool
parents_left(const FtxItems *items)
{
	return !items->parents_ended || items->gathered != NULL ||
		   items->left != NULL;
}

static bool
lane_ready(const FtxLane *lane)
{
	return lane->parents != NULL ? ftx_batch_ready(lane->batch) :
								   ftx_pages_ready(lane->pages);
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
		if (items->lanes[i].busy && lane_ready(&items->lanes[i]))
			return true;
	}
	return items->active == 0 && !parents_left(items);
}

/*
 * Is it known without waiting whether there is another parent?
 */
static bool
parent_ready(FtxItems *items)
{
	return items->gathered != NULL || items->left != NULL ||
		   !items->plan.enumerate || ftx_items_ready(items->parents);
}

/*
 * May more lists be asked for now?  While it is not known whether several can
 * be by one call, the first such call is waited for, so that one at most is in
 * vain.
 */
static bool
lane_wanted(const FtxItems *items)
{
	if (items->active >= items->nlanes ||
		items->asking >= parents_wanted(items))
		return false;
	return items->left != NULL || (parents_left(items) && !items->probing);
}

/*
 * Ask for what is wanted next; with `wait`, for one list at least.
 */
static void
start_lanes(FtxItems *items, bool wait)
{
	while (lane_wanted(items) &&
		   (parent_ready(items) ||
			(wait && items->active == 0 && items->current < 0)))
	{
		CHECK_FOR_INTERRUPTS();
		start_lane(items);
	}
	for (int i = 0; i < items->nlanes; i++)
	{
		if (items->lanes[i].busy && items->lanes[i].parents == NULL)
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

/*
 * The lists of a batch are read; those of parents that it has no answer for are
 * to be asked for.
 */
static void
end_batch(FtxItems *items, FtxLane *lane)
{
	FtxParents *parents = lane->parents;

	for (int i = 0; i < parents->n; i++)
	{
		if (!parents->parents[i].answered)
			continue;
		items->ended++;
		items->asked++;
	}
	items->asking -= parents->n;
	items->probing = false;
	ftx_parents_leave(items, parents);
}

static void
end_lane(FtxItems *items, FtxLane *lane)
{
	if (lane->parents != NULL)
		end_batch(items, lane);
	else
	{
		if (ftx_pages_absent(lane->pages, lane->listed))
			items->absent++;
		items->asking--;
		items->ended++;
	}
	reset_lane(lane);
	items->active--;
	items->current = -1;
}

/*
 * Of the lists that can be read on, the oldest: of several that failed at once,
 * as where calls run out, the error is then always that of the same one.
 */
static void
choose_lane(FtxItems *items)
{
	for (int i = 0; i < items->nlanes; i++)
	{
		const FtxLane *lane = &items->lanes[i];

		if (lane->busy && lane_ready(lane) &&
			(items->current < 0 ||
			 lane->turn < items->lanes[items->current].turn))
			items->current = i;
	}
}

/*
 * The next item of a lane, NULL at its end.  Those of a list that is narrowed
 * to a value and say otherwise are dropped.
 */
static const FtxJsonValue *
next_of_lane(const FtxItems *items, FtxLane *lane)
{
	const FtxJsonValue *item;

	if (lane->parents != NULL)
		return ftx_batch_next(lane->batch);
	do
		item = ftx_pages_next(lane->pages);
	while (item != NULL && lane->value != NULL &&
		   !ftx_json_is_string(&item[items->list_slot], lane->value));
	return item;
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
			if (items->nlanes == 1 || lane_ready(lane))
			{
				item = next_of_lane(items, lane);
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
		if (items->active == 0 && !parents_left(items))
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
	if (items->gathered != NULL || items->left != NULL ||
		(!items->parents_ended &&
		 (items->plan.enumerate || items->many_column >= 0 ||
		  items->nlists > 1 || items->active == 0)))
		return true;
	for (int i = 0; i < items->nlanes; i++)
	{
		const FtxLane *lane = &items->lanes[i];

		/* what a batch has no answer for will be asked for */
		if (lane->busy && lane->parents != NULL)
			return true;
		if (lane->busy && (!lane_ready(lane) || ftx_pages_unread(lane->pages)))
			return true;
	}
	return false;
}
