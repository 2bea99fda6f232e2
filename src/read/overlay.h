/*-------------------------------------------------------------------------
 *
 * overlay.h
 *		Values of the parent's columns, which its children do not repeat.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OVERLAY_H
#define FTX_OVERLAY_H

#include "json/json.h"
#include "read/binding.h"
#include "read/pages.h"

/*
 * The values as JSON, by slot, as the items of a page have theirs; in `cxt`.
 * `parent` has the texts of those that name the parent, and `told` (may be
 * NULL) what its row says of the others.
 */
extern FtxJsonValue *
ftx_overlay_create(const FtxReadSpec *spec, const FtxBinding *parent,
				   const FtxJsonValue *told, MemoryContext cxt);

/* Put them into an item; nothing if the overlay is NULL. */
extern void ftx_overlay_apply(const FtxReadSpec *spec,
							  const FtxJsonValue *overlay, FtxJsonValue *item);

#endif /* FTX_OVERLAY_H */
