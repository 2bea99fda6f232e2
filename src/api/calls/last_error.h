/*-------------------------------------------------------------------------
 *
 * last_error.h
 *		The last API error of this backend, for fivetrex_last_error().
 *
 * It belongs to the role whose statement failed: a backend may serve many (by
 * SET ROLE, or behind a pooler), and what one of them asked for is none of
 * the others' business.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_LAST_ERROR_H
#define FTX_LAST_ERROR_H

#include "postgres.h"

/*
 * All texts are fit to be shown already, see api/secrets/words.h; they may be
 * NULL.
 */
typedef struct FtxLastError
{
	int status;		   /* HTTP status, 0 = no answer came */
	int64 retry_after; /* seconds, -1 = not said */
	const char *method;
	const char *code;
	const char *message;
	const char *path;
} FtxLastError;

/* Keep a copy, as the present role's. */
extern void ftx_last_error_note(const FtxLastError *error);

/*
 * The last error as JSON text, palloc'ed; NULL if there was none, or if it is
 * that of another role.
 */
extern char *ftx_last_error_json(void);

extern void ftx_last_error_forget(void);

#endif /* FTX_LAST_ERROR_H */
