/*-------------------------------------------------------------------------
 *
 * discard.c
 *		DISCARD ALL, by which a pooler hands a backend to somebody else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/discard.h"
#include "api/calls/last_error.h"
#include "api/calls/session.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"

static ProcessUtility_hook_type previous_hook = NULL;

static void
process_utility(PlannedStmt *pstmt, const char *query, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *dest,
				QueryCompletion *completion)
{
	bool discards = IsA(pstmt->utilityStmt, DiscardStmt) &&
					castNode(DiscardStmt, pstmt->utilityStmt)->target ==
						DISCARD_ALL;
	ProcessUtility_hook_type process = previous_hook != NULL ?
										   previous_hook :
										   standard_ProcessUtility;

	process(pstmt, query, read_only_tree, context, params, environment, dest,
			completion);
	if (!discards)
		return;
	ftx_last_error_forget();
	(void) ftx_sessions_disconnect(InvalidOid);
}

void
ftx_discard_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
