/*-------------------------------------------------------------------------
 *
 * commit.c
 *		fivetrex_can_commit(): for procedures that commit on their way.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "tcop/pquery.h"

PG_FUNCTION_INFO_V1(fivetrex_can_commit);

/*
 * fivetrex_can_commit() returns boolean
 *
 * PostgreSQL tells it only by the error of a COMMIT, "invalid transaction
 * termination", which says neither why nor what to do.
 */
Datum
fivetrex_can_commit(PG_FUNCTION_ARGS)
{
	PlannedStmt *statement = ActivePortal != NULL ?
								 PortalGetPrimaryStmt(ActivePortal) :
								 NULL;

	PG_RETURN_BOOL(!IsTransactionBlock() && !IsSubTransaction() &&
				   statement != NULL && statement->utilityStmt != NULL &&
				   (IsA(statement->utilityStmt, CallStmt) ||
					IsA(statement->utilityStmt, DoStmt)));
}
