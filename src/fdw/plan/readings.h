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

#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

typedef struct FtxReading
{
	const ForeignScan *scan;
	double loops; /* in which it is expected to ask for something else: the
				   * product of the keys of the rows that it takes parameters
				   * from, as far as the nodes above want them; 0: it is not
				   * executed */
	double share; /* of its rows, in each, which those nodes want */
} FtxReading;

/*
 * The scans of tables of a server that only read, List of FtxReading *: in the
 * order of the plan.
 */
extern List *ftx_readings(const PlannedStmt *statement, Oid server);

#endif /* FTX_READINGS_H */
