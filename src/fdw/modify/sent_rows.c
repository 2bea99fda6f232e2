/*-------------------------------------------------------------------------
 *
 * sent_rows.c
 *		Rows whose requests are gathered, for the answers to be put over.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fdw/modify/merge.h"
#include "fdw/modify/sent_rows.h"
#include "fdw/modify/target_answer.h"
#include "read/binding.h"
#include "utils/memutils.h"
#include "utils/rel.h"

typedef struct SentRow
{
	HeapTuple tuple;
	FtxBinding *binding; /* NULL if it does not matter */
	char *path;			 /* of its request, if rows share those */
} SentRow;

struct FtxSentRows
{
	FtxTarget *target;
	FtxRowAnswered answered; /* may be NULL */
	void *arg;
	MemoryContext cxt;		  /* of the rows */
	MemoryContext answer_cxt; /* of one answer */
	MemoryContext row_cxt;	  /* of one row of it */
	SentRow *rows;
	int nrows;
	int size;
	int base; /* index of the write of rows[0] */
};

FtxSentRows *
ftx_sent_rows_create(FtxTarget *target, FtxRowAnswered answered, void *arg)
{
	FtxSentRows *rows = palloc0(sizeof(FtxSentRows));

	rows->target = target;
	rows->answered = answered;
	rows->arg = arg;
	rows->cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex sent rows", ALLOCSET_DEFAULT_SIZES);
	rows->answer_cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex answer", ALLOCSET_DEFAULT_SIZES);
	rows->row_cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex answered row", ALLOCSET_DEFAULT_SIZES);
	return rows;
}

/*
 * The path of the row's request; rows that follow each other share it.
 */
static char *
request_path(FtxSentRows *rows, const FtxBinding *binding)
{
	char *path = ftx_binding_path(binding, binding->resource->update);
	char *last = rows->nrows > 0 ? rows->rows[rows->nrows - 1].path : NULL;

	if (last == NULL || strcmp(last, path) != 0)
		return path;
	pfree(path);
	return last;
}

void
ftx_sent_rows_add(FtxSentRows *rows, Datum *values, bool *nulls,
				  const FtxBinding *binding)
{
	MemoryContext old = MemoryContextSwitchTo(rows->cxt);
	SentRow *row;

	if (rows->nrows == rows->size)
	{
		rows->size = Max(64, rows->size * 2);
		rows->rows = rows->rows == NULL ?
						 palloc(sizeof(SentRow) * rows->size) :
						 repalloc_huge(rows->rows,
									   sizeof(SentRow) * rows->size);
	}
	row = &rows->rows[rows->nrows];
	row->tuple = heap_form_tuple(RelationGetDescr(rows->target->rel), values,
								 nulls);
	row->binding = binding ? ftx_binding_copy(binding) : NULL;
	row->path = rows->target->merge != NULL ? request_path(rows, row->binding) :
											  NULL;
	rows->nrows++;
	MemoryContextSwitchTo(old);
}

int
ftx_sent_rows_count(const FtxSentRows *rows)
{
	return rows->nrows;
}

HeapTuple
ftx_sent_rows_get(const FtxSentRows *rows, int index)
{
	return rows->rows[index].tuple;
}

void
ftx_sent_rows_forget(FtxSentRows *rows)
{
	rows->base += rows->nrows;
	rows->nrows = 0;
	rows->size = 0;
	rows->rows = NULL;
	MemoryContextReset(rows->cxt);
}

/*
 * Put an answer, or a tree that has it, over a row.
 */
static void
update_row(FtxSentRows *rows, SentRow *row, FtxCall *call, FtxAnswerTree *tree)
{
	TupleDesc tupdesc = RelationGetDescr(rows->target->rel);
	Datum *values;
	bool *nulls;
	MemoryContext old;
	HeapTuple tuple;

	MemoryContextReset(rows->row_cxt);
	old = MemoryContextSwitchTo(rows->row_cxt);
	values = palloc(sizeof(Datum) * tupdesc->natts);
	nulls = palloc(sizeof(bool) * tupdesc->natts);
	heap_deform_tuple(row->tuple, tupdesc, values, nulls);
	if (tree != NULL)
		ftx_target_answer_row(rows->target, tree, row->binding, values, nulls);
	else
		ftx_target_answer(rows->target, call, row->binding, values, nulls);
	MemoryContextSwitchTo(rows->cxt);
	tuple = heap_form_tuple(tupdesc, values, nulls);
	heap_freetuple(row->tuple);
	row->tuple = tuple;
	MemoryContextSwitchTo(old);
	if (rows->answered != NULL)
		rows->answered(rows->arg, tuple);
}

void
ftx_sent_rows_answer(void *arg, int index, const FtxCallSpec *spec,
					 FtxCall *call)
{
	FtxSentRows *rows = arg;
	FtxAnswerTree *tree;
	MemoryContext old;

	if (rows->target->answer == NULL)
		return;
	if (rows->target->merge == NULL)
	{
		update_row(rows, &rows->rows[index - rows->base], call, NULL);
		return;
	}
	old = MemoryContextSwitchTo(rows->answer_cxt);
	tree = ftx_target_tree(rows->target, call);
	for (int i = 0; i < rows->nrows; i++)
	{
		if (strcmp(rows->rows[i].path, spec->path) == 0)
			update_row(rows, &rows->rows[i], NULL, tree);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(rows->answer_cxt);
}
