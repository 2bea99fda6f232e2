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

/* ---------- encodings ---------- */

/*
 * As many bytes of `len` as are whole characters, for work in pieces.
 */
static Size
whole_characters(const char *text, Size len)
{
	Size n = FTX_PAUSE_BYTES;

	if (len <= FTX_PAUSE_BYTES)
		return len;
	while (n > FTX_PAUSE_BYTES - 4 && (text[n] & 0xC0) == 0x80)
		n--;
	return n;
}

bool
ftx_utf8_check(const char *text, size_t len)
{
	while (len > 0)
	{
		Size piece = whole_characters(text, len);

		if (!pg_verify_mbstr(PG_UTF8, text, (int) piece, true))
			return false;
		CHECK_FOR_INTERRUPTS();
		text += piece;
		len -= piece;
	}
	return true;
}

const char *
ftx_utf8_to_server(const char *text, Size len, Size *result)
{
	StringInfoData converted;

	*result = len;
	if (GetDatabaseEncoding() == PG_UTF8 || len == 0)
		return text;
	initStringInfo(&converted);
	while (len > 0)
	{
		Size piece = whole_characters(text, len);
		char *server = pg_any_to_server(text, (int) piece, PG_UTF8);

		appendBinaryStringInfo(&converted, server,
							   server == text ? (int) piece :
												(int) strlen(server));
		if (server != text)
			pfree(server);
		CHECK_FOR_INTERRUPTS();
		text += piece;
		len -= piece;
	}
	*result = converted.len;
	return converted.data;
}

char *
ftx_json_server_text(const char *text, int len)
{
	Size n;
	const char *server = ftx_utf8_to_server(text, len, &n);

	return server == text ? pnstrdup(text, len) : unconstify(char *, server);
}

/* ---------- escapes ---------- */

void
ftx_json_check_unescaped(int len)
{
	if (len == -1)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
			 errmsg(
				 "the value has the character \\u0000, which text cannot hold")));
	if (len < 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
			 errmsg("the value has a Unicode escape that is no character")));
}

static int
hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* The four digits at p. */
static pg_wchar
hex_digits(const char *p)
{
	return (pg_wchar) (hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 |
					   hex_digit(p[2]) << 4 | hex_digit(p[3]));
}

/*
 * The character of the escape \uXXXX at *p, or of two that are a pair; *p is
 * set past them.  0 for \u0000, PG_UINT32_MAX for what is no character.
 */
static pg_wchar
unicode_escape(const char **p, const char *end)
{
	pg_wchar first = hex_digits(*p + 2);

	*p += 6;
	if (is_utf16_surrogate_second(first))
		return PG_UINT32_MAX;
	if (is_utf16_surrogate_first(first))
	{
		pg_wchar second;

		if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
			return PG_UINT32_MAX;
		second = hex_digits(*p + 2);
		if (!is_utf16_surrogate_second(second))
			return PG_UINT32_MAX;
		*p += 6;
		first = surrogate_pair_to_codepoint(first, second);
	}
	return first;
}

/* What the letter of an escape other than \u means. */
static char
simple_escape(char letter)
{
	switch (letter)
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		default:
			return letter;
	}
}

int
ftx_json_unescape(const char *text, int len, char *dst)
{
	const char *p = text;
	const char *end = text + len;
	const char *pause = text + Min(len, FTX_PAUSE_BYTES);
	char *out = dst;

	while (p < end)
	{
		if (p >= pause)
		{
			CHECK_FOR_INTERRUPTS();
			pause = end - p > FTX_PAUSE_BYTES ? p + FTX_PAUSE_BYTES : end;
		}
		if (*p != '\\')
		{
			const char *run = memchr(p, '\\', end - p);
			Size n = (run != NULL ? run : end) - p;

			memcpy(out, p, n);
			out += n;
			p += n;
		}
		else if (p[1] != 'u')
		{
			*out++ = simple_escape(p[1]);
			p += 2;
		}
		else
		{
			pg_wchar c = unicode_escape(&p, end);

			if (c == 0)
				return -1;
			if (c == PG_UINT32_MAX)
				return -2;
			unicode_to_utf8(c, (unsigned char *) out);
			out += pg_utf_mblen((unsigned char *) out);
		}
	}
	return (int) (out - dst);
}

/*
 * The text of a value that has one, with `room` bytes in front of it; *len is
 * its length without them.
 */
static char *
text_with_room(const FtxJsonValue *value, Size room, Size *len)
{
	const char *text = value->text;
	Size n = value->len;
	const char *server;
	char *result;
	char *plain = NULL;

	if (value->kind == FTX_JSON_STRING)
	{
		text++;
		n -= 2;
		if (memchr(text, '\\', n) != NULL)
		{
			int unescaped;

			plain = palloc(room + n + 1);
			unescaped = ftx_json_unescape(text, (int) n, plain + room);
			ftx_json_check_unescaped(unescaped);
			text = plain + room;
			n = unescaped;
		}
	}
	server = ftx_utf8_to_server(text, n, len);
	if (plain != NULL && server == plain + room)
		result = plain;
	else
	{
		result = palloc(room + *len + 1);
		memcpy(result + room, server, *len);
		if (server != text)
			pfree(unconstify(char *, server));
		if (plain != NULL)
			pfree(plain);
	}
	result[room + *len] = '\0';
	return result;
}

char *
ftx_json_text(const FtxJsonValue *value)
{
	Size len;

	if (value->kind == FTX_JSON_ABSENT || value->kind == FTX_JSON_NULL)
		return NULL;
	return text_with_room(value, 0, &len);
}

text *
ftx_json_text_datum(const FtxJsonValue *value)
{
	Size len;
	text *result;

	if (value->kind == FTX_JSON_ABSENT || value->kind == FTX_JSON_NULL)
		return NULL;
	result = (text *) text_with_room(value, VARHDRSZ, &len);
	SET_VARSIZE(result, VARHDRSZ + len);
	return result;
}

const char *
ftx_json_plain_key(const FtxJsonValue *key, int *len)
{
	char *text = palloc(key->len);

	/* a key that cannot be represented is none that anybody wants */
	*len = Max(ftx_json_unescape(key->text + 1, key->len - 2, text), 0);
	text[*len] = '\0';
	return text;
}

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
