/*-------------------------------------------------------------------------
 *
 * checks.h
 *		What a row has to satisfy before it is sent.
 *
 * Core checks WITH CHECK OPTION of views after the row was handed to the
 * wrapper, and neither CHECK constraints of foreign tables nor policies of
 * their partitioned parents at all.  A write cannot be taken back, so all of
 * these are checked here, on the row that is about to leave; and once more on
 * the row that the API answers with, where that is read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CHECKS_H
#define FTX_CHECKS_H

#include "fdw/modify/target.h"
#include "nodes/execnodes.h"

typedef struct FtxChecks FtxChecks;

/*
 * Prepare the checks of a statement, in the current memory context; NULL if
 * there are none.  `check_options` is what info->ri_WithCheckOptions is or
 * will be when the first row comes.  Of the constraints, an UPDATE can only
 * violate those that name one of the attnums `set`; NULL means that any may
 * change.
 */
extern FtxChecks *
ftx_checks_create(FtxTarget *target, EState *estate, ResultRelInfo *info,
				  List *check_options, const Bitmapset *set);

/* The attnums (IntList) that the checks name. */
extern List *ftx_checks_attnums(const FtxChecks *checks);

/*
 * Check a row that is about to be sent.  Throws what core would for a local
 * table; ERRCODE_FEATURE_NOT_SUPPORTED if a check needs a column whose value
 * is not known before the API has answered.
 */
extern void ftx_checks_before(FtxChecks *checks, TupleTableSlot *slot);

/* Check a row as the API answered it. */
extern void ftx_checks_after(FtxChecks *checks, TupleTableSlot *slot);

#endif /* FTX_CHECKS_H */
