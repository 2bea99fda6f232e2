/*-------------------------------------------------------------------------
 *
 * cursor.c
 *		What the next cursor of a list will probably be.
 *
 * Cursors are opaque by contract.  Those that Fivetran gives today are
 * {"skip":N} in base64url without padding (API facts 1.6), so the cursor after
 * one can be guessed.  A guess is used for nothing but asking early: see
 * pages.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "read/cursor.h"

#define LONGEST 64 /* characters; a longer cursor is of another kind */

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *
ftx_cursor_at(int64 offset)
{
	char text[LONGEST];
	int len = snprintf(text, sizeof(text), "{\"skip\":" INT64_FORMAT "}",
					   offset);
	char *cursor = palloc(len * 2);
	char *c = cursor;
	unsigned bits = 0;
	int nbits = 0;

	for (int i = 0; i < len; i++)
	{
		bits = bits << 8 | (unsigned char) text[i];
		for (nbits += 8; nbits >= 6; nbits -= 6)
			*c++ = alphabet[bits >> (nbits - 6) & 63];
	}
	if (nbits > 0)
		*c++ = alphabet[bits << (6 - nbits) & 63];
	*c = '\0';
	return cursor;
}

bool
ftx_cursor_offset(const char *cursor, int64 *offset)
{
	char text[LONGEST + 1];
	unsigned bits = 0;
	int nbits = 0;
	int len = 0;
	char *again;
	bool same;

	if (strlen(cursor) > LONGEST)
		return false;
	for (; *cursor != '\0'; cursor++)
	{
		const char *at = strchr(alphabet, *cursor);

		if (at == NULL)
			return false;
		bits = bits << 6 | (unsigned) (at - alphabet);
		nbits += 6;
		if (nbits >= 8)
			text[len++] = (char) (bits >> (nbits -= 8) & 255);
	}
	text[len] = '\0';
	if (sscanf(text, "{\"skip\":" INT64_FORMAT "}", offset) != 1 ||
		*offset < 0 || *offset > PG_INT32_MAX)
		return false;

	/* only if all of it is understood */
	again = psprintf("{\"skip\":" INT64_FORMAT "}", *offset);
	same = strcmp(again, text) == 0;
	pfree(again);
	return same;
}
