/*-------------------------------------------------------------------------
 *
 * request_texts.c
 *		Values that a scan asks for, as texts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/textset.h"
#include "catalog/pg_type.h"
#include "fdw/scan/request_texts.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/*
 * Keep the first of those that are the same; returns how many that leaves.
 */
static int
distinct_texts(char **texts, int n)
{
	MemoryContext cxt;
	texthash_hash *known;
	int unique = 0;

	if (n < 2)
		return n;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "fivetrex values",
								ALLOCSET_DEFAULT_SIZES);
	known = texthash_create(cxt, n, NULL);
	for (int i = 0; i < n; i++)
	{
		bool found;

		(void) texthash_insert(known, texts[i], &found);
		if (!found)
			texts[unique++] = texts[i];
	}
	MemoryContextDelete(cxt);
	return unique;
}

int
ftx_texts_of_value(Datum value, bool is_array, char ***texts)
{
	Datum *elements = &value;
	bool *nulls = NULL;
	int n = 1;
	int filled = 0;

	if (is_array)
	{
		ArrayType *array = DatumGetArrayTypeP(value);

		/* of text or what is stored like it: varchar */
		deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT,
						  &elements, &nulls, &n);
	}
	*texts = palloc(sizeof(char *) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		if (nulls == NULL || !nulls[i])
			(*texts)[filled++] = TextDatumGetCString(elements[i]);
	}
	return distinct_texts(*texts, filled);
}

void
ftx_texts_sort(char **texts, int n)
{
	if (n > 1)
		qsort(texts, n, sizeof(char *), compare_texts);
}
