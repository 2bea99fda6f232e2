/*-------------------------------------------------------------------------
 *
 * user_code.c
 *		Functions of users in the middle of a row, which may write.
 *
 * Before a write all lists that are being read are read to their end
 * (read_to_end.c).  It can come from what a scan itself evaluates:
 *
 * - a condition on whole rows: its row is in the scan's slot, and stays there;
 * - a condition on items of the list, before details are asked for: it looks at
 *   a copy of the item, in a slot of its own;
 * - a subquery in one of those, or in what is sorted by: it is evaluated before
 *   anything is asked for;
 * - a type's input function or constraint, a generated column, a function that
 *   compares, a condition on parents: these cannot go on after it, so that
 *   there the write is refused.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/nodeSubplan.h"
#include "executor/tuptable.h"
#include "fdw/plan/calm.h"
#include "fdw/plan/volatile.h"
#include "fdw/scan/parent_filter.h"
#include "fdw/scan/scan_state.h"
#include "fdw/scan/user_code.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "nodes/primnodes.h"
#include "read/converter.h"
#include "utils/memutils.h"
#include "utils/rel.h"

static bool
find_params(Node *node, Bitmapset **params)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		*params = bms_add_member(*params, ((Param *) node)->paramid);
	return expression_tree_walker(node, find_params, params);
}

static Bitmapset *
early_params(const FtxScanState *state)
{
	const FtxScanExprs kinds[] = {FTX_EXPRS_ON_PARENTS, FTX_EXPRS_ON_ITEMS,
								  FTX_EXPRS_SORT};
	const PlannedStmt *statement = state->node->ss.ps.state->es_plannedstmt;
	Bitmapset *params = NULL;

	for (size_t i = 0; i < lengthof(kinds); i++)
		find_params((Node *) state->plan.exprs[kinds[i]], &params);

	/* a plan depends on the functions of users that it calls */
	if (params == NULL ||
		(statement->invalItems == NIL && ftx_plan_is_calm(statement)))
		return NULL;
	return params;
}

FtxUserCode *
ftx_user_code_create(FtxScanState *state)
{
	FtxUserCode *code = palloc0(sizeof(FtxUserCode));

	code->early = early_params(state);
	if (!ftx_calls_users(state->plan.exprs[FTX_EXPRS_ON_ITEMS]))
		return code;
	code->econtext = CreateExprContext(state->node->ss.ps.state);
	code->slot = MakeSingleTupleTableSlot(state->tupdesc,
										  state->conditions_slot->tts_ops);
	code->cxt = AllocSetContextCreate(CurrentMemoryContext, "fivetrex item",
									  ALLOCSET_SMALL_SIZES);
	return code;
}

const FtxJsonValue *
ftx_user_code_keep(FtxScanState *state, const FtxJsonValue *item)
{
	int nslots = ftx_converter_slots(state->converter);
	Size size = sizeof(FtxJsonValue) * nslots;
	FtxJsonValue *result;
	char *text;

	for (int i = 0; i < nslots; i++)
		size += item[i].len;
	MemoryContextReset(state->user_code->cxt);
	result = MemoryContextAllocHuge(state->user_code->cxt, size);
	memcpy(result, item, sizeof(FtxJsonValue) * nslots);
	text = (char *) (result + nslots);
	for (int i = 0; i < nslots; i++)
	{
		if (item[i].len == 0)
			continue;
		memcpy(text, item[i].text, item[i].len);
		result[i].text = text;
		text += item[i].len;
	}
	return result;
}

void
ftx_user_code_settle(FtxScanState *state)
{
	if (state->user_code->early != NULL)
		ExecSetParamPlanMulti(state->user_code->early,
							  state->conditions_context);
}

/*
 * What is on the stack of error contexts is being executed: an error takes it
 * off.  It has nothing to say.
 */
static void
say_nothing(void *arg)
{
}

void
ftx_scan_enter(FtxScanState *state, ErrorContextCallback *here)
{
	here->callback = say_nothing;
	here->arg = state;
	here->previous = error_context_stack;
	error_context_stack = here;
	state->at_work = true;
}

void
ftx_scan_leave(FtxScanState *state, const ErrorContextCallback *here)
{
	error_context_stack = here->previous;
	state->at_work = false;
}

bool
ftx_scan_has_failed(const FtxScanState *state)
{
	if (!state->at_work)
		return false;
	for (const ErrorContextCallback *context = error_context_stack;
		 context != NULL; context = context->previous)
	{
		if (context->callback == say_nothing && context->arg == state)
			return false;
	}
	return true;
}

void
ftx_user_code_check(FtxScanState *state)
{
	if (!ftx_converter_filling(state->converter) &&
		!ftx_parent_filter_busy(state->parent_filter))
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_OBJECT_IN_USE),
		 errmsg("cannot write while a row of %s is being read",
				state->plan.resource->name),
		 errdetail(
			 "A function that a type, a generated column or a condition of the query calls wants to write. Nothing was sent.")));
}
