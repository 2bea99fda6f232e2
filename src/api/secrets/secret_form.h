/*-------------------------------------------------------------------------
 *
 * secret_form.h
 *		The forms in which a secret may stand in words, for
 *		api/secrets/secret.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SECRET_FORM_H
#define FTX_SECRET_FORM_H

#include "api/secrets/escapes.h"

/*
 * Forms that are shorter are not looked for: they would mask ordinary words,
 * and tell their own length by doing so.
 *
 * Longer ones are masked wherever they stand, also within a word, so a secret
 * as ordinary as "secret" makes a "secretary" "******ary".  It is meant so.  No
 * boundary of a word is asked for, as what stands beside a secret is chosen by
 * who repeats it ("key_abcd", "abcdef:"), and Base64 has none; and no greater
 * length, as requests have passwords of sources that are short.  A word too
 * few is a nuisance, of those who have such a secret only: Fivetran's keys and
 * secrets have 16 characters and more, which are in no word.
 */
#define FTX_MIN_FORM 4

/*
 * One character takes at most so many in a text: "&#x00007f;", "\\\\u{1F600}".
 */
#define FTX_MAX_ESCAPED 16

typedef struct FtxSecretForm
{
	char *text;
	size_t len;
	bool is_text;  /* the secret itself, not digits that encode it */
	bool any_case; /* of letters: hexadecimal digits */
} FtxSecretForm;

/*
 * What the Base64 form of anything has that holds `text` at an offset which
 * leaves the remainder `phase` when divided by three; the Base64 form of the
 * text as a whole; its hexadecimal form.  palloc'ed.
 */
extern char *ftx_form_base64(const char *text, size_t len, int phase);
extern char *ftx_form_base64_whole(const char *text, size_t len);
extern char *ftx_form_hexadecimal(const char *text, size_t len);

/*
 * The length of a form at `text`, 0 when it is not there; the text and `cut`
 * are those of ftx_secret_match(), `meanings` those of the place.
 */
extern size_t
ftx_form_match(const FtxSecretForm *form, const char *text, const char *end,
			   const FtxMeanings *meanings, bool cut);

#endif /* FTX_SECRET_FORM_H */
