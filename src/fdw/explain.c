/*-------------------------------------------------------------------------
 *
 * explain.c
 *		What EXPLAIN says about a foreign scan.
 *
 * The requests are those that the scan itself would make (request.c, items.c,
 * target.c are asked); what is not known before execution stands in braces.
 * VERBOSE shows the requests that will be made; ANALYZE adds those that were
 * made.  Plain EXPLAIN sends nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "api/options/options.h"
#include "api/options/table.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "fdw/compat.h"
#include "fdw/explain_sort.h"
#include "fdw/fdw.h"
#include "fdw/plan/expected_calls.h"
#include "fdw/plan/match_keys.h"
#include "fdw/modify/direct.h"
#include "fdw/modify/modify.h"
#include "fdw/modify/target.h"
#include "fdw/scan/request.h"
#include "fdw/scan/scan_state.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "read/binding.h"
#include "read/page_call.h"
#include "read/path.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

/*
 * "GET /v1/connections?group_id=decent_dropsy&limit=1000"
 */
static char *
list_request(FtxScanState *state, const FtxScanRequest *request)
{
	const FtxResource *resource = state->plan.resource;
	FtxItemsPlan plan = ftx_items_plan(resource, &request->range);
	StringInfoData path;

	if (request->none || plan.none)
		return "none";
	initStringInfo(&path);
	appendStringInfo(&path, "GET %s%s",
					 ftx_binding_path(request->range.binding, plan.template),
					 request->range.query);
	if (plan.template == resource->list && resource->paged)
	{
		int size = ftx_pages_first_limit(state->plan.page_size,
										 ftx_plan_list_limit(&state->plan));

		appendStringInfo(&path, "%climit=%d",
						 strchr(path.data, '?') ? '&' : '?', size);
	}
	return path.data;
}

/*
 * Flags of the columns that are read.
 */
static unsigned
flags_read(FtxScanState *state)
{
	unsigned flags = 0;
	ListCell *lc;

	foreach (lc, state->plan.attnums)
	{
		int column = ftx_table_column(state->table, lfirst_int(lc));

		if (column >= 0)
			flags |= state->plan.resource->columns[column].flags;
	}
	return flags;
}

/*
 * "key = 'x'::text", "key = ANY ('{x,y}'::text[])"
 */
static void
add_condition(StringInfo text, const char *column, bool array, Node *value,
			  List *context)
{
	appendStringInfo(text, "%s%s = %s%s%s", text->len > 0 ? " AND " : "",
					 column, array ? "ANY (" : "",
					 deparse_expression(value, context, true, false),
					 array ? ")" : "");
}

/*
 * The conditions that are part of the request; NULL if there are none.
 */
static char *
pushed_conditions(FtxScanState *state, const FtxScanRequest *request,
				  ExplainState *es)
{
	const FtxScanPlan *plan = &state->plan;
	const FtxResource *resource = plan->resource;
	List *context = set_deparse_context_plan(es->deparse_cxt,
											 state->node->ss.ps.plan, NIL);
	FtxItemsPlan items = ftx_items_plan(resource, &request->range);
	StringInfoData text;
	ListCell *lc;
	ListCell *value;

	initStringInfo(&text);
	if (request->mode == FTX_SCAN_KEYS)
		add_condition(&text, resource->columns[ftx_resource_key(resource)].name,
					  plan->key_is_array, linitial(plan->exprs[FTX_EXPRS_KEY]),
					  context);
	forboth (lc, plan->filters, value, plan->exprs[FTX_EXPRS_FILTERS])
	{
		int i = foreach_current_index(lc);

		if (request->none || bms_is_member(i, request->sent_filters))
			add_condition(&text, resource->filters[lfirst_int(lc)].column,
						  i == plan->list_filter, lfirst(value), context);
	}
	forboth (lc, plan->path_keys, value, plan->exprs[FTX_EXPRS_PATH_KEYS])
	{
		const FtxColumn *column = &resource->columns[lfirst_int(lc)];

		/* a list is narrowed by its parents only */
		if ((column->flags & FTX_PARENT) != 0 || items.one_object)
			add_condition(&text, column->name, lfirst_int(lc) == plan->list_key,
						  lfirst(value), context);
	}
	return text.len > 0 ? text.data : NULL;
}

/*
 * The calls that are made for each key, or for each row of the list.
 */
static void
explain_details(FtxScanState *state, const FtxScanRequest *request,
				ExplainState *es)
{
	const FtxResource *resource = state->plan.resource;
	unsigned flags = flags_read(state);
	const char *label = "Fivetran Request";
	char *key = request->nkeys == 1 ? request->keys[0] : NULL;

	if (request->mode == FTX_SCAN_KEYS && request->none)
		ExplainPropertyText(label, "none", es);
	if (request->none)
		return;
	if (request->mode == FTX_SCAN_LIST)
		label = "Fivetran Detail Request";
	if (request->mode != FTX_SCAN_LIST)
		ExplainPropertyText(
			label,
			psprintf("GET %s",
					 ftx_path_of_key(resource, resource->detail, key)),
			es);
	else if ((flags & (FTX_DETAIL | FTX_LIST_MAY_OMIT)) != 0 &&
			 resource->list != NULL)
		ExplainPropertyText(
			label,
			psprintf("GET %s%s", resource->detail,
					 flags & FTX_DETAIL ? "" : " (where the list omits)"),
			es);
	for (int i = 0; i < 2; i++)
	{
		unsigned flag = i == 0 ? FTX_EXTRA_1 : FTX_EXTRA_2;

		if ((flags & flag) != 0)
			ExplainPropertyText(
				"Fivetran Detail Request",
				psprintf("GET %s",
						 ftx_path_of_key(resource, resource->extras[i], key)),
				es);
	}
}

/*
 * The array of keys, parents or values of a filter; NULL if there is none.
 */
static const Node *
array_of(const FtxScanPlan *plan)
{
	ListCell *lc;

	if (plan->mode == FTX_SCAN_KEYS)
		return plan->key_is_array ? linitial(plan->exprs[FTX_EXPRS_KEY]) : NULL;
	if (plan->list_filter >= 0)
		return list_nth(plan->exprs[FTX_EXPRS_FILTERS], plan->list_filter);
	foreach (lc, plan->path_keys)
	{
		if (lfirst_int(lc) == plan->list_key)
			return list_nth(plan->exprs[FTX_EXPRS_PATH_KEYS],
							foreach_current_index(lc));
	}
	return NULL;
}

/*
 * Calls of one execution for lists or keys, where an array that planning did
 * not know tells them, and took for one of the usual length; -1: it is none.
 */
static double
known_lists(const FtxScanState *state, const FtxScanRequest *request)
{
	const FtxScanPlan *plan = &state->plan;
	const Node *array = array_of(plan);

	while (array != NULL && IsA(array, RelabelType))
		array = (const Node *) ((const RelabelType *) array)->arg;
	if (array == NULL || request->nvalues == 0 || !IsA(array, Param) ||
		((const Param *) array)->paramkind != PARAM_EXTERN)
		return -1;
	if (plan->list_filter >= 0)
		return bms_is_member(plan->list_filter, request->sent_filters) ?
				   request->nvalues :
				   plan->list_pages;
	if (plan->mode == FTX_SCAN_KEYS && request->mode == FTX_SCAN_LIST)
		return plan->list_pages;
	return (double) (plan->calls - plan->detail_calls - plan->parent_calls) *
		   request->nvalues / FTX_TYPICAL_ARRAY;
}

/*
 * Of the whole statement.
 */
static int64
expected_calls(const FtxScanState *state, const FtxScanRequest *request)
{
	const PlanState *node = &state->node->ss.ps;
	double calls = ftx_expected_calls(node->state->es_plannedstmt,
									  (const ForeignScan *) node->plan,
									  known_lists(state, request));

	return (int64) rint(Min(calls, 1e15));
}

/*
 * What takes the place of the requests for several lists, where that is served.
 */
static void
explain_batches(const FtxResource *resource, const FtxItemsRange *range,
				ExplainState *es)
{
	if (ftx_items_have_batches(resource, range))
		ExplainPropertyText(
			"Fivetran Batch Request",
			psprintf("POST %s, up to %d lists at once",
					 ftx_binding_path(range->binding, resource->batch.path),
					 resource->batch.most),
			es);
}

static void
explain_request(ForeignScanState *node, ExplainState *es)
{
	FtxScanState *state = ftx_scan_describe(node);
	FtxScanRequest request;
	char *pushed;

	ftx_scan_request(state, &request);
	pushed = pushed_conditions(state, &request, es);
	if (request.mode == FTX_SCAN_LIST)
		ExplainPropertyText("Fivetran Request", list_request(state, &request),
							es);
	if (request.mode == FTX_SCAN_LIST && !request.none)
		explain_batches(state->plan.resource, &request.range, es);
	ftx_explain_sort(state, es);
	explain_details(state, &request, es);
	if (request.mode == FTX_SCAN_LIST && !request.none &&
		ftx_items_plan(state->plan.resource, &request.range).enumerate)
		ExplainPropertyText("Fivetran Parents", state->plan.resource->parent,
							es);
	if (pushed != NULL)
		ExplainPropertyText("Pushed Filter", pushed, es);
	ExplainPropertyInteger("Expected Calls", NULL,
						   request.none ? 0 : expected_calls(state, &request),
						   es);
}

static void
explain_figures(const FtxStats *stats, const FtxSession *session,
				ExplainState *es)
{
	const FtxTally *tally = session == NULL ? NULL :
											  ftx_engine_tally(session->engine);

	ExplainPropertyInteger("Calls", NULL, stats->calls, es);
	ExplainPropertyInteger("Pages", NULL, stats->pages, es);
	ExplainPropertyInteger("Bytes", NULL, stats->bytes, es);
	ExplainPropertyInteger("Retries", NULL, stats->retries, es);
	/* of the account's hour, as the last answer told it */
	if (tally != NULL && tally->seen_at != 0)
		ExplainPropertyInteger("Remaining Calls", NULL, tally->remaining, es);
	if (stats->remembered > 0 || es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyInteger("Remembered Answers", NULL, stats->remembered,
							   es);
	if (stats->predicted > 0 || es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyInteger("Predicted Pages", NULL, stats->predicted, es);
	if (es->timing)
		ExplainPropertyFloat("Waited", "ms", stats->waited_ms, 3, es);
}

/*
 * What a scan did; its first request may have left before it started.
 */
static void
explain_scan(const FtxScanState *state, ExplainState *es)
{
	FtxAheadFigures ahead = ftx_together_figures(state);
	FtxStats stats = state->stats;

	stats.calls += ahead.unclaimed;
	explain_figures(&stats, state->session, es);
	if (ahead.ahead > 0)
	{
		ExplainPropertyInteger("Calls Ahead", NULL, ahead.ahead, es);
		ExplainPropertyInteger("Calls Wasted", NULL, ahead.wasted, es);
	}
}

void
fivetrexExplainForeignScan(ForeignScanState *node, ExplainState *es)
{
	explain_request(node, es);
	if (es->analyze && node->fdw_state != NULL)
		explain_scan(node->fdw_state, es);
}

/*
 * What an INSERT gives for each catalogue column: ftx_unknown, or nothing.
 * `certain`: no value that turns out to be null changes that.
 */
static FtxBinding *
given_columns(Relation rel, const FtxResource *resource, const Plan *rows,
			  bool *certain)
{
	FtxBinding *given = ftx_binding_create(resource);
	FtxTable *table = ftx_table_open(rel, resource);
	ListCell *lc;

	*certain = true;
	foreach (lc, rows->targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		bool constant = IsA(entry->expr, Const);
		int column;

		if (entry->resjunk || entry->resno > RelationGetNumberOfAttributes(rel))
			continue;
		if (constant && ((Const *) entry->expr)->constisnull)
			continue;
		column = ftx_table_column(table, entry->resno);
		if (column < 0)
			continue;
		given->texts[column] = ftx_unknown;
		if (bms_is_member(column,
						  ftx_path_columns(resource, resource->create_in)))
			*certain &= constant;
	}
	return given;
}

/*
 * "POST /v1/groups"; both paths where it depends on values that are not known.
 */
static char *
explained_insert(Relation rel, const FtxResource *resource, const Plan *rows)
{
	bool certain;
	FtxBinding *given = given_columns(rel, resource, rows, &certain);
	const char *template = ftx_target_creation(given);

	return certain ? psprintf("POST %s", template) :
					 psprintf("POST %s or %s", template, resource->create);
}

/*
 * "PATCH /v1/connections/{id}"
 */
static void
explain_write(Relation rel, CmdType operation, const Plan *rows,
			  ExplainState *es)
{
	FtxTableOptions options;
	const FtxResource *resource = ftx_options_relation(RelationGetRelid(rel),
													   &options);
	char *request;

	if (operation == CMD_INSERT)
		request = explained_insert(rel, resource, rows);
	else if (operation == CMD_UPDATE)
		request = psprintf("PATCH %s", resource->update);
	else
		request = psprintf("DELETE %s", resource->remove);
	ExplainPropertyText("Fivetran Write", request, es);
	/* an estimate like those of rows; updates that are nested share requests */
	if (es->costs && (operation != CMD_UPDATE || resource->merged_at == NULL))
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
	List *context = set_deparse_context_plan(es->deparse_cxt, (Plan *) plan,
											 NIL);
	FtxScanPlan unpacked;
	List *conditions;

	ftx_scan_plan_unpack(plan, &unpacked);
	conditions = unpacked.exprs[FTX_EXPRS_CONDITIONS];
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
		explain_figures(&stats, ftx_scan_session(ftx_direct_scan(node)), es);
		ExplainPropertyInteger("Writes", NULL, writes->calls - writes->retries,
							   es);
	}
}
