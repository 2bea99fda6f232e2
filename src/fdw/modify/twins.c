/*-------------------------------------------------------------------------
 *
 * twins.c
 *		Attributes of a foreign table that are one column of the API.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "fdw/modify/twins.h"
#include "fdw/plan/generated.h"
#include "fmgr.h"
#include "json/write.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

struct FtxTwins
{
	TupleDesc tupdesc;
	int *column; /* per attnum - 1: the catalogue's, or < 0 */
	FtxGenerated *generated;
};

FtxTwins *
ftx_twins_create(Relation rel, FtxTable *table)
{
	FtxTwins *twins;
	List *all = NIL;
	Bitmapset *columns = NULL;
	bool found = false;

	for (int attnum = 1; attnum <= table->natts; attnum++)
	{
		int column = ftx_table_column(table, attnum);

		found |= column >= 0 && bms_is_member(column, columns);
		if (column >= 0)
			columns = bms_add_member(columns, column);
		all = lappend_int(all, attnum);
	}
	bms_free(columns);
	if (!found)
		return NULL;
	twins = palloc(sizeof(FtxTwins));
	twins->tupdesc = RelationGetDescr(rel);
	twins->column = table->columns;
	twins->generated = ftx_generated_create(rel, all);
	return twins;
}

static bool
are_twins(const FtxTwins *twins, int i, int j)
{
	return i != j && twins->column[i] >= 0 &&
		   twins->column[i] == twins->column[j];
}

static bool
is_text(Oid type)
{
	char category;
	bool preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING;
}

/*
 * Does a value of one have the same meaning in the other?
 */
static bool
are_alike(const FtxTwins *twins, int i, int j)
{
	Oid type = TupleDescAttr(twins->tupdesc, i)->atttypid;
	Oid other = TupleDescAttr(twins->tupdesc, j)->atttypid;

	return type == other || (is_text(type) && is_text(other));
}

/*
 * The value of attribute i as one of attribute j.
 */
static Datum
convert(const FtxTwins *twins, int i, int j, Datum value)
{
	Form_pg_attribute from = TupleDescAttr(twins->tupdesc, i);
	Form_pg_attribute to = TupleDescAttr(twins->tupdesc, j);
	Oid in;
	Oid param;

	if (from->atttypid == to->atttypid && from->atttypmod == to->atttypmod)
		return value;
	getTypeInputInfo(to->atttypid, &in, &param);
	return OidInputFunctionCall(in, ftx_value_text(value, from->atttypid),
								param, to->atttypmod);
}

static void
fill_from(const FtxTwins *twins, int i, Datum *values, bool *nulls)
{
	for (int j = 0; j < twins->tupdesc->natts; j++)
	{
		if (!are_twins(twins, i, j))
			continue;
		nulls[j] = nulls[i] || !are_alike(twins, i, j);
		values[j] = nulls[j] ? (Datum) 0 : convert(twins, i, j, values[i]);
	}
}

void
ftx_twins_fill(const FtxTwins *twins, const List *attnums, Datum *values,
			   bool *nulls)
{
	List *given = NIL;
	ListCell *lc;

	if (twins == NULL)
		return;
	for (int i = 0; attnums == NIL && i < twins->tupdesc->natts; i++)
	{
		if (!nulls[i])
			given = lappend_int(given, i + 1);
	}
	foreach (lc, attnums != NIL ? attnums : given)
		fill_from(twins, lfirst_int(lc) - 1, values, nulls);
	ftx_generated_compute(twins->generated, values, nulls);
}

Bitmapset *
ftx_twins_known(const FtxTwins *twins, Bitmapset *known, const Bitmapset *set)
{
	int attnum = -1;

	while (twins != NULL && (attnum = bms_next_member(set, attnum)) > 0)
	{
		for (int j = 0; j < twins->tupdesc->natts; j++)
		{
			if (!are_twins(twins, attnum - 1, j))
				continue;
			known = are_alike(twins, attnum - 1, j) ?
						bms_add_member(known, j + 1) :
						bms_del_member(known, j + 1);
		}
	}
	return known;
}
