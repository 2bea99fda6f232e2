/*-------------------------------------------------------------------------
 *
 * constants.c
 *		Conditions on columns whose value is fixed by the option constant.
 *
 * When they contradict the constant the table is left out as core leaves out a
 * table whose CHECK constraints the query contradicts, and by the same proofs:
 * nothing of the query is executed for that.  What remains is evaluated once
 * when a scan starts (scan/request.c), before anything is asked for.  A table
 * that is a partition is pruned by core, too; this also serves members of UNION
 * ALL and tables by themselves.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "base/compat.h"
#include "catalog/pg_type.h"
#include "fdw/plan/constants.h"
#include "fdw/plan/early.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "api/options/constant.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

void
ftx_constants_find(Relation rel, FtxPlanState *state)
{
	FtxTable *table = state->table;

	for (int i = 0; i < table->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);

		if (ftx_table_column(table, i + 1) != FTX_COLUMN_CONSTANT)
			continue;
		if (state->constants == NULL)
			state->constants = palloc0(sizeof(Const *) * table->natts);
		state->constants[i] = makeConst(
			att->atttypid, att->atttypmod, att->attcollation, att->attlen,
			ftx_constant_value(table->relid, att), false, att->attbyval);
	}
}

/*
 * As the type that an operator takes: a varchar as text.
 */
static Expr *
relabelled(Expr *expr, Oid type)
{
	if (exprType((Node *) expr) == type)
		return expr;
	return (Expr *) makeRelabelType(
		expr, type, -1, exprCollation((Node *) expr), COERCE_IMPLICIT_CAST);
}

/*
 * "column = constant", if the type knows what equality is; else NULL.
 */
static Expr *
equality(Var *var, const Const *constant)
{
	Oid operator= lookup_type_cache(var->vartype, TYPECACHE_EQ_OPR)->eq_opr;
	Const *value = (Const *) copyObjectImpl(constant);
	Oid left;
	Oid right;

	if (!OidIsValid(operator))
		return NULL;
	op_input_types(operator, & left, &right);
	/* arrays, enumerations and the like */
	if (IsPolymorphicType(left) || left != right)
		left = var->vartype;
	value->consttype = left;
	return make_opclause(operator, BOOLOID, false,
						 relabelled((Expr *) var, left), (Expr *) value,
						 InvalidOid, var->varcollid);
}

/*
 * What is known of the rows of the relation: as a CHECK constraint would say
 * it, so that core's proofs apply.
 */
static List *
facts(RelOptInfo *rel, const FtxPlanState *state)
{
	List *result = NIL;

	for (int i = 0; i < state->table->natts; i++)
	{
		const Const *constant = state->constants[i];
		NullTest *test;
		Expr *same;
		Var *var;

		if (constant == NULL)
			continue;
		var = makeVar(rel->relid, i + 1, constant->consttype,
					  constant->consttypmod, constant->constcollid, 0);
		test = makeNode(NullTest);
		test->arg = (Expr *) var;
		test->nulltesttype = IS_NOT_NULL;
		test->location = -1;
		result = lappend(result, test);
		same = equality(var, constant);
		if (same != NULL)
			result = lappend(result, same);
	}
	return result;
}

bool
ftx_constants_exclude(RelOptInfo *rel, FtxPlanState *state)
{
	return state->constants != NULL && rel->baserestrictinfo != NIL &&
		   predicate_refuted_by(facts(rel, state), rel->baserestrictinfo,
								false);
}

/* For the walk that puts constants in. */
typedef struct Constants
{
	Index relid;
	const FtxPlanState *state;
} Constants;

static Node *
put_in(Node *node, void *context)
{
	const Constants *constants = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == (int) constants->relid &&
		((Var *) node)->varlevelsup == 0)
		return copyObjectImpl(
			constants->state->constants[((Var *) node)->varattno - 1]);
	return expression_tree_mutator(node, put_in, context);
}

/*
 * Does the expression use columns of the relation, and only constants?
 */
static bool
uses_constants_only(RelOptInfo *rel, const FtxPlanState *state, Node *node)
{
	Bitmapset *attrs = NULL;
	int bit = -1;

	pull_varattnos(node, rel->relid, &attrs);
	while ((bit = bms_next_member(attrs, bit)) >= 0)
	{
		int attnum = bit + FirstLowInvalidHeapAttributeNumber;

		if (attnum <= 0 || state->constants[attnum - 1] == NULL)
			return false;
	}
	return !bms_is_empty(attrs);
}

Expr *
ftx_constant_condition(RelOptInfo *rel, FtxPlanState *state,
					   RestrictInfo *rinfo)
{
	Constants constants = {rel->relid, state};
	Node *clause = (Node *) rinfo->clause;

	/* conditions that protect others (security barriers) come first */
	if (state->constants == NULL || rinfo->pseudoconstant ||
		(rinfo->security_level > rel->baserestrict_min_security &&
		 !rinfo->leakproof) ||
		!uses_constants_only(rel, state, clause) ||
		contain_volatile_functions(clause) || contain_subplans(clause) ||
		!ftx_fails_cleanly(clause))
		return NULL;
	return (Expr *) put_in(clause, &constants);
}

void
ftx_constants_estimate(RelOptInfo *rel, FtxPlanState *state)
{
	ListCell *lc;

	if (state->constants == NULL)
		return;
	foreach (lc, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (ftx_constant_condition(rel, state, rinfo) == NULL)
			continue;
		/* clause_selectivity() takes what is there */
		rinfo->norm_selec = 1;
		rinfo->outer_selec = 1;
	}
}
