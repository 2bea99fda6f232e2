/*-------------------------------------------------------------------------
 *
 * target.h
 *		The foreign table that INSERT, UPDATE or DELETE is about, and how its
 *		rows become requests.
 *
 * modify.c (row by row, as core hands them in) and direct.c (UPDATE and
 * DELETE that the scan itself makes) share this.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TARGET_H
#define FTX_TARGET_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "api/options/constant.h"
#include "api/options/table.h"
#include "api/writes/writes.h"
#include "catalogue/catalogue.h"
#include "fdw/modify/merge.h"
#include "fdw/modify/twins.h"
#include "fdw/plan/generated.h"
#include "nodes/execnodes.h"
#include "read/binding.h"
#include "read/converter.h"
#include "utils/relcache.h"

typedef struct FtxTarget
{
	Relation rel;
	MemoryContext cxt; /* of this */
	FtxTable *table;
	const FtxResource *resource;
	FtxSession *session;
	bool dry_run; /* by an option of table, server or mapping */
	CmdType operation;
	FtxConstants *constants; /* columns that are not the API's; or NULL */
	FtxTwins *twins;		 /* columns that are one of the API's; or NULL */
	Bitmapset *identity;	 /* catalogue columns in the operation's path */
	FtxConverter *answer;	 /* fills `returned`, or NULL */
	List *returned;			 /* IntList of attnums */
	List *asked;			 /* the same with generated ones */
	FtxGenerated *generated; /* attributes computed from them; or NULL */
	Bitmapset *known;		 /* attnums whose values in the rows that answers
							  * are put over were read, or are set, be they
							  * NULL; those that are not NULL are, anyway */
	FtxMerge *merge;		 /* rows that are merged into one update, or NULL */
	FtxCallSpec merged;		 /* all of such an update but path and body */
	FtxStats stats;
} FtxTarget;

/*
 * Prepare in the current memory context, which the result lives in.  Refuses
 * what ftx_write_check() refuses, and access 'read_only' of the table.
 * `returned`: attributes to be filled from answers.
 */
extern FtxTarget *
ftx_target_begin(Relation rel, CmdType operation, Oid userid, List *returned);

/*
 * Fill these attributes from answers, too.  In the memory context that the
 * target lives in.
 */
extern void ftx_target_read_answers(FtxTarget *target, List *attnums);

/*
 * EXPLAIN ANALYZE throws the rows of RETURNING away, secrets that are told
 * only once with them: ERRCODE_FEATURE_NOT_SUPPORTED then.
 */
extern void ftx_target_check_explain(const FtxTarget *target, EState *estate);

/*
 * The path of the creation for these values: the one in a parent, if that is
 * given.
 */
extern const char *ftx_target_creation(const FtxBinding *given);

/*
 * The columns that identify a row to be changed, in the current memory context.
 * `attnos` says where in the slot each catalogue column is, NULL: the slot has
 * a row of the table.
 */
extern FtxBinding *ftx_target_binding(FtxTarget *target, TupleTableSlot *slot,
									  const AttrNumber *attnos);

/*
 * The row that is to be created, with the constants of the table where the
 * statement gives nothing; in the slot.
 */
extern void ftx_target_fill(FtxTarget *target, TupleTableSlot *slot);

/*
 * The request that creates a row.  Throws for a value in a column that cannot
 * be sent, a missing one that must be, and masked secrets.
 */
extern void ftx_target_insert(FtxTarget *target, const Datum *values,
							  const bool *nulls, FtxCallSpec *spec);

/*
 * The request that sets the attributes `attnums` of a row which `binding`
 * identifies.  False if nothing is left to be sent without masked secrets (a
 * NOTICE says so).
 */
extern bool ftx_target_update(FtxTarget *target, List *attnums,
							  const Datum *values, const bool *nulls,
							  const FtxBinding *binding, FtxCallSpec *spec);

/*
 * Do these attributes of a row that shares its request with others have the
 * values that they are to be set to, `old` those that were read?  Then it need
 * not be sent.  Rows with a request of their own always are.
 */
extern bool ftx_target_unchanged(const FtxTarget *target, List *attnums,
								 const Datum *values, const bool *nulls,
								 const Datum *old, const bool *old_nulls);

extern void ftx_target_delete(FtxTarget *target, const FtxBinding *binding,
							  FtxCallSpec *spec);

/*
 * Add the request of a row to those that are to be sent; rows that are merged
 * are kept until ftx_target_gathered().  `binding` as for the update.
 */
extern void ftx_target_add(FtxTarget *target, FtxWrites *writes,
						   const FtxCallSpec *spec, const FtxBinding *binding);

/* Call before ftx_writes_send(). */
extern void ftx_target_gathered(FtxTarget *target, FtxWrites *writes);

/* What tells the row from others, in the current memory context. */
extern char *ftx_target_row_name(FtxTarget *target, const FtxCallSpec *spec,
								 const FtxBinding *binding);

/* The text of a value of the table's attribute, for bindings. */
extern char *ftx_target_text(FtxTarget *target, int attnum, Datum value);

#endif /* FTX_TARGET_H */
