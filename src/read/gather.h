/*-------------------------------------------------------------------------
 *
 * gather.h
 *		Parents whose lists can be asked for by one call.
 *
 * Private to src/read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_GATHER_H
#define FTX_GATHER_H

#include "json/json.h"
#include "read/binding.h"
#include "read/items.h"

typedef struct FtxParent
{
	FtxBinding *binding;
	FtxJsonValue *told; /* what its row tells beside them; NULL: nothing */
	bool listed;		/* it was enumerated */
	bool answered;		/* its list has come */
} FtxParent;

/*
 * Parents that differ in FtxResource.batch.column only.  All of it is in `cxt`,
 * below that of the range that the parents are of.
 */
typedef struct FtxParents
{
	MemoryContext cxt;
	FtxParent *parents;
	int n;
	int next; /* of those that are asked for one by one */
	struct FtxParents *following;
} FtxParents;

/*
 * Take parents that can be asked for together: the next one, and after it those
 * that are at hand without waiting, `most` at the most.  NULL: the next one was
 * not wanted, or there is none.
 */
extern FtxParents *ftx_parents_gather(FtxItems *items, int most);

/*
 * Of a batch that has ended: those without an answer will be asked one by one.
 */
extern void ftx_parents_leave(FtxItems *items, FtxParents *parents);

/* The next one of those, if items->left has any; and that it was asked for. */
extern const FtxParent *ftx_parents_left(const FtxItems *items);
extern void ftx_parents_left_asked(FtxItems *items);

#endif /* FTX_GATHER_H */
