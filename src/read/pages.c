/*-------------------------------------------------------------------------
 *
 * pages.c
 *		One list, page by page.
 *
 * A list is read page by page; the next page is on its way while the present
 * one is consumed.  Besides the present page only the keys of the one before
 * are held, to drop rows that an insertion or deletion by others shifted from
 * one page to the next (cursors are offsets, API facts 1.6).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/answer.h"
#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/list_lengths.h"
#include "api/calls/map.h"
#include "api/calls/page.h"
#include "catalogue/catalogue.h"
#include "common/hashfn.h"
#include "json/json.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "read/guess.h"
#include "read/overlay.h"
#include "read/pages.h"
#include "read/pages_state.h"
#include "read/seen.h"
#include "read/slot.h"
#include "utils/json.h"
#include "utils/memutils.h"

FtxPages *
ftx_pages_create(const FtxReadSpec *spec)
{
	FtxPages *pages = palloc0(sizeof(FtxPages));

	pages->spec = *spec;
	pages->key_path = ftx_key_member(spec->resource);
	pages->cxt = CurrentMemoryContext;
	pages->guess = ftx_guess_create();
	pages->list_cxt = AllocSetContextCreate(pages->cxt, "fivetrex list",
											ALLOCSET_SMALL_SIZES);
	pages->page_cxt = AllocSetContextCreate(pages->cxt, "fivetrex page",
											ALLOCSET_DEFAULT_SIZES);
	pages->seen = ftx_seen_create();
	if (spec->resource->items != NULL)
		pages->item = palloc0(sizeof(FtxJsonValue) *
							  Max(spec->projection->nslots, 1));
	return pages;
}

static void
free_call(FtxCall **call)
{
	if (*call != NULL)
		ftx_call_free(*call);
	*call = NULL;
}

void
ftx_pages_reset(FtxPages *pages)
{
	ftx_guess_reset(pages->guess, 0);
	free_call(&pages->next);
	free_call(&pages->current);
	MemoryContextReset(pages->list_cxt);
	MemoryContextReset(pages->page_cxt);
	ftx_seen_reset(pages->seen);
	pages->path = NULL;
	pages->list = NULL;
	pages->overlay = NULL;
	pages->absent = false;
	pages->missing = false;
	pages->one_object = false;
	pages->asked_for = NULL;
	pages->cursor = NULL;
	pages->page.nitems = 0;
	pages->page.next_cursor.kind = FTX_JSON_ABSENT;
	pages->position = 0;
	pages->ask_at = -1;
	pages->received = 0;
	pages->bytes = 0;
	pages->turned = 0;
	pages->too_long = false;
	pages->started = false;
	pages->first_page = false;
}

/* ---------- the list ---------- */

void
ftx_pages_open(FtxPages *pages, const char *path, const FtxBinding *parent,
			   const FtxJsonValue *told, bool one_object, bool narrowed)
{
	const FtxResource *resource = pages->spec.resource;

	ftx_pages_reset(pages);
	pages->narrowed = narrowed;
	pages->one_object = one_object;
	pages->path = MemoryContextStrdup(pages->list_cxt, path);
	if (parent == NULL)
	{
		ftx_guess_reset(pages->guess,
						ftx_list_length(pages->spec.session, path));
		return;
	}
	pages->overlay = ftx_overlay_create(&pages->spec, parent, told,
										pages->list_cxt);
	if (one_object || resource->object_id != NULL)
		pages->asked_for = MemoryContextStrdup(
			pages->list_cxt, parent->texts[ftx_resource_key(resource)]);
}

/*
 * Note the cursor of the page that follows.  One that was there before would
 * make the list go round for ever.
 */
static void
follow_cursor(FtxPages *pages)
{
	char *cursor;

	pages->cursor = NULL;
	cursor = ftx_call_next_cursor(pages->current, &pages->page);
	if (cursor == NULL)
		return;

	pages->cursor = MemoryContextStrdup(pages->list_cxt, cursor);
	if (ftx_seen_cursor(pages->seen, pages->cursor))
		ereport(
			ERROR,
			(errcode(ERRCODE_PROTOCOL_VIOLATION),
			 errmsg("the Fivetran API repeated a cursor"),
			 errdetail(
				 "The list GET %s goes round in a circle after " INT64_FORMAT
				 " items.",
				 pages->path, pages->received)));
}

bool
ftx_pages_in_hand(FtxPages *pages)
{
	return pages->position < pages->page.nitems &&
		   !ftx_seen_before(
			   pages->seen,
			   ftx_page_value(&pages->page, pages->position, FTX_KEY_SLOT));
}

bool
ftx_pages_item_here(const FtxPages *pages)
{
	return pages->position < pages->page.nitems;
}

/*
 * Is it known that no further page will be wanted?
 */
static bool
limit_satisfiable(FtxPages *pages)
{
	return pages->spec.limit >= 0 && pages->received >= pages->spec.limit;
}

/*
 * Room for the values of a page, which is used again for the next one.
 */
static void
reserve_items(FtxPages *pages)
{
	FtxPage *page = &pages->page;

	if (page->values != NULL)
		return;
	page->maxitems = 64;
	page->values = MemoryContextAlloc(
		pages->cxt, sizeof(FtxJsonValue) * page->maxitems *
						Max(pages->spec.projection->nslots, 1));
}

static void
decode_page(FtxPages *pages)
{
	const FtxResource *resource = pages->spec.resource;
	FtxWanted wanted = {.shape = FTX_SHAPE_OBJECT,
						.projection = pages->spec.projection};

	if (ftx_pages_are_list(pages))
	{
		wanted.shape = resource->items != NULL ? FTX_SHAPE_MAP : FTX_SHAPE_LIST;
		wanted.items = resource->items;
		/* the API may count otherwise than we do, but not that much */
		if (resource->paged)
			wanted.max_items = 2 * ftx_pages_limit(pages);
	}
	if (wanted.shape != FTX_SHAPE_MAP)
		reserve_items(pages);
	ftx_call_decode(pages->current, &wanted, &pages->page);
	if (pages->asked_for != NULL)
		ftx_call_check_id(pages->current, &pages->page.values[FTX_KEY_SLOT]);
}

/*
 * The answer to the first page may be that there is none: what the list is
 * narrowed to is not there, or does not have it.  Everything else is raised.
 */
static void
accept_failure(FtxPages *pages)
{
	FtxProblem problem = ftx_call_answer(pages->current)->problem;

	if (pages->started || (problem != FTX_PROBLEM_OBJECT_MISSING &&
						   problem != FTX_PROBLEM_PARENT_HAS_NONE))
		ftx_call_raise(pages->current);
	pages->absent = problem == FTX_PROBLEM_PARENT_HAS_NONE;
	pages->missing = problem == FTX_PROBLEM_OBJECT_MISSING;
	pages->started = true;
}

/*
 * Was the cursor foreseen?  The length of a list that was, to its end, is
 * remembered for who reads it next.
 */
static void
judge_cursor(FtxPages *pages, int limit)
{
	int64 length = ftx_guess_judge(pages->guess, pages->cursor, limit,
								   pages->page.nitems);

	if (pages->overlay != NULL || !pages->spec.resource->paged)
		return;
	if (length >= 0)
		ftx_list_length_set(pages->spec.session, pages->path, length);
}

/*
 * Make the next page the present one; false at the end of the list.
 *
 * The order matters.  The next page is asked for before the present one goes,
 * and awaited afterwards: one body is held, and no time is lost.  How many
 * items were asked for is read as long as `started` says whether this was the
 * first page.  The cursor comes before all that asks whether another page
 * follows: the memo, the guesses, the request for that page.
 */
static bool
turn_page(FtxPages *pages)
{
	MemoryContext old;
	int limit;

	if (pages->started && pages->cursor == NULL)
		return false;
	old = MemoryContextSwitchTo(pages->page_cxt);
	if (pages->next == NULL)
		ftx_pages_ask_next(pages);

	/* its rows are consumed: others arrive while the next page is awaited */
	free_call(&pages->current);
	pages->page.nitems = 0;
	pages->page.next_cursor.kind = FTX_JSON_ABSENT;
	pages->position = 0;
	ftx_call_wait(pages->next);
	pages->current = pages->next;
	pages->next = NULL;
	MemoryContextReset(pages->page_cxt);

	if (!ftx_call_succeeded(pages->current))
	{
		accept_failure(pages);
		MemoryContextSwitchTo(old);
		return true;
	}
	decode_page(pages);
	limit = ftx_pages_limit(pages);
	pages->first_page = !pages->started;
	pages->started = true;
	pages->spec.stats->pages++;
	pages->received += pages->page.nitems;
	follow_cursor(pages);
	ftx_pages_remember(pages);
	judge_cursor(pages, limit);
	if (pages->cursor == NULL || !pages->spec.prefetch ||
		limit_satisfiable(pages))
		pages->ask_at = -1;
	else if (pages->spec.few_rows && pages->first_page)
		pages->ask_at = pages->page.nitems / 2;
	else
		ftx_pages_ask_next(pages);
	ftx_seen_turn(pages->seen, &pages->page,
				  pages->cursor != NULL &&
					  ftx_resource_key(pages->spec.resource) >= 0);
	MemoryContextSwitchTo(old);
	return true;
}

bool
ftx_pages_ready(const FtxPages *pages)
{
	if (pages->position < pages->page.nitems ||
		(pages->started && pages->cursor == NULL))
		return true;
	return pages->next != NULL && ftx_call_done(pages->next);
}

bool
ftx_pages_absent(const FtxPages *pages, bool parent_listed)
{
	return pages->absent || (parent_listed && pages->missing);
}

/*
 * Items say which ones they are: what has no key is none.  Objects that do not
 * have a member that they always have.
 */
static void
check_key(FtxPages *pages, const FtxJsonValue *item)
{
	const FtxJsonValue *key = &item[FTX_KEY_SLOT];

	if (pages->key_path != NULL && !ftx_json_names(key))
		ftx_call_complain(pages->current,
						  psprintf(key->kind == FTX_JSON_STRING ?
									   "An item has an empty \"%s\"." :
									   "An item has no \"%s\".",
								   pages->key_path));
	ftx_check_always(pages->current, pages->spec.resource, &item[FTX_KEY_SLOT]);
}

/*
 * The next item of the page.
 */
static FtxJsonValue *
accept_item(FtxPages *pages)
{
	int i = pages->position++;

	if (i == pages->ask_at)
		ftx_pages_ask_more(pages);
	if (pages->item == NULL || !ftx_pages_are_list(pages))
		return ftx_page_value(&pages->page, i, 0);
	ftx_map_item(&pages->page, i, pages->spec.projection, pages->item);
	return pages->item;
}

const FtxJsonValue *
ftx_pages_next(FtxPages *pages)
{
	for (;;)
	{
		while (pages->position < pages->page.nitems)
		{
			FtxJsonValue *item = accept_item(pages);

			check_key(pages, item);
			if (!ftx_seen_before(pages->seen, &item[FTX_KEY_SLOT]))
			{
				ftx_overlay_apply(&pages->spec, pages->overlay, item);
				return item;
			}
			pages->received--;
		}
		CHECK_FOR_INTERRUPTS();
		if (!turn_page(pages))
			return NULL;
	}
}

bool
ftx_pages_unread(const FtxPages *pages)
{
	/* the answer to the first one may be there, and its cursor is not known */
	return pages->cursor != NULL || pages->next != NULL;
}
