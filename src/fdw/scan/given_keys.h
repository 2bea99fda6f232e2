/*-------------------------------------------------------------------------
 *
 * given_keys.h
 *		The keys that Memoize has been given by a nested loop.
 *
 * It may answer by itself what comes again, so what is asked ahead a second
 * time would be asked in vain.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_GIVEN_KEYS_H
#define FTX_GIVEN_KEYS_H

#include "executor/tuptable.h"
#include "nodes/plannodes.h"

typedef struct FtxGivenKeys FtxGivenKeys;

/* None so far; in the current memory context. */
extern FtxGivenKeys *ftx_given_keys_create(const NestLoop *join);

/*
 * The key of a row of the outer side is given; false if it was before, as far
 * as hashes tell.
 */
extern bool ftx_given_keys_add(FtxGivenKeys *given, TupleTableSlot *row);

extern void ftx_given_keys_forget(FtxGivenKeys *given);

#endif /* FTX_GIVEN_KEYS_H */
