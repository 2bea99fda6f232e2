/*-------------------------------------------------------------------------
 *
 * batch.c
 *		The lists of several parents, asked for by one call.
 *
 * The call is newer than the API's definition, so that a server may not have
 * it, or may answer in another way than is known here.  Then its lists are read
 * as if there were no such call, and the session makes no more of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/answer.h"
#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/map.h"
#include "api/calls/page.h"
#include "api/calls/session.h"
#include "base/method.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "read/batch.h"
#include "read/binding.h"
#include "read/overlay.h"
#include "utils/json.h"
#include "utils/memutils.h"

/* How the codes begin that a server has for what it knows of but has not. */
#define NOT_IMPLEMENTED "NotImplemented_"

/*
 * The values of an item are slices of the body of `call`; all that belongs to
 * one call is in call_cxt.
 */
struct FtxBatch
{
	FtxReadSpec spec; /* with the projection of an item of the answer */
	MemoryContext call_cxt;
	FtxParents *parents;
	char **names; /* of the parents, in UTF-8 as answers are */
	FtxCall *call;
	FtxPage page;
	bool judged;
	int position;
	const char *name_at;   /* of the parent of the present item, in the body */
	FtxJsonValue *overlay; /* its values, by slot */
	FtxJsonValue *item;
};

/*
 * The parent's name is the outermost, so that the other names come after it.
 */
static FtxProjection *
deeper_projection(const FtxProjection *projection)
{
	FtxProjection *deeper = palloc(sizeof(FtxProjection));

	*deeper = *projection;
	deeper->names = palloc(sizeof(FtxNameSlot) * Max(projection->nnames, 1));
	for (int i = 0; i < projection->nnames; i++)
	{
		deeper->names[i] = projection->names[i];
		if (deeper->names[i].level > 0)
			deeper->names[i].level++;
	}
	return deeper;
}

FtxBatch *
ftx_batch_create(const FtxReadSpec *spec)
{
	FtxBatch *batch = palloc0(sizeof(FtxBatch));

	batch->spec = *spec;
	batch->spec.projection = deeper_projection(spec->projection);
	batch->call_cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex batch", ALLOCSET_DEFAULT_SIZES);
	batch->item = palloc0(sizeof(FtxJsonValue) *
						  Max(spec->projection->nslots, 1));
	return batch;
}

void
ftx_batch_reset(FtxBatch *batch)
{
	MemoryContextReset(batch->call_cxt);
	batch->parents = NULL;
	batch->call = NULL;
	batch->page.nitems = 0;
	batch->position = 0;
	batch->judged = false;
	batch->name_at = NULL;
}

void
ftx_batch_ask(FtxBatch *batch, FtxParents *parents)
{
	const FtxResource *resource = batch->spec.resource;
	int column = ftx_resource_column(resource, resource->batch.column);
	FtxCallSpec spec = {.method = FTX_POST,
						.reads = true,
						.repeat_safe = true,
						.takes_long = true};
	MemoryContext old;
	StringInfoData body;

	ftx_batch_reset(batch);
	old = MemoryContextSwitchTo(batch->call_cxt);
	batch->parents = parents;
	batch->names = palloc(sizeof(char *) * parents->n);
	initStringInfo(&body);
	appendStringInfo(&body, "{\"%s\":[", resource->batch.member);
	for (int i = 0; i < parents->n; i++)
	{
		char *name = parents->parents[i].binding->texts[column];

		batch->names[i] = pg_server_to_any(name, (int) strlen(name), PG_UTF8);
		appendStringInfoString(&body, i > 0 ? "," : "");
		escape_json(&body, name);
	}
	appendStringInfoString(&body, "]}");
	spec.path = ftx_binding_path(parents->parents[0].binding,
								 resource->batch.path);
	spec.body = body.data;
	batch->call = ftx_call_start(batch->spec.session, &spec, batch->spec.stats,
								 batch->spec.memo, batch->call_cxt);
	MemoryContextSwitchTo(old);
}

/*
 * Index of the parent that item i is of; -1: it was not asked for.
 */
static int
parent_of(const FtxBatch *batch, int i)
{
	FtxJsonValue name = ftx_map_name(&batch->page, i, 1);

	for (int n = 0; n < batch->parents->n; n++)
	{
		if (ftx_json_is_string(&name, batch->names[n]))
			return n;
	}
	return -1;
}

/*
 * Note the parents whose lists have come; false if there are lists of others.
 */
static bool
note_parents(FtxBatch *batch)
{
	const char *name_at = NULL;

	for (int i = 0; i < batch->page.nitems; i++)
	{
		FtxJsonValue name = ftx_map_name(&batch->page, i, 1);
		int n;

		if (name.text == name_at)
			continue;
		name_at = name.text;
		n = parent_of(batch, i);
		if (n < 0)
			return false;
		batch->parents->parents[n].answered = true;
	}
	return true;
}

/*
 * Is it the answer that was asked for?
 */
static bool
understood(FtxBatch *batch)
{
	FtxWanted wanted = {.shape = FTX_SHAPE_MAP,
						.items = batch->spec.resource->batch.items,
						.projection = batch->spec.projection};

	/* that there is nothing at all may be another shape of it */
	if (ftx_call_try_decode(batch->call, &wanted, &batch->page) &&
		note_parents(batch) &&
		(batch->page.nitems > 0 || batch->spec.session->batches == FTX_SERVED))
		return true;
	for (int i = 0; i < batch->parents->n; i++)
		batch->parents->parents[i].answered = false;
	batch->page.nitems = 0;
	return false;
}

/*
 * Does an error say that the server does not have the call?
 */
static bool
says_not_served(const FtxAnswer *answer)
{
	return answer->problem == FTX_PROBLEM_ROUTE_MISSING ||
		   answer->status == 405 || answer->status == 501 ||
		   (answer->code != NULL && strncmp(answer->code, NOT_IMPLEMENTED,
											strlen(NOT_IMPLEMENTED)) == 0);
}

/*
 * An error that would be the same whatever is asked for is raised at once.
 */
static void
judge_failure(FtxBatch *batch, const FtxAnswer *answer)
{
	switch (answer->problem)
	{
		case FTX_PROBLEM_UNAUTHORIZED:
		case FTX_PROBLEM_RATE_LIMITED:
		case FTX_PROBLEM_CANNOT_CONNECT:
		case FTX_PROBLEM_CANNOT_RESOLVE:
		case FTX_PROBLEM_TLS_FAILED:
		case FTX_PROBLEM_CALLS_EXHAUSTED:
		case FTX_PROBLEM_NO_DESCRIPTOR:
		case FTX_PROBLEM_CLIENT_FAILURE:
			ftx_call_raise(batch->call);
		default:
			if (says_not_served(answer))
				batch->spec.session->batches = FTX_NOT_SERVED;
	}
}

static void
take_answer(FtxBatch *batch)
{
	MemoryContext old = MemoryContextSwitchTo(batch->call_cxt);
	const FtxAnswer *answer = ftx_call_answer(batch->call);

	batch->judged = true;
	if (answer->problem != FTX_PROBLEM_NONE)
		judge_failure(batch, answer);
	else if (understood(batch))
	{
		batch->spec.session->batches = FTX_SERVED;
		batch->spec.stats->pages++;
	}
	else
		batch->spec.session->batches = FTX_NOT_SERVED;
	MemoryContextSwitchTo(old);
}

bool
ftx_batch_ready(const FtxBatch *batch)
{
	return batch->judged || ftx_call_done(batch->call);
}

/*
 * The columns of the parent that the present item is of.
 */
static void
turn_to_parent(FtxBatch *batch)
{
	const char *name_at = ftx_map_name(&batch->page, batch->position, 1).text;
	const FtxParent *parent;

	if (name_at == batch->name_at)
		return;
	parent = &batch->parents->parents[parent_of(batch, batch->position)];
	batch->name_at = name_at;
	batch->overlay = ftx_overlay_create(&batch->spec, parent->binding,
										parent->told, batch->call_cxt);
}

const FtxJsonValue *
ftx_batch_next(FtxBatch *batch)
{
	if (!batch->judged)
		take_answer(batch);
	if (batch->position >= batch->page.nitems)
		return NULL;
	turn_to_parent(batch);
	ftx_map_item(&batch->page, batch->position++, batch->spec.projection,
				 batch->item);
	ftx_overlay_apply(&batch->spec, batch->overlay, batch->item);
	return batch->item;
}
