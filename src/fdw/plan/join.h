/*-------------------------------------------------------------------------
 *
 * join.h
 *		Joins by key: what the inner side asks for is asked ahead.
 *
 * A nested loop asks the API for the matches of one row at a time.  Where its
 * inner side is a foreign scan that takes its key from the outer row, a custom
 * scan over the outer side reads a window of rows, starts the requests that the
 * inner scan will make for them, and hands the rows on in their order.  All
 * else of the join is core's: the inner scan makes its requests as always, and
 * finds them under way (api/calls/exchange.h).
 *
 * join_plan.c adds the paths; join_inner.c tells what is asked for,
 * join_outer.c what may be read ahead, and join_reads.c how much of a join will
 * be read; join_window.c executes the custom scan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_JOIN_H
#define FTX_JOIN_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/pathnodes.h"

/* Install the hook that adds paths. */
extern void ftx_join_init(void);

/* What is certain not to fail where it is read ahead of need. */
typedef enum FtxJoinOuter
{
	FTX_OUTER_MAY_FAIL,	 /* nothing: read ahead only what is wanted anyway */
	FTX_OUTER_LOCAL,	 /* all of it */
	FTX_OUTER_IN_ANSWER, /* one of our scans: rows that have arrived */
} FtxJoinOuter;

/*
 * What planning leaves for the custom scan, in its custom_private; a path's is
 * the same list.
 */
typedef struct FtxWindowPlan
{
	FtxJoinOuter outer;
	int keys; /* different ones that the rows are expected to have, -1 if that
			   * is not known */
} FtxWindowPlan;

extern FtxWindowPlan ftx_window_unpack(const CustomScan *scan);

/*
 * The outer side's part of what the inner path asks for: expressions.  *known
 * is false if parents would have to be enumerated.
 */
extern List *ftx_join_asked_values(PlannerInfo *root, RelOptInfo *inner,
								   Path *path, bool *known);

/*
 * May the inner path ask for something that depends on the row of the outer
 * side alone?  What a subquery asks for is looked at when its plan is there.
 */
extern bool ftx_join_asks_by_row(PlannerInfo *root, Path *path, Relids outer);

/* Is the relation a table of ours; is one of those of the query? */
extern bool ftx_join_reads_ours(RelOptInfo *rel);
extern bool ftx_join_query_reads_ours(PlannerInfo *root);

/*
 * Is what the outer side does the same when rows are read ahead of need?
 */
extern bool ftx_join_outer_is_calm(PlannerInfo *root, RelOptInfo *outer);

/*
 * What of the outer side can be read ahead although it may not be wanted.
 */
extern FtxJoinOuter ftx_join_outer_kind(PlannerInfo *root, RelOptInfo *outer);

/*
 * How many different keys (expressions `values`) have so many rows?  Not more
 * than the table can have that they come from.
 */
extern double ftx_join_keys(PlannerInfo *root, List *values, double rows);

/*
 * The same as Memoize counts them: where nothing is known, all are different.
 */
extern double
ftx_join_memoized_keys(PlannerInfo *root, List *values, double rows);

/* How much of a join's outer side will be read. */
typedef enum FtxJoinReads
{
	FTX_READS_SOME,		 /* maybe one row only */
	FTX_READS_MORE,		 /* maybe one row only, but if another, then all */
	FTX_READS_EVERYTHING /* all, unless an error comes between */
} FtxJoinReads;

/*
 * The nested loop that a custom scan is the outer side of; NULL if that is not
 * in the plan, or nothing can be asked ahead for it.  *scan: the foreign scan
 * that is read for each of its rows.  *reads: how much the plan makes it read,
 * given that `all` rows of the statement are wanted.
 */
extern NestLoop *
ftx_join_of_window(const PlannedStmt *statement, const Plan *window, bool all,
				   FtxJoinReads *reads, Plan **scan);

/*
 * How many rows of the join's outer side suffice for the statement, as it ends
 * with a LIMIT and each of them makes a row; -1: that is not known.
 */
extern int64
ftx_join_rows_wanted(const PlannedStmt *statement, const NestLoop *join);

extern const CustomScanMethods ftx_join_window_methods;

#endif /* FTX_JOIN_H */
