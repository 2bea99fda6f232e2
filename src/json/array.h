/*-------------------------------------------------------------------------
 *
 * array.h
 *		Building a PostgreSQL array element by element in one piece of memory.
 *
 * accumArrayResult() would hold each element as a datum of its own, which for
 * short ones is many times what the array takes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ARRAY_H
#define FTX_ARRAY_H

#include "json/json.h"

typedef struct FtxArrayBuilder
{
	Oid element; /* type of the elements; what pg_type says of it follows */
	int16 len;
	bool byval;
	char align;

	/* the array itself, without bitmap; in the context of ftx_array_begin() */
	char *data;
	Size used;
	Size size;
	int n;
	uint8 *present; /* bit of each element; NULL: none is null */
	Size present_size;
} FtxArrayBuilder;

/*
 * Start an array in the current context; the type's fields must be set.  It has
 * room for the strings of `value` as text, which take at most twice as much
 * ("a", are 4 bytes, and in the array 8), so that it need not grow: that would
 * leave copies behind.
 */
extern void ftx_array_begin(FtxArrayBuilder *array, const FtxJsonValue *value);

/*
 * Append an element, which is copied.  Throws
 * ERRCODE_PROGRAM_LIMIT_EXCEEDED beyond the limits of arrays.
 */
extern void ftx_array_add(FtxArrayBuilder *array, Datum datum, bool null);

/* Append a JSON string to an array of text; throws as ftx_json_text(). */
extern void
ftx_array_add_text(FtxArrayBuilder *array, const FtxJsonValue *string);

/* The array that was built; the builder is free for another one. */
extern Datum ftx_array_finish(FtxArrayBuilder *array);

#endif /* FTX_ARRAY_H */
