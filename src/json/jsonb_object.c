/*-------------------------------------------------------------------------
 *
 * jsonb_object.c
 *		The end of an object of jsonb: keys and values in order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "json/jsonb_state.h"
#include "json/members.h"
#include "miscadmin.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

/* A limit that jsonb_in() has, and what reads jsonb relies on. */
#define MAX_MEMBERS Min(MaxAllocSize / sizeof(JsonbPair), JB_CMASK)

void
ftx_jsonb_check_count(Size count, Size maximum, const char *of)
{
	if (count > maximum)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("number of jsonb %s exceeds the maximum allowed (%zu)",
						of, maximum)));
}

/*
 * Write keys and values of an object behind all data, from `to` on, in the
 * order of its members; where that ends.
 */
static Size
write_members(const FtxJsonbBuild *builder, const FtxMember *members, Size n,
			  Size to)
{
	const char *text = builder->text.body;
	char *data = builder->data;
	JEntry *entries = (JEntry *) (data + to + sizeof(uint32));
	char *first = (char *) (entries + 2 * n);
	char *at = first;

	for (Size i = 0; i < n; i++)
	{
		uint32 len = ftx_member_keylen(&members[i]);

		ftx_jsonb_copy(at, ftx_member_key(text, data, &members[i]), len);
		at += len;
		entries[i] = ftx_jsonb_entry(len, i, at - first);
		if (unlikely(i % 1024 == 1023))
			CHECK_FOR_INTERRUPTS();
	}
	for (Size i = 0; i < n; i++)
	{
		JEntry value = members[i].value;
		Size len = JBE_OFFLENFLD(value);
		char *start = at;

		if (ftx_jsonb_is_aligned(value))
		{
			while ((at - data) % sizeof(uint32) != 0)
				*at++ = '\0';
		}
		ftx_jsonb_copy(at, data + members[i].at, len);
		at += len;
		entries[n + i] = ftx_jsonb_entry((value & JENTRY_TYPEMASK) |
											 (JEntry) (at - start),
										 n + i, at - first);
		if (unlikely(i % 1024 == 1023))
			CHECK_FOR_INTERRUPTS();
	}
	return at - data;
}

void
ftx_jsonb_end_object(FtxJsonbBuild *builder, Size header, Size first_member,
					 Size keys)
{
	FtxMember *members = builder->members + first_member;
	Size n = builder->nmembers - first_member;
	Size to = INTALIGN(builder->len);
	Size size;
	Size end;

	ftx_jsonb_check_count(n, MAX_MEMBERS, "object pairs");
	n = ftx_members_sort(builder->text.body, builder->data, members, n, keys);
	/* up to three bytes of padding for each value */
	size = sizeof(uint32) + n * (2 * sizeof(JEntry) + 3) + keys +
		   (builder->len - header);
	(void) ftx_jsonb_room(builder, to - builder->len + size);
	end = write_members(builder, members, n, to);
	ftx_jsonb_check_size(end - to, "object elements");
	*(uint32 *) (builder->data + to) = (uint32) n | JB_FOBJECT;
	memmove(builder->data + header, builder->data + to, end - to);
	builder->len = header + (end - to);
	builder->nmembers = first_member;
}
