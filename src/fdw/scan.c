/*-------------------------------------------------------------------------
 *
 * scan.c
 *		Execution of a foreign scan.
 *
 * A scan has one source of items (source.c).  In list mode the items are the
 * rows, unless the query uses columns that only a detail call has: then each
 * item that passes the conditions on list columns is asked for in detail,
 * many at once.  In key mode the keys are known and the details are the rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "api/memo.h"
#include "base/compat.h"
#include "executor/executor.h"
#include "fdw/fdw.h"
#include "json/value.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

typedef struct FtxScanState
{
	/* from the plan */
	const FtxResource *resource;
	FtxScanMode plan_mode;
	bool key_is_array;
	List *filters; /* IntList */
	int list_pages;
	int64 limit;

	/* expressions */
	List *params;		   /* ExprStates: key, then filters */
	ExprState *conditions; /* on list items, before details are fetched */

	FtxSession *session;
	FtxConverter *converter;
	FtxSource *source;
	FtxStats stats;

	/* the present scan */
	bool started;
	FtxScanMode mode; /* keys may turn out to be read by the list */
	char **keys;	  /* in params_cxt, NULL-terminated entries */
	int nkeys;
	int next_key;
	bool input_ended; /* nothing more to fetch details of */
	int64 emitted;

	MemoryContext cxt;		  /* of the scan, below the query's */
	MemoryContext params_cxt; /* values of the present scan */
	MemoryContext row_cxt;	  /* the row handed out last */
} FtxScanState;

static const int *
int_array(List *list)
{
	int *result = palloc(sizeof(int) * Max(list_length(list), 1));
	ListCell *lc;
	int i = 0;

	foreach (lc, list)
		result[i++] = lfirst_int(lc);
	return result;
}

static void
init_expressions(ForeignScanState *node, FtxScanState *state, List *exprs)
{
	int nparams = list_length(state->filters) +
				  (state->plan_mode == FTX_SCAN_KEYS ? 1 : 0);

	state->params = ExecInitExprList(list_copy_head(exprs, nparams),
									 (PlanState *) node);
	state->conditions = ExecInitQual(list_copy_tail(exprs, nparams),
									 (PlanState *) node);
}

static void
init_source(ForeignScanState *node, FtxScanState *state, List *items)
{
	FtxSourceSpec spec = {0};
	List *attnums = list_nth(items, FtxPlanAttnums);

	state->converter = ftx_converter_create(node->ss.ss_currentRelation,
											state->resource, int_array(attnums),
											list_length(attnums));
	spec.session = state->session;
	spec.resource = state->resource;
	spec.projection = ftx_converter_projection(state->converter);
	spec.memo = ftx_memo_of(node->ss.ps.state);
	spec.stats = &state->stats;
	spec.page_size = intVal(list_nth(items, FtxPlanPageSize));
	spec.prefetch = intVal(list_nth(items, FtxPlanPrefetch));
	spec.limit = state->limit;
	state->source = ftx_source_create(&spec);
}

void
fivetrexBeginForeignScan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState *estate = node->ss.ps.state;
	RangeTblEntry *rte = exec_rt_fetch(plan->scan.scanrelid, estate);
	Oid userid = ftx_scan_check_as_user(plan, rte);
	List *items = plan->fdw_private;
	MemoryContext cxt;
	MemoryContext old;
	FtxScanState *state;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;

	cxt = AllocSetContextCreate(estate->es_query_cxt, "fivetrex scan",
								ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(cxt);
	state = palloc0(sizeof(FtxScanState));
	state->cxt = cxt;
	state->params_cxt = AllocSetContextCreate(cxt, "fivetrex parameters",
											  ALLOCSET_SMALL_SIZES);
	state->row_cxt = AllocSetContextCreate(cxt, "fivetrex row",
										   ALLOCSET_DEFAULT_SIZES);

	/* whose credentials: the one whose privileges the scan runs with */
	state->session = ftx_session_pin(GetForeignTable(rte->relid)->serverid,
									 OidIsValid(userid) ? userid : GetUserId(),
									 cxt);

	state->resource = ftx_resource_find(
		strVal(list_nth(items, FtxPlanResource)));
	state->plan_mode = intVal(list_nth(items, FtxPlanMode));
	state->key_is_array = intVal(list_nth(items, FtxPlanKeyIsArray));
	state->filters = list_nth(items, FtxPlanFilters);
	state->limit = intVal(list_nth(items, FtxPlanLimit));
	state->list_pages = intVal(list_nth(items, FtxPlanListPages));
	init_expressions(node, state, plan->fdw_exprs);
	init_source(node, state, items);
	MemoryContextSwitchTo(old);
	node->fdw_state = state;
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/*
 * The keys of the present scan, each once, in params_cxt.
 */
static void
collect_keys(FtxScanState *state, Datum value)
{
	Datum *elements = &value;
	bool *nulls = NULL;
	int n = 1;
	int unique = 0;

	if (state->key_is_array)
	{
		ArrayType *array = DatumGetArrayTypeP(value);

		/* of text or what is stored like it: varchar */
		deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT,
						  &elements, &nulls, &n);
	}
	state->keys = palloc(sizeof(char *) * Max(n, 1));
	state->nkeys = 0;
	for (int i = 0; i < n; i++)
	{
		if (nulls == NULL || !nulls[i])
			state->keys[state->nkeys++] = TextDatumGetCString(elements[i]);
	}
	qsort(state->keys, state->nkeys, sizeof(char *), compare_keys);
	for (int i = 0; i < state->nkeys; i++)
	{
		if (i == 0 || strcmp(state->keys[i], state->keys[unique - 1]) != 0)
			state->keys[unique++] = state->keys[i];
	}
	state->nkeys = unique;
}

/*
 * Is the list the better, or the only way to find the keys?
 */
static bool
keys_need_list(FtxScanState *state, bool needs_detail)
{
	for (int i = 0; i < state->nkeys; i++)
	{
		if (!ftx_key_addressable(state->resource, state->keys[i]))
			return true;
	}
	return !needs_detail &&
		   !ftx_keys_are_cheaper(state->nkeys, state->list_pages,
								 state->session->options.max_concurrency);
}

/*
 * The path of the list with its filters; NULL when a filter is NULL, which
 * no row equals.
 */
static char *
filtered_path(ForeignScanState *node, FtxScanState *state)
{
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	StringInfoData path;
	ListCell *param;
	ListCell *filter;

	initStringInfo(&path);
	appendStringInfoString(&path, state->resource->list.path);
	forboth (param, state->params, filter, state->filters)
	{
		bool null;
		Datum value = ExecEvalExprSwitchContext(lfirst(param), econtext, &null);
		char *equal_to;

		if (null)
			return NULL;
		equal_to = TextDatumGetCString(value);

		/* an empty parameter may be taken for an absent one */
		if (equal_to[0] != '\0' && strlen(equal_to) <= FTX_MAX_VALUE)
			ftx_path_add_param(
				&path, state->resource->filters[lfirst_int(filter)].parameter,
				equal_to);
	}
	return path.data;
}

static void
start_list(FtxScanState *state, const char *path)
{
	state->mode = FTX_SCAN_LIST;
	state->input_ended = path == NULL;
	if (path != NULL)
		ftx_source_list(state->source, path);
}

static void
start_keys(ForeignScanState *node, FtxScanState *state)
{
	List *items = ((ForeignScan *) node->ss.ps.plan)->fdw_private;
	bool null;
	Datum value = ExecEvalExprSwitchContext(linitial(state->params),
											node->ss.ps.ps_ExprContext, &null);

	state->mode = FTX_SCAN_KEYS;
	state->next_key = 0;
	state->nkeys = 0;
	if (!null)
		collect_keys(state, value);
	if (keys_need_list(state, intVal(list_nth(items, FtxPlanNeedsDetail))))
		start_list(state, state->resource->list.path);
}

static void
start_scan(ForeignScanState *node, FtxScanState *state)
{
	MemoryContext old;

	MemoryContextReset(state->params_cxt);
	old = MemoryContextSwitchTo(state->params_cxt);
	state->input_ended = false;
	state->emitted = 0;
	switch (state->plan_mode)
	{
		case FTX_SCAN_LIST:
			start_list(state, filtered_path(node, state));
			break;
		case FTX_SCAN_KEYS:
			start_keys(node, state);
			break;
		case FTX_SCAN_SINGLETON:
			state->mode = FTX_SCAN_SINGLETON;
			break;
	}
	state->started = true;
	MemoryContextSwitchTo(old);
}

/*
 * Do the conditions that list columns can decide hold for the item?
 */
static bool
passes_conditions(ForeignScanState *node, FtxScanState *state,
				  const FtxJsonValue *item)
{
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	bool result;

	if (state->conditions == NULL)
		return true;
	ftx_converter_fill(state->converter, item, true, slot->tts_values,
					   slot->tts_isnull);
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(node->ss.ss_currentRelation);
	econtext->ecxt_scantuple = slot;
	result = ExecQual(state->conditions, econtext);
	ExecClearTuple(slot);
	ResetExprContext(econtext);
	MemoryContextReset(state->row_cxt);
	return result;
}

/*
 * Details to have under way at once: enough to keep all connections busy
 * while rows are consumed, but none that a LIMIT makes superfluous.
 */
static int
window(FtxScanState *state)
{
	int64 size = 2 * (int64) state->session->options.max_concurrency;

	if (state->limit >= 0)
		size = Min(size, Max(1, state->limit - state->emitted));
	return (int) size;
}

/*
 * Take the next input.  Returns the item if it is a row as it is; otherwise
 * asks for its details, or notes that the input has ended.
 */
static const FtxJsonValue *
next_input(ForeignScanState *node, FtxScanState *state)
{
	const FtxJsonValue *item;

	if (state->mode == FTX_SCAN_SINGLETON)
	{
		ftx_source_fetch(state->source, NULL);
		state->input_ended = true;
		return NULL;
	}
	if (state->mode == FTX_SCAN_KEYS)
	{
		if (state->next_key < state->nkeys)
			ftx_source_fetch(state->source, state->keys[state->next_key++]);
		else
			state->input_ended = true;
		return NULL;
	}

	item = ftx_source_next(state->source);
	if (item == NULL)
	{
		state->input_ended = true;
		return NULL;
	}
	if (!ftx_converter_needs_detail(state->converter, item))
		return item;
	if (passes_conditions(node, state, item))
	{
		char *key = ftx_json_text(&item[FTX_KEY_SLOT]);

		if (key == NULL || !ftx_key_addressable(state->resource, key))
			ereport(ERROR,
					(errcode(ERRCODE_PROTOCOL_VIOLATION),
					 errmsg("an item of the list of %s has no usable key",
							state->resource->name)));
		ftx_source_fetch(state->source, key);
	}
	return NULL;
}

static const FtxJsonValue *
next_item(ForeignScanState *node, FtxScanState *state)
{
	for (;;)
	{
		const FtxJsonValue *item;

		while (!state->input_ended &&
			   ftx_source_pending(state->source) < window(state))
		{
			item = next_input(node, state);
			if (item != NULL)
				return item;
		}
		if (ftx_source_pending(state->source) == 0)
			return NULL;
		item = ftx_source_take(state->source);
		if (item != NULL)
			return item;
	}
}

TupleTableSlot *
fivetrexIterateForeignScan(ForeignScanState *node)
{
	FtxScanState *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	const FtxJsonValue *item;
	MemoryContext old;

	ExecClearTuple(slot);
	MemoryContextReset(state->row_cxt);
	if (!state->started)
		start_scan(node, state);

	old = MemoryContextSwitchTo(state->row_cxt);
	item = next_item(node, state);
	if (item != NULL)
	{
		ftx_converter_fill(state->converter, item, false, slot->tts_values,
						   slot->tts_isnull);
		ExecStoreVirtualTuple(slot);
		state->emitted++;
	}
	MemoryContextSwitchTo(old);
	return slot;
}

/*
 * Start over.  What has to be asked again is answered by the memo as long as
 * it holds it.
 */
void
fivetrexReScanForeignScan(ForeignScanState *node)
{
	FtxScanState *state = node->fdw_state;

	if (!state->started)
		return;
	ftx_source_reset(state->source);
	state->started = false;
}

void
fivetrexEndForeignScan(ForeignScanState *node)
{
	FtxScanState *state = node->fdw_state;

	/* requests under way, the session's pin and all memory go with it */
	if (state != NULL)
		MemoryContextDelete(state->cxt);
	node->fdw_state = NULL;
}

const FtxStats *
ftx_scan_stats(ForeignScanState *node)
{
	FtxScanState *state = node->fdw_state;

	return state != NULL ? &state->stats : NULL;
}
