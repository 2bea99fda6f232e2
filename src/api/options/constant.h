/*-------------------------------------------------------------------------
 *
 * constant.h
 *		Columns of a foreign table whose value its option constant fixes.
 *
 * Such a column means nothing to the API: it is never read from an answer and
 * never sent.  It tells, for one, which account a table is of, where the tables
 * of several are partitions of one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CONSTANT_H
#define FTX_CONSTANT_H

#include "access/tupdesc.h"
#include "catalog/pg_attribute.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

/* The constants of some attributes of a table. */
typedef struct FtxConstants
{
	int n;
	int *indexes; /* attnum - 1 */
	Datum *values;
} FtxConstants;

/*
 * The value of a column that has the option, in the current memory context.
 * Throws what the input function of its type does, naming the option.
 */
extern Datum ftx_constant_value(Oid relid, Form_pg_attribute att);

/* The same for a column that is being given the option `text`. */
extern Datum ftx_constant_read(Oid relid, Form_pg_attribute att, char *text);

/*
 * Have ALTER FOREIGN TABLE look at such values (constant_check.c).  Called once
 * per process, when the library is loaded.
 */
extern void ftx_constant_init(void);

/*
 * The attributes among `attnums` (NIL: all) that have the option; NULL if there
 * are none.  In the current memory context.
 */
extern FtxConstants *ftx_constants_of(Relation rel, List *attnums);

/* Put the constants into the values and nulls of all attributes of a row. */
extern void
ftx_constants_fill(const FtxConstants *constants, Datum *values, bool *nulls);

/*
 * A row that somebody wants to write must have the constant in that attribute:
 * throws ERRCODE_CHECK_VIOLATION, and says that nothing of it was sent.
 */
extern void ftx_constant_check(Relation rel, const FtxConstants *constants,
							   int attnum, Datum value, bool null);

#endif /* FTX_CONSTANT_H */
