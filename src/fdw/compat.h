/*-------------------------------------------------------------------------
 *
 * compat.h
 *		Differences between versions of PostgreSQL that planning, execution
 *		and EXPLAIN of foreign tables meet: see base/compat.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_FDW_COMPAT_H
#define FTX_FDW_COMPAT_H

#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"

/* EXPLAIN's property functions moved to headers of their own in 18. */
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/*
 * CHECK constraints may name virtual generated columns, and be declared
 * without being enforced, since 18.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_constraint_expr(expr, rel)                                         \
	expand_generated_columns_in_expr((expr), (rel), 1)
#define ftx_constraint_enforced(check) ((check)->ccenforced)
#else
#define ftx_constraint_expr(expr, rel) ((void) (rel), (Node *) (expr))
#define ftx_constraint_enforced(check) ((void) (check), true)
#endif

/*
 * RETURNING may name the old row since 18, which an INSERT does not have.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_var_of_old_row(var) ((var)->varreturningtype == VAR_RETURNING_OLD)
#else
#define ftx_var_of_old_row(var) ((void) (var), false)
#endif

/*
 * RETURNING can name the row as it was since 18.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_returns_old(node) contain_vars_returning_old_or_new(node)
#else
#define ftx_returns_old(node) ((void) (node), false)
#endif

/*
 * IS JSON is since 16, JSON_EXISTS() and its kind since 17.
 */
#if PG_VERSION_NUM >= 170000
#define ftx_is_json_test(node)                                                 \
	(IsA((node), JsonIsPredicate) || IsA((node), JsonExpr))
#elif PG_VERSION_NUM >= 160000
#define ftx_is_json_test(node) IsA((node), JsonIsPredicate)
#else
#define ftx_is_json_test(node) ((void) (node), false)
#endif

/*
 * The user whose privileges a foreign scan runs with: kept in the range
 * table until 15, in the plan node since 16.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_scan_check_as_user(fsplan, rte)                                    \
	((void) (rte), (fsplan)->checkAsUser)
#else
#define ftx_scan_check_as_user(fsplan, rte)                                    \
	((void) (fsplan), (rte)->checkAsUser)
#endif

/*
 * The user whose privileges a write runs with.  A partition that rows are
 * routed to has no range table entry of its own: that of its root counts.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_modify_check_as_user(info, estate)                                 \
	ExecGetResultRelCheckAsUser((info), (estate))
#else
static inline Oid
ftx_modify_check_as_user(ResultRelInfo *info, EState *estate)
{
	Index index = info->ri_RangeTableIndex != 0 ?
					  info->ri_RangeTableIndex :
					  info->ri_RootResultRelInfo->ri_RangeTableIndex;
	Oid user = exec_rt_fetch(index, estate)->checkAsUser;

	return OidIsValid(user) ? user : GetUserId();
}
#endif

/*
 * An expression over a parent's columns as one over a child's: told by sets of
 * relations until 15.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_translate_to_child(root, node, child, parent)                      \
	adjust_appendrel_attrs_multilevel((root), (node), (child), (parent))
#else
#define ftx_translate_to_child(root, node, child, parent)                      \
	adjust_appendrel_attrs_multilevel((root), (node), (child)->relids,         \
									  (parent)->relids)
#endif

/*
 * 17 added fdw_restrictinfo, 18 added disabled_nodes.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_create_foreignscan_path(root, rel, target, rows, startup, total,   \
									pathkeys, outer, private_list)             \
	create_foreignscan_path((root), (rel), (target), (rows), 0, (startup),     \
							(total), (pathkeys), (outer), NULL, NIL,           \
							(private_list))
#elif PG_VERSION_NUM >= 170000
#define ftx_create_foreignscan_path(root, rel, target, rows, startup, total,   \
									pathkeys, outer, private_list)             \
	create_foreignscan_path((root), (rel), (target), (rows), (startup),        \
							(total), (pathkeys), (outer), NULL, NIL,           \
							(private_list))
#else
#define ftx_create_foreignscan_path(root, rel, target, rows, startup, total,   \
									pathkeys, outer, private_list)             \
	create_foreignscan_path((root), (rel), (target), (rows), (startup),        \
							(total), (pathkeys), (outer), NULL,                \
							(private_list))
#endif

/*
 * Does a plan write to several relations?  A list of them until 18.
 */
#if PG_VERSION_NUM >= 190000
#define ftx_plan_writes_many(plan)                                             \
	(bms_membership((plan)->resultRelationRelids) == BMS_MULTIPLE)
#else
#define ftx_plan_writes_many(plan) (list_length((plan)->resultRelations) > 1)
#endif

#endif /* FTX_FDW_COMPAT_H */
