/*-------------------------------------------------------------------------
 *
 * map.c
 *		Items that stand in maps by name instead of a list.
 *
 * The scanner passes once over the answer, and items are added as they come.
 * A name that comes a second time takes the place of the first, as in jsonb:
 * the items that the first one gave, and what was wrong with it, are forgotten.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "json/map.h"
#include "json/projection.h"
#include "json/value.h"
#include "utils/memutils.h"

#define MAX_NAMES 4

/* A member of a map: its name, and the items that it gave. */
typedef struct Member
{
	const char *name; /* without escapes */
	int len;
	uint32 hash;
	int first; /* item */
	int end;   /* the item behind the last one */
	const char *complaint;
} Member;

/* The members of one map, in an open hash table of their indexes. */
typedef struct Members
{
	Member *members;
	int n;
	int size;
	int *table; /* 2 * size of them; -1: free */
} Members;

typedef struct MapWalk
{
	FtxScanner *scanner;
	FtxPage *page;
	const FtxProjection *projection;
	FtxJsonValue names[MAX_NAMES]; /* on the way to the present item */
} MapWalk;

static const char *walk_map(MapWalk *walk, const char *items, int level);

/* ---------- members ---------- */

static int *
find_place(Members *all, const Member *member)
{
	uint32 mask = 2 * (uint32) all->size - 1;
	uint32 i = member->hash & mask;

	while (all->table[i] >= 0)
	{
		const Member *other = &all->members[all->table[i]];

		if (other->hash == member->hash && other->len == member->len &&
			memcmp(other->name, member->name, member->len) == 0)
			break;
		i = (i + 1) & mask;
	}
	return &all->table[i];
}

/*
 * Room for twice as many.
 */
static void
grow_members(Members *all)
{
	Size entry = sizeof(Member);

	if (all->size > 0)
		pfree(all->table);
	all->size = Max(16, all->size * 2);
	all->members = all->members == NULL ?
					   palloc(entry * all->size) :
					   repalloc_huge(all->members, entry * all->size);
	all->table = MemoryContextAllocHuge(CurrentMemoryContext,
										sizeof(int) * 2 * all->size);
	memset(all->table, -1, sizeof(int) * 2 * all->size);
	for (int i = 0; i < all->n; i++)
		*find_place(all, &all->members[i]) = i;
}

/*
 * Take the items of a member off the page, and what it complained of.
 */
static void
forget_member(MapWalk *walk, Members *all, Member *member)
{
	FtxPage *page = walk->page;
	int n = member->end - member->first;

	memmove(ftx_page_value(page, member->first, 0),
			ftx_page_value(page, member->end, 0),
			sizeof(FtxJsonValue) * page->nslots *
				(Size) (page->nitems - member->end));
	page->nitems -= n;
	for (int i = 0; i < all->n; i++)
	{
		Member *other = &all->members[i];

		if (other != member && other->first >= member->end)
		{
			other->first -= n;
			other->end -= n;
		}
	}
}

/*
 * Note what a member gave; of those with one name the last one stays.
 */
static void
add_member(MapWalk *walk, Members *all, Member member)
{
	int *place;

	if (all->n == all->size)
		grow_members(all);
	member.hash = hash_bytes((const unsigned char *) member.name, member.len);
	place = find_place(all, &member);
	if (*place < 0)
	{
		*place = all->n;
		all->members[all->n++] = member;
		return;
	}
	if (all->members[*place].end > all->members[*place].first)
	{
		int n = all->members[*place].end - all->members[*place].first;

		forget_member(walk, all, &all->members[*place]);
		member.first -= n;
		member.end -= n;
	}
	all->members[*place] = member;
}

/* ---------- walking ---------- */

static const char *
take_item(MapWalk *walk)
{
	FtxJsonValue *row;

	if (ftx_scanner_peek(walk->scanner) != '{')
	{
		ftx_scanner_value(walk->scanner, NULL, NULL);
		return "An item of a map is not an object.";
	}
	row = ftx_page_add_item(walk->page);
	ftx_scanner_value(walk->scanner, &walk->projection->root, row);
	for (int i = 0; i < walk->projection->nnames; i++)
	{
		const FtxNameSlot *name = &walk->projection->names[i];

		if (name->level >= 1 && name->level <= MAX_NAMES)
			row[name->slot] = walk->names[name->level - 1];
	}
	return NULL;
}

/*
 * The members of a map by name: `rest` is where items stand in each, NULL if
 * they are the items.
 */
static const char *
walk_names(MapWalk *walk, const char *rest, int level)
{
	FtxScanner *scanner = walk->scanner;
	Members all = {0};
	const char *complaint = NULL;
	bool first = true;
	const char *key;
	int len;

	while (ftx_scanner_member(scanner, &first, &key, &len))
	{
		Member member = {.name = key, .len = len, .first = walk->page->nitems};

		if (level < MAX_NAMES)
		{
			walk->names[level].text = scanner->name;
			walk->names[level].len = scanner->namelen;
			walk->names[level].kind = FTX_JSON_STRING;
		}
		member.complaint = rest == NULL ? take_item(walk) :
										  walk_map(walk, rest, level + 1);
		member.end = walk->page->nitems;
		add_member(walk, &all, member);
	}
	for (int i = 0; i < all.n && complaint == NULL; i++)
		complaint = all.members[i].complaint;
	if (all.size > 0)
	{
		pfree(all.members);
		pfree(all.table);
	}
	return complaint;
}

/*
 * The one member that the path names; `rest` is where items stand in it.
 */
static const char *
walk_member(MapWalk *walk, const char *name, int namelen, const char *rest,
			int level, bool *found)
{
	FtxScanner *scanner = walk->scanner;
	int before = walk->page->nitems;
	const char *complaint = NULL;
	bool first = true;
	const char *key;
	int len;

	*found = false;
	while (ftx_scanner_member(scanner, &first, &key, &len))
	{
		if (len != namelen || memcmp(key, name, len) != 0)
		{
			ftx_scanner_value(scanner, NULL, NULL);
			continue;
		}
		*found = true;
		walk->page->nitems = before;
		complaint = walk_map(walk, rest, level);
	}
	return complaint;
}

/*
 * What comes next is the object in which `items` stand, after `level` names.
 */
static const char *
walk_map(MapWalk *walk, const char *items, int level)
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
		return c == 'n' && items[0] == '*' ?
				   NULL :
				   psprintf("There is no map at \"%s\".", items);
	}
	ftx_scanner_enter(walk->scanner);
	if (items[0] == '*')
		return walk_names(walk, rest, level);
	complaint = walk_member(walk, items, len, rest, level, &found);
	if (!found && level == 0)
		return psprintf("Its \"data\" has no \"%.*s\".", len, items);
	return complaint;
}

const char *
ftx_map_scan(FtxScanner *scanner, FtxPage *page, const char *items,
			 const FtxProjection *projection)
{
	MapWalk walk = {.scanner = scanner, .page = page, .projection = projection};

	return walk_map(&walk, items, 0);
}
