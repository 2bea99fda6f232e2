/*-------------------------------------------------------------------------
 *
 * scanner.c
 *		A scanner that checks all of a JSON text and builds nothing.
 *
 * The functions that skip take the position in a register and give the one
 * that follows; NULL is a failure, at scanner->p.  No position needs to be
 * compared with the end: what stands there is part of no token.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "json/order.h"
#include "json/run.h"
#include "json/scanner.h"
#include "json/token.h"
#include "json/value.h"
#include "miscadmin.h"

static const char *skip_any(FtxScanner *scanner, const char *p);

const char *
ftx_scanner_failed(FtxScanner *scanner, const char *p)
{
	if (scanner->failed == NULL)
	{
		scanner->failed = p;
		scanner->too_deep = scanner->depth > FTX_MAX_JSON_DEPTH;
	}
	scanner->p = scanner->end;
	return NULL;
}

void
ftx_scanner_begin(FtxScanner *scanner, const char *text, size_t len)
{
	scanner->body = text;
	scanner->p = text;
	scanner->end = text + len;
	scanner->pause = text + Min(len, FTX_PAUSE_BYTES);
	scanner->depth = 0;
	scanner->high = 0;
	scanner->failed = NULL;
	scanner->too_deep = false;
	scanner->name = "";
	scanner->namelen = 0;
	scanner->room = NULL;
	scanner->room_size = 0;
}

void
ftx_scanner_pause(FtxScanner *scanner, const char *p)
{
	CHECK_FOR_INTERRUPTS();
	scanner->pause = scanner->end - p > FTX_PAUSE_BYTES ? p + FTX_PAUSE_BYTES :
														  scanner->end;
}

/* ---------- tokens ---------- */

const char *
ftx_skip_blanks(FtxScanner *scanner, const char *p)
{
	for (; ftx_json_space(*p); p++)
	{
		if (p >= scanner->pause)
			ftx_scanner_pause(scanner, p);
	}
	return p;
}

static inline bool
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
	switch (p[1])
	{
		case '"':
		case '\\':
		case '/':
		case 'b':
		case 'f':
		case 'n':
		case 'r':
		case 't':
			return p + 2;
		case 'u':
			if (is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) && is_hex(p[5]))
				return p + 6;
			break;
	}
	return ftx_scanner_failed(scanner, p);
}

const char *
ftx_skip_special(FtxScanner *scanner, const char *p)
{
	while (*p == '\\')
	{
		p = skip_escape(scanner, p);
		if (p == NULL)
			return NULL;
		p = ftx_scanner_run(scanner, p);
	}
	return *p == '"' ? p + 1 : ftx_scanner_failed(scanner, p);
}

/* What PostgreSQL's lexer takes for part of a word that it then refuses. */
static inline bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		   (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Past one digit or more.
 */
static inline const char *
skip_digits(FtxScanner *scanner, const char *p)
{
	if (!is_digit(*p))
		return ftx_scanner_failed(scanner, p);
	for (p++; is_digit(*p); p++)
	{
		if (unlikely(p >= scanner->pause))
			ftx_scanner_pause(scanner, p);
	}
	return p;
}

/*
 * -? (0|[1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?
 */
static const char *
skip_number(FtxScanner *scanner, const char *p)
{
	if (*p == '-')
		p++;
	if (*p == '0')
		p++;
	else if ((p = skip_digits(scanner, p)) == NULL)
		return NULL;
	if (*p == '.' && (p = skip_digits(scanner, p + 1)) == NULL)
		return NULL;
	if (*p == 'e' || *p == 'E')
	{
		p++;
		if (*p == '+' || *p == '-')
			p++;
		if ((p = skip_digits(scanner, p)) == NULL)
			return NULL;
	}
	return is_word(*p) ? ftx_scanner_failed(scanner, p) : p;
}

static inline const char *
skip_word(FtxScanner *scanner, const char *p, const char *word)
{
	const char *start = p;

	for (; *word != '\0'; word++, p++)
	{
		if (*p != *word)
			return ftx_scanner_failed(scanner, start);
	}
	return is_word(*p) ? ftx_scanner_failed(scanner, start) : p;
}

/* ---------- values that nobody wants ---------- */

/*
 * From a key to the value.
 */
static inline const char *
skip_key(FtxScanner *scanner, const char *p)
{
	if (*p != '"')
		return ftx_scanner_failed(scanner, p);
	p = ftx_skip_string(scanner, p);
	if (p == NULL)
		return NULL;
	p = ftx_skip_space(scanner, p);
	return *p == ':' ? ftx_skip_space(scanner, p + 1) :
					   ftx_scanner_failed(scanner, p);
}

/*
 * What is between an opening bracket and the closing one.  Inline, so that
 * objects and arrays each get a loop that knows which it is.
 */
static pg_attribute_always_inline const char *
skip_members(FtxScanner *scanner, const char *p, char closing)
{
	bool more = true;

	p = ftx_enter_container(scanner, p);
	if (p == NULL)
		return NULL;
	p = ftx_skip_space(scanner, p);
	if (*p == closing)
		return ftx_skip_comma(scanner, p, closing, &more);
	while (more)
	{
		if (closing == '}' && (p = skip_key(scanner, p)) == NULL)
			return NULL;
		p = skip_any(scanner, p);
		if (p == NULL)
			return NULL;
		p = ftx_skip_comma(scanner, p, closing, &more);
		if (p == NULL)
			return NULL;
	}
	return p;
}

static const char *
skip_object(FtxScanner *scanner, const char *p)
{
	return skip_members(scanner, p, '}');
}

static const char *
skip_array(FtxScanner *scanner, const char *p)
{
	return skip_members(scanner, p, ']');
}

static const char *
skip_any(FtxScanner *scanner, const char *p)
{
	switch (*p)
	{
		case '"':
			return ftx_skip_string(scanner, p);
		case '{':
			return skip_object(scanner, p);
		case '[':
			return skip_array(scanner, p);
		case 't':
			return skip_word(scanner, p, "true");
		case 'f':
			return skip_word(scanner, p, "false");
		case 'n':
			return skip_word(scanner, p, "null");
		default:
			return skip_number(scanner, p);
	}
}

/* ---------- values of which something is wanted ---------- */

static const char *project_value(FtxScanner *scanner, const char *p,
								 const KeyNode *node, FtxJsonValue *values);

/*
 * The child that a key with escapes leads to; it stands between two quotes.
 */
static const KeyNode *
escaped_child(const KeyNode *node, const char *key, int len)
{
	char plain[FTX_MAX_ESCAPED_KEY];

	if (len > FTX_MAX_ESCAPED_KEY)
		return NULL;
	len = ftx_json_unescape(key, len, plain);
	return len >= 0 ? ftx_projection_child(node, plain, len) : NULL;
}

/*
 * Of a key that comes twice the last one counts: nothing is left of the first.
 */
static void
forget_below(const KeyNode *node, FtxJsonValue *values)
{
	for (const KeyNode *child = node->children; child; child = child->next)
	{
		for (int i = 0; i < child->nslots; i++)
			memset(&values[child->slots[i]], 0, sizeof(FtxJsonValue));
		forget_below(child, values);
	}
}

/*
 * The member whose quote is at p: *child is what it leads to.  Returns the
 * position past the colon.
 */
static const char *
project_key(FtxScanner *scanner, const char *p, const KeyNode *node,
			const KeyNode **child)
{
	const char *key = p + 1;

	*child = NULL;
	if (*p != '"')
		return ftx_scanner_failed(scanner, p);
	p = ftx_scanner_run(scanner, key);
	if (likely(*p == '"'))
		*child = ftx_projection_child(node, key, (int) (p++ - key));
	else if ((p = ftx_skip_special(scanner, p)) != NULL)
		*child = escaped_child(node, key, (int) (p - key) - 1);
	else
		return NULL;
	p = ftx_skip_space(scanner, p);
	return *p == ':' ? p + 1 : ftx_scanner_failed(scanner, p);
}

static const char *
project_object(FtxScanner *scanner, const char *p, const KeyNode *node,
			   FtxJsonValue *values)
{
	KeyOrder *order = node->order;
	int place = 0;
	bool more = true;

	p = ftx_enter_container(scanner, p);
	if (p == NULL)
		return NULL;
	p = ftx_skip_space(scanner, p);
	if (*p == '}')
		return ftx_skip_comma(scanner, p, '}', &more);
	while (more)
	{
		const KeyNode *child;
		const char *key = p;

		if (order == NULL || (p = ftx_order_expected(order, key, scanner->end,
													 &place, &child)) == NULL)
		{
			p = project_key(scanner, key, node, &child);
			if (p == NULL)
				return NULL;
			if (order != NULL)
				ftx_order_remember(order, &place, key, p, child);
		}
		p = ftx_skip_space(scanner, p);
		if (child == NULL)
			p = skip_any(scanner, p);
		else
		{
			forget_below(child, values);
			p = project_value(scanner, p, child, values);
		}
		if (p == NULL)
			return NULL;
		p = ftx_skip_comma(scanner, p, '}', &more);
		if (p == NULL)
			return NULL;
	}
	return p;
}

static const char *
project_value(FtxScanner *scanner, const char *p, const KeyNode *node,
			  FtxJsonValue *values)
{
	FtxJsonValue slice = {.text = p, .kind = ftx_json_kind(*p)};

	p = *p == '{' && node->children != NULL ?
			project_object(scanner, p, node, values) :
			skip_any(scanner, p);
	if (p == NULL)
		return NULL;
	slice.len = (int) (p - slice.text);
	for (int i = 0; i < node->nslots; i++)
		values[node->slots[i]] = slice;
	return p;
}

/* ---------- for walks ---------- */

void
ftx_scanner_slice(FtxScanner *scanner, const KeyNode *node,
				  FtxJsonValue *values, FtxJsonValue *slice)
{
	const char *p = ftx_skip_space(scanner, scanner->p);

	slice->text = p;
	slice->kind = ftx_json_kind(*p);
	if (ftx_scanner_go_on(scanner, node != NULL ?
									   project_value(scanner, p, node, values) :
									   skip_any(scanner, p)))
		slice->len = (int) (scanner->p - slice->text);
	else
		memset(slice, 0, sizeof(*slice)); /* not half a value */
}

void
ftx_scanner_value(FtxScanner *scanner, const KeyNode *node,
				  FtxJsonValue *values)
{
	const char *p = ftx_skip_space(scanner, scanner->p);

	(void) ftx_scanner_go_on(
		scanner, node != NULL ? project_value(scanner, p, node, values) :
								skip_any(scanner, p));
}

/*
 * Where it is wrong: at one of its bytes, or only in that it ends there.
 */
static const char *
position_of_error(const FtxScanner *scanner)
{
	size_t len = scanner->end - scanner->body;

	if (scanner->failed >= scanner->end)
		return psprintf(
			"It is not JSON: the error is at its end, after %zu bytes.", len);
	return psprintf("It is not JSON: the error is near byte %zu of %zu.",
					(size_t) (scanner->failed - scanner->body) + 1, len);
}

const char *
ftx_scanner_finish(FtxScanner *scanner)
{
	if (ftx_scanner_peek(scanner) != '\0' || scanner->p != scanner->end)
		(void) ftx_scanner_failed(scanner, scanner->p);
	if (scanner->too_deep)
		return "It is nested too deeply.";
	if (scanner->failed != NULL)
		return position_of_error(scanner);
	if (scanner->high &&
		!ftx_utf8_check(scanner->body, scanner->end - scanner->body))
		return "It is not valid UTF-8.";
	return NULL;
}

const char *
ftx_scanner_skip(const char *p, const char *end)
{
	FtxScanner scanner;

	ftx_scanner_begin(&scanner, p, end - p);
	p = skip_any(&scanner, p);
	Assert(p != NULL && p <= end);
	return p;
}
