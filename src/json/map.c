/*-------------------------------------------------------------------------
 *
 * map.c
 *		Items that stand in maps by name instead of a list.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "json/map.h"
#include "json/projection.h"
#include "json/value.h"
#include "miscadmin.h"

#define MAX_NAMES 4

typedef struct MapWalk
{
	FtxPage *page;
	const FtxProjection *projection;
	int maxitems;
	FtxJsonValue names[MAX_NAMES]; /* on the way to the present item */
} MapWalk;

static void
add_item(MapWalk *walk, const FtxJsonValue *item)
{
	FtxPage *page = walk->page;
	FtxJsonValue *row;

	if (page->nitems == walk->maxitems)
	{
		walk->maxitems = Max(64, walk->maxitems * 2);
		page->values = page->values == NULL ?
						   palloc_extended(sizeof(FtxJsonValue) *
											   (Size) page->nslots *
											   walk->maxitems,
										   MCXT_ALLOC_HUGE) :
						   repalloc_huge(page->values, sizeof(FtxJsonValue) *
														   (Size) page->nslots *
														   walk->maxitems);
	}
	row = ftx_page_value(page, page->nitems, 0);
	ftx_page_project(item, walk->projection, row);
	for (int i = 0; i < walk->projection->nnames; i++)
	{
		const FtxNameSlot *name = &walk->projection->names[i];

		if (name->level >= 1 && name->level <= MAX_NAMES)
			row[name->slot] = walk->names[name->level - 1];
	}
	if (++page->nitems % 1000 == 0)
		CHECK_FOR_INTERRUPTS();
}

static void
walk_map(MapWalk *walk, const FtxJsonValue *object, const char *items,
		 int level)
{
	size_t len = strcspn(items, ".");
	const char *rest = items[len] == '.' ? items + len + 1 : NULL;
	bool any = len == 1 && items[0] == '*';
	FtxJsonValue key;
	FtxJsonValue value;
	int position = 0;

	if (object->kind == FTX_JSON_ABSENT || object->kind == FTX_JSON_NULL)
		return;
	if (object->kind != FTX_JSON_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("the answer of the Fivetran API cannot be understood"),
				 errdetail("There is no map at \"%s\".", items)));
	while (ftx_json_next_member(object, &position, &key, &value))
	{
		if (any)
		{
			if (level < MAX_NAMES)
				walk->names[level] = key;
			if (rest == NULL)
			{
				if (value.kind == FTX_JSON_OBJECT)
					add_item(walk, &value);
			}
			else
				walk_map(walk, &value, rest, level + 1);
		}
		else if (key.len == (int) len + 2 &&
				 memcmp(key.text + 1, items, len) == 0 && rest != NULL)
			walk_map(walk, &value, rest, level);
	}
}

void
ftx_map_decode(FtxPage *page, const char *body, size_t len, const char *items,
			   const FtxProjection *projection)
{
	const char *whole = "";
	FtxPage answer = {0};
	MapWalk walk = {.page = page, .projection = projection};

	ftx_page_decode(&answer, body, len, FTX_SHAPE_OBJECT,
					ftx_projection_create(&whole, 1));
	*page = answer;
	page->nitems = 0;
	page->values = NULL;
	page->maxitems = 0;
	page->nslots = projection->nslots;
	walk_map(&walk, &answer.values[0], items, 0);
}
