/*-------------------------------------------------------------------------
 *
 * converter.h
 *		From the members of an item to the attributes of a row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CONVERTER_H
#define FTX_CONVERTER_H

#include "access/tupdesc.h"
#include "api/options/table.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "json/projection.h"
#include "nodes/bitmapset.h"
#include "read/misfits.h"
#include "utils/relcache.h"

typedef struct FtxConverter FtxConverter;

/*
 * Prepare to fill the attributes `attnums` (IntList) of a foreign table; those
 * among them that are in `first` are filled before the others.  Slot 0 of the
 * converter's projection is the resource's key, if any; those of the attributes
 * that are read follow.  Generated attributes are not filled here: see
 * fdw/plan/generated.h.
 */
extern FtxConverter *
ftx_converter_create(Relation rel, FtxTable *table, List *attnums, List *first);

/*
 * From now on values that do not fit are NULL, where their columns allow it,
 * and counted instead of being errors.  What was counted; NULL: they are
 * errors.
 */
extern void ftx_converter_tolerate(FtxConverter *converter);
extern FtxMisfits *ftx_converter_misfits(FtxConverter *converter);

/* One WARNING that tells what was counted, if anything was. */
extern void ftx_converter_report(FtxConverter *converter);

/*
 * Computes attributes from others, in the values and nulls of all attributes
 * of a row; in the current memory context.
 */
typedef void (*FtxCompute)(void *what, Datum *values, bool *nulls);

/*
 * Compute after each step of filling: `first` and `rest` are handed to
 * `compute`, NULL means nothing to be computed.  They must outlive the
 * converter.
 */
extern void ftx_converter_compute(FtxConverter *converter, FtxCompute compute,
								  void *first, void *rest);

/*
 * The same for the result of an SQL function, so that what it reads is read as
 * the foreign table of the resource is.  `columns` has the name of the
 * catalogue's column for each attribute, NULL where the function computes it;
 * in the current memory context, which `function` must outlive.
 */
extern FtxConverter *
ftx_converter_of_function(const char *function, TupleDesc tupdesc,
						  const FtxResource *resource,
						  const char *const *columns);

extern const FtxProjection *ftx_converter_projection(FtxConverter *converter);

/* The length of an item. */
extern int ftx_converter_slots(FtxConverter *converter);

/* The catalogue column of each slot; -1 where it has none. */
extern const int *ftx_converter_columns(FtxConverter *converter);

/* Flags of the extra calls that the attributes need. */
extern unsigned ftx_converter_extras(FtxConverter *converter);

/*
 * Fill values and nulls (all attributes of the table) from one item.  With
 * `list_only` the attributes that only a detail call has stay NULL.
 * Allocates in the current context.  Throws for a value that does not fit
 * its column, naming table, column, key and JSON path in the context.
 */
extern void
ftx_converter_fill(FtxConverter *converter, const FtxJsonValue *item,
				   bool list_only, Datum *values, bool *nulls);

/*
 * The same in two steps, so that a row which is not wanted is not converted any
 * further: the attributes in `first`, then the others.
 */
extern void
ftx_converter_fill_first(FtxConverter *converter, const FtxJsonValue *item,
						 bool list_only, Datum *values, bool *nulls);
extern void
ftx_converter_fill_rest(FtxConverter *converter, const FtxJsonValue *item,
						Datum *values, bool *nulls);

/*
 * The same for some of the attributes (attnums); all others are NULL but for
 * constants, and none is computed.
 */
extern void
ftx_converter_fill_some(FtxConverter *converter, const Bitmapset *attnums,
						const FtxJsonValue *item, Datum *values, bool *nulls);

/*
 * Is a row in the middle of being filled, so that a function of a type or of a
 * generated column is who asks?  Whoever catches an error of the filling, and
 * goes on with the converter, says so.
 */
extern bool ftx_converter_filling(const FtxConverter *converter);
extern void ftx_converter_failed(FtxConverter *converter);

/* The slot of an attribute that is read; -1 for others. */
extern int ftx_converter_slot(const FtxConverter *converter, int attnum);

/*
 * Does the item of a list lack a member that the query uses and that only
 * the detail call is sure to have?
 */
extern bool
ftx_converter_needs_detail(FtxConverter *converter, const FtxJsonValue *item);

/*
 * The attributes, by attnum, whose member the item does not have at all: what
 * is null is there.  Columns that no read returns are never missing, those of
 * a parent or an extra call always, unless somebody has filled their slot.
 */
extern Bitmapset *
ftx_converter_missing(FtxConverter *converter, const FtxJsonValue *item);

#endif /* FTX_CONVERTER_H */
