/*-------------------------------------------------------------------------
 *
 * map.c
 *		Items that stand in maps by name instead of a list.
 *
 * The scanner passes once over the answer, and items are added as they come.
 * Of a name that comes twice the last one counts, as in jsonb: the items that
 * the first one gave, and what was wrong with it, are forgotten.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/map.h"
#include "catalogue/catalogue.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "json/json.h"
#include "json/projection.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/*
 * A member of a map.  Its items are those from `first` to the first one of the
 * next member.
 */
typedef struct Member
{
	const char *name; /* without escapes */
	const char *complaint;
	int len;
	uint32 hash;
	int first;
	bool replaced; /* by a later one of this name */
} Member;

/* The members of one map, in an open hash table of their indexes. */
typedef struct Members
{
	Member *members;
	int n;
	int size;
	int *table; /* 2 * size of them; -1: free */
	bool any_replaced;
} Members;

typedef struct MapWalk
{
	FtxScanner *scanner;
	FtxPage *page;
	const FtxProjection *projection;
	FtxJsonValue names[FTX_MAX_NAMES]; /* on the way to the present item */
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
 * Note a member, whose items follow; of those with one name the last one stays.
 * The hash has a seed, so that no answer can make it slow.
 */
static void
add_map_member(Members *all, Member member)
{
	static uint64 seed = 0;
	int *place;

	if (seed == 0)
		seed = pg_prng_uint64(&pg_global_prng_state) | 1;
	if (all->n == all->size)
		grow_members(all);
	member.hash = (uint32) hash_bytes_extended(
		(const unsigned char *) member.name, member.len, seed);
	place = find_place(all, &member);
	if (*place >= 0)
	{
		all->members[*place].replaced = true;
		all->any_replaced = true;
	}
	*place = all->n;
	all->members[all->n++] = member;
}

/*
 * Take the items of members that were replaced off the page.
 */
static void
forget_replaced(MapWalk *walk, const Members *all)
{
	FtxPage *page = walk->page;
	int end = page->nitems;

	page->nitems = all->members[0].first;
	for (int i = 0; i < all->n; i++)
	{
		int first = all->members[i].first;
		int n = (i + 1 < all->n ? all->members[i + 1].first : end) - first;

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if (all->members[i].replaced)
			continue;
		memmove(ftx_page_value(page, page->nitems, 0),
				ftx_page_value(page, first, 0),
				sizeof(FtxJsonValue) * page->nslots * (Size) n);
		page->nitems += n;
	}
}

/* ---------- walking ---------- */

static const char *
add_map_item(MapWalk *walk)
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

		if (name->level >= 1 && name->level <= FTX_MAX_NAMES)
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
		int n = all.n;

		if (level < FTX_MAX_NAMES)
		{
			walk->names[level].text = scanner->name;
			walk->names[level].len = scanner->namelen;
			walk->names[level].kind = FTX_JSON_STRING;
		}
		add_map_member(&all, member);
		all.members[n].complaint = rest == NULL ?
									   add_map_item(walk) :
									   walk_map(walk, rest, level + 1);
	}
	for (int i = 0; i < all.n && complaint == NULL; i++)
	{
		if (!all.members[i].replaced)
			complaint = all.members[i].complaint;
	}
	if (all.any_replaced)
		forget_replaced(walk, &all);
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
