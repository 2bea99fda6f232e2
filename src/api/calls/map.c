/*-------------------------------------------------------------------------
 *
 * map.c
 *		Items that stand in maps by name instead of a list.
 *
 * The scanner passes once over the answer, and items are added as they come;
 * those of names that come again are forgotten (map_names.c).
 *
 * A map may have very many members of a few bytes, so little is noted of each:
 * for an item 4 bytes for each of its names and 8 for each value that is wanted
 * and there, for another member 8 and as many for each value that is wanted of
 * it, and at the end of its map 6 in a hash table that finds those that come
 * twice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/map.h"
#include "api/calls/map_around.h"
#include "api/calls/map_state.h"
#include "api/calls/page.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/scanner.h"
#include "miscadmin.h"
#include "utils/memutils.h"

static const char *walk_map(FtxMapWalk *walk, const char *items, int level);

/*
 * For how many there should be room when n of them have come: as many as there
 * will be, if those to come are as long.  Growing by doubling would leave
 * copies behind.
 */
static int
more_room(const FtxMapWalk *walk, int n)
{
	double done = walk->scanner->p - walk->page->body.data;
	double all = n * ((double) walk->page->body.len / done);
	double possible = (double) walk->page->body.len / FTX_MIN_MEMBER;

	return Max(64, Max(n + n / 2, (int) Min(all * 1.05, possible)));
}

static void
add_member(FtxMapWalk *walk, FtxMapMembers *all, uint32 name)
{
	if (all->n == all->size)
	{
		all->size = more_room(walk, all->n);
		all->members = all->members == NULL ?
						   palloc(sizeof(FtxMapMember) * all->size) :
						   repalloc_huge(all->members,
										 sizeof(FtxMapMember) * all->size);
	}
	all->members[all->n].name = name;
	all->members[all->n].first = (uint32) walk->page->nitems;
	all->n++;
}

/*
 * Note where the values of the present item stand.
 */
static void
add_found(FtxMapWalk *walk)
{
	FtxPage *page = walk->page;

	for (int i = 0; i < walk->nnodes; i++)
	{
		const FtxJsonValue *value = &walk->values[page->nodes[i]->slots[0]];

		if (value->kind == FTX_JSON_ABSENT)
			continue;
		if (page->nfound == page->maxfound)
		{
			Size size;

			page->maxfound = more_room(walk, page->nfound);
			size = sizeof(FtxMapValue) * (Size) page->maxfound;
			page->found = page->found == NULL ?
							  MemoryContextAllocHuge(CurrentMemoryContext,
													 size) :
							  repalloc_huge(page->found, size);
		}
		page->found[page->nfound].place = value->text - page->body.data;
		page->found[page->nfound++].node = i;
	}
}

/*
 * What comes next is an item, and has the names of the walk; false if it is no
 * object.
 */
static bool
add_map_item(FtxMapWalk *walk)
{
	FtxPage *page = walk->page;
	bool object = ftx_scanner_peek(walk->scanner) == '{';
	uint32 *names;

	if (page->nitems == page->maxnames)
	{
		Size size;

		page->maxnames = more_room(walk, page->nitems);
		size = sizeof(uint32) * page->nnames * (Size) page->maxnames;
		page->names = page->names == NULL ? palloc(size) :
											repalloc_huge(page->names, size);
	}
	names = &page->names[(Size) page->nitems * page->nnames];
	memcpy(names, walk->names, sizeof(uint32) * page->nnames);
	if (!object)
		names[page->nnames - 1] |= FTX_NAME_WRONG;
	if (++page->nitems % 1024 == 0)
		CHECK_FOR_INTERRUPTS();
	if (walk->root == NULL || !object)
		ftx_scanner_value(walk->scanner, NULL, NULL);
	else
	{
		memset(walk->values, 0, sizeof(FtxJsonValue) * walk->nslots);
		ftx_scanner_value(walk->scanner, walk->root, walk->values);
		add_found(walk);
	}
	return object;
}

/*
 * The members of a map by name, each of which is an item.
 */
static const char *
walk_items(FtxMapWalk *walk, int level)
{
	FtxPage *page = walk->page;
	int start = page->nitems;
	bool wrong = false;
	bool first = true;
	FtxMapNames names;

	while (ftx_scanner_member(walk->scanner, &first, NULL, NULL))
	{
		walk->names[level] = walk->scanner->name - page->body.data;
		wrong |= !add_map_item(walk);
	}
	if (page->nitems == start)
		return NULL;
	names.first = &page->names[(Size) start * page->nnames + level];
	names.stride = page->nnames;
	names.n = page->nitems - start;
	if (ftx_map_mark_replaced(walk, &names))
	{
		wrong = wrong && ftx_map_any_wrong(&names);
		ftx_map_forget_items(page, start);
		walk->replaced = true;
	}
	return wrong ? "An item of a map is not an object." : NULL;
}

/*
 * The members of a map by name; `rest` is where items stand in each.
 */
static const char *
walk_names(FtxMapWalk *walk, const char *rest, int level)
{
	FtxMapMembers all = {0};
	const char *complaint = NULL;
	bool first = true;

	while (ftx_scanner_member(walk->scanner, &first, NULL, NULL))
	{
		const char *wrong;

		walk->names[level] = walk->scanner->name - walk->page->body.data;
		add_member(walk, &all, walk->names[level]);
		wrong = walk_map(walk, rest, level + 1);
		if (wrong != NULL)
			all.members[all.n - 1].name |= FTX_NAME_WRONG;
		if (complaint == NULL)
			complaint = wrong;
	}
	if (all.n > 0)
	{
		FtxMapNames names = {&all.members[0].name,
							 sizeof(FtxMapMember) / sizeof(uint32), all.n};

		if (ftx_map_mark_replaced(walk, &names))
		{
			if (complaint != NULL && !ftx_map_any_wrong(&names))
				complaint = NULL;
			ftx_map_forget_replaced(walk->page, &all);
			walk->replaced = true;
		}
		pfree(all.members);
	}
	return complaint;
}

/*
 * Note where a member of the object begins that holds items and has the last of
 * `level` names, if somebody wants it.  Of two the last one counts.
 */
static void
note_around(FtxMapWalk *walk, int level, const char *key, int len)
{
	const FtxProjection *projection = walk->projection;
	uint32 name = level > 0 ? walk->names[level - 1] : 0;

	for (int i = 0; i < projection->nnames; i++)
	{
		const FtxNameSlot *slot = &projection->names[i];
		FtxMapAround *around = &walk->page->around[i];

		if (slot->level != level || slot->member == NULL ||
			(int) strlen(slot->member) != len ||
			memcmp(slot->member, key, len) != 0)
			continue;
		if (around->n == 0 || around->places[around->n - 1].name != name)
		{
			if (around->n == around->size)
			{
				Size size;

				around->size = more_room(walk, around->n);
				size = sizeof(FtxMapPlace) * around->size;
				around->places = around->places == NULL ?
									 palloc(size) :
									 repalloc_huge(around->places, size);
			}
			around->places[around->n++].name = name;
		}
		(void) ftx_scanner_peek(walk->scanner);
		around->places[around->n - 1].value = walk->scanner->p -
											  walk->page->body.data;
	}
}

/*
 * The one member that the path names; `rest` is where items stand in it.
 */
static const char *
walk_member(FtxMapWalk *walk, const char *name, int namelen, const char *rest,
			int level, bool *found)
{
	FtxScanner *scanner = walk->scanner;
	int before = walk->page->nitems;
	int found_before = walk->page->nfound;
	const char *complaint = NULL;
	bool first = true;
	const char *key;
	int len;

	*found = false;
	while (ftx_scanner_member(scanner, &first, &key, &len))
	{
		if (len != namelen || memcmp(key, name, len) != 0)
		{
			if (walk->page->around != NULL)
				note_around(walk, level, key, len);
			ftx_scanner_value(scanner, NULL, NULL);
			continue;
		}
		*found = true;
		walk->page->nitems = before;
		walk->page->nfound = found_before;
		complaint = walk_map(walk, rest, level);
	}
	return complaint;
}

/*
 * The complaint that there is no map; a map of many such has one text.
 */
static const char *
no_map(FtxMapWalk *walk, const char *items)
{
	if (walk->no_map_at != items)
	{
		walk->no_map_at = items;
		walk->no_map = psprintf("There is no map at \"%s\".", items);
	}
	return walk->no_map;
}

/*
 * What comes next is the object in which `items` stand, after `level` names.
 */
static const char *
walk_map(FtxMapWalk *walk, const char *items, int level)
{
	int len = (int) strcspn(items, ".");
	const char *rest = items[len] == '.' ? items + len + 1 : NULL;
	const char *complaint;
	char c = ftx_scanner_peek(walk->scanner);
	bool found;

	if (c != '{')
	{
		ftx_scanner_value(walk->scanner, NULL, NULL);
		/* a map that is null is empty; what should hold one is not */
		return c == 'n' && items[0] == '*' ? NULL : no_map(walk, items);
	}
	ftx_scanner_enter(walk->scanner);
	if (items[0] == '*')
		return rest == NULL ? walk_items(walk, level) :
							  walk_names(walk, rest, level);
	complaint = walk_member(walk, items, len, rest, level, &found);
	if (!found && level == 0)
		return psprintf("Its \"data\" has no \"%.*s\".", len, items);
	return complaint;
}

/*
 * The nodes below `node` that have slots, into nodes[n] and following; how many
 * there are then.
 */
static int
nodes_below(const KeyNode *node, const KeyNode **nodes, int n)
{
	for (const KeyNode *child = node->children; child; child = child->next)
	{
		if (child->nslots > 0)
			nodes[n++] = child;
		n = nodes_below(child, nodes, n);
	}
	return n;
}

const char *
ftx_map_scan(FtxScanner *scanner, FtxPage *page, const char *items,
			 const FtxProjection *projection)
{
	FtxMapWalk walk = {
		.scanner = scanner, .page = page, .projection = projection};
	const char *complaint;

	page->nnames = 0;
	page->nfound = page->next_found = page->next_item = 0;
	for (const char *p = items; *p != '\0'; p++)
		page->nnames += *p == '*';
	if (projection->root.children != NULL)
	{
		walk.root = &projection->root;
		walk.nslots = projection->nslots;
		walk.values = palloc(sizeof(FtxJsonValue) * walk.nslots);
		page->nodes = palloc(sizeof(KeyNode *) * walk.nslots);
		walk.nnodes = nodes_below(walk.root, page->nodes, 0);
	}
	for (int i = 0; i < projection->nnames && page->around == NULL; i++)
	{
		if (projection->names[i].member != NULL)
			page->around = palloc0(sizeof(FtxMapAround) * projection->nnames);
	}
	complaint = walk_map(&walk, items, 0);
	for (int i = 0; i < 2; i++)
	{
		if (walk.plain[i] != NULL)
			pfree(walk.plain[i]);
	}
	if (walk.values != NULL)
		pfree(walk.values);
	/* what was found does not stand beside its item any more */
	if (walk.replaced)
		page->nodes = NULL;
	return complaint;
}
