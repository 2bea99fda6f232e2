/*-------------------------------------------------------------------------
 *
 * request.h
 *		What the present scan asks for, from the plan's expressions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCAN_REQUEST_H
#define FTX_SCAN_REQUEST_H

#include "fdw/plan/scan_plan.h"
#include "fdw/scan/scan.h"
#include "nodes/bitmapset.h"
#include "read/items.h"

/* What is asked for. */
typedef struct FtxScanRequest
{
	FtxScanMode mode; /* keys may turn out to be better read by the list */
	bool whole; /* filters and keys that differ from row to row of something
				 * else are left out */
	bool none;	/* no row can match: nothing is asked for */
	FtxItemsRange range; /* of the list */
	Bitmapset
		*sent_filters; /* those of FtxScanPlan.filters that are in its query */
	char **keys;	   /* of mode FTX_SCAN_KEYS */
	int nkeys;
	int nvalues; /* of the array of keys, parents or values of a filter; 0: there
				  * is none, or it is not known yet */
} FtxScanRequest;

/*
 * Find out from the values of the plan's expressions; in the current context.
 */
extern void ftx_scan_request(FtxScanState *state, FtxScanRequest *request);

/*
 * Is the request the same whenever it is asked for, and can no error come of
 * finding it out?  Conditions on parents are not looked at.
 */
extern bool ftx_scan_request_is_fixed(const FtxScanState *state);

#endif /* FTX_SCAN_REQUEST_H */
