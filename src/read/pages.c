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
#include "api/calls/memo.h"
#include "api/calls/page.h"
#include "base/guc.h"
#include "base/method.h"
#include "catalogue/catalogue.h"
#include "common/hashfn.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "read/converter.h"
#include "read/guess.h"
#include "read/pages.h"
#include "read/path.h"
#include "utils/json.h"
#include "utils/memutils.h"

/* Most that pages which are asked for by predicted cursors may hold. */
#define MAX_AHEAD_BYTES (8 * 1024 * 1024)

/* A set of byte strings: keys of a page, cursors of a list. */
typedef struct Bytes
{
	const char *data;
	int len;
} Bytes;

typedef struct SetEntry
{
	Bytes bytes;
	char status;
} SetEntry;

#define SH_PREFIX byteset
#define SH_ELEMENT_TYPE SetEntry
#define SH_KEY_TYPE Bytes
#define SH_KEY bytes
#define SH_HASH_KEY(tb, key)                                                   \
	hash_bytes((const unsigned char *) (key).data, (key).len)
#define SH_EQUAL(tb, a, b)                                                     \
	((a).len == (b).len && memcmp((a).data, (b).data, (a).len) == 0)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

struct FtxSource
{
	FtxSourceSpec spec;
	const char *key_path; /* where items have their key; NULL: nowhere */
	MemoryContext cxt;	  /* the owner of all below */

	/* the list */
	MemoryContext list_cxt; /* path, cursors; reset when it starts over */
	char *path;
	byteset_hash *cursors; /* all that were seen */
	char *cursor;		   /* of the next page; NULL at the end */
	bool started;
	int64 received;		   /* items of all pages so far */
	int64 bytes;		   /* of all pages so far */
	bool too_long;		   /* to be remembered by the memo */
	bool absent;		   /* the parent has no list */
	bool missing;		   /* there is no such parent */
	bool has_key;		   /* it is that of something that may be missing */
	char *one_object;	   /* the key of the object that is asked for instead */
	char *asked_for;	   /* what slot FTX_KEY_SLOT must say, or NULL */
	FtxJsonValue *overlay; /* values of the parent's columns, by slot; NULL
							* when it is no child */
	FtxCall *next;		   /* the next page, when it was asked for */
	FtxAhead *ahead;	   /* the pages after that */

	/* the present page */
	FtxCall *current;
	MemoryContext page_cxt;
	FtxPage page;
	int position;
	const FtxProjection *whole_items; /* of the page of a map: each item, and */
	FtxJsonValue *item;				  /* its names; then its values.  NULL when
									   * it is no map */
	byteset_hash *previous;			  /* keys of the page before */
	byteset_hash *keys; /* keys of this page, if another follows */
	MemoryContext previous_cxt;
	MemoryContext keys_cxt;
};

FtxSource *
ftx_source_create(const FtxSourceSpec *spec)
{
	FtxSource *source = palloc0(sizeof(FtxSource));

	source->spec = *spec;
	source->key_path = ftx_key_path_in_item(spec->resource);
	source->cxt = CurrentMemoryContext;
	source->ahead = ftx_ahead_create();
	source->list_cxt = AllocSetContextCreate(source->cxt, "fivetrex list",
											 ALLOCSET_SMALL_SIZES);
	source->page_cxt = AllocSetContextCreate(source->cxt, "fivetrex page",
											 ALLOCSET_DEFAULT_SIZES);
	source->previous_cxt = AllocSetContextCreate(
		source->cxt, "fivetrex previous keys", ALLOCSET_DEFAULT_SIZES);
	if (spec->resource->items != NULL)
	{
		static const char *const paths[] = {"", "@1", "@2"};

		source->whole_items = ftx_projection_create(paths, lengthof(paths));
		source->item = palloc0(sizeof(FtxJsonValue) *
							   Max(spec->projection->nslots, 1));
	}
	source->keys_cxt = AllocSetContextCreate(source->cxt, "fivetrex keys",
											 ALLOCSET_DEFAULT_SIZES);
	return source;
}

static void
free_call(FtxCall **call)
{
	if (*call != NULL)
		ftx_call_free(*call);
	*call = NULL;
}

void
ftx_source_reset(FtxSource *source)
{
	ftx_ahead_reset(source->ahead);
	free_call(&source->next);
	free_call(&source->current);
	MemoryContextReset(source->list_cxt);
	MemoryContextReset(source->page_cxt);
	MemoryContextReset(source->previous_cxt);
	MemoryContextReset(source->keys_cxt);
	source->path = NULL;
	source->overlay = NULL;
	source->absent = false;
	source->missing = false;
	source->one_object = NULL;
	source->asked_for = NULL;
	source->cursors = NULL;
	source->cursor = NULL;
	source->previous = NULL;
	source->keys = NULL;
	source->page.nitems = 0;
	source->page.next_cursor.kind = FTX_JSON_ABSENT;
	source->position = 0;
	source->received = 0;
	source->bytes = 0;
	source->too_long = false;
	source->started = false;
}

/* ---------- the list ---------- */

/*
 * The parent's values as JSON strings, as the items of a page have theirs.
 */
static void
make_overlay(FtxSource *source, char *const *bound)
{
	const FtxResource *resource = source->spec.resource;
	int nslots = source->spec.projection->nslots;
	MemoryContext old = MemoryContextSwitchTo(source->list_cxt);

	source->overlay = palloc0(sizeof(FtxJsonValue) * nslots);
	for (int i = 0; i < nslots; i++)
	{
		int column = source->spec.slot_columns[i];
		StringInfoData json;
		char *text;

		if (column < 0 || (resource->columns[column].flags & FTX_PARENT) == 0 ||
			bound[column] == NULL)
			continue;
		initStringInfo(&json);
		escape_json(&json, bound[column]);
		text = pg_server_to_any(json.data, json.len, PG_UTF8);
		source->overlay[i].text = text;
		source->overlay[i].len = (int) strlen(text);
		source->overlay[i].kind = FTX_JSON_STRING;
	}
	MemoryContextSwitchTo(old);
}

void
ftx_source_list(FtxSource *source, const char *path, char *const *bound,
				const char *key, bool narrowed)
{
	const FtxResource *resource = source->spec.resource;

	ftx_source_reset(source);
	source->has_key = narrowed || bound != NULL;
	if (key != NULL)
	{
		source->one_object = MemoryContextStrdup(source->list_cxt, key);
		source->asked_for = source->one_object;
	}
	source->path = MemoryContextStrdup(source->list_cxt, path);
	source->cursors = byteset_create(source->list_cxt, 16, NULL);
	if (bound == NULL)
		return;
	make_overlay(source, bound);
	if (resource->object_id != NULL)
		source->asked_for = MemoryContextStrdup(
			source->list_cxt, bound[ftx_resource_key(resource)]);
}

/*
 * Does the path answer with a list?  Else with one object.
 */
static bool
is_list(const FtxSource *source)
{
	return source->spec.resource->list.path != NULL && !source->one_object;
}

/*
 * The first page of a LIMIT need not be larger than the LIMIT.
 */
int
ftx_source_first_page(int page_size, int64 limit)
{
	return limit > 0 ? (int) Min(limit, page_size) : page_size;
}

static int
page_limit(FtxSource *source)
{
	return source->started ? source->spec.page_size :
							 ftx_source_first_page(source->spec.page_size,
												   source->spec.limit);
}

/*
 * Pages of a list that will not fit into the memo as a whole help nobody there.
 */
static void
spare_memo(FtxSource *source, int64 page_bytes)
{
	source->bytes += page_bytes;
	/* another one is as long */
	if (source->cursor != NULL && source->bytes + page_bytes > FTX_MEMO_BYTES)
		source->too_long = true;
	if (source->too_long && source->spec.memo != NULL)
		ftx_memo_forget_list(source->spec.memo, source->path);
}

/*
 * Ask for the page at a cursor; NULL: the first one.
 */
static FtxCall *
start_page(FtxSource *source, const char *cursor)
{
	const FtxOperation *operation = is_list(source) ?
										&source->spec.resource->list :
										&source->spec.resource->detail;
	FtxCallSpec spec = {0};
	FtxCall *call;
	StringInfoData path;

	initStringInfo(&path);
	appendStringInfoString(&path, source->path);
	if (is_list(source) && source->spec.resource->paged)
	{
		char limit[16];

		spec.page = true;
		snprintf(limit, sizeof(limit), "%d", page_limit(source));
		ftx_path_add_param(&path, "limit", limit);
		if (cursor != NULL)
			ftx_path_add_param(&path, "cursor", cursor);
	}
	spec.method = FTX_GET;
	spec.path = path.data;
	spec.accept = operation->accept;
	spec.expected.no_key = !source->has_key;
	spec.expected.absent = source->spec.resource->absent;
	spec.expected.bare = operation->bare;
	spec.expected.id = source->asked_for;
	spec.repeat_safe = true;
	call = ftx_call_start(source->spec.session, &spec, source->spec.stats,
						  source->too_long ? NULL : source->spec.memo,
						  source->cxt);
	pfree(path.data);
	return call;
}

/*
 * Pages that may be under way beside the next one.
 */
static int
ahead_allowed(FtxSource *source)
{
	int64 size = (int64) ftx_call_body(source->current).len;
	int64 allowed = source->spec.session->options.max_concurrency - 1;

	/* lists of children share the connections already */
	if (!source->spec.prefetch || source->overlay != NULL ||
		ftx_guc_max_calls() >= 0)
		return 0;
	if (size > 0)
		allowed = Min(allowed, MAX_AHEAD_BYTES / size - 1);
	if (source->spec.limit >= 0)
		allowed = Min(allowed, (source->spec.limit - source->received - 1) /
								   source->spec.page_size);
	return (int) Max(allowed, 0);
}

/*
 * Ask for the next page, unless a prediction has done so, and for those that
 * are predicted to follow it.
 */
static void
request_next(FtxSource *source)
{
	const char *cursor;

	source->next = ftx_ahead_take(source->ahead, source->cursor);
	if (source->next != NULL)
		source->spec.stats->predicted++;
	else
		source->next = start_page(source, source->cursor);
	if (!source->started)
		return;
	while ((cursor = ftx_ahead_next(source->ahead, source->spec.page_size,
									ahead_allowed(source))) != NULL)
		ftx_ahead_add(source->ahead, cursor, start_page(source, cursor));
}

static Bytes
copy_bytes(MemoryContext cxt, const char *data, int len)
{
	Bytes result;
	char *copy = MemoryContextAlloc(cxt, len + 1);

	memcpy(copy, data, len);
	copy[len] = '\0';
	result.data = copy;
	result.len = len;
	return result;
}

/*
 * Note the cursor of the page that follows.  One that was there before would
 * make the list go round for ever.
 */
static void
follow_cursor(FtxSource *source)
{
	char *cursor;
	Bytes bytes;
	bool found;

	source->cursor = NULL;
	cursor = ftx_call_next_cursor(source->current, &source->page);
	if (cursor == NULL)
		return;

	bytes = copy_bytes(source->list_cxt, cursor, strlen(cursor));
	byteset_insert(source->cursors, bytes, &found);
	if (found)
		ereport(
			ERROR,
			(errcode(ERRCODE_PROTOCOL_VIOLATION),
			 errmsg("the Fivetran API repeated a cursor"),
			 errdetail(
				 "The list GET %s goes round in a circle after " INT64_FORMAT
				 " items.",
				 source->path, source->received)));
	source->cursor = (char *) bytes.data;
}

/*
 * Remember the keys of this page if another one follows; those of the page
 * before are kept to compare with.
 */
static void
rotate_keys(FtxSource *source)
{
	MemoryContext recycled = source->previous_cxt;

	source->previous = source->keys;
	source->previous_cxt = source->keys_cxt;
	source->keys_cxt = recycled;
	source->keys = NULL;
	MemoryContextReset(recycled);

	if (source->cursor == NULL || ftx_resource_key(source->spec.resource) < 0)
		return;
	source->keys = byteset_create(source->keys_cxt, source->page.nitems, NULL);
	for (int i = 0; i < source->page.nitems; i++)
	{
		FtxJsonValue *key = ftx_page_value(&source->page, i, FTX_KEY_SLOT);
		bool found;

		if (key->kind == FTX_JSON_STRING)
			byteset_insert(source->keys,
						   copy_bytes(source->keys_cxt, key->text, key->len),
						   &found);
	}
}

static bool
was_on_previous_page(FtxSource *source, const FtxJsonValue *key)
{
	Bytes bytes = {key->text, key->len};

	return source->previous != NULL && key->kind == FTX_JSON_STRING &&
		   byteset_lookup(source->previous, bytes) != NULL;
}

/*
 * Is it known that no further page will be wanted?
 */
static bool
limit_satisfiable(FtxSource *source)
{
	return source->spec.limit >= 0 && source->received >= source->spec.limit;
}

/*
 * Room for the values of a page, which is used again for the next one.
 */
static void
reserve_items(FtxSource *source)
{
	FtxPage *page = &source->page;

	if (page->values != NULL)
		return;
	page->maxitems = 64;
	page->values = MemoryContextAlloc(
		source->cxt, sizeof(FtxJsonValue) * page->maxitems *
						 Max(source->spec.projection->nslots, 1));
}

static void
decode_page(FtxSource *source)
{
	const FtxResource *resource = source->spec.resource;
	FtxWanted wanted = {.shape = FTX_SHAPE_OBJECT,
						.projection = source->spec.projection};

	if (is_list(source))
	{
		wanted.shape = resource->items != NULL ? FTX_SHAPE_MAP : FTX_SHAPE_LIST;
		wanted.items = resource->items;
		/* the API may count otherwise than we do, but not that much */
		if (resource->paged)
			wanted.max_items = 2 * page_limit(source);
	}
	if (wanted.shape == FTX_SHAPE_MAP)
	{
		/* often large, and the only one: not kept for another page */
		source->page.values = NULL;
		source->page.maxitems = 0;
		wanted.projection = source->whole_items;
	}
	else
		reserve_items(source);
	ftx_call_decode(source->current, &wanted, &source->page);
	if (source->asked_for != NULL)
		ftx_call_check_id(source->current, &source->page.values[FTX_KEY_SLOT]);
}

/*
 * The answer to the first page may be that there is none: what the list is
 * narrowed to is not there, or does not have it.  Everything else is raised.
 */
static void
take_failure(FtxSource *source)
{
	FtxProblem problem = ftx_call_answer(source->current)->problem;

	if (source->started || (problem != FTX_PROBLEM_OBJECT_MISSING &&
							problem != FTX_PROBLEM_PARENT_HAS_NONE))
		ftx_call_raise(source->current);
	source->absent = problem == FTX_PROBLEM_PARENT_HAS_NONE;
	source->missing = problem == FTX_PROBLEM_OBJECT_MISSING;
	source->started = true;
}

/*
 * Make the next page the present one; false at the end of the list.
 */
static bool
turn_page(FtxSource *source)
{
	MemoryContext old;
	int limit;

	if (source->started && source->cursor == NULL)
		return false;
	old = MemoryContextSwitchTo(source->page_cxt);
	if (source->next == NULL)
		request_next(source);

	/* its rows are consumed: others arrive while the next page is awaited */
	free_call(&source->current);
	source->page.nitems = 0;
	source->page.next_cursor.kind = FTX_JSON_ABSENT;
	source->position = 0;
	ftx_call_wait(source->next);
	source->current = source->next;
	source->next = NULL;
	MemoryContextReset(source->page_cxt);

	if (!ftx_call_succeeded(source->current))
	{
		take_failure(source);
		MemoryContextSwitchTo(old);
		return true;
	}
	decode_page(source);
	limit = page_limit(source);
	source->started = true;
	source->spec.stats->pages++;
	source->received += source->page.nitems;
	follow_cursor(source);
	spare_memo(source, (int64) ftx_call_body(source->current).len);
	ftx_ahead_judge(source->ahead, source->cursor, limit);
	if (source->cursor != NULL && source->spec.prefetch &&
		!limit_satisfiable(source))
		request_next(source);
	rotate_keys(source);
	MemoryContextSwitchTo(old);
	return true;
}

/*
 * Put the parent's values into an item.
 */
static void
lay_over(const FtxSource *source, FtxJsonValue *item)
{
	if (source->overlay == NULL)
		return;
	for (int i = 0; i < source->spec.projection->nslots; i++)
	{
		if (source->overlay[i].kind != FTX_JSON_ABSENT)
			item[i] = source->overlay[i];
	}
}

void
ftx_source_start(FtxSource *source)
{
	if (source->next == NULL && source->position >= source->page.nitems &&
		(!source->started || source->cursor != NULL))
		request_next(source);
}

bool
ftx_source_ready(const FtxSource *source)
{
	if (source->position < source->page.nitems ||
		(source->started && source->cursor == NULL))
		return true;
	return source->next != NULL && ftx_call_done(source->next);
}

bool
ftx_source_absent(const FtxSource *source, bool parent_listed)
{
	return source->absent || (parent_listed && source->missing);
}

/*
 * Items say which ones they are: what has no key is none.  Objects that do not
 * have a member that they always have.
 */
static void
check_key(FtxSource *source, const FtxJsonValue *item)
{
	const FtxJsonValue *key = &item[FTX_KEY_SLOT];

	if (source->key_path != NULL && !ftx_json_names(key))
		ftx_call_complain(source->current,
						  psprintf(key->kind == FTX_JSON_STRING ?
									   "An item has an empty \"%s\"." :
									   "An item has no \"%s\".",
								   source->key_path));
	ftx_check_always(source->current, source->spec.resource,
					 &item[FTX_KEY_SLOT]);
}

/*
 * The next item of the page.  Maps may have very many small ones, so a page of
 * them only has each as a whole and its names; its values are found now.
 */
static FtxJsonValue *
take_item(FtxSource *source)
{
	FtxJsonValue *item = ftx_page_value(&source->page, source->position++, 0);
	const FtxProjection *projection = source->spec.projection;

	if (source->item == NULL || !is_list(source))
		return item;
	ftx_page_project(&item[0], projection, source->item);
	for (int i = 0; i < projection->nnames; i++)
	{
		const FtxNameSlot *name = &projection->names[i];

		if (name->level > 0)
			source->item[name->slot] = item[name->level];
	}
	return source->item;
}

const FtxJsonValue *
ftx_source_next(FtxSource *source)
{
	for (;;)
	{
		while (source->position < source->page.nitems)
		{
			FtxJsonValue *item = take_item(source);

			check_key(source, item);
			if (!was_on_previous_page(source, &item[FTX_KEY_SLOT]))
			{
				lay_over(source, item);
				return item;
			}
			source->received--;
		}
		CHECK_FOR_INTERRUPTS();
		if (!turn_page(source))
			return NULL;
	}
}

bool
ftx_source_unread(const FtxSource *source)
{
	return source->cursor != NULL;
}
