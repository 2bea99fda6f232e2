/*-------------------------------------------------------------------------
 *
 * wanted_list.h
 *		Which scans of a query will read a list that another one has read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WANTED_LIST_H
#define FTX_WANTED_LIST_H

#include "fdw/scan/scan.h"
#include "nodes/execnodes.h"

/* In scan_begin.c: is something true of any of the scans of an execution? */
typedef bool (*FtxScanTest)(FtxScanState *state, void *arg);

extern bool ftx_scans_any(const EState *estate, FtxScanTest test, void *arg);

/*
 * Will a scan of the run read the list with this first page: another one that
 * has not done so, or `scan`, an FtxScanState that reads it, once more?
 */
extern bool ftx_scan_list_wanted(void *scan, const char *list);

#endif /* FTX_WANTED_LIST_H */
