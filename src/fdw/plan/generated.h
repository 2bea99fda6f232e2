/*-------------------------------------------------------------------------
 *
 * generated.h
 *		Columns that are GENERATED ALWAYS AS (...) STORED.
 *
 * Nothing is stored in a foreign table: they are computed from the row that
 * was read, or that the API has answered with.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_GENERATED_H
#define FTX_GENERATED_H

#include "api/options/table.h"
#include "nodes/bitmapset.h"
#include "read/converter.h"
#include "utils/relcache.h"

typedef struct FtxGenerated FtxGenerated;

/* The attnums that a generated attribute is computed from. */
extern Bitmapset *ftx_generated_inputs(Relation rel, int attnum);

/*
 * Prepare to compute the generated attributes among `attnums` (IntList), in
 * the current memory context.  NULL if there is none.
 */
extern FtxGenerated *ftx_generated_create(Relation rel, List *attnums);

/*
 * Compute them from the others of a row (arrays of all attributes), in the
 * current memory context.  NULL computes nothing.  Throws what the expressions
 * throw.
 */
extern void
ftx_generated_compute(FtxGenerated *generated, Datum *values, bool *nulls);

/*
 * A converter (ftx_converter_create()) that computes the generated attributes
 * among attnums, too; what they are computed from must be among them.
 */
extern FtxConverter *ftx_generated_converter(Relation rel, FtxTable *table,
											 List *attnums, List *first);

#endif /* FTX_GENERATED_H */
