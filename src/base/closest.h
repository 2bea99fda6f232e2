/*-------------------------------------------------------------------------
 *
 * closest.h
 *		The name that was probably meant, for hints.
 *
 * As core's ClosestMatchState, which exists since PostgreSQL 16 only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CLOSEST_H
#define FTX_CLOSEST_H

#include "postgres.h"

typedef struct FtxClosest
{
	const char *given;
	const char *best; /* NULL: nothing comes near */
	int distance;
} FtxClosest;

extern void ftx_closest_begin(FtxClosest *closest, const char *given);
extern void ftx_closest_offer(FtxClosest *closest, const char *candidate);

#endif /* FTX_CLOSEST_H */
