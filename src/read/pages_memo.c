/*-------------------------------------------------------------------------
 *
 * pages_memo.c
 *		Whether the pages of a list are left to who reads it next.
 *
 * What the memo has room for it remembers anyway.  A longer list is kept as a
 * whole, if another scan of the run, or this one once more, will read it, and
 * there is room for that; else not at all.  So who reads it afterwards has all
 * of its pages from one reading, or asks for all of them.  When the last one
 * who wants the list has read it, it is forgotten.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/list_lengths.h"
#include "api/calls/memo.h"
#include "api/calls/session.h"
#include "read/page_call.h"
#include "read/pages_state.h"

char *
ftx_pages_list(const FtxReadSpec *spec, const char *path, bool one_object)
{
	FtxCallSpec first = ftx_page_call(
		spec, path, spec->resource->list != NULL && !one_object,
		ftx_pages_first_limit(spec->page_size, spec->limit), NULL);

	return unconstify(char *, first.path);
}

/*
 * Will somebody read the list again?
 */
static bool
is_wanted(const FtxPages *pages)
{
	const FtxReadSpec *spec = &pages->spec;

	return spec->list_wanted != NULL &&
		   spec->list_wanted(spec->wanted_arg, pages->list);
}

/*
 * Is it known to be too long, by its length when it was read last?
 */
static bool
has_no_room(const FtxPages *pages)
{
	int64 length = ftx_list_length(pages->spec.session, pages->path);

	return pages->received > 0 && length > pages->received &&
		   (double) pages->bytes / pages->received * length >
			   FTX_MEMO_LISTS_BYTES;
}

/*
 * Keep the list; false if that cannot be, or is of no use.
 */
static bool
keep(FtxPages *pages)
{
	FtxMemo *memo = pages->spec.memo;
	FtxSession *session = pages->spec.session;
	int found;

	if (has_no_room(pages) || !is_wanted(pages))
		return false;
	found = ftx_memo_keep_list(memo, session, pages->list);
	/* one that is larger than the whole memo was left out */
	found += ftx_call_remember(pages->current) ? 1 : 0;
	return found >= pages->turned &&
		   ftx_memo_keeps_list(memo, session, pages->list);
}

void
ftx_pages_remember(FtxPages *pages)
{
	FtxMemo *memo = pages->spec.memo;
	FtxSession *session = pages->spec.session;
	int64 page_bytes = (int64) ftx_call_body(pages->current).len;
	bool ends = pages->cursor == NULL;

	pages->turned++;
	pages->bytes += page_bytes;

	/* another one is as long */
	if (memo == NULL ||
		pages->bytes + (ends ? 0 : page_bytes) <= FTX_MEMO_BYTES)
		return;
	if (pages->list == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(pages->list_cxt);

		pages->list = ftx_pages_list(&pages->spec, pages->path,
									 pages->one_object);
		MemoryContextSwitchTo(old);
	}
	if (pages->too_long)
		ftx_memo_forget_list(memo, session, pages->list);
	else if (!ftx_memo_keeps_list(memo, session, pages->list))
	{
		pages->too_long = !keep(pages);
		if (pages->too_long)
			ftx_memo_forget_list(memo, session, pages->list);
	}
	else if (ends && !is_wanted(pages))
		ftx_memo_forget_list(memo, session, pages->list);
}
