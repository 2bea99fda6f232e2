/*-------------------------------------------------------------------------
 *
 * handler.c
 *		The table of contents of the foreign data wrapper.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/fdw.h"
#include "fmgr.h"

PG_FUNCTION_INFO_V1(fivetrex_fdw_handler);

Datum
fivetrex_fdw_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	/* planning a scan */
	routine->GetForeignRelSize = fivetrexGetForeignRelSize;
	routine->GetForeignPaths = fivetrexGetForeignPaths;
	routine->GetForeignPlan = fivetrexGetForeignPlan;

	/* executing it */
	routine->BeginForeignScan = fivetrexBeginForeignScan;
	routine->IterateForeignScan = fivetrexIterateForeignScan;
	routine->ReScanForeignScan = fivetrexReScanForeignScan;
	routine->EndForeignScan = fivetrexEndForeignScan;

	/* EXPLAIN */
	routine->ExplainForeignScan = fivetrexExplainForeignScan;

	/* IMPORT FOREIGN SCHEMA */
	routine->ImportForeignSchema = fivetrexImportForeignSchema;

	PG_RETURN_POINTER(routine);
}
