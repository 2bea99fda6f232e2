/*-------------------------------------------------------------------------
 *
 * owner.c
 *		What belongs to a memory context and ends with it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/owner.h"
#include "utils/memutils.h"

void
ftx_at_reset(MemoryContext owner, MemoryContextCallbackFunction func, void *arg)
{
	MemoryContextCallback *callback = MemoryContextAlloc(
		owner, sizeof(MemoryContextCallback));

	callback->func = func;
	callback->arg = arg;
	MemoryContextRegisterResetCallback(owner, callback);
}

/*
 * Reset callback of the owner.
 */
static void
end_owned(void *arg)
{
	FtxOwned *owned = arg;

	dlist_delete(&owned->node);
	if (owned->end != NULL)
		owned->end(owned);
}

void *
ftx_owned_by(MemoryContext owner, dlist_head *kind, Size size,
			 MemoryContextCallbackFunction end)
{
	FtxOwned *owned;
	dlist_iter iter;

	dlist_foreach (iter, kind)
	{
		owned = dlist_container(FtxOwned, node, iter.cur);
		if (owned->owner == owner)
			return owned;
	}
	owned = MemoryContextAllocZero(owner, size);
	owned->owner = owner;
	owned->end = end;
	ftx_at_reset(owner, end_owned, owned);
	dlist_push_head(kind, &owned->node);
	return owned;
}
