/*-------------------------------------------------------------------------
 *
 * written_rows.c
 *		Rows that several parts of one query would write.
 *
 * All parts of WITH see the rows as they were before the query.  Of two
 * changes of one local row only one takes place, nobody can tell which.  Two
 * requests for one object would both be executed, in an order that nobody can
 * tell, the later with values that the earlier has made old.  Neither is what
 * anybody means.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/words.h"
#include "base/compat.h"
#include "base/owner.h"
#include "base/textset.h"
#include "executor/executor.h"
#include "fdw/modify/written_rows.h"
#include "lib/ilist.h"
#include "utils/memutils.h"

/* What one part has written. */
typedef struct Part
{
	const Plan *plan; /* its ModifyTable */
	texthash_hash *names;
} Part;

/* The parts of one query, in its memory context. */
typedef struct Written
{
	FtxOwned owned; /* by the run */
	List *parts;
} Written;

/* Queries that are under way, one inside the other. */
static dlist_head all_written = DLIST_STATIC_INIT(all_written);

/*
 * The ModifyTable that has the result relation.
 */
static const Plan *
plan_of(const EState *estate, Index rti)
{
	const PlannedStmt *stmt = estate->es_plannedstmt;
	ListCell *lc;

	foreach (lc, stmt->subplans)
	{
		const Plan *plan = lfirst(lc);

		if (plan != NULL && IsA(plan, ModifyTable) &&
			list_member_int(((const ModifyTable *) plan)->resultRelations,
							(int) rti))
			return plan;
	}
	return stmt->planTree;
}

bool
ftx_written_by_parts(const EState *estate)
{
	return estate->es_plannedstmt != NULL &&
		   estate->es_plannedstmt->hasModifyingCTE;
}

ftx_noreturn static void
refuse(const char *name)
{
	size_t path = strcspn(name, "\n");

	ereport(
		ERROR,
		(errcode(ERRCODE_CARDINALITY_VIOLATION),
		 errmsg("two parts of the statement would change the same row"),
		 errdetail(
			 "The row is of \"%s\". Each part sees it as it was before the statement, so one change could undo the other. The second one was not sent.",
			 ftx_words_of_path(pnstrdup(name, path))),
		 errhint("Make both changes in one part, or in two statements.")));
}

void
ftx_written_once(EState *estate, Index rti, const FtxTarget *target,
				 const char *name)
{
	Written *written = ftx_owned_by(estate->es_query_cxt, &all_written,
									sizeof(Written), NULL);
	const Plan *plan = plan_of(estate, rti);
	char *key = psprintf("%u %s", target->session->serverid, name);
	Part *own = NULL;
	MemoryContext old;
	texthash_entry *entry;
	bool found;
	ListCell *lc;

	foreach (lc, written->parts)
	{
		Part *part = lfirst(lc);

		if (part->plan == plan)
			own = part;
		else if (texthash_lookup(part->names, key) != NULL)
			refuse(name);
	}
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	if (own == NULL)
	{
		own = palloc(sizeof(Part));
		own->plan = plan;
		own->names = texthash_create(estate->es_query_cxt, 64, NULL);
		written->parts = lappend(written->parts, own);
	}
	entry = texthash_insert(own->names, key, &found);
	if (!found)
		entry->text = pstrdup(key);
	MemoryContextSwitchTo(old);
}
