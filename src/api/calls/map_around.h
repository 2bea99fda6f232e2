/*-------------------------------------------------------------------------
 *
 * map_around.h
 *		Where members are of objects that hold items and have names in maps.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MAP_AROUND_H
#define FTX_MAP_AROUND_H

#include "postgres.h"

/* Where the object's name begins in the body, and its member's value. */
typedef struct FtxMapPlace
{
	uint32 name;
	uint32 value;
} FtxMapPlace;

/* The members that are wanted for one slot. */
typedef struct FtxMapAround
{
	FtxMapPlace *places; /* in the order of the body */
	int n;
	int size;
} FtxMapAround;

#endif /* FTX_MAP_AROUND_H */
