/*-------------------------------------------------------------------------
 *
 * value.c
 *		From a slice of JSON to PostgreSQL values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "common/jsonapi.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

char *
ftx_json_server_text(const char *text, int len)
{
	char *copy = pnstrdup(text, len);

	return pg_any_to_server(copy, len, PG_UTF8);
}

ftx_noreturn static void
refuse_escape(JsonParseErrorType error)
{
	if (error == JSON_UNICODE_CODE_POINT_ZERO)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
			 errmsg(
				 "the value has the character \\u0000, which text cannot hold")));
	ereport(ERROR,
			(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
			 errmsg("the value has a Unicode escape that is no character")));
}

/* What the parser hands out of a JSON text that is one string. */
typedef struct OneString
{
	char *text;
} OneString;

static FTX_JSON_ACTION_RESULT
take_string(void *state, char *token, JsonTokenType type)
{
	((OneString *) state)->text = token;
	FTX_JSON_ACTION_OK;
}

/*
 * Unescape a JSON string by PostgreSQL's own lexer; NULL and *error if it has
 * escapes that cannot be represented.
 */
static char *
unescape(const char *text, int len, int encoding, JsonParseErrorType *error)
{
	JsonSemAction actions = {0};
	OneString result = {NULL};

	actions.semstate = &result;
	actions.scalar = take_string;
	*error = pg_parse_json(ftx_json_lexer(text, len, encoding, true), &actions);
	return *error == JSON_SUCCESS ? result.text : NULL;
}

char *
ftx_json_text(const FtxJsonValue *value)
{
	JsonParseErrorType error;
	char *text;

	switch (value->kind)
	{
		case FTX_JSON_ABSENT:
		case FTX_JSON_NULL:
			return NULL;
		case FTX_JSON_STRING:
			break;
		default:
			return ftx_json_server_text(value->text, value->len);
	}
	if (memchr(value->text, '\\', value->len) == NULL)
		return ftx_json_server_text(value->text + 1, value->len - 2);

	text = ftx_json_server_text(value->text, value->len);
	text = unescape(text, strlen(text), GetDatabaseEncoding(), &error);
	if (text == NULL)
		refuse_escape(error);
	return text;
}

const char *
ftx_json_plain_key(const FtxJsonValue *key, int *len)
{
	JsonParseErrorType error;
	char *text = unescape(key->text, key->len, PG_UTF8, &error);

	/* a key that cannot be represented is none that anybody wants */
	if (text == NULL)
		text = pstrdup("");
	*len = strlen(text);
	return text;
}

bool
ftx_json_is_string(const FtxJsonValue *value, const char *expected)
{
	return value->kind == FTX_JSON_STRING &&
		   value->len == (int) strlen(expected) + 2 &&
		   memcmp(value->text + 1, expected, value->len - 2) == 0;
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

/*
 * The value that begins at text[i] of a well-formed container; returns where
 * it ends.
 */
static int
take_value(const FtxJsonValue *container, int i, FtxJsonValue *value)
{
	const char *text = container->text;
	int depth = 0;
	bool in_string = false;

	value->text = text + i;
	value->kind = ftx_json_kind(text[i]);
	for (; i < container->len; i++)
	{
		char c = text[i];

		if (in_string)
		{
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		}
		else if (c == '"')
			in_string = true;
		else if (c == '{' || c == '[')
			depth++;
		else if (depth == 0 && (c == ',' || c == ':' || c == ']' || c == '}' ||
								ftx_json_space(c)))
			break;
		else if (c == '}' || c == ']')
			depth--;
	}
	value->len = (int) (text + i - value->text);
	return i;
}

/*
 * Where the next element or member begins; -1 at the end.
 */
static int
next_position(const FtxJsonValue *container, int position)
{
	const char *text = container->text;
	int i = position > 0 ? position : 1;

	while (ftx_json_space(text[i]) || text[i] == ',')
		i++;
	return text[i] == ']' || text[i] == '}' ? -1 : i;
}

bool
ftx_json_next_element(const FtxJsonValue *array, int *position,
					  FtxJsonValue *element)
{
	int i = next_position(array, *position);

	if (i < 0)
		return false;
	*position = take_value(array, i, element);
	return true;
}

bool
ftx_json_next_member(const FtxJsonValue *object, int *position,
					 FtxJsonValue *key, FtxJsonValue *value)
{
	int i = next_position(object, *position);

	if (i < 0)
		return false;
	i = take_value(object, i, key);
	while (ftx_json_space(object->text[i]) || object->text[i] == ':')
		i++;
	*position = take_value(object, i, value);
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

bool
ftx_json_plain_text(const FtxJsonValue *value, text **result)
{
	if (value->kind != FTX_JSON_STRING || GetDatabaseEncoding() != PG_UTF8 ||
		memchr(value->text, '\\', value->len) != NULL)
		return false;
	*result = cstring_to_text_with_len(value->text + 1, value->len - 2);
	return true;
}
