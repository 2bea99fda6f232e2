/*-------------------------------------------------------------------------
 *
 * match_keys.c
 *		How many values clauses give.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/textset.h"
#include "catalog/pg_type.h"
#include "fdw/plan/match_keys.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/*
 * How many texts are in the array, each counted once, and nulls never: each is
 * asked for once.
 */
static double
distinct_elements(ArrayType *array)
{
	MemoryContext cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex elements", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	texthash_hash *known = texthash_create(cxt, 64, NULL);
	Datum *elements;
	bool *nulls;
	int n;
	double result;

	/* of text or what is stored like it: varchar */
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT,
					  &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		bool found;

		CHECK_FOR_INTERRUPTS();
		if (!nulls[i])
			(void) texthash_insert(known, TextDatumGetCString(elements[i]),
								   &found);
	}
	result = known->members;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return result;
}

/*
 * The rows that ARRAY (SELECT ...) is expected to have, which is executed once
 * and leaves its value in a parameter; -1: it is another parameter.
 */
static double
rows_of_array_query(PlannerInfo *root, const Param *param)
{
	ListCell *lc;

	for (; root != NULL; root = root->parent_root)
	{
		foreach (lc, root->init_plans)
		{
			SubPlan *query = lfirst_node(SubPlan, lc);
			Plan *plan;

			if (query->subLinkType != ARRAY_SUBLINK ||
				!list_member_int(query->setParam, param->paramid))
				continue;
			plan = list_nth(root->glob->subplans, query->plan_id - 1);
			return clamp_row_est(plan->plan_rows);
		}
	}
	return -1;
}

double
ftx_match_keys(PlannerInfo *root, FtxMatch *match)
{
	Node *value;

	if (!match->is_array)
		return 1;
	value = estimate_expression_value(root, (Node *) match->value);
	if (IsA(value, Const) && !((Const *) value)->constisnull)
	{
		return distinct_elements(
			DatumGetArrayTypeP(((Const *) value)->constvalue));
	}
	if (IsA(value, ArrayExpr) && !((ArrayExpr *) value)->multidims)
		return list_length(((ArrayExpr *) value)->elements);
	if (IsA(value, Param) && ((Param *) value)->paramkind == PARAM_EXEC)
	{
		double rows = rows_of_array_query(root, (Param *) value);

		if (rows >= 0)
			return rows;
	}
	return FTX_TYPICAL_ARRAY;
}

double
ftx_fewest_keys(PlannerInfo *root, List *matches)
{
	double keys = -1;
	ListCell *lc;

	foreach (lc, matches)
	{
		FtxMatch *match = lfirst(lc);

		if (match->is_key && (keys < 0 || ftx_match_keys(root, match) < keys))
			keys = ftx_match_keys(root, match);
	}
	return keys;
}
