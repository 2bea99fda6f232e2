/*-------------------------------------------------------------------------
 *
 * value.c
 *		From a slice of JSON to PostgreSQL values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "json/scanner.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/datetime.h"

bool
ftx_json_equals(const FtxJsonValue *value, const char *expected)
{
	const char *text = value->text;
	int len = value->len;

	if (value->kind != FTX_JSON_NUMBER && value->kind != FTX_JSON_STRING)
		return false;
	if (value->kind == FTX_JSON_STRING)
	{
		text++;
		len -= 2;
	}
	if (memchr(text, '\\', len) != NULL)
		text = ftx_json_plain_key(value, &len);
	return len == (int) strlen(expected) && memcmp(text, expected, len) == 0;
}

bool
ftx_json_is_string(const FtxJsonValue *value, const char *expected)
{
	return value->kind == FTX_JSON_STRING && ftx_json_equals(value, expected);
}

FtxJsonKind
ftx_json_kind(char first)
{
	switch (first)
	{
		case '\0':
			return FTX_JSON_ABSENT;
		case '{':
			return FTX_JSON_OBJECT;
		case '[':
			return FTX_JSON_ARRAY;
		case '"':
			return FTX_JSON_STRING;
		case 't':
			return FTX_JSON_TRUE;
		case 'f':
			return FTX_JSON_FALSE;
		case 'n':
			return FTX_JSON_NULL;
		default:
			return FTX_JSON_NUMBER;
	}
}

/* ---------- containers ---------- */

const char *
ftx_json_skip_space(const char *p)
{
	for (const char *start = p; ftx_json_space(*p); p++)
	{
		if ((p - start) % FTX_PAUSE_BYTES == FTX_PAUSE_BYTES - 1)
			CHECK_FOR_INTERRUPTS();
	}
	return p;
}

/*
 * The value that begins at p of a well-formed container; returns where it
 * ends.
 */
static const char *
take_value(const FtxJsonValue *container, const char *p, FtxJsonValue *value)
{
	value->text = p;
	value->kind = ftx_json_kind(*p);
	p = ftx_scanner_skip(p, container->text + container->len);
	value->len = (int) (p - value->text);
	return p;
}

/*
 * Where the next element or member begins; NULL at the end.
 */
static const char *
next_position(const FtxJsonValue *container, int position)
{
	const char *p = container->text + Max(position, 1);

	p = ftx_json_skip_space(p);
	if (*p == ',')
		p = ftx_json_skip_space(p + 1);
	return *p == ']' || *p == '}' ? NULL : p;
}

/*
 * The values may be many and short, so interrupts are served here.
 */
static void
move_on(int *position, Size to)
{
	if (*position / FTX_PAUSE_BYTES != (int) to / FTX_PAUSE_BYTES)
		CHECK_FOR_INTERRUPTS();
	*position = (int) to;
}

bool
ftx_json_next_element(const FtxJsonValue *array, int *position,
					  FtxJsonValue *element)
{
	const char *p = next_position(array, *position);

	if (p == NULL)
		return false;
	move_on(position, take_value(array, p, element) - array->text);
	return true;
}

bool
ftx_json_next_member(const FtxJsonValue *object, int *position,
					 FtxJsonValue *key, FtxJsonValue *value)
{
	const char *p = next_position(object, *position);

	if (p == NULL)
		return false;
	p = take_value(object, p, key);
	p = ftx_json_skip_space(p);
	p = ftx_json_skip_space(p + 1);
	move_on(position, take_value(object, p, value) - object->text);
	return true;
}

/* ---------- shortcuts ---------- */

/*
 * n digits as a number; -1 if they are not.
 */
static int
digits(const char *text, int n)
{
	int result = 0;

	for (int i = 0; i < n; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return -1;
		result = result * 10 + (text[i] - '0');
	}
	return result;
}

/*
 * ".123" as microseconds; *used is its length.  -1 if it is not that.
 */
static int
fraction(const char *text, int len, int *used)
{
	int scale = USECS_PER_SEC;
	int result = 0;
	int n = 1;

	if (len == 0 || text[0] != '.')
	{
		*used = 0;
		return 0;
	}
	for (; n < len && text[n] >= '0' && text[n] <= '9'; n++)
	{
		if (n > 6)
			return -1;
		scale /= 10;
		result += (text[n] - '0') * scale;
	}
	*used = n;
	return n > 1 ? result : -1;
}

bool
ftx_json_plain_timestamptz(const FtxJsonValue *value, TimestampTz *result)
{
	const char *text = value->text + 1;
	int len = value->len - 2;
	int year, month, day, hour, minute, second, micros;
	int used = 0;
	int64 days;

	/* 2026-11-23T14:15:42Z */
	if (value->kind != FTX_JSON_STRING || len < 20 || text[4] != '-' ||
		text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
		text[16] != ':' || text[len - 1] != 'Z')
		return false;
	year = digits(text, 4);
	month = digits(text + 5, 2);
	day = digits(text + 8, 2);
	hour = digits(text + 11, 2);
	minute = digits(text + 14, 2);
	second = digits(text + 17, 2);
	micros = fraction(text + 19, len - 20, &used);
	if (year < 1 || month < 1 || month > 12 || day < 1 ||
		day > day_tab[isleap(year)][month - 1] || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59 || second < 0 || second > 59 || micros < 0 ||
		19 + used + 1 != len)
		return false;
	days = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	*result = ((days * HOURS_PER_DAY + hour) * MINS_PER_HOUR + minute) *
				  USECS_PER_MINUTE +
			  second * USECS_PER_SEC + micros;
	return true;
}

bool
ftx_json_plain_int32(const FtxJsonValue *value, int32 *result)
{
	const char *text = value->text;
	int len = value->len;
	bool negative = len > 0 && text[0] == '-';
	int number;

	if (value->kind != FTX_JSON_NUMBER)
		return false;
	text += negative;
	len -= negative;
	if (len < 1 || len > 9)
		return false;
	number = digits(text, len);
	if (number < 0)
		return false;
	*result = negative ? -number : number;
	return true;
}
