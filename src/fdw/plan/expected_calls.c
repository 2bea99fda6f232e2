/*-------------------------------------------------------------------------
 *
 * expected_calls.c
 *		How many calls a scan is expected to make in a statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "api/options/options.h"
#include "catalogue/catalogue.h"
#include "fdw/compat.h"
#include "fdw/plan/expected_calls.h"
#include "fdw/plan/readings.h"
#include "foreign/foreign.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/memutils.h"

/*
 * What the memo of an execution holds (api/calls/memo.h): so many rows of a
 * list; of one that another scan will read, too; so many small answers.
 */
#define MEMO_ROWS 3000.0
#define KEPT_ROWS 9000.0
#define MEMO_ANSWERS 1024.0

static bool
takes_param(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		return true;
	return expression_tree_walker(node, takes_param, context);
}

bool
ftx_differs_by_row(Node *expr)
{
	return takes_param(expr, NULL);
}

/* ---------- the whole list ---------- */

bool
ftx_may_read_whole(const FtxScanPlan *plan)
{
	const FtxResource *resource = plan->resource;

	if (resource->parent != NULL || resource->list == NULL ||
		plan->needs_detail || plan->list_filter >= 0 || plan->key_is_array ||
		(double) plan->list_pages * plan->page_size > MEMO_ROWS)
		return false;
	if (plan->mode == FTX_SCAN_KEYS)
		return ftx_differs_by_row((Node *) plan->exprs[FTX_EXPRS_KEY]);
	return ftx_differs_by_row((Node *) plan->exprs[FTX_EXPRS_FILTERS]);
}

bool
ftx_whole_is_expected(const FtxScanPlan *plan, double loops)
{
	return loops * plan->calls > plan->list_pages;
}

/* ---------- what another scan has asked for ---------- */

/*
 * A reading with what it asks for: where that is a value of a row, the column
 * that it comes from stands for it, so that scans which ask for the same can be
 * told.
 */
typedef struct Asking
{
	const FtxReading *reading;
	FtxScanPlan plan;
	Oid user;
} Asking;

static Node *
with_columns(Node *node, void *context)
{
	Node **values = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC &&
		values[((Param *) node)->paramid] != NULL)
		return values[((Param *) node)->paramid];
	return expression_tree_mutator(node, with_columns, context);
}

static Asking *
asking_of(const PlannedStmt *statement, const FtxReading *reading,
		  Node **values)
{
	Asking *asking = palloc(sizeof(Asking));
	RangeTblEntry *rte = rt_fetch(reading->scan->scan.scanrelid,
								  statement->rtable);

	asking->reading = reading;
	asking->user = ftx_scan_check_as_user(reading->scan, rte);
	ftx_scan_plan_unpack(reading->scan, &asking->plan);
	for (int kind = 0; kind < FTX_REQUEST_EXPRS; kind++)
		asking->plan.exprs[kind] = (List *) with_columns(
			(Node *) asking->plan.exprs[kind], values);
	return asking;
}

static bool
one_list(const FtxScanPlan *plan)
{
	return plan->mode == FTX_SCAN_LIST && plan->resource->list != NULL;
}

/*
 * The expression of a column in the path; NULL if there is none.
 */
static Node *
path_expr(const FtxScanPlan *plan, const char *column)
{
	ListCell *lc;

	foreach (lc, plan->path_keys)
	{
		if (strcmp(plan->resource->columns[lfirst_int(lc)].name, column) == 0)
			return list_nth(plan->exprs[FTX_EXPRS_PATH_KEYS],
							foreach_current_index(lc));
	}
	return NULL;
}

/*
 * Do both ask for the lists of the same parents?
 */
static bool
same_parents(const FtxScanPlan *plan, const FtxScanPlan *other)
{
	const FtxResource *resource = plan->resource;

	if (other->exprs[FTX_EXPRS_ON_PARENTS] != NIL)
		return false;
	for (int i = 0; i < resource->nlinks; i++)
	{
		const char *column = resource->links[i].column;

		if (!equal(path_expr(plan, column), path_expr(other, column)))
			return false;
	}
	return true;
}

static bool
same_exprs(const FtxScanPlan *plan, const FtxScanPlan *other, FtxScanExprs kind)
{
	return equal(plan->exprs[kind], other->exprs[kind]);
}

static bool
same_list(const FtxScanPlan *plan, const FtxScanPlan *other)
{
	if (!one_list(plan) || !one_list(other) ||
		strcmp(plan->resource->list, other->resource->list) != 0 ||
		plan->page_size != other->page_size ||
		ftx_plan_list_limit(plan) != ftx_plan_list_limit(other) ||
		!equal(plan->filters, other->filters) ||
		!same_exprs(plan, other, FTX_EXPRS_FILTERS) ||
		!same_exprs(plan, other, FTX_EXPRS_LOWERS) ||
		!same_exprs(plan, other, FTX_EXPRS_UPPERS))
		return false;

	/* the whole key makes it one object */
	if (plan->resource->detail != NULL &&
		(!equal(plan->path_keys, other->path_keys) ||
		 !same_exprs(plan, other, FTX_EXPRS_PATH_KEYS)))
		return false;
	return same_parents(plan, other);
}

static bool
same_keys(const FtxScanPlan *plan, const FtxScanPlan *other)
{
	return plan->mode == FTX_SCAN_KEYS && other->mode == FTX_SCAN_KEYS &&
		   plan->resource == other->resource &&
		   same_exprs(plan, other, FTX_EXPRS_KEY);
}

static bool
reads_all(const FtxScanPlan *plan)
{
	return one_list(plan) && ftx_plan_list_limit(plan) < 0 &&
		   plan->filters == NIL && plan->path_keys == NIL &&
		   plan->exprs[FTX_EXPRS_ON_PARENTS] == NIL;
}

/*
 * Is the resource the parents that the scan enumerates, all of them?
 */
static bool
enumerates(const FtxScanPlan *plan, const FtxResource *resource)
{
	return plan->parent_calls > 0 && plan->path_keys == NIL &&
		   resource == ftx_resource_find(plan->resource->parent);
}

/* ---------- calls ---------- */

/* Expected calls of a reading, by what they are for. */
typedef struct Calls
{
	double lists; /* or keys */
	double details;
	double parents;
} Calls;

static double
share_of(double calls, double share)
{
	return calls > 0 ? Max(ceil(calls * share - 1e-6), 1) : 0;
}

/*
 * What a request depends on: what it is made of, and which of the parents are
 * asked for.
 */
static List *
request_exprs(const FtxScanPlan *plan)
{
	List *exprs = NIL;

	for (int kind = 0; kind <= FTX_EXPRS_ON_PARENTS; kind++)
		exprs = lappend(exprs, plan->exprs[kind]);
	return exprs;
}

/*
 * Rows whose details are asked for until so many of them are there: one, then
 * as many at once as were not enough, and one more (scan.c).
 */
static double
rows_asked_for(const ForeignScan *scan, double wanted)
{
	FtxServerOptions server;

	ftx_options_server(GetForeignServer(scan->fs_server), &server);
	return wanted - 1 + Min(2 * server.max_concurrency, wanted);
}

/*
 * Details of one execution.
 */
static double
details_of(const Asking *asking, double share)
{
	const FtxScanPlan *plan = &asking->plan;
	double rows;

	if (plan->detail_calls == 0 || share >= 1)
		return plan->detail_calls;

	/* of rows of which the list leaves out something, some may be among them */
	if (plan->row_calls == 0)
		return rint(plan->detail_calls * share);
	rows = plan->detail_calls / plan->row_calls;
	rows = Min(rows, plan->few_rows ? rows_asked_for(asking->reading->scan,
													 share_of(rows, share)) :
									  share_of(rows, share));
	return rows * plan->row_calls;
}

/*
 * Details of several, which have the same list but other conditions: each takes
 * the first rows that pass, of which so many out of all do.
 */
static double
different_details(const Asking *asking, double details)
{
	const FtxScanPlan *plan = &asking->plan;
	const Plan *scan = &asking->reading->scan->scan.plan;
	double times = ftx_reading_loops(asking->reading, scan->qual);
	double passing = Max(scan->plan_rows, 1);

	if (times <= 1)
		return details;
	return Min(times * details,
			   Max(details, rint(details * Max(plan->list_rows / passing, 1))));
}

/*
 * Does the memo hold what the scan reads in all?
 */
static bool
memo_holds(const FtxScanPlan *plan, double lists)
{
	return plan->resource->parent == NULL && plan->mode == FTX_SCAN_LIST ?
			   lists * plan->page_size <= KEPT_ROWS :
			   lists <= MEMO_ANSWERS;
}

static Calls
calls_of(const Asking *asking, double lists)
{
	const FtxReading *reading = asking->reading;
	const FtxScanPlan *plan = &asking->plan;
	FtxScanPlan unpacked;
	double share = plan->limit >= 0 ? 1 : reading->share;
	bool sorted = plan->exprs[FTX_EXPRS_SORT] != NIL;
	double loops;
	Calls calls = {0};

	if (!reading->executed)
		return calls;
	ftx_scan_plan_unpack(reading->scan, &unpacked);
	loops = ftx_reading_loops(reading, request_exprs(&unpacked));
	calls.parents = ftx_reading_loops(reading,
									  unpacked.exprs[FTX_EXPRS_PATH_KEYS]) *
					share_of(plan->parent_calls, share);
	if (lists < 0)
		lists = plan->calls - plan->detail_calls - plan->parent_calls;
	calls.lists = share_of(lists, sorted ? 1 : share);
	calls.details = details_of(asking, share);
	if (loops <= 1)
		calls.details = different_details(asking, calls.details);
	if (!memo_holds(plan, calls.lists))
		loops = ftx_reading_starts(reading);
	calls.lists *= loops;
	calls.details *= loops;
	if (ftx_may_read_whole(&unpacked) &&
		ftx_whole_is_expected(&unpacked, loops))
		calls.lists = plan->list_pages;
	return calls;
}

/*
 * Leave out what another scan asks for, too.
 */
static void
share_calls(Calls *calls, const Asking *asking, const Asking *other)
{
	const FtxScanPlan *plan = &asking->plan;
	const FtxScanPlan *before = &other->plan;

	if (other->user != asking->user || !other->reading->executed ||
		other->reading->share < asking->reading->share)
		return;
	if (enumerates(plan, before->resource) && reads_all(before))
		calls->parents = 0;
	if (plan->parent_calls > 0 && before->parent_calls > 0 &&
		plan->path_keys == NIL &&
		enumerates(before, ftx_resource_find(plan->resource->parent)))
		calls->parents = 0;
	if (!memo_holds(plan, calls->lists))
		return;
	if (same_list(plan, before) || same_keys(plan, before) ||
		(reads_all(plan) && enumerates(before, plan->resource)))
		calls->lists = 0;
	if (calls->lists == 0 && before->needs_detail &&
		before->resource == plan->resource)
		calls->details = 0;
}

static const FtxReading *
reading_of(List *readings, const ForeignScan *scan)
{
	ListCell *lc;

	foreach (lc, readings)
	{
		const FtxReading *reading = lfirst(lc);

		if (reading->scan == scan)
			return reading;
	}
	return NULL;
}

/*
 * Each scan of a statement looks at all of them, so what that takes is freed:
 * of a thousand partitions it would be hundreds of megabytes.
 */
static MemoryContext
working_context(void)
{
	return AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex expected calls", ALLOCSET_SMALL_SIZES);
}

double
ftx_expected_loops(const PlannedStmt *statement, const ForeignScan *scan)
{
	MemoryContext cxt = working_context();
	MemoryContext old = MemoryContextSwitchTo(cxt);
	Node **values;
	const FtxReading *reading = reading_of(
		ftx_readings(statement, scan->fs_server, &values), scan);
	double loops = 1;

	if (reading != NULL)
	{
		FtxScanPlan plan;

		ftx_scan_plan_unpack(scan, &plan);
		loops = reading->executed ?
					ftx_reading_loops(reading, request_exprs(&plan)) :
					0;
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return loops;
}

static double
expected_calls(const PlannedStmt *statement, const ForeignScan *scan,
			   double lists)
{
	Node **values;
	List *readings = ftx_readings(statement, scan->fs_server, &values);
	const FtxReading *reading = reading_of(readings, scan);
	Asking *asking;
	Calls calls;
	ListCell *lc;

	if (reading == NULL)
	{
		FtxScanPlan plan;

		ftx_scan_plan_unpack(scan, &plan);
		return plan.calls;
	}
	asking = asking_of(statement, reading, values);
	calls = calls_of(asking, lists);
	foreach (lc, readings)
	{
		if (lfirst(lc) == reading)
			break;
		share_calls(&calls, asking, asking_of(statement, lfirst(lc), values));
	}
	return calls.lists + calls.details + calls.parents;
}

double
ftx_expected_calls(const PlannedStmt *statement, const ForeignScan *scan,
				   double lists)
{
	MemoryContext cxt = working_context();
	MemoryContext old = MemoryContextSwitchTo(cxt);
	double calls = expected_calls(statement, scan, lists);

	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return calls;
}
