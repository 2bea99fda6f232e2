/*-------------------------------------------------------------------------
 *
 * given_keys.c
 *		The keys that Memoize has been given by a nested loop.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fdw/scan/given_keys.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

struct FtxGivenKeys
{
	MemoryContext cxt;
	const NestLoop *join;
	HTAB *hashes; /* of the keys */
};

FtxGivenKeys *
ftx_given_keys_create(const NestLoop *join)
{
	FtxGivenKeys *given = palloc0(sizeof(FtxGivenKeys));

	given->cxt = CurrentMemoryContext;
	given->join = join;
	ftx_given_keys_forget(given);
	return given;
}

void
ftx_given_keys_forget(FtxGivenKeys *given)
{
	HASHCTL control = {.keysize = sizeof(uint32),
					   .entrysize = sizeof(uint32),
					   .hcxt = given->cxt};

	if (given->hashes != NULL)
		hash_destroy(given->hashes);
	given->hashes = hash_create("fivetrex keys given to Memoize", 64, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

bool
ftx_given_keys_add(FtxGivenKeys *given, TupleTableSlot *row)
{
	uint32 hash = 0;
	bool found;
	ListCell *lc;

	foreach (lc, given->join->nestParams)
	{
		AttrNumber attnum = lfirst_node(NestLoopParam, lc)->paramval->varattno;
		Form_pg_attribute attribute = TupleDescAttr(row->tts_tupleDescriptor,
													attnum - 1);
		bool null;
		Datum value = slot_getattr(row, attnum, &null);
		uint32 part = null ? 0 :
							 datum_image_hash(value, attribute->attbyval,
											  attribute->attlen);

		hash = hash_combine(hash, part);
	}
	(void) hash_search(given->hashes, &hash, HASH_ENTER, &found);
	return !found;
}
