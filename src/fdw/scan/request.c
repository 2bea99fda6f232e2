/*-------------------------------------------------------------------------
 *
 * request.c
 *		What a scan asks for: filters, parents, keys and period, from the
 *		expressions of the plan.
 *
 * EXPLAIN asks here, too.  It knows what is constant; for the rest
 * ftx_unknown stands, which is taken for an ordinary value.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "executor/executor.h"
#include "fdw/plan/cost.h"
#include "fdw/plan/match_keys.h"
#include "fdw/scan/request.h"
#include "fdw/scan/request_texts.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/whole_list.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "read/binding.h"
#include "read/path.h"
#include "read/period.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/*
 * Is the expression known without executing the query?
 */
static bool
is_known_value(FtxScanState *state, Node *expr)
{
	while (IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	return IsA(expr, Const) ||
		   (IsA(expr, Param) && ((Param *) expr)->paramkind == PARAM_EXTERN &&
			state->node->ss.ps.state->es_param_list_info != NULL);
}

static bool
needs_execution(Node *node, void *context)
{
	const FtxScanState *state = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) ||
		IsA(node, CurrentOfExpr) || IsA(node, Var) ||
		(IsA(node, Param) &&
		 (((Param *) node)->paramkind != PARAM_EXTERN ||
		  state->node->ss.ps.state->es_param_list_info == NULL)))
		return true;
	return expression_tree_walker(node, needs_execution, context);
}

/*
 * The value of the plan's nth expression of a kind; false if it is not known
 * yet.
 */
static bool
value_of(FtxScanState *state, FtxScanExprs kind, int n, Datum *value,
		 bool *null)
{
	if (state->describes &&
		!is_known_value(state, list_nth(state->plan.exprs[kind], n)))
		return false;
	*value = ExecEvalExprSwitchContext(list_nth(state->params[kind], n),
									   state->node->ss.ps.ps_ExprContext, null);
	return true;
}

/*
 * The same as a text, ftx_unknown, or NULL for NULL.
 */
static char *
text_of(FtxScanState *state, FtxScanExprs kind, int n)
{
	Datum value;
	bool null;

	if (!value_of(state, kind, n, &value, &null))
		return ftx_unknown;
	return null ? NULL : TextDatumGetCString(value);
}

/*
 * The tightest of the lower or of the upper bounds; false when one is NULL.
 */
static bool
tightest(FtxScanState *state, FtxScanExprs kind, TimestampTz *bound,
		 bool *known)
{
	for (int i = 0; i < list_length(state->params[kind]); i++)
	{
		bool null;
		Datum datum;
		TimestampTz value;

		if (!value_of(state, kind, i, &datum, &null))
		{
			*known = false;
			continue;
		}
		if (null)
			return false;
		value = DatumGetTimestampTz(datum);
		*bound = kind == FTX_EXPRS_LOWERS ? Max(*bound, value) :
											Min(*bound, value);
	}
	return true;
}

/*
 * The present by the server's clock, as far as its answers have told it.
 */
static TimestampTz
server_now(FtxScanState *state)
{
	TimestampTz now = GetCurrentTimestamp();

	if (state->session != NULL)
		now += ftx_engine_tally(state->session->engine)->clock_skew;
	return now;
}

static bool
add_period(FtxScanState *state, StringInfo query)
{
	TimestampTz lower = DT_NOBEGIN;
	TimestampTz upper = DT_NOEND;
	TimestampTz now = server_now(state);
	bool known = true;

	/* all ask for the same in a run, as long as that can be reached */
	if (now - *state->now > USECS_PER_MINUTE ||
		*state->now - now > USECS_PER_MINUTE)
		*state->now = now;
	if (!tightest(state, FTX_EXPRS_LOWERS, &lower, &known) ||
		!tightest(state, FTX_EXPRS_UPPERS, &upper, &known))
		return false;
	if (known)
		return ftx_period_params(state->plan.resource, lower, upper,
								 *state->now, query);
	ftx_path_add_param(query, state->plan.resource->period.from, ftx_unknown);
	ftx_path_add_param(query, state->plan.resource->period.to, ftx_unknown);
	return true;
}

/*
 * Can the API be asked for this value?  One that it cannot be asked for is
 * looked for among all rows.
 */
static bool
filter_takes(const FtxFilter *filter, const char *value)
{
	if (value == ftx_unknown)
		return true;

	/* an empty parameter may be taken for an absent one */
	if (value[0] == '\0' || strlen(value) > FTX_MAX_VALUE)
		return false;
	if (filter->values == NULL)
		return true;
	for (const char *const *known = filter->values; *known != NULL; known++)
	{
		if (strcmp(*known, value) == 0)
			return true;
	}
	return false;
}

static void
add_filter(const FtxFilter *filter, const char *value, StringInfo query)
{
	if (value == ftx_unknown)
		appendStringInfo(query, "%c%s={%s}", query->len > 0 ? '&' : '?',
						 filter->parameter, filter->column);
	else
		ftx_path_add_param(query, filter->parameter, value);
}

/*
 * Several values of a filter: a list for each, if that takes fewer calls than
 * reading all and the API can be asked for each of them.  False when no row
 * equals one of them.
 */
static bool
add_lists(FtxScanState *state, const FtxFilter *filter, StringInfo query,
		  FtxScanRequest *request)
{
	FtxItemsRange *range = &request->range;
	const FtxScanPlan *plan = &state->plan;
	int n = plan->list_filter;
	Datum value;
	bool null;

	if (!value_of(state, FTX_EXPRS_FILTERS, n, &value, &null))
	{
		/* how many it has is not known either: as it was planned */
		if (FTX_TYPICAL_ARRAY > plan->most_lists)
			return true;
		request->sent_filters = bms_add_member(request->sent_filters, n);
		add_filter(filter, ftx_unknown, query);
		return true;
	}
	if (null)
		return false;
	range->nlists = ftx_texts_of_value(value, true, &range->list_values);
	if (range->nlists == 0)
		return false;
	request->nvalues = range->nlists;
	for (int i = 0; i < range->nlists; i++)
	{
		if (range->nlists > Max(1, plan->most_lists) ||
			!filter_takes(filter, range->list_values[i]))
		{
			range->nlists = 0;
			return true;
		}
	}
	ftx_texts_sort(range->list_values, range->nlists);
	request->sent_filters = bms_add_member(request->sent_filters, n);
	range->narrowed |= filter->values == NULL;
	if (range->nlists == 1 || state->describes)
	{
		add_filter(filter,
				   range->nlists == 1 ? range->list_values[0] : ftx_unknown,
				   query);
		range->nlists = 0;
		return true;
	}
	range->list_column = ftx_resource_column(plan->resource, filter->column);
	range->list_queries = palloc(sizeof(char *) * range->nlists);
	for (int i = 0; i < range->nlists; i++)
	{
		StringInfoData with_value;

		initStringInfo(&with_value);
		appendStringInfoString(&with_value, query->data);
		add_filter(filter, range->list_values[i], &with_value);
		range->list_queries[i] = with_value.data;
	}
	return true;
}

/*
 * The filters of the list, and its period, as a query; false when a value
 * is NULL, which no row equals, or the period is empty.
 */
static bool
add_filters(FtxScanState *state, FtxScanRequest *request)
{
	const FtxScanPlan *plan = &state->plan;
	StringInfoData query;
	ListCell *filter;

	initStringInfo(&query);
	foreach (filter, plan->filters)
	{
		const FtxFilter *known = &plan->resource->filters[lfirst_int(filter)];
		int n = foreach_current_index(filter);
		char *equal_to;

		if (n == plan->list_filter)
		{
			if (!add_lists(state, known, &query, request))
				return false;
			continue;
		}
		equal_to = text_of(state, FTX_EXPRS_FILTERS, n);
		if (equal_to == NULL)
			return false;
		if (!filter_takes(known, equal_to) ||
			(request->whole &&
			 ftx_differs_by_row(list_nth(plan->exprs[FTX_EXPRS_FILTERS], n))))
			continue;
		request->sent_filters = bms_add_member(request->sent_filters, n);
		/* any text but no word of a few: the name of something */
		request->range.narrowed |= known->values == NULL;
		add_filter(known, equal_to, &query);
	}
	if (plan->resource->period.column != NULL && !add_period(state, &query))
		return false;
	request->range.query = query.data;
	return true;
}

/*
 * What is known of the parents; false when a value is NULL.
 */
static bool
add_parents(FtxScanState *state, FtxItemsRange *range)
{
	ListCell *lc;

	foreach (lc, state->plan.path_keys)
	{
		int column = lfirst_int(lc);
		int n = foreach_current_index(lc);
		Datum value;
		bool null;

		if (column != state->plan.list_key)
		{
			range->binding->texts[column] = text_of(state, FTX_EXPRS_PATH_KEYS,
													n);
			if (range->binding->texts[column] == NULL)
				return false;
			continue;
		}
		range->many_column = column;
		if (!value_of(state, FTX_EXPRS_PATH_KEYS, n, &value, &null))
			range->nmany = 1; /* at least; nobody looks at them */
		else if (null)
			return false;
		else
		{
			range->nmany = ftx_texts_of_value(value, true, &range->many);
			ftx_texts_sort(range->many, range->nmany);
		}
	}
	return true;
}

/*
 * Is the list the better, or the only way to find the keys?
 */
static bool
keys_need_list(FtxScanState *state, const FtxScanRequest *request)
{
	for (int i = 0; i < request->nkeys; i++)
	{
		if (!ftx_key_addressable(state->plan.resource, request->keys[i]))
			return true;
	}
	return !state->plan.needs_detail &&
		   !ftx_keys_are_cheaper(request->nkeys, state->plan.list_pages,
								 state->max_concurrency);
}

static void
find_keys(FtxScanState *state, FtxScanRequest *request)
{
	Datum value;
	bool null;

	if (!value_of(state, FTX_EXPRS_KEY, 0, &value, &null))
	{
		if (request->whole)
			request->mode = FTX_SCAN_LIST;
		/* how many an array has is not known either: as it was planned */
		request->keys = palloc(sizeof(char *));
		request->keys[0] = ftx_unknown;
		request->nkeys = 1;
		return;
	}
	if (!null)
		request->nkeys = ftx_texts_of_value(value, state->plan.key_is_array,
											&request->keys);
	request->none = request->nkeys == 0;
	request->nvalues = request->nkeys;
	if (request->whole || keys_need_list(state, request))
		request->mode = FTX_SCAN_LIST;
	else
		ftx_texts_sort(request->keys, request->nkeys);
}

/*
 * Is a condition false?  One that fails because of a value is not: it fails
 * again on the first row, if there is one.  No subtransaction is needed to go
 * on, as ftx_constant_condition() has looked at that.
 */
static bool
is_false(ExprState *condition, ExprContext *econtext)
{
	MemoryContext old = CurrentMemoryContext;
	volatile bool result = false;

	PG_TRY();
	{
		bool null;
		Datum value = ExecEvalExprSwitchContext(condition, econtext, &null);

		result = null || !DatumGetBool(value);
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		MemoryContextSwitchTo(old);
		FlushErrorState();
	}
	PG_END_TRY();
	return result;
}

/*
 * Do conditions on constants of the table say that it has no rows for us?
 */
static bool
ruled_out(FtxScanState *state)
{
	ListCell *expr;
	ListCell *param;

	forboth (expr, state->plan.exprs[FTX_EXPRS_CONSTANTS], param,
			 state->params[FTX_EXPRS_CONSTANTS])
	{
		if (state->describes && needs_execution(lfirst(expr), state))
			continue;
		if (is_false(lfirst(param), state->node->ss.ps.ps_ExprContext))
			return true;
	}
	return false;
}

void
ftx_scan_request(FtxScanState *state, FtxScanRequest *request)
{
	memset(request, 0, sizeof(*request));
	request->mode = state->plan.mode;
	request->range.query = "";
	request->range.many_column = -1;
	if (state->parent_filter != NULL)
	{
		request->range.wanted = ftx_parent_filter_passes;
		request->range.wanted_arg = state->parent_filter;
	}
	request->range.binding = ftx_binding_create(state->plan.resource);
	request->range.with_parents = state->plan.needs_parent;
	if (ruled_out(state))
	{
		request->none = true;
		return;
	}
	request->whole = ftx_scan_reads_whole(state);
	if (state->plan.mode == FTX_SCAN_KEYS)
		find_keys(state, request);
	if (state->plan.mode == FTX_SCAN_LIST)
		request->none = !add_filters(state, request) ||
						!add_parents(state, &request->range);
	if (request->range.many != NULL)
		request->nvalues = request->range.nmany;
}
