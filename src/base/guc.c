/*-------------------------------------------------------------------------
 *
 * guc.c
 *		The settings fivetrex.*
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "base/guc.h"
#include "utils/guc.h"

char *ftx_guc_server = NULL;
int ftx_guc_max_deletes = 0;
int ftx_guc_max_calls = 0;
int ftx_guc_max_retry_wait = -1;
bool ftx_guc_dry_run = false;

void
ftx_guc_init(void)
{
	DefineCustomBoolVariable(
		"fivetrex.dry_run", "Shows writes instead of sending them.", NULL,
		&ftx_guc_dry_run, false, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"fivetrex.max_calls", "API calls that one statement may make.",
		"0 means no limit. Repetitions count.", &ftx_guc_max_calls, 0, 0,
		INT_MAX, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"fivetrex.max_deletes", "Objects that one statement may delete.",
		"A seat belt, not a permission: anybody may change it.",
		&ftx_guc_max_deletes, 0, 0, INT_MAX, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"fivetrex.max_retry_wait",
		"Seconds that one statement may wait for retries.",
		"Narrows the server option of that name; -1 leaves it as it is.",
		&ftx_guc_max_retry_wait, -1, -1, INT_MAX / 1000, PGC_USERSET,
		GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomStringVariable(
		"fivetrex.server",
		"Server that functions use when they are not told otherwise.", NULL,
		&ftx_guc_server, "fivetran", PGC_USERSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("fivetrex");
}
