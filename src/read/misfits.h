/*-------------------------------------------------------------------------
 *
 * misfits.h
 *		Values that do not fit their columns and are read as NULL: counted, and
 *		told in one WARNING (table option on_value_error 'null').
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MISFITS_H
#define FTX_MISFITS_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "catalog/pg_attribute.h"

typedef struct FtxMisfits FtxMisfits;

/* None so far; in the current memory context. */
extern FtxMisfits *ftx_misfits_create(void);

/*
 * Can a value of the column become NULL when it does not fit?  Not where that
 * would break a promise (NOT NULL, a domain), and only where the input function
 * is known to hold nothing when it throws: that of a base type or enumeration
 * of PostgreSQL's own, or of arrays of those.
 */
extern bool ftx_misfits_allowed(Form_pg_attribute att);

/*
 * Call what converts values; false, and the error is forgotten, if one did not
 * fit.  Any other error goes on.  There is no subtransaction around it, as
 * parallel queries allow none: so only what holds nothing when it throws may be
 * called, as above.
 */
extern bool ftx_misfits_try(void (*convert)(void *arg), void *arg);

/* Add one; `key` is shown, NULL if the row has none that can be. */
extern void ftx_misfits_add(FtxMisfits *misfits, const char *column,
							const char *path, const char *key);

/* How many there are; and that only the first n are to be told. */
extern int64 ftx_misfits_count(const FtxMisfits *misfits);
extern void ftx_misfits_forget(FtxMisfits *misfits, int64 n);

/* Say what was counted of `shown_by`, if anything was. */
extern void ftx_misfits_report(const FtxMisfits *misfits, const char *shown_by);

#endif /* FTX_MISFITS_H */
