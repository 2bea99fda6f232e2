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
#include "optimizer/paths.h"
#include "utils/lsyscache.h"

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
 * Members of an equivalence class, those of a child among them: these are kept
 * apart since 18.
 */
#if PG_VERSION_NUM >= 180000
typedef EquivalenceMemberIterator FtxMembers;
#define ftx_members_start(members, ec, rel)                                    \
	setup_eclass_member_iterator((members), (ec), (rel)->relids)
#define ftx_members_next(members) eclass_member_iterator_next(members)
#else
typedef struct FtxMembers
{
	List *all;
	int next;
} FtxMembers;

#define ftx_members_start(members, ec, rel)                                    \
	((members)->all = (ec)->ec_members, (members)->next = 0)
#define ftx_members_next(members)                                              \
	((members)->next < list_length((members)->all) ?                           \
		 (EquivalenceMember *) list_nth((members)->all, (members)->next++) :   \
		 NULL)
#endif

/*
 * The operator that sorts values of a type for a pathkey: it says by a strategy
 * of btrees until 17.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_pathkey_operator(pathkey, type)                                    \
	get_opfamily_member_for_cmptype((pathkey)->pk_opfamily, (type), (type),    \
									(pathkey)->pk_cmptype)
#else
#define ftx_pathkey_operator(pathkey, type)                                    \
	get_opfamily_member((pathkey)->pk_opfamily, (type), (type),                \
						(pathkey)->pk_strategy)
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
