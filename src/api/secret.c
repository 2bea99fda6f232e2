/*-------------------------------------------------------------------------
 *
 * secret.c
 *		Credentials of the sessions, the secrets of the requests that are under
 *		way, and what keeps them out of words.
 *
 * A secret is looked for in these forms: itself; the Base64 form of itself,
 * wherever it stands in what was encoded (three phases, of which only the
 * characters count that do not depend on the neighbours); its hexadecimal
 * form.  Each character of a form may be written as itself, percent-encoded,
 * as an escape of JSON or of C, or as a reference of HTML, in any mixture:
 * servers quote what they were sent in their own ways.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secret.h"
#include "lib/ilist.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

/*
 * Forms that are shorter are not looked for: they would mask ordinary words,
 * and tell their own length by doing so.
 */
#define MIN_FORM 4

/* One character takes at most so many in a text: "&#x00007f;", "%252525". */
#define MAX_ESCAPED 10

typedef struct Form
{
	char *text;
	size_t len;
	bool is_text;  /* the secret itself, not digits that encode it */
	bool any_case; /* of letters: hexadecimal digits */
} Form;

/* itself; Base64 in three phases; hexadecimal */
#define MAX_FORMS 5

struct FtxSecret
{
	dlist_node node; /* in secrets */
	MemoryContextCallback callback;
	char *text;
	int nforms;
	Form forms[MAX_FORMS];
};

/* All that live in this backend; sessions are few. */
static dlist_head secrets = DLIST_STATIC_INIT(secrets);

/* ---------- forms ---------- */

void
ftx_secret_wipe(char *text)
{
	explicit_bzero(text, strlen(text));
}

static Form *
add_form(FtxSecret *secret, char *text)
{
	Form *form = &secret->forms[secret->nforms];

	form->text = text;
	form->len = strlen(text);
	if (form->len >= MIN_FORM)
		secret->nforms++;
	return form;
}

/*
 * What the Base64 form of anything has that holds `text` at an offset which
 * leaves the remainder `phase` when divided by three.  The characters at both
 * ends that neighbours share in are left out.
 */
static char *
base64_form(const char *text, size_t len, int phase)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t first = (phase * 8 + 5) / 6; /* digits that are not ours alone */
	size_t last = (phase + len) * 8 / 6;
	char *form = palloc(last - Min(first, last) + 1);
	char *next = form;

	for (size_t i = first; i < last; i++)
	{
		size_t bit = i * 6 - phase * 8;
		unsigned pair = (unsigned char) text[bit / 8] << 8;

		if (bit / 8 + 1 < len)
			pair |= (unsigned char) text[bit / 8 + 1];
		*next++ = digits[pair >> (10 - bit % 8) & 63];
	}
	*next = '\0';
	return form;
}

/*
 * The Base64 form of the whole, its last digit included.
 */
static char *
base64_whole(const char *text, size_t len)
{
	char *padded = palloc0(len + 2);
	char *form;

	/* the bits that are missing are zero */
	memcpy(padded, text, len);
	form = base64_form(padded, len + (len % 3 == 0 ? 0 : 1), 0);
	form[(len * 8 + 5) / 6] = '\0';
	explicit_bzero(padded, len);
	pfree(padded);
	return form;
}

static char *
hexadecimal_form(const char *text, size_t len)
{
	char *form = palloc(2 * len + 1);

	for (size_t i = 0; i < len; i++)
		snprintf(form + 2 * i, 3, "%02x", (unsigned char) text[i]);
	return form;
}

/* ---------- life ---------- */

static void
end_secret(void *arg)
{
	FtxSecret *secret = arg;

	dlist_delete(&secret->node);
	ftx_secret_wipe(secret->text);
	for (int i = 0; i < MAX_FORMS; i++)
	{
		/* also one that was too short to count */
		if (secret->forms[i].text != NULL)
			ftx_secret_wipe(secret->forms[i].text);
	}
}

/*
 * A secret that its owner wipes already, still without content.
 */
static FtxSecret *
new_secret(size_t len, MemoryContext owner)
{
	FtxSecret *secret = MemoryContextAllocZero(owner, sizeof(FtxSecret));

	secret->text = MemoryContextAllocZero(owner, len + 1);
	dlist_push_tail(&secrets, &secret->node);
	secret->callback.func = end_secret;
	secret->callback.arg = secret;
	MemoryContextRegisterResetCallback(owner, &secret->callback);
	return secret;
}

FtxSecret *
ftx_secret_create(const char *text, MemoryContext owner)
{
	size_t len = strlen(text);
	FtxSecret *secret = new_secret(len, owner);
	MemoryContext old = MemoryContextSwitchTo(owner);

	memcpy(secret->text, text, len);
	/* a short one is of no meaning in any form */
	if (len >= MIN_FORM)
	{
		add_form(secret, pstrdup(text))->is_text = true;
		for (int phase = 0; phase < 3; phase++)
			add_form(secret, base64_form(text, len, phase));
		add_form(secret, hexadecimal_form(text, len))->any_case = true;
	}
	MemoryContextSwitchTo(old);
	return secret;
}

FtxSecret *
ftx_secret_create_basic(const FtxSecret *name, const FtxSecret *password,
						MemoryContext owner)
{
	size_t len = strlen(name->text) + 1 + strlen(password->text);
	FtxSecret *secret = new_secret(len, owner);
	MemoryContext old = MemoryContextSwitchTo(owner);

	snprintf(secret->text, len + 1, "%s:%s", name->text, password->text);
	add_form(secret, base64_whole(secret->text, len));
	add_form(secret, pstrdup(secret->text))->is_text = true;
	MemoryContextSwitchTo(old);
	return secret;
}

const char *
ftx_secret_text(const FtxSecret *secret)
{
	return secret->text;
}

/* ---------- matching ---------- */

/*
 * Where the text may go on after some characters of a form.  There may be
 * several places, as one writing can be read in several ways: of "%2525" the
 * first character may be "%" as it stands, encoded once, or twice.
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
	const char *bytes;
	int len;
	uint32 code; /* its code point */
	bool is_text;
	bool any_case;
} Wanted;

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

static bool
same_code(const Wanted *wanted, uint32 code)
{
	return code == wanted->code ||
		   (wanted->any_case && code < 0x80 &&
			pg_ascii_tolower(code) == pg_ascii_tolower(wanted->code));
}

/*
 * All bytes of the character, as two digits each: "%C3%A9", "\\xC3\\xA9".
 */
static void
try_bytes(const Wanted *wanted, const char *text, const char *end,
		  Places *places)
{
	const char *next = text;
	uint32 byte;

	for (int i = 0; i < wanted->len; i++)
	{
		unsigned char want = wanted->bytes[i];

		if (next >= end)
			return;
		if (*next == '\\')
		{
			while (next < end && *next == '\\')
				next++;
			if (next >= end || *next++ != 'x' ||
				!take_number(&next, end, 16, 2, 2, &byte))
				return;
		}
		else if (*next++ != '%')
			return;
		else
		{
			/* encoded several times, unless the byte is "%" itself */
			while (end - next >= 4 && memcmp(next, "25", 2) == 0 &&
				   (want != '%' || memcmp(next + 2, "25", 2) == 0))
				next += 2;
			if (!take_number(&next, end, 16, 2, 2, &byte))
				return;
		}
		if (byte != want && !(wanted->any_case &&
							  pg_ascii_tolower(byte) == pg_ascii_tolower(want)))
			return;
	}
	add_place(places, next);
}

/*
 * The digits after "\u", those of the second half of a pair included.
 */
static bool
take_unicode(const char **text, const char *end, uint32 *code)
{
	const char *next;
	uint32 second;

	if (!take_number(text, end, 16, 4, 4, code))
		return false;
	if (!is_utf16_surrogate_first(*code))
		return true;
	next = *text;
	while (next < end && *next == '\\')
		next++;
	if (next >= end || *next++ != 'u' ||
		!take_number(&next, end, 16, 4, 4, &second) ||
		!is_utf16_surrogate_second(second))
		return true;
	*code = surrogate_pair_to_codepoint(*code, second);
	*text = next;
	return true;
}

/*
 * Escapes of JSON and C.  What is quoted several times has several
 * backslashes.
 */
static void
try_backslashes(const Wanted *wanted, const char *text, const char *end,
				Places *places)
{
	const char *next = text;
	uint32 code;

	while (next < end && *next == '\\')
	{
		next++;
		if (wanted->code == '\\')
			add_place(places, next);
	}
	if (next >= end)
		return;
	if (wanted->code < 0x80 && same_code(wanted, (unsigned char) *next))
		add_place(places, next + 1);
	if (*next++ == 'u' && take_unicode(&next, end, &code) &&
		same_code(wanted, code))
		add_place(places, next);
}

/*
 * References of HTML: "&#34;", "&#x22;", "&quot;".
 */
static void
try_reference(const Wanted *wanted, const char *text, const char *end,
			  Places *places)
{
	static const struct
	{
		const char *name;
		char value;
	} names[] = {{"&amp;", '&'},
				 {"&lt;", '<'},
				 {"&gt;", '>'},
				 {"&quot;", '"'},
				 {"&apos;", '\''}};
	const char *next = text + 2;
	uint32 code;

	for (size_t i = 0; i < lengthof(names); i++)
	{
		size_t len = strlen(names[i].name);

		if ((size_t) (end - text) >= len &&
			memcmp(text, names[i].name, len) == 0 &&
			same_code(wanted, (unsigned char) names[i].value))
			add_place(places, text + len);
	}
	if (end - text < 3 || text[1] != '#')
		return;
	if ((*next | 0x20) == 'x')
	{
		next++;
		if (!take_number(&next, end, 16, 1, 8, &code))
			return;
	}
	else if (!take_number(&next, end, 10, 1, 8, &code))
		return;
	if (same_code(wanted, code))
		add_place(places, next < end && *next == ';' ? next + 1 : next);
}

/*
 * The places behind the character, if that stands at `text` in any writing.
 */
static void
try_char(const Wanted *wanted, const char *text, const char *end,
		 Places *places)
{
	unsigned char c = *text;

	if (end - text >= wanted->len &&
		memcmp(text, wanted->bytes, wanted->len) == 0)
		add_place(places, text + wanted->len);
	else if (same_code(wanted, c) && wanted->code < 0x80)
		add_place(places, text + 1);
	/* a blank in a form of HTML; the other alphabet of Base64 */
	else if (wanted->is_text ? wanted->code == ' ' && c == '+' :
							   (wanted->code == '+' && c == '-') ||
								   (wanted->code == '/' && c == '_'))
		add_place(places, text + 1);
	/* what words put in the place of what is not shown */
	else if (c == '?' && wanted->code >= 0x80)
		add_place(places, text + 1);

	if (c == '%' || c == '\\')
		try_bytes(wanted, text, end, places);
	if (c == '\\')
		try_backslashes(wanted, text, end, places);
	if (c == '&')
		try_reference(wanted, text, end, places);
}

/* ---------- what is not visible ---------- */

/*
 * One that servers drop or add, and that words do not show: a control
 * character, a mark of format.
 */
static bool
is_hidden(uint32 code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD ||
		   code == 0x61C || code == 0x180E ||
		   (code >= 0x200B && code <= 0x200F) ||
		   (code >= 0x2028 && code <= 0x202E) ||
		   (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

/*
 * Behind one such character at `text`, in any writing; NULL if there is none.
 */
static const char *
behind_hidden(const char *text, const char *end)
{
	const char *next = text + 1;
	uint32 code;

	if (*text == FTX_SECRET_BLANK || *text == FTX_SECRET_HIDDEN)
		return next;
	if (*text == '%')
	{
		while (end - next >= 4 && memcmp(next, "25", 2) == 0)
			next += 2;
		if (take_number(&next, end, 16, 2, 2, &code) &&
			(code < 0x20 || code == 0x7F))
			return next;
	}
	else if (*text == '\\')
	{
		while (next < end && *next == '\\')
			next++;
		if (next >= end)
			return NULL;
		if (strchr("nrtbf", *next) != NULL)
			return next + 1;
		if (*next == 'u' || *next == 'x')
		{
			int digits = *next == 'u' ? 4 : 2;

			next++;
			if (take_number(&next, end, 16, digits, digits, &code) &&
				is_hidden(code))
				return next;
		}
	}
	else if (*text == '&' && next < end && *next == '#')
	{
		bool hex = ++next < end && (*next | 0x20) == 'x';

		next += hex ? 1 : 0;
		if (take_number(&next, end, hex ? 16 : 10, 1, 8, &code) &&
			is_hidden(code))
			return next < end && *next == ';' ? next + 1 : next;
	}
	return NULL;
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

		if (at < end && (*at == FTX_SECRET_BLANK || *at == FTX_SECRET_HIDDEN ||
						 *at == '%' || *at == '\\' || *at == '&'))
		{
			const char *next = behind_hidden(at, end);

			if (next != NULL)
				add_place(places, next);
		}
	}
}

/*
 * The next character of the form that begins at `bytes`.
 */
static void
next_wanted(const Form *form, const char *bytes, Wanted *wanted)
{
	unsigned char first = *bytes;

	wanted->bytes = bytes;
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

		if (at >= end ||
			(end - at < MAX_ESCAPED && strchr("%\\&", *at) != NULL))
			return true;
	}
	return false;
}

/*
 * The length of a form at `text`, 0 when it is not there.
 */
static size_t
match_form(const Form *form, const char *text, const char *end, bool cut)
{
	Places places = {.n = 1, .at = {text}};
	const char *bytes = form->text;
	const char *longest = text;

	while (*bytes != '\0')
	{
		Places next = {.n = 0};
		Wanted wanted;

		next_wanted(form, bytes, &wanted);
		if (bytes > form->text)
			skip_hidden(&places, end);
		/* it need not be there, or may have become a blank */
		if (is_hidden(wanted.code))
			next = places;
		for (int i = 0; i < places.n; i++)
		{
			if (places.at[i] < end && is_hidden(wanted.code) &&
				*places.at[i] == ' ')
				add_place(&next, places.at[i] + 1);
			if (places.at[i] < end)
				try_char(&wanted, places.at[i], end, &next);
		}
		if (next.n == 0)
			return cut && bytes - form->text >= MIN_FORM &&
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

size_t
ftx_secret_match(const char *text, const char *end, bool cut)
{
	size_t longest = 0;
	dlist_iter iter;

	dlist_foreach (iter, &secrets)
	{
		FtxSecret *secret = dlist_container(FtxSecret, node, iter.cur);

		for (int i = 0; i < secret->nforms; i++)
		{
			size_t len = match_form(&secret->forms[i], text, end, cut);

			longest = Max(longest, len);
		}
	}
	return longest;
}

size_t
ftx_secret_longest(void)
{
	size_t longest = 0;
	dlist_iter iter;

	dlist_foreach (iter, &secrets)
	{
		FtxSecret *secret = dlist_container(FtxSecret, node, iter.cur);

		for (int i = 0; i < secret->nforms; i++)
			longest = Max(longest, secret->forms[i].len);
	}
	return longest * MAX_ESCAPED;
}
