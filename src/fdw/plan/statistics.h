/*-------------------------------------------------------------------------
 *
 * statistics.h
 *		What ANALYZE has told about the values of a column.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_STATISTICS_H
#define FTX_STATISTICS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* Install the hook that says what PostgreSQL is to believe of them. */
extern void ftx_statistics_init(void);

/* The share of rows in which the column is NULL; 0 if that is not known. */
extern double ftx_null_share(Oid relid, int attnum);

/*
 * Is it a table of this database without a single block?  The caller holds a
 * lock on it.
 */
extern bool ftx_table_is_empty(const RangeTblEntry *rte);

#endif /* FTX_STATISTICS_H */
