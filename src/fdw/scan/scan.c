/*-------------------------------------------------------------------------
 *
 * scan.c
 *		Execution of a foreign scan.
 *
 * A scan has the items of a list (read/items.h) and objects that are asked for
 * one by one (read/objects.h).  In list mode the items are the rows, unless the
 * query uses columns that only a detail call has: then each item that passes
 * the conditions on list columns is asked for in detail, many at once.  In key
 * mode the keys are known and their objects are the rows; a singleton is one
 * object without a key.  Rows in an order of the list: see sorted.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "api/calls/call.h"
#include "api/calls/open_lists.h"
#include "base/compat.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/compat.h"
#include "fdw/fdw.h"
#include "fdw/plan/compat.h"
#include "fdw/scan/listed_item.h"
#include "fdw/scan/request.h"
#include "fdw/scan/scan.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/sorted.h"
#include "fdw/scan/spool.h"
#include "foreign/foreign.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

static void
start_scan(FtxScanState *state)
{
	FtxScanRequest request;
	MemoryContext old;

	if (!state->first.started)
		ftx_together_start(state);
	ftx_user_code_settle(state);
	MemoryContextReset(state->params_cxt);
	old = MemoryContextSwitchTo(state->params_cxt);
	state->emitted = 0;
	ftx_scan_request(state, &request);
	state->mode = request.mode;
	state->input_ended = request.none;
	state->keys = request.keys;
	state->nkeys = request.nkeys;
	state->next_key = 0;
	if (request.mode == FTX_SCAN_LIST && !request.none)
	{
		ftx_items_start(state->items, &request.range);
		ftx_open_list_register(&state->open_list, state->session->serverid);
	}
	state->started = true;
	MemoryContextSwitchTo(old);
}

/*
 * Details to have under way at once: enough to keep all connections busy
 * while rows are consumed, but none that a LIMIT makes superfluous.
 */
static int
in_flight_max(FtxScanState *state)
{
	int64 size = 2 * (int64) state->session->options.max_concurrency;

	if (state->plan.limit >= 0)
		size = Min(size, Max(1, state->plan.limit - state->emitted));
	/* one at first, then as many as were not enough, and one more */
	if (state->plan.few_rows)
		size = Min(size, 1 + state->emitted);
	return (int) size;
}

/*
 * Take the next input.  Returns the item if it is a row as it is; otherwise
 * asks for its details, or notes that the input has ended.
 */
static const FtxJsonValue *
next_input(FtxScanState *state)
{
	const FtxJsonValue *item;
	bool detail;

	if (state->mode == FTX_SCAN_SINGLETON)
	{
		ftx_objects_fetch(state->objects, NULL, NULL, true);
		state->input_ended = true;
		return NULL;
	}
	if (state->mode == FTX_SCAN_KEYS)
	{
		if (state->next_key < state->nkeys)
			ftx_objects_fetch(state->objects, state->keys[state->next_key++],
							  NULL, true);
		else
			state->input_ended = true;
		return NULL;
	}

	if (state->sorted != NULL)
	{
		ftx_sorted_ask_next(state);
		return NULL;
	}
	item = ftx_items_next(state->items);
	if (item == NULL)
	{
		state->input_ended = true;
		return NULL;
	}
	detail = ftx_converter_needs_detail(state->converter, item);
	if (!detail && !state->extras)
		return item;
	if (ftx_scan_item_passes(state, &item))
		ftx_scan_ask_for_item(state, item, detail);
	return NULL;
}

static const FtxJsonValue *
next_item(FtxScanState *state)
{
	for (;;)
	{
		const FtxJsonValue *item;

		while (!state->input_ended &&
			   ftx_objects_pending(state->objects) < in_flight_max(state))
		{
			item = next_input(state);
			if (item != NULL)
				return item;
		}
		if (ftx_objects_pending(state->objects) == 0)
			return NULL;
		item = ftx_objects_take(state->objects);
		if (item != NULL)
			return item;
	}
}

/*
 * Read the next row from the API into a slot; false at the end.
 */
static bool
read_api_row(FtxScanState *state, TupleTableSlot *slot, MemoryContext cxt)
{
	const FtxJsonValue *item;
	MemoryContext old;

	ExecClearTuple(slot);
	MemoryContextReset(cxt);
	old = MemoryContextSwitchTo(cxt);
	item = next_item(state);
	if (item != NULL)
	{
		ftx_converter_fill(state->converter, item, false, slot->tts_values,
						   slot->tts_isnull);
		ExecStoreVirtualTuple(slot);
		state->emitted++;
	}
	MemoryContextSwitchTo(old);
	return item != NULL;
}

/*
 * The same, but only as far as a filter looks at the row; returns its item.
 */
static const FtxJsonValue *
begin_row(FtxScanState *state, TupleTableSlot *slot, MemoryContext cxt)
{
	const FtxJsonValue *item;
	MemoryContext old;

	ExecClearTuple(slot);
	MemoryContextReset(cxt);
	old = MemoryContextSwitchTo(cxt);
	item = next_item(state);
	if (item != NULL)
	{
		ftx_converter_fill_first(state->converter, item, false,
								 slot->tts_values, slot->tts_isnull);
		ExecStoreVirtualTuple(slot);
		state->emitted++;
	}
	MemoryContextSwitchTo(old);
	return item;
}

/*
 * Does the row in the slot pass the filter?
 */
static bool
passes_filter(FtxScanState *state, FtxRowFilter *filter, ExprContext *econtext,
			  TupleTableSlot *slot)
{
	slot->tts_tableOid = RelationGetRelid(state->node->ss.ss_currentRelation);
	econtext->ecxt_scantuple = slot;
	if (ftx_row_filter_passes(filter, econtext))
		return true;
	ResetExprContext(econtext);
	return false;
}

bool
ftx_scan_read_wanted(FtxScanState *state, TupleTableSlot *slot,
					 MemoryContext cxt)
{
	const FtxJsonValue *item;
	MemoryContext old;

	if (state->spool_filter == NULL || !state->in_steps)
		return read_api_row(state, slot, cxt);
	while ((item = begin_row(state, slot, cxt)) != NULL &&
		   !passes_filter(state, state->spool_filter, state->conditions_context,
						  slot))
		CHECK_FOR_INTERRUPTS();
	if (item == NULL)
		return false;
	old = MemoryContextSwitchTo(cxt);
	ftx_converter_fill_rest(state->converter, item, slot->tts_values,
							slot->tts_isnull);
	MemoryContextSwitchTo(old);
	return true;
}

void
ftx_scan_complete_row(FtxScanState *state)
{
	TupleTableSlot *slot = state->node->ss.ss_ScanTupleSlot;
	const FtxJsonValue *item = state->begun;
	MemoryContext old;

	if (item == NULL)
		return;
	state->begun = NULL;
	old = MemoryContextSwitchTo(state->row_cxt);
	ftx_converter_fill_rest(state->converter, item, slot->tts_values,
							slot->tts_isnull);
	MemoryContextSwitchTo(old);
}

static bool
is_ready(FtxScanState *state)
{
	bool more;

	if (!state->started)
		start_scan(state);
	for (;;)
	{
		more = !state->input_ended &&
			   ftx_objects_pending(state->objects) < in_flight_max(state);
		if (!more || state->mode == FTX_SCAN_LIST)
			break;
		(void) next_input(state);
	}
	if (more && ftx_items_ready(state->items))
		return true;
	if (ftx_objects_pending(state->objects) > 0)
		return ftx_objects_ready(state->objects);
	return !more;
}

bool
ftx_scan_ready(FtxScanState *state)
{
	ErrorContextCallback here;
	bool ready;

	if (state->spool != NULL)
		return true;
	ftx_scan_enter(state, &here);
	ready = is_ready(state);
	ftx_scan_leave(state, &here);
	return ready;
}

int
ftx_scan_descriptor(FtxScanState *state)
{
	if (state->watch == NULL)
		state->watch = ftx_watch_create(state->session->engine,
										&state->stats.calls, state->cxt);
	return ftx_watch_arm(state->watch);
}

/* ---------- the executor's callbacks ---------- */

/*
 * Put the next row into the scan's slot, wanted or not; false at the end.
 */
static bool
next_row(FtxScanState *state, TupleTableSlot *slot)
{
	bool found;

	if (state->spool != NULL)
		return ftx_scan_spooled_row(state, slot);
	if (!state->started)
		start_scan(state);
	if (state->filter != NULL && state->in_steps)
	{
		state->begun = begin_row(state, slot, state->row_cxt);
		found = state->begun != NULL;
	}
	else
		found = read_api_row(state, slot, state->row_cxt);
	/* a write in the middle of an item that was not wanted left the rest there */
	if (!found && state->spool != NULL)
		return ftx_scan_spooled_row(state, slot);
	if (!found)
		ftx_open_list_unregister(&state->open_list);
	if (state->first.call != NULL)
		ftx_together_drop(state);
	return found;
}

static void
next_wanted_row(FtxScanState *state)
{
	TupleTableSlot *slot = state->node->ss.ss_ScanTupleSlot;

	while (!state->in_hand_only || ftx_scan_has_in_hand(state))
	{
		if (!next_row(state, slot) || state->filter == NULL)
			return;
		if (passes_filter(state, state->filter,
						  state->node->ss.ps.ps_ExprContext, slot))
		{
			ftx_scan_complete_row(state);
			return;
		}
		InstrCountFiltered1(&state->node->ss, 1);
		state->begun = NULL;
		CHECK_FOR_INTERRUPTS();
	}
	ExecClearTuple(slot);
}

void
ftx_scan_next(FtxScanState *state)
{
	ErrorContextCallback here;

	ftx_scan_enter(state, &here);
	next_wanted_row(state);
	ftx_scan_leave(state, &here);
}

int
ftx_scan_ask(FtxScanState *state, FtxCall **calls)
{
	FtxScanRequest request;

	ftx_parent_filter_reset(state->parent_filter);
	ftx_scan_request(state, &request);
	if (request.none || request.mode == FTX_SCAN_SINGLETON)
		return 0;
	if (request.mode == FTX_SCAN_KEYS)
		return request.nkeys == 1 ?
				   ftx_objects_ask(state->objects, request.keys[0], calls) :
				   0;
	calls[0] = ftx_items_ask(state->items, &request.range, state->cxt);
	return calls[0] != NULL ? 1 : 0;
}

/*
 * Start over.  What has to be asked again is answered by the memo as long as
 * it holds it.
 */
static void
restart_scan(FtxScanState *state)
{
	ftx_row_filter_reset(state->filter);
	ftx_row_filter_reset(state->conditions);
	ftx_parent_filter_reset(state->parent_filter);
	if (!state->started)
		return;
	state->begun = NULL;
	ftx_open_list_unregister(&state->open_list);
	ftx_items_reset(state->items);
	ftx_objects_reset(state->objects);
	ftx_sorted_reset(state->sorted);
	if (state->spool != NULL)
	{
		ExecDropSingleTupleTableSlot(state->spool_slot);
		tuplestore_end(state->spool);
		state->spool = NULL;
		state->broken = false;
	}
	state->started = false;
}

void
ftx_scan_end(FtxScanState *state)
{
	ftx_items_report(state->items);
	ftx_converter_report(state->converter);
	restart_scan(state);
	ExecDropSingleTupleTableSlot(state->conditions_slot);

	/* requests under way, the session's pin and all memory go with it */
	MemoryContextDelete(state->cxt);
}

FtxSession *
ftx_scan_session(FtxScanState *state)
{
	return state->session;
}

FtxStats *
ftx_scan_stats(FtxScanState *state)
{
	return &state->stats;
}

void
fivetrexBeginForeignScan(ForeignScanState *node, int eflags)
{
	FtxScanState *state;

	if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0)
		return;
	state = ftx_scan_begin(node);
	node->fdw_state = state;
	state->read_again = (eflags & EXEC_FLAG_REWIND) != 0;

	/*
	 * Where it saves converting columns of rows that nobody wants, or comparing
	 * them with each element of an array, the filter is ours instead of core's,
	 * which sees whole rows only.  (Not when core puts in rows of its own, to
	 * check them once more.)
	 */
	if ((state->in_steps || ftx_row_filter_pays(node->ss.ps.plan->qual)) &&
		node->ss.ps.state->es_epq_active == NULL)
	{
		ftx_scan_filter(state, node->ss.ps.plan->qual, node->ss.ps.qual);
		node->ss.ps.qual = NULL;
	}
}

TupleTableSlot *
fivetrexIterateForeignScan(ForeignScanState *node)
{
	ftx_scan_next(node->fdw_state);
	return node->ss.ss_ScanTupleSlot;
}

void
fivetrexReScanForeignScan(ForeignScanState *node)
{
	FtxScanState *state = node->fdw_state;

	/* what was started again once is likely to be so again */
	state->read_again |= state->started;
	restart_scan(state);
}

void
fivetrexEndForeignScan(ForeignScanState *node)
{
	if (node->fdw_state != NULL)
		ftx_scan_end(node->fdw_state);
	node->fdw_state = NULL;
}
