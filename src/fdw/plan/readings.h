/*-------------------------------------------------------------------------
 *
 * readings.h
 *		How often, and how far, a statement reads its foreign scans.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_READINGS_H
#define FTX_READINGS_H

#include "postgres.h"

#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

/*
 * Something that a part of a plan is run for again and again: the rows of the
 * outer side of a nested loop, or those that a subquery is run for.
 */
typedef struct FtxRepeat
{
	Bitmapset *params; /* PARAM_EXEC: what is taken from each of them */
	Bitmapset *from;   /* parameters that these themselves are found by */
	double n;		   /* different ones, as far as the nodes above want them */
} FtxRepeat;

typedef struct FtxReading
{
	const ForeignScan *scan;
	bool executed; /* false: it is certain not to be */
	List *repeats; /* of FtxRepeat, of all that is above */
	double share;  /* of its rows, in each, which the nodes above want */
} FtxReading;

/*
 * In how many of them does an expression have another value, if this is what it
 * depends on?  1 if it is the same in all.
 */
extern double ftx_reading_loops(const FtxReading *reading, const void *expr);

/* And how often is the scan started for a row of its own? */
extern double ftx_reading_starts(const FtxReading *reading);

/*
 * The scans of tables of a server that only read, List of FtxReading *: in the
 * order of the plan.  values[param] is the column of a table that a PARAM_EXEC
 * stands for, a Var of the statement's range table; NULL if that is not known.
 */
extern List *
ftx_readings(const PlannedStmt *statement, Oid server, Node ***values);

#endif /* FTX_READINGS_H */
