/*-------------------------------------------------------------------------
 *
 * analyze.c
 *		ANALYZE of a foreign table: how many rows there are, and a sample.
 *
 * The list tells the number of rows only by being read to its end, one call
 * per page.  A child table would take a list per parent: that is not done.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "api/options/options.h"
#include "catalogue/catalogue.h"
#include "commands/vacuum.h"
#include "fdw/fdw.h"
#include "fdw/plan/generated.h"
#include "fdw/plan/named_columns.h"
#include "foreign/foreign.h"
#include "json/json.h"
#include "miscadmin.h"
#include "read/converter.h"
#include "read/items.h"
#include "read/pages.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"

/* Rows that core is told to fit on a block, for its relation size. */
#define ROWS_PER_BLOCK 8

/*
 * The attributes that the list has: others are taken for NULL.
 */
static FtxConverter *
list_converter(Relation rel, const FtxResource *resource)
{
	int natts = RelationGetNumberOfAttributes(rel);
	List *attnums = NIL;
	List *generated = NIL;
	ListCell *lc;

	for (int i = 1; i <= natts; i++)
	{
		int column;
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i - 1);

		if (att->attisdropped)
			continue;
		if (att->attgenerated != '\0')
		{
			generated = lappend_int(generated, i);
			continue;
		}
		column = ftx_options_column(RelationGetRelid(rel), i, resource, NULL);
		if (column >= 0 &&
			(resource->columns[column].flags & (FTX_DETAIL | FTX_EXTRAS)) == 0)
			attnums = lappend_int(attnums, i);
	}
	foreach (lc, generated)
	{
		Bitmapset *inputs = ftx_generated_inputs(rel, lfirst_int(lc));

		if (bms_is_subset(inputs, ftx_attnum_set(attnums)))
			attnums = lappend_int(attnums, lfirst_int(lc));
	}
	return ftx_generated_converter(rel, resource, attnums, NIL);
}

/*
 * AcquireSampleRowsFunc
 */
static int
sample_rows(Relation rel, int elevel, HeapTuple *rows, int targrows,
			double *totalrows, double *totaldeadrows)
{
	TupleDesc tupdesc = RelationGetDescr(rel);
	FtxTableOptions options;
	const FtxResource *resource = ftx_options_relation(RelationGetRelid(rel),
													   &options);
	FtxConverter *converter = list_converter(rel, resource);
	FtxStats *stats = palloc0(sizeof(FtxStats));
	FtxReadSpec spec = {0};
	FtxItemsRange range = {.query = "", .many_column = -1};
	Datum *values = palloc(sizeof(Datum) * tupdesc->natts);
	bool *nulls = palloc(sizeof(bool) * tupdesc->natts);
	MemoryContext row = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex sampled row", ALLOCSET_DEFAULT_SIZES);
	ReservoirStateData reservoir;
	double skip = -1;
	int n = 0;
	FtxItems *items;
	const FtxJsonValue *item;

	spec.session = ftx_session_pin(
		GetForeignTable(RelationGetRelid(rel))->serverid, GetUserId(),
		CurrentMemoryContext);
	spec.resource = resource;
	spec.projection = ftx_converter_projection(converter);
	spec.slot_columns = ftx_converter_columns(converter);
	spec.stats = stats;
	spec.page_size = options.page_size;
	spec.prefetch = options.prefetch;
	spec.limit = -1;
	range.fixed = palloc0(sizeof(char *) * resource->ncolumns);
	items = ftx_items_create(&spec);
	ftx_items_start(items, &range);
	reservoir_init_selection_state(&reservoir, targrows);

	*totalrows = 0;
	*totaldeadrows = 0;
	while ((item = ftx_items_next(items)) != NULL)
	{
		int place = -1;
		MemoryContext old;

		/* Vitter's algorithm, as for local tables */
		if (n < targrows)
			place = n++;
		else
		{
			if (skip < 0)
				skip = reservoir_get_next_S(&reservoir, *totalrows, targrows);
			if (skip <= 0)
			{
				place = (int) (targrows *
							   sampler_random_fract(&reservoir.randstate));
				heap_freetuple(rows[place]);
			}
			skip -= 1;
		}
		*totalrows += 1;
		if (place < 0)
			continue;
		MemoryContextReset(row);
		old = MemoryContextSwitchTo(row);
		ftx_converter_fill(converter, item, true, values, nulls);
		MemoryContextSwitchTo(old);
		rows[place] = heap_form_tuple(tupdesc, values, nulls);
	}
	ftx_items_reset(items);
	ereport(elevel,
			(errmsg("\"%s\": table contains %.0f rows, %d rows in sample; "
					"%d calls",
					RelationGetRelationName(rel), *totalrows, n,
					(int) stats->calls)));
	return n;
}

bool
fivetrexAnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc *func,
							BlockNumber *totalpages)
{
	FtxTableOptions options;
	const FtxResource *resource = ftx_options_relation(
		RelationGetRelid(relation), &options);

	if (resource->parent != NULL || resource->list.path == NULL)
		return false;
	*func = sample_rows;
	*totalpages = (BlockNumber) Max(1, resource->typical_rows / ROWS_PER_BLOCK);
	return true;
}
