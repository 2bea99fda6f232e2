/*-------------------------------------------------------------------------
 *
 * map.h
 *		Items that stand in maps by name instead of a list.
 *
 * A schema configuration is {"schemas": {NAME: {"tables": {NAME: {...}}}}}:
 * the items path "schemas.*.tables.*" says that each member of each "tables"
 * is an item, and that it has two names.  Slots whose path is "@1", "@2", ...
 * get these names as strings; "@1.enabled" gets a member of the object that
 * holds the item and has its first name.
 *
 * A map that is null has no items, nor has one that is absent below the first
 * name of the path; the first must be there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MAP_H
#define FTX_MAP_H

#include "api/calls/page.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/scanner.h"

/*
 * Add the items at `items` in the object that the scanner stands before, to
 * the page: where their names stand in page->body, allocated in the current
 * context, and where the values that `projection` wants.  Of names that stand
 * twice in a map, the last one counts.  Returns what is wrong with their shape,
 * as ftx_page_decode() does, or NULL.
 */
extern const char *
ftx_map_scan(FtxScanner *scanner, FtxPage *page, const char *items,
			 const FtxProjection *projection);

/*
 * The values that are wanted of item i, and its names: projection->nslots of
 * them.  The projection is that of ftx_map_scan().  Fastest one after another.
 */
extern void ftx_map_item(FtxPage *page, int i, const FtxProjection *projection,
						 FtxJsonValue *values);

/* A name of item i, as a string; level 1 is that of the outermost map. */
extern FtxJsonValue ftx_map_name(const FtxPage *page, int i, int level);

/* Past a name of the body, which has been scanned, whose quote is at p. */
extern const char *ftx_map_name_end(const FtxPage *page, const char *p);

#endif /* FTX_MAP_H */
