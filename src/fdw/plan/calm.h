/*-------------------------------------------------------------------------
 *
 * calm.h
 *		Statements that do nothing beside reading, but for what they store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CALM_H
#define FTX_CALM_H

#include "nodes/plannodes.h"

/*
 * Does the order in which a statement reads its tables make no difference?  It
 * writes in one place at most, and calls no volatile function, which may look
 * at what others change, change it itself, or wait for it.
 */
extern bool ftx_plan_is_calm(const PlannedStmt *statement);

/* The same of a part of its plan; NULL, which there is none of, is calm. */
extern bool ftx_tree_is_calm(const PlannedStmt *statement, const Plan *plan);

/* And of one node, with the subqueries in its expressions. */
extern bool ftx_node_is_calm(const PlannedStmt *statement, const Plan *plan);

#endif /* FTX_CALM_H */
