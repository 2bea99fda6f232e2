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

/* Objects of fewer members are sorted by insertion. */
#define FEW_MEMBERS 12

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
ftx_members_sort(const char *text, const char *data, FtxMember *members, Size n)
{
	Size kept = 0;

	if (n <= FEW_MEMBERS)
	{
		for (Size i = 1; i < n; i++)
		{
			FtxMember member = members[i];
			Size j = i;

			for (; j > 0 &&
				   compare_keys(text, data, &members[j - 1], &member) > 0;
				 j--)
				members[j] = members[j - 1];
			members[j] = member;
		}
	}
	else
		merge_sort(text, data, members, n);
	for (Size i = 0; i < n; i++)
	{
		if (i + 1 == n ||
			compare_keys(text, data, &members[i], &members[i + 1]) != 0)
			members[kept++] = members[i];
	}
	return kept;
}
