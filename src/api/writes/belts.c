/*-------------------------------------------------------------------------
 *
 * belts.c
 *		What keeps a write from leaving.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/writes/belts.h"
#include "base/guc.h"
#include "miscadmin.h"

void
ftx_write_check(FtxSession *session, const char *what)
{
	PreventCommandIfReadOnly(what);
	PreventCommandIfParallelMode(what);
	ftx_guc_check();
	if (session->options.read_only)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("server \"%s\" allows reading only",
							   session->servername),
						errhint("Its option access is 'read_only'.")));
}

/*
 * What to set so that a belt allows `n`: the words of the hint, palloc'ed.
 */
static char *
allowing(const char *name, int64 n)
{
	if (ftx_guc_set_by_function(name))
		return psprintf("A function sets %s for itself: ALTER FUNCTION ... SET "
						"%s = " INT64_FORMAT " allows it",
						name, name, n);
	return psprintf("SET %s = " INT64_FORMAT " allows it", name, n);
}

static void
check_deletes(const FtxBelt *belt)
{
	int64 n = belt->passed + belt->waiting;
	int64 made = belt->passed - belt->shown;

	if (belt->waiting == 0 || ftx_guc_max_deletes() < 0 ||
		n <= ftx_guc_max_deletes())
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
		 errmsg("fivetrex.max_deletes does not allow this"),
		 made == 0 ?
			 errdetail_plural("The statement deletes " INT64_FORMAT
							  " object, the setting allows %d. Nothing was "
							  "sent.",
							  "The statement deletes " INT64_FORMAT
							  " objects, the setting allows %d. Nothing was "
							  "sent.",
							  (unsigned long) n, n, ftx_guc_max_deletes()) :
			 errdetail(
				 "The statement deletes " INT64_FORMAT
				 " objects, the setting allows %d. It has deleted " INT64_FORMAT
				 " of them already; of the others nothing was sent.",
				 n, ftx_guc_max_deletes(), made),
		 errhint("%s. A deleted object cannot be brought back.",
				 allowing("fivetrex.max_deletes", n))));
}

static void
check_changes(const FtxBelt *belt, bool complete)
{
	int64 n = belt->passed + belt->waiting;
	int64 made = belt->passed - belt->shown;
	const char *more = complete ? "" : " or more";
	const char *noun = n == 1 && complete ? "change" : "changes";

	if (belt->waiting == 0 || ftx_guc_max_writes() < 0 ||
		n <= ftx_guc_max_writes())
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
		 errmsg("fivetrex.max_writes does not allow this"),
		 made == 0 ?
			 errdetail("The statement makes " INT64_FORMAT
					   "%s %s, the setting allows %d. Nothing was sent.",
					   n, more, noun, ftx_guc_max_writes()) :
			 errdetail("The statement makes " INT64_FORMAT
					   "%s %s, the setting allows %d. It has made " INT64_FORMAT
					   " of them already; of the others nothing was sent.",
					   n, more, noun, ftx_guc_max_writes(), made),
		 complete && belt->passed == 0 ?
			 errhint("%s, -1 any number of changes.",
					 allowing("fivetrex.max_writes", n)) :
		 ftx_guc_set_by_function("fivetrex.max_writes") ?
			 errhint(
				 "A function sets fivetrex.max_writes for itself: ALTER FUNCTION ... SET it to the number of changes to be allowed, or to -1 for any number.") :
			 errhint(
				 "SET fivetrex.max_writes to the number of changes to be allowed, or to -1 for any number.")));
}

void
ftx_belts_check(const FtxStatement *statement, bool complete)
{
	check_deletes(&statement->deletes);
	check_changes(&statement->changes, complete);
}

void
ftx_belts_check_calls(const FtxStatement *statement, int n)
{
	int64 calls = statement->budget.calls;

	if (ftx_guc_max_calls() < 0 || calls + n <= ftx_guc_max_calls())
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
		 errmsg("fivetrex.max_calls does not allow this"),
		 errdetail(
			 "The statement made " INT64_FORMAT
			 " API %s and would now send %d %s; the setting allows %d. None of these was sent.",
			 calls, calls == 1 ? "call" : "calls", n,
			 n == 1 ? "write" : "writes", ftx_guc_max_calls()),
		 errhint(
			 "Restrict the statement, or %s.",
			 ftx_guc_set_by_function("fivetrex.max_calls") ?
				 "raise fivetrex.max_calls by ALTER FUNCTION ... SET, as a function sets it for itself" :
				 "raise fivetrex.max_calls")));
}
