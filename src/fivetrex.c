/*-------------------------------------------------------------------------
 *
 * fivetrex.c
 *		Entry of the library.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/discard.h"
#include "api/calls/statement.h"
#include "api/options/constant.h"
#include "api/writes/changes.h"
#include "base/compat.h"
#include "base/guc.h"
#include "fdw/plan/join.h"
#include "fdw/plan/statistics.h"
#include "fmgr.h"

FTX_MODULE_MAGIC("fivetrex", FTX_VERSION);

void _PG_init(void);

void
_PG_init(void)
{
	ftx_guc_init();
	ftx_statement_init();
	ftx_changes_init();
	ftx_discard_init();
	ftx_constant_init();
	ftx_join_init();
	ftx_statistics_init();
}
