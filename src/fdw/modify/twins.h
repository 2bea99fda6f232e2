/*-------------------------------------------------------------------------
 *
 * twins.h
 *		Attributes of a foreign table that are one column of the API.
 *
 * A statement gives one of them a value (target_check.h), and that is the value
 * of all.  So a row that is about to be sent has it everywhere, as it will when
 * it is read back: for checks, computed columns, triggers, and RETURNING where
 * the answer is silent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TWINS_H
#define FTX_TWINS_H

#include "postgres.h"

#include "api/options/table.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

typedef struct FtxTwins FtxTwins;

/*
 * In the current memory context, for as long as `table`; NULL: there are none.
 */
extern FtxTwins *ftx_twins_create(Relation rel, FtxTable *table);

/*
 * Give a new row (arrays of all attributes) the values of those `attnums` that
 * are sent in the place of their twins, too, and compute generated columns
 * anew; NIL: of all that are not NULL.  Twins of a type of their own get NULL:
 * what a read will make of the value is not known.  Values are in the current
 * memory context or those that were there.  NULL does nothing.
 */
extern void ftx_twins_fill(const FtxTwins *twins, const List *attnums,
						   Datum *values, bool *nulls);

/*
 * The attnums whose values are known of those `known`, when the ones in `set`
 * have been filled.  `known` may be changed.
 */
extern Bitmapset *
ftx_twins_known(const FtxTwins *twins, Bitmapset *known, const Bitmapset *set);

#endif /* FTX_TWINS_H */
