/*-------------------------------------------------------------------------
 *
 * statement.c
 *		What one statement may still do and has done.
 *
 * The executor's hooks count how deep runs are nested, as those of
 * pg_stat_statements do; the outermost one is the statement.  What is kept of
 * it is made only when somebody asks, so that statements which have nothing
 * to do with Fivetran pay for two assignments.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/statement.h"
#include "base/compat.h"
#include "base/owner.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "tcop/pquery.h"
#include "tcop/utility.h"
#include "utils/memutils.h"

static ExecutorStart_hook_type next_start = NULL;
static ExecutorRun_hook_type next_run = NULL;
static ExecutorFinish_hook_type next_finish = NULL;
static ExecutorEnd_hook_type next_end = NULL;
static ProcessUtility_hook_type next_utility = NULL;

/*
 * Where the backend is.  `depth` counts calls of the executor, and of utility
 * statements that are statements for us, one inside the other; `outermost` is
 * the query of the first, NULL if that is a utility statement, and is
 * meaningless at depth 0.
 */
static int depth = 0;
static QueryDesc *outermost = NULL;

/* The query and the `count` of the innermost ExecutorRun(). */
static const QueryDesc *running = NULL;
static uint64 rows_wanted = 0;

/*
 * The run that was under way when the library was loaded, or NULL, and the
 * portal that it is below: while that is active, all else is inside.
 */
static MemoryContext loading_run = NULL;
static Portal loading_portal = NULL;

/* Of the utility statement at depth 1; of the function call at depth 0. */
static FtxStatement *utility_statement = NULL;
static FtxStatement *function_statement = NULL;

/* Those of all runs under way in this backend that have one. */
typedef struct StatementOfRun
{
	FtxOwned owned;
	FtxStatement *statement;
} StatementOfRun;

static dlist_head runs = DLIST_STATIC_INIT(runs);
static dlist_head all_held = DLIST_STATIC_INIT(all_held);

/* ---------- statements ---------- */

static FtxStatement *
create_statement(void)
{
	static uint64 last_number = 0;
	FtxStatement *statement = MemoryContextAllocZero(TopMemoryContext,
													 sizeof(FtxStatement));

	statement->number = ++last_number;
	statement->pins = 1; /* the caller's */
	return statement;
}

static void
unpin_statement(FtxStatement *statement)
{
	if (--statement->pins == 0)
		pfree(statement);
}

/*
 * Reset callback of those who hold one.
 */
static void
unpin_callback(void *arg)
{
	unpin_statement(arg);
}

/*
 * A run holds its own.
 */
static void
end_run(void *arg)
{
	FtxStatement *statement = ((StatementOfRun *) arg)->statement;

	if (statement != NULL)
		unpin_statement(statement);
}

static FtxStatement *
statement_of_run(MemoryContext run)
{
	StatementOfRun *found = ftx_owned_by(run, &runs, sizeof(StatementOfRun),
										 end_run);

	if (found->statement == NULL)
		found->statement = create_statement();
	return found->statement;
}

static bool
in_loading_run(void)
{
	return loading_run != NULL && loading_portal->status == PORTAL_ACTIVE;
}

static FtxStatement *
current_statement(void)
{
	if (in_loading_run())
		return statement_of_run(loading_run);
	if (depth > 0 && outermost == NULL)
	{
		if (utility_statement == NULL)
			utility_statement = create_statement();
		return utility_statement;
	}
	if (depth > 0 && outermost->estate != NULL)
		return statement_of_run(outermost->estate->es_query_cxt);
	if (function_statement == NULL)
		function_statement = create_statement();
	return function_statement;
}

FtxStatement *
ftx_statement_pin(MemoryContext owner)
{
	FtxStatement *statement = current_statement();

	ftx_at_reset(owner, unpin_callback, statement);
	statement->pins++;
	return statement;
}

const QueryDesc *
ftx_statement_running(void)
{
	return running;
}

uint64
ftx_statement_rows_wanted(void)
{
	return rows_wanted;
}

void
ftx_statement_enter_function(void)
{
	if (depth > 0 || in_loading_run() || function_statement == NULL)
		return;
	unpin_statement(function_statement);
	function_statement = NULL;
}

/* ---------- what is held back ---------- */

static void
forget_held(void *arg)
{
	dlist_delete(&((FtxHeld *) arg)->node);
}

void
ftx_held_announce(FtxHeld *held, MemoryContext owner, EState *estate)
{
	ftx_at_reset(owner, forget_held, held);
	held->estate = estate;
	dlist_push_tail(&all_held, &held->node);
}

static void
send_held(EState *estate)
{
	dlist_iter iter;

	dlist_foreach (iter, &all_held)
	{
		FtxHeld *held = dlist_container(FtxHeld, node, iter.cur);

		if (held->estate == estate)
			held->gather(held);
	}
	dlist_foreach (iter, &all_held)
	{
		FtxHeld *held = dlist_container(FtxHeld, node, iter.cur);

		if (held->estate == estate)
			held->send(held);
	}
}

/*
 * Run the parts of WITH that nothing has read to their end, as the executor
 * does when it finishes: then all of the query is known, and what is held back
 * leaves before AFTER triggers fire, which look at it or write themselves.
 */
static void
finish_parts(EState *estate)
{
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	ListCell *lc;

	estate->es_direction = ForwardScanDirection;
	foreach (lc, estate->es_auxmodifytables)
	{
		PlanState *part = lfirst(lc);
		TupleTableSlot *row;

		do
		{
			ResetPerTupleExprContext(estate);
			/* not in TupIsNull(), which evaluates its argument twice */
			row = ExecProcNode(part);
		} while (!TupIsNull(row));
	}
	MemoryContextSwitchTo(old);
}

/* ---------- hooks ---------- */

static void
enter_run(QueryDesc *query)
{
	if (depth++ == 0)
		outermost = query;
}

static void
leave_run(void)
{
	if (--depth > 0)
		return;
	outermost = NULL;
	if (utility_statement != NULL)
		unpin_statement(utility_statement);
	utility_statement = NULL;
}

/*
 * Run what a hook stands for, counted; errors are counted out, too.  `call`
 * uses no local variable: newer compilers see it clobbered by an error.
 */
#define INSIDE(query, call)                                                    \
	do                                                                         \
	{                                                                          \
		enter_run(query);                                                      \
		PG_TRY();                                                              \
		{                                                                      \
			call;                                                              \
		}                                                                      \
		PG_CATCH();                                                            \
		{                                                                      \
			leave_run();                                                       \
			PG_RE_THROW();                                                     \
		}                                                                      \
		PG_END_TRY();                                                          \
		leave_run();                                                           \
	} while (0)

static void
fivetrexExecutorStart(QueryDesc *query, int eflags)
{
	INSIDE(query,
		   (next_start ? next_start : standard_ExecutorStart)(query, eflags));
}

static void
run(FTX_EXECUTOR_RUN_PARAMETERS)
{
	INSIDE(queryDesc, (next_run ? next_run : standard_ExecutorRun)(
						  FTX_EXECUTOR_RUN_ARGUMENTS));
}

static void
fivetrexExecutorRun(FTX_EXECUTOR_RUN_PARAMETERS)
{
	const QueryDesc *outer_query = running;
	uint64 outer = rows_wanted;

	running = queryDesc;
	rows_wanted = count;
	PG_TRY();
	{
		run(FTX_EXECUTOR_RUN_ARGUMENTS);
	}
	PG_FINALLY();
	{
		running = outer_query;
		rows_wanted = outer;
	}
	PG_END_TRY();
}

/*
 * All parts are run, then all that is held back leaves, then triggers fire.
 */
static void
finish(QueryDesc *query)
{
	finish_parts(query->estate);
	send_held(query->estate);
	if (next_finish != NULL)
		next_finish(query);
	else
		standard_ExecutorFinish(query);
}

static void
fivetrexExecutorFinish(QueryDesc *query)
{
	INSIDE(query, finish(query));
}

static void
fivetrexExecutorEnd(QueryDesc *query)
{
	INSIDE(query, (next_end ? next_end : standard_ExecutorEnd)(query));
}

/*
 * Utility statements whose parts are statements, or which only begin, go on
 * with or end one: FETCH runs the query of its cursor, EXECUTE that of the
 * prepared statement, COMMIT those of holdable cursors.
 */
static bool
has_statements(const PlannedStmt *statement)
{
	switch (nodeTag(statement->utilityStmt))
	{
		case T_CallStmt:
		case T_DoStmt:
		case T_ExecuteStmt:
		case T_DeclareCursorStmt:
		case T_FetchStmt:
		case T_TransactionStmt:
			return true;
		default:
			return false;
	}
}

static void
fivetrexProcessUtility(PlannedStmt *pstmt, const char *queryString,
					   bool readOnlyTree, ProcessUtilityContext context,
					   ParamListInfo params, QueryEnvironment *queryEnv,
					   DestReceiver *dest, QueryCompletion *qc)
{
	/* volatile: it must be in memory where an error comes back to */
	volatile ProcessUtility_hook_type next = next_utility ?
												 next_utility :
												 standard_ProcessUtility;

	if (has_statements(pstmt))
	{
		next(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest,
			 qc);
		return;
	}
	INSIDE(NULL, next(pstmt, queryString, readOnlyTree, context, params,
					  queryEnv, dest, qc));
}

/* ---------- a library that is loaded late ---------- */

static void
forget_loading_run(void *arg)
{
	loading_run = NULL;
}

static MemoryContext
newest_child(MemoryContext parent, const char *name)
{
	for (MemoryContext child = parent->firstchild; child != NULL;
		 child = child->nextchild)
	{
		if (strcmp(child->name, name) == 0)
			return child;
	}
	return NULL;
}

/*
 * The oldest query that SPI is running for a procedure whose contexts are
 * below `parent`.  SPI does not tell, but its memory contexts do.
 */
static MemoryContext
oldest_spi_run(MemoryContext parent)
{
	MemoryContext found = NULL;

	for (MemoryContext child = parent ? parent->firstchild : NULL;
		 child != NULL; child = child->nextchild)
	{
		MemoryContext run = strcmp(child->name, "SPI Exec") == 0 ?
								newest_child(child, "ExecutorState") :
								NULL;

		if (run != NULL)
			found = run;
	}
	return found;
}

/*
 * The library may be loaded when its first function or table is met, in the
 * middle of a run whose start the hooks have not seen.  The portal of a query
 * has that run below it; in a DO or CALL the oldest query that SPI runs for it
 * is meant.  Should a version name these contexts otherwise, the first
 * statement of such a session is taken for several, and nothing else happens.
 */
static MemoryContext
find_loading_run(void)
{
	PlannedStmt *statement;
	MemoryContext procedure;
	MemoryContext run;

	if (ActivePortal == NULL)
		return NULL;
	statement = PortalGetPrimaryStmt(ActivePortal);
	if (statement == NULL || statement->commandType != CMD_UTILITY)
		return newest_child(ActivePortal->portalContext, "ExecutorState");
	if (!has_statements(statement))
		return ActivePortal->portalContext;

	/*
	 * Procedures that may commit are older than all that is atomic; if one
	 * calls the other, only the last can have a query.
	 */
	procedure = newest_child(ActivePortal->portalContext, "SPI Proc");
	run = oldest_spi_run(procedure);
	return run != NULL ? run : oldest_spi_run(TopTransactionContext);
}

void
ftx_statement_init(void)
{
	next_start = ExecutorStart_hook;
	ExecutorStart_hook = fivetrexExecutorStart;
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = fivetrexExecutorRun;
	next_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = fivetrexExecutorFinish;
	next_end = ExecutorEnd_hook;
	ExecutorEnd_hook = fivetrexExecutorEnd;
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = fivetrexProcessUtility;

	loading_portal = ActivePortal;
	loading_run = find_loading_run();
	if (loading_run != NULL)
		ftx_at_reset(loading_run, forget_loading_run, NULL);
}
