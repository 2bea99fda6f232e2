/*-------------------------------------------------------------------------
 *
 * page_call.h
 *		Calls that ask for the pages of a list.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PAGE_CALL_H
#define FTX_PAGE_CALL_H

#include "api/calls/call.h"
#include "api/calls/stats.h"
#include "read/pages.h"

/*
 * The parameter `limit` of a first page, where `limit` rows (-1: all) suffice.
 */
extern int ftx_pages_first_limit(int page_size, int64 limit);

/*
 * What asks for the page of `limit` rows at a cursor (NULL: the first one) of
 * the list with this path or, if it is no list, for the one object.  The path
 * of the call is palloc'ed.
 */
extern FtxCallSpec ftx_page_call(const FtxReadSpec *pages, const char *path,
								 bool is_list, int limit, const char *cursor);

/*
 * Ask ahead for the first page of a list, or for the one object of a path, that
 * sources with this specification will ask for; see ftx_call_ask_ahead().  With
 * `anybodys` for whoever asks first: ftx_call_ask_for_anybody().
 */
extern FtxCall *
ftx_pages_ask(const FtxReadSpec *spec, const char *path, bool one_object,
			  FtxStats *anybodys, MemoryContext owner);

#endif /* FTX_PAGE_CALL_H */
