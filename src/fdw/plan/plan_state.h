/*-------------------------------------------------------------------------
 *
 * plan_state.h
 *		What the planner knows about a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PLAN_STATE_H
#define FTX_PLAN_STATE_H

#include "api/options/options.h"
#include "api/options/table.h"
#include "catalogue/catalogue.h"
#include "nodes/pathnodes.h"

/* A clause that narrows the request. */
typedef struct FtxMatch
{
	RestrictInfo *rinfo;
	int column;		  /* index in the catalogue */
	bool is_key;	  /* the detail call's key */
	bool is_path_key; /* of a child table: in the path of its list or object */
	int filter;		  /* index in FtxResource.filters, or -1 */
	bool is_array;	  /* column = ANY (value) */
	Expr *value;	  /* text, or text[] */
} FtxMatch;

/* What the planner knows about one foreign table. */
typedef struct FtxPlanState
{
	FtxTable *table;
	FtxServerOptions server;
	FtxTableOptions options;
	const FtxResource *resource;
	Const **constants; /* per attnum - 1: the value of the option constant, or
						* NULL; NULL if no column has it */
	Bitmapset *used;   /* attnums the query needs */
	bool needs_detail; /* one of them comes only from a call for each row */
	int object_calls;  /* 1 if that is the detail call, else 0 */
	int extra_calls;   /* others that each row takes */
	double omitted;	   /* share of rows that take the detail call because the
						* list is expected to leave out one of them */
	bool needs_list;   /* one of them comes only from the list */
	bool needs_parent; /* one of them comes only from the rows of the parent */
	List *matches;	   /* of FtxMatch, from baserestrictinfo */
	double list_rows;  /* rows of the unfiltered list */
} FtxPlanState;

#endif /* FTX_PLAN_STATE_H */
