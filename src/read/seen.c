/*-------------------------------------------------------------------------
 *
 * seen.c
 *		What a list that is read page by page has given already.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "read/seen.h"
#include "read/slot.h"
#include "utils/memutils.h"

/* A set of byte strings: keys of a page, cursors of a list. */
typedef struct Bytes
{
	const char *data;
	int len;
} Bytes;

typedef struct SetEntry
{
	Bytes bytes;
	char status;
} SetEntry;

#define SH_PREFIX byteset
#define SH_ELEMENT_TYPE SetEntry
#define SH_KEY_TYPE Bytes
#define SH_KEY bytes
#define SH_HASH_KEY(tb, key)                                                   \
	hash_bytes((const unsigned char *) (key).data, (key).len)
#define SH_EQUAL(tb, a, b)                                                     \
	((a).len == (b).len && memcmp((a).data, (b).data, (a).len) == 0)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/* `previous` and `keys` change places with every page, and their contexts. */
struct FtxSeen
{
	byteset_hash *cursors;	/* of the list, all */
	byteset_hash *previous; /* keys of the page before; or NULL */
	byteset_hash *keys;		/* keys of this page, if another follows */
	MemoryContext cursors_cxt;
	MemoryContext previous_cxt;
	MemoryContext keys_cxt;
};

FtxSeen *
ftx_seen_create(void)
{
	FtxSeen *seen = palloc0(sizeof(FtxSeen));

	seen->cursors_cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex cursors", ALLOCSET_SMALL_SIZES);
	seen->previous_cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex previous keys", ALLOCSET_DEFAULT_SIZES);
	seen->keys_cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex keys", ALLOCSET_DEFAULT_SIZES);
	return seen;
}

void
ftx_seen_reset(FtxSeen *seen)
{
	MemoryContextReset(seen->cursors_cxt);
	MemoryContextReset(seen->previous_cxt);
	MemoryContextReset(seen->keys_cxt);
	seen->cursors = NULL;
	seen->previous = NULL;
	seen->keys = NULL;
}

bool
ftx_seen_cursor(FtxSeen *seen, const char *cursor)
{
	Bytes bytes = {cursor, (int) strlen(cursor)};
	bool found;

	if (seen->cursors == NULL)
		seen->cursors = byteset_create(seen->cursors_cxt, 16, NULL);
	byteset_insert(seen->cursors, bytes, &found);
	return found;
}

static Bytes
copy_bytes(MemoryContext cxt, const FtxJsonValue *key)
{
	Bytes result = {MemoryContextAlloc(cxt, key->len), key->len};

	memcpy(unconstify(char *, result.data), key->text, key->len);
	return result;
}

void
ftx_seen_turn(FtxSeen *seen, FtxPage *page, bool keep)
{
	MemoryContext recycled = seen->previous_cxt;

	seen->previous = seen->keys;
	seen->previous_cxt = seen->keys_cxt;
	seen->keys_cxt = recycled;
	seen->keys = NULL;
	MemoryContextReset(recycled);
	if (!keep)
		return;
	seen->keys = byteset_create(seen->keys_cxt, page->nitems, NULL);
	for (int i = 0; i < page->nitems; i++)
	{
		FtxJsonValue *key = ftx_page_value(page, i, FTX_KEY_SLOT);
		bool found;

		if (key->kind == FTX_JSON_STRING)
			byteset_insert(seen->keys, copy_bytes(seen->keys_cxt, key), &found);
	}
}

bool
ftx_seen_before(const FtxSeen *seen, const FtxJsonValue *key)
{
	Bytes bytes = {key->text, key->len};

	return seen->previous != NULL && key->kind == FTX_JSON_STRING &&
		   byteset_lookup(seen->previous, bytes) != NULL;
}
