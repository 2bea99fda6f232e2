/*-------------------------------------------------------------------------
 *
 * checks.c
 *		What a row has to satisfy before it is sent.
 *
 * Errors are those of core for local tables, but without the row's values:
 * it may hold secrets that are on their way to the API.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "api/options/table.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fdw/compat.h"
#include "fdw/modify/checks.h"
#include "fdw/plan/named_columns.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/partcache.h"
#include "utils/rel.h"

typedef enum CheckKind
{
	CHECK_OPTION, /* of a view, or a policy */
	CHECK_CONSTRAINT,
	CHECK_PARTITION
} CheckKind;

typedef struct Check
{
	CheckKind kind;
	WithCheckOption *option; /* of CHECK_OPTION */
	const char *name;		 /* of CHECK_CONSTRAINT */
	ExprState *state;		 /* of CHECK_CONSTRAINT */
	Bitmapset *named;		 /* shifted attnums */
	bool names_write_only;	 /* one of them is never read back */
} Check;

struct FtxChecks
{
	FtxTarget *target;
	EState *estate;
	ResultRelInfo *info;
	Check *checks;
	int nchecks;
	Bitmapset *unsure;		 /* attnums that what is set changes in a way which
							  * only the API knows */
	TupleTableSlot *as_read; /* a row with write-only columns as reads give
							  * them; NULL if no option names one */
};

/* ---------- preparation ---------- */

static unsigned
checked_flags(const FtxTarget *target, int attnum)
{
	int column = attnum > 0 ? ftx_table_column(target->table, attnum) : -1;

	return column >= 0 ? target->resource->columns[column].flags : 0;
}

static Check *
add_check(FtxChecks *checks, CheckKind kind, Bitmapset *named)
{
	Check *check;
	int bit = -1;

	checks->checks = checks->checks == NULL ?
						 palloc(sizeof(Check)) :
						 repalloc(checks->checks,
								  sizeof(Check) * (checks->nchecks + 1));
	check = &checks->checks[checks->nchecks++];
	memset(check, 0, sizeof(Check));
	check->kind = kind;
	check->named = named;
	while ((bit = bms_next_member(named, bit)) >= 0)
		check->names_write_only |=
			(checked_flags(checks->target,
						   bit + FirstLowInvalidHeapAttributeNumber) &
			 FTX_WRITE_ONLY) != 0;
	return check;
}

static void
add_options(FtxChecks *checks, List *options)
{
	Relation rel = checks->target->rel;
	ListCell *lc;

	foreach (lc, options)
	{
		WithCheckOption *option = lfirst_node(WithCheckOption, lc);
		Check *check = add_check(checks, CHECK_OPTION,
								 ftx_named_columns(rel, option->qual));

		check->option = option;
		if (check->names_write_only && checks->as_read == NULL)
			checks->as_read = MakeSingleTupleTableSlot(
				CreateTupleDescCopy(RelationGetDescr(rel)), &TTSOpsVirtual);
	}
}

static void
add_constraints(FtxChecks *checks, const Bitmapset *set)
{
	Relation rel = checks->target->rel;
	Bitmapset *named = ftx_named_columns(
		rel, (Node *) RelationGetPartitionQual(rel));

	if (rel->rd_rel->relispartition &&
		(set == NULL || ftx_named_any(named, set)))
		add_check(checks, CHECK_PARTITION, named);
	for (int i = 0; i < ftx_constraint_count(rel); i++)
	{
		const ConstrCheck *constraint = &RelationGetDescr(rel)
											 ->constr->check[i];
		Node *expr = ftx_constraint_node(rel, constraint);
		Check *check;

		named = ftx_named_columns(rel, expr);
		if (!ftx_constraint_enforced(constraint) ||
			(set != NULL && !ftx_named_any(named, set)))
			continue;
		check = add_check(checks, CHECK_CONSTRAINT, named);
		check->name = pstrdup(constraint->ccname);
		check->state = ExecPrepareExpr((Expr *) expr, checks->estate);
	}
}

/*
 * The whole object has what is set, and so have objects in it: what they will
 * be is told by the answer only.
 */
static void
find_unsure(FtxChecks *checks, const Bitmapset *set)
{
	FtxTarget *target = checks->target;
	Bitmapset *any = NULL;

	if (target->operation != CMD_UPDATE)
		return;
	for (int attnum = 1; set == NULL && attnum <= target->table->natts;
		 attnum++)
	{
		if ((checked_flags(target, attnum) & FTX_UPDATE) != 0)
			any = bms_add_member(any, attnum);
	}
	if (set == NULL)
		set = any;
	checks->unsure = bms_difference(ftx_table_changed(target->table, set),
									ftx_table_same(target->table, set));
}

FtxChecks *
ftx_checks_create(FtxTarget *target, EState *estate, ResultRelInfo *info,
				  List *check_options, const Bitmapset *set)
{
	FtxChecks *checks = palloc0(sizeof(FtxChecks));

	checks->target = target;
	checks->estate = estate;
	checks->info = info;
	find_unsure(checks, set);
	if (set != NULL)
		set = ftx_table_changed(target->table, set);
	add_options(checks, check_options);
	add_constraints(checks, set);
	return checks->nchecks > 0 ? checks : NULL;
}

List *
ftx_checks_attnums(const FtxChecks *checks)
{
	List *result = NIL;

	for (int i = 0; i < checks->nchecks; i++)
	{
		int bit = -1;

		while ((bit = bms_next_member(checks->checks[i].named, bit)) >= 0)
		{
			int attnum = bit + FirstLowInvalidHeapAttributeNumber;

			if (attnum > 0)
				result = list_append_unique_int(result, attnum);
		}
	}
	return result;
}

/* ---------- evaluation ---------- */

/*
 * Is the value of an attribute of the row what the check is about?  In an
 * INSERT, NULL means that the API fills the column.
 */
static bool
is_known_column(FtxChecks *checks, TupleTableSlot *slot, int attnum)
{
	FtxTarget *target = checks->target;

	if (attnum == 0 || attnum == TableOidAttributeNumber)
		return true;
	if (attnum < 0 || bms_is_member(attnum, checks->unsure))
		return false;
	return !slot->tts_isnull[attnum - 1] ||
		   bms_is_member(attnum, target->known) ||
		   ftx_table_column(target->table, attnum) < 0 ||
		   (checked_flags(target, attnum) & FTX_WRITE_ONLY) != 0;
}

static char *
describe_check(const Check *check)
{
	if (check->kind == CHECK_CONSTRAINT)
		return psprintf("the check constraint \"%s\"", check->name);
	if (check->option->kind == WCO_VIEW_CHECK)
		return psprintf("the check option of view \"%s\"",
						check->option->relname);
	return psprintf("a row-level security policy of table \"%s\"",
					check->option->relname);
}

ftx_noreturn static void
refuse_unknown_value(const FtxChecks *checks, const Check *check, int attnum)
{
	TupleDesc tupdesc = RelationGetDescr(checks->target->rel);
	bool settable = (checked_flags(checks->target, attnum) & FTX_CREATE) != 0;

	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("%s cannot be checked before the row is sent",
				describe_check(check)),
		 attnum > 0 ?
			 errdetail(
				 "It needs column \"%s\" of foreign table \"%s\", whose value only the API knows. Nothing of this row was sent.",
				 NameStr(TupleDescAttr(tupdesc, attnum - 1)->attname),
				 RelationGetRelationName(checks->target->rel)) :
			 errdetail(
				 "It needs a system column of foreign table \"%s\". Nothing of this row was sent.",
				 RelationGetRelationName(checks->target->rel)),
		 settable ? errhint("Give the column a value in the statement.") : 0));
}

/*
 * Everything that a check names has to be known.  A partition constraint only
 * says where rows belong: that of a key which the API gives is checked as core
 * routes the row, by what the statement says, and once more on the answer.
 */
static void
check_known(FtxChecks *checks, const Check *check, TupleTableSlot *slot)
{
	int bit = -1;

	if (check->kind == CHECK_PARTITION)
		return;
	while ((bit = bms_next_member(check->named, bit)) >= 0)
	{
		int attnum = bit + FirstLowInvalidHeapAttributeNumber;

		if (!is_known_column(checks, slot, attnum))
			refuse_unknown_value(checks, check, attnum);
	}
}

ftx_noreturn static void
refuse_by_option(const WithCheckOption *option, const char *detail)
{
	if (option->kind == WCO_VIEW_CHECK)
		ereport(ERROR, (errcode(ERRCODE_WITH_CHECK_OPTION_VIOLATION),
						errmsg("new row violates check option for view \"%s\"",
							   option->relname),
						errdetail("%s", detail)));
	if (option->polname == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg(
				 "new row violates row-level security policy for table \"%s\"",
				 option->relname),
			 errdetail("%s", detail)));
	ereport(
		ERROR,
		(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
		 errmsg(
			 "new row violates row-level security policy \"%s\" for table \"%s\"",
			 option->polname, option->relname),
		 errdetail("%s", detail)));
}

ftx_noreturn static void
refuse_row(const FtxChecks *checks, const Check *check, bool sent)
{
	Relation rel = checks->target->rel;
	const char *detail =
		sent ?
			"The change was made. This is about the row that the API answered with." :
			"Nothing of this row was sent.";

	if (check->kind == CHECK_OPTION)
		refuse_by_option(check->option, detail);
	if (check->kind == CHECK_CONSTRAINT)
		ereport(
			ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg(
				 "new row for relation \"%s\" violates check constraint \"%s\"",
				 RelationGetRelationName(rel), check->name),
			 errdetail("%s", detail), errtableconstraint(rel, check->name)));
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("new row for relation \"%s\" violates partition constraint",
					RelationGetRelationName(rel)),
			 errdetail("%s", detail), errtable(rel)));
}

/*
 * The prepared condition of a WITH CHECK OPTION: core keeps them in a list
 * beside that of the options.
 */
static ExprState *
option_state(const FtxChecks *checks, const Check *check)
{
	ListCell *option;
	ListCell *state;

	forboth (option, checks->info->ri_WithCheckOptions, state,
			 checks->info->ri_WithCheckOptionExprs)
	{
		if (equal(lfirst(option), check->option))
			return lfirst(state);
	}
	elog(ERROR, "WITH CHECK OPTION of \"%s\" is not prepared",
		 check->option->relname);
}

static bool
holds(FtxChecks *checks, const Check *check, TupleTableSlot *slot)
{
	ExprContext *econtext = GetPerTupleExprContext(checks->estate);

	econtext->ecxt_scantuple = slot;
	switch (check->kind)
	{
		case CHECK_OPTION:
			return ExecQual(option_state(checks, check), econtext);
		case CHECK_CONSTRAINT:
			return ExecCheck(check->state, econtext);
		case CHECK_PARTITION:
			break;
	}
	return ExecPartitionCheck(checks->info, slot, checks->estate, false);
}

/*
 * The row as it will be read back: without what no read returns.
 */
static TupleTableSlot *
as_read(FtxChecks *checks, TupleTableSlot *slot)
{
	TupleTableSlot *result = checks->as_read;
	int natts = RelationGetNumberOfAttributes(checks->target->rel);

	ExecClearTuple(result);
	for (int i = 0; i < natts; i++)
	{
		result->tts_values[i] = slot->tts_values[i];
		result->tts_isnull[i] = slot->tts_isnull[i] ||
								(checked_flags(checks->target, i + 1) &
								 FTX_WRITE_ONLY) != 0;
	}
	ExecStoreVirtualTuple(result);
	result->tts_tableOid = slot->tts_tableOid;
	return result;
}

void
ftx_checks_before(FtxChecks *checks, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	for (int i = 0; i < checks->nchecks; i++)
	{
		const Check *check = &checks->checks[i];

		check_known(checks, check, slot);
		if (!holds(checks, check, slot))
			refuse_row(checks, check, false);
		/* what the view does not show afterwards, core refuses afterwards */
		if (check->kind == CHECK_OPTION && check->names_write_only &&
			!holds(checks, check, as_read(checks, slot)))
			refuse_row(checks, check, false);
	}
}

void
ftx_checks_after(FtxChecks *checks, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	for (int i = 0; i < checks->nchecks; i++)
	{
		const Check *check = &checks->checks[i];

		if (check->kind != CHECK_OPTION && check->names_write_only)
			continue;
		if (!holds(checks, check, slot))
			refuse_row(checks, check, true);
	}
}
