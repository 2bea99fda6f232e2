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

extern char *ftx_guc_server;	   /* server that functions use by default */
extern int ftx_guc_max_deletes;	   /* objects one statement may delete */
extern int ftx_guc_max_calls;	   /* API calls per statement, 0 = no limit */
extern int ftx_guc_max_retry_wait; /* seconds; -1 = the server's option */
extern bool ftx_guc_dry_run;	   /* show writes instead of sending them */

/* Define the settings and reserve the prefix; called once by _PG_init. */
extern void ftx_guc_init(void);

#endif /* FTX_GUC_H */
