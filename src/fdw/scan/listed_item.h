/*-------------------------------------------------------------------------
 *
 * listed_item.h
 *		What becomes of an item of the list before its details are there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_LISTED_ITEM_H
#define FTX_LISTED_ITEM_H

#include "fdw/scan/scan.h"
#include "json/json.h"

/*
 * Do the conditions that list columns can decide hold for the item?  Where they
 * call functions of users, `*item` is a copy afterwards, which is there as long
 * as no other item is looked at: the item itself may have gone.  Throws what
 * the conditions throw.
 */
extern bool
ftx_scan_item_passes(FtxScanState *state, const FtxJsonValue **item);

/*
 * Ask for what the row of an item needs: its object (`detail`), extra calls.
 * Throws if it cannot be asked for.
 */
extern void ftx_scan_ask_for_item(FtxScanState *state, const FtxJsonValue *item,
								  bool detail);

#endif /* FTX_LISTED_ITEM_H */
