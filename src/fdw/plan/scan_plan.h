/*-------------------------------------------------------------------------
 *
 * scan_plan.h
 *		What planning leaves for a scan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCAN_PLAN_H
#define FTX_SCAN_PLAN_H

#include "catalogue/catalogue.h"
#include "nodes/pathnodes.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

/* How the rows of a table are got. */
typedef enum FtxScanMode
{
	FTX_SCAN_LIST,	   /* the list call, page by page */
	FTX_SCAN_KEYS,	   /* one detail call per key */
	FTX_SCAN_SINGLETON /* the one detail call, without a key */
} FtxScanMode;

/*
 * Lists of expressions in a plan.  Those of the request come first: their
 * values are found when a scan starts.  The others are evaluated row by row.
 */
typedef enum FtxScanExprs
{
	FTX_EXPRS_KEY,		 /* the key of FTX_SCAN_KEYS: one, or none */
	FTX_EXPRS_FILTERS,	 /* one per member of FtxScanPlan.filters */
	FTX_EXPRS_PATH_KEYS, /* one per member of FtxScanPlan.path_keys */
	FTX_EXPRS_LOWERS,	 /* lower bounds of the period */
	FTX_EXPRS_UPPERS,	 /* upper bounds */
	FTX_EXPRS_CONSTANTS, /* conditions that hold for all rows or for none */
	FTX_REQUEST_EXPRS,	 /* so many are the request's */

	/* local conditions that can be checked on parents before their children are
	 * asked for, and on items of a list before details are */
	FTX_EXPRS_ON_PARENTS = FTX_REQUEST_EXPRS,
	FTX_EXPRS_ON_ITEMS,
	FTX_EXPRS_SORT, /* what the list is sorted by: NIL if it is not */

	/* of a direct modification: one per member of FtxScanPlan.set_attnums, and
	 * all local conditions, which the plan has in its `qual` otherwise */
	FTX_EXPRS_SET,
	FTX_EXPRS_CONDITIONS,
	FTX_SCAN_EXPRS
} FtxScanExprs;

/*
 * What planning leaves for a scan, in fdw_private and fdw_exprs of its
 * ForeignScan.  It names resource, columns and filters by what does not change
 * while the library is loaded.  A server's options are read again when the plan
 * is executed: only what the plan was chosen for is in it.
 *
 * Core changes the expressions after they were packed (variables become
 * parameters, subplans get their places), which is why they are in fdw_exprs, a
 * list of as many lists as there are FtxScanExprs.
 *
 * An unpacked plan is a view of the ForeignScan's lists: nothing in it is freed
 * or changed, and it is valid as long as that plan is.
 */
typedef struct FtxScanPlan
{
	const FtxResource *resource;
	FtxScanMode mode;
	bool key_is_array; /* the key expression is text[] */
	List *filters;	   /* IntList: filters that have an expression */
	int list_filter;   /* the place in that of the one which is text[], or -1 */
	int most_lists;	 /* values of it that have lists of their own; if there are
					 * more, all rows are read.  0 without one */
	List *path_keys; /* IntList: columns in the path that have an
						  * expression */
	int list_key;	 /* the one of them that is text[], or -1 */
	List *attnums;	 /* IntList: attributes to fill */
	List *first_attnums; /* IntList: those of them that conditions need */
	bool needs_detail;	 /* one of them comes only from the detail call */
	bool needs_parent;	 /* one of them comes only from rows of the parent */
	int page_size;
	bool prefetch;
	bool few_rows; /* a few may suffice, how many is not known */
	bool null_for_misfits;
	int limit; /* rows that suffice, -1 = unknown */

	/* of a list that is sorted, one for each of FTX_EXPRS_SORT */
	List *sort_operators;	/* OidList */
	List *sort_collations;	/* OidList */
	List *sort_nulls_first; /* IntList */
	bool sort_in_doubt;		/* only details decide which rows are wanted */

	int list_rows;	  /* expected rows of the plain list */
	int list_pages;	  /* its pages */
	int calls;		  /* expected calls of one scan */
	int detail_calls; /* of them, those for single rows of a list */
	int row_calls;	  /* so many for each row, if all of them take some */
	int parent_calls; /* of them, those that enumerate parents */

	/* of a direct modification (direct.c), else NIL and false */
	List *set_attnums;	  /* IntList: attributes that are set */
	List *return_attnums; /* IntList: attributes that RETURNING uses */
	bool returning;
	bool can_set_tag;

	List *exprs[FTX_SCAN_EXPRS];
} FtxScanPlan;

/*
 * Does the value of an expression differ from row to row of what the scan is
 * joined with?
 */
extern bool ftx_differs_by_row(Node *expr);

/*
 * Rows of the list that suffice, -1 = unknown: all of them are read to be
 * sorted.
 */
static inline int
ftx_plan_list_limit(const FtxScanPlan *plan)
{
	return plan->exprs[FTX_EXPRS_SORT] == NIL ? plan->limit : -1;
}

/* Into a ForeignScan, in place of what that has. */
extern void ftx_scan_plan_pack(const FtxScanPlan *plan, ForeignScan *scan);

extern void ftx_scan_plan_unpack(const ForeignScan *scan, FtxScanPlan *plan);

/*
 * What a path was chosen for: its ForeignPath.fdw_private, and what that says.
 */
extern List *ftx_foreign_path_pack(FtxScanMode mode, double calls);
extern FtxScanMode ftx_foreign_path_mode(const ForeignPath *path);
extern int ftx_foreign_path_calls(const ForeignPath *path);

#endif /* FTX_SCAN_PLAN_H */
