/*-------------------------------------------------------------------------
 *
 * disconnect.c
 *		fivetrex_disconnect(): close what is idle.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/session.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(fivetrex_disconnect);

/*
 * fivetrex_disconnect(server name) returns integer
 */
Datum
fivetrex_disconnect(PG_FUNCTION_ARGS)
{
	Oid serverid = InvalidOid;

	if (!PG_ARGISNULL(0))
		serverid = get_foreign_server_oid(NameStr(*PG_GETARG_NAME(0)), false);
	PG_RETURN_INT32(ftx_sessions_disconnect(serverid));
}
