/*-------------------------------------------------------------------------
 *
 * modify.h
 *		What planning (modify_plan.c) leaves for execution (modify.c).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MODIFY_H
#define FTX_MODIFY_H

#include "fdw/target.h"

/* Names of the junk attributes that carry identity and the old row. */
#define FTX_IDENTITY_PREFIX "fivetrex_"
#define FTX_OLD_ROW "wholerow"

/* Items of the private list of PlanForeignModify. */
typedef enum FtxModifyItem
{
	FtxModifySetAttnums, /* IntList */
	FtxModifyReturned	 /* IntList */
} FtxModifyItem;

extern Bitmapset *ftx_modify_attnum_set(List *attnums);

/* All attributes that are not dropped. */
extern List *ftx_modify_all_attnums(Relation rel);

/*
 * Does somebody look at the row after it was written, other than RETURNING?
 */
extern bool
ftx_modify_looked_at(Relation rel, CmdType operation, List *check_options);

#endif /* FTX_MODIFY_H */
