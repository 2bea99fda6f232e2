/*-------------------------------------------------------------------------
 *
 * volatile.h
 *		Volatile functions that core calls beside those that are named.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_VOLATILE_H
#define FTX_VOLATILE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

/*
 * Does evaluating an expression, a list of them or a Query call a volatile
 * function?  Those count that it names, those that an aggregate consists of,
 * and those in the constraints of domains.  Plans of subqueries are not looked
 * at.
 */
extern bool ftx_is_volatile(const void *node);

/*
 * Functions of users that are not IMMUTABLE may write, whatever they are
 * declared as: is it one of them?  Does evaluating an expression, a list of
 * them or of RestrictInfo, call one, be it to read values of a column's type?
 */
extern bool ftx_function_may_write(Oid function);
extern bool ftx_may_write(const void *node);

/*
 * Does the expression, or the list of them, name any function of users, or a
 * domain, which may have some?
 */
extern bool ftx_calls_users(const void *node);

/*
 * May storing a row call one, or fire a trigger before it is stored: in a
 * target of the plan, or in a partition that rows may be routed to?  `rtable`
 * is the statement's.
 */
extern bool
ftx_storing_is_volatile(const ModifyTable *plan, const List *rtable);

#endif /* FTX_VOLATILE_H */
