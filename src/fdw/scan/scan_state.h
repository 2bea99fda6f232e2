/*-------------------------------------------------------------------------
 *
 * scan_state.h
 *		The state of a scan, for the files that make one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCAN_STATE_H
#define FTX_SCAN_STATE_H

#include "access/tupdesc.h"
#include "api/calls/open_lists.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "api/options/table.h"
#include "datatype/timestamp.h"
#include "fdw/plan/scan_plan.h"
#include "fdw/scan/parent_filter.h"
#include "fdw/scan/row_filter.h"
#include "fdw/scan/scan.h"
#include "fdw/scan/sorted.h"
#include "fdw/scan/start_together.h"
#include "fdw/scan/user_code.h"
#include "fdw/scan/whole_list.h"
#include "json/json.h"
#include "lib/ilist.h"
#include "net/engine.h"
#include "nodes/execnodes.h"
#include "read/converter.h"
#include "read/items.h"
#include "read/objects.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

/*
 * One ForeignScan node in execution.  It is made when the node is begun and
 * goes with `cxt`: when the node ends, or, after an error, with the query's
 * memory, whose reset also ends its requests and takes it out of the open
 * lists.
 *
 * A scan is started by the first row that is asked for, and a rescan takes it
 * back to before that: it empties items, objects and sorted, drops the spool,
 * and start_scan() sets the fields of "the present scan" anew, which mean
 * nothing before `started`.  All above them is kept, and most of it is set
 * once: but `watch` is made when somebody waits, and stats, `first` and what
 * decides on the whole list go on from one start to the next.
 *
 * Once there is a spool all rows come from it and nothing more is read: the API
 * was read to its end when it was made.
 *
 * With `describes` only node, describes, now, max_concurrency, table, plan,
 * params and whole are there.
 */
struct FtxScanState
{
	dlist_node all; /* in the list of all scans */
	ForeignScanState *node;
	FtxOpenList open_list; /* while a paged list is being read */
	TupleDesc tupdesc;	   /* a copy: slots of it pin nothing, so that they can
						* be made on behalf of another statement */

	/* from the plan */
	FtxTable *table;
	FtxScanPlan plan;
	List *params[FTX_REQUEST_EXPRS]; /* ExprStates of its expressions */
	int max_concurrency;			 /* of the server */
	bool describes; /* for EXPLAIN: nothing is executed, there are no session,
					 * items or slots */

	/* conditions */
	FtxParentFilter *parent_filter; /* NULL: all parents are wanted */
	FtxRowFilter *conditions; /* on list items, before details are fetched */
	ExprContext *conditions_context;
	TupleTableSlot *conditions_slot;
	FtxUserCode *user_code; /* what they need for functions of users */

	/* rows that do not pass are not handed out; NULL: that is left to core */
	FtxRowFilter *filter;
	FtxRowFilter *spool_filter; /* for rows that are read ahead; NULL: all */
	bool in_steps; /* rows have columns that the filter does not look at */

	FtxSession *session;
	FtxWatch *watch; /* once an Append waits for the scan */
	FtxConverter *converter;
	FtxSorted *sorted;	 /* the list in an order; NULL: in its own */
	bool extras;		 /* each row takes calls of its own */
	FtxItems *items;	 /* the list */
	FtxObjects *objects; /* what is asked for row by row */
	FtxStats stats;
	TimestampTz *now;	   /* what a period counts from: the run's */
	FtxFirstRequest first; /* sent ahead of the start, maybe */
	bool read_again;	   /* it is likely to be, from the beginning */

	/* is the whole list read instead of parts of it (whole_list.c) */
	FtxWhole whole;
	int64 whole_since; /* calls that had been made then */

	/* the present scan */
	bool started;
	bool at_work;	  /* user_code.h */
	FtxScanMode mode; /* keys may turn out to be read by the list */
	char **keys;	  /* in params_cxt, NULL-terminated entries */
	int nkeys;
	int next_key;
	bool in_hand_only; /* rows that have arrived count only (in_hand.c) */
	bool input_ended;  /* nothing more to fetch details of */
	int64 emitted;
	const FtxJsonValue *begun; /* the item of the row in the slot, as long as
								* only what the filter needs is filled */

	MemoryContext cxt;		  /* of the scan, below the query's */
	MemoryContext params_cxt; /* values of the present scan */
	MemoryContext row_cxt;	  /* the row handed out last */

	/* rows read ahead because somebody was about to write */
	ResourceOwner owner; /* of the scan's temporary files */
	Tuplestorestate *spool;
	TupleTableSlot *spool_slot;
	MemoryContext spool_cxt; /* their row_cxt */
	bool broken;			 /* reading ahead failed in the middle */
};

/*
 * In scan.c: read the next row from the API into a slot, but none that is
 * certain not to pass the scan's filter; false at the end.
 */
extern bool ftx_scan_read_wanted(FtxScanState *state, TupleTableSlot *slot,
								 MemoryContext cxt);

/*
 * Fill what is missing of the row in the scan's slot.  Call before the next
 * item is asked for: the row's own item is lost then.
 */
extern void ftx_scan_complete_row(FtxScanState *state);

/* In scan_begin.c: a scan that is never executed, to describe its request. */
extern FtxScanState *ftx_scan_describe(ForeignScanState *node);

/* Is the next item there, and a row as it is?  (in_hand.c) */
extern bool ftx_scan_has_in_hand(FtxScanState *state);

#endif /* FTX_SCAN_STATE_H */
