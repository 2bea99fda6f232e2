/*-------------------------------------------------------------------------
 *
 * owner.h
 *		What belongs to a memory context and ends with it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OWNER_H
#define FTX_OWNER_H

#include "lib/ilist.h"

/*
 * Call a function when the context is reset or deleted, while its memory is
 * still there; the one that was named last comes first.
 */
extern void ftx_at_reset(MemoryContext owner,
						 MemoryContextCallbackFunction func, void *arg);

/*
 * What a context has one of at the most.  The context of an executor run
 * (es_query_cxt) stands for the run: what is remembered for a run is found by
 * it, and is gone when a later run gets a context at the same address.
 */
typedef struct FtxOwned
{
	dlist_node node; /* in the list of its kind */
	MemoryContext owner;
	MemoryContextCallbackFunction end; /* or NULL */
} FtxOwned;

/*
 * The one of this kind that belongs to the context; it is made if there is none
 * yet, in the context: `size` bytes, of which an FtxOwned is the first member
 * and the rest is zero.  `kind` is the list of all of them in this backend.  At
 * the end of the context `end` is called with it; NULL: nothing is to be done.
 */
extern void *ftx_owned_by(MemoryContext owner, dlist_head *kind, Size size,
						  MemoryContextCallbackFunction end);

#endif /* FTX_OWNER_H */
