/*-------------------------------------------------------------------------
 *
 * members.c
 *		Members of objects that are built, and their order in jsonb.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "json/members.h"
#include "json/scanner.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/*
 * The order of an object of few members is remembered: the items of a list are
 * written by one program, so the next one with as many members and as many
 * bytes of keys most likely has the same keys at the same places.  It is a
 * guess, which costs one comparison for each member to check; so it may be of
 * any query, two shapes may fall on one place, and all of it is 8 KB of the
 * process.
 */
#define FEW_MEMBERS 63
#define ORDERS 128

typedef struct MemberOrder
{
	uint8 n;				 /* members; 0: nothing is remembered */
	uint8 from[FEW_MEMBERS]; /* where they stood, by their place in jsonb */
} MemberOrder;

static MemberOrder orders[ORDERS];

/* The order of keys in jsonb. */
static inline int
compare_keys(const char *text, const char *data, const FtxMember *a,
			 const FtxMember *b)
{
	uint32 len = ftx_member_keylen(a);

	if (len != ftx_member_keylen(b))
		return len < ftx_member_keylen(b) ? -1 : 1;
	if (unlikely(len > FTX_PAUSE_BYTES))
		CHECK_FOR_INTERRUPTS();
	return memcmp(ftx_member_key(text, data, a), ftx_member_key(text, data, b),
				  len);
}

/*
 * Of members in order, leave the last one of those with the same key.
 */
static Size
drop_doubles(const char *text, const char *data, FtxMember *members, Size n)
{
	Size kept = 0;

	for (Size i = 0; i < n; i++)
	{
		if (i + 1 == n ||
			compare_keys(text, data, &members[i], &members[i + 1]) != 0)
			members[kept++] = members[i];
	}
	return kept;
}

/* ---------- few members ---------- */

/*
 * Put members into *sorted as the order says; false if that is not the one of
 * their keys, or some are the same.
 */
static inline bool
put_in_order(const char *text, const char *data, const FtxMember *members,
			 const MemberOrder *order, FtxMember *sorted)
{
	sorted[0] = members[order->from[0]];
	for (int i = 1; i < order->n; i++)
	{
		sorted[i] = members[order->from[i]];
		if (compare_keys(text, data, &sorted[i - 1], &sorted[i]) >= 0)
			return false;
	}
	return true;
}

/*
 * Insertion, whose place is searched by halves; equal keys keep their order.
 */
static void
find_order(const char *text, const char *data, const FtxMember *members, int n,
		   MemberOrder *order)
{
	order->n = (uint8) n;
	for (int i = 0; i < n; i++)
	{
		int low = 0;
		int high = i;

		while (low < high)
		{
			int middle = (low + high) / 2;

			if (compare_keys(text, data, &members[order->from[middle]],
							 &members[i]) <= 0)
				low = middle + 1;
			else
				high = middle;
		}
		memmove(&order->from[low + 1], &order->from[low], i - low);
		order->from[low] = (uint8) i;
	}
}

static Size
sort_few(const char *text, const char *data, FtxMember *members, Size n,
		 Size keys)
{
	MemberOrder *remembered = &orders[(keys * 31 + n) % ORDERS];
	MemberOrder order;
	FtxMember sorted[FEW_MEMBERS];
	bool unique = true;

	if (remembered->n != n ||
		!put_in_order(text, data, members, remembered, sorted))
	{
		find_order(text, data, members, (int) n, &order);
		unique = put_in_order(text, data, members, &order, sorted);
		if (unique)
			*remembered = order;
		else
		{
			for (Size i = 0; i < n; i++)
				sorted[i] = members[order.from[i]];
		}
	}
	memcpy(members, sorted, n * sizeof(FtxMember));
	return unique ? n : drop_doubles(text, data, members, n);
}

/* ---------- any number ---------- */

/*
 * Merge sort, which no text can make slow, and which keeps the order of equal
 * keys.
 */
static void
merge_sort(const char *text, const char *data, FtxMember *members, Size n)
{
	FtxMember *other = MemoryContextAllocHuge(CurrentMemoryContext,
											  sizeof(FtxMember) * n);
	FtxMember *from = members;
	FtxMember *to = other;

	for (Size width = 1; width < n; width *= 2)
	{
		FtxMember *swap = from;

		for (Size left = 0; left < n; left += 2 * width)
		{
			Size middle = Min(left + width, n);
			Size right = Min(left + 2 * width, n);
			Size a = left;
			Size b = middle;

			for (Size i = left; i < right; i++)
			{
				bool take_a = b == right ||
							  (a < middle && compare_keys(text, data, &from[a],
														  &from[b]) <= 0);

				to[i] = take_a ? from[a++] : from[b++];
				if (i % 1024 == 1023)
					CHECK_FOR_INTERRUPTS();
			}
		}
		from = to;
		to = swap;
	}
	if (from != members)
		memcpy(members, from, sizeof(FtxMember) * n);
	pfree(other);
}

Size
ftx_members_sort(const char *text, const char *data, FtxMember *members, Size n,
				 Size keys)
{
	if (n <= 1)
		return n;
	if (n <= FEW_MEMBERS)
		return sort_few(text, data, members, n, keys);
	merge_sort(text, data, members, n);
	return drop_doubles(text, data, members, n);
}
