/*-------------------------------------------------------------------------
 *
 * join_window.c
 *		The custom scan that asks ahead for a nested loop.
 *
 * It hands on the rows of its child in their order, but reads a window of them
 * first.  What the inner scan will ask for is found by the inner scan itself:
 * the parameters of the nested loop are set from the row, as the nested loop
 * will set them, and set back.  So the requests are the same ones, and the
 * inner scan finds them under way.
 *
 * The window is as wide as it gets where all of the join will be read
 * (join_reads.c).  Elsewhere it begins with one row, and is filled again, twice
 * as wide, when it is empty; nothing is read ahead then that could fail.  Once
 * a write of this backend has made answers worthless, nothing more is asked
 * ahead.
 *
 * To check a row once more (EvalPlanQual) the child is read as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/memo.h"
#include "api/calls/statement.h"
#include "base/guc.h"
#include "executor/executor.h"
#include "executor/nodeCustom.h"
#include "fdw/compat.h"
#include "fdw/plan/join.h"
#include "fdw/scan/given_keys.h"
#include "fdw/scan/scan.h"
#include "miscadmin.h"
#include "net/engine.h"
#include "parser/parsetree.h"
#include "read/objects.h"
#include "utils/elog.h"
#include "utils/memutils.h"

typedef struct WindowRow
{
	TupleTableSlot *slot; /* of minimal tuples */
	bool asked;
	FtxCall *calls[FTX_DETAIL_CALLS];
	int ncalls;
} WindowRow;

typedef struct WindowState
{
	CustomScanState css;
	PlanState *child;
	bool started;

	/* from the plan, once started */
	bool asks; /* else rows are handed on as they come */
	NestLoop *join;
	FtxJoinReads reads;
	int64 wanted; /* rows that suffice, -1: not known */
	FtxScanState *inner;
	FtxScanState *outer;	 /* whose rows must have arrived, or NULL */
	FtxStatement *statement; /* held */

	/* rows[(first + i) % size], of which n are there */
	WindowRow *rows;
	int size;
	int first;
	int n;
	int width;			/* rows to be there after the next filling */
	int64 handed_on;	/* rows, since the beginning */
	bool handed;		/* the first row is the one that was handed on last */
	bool ended;			/* the child has no more rows */
	ErrorData *failure; /* of the row that follows, in cxt; or NULL */
	uint64 writes; /* ftx_memo_writes() when answers were worth something */

	FtxGivenKeys *given; /* to Memoize, in cxt; NULL: there is none */

	MemoryContext cxt;	  /* of what is held; NULL: nothing is */
	MemoryContext asking; /* below it: values of a request */
	int64 ahead;		  /* calls sent ahead */
	int64 wasted;		  /* of them, what nobody looked at */
} WindowState;

/* ---------- begin and end ---------- */

static void
begin_window(CustomScanState *node, EState *estate, int eflags)
{
	WindowState *window = (WindowState *) node;
	CustomScan *plan = (CustomScan *) node->ss.ps.plan;

	window->child = ExecInitNode(linitial(plan->custom_plans), estate, eflags);
	node->custom_ps = list_make1(window->child);
}

static WindowRow *
nth_row(WindowState *window, int i)
{
	return &window->rows[(window->first + i) % window->size];
}

/*
 * Find what to ask for, and whether; the inner scan has begun by now.
 */
static void
find_inner(WindowState *window)
{
	PlanState *ps = &window->css.ss.ps;
	CustomScan *plan = (CustomScan *) ps->plan;
	FtxJoinOuter kind = ftx_window_unpack(plan).outer;
	Plan *scan;

	if (ps->state->es_epq_active != NULL || ftx_guc_join_window() == 0)
		return;
	window->join = ftx_join_of_window(ps->state->es_plannedstmt, ps->plan,
									  ftx_statement_rows_wanted() == 0,
									  &window->reads, &scan);
	if (window->join == NULL)
		return;
	window->wanted = ftx_join_rows_wanted(ps->state->es_plannedstmt,
										  window->join);
	window->inner = ftx_scan_of_plan(ps->state, scan);
	if (window->inner == NULL)
		return;
	if (kind == FTX_OUTER_IN_ANSWER && IsA(window->child, ForeignScanState))
		window->outer = ((ForeignScanState *) window->child)->fdw_state;
	if (window->outer != NULL && !ftx_scan_is_plain(window->outer))
		window->outer = NULL;
	window->asks = window->reads != FTX_READS_SOME ||
				   ((kind == FTX_OUTER_LOCAL || window->outer != NULL ||
					 (kind == FTX_OUTER_IN_ANSWER &&
					  IsA(window->child, SortState))) &&
					ftx_scan_request_is_safe(window->inner));
}

static void
start_window(WindowState *window)
{
	EState *estate = window->css.ss.ps.state;
	MemoryContext old;

	window->started = true;
	find_inner(window);
	if (!window->asks)
		return;
	window->size = ftx_guc_join_window() > 0 ?
					   ftx_guc_join_window() :
					   2 * ftx_scan_session(window->inner)
							   ->options.max_concurrency;
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	window->rows = palloc0(sizeof(WindowRow) * window->size);
	for (int i = 0; i < window->size; i++)
		window->rows[i].slot = ExecInitExtraTupleSlot(
			estate, ExecGetResultType(window->child), &TTSOpsMinimalTuple);
	window->cxt = AllocSetContextCreate(
		estate->es_query_cxt, "fivetrex join window", ALLOCSET_SMALL_SIZES);
	window->asking = AllocSetContextCreate(window->cxt, "fivetrex ask ahead",
										   ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(window->cxt);
	if (IsA(innerPlan(window->join), Memoize))
		window->given = ftx_given_keys_create(window->join);
	MemoryContextSwitchTo(old);
	window->statement = ftx_statement_pin(window->cxt);
	window->writes = ftx_memo_writes();
}

/*
 * A row's answers are not needed any more.
 */
static void
drop_calls(WindowState *window, WindowRow *row)
{
	for (int i = 0; i < row->ncalls; i++)
	{
		if (!ftx_call_wanted(row->calls[i]) && !ftx_call_shared(row->calls[i]))
			window->wasted++;
		ftx_call_free(row->calls[i]);
	}
	row->ncalls = 0;
}

static void
drop_first(WindowState *window)
{
	WindowRow *row = nth_row(window, 0);

	drop_calls(window, row);
	ExecClearTuple(row->slot);
	row->asked = false;
	window->first = (window->first + 1) % window->size;
	window->n--;
}

static void
drop_all(WindowState *window)
{
	while (window->n > 0)
		drop_first(window);
	window->handed = false;
	window->handed_on = 0;
	window->ended = false;
	window->failure = NULL;
	window->width = 0;
}

static void
end_window(CustomScanState *node)
{
	WindowState *window = (WindowState *) node;

	drop_all(window);
	if (window->cxt != NULL)
		MemoryContextDelete(window->cxt);
	window->cxt = NULL;
	ExecEndNode(window->child);
}

static void
rescan_window(CustomScanState *node)
{
	WindowState *window = (WindowState *) node;

	drop_all(window);
	/* Memoize forgets what depends on them, too */
	if (node->ss.ps.chgParam != NULL && window->given != NULL)
		ftx_given_keys_forget(window->given);
	if (node->ss.ps.chgParam != NULL)
		UpdateChangedParamSet(window->child, node->ss.ps.chgParam);
	if (window->child->chgParam == NULL)
		ExecReScan(window->child);
}

/* ---------- asking ---------- */

/*
 * May calls be made that might turn out not to be needed, or needed only later?
 * Not where they could bring a belt or a limit of the account near, so that
 * others fail.
 */
static bool
calls_to_spare(WindowState *window)
{
	const FtxTally *tally = ftx_engine_tally(
		ftx_scan_session(window->inner)->engine);
	bool certain = window->reads != FTX_READS_SOME;
	int64 few = 2 * (int64) window->size;

	if (ftx_guc_max_calls() >= 0 &&
		(!certain ||
		 ftx_guc_max_calls() - window->statement->budget.calls <= few))
		return false;
	if (ftx_guc_reserve() > 0 && (!certain || tally->seen_at == 0 ||
								  tally->remaining - few < ftx_guc_reserve()))
		return false;
	return certain || tally->remaining < 0 || tally->remaining > 2 * few;
}

/*
 * A row as the nested loop is to see it.
 */
static TupleTableSlot *
row_of_join(WindowState *window, TupleTableSlot *row)
{
	ScanState *ss = &window->css.ss;
	TupleTableSlot *slot = ss->ss_ScanTupleSlot;

	if (TupIsNull(row))
		return NULL;
	slot_getallattrs(row);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, row->tts_values, sizeof(Datum) * row->tts_nvalid);
	memcpy(slot->tts_isnull, row->tts_isnull, sizeof(bool) * row->tts_nvalid);
	ExecStoreVirtualTuple(slot);
	if (ss->ps.ps_ProjInfo == NULL)
		return slot;
	ss->ps.ps_ExprContext->ecxt_scantuple = slot;
	return ExecProject(ss->ps.ps_ProjInfo);
}

/*
 * Start what the inner scan will ask for when the row is reached.
 */
static void
ask(WindowState *window, WindowRow *row)
{
	ParamExecData *params = window->css.ss.ps.state->es_param_exec_vals;
	List *nest_params = window->join->nestParams;
	MemoryContext old = MemoryContextSwitchTo(window->asking);
	ParamExecData *saved = palloc(sizeof(ParamExecData) *
								  (list_length(nest_params) + 1));
	TupleTableSlot *slot = row_of_join(window, row->slot);
	ListCell *lc;

	row->asked = true;
	foreach (lc, nest_params)
	{
		NestLoopParam *param = lfirst(lc);
		ParamExecData *value = &params[param->paramno];

		saved[foreach_current_index(lc)] = *value;
		value->execPlan = NULL;
		value->value = slot_getattr(slot, param->paramval->varattno,
									&value->isnull);
	}
	PG_TRY();
	{
		if (window->given == NULL || ftx_given_keys_add(window->given, slot))
			row->ncalls = ftx_scan_ask(window->inner, row->calls);
	}
	PG_FINALLY();
	{
		foreach (lc, nest_params)
			params[((NestLoopParam *) lfirst(lc))->paramno] =
				saved[foreach_current_index(lc)];
	}
	PG_END_TRY();
	for (int i = 0; i < row->ncalls; i++)
		window->ahead += ftx_call_shared(row->calls[i]) ? 0 : 1;
	MemoryContextSwitchTo(old);
	MemoryContextReset(window->asking);
}

/* ---------- the window ---------- */

/*
 * A write of this backend has changed what answers would be.
 */
static void
stop_asking(WindowState *window)
{
	window->asks = false;
	for (int i = 0; i < window->n; i++)
		drop_calls(window, nth_row(window, i));
}

/*
 * Read one more row into the window; false if there is none.  With `spare` it
 * may not be wanted at all.
 */
static bool
read_row(WindowState *window, bool spare)
{
	TupleTableSlot *slot;
	bool in_hand = spare && window->outer != NULL;

	if (window->failure != NULL)
		return false;
	slot = in_hand ? ftx_scan_next_in_hand(window->outer, window->cxt,
										   &window->failure) :
					 ExecProcNode(window->child);
	if (TupIsNull(slot))
	{
		window->ended = !in_hand;
		return false;
	}
	ExecCopySlot(nth_row(window, window->n)->slot, slot);
	window->n++;
	return true;
}

/*
 * How many rows are to be in the window?
 */
static int
next_width(const WindowState *window)
{
	if (window->reads == FTX_READS_EVERYTHING ||
		(window->reads == FTX_READS_MORE && window->width > 0))
		return window->size;
	if (window->n > 0)
		return window->width < window->size ? window->n : window->size;
	return Min(Max(2 * window->width, 1), window->size);
}

static void
fill(WindowState *window)
{
	bool certain = window->reads == FTX_READS_EVERYTHING ||
				   (window->reads == FTX_READS_MORE && window->width > 0);
	int width = next_width(window);

	if (window->wanted >= 0)
		width = (int) Min((int64) width,
						  Max(window->wanted - window->handed_on, 1));
	if (window->n == 0 || width == window->size)
		window->width = width;
	for (int i = 0; i < width; i++)
	{
		WindowRow *row = nth_row(window, i);

		if (i >= window->n &&
			(window->ended || !read_row(window, !certain && window->n > 0)))
			break;
		/* a row by itself is not asked for any earlier */
		if (!row->asked && width > 1 && calls_to_spare(window))
			ask(window, row);
	}
}

static TupleTableSlot *
exec_window(CustomScanState *node)
{
	WindowState *window = (WindowState *) node;

	ResetExprContext(node->ss.ps.ps_ExprContext);
	if (!window->started)
		start_window(window);
	if (window->handed)
		drop_first(window);
	window->handed = false;
	if (window->asks && window->writes != ftx_memo_writes())
		stop_asking(window);
	if (window->asks)
		fill(window);
	if (window->n > 0)
	{
		window->handed = true;
		window->handed_on++;
		return row_of_join(window, nth_row(window, 0)->slot);
	}
	if (window->failure != NULL)
		ReThrowError(window->failure);
	return window->ended ? NULL :
						   row_of_join(window, ExecProcNode(window->child));
}

/* ---------- EXPLAIN ---------- */

/*
 * What was asked ahead and is held, but nobody has looked at.
 */
static int64
unwanted(WindowState *window)
{
	int64 n = 0;

	for (int i = 0; i < window->n; i++)
	{
		const WindowRow *row = nth_row(window, i);

		for (int j = 0; j < row->ncalls; j++)
			n += ftx_call_wanted(row->calls[j]) ? 0 : 1;
	}
	return n;
}

static void
explain_window(CustomScanState *node, List *ancestors, ExplainState *es)
{
	WindowState *window = (WindowState *) node;
	EState *estate = node->ss.ps.state;
	FtxJoinReads reads;
	Plan *scan;

	if (ftx_join_of_window(estate->es_plannedstmt, node->ss.ps.plan, true,
						   &reads, &scan) != NULL)
		ExplainPropertyText(
			"Asks Ahead For",
			rt_fetch(((Scan *) scan)->scanrelid, estate->es_range_table)
				->eref->aliasname,
			es);
	if (!es->analyze)
		return;
	ExplainPropertyInteger("Calls Ahead", NULL, window->ahead, es);
	ExplainPropertyInteger("Calls Wasted", NULL,
						   window->wasted + unwanted(window), es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "Fivetrex Ask Ahead",
	.BeginCustomScan = begin_window,
	.ExecCustomScan = exec_window,
	.EndCustomScan = end_window,
	.ReScanCustomScan = rescan_window,
	.ExplainCustomScan = explain_window,
};

static Node *
create_window(CustomScan *plan)
{
	WindowState *window = (WindowState *) newNode(sizeof(WindowState),
												  T_CustomScanState);

	window->css.methods = &exec_methods;
	return (Node *) window;
}

const CustomScanMethods ftx_join_window_methods = {
	.CustomName = "Fivetrex Ask Ahead",
	.CreateCustomScanState = create_window,
};
