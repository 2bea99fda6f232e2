/*-------------------------------------------------------------------------
 *
 * fdw.h
 *		The callbacks of the foreign data wrapper: what core calls, for the
 *		files of all its rooms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_FDW_H
#define FTX_FDW_H

#include "foreign/fdwapi.h"

extern void fivetrexGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel,
									  Oid foreigntableid);
extern void fivetrexGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel,
									Oid foreigntableid);
extern ForeignScan *
fivetrexGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel,
					   Oid foreigntableid, ForeignPath *best_path, List *tlist,
					   List *scan_clauses, Plan *outer_plan);

extern void fivetrexBeginForeignScan(ForeignScanState *node, int eflags);
extern TupleTableSlot *fivetrexIterateForeignScan(ForeignScanState *node);
extern void fivetrexReScanForeignScan(ForeignScanState *node);
extern void fivetrexEndForeignScan(ForeignScanState *node);

extern bool fivetrexIsForeignPathAsyncCapable(ForeignPath *path);
extern void fivetrexForeignAsyncRequest(AsyncRequest *areq);
extern void fivetrexForeignAsyncConfigureWait(AsyncRequest *areq);
extern void fivetrexForeignAsyncNotify(AsyncRequest *areq);

extern void
fivetrexExplainForeignScan(ForeignScanState *node, struct ExplainState *es);

extern void
fivetrexExplainForeignModify(ModifyTableState *mtstate, ResultRelInfo *info,
							 List *fdw_private, int subplan_index,
							 struct ExplainState *es);
extern void
fivetrexExplainDirectModify(ForeignScanState *node, struct ExplainState *es);

extern int fivetrexIsForeignRelUpdatable(Relation rel);
extern void fivetrexAddForeignUpdateTargets(PlannerInfo *root, Index rtindex,
											RangeTblEntry *target_rte,
											Relation target_relation);
extern List *fivetrexPlanForeignModify(PlannerInfo *root, ModifyTable *plan,
									   Index resultRelation, int subplan_index);
extern void
fivetrexBeginForeignModify(ModifyTableState *mtstate, ResultRelInfo *info,
						   List *fdw_private, int subplan_index, int eflags);
extern void fivetrexEndForeignModify(EState *estate, ResultRelInfo *info);
extern void
fivetrexBeginForeignInsert(ModifyTableState *mtstate, ResultRelInfo *info);
extern void fivetrexEndForeignInsert(EState *estate, ResultRelInfo *info);
extern void fivetrexExecForeignTruncate(List *rels, DropBehavior behavior,
										bool restart_seqs);
extern int fivetrexGetForeignModifyBatchSize(ResultRelInfo *info);
extern TupleTableSlot *
fivetrexExecForeignInsert(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot);
extern TupleTableSlot **
fivetrexExecForeignBatchInsert(EState *estate, ResultRelInfo *info,
							   TupleTableSlot **slots,
							   TupleTableSlot **planSlots, int *numSlots);
extern TupleTableSlot *
fivetrexExecForeignUpdate(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot);
extern TupleTableSlot *
fivetrexExecForeignDelete(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot);

extern bool fivetrexPlanDirectModify(PlannerInfo *root, ModifyTable *plan,
									 Index resultRelation, int subplan_index);
extern void fivetrexBeginDirectModify(ForeignScanState *node, int eflags);
extern TupleTableSlot *fivetrexIterateDirectModify(ForeignScanState *node);
extern void fivetrexEndDirectModify(ForeignScanState *node);

extern bool
fivetrexAnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc *func,
							BlockNumber *totalpages);

extern List *
fivetrexImportForeignSchema(ImportForeignSchemaStmt *stmt, Oid serverOid);

#endif /* FTX_FDW_H */
