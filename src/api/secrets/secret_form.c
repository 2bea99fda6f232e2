/*-------------------------------------------------------------------------
 *
 * secret_form.c
 *		The forms in which a secret may stand in words, for
 *		api/secrets/secret.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/secret_form.h"

/*
 * What the Base64 form of anything has that holds `text` at an offset which
 * leaves the remainder `phase` when divided by three.  The characters at both
 * ends that neighbours share in are left out.
 */
char *
ftx_form_base64(const char *text, size_t len, int phase)
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
char *
ftx_form_base64_whole(const char *text, size_t len)
{
	char *padded = palloc0(len + 2);
	char *form;

	/* the bits that are missing are zero */
	memcpy(padded, text, len);
	form = ftx_form_base64(padded, len + (len % 3 == 0 ? 0 : 1), 0);
	form[(len * 8 + 5) / 6] = '\0';
	explicit_bzero(padded, len);
	pfree(padded);
	return form;
}

char *
ftx_form_hexadecimal(const char *text, size_t len)
{
	char *form = palloc(2 * len + 1);

	for (size_t i = 0; i < len; i++)
		snprintf(form + 2 * i, 3, "%02x", (unsigned char) text[i]);
	return form;
}
