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
#include "net/url.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
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
 * "GET /v1/connections?group_id=decent_dropsy&limit=1000": what is not known
 * before execution stands in braces.
 */
static char *
list_request(const FtxResource *resource, List *items, List *exprs)
{
	StringInfoData path;
	ListCell *filter;
	int i = 0;

	initStringInfo(&path);
	appendStringInfo(&path, "GET %s", resource->list.path);
	foreach (filter, list_nth(items, FtxPlanFilters))
	{
		const FtxFilter *known = &resource->filters[lfirst_int(filter)];
		char *value = constant_text(list_nth(exprs, i++));

		if (value != NULL)
			ftx_path_add_param(&path, known->parameter, value);
		else
			appendStringInfo(&path, "%c%s={%s}",
							 strchr(path.data, '?') ? '&' : '?',
							 known->parameter, known->column);
	}
	if (resource->paged)
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
	return psprintf("GET %s", ftx_operation_path(&resource->detail, key));
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
	return text.len > 0 ? text.data : NULL;
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
	if (es->timing)
		ExplainPropertyFloat("Waited", "ms", stats->waited_ms, 3, es);
}

void
fivetrexExplainForeignScan(ForeignScanState *node, ExplainState *es)
{
	const FtxStats *stats = ftx_scan_stats(node);

	if (es->verbose)
		explain_request(node, es);
	if (es->analyze && stats != NULL)
		explain_figures(stats, es);
}
