/*-------------------------------------------------------------------------
 *
 * sent_rows.h
 *		Rows whose requests are gathered, for the answers to be put over.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SENT_ROWS_H
#define FTX_SENT_ROWS_H

#include "access/htup.h"
#include "api/calls/call.h"
#include "fdw/modify/target.h"
#include "read/binding.h"

/*
 * Rows stand in the order in which their requests were added to the set of
 * writes, one request a row; or, where rows are merged into one request
 * (FtxTarget.merge), know its path.  All of it lives in the memory context in
 * which it was made.
 */
typedef struct FtxSentRows FtxSentRows;

/*
 * Told of each row that has its answer; `tuple` belongs to the rows.
 */
typedef void (*FtxRowAnswered)(void *arg, HeapTuple tuple);

extern FtxSentRows *
ftx_sent_rows_create(FtxTarget *target, FtxRowAnswered answered, void *arg);

/*
 * Keep a row as it was sent: the values of all attributes.  `binding` is that
 * of its update, NULL for other operations.  All is copied.
 */
extern void ftx_sent_rows_add(FtxSentRows *rows, Datum *values, bool *nulls,
							  const FtxBinding *binding);

/* FtxWriteAnswered, with the rows as argument. */
extern void ftx_sent_rows_answer(void *rows, int index, const FtxCallSpec *spec,
								 FtxCall *call);

extern int ftx_sent_rows_count(const FtxSentRows *rows);
extern HeapTuple ftx_sent_rows_get(const FtxSentRows *rows, int index);

/* Forget all rows; the next one's index goes on counting. */
extern void ftx_sent_rows_forget(FtxSentRows *rows);

#endif /* FTX_SENT_ROWS_H */
