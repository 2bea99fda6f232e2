/*-------------------------------------------------------------------------
 *
 * range.c
 *		What a scan asks for: filters, parents, keys and time window, from the
 *		expressions of the plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fdw/scan.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/*
 * The texts of a value, or of the elements of an array, each once and sorted,
 * in the current memory context.  Returns their number.
 */
int
ftx_scan_texts(Datum value, bool is_array, char ***texts)
{
	Datum *elements = &value;
	bool *nulls = NULL;
	int n = 1;
	int filled = 0;
	int unique = 0;

	if (is_array)
	{
		ArrayType *array = DatumGetArrayTypeP(value);

		/* of text or what is stored like it: varchar */
		deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT,
						  &elements, &nulls, &n);
	}
	*texts = palloc(sizeof(char *) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		if (nulls == NULL || !nulls[i])
			(*texts)[filled++] = TextDatumGetCString(elements[i]);
	}
	qsort(*texts, filled, sizeof(char *), compare_keys);
	for (int i = 0; i < filled; i++)
	{
		if (i == 0 || strcmp((*texts)[i], (*texts)[unique - 1]) != 0)
			(*texts)[unique++] = (*texts)[i];
	}
	return unique;
}

/*
 * The tightest of the bounds; false when one is NULL.
 */
static bool
tightest(FtxScanState *state, int first, int n, bool lower, TimestampTz *bound)
{
	for (int i = first; i < first + n; i++)
	{
		bool null;
		TimestampTz value = DatumGetTimestampTz(ExecEvalExprSwitchContext(
			list_nth(state->params, i), state->node->ss.ps.ps_ExprContext,
			&null));

		if (null)
			return false;
		*bound = lower ? Max(*bound, value) : Min(*bound, value);
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
add_window(FtxScanState *state, StringInfo query)
{
	int first = list_length(state->filters) + list_length(state->parents);
	TimestampTz lower = DT_NOBEGIN;
	TimestampTz upper = DT_NOEND;
	TimestampTz now = server_now(state);

	/* a rescan asks for the same, as long as that can be reached */
	if (now - state->now > USECS_PER_MINUTE ||
		state->now - now > USECS_PER_MINUTE)
		state->now = now;
	return tightest(state, first, state->nlowers, true, &lower) &&
		   tightest(state, first + state->nlowers, state->nuppers, false,
					&upper) &&
		   ftx_window_params(state->resource, lower, upper, state->now, query);
}

/*
 * Can the API be asked for this value?  One that it cannot be asked for is
 * looked for among all rows.
 */
static bool
filter_takes(const FtxFilter *filter, const char *value)
{
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

/*
 * The filters of the list as a query; NULL when a filter is NULL, which no
 * row equals.
 */
char *
ftx_scan_filters(FtxScanState *state, bool *narrowed)
{
	ExprContext *econtext = state->node->ss.ps.ps_ExprContext;
	StringInfoData query;
	ListCell *param;
	ListCell *filter;

	*narrowed = false;
	initStringInfo(&query);
	forboth (param, state->params, filter, state->filters)
	{
		const FtxFilter *known = &state->resource->filters[lfirst_int(filter)];
		bool null;
		Datum value = ExecEvalExprSwitchContext(lfirst(param), econtext, &null);
		char *equal_to;

		if (null)
			return NULL;
		equal_to = TextDatumGetCString(value);
		if (!filter_takes(known, equal_to))
			continue;
		ftx_path_add_param(&query, known->parameter, equal_to);
		/* any text but no word of a few: the name of something */
		*narrowed |= known->values == NULL;
	}
	if (state->resource->window.column != NULL && !add_window(state, &query))
		return NULL;
	return query.data;
}

/*
 * What is known of the parents; false when a value is NULL.
 */
bool
ftx_scan_parents(FtxScanState *state, FtxStreamRange *range)
{
	ExprContext *econtext = state->node->ss.ps.ps_ExprContext;
	int i = list_length(state->filters);
	ListCell *lc;

	range->fixed = palloc0(sizeof(char *) * state->resource->ncolumns);
	range->many_column = -1;
	foreach (lc, state->parents)
	{
		int column = lfirst_int(lc);
		bool null;
		Datum value = ExecEvalExprSwitchContext(list_nth(state->params, i++),
												econtext, &null);

		if (null)
			return false;
		if (column == state->many_parents)
		{
			range->many_column = column;
			range->nmany = ftx_scan_texts(value, true, &range->many);
		}
		else
			range->fixed[column] = TextDatumGetCString(value);
	}
	return true;
}
