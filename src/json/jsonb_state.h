/*-------------------------------------------------------------------------
 *
 * jsonb_state.h
 *		What building jsonb is made of.
 *
 * Private to jsonb.c and jsonb_object.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_JSONB_STATE_H
#define FTX_JSONB_STATE_H

#include "base/compat.h"
#include "json/members.h"
#include "json/scanner.h"
#include "utils/jsonb.h"

typedef struct FtxJsonbBuild
{
	FtxScanner text; /* only its position, run and pause */
	bool is_utf8;	 /* the server encoding: strings are copied as they are */

	char *data; /* the result, and behind it what is being built */
	Size len;
	Size size;

	JEntry *entries; /* of the arrays that have not ended */
	Size nentries;
	Size maxentries;

	FtxMember *members; /* of the objects that have not ended */
	Size nmembers;
	Size maxmembers;
} FtxJsonbBuild;

/* Throw ERRCODE_PROGRAM_LIMIT_EXCEEDED for what jsonb cannot hold. */
ftx_noreturn extern void ftx_jsonb_refuse_size(const char *of);
extern void ftx_jsonb_check_count(Size count, Size maximum, const char *of);

/*
 * End the object whose values stand in the data from `header` on; `keys` is the
 * length of its keys together.
 */
extern void ftx_jsonb_end_object(FtxJsonbBuild *builder, Size header,
								 Size first_member, Size keys);

static inline void
ftx_jsonb_check_size(Size size, const char *of)
{
	if (unlikely(size > JENTRY_OFFLENMASK))
		ftx_jsonb_refuse_size(of);
}

/*
 * Room for n bytes at the end of the data, which are not taken yet.
 */
static inline char *
ftx_jsonb_room(FtxJsonbBuild *builder, Size n)
{
	if (unlikely(builder->size - builder->len < n))
	{
		builder->size = Max(builder->size * 2, builder->len + n);
		if (builder->size > PG_UINT32_MAX)
			ftx_jsonb_check_size(builder->len + n, "values");
		builder->data = repalloc_huge(builder->data, builder->size);
	}
	return builder->data + builder->len;
}

/*
 * memcpy(), but without the call for what is as short as keys and most values
 * are.
 */
static inline void
ftx_jsonb_copy(char *to, const char *from, Size n)
{
	if (n > 32)
		memcpy(to, from, n);
	else if (n >= 16)
	{
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	}
	else if (n >= 8)
	{
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	}
	else if (n >= 4)
	{
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	}
	else if (n > 0)
	{
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
	}
}

static inline void
ftx_jsonb_pad(FtxJsonbBuild *builder)
{
	while (builder->len % sizeof(uint32) != 0)
	{
		*ftx_jsonb_room(builder, 1) = '\0';
		builder->len++;
	}
}

/*
 * An entry as it is stored: each JB_OFFSET_STRIDE-th one has the offset of its
 * end instead of its length.
 */
static inline JEntry
ftx_jsonb_entry(JEntry entry, Size number, Size total)
{
	return number % JB_OFFSET_STRIDE == 0 ?
			   (entry & JENTRY_TYPEMASK) | (JEntry) total | JENTRY_HAS_OFF :
			   entry;
}

/* Does padding stand before the value? */
static inline bool
ftx_jsonb_is_aligned(JEntry value)
{
	return JBE_ISNUMERIC(value) || JBE_ISCONTAINER(value);
}

#endif /* FTX_JSONB_STATE_H */
