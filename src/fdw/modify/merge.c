/*-------------------------------------------------------------------------
 *
 * merge.c
 *		Updates of many rows that are one request.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/catalogue.h"
#include "catalogue/template.h"
#include "fdw/modify/merge.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/json.h"
#include "utils/memutils.h"

/* "schemas" or "{schema_name}" */
typedef struct Step
{
	char *name; /* of a member; NULL for a column */
	int column;
} Step;

typedef struct MergedRow
{
	char *path;
	char *names[FTX_MAX_STEPS]; /* one per step */
	char *members;
} MergedRow;

struct FtxMerge
{
	const FtxResource *resource;
	int nsteps;
	Step steps[FTX_MAX_STEPS];
	MemoryContext cxt; /* of the rows */
	MergedRow *rows;
	int nrows;
	int size;
};

static int
parse_template(const FtxResource *resource, Step *steps)
{
	const char *c = resource->merged_at;
	int n = 0;

	while (*c != '\0' && n < FTX_MAX_STEPS)
	{
		int len = (int) strcspn(c, ".");

		if (c[0] == '{')
		{
			FtxPiece piece = {.name = c + 1, .name_len = len - 2};

			steps[n].name = NULL;
			steps[n].column = ftx_resource_named(resource, &piece);
		}
		else
		{
			steps[n].name = pnstrdup(c, len);
			steps[n].column = -1;
		}
		n++;
		c += len;
		if (*c == '.')
			c++;
	}
	return n;
}

FtxMerge *
ftx_merge_create(const FtxResource *resource)
{
	FtxMerge *merge = palloc0(sizeof(FtxMerge));

	merge->resource = resource;
	merge->nsteps = parse_template(resource, merge->steps);
	merge->cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex merged rows", ALLOCSET_DEFAULT_SIZES);
	return merge;
}

void
ftx_merge_add(FtxMerge *merge, const char *path, const FtxBinding *binding,
			  const char *members)
{
	MemoryContext old = MemoryContextSwitchTo(merge->cxt);
	MergedRow *row;

	if (merge->nrows == merge->size)
	{
		merge->size = Max(64, merge->size * 2);
		merge->rows = merge->rows == NULL ?
						  palloc(sizeof(MergedRow) * merge->size) :
						  repalloc_huge(merge->rows,
										sizeof(MergedRow) * merge->size);
	}
	row = &merge->rows[merge->nrows++];
	row->path = pstrdup(path);
	row->members = pstrdup(members);
	for (int i = 0; i < merge->nsteps; i++)
		row->names[i] = merge->steps[i].name != NULL ?
							merge->steps[i].name :
							pstrdup(binding->texts[merge->steps[i].column]);
	MemoryContextSwitchTo(old);
}

/*
 * How many steps do two rows of the same path have in common?
 */
static int
common_steps(const MergedRow *a, const MergedRow *b, int nsteps)
{
	int n = 0;

	while (n < nsteps && strcmp(a->names[n], b->names[n]) == 0)
		n++;
	return n;
}

static int
compare_rows(const void *a, const void *b, void *arg)
{
	const MergedRow *left = a;
	const MergedRow *right = b;
	int nsteps = *(int *) arg;
	int result = strcmp(left->path, right->path);

	for (int i = 0; result == 0 && i < nsteps; i++)
		result = strcmp(left->names[i], right->names[i]);
	return result;
}

/*
 * Open the objects of a row's steps from `from` on.
 */
static void
open_steps(StringInfo body, const MergedRow *row, int from, int nsteps)
{
	for (int i = from; i < nsteps; i++)
	{
		appendStringInfoString(
			body, i == from && body->data[body->len - 1] != '{' ? ", " : "");
		escape_json(body, row->names[i]);
		appendStringInfoString(body, ": ");
		if (i < nsteps - 1)
			appendStringInfoChar(body, '{');
	}
	appendStringInfoString(body, row->members);
}

static void
close_steps(StringInfo body, int n)
{
	for (int i = 0; i < n; i++)
		appendStringInfoChar(body, '}');
}

void
ftx_merge_flush(FtxMerge *merge, FtxMergedRequest request, void *arg)
{
	StringInfoData body;

	qsort_arg(merge->rows, merge->nrows, sizeof(MergedRow), compare_rows,
			  &merge->nsteps);
	initStringInfo(&body);
	for (int i = 0; i < merge->nrows; i++)
	{
		const MergedRow *row = &merge->rows[i];
		bool first = i == 0 || strcmp(merge->rows[i - 1].path, row->path) != 0;
		bool last = i == merge->nrows - 1 ||
					strcmp(merge->rows[i + 1].path, row->path) != 0;
		int common = first ?
						 0 :
						 common_steps(&merge->rows[i - 1], row, merge->nsteps);

		/* a row that comes twice: the first one counts */
		if (first || common < merge->nsteps)
		{
			if (first)
			{
				resetStringInfo(&body);
				appendStringInfoChar(&body, '{');
			}
			else
				close_steps(&body, merge->nsteps - 1 - common);
			open_steps(&body, row, common, merge->nsteps);
		}
		if (last)
		{
			close_steps(&body, merge->nsteps);
			request(arg, row->path, body.data);
		}
	}
	pfree(body.data);
	MemoryContextReset(merge->cxt);
	merge->rows = NULL;
	merge->nrows = 0;
	merge->size = 0;
}

/* ---------- answers ---------- */

/* How far down the last search got, and where it stood. */
typedef struct Level
{
	char *name;			 /* of the member that was found; NULL at first */
	FtxJsonValue object; /* its value */
	int position;		 /* behind it, in the object above */
} Level;

struct FtxAnswerTree
{
	MemoryContext cxt;
	FtxJsonValue root;
	int nsteps;
	Step steps[FTX_MAX_STEPS];
	Level levels[FTX_MAX_STEPS];
};

FtxAnswerTree *
ftx_merge_tree(const FtxResource *resource, const FtxJsonValue *root)
{
	FtxAnswerTree *tree = palloc0(sizeof(FtxAnswerTree));

	tree->cxt = CurrentMemoryContext;
	tree->root = *root;
	tree->nsteps = parse_template(resource, tree->steps);
	return tree;
}

/*
 * The first member of that name (UTF-8) from *position on, before `end`.
 */
static bool
find_from(const FtxJsonValue *object, const char *name, int *position, int end,
		  FtxJsonValue *found)
{
	int wanted = strlen(name);
	FtxJsonValue key;

	while (*position < end &&
		   ftx_json_next_member(object, position, &key, found))
	{
		const char *text = key.text + 1;
		int len = key.len - 2;

		if (memchr(text, '\\', len) != NULL)
			text = ftx_json_plain_key(&key, &len);
		if (len == wanted && memcmp(text, name, len) == 0)
			return true;
	}
	return false;
}

/*
 * Rows are looked for in the order in which they were read, which is that of
 * the tree: so go on where the last one was found, and begin anew only then.
 */
static bool
find_member(const FtxJsonValue *object, const char *name, Level *level)
{
	char *utf8 = pg_server_to_any(name, strlen(name), PG_UTF8);
	int begin = level->position;

	if (object->kind != FTX_JSON_OBJECT)
		return false;
	if (find_from(object, utf8, &level->position, object->len, &level->object))
		return true;
	level->position = 0;
	return find_from(object, utf8, &level->position, begin, &level->object);
}

bool
ftx_merge_find(FtxAnswerTree *tree, const FtxBinding *binding,
			   FtxJsonValue *found)
{
	const FtxJsonValue *object = &tree->root;
	bool same = true; /* as last time, so far */

	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < tree->nsteps; i++)
	{
		Level *level = &tree->levels[i];
		const char *name = tree->steps[i].name != NULL ?
							   tree->steps[i].name :
							   binding->texts[tree->steps[i].column];

		if (name == NULL)
			return false;
		if (!same || level->name == NULL || strcmp(level->name, name) != 0)
		{
			if (!same)
				level->position = 0; /* in another object */
			same = false;
			if (level->name != NULL)
				pfree(level->name);
			level->name = NULL;
			if (!find_member(object, name, level))
				return false;
			level->name = MemoryContextStrdup(tree->cxt, name);
		}
		object = &level->object;
	}
	*found = *object;
	return found->kind == FTX_JSON_OBJECT;
}
