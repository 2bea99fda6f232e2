/*-------------------------------------------------------------------------
 *
 * target_requests.c
 *		From rows to the requests that create, update and delete objects.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/options/constant.h"
#include "api/options/options.h"
#include "api/options/table.h"
#include "api/secrets/mask.h"
#include "api/secrets/words.h"
#include "base/compat.h"
#include "base/method.h"
#include "catalog/pg_type.h"
#include "catalogue/catalogue.h"
#include "fdw/modify/target.h"
#include "fdw/modify/target_check.h"
#include "fmgr.h"
#include "json/write.h"
#include "lib/stringinfo.h"
#include "read/binding.h"
#include "read/path.h"
#include "read/slot.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static Oid
type_oid(FtxType type)
{
	switch (type)
	{
		case FTX_TEXT:
			return TEXTOID;
		case FTX_BOOL:
			return BOOLOID;
		case FTX_INT4:
			return INT4OID;
		case FTX_FLOAT8:
			return FLOAT8OID;
		case FTX_TIMESTAMPTZ:
			return TIMESTAMPTZOID;
		case FTX_TEXT_ARRAY:
			return TEXTARRAYOID;
		case FTX_JSONB:
			return JSONBOID;
	}
	return TEXTOID;
}

/* A request body on its way, and what was left out of it. */
typedef struct Body
{
	StringInfoData text;
	bool creating;
	List *masked;	 /* paths of members, C strings */
	List *read_only; /* the same */
} Body;

static void
begin_body(Body *body, bool creating)
{
	ftx_body_begin(&body->text);
	body->creating = creating;
	body->masked = NIL;
	body->read_only = NIL;
}

/*
 * Is the member read only in this row?  `values` may be of a hand-written
 * table that lacks the column which decides: then the API does.
 */
static bool
is_read_only(FtxTarget *target, const FtxReadOnly *member, bool creating,
			 const Datum *values, const bool *nulls)
{
	int attnum;
	char *value;

	if (creating && member->on_create)
		return false;
	if (member->by == NULL)
		return true;
	attnum = ftx_table_attnum(
		target->table, ftx_resource_column(target->resource, member->by));
	if (attnum == 0 || nulls[attnum - 1])
		return false;
	value = ftx_target_text(target, attnum, values[attnum - 1]);
	for (int i = 0; member->values[i] != NULL; i++)
	{
		if (strcmp(member->values[i], value) == 0)
			return true;
	}
	return false;
}

/*
 * The jsonb value of a column without the members that only reads give; false
 * if nothing is left of it.
 */
static bool
leave_out_read_only(FtxTarget *target, Body *body, int column, Datum *value,
					const Datum *values, const bool *nulls)
{
	const FtxResource *resource = target->resource;
	bool any = false;

	for (int i = 0; i < resource->nread_only; i++)
	{
		const FtxReadOnly *member = &resource->read_only[i];

		if (strcmp(member->column, resource->columns[column].name) != 0 ||
			!ftx_jsonb_has_member(*value, member->member) ||
			!is_read_only(target, member, body->creating, values, nulls))
			continue;
		*value = ftx_jsonb_without(*value, member->member);
		body->read_only = lappend(
			body->read_only, psprintf("%s.%s", member->column, member->member));
		any = true;
	}
	return !any || !ftx_jsonb_empty(*value);
}

/*
 * Add the value of an attribute to a body, as the type that the catalogue
 * says: a table written by hand may have another one.  `values` is the row
 * that it is of.
 */
static void
add_body_member(FtxTarget *target, Body *body, int attnum, const Datum *values,
				const bool *nulls)
{
	int index = ftx_table_column(target->table, attnum);
	const FtxColumn *column = &target->resource->columns[index];
	const char *member = column->member ? column->member : column->name;
	Oid type = type_oid(column->type);
	Datum value = values[attnum - 1];
	bool null = nulls[attnum - 1];

	if (!null &&
		getBaseType(TupleDescAttr(RelationGetDescr(target->rel), attnum - 1)
						->atttypid) != type)
	{
		Oid function;
		Oid ioparam;

		getTypeInputInfo(type, &function, &ioparam);
		value = OidInputFunctionCall(
			function, ftx_target_text(target, attnum, value), ioparam, -1);
	}
	if (!null && type == JSONBOID &&
		!leave_out_read_only(target, body, index, &value, values, nulls))
		return;
	if (!null && !ftx_member_unmask(member, &value, type,
									body->creating ? NULL : &body->masked))
		return;
	ftx_body_add(&body->text, member, value, null, type);
}

static char *
comma_list(List *names)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach (lc, names)
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
						 (char *) lfirst(lc));
	return text.data;
}

/*
 * Tell what was left out of the request to `path`.
 */
static void
notice_left_out(const Body *body, const char *path)
{
	if (body->masked != NIL)
		ereport(NOTICE,
				(errmsg("masked values are left out of %s: %s",
						ftx_words_of_path(path),
						ftx_words_of_text(comma_list(body->masked), false))));
	if (body->read_only != NIL)
		ereport(NOTICE, (errmsg("read-only members are left out of %s: %s",
								ftx_words_of_path(path),
								ftx_words_of_text(comma_list(body->read_only),
												  false))));
}

static char *
write_path(const FtxBinding *binding, const char *template)
{
	int column = ftx_binding_lacks(binding, template);

	if (column >= 0)
	{
		const char *text = binding->texts[column];

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s \"%s\" cannot be named in a request",
						binding->resource->columns[column].name,
						text ? ftx_words_of_text(text, false) : "(null)"),
				 errdetail("Nothing of this row was sent.")));
	}
	return ftx_binding_path(binding, template);
}

const char *
ftx_target_creation(const FtxBinding *given)
{
	const FtxResource *resource = given->resource;
	Bitmapset *columns;
	int column = -1;

	if (resource->create_in == NULL)
		return resource->create;
	columns = ftx_path_columns(resource, resource->create_in);
	while ((column = bms_next_member(columns, column)) >= 0)
	{
		if (given->texts[column] == NULL)
			return resource->create;
	}
	return resource->create_in;
}

/*
 * Does an attribute of the row give a value for a column of the API?
 */
static bool
is_given(const FtxTarget *target, int column, const bool *nulls)
{
	for (int i = 0; i < RelationGetNumberOfAttributes(target->rel); i++)
	{
		if (ftx_table_column(target->table, i + 1) == column && !nulls[i])
			return true;
	}
	return false;
}

static void
check_required(FtxTarget *target, const bool *nulls)
{
	const FtxResource *resource = target->resource;

	for (int i = 0; i < resource->ncolumns; i++)
	{
		if ((resource->columns[i].flags & FTX_REQUIRED) == 0 ||
			is_given(target, i, nulls))
			continue;
		ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
						errmsg("a row of %s needs a value in column \"%s\"",
							   resource->name, resource->columns[i].name),
						errdetail("Nothing of this row was sent."),
						errhint("Required are: %s.",
								ftx_target_columns(resource, FTX_REQUIRED))));
	}
}

/*
 * What the answer says of the object's key must be this.
 */
static void
expect_key(const FtxBinding *binding, FtxCallSpec *spec)
{
	const char *path = ftx_key_member(binding->resource);
	int key = ftx_resource_key(binding->resource);

	if (path == NULL || binding->texts[key] == NULL)
		return;
	spec->expected.id_member = path;
	spec->expected.id = binding->texts[key];
}

void
ftx_target_insert(FtxTarget *target, const Datum *values, const bool *nulls,
				  FtxCallSpec *spec)
{
	const FtxResource *resource = target->resource;
	int natts = RelationGetNumberOfAttributes(target->rel);
	FtxBinding *given = ftx_binding_create(resource);
	int *attnums = palloc0(sizeof(int) * resource->ncolumns);
	const char *template;
	MemoryContext old;
	Body body;

	check_required(target, nulls);
	for (int i = 0; i < natts; i++)
	{
		int column = ftx_table_column(target->table, i + 1);
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(target->rel), i);

		if (nulls[i] || att->attgenerated != '\0')
			continue;
		if (column == FTX_COLUMN_CONSTANT)
		{
			ftx_constant_check(target->rel, target->constants, i + 1, values[i],
							   false);
			continue;
		}
		if (column < 0 || (resource->columns[column].flags & FTX_CREATE) == 0)
			ftx_target_refuse_column(target->table, i + 1, FTX_CREATE);
		ftx_target_check_once(attnums, target->table, i + 1, FTX_CREATE);
		given->texts[column] = ftx_target_text(target, i + 1, values[i]);
	}
	template = ftx_target_creation(given);
	old = MemoryContextSwitchTo(target->cxt);
	bms_free(target->identity);
	target->identity = ftx_path_columns(resource, template);
	MemoryContextSwitchTo(old);

	begin_body(&body, true);
	for (int i = 0; i < natts; i++)
	{
		if (!nulls[i] && ftx_table_column(target->table, i + 1) >= 0 &&
			!bms_is_member(ftx_table_column(target->table, i + 1),
						   target->identity))
			add_body_member(target, &body, i + 1, values, nulls);
	}
	ftx_body_end(&body.text);
	spec->method = FTX_POST;
	spec->path = write_path(given, template);
	expect_key(given, spec);
	spec->body = body.text.data;
	notice_left_out(&body, spec->path);
	spec->repeat_safe = false;
	spec->takes_long = true; /* setup tests, as a rule */
}

/*
 * Core checks NOT NULL of local tables only.  In an INSERT, NULL means absent:
 * the API fills the column.
 */
ftx_noreturn static void
refuse_null(FtxTarget *target, Form_pg_attribute att)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_NOT_NULL_VIOLATION),
		 errmsg(
			 "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
			 NameStr(att->attname), RelationGetRelationName(target->rel)),
		 errdetail("Nothing of this row was sent."),
		 errtablecol(target->rel, att->attnum)));
}

bool
ftx_target_update(FtxTarget *target, List *attnums, const Datum *values,
				  const bool *nulls, const FtxBinding *binding,
				  FtxCallSpec *spec)
{
	const FtxResource *resource = target->resource;
	int *given = palloc0(sizeof(int) * resource->ncolumns);
	Body body;
	unsigned flags = 0;
	ListCell *lc;

	spec->path = write_path(binding, resource->update);
	begin_body(&body, false);
	foreach (lc, attnums)
	{
		int attnum = lfirst_int(lc);
		int column = ftx_table_column(target->table, attnum);
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(target->rel),
											  attnum - 1);

		if (att->attgenerated != '\0')
			continue;
		if (column == FTX_COLUMN_CONSTANT)
		{
			ftx_constant_check(target->rel, target->constants, attnum,
							   values[attnum - 1], nulls[attnum - 1]);
			continue;
		}
		if (column < 0 || (resource->columns[column].flags & FTX_UPDATE) == 0)
			ftx_target_refuse_column(target->table, attnum, FTX_UPDATE);
		ftx_target_check_once(given, target->table, attnum, FTX_UPDATE);
		if (att->attnotnull && nulls[attnum - 1])
			refuse_null(target, att);
		add_body_member(target, &body, attnum, values, nulls);
		flags |= resource->columns[column].flags;
	}
	notice_left_out(&body, spec->path);
	if (ftx_body_empty(&body.text))
		return false;
	if (resource->update_default != NULL && (flags & FTX_TESTS) == 0)
		ftx_body_add_fixed(&body.text, resource->update_default);
	ftx_body_end(&body.text);
	spec->body = body.text.data;
	spec->method = FTX_PATCH;
	if (target->merge == NULL)
		expect_key(binding, spec);
	spec->repeat_safe = (flags & (FTX_TESTS | FTX_ACTS)) == 0;
	spec->takes_long = (flags & FTX_TESTS) != 0 || target->merge != NULL;
	return true;
}

bool
ftx_target_unchanged(const FtxTarget *target, List *attnums,
					 const Datum *values, const bool *nulls, const Datum *old,
					 const bool *old_nulls)
{
	ListCell *lc;

	if (target->merge == NULL)
		return false;
	foreach (lc, attnums)
	{
		int i = lfirst_int(lc) - 1;
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(target->rel), i);

		if (nulls[i] != old_nulls[i] ||
			(!nulls[i] &&
			 !datum_image_eq(values[i], old[i], att->attbyval, att->attlen)))
			return false;
	}
	return true;
}

void
ftx_target_delete(FtxTarget *target, const FtxBinding *binding,
				  FtxCallSpec *spec)
{
	spec->method = FTX_DELETE;
	spec->deletes = 1;
	spec->path = write_path(binding, target->resource->remove);
	spec->body = NULL;
	expect_key(binding, spec);
	spec->repeat_safe = true;
	spec->takes_long = false;
}
