/*-------------------------------------------------------------------------
 *
 * row_address.h
 *		What expressions do with columns that are computed from ctid.
 *
 * All rows of a foreign table have the same one: it may be handed out, and
 * ranges of it may be evaluated, but rows cannot be told by it
 * (system_columns.c).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ROW_ADDRESS_H
#define FTX_ROW_ADDRESS_H

#include "access/sysattr.h"
#include "nodes/pathnodes.h"

/* The member of a set that stands for an attribute, as in pull_varattnos(). */
#define FTX_ATTR(attnum) ((attnum) -FirstLowInvalidHeapAttributeNumber)

/*
 * A relation by which the query can name the foreign table's rows: the table,
 * then what it is a child of, by inheritance, partitioning or UNION ALL.
 */
typedef struct FtxOrigin
{
	Index relid;
	Bitmapset *addresses; /* FTX_ATTR() of columns computed from ctid & co. */
} FtxOrigin;

/*
 * The table and its parents (List of FtxOrigin), with the columns that are
 * computed from those of the table in `addresses`.
 */
extern List *
ftx_address_origins(PlannerInfo *root, RelOptInfo *rel, Bitmapset *addresses);

/* Is there an address in the expression, or WHERE CURRENT OF? */
extern bool ftx_address_used(List *origins, Node *node);

/* Does it have WHERE CURRENT OF one of them? */
extern bool ftx_address_current_of(List *origins, Node *node);

/* Is the condition free of addresses, but for ranges and NULL tests? */
extern bool ftx_address_condition_allowed(List *origins, Node *node);

/*
 * Does an expression of the output tell rows by their address?  Handing it
 * out, cast or formatted, does not.
 */
extern bool ftx_address_tells_rows(List *origins, Node *node);

/*
 * Does a function over the window compare rows by its ORDER BY: any but
 * row_number(), for which ties do not matter?
 */
extern bool ftx_address_ranks(const WindowClause *window, Node *output);

#endif /* FTX_ROW_ADDRESS_H */
