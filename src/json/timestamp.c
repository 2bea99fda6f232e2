/*-------------------------------------------------------------------------
 *
 * timestamp.c
 *		Points in time as ISO 8601 writes them.
 *
 * PostgreSQL's own input takes "now" and "01/02/2024" as well, and lets
 * DateStyle and TimeZone decide what they mean: the same answer would be
 * another instant in another session.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "json/json.h"
#include "json/value.h"
#include "utils/datetime.h"

/* Digits of a fraction that can matter. */
#define MAX_FRACTION 20

/* Largest offset of a zone, in hours, as in PostgreSQL. */
#define MAX_ZONE_HOURS 15

typedef struct Reader
{
	const char *p;
	const char *end;
} Reader;

/*
 * n digits; -1 if they are not there.
 */
static int
read_digits(Reader *reader, int n)
{
	int result = 0;

	if (reader->end - reader->p < n)
		return -1;
	for (; n > 0; n--, reader->p++)
	{
		if (*reader->p < '0' || *reader->p > '9')
			return -1;
		result = result * 10 + (*reader->p - '0');
	}
	return result;
}

static bool
read_char(Reader *reader, const char *any)
{
	if (reader->p >= reader->end || strchr(any, *reader->p) == NULL)
		return false;
	reader->p++;
	return true;
}

/*
 * 2026-11-23, as days since PostgreSQL's epoch.
 */
static bool
read_date(Reader *reader, int64 *days)
{
	int year = read_digits(reader, 4);
	int month = read_char(reader, "-") ? read_digits(reader, 2) : -1;
	int day = read_char(reader, "-") ? read_digits(reader, 2) : -1;

	if (year < 1 || month < 1 || month > MONTHS_PER_YEAR || day < 1 ||
		day > day_tab[isleap(year)][month - 1])
		return false;
	*days = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return true;
}

/*
 * ".123", rounded to microseconds as PostgreSQL does; no fraction is 0.
 */
static bool
read_fraction(Reader *reader, int64 *micros)
{
	char text[MAX_FRACTION + 3] = "0.";
	int n = 0;

	*micros = 0;
	if (!read_char(reader, "."))
		return true;
	for (; reader->p < reader->end && *reader->p >= '0' && *reader->p <= '9';
		 reader->p++)
	{
		if (n < MAX_FRACTION)
			text[2 + n++] = *reader->p;
	}
	*micros = (int64) rint(strtod(text, NULL) * USECS_PER_SEC);
	return n > 0;
}

/*
 * 14:15 or 14:15:42.123; a leap second is the first of the next minute, and
 * 24:00 of the next day.
 */
static bool
read_time(Reader *reader, int64 *micros)
{
	int hour = read_digits(reader, 2);
	int minute = read_char(reader, ":") ? read_digits(reader, 2) : -1;
	int second = 0;
	int64 fraction = 0;

	if (read_char(reader, ":"))
	{
		second = read_digits(reader, 2);
		if (!read_fraction(reader, &fraction))
			return false;
	}
	if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 ||
		second > 60 ||
		(hour == 24 && (minute > 0 || second > 0 || fraction > 0)))
		return false;
	*micros = ((hour * MINS_PER_HOUR + minute) * (int64) SECS_PER_MINUTE +
			   second) *
				  USECS_PER_SEC +
			  fraction;
	return true;
}

/*
 * Z, +02, +0200 or +02:00, as what UTC is behind; nothing means UTC.
 */
static bool
read_zone(Reader *reader, int64 *micros)
{
	bool east = reader->p < reader->end && *reader->p == '+';
	int hours;
	int minutes = 0;

	*micros = 0;
	if (reader->p == reader->end || read_char(reader, "Zz"))
		return true;
	if (!read_char(reader, "+-"))
		return false;
	hours = read_digits(reader, 2);
	if (reader->p < reader->end)
	{
		(void) read_char(reader, ":");
		minutes = read_digits(reader, 2);
	}
	if (hours < 0 || hours > MAX_ZONE_HOURS || minutes < 0 || minutes > 59)
		return false;
	*micros = (hours * MINS_PER_HOUR + minutes) * (int64) USECS_PER_MINUTE *
			  (east ? 1 : -1);
	return true;
}

bool
ftx_json_timestamptz(const FtxJsonValue *value, TimestampTz *result)
{
	Reader reader = {value->text + 1, value->text + value->len - 1};
	int64 days;
	int64 time = 0;
	int64 zone = 0;

	if (value->kind != FTX_JSON_STRING)
		return false;
	if (memchr(reader.p, '\\', reader.end - reader.p) != NULL)
	{
		reader.p = ftx_json_text(value);
		reader.end = reader.p + strlen(reader.p);
	}
	if (!read_date(&reader, &days))
		return false;
	if (reader.p < reader.end &&
		(!read_char(&reader, "Tt ") || !read_time(&reader, &time) ||
		 !read_zone(&reader, &zone) || reader.p < reader.end))
		return false;
	*result = days * USECS_PER_DAY + time - zone;
	return true;
}

bool
ftx_json_is_time(const char *text)
{
	Reader reader = {text, text + strlen(text)};
	int64 micros;

	return read_time(&reader, &micros) && read_zone(&reader, &micros) &&
		   reader.p == reader.end;
}
