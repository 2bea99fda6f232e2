/*-------------------------------------------------------------------------
 *
 * target.c
 *		The foreign table that INSERT, UPDATE or DELETE is about, and how its
 *		rows become requests.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "api/options/options.h"
#include "api/writes/belts.h"
#include "executor/tuptable.h"
#include "fdw/modify/target.h"
#include "fdw/modify/target_check.h"
#include "fdw/plan/generated.h"
#include "foreign/foreign.h"
#include "json/write.h"
#include "lib/stringinfo.h"
#include "read/path.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static const char *
template_of(const FtxResource *resource, CmdType operation)
{
	switch (operation)
	{
		case CMD_UPDATE:
			return resource->update;
		case CMD_DELETE:
			return resource->remove;
		default:
			return resource->create;
	}
}

Bitmapset *
ftx_target_identity(const FtxResource *resource, CmdType operation)
{
	Bitmapset *columns = ftx_path_columns(resource,
										  template_of(resource, operation));

	if (operation == CMD_UPDATE)
		columns = bms_union(columns,
							ftx_path_columns(resource, resource->merged_at));
	return columns;
}

/* ---------- executing ---------- */

/*
 * The attributes among those `wanted` that have a catalogue column which is
 * read, and those that generated ones among them are computed from.
 */
static List *
answerable(FtxTarget *target, List *wanted)
{
	List *result = NIL;
	ListCell *lc;

	foreach (lc, wanted)
	{
		Bitmapset *inputs = ftx_generated_inputs(target->rel, lfirst_int(lc));
		int attnum = -1;

		if (ftx_table_column(target->table, lfirst_int(lc)) >= 0)
			result = list_append_unique_int(result, lfirst_int(lc));
		while ((attnum = bms_next_member(inputs, attnum)) >= 0)
		{
			if (ftx_table_column(target->table, attnum) >= 0)
				result = list_append_unique_int(result, attnum);
		}
	}
	return result;
}

/*
 * Where a new object is made in a parent only if that is given: the attribute
 * that would give it means what it says, NULL too.
 */
static Bitmapset *
known_to_be_null(const FtxTarget *target)
{
	Bitmapset *columns;
	Bitmapset *result = NULL;
	int column = -1;

	if (target->operation != CMD_INSERT || target->resource->create_in == NULL)
		return NULL;
	columns = ftx_path_columns(target->resource, target->resource->create_in);
	while ((column = bms_next_member(columns, column)) >= 0)
	{
		if (ftx_table_attnum(target->table, column) > 0)
			result = bms_add_member(result,
									ftx_table_attnum(target->table, column));
	}
	return ftx_table_same(target->table, result);
}

FtxTarget *
ftx_target_begin(Relation rel, CmdType operation, Oid userid, List *returned)
{
	FtxTarget *target = palloc0(sizeof(FtxTarget));
	FtxTableOptions options;
	Oid relid = RelationGetRelid(rel);

	target->rel = rel;
	target->cxt = CurrentMemoryContext;
	target->resource = ftx_options_relation(relid, &options);
	target->operation = operation;
	target->session = ftx_session_pin(GetForeignTable(relid)->serverid, userid,
									  CurrentMemoryContext);
	ftx_write_check(target->session, operation == CMD_INSERT ? "INSERT" :
									 operation == CMD_UPDATE ? "UPDATE" :
															   "DELETE");
	if (options.read_only)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("foreign table \"%s\" allows reading only",
							   RelationGetRelationName(rel)),
						errhint("Its option access is 'read_only'.")));
	target->dry_run = options.dry_run || target->session->options.dry_run;
	target->table = ftx_table_open(rel, target->resource);
	target->constants = ftx_constants_of(rel, NIL);
	target->identity = ftx_target_identity(target->resource, operation);
	if (operation == CMD_UPDATE && target->resource->merged_at != NULL)
		target->merge = ftx_merge_create(target->resource);
	if (operation != CMD_DELETE)
		target->twins = ftx_twins_create(rel, target->table);
	target->known = known_to_be_null(target);
	ftx_target_read_answers(target, returned);
	return target;
}

void
ftx_target_read_answers(FtxTarget *target, List *attnums)
{
	target->asked = list_concat_unique_int(target->asked, attnums);
	target->returned = answerable(target, target->asked);
	if (target->returned != NIL)
		target->answer = ftx_generated_converter(target->rel, target->table,
												 target->returned, NIL);
	target->generated = ftx_generated_create(target->rel, target->asked);
}

void
ftx_target_fill(FtxTarget *target, TupleTableSlot *slot)
{
	const FtxConstants *constants = target->constants;
	bool missing = false;
	HeapTuple tuple;
	MemoryContext old;

	for (int i = 0; constants != NULL && i < constants->n; i++)
		missing |= slot->tts_isnull[constants->indexes[i]];
	if (!missing)
		return;
	for (int i = 0; i < constants->n; i++)
	{
		int index = constants->indexes[i];

		if (!slot->tts_isnull[index])
			continue;
		slot->tts_values[index] = constants->values[i];
		slot->tts_isnull[index] = false;
	}
	old = MemoryContextSwitchTo(slot->tts_mcxt);
	tuple = heap_form_tuple(RelationGetDescr(target->rel), slot->tts_values,
							slot->tts_isnull);
	MemoryContextSwitchTo(old);
	ExecForceStoreHeapTuple(tuple, slot, true);
	slot_getallattrs(slot);
	slot->tts_tableOid = RelationGetRelid(target->rel);
}

char *
ftx_target_text(FtxTarget *target, int attnum, Datum value)
{
	return ftx_value_text(
		value,
		TupleDescAttr(RelationGetDescr(target->rel), attnum - 1)->atttypid);
}

FtxBinding *
ftx_target_binding(FtxTarget *target, TupleTableSlot *slot,
				   const AttrNumber *attnos)
{
	FtxBinding *binding = ftx_binding_create(target->resource);
	int column = -1;

	while ((column = bms_next_member(target->identity, column)) >= 0)
	{
		int attnum = ftx_table_attnum(target->table, column);
		int attno = attnos != NULL ? attnos[column] : attnum;
		bool null = true;
		Datum value = (Datum) 0;

		if (attno > 0)
			value = slot_getattr(slot, attno, &null);
		if (!null)
			binding->texts[column] = ftx_target_text(target, attnum, value);
	}
	return binding;
}

void
ftx_target_add(FtxTarget *target, FtxWrites *writes, const FtxCallSpec *spec,
			   const FtxBinding *binding)
{
	if (target->merge == NULL)
	{
		ftx_writes_add(writes, spec);
		return;
	}
	target->merged = *spec;
	ftx_merge_add(target->merge, spec->path, binding, spec->body);
}

/* For the callback that gets the merged requests. */
typedef struct Gathered
{
	FtxTarget *target;
	FtxWrites *writes;
} Gathered;

static void
add_merged(void *arg, const char *path, const char *body)
{
	Gathered *gathered = arg;
	FtxCallSpec spec = gathered->target->merged;

	spec.path = path;
	spec.body = body;
	ftx_writes_add(gathered->writes, &spec);
}

void
ftx_target_gathered(FtxTarget *target, FtxWrites *writes)
{
	Gathered gathered = {target, writes};

	if (target->merge != NULL)
		ftx_merge_flush(target->merge, add_merged, &gathered);
}

char *
ftx_target_row_name(FtxTarget *target, const FtxCallSpec *spec,
					const FtxBinding *binding)
{
	StringInfoData name;
	int column = -1;

	initStringInfo(&name);
	appendStringInfoString(&name, spec->path);
	while (target->merge != NULL &&
		   (column = bms_next_member(target->identity, column)) >= 0)
		appendStringInfo(&name, "\n%s",
						 binding->texts[column] ? binding->texts[column] : "");
	return name.data;
}
