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

/*
 * What they are now; the text is theirs.  Functions, as a setting that held an
 * invalid value, or could not be defined yet, when the library was loaded is
 * looked up each time.  None throws.
 */
extern const char *ftx_guc_server(void); /* that functions use by default */
extern bool ftx_guc_dry_run(void);		 /* show writes, do not send them */

/* What one statement (api/calls/statement.h) may do; -1 = no limit. */
extern int ftx_guc_max_calls(void);	  /* API calls */
extern int ftx_guc_max_deletes(void); /* objects to be deleted */
extern int ftx_guc_max_writes(void);  /* requests that create or change */

extern int ftx_guc_max_retry_wait(void); /* seconds; -1 = server's option */

/* rows of a join that are read ahead; -1 = as max_concurrency says, 0 = none */
extern int ftx_guc_join_window(void);

/* lists are sorted before details of the first rows are asked for */
extern bool ftx_guc_sort_first(void);

/* the first requests of a query's tables leave together */
extern bool ftx_guc_start_together(void);

extern int ftx_guc_reserve(void);	  /* calls of the hour that are kept */
extern bool ftx_guc_log_writes(void); /* log each request but GET */

/*
 * Does a function that is running set this setting for itself, so that a SET
 * of the caller's would not count?
 */
extern bool ftx_guc_set_by_function(const char *name);

/*
 * Define the settings and reserve the prefix, as far as what was set before
 * the library was loaded, and a parallel query, allow; called once by _PG_init.
 */
extern void ftx_guc_init(void);

/*
 * Is a setting under fivetrex. not what its author meant, because it was set
 * before the library could refuse it: to an invalid value, or under a name
 * that does not exist?  Throws ERRCODE_INVALID_PARAMETER_VALUE naming it.
 */
extern void ftx_guc_check(void);

#endif /* FTX_GUC_H */
