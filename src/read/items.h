/*-------------------------------------------------------------------------
 *
 * items.h
 *		The items of a resource: of one list, or of one per parent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ITEMS_H
#define FTX_ITEMS_H

#include "api/calls/call.h"
#include "api/calls/stats.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "read/binding.h"
#include "read/pages.h"

typedef struct FtxItems FtxItems;

/* As ftx_pages_create(). */
extern FtxItems *ftx_items_create(const FtxReadSpec *spec);

/*
 * Is the parent of the child's binding wanted?  Not all is known of it yet:
 * what tells a grandparent comes first.
 */
typedef bool (*FtxParentWanted)(void *arg, const FtxBinding *binding);

/*
 * Which items of the resource are asked for, by what is known of its key's
 * columns: `binding` their one value; `many` (column many_column, else -1)
 * several values.  (A stretch of time is a period, read/period.h.)
 *
 * Parents that are not known are enumerated, and so are, with `with_parents`,
 * known ones, for what only their rows tell; those that are not among them are
 * asked for all the same.  When the whole key is known, the one object is asked
 * for instead of its parent's list.  `query` is added to the path of each list
 * ("?group_id=x", or "").  With nlists > 0 there are as many lists, one for
 * each of list_values of the column list_column, with a query of its own; items
 * of a list that say otherwise are dropped.  Only the lists of parents that
 * `wanted` lets through are asked for (NULL: all).  All but wanted_arg is
 * copied.
 */
typedef struct FtxItemsRange
{
	FtxBinding *binding;
	int many_column;
	char **many;
	int nmany;
	bool with_parents; /* columns are read that rows of the parent tell */
	const char *query;
	int nlists;
	int list_column;
	char **list_values;
	char **list_queries;
	FtxParentWanted wanted;
	void *wanted_arg; /* lives as long as the range is read */
	bool narrowed;	  /* a filter names an object, which may not be there */
} FtxItemsRange;

extern void ftx_items_start(FtxItems *items, const FtxItemsRange *range);

/* What a range comes to in terms of requests. */
typedef struct FtxItemsPlan
{
	const char *template; /* the list, or the one object */
	bool one_object;	  /* the whole key is known */
	bool enumerate;		  /* parents have to be listed first */
	bool known;			  /* though the range names them */
	bool none;			  /* the one parent cannot be named */
} FtxItemsPlan;

extern FtxItemsPlan
ftx_items_plan(const FtxResource *resource, const FtxItemsRange *range);

/*
 * May the lists of several parents be asked for by one call?  Of parents that
 * are enumerated: conditions name several values of the uppermost one only.
 */
extern bool
ftx_items_have_batches(const FtxResource *resource, const FtxItemsRange *range);

/* The next item; NULL at the end.  Valid until the next one is asked for. */
extern const FtxJsonValue *ftx_items_next(FtxItems *items);

/*
 * Tell by a NOTICE how many parents had none, of all that were asked since the
 * items were made; once, when the scan ends.
 */
extern void ftx_items_report(FtxItems *items);

/*
 * Ask for what is wanted next, without waiting.  Can ftx_items_next() go on
 * with what has arrived?
 */
extern bool ftx_items_ready(FtxItems *items);

/*
 * Ask ahead for what ftx_items_start() with this range would ask for first;
 * NULL: that is not known, or no call is needed.
 */
extern FtxCall *ftx_items_ask(const FtxItems *items, const FtxItemsRange *range,
							  MemoryContext owner);

/*
 * The same for whoever asks for it first (ftx_call_ask_for_anybody()); where
 * parents have to be enumerated, their first page.  Of several lists nothing is
 * asked for.
 */
extern FtxCall *
ftx_items_ask_for_anybody(FtxItems *items, const FtxItemsRange *range,
						  FtxStats *stats, MemoryContext owner);

/*
 * The list that is read first, or alone, for a range, as the memo names it
 * (ftx_pages_list()): that of the parents, if those have to be enumerated.
 * Palloc'ed; NULL if it is not known, or there are several.
 */
extern char *ftx_items_list(FtxItems *items, const FtxItemsRange *range);

/* Of the only list: does the page that has arrived have another item? */
extern bool ftx_items_in_hand(const FtxItems *items);

/* Is there something that has not arrived yet? */
extern bool ftx_items_unread(const FtxItems *items);

/* Abandon what is under way. */
extern void ftx_items_reset(FtxItems *items);

#endif /* FTX_ITEMS_H */
