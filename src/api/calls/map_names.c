/*-------------------------------------------------------------------------
 *
 * map_names.c
 *		FtxMapMembers of a map that come twice.
 *
 * Of a name that comes twice the last one counts, as in jsonb: the items that
 * the first one gave, and what was wrong with it, are forgotten.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/map.h"
#include "api/calls/map_state.h"
#include "base/bytes.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "json/value.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/*
 * An entry of the hash table: the index of a member plus 1, and bits of its
 * hash.  There are fewer than MaxAllocSize / FTX_MIN_MEMBER members.
 */
#define ENTRY_INDEX 0x0FFFFFFF

/*
 * A name without its quotes and escapes; `which` buffer is used for it.  One
 * that no text can hold is as it was sent, with a byte that no other has.
 */
static FtxSlice
plain_name(FtxMapWalk *walk, uint32 name, int which)
{
	const char *p = walk->page->body.data + (name & FTX_NAME_PLACE);
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
name_at(const FtxMapNames *names, int i)
{
	return &names->first[(Size) i * names->stride];
}

/*
 * Put a member into the table; true if it replaces another one.  The hash has
 * a seed, so that no answer can make it slow.
 */
static bool
enter_name(FtxMapWalk *walk, const FtxMapNames *names, int i, uint32 *table,
		   Size size)
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
		*other |= FTX_NAME_REPLACED;
		table[place] = (uint32) (i + 1) | tag;
		return true;
	}
	table[place] = (uint32) (i + 1) | tag;
	return false;
}

bool
ftx_map_mark_replaced(FtxMapWalk *walk, const FtxMapNames *names)
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

bool
ftx_map_any_wrong(const FtxMapNames *names)
{
	for (int i = 0; i < names->n; i++)
	{
		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if ((*name_at(names, i) & (FTX_NAME_WRONG | FTX_NAME_REPLACED)) ==
			FTX_NAME_WRONG)
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

void
ftx_map_forget_replaced(FtxPage *page, const FtxMapMembers *all)
{
	int end = page->nitems;

	page->nitems = (int) all->members[0].first;
	for (int i = 0; i < all->n; i++)
	{
		int first = (int) all->members[i].first;
		int next = i + 1 < all->n ? (int) all->members[i + 1].first : end;

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if ((all->members[i].name & FTX_NAME_REPLACED) == 0)
			keep_items(page, first, next - first);
	}
}

void
ftx_map_forget_items(FtxPage *page, int first)
{
	int end = page->nitems;

	page->nitems = first;
	for (int i = first; i < end; i++)
	{
		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if ((page->names[(Size) (i + 1) * page->nnames - 1] &
			 FTX_NAME_REPLACED) == 0)
			keep_items(page, i, 1);
	}
}
