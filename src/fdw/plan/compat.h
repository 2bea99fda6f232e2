/*-------------------------------------------------------------------------
 *
 * compat.h
 *		Differences between versions of PostgreSQL that paths of joins, and who
 *		looks at plans, meet: see base/compat.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PLAN_COMPAT_H
#define FTX_PLAN_COMPAT_H

#include "postgres.h"

#include "nodes/pathnodes.h"
#include "optimizer/cost.h"
#include "optimizer/pathnode.h"

/*
 * Disabled nodes of a path are counted since 18; before, they cost much.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_path_copy_disabled(path, from)                                     \
	((path)->disabled_nodes = (from)->disabled_nodes)
#else
#define ftx_path_copy_disabled(path, from) ((void) 0)
#endif

/*
 * 19 takes the strategies that are enabled for the join.
 */
#if PG_VERSION_NUM >= 190000
#define ftx_initial_cost_nestloop(root, workspace, type, outer, inner, extra)  \
	initial_cost_nestloop((root), (workspace), (type),                         \
						  PGS_NESTLOOP_PLAIN | PGS_CONSIDER_NONPARTIAL,        \
						  (outer), (inner), (extra))
#else
#define ftx_initial_cost_nestloop(root, workspace, type, outer, inner, extra)  \
	initial_cost_nestloop((root), (workspace), (type), (outer), (inner),       \
						  (extra))
#endif

/*
 * Paths of the outer side of JOIN_UNIQUE_OUTER, List of Path: since 19 the
 * relation is unique already.
 */
#if PG_VERSION_NUM >= 190000
#define ftx_unique_paths(root, rel, sjinfo) ((void) (sjinfo), (rel)->pathlist)
#else
#define ftx_unique_paths(root, rel, sjinfo)                                    \
	list_make1(create_unique_path((root), (rel), (rel)->cheapest_total_path,   \
								  (sjinfo)))
#endif

/*
 * Does a statement write to the relation?  A list of them until 18.
 */
#if PG_VERSION_NUM >= 190000
#define ftx_plan_writes_to(statement, relid)                                   \
	bms_is_member((int) (relid), (statement)->resultRelationRelids)
#else
#define ftx_plan_writes_to(statement, relid)                                   \
	list_member_int((statement)->resultRelations, (int) (relid))
#endif

#endif /* FTX_PLAN_COMPAT_H */
