/*-------------------------------------------------------------------------
 *
 * open_lists.c
 *		Who is in the middle of a paged list of which server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/open_lists.h"

static dlist_head lists = DLIST_STATIC_INIT(lists);

void
ftx_open_list_register(FtxOpenList *list, Oid serverid)
{
	if (list->registered)
		return;
	list->serverid = serverid;
	list->registered = true;
	list->finishing = false;
	dlist_push_tail(&lists, &list->node);
}

void
ftx_open_list_unregister(FtxOpenList *list)
{
	if (!list->registered)
		return;
	dlist_delete(&list->node);
	list->registered = false;
}

static FtxOpenList *
unfinished_list(Oid serverid)
{
	dlist_iter iter;

	dlist_foreach (iter, &lists)
	{
		FtxOpenList *list = dlist_container(FtxOpenList, node, iter.cur);

		if (list->serverid == serverid && !list->finishing)
			return list;
	}
	return NULL;
}

void
ftx_open_lists_finish(Oid serverid)
{
	FtxOpenList *list;

	/* finishing evaluates expressions, so the list may change meanwhile */
	while ((list = unfinished_list(serverid)) != NULL)
	{
		list->finishing = true;
		PG_TRY();
		{
			list->finish(list);
		}
		PG_CATCH();
		{
			list->finishing = false;
			PG_RE_THROW();
		}
		PG_END_TRY();
		list->finishing = false;
		ftx_open_list_unregister(list);
	}
}
