/*-------------------------------------------------------------------------
 *
 * explain.c
 *		What EXPLAIN says about a foreign scan.
 *
 * VERBOSE shows the requests that will be made; ANALYZE adds those that were
 * made.  Plain EXPLAIN sends nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "fdw/fdw.h"
#include "fdw/target.h"
#include "net/url.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

/*
 * The text of a constant expression, or NULL.
 */
static char *
constant_text(Node *expr)
{
	while (expr && IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	if (expr == NULL || !IsA(expr, Const) || ((Const *) expr)->constisnull)
		return NULL;
	return TextDatumGetCString(((Const *) expr)->constvalue);
}

/*
 * The list, or the one object if its whole key is given.
 */
static const FtxOperation *
read_operation(const FtxResource *resource, List *items)
{
	List *known = list_nth(items, FtxPlanParents);
	Bitmapset *columns;
	int column = -1;

	if (resource->list.path == NULL)
		return &resource->detail;
	if (resource->detail.path == NULL || known == NIL ||
		intVal(list_nth(items, FtxPlanManyParents)) >= 0)
		return &resource->list;
	columns = ftx_path_columns(resource, &resource->detail);
	while ((column = bms_next_member(columns, column)) >= 0)
	{
		if (!list_member_int(known, column))
			return &resource->list;
	}
	return &resource->detail;
}

/*
 * "GET /v1/connections?group_id=decent_dropsy&limit=1000": what is not known
 * before execution stands in braces.
 */
static char *
list_request(const FtxResource *resource, List *items, List *exprs)
{
	const FtxOperation *operation = read_operation(resource, items);
	char **known = palloc0(sizeof(char *) * resource->ncolumns);
	StringInfoData path;
	ListCell *filter;
	ListCell *parent;
	int i = list_length(list_nth(items, FtxPlanFilters));

	initStringInfo(&path);
	foreach (parent, list_nth(items, FtxPlanParents))
	{
		int column = lfirst_int(parent);
		Node *value = list_nth(exprs, i++);

		if (column != intVal(list_nth(items, FtxPlanManyParents)))
			known[column] = constant_text(value);
	}
	appendStringInfo(&path, "GET %s",
					 ftx_bound_path(resource, operation, known));
	i = 0;
	foreach (filter, list_nth(items, FtxPlanFilters))
	{
		const FtxFilter *row = &resource->filters[lfirst_int(filter)];
		char *value = constant_text(list_nth(exprs, i++));

		if (value != NULL)
			ftx_path_add_param(&path, row->parameter, value);
		else
			appendStringInfo(&path, "%c%s={%s}",
							 strchr(path.data, '?') ? '&' : '?', row->parameter,
							 row->column);
	}
	if (resource->window.column != NULL && operation == &resource->list)
		appendStringInfo(&path, "%c%s={%s}&%s={%s}",
						 strchr(path.data, '?') ? '&' : '?',
						 resource->window.from, resource->window.column,
						 resource->window.to, resource->window.column);
	if (operation == &resource->list && resource->paged)
	{
		int size = intVal(list_nth(items, FtxPlanPageSize));
		int limit = intVal(list_nth(items, FtxPlanLimit));

		appendStringInfo(&path, "%climit=%d",
						 strchr(path.data, '?') ? '&' : '?',
						 limit > 0 ? Min(limit, size) : size);
	}
	return path.data;
}

static char *
detail_request(const FtxResource *resource, List *items, List *exprs,
			   FtxScanMode mode)
{
	char *key = NULL;

	if (mode == FTX_SCAN_KEYS && !intVal(list_nth(items, FtxPlanKeyIsArray)))
		key = constant_text(linitial(exprs));
	return psprintf("GET %s", ftx_key_path(resource, &resource->detail, key));
}

/*
 * "group_id = 'x'::text": the conditions that are part of the request.
 */
static char *
pushed_conditions(ForeignScanState *node, ExplainState *es,
				  const FtxResource *resource)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List *items = plan->fdw_private;
	List *context = set_deparse_context_plan(es->deparse_cxt, (Plan *) plan,
											 NIL);
	FtxScanMode mode = intVal(list_nth(items, FtxPlanMode));
	StringInfoData text;
	ListCell *lc;
	int i = 0;

	initStringInfo(&text);
	if (mode == FTX_SCAN_KEYS)
	{
		bool array = intVal(list_nth(items, FtxPlanKeyIsArray));

		appendStringInfo(&text, "%s = %s%s%s",
						 resource->columns[ftx_resource_key(resource)].name,
						 array ? "ANY (" : "",
						 deparse_expression(list_nth(plan->fdw_exprs, i++),
											context, true, false),
						 array ? ")" : "");
	}
	foreach (lc, list_nth(items, FtxPlanFilters))
		appendStringInfo(&text, "%s%s = %s", text.len > 0 ? " AND " : "",
						 resource->filters[lfirst_int(lc)].column,
						 deparse_expression(list_nth(plan->fdw_exprs, i++),
											context, true, false));
	foreach (lc, list_nth(items, FtxPlanParents))
	{
		const FtxColumn *column = &resource->columns[lfirst_int(lc)];
		bool array = lfirst_int(lc) ==
					 intVal(list_nth(items, FtxPlanManyParents));
		char *value = deparse_expression(list_nth(plan->fdw_exprs, i++),
										 context, true, false);

		/* a list is narrowed by its parents only */
		if ((column->flags & FTX_PARENT) == 0 &&
			read_operation(resource, items) == &resource->list)
			continue;
		appendStringInfo(&text, "%s%s = %s%s%s", text.len > 0 ? " AND " : "",
						 column->name, array ? "ANY (" : "", value,
						 array ? ")" : "");
	}
	return text.len > 0 ? text.data : NULL;
}

/*
 * Parents that are enumerated because the query does not name them.
 */
static void
explain_parents(const FtxResource *resource, List *known, ExplainState *es)
{
	const FtxResource *parent;
	int links = 0;
	ListCell *lc;

	foreach (lc, known)
		links += (resource->columns[lfirst_int(lc)].flags & FTX_PARENT) != 0;
	if (resource->parent == NULL || links == resource->nlinks)
		return;
	parent = ftx_resource_find(resource->parent);
	ExplainPropertyText("Fivetran Parents", parent->name, es);
}

static void
explain_request(ForeignScanState *node, ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List *items = plan->fdw_private;
	FtxScanMode mode = intVal(list_nth(items, FtxPlanMode));
	const FtxResource *resource = ftx_resource_find(
		strVal(list_nth(items, FtxPlanResource)));
	char *pushed = pushed_conditions(node, es, resource);

	if (mode == FTX_SCAN_LIST)
		ExplainPropertyText("Fivetran Request",
							list_request(resource, items, plan->fdw_exprs), es);
	if (mode != FTX_SCAN_LIST || intVal(list_nth(items, FtxPlanNeedsDetail)))
		ExplainPropertyText(
			mode == FTX_SCAN_LIST ? "Fivetran Detail Request" :
									"Fivetran Request",
			detail_request(resource, items, plan->fdw_exprs, mode), es);
	if (mode == FTX_SCAN_LIST)
		explain_parents(resource, list_nth(items, FtxPlanParents), es);
	if (pushed != NULL)
		ExplainPropertyText("Pushed Filter", pushed, es);
	ExplainPropertyInteger("Expected Calls", NULL,
						   intVal(list_nth(items, FtxPlanCalls)), es);
}

static void
explain_figures(const FtxStats *stats, ExplainState *es)
{
	ExplainPropertyInteger("Calls", NULL, stats->calls, es);
	ExplainPropertyInteger("Pages", NULL, stats->pages, es);
	ExplainPropertyInteger("Bytes", NULL, stats->bytes, es);
	ExplainPropertyInteger("Retries", NULL, stats->retries, es);
	if (stats->remembered > 0 || es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyInteger("Remembered Answers", NULL, stats->remembered,
							   es);
	if (stats->predicted > 0 || es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyInteger("Predicted Pages", NULL, stats->predicted, es);
	if (es->timing)
		ExplainPropertyFloat("Waited", "ms", stats->waited_ms, 3, es);
}

void
fivetrexExplainForeignScan(ForeignScanState *node, ExplainState *es)
{
	explain_request(node, es);
	if (es->analyze && node->fdw_state != NULL)
		explain_figures(ftx_scan_stats(node->fdw_state), es);
}

/*
 * "PATCH /v1/connections/{id}"
 */
static void
explain_write(Relation rel, CmdType operation, const Plan *rows,
			  ExplainState *es)
{
	FtxTableOptions options;
	const FtxResource *resource = ftx_target_resource(RelationGetRelid(rel),
													  &options);

	switch (operation)
	{
		case CMD_INSERT:
			ExplainPropertyText("Fivetran Write",
								psprintf("POST %s", resource->create.path), es);
			break;
		case CMD_UPDATE:
			ExplainPropertyText("Fivetran Write",
								psprintf("PATCH %s", resource->update.path),
								es);
			break;
		default:
			ExplainPropertyText("Fivetran Write",
								psprintf("DELETE %s", resource->remove.path),
								es);
	}
	/* an estimate like those of rows; updates that are nested share requests */
	if (es->costs && (operation != CMD_UPDATE || resource->update_nest == NULL))
		ExplainPropertyFloat("Expected Writes", NULL, rows->plan_rows, 0, es);
}

/*
 * What a modification that is not direct has sent, and what leaves at its end.
 */
static void
explain_writes(const FtxStats *stats, int queued, ExplainState *es)
{
	ExplainPropertyInteger("Calls", NULL, stats->calls, es);
	ExplainPropertyInteger("Bytes", NULL, stats->bytes, es);
	ExplainPropertyInteger("Retries", NULL, stats->retries, es);
	if (es->timing)
		ExplainPropertyFloat("Waited", "ms", stats->waited_ms, 3, es);
	ExplainPropertyInteger("Writes", NULL, stats->calls - stats->retries, es);
	if (queued > 0 || es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyInteger("Writes To Be Sent", NULL, queued, es);
}

void
fivetrexExplainForeignModify(ModifyTableState *mtstate, ResultRelInfo *info,
							 List *fdw_private, int subplan_index,
							 ExplainState *es)
{
	explain_write(info->ri_RelationDesc, mtstate->operation,
				  outerPlanState(mtstate)->plan, es);
	if (es->analyze && info->ri_FdwState != NULL)
		explain_writes(ftx_modify_stats(info), ftx_modify_queued(info), es);
}

/*
 * The conditions that the modification checks itself, which core knows
 * nothing of any more.
 */
static void
explain_conditions(ForeignScanState *node, ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List *items = plan->fdw_private;
	int skip = intVal(list_nth(items, FtxPlanExprs)) +
			   list_length(list_nth(items, FtxPlanSetAttnums));
	List *conditions = list_copy_tail(plan->fdw_exprs, skip);
	List *context = set_deparse_context_plan(es->deparse_cxt, (Plan *) plan,
											 NIL);

	if (conditions != NIL)
		ExplainPropertyText(
			"Filter",
			deparse_expression((Node *) make_ands_explicit(conditions), context,
							   false, false),
			es);
}

void
fivetrexExplainDirectModify(ForeignScanState *node, ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;

	explain_conditions(node, es);
	explain_request(node, es);
	explain_write(node->ss.ss_currentRelation, plan->operation,
				  &plan->scan.plan, es);
	if (es->analyze && node->fdw_state != NULL)
	{
		FtxStats stats = *ftx_scan_stats(ftx_direct_scan(node));
		const FtxStats *writes = ftx_direct_stats(node);

		stats.calls += writes->calls;
		stats.retries += writes->retries;
		stats.bytes += writes->bytes;
		stats.waited_ms += writes->waited_ms;
		explain_figures(&stats, es);
		ExplainPropertyInteger("Writes", NULL, writes->calls - writes->retries,
							   es);
	}
}
