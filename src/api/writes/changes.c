/*-------------------------------------------------------------------------
 *
 * changes.c
 *		What stays when a transaction that wrote is rolled back.
 *
 * The levels form a stack as subtransactions do, but only those that wrote
 * have one.  A level holds sets of changes in the order of time, one per
 * statement.
 *
 * An error may tell by itself how far its statement got.  What its line counts
 * is marked in their sets at the moment when the line is made, and the error
 * is remembered by what does not change when it is caught and raised again.
 * If just that error goes to the client, the marked changes are left out of
 * the WARNING: not what was done after the line was made, and nothing because
 * of an error that merely has the same words.
 *
 * All of it lives in TopTransactionContext: what the callbacks need is there
 * before a write leaves, and they allocate nothing beside what ereport() does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "api/writes/changes.h"
#include "common/hashfn.h"
#include "lib/ilist.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Changes that a WARNING names, and a set therefore remembers. */
#define MAX_NAMES 5

/* Longest name, as paths may have any length. */
#define MAX_NAME 160

struct FtxChanges
{
	dlist_node node; /* in its level */
	uint64 statement;
	int64 sent; /* of unknown fate: in flight, or the answer was lost */
	int64 done;
	char *names[MAX_NAMES]; /* NULL: free */

	/* What a line counted: those of the error `line`; 0: of none. */
	uint64 line;
	int64 told_done;
	int64 told_sent;
	bool told_names[MAX_NAMES];
};

typedef struct Level
{
	struct Level *parent; /* the next one outside that wrote, or NULL */
	SubTransactionId id;
	dlist_head sets; /* oldest first */
} Level;

static Level *levels = NULL; /* innermost first */
static bool warned = false;	 /* in this transaction */

/*
 * The last error that was given a line, and the line of the one that is on its
 * way to the client (0: it has none).  `context_length` is that of the context
 * up to the end of the line: what calls the statement adds its own after it.
 */
static struct
{
	uint64 line;
	size_t context_length;
	uint64 identity;
} last_told = {0};
static uint64 error_tells = 0;

static emit_log_hook_type next_emit_log = NULL;

/* ---------- noting ---------- */

static Level *
current_level(void)
{
	SubTransactionId id = GetCurrentSubTransactionId();
	Level *level = levels;

	if (level != NULL && level->id == id)
		return level;
	level = MemoryContextAlloc(TopTransactionContext, sizeof(Level));
	level->parent = levels;
	level->id = id;
	dlist_init(&level->sets);
	levels = level;
	return level;
}

static FtxChanges *
current_changes(uint64 statement)
{
	Level *level = current_level();
	FtxChanges *changes;

	if (!dlist_is_empty(&level->sets))
	{
		changes = dlist_tail_element(FtxChanges, node, &level->sets);
		if (changes->statement == statement)
			return changes;
	}
	changes = MemoryContextAllocZero(TopTransactionContext, sizeof(FtxChanges));
	changes->statement = statement;
	dlist_push_tail(&level->sets, &changes->node);
	return changes;
}

void
ftx_change_begin(FtxChange *change, const FtxStatement *statement,
				 FtxMethod method, const char *path)
{
	FtxChanges *changes = current_changes(statement->number);

	change->set = changes;
	change->name = -1;
	for (int i = 0; i < MAX_NAMES && change->name < 0; i++)
	{
		char name[MAX_NAME];

		if (changes->names[i] != NULL)
			continue;
		snprintf(name, sizeof(name), "%s %s", ftx_method_name(method), path);
		changes->names[i] = MemoryContextStrdup(TopTransactionContext, name);
		changes->told_names[i] = false;
		change->name = i;
	}
	changes->sent++;
}

void
ftx_change_end(const FtxChange *change, FtxFate fate)
{
	FtxChanges *changes = change->set;

	switch (fate)
	{
		case FTX_DONE_FOR_GOOD:
			changes->sent--;
			changes->done++;
			break;
		case FTX_NOT_DONE:
			changes->sent--;
			if (change->name >= 0)
			{
				pfree(changes->names[change->name]);
				changes->names[change->name] = NULL;
			}
			break;
		case FTX_FATE_UNKNOWN:
			break;
	}
}

void
ftx_changes_warn(void)
{
	if (warned || !IsTransactionBlock())
		return;
	warned = true;
	ereport(
		WARNING,
		(errmsg("changes made through the Fivetran API cannot be rolled back"),
		 errdetail("They stay even if this transaction is aborted.")));
}

char *
ftx_changes_line(const FtxStatement *statement)
{
	return psprintf("Fivetran API writes: " INT64_FORMAT " done, " INT64_FORMAT
					" in flight (outcome unknown), " INT64_FORMAT
					" refused, " INT64_FORMAT " not sent",
					statement->done, statement->unknown + statement->in_flight,
					statement->refused, statement->not_sent);
}

/* ---------- errors that tell by themselves ---------- */

static uint64
hash_text(const char *text, size_t length, uint64 seed)
{
	return text == NULL ? seed :
						  hash_bytes_extended((const unsigned char *) text,
											  (int) length, seed);
}

/*
 * What stays the same when an error is copied and raised again: where and what
 * it is, and the beginning of its context, in bytes.
 */
static uint64
identify(const ErrorData *error, size_t context_length)
{
	uint64 hash = ((uint64) error->sqlerrcode << 32) + error->lineno;

	if (error->filename != NULL)
		hash = hash_text(error->filename, strlen(error->filename), hash);
	if (error->message != NULL)
		hash = hash_text(error->message, strlen(error->message), hash);
	return hash_text(error->context, context_length, hash);
}

static void
mark_changes(FtxChanges *changes, uint64 line)
{
	changes->line = line;
	changes->told_done = changes->done;
	changes->told_sent = changes->sent;
	for (int i = 0; i < MAX_NAMES; i++)
		changes->told_names[i] = changes->names[i] != NULL;
}

void
ftx_changes_told(const FtxStatement *statement, const ErrorData *error)
{
	static uint64 last_line = 0;

	if (error->elevel < ERROR || error->context == NULL)
		return;
	last_told.line = ++last_line;
	last_told.context_length = strlen(error->context);
	last_told.identity = identify(error, last_told.context_length);
	for (Level *level = levels; level != NULL; level = level->parent)
	{
		dlist_iter iter;

		dlist_foreach (iter, &level->sets)
		{
			FtxChanges *changes = dlist_container(FtxChanges, node, iter.cur);

			if (changes->statement == statement->number)
				mark_changes(changes, last_line);
		}
	}
}

/*
 * Is the error that goes to the client the last one that was given a line?  It
 * comes by here before its transaction is aborted (unless the log does not
 * get errors: then the WARNING tells all).
 */
static void
see_message(ErrorData *edata)
{
	if (edata->elevel >= ERROR)
		error_tells = last_told.line != 0 && edata->context != NULL &&
							  strlen(edata->context) >=
								  last_told.context_length &&
							  identify(edata, last_told.context_length) ==
								  last_told.identity ?
						  last_told.line :
						  0;
	if (next_emit_log != NULL)
		next_emit_log(edata);
}

/* ---------- telling ---------- */

/*
 * Tell what stays of a level, but for what the error on its way to the client
 * has told.
 */
static void
tell(Level *level)
{
	char names[MAX_NAMES * (MAX_NAME + 2)] = "";
	int named = 0;
	int64 done = 0;
	int64 sent = 0;
	dlist_iter iter;

	dlist_foreach (iter, &level->sets)
	{
		const FtxChanges *changes = dlist_container(FtxChanges, node, iter.cur);

		bool told = changes->line != 0 && changes->line == error_tells;
		int64 known = told ? changes->told_done + changes->told_sent : 0;
		int64 more = Max(changes->done + changes->sent - known, 0);
		int64 more_sent = Max(changes->sent - (told ? changes->told_sent : 0),
							  0);

		/* one that was in flight when it was counted may be done by now */
		more_sent = Min(more_sent, more);
		sent += more_sent;
		done += more - more_sent;
		for (int i = 0; i < MAX_NAMES && named < MAX_NAMES; i++)
		{
			if (changes->names[i] == NULL || (told && changes->told_names[i]))
				continue;
			if (named++ > 0)
				strlcat(names, ", ", sizeof(names));
			strlcat(names, changes->names[i], sizeof(names));
		}
	}
	if (done + sent == 0)
		return;
	ereport(
		WARNING,
		(done > 0 ?
			 errmsg_plural(
				 INT64_FORMAT
				 " change made through the Fivetran API stays although the transaction was rolled back",
				 INT64_FORMAT
				 " changes made through the Fivetran API stay although the transaction was rolled back",
				 (unsigned long) done, done) :
			 errmsg_plural(
				 INT64_FORMAT
				 " change made through the Fivetran API may stay although the transaction was rolled back",
				 INT64_FORMAT
				 " changes made through the Fivetran API may stay although the transaction was rolled back",
				 (unsigned long) sent, sent),
		 done > 0 && sent > 0 ?
			 errdetail("%s%s, and " INT64_FORMAT
					   " of these whose outcome is unknown.",
					   names, done + sent > named ? ", ..." : "", sent) :
			 errdetail("%s%s.", names, done + sent > named ? ", ..." : "")));
}

static void
at_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_PREPARE:
			if (levels != NULL)
				ereport(
					ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg(
						 "cannot PREPARE a transaction that has made changes through the Fivetran API"),
					 errdetail(
						 "They are done already, and ROLLBACK PREPARED could not undo them.")));
			return;
		case XACT_EVENT_ABORT:
			/* all that is left belongs to the transaction itself */
			for (; levels != NULL; levels = levels->parent)
				tell(levels);
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			break;
		default:
			return;
	}
	levels = NULL;
	warned = false;
	last_told.line = 0;
	error_tells = 0;
}

/*
 * A subtransaction is released: its changes are its parent's.
 */
static void
hand_over(SubTransactionId id, SubTransactionId parent_id)
{
	Level *level = levels;
	Level *parent = level->parent;

	if (parent == NULL || parent->id != parent_id)
	{
		level->id = parent_id;
		return;
	}
	while (!dlist_is_empty(&level->sets))
		dlist_push_tail(&parent->sets, dlist_pop_head_node(&level->sets));
	levels = parent;
}

static void
at_subtransaction(SubXactEvent event, SubTransactionId id,
				  SubTransactionId parent_id, void *arg)
{
	Level *level = levels;

	if (level == NULL || level->id != id)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		hand_over(id, parent_id);
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		levels = level->parent;
		tell(level);
	}
}

void
ftx_changes_init(void)
{
	RegisterXactCallback(at_transaction, NULL);
	RegisterSubXactCallback(at_subtransaction, NULL);
	next_emit_log = emit_log_hook;
	emit_log_hook = see_message;
}
