/*-------------------------------------------------------------------------
 *
 * secret.c
 *		Credentials of the sessions, the secrets of the requests that are under
 *		way, and what keeps them out of words.
 *
 * A secret is looked for in these forms: itself; the Base64 form of itself,
 * wherever it stands in what was encoded (three phases, of which only the
 * characters count that do not depend on the neighbours); its hexadecimal
 * form.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/escapes.h"
#include "api/secrets/secret.h"
#include "api/secrets/secret_form.h"
#include "lib/ilist.h"
#include "utils/memutils.h"

/* itself; Base64 in three phases; hexadecimal */
#define MAX_FORMS 5

struct FtxSecret
{
	dlist_node node; /* in secrets */
	MemoryContext owner;
	MemoryContextCallback callback;
	char *text; /* NULL: too many, or too long, to be looked for */
	size_t len;
	bool held; /* counts in held and held_bytes */
	int nforms;
	FtxSecretForm forms[MAX_FORMS];
};

/* All that live in this backend. */
static dlist_head secrets = DLIST_STATIC_INIT(secrets);

/* Of these: those of requests, and how many have no text. */
static int held = 0;
static size_t held_bytes = 0;
static int unsearched = 0;

/*
 * Overwrite a string that held a secret.
 */
static void
wipe(char *text)
{
	explicit_bzero(text, strlen(text));
}

/* ---------- life ---------- */

static FtxSecretForm *
add_form(FtxSecret *secret, char *text)
{
	FtxSecretForm *form = &secret->forms[secret->nforms];

	form->text = text;
	form->len = strlen(text);
	if (form->len >= FTX_MIN_FORM)
		secret->nforms++;
	return form;
}

static void
end_secret(void *arg)
{
	FtxSecret *secret = arg;

	dlist_delete(&secret->node);
	if (secret->held)
	{
		held--;
		held_bytes -= secret->len;
	}
	if (secret->text == NULL)
	{
		unsearched--;
		return;
	}
	wipe(secret->text);
	for (int i = 0; i < MAX_FORMS; i++)
	{
		/* also one that was too short to count */
		if (secret->forms[i].text != NULL)
			wipe(secret->forms[i].text);
	}
}

/*
 * A secret that its owner wipes already, with `len` bytes of text that are
 * still zero.
 */
static FtxSecret *
new_secret(size_t len, MemoryContext owner)
{
	FtxSecret *secret = MemoryContextAllocZero(owner, sizeof(FtxSecret));

	secret->text = MemoryContextAllocZero(owner, len + 1);
	secret->owner = owner;
	secret->len = len;
	dlist_push_tail(&secrets, &secret->node);
	secret->callback.func = end_secret;
	secret->callback.arg = secret;
	MemoryContextRegisterResetCallback(owner, &secret->callback);
	return secret;
}

static FtxSecret *
create_secret(const char *text, size_t len, MemoryContext owner)
{
	FtxSecret *secret = new_secret(len, owner);
	MemoryContext old = MemoryContextSwitchTo(owner);

	memcpy(secret->text, text, len);
	/* a short one is of no meaning in any form */
	if (len >= FTX_MIN_FORM)
	{
		add_form(secret, pstrdup(secret->text))->is_text = true;
		for (int phase = 0; phase < 3; phase++)
			add_form(secret, ftx_form_base64(secret->text, len, phase));
		add_form(secret, ftx_form_hexadecimal(secret->text, len))
			->any_case = true;
	}
	MemoryContextSwitchTo(old);
	return secret;
}

FtxSecret *
ftx_secret_create(const char *text, MemoryContext owner)
{
	return create_secret(text, strlen(text), owner);
}

FtxSecret *
ftx_secret_create_basic(const FtxSecret *name, const FtxSecret *password,
						MemoryContext owner)
{
	size_t len = strlen(name->text) + 1 + strlen(password->text);
	FtxSecret *secret = new_secret(len, owner);
	MemoryContext old = MemoryContextSwitchTo(owner);

	snprintf(secret->text, len + 1, "%s:%s", name->text, password->text);
	add_form(secret, ftx_form_base64_whole(secret->text, len));
	add_form(secret, pstrdup(secret->text))->is_text = true;
	MemoryContextSwitchTo(old);
	return secret;
}

/*
 * Has the owner the secret already, or one that is not looked for?  The last
 * ones first, which are his.
 */
static FtxSecret *
find_held(const char *text, size_t len, MemoryContext owner)
{
	dlist_iter iter;

	dlist_reverse_foreach(iter, &secrets)
	{
		FtxSecret *secret = dlist_container(FtxSecret, node, iter.cur);

		if (secret->owner == owner &&
			(secret->text == NULL ||
			 (secret->len == len && memcmp(secret->text, text, len) == 0)))
			return secret;
	}
	return NULL;
}

void
ftx_secret_hold(const char *text, size_t len, MemoryContext owner)
{
	FtxSecret *secret;

	if (len < FTX_MIN_FORM || find_held(text, len, owner) != NULL)
		return;
	if (held < FTX_MAX_SECRETS && len <= FTX_MAX_SECRET_BYTES - held_bytes)
	{
		secret = create_secret(text, len, owner);
		secret->held = true;
		held++;
		held_bytes += len;
		return;
	}
	secret = new_secret(0, owner);
	pfree(secret->text);
	secret->text = NULL;
	unsearched++;
}

bool
ftx_secrets_are_few(void)
{
	return held < FTX_MAX_SECRETS / 2 && held_bytes < FTX_MAX_SECRET_BYTES / 2;
}

bool
ftx_secret_unsearched(void)
{
	return unsearched > 0;
}

const char *
ftx_secret_text(const FtxSecret *secret)
{
	return secret->text;
}

/* ---------- matching ---------- */

size_t
ftx_secret_match(const char *text, const char *end, bool cut)
{
	size_t longest = 0;
	FtxMeanings meanings;
	dlist_iter iter;

	ftx_escapes_read(text, end, &meanings);
	dlist_foreach (iter, &secrets)
	{
		FtxSecret *secret = dlist_container(FtxSecret, node, iter.cur);

		for (int i = 0; i < secret->nforms; i++)
		{
			size_t len = ftx_form_match(&secret->forms[i], text, end, &meanings,
										cut);

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
	return longest * FTX_MAX_ESCAPED;
}
