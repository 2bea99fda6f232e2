/*-------------------------------------------------------------------------
 *
 * objects.c
 *		What is asked for row by row: detail objects and extra calls.
 *
 * Many are under way at once and are handed out in the order they arrive.  A
 * row takes the detail call of its key (unless the item of the list has all
 * that is wanted) and the extra calls whose columns are used.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/answer.h"
#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/page.h"
#include "base/method.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "json/projection.h"
#include "lib/ilist.h"
#include "read/binding.h"
#include "read/objects.h"
#include "read/pages.h"
#include "read/slot.h"
#include "utils/memutils.h"

#define CALLS FTX_DETAIL_CALLS

/* The calls of one row. */
typedef struct Detail
{
	dlist_node node;
	char *key;
	FtxCall *calls[CALLS]; /* NULL: not needed */
	FtxJsonValue *listed;  /* values that the list gave, by slot; or NULL */
} Detail;

/*
 * Rows are handed out as their answers arrive, those asked for first going
 * first where several are there: no one waits for another's slow call, and so
 * the order is not that of asking.  Keys are not compared: who asks twice gets
 * two rows (a scan's keys are distinct, and a list names each once).
 *
 * With spec.in_order they are handed out in the order asked for, and all that
 * their items say stays so, whatever the objects say by now: it is what their
 * order comes from.  Those that were asked for and not taken when the reading
 * starts over are kept for a while: the first rows of an order are likely to be
 * asked for again, and what is under way is shared then (api/calls/memo.h).
 *
 * The row that was handed out last keeps its calls, whose bodies its values are
 * slices of, until the next one is taken; what was decoded for it is in
 * taken_cxt.
 */
struct FtxObjects
{
	FtxReadSpec spec;
	MemoryContext cxt; /* the owner of all below */
	dlist_head rows;   /* of Detail, in the order asked for */
	int nrows;
	dlist_head left; /* of Detail, of readings before: the oldest last */
	int nleft;
	Detail *taken; /* the one that was handed out last */
	MemoryContext taken_cxt;
};

FtxObjects *
ftx_objects_create(const FtxReadSpec *spec)
{
	FtxObjects *objects = palloc0(sizeof(FtxObjects));

	objects->spec = *spec;
	objects->cxt = CurrentMemoryContext;
	objects->taken_cxt = AllocSetContextCreate(objects->cxt, "fivetrex detail",
											   ALLOCSET_DEFAULT_SIZES);
	dlist_init(&objects->rows);
	dlist_init(&objects->left);
	return objects;
}

static void
free_detail(Detail *detail)
{
	for (int i = 0; i < CALLS; i++)
	{
		if (detail->calls[i] != NULL)
			ftx_call_free(detail->calls[i]);
	}
	if (detail->key != NULL)
		pfree(detail->key);
	if (detail->listed != NULL)
		pfree(detail->listed);
	pfree(detail);
}

/*
 * Keep what is under way, as much of it as a reading has at once.
 */
static void
leave(FtxObjects *objects, Detail *detail)
{
	dlist_push_head(&objects->left, &detail->node);
	if (++objects->nleft <= 2 * objects->spec.session->options.max_concurrency)
		return;
	detail = dlist_tail_element(Detail, node, &objects->left);
	dlist_delete(&detail->node);
	free_detail(detail);
	objects->nleft--;
}

void
ftx_objects_reset(FtxObjects *objects)
{
	while (!dlist_is_empty(&objects->rows))
	{
		Detail *detail = dlist_container(Detail, node,
										 dlist_pop_head_node(&objects->rows));

		if (objects->spec.in_order)
			leave(objects, detail);
		else
			free_detail(detail);
	}
	objects->nrows = 0;
	if (objects->taken != NULL)
		free_detail(objects->taken);
	objects->taken = NULL;
	MemoryContextReset(objects->taken_cxt);
}

/*
 * Copies of what is to be taken from the item of the list, in one piece of
 * memory: all of it, or what only the list has.  NULL if that is nothing.
 */
static FtxJsonValue *
copy_listed(FtxObjects *objects, const FtxJsonValue *item, bool all)
{
	const FtxColumn *columns = objects->spec.resource->columns;
	const int *slot_columns = objects->spec.slot_columns;
	int nslots = objects->spec.projection->nslots;
	Size size = sizeof(FtxJsonValue) * nslots;
	FtxJsonValue *result;
	char *text;
	bool any = all;

	if (item == NULL)
		return NULL;
	for (int i = 0; i < nslots; i++)
	{
		any |= slot_columns[i] >= 0 &&
			   (columns[slot_columns[i]].flags & FTX_LIST_ONLY) != 0;
		size += item[i].len;
	}
	if (!any)
		return NULL;
	result = palloc0(size);
	text = (char *) (result + nslots);
	for (int i = 0; i < nslots; i++)
	{
		if (item[i].kind == FTX_JSON_ABSENT ||
			(!all && (slot_columns[i] < 0 ||
					  (columns[slot_columns[i]].flags & FTX_LIST_ONLY) == 0)))
			continue;
		memcpy(text, item[i].text, item[i].len);
		result[i] = item[i];
		result[i].text = text;
		text += item[i].len;
	}
	return result;
}

static FtxCallSpec
call_of(FtxObjects *objects, const char *template, const char *key)
{
	FtxCallSpec spec = {0};

	spec.method = FTX_GET;
	spec.path = ftx_path_of_key(objects->spec.resource, template, key);
	/* what an extra call answers with does not tell whose it is */
	if (template == objects->spec.resource->detail)
		spec.expected.id = key;
	spec.repeat_safe = true;
	return spec;
}

static FtxCall *
start_call(FtxObjects *objects, const char *template, const char *key)
{
	FtxCallSpec spec = call_of(objects, template, key);
	FtxCall *call = ftx_call_start(objects->spec.session, &spec,
								   objects->spec.stats, objects->spec.memo,
								   objects->cxt);

	pfree(unconstify(char *, spec.path));
	return call;
}

/*
 * Ask ahead for what ftx_objects_fetch() of an object would ask for.
 */
int
ftx_objects_ask(FtxObjects *objects, const char *key, FtxCall **calls)
{
	const FtxResource *resource = objects->spec.resource;
	const char *templates[CALLS] = {resource->detail};
	int n = 0;

	if (objects->spec.extras & FTX_EXTRA_1)
		templates[1] = resource->extras[0];
	if (objects->spec.extras & FTX_EXTRA_2)
		templates[2] = resource->extras[1];
	for (int i = 0; i < CALLS; i++)
	{
		FtxCallSpec spec;

		if (templates[i] == NULL)
			continue;
		spec = call_of(objects, templates[i], key);
		calls[n] = ftx_call_ask_ahead(objects->spec.session, &spec,
									  objects->spec.stats, objects->spec.memo,
									  objects->cxt);
		if (calls[n] != NULL)
			n++;
	}
	return n;
}

FtxCall *
ftx_objects_ask_for_anybody(FtxObjects *objects, const char *key,
							FtxStats *stats, MemoryContext owner)
{
	FtxCallSpec spec = call_of(objects, objects->spec.resource->detail, key);

	return ftx_call_ask_for_anybody(objects->spec.session, &spec, stats,
									objects->spec.memo, owner);
}

void
ftx_objects_fetch(FtxObjects *objects, const char *key,
				  const FtxJsonValue *item, bool object)
{
	const FtxResource *resource = objects->spec.resource;
	MemoryContext old = MemoryContextSwitchTo(objects->cxt);
	Detail *detail = palloc0(sizeof(Detail));

	detail->key = key ? pstrdup(key) : NULL;
	detail->listed = copy_listed(objects, item,
								 !object || objects->spec.in_order);
	if (object)
		detail->calls[0] = start_call(objects, resource->detail, key);
	if (objects->spec.extras & FTX_EXTRA_1)
		detail->calls[1] = start_call(objects, resource->extras[0], key);
	if (objects->spec.extras & FTX_EXTRA_2)
		detail->calls[2] = start_call(objects, resource->extras[1], key);
	dlist_push_tail(&objects->rows, &detail->node);
	objects->nrows++;
	MemoryContextSwitchTo(old);
}

int
ftx_objects_pending(const FtxObjects *objects)
{
	return objects->nrows;
}

static bool
is_done(const Detail *detail)
{
	for (int i = 0; i < CALLS; i++)
	{
		if (detail->calls[i] != NULL && !ftx_call_done(detail->calls[i]))
			return false;
	}
	return true;
}

/*
 * The first row whose calls are done, or NULL.
 */
static Detail *
first_done(FtxObjects *objects)
{
	dlist_iter iter;

	dlist_foreach (iter, &objects->rows)
	{
		Detail *detail = dlist_container(Detail, node, iter.cur);

		if (is_done(detail))
			return detail;
	}
	return NULL;
}

bool
ftx_objects_ready(FtxObjects *objects)
{
	return first_done(objects) != NULL;
}

/*
 * The next row whose calls are done; waits until there is one.
 */
static Detail *
wait_for_row(FtxObjects *objects)
{
	Detail *detail;

	if (objects->spec.in_order)
	{
		detail = dlist_container(Detail, node, dlist_head_node(&objects->rows));
		for (int i = 0; i < CALLS; i++)
		{
			if (detail->calls[i] != NULL)
				ftx_call_wait(detail->calls[i]);
		}
		return detail;
	}
	while ((detail = first_done(objects)) == NULL)
		ftx_call_wait_any(objects->spec.session, objects->spec.stats);
	return detail;
}

/*
 * Did the call succeed?  Raises for what is not "there is no such object".
 */
static bool
call_succeeded(FtxCall *call)
{
	FtxProblem problem = ftx_call_answer(call)->problem;

	if (problem != FTX_PROBLEM_NONE && problem != FTX_PROBLEM_OBJECT_MISSING)
		ftx_call_raise(call);
	return problem == FTX_PROBLEM_NONE;
}

void
ftx_objects_take_extra(FtxCall *call, const FtxReadSpec *spec, unsigned flag,
					   FtxJsonValue *values)
{
	const FtxColumn *columns = spec->resource->columns;

	for (int i = 0; i < spec->projection->nslots; i++)
	{
		int column = spec->slot_columns[i];
		FtxPage page = {0};

		if (column < 0 || (columns[column].flags & flag) == 0)
			continue;
		ftx_call_decode_object(
			call, ftx_projection_create(&columns[column].path, 1), &page);
		if (page.values[0].kind == FTX_JSON_ABSENT)
			ftx_call_complain(call, psprintf("Its \"data\" has no \"%s\".",
											 columns[column].path));
		values[i] = page.values[0];
	}
}

const FtxJsonValue *
ftx_objects_take(FtxObjects *objects)
{
	Detail *detail = wait_for_row(objects);
	int nslots = objects->spec.projection->nslots;
	FtxJsonValue *values = detail->listed;
	MemoryContext old;

	if (objects->taken != NULL)
		free_detail(objects->taken);
	dlist_delete(&detail->node);
	objects->nrows--;
	objects->taken = detail;
	MemoryContextReset(objects->taken_cxt);
	old = MemoryContextSwitchTo(objects->taken_cxt);
	if (detail->calls[0] != NULL)
	{
		FtxPage page = {0};

		if (!call_succeeded(detail->calls[0]))
		{
			MemoryContextSwitchTo(old);
			return NULL;
		}
		ftx_call_decode_object(detail->calls[0], objects->spec.projection,
							   &page);
		ftx_call_check_id(detail->calls[0], &page.values[FTX_KEY_SLOT]);
		ftx_check_always(detail->calls[0], objects->spec.resource,
						 &page.values[FTX_KEY_SLOT]);
		values = page.values;
		for (int i = 0; detail->listed != NULL && i < nslots; i++)
		{
			if (detail->listed[i].kind != FTX_JSON_ABSENT)
				values[i] = detail->listed[i];
		}
	}
	for (int i = 1; i < CALLS; i++)
	{
		if (detail->calls[i] != NULL && call_succeeded(detail->calls[i]))
			ftx_objects_take_extra(detail->calls[i], &objects->spec,
								   i == 1 ? FTX_EXTRA_1 : FTX_EXTRA_2, values);
	}
	MemoryContextSwitchTo(old);
	return values;
}
