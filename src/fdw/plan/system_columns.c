/*-------------------------------------------------------------------------
 *
 * system_columns.c
 *		Refusal of statements that address rows by ctid, xmin and the like.
 *
 * Objects of Fivetran have no physical address: all rows of a foreign table
 * have one ctid.  Whoever tells rows by it means one of them and gets all, and
 * clients do so without being told: postgres_fdw for an UPDATE that it cannot
 * ship, editors and ORMs that batch, people who remove duplicates.  So nothing
 * may depend on it; only its output, and ranges of it in a plain SELECT, by
 * which readers split a table, are what they are anywhere: each row lies in
 * exactly one of the ranges.
 *
 * What the query does with a column is read from what the planner has made of
 * it: conditions, join conditions, where each column is needed and the target
 * list.  At this point all of that is there, however it was written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/options/table.h"
#include "base/compat.h"
#include "catalog/heap.h"
#include "catalogue/catalogue.h"
#include "fdw/plan/plan_state.h"
#include "fdw/plan/row_address.h"
#include "fdw/plan/system_columns.h"
#include "lib/stringinfo.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/*
 * Entries that core has added to find rows again, of tables that have an
 * address: a parent's ctid is asked of all its children.
 */
static bool
is_row_mark(TargetEntry *entry)
{
	return entry->resjunk && entry->ressortgroupref == 0 &&
		   entry->resname != NULL && IsA(entry->expr, Var);
}

/*
 * What the query's own target list, HAVING and RETURNING have.
 */
static List *
output_of(PlannerInfo *root)
{
	List *result = NIL;
	ListCell *lc;

	foreach (lc, root->processed_tlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (!is_row_mark(entry))
			result = lappend(result, entry->expr);
	}
	result = lappend(result, root->parse->havingQual);
	return list_concat(result, root->parse->returningList);
}

static List *
conditions_of(RelOptInfo *rel)
{
	List *result = NIL;
	ListCell *lc;

	foreach (lc, rel->baserestrictinfo)
		result = lappend(result, lfirst_node(RestrictInfo, lc)->clause);
	foreach (lc, rel->joininfo)
		result = lappend(result, lfirst_node(RestrictInfo, lc)->clause);
	return result;
}

static bool
only_unites(Node *node)
{
	SetOperationStmt *op = (SetOperationStmt *) node;

	return !IsA(node, SetOperationStmt) ||
		   (op->op == SETOP_UNION && op->all && only_unites(op->larg) &&
			only_unites(op->rarg));
}

/*
 * Expressions by which rows are compared with each other as a whole: GROUP BY,
 * DISTINCT, PARTITION BY; UNION and the like, of which this is a member.
 */
static List *
grouped_by(PlannerInfo *root)
{
	Query *parse = root->parse;
	List *clauses = list_concat_copy(parse->groupClause, parse->distinctClause);
	List *result = NIL;
	ListCell *lc;

	foreach (lc, parse->windowClause)
	{
		WindowClause *window = lfirst_node(WindowClause, lc);

		clauses = list_concat(clauses, window->partitionClause);
		if (ftx_address_ranks(window, (Node *) output_of(root)))
			clauses = list_concat(clauses, window->orderClause);
	}
	foreach (lc, clauses)
		result = lappend(result, get_sortgroupclause_expr(
									 lfirst(lc), root->processed_tlist));
	if (root->parent_root != NULL &&
		root->parent_root->parse->setOperations != NULL &&
		!only_unites(root->parent_root->parse->setOperations))
		result = list_concat(result, output_of(root));
	return result;
}

/*
 * Is a column that has an address needed by other relations: by a join, or a
 * lateral reference?  Only the uppermost origin knows.
 */
static bool
needed_elsewhere(PlannerInfo *root, List *origins)
{
	FtxOrigin *origin = llast(origins);
	RelOptInfo *rel = find_base_rel(root, origin->relid);
	Relids own = bms_make_singleton(origin->relid);
	int bit = -1;

	own = bms_add_member(own, 0);
	while ((bit = bms_next_member(origin->addresses, bit)) >= 0)
	{
		int attnum = bit + FirstLowInvalidHeapAttributeNumber;

		if (attnum >= rel->min_attr && attnum <= rel->max_attr &&
			!bms_is_subset(rel->attr_needed[attnum - rel->min_attr], own))
			return true;
	}
	return false;
}

static bool
writes_or_locks(Query *query)
{
	ListCell *lc;

	if (query->rowMarks != NIL ||
		(query->commandType != CMD_SELECT && query->commandType != CMD_INSERT))
		return true;
	foreach (lc, query->cteList)
	{
		Node *cte = lfirst_node(CommonTableExpr, lc)->ctequery;

		if (IsA(cte, Query) && writes_or_locks((Query *) cte))
			return true;
	}
	return false;
}

/*
 * Does any part of the statement change or lock rows, be it of other tables?
 */
static bool
statement_writes_or_locks(PlannerInfo *root)
{
	for (; root != NULL; root = root->parent_root)
	{
		if (writes_or_locks(root->parse))
			return true;
	}
	return false;
}

/*
 * The members of the query's output that are computed from addresses.
 */
static Bitmapset *
address_outputs(PlannerInfo *root, List *origins)
{
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach (lc, root->processed_tlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (!entry->resjunk && ftx_address_used(origins, (Node *) entry->expr))
			result = bms_add_member(result, entry->resno);
	}
	return result;
}

static bool ctid_allowed(PlannerInfo *root, RelOptInfo *rel, List *origins);

/*
 * Is it a subquery of the parent's that is not planned yet, and looks like the
 * one that is?  The planner does not tell which one that is.
 */
static bool
may_be_subquery(PlannerInfo *parent, Index relid, Query *query)
{
	RelOptInfo *rel = parent->simple_rel_array[relid];
	RangeTblEntry *rte = parent->simple_rte_array[relid];
	ListCell *mine;
	ListCell *theirs;

	if (rel == NULL || rte->rtekind != RTE_SUBQUERY || rel->subroot != NULL ||
		list_length(rte->subquery->targetList) !=
			list_length(query->targetList))
		return false;
	forboth (mine, query->targetList, theirs, rte->subquery->targetList)
	{
		const char *name = lfirst_node(TargetEntry, mine)->resname;
		const char *other = lfirst_node(TargetEntry, theirs)->resname;

		if (strcmp(name ? name : "", other ? other : "") != 0)
			return false;
	}
	return true;
}

/*
 * Is it what the planner makes of SELECT max(ctid), to try an index?
 */
static bool
is_minmax(PlannerInfo *root)
{
	TargetEntry *entry = linitial(root->parse->targetList);

	return root->parent_root->parse->hasAggs && entry->resname != NULL &&
		   strcmp(entry->resname, "agg_target") == 0;
}

/*
 * Is what a subquery puts out (resnos) handed on by the queries around it, and
 * nothing else?  A sub-select's or CTE's is there to be compared.
 */
static bool
handed_on(PlannerInfo *root, Bitmapset *outputs)
{
	PlannerInfo *parent = root->parent_root;

	if (parent == NULL || bms_is_empty(outputs) || is_minmax(root))
		return true;
	if (parent->parse->setOperations != NULL)
		return handed_on(parent, outputs);
	if (parent->simple_rel_array == NULL)
		return false;
	for (int relid = 1; relid < parent->simple_rel_array_size; relid++)
	{
		Bitmapset *addresses = NULL;
		int resno = -1;
		RelOptInfo *rel = parent->simple_rel_array[relid];

		if (!may_be_subquery(parent, relid, root->parse))
			continue;
		while ((resno = bms_next_member(outputs, resno)) >= 0)
			addresses = bms_add_member(addresses, FTX_ATTR(resno));
		if (!ctid_allowed(parent, rel,
						  ftx_address_origins(parent, rel, addresses)))
			return false;
	}
	return true;
}

static bool
ctid_allowed(PlannerInfo *root, RelOptInfo *rel, List *origins)
{
	ListCell *lc;

	if (needed_elsewhere(root, origins) ||
		ftx_address_used(origins, (Node *) grouped_by(root)) ||
		ftx_address_tells_rows(origins, (Node *) output_of(root)))
		return false;
	if (statement_writes_or_locks(root))
		return !ftx_address_used(origins, (Node *) output_of(root)) &&
			   !ftx_address_used(origins, (Node *) conditions_of(rel));
	foreach (lc, conditions_of(rel))
	{
		if (!ftx_address_condition_allowed(origins, lfirst(lc)))
			return false;
	}
	return handed_on(root, address_outputs(root, origins));
}

/* ---------- refusal ---------- */

/*
 * "id", or "connector_id, schema_name": what tells rows of the table; NULL if
 * it lacks them.
 */
static char *
key_columns(FtxTable *table)
{
	StringInfoData names;

	initStringInfo(&names);
	for (AttrNumber i = 1; i <= table->natts; i++)
	{
		int column = ftx_table_column(table, i);

		if (column >= 0 &&
			(table->resource->columns[column].flags & FTX_KEY) != 0)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 get_attname(table->relid, i, false));
	}
	return names.len > 0 ? names.data : NULL;
}

ftx_noreturn static void
refuse_address(FtxTable *table, const char *by)
{
	const char *keys = key_columns(table);

	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("cannot address rows of foreign table \"%s\" by %s",
				get_rel_name(table->relid), by),
		 errdetail(
			 "Objects of Fivetran have no physical address: it would be the same for all rows."),
		 keys == NULL ?
			 0 :
			 errhint(
				 "Address rows by their key: %s. An UPDATE or DELETE over postgres_fdw must be one that it sends as a whole.",
				 keys)));
}

/*
 * Nobody addresses rows by it, but it would mean nothing.
 */
ftx_noreturn static void
refuse_output(FtxTable *table, int attnum)
{
	const char *keys = key_columns(table);

	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("rows of foreign table \"%s\" have no %s",
				get_rel_name(table->relid),
				NameStr(SystemAttributeDefinition(attnum)->attname)),
		 errdetail(
			 attnum == SelfItemPointerAttributeNumber ?
				 "Objects of Fivetran have no physical address." :
				 "Objects of Fivetran are not changed by transactions of PostgreSQL."),
		 keys == NULL ?
			 0 :
			 errhint("What tells rows apart is their key: %s.", keys)));
}

void
ftx_system_columns_check(PlannerInfo *root, RelOptInfo *rel,
						 FtxPlanState *state)
{
	Bitmapset *ctid = bms_make_singleton(
		FTX_ATTR(SelfItemPointerAttributeNumber));
	List *origins = ftx_address_origins(root, rel, ctid);

	if (ftx_address_current_of(origins, (Node *) conditions_of(rel)))
		refuse_address(state->table, "WHERE CURRENT OF");

	/* what rows do not have at all */
	for (int attnum = MinTransactionIdAttributeNumber;
		 attnum > TableOidAttributeNumber; attnum--)
	{
		List *named = ftx_address_origins(root, rel,
										  bms_make_singleton(FTX_ATTR(attnum)));

		if (!needed_elsewhere(root, named) &&
			!ftx_address_used(named, (Node *) output_of(root)) &&
			!ftx_address_used(named, (Node *) conditions_of(rel)))
			continue;
		if (!statement_writes_or_locks(root))
			refuse_output(state->table, attnum);
		refuse_address(state->table,
					   NameStr(SystemAttributeDefinition(attnum)->attname));
	}

	if (!ctid_allowed(root, rel, origins))
		refuse_address(state->table, "ctid");
}

void
ftx_system_columns_check_new(Relation rel, int varno, List *returning)
{
	Bitmapset *named = NULL;
	int bit = -1;

	pull_varattnos((Node *) returning, varno, &named);
	while ((bit = bms_next_member(named, bit)) >= 0)
	{
		int attnum = bit + FirstLowInvalidHeapAttributeNumber;

		if (attnum < 0 && attnum != TableOidAttributeNumber)
			refuse_output(ftx_table_open(rel, NULL), attnum);
	}
}
