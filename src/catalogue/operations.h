/*-------------------------------------------------------------------------
 *
 * operations.h
 *		Every operation of the API, whether a table uses it or not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OPERATIONS_H
#define FTX_OPERATIONS_H

#include "base/method.h"

#include <stdbool.h>

/* Accept header of an operation (API definition, per operation). */
typedef enum FtxAccept
{
	FTX_V1, /* application/json */
	FTX_V2	/* application/json;version=2 */
} FtxAccept;

/*
 * What the definition says of a request; resources and actions have its path
 * alone, with names of their own in braces.
 */
typedef struct FtxOperation
{
	FtxMethod method;
	const char *path; /* a template; {name} stands for one segment */
	FtxAccept accept;
	const char *bare; /* the definition declares that its answer is the object
					   * itself, without an envelope: a member that the object
					   * then has; NULL elsewhere */
	bool reads;		  /* changes nothing, though it is no GET */
} FtxOperation;

/* Sorted by path, then GET, POST, PATCH, DELETE. */
extern const FtxOperation ftx_operations[];
extern const int ftx_noperations;

/*
 * The operation that a request is, or NULL; also one of the few that are newer
 * than the definition.  `path` is encoded and may have a query.  Where several
 * templates fit, the one with fewest names is meant: /v1/users/api-keys is no
 * user.
 */
extern const FtxOperation *
ftx_operation_find(FtxMethod method, const char *path);

/* Does a request change nothing: because it is a GET, or as is known of it? */
extern bool ftx_operation_reads(FtxMethod method, const char *path);

/* Accept header's value. */
extern const char *ftx_accept_value(FtxAccept accept);

/*
 * The rate limit that an operation counts against beside the one of all
 * requests (API facts 1.7), or NULL: "setup tests", "source interactions",
 * "user creation", "private link creation".
 */
extern const char *ftx_operation_budget(const FtxOperation *operation);

#endif /* FTX_OPERATIONS_H */
