/*-------------------------------------------------------------------------
 *
 * target_check.h
 *		What a statement may write to a foreign table, as far as planning
 *		can tell.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TARGET_CHECK_H
#define FTX_TARGET_CHECK_H

#include "api/options/table.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "nodes/pathnodes.h"
#include "utils/relcache.h"

/*
 * May the statement name these columns?  `attnums` (IntList) are set by an
 * UPDATE; of an INSERT, values are checked row by row.  Throws
 * ERRCODE_FEATURE_NOT_SUPPORTED naming the first that the API cannot change
 * and those that it can; ERRCODE_DUPLICATE_COLUMN for two that are one.
 */
extern void ftx_target_check_update(FtxTable *table, List *attnums);

/*
 * An INSERT that would lose a secret that is told only once, because it does
 * not return it, is refused with ERRCODE_FEATURE_NOT_SUPPORTED.
 */
extern void ftx_target_check_secrets(FtxTable *table, Bitmapset *returned);

/*
 * Which attributes (IntList) does RETURNING use?  Whole-row means all, of a
 * partition's parent those that the parent has; the old row of an INSERT has
 * none.
 */
extern List *ftx_target_returned(Relation rel, Index rti, List *returning);

/*
 * The entries of RETURNING that somebody reads: in a part of WITH, what the
 * rest of the query names.
 */
extern List *ftx_target_read_returning(PlannerInfo *root, List *returning);

/* Does the resource support the statement at all? */
extern void
ftx_target_check_operation(const FtxResource *resource, CmdType operation);

/* INSERT ... ON CONFLICT: ERRCODE_FEATURE_NOT_SUPPORTED, and what to do. */
ftx_noreturn extern void ftx_target_refuse_conflict(Relation rel);

/* "name, events, active": the columns with a flag, for hints; palloc'ed. */
extern char *ftx_target_columns(const FtxResource *resource, unsigned flag);

/*
 * Complain that an attribute cannot be written by INSERT (FTX_CREATE) or UPDATE
 * (FTX_UPDATE).
 */
ftx_noreturn extern void
ftx_target_refuse_column(FtxTable *table, int attnum, unsigned flag);

/*
 * Note in `given` (zeros, by catalogue column) that the statement gives a value
 * for this attribute.  One that is the same column of the API as another that
 * has one is an error, ERRCODE_DUPLICATE_COLUMN; `flag` as above.
 */
extern void
ftx_target_check_once(int *given, FtxTable *table, int attnum, unsigned flag);

/*
 * Catalogue columns in the paths of the resource's update and removal: what
 * identifies a row.
 */
extern Bitmapset *
ftx_target_identity(const FtxResource *resource, CmdType operation);

#endif /* FTX_TARGET_CHECK_H */
