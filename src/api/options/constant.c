/*-------------------------------------------------------------------------
 *
 * constant.c
 *		Columns of a foreign table whose value its option constant fixes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/options/options.h"
#include "base/compat.h"
#include "fmgr.h"
#include "api/options/constant.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

/* For the context of errors. */
typedef struct Place
{
	const char *column;
	const char *table;
} Place;

static void
add_context(void *arg)
{
	const Place *place = arg;

	errcontext("option \"constant\" of column \"%s\" of foreign table \"%s\"",
			   place->column, place->table);
}

Datum
ftx_constant_read(Oid relid, Form_pg_attribute att, char *text)
{
	Place place = {NameStr(att->attname), get_rel_name(relid)};
	ErrorContextCallback callback = {.callback = add_context,
									 .arg = &place,
									 .previous = error_context_stack};
	Oid input;
	Oid ioparam;
	Datum value;

	error_context_stack = &callback;
	getTypeInputInfo(att->atttypid, &input, &ioparam);
	value = OidInputFunctionCall(input, text, ioparam, att->atttypmod);
	error_context_stack = callback.previous;
	return value;
}

Datum
ftx_constant_value(Oid relid, Form_pg_attribute att)
{
	return ftx_constant_read(relid, att,
							 ftx_options_constant(relid, att->attnum));
}

FtxConstants *
ftx_constants_of(Relation rel, List *attnums)
{
	TupleDesc tupdesc = RelationGetDescr(rel);
	FtxConstants *constants = NULL;

	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		if (att->attisdropped || att->attgenerated != '\0' ||
			(attnums != NIL && !list_member_int(attnums, i + 1)) ||
			ftx_options_constant(RelationGetRelid(rel), i + 1) == NULL)
			continue;
		if (constants == NULL)
		{
			constants = palloc0(sizeof(FtxConstants));
			constants->indexes = palloc(sizeof(int) * tupdesc->natts);
			constants->values = palloc(sizeof(Datum) * tupdesc->natts);
		}
		constants->indexes[constants->n] = i;
		constants->values[constants->n++] = ftx_constant_value(
			RelationGetRelid(rel), att);
	}
	return constants;
}

void
ftx_constants_fill(const FtxConstants *constants, Datum *values, bool *nulls)
{
	for (int i = 0; i < constants->n; i++)
	{
		values[constants->indexes[i]] = constants->values[i];
		nulls[constants->indexes[i]] = false;
	}
}

/*
 * By the type's own equality, if it has one.
 */
static bool
equals(Form_pg_attribute att, Datum a, Datum b)
{
	TypeCacheEntry *type = lookup_type_cache(att->atttypid,
											 TYPECACHE_EQ_OPR_FINFO);

	if (!OidIsValid(type->eq_opr_finfo.fn_oid))
		return datum_image_eq(a, b, att->attbyval, att->attlen);
	return DatumGetBool(
		FunctionCall2Coll(&type->eq_opr_finfo, att->attcollation, a, b));
}

void
ftx_constant_check(Relation rel, const FtxConstants *constants, int attnum,
				   Datum value, bool null)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), attnum - 1);

	for (int i = 0; i < constants->n; i++)
	{
		if (constants->indexes[i] == attnum - 1 && !null &&
			equals(att, value, constants->values[i]))
			return;
	}
	ereport(
		ERROR,
		(errcode(ERRCODE_CHECK_VIOLATION),
		 errmsg(
			 "new row for relation \"%s\" violates the constant of column \"%s\"",
			 RelationGetRelationName(rel), NameStr(att->attname)),
		 errdetail(
			 "In this table the column is always %s. Nothing of this row was sent.",
			 quote_literal_cstr(
				 ftx_options_constant(RelationGetRelid(rel), attnum))),
		 errhint("Leave the column out, or give it that value."),
		 errtablecol(rel, attnum)));
}
