/*-------------------------------------------------------------------------
 *
 * words.c
 *		What others say, made fit to be shown: errors, notices, the log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/mask.h"
#include "api/secrets/secret.h"
#include "api/secrets/shown.h"
#include "api/secrets/words.h"
#include "base/printable.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

/* ---------- characters ---------- */

/*
 * Append one character; a mark for what may not stand there, which must not
 * keep a secret from being found and becomes "?" or a blank after that.
 */
static void
append_char(StringInfo words, pg_wchar c)
{
	unsigned char utf8[8] = {0};

	if (c == '\n' || c == '\r' || c == '\t')
		appendStringInfoChar(words, FTX_SECRET_BLANK);
	else if (!ftx_code_printable(c))
		appendStringInfoChar(words, FTX_SECRET_HIDDEN);
	else if (c >= 0x80 && GetDatabaseEncoding() != PG_UTF8)
		appendStringInfoChar(words, '?');
	else
	{
		unicode_to_utf8(c, utf8);
		appendBinaryStringInfo(words, (char *) utf8, pg_utf_mblen(utf8));
	}
}

/*
 * The character of UTF-8 at `text`, and its length: U+FFFD for what is none.
 */
static int
read_utf8(const char *text, const char *end, pg_wchar *c)
{
	const unsigned char *bytes = (const unsigned char *) text;
	int len = pg_utf_mblen(bytes);

	if (end - text < len || !pg_utf8_islegal(bytes, len))
	{
		*c = 0xFFFD;
		return 1;
	}
	*c = utf8_to_unicode(bytes);
	return len;
}

/* Four hexadecimal digits, -1 for anything else. */
static int
read_hex(const char *text, const char *end)
{
	int value = 0;

	if (end - text < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		const char *digits = "0123456789abcdef";
		char c = pg_ascii_tolower((unsigned char) text[i]);
		const char *digit = c != '\0' ? strchr(digits, c) : NULL;

		if (digit == NULL)
			return -1;
		value = value * 16 + (int) (digit - digits);
	}
	return value;
}

/*
 * The character that an escape of JSON means; *text moves behind it.
 */
static pg_wchar
read_escape(const char **text, const char *end)
{
	char c = *(*text)++;
	int first;
	int second;

	if (c == 'n' || c == 'r' || c == 't' || c == 'b' || c == 'f')
		return '\n';
	if (c != 'u')
		return (unsigned char) c;
	first = read_hex(*text, end);
	if (first < 0)
		return 0xFFFD;
	*text += 4;
	if (!is_utf16_surrogate_first(first))
		return first;
	if (end - *text < 6 || (*text)[0] != '\\' || (*text)[1] != 'u')
		return 0xFFFD;
	second = read_hex(*text + 2, end);
	if (second < 0 || !is_utf16_surrogate_second(second))
		return 0xFFFD;
	*text += 6;
	return surrogate_pair_to_codepoint(first, second);
}

/* ---------- masking ---------- */

/*
 * Replace the secrets in `text` and cut it at `max` bytes (0 = not at all).
 */
static char *
mask_words(const char *text, size_t len, bool cut, size_t max)
{
	const char *end = text + len;
	StringInfoData masked;

	/* any of it could be one (a path has no secret but by its places) */
	if (max > 0 && len > 0 && ftx_secret_unsearched())
		return pstrdup(FTX_MASK);
	initStringInfo(&masked);
	while (text < end && (max == 0 || (size_t) masked.len <= max))
	{
		size_t secret = ftx_secret_match(text, end, cut);

		if (secret > 0)
			appendStringInfoString(&masked, FTX_MASK);
		else
			appendStringInfoChar(&masked, *text == FTX_SECRET_BLANK	 ? ' ' :
										  *text == FTX_SECRET_HIDDEN ? '?' :
																	   *text);
		text += Max(secret, 1);
	}
	if (max > 0)
	{
		/* a quoted request has secrets by their places, too */
		char *quotes = ftx_shown_quotes(masked.data);

		resetStringInfo(&masked);
		appendStringInfoString(&masked, quotes);
		pfree(quotes);
	}
	if (max > 0 && (size_t) masked.len > max)
	{
		masked.len = pg_mbcliplen(masked.data, masked.len, (int) max);
		masked.data[masked.len] = '\0';
	}
	return masked.data;
}

/*
 * How much of a text has to be looked at to show the first FTX_MAX_WORDS
 * bytes of it: masking may make it shorter.
 */
static size_t
words_limit(void)
{
	return FTX_MAX_WORDS * 4 + ftx_secret_longest();
}

char *
ftx_words_of_json(const FtxJsonValue *value)
{
	const char *text;
	const char *end;
	size_t limit = words_limit();
	StringInfoData words;
	char *masked;

	if (value->kind != FTX_JSON_STRING)
		return NULL;
	text = value->text + 1;
	end = value->text + value->len - 1;
	initStringInfo(&words);
	while (text < end && (size_t) words.len < limit)
	{
		pg_wchar c;

		if (*text == '\\' && end - text >= 2)
		{
			text++;
			c = read_escape(&text, end);
		}
		else
			text += read_utf8(text, end, &c);
		append_char(&words, c);
	}
	masked = mask_words(words.data, words.len, text < end, FTX_MAX_WORDS);
	pfree(words.data);
	return masked;
}

static char *
words_of(const char *text, bool cut, size_t limit, size_t max)
{
	size_t len = strlen(text);
	const char *end;
	StringInfoData words;
	char *masked;

	if (limit > 0 && len > limit)
	{
		len = pg_mbcliplen(text, (int) Min(len, limit + 16), (int) limit);
		cut = true;
	}
	end = text + len;
	initStringInfo(&words);
	while (text < end)
	{
		pg_wchar c;

		if (GetDatabaseEncoding() == PG_UTF8)
		{
			text += read_utf8(text, end, &c);
			append_char(&words, c);
		}
		else
		{
			unsigned char byte = *text++;

			appendStringInfoChar(
				&words, byte < ' ' || byte == 0x7F ? FTX_SECRET_BLANK : byte);
		}
	}
	masked = mask_words(words.data, words.len, cut, max);
	pfree(words.data);
	return masked;
}

char *
ftx_words_of_text(const char *text, bool cut)
{
	return words_of(text, cut, words_limit(), FTX_MAX_WORDS);
}

char *
ftx_words_of_path(const char *path)
{
	char *shown = ftx_shown_path(path, NULL);
	char *words = words_of(shown, false, 0, 0);

	pfree(shown);
	return words;
}

/* ---------- errors of others ---------- */

void
ftx_words_mask_error(void)
{
	MemoryContext cxt = AllocSetContextCreate(ErrorContext, "fivetrex words",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	ErrorData *error = CopyErrorData();

	if (error->message != NULL)
		errmsg_internal("%s", ftx_words_of_text(error->message, false));
	if (error->detail != NULL)
		errdetail_internal("%s", ftx_words_of_text(error->detail, false));
	if (error->hint != NULL)
		errhint("%s", ftx_words_of_text(error->hint, false));
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

static char *
words_or_null(const char *text)
{
	return text != NULL ? ftx_words_of_text(text, false) : NULL;
}

void
ftx_words_rethrow(MemoryContext cxt)
{
	ErrorData *error;

	MemoryContextSwitchTo(cxt);
	error = CopyErrorData();
	FlushErrorState();
	error->message = words_or_null(error->message);
	error->detail = words_or_null(error->detail);
	error->hint = words_or_null(error->hint);
	error->context = words_or_null(error->context);
	ReThrowError(error);
}
