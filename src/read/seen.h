/*-------------------------------------------------------------------------
 *
 * seen.h
 *		What a list that is read page by page has given already.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SEEN_H
#define FTX_SEEN_H

#include "api/calls/page.h"
#include "json/json.h"

/*
 * Cursors stand for offsets, so an object that somebody creates while the list
 * is read may shift the last ones of a page to the next, where they would come
 * a second time: by the keys of the page before they are dropped.  What
 * somebody deletes shifts others the other way, unseen: no client can tell.
 */
typedef struct FtxSeen FtxSeen;

/* In the current memory context; nothing has been seen. */
extern FtxSeen *ftx_seen_create(void);
extern void ftx_seen_reset(FtxSeen *seen);

/* Note a cursor, which is not copied; was it there before? */
extern bool ftx_seen_cursor(FtxSeen *seen, const char *cursor);

/*
 * A page has become the present one; `keep`: its items have keys, and another
 * page follows, which they are to be compared with.
 */
extern void ftx_seen_turn(FtxSeen *seen, FtxPage *page, bool keep);

/* Was the item with this key on the page before the present one? */
extern bool ftx_seen_before(const FtxSeen *seen, const FtxJsonValue *key);

#endif /* FTX_SEEN_H */
