/*-------------------------------------------------------------------------
 *
 * shown_text.c
 *		Free text without its secrets, for api/secrets/shown.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/mask.h"
#include "api/secrets/secret_name.h"
#include "api/secrets/shown_text.h"
#include "lib/stringinfo.h"

/* The text under way. */
typedef struct Text
{
	StringInfoData shown;
	const char *end;
	bool quoted; /* names in quotes only */
	const FtxSecretFinder *finder;
} Text;

/* Shorter words after "Bearer" are words. */
#define MIN_CREDENTIAL 6

/* Shorter parts of the path of a hook are words: "services", "workflows". */
#define MIN_HOOK_PART 10

/* Longer ones are no words, whatever they look like. */
#define LONG_CREDENTIAL 20

void
ftx_shown_found(const FtxSecretFinder *finder, const char *text, size_t len)
{
	if (finder != NULL && finder->found != NULL)
		finder->found(finder->arg, text, len);
}

static void
mask_part(Text *text, const char *from, const char *to)
{
	ftx_shown_found(text->finder, from, to - from);
	appendStringInfoString(&text->shown, FTX_MASK);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_text_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_char(char c)
{
	return is_letter(c) || is_text_digit(c) || c == '_' || c == '-' || c == '.';
}

static bool
is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
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
 * Does it look like what follows a scheme, and not like the next word of a
 * sentence: "Bearer of news", "Basic plan"?
 */
static bool
is_credential(const char *from, const char *to)
{
	while (to > from && strchr(".,:;!?)", to[-1]) != NULL)
		to--;
	if (to - from < MIN_CREDENTIAL)
		return false;
	if (to - from >= LONG_CREDENTIAL)
		return true;
	for (const char *c = from; c < to; c++)
	{
		if (is_text_digit(*c) || strchr("=+_~", *c) != NULL ||
			(c > from && *c >= 'A' && *c <= 'Z' &&
			 !(c[-1] >= 'A' && c[-1] <= 'Z')))
			return true;
	}
	return false;
}

/*
 * Behind an object or array that begins at `at`.
 */
static const char *
nested_end(const char *at, const char *end)
{
	int depth = 0;
	bool in_string = false;

	for (; at < end; at++)
	{
		if (*at == '"')
			in_string = !in_string;
		else if (*at == '\\' && in_string && at + 1 < end)
			at++;
		else if (!in_string && (*at == '{' || *at == '['))
			depth++;
		else if (!in_string && (*at == '}' || *at == ']') && --depth == 0)
			return at + 1;
	}
	return end;
}

/*
 * The end of a value that begins at `at`, inside its quotes, which have
 * `slashes` backslashes before them.
 */
static const char *
value_end(const char *at, const char *end, char quote, size_t slashes)
{
	if (quote == '\0')
	{
		while (at < end && strchr("&;, \t\r\n\"'", *at) == NULL &&
			   !(*at == '\\' && end - at >= 2 && is_quote(at[1])))
			at++;
		return at;
	}
	while (at < end)
	{
		const char *next = at;

		while (next < end && *next == '\\')
			next++;
		if (next >= end)
			return end;
		if (*next == quote && (size_t) (next - at) <= slashes)
			return at;
		at = next + 1;
	}
	return end;
}

/* ---------- URLs ---------- */

/*
 * Addresses of others' hooks, whose path is the secret.
 */
static const char *
hook_path(const char *text, const char *end)
{
	static const char *const hosts[] = {
		"hooks.slack.com/", "discord.com/api/webhooks/",
		"discordapp.com/api/webhooks/", "webhook.office.com/"};

	for (size_t i = 0; i < lengthof(hosts); i++)
	{
		size_t n = strlen(hosts[i]);

		for (const char *at = text;
			 (size_t) (end - at) > n && (at == text || is_name_char(at[-1]));
			 at++)
		{
			if (pg_strncasecmp(at, hosts[i], n) == 0)
				return at + n;
		}
	}
	return NULL;
}

/*
 * What stands between a scheme and a host is a name and a password, or a
 * token.  Returns where to go on.
 */
static const char *
show_authority(Text *text, const char *from)
{
	const char *at = NULL;
	const char *colon = NULL;
	const char *hook = hook_path(from, text->end);
	bool path = false;

	if (hook != NULL)
	{
		const char *stop = value_end(hook, text->end, '\0', 0);

		appendBinaryStringInfo(&text->shown, from, (int) (hook - from));
		mask_part(text, hook, stop);
		/* any part of it may come back alone */
		for (const char *part = hook; part < stop; part++)
		{
			const char *slash = part;

			while (slash < stop && *slash != '/')
				slash++;
			if (slash - part >= MIN_HOOK_PART)
				ftx_shown_found(text->finder, part, slash - part);
			part = slash;
		}
		return stop;
	}
	for (const char *next = from; next < text->end && !is_blank(*next); next++)
	{
		if (is_quote(*next) || *next == '\\')
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
		return from;
	if (colon != NULL && colon < at)
	{
		appendBinaryStringInfo(&text->shown, from, (int) (colon + 1 - from));
		from = colon + 1;
	}
	mask_part(text, from, at);
	return at;
}

/*
 * "user:password@host" without a scheme, after the user.  Returns where to go
 * on.
 */
static const char *
show_userinfo(Text *text, const char *name, const char *colon)
{
	const char *at = NULL;

	if (colon >= text->end || *colon != ':' || text->quoted ||
		(colon - name == 6 && pg_strncasecmp(name, "mailto", 6) == 0))
		return colon;
	for (const char *next = colon + 1; next < text->end && !is_blank(*next);
		 next++)
	{
		if (is_quote(*next) || *next == '/' || *next == ',' || *next == ';')
			break;
		if (*next == '@')
			at = next;
	}
	if (at == NULL || at == colon + 1 || at + 1 >= text->end ||
		!is_name_char(at[1]))
		return colon;
	appendStringInfoChar(&text->shown, ':');
	mask_part(text, colon + 1, at);
	return at;
}

/* ---------- names and values ---------- */

/*
 * "Bearer x", after the scheme.  Returns where to go on.
 */
static const char *
show_credential(Text *text, const char *from, bool header)
{
	const char *next = from;
	const char *stop;

	while (next < text->end && *next == ' ')
		next++;
	stop = value_end(next, text->end, '\0', 0);
	if (next == from || stop == next || (!header && !is_credential(next, stop)))
		return from;
	appendBinaryStringInfo(&text->shown, from, (int) (next - from));
	mask_part(text, next, stop);
	return stop;
}

/*
 * The value of a secret, which begins at `next` after `from`.
 */
static const char *
mask_value(Text *text, const char *from, const char *next)
{
	const char *quote = next;
	const char *stop = next;
	char mark;

	while (quote < text->end && *quote == '\\')
		quote++;
	mark = quote < text->end && is_quote(*quote) ? *quote : '\0';
	if (mark != '\0')
	{
		size_t slashes = quote - next;

		next = quote + 1;
		stop = value_end(next, text->end, mark, slashes);
	}
	else if (next < text->end && (*next == '{' || *next == '['))
		stop = nested_end(next, text->end);
	else
	{
		/* what is masked comes after the scheme of a header */
		while (stop < text->end && is_letter(*stop))
			stop++;
		if (stop < text->end && *stop == ' ' && is_scheme(next, stop - next))
		{
			appendBinaryStringInfo(&text->shown, from, (int) (stop - from));
			return show_credential(text, stop, true);
		}
		stop = value_end(next, text->end, '\0', 0);
	}
	if (stop == next)
		return from;
	appendBinaryStringInfo(&text->shown, from, (int) (next - from));
	mask_part(text, next, stop);
	return stop;
}

/*
 * After a name at its end: the value that follows "=" or ":" is masked if the
 * name is a secret's.  Returns where to go on.
 */
static const char *
show_value(Text *text, const char *name, const char *from)
{
	const char *next = from;
	size_t len = from - name;
	bool quoted;

	if (is_scheme(name, len) && next < text->end && *next == ' ' &&
		!text->quoted)
		return show_credential(text, from, false);
	while (next < text->end && *next == '\\')
		next++;
	quoted = next < text->end && is_quote(*next);
	if (quoted)
		next++;
	else
		next = from;
	while (next < text->end && is_blank(*next))
		next++;
	if (next < text->end && (*next == '=' || *next == ':') &&
		(quoted || !text->quoted) && ftx_secret_name(name, len))
	{
		next++;
		/* of a hash in Ruby or Perl */
		if (next < text->end && *next == '>')
			next++;
		while (next < text->end && is_blank(*next))
			next++;
		return mask_value(text, from, next);
	}
	return show_userinfo(text, name, from);
}

char *
ftx_shown_plain(const char *from, size_t len, bool quoted,
				const FtxSecretFinder *finder)
{
	Text text = {.end = from + len, .quoted = quoted, .finder = finder};

	initStringInfo(&text.shown);
	while (from < text.end)
	{
		const char *word = from;

		while (from < text.end && is_name_char(*from))
			from++;
		appendBinaryStringInfo(&text.shown, word, (int) (from - word));
		if (text.end - from >= 3 && memcmp(from, "://", 3) == 0)
		{
			appendStringInfoString(&text.shown, "://");
			from = show_authority(&text, from + 3);
			continue;
		}
		if (from > word)
			from = show_value(&text, word, from);
		if (from < text.end && !is_name_char(*from))
			appendStringInfoChar(&text.shown, *from++);
	}
	return text.shown.data;
}
