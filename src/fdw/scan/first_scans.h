/*-------------------------------------------------------------------------
 *
 * first_scans.h
 *		Which scans of a query will be read, whatever the others answer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_FIRST_SCANS_H
#define FTX_FIRST_SCANS_H

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"

/*
 * The scans of ours (FtxScanState) of which the first row will be wanted when
 * the query of this state is run, unless an error or an input without rows
 * comes between; in the order in which they will probably be read.  `all`: to
 * its end.
 */
extern List *ftx_first_scans(PlanState *query, bool all);

#endif /* FTX_FIRST_SCANS_H */
