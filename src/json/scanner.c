/*-------------------------------------------------------------------------
 *
 * scanner.c
 *		A scanner that checks all of a JSON text and builds nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/compat.h"
#include "json/scanner.h"
#include "json/value.h"
#include "port/pg_bitutils.h"

ftx_noreturn static void
refuse(const FtxScanner *scanner)
{
	ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
					errmsg("the answer of the Fivetran API is not valid JSON"),
					errdetail("The error is near byte %d of %d.",
							  (int) (scanner->p - scanner->body + 1),
							  (int) (scanner->end - scanner->body))));
}

void
ftx_scanner_begin(FtxScanner *scanner, const char *text, size_t len)
{
	scanner->body = text;
	scanner->p = text;
	scanner->end = text + len;
	scanner->depth = 0;
}

static inline char
peek(FtxScanner *scanner)
{
	const char *p = scanner->p;

	while (p < scanner->end &&
		   (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	scanner->p = p;
	return p < scanner->end ? *p : '\0';
}

char
ftx_scanner_peek(FtxScanner *scanner)
{
	return peek(scanner);
}

/*
 * The first byte from p on that ends a run of ordinary characters in a
 * string: a quote, a backslash or a control character.
 */
static inline const char *
end_of_run(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i last_control = _mm_set1_epi8(0x1F);

	while (p + sizeof(__m128i) <= end)
	{
		__m128i chunk = _mm_loadu_si128((const __m128i *) p);
		__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, last_control),
										 chunk);
		__m128i found = _mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(chunk, quote),
						 _mm_cmpeq_epi8(chunk, backslash)),
			control);
		int mask = _mm_movemask_epi8(found);

		if (mask != 0)
			return p + pg_rightmost_one_pos32((uint32) mask);
		p += sizeof(__m128i);
	}
#endif
	while (p < end && *p != '"' && *p != '\\' && (unsigned char) *p >= 0x20)
		p++;
	return p;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
		   (c >= 'A' && c <= 'F');
}

/*
 * Past an escape whose backslash is at p.
 */
static const char *
skip_escape(FtxScanner *scanner, const char *p)
{
	scanner->p = p;
	if (p + 1 >= scanner->end)
		refuse(scanner);
	if (p[1] != 'u')
	{
		if (strchr("\"\\/bfnrt", p[1]) == NULL)
			refuse(scanner);
		return p + 2;
	}
	for (int i = 2; i < 6; i++)
	{
		if (p + i >= scanner->end || !is_hex(p[i]))
			refuse(scanner);
	}
	return p + 6;
}

/*
 * Past a string whose opening quote is next.  *escaped: does it have escapes?
 */
static inline void
scan_string(FtxScanner *scanner, bool *escaped)
{
	const char *p = scanner->p + 1;

	*escaped = false;
	for (;;)
	{
		p = end_of_run(p, scanner->end);
		if (p >= scanner->end || (unsigned char) *p < 0x20)
		{
			scanner->p = p;
			refuse(scanner);
		}
		if (*p == '"')
			break;
		*escaped = true;
		p = skip_escape(scanner, p);
	}
	scanner->p = p + 1;
}

/* What PostgreSQL's lexer takes for part of a word that it then refuses. */
static inline bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		   (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

static inline bool
is_digit(const FtxScanner *scanner, const char *p)
{
	return p < scanner->end && *p >= '0' && *p <= '9';
}

/*
 * -? (0|[1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?
 */
static void
scan_number(FtxScanner *scanner)
{
	const char *p = scanner->p;

	if (*p == '-')
		p++;
	if (!is_digit(scanner, p))
		refuse(scanner);
	if (*p == '0')
		p++;
	else
	{
		while (is_digit(scanner, p))
			p++;
	}
	if (p < scanner->end && *p == '.')
	{
		p++;
		if (!is_digit(scanner, p))
			refuse(scanner);
		while (is_digit(scanner, p))
			p++;
	}
	if (p < scanner->end && (*p == 'e' || *p == 'E'))
	{
		p++;
		if (p < scanner->end && (*p == '+' || *p == '-'))
			p++;
		if (!is_digit(scanner, p))
			refuse(scanner);
		while (is_digit(scanner, p))
			p++;
	}
	if (p < scanner->end && is_word(*p))
		refuse(scanner);
	scanner->p = p;
}

static void
scan_word(FtxScanner *scanner, const char *word, int len)
{
	const char *p = scanner->p;

	if (scanner->end - p < len || memcmp(p, word, len) != 0 ||
		(p + len < scanner->end && is_word(p[len])))
		refuse(scanner);
	scanner->p = p + len;
}

void
ftx_scanner_enter(FtxScanner *scanner)
{
	scanner->p++;
	if (++scanner->depth > FTX_MAX_JSON_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("the answer of the Fivetran API cannot be understood"),
				 errdetail("It is nested too deeply.")));
}

/*
 * Before the next member or element: past the comma, or out of the container.
 */
static inline bool
next_in(FtxScanner *scanner, bool *first, char closing)
{
	char c = peek(scanner);

	if (c == closing)
	{
		scanner->p++;
		scanner->depth--;
		return false;
	}
	if (*first)
		*first = false;
	else
	{
		if (c != ',')
			refuse(scanner);
		scanner->p++;
		if (peek(scanner) == closing)
			refuse(scanner);
	}
	return true;
}

bool
ftx_scanner_member(FtxScanner *scanner, bool *first, const char **key,
				   int *keylen)
{
	const char *start;
	bool escaped;

	if (!next_in(scanner, first, '}'))
		return false;
	if (peek(scanner) != '"')
		refuse(scanner);
	start = scanner->p;
	scan_string(scanner, &escaped);
	*key = start + 1;
	*keylen = (int) (scanner->p - start - 2);
	if (escaped)
	{
		FtxJsonValue text = {start, *keylen + 2, FTX_JSON_STRING};

		*key = ftx_json_plain_key(&text, keylen);
	}
	if (peek(scanner) != ':')
		refuse(scanner);
	scanner->p++;
	return true;
}

bool
ftx_scanner_element(FtxScanner *scanner, bool *first)
{
	return next_in(scanner, first, ']');
}

static void
scan_object(FtxScanner *scanner, const KeyNode *node, FtxJsonValue *values)
{
	bool first = true;
	const char *key;
	int keylen;
	bool escaped;

	ftx_scanner_enter(scanner);
	if (node != NULL && node->children != NULL)
	{
		while (ftx_scanner_member(scanner, &first, &key, &keylen))
			ftx_scanner_value(scanner, ftx_projection_child(node, key, keylen),
							  values);
		return;
	}
	while (next_in(scanner, &first, '}'))
	{
		if (peek(scanner) != '"')
			refuse(scanner);
		scan_string(scanner, &escaped);
		if (peek(scanner) != ':')
			refuse(scanner);
		scanner->p++;
		ftx_scanner_value(scanner, NULL, NULL);
	}
}

static void
scan_array(FtxScanner *scanner)
{
	bool first = true;

	ftx_scanner_enter(scanner);
	while (next_in(scanner, &first, ']'))
		ftx_scanner_value(scanner, NULL, NULL);
}

void
ftx_scanner_slice(FtxScanner *scanner, const KeyNode *node,
				  FtxJsonValue *values, FtxJsonValue *slice)
{
	bool escaped;
	char c = peek(scanner);

	slice->text = scanner->p;
	switch (c)
	{
		case '"':
			slice->kind = FTX_JSON_STRING;
			scan_string(scanner, &escaped);
			break;
		case '{':
			slice->kind = FTX_JSON_OBJECT;
			scan_object(scanner, node, values);
			break;
		case '[':
			slice->kind = FTX_JSON_ARRAY;
			scan_array(scanner);
			break;
		case 't':
			slice->kind = FTX_JSON_TRUE;
			scan_word(scanner, "true", 4);
			break;
		case 'f':
			slice->kind = FTX_JSON_FALSE;
			scan_word(scanner, "false", 5);
			break;
		case 'n':
			slice->kind = FTX_JSON_NULL;
			scan_word(scanner, "null", 4);
			break;
		default:
			slice->kind = FTX_JSON_NUMBER;
			scan_number(scanner);
	}
	slice->len = (int) (scanner->p - slice->text);
}

void
ftx_scanner_value(FtxScanner *scanner, const KeyNode *node,
				  FtxJsonValue *values)
{
	FtxJsonValue slice;

	ftx_scanner_slice(scanner, node, values, &slice);
	if (node == NULL)
		return;
	for (int i = 0; i < node->nslots; i++)
		values[node->slots[i]] = slice;
}

void
ftx_scanner_finish(FtxScanner *scanner)
{
	if (peek(scanner) != '\0')
		refuse(scanner);
}
