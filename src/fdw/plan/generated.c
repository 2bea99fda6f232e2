/*-------------------------------------------------------------------------
 *
 * generated.c
 *		Columns that are GENERATED ALWAYS AS (...) STORED.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "api/options/table.h"
#include "catalog/pg_attribute.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/plan/generated.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/rel.h"

struct FtxGenerated
{
	int n;
	int *indexes; /* attnum - 1 */
	ExprState **expressions;
	ExprContext *econtext;
	TupleTableSlot *slot; /* the row they look at */
};

static bool
is_stored(Relation rel, int attnum)
{
	return TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attgenerated ==
		   ATTRIBUTE_GENERATED_STORED;
}

Bitmapset *
ftx_generated_inputs(Relation rel, int attnum)
{
	Bitmapset *attrs = NULL;
	Bitmapset *result = NULL;
	int bit = -1;

	if (!is_stored(rel, attnum))
		return NULL;
	pull_varattnos(build_column_default(rel, attnum), 1, &attrs);
	while ((bit = bms_next_member(attrs, bit)) >= 0)
	{
		/* tableoid needs no filling, and a whole row is not allowed */
		if (bit + FirstLowInvalidHeapAttributeNumber > 0)
			result = bms_add_member(result,
									bit + FirstLowInvalidHeapAttributeNumber);
	}
	return result;
}

FtxGenerated *
ftx_generated_create(Relation rel, List *attnums)
{
	FtxGenerated *generated = NULL;
	ListCell *lc;

	foreach (lc, attnums)
	{
		int attnum = lfirst_int(lc);
		Expr *expr;

		if (!is_stored(rel, attnum))
			continue;
		if (generated == NULL)
		{
			generated = palloc0(sizeof(FtxGenerated));
			generated->indexes = palloc(sizeof(int) * list_length(attnums));
			generated->expressions = palloc(sizeof(ExprState *) *
											list_length(attnums));
			generated->econtext = CreateStandaloneExprContext();

			/* of a copy, which pins nothing */
			generated->slot = MakeSingleTupleTableSlot(
				CreateTupleDescCopy(RelationGetDescr(rel)), &TTSOpsVirtual);
			generated->slot->tts_tableOid = RelationGetRelid(rel);
		}
		expr = (Expr *) build_column_default(rel, attnum);
		generated->indexes[generated->n] = attnum - 1;
		generated->expressions[generated->n++] = ExecInitExpr(
			expression_planner(expr), NULL);
	}
	return generated;
}

void
ftx_generated_compute(FtxGenerated *generated, Datum *values, bool *nulls)
{
	TupleTableSlot *slot;
	ExprContext *econtext;

	if (generated == NULL)
		return;
	slot = generated->slot;
	econtext = generated->econtext;
	ExecClearTuple(slot);
	memcpy(slot->tts_values, values,
		   sizeof(Datum) * slot->tts_tupleDescriptor->natts);
	memcpy(slot->tts_isnull, nulls,
		   sizeof(bool) * slot->tts_tupleDescriptor->natts);
	ExecStoreVirtualTuple(slot);
	econtext->ecxt_scantuple = slot;
	for (int i = 0; i < generated->n; i++)
		values[generated->indexes[i]] = ExecEvalExpr(
			generated->expressions[i], econtext, &nulls[generated->indexes[i]]);
	ExecClearTuple(slot);
}

static void
compute_generated(void *what, Datum *values, bool *nulls)
{
	ftx_generated_compute(what, values, nulls);
}

FtxConverter *
ftx_generated_converter(Relation rel, FtxTable *table, List *attnums,
						List *first)
{
	FtxConverter *converter = ftx_converter_create(rel, table, attnums, first);
	List *rest = list_difference_int(attnums, first);

	first = list_intersection_int(attnums, first);
	ftx_converter_compute(converter, compute_generated,
						  ftx_generated_create(rel, first),
						  ftx_generated_create(rel, rest));
	return converter;
}
