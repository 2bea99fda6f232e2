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
#include "api/options/table.h"
#include "catalogue/catalogue.h"
#include "commands/vacuum.h"
#include "fdw/fdw.h"
#include "fdw/plan/generated.h"
#include "fdw/plan/named_columns.h"
#include "foreign/foreign.h"
#include "json/json.h"
#include "miscadmin.h"
#include "read/binding.h"
#include "read/converter.h"
#include "read/items.h"
#include "read/pages.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"

/* Rows that core is told to fit on a block, for its relation size. */
#define ROWS_PER_BLOCK 8

/* Rows chosen so far among those that have been seen. */
typedef struct Sample
{
	HeapTuple *rows; /* room for `size` */
	int size;
	int n;
	double seen;
	double skip; /* so many more are not taken; negative: to be drawn */
	ReservoirStateData reservoir;
} Sample;

/*
 * The attributes that the list has: others are taken for NULL.
 */
static FtxConverter *
list_converter(Relation rel, const FtxResource *resource)
{
	FtxTable *table = ftx_table_open(rel, resource);
	List *attnums = NIL;
	List *generated = NIL;
	ListCell *lc;

	for (int i = 1; i <= table->natts; i++)
	{
		int column = ftx_table_column(table, i);

		if (column == FTX_COLUMN_GENERATED)
			generated = lappend_int(generated, i);
		else if (column == FTX_COLUMN_CONSTANT ||
				 (column >= 0 && (resource->columns[column].flags &
								  (FTX_DETAIL | FTX_EXTRAS)) == 0))
			attnums = lappend_int(attnums, i);
	}
	foreach (lc, generated)
	{
		Bitmapset *inputs = ftx_generated_inputs(rel, lfirst_int(lc));

		if (bms_is_subset(inputs, ftx_attnum_set(attnums)))
			attnums = lappend_int(attnums, lfirst_int(lc));
	}
	return ftx_generated_converter(rel, table, attnums, NIL);
}

/*
 * All items of the table's list, as whoever runs ANALYZE sees them.
 */
static FtxItems *
start_list(Relation rel, const FtxTableOptions *options,
		   FtxConverter *converter, FtxStats *stats)
{
	FtxReadSpec spec = {0};
	FtxItemsRange range = {.query = "", .many_column = -1};
	FtxItems *items;

	spec.session = ftx_session_pin(
		GetForeignTable(RelationGetRelid(rel))->serverid, GetUserId(),
		CurrentMemoryContext);
	spec.resource = options->resource;
	spec.projection = ftx_converter_projection(converter);
	spec.slot_columns = ftx_converter_columns(converter);
	spec.stats = stats;
	spec.page_size = options->page_size;
	spec.prefetch = options->prefetch;
	spec.limit = -1;
	range.binding = ftx_binding_create(options->resource);
	items = ftx_items_create(&spec);
	ftx_items_start(items, &range);
	return items;
}

/*
 * The place of the next row in the sample, which is made free; -1: it is not
 * taken.
 */
static int
place_in_sample(Sample *sample)
{
	int place = -1;

	/* Vitter's algorithm, as for local tables */
	if (sample->n < sample->size)
		place = sample->n++;
	else
	{
		if (sample->skip < 0)
			sample->skip = reservoir_get_next_S(&sample->reservoir,
												sample->seen, sample->size);
		if (sample->skip <= 0)
		{
			place = (int) (sample->size *
						   sampler_random_fract(&sample->reservoir.randstate));
			heap_freetuple(sample->rows[place]);
		}
		sample->skip -= 1;
	}
	sample->seen += 1;
	return place;
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
	Sample sample = {.rows = rows, .size = targrows, .skip = -1};
	Datum *values = palloc(sizeof(Datum) * tupdesc->natts);
	bool *nulls = palloc(sizeof(bool) * tupdesc->natts);
	MemoryContext row = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex sampled row", ALLOCSET_DEFAULT_SIZES);
	FtxItems *items = start_list(rel, &options, converter, stats);
	const FtxJsonValue *item;

	if (options.null_for_misfits)
		ftx_converter_tolerate(converter);
	reservoir_init_selection_state(&sample.reservoir, targrows);
	while ((item = ftx_items_next(items)) != NULL)
	{
		int place = place_in_sample(&sample);
		MemoryContext old;

		if (place < 0)
			continue;
		MemoryContextReset(row);
		old = MemoryContextSwitchTo(row);
		ftx_converter_fill(converter, item, true, values, nulls);
		MemoryContextSwitchTo(old);
		rows[place] = heap_form_tuple(tupdesc, values, nulls);
	}
	ftx_items_reset(items);
	ftx_converter_report(converter);
	*totalrows = sample.seen;
	*totaldeadrows = 0;
	ereport(elevel,
			(errmsg("\"%s\": table contains %.0f rows, %d rows in sample; "
					"%d calls",
					RelationGetRelationName(rel), *totalrows, sample.n,
					(int) stats->calls)));
	return sample.n;
}

bool
fivetrexAnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc *func,
							BlockNumber *totalpages)
{
	FtxTableOptions options;
	const FtxResource *resource = ftx_options_relation(
		RelationGetRelid(relation), &options);

	if (resource->parent != NULL || resource->list == NULL)
		return false;
	*func = sample_rows;
	*totalpages = (BlockNumber) Max(1, resource->typical_rows / ROWS_PER_BLOCK);
	return true;
}
