/*-------------------------------------------------------------------------
 *
 * members.h
 *		Members of objects that are built, and their order in jsonb.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MEMBERS_H
#define FTX_MEMBERS_H

#include "postgres.h"

#include "utils/jsonb.h"

/* In FtxMember.keylen: the key is in the data, not in the text. */
#define FTX_KEY_IN_DATA 0x80000000U

/*
 * A member of an object that has not ended.  There may be tens of millions, so
 * these are offsets; no text or data is that long.
 */
typedef struct FtxMember
{
	uint32 key;	   /* where it begins */
	uint32 keylen; /* bytes, and FTX_KEY_IN_DATA */
	uint32 at;	   /* where the value begins in the data */
	JEntry value;  /* its type, and its length without padding */
} FtxMember;

static inline const char *
ftx_member_key(const char *text, const char *data, const FtxMember *member)
{
	return (member->keylen & FTX_KEY_IN_DATA ? data : text) + member->key;
}

static inline uint32
ftx_member_keylen(const FtxMember *member)
{
	return member->keylen & ~FTX_KEY_IN_DATA;
}

/*
 * Sort members by key, as jsonb does; of those with the same key the last one
 * stays.  How many are left.  Serves interrupts; memory beyond a few members
 * is that of one more array, while it sorts.  `keys` is the length of all keys
 * together, by which an object of the same shape is known again.
 */
extern Size ftx_members_sort(const char *text, const char *data,
							 FtxMember *members, Size n, Size keys);

#endif /* FTX_MEMBERS_H */
