/*-------------------------------------------------------------------------
 *
 * textset.h
 *		A hash table of C strings (lib/simplehash.h), static to its includer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TEXTSET_H
#define FTX_TEXTSET_H

#include "common/hashfn.h"

typedef struct texthash_entry
{
	const char *text; /* whoever inserts makes it last */
	char status;
} texthash_entry;

#define SH_PREFIX texthash
#define SH_ELEMENT_TYPE texthash_entry
#define SH_KEY_TYPE const char *
#define SH_KEY text
#define SH_HASH_KEY(tb, key)                                                   \
	hash_bytes((const unsigned char *) (key), (int) strlen(key))
#define SH_EQUAL(tb, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

#endif /* FTX_TEXTSET_H */
