/*-------------------------------------------------------------------------
 *
 * open_lists.h
 *		Who is in the middle of a paged list of which server.
 *
 * Pages are windows on a list that a write changes, so before a write leaves,
 * everybody in this backend who is still reading a list of that server reads
 * it to its end: an open cursor, a FOR loop, the scan that feeds the write.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OPEN_LISTS_H
#define FTX_OPEN_LISTS_H

#include "postgres.h"

#include "lib/ilist.h"

/*
 * It is registered from the start of a list to its last row, and finishing
 * unregisters it: a list is read to its end once.  Lists that are begun after a
 * write, in the same statement maybe, are registered then; so the next write
 * must ask again, and finishing comes before each set of writes that leaves,
 * not only before the first.
 */
typedef struct FtxOpenList
{
	dlist_node node;
	Oid serverid;
	bool registered;
	bool finishing; /* `finish` is running */

	/*
	 * Read to the end what is not read yet, and keep it.  May throw, and is
	 * called again before the next write then.
	 */
	void (*finish)(struct FtxOpenList *list);
} FtxOpenList;

/*
 * Register a list, embedded in the caller's own memory, who unregisters it
 * before that is freed.  Twice is once.
 */
extern void ftx_open_list_register(FtxOpenList *list, Oid serverid);
extern void ftx_open_list_unregister(FtxOpenList *list);

/* Make all lists of a server finish, and unregister them. */
extern void ftx_open_lists_finish(Oid serverid);

#endif /* FTX_OPEN_LISTS_H */
