/*-------------------------------------------------------------------------
 *
 * operations.h
 *		Every operation of the API, whether a table uses it or not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OPERATIONS_H
#define FTX_OPERATIONS_H

#include "catalogue/catalogue.h"

typedef struct FtxApiOperation
{
	const char *method;
	const char *path; /* {name} stands for one segment */
	FtxAccept accept;
	const char *bare; /* as in FtxOperation */
} FtxApiOperation;

/* Sorted by path, then GET, POST, PATCH, DELETE. */
extern const FtxApiOperation ftx_operations[];
extern const int ftx_noperations;

/*
 * The operation that a request is, or NULL.  `path` is encoded and may have a
 * query.  Where several templates fit, the one with fewest names is meant: /v1/users/api-keys is no user.
 */
extern const FtxApiOperation *
ftx_operation_find(const char *method, const char *path);

/*
 * The rate limit that an operation counts against beside the one of all
 * requests (API facts 1.7), or NULL: "setup tests", "source interactions",
 * "user creation", "private link creation".
 */
extern const char *ftx_operation_budget(const FtxApiOperation *operation);

#endif /* FTX_OPERATIONS_H */
