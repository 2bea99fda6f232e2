/*-------------------------------------------------------------------------
 *
 * row_filter.c
 *		Conditions on the rows of a scan.
 *
 * PostgreSQL hashes the array of `x = ANY (array)` where it is a constant.
 * That of a set-based statement is a parameter or the result of ARRAY(SELECT
 * ...), which core compares with each row element by element.  Here it is
 * hashed when the first row comes to it, and again after a rescan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "executor/executor.h"
#include "fdw/scan/row_filter.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Shorter arrays are compared element by element, as core's constants are. */
#define FEWEST_TO_HASH 9

/* An element of the array; its Datum is in the array or is the value itself. */
typedef struct Element
{
	Datum value;
	uint32 hash;
	char status;
} Element;

/* How a value is looked up: what the hash table calls. */
typedef struct Equality
{
	FmgrInfo hash;
	FmgrInfo equal;
	Oid collation;
} Equality;

static uint32 hash_value(Equality *equality, Datum value);
static bool equal_values(Equality *equality, Datum a, Datum b);

#define SH_PREFIX elements
#define SH_ELEMENT_TYPE Element
#define SH_KEY_TYPE Datum
#define SH_KEY value
#define SH_HASH_KEY(tb, key) hash_value((tb)->private_data, key)
#define SH_EQUAL(tb, a, b) equal_values((tb)->private_data, a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/* What has become of the array. */
typedef enum ArrayState
{
	ARRAY_UNKNOWN, /* no row has come to it since the last reset */
	ARRAY_NULL,	   /* no row passes */
	ARRAY_SHORT,   /* the clause is evaluated as it stands */
	ARRAY_HASHED
} ArrayState;

/*
 * A stretch of conditions that are evaluated as they stand (`array` is NULL),
 * or one that looks a value up: then `clause` is the same as it stands.
 *
 * array_cxt has the array and the table of its elements, and is reset with
 * them; has_null and elements mean something in ARRAY_HASHED only.
 */
typedef struct Step
{
	ExprState *clause;
	ExprState *value;
	ExprState *array;
	bool wanted; /* = ANY; else <> ALL */
	Equality equality;
	MemoryContext array_cxt;
	ArrayState state;
	bool has_null;
	elements_hash *elements;
} Step;

struct FtxRowFilter
{
	int nsteps;
	Step *steps;
};

static uint32
hash_value(Equality *equality, Datum value)
{
	/* types hash as they please; the table wants all bits to differ */
	return murmurhash32(DatumGetUInt32(
		FunctionCall1Coll(&equality->hash, equality->collation, value)));
}

static bool
equal_values(Equality *equality, Datum a, Datum b)
{
	return DatumGetBool(
		FunctionCall2Coll(&equality->equal, equality->collation, a, b));
}

/*
 * Does the clause look a value up in an array that no row changes, by an
 * operator whose values hash?  Then the functions that do.  Both must be
 * strict, so that nulls need neither.
 */
static bool
looks_up(Node *clause, Oid *hash, Oid *equal)
{
	ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) clause;
	Oid operator;
	Oid other;
	Node *array;

	if (!IsA(clause, ScalarArrayOpExpr) || OidIsValid(op->hashfuncid))
		return false;
	array = lsecond(op->args);
	operator= op->useOr ? op->opno : get_negator(op->opno);
	if (contain_var_clause(array) || contain_volatile_functions(array) ||
		contain_subplans(array) || !OidIsValid(operator) ||
		!op_hashjoinable(operator, exprType(linitial(op->args))) ||
		!get_op_hash_functions(operator, hash, &other) || *hash != other)
		return false;
	*equal = get_opcode(operator);
	return func_strict(*hash) && func_strict(*equal) &&
		   func_strict(get_opcode(op->opno));
}

bool
ftx_row_filter_pays(List *quals)
{
	ListCell *lc;
	Oid hash;
	Oid equal;

	foreach (lc, quals)
	{
		if (looks_up(lfirst(lc), &hash, &equal))
			return true;
	}
	return false;
}

/*
 * Expressions live as long as the query: a subplan that hashes puts slots into
 * the query's table of slots, which is cleared after our memory has been freed.
 */
static ExprState *
init_qual(List *clauses, PlanState *node)
{
	MemoryContext old = MemoryContextSwitchTo(node->state->es_query_cxt);
	ExprState *state = ExecInitQual(clauses, node);

	MemoryContextSwitchTo(old);
	return state;
}

List *
ftx_init_expressions(List *exprs, PlanState *node)
{
	MemoryContext old = MemoryContextSwitchTo(node->state->es_query_cxt);
	List *states = ExecInitExprList(exprs, node);

	MemoryContextSwitchTo(old);
	return states;
}

static void
add_plain(FtxRowFilter *filter, List *clauses, PlanState *node)
{
	if (clauses != NIL)
		filter->steps[filter->nsteps++].clause = init_qual(clauses, node);
}

static void
add_lookup(FtxRowFilter *filter, ScalarArrayOpExpr *op, Oid hash, Oid equal,
		   PlanState *node)
{
	Step *step = &filter->steps[filter->nsteps++];
	List *args = ftx_init_expressions(op->args, node);

	step->clause = init_qual(list_make1(op), node);
	step->value = linitial(args);
	step->array = lsecond(args);
	step->wanted = op->useOr;
	fmgr_info(hash, &step->equality.hash);
	fmgr_info(equal, &step->equality.equal);
	fmgr_info_set_expr((Node *) op, &step->equality.equal);
	step->equality.collation = op->inputcollid;
	step->array_cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex array", ALLOCSET_DEFAULT_SIZES);
}

FtxRowFilter *
ftx_row_filter_create(List *quals, PlanState *node)
{
	FtxRowFilter *filter;
	List *plain = NIL;
	ListCell *lc;

	if (quals == NIL)
		return NULL;
	filter = palloc0(sizeof(FtxRowFilter));
	filter->steps = palloc0(sizeof(Step) * (2 * list_length(quals) + 1));
	foreach (lc, quals)
	{
		Node *clause = lfirst(lc);
		Oid hash;
		Oid equal;

		if (!looks_up(clause, &hash, &equal))
		{
			plain = lappend(plain, clause);
			continue;
		}
		add_plain(filter, plain, node);
		plain = NIL;
		add_lookup(filter, (ScalarArrayOpExpr *) clause, hash, equal, node);
	}
	add_plain(filter, plain, node);
	return filter;
}

FtxRowFilter *
ftx_row_filter_of(ExprState *qual)
{
	FtxRowFilter *filter;

	if (qual == NULL)
		return NULL;
	filter = palloc0(sizeof(FtxRowFilter));
	filter->steps = palloc0(sizeof(Step));
	filter->steps[filter->nsteps++].clause = qual;
	return filter;
}

/*
 * Hash the elements of the array, a copy in the current memory context.
 */
static void
hash_elements(Step *step, ArrayType *array, int n)
{
	int16 len;
	bool byval;
	char align;
	Datum *values;
	bool *nulls;

	get_typlenbyvalalign(ARR_ELEMTYPE(array), &len, &byval, &align);
	deconstruct_array(array, ARR_ELEMTYPE(array), len, byval, align, &values,
					  &nulls, &n);
	step->elements = elements_create(CurrentMemoryContext, n, &step->equality);
	step->has_null = false;
	for (int i = 0; i < n; i++)
	{
		bool found;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			step->has_null = true;
		else
			elements_insert(step->elements, values[i], &found);
	}
	step->state = ARRAY_HASHED;
}

static void
look_at_array(Step *step, ExprContext *econtext)
{
	bool null;
	Datum datum = ExecEvalExprSwitchContext(step->array, econtext, &null);
	ArrayType *array;
	MemoryContext old;
	int n;

	if (null)
	{
		step->state = ARRAY_NULL;
		return;
	}
	old = MemoryContextSwitchTo(step->array_cxt);
	array = DatumGetArrayTypePCopy(datum);
	n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (n < FEWEST_TO_HASH)
		step->state = ARRAY_SHORT;
	else
		hash_elements(step, array, n);
	MemoryContextSwitchTo(old);
}

static bool
passes_lookup(Step *step, ExprContext *econtext)
{
	Datum value;
	bool null;
	bool found;
	MemoryContext old;

	if (step->state == ARRAY_UNKNOWN)
		look_at_array(step, econtext);
	if (step->state == ARRAY_NULL)
		return false;
	if (step->state == ARRAY_SHORT)
		return ExecQual(step->clause, econtext);
	value = ExecEvalExprSwitchContext(step->value, econtext, &null);
	if (null)
		return false;
	old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	found = elements_lookup(step->elements, value) != NULL;
	MemoryContextSwitchTo(old);
	return step->wanted ? found : !found && !step->has_null;
}

bool
ftx_row_filter_passes(FtxRowFilter *filter, ExprContext *econtext)
{
	for (int i = 0; i < filter->nsteps; i++)
	{
		Step *step = &filter->steps[i];

		if (step->array != NULL ? !passes_lookup(step, econtext) :
								  !ExecQual(step->clause, econtext))
			return false;
	}
	return true;
}

void
ftx_row_filter_reset(FtxRowFilter *filter)
{
	if (filter == NULL)
		return;
	for (int i = 0; i < filter->nsteps; i++)
	{
		Step *step = &filter->steps[i];

		if (step->array == NULL)
			continue;
		step->state = ARRAY_UNKNOWN;
		step->elements = NULL;
		MemoryContextReset(step->array_cxt);
	}
}
