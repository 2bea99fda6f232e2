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
#include "nodes/nodeFuncs.h"
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
 * Does a constraint of the type, a domain, call one?
 */
static bool
domain_is_volatile(Oid type)
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
				  ftx_is_volatile(constraint->check_expr));
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
			if (domain_is_volatile(((CoerceToDomain *) node)->resulttype))
				return true;
			break;
		case T_Var:
			/* a value of a foreign table becomes one when it is read */
			return domain_is_volatile(((Var *) node)->vartype);
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
