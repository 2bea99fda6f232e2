/*-------------------------------------------------------------------------
 *
 * clauses.c
 *		Which conditions narrow the request.
 *
 * Fivetran's lists filter by equality only, and detail calls take one key.  A
 * condition is pushed when it is PostgreSQL's own equality of text, under a
 * collation that is deterministic (otherwise "=" means more than the same
 * bytes), or of booleans, between a column and something that does not depend
 * on the table's row.  Pushing only narrows what is asked for: every condition
 * is checked again locally, so what is not recognised here costs calls, never
 * rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "fdw/plan/clauses.h"
#include "fdw/plan/plan_state.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/*
 * The catalogue column that an operand means, or -1.  varchar columns come
 * under a relabelling to text.
 */
static int
operand_column(RelOptInfo *rel, FtxPlanState *state, Node *operand)
{
	Var *var;

	while (operand && IsA(operand, RelabelType))
		operand = (Node *) ((RelabelType *) operand)->arg;
	if (operand == NULL || !IsA(operand, Var))
		return -1;
	var = (Var *) operand;
	if ((Index) var->varno != rel->relid || var->varlevelsup != 0 ||
		var->varattno < 1 || var->varattno > state->table->natts)
		return -1;
	return ftx_table_column(state->table, var->varattno);
}

static bool
independent_value(PlannerInfo *root, RelOptInfo *rel, Node *value)
{
	return !bms_is_member(rel->relid, pull_varnos(root, value)) &&
		   !contain_volatile_functions(value) && !contain_subplans(value);
}

static bool
pushable_equality(Oid operator, Oid collation)
{
	return get_opcode(operator) == F_TEXTEQ && OidIsValid(collation) &&
		   get_collation_isdeterministic(collation);
}

/*
 * Which part of the request a column feeds: the detail call's key, or a
 * filter of the list.  False if none.
 */
static bool
column_role(FtxPlanState *state, FtxMatch *match)
{
	const FtxResource *resource = state->resource;
	const char *name = resource->columns[match->column].name;

	match->is_path_key = resource->parent != NULL &&
						 (resource->columns[match->column].flags & FTX_KEY) !=
							 0;
	match->is_key = resource->detail != NULL && resource->parent == NULL &&
					match->column == ftx_resource_key(resource);
	match->filter = -1;
	for (int i = 0; i < resource->nfilters; i++)
	{
		if (strcmp(resource->filters[i].column, name) == 0)
			match->filter = i;
	}
	/* several values of one column only: that of the uppermost parent */
	if (match->is_path_key && match->is_array)
		return strcmp(resource->links[0].column, name) == 0;
	return match->is_key || match->is_path_key ||
		   (match->filter >= 0 &&
			(!match->is_array || resource->parent == NULL));
}

/*
 * An empty value cannot stand in a request: do not plan with it.
 */
static bool
is_empty_constant(Node *value)
{
	return IsA(value, Const) && !((Const *) value)->constisnull &&
		   VARSIZE_ANY_EXHDR(DatumGetPointer(((Const *) value)->constvalue)) ==
			   0;
}

/*
 * A condition on a boolean column: itself, its negation, IS TRUE and IS FALSE,
 * or equality with something.  The value becomes text, as filters are.
 */
static bool
match_boolean(RelOptInfo *rel, FtxPlanState *state, Node *clause,
			  FtxMatch *match)
{
	Node *operand = clause;
	Node *value = NULL;
	bool truth = true;

	if (IsA(clause, BooleanTest))
	{
		BooleanTest *test = (BooleanTest *) clause;

		if (test->booltesttype != IS_TRUE && test->booltesttype != IS_FALSE)
			return false;
		truth = test->booltesttype == IS_TRUE;
		operand = (Node *) test->arg;
	}
	else if (is_notclause(clause))
	{
		truth = false;
		operand = (Node *) get_notclausearg(clause);
	}
	else if (IsA(clause, OpExpr) &&
			 ((OpExpr *) clause)->opno == BooleanEqualOperator)
	{
		operand = linitial(((OpExpr *) clause)->args);
		value = lsecond(((OpExpr *) clause)->args);
		if (operand_column(rel, state, operand) < 0)
		{
			value = operand;
			operand = lsecond(((OpExpr *) clause)->args);
		}
	}
	if (exprType(operand) != BOOLOID)
		return false;
	match->column = operand_column(rel, state, operand);
	if (match->column < 0)
		return false;
	if (value == NULL)
		match->value = (Expr *) makeConst(
			TEXTOID, -1, DEFAULT_COLLATION_OID, -1,
			CStringGetTextDatum(truth ? "true" : "false"), false, false);
	else
		match->value = (Expr *) makeFuncExpr(F_TEXT_BOOL, TEXTOID,
											 list_make1(value), InvalidOid,
											 InvalidOid, COERCE_EXPLICIT_CAST);
	return true;
}

/*
 * An equality of text with the column on one side; the value of the other side,
 * or NULL.
 */
static Node *
match_equality(RelOptInfo *rel, FtxPlanState *state, Node *clause, int *column)
{
	OpExpr *op = (OpExpr *) clause;
	Node *left;
	Node *right;

	if (!IsA(clause, OpExpr) || list_length(op->args) != 2 ||
		!pushable_equality(op->opno, op->inputcollid))
		return NULL;
	left = linitial(op->args);
	right = lsecond(op->args);
	*column = operand_column(rel, state, left);
	if (*column >= 0)
		return right;
	/* texteq commutes */
	*column = operand_column(rel, state, right);
	return *column >= 0 ? left : NULL;
}

/*
 * `column = a OR column = b` is what column = ANY (ARRAY[a, b]) is; the array,
 * or NULL.
 */
static Node *
match_or(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
		 BoolExpr *clause, int *column)
{
	ArrayExpr *array = makeNode(ArrayExpr);
	ListCell *lc;

	foreach (lc, clause->args)
	{
		int of_arm = -1;
		Node *value = match_equality(rel, state, lfirst(lc), &of_arm);

		if (value == NULL || (array->elements != NIL && of_arm != *column))
			return NULL;
		*column = of_arm;
		array->elements = lappend(array->elements, value);
	}
	array->array_typeid = TEXTARRAYOID;
	array->array_collid = DEFAULT_COLLATION_OID;
	array->element_typeid = TEXTOID;
	array->location = -1;
	return eval_const_expressions(root, (Node *) array);
}

FtxMatch *
ftx_match_clause(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
				 RestrictInfo *rinfo)
{
	Node *clause = (Node *) rinfo->clause;
	Node *right;
	FtxMatch *match = palloc0(sizeof(FtxMatch));

	match->rinfo = rinfo;
	if (match_boolean(rel, state, clause, match))
		right = (Node *) match->value;
	else if (IsA(clause, OpExpr))
		right = match_equality(rel, state, clause, &match->column);
	else if (is_orclause(clause))
	{
		right = match_or(root, rel, state, (BoolExpr *) clause, &match->column);
		match->is_array = true;
	}
	else if (IsA(clause, ScalarArrayOpExpr))
	{
		ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) clause;

		if (!op->useOr || !pushable_equality(op->opno, op->inputcollid))
			return NULL;
		right = lsecond(op->args);
		match->column = operand_column(rel, state, linitial(op->args));
		match->is_array = true;
	}
	else
		return NULL;

	if (right == NULL || match->column < 0 ||
		!independent_value(root, rel, right) || !column_role(state, match) ||
		(!match->is_array && is_empty_constant(right)))
		return NULL;
	match->value = (Expr *) right;
	return match;
}

List *
ftx_match_clauses(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
				  List *rinfos)
{
	List *matches = NIL;
	ListCell *lc;

	foreach (lc, rinfos)
	{
		FtxMatch *match = ftx_match_clause(root, rel, state, lfirst(lc));

		if (match != NULL)
			matches = lappend(matches, match);
	}
	return matches;
}

Expr *
ftx_match_period(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
				 RestrictInfo *rinfo, bool *lower, bool *upper)
{
	const char *name = state->resource->period.column;
	OpExpr *op = (OpExpr *) rinfo->clause;
	Oid operator;
	Node *left;
	Node *right;

	if (name == NULL || !IsA(op, OpExpr) || list_length(op->args) != 2)
		return NULL;
	operator= op->opno;
	left = linitial(op->args);
	right = lsecond(op->args);
	if (operand_column(rel, state, left) !=
		ftx_resource_column(state->resource, name))
	{
		Node *swap = left;

		left = right;
		right = swap;
		operator= get_commutator(operator);
	}
	if (operand_column(rel, state, left) !=
			ftx_resource_column(state->resource, name) ||
		!OidIsValid(operator) || !independent_value(root, rel, right) ||
		exprTypmod(left) >= 0) /* which rounds what the API compares */
		return NULL;
	switch (get_opcode(operator))
	{
		case F_TIMESTAMPTZ_EQ:
			*lower = *upper = true;
			break;
		case F_TIMESTAMPTZ_GT:
		case F_TIMESTAMPTZ_GE:
			*lower = true;
			*upper = false;
			break;
		case F_TIMESTAMPTZ_LT:
		case F_TIMESTAMPTZ_LE:
			*lower = false;
			*upper = true;
			break;
		default:
			return NULL;
	}
	return (Expr *) right;
}
