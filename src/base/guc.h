/*-------------------------------------------------------------------------
 *
 * guc.h
 *		The settings fivetrex.*
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_GUC_H
#define FTX_GUC_H

#include "postgres.h"

extern char *ftx_guc_server; /* server that functions use by default */
extern bool ftx_guc_dry_run; /* show writes instead of sending them */

/* What one statement (api/statement.h) may do; -1 = no limit. */
extern int ftx_guc_max_calls;	/* API calls */
extern int ftx_guc_max_deletes; /* objects to be deleted */
extern int ftx_guc_max_writes;	/* requests that create or change */

extern int ftx_guc_max_retry_wait; /* seconds; -1 = the server's option */

extern int ftx_guc_reserve;		/* calls of the hour that are kept */
extern bool ftx_guc_log_writes; /* log each request that is not a GET */

/*
 * Define the settings and reserve the prefix, as far as what was set before
 * the library was loaded allows; called once by _PG_init.
 */
extern void ftx_guc_init(void);

/*
 * Bring the variables above up to date before they are used.  They always
 * are, unless a setting held an invalid value when the library was loaded.
 */
extern void ftx_guc_settle(void);

/*
 * Is a setting under fivetrex. not what its author meant, because it was set
 * before the library could refuse it: to an invalid value, or under a name
 * that does not exist?  Throws ERRCODE_INVALID_PARAMETER_VALUE naming it.
 */
extern void ftx_guc_check(void);

#endif /* FTX_GUC_H */
