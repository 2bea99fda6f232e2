/*-------------------------------------------------------------------------
 *
 * items.c
 *		The list of a resource, of one parent or of many.
 *
 * A child table has one list per parent.  Parents that the query does not
 * name are enumerated by a stream of their own, and lists of many parents are
 * read at the same time: each parent under way is a branch, which hands on
 * its items as they arrive.  At most 2 x max_concurrency branches are held,
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
#include "miscadmin.h"
#include "read/converter.h"
#include "read/items.h"
#include "read/pages.h"
#include "read/path.h"
#include "utils/json.h"
#include "utils/memutils.h"

typedef struct Branch
{
	FtxSource *source;
	MemoryContext cxt; /* of the values of its parent */
	bool busy;
} Branch;

struct FtxStream
{
	FtxSourceSpec spec;
	Bitmapset *needed; /* columns in the path of the list */
	MemoryContext cxt;
	MemoryContext range_cxt;

	Branch *branches;
	int nbranches;
	int active;
	int current; /* branch that is being read, or -1 */
	int64 received;
	int64 asked;  /* parents, since ftx_stream_create() */
	int64 absent; /* those of them that have no list */

	/* the range */
	char *query;
	bool narrowed;
	char **fixed;
	int many_column;
	char **many;
	int nmany;
	int next_many;
	bool parents_ended;
	FtxStreamPlan plan;

	/* parents that are enumerated: slot i + 1 is links[i] */
	FtxStream *parents;
	texthash_hash *known; /* of the range; what tells a parent, quoted */
};

/*
 * What reads all that a parent has.
 */
static const FtxOperation *
list_operation(const FtxResource *resource)
{
	return resource->list.path != NULL ? &resource->list : &resource->detail;
}

FtxStream *
ftx_stream_create(const FtxSourceSpec *spec)
{
	FtxStream *stream = palloc0(sizeof(FtxStream));
	const FtxResource *resource = spec->resource;

	stream->spec = *spec;
	stream->cxt = CurrentMemoryContext;
	stream->needed = ftx_path_columns(resource, list_operation(resource));
	stream->range_cxt = AllocSetContextCreate(stream->cxt, "fivetrex range",
											  ALLOCSET_SMALL_SIZES);
	stream->nbranches = bms_is_empty(stream->needed) ?
							1 :
							2 * spec->session->options.max_concurrency;
	stream->branches = palloc0(sizeof(Branch) * stream->nbranches);
	stream->current = -1;
	stream->parents_ended = true;
	return stream;
}

void
ftx_stream_reset(FtxStream *stream)
{
	for (int i = 0; i < stream->nbranches; i++)
	{
		if (stream->branches[i].busy)
			ftx_source_reset(stream->branches[i].source);
		stream->branches[i].busy = false;
	}
	if (stream->parents != NULL)
		ftx_stream_reset(stream->parents);
	MemoryContextReset(stream->range_cxt);
	stream->known = NULL;
	stream->active = 0;
	stream->current = -1;
	stream->received = 0;
	stream->next_many = 0;
	stream->parents_ended = true;
}

/* ---------- parents ---------- */

/*
 * A stream of the parents, with the columns that the links want.
 */
static FtxStream *
create_parents(FtxStream *stream)
{
	const FtxResource *resource = stream->spec.resource;
	const FtxResource *parent = ftx_resource_find(resource->parent);
	MemoryContext old = MemoryContextSwitchTo(stream->cxt);
	const char **paths = palloc(sizeof(char *) * (resource->nlinks + 1));
	int *columns = palloc(sizeof(int) * (resource->nlinks + 1));
	FtxSourceSpec spec = stream->spec;
	FtxStream *parents;

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
	spec.page_size = stream->spec.session->options.page_size;
	parents = ftx_stream_create(&spec);
	MemoryContextSwitchTo(old);
	return parents;
}

/*
 * Enumerate the parents; what is known of them narrows that.
 */
static void
start_parents(FtxStream *stream)
{
	const FtxResource *resource = stream->spec.resource;
	const FtxResource *parent = ftx_resource_find(resource->parent);
	FtxStreamRange range = {.many_column = -1, .query = ""};

	if (stream->parents == NULL)
		stream->parents = create_parents(stream);
	range.fixed = palloc0(sizeof(char *) * parent->ncolumns);
	for (int i = 0; i < resource->nlinks; i++)
	{
		int column = ftx_resource_column(resource, resource->links[i].column);
		int above = ftx_resource_column(parent,
										resource->links[i].parent_column);

		if ((parent->columns[above].flags & FTX_PARENT) == 0)
			continue;
		range.fixed[above] = stream->fixed[column];
		if (column == stream->many_column)
		{
			range.many_column = above;
			range.many = stream->many;
			range.nmany = stream->nmany;
		}
	}
	ftx_stream_start(stream->parents, &range);
	pfree(range.fixed);
}

/*
 * Was the parent enumerated before?  A list that names one twice, as pages that
 * shift do, must not double its children.
 */
static bool
seen_before(FtxStream *stream, char *const *bound)
{
	const FtxResource *resource = stream->spec.resource;
	StringInfoData name;
	texthash_entry *entry;
	bool found;

	if (stream->known == NULL)
		stream->known = texthash_create(stream->range_cxt, 64, NULL);
	initStringInfo(&name);
	for (int i = 0; i < resource->nlinks; i++)
		escape_json(
			&name,
			bound[ftx_resource_column(resource, resource->links[i].column)]);
	entry = texthash_insert(stream->known, name.data, &found);
	if (!found)
		entry->text = MemoryContextStrdup(stream->range_cxt, name.data);
	pfree(name.data);
	return found;
}

/*
 * The next parent that was enumerated, into `bound`; false at the end.
 */
static bool
next_enumerated(FtxStream *stream, char **bound)
{
	const FtxResource *resource = stream->spec.resource;
	const FtxJsonValue *item;

	while ((item = ftx_stream_next(stream->parents)) != NULL)
	{
		bool matches = true;

		for (int i = 0; i < resource->nlinks; i++)
		{
			int column = ftx_resource_column(resource,
											 resource->links[i].column);

			bound[column] = ftx_json_text(&item[i + 1]);
			matches &= bound[column] != NULL &&
					   (stream->fixed[column] == NULL ||
						strcmp(bound[column], stream->fixed[column]) == 0);
		}
		if (matches && !seen_before(stream, bound))
			return true;
	}
	return false;
}

/*
 * The values of the next parent's columns, by catalogue index, in the current
 * memory context; NULL at the end.
 */
static char **
next_parent(FtxStream *stream)
{
	const FtxResource *resource = stream->spec.resource;
	char **bound = palloc0(sizeof(char *) * resource->ncolumns);

	if (stream->plan.enumerate)
		return next_enumerated(stream, bound) ? bound : NULL;
	for (int i = 0; i < resource->ncolumns; i++)
		bound[i] = stream->fixed[i];
	if (stream->next_many >= Max(stream->nmany, 1))
		return NULL;
	if (stream->many_column >= 0)
	{
		if (stream->nmany == 0)
			return NULL;
		bound[stream->many_column] = stream->many[stream->next_many];
	}
	stream->next_many++;
	return bound;
}

/*
 * Can the parent be named in a request?  If not, there is none: but one that
 * the API has listed must be.
 */
static bool
addressable(FtxStream *stream, char **bound)
{
	const FtxResource *resource = stream->spec.resource;
	int column = -1;

	while ((column = bms_next_member(stream->needed, column)) >= 0)
	{
		if (ftx_key_addressable(resource, bound[column]))
			continue;
		if (stream->plan.enumerate)
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
whole_key_known(const FtxResource *resource, const FtxStreamRange *range)
{
	Bitmapset *columns;
	int column = -1;

	if (resource->parent == NULL || resource->list.path == NULL ||
		resource->detail.path == NULL || range->many_column >= 0)
		return false;
	columns = ftx_path_columns(resource, &resource->detail);
	while ((column = bms_next_member(columns, column)) >= 0)
	{
		if (range->fixed[column] == NULL ||
			!ftx_key_addressable(resource, range->fixed[column]))
			return false;
	}
	return true;
}

FtxStreamPlan
ftx_stream_plan(const FtxResource *resource, const FtxStreamRange *range)
{
	const FtxOperation *list = list_operation(resource);
	Bitmapset *needed = ftx_path_columns(resource, list);
	FtxStreamPlan plan = {.operation = list};
	int column = -1;

	plan.one_object = whole_key_known(resource, range);
	if (plan.one_object)
		plan.operation = &resource->detail;
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

void
ftx_stream_start(FtxStream *stream, const FtxStreamRange *range)
{
	MemoryContext old;

	ftx_stream_reset(stream);
	old = MemoryContextSwitchTo(stream->range_cxt);
	stream->query = pstrdup(range->query);
	stream->narrowed = range->narrowed;
	stream->fixed = copy_texts(range->fixed, stream->spec.resource->ncolumns);
	stream->many_column = range->many_column;
	stream->many = copy_texts(range->many, range->nmany);
	stream->nmany = range->nmany;
	stream->parents_ended = false;
	stream->plan = ftx_stream_plan(stream->spec.resource, range);
	if (stream->plan.enumerate)
		start_parents(stream);
	MemoryContextSwitchTo(old);
}

/* ---------- branches ---------- */

static Branch *
free_branch(FtxStream *stream)
{
	for (int i = 0; i < stream->nbranches; i++)
	{
		Branch *branch = &stream->branches[i];

		if (branch->busy)
			continue;
		if (branch->source == NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(stream->cxt);

			branch->source = ftx_source_create(&stream->spec);
			branch->cxt = AllocSetContextCreate(stream->cxt, "fivetrex parent",
												ALLOCSET_SMALL_SIZES);
			MemoryContextSwitchTo(old);
		}
		return branch;
	}
	return NULL;
}

/*
 * Begin to read the list of the next parent.
 */
static void
start_branch(FtxStream *stream)
{
	Branch *branch = free_branch(stream);
	MemoryContext old;
	char **bound;
	char *path;

	MemoryContextReset(branch->cxt);
	old = MemoryContextSwitchTo(branch->cxt);
	bound = next_parent(stream);
	if (bound == NULL)
		stream->parents_ended = true;
	else if (addressable(stream, bound))
	{
		const char *key = stream->plan.one_object ?
							  bound[ftx_resource_key(stream->spec.resource)] :
							  NULL;

		path = ftx_bound_path(stream->spec.resource, stream->plan.operation,
							  bound);
		path = psprintf("%s%s", path, stream->query);
		ftx_source_list(branch->source, path,
						bms_is_empty(stream->needed) ? NULL : bound, key,
						stream->narrowed);
		ftx_source_start(branch->source);
		branch->busy = true;
		stream->active++;
		stream->asked++;
	}
	MemoryContextSwitchTo(old);
}

/*
 * Has an answer arrived that ftx_stream_next() can go on with, or is this the
 * end?
 */
static bool
answer_ready(FtxStream *stream)
{
	for (int i = 0; i < stream->nbranches; i++)
	{
		if (stream->branches[i].busy &&
			ftx_source_ready(stream->branches[i].source))
			return true;
	}
	return stream->active == 0 && stream->parents_ended;
}

/*
 * Lists to be read at once: none that a LIMIT makes superfluous.
 */
static int
window(FtxStream *stream)
{
	if (stream->spec.limit < 0)
		return stream->nbranches;
	return (int) Min((int64) stream->nbranches,
					 Max(1, stream->spec.limit - stream->received));
}

/*
 * Is it known without waiting whether there is another parent?
 */
static bool
parent_ready(FtxStream *stream)
{
	return !stream->plan.enumerate || ftx_stream_ready(stream->parents);
}

/*
 * Ask for what is wanted next; with `wait`, for one list at least.
 */
static void
start_branches(FtxStream *stream, bool wait)
{
	while (!stream->parents_ended && stream->active < window(stream) &&
		   (parent_ready(stream) ||
			(wait && stream->active == 0 && stream->current < 0)))
		start_branch(stream);
	for (int i = 0; i < stream->nbranches; i++)
	{
		if (stream->branches[i].busy)
			ftx_source_start(stream->branches[i].source);
	}
}

bool
ftx_stream_ready(FtxStream *stream)
{
	start_branches(stream, false);
	return answer_ready(stream);
}

static void
end_branch(FtxStream *stream, Branch *branch)
{
	if (ftx_source_absent(branch->source, stream->plan.enumerate))
		stream->absent++;
	ftx_source_reset(branch->source);
	branch->busy = false;
	stream->active--;
	stream->current = -1;
}

static void
choose_branch(FtxStream *stream)
{
	for (int i = 0; i < stream->nbranches && stream->current < 0; i++)
	{
		if (stream->branches[i].busy &&
			ftx_source_ready(stream->branches[i].source))
			stream->current = i;
	}
}

const FtxJsonValue *
ftx_stream_next(FtxStream *stream)
{
	const FtxJsonValue *item;

	for (;;)
	{
		if (stream->current >= 0)
		{
			Branch *branch = &stream->branches[stream->current];

			/* the only list is waited for; of many, another may be there */
			if (stream->nbranches == 1 || ftx_source_ready(branch->source))
			{
				item = ftx_source_next(branch->source);
				if (item != NULL)
				{
					stream->received++;
					return item;
				}
				end_branch(stream, branch);
			}
			else
				stream->current = -1;
		}
		CHECK_FOR_INTERRUPTS();
		start_branches(stream, true);
		choose_branch(stream);
		if (stream->current >= 0)
			continue;
		if (stream->nbranches == 1 && stream->active == 1)
		{
			stream->current = 0;
			continue;
		}
		if (stream->active == 0 && stream->parents_ended)
			break;
		if (stream->active > 0)
			ftx_call_wait_any(stream->spec.session, stream->spec.stats);
	}
	return NULL;
}

void
ftx_stream_report(FtxStream *stream)
{
	if (stream->parents != NULL)
		ftx_stream_report(stream->parents);
	if (stream->absent > 0)
		ereport(NOTICE,
				(errmsg("%s: none for " INT64_FORMAT " of " INT64_FORMAT " %s",
						stream->spec.resource->name, stream->absent,
						stream->asked, stream->spec.resource->parent)));
}

bool
ftx_stream_unread(const FtxStream *stream)
{
	if (!stream->parents_ended &&
		(stream->plan.enumerate || stream->many_column >= 0 ||
		 stream->active == 0))
		return true;
	for (int i = 0; i < stream->nbranches; i++)
	{
		const Branch *branch = &stream->branches[i];

		if (branch->busy && (!ftx_source_ready(branch->source) ||
							 ftx_source_unread(branch->source)))
			return true;
	}
	return false;
}
