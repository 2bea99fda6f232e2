/*-------------------------------------------------------------------------
 *
 * volatile.c
 *		Volatile functions that core calls beside those that are named.
 *
 * contain_volatile_functions() looks at the functions in an expression.  It
 * does not see what an aggregate does for each row, what the constraints of a
 * domain call, and what storing a row calls: triggers, CHECK constraints, WITH
 * CHECK OPTION, policies, the actions of MERGE, and all of it for each
 * partition.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fdw/plan/named_columns.h"
#include "fdw/plan/volatile.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* ---------- expressions ---------- */

/*
 * One of the functions that an aggregate consists of?  Those of core's are not.
 */
static bool
aggregate_is_volatile(Oid aggregate)
{
	HeapTuple tuple;
	bool result = false;

	if (aggregate < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	if (!HeapTupleIsValid(tuple)) /* a window function by itself */
		return false;
	{
		Form_pg_aggregate row = (Form_pg_aggregate) GETSTRUCT(tuple);
		const Oid parts[] = {row->aggtransfn,	  row->aggfinalfn,
							 row->aggcombinefn,	  row->aggserialfn,
							 row->aggdeserialfn,  row->aggmtransfn,
							 row->aggminvtransfn, row->aggmfinalfn};

		for (size_t i = 0; i < lengthof(parts); i++)
			result = result ||
					 (OidIsValid(parts[i]) &&
					  func_volatile(parts[i]) == PROVOLATILE_VOLATILE);
	}
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Does a constraint of the type, a domain, call one of the functions that
 * `calls` looks for?
 */
static bool
domain_calls(Oid type, bool (*calls)(const void *node))
{
	MemoryContext cxt;
	DomainConstraintRef *constraints;
	ListCell *lc;
	bool result = false;

	if (type < FirstNormalObjectId || get_typtype(type) != TYPTYPE_DOMAIN)
		return false;
	/* the context's end gives the constraints back */
	cxt = AllocSetContextCreate(CurrentMemoryContext, "fivetrex domain",
								ALLOCSET_SMALL_SIZES);
	constraints = MemoryContextAlloc(cxt, sizeof(DomainConstraintRef));
	InitDomainConstraintRef(type, constraints, cxt, false);
	foreach (lc, constraints->constraints)
	{
		const DomainConstraintState *constraint = lfirst(lc);

		result = result ||
				 (constraint->constrainttype == DOM_CONSTRAINT_CHECK &&
				  calls(constraint->check_expr));
	}
	MemoryContextDelete(cxt);
	return result;
}

static bool
calls_unnamed(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Query:
			return query_tree_walker((Query *) node, calls_unnamed, context, 0);
		case T_Aggref:
			if (aggregate_is_volatile(((Aggref *) node)->aggfnoid))
				return true;
			break;
		case T_WindowFunc:
			if (aggregate_is_volatile(((WindowFunc *) node)->winfnoid))
				return true;
			break;
		case T_CoerceToDomain:
			if (domain_calls(((CoerceToDomain *) node)->resulttype,
							 ftx_is_volatile))
				return true;
			break;
		case T_Var:
			/* a value of a foreign table becomes one when it is read */
			return domain_calls(((Var *) node)->vartype, ftx_is_volatile);
		default:
			break;
	}
	return expression_tree_walker(node, calls_unnamed, context);
}

bool
ftx_is_volatile(const void *node)
{
	Node *expr = (Node *) unconstify(void *, node);

	return contain_volatile_functions(expr) || calls_unnamed(expr, NULL);
}

/* ---------- functions that only say that they do not write ---------- */

static bool
is_users(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

bool
ftx_function_may_write(Oid function)
{
	return is_users(function, NULL) &&
		   func_volatile(function) != PROVOLATILE_IMMUTABLE;
}

static bool
may_write(Oid function, void *context)
{
	return ftx_function_may_write(function);
}

static bool type_may_write(Oid type);

static bool
row_may_write(Oid type)
{
	TupleDesc desc = lookup_rowtype_tupdesc(type, -1);
	bool result = false;

	for (int i = 0; i < desc->natts && !result; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		result = !attribute->attisdropped &&
				 type_may_write(attribute->atttypid);
	}
	ReleaseTupleDesc(desc);
	return result;
}

/*
 * Can reading or comparing its values call such a function?  Base types are
 * made of functions in C; ranges may compare by any.
 */
static bool
type_may_write(Oid type)
{
	Oid element = get_element_type(type);

	check_stack_depth();
	if (OidIsValid(element))
		type = element;
	if (type < FirstNormalObjectId)
		return false;
	switch (get_typtype(type))
	{
		case TYPTYPE_BASE:
		case TYPTYPE_ENUM:
			return false;
		case TYPTYPE_DOMAIN:
			return domain_calls(type, ftx_may_write) ||
				   type_may_write(getBaseType(type));
		case TYPTYPE_COMPOSITE:
			return row_may_write(type);
		default:
			return true;
	}
}

static bool
calls_what_may_write(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RestrictInfo))
		node = (Node *) ((RestrictInfo *) node)->clause;
	if (IsA(node, Var) && type_may_write(((Var *) node)->vartype))
		return true;
	if (IsA(node, CoerceToDomain) &&
		type_may_write(((CoerceToDomain *) node)->resulttype))
		return true;
	return check_functions_in_node(node, may_write, NULL) ||
		   expression_tree_walker(node, calls_what_may_write, context);
}

bool
ftx_may_write(const void *node)
{
	return calls_what_may_write((Node *) unconstify(void *, node), NULL);
}

static bool
calls_users(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, CoerceToDomain) &&
		is_users(((CoerceToDomain *) node)->resulttype, NULL))
		return true;
	return check_functions_in_node(node, is_users, NULL) ||
		   expression_tree_walker(node, calls_users, context);
}

bool
ftx_calls_users(const void *node)
{
	return calls_users((Node *) unconstify(void *, node), NULL);
}

/* ---------- rows that are stored ---------- */

/*
 * AFTER triggers fire later, but whether they will is decided at once.
 */
static bool
triggers_are_volatile(const TriggerDesc *triggers)
{
	if (triggers == NULL)
		return false;
	for (int i = 0; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (TRIGGER_FOR_ROW(trigger->tgtype) &&
			(!TRIGGER_FOR_AFTER(trigger->tgtype) ||
			 (trigger->tgqual != NULL &&
			  ftx_is_volatile(stringToNode(trigger->tgqual)))))
			return true;
	}
	return false;
}

static bool
constraints_are_volatile(Relation rel)
{
	for (int i = 0; i < ftx_constraint_count(rel); i++)
	{
		if (ftx_is_volatile(ftx_constraint_node(
				rel, &RelationGetDescr(rel)->constr->check[i])))
			return true;
	}
	return false;
}

static bool
target_is_volatile(Oid relid)
{
	Relation rel = try_relation_open(relid, AccessShareLock);
	bool result;

	if (rel == NULL)
		return false;
	result = triggers_are_volatile(rel->trigdesc) ||
			 constraints_are_volatile(rel);
	relation_close(rel, AccessShareLock);
	return result;
}

/*
 * Rows that are routed to it are nobody's target by name.  Those of a foreign
 * table leave one by one if somebody waits for each.
 */
static bool
partition_is_volatile(Oid relid, bool returning)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool plain;
	bool foreign;
	bool triggers;

	if (!HeapTupleIsValid(tuple)) /* dropped meanwhile */
		return false;
	foreign = ((Form_pg_class) GETSTRUCT(tuple))->relkind ==
			  RELKIND_FOREIGN_TABLE;
	triggers = ((Form_pg_class) GETSTRUCT(tuple))->relhastriggers;
	plain = !triggers && ((Form_pg_class) GETSTRUCT(tuple))->relchecks == 0;
	ReleaseSysCache(tuple);
	return (foreign && (returning || triggers)) ||
		   (!plain && target_is_volatile(relid));
}

static bool
partitions_are_volatile(Oid relid, bool returning)
{
	List *relids;
	ListCell *lc;
	bool result = false;

	if (!has_subclass(relid))
		return false;
	relids = find_all_inheritors(relid, NoLock, NULL);
	foreach (lc, relids)
		result = result || (lfirst_oid(lc) != relid &&
							partition_is_volatile(lfirst_oid(lc), returning));
	list_free(relids);
	return result;
}

bool
ftx_storing_is_volatile(const ModifyTable *plan, const List *rtable)
{
	bool returning = plan->returningLists != NIL;
	ListCell *lc;

	if (ftx_is_volatile(plan->returningLists) ||
		ftx_is_volatile(plan->withCheckOptionLists) ||
		ftx_is_volatile(plan->onConflictSet) ||
		ftx_is_volatile(plan->onConflictWhere) ||
		ftx_is_volatile(plan->mergeActionLists))
		return true;
	foreach (lc, plan->resultRelations)
	{
		Oid relid = rt_fetch(lfirst_int(lc), (List *) rtable)->relid;

		if (target_is_volatile(relid) ||
			partitions_are_volatile(relid, returning))
			return true;
	}
	return plan->rootRelation != 0 &&
		   partitions_are_volatile(
			   rt_fetch(plan->rootRelation, (List *) rtable)->relid, returning);
}
