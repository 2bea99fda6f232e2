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

#include "base/compat.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "json/mask.h"
#include "json/shown.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

/* ---------- names ---------- */

/*
 * A name with one of these in it is a secret's.  Fivetran's definition marks
 * some 150 names of secret fields; what of them is no identifier is found by
 * these and the next.
 */
static const char *const secret_parts[] = {
	"password",	  "passwd",		"secret",	   "token",
	"key",		  "passphrase", "pass_phrase", "credential",
	"private",	  "auth",		"cert",		   "connection_string",
	"role_arn",	  "sas_",		"environment", "bearer",
	"signature",  "cookie",		"truststore",  "short_code",
	"query_param"};

/* These are ordinary parts of other words, so they must be whole ones. */
static const char *const secret_words[] = {"pat", "pwd", "pin", "pass", "sid",
										   "sas", "sig", "otp", "jwt",	"dsn",
										   "pem", "pw",	 "psk"};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * Is `word` one of the words of a name: "myPat", "my_pat", "my-pat", "PAT"?
 */
static bool
has_word(const char *name, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
	{
		bool begins = i == 0 || !is_letter(name[i - 1]) ||
					  (name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' &&
					   name[i - 1] <= 'z');
		bool ends = i + n == len || !is_letter(name[i + n]) ||
					(name[i + n] >= 'A' && name[i + n] <= 'Z' &&
					 name[i + n - 1] >= 'a' && name[i + n - 1] <= 'z');

		if (begins && ends && pg_strncasecmp(name + i, word, n) == 0)
			return true;
	}
	return false;
}

static bool
has_part(const char *name, size_t len, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= len; i++)
	{
		if (pg_strncasecmp(name + i, part, n) == 0)
			return true;
	}
	return false;
}

static bool
is_secret_name(const char *name, size_t len)
{
	if (len == strlen("public_key") &&
		pg_strncasecmp(name, "public_key", len) == 0)
		return false;
	for (size_t i = 0; i < lengthof(secret_parts); i++)
	{
		if (has_part(name, len, secret_parts[i]))
			return true;
	}
	for (size_t i = 0; i < lengthof(secret_words); i++)
	{
		if (has_word(name, len, secret_words[i]))
			return true;
	}
	return false;
}

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

/* ---------- texts ---------- */

static bool
is_name_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
		   c == '.';
}

/* "Authorization: Bearer x": the word before what is secret. */
static bool
is_scheme(const char *word, size_t len)
{
	return (len == 6 && pg_strncasecmp(word, "bearer", 6) == 0) ||
		   (len == 5 && pg_strncasecmp(word, "basic", 5) == 0) ||
		   (len == 5 && pg_strncasecmp(word, "token", 5) == 0);
}

/*
 * The end of a value that begins at `text`: of a quoted one its quote.
 */
static const char *
value_end(const char *text, const char *end)
{
	char quote = *text;

	if (quote == '"' || quote == '\'')
	{
		for (text++; text < end && *text != quote; text++)
		{
			if (*text == '\\' && text + 1 < end)
				text++;
		}
		return text;
	}
	while (text < end && strchr("&;, \t\r\n\"'", *text) == NULL)
		text++;
	return text;
}

/*
 * What stands between a scheme and a host is a name and a password, or a
 * token.  Returns where to go on.
 */
static const char *
show_authority(StringInfo shown, const char *text, const char *end)
{
	const char *at = NULL;
	const char *colon = NULL;
	bool path = false;

	for (const char *next = text; next < end && !isspace((unsigned char) *next);
		 next++)
	{
		if (*next == '"' || *next == '\'')
			break;
		if (*next == '@')
			at = next;
		else if (*next == ':' && colon == NULL && !path)
			colon = next;
		else if (strchr("/?#", *next) != NULL)
		{
			/* the end, unless that is a password which is not encoded */
			if (at != NULL || colon == NULL ||
				strspn(colon + 1, "0123456789") == (size_t) (next - colon - 1))
				break;
			path = true;
		}
	}
	if (at == NULL)
		return text;
	if (colon != NULL && colon < at)
		appendBinaryStringInfo(shown, text, (int) (colon + 1 - text));
	appendStringInfoString(shown, FTX_MASK);
	return at;
}

/*
 * After a name at its end: the value that follows "=" or ":" is masked if the
 * name is a secret's.  Returns where to go on.
 */
static const char *
show_value(StringInfo shown, const char *name, const char *text,
		   const char *end)
{
	const char *next = text;
	const char *stop;

	if (next < end && (*next == '"' || *next == '\''))
		next++;
	while (next < end && *next == ' ')
		next++;
	if (is_scheme(name, text - name) && next > text && *text == ' ')
		;
	else if (next < end && (*next == '=' || *next == ':') &&
			 is_secret_name(name, text - name))
	{
		next++;
		while (next < end && *next == ' ')
			next++;
		stop = next;
		while (stop < end && is_letter(*stop))
			stop++;
		/* what is masked comes after the scheme */
		if (stop < end && *stop == ' ' && is_scheme(next, stop - next))
			return text;
	}
	else
		return text;
	if (next >= end)
		return text;
	stop = value_end(next, end);
	if (stop == next)
		return text;
	appendBinaryStringInfo(shown, text, (int) (next - text));
	if (*next == '"' || *next == '\'')
		appendStringInfoChar(shown, *next);
	appendStringInfoString(shown, FTX_MASK);
	return stop;
}

static char *
show_text(const char *text, size_t len)
{
	const char *end = text + len;
	StringInfoData shown;

	initStringInfo(&shown);
	while (text < end)
	{
		const char *word = text;

		while (text < end && is_name_char(*text))
			text++;
		appendBinaryStringInfo(&shown, word, (int) (text - word));
		if (end - text >= 3 && memcmp(text, "://", 3) == 0)
		{
			appendStringInfoString(&shown, "://");
			text = show_authority(&shown, text + 3, end);
			continue;
		}
		if (text > word)
			text = show_value(&shown, word, text, end);
		if (text < end && !is_name_char(*text))
			appendStringInfoChar(&shown, *text++);
	}
	return shown.data;
}

char *
ftx_shown_text(const char *text)
{
	return show_text(text, strlen(text));
}

/* ---------- JSON ---------- */

static JsonbValue *shown_copy(JsonbContainer *container, bool secret);

/*
 * JSON as text: a service account's key file, say.  NULL when it is none.
 */
static char *
show_json_text(const char *text, int len)
{
	char *json = pnstrdup(text, len);
	JsonLexContext *lex;

	if (json[strspn(json, " \t\r\n")] != '{' &&
		json[strspn(json, " \t\r\n")] != '[')
		return NULL;
	lex = ftx_json_lexer(json, len, GetDatabaseEncoding(), true);
	if (pg_parse_json(lex, &nullSemAction) != JSON_SUCCESS)
		return NULL;
	return ftx_shown_body(json);
}

static void
set_text(JsonbValue *value, char *text)
{
	value->type = jbvString;
	value->val.string.val = text;
	value->val.string.len = (int) strlen(text);
}

static void
show_string(JsonbValue *value)
{
	const char *text = value->val.string.val;
	int len = value->val.string.len;
	char *shown = show_json_text(text, len);

	if (shown == NULL && has_part(text, len, "PRIVATE KEY-----"))
		shown = FTX_MASK;
	if (shown == NULL)
		shown = show_text(text, len);
	set_text(value, shown);
}

/*
 * One member or element; `secret` if its place is.
 */
static void
show_value_of(JsonbValue *value, bool secret)
{
	if (value->type == jbvBinary)
		*value = *shown_copy(value->val.binary.data, secret);
	else if (secret && value->type != jbvNull)
		set_text(value, FTX_MASK);
	else if (value->type == jbvString)
		show_string(value);
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
shown_copy(JsonbContainer *container, bool secret)
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

			show_value_of(&value, secret ||
									  (pair && len == 5 &&
									   pg_strncasecmp(name, "value", 5) == 0) ||
									  (is_secret_name(name, len) &&
									   !is_question(&key, &value)));
		}
		else if (token == WJB_ELEM)
			show_value_of(&value, secret);
		ftx_jsonb_push(&builder, token,
					   token < WJB_BEGIN_ARRAY || (token == WJB_BEGIN_ARRAY &&
												   value.val.array.rawScalar) ?
						   &value :
						   NULL);
	}
	return builder.result;
}

char *
ftx_shown_body(const char *body)
{
	Jsonb *jsonb = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(body)));

	jsonb = JsonbValueToJsonb(shown_copy(&jsonb->root, false));
	return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}
