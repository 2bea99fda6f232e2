/*-------------------------------------------------------------------------
 *
 * request_safe.c
 *		Whether what a scan asks for can raise an error, and is the same for all
 *		rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/plan/scan_plan.h"
#include "fdw/scan/request.h"
#include "fdw/scan/scan.h"
#include "fdw/scan/scan_state.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

static bool
may_raise(Oid function, void *context)
{
	return !get_func_leakproof(function);
}

/*
 * Is there anything in the expression that could raise an error, whatever the
 * values?
 */
static bool
is_risky(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_List:
		case T_Const:
		case T_Param:
		case T_Var:
		case T_RelabelType:
		case T_CollateExpr:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CaseTestExpr:
		case T_CoalesceExpr:
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
			break;
		case T_FuncExpr:
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_ScalarArrayOpExpr:
			if (check_functions_in_node(node, may_raise, context))
				return true;
			break;
		default:
			return true;
	}
	return expression_tree_walker(node, is_risky, context);
}

bool
ftx_scan_request_is_safe(const FtxScanState *state)
{
	/* elsewhere a text may be none in UTF-8 */
	if (GetDatabaseEncoding() != PG_UTF8)
		return false;
	for (int kind = 0; kind < FTX_REQUEST_EXPRS; kind++)
	{
		ListCell *lc;

		foreach (lc, state->plan.exprs[kind])
		{
			if (ftx_differs_by_row(lfirst(lc)) && is_risky(lfirst(lc), NULL))
				return false;
		}
	}
	/* conditions are of the parents that a row names */
	return !is_risky((Node *) state->plan.exprs[FTX_EXPRS_ON_PARENTS], NULL);
}

bool
ftx_scan_request_is_fixed(const FtxScanState *state)
{
	for (int kind = 0; kind < FTX_REQUEST_EXPRS; kind++)
	{
		ListCell *lc;

		/* elsewhere a text may be none in UTF-8 */
		if (state->plan.exprs[kind] != NIL && GetDatabaseEncoding() != PG_UTF8)
			return false;
		foreach (lc, state->plan.exprs[kind])
		{
			if (ftx_differs_by_row(lfirst(lc)) || is_risky(lfirst(lc), NULL))
				return false;
		}
	}
	return true;
}
