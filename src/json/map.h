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
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MAP_H
#define FTX_MAP_H

#include "json/page.h"

/*
 * As ftx_page_decode() for an answer whose data has its items at `items`.
 * Maps that are absent or null have no items.  Throws the same, and when
 * something on the way is not an object.
 */
extern void ftx_map_decode(FtxPage *page, const char *body, size_t len,
						   const char *items, const FtxProjection *projection);

#endif /* FTX_MAP_H */
