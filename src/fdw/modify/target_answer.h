/*-------------------------------------------------------------------------
 *
 * target_answer.h
 *		Rows as the API has them after a write.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TARGET_ANSWER_H
#define FTX_TARGET_ANSWER_H

#include "api/calls/call.h"
#include "fdw/modify/merge.h"
#include "fdw/modify/target.h"
#include "read/binding.h"

/*
 * Put the answer to a write over the attributes `returned` of a row, whose
 * values are those that were sent or, in an UPDATE, read.  What the answer
 * does not tell keeps its value where that is known (FtxTarget.known);
 * otherwise it is looked up: in the object, in the calls that columns have of
 * their own, in the list.  An answer that is a message only tells nothing.
 * `binding` is that of the request, or NULL for a new row.  Throws
 * ERRCODE_PROTOCOL_VIOLATION if the key of a new row is needed and not told.
 */
extern void
ftx_target_answer(FtxTarget *target, FtxCall *call, const FtxBinding *binding,
				  Datum *values, bool *nulls);

/*
 * The same for updates of merged rows: the tree that the API answered, and one
 * row of it.  What the answer does not have stays as it is.
 */
extern FtxAnswerTree *ftx_target_tree(FtxTarget *target, FtxCall *call);
extern void
ftx_target_answer_row(FtxTarget *target, FtxAnswerTree *tree,
					  const FtxBinding *binding, Datum *values, bool *nulls);

#endif /* FTX_TARGET_ANSWER_H */
