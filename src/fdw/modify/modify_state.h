/*-------------------------------------------------------------------------
 *
 * modify_state.h
 *		What the execution of a modification keeps: modify_begin.c makes it,
 *		modify.c handles rows with it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MODIFY_STATE_H
#define FTX_MODIFY_STATE_H

#include "api/calls/statement.h"
#include "api/writes/writes.h"
#include "base/textset.h"
#include "executor/tuptable.h"
#include "fdw/modify/checks.h"
#include "fdw/modify/sent_rows.h"
#include "fdw/modify/target.h"
#include "nodes/pg_list.h"
#include "read/binding.h"

/*
 * When requests leave: with needs_answer or one_by_one each before the next row
 * is looked at; else those of an INSERT when a batch is full or the run ends,
 * others when the run ends.
 *
 * needs_answer: RETURNING, or a trigger, wants the row as the API has it; so
 * the answer is put over the row, and core may not hand in several at once.
 * one_by_one: nobody wants the answer, but something looks at the table, or
 * fires, between two rows (COPY with an AFTER trigger). has_returning: of the
 * statement, to be told from a trigger's want. triggers_change_rows: a BEFORE
 * trigger may set more columns than the statement names, so what is set is
 * found out row by row.
 *
 * binding and slot are those of the row whose answer is being taken, and mean
 * nothing otherwise.
 */
typedef struct FtxModifyState
{
	FtxTarget *target;
	FtxWrites *writes;
	List *set_attnums;
	bool needs_answer; /* before the next row */
	bool one_by_one;   /* as if it did: something follows the statement that
						* looks at the table */
	bool has_returning;
	bool triggers_change_rows; /* BEFORE UPDATE ROW */
	FtxChecks *checks;		   /* of new rows; NULL if there are none */
	FtxSentRows *rows;		   /* gathered ones whose answers are checked,
								* too, or NULL */
	TupleTableSlot *answered;  /* for one of them */

	AttrNumber *identity_attnos; /* junk, per catalogue column */
	AttrNumber old_row_attno;	 /* junk, or invalid */
	texthash_hash *seen;		 /* paths of rows that were written */

	FtxHeld held; /* leaves at the end of the run */
	MemoryContext cxt;
	MemoryContext seen_cxt;
	MemoryContext row_cxt;

	/* for the callback that takes an answer */
	const FtxBinding *binding;
	TupleTableSlot *slot;
} FtxModifyState;

/* Whatever was gathered leaves now. */
extern void ftx_modify_flush(FtxModifyState *state);

#endif /* FTX_MODIFY_STATE_H */
