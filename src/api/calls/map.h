/*-------------------------------------------------------------------------
 *
 * map.h
 *		Items that stand in maps by name instead of a list.
 *
 * A schema configuration is {"schemas": {NAME: {"tables": {NAME: {...}}}}}:
 * the items path "schemas.*.tables.*" says that each member of each "tables"
 * is an item, and that it has two names.  Slots whose path is "@1", "@2", ...
 * get these names as strings.
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
 * context.  Of names that stand twice in a map, the last one counts.  Returns
 * what is wrong with their shape, as ftx_page_decode() does, or NULL.
 */
extern const char *
ftx_map_scan(FtxScanner *scanner, FtxPage *page, const char *items);

/*
 * The values that are wanted of item i, and its names: projection->nslots of
 * them.
 */
extern void ftx_map_item(const FtxPage *page, int i,
						 const FtxProjection *projection, FtxJsonValue *values);

#endif /* FTX_MAP_H */
