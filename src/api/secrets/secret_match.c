/*-------------------------------------------------------------------------
 *
 * secret_match.c
 *		A form of a secret in a text, however its characters are written.
 *
 * Characters that are not visible may stand between those of the form, in any
 * writing (api/secrets/escapes.h), too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/escapes.h"
#include "api/secrets/secret.h"
#include "api/secrets/secret_form.h"
#include "base/printable.h"
#include "mb/pg_wchar.h"

/*
 * Where the text may go on after some characters of a form.  There may be
 * several places, as one writing can be read in several ways.
 */
#define MAX_PLACES 32

typedef struct Places
{
	int n;
	const char *at[MAX_PLACES];
} Places;

static void
add_place(Places *places, const char *at)
{
	for (int i = 0; i < places->n; i++)
	{
		if (places->at[i] == at)
			return;
	}
	if (places->n < MAX_PLACES)
		places->at[places->n++] = at;
}

/* One character of a form. */
typedef struct Wanted
{
	int len;
	uint32 code; /* its code point; in other encodings than UTF-8 its byte */
	bool is_text;
	bool any_case;
} Wanted;

/*
 * The next character of the form that begins at `bytes`.
 */
static void
next_wanted(const FtxSecretForm *form, const char *bytes, Wanted *wanted)
{
	unsigned char first = *bytes;

	wanted->is_text = form->is_text;
	wanted->any_case = form->any_case;
	wanted->len = 1;
	wanted->code = first;
	if (first >= 0x80 && GetDatabaseEncoding() == PG_UTF8 &&
		(int) strlen(bytes) >= pg_utf_mblen((const unsigned char *) bytes))
	{
		wanted->len = pg_utf_mblen((const unsigned char *) bytes);
		wanted->code = utf8_to_unicode((const unsigned char *) bytes);
	}
}

static bool
same_code(const Wanted *wanted, uint32 code)
{
	return code == wanted->code ||
		   (wanted->any_case && code < 0x80 &&
			pg_ascii_tolower(code) == pg_ascii_tolower(wanted->code));
}

/*
 * Does what stands as `c` mean the character, though it is another one?
 */
static bool
stands_for(const Wanted *wanted, char c)
{
	/* a blank in a form of HTML */
	if (wanted->is_text && wanted->code == ' ' && c == '+')
		return true;
	/* the other alphabet of Base64 */
	if (!wanted->is_text && ((wanted->code == '+' && c == '-') ||
							 (wanted->code == '/' && c == '_')))
		return true;
	/* what words put in the place of what is not shown */
	return c == '?' && wanted->code >= 0x80;
}

/*
 * The places behind the character, if that stands at `text`, which is read as
 * `meanings`.
 */
static void
try_char(const Wanted *wanted, const char *text, const FtxMeanings *meanings,
		 Places *places)
{
	for (int i = 0; i < meanings->n; i++)
	{
		if (same_code(wanted, meanings->list[i].code))
			add_place(places, meanings->list[i].behind);
	}
	if (stands_for(wanted, *text))
		add_place(places, text + 1);
}

/*
 * Add the places behind those that hidden characters follow.
 */
static void
skip_hidden(Places *places, const char *end)
{
	/* what is added is looked at, too */
	for (int i = 0; i < places->n; i++)
	{
		const char *at = places->at[i];
		FtxMeanings meanings;

		if (at >= end)
			continue;
		if (*at == FTX_SECRET_BLANK || *at == FTX_SECRET_HIDDEN)
			add_place(places, at + 1);
		else if (ftx_escape_begins(*at))
		{
			ftx_escapes_read(at, end, &meanings);
			for (int j = 0; j < meanings.n; j++)
			{
				if (!ftx_code_printable(meanings.list[j].code))
					add_place(places, meanings.list[j].behind);
			}
		}
	}
}

/*
 * May the text have been cut here: at its end, or within an escape that is
 * not whole?
 */
static bool
is_cut(const Places *places, const char *end)
{
	for (int i = 0; i < places->n; i++)
	{
		const char *at = places->at[i];

		if (at >= end || (end - at < FTX_MAX_ESCAPED && ftx_escape_begins(*at)))
			return true;
	}
	return false;
}

/*
 * The places behind a character of the form, from those before it.
 */
static void
match_char(const Wanted *wanted, const Places *places, const char *end,
		   Places *next)
{
	bool hidden = !ftx_code_printable(wanted->code);

	/* it need not be there, or may have become a blank */
	if (hidden)
		*next = *places;
	for (int i = 0; i < places->n; i++)
	{
		const char *at = places->at[i];
		FtxMeanings meanings;

		if (at >= end)
			continue;
		if (hidden && *at == ' ')
			add_place(next, at + 1);
		ftx_escapes_read(at, end, &meanings);
		try_char(wanted, at, &meanings, next);
	}
}

/*
 * Can the form begin at `text`?  Most do not, which is to cost little.
 */
static bool
may_begin(const FtxSecretForm *form, const char *text,
		  const FtxMeanings *meanings)
{
	Wanted wanted;

	next_wanted(form, form->text, &wanted);
	if (stands_for(&wanted, *text) || !ftx_code_printable(wanted.code))
		return true;
	for (int i = 0; i < meanings->n; i++)
	{
		if (same_code(&wanted, meanings->list[i].code))
			return true;
	}
	return false;
}

size_t
ftx_form_match(const FtxSecretForm *form, const char *text, const char *end,
			   const FtxMeanings *meanings, bool cut)
{
	Places places = {.n = 1, .at = {text}};
	const char *bytes = form->text;
	const char *longest = text;

	if (!may_begin(form, text, meanings))
		return 0;
	while (*bytes != '\0')
	{
		Places next;
		Wanted wanted;

		next.n = 0;
		next_wanted(form, bytes, &wanted);
		if (bytes > form->text)
			skip_hidden(&places, end);
		match_char(&wanted, &places, end, &next);
		if (next.n == 0)
			return cut && bytes - form->text >= FTX_MIN_FORM &&
						   is_cut(&places, end) ?
					   end - text :
					   0;
		places = next;
		bytes += wanted.len;
	}
	for (int i = 0; i < places.n; i++)
		longest = Max(longest, places.at[i]);
	return longest - text;
}
