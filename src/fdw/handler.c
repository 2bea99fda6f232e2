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

	/* below an Append */
	routine->IsForeignPathAsyncCapable = fivetrexIsForeignPathAsyncCapable;
	routine->ForeignAsyncRequest = fivetrexForeignAsyncRequest;
	routine->ForeignAsyncConfigureWait = fivetrexForeignAsyncConfigureWait;
	routine->ForeignAsyncNotify = fivetrexForeignAsyncNotify;

	/* INSERT, UPDATE, DELETE, COPY */
	routine->IsForeignRelUpdatable = fivetrexIsForeignRelUpdatable;
	routine->AddForeignUpdateTargets = fivetrexAddForeignUpdateTargets;
	routine->PlanForeignModify = fivetrexPlanForeignModify;
	routine->BeginForeignModify = fivetrexBeginForeignModify;
	routine->ExecForeignInsert = fivetrexExecForeignInsert;
	routine->ExecForeignBatchInsert = fivetrexExecForeignBatchInsert;
	routine->GetForeignModifyBatchSize = fivetrexGetForeignModifyBatchSize;
	routine->ExecForeignUpdate = fivetrexExecForeignUpdate;
	routine->ExecForeignDelete = fivetrexExecForeignDelete;
	routine->EndForeignModify = fivetrexEndForeignModify;
	routine->BeginForeignInsert = fivetrexBeginForeignInsert;
	routine->EndForeignInsert = fivetrexEndForeignInsert;
	routine->ExecForeignTruncate = fivetrexExecForeignTruncate;

	/* UPDATE and DELETE that are fed by the table alone */
	routine->PlanDirectModify = fivetrexPlanDirectModify;
	routine->BeginDirectModify = fivetrexBeginDirectModify;
	routine->IterateDirectModify = fivetrexIterateDirectModify;
	routine->EndDirectModify = fivetrexEndDirectModify;

	/* EXPLAIN */
	routine->ExplainForeignScan = fivetrexExplainForeignScan;
	routine->ExplainForeignModify = fivetrexExplainForeignModify;
	routine->ExplainDirectModify = fivetrexExplainDirectModify;

	/* ANALYZE */
	routine->AnalyzeForeignTable = fivetrexAnalyzeForeignTable;

	/* IMPORT FOREIGN SCHEMA */
	routine->ImportForeignSchema = fivetrexImportForeignSchema;

	PG_RETURN_POINTER(routine);
}
