/*-------------------------------------------------------------------------
 *
 * merge.h
 *		Updates of many rows that are one request.
 *
 * Rows of a schema configuration are leaves of a tree that is changed by one
 * PATCH.  FtxResource.merged_at says where a row stands in the body:
 * "schemas.{schema_name}.tables.{table_name}".
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MERGE_H
#define FTX_MERGE_H

#include "catalogue/catalogue.h"
#include "json/json.h"
#include "nodes/bitmapset.h"
#include "read/binding.h"

typedef struct FtxMerge FtxMerge;

/* Gathers rows in the current memory context. */
extern FtxMerge *ftx_merge_create(const FtxResource *resource);

/*
 * Add what is to be set of a row: `members` is a JSON object, `binding` has
 * the columns of the template, `path` is the request that it goes into.  All
 * is copied.
 */
extern void ftx_merge_add(FtxMerge *merge, const char *path,
						  const FtxBinding *binding, const char *members);

/*
 * Hand out the requests, one per path, and forget the rows.  Both texts are
 * valid during the call.
 */
typedef void (*FtxMergedRequest)(void *arg, const char *path, const char *body);
extern void
ftx_merge_flush(FtxMerge *merge, FtxMergedRequest request, void *arg);

/*
 * The tree that such a request answers with (a slice of the answer), for
 * searches.  Lives in the current memory context.
 */
typedef struct FtxAnswerTree FtxAnswerTree;
extern FtxAnswerTree *
ftx_merge_tree(const FtxResource *resource, const FtxJsonValue *root);

/*
 * Find a row in it; false if it is not there.  Cheap when rows are looked for
 * in the order of the tree.
 */
extern bool ftx_merge_find(FtxAnswerTree *tree, const FtxBinding *binding,
						   FtxJsonValue *found);

#endif /* FTX_MERGE_H */
