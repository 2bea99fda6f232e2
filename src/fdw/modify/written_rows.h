/*-------------------------------------------------------------------------
 *
 * written_rows.h
 *		Rows that several parts of one query would write.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WRITTEN_ROWS_H
#define FTX_WRITTEN_ROWS_H

#include "fdw/modify/target.h"
#include "nodes/execnodes.h"

/*
 * A row is about to be gathered for the result relation `rti` of the query,
 * named as by ftx_target_row_name().  Throws ERRCODE_CARDINALITY_VIOLATION if
 * another part of WITH, or the query itself, writes it, too.
 */
extern void ftx_written_once(EState *estate, Index rti, const FtxTarget *target,
							 const char *name);

/* Can that happen in the query? */
extern bool ftx_written_by_parts(const EState *estate);

#endif /* FTX_WRITTEN_ROWS_H */
