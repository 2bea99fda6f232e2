/*-------------------------------------------------------------------------
 *
 * shown.c
 *		What of a request may be shown: everything but its secrets.
 *
 * The place decides, not the look of a value: a PIN is a number, and a token
 * may be true.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/mask.h"
#include "api/secrets/secret_name.h"
#include "api/secrets/shown.h"
#include "api/secrets/shown_text.h"
#include "base/compat.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "json/compat.h"
#include "json/scanner.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

/*
 * What is encoded several times is looked at this often.
 */
#define MAX_DECODED 3

/* Among any bytes, shorter texts have no name with a secret. */
#define MIN_FOUND_TEXT 8

/*
 * "is_primary_key", "trust_certificates": a question about something that
 * may be secret, if the value is yes or no.
 */
static bool
is_question(const JsonbValue *name, const JsonbValue *value)
{
	static const char *const begins[] = {"is_", "has_", "trust_"};

	if (value->type != jbvBool)
		return false;
	for (size_t i = 0; i < lengthof(begins); i++)
	{
		size_t n = strlen(begins[i]);

		if ((size_t) name->val.string.len > n &&
			memcmp(name->val.string.val, begins[i], n) == 0)
			return true;
	}
	return false;
}

/* ---------- JSON ---------- */

static JsonbValue *shown_copy(JsonbContainer *container, bool secret,
							  const FtxSecretFinder *finder);

/*
 * Digits of a number, and of its exponent, that numeric certainly holds.
 */
#define MANY_DIGITS 1000
#define MANY_EXPONENT 4

/*
 * Has the JSON a number that may be beyond numeric, and so beyond jsonb?
 */
static bool
has_huge_number(const char *json)
{
	for (const char *p = json; *p != '\0'; p++)
	{
		size_t digits = strspn(p, "0123456789");
		const char *before = p - 1;

		if (*p == '"')
		{
			for (p++; *p != '"'; p++)
				p += *p == '\\';
			continue;
		}
		if (digits > MANY_DIGITS)
			return true;
		if (digits > MANY_EXPONENT && p > json + 1)
		{
			if (*before == '+' || *before == '-')
				before--;
			if (*before == 'e' || *before == 'E')
				return true;
		}
		if (digits > 0)
			p += digits - 1;
	}
	return false;
}

/*
 * JSON as text: a service account's key file, say.  NULL when it is none, or
 * none that jsonb could hold: a text need not be.
 */
static char *
show_json_text(const char *text, int len, const FtxSecretFinder *finder)
{
	char *json = pnstrdup(text, len);
	FtxScanner scanner;
	JsonLexContext *lex;

	if (json[strspn(json, " \t\r\n")] != '{' &&
		json[strspn(json, " \t\r\n")] != '[')
		return NULL;
	/* not nested too deeply for what follows, which would throw */
	ftx_scanner_begin(&scanner, json, len);
	ftx_scanner_value(&scanner, NULL, NULL);
	if (scanner.failed != NULL || has_huge_number(json))
		return NULL;
	lex = ftx_json_lexer(json, len, GetDatabaseEncoding(), true);
	if (pg_parse_json(lex, &nullSemAction) != JSON_SUCCESS)
		return NULL;
	return ftx_shown_body(json, finder);
}

static void
set_json_text(JsonbValue *value, char *text)
{
	value->type = jbvString;
	value->val.string.val = text;
	value->val.string.len = (int) strlen(text);
}

/*
 * A text that means itself, or is JSON or a key.
 */
static char *
show_text(const char *text, int len, const FtxSecretFinder *finder)
{
	static const char mark[] = "PRIVATE KEY-----";
	char *shown = show_json_text(text, len, finder);

	if (shown != NULL)
		return shown;
	for (int i = 0; i + (int) strlen(mark) <= len; i++)
	{
		if (memcmp(text + i, mark, strlen(mark)) == 0)
		{
			ftx_shown_found(finder, text, len);
			return pstrdup(FTX_MASK);
		}
	}
	return ftx_shown_plain(text, len, false, finder);
}

/*
 * A scalar that is secret by its place.
 */
static void
mask_scalar(JsonbValue *value, const FtxSecretFinder *finder)
{
	if (value->type == jbvString)
	{
		ftx_shown_found(finder, value->val.string.val, value->val.string.len);
		/* what of it is a secret by itself may come back alone */
		if (finder != NULL)
			show_text(value->val.string.val, value->val.string.len, finder);
	}
	else if (value->type == jbvNumeric)
	{
		char *digits = DatumGetCString(DirectFunctionCall1(
			numeric_out, NumericGetDatum(value->val.numeric)));

		ftx_shown_found(finder, digits, strlen(digits));
	}
	set_json_text(value, FTX_MASK);
}

/*
 * One member or element; `secret` if its place is.
 */
static void
show_value_of(JsonbValue *value, bool secret, const FtxSecretFinder *finder)
{
	if (value->type == jbvBinary)
		*value = *shown_copy(value->val.binary.data, secret, finder);
	else if (secret && value->type != jbvNull)
		mask_scalar(value, finder);
	else if (value->type == jbvString)
		set_json_text(value, show_text(value->val.string.val,
									   value->val.string.len, finder));
}

/* Has the object a member that names another one, called "value"? */
static bool
has_name(JsonbContainer *container)
{
	static const char *const names[] = {"name", "key", "header"};

	for (size_t i = 0; i < lengthof(names); i++)
	{
		JsonbValue name = {.type = jbvString};

		name.val.string.val = (char *) names[i];
		name.val.string.len = (int) strlen(names[i]);
		if (findJsonbValueFromContainer(container, JB_FOBJECT, &name) != NULL)
			return true;
	}
	return false;
}

static JsonbValue *
shown_copy(JsonbContainer *container, bool secret,
		   const FtxSecretFinder *finder)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	FtxJsonbBuilder builder = {0};
	bool pair = JsonContainerIsObject(container) && has_name(container);
	JsonbValue value;
	JsonbValue key = {.type = jbvNull};
	JsonbIteratorToken token;

	check_stack_depth();
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_KEY)
			key = value;
		else if (token == WJB_VALUE)
		{
			const char *name = key.val.string.val;
			size_t len = key.val.string.len;

			show_value_of(
				&value,
				secret ||
					(pair && len == 5 &&
					 pg_strncasecmp(name, "value", 5) == 0) ||
					(ftx_secret_name(name, len) && !is_question(&key, &value)),
				finder);
		}
		else if (token == WJB_ELEM)
			show_value_of(&value, secret, finder);
		ftx_jsonb_push(&builder, token,
					   token < WJB_BEGIN_ARRAY || (token == WJB_BEGIN_ARRAY &&
												   value.val.array.rawScalar) ?
						   &value :
						   NULL);
	}
	return builder.result;
}

char *
ftx_shown_body(const char *body, const FtxSecretFinder *finder)
{
	Jsonb *jsonb = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(body)));

	jsonb = JsonbValueToJsonb(shown_copy(&jsonb->root, false, finder));
	return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

char *
ftx_shown_text(const char *text, const FtxSecretFinder *finder)
{
	return show_text(text, (int) strlen(text), finder);
}

/*
 * How many of the bytes are a text, in the server encoding.
 */
static size_t
text_length(const char *bytes, size_t n)
{
	size_t len = 0;

	while (len < n)
	{
		unsigned char c = bytes[len];
		int step = c < 0x80 ? 1 :
							  pg_utf_mblen((const unsigned char *) bytes + len);

		if (c < ' ' ? c != '\n' && c != '\r' && c != '\t' : c == 0x7F)
			break;
		if (c >= 0x80 &&
			(GetDatabaseEncoding() != PG_UTF8 || (size_t) step > n - len ||
			 !pg_utf8_islegal((const unsigned char *) bytes + len, step)))
			break;
		len += step;
	}
	return len;
}

void
ftx_shown_find(const char *bytes, size_t n, const FtxSecretFinder *finder)
{
	/* longer texts are looked at in parts */
	const size_t longest = 1024 * 1024;

	while (n > 0)
	{
		size_t len = text_length(bytes, Min(n, longest));

		CHECK_FOR_INTERRUPTS();
		if (len >= MIN_FOUND_TEXT)
			pfree(show_text(bytes, (int) len, finder));
		len = Min(len < longest ? len + 1 : len, n);
		bytes += len;
		n -= len;
	}
}

char *
ftx_shown_quotes(const char *text)
{
	return ftx_shown_plain(text, strlen(text), true, NULL);
}

/* ---------- paths ---------- */

static int
escaped_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *digit = c == '\0' ? NULL : strchr(digits, pg_ascii_tolower(c));

	return digit != NULL ? (int) (digit - digits) : -1;
}

/*
 * Undo percent-encoding, of a form with "+" for blanks as well; in the server
 * encoding.
 */
static char *
decode(const char *text, size_t len, bool form)
{
	char *volatile result = NULL;
	char *decoded = palloc(len + 1);
	char *next = decoded;
	MemoryContext old = CurrentMemoryContext;

	for (size_t i = 0; i < len; i++)
	{
		int high = text[i] == '%' && i + 2 < len ? escaped_digit(text[i + 1]) :
												   -1;
		int low = high >= 0 ? escaped_digit(text[i + 2]) : -1;

		if (low >= 0 && high * 16 + low != 0)
		{
			*next++ = (char) (high * 16 + low);
			i += 2;
		}
		else
			*next++ = form && text[i] == '+' ? ' ' : text[i];
	}
	*next = '\0';
	if (!pg_verify_mbstr(PG_UTF8, decoded, (int) (next - decoded), true))
		return pnstrdup(text, len);
	PG_TRY();
	{
		result = pg_any_to_server(decoded, (int) (next - decoded), PG_UTF8);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(old);
		FlushErrorState();
		result = pnstrdup(text, len);
	}
	PG_END_TRY();
	return result;
}

static void
append_encoded(StringInfo shown, const char *text)
{
	text = pg_server_to_any(text, (int) strlen(text), PG_UTF8);
	for (; *text != '\0'; text++)
	{
		unsigned char c = *text;

		if (isalnum(c) || strchr("-._~*", c) != NULL)
			appendStringInfoChar(shown, (char) c);
		else
			appendStringInfo(shown, "%%%02X", c);
	}
}

/*
 * One part of a path: a segment, or a name or value of its query.
 */
static void
show_part(StringInfo shown, const char *part, size_t len, bool form,
		  const FtxSecretFinder *finder)
{
	char *before = pnstrdup(part, len);

	for (int i = 0; i <= MAX_DECODED; i++)
	{
		/* what is encoded once more than we know stays as it is */
		char *decoded = i == 0 ? before : decode(before, strlen(before), form);
		char *masked;

		if (i > 0 && strcmp(decoded, before) == 0)
			break;
		masked = show_text(decoded, (int) strlen(decoded), finder);
		if (strstr(masked, FTX_MASK) != NULL &&
			strstr(decoded, FTX_MASK) == NULL)
		{
			append_encoded(shown, masked);
			return;
		}
		before = decoded;
	}
	appendBinaryStringInfo(shown, part, (int) len);
}

/*
 * "name=value" of a query.
 */
static void
show_parameter(StringInfo shown, const char *from, size_t len,
			   const FtxSecretFinder *finder)
{
	const char *equals = memchr(from, '=', len);
	char *name;
	char *value;

	if (equals == NULL)
	{
		show_part(shown, from, len, true, finder);
		return;
	}
	name = decode(from, equals - from, true);
	equals++;
	len -= equals - from;
	if (!ftx_secret_name(name, strlen(name)) || len == 0)
	{
		show_part(shown, from, equals - 1 - from, true, finder);
		appendStringInfoChar(shown, '=');
		show_part(shown, equals, len, true, finder);
		return;
	}
	value = decode(equals, len, false);
	appendBinaryStringInfo(shown, from, (int) (equals - from));
	appendStringInfoString(shown, FTX_MASK);
	ftx_shown_found(finder, value, strlen(value));
}

char *
ftx_shown_path(const char *path, const FtxSecretFinder *finder)
{
	const char *query = strchr(path, '?');
	StringInfoData shown;

	initStringInfo(&shown);
	while (*path != '\0')
	{
		bool in_query = query != NULL && path > query;
		size_t len = strcspn(path, in_query ? "&" : "/?");

		if (in_query)
			show_parameter(&shown, path, len, finder);
		else
			show_part(&shown, path, len, false, finder);
		path += len;
		if (*path != '\0')
			appendStringInfoChar(&shown, *path++);
	}
	return shown.data;
}
