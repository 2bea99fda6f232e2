/*-------------------------------------------------------------------------
 *
 * misfits.c
 *		Values that do not fit their columns and are read as NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "base/compat.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "read/misfits.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* So many are named; the others are only counted. */
#define MOST_NAMES 3

struct FtxMisfits
{
	int64 n;
	char *names[MOST_NAMES];
	MemoryContext cxt; /* of the names */
};

FtxMisfits *
ftx_misfits_create(void)
{
	FtxMisfits *misfits = palloc0(sizeof(FtxMisfits));

	misfits->cxt = CurrentMemoryContext;
	return misfits;
}

bool
ftx_misfits_allowed(Form_pg_attribute att)
{
	Oid type = get_element_type(att->atttypid);
	Oid input;
	Oid ioparam;
	char kind;

	if (!OidIsValid(type))
		type = att->atttypid;
	kind = get_typtype(type);
	getTypeInputInfo(type, &input, &ioparam);
	return !att->attnotnull && (kind == TYPTYPE_BASE || kind == TYPTYPE_ENUM) &&
		   input < FirstGenbkiObjectId;
}

/*
 * Is an error with this SQLSTATE about a value that does not fit?
 */
static bool
is_misfit(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_DATA_EXCEPTION ||
		   sqlstate == ERRCODE_DATATYPE_MISMATCH;
}

bool
ftx_misfits_try(void (*convert)(void *arg), void *arg)
{
	MemoryContext cxt = CurrentMemoryContext;
	volatile bool fits = true;

	PG_TRY();
	{
		convert(arg);
	}
	PG_CATCH();
	{
		if (!is_misfit(geterrcode()))
			PG_RE_THROW();
		MemoryContextSwitchTo(cxt);
		FlushErrorState();
		fits = false;
	}
	PG_END_TRY();
	return fits;
}

void
ftx_misfits_add(FtxMisfits *misfits, const char *column, const char *path,
				const char *key)
{
	MemoryContext old = MemoryContextSwitchTo(misfits->cxt);

	if (misfits->n < MOST_NAMES)
		misfits->names[misfits->n] = psprintf(
			"column \"%s\"%s%s%s, JSON path \"%s\"", column,
			key ? " of \"" : "", key ? key : "", key ? "\"" : "", path);
	misfits->n++;
	MemoryContextSwitchTo(old);
}

int64
ftx_misfits_count(const FtxMisfits *misfits)
{
	return misfits->n;
}

void
ftx_misfits_forget(FtxMisfits *misfits, int64 n)
{
	for (int64 i = n; i < Min(misfits->n, MOST_NAMES); i++)
		pfree(misfits->names[i]);
	misfits->n = n;
}

void
ftx_misfits_report(const FtxMisfits *misfits, const char *shown_by)
{
	StringInfoData names;

	if (misfits->n == 0)
		return;
	initStringInfo(&names);
	for (int i = 0; i < Min(misfits->n, MOST_NAMES); i++)
		appendStringInfo(&names, "%s%s", i > 0 ? "; " : "", misfits->names[i]);
	if (misfits->n > MOST_NAMES)
		appendStringInfo(&names, "; and " INT64_FORMAT " more",
						 misfits->n - MOST_NAMES);
	ereport(
		WARNING,
		(errmsg_plural(
			 "%s: " INT64_FORMAT
			 " value did not fit its column and was read as NULL",
			 "%s: " INT64_FORMAT
			 " values did not fit their columns and were read as NULL",
			 (unsigned long) misfits->n, shown_by, misfits->n),
		 errdetail("%s.", names.data),
		 errhint("With on_value_error 'error' the query says what is wrong.")));
}
