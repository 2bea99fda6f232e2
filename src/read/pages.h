/*-------------------------------------------------------------------------
 *
 * pages.h
 *		One list, page by page.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PAGES_H
#define FTX_PAGES_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "json/projection.h"
#include "read/binding.h"

typedef struct FtxPages FtxPages;

typedef struct FtxReadSpec
{
	FtxSession *session;
	const FtxResource *resource;
	const FtxProjection *projection;
	const int *slot_columns; /* catalogue column of each slot, or -1 */
	unsigned extras;		 /* FTX_EXTRAS that the slots need */
	FtxMemo *memo;
	FtxStats *stats;
	int page_size;
	bool prefetch;
	bool few_rows; /* a few may suffice: ask for more as more are read */
	int64 limit;   /* rows that suffice, -1 = unknown */
	bool in_order; /* items of the list have an order: see FtxObjects */

	/*
	 * Will the list with this first page (ftx_pages_list()) be read again in
	 * the run?  NULL: none will.
	 */
	bool (*list_wanted)(void *arg, const char *list);
	void *wanted_arg;
} FtxReadSpec;

/*
 * An item is the row of values that the projection wants.  It is valid until
 * the next item is asked for.
 */

/*
 * Pages live in the current memory context and are forgotten with it.
 * Nothing is requested before the first item is asked for.
 */
extern FtxPages *ftx_pages_create(const FtxReadSpec *spec);

/*
 * Start over with the list; `path` is its encoded path with the filters but
 * without paging parameters.  Where the resource has no list it is the path
 * of the one object.  `parent` has the columns of the parent, which rows
 * get; NULL when it is no child.  So has `told` what the parent's row tells
 * beside them (may be NULL).  With `one_object` the path is that of the one
 * object whose key `parent` has, too, though there is a list.
 * `narrowed`: the path names an object by a filter, which may not be there.
 */
extern void
ftx_pages_open(FtxPages *pages, const char *path, const FtxBinding *parent,
			   const FtxJsonValue *told, bool one_object, bool narrowed);

/*
 * What a list is named by in the memo: the path of its first page, as it is
 * asked for.  Palloc'ed.
 */
extern char *
ftx_pages_list(const FtxReadSpec *spec, const char *path, bool one_object);

/* The next item of the list; NULL at its end. */
extern const FtxJsonValue *ftx_pages_next(FtxPages *pages);

/* Ask for the page that is wanted next, without waiting for it. */
extern void ftx_pages_request(FtxPages *pages);

/* Does the page that has arrived have another item? */
extern bool ftx_pages_in_hand(FtxPages *pages);

/* Are there items of the page that has arrived, be they repeated ones? */
extern bool ftx_pages_item_here(const FtxPages *pages);

/* Would ftx_pages_next() answer without waiting? */
extern bool ftx_pages_ready(const FtxPages *pages);

/*
 * Did the list end at once because the parent has none (catalogue facts), or,
 * if the parent was listed, because that is gone by now?
 */
extern bool ftx_pages_absent(const FtxPages *pages, bool parent_listed);

/* Are there pages of the list that have not arrived yet? */
extern bool ftx_pages_unread(const FtxPages *pages);

/* Abandon what is under way. */
extern void ftx_pages_reset(FtxPages *pages);

#endif /* FTX_PAGES_H */
