/*-------------------------------------------------------------------------
 *
 * modify.h
 *		What planning (modify_plan.c) leaves for execution (modify.c).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MODIFY_H
#define FTX_MODIFY_H

#include "api/calls/stats.h"
#include "catalog/pg_attribute.h"
#include "api/options/table.h"
#include "nodes/execnodes.h"
#include "utils/relcache.h"

/* Name of the junk attribute that carries the old row: the executor's own. */
#define FTX_OLD_ROW "wholerow"

/*
 * What planning leaves for one target of a ModifyTable, in that one's private
 * list.  Of attribute numbers (IntLists); unpacked ones are the plan's.
 */
typedef struct FtxModifyPlan
{
	List *set_attnums;
	List *returned; /* that RETURNING and triggers look at */
	List *known;	/* that an UPDATE reads or sets */
} FtxModifyPlan;

extern FtxModifyPlan ftx_modify_plan_unpack(List *fdw_private);

/*
 * The attribute that has a column which identifies the row to be changed.
 * Throws ERRCODE_FDW_COLUMN_NAME_NOT_FOUND when the table lacks it, and
 * ERRCODE_FEATURE_NOT_SUPPORTED when its type does not keep keys as they are.
 */
extern Form_pg_attribute
ftx_modify_identity(Relation rel, FtxTable *table, int column);

/*
 * Name of the junk attribute that carries it.  All target tables of a
 * statement share one space of names, in which one name is one kind of Var.
 */
extern char *ftx_modify_identity_name(Form_pg_attribute att);

/* All attributes that are not dropped. */
extern List *ftx_modify_all_attnums(Relation rel);

/*
 * Does a trigger look at each row after it was written?
 */
extern bool ftx_modify_looked_at(Relation rel, CmdType operation);

/*
 * Does COPY fire AFTER triggers when all rows are there: of the table that it
 * names, or of one that its rows are routed to?  They fire before it lets go
 * of this table, so writes must not be held back.  (Elsewhere what is held
 * back leaves before AFTER triggers fire, see FtxHeld.)
 */
extern bool ftx_modify_followed(const ResultRelInfo *info);

/*
 * Core cannot collect the rows of a foreign child for a trigger of its parent
 * with transition tables, but says so only after the write: refused here with
 * ERRCODE_FEATURE_NOT_SUPPORTED.
 */
extern void
ftx_modify_check_transition(const ResultRelInfo *info, CmdType operation);

/* Writes that leave when the statement ends, and figures of those that left. */
extern int ftx_modify_queued(ResultRelInfo *info);
extern const FtxStats *ftx_modify_stats(ResultRelInfo *info);

#endif /* FTX_MODIFY_H */
