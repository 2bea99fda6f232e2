/*-------------------------------------------------------------------------
 *
 * scan_plan.h
 *		What planning leaves for a scan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCAN_PLAN_H
#define FTX_SCAN_PLAN_H

/* How the rows of a table are got. */
typedef enum FtxScanMode
{
	FTX_SCAN_LIST,	   /* the list call, page by page */
	FTX_SCAN_KEYS,	   /* one detail call per key */
	FTX_SCAN_SINGLETON /* the one detail call, without a key */
} FtxScanMode;

/*
 * Items of ForeignScan.fdw_private, in this order.  Plans are copied, kept in
 * the cache and written as text, so these are nodes (lists, numbers, strings)
 * and name resource, columns and filters by what does not change while the
 * library is loaded.  A server's options are read again when the plan is
 * executed: only what the plan was chosen for is in it.
 */
typedef enum FtxPlanItem
{
	FtxPlanResource,   /* String: name of the resource */
	FtxPlanMode,	   /* Integer: FtxScanMode */
	FtxPlanKeyIsArray, /* Integer: the key expression is text[] */
	FtxPlanFilters,	   /* IntList: filters that have an expression */
	FtxPlanListFilter, /* Integer: the member of that which is text[], or -1 */
	FtxPlanMostLists,  /* Integer: values of it that have lists of their own;
						* if there are more, all rows are read */
	FtxPlanPathKeys,   /* IntList: columns of the parent that have one */
	FtxPlanListKey,	   /* Integer: the one of them that is text[], or -1 */
	FtxPlanLowers,	   /* Integer: lower bounds of the period */
	FtxPlanUppers,	   /* Integer: upper bounds */
	FtxPlanConstants,  /* Integer: conditions on constants */
	FtxPlanParentConditions, /* Integer: conditions on parents */
	FtxPlanAttnums,			 /* IntList: attributes to fill */
	FtxPlanConditionAttnums, /* IntList: those of them that conditions need */
	FtxPlanNeedsDetail,		 /* Integer: boolean */
	FtxPlanPageSize,		 /* Integer */
	FtxPlanPrefetch,		 /* Integer: boolean */
	FtxPlanFewRows,			 /* Integer: boolean: a few may suffice, how
							  * many is not known */
	FtxPlanNullForMisfits,	 /* Integer: boolean */
	FtxPlanLimit,			 /* Integer: rows that suffice, -1 = unknown */
	FtxPlanListPages,		 /* Integer: expected pages of the plain list */
	FtxPlanCalls,			 /* Integer: expected calls of one scan */
	FtxPlanExprs, /* Integer: members of fdw_exprs that are the scan's */

	/* and for UPDATE and DELETE that the scan itself makes (direct.c) */
	FtxPlanSetAttnums,	  /* IntList: attributes that are set */
	FtxPlanReturnAttnums, /* IntList: attributes that RETURNING uses */
	FtxPlanReturning,	  /* Integer: boolean */
	FtxPlanCanSetTag	  /* Integer: boolean */
} FtxPlanItem;

/*
 * ForeignScan.fdw_exprs holds the key expression (mode FTX_SCAN_KEYS only),
 * then one expression per member of FtxPlanFilters and FtxPlanPathKeys, then
 * FtxPlanLowers and FtxPlanUppers bounds, FtxPlanConstants conditions that hold
 * for all rows or for none, then FtxPlanParentConditions local conditions that
 * can be checked on parents before their children are asked for, then those
 * that can be checked before details are fetched: FtxPlanExprs in all.  After
 * them come,
 * for direct.c, one expression per member of FtxPlanSetAttnums and all local
 * conditions.
 */

#endif /* FTX_SCAN_PLAN_H */
