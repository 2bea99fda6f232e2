/*-------------------------------------------------------------------------
 *
 * pages_state.h
 *		What reading a list page by page is made of.
 *
 * Private to src/read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PAGES_STATE_H
#define FTX_PAGES_STATE_H

#include "api/calls/call.h"
#include "api/calls/page.h"
#include "json/json.h"
#include "read/guess.h"
#include "read/pages.h"
#include "read/seen.h"

/*
 * `next` is a page that has been asked for; when its rows are wanted it becomes
 * `current`.  Both belong to us, those after them to `guess`.  The values of
 * the present page are slices of the body of `current`, which therefore lives
 * as long as they do; the present page goes before the next one is waited for,
 * so that one body is held, not two.  The room for the values is in `cxt` and
 * used again; that of maps is in `page_cxt` and goes with its page.  Keys that
 * must outlive their page, to be found again on the next, are in `seen`.
 *
 * absent and missing are told by the answer to the first page only.
 */
struct FtxPages
{
	FtxReadSpec spec;
	const char *key_path; /* where items have their key; NULL: nowhere */
	MemoryContext cxt;	  /* the owner of all below */

	/* the list */
	MemoryContext list_cxt; /* path, cursors; reset when it starts over */
	char *path;
	char *list;	   /* its first page, as the memo names it; NULL at first */
	FtxSeen *seen; /* its cursors, and keys of two pages */
	char *cursor;  /* of the next page; NULL at the end */
	bool started;
	bool first_page;	   /* the present one is */
	int64 received;		   /* items of all pages so far */
	int64 bytes;		   /* of all pages so far */
	int turned;			   /* pages so far */
	bool too_long;		   /* to be remembered by the memo */
	bool absent;		   /* the parent has no list */
	bool missing;		   /* there is no such parent */
	bool narrowed;		   /* to an object that may be missing, by a filter */
	bool one_object;	   /* is asked for instead, though there is a list */
	char *asked_for;	   /* what slot FTX_KEY_SLOT must say, or NULL */
	FtxJsonValue *overlay; /* values of the parent's columns, by slot; NULL
							* when it is no child */
	FtxCall *next;		   /* the next page, when it was asked for */
	FtxGuess *guess;	   /* the pages after that */

	/* the present page */
	FtxCall *current;
	MemoryContext page_cxt;
	FtxPage page;
	int position;
	int ask_at;			/* item at which to ask for pages; -1: none */
	FtxJsonValue *item; /* the values of the present one of a map; NULL
							 * when it is no map */
};

/* Does the path answer with a list?  Else with one object. */
extern bool ftx_pages_are_list(const FtxPages *pages);

/* Items that the next page to be asked for may have. */
extern int ftx_pages_limit(FtxPages *pages);

/*
 * Ask for the next page, unless a prediction has done so, and for those that
 * are predicted to follow it.  When the first page has come that waits until
 * half of it is read: EXISTS and the like need no more of it.
 */
extern void ftx_pages_ask_next(FtxPages *pages);

/* Half of the first page is read: there is a use for more. */
extern void ftx_pages_ask_more(FtxPages *pages);

/*
 * A page has come, and the cursor of the next one: see to it that the list is
 * remembered as a whole, or not at all (pages_memo.c).
 */
extern void ftx_pages_remember(FtxPages *pages);

#endif /* FTX_PAGES_STATE_H */
