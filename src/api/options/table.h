/*-------------------------------------------------------------------------
 *
 * table.h
 *		A foreign table beside the catalogue: which column an attribute means.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TABLE_H
#define FTX_TABLE_H

#include "catalogue/catalogue.h"
#include "nodes/bitmapset.h"
#include "utils/relcache.h"

/* What attributes mean that mean no column of the catalogue. */
#define FTX_COLUMN_UNKNOWN (-1)
/* FTX_COLUMN_CONSTANT (-2): see options.h */
#define FTX_COLUMN_DROPPED (-3)
#define FTX_COLUMN_GENERATED (-4)

/*
 * Opened by who plans, begins or describes what is done with the table, in the
 * memory of that; it keeps neither the relation open nor a lock.  `columns` has
 * what has been asked for so far: ask ftx_table_column().
 */
typedef struct FtxTable
{
	Oid relid;
	const FtxResource *resource;
	int natts;
	int *columns; /* per attnum - 1 */
} FtxTable;

/*
 * In the current memory context.  NULL for the resource: that of the table's
 * options.
 */
extern FtxTable *ftx_table_open(Relation rel, const FtxResource *resource);

/*
 * The catalogue column that an attribute (attnum > 0) means; else one of the
 * above.  Throws what ftx_options_column() throws.
 */
extern int ftx_table_column(FtxTable *table, int attnum);

/* The first attribute that means the column, 0 if none does. */
extern int ftx_table_attnum(FtxTable *table, int column);

/*
 * The attributes that mean the same columns as these do (a set of attnums),
 * with them; as a new set.
 */
extern Bitmapset *ftx_table_same(FtxTable *table, const Bitmapset *attnums);

/*
 * The same with those that have the value of one of these in theirs, or have
 * theirs in it: what changes if these are set.
 */
extern Bitmapset *ftx_table_changed(FtxTable *table, const Bitmapset *attnums);

#endif /* FTX_TABLE_H */
