/*-------------------------------------------------------------------------
 *
 * user_code.h
 *		Functions of users in the middle of a row, which may write.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_USER_CODE_H
#define FTX_USER_CODE_H

#include "fdw/scan/scan.h"
#include "json/json.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"

/*
 * Where conditions on items of the list call functions of users, they have a
 * context and a slot of their own, and look at a copy of the item in `cxt`:
 * before one of them writes the list is read to its end, and the condition goes
 * on after that.  Else all three are NULL.  `checking` is on meanwhile.
 *
 * `early` are parameters that conditions look at before a row is complete, or
 * that it is sorted by, if what they come from may write; else NULL.
 */
typedef struct FtxUserCode
{
	ExprContext *econtext;
	TupleTableSlot *slot;
	MemoryContext cxt;
	bool checking;
	Bitmapset *early;
} FtxUserCode;

/* For a scan with its plan and its conditions, in the scan's memory. */
extern FtxUserCode *ftx_user_code_create(FtxScanState *state);

/* A copy of the item, as long as the next one is not copied. */
extern const FtxJsonValue *
ftx_user_code_keep(FtxScanState *state, const FtxJsonValue *item);

/*
 * Evaluate subqueries that early parameters come from, as far as that has not
 * happened.  Call before anything is asked for.
 */
extern void ftx_user_code_settle(FtxScanState *state);

/*
 * A scan is at work between these two, unless an error has ended it: then it is
 * never gone on with, though it may still be there.  `here` is the caller's,
 * for the time between.
 */
extern void ftx_scan_enter(FtxScanState *state, ErrorContextCallback *here);
extern void
ftx_scan_leave(FtxScanState *state, const ErrorContextCallback *here);
extern bool ftx_scan_has_failed(const FtxScanState *state);

/*
 * Throws (55006) if the scan is in the middle of a row that reading on would
 * take away from whoever looks at it.
 */
extern void ftx_user_code_check(FtxScanState *state);

#endif /* FTX_USER_CODE_H */
