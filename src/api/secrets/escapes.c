/*-------------------------------------------------------------------------
 *
 * escapes.c
 *		Which characters may be meant by what stands in a text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/escapes.h"
#include "mb/pg_wchar.h"

/* What is encoded more often than this is not recognised. */
#define MAX_NESTED 6

static void
add_meaning(FtxMeanings *meanings, uint32 code, const char *behind)
{
	if (meanings->n < FTX_MAX_MEANINGS)
		meanings->list[meanings->n++] = (FtxMeaning){code, behind};
}

/* ---------- digits ---------- */

static int
hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Does a number of `min` to `max` digits stand at *text?  *text moves behind.
 */
static bool
take_number(const char **text, const char *end, int base, int min, int max,
			uint32 *number)
{
	int n = 0;

	*number = 0;
	while (n < max && *text + n < end)
	{
		int digit = hex_value((unsigned char) (*text)[n]);

		if (digit < 0 || digit >= base)
			break;
		*number = *number * base + digit;
		n++;
	}
	if (n < min)
		return false;
	*text += n;
	return true;
}

/*
 * "{1F600}", of which the "{" is still to come.
 */
static bool
take_braces(const char **text, const char *end, uint32 *code)
{
	const char *next = *text;

	if (next >= end || *next++ != '{' ||
		!take_number(&next, end, 16, 1, 8, code) || next >= end ||
		*next++ != '}')
		return false;
	*text = next;
	return true;
}

/*
 * The digits after "\u", those of the second half of a pair included.
 */
static bool
take_unicode(const char **text, const char *end, uint32 *code)
{
	const char *next;
	uint32 second;

	if (take_braces(text, end, code))
		return true;
	if (!take_number(text, end, 16, 4, 4, code))
		return false;
	if (!is_utf16_surrogate_first(*code))
		return true;
	next = *text;
	while (next < end && *next == '\\' && next - *text < FTX_MAX_BACKSLASHES)
		next++;
	if (next >= end || *next++ != 'u' ||
		!take_number(&next, end, 16, 4, 4, &second) ||
		!is_utf16_surrogate_second(second))
		return true;
	*code = surrogate_pair_to_codepoint(*code, second);
	*text = next;
	return true;
}

/* ---------- bytes ---------- */

/*
 * One byte as two digits after "%", which was encoded `nested` times more; or,
 * if that is negative, after backslashes: "\xC3", "\303".
 */
static bool
take_byte(const char **text, const char *end, int nested, uint32 *byte)
{
	const char *next = *text;
	bool taken;

	if (next >= end || *next++ != (nested < 0 ? '\\' : '%'))
		return false;
	if (nested < 0)
	{
		while (next < end && *next == '\\' &&
			   next - *text < FTX_MAX_BACKSLASHES)
			next++;
		if (next < end && *next == 'x')
		{
			next++;
			taken = take_number(&next, end, 16, 2, 2, byte);
		}
		else
			taken = take_number(&next, end, 8, 3, 3, byte);
	}
	else
	{
		for (int i = 0; i < nested; i++, next += 2)
		{
			if (end - next < 2 || memcmp(next, "25", 2) != 0)
				return false;
		}
		taken = take_number(&next, end, 16, 2, 2, byte);
	}
	if (taken)
		*text = next;
	return taken && *byte <= 0xFF;
}

/*
 * A byte by itself, and the character of UTF-8 that begins with it.
 */
static void
read_bytes(const char *text, const char *end, int nested, FtxMeanings *meanings)
{
	unsigned char utf8[4];
	uint32 byte;
	int len;

	if (!take_byte(&text, end, nested, &byte))
		return;
	add_meaning(meanings, byte, text);
	utf8[0] = (unsigned char) byte;
	len = pg_utf_mblen(utf8);
	if (byte < 0xC0 || len > (int) sizeof(utf8))
		return;
	for (int i = 1; i < len; i++)
	{
		if (!take_byte(&text, end, nested, &byte))
			return;
		utf8[i] = (unsigned char) byte;
	}
	if (pg_utf8_islegal(utf8, len))
		add_meaning(meanings, utf8_to_unicode(utf8), text);
}

/* ---------- escapes ---------- */

/*
 * "%C3%A9", encoded several times: "%25C3%25A9"; "%u00E9".
 */
static void
read_percent(const char *text, const char *end, FtxMeanings *meanings)
{
	const char *next = text + 1;
	uint32 code;

	for (int nested = 0; nested <= MAX_NESTED; nested++)
	{
		read_bytes(text, end, nested, meanings);
		if (next < end && *next == 'u')
		{
			const char *digits = next + 1;

			if (take_number(&digits, end, 16, 4, 4, &code))
				add_meaning(meanings, code, digits);
		}
		if (end - next < 2 || memcmp(next, "25", 2) != 0)
			return;
		next += 2;
	}
}

/*
 * Escapes of JSON, C, JavaScript, Python and Perl.  What is quoted several
 * times has several backslashes.
 */
static void
read_backslashes(const char *text, const char *end, FtxMeanings *meanings)
{
	const char *next = text;
	const char *digits;
	uint32 code;

	while (next < end && *next == '\\' && next - text < FTX_MAX_BACKSLASHES)
		add_meaning(meanings, '\\', ++next);
	if (next >= end)
		return;
	digits = next + 1;
	/* before a letter it is a control character, or the letter */
	if ((unsigned char) *next < 0x80)
		add_meaning(meanings, (unsigned char) *next, next + 1);
	if (*next != '\0' && strchr("nrtbfav0", *next) != NULL)
		add_meaning(meanings, '\n', next + 1);
	if ((*next == 'u' && take_unicode(&digits, end, &code)) ||
		(*next == 'U' && take_number(&digits, end, 16, 8, 8, &code)) ||
		(*next == 'x' && take_braces(&digits, end, &code)))
		add_meaning(meanings, code, digits);
	read_bytes(text, end, -1, meanings);
}

/*
 * What stands behind "&": "#34;", "#x22;", "quot;", of which numbers may lack
 * the end.
 */
static bool
take_reference(const char **text, const char *end, uint32 *code)
{
	static const struct
	{
		const char *name;
		uint32 code;
	} names[] = {{"amp;", '&'},		   {"lt;", '<'},
				 {"gt;", '>'},		   {"quot;", '"'},
				 {"apos;", '\''},	   {"Tab;", '\t'},
				 {"NewLine;", '\n'},   {"shy;", 0xAD},
				 {"zwnj;", 0x200C},	   {"zwj;", 0x200D},
				 {"lrm;", 0x200E},	   {"rlm;", 0x200F},
				 {"NoBreak;", 0x2060}, {"ZeroWidthSpace;", 0x200B}};
	const char *next = *text;
	bool hex;

	for (size_t i = 0; i < lengthof(names); i++)
	{
		size_t len = strlen(names[i].name);

		if ((size_t) (end - next) >= len &&
			memcmp(next, names[i].name, len) == 0)
		{
			*code = names[i].code;
			*text += len;
			return true;
		}
	}
	if (next >= end || *next++ != '#')
		return false;
	hex = next < end && (*next | 0x20) == 'x';
	next += hex ? 1 : 0;
	if (!take_number(&next, end, hex ? 16 : 10, 1, 8, code))
		return false;
	*text = next < end && *next == ';' ? next + 1 : next;
	return true;
}

/*
 * References of HTML, encoded several times: "&amp;quot;".
 */
static void
read_references(const char *text, const char *end, FtxMeanings *meanings)
{
	const char *next = text + 1;
	uint32 code;

	for (int nested = 0; nested <= MAX_NESTED; nested++)
	{
		const char *behind = next;

		if (take_reference(&behind, end, &code))
			add_meaning(meanings, code, behind);
		if (end - next < 4 || memcmp(next, "amp;", 4) != 0)
			return;
		next += 4;
	}
}

void
ftx_escapes_read(const char *text, const char *end, FtxMeanings *meanings)
{
	unsigned char c = *text;
	int len = c < 0x80 || GetDatabaseEncoding() != PG_UTF8 ?
				  1 :
				  pg_utf_mblen((const unsigned char *) text);

	meanings->n = 0;
	if (len > 1 && end - text >= len)
		add_meaning(meanings, utf8_to_unicode((const unsigned char *) text),
					text + len);
	else
		add_meaning(meanings, c, text + 1);
	if (c == '%')
		read_percent(text, end, meanings);
	else if (c == '\\')
		read_backslashes(text, end, meanings);
	else if (c == '&')
		read_references(text, end, meanings);
}
