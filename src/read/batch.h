/*-------------------------------------------------------------------------
 *
 * batch.h
 *		The lists of several parents, asked for by one call.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_BATCH_H
#define FTX_BATCH_H

#include "json/json.h"
#include "read/gather.h"
#include "read/pages.h"

/* Not that of api/writes/changes.h, which are changes of a statement. */
typedef struct FtxBatch FtxBatch;

/* As ftx_pages_create(); of a resource that has FtxResource.batch. */
extern FtxBatch *ftx_batch_create(const FtxReadSpec *spec);

/*
 * Ask for the lists of these parents, which must live until the batch is reset.
 */
extern void ftx_batch_ask(FtxBatch *batch, FtxParents *parents);

/* Would ftx_batch_next() answer without waiting? */
extern bool ftx_batch_ready(const FtxBatch *batch);

/*
 * The next item; NULL at the end.  An answer is believed only if it has the
 * lists of parents that were asked for, and of no others; what it has none for
 * stays FtxParent.answered = false, as an empty list may not be one.  That goes
 * for all parents when it is an error, or of another shape: who asks for them
 * one by one learns what it is.  Raised are those that say nothing about the
 * call: credentials, the rate limit, no connection.
 */
extern const FtxJsonValue *ftx_batch_next(FtxBatch *batch);

/* Abandon what is under way. */
extern void ftx_batch_reset(FtxBatch *batch);

#endif /* FTX_BATCH_H */
