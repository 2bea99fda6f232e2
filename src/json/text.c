/*-------------------------------------------------------------------------
 *
 * text.c
 *		From a slice of JSON to text: encodings and escapes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "json/json.h"
#include "json/scanner.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

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
	*len = ftx_json_unescape(key->text + 1, key->len - 2, text);
	*len = Max(*len, 0);
	text[*len] = '\0';
	return text;
}
