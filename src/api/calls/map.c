/*-------------------------------------------------------------------------
 *
 * map.c
 *		Items that stand in maps by name instead of a list.
 *
 * The scanner passes once over the answer, and items are added as they come.
 * Of a name that comes twice the last one counts, as in jsonb: the items that
 * the first one gave, and what was wrong with it, are forgotten.
 *
 * A map may have very many members of a few bytes, so little is noted of each:
 * for an item 4 bytes for each of its names and 8 for each value that is wanted
 * and there, for another member 8, and at the end of its map 6 in a hash table
 * that finds those that come twice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/map.h"
#include "api/calls/page.h"
#include "base/bytes.h"
#include "catalogue/catalogue.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/scanner.h"
#include "json/value.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/*
 * Where a name stands in the answer, at its quote, in the low bits: an answer
 * has at most MaxAllocSize bytes.  The others say what is known of the member.
 */
#define NAME_PLACE 0x3FFFFFFF
#define NAME_REPLACED 0x40000000 /* by a later one of this name */
#define NAME_WRONG 0x80000000	 /* it has not the shape that is wanted */

StaticAssertDecl(MaxAllocSize <= NAME_PLACE, "a place needs more bits");

/* No member is shorter: "":1, */
#define MIN_MEMBER 5

/*
 * An entry of the hash table: the index of a member plus 1, and bits of its
 * hash.  There are fewer than MaxAllocSize / MIN_MEMBER members.
 */
#define ENTRY_INDEX 0x0FFFFFFF

/*
 * A member that holds items: those from `first` to the first one of the next
 * member.
 */
typedef struct Member
{
	uint32 name;
	uint32 first;
} Member;

typedef struct Members
{
	Member *members;
	int n;
	int size;
} Members;

/* The names of the members of one map, wherever they are noted. */
typedef struct Names
{
	uint32 *first;
	int stride; /* from one to the next */
	int n;
} Names;

typedef struct MapWalk
{
	FtxScanner *scanner;
	FtxPage *page;
	uint32 names[FTX_MAX_NAMES]; /* on the way to the present item */
	const KeyNode *root;		 /* what is wanted of an item; NULL: nothing */
	FtxJsonValue *values;		 /* of the present one, by slot */
	int nslots;
	int nnodes;		/* in page->nodes */
	bool replaced;	/* some items were taken off the page */
	char *plain[2]; /* names without their escapes */
	int plain_size[2];
	const char *no_map; /* the complaint that there is none at no_map_at */
	const char *no_map_at;
} MapWalk;

static const char *walk_map(MapWalk *walk, const char *items, int level);

/* ---------- members that come twice ---------- */

/*
 * A name without its quotes and escapes; `which` buffer is used for it.  One
 * that no text can hold is as it was sent, with a byte that no other has.
 */
static FtxSlice
plain_name(MapWalk *walk, uint32 name, int which)
{
	const char *p = walk->page->body.data + (name & NAME_PLACE);
	int len = (int) (ftx_map_name_end(walk->page, p) - p) - 2;
	FtxSlice result = {p + 1, len};
	int unescaped;
	char *plain;

	if (memchr(p + 1, '\\', len) == NULL)
		return result;
	if (len >= walk->plain_size[which])
	{
		if (walk->plain[which] != NULL)
			pfree(walk->plain[which]);
		walk->plain[which] = NULL;
		walk->plain_size[which] = len + 1;
		walk->plain[which] = palloc(len + 1);
	}
	plain = walk->plain[which];
	unescaped = ftx_json_unescape(p + 1, len, plain);
	if (unescaped < 0)
	{
		memcpy(plain, p + 1, len);
		plain[len] = '\0';
		unescaped = len + 1;
	}
	result.data = plain;
	result.len = unescaped;
	return result;
}

static uint32 *
name_at(const Names *names, int i)
{
	return &names->first[(Size) i * names->stride];
}

/*
 * Put a member into the table; true if it replaces another one.  The hash has
 * a seed, so that no answer can make it slow.
 */
static bool
enter_name(MapWalk *walk, const Names *names, int i, uint32 *table, Size size)
{
	static uint64 seed = 0;
	FtxSlice name = plain_name(walk, *name_at(names, i), 0);
	uint64 hash;
	uint32 tag;
	Size place;

	if (seed == 0)
		seed = pg_prng_uint64(&pg_global_prng_state) | 1;
	hash = hash_bytes_extended((const unsigned char *) name.data,
							   (int) name.len, seed);
	tag = (uint32) hash & ~ENTRY_INDEX;
	place = (Size) ((hash >> 32) * size >> 32);
	for (; table[place] != 0; place = place + 1 < size ? place + 1 : 0)
	{
		uint32 *other;
		FtxSlice other_name;

		if ((table[place] & ~ENTRY_INDEX) != tag)
			continue;
		other = name_at(names, (int) (table[place] & ENTRY_INDEX) - 1);
		other_name = plain_name(walk, *other, 1);
		if (other_name.len != name.len ||
			memcmp(other_name.data, name.data, name.len) != 0)
			continue;
		*other |= NAME_REPLACED;
		table[place] = (uint32) (i + 1) | tag;
		return true;
	}
	table[place] = (uint32) (i + 1) | tag;
	return false;
}

/*
 * Mark the members of a map that a later one replaces; false if none does.
 */
static bool
mark_replaced(MapWalk *walk, const Names *names)
{
	Size size = (Size) names->n + names->n / 2 + 1;
	bool any = false;
	uint32 *table;

	if (names->n < 2)
		return false;
	table = MemoryContextAllocExtended(CurrentMemoryContext,
									   sizeof(uint32) * size,
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < names->n; i++)
	{
		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		any |= enter_name(walk, names, i, table, size);
	}
	pfree(table);
	return any;
}

/*
 * Is something wrong with a member that counts?
 */
static bool
any_wrong(const Names *names)
{
	for (int i = 0; i < names->n; i++)
	{
		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if ((*name_at(names, i) & (NAME_WRONG | NAME_REPLACED)) == NAME_WRONG)
			return true;
	}
	return false;
}

/*
 * Keep n items of the page from `first` on, as the last ones so far.
 */
static void
keep_items(FtxPage *page, int first, int n)
{
	memmove(&page->names[(Size) page->nitems * page->nnames],
			&page->names[(Size) first * page->nnames],
			sizeof(uint32) * page->nnames * (Size) n);
	page->nitems += n;
}

/*
 * Take the items of members that were replaced off the page.
 */
static void
forget_replaced(FtxPage *page, const Members *all)
{
	int end = page->nitems;

	page->nitems = (int) all->members[0].first;
	for (int i = 0; i < all->n; i++)
	{
		int first = (int) all->members[i].first;
		int next = i + 1 < all->n ? (int) all->members[i + 1].first : end;

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if ((all->members[i].name & NAME_REPLACED) == 0)
			keep_items(page, first, next - first);
	}
}

/*
 * The same where each member is an item.
 */
static void
forget_items(FtxPage *page, int first)
{
	int end = page->nitems;

	page->nitems = first;
	for (int i = first; i < end; i++)
	{
		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if ((page->names[(Size) (i + 1) * page->nnames - 1] & NAME_REPLACED) ==
			0)
			keep_items(page, i, 1);
	}
}

/* ---------- walking ---------- */

/*
 * For how many there should be room when n of them have come: as many as there
 * will be, if those to come are as long.  Growing by doubling would leave
 * copies behind.
 */
static int
more_room(const MapWalk *walk, int n)
{
	double done = walk->scanner->p - walk->page->body.data;
	double all = n * ((double) walk->page->body.len / done);
	double possible = (double) walk->page->body.len / MIN_MEMBER;

	return Max(64, Max(n + n / 2, (int) Min(all * 1.05, possible)));
}

static void
add_member(MapWalk *walk, Members *all, uint32 name)
{
	if (all->n == all->size)
	{
		all->size = more_room(walk, all->n);
		all->members = all->members == NULL ?
						   palloc(sizeof(Member) * all->size) :
						   repalloc_huge(all->members,
										 sizeof(Member) * all->size);
	}
	all->members[all->n].name = name;
	all->members[all->n].first = (uint32) walk->page->nitems;
	all->n++;
}

/*
 * Note where the values of the present item stand.
 */
static void
add_found(MapWalk *walk)
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
add_map_item(MapWalk *walk)
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
		names[page->nnames - 1] |= NAME_WRONG;
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
walk_items(MapWalk *walk, int level)
{
	FtxPage *page = walk->page;
	int start = page->nitems;
	bool wrong = false;
	bool first = true;
	Names names;

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
	if (mark_replaced(walk, &names))
	{
		wrong = wrong && any_wrong(&names);
		forget_items(page, start);
		walk->replaced = true;
	}
	return wrong ? "An item of a map is not an object." : NULL;
}

/*
 * The members of a map by name; `rest` is where items stand in each.
 */
static const char *
walk_names(MapWalk *walk, const char *rest, int level)
{
	Members all = {0};
	const char *complaint = NULL;
	bool first = true;

	while (ftx_scanner_member(walk->scanner, &first, NULL, NULL))
	{
		const char *wrong;

		walk->names[level] = walk->scanner->name - walk->page->body.data;
		add_member(walk, &all, walk->names[level]);
		wrong = walk_map(walk, rest, level + 1);
		if (wrong != NULL)
			all.members[all.n - 1].name |= NAME_WRONG;
		if (complaint == NULL)
			complaint = wrong;
	}
	if (all.n > 0)
	{
		Names names = {&all.members[0].name, sizeof(Member) / sizeof(uint32),
					   all.n};

		if (mark_replaced(walk, &names))
		{
			if (complaint != NULL && !any_wrong(&names))
				complaint = NULL;
			forget_replaced(walk->page, &all);
			walk->replaced = true;
		}
		pfree(all.members);
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
no_map(MapWalk *walk, const char *items)
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
	MapWalk walk = {.scanner = scanner, .page = page};
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
