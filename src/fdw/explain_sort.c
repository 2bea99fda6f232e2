/*-------------------------------------------------------------------------
 *
 * explain_sort.c
 *		What EXPLAIN says about a list that is sorted by its scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/compat.h"
#include "fdw/explain_sort.h"
#include "fdw/plan/scan_plan.h"
#include "fdw/scan/scan_state.h"
#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/typcache.h"

/*
 * What is not the default: collation, direction, where nulls are.  As EXPLAIN
 * has it of a Sort.
 */
static void
add_options(StringInfo text, Node *key, Oid operator, Oid collation,
			bool nulls_first)
{
	TypeCacheEntry *type = lookup_type_cache(
		exprType(key), TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
	bool reverse = false;

	if (OidIsValid(collation) && collation != get_typcollation(type->type_id))
		appendStringInfo(text, " COLLATE %s",
						 quote_identifier(get_collation_name(collation)));
	(void) get_equality_op_for_ordering_op(operator, & reverse);
	if (operator== type->gt_opr)
		appendStringInfoString(text, " DESC");
	else if (operator!= type->lt_opr)
		appendStringInfo(text, " USING %s", get_opname(operator));
	if (nulls_first != reverse)
		appendStringInfoString(text,
							   nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

void
ftx_explain_sort(const FtxScanState *state, ExplainState *es)
{
	const FtxScanPlan *plan = &state->plan;
	List *context = set_deparse_context_plan(es->deparse_cxt,
											 state->node->ss.ps.plan, NIL);
	bool prefix = es->verbose || list_length(es->rtable) > 1;
	List *keys = NIL;
	ListCell *lc;

	foreach (lc, plan->exprs[FTX_EXPRS_SORT])
	{
		int i = foreach_current_index(lc);
		StringInfoData text;

		initStringInfo(&text);
		appendStringInfoString(
			&text, deparse_expression(lfirst(lc), context, prefix, false));
		add_options(&text, lfirst(lc), list_nth_oid(plan->sort_operators, i),
					list_nth_oid(plan->sort_collations, i),
					list_nth_int(plan->sort_nulls_first, i) != 0);
		keys = lappend(keys, text.data);
	}
	if (keys != NIL)
		ExplainPropertyList("Sort Key", keys, es);
}
