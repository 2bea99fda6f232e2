/*-------------------------------------------------------------------------
 *
 * listed_item.c
 *		What becomes of an item of the list before its details are there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/scan/listed_item.h"
#include "fdw/scan/row_filter.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/user_code.h"
#include "json/value.h"
#include "read/converter.h"
#include "read/misfits.h"
#include "read/objects.h"
#include "read/path.h"
#include "read/slot.h"
#include "utils/rel.h"

static bool
passes(FtxScanState *state, const FtxJsonValue *item, TupleTableSlot *slot,
	   ExprContext *econtext)
{
	FtxMisfits *misfits = ftx_converter_misfits(state->converter);
	int64 known = misfits != NULL ? ftx_misfits_count(misfits) : 0;
	MemoryContext old;
	bool result;

	ResetExprContext(econtext);
	old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	ExecClearTuple(slot);
	ftx_converter_fill_first(state->converter, item, true, slot->tts_values,
							 slot->tts_isnull);
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(state->node->ss.ss_currentRelation);
	MemoryContextSwitchTo(old);
	econtext->ecxt_scantuple = slot;
	result = ftx_row_filter_passes(state->conditions, econtext);
	ExecClearTuple(slot);
	/* the row will be filled once more */
	if (result && misfits != NULL)
		ftx_misfits_forget(misfits, known);
	return result;
}

bool
ftx_scan_item_passes(FtxScanState *state, const FtxJsonValue **item)
{
	FtxUserCode *code = state->user_code;
	bool result;

	if (state->conditions == NULL)
		return true;
	if (code->slot == NULL)
		return passes(state, *item, state->conditions_slot,
					  state->conditions_context);

	/* one of them writes: rows that do not pass are dropped when it is done */
	if (code->checking)
		return true;
	*item = ftx_user_code_keep(state, *item);
	code->checking = true;
	result = passes(state, *item, code->slot, code->econtext);
	code->checking = false;
	return result;
}

void
ftx_scan_ask_for_item(FtxScanState *state, const FtxJsonValue *item,
					  bool detail)
{
	char *key = ftx_json_text(&item[FTX_KEY_SLOT]);

	if ((detail || state->extras) &&
		(key == NULL || !ftx_key_addressable(state->plan.resource, key)))
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
						errmsg("an item of the list of %s has no usable key",
							   state->plan.resource->name)));
	ftx_objects_fetch(state->objects, key, item, detail);
}
