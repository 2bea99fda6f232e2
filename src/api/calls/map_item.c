/*-------------------------------------------------------------------------
 *
 * map_item.c
 *		The values of an item that stands in a map by name.
 *
 * The scanner has noted where they begin (map.c); where they end is found here,
 * as most are short.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/map.h"
#include "api/calls/map_around.h"
#include "api/calls/page.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/scanner.h"
#include "json/value.h"

const char *
ftx_map_name_end(const FtxPage *page, const char *p)
{
	const char *end = strchr(p + 1, '"');

	if (likely(end[-1] != '\\'))
		return end + 1;
	return ftx_scanner_skip(p, page->body.data + page->body.len);
}

/*
 * Where the item is whose last name is `name`.
 */
static const char *
item_of(const FtxPage *page, uint32 name)
{
	const char *p = ftx_map_name_end(page, page->body.data + name);

	p = ftx_json_skip_space(p);
	return ftx_json_skip_space(p + 1);
}

/*
 * The value that begins at p of the body.
 */
static FtxJsonValue
value_at(const FtxPage *page, const char *p)
{
	FtxJsonValue value = {.text = p, .kind = ftx_json_kind(*p)};
	const char *end = value.kind == FTX_JSON_STRING ?
						  ftx_map_name_end(page, p) :
						  ftx_scanner_skip(p, page->body.data + page->body.len);

	value.len = (int) (end - p);
	return value;
}

static void
fill_slots(const KeyNode *node, FtxJsonValue value, FtxJsonValue *values)
{
	for (int i = 0; i < node->nslots; i++)
		values[node->slots[i]] = value;
}

/*
 * The values of the item that is next in turn.
 */
static void
take_found(FtxPage *page, const KeyNode *root, FtxJsonValue *values)
{
	const uint32 *name =
		&page->names[(Size) page->next_item * page->nnames + page->nnames - 1];
	Size end = page->next_item + 1 < page->nitems ? name[page->nnames] :
													page->body.len;

	if (root->nslots > 0)
		fill_slots(root, value_at(page, item_of(page, *name)), values);
	for (; page->next_found < page->nfound &&
		   page->found[page->next_found].place < end;
		 page->next_found++)
	{
		const FtxMapValue *found = &page->found[page->next_found];

		fill_slots(page->nodes[found->node],
				   value_at(page, page->body.data + found->place), values);
	}
	page->next_item++;
}

static int
compare_members(const void *a, const void *b)
{
	uint32 x = ((const FtxMapPlace *) a)->name;
	uint32 y = ((const FtxMapPlace *) b)->name;

	return x < y ? -1 : x > y;
}

/*
 * The member that is wanted of the object with this name; ABSENT if it has
 * none.
 */
static FtxJsonValue
value_around(const FtxPage *page, const FtxMapAround *around, uint32 name)
{
	FtxMapPlace wanted = {.name = name};
	FtxJsonValue none = {0};
	const FtxMapPlace *place = NULL;

	if (around->n > 0)
		place = bsearch(&wanted, around->places, around->n, sizeof(wanted),
						compare_members);
	return place == NULL ? none :
						   value_at(page, page->body.data + place->value);
}

FtxJsonValue
ftx_map_name(const FtxPage *page, int i, int level)
{
	const char *name = page->body.data +
					   page->names[(Size) i * page->nnames + level - 1];
	FtxJsonValue value = {name, (int) (ftx_map_name_end(page, name) - name),
						  FTX_JSON_STRING};

	return value;
}

void
ftx_map_item(FtxPage *page, int i, const FtxProjection *projection,
			 FtxJsonValue *values)
{
	const uint32 *names = &page->names[(Size) i * page->nnames];
	const char *body = page->body.data;
	FtxJsonValue item = {.kind = FTX_JSON_OBJECT};

	if (page->nodes != NULL && i == page->next_item)
	{
		memset(values, 0, sizeof(FtxJsonValue) * projection->nslots);
		take_found(page, &projection->root, values);
	}
	else
	{
		item.text = item_of(page, names[page->nnames - 1]);
		/* where it ends is found out on the way */
		item.len = (int) (body + page->body.len - item.text);
		ftx_page_project(&item, projection, values);
	}
	for (int n = 0; n < projection->nnames; n++)
	{
		const FtxNameSlot *name = &projection->names[n];
		FtxJsonValue *value = &values[name->slot];

		if (name->level < 1 || name->level > page->nnames)
			continue;
		if (name->member != NULL)
		{
			*value = value_around(page, &page->around[n],
								  names[name->level - 1]);
			continue;
		}
		*value = ftx_map_name(page, i, name->level);
	}
}
