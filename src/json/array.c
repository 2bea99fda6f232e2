/*-------------------------------------------------------------------------
 *
 * array.c
 *		Building a PostgreSQL array element by element in one piece of memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupmacs.h"
#include "base/compat.h"
#include "json/array.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/memutils.h"

void
ftx_array_begin(FtxArrayBuilder *array, const FtxJsonValue *value)
{
	array->size = Min(ARR_OVERHEAD_NONULLS(1) + Max((Size) value->len * 2, 64),
					  MaxAllocSize);
	array->data = palloc(array->size);
	array->used = ARR_OVERHEAD_NONULLS(1);
	array->n = 0;
	array->present = NULL;
	array->present_size = 0;
}

ftx_noreturn static void
refuse_size(void)
{
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("array size exceeds the maximum allowed (%d)",
						   (int) MaxAllocSize)));
}

/*
 * Room for n bytes behind the padding that the next element needs.
 */
static char *
array_room(FtxArrayBuilder *array, Size n)
{
	Size start = att_align_nominal(array->used, array->align);

	if (array->n >= (int) MaxArraySize || start + n > MaxAllocSize)
		refuse_size();
	if (start + n > array->size)
	{
		array->size = Min(Max(array->size * 2, start + n), MaxAllocSize);
		array->data = repalloc(array->data, array->size);
	}
	memset(array->data + array->used, 0, start - array->used);
	array->used = start;
	return array->data + start;
}

/*
 * Note that the next element is there, or null.
 */
static void
count_element(FtxArrayBuilder *array, bool null)
{
	Size byte = array->n / 8;

	if (null && array->present == NULL)
	{
		/* all before it were there */
		array->present_size = Max(64, byte * 2);
		array->present = palloc(array->present_size);
		memset(array->present, 0xFF, array->present_size);
	}
	if (array->present != NULL && byte >= array->present_size)
	{
		array->present = repalloc(array->present, array->present_size * 2);
		memset(array->present + array->present_size, 0xFF, array->present_size);
		array->present_size *= 2;
	}
	if (null)
		array->present[byte] &= ~(1 << array->n % 8);
	array->n++;
}

void
ftx_array_add(FtxArrayBuilder *array, Datum datum, bool null)
{
	if (null)
	{
		if (array->n >= (int) MaxArraySize)
			refuse_size();
	}
	else if (array->byval)
	{
		store_att_byval(array_room(array, array->len), datum, array->len);
		array->used += array->len;
	}
	else
	{
		void *value = array->len == -1 ? (void *) PG_DETOAST_DATUM(datum) :
										 DatumGetPointer(datum);
		Size len = array->len == -1 ? VARSIZE(value) :
				   array->len == -2 ? strlen(value) + 1 :
									  (Size) array->len;

		memcpy(array_room(array, len), value, len);
		array->used += len;
	}
	count_element(array, null);
}

void
ftx_array_add_text(FtxArrayBuilder *array, const FtxJsonValue *string)
{
	const char *from = string->text + 1;
	Size len = string->len - 2;
	char *to;

	if (GetDatabaseEncoding() != PG_UTF8)
	{
		text *value = ftx_json_text_datum(string);

		ftx_array_add(array, PointerGetDatum(value), false);
		pfree(value);
		return;
	}
	to = array_room(array, VARHDRSZ + len);
	if (memchr(from, '\\', len) == NULL)
		memcpy(to + VARHDRSZ, from, len);
	else
	{
		int unescaped = ftx_json_unescape(from, (int) len, to + VARHDRSZ);

		ftx_json_check_unescaped(unescaped);
		len = unescaped;
	}
	SET_VARSIZE(to, VARHDRSZ + len);
	array->used += VARHDRSZ + len;
	count_element(array, false);
}

Datum
ftx_array_finish(FtxArrayBuilder *array)
{
	Size start = ARR_OVERHEAD_NONULLS(1);
	ArrayType *result;

	if (array->n == 0)
	{
		pfree(array->data);
		return PointerGetDatum(construct_empty_array(array->element));
	}
	if (array->present != NULL)
	{
		Size with_bitmap = ARR_OVERHEAD_WITHNULLS(1, array->n);
		Size more = with_bitmap - start;

		if (array->used + more > MaxAllocSize)
			refuse_size();
		if (array->used + more > array->size)
			array->data = repalloc(array->data, array->used + more);
		memmove(array->data + with_bitmap, array->data + start,
				array->used - start);
		array->used += more;
		start = with_bitmap;
	}
	memset(array->data, 0, start);
	result = (ArrayType *) array->data;
	SET_VARSIZE(result, array->used);
	result->ndim = 1;
	result->dataoffset = array->present != NULL ? (int32) start : 0;
	result->elemtype = array->element;
	ARR_DIMS(result)[0] = array->n;
	ARR_LBOUND(result)[0] = 1;
	if (array->present != NULL)
	{
		uint8 *bitmap = (uint8 *) (ARR_LBOUND(result) + 1);
		Size bytes = (array->n + 7) / 8;

		memcpy(bitmap, array->present, bytes);
		/* bits beyond the last element are zero */
		if (array->n % 8 != 0)
			bitmap[bytes - 1] &= (1 << array->n % 8) - 1;
		pfree(array->present);
	}
	return PointerGetDatum(result);
}
