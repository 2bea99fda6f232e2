/*-------------------------------------------------------------------------
 *
 * template.c
 *		Paths with {names} in place of values: the one reader of them.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/template.h"

#include <string.h>

bool
ftx_template_next(const char **at, FtxPiece *piece)
{
	const char *end = *at + strcspn(*at, "{");

	if (**at == '\0')
		return false;
	piece->text = *at;
	piece->len = (int) (end - *at);
	piece->name = *end == '{' ? end + 1 : NULL;
	piece->name_len = piece->name ? (int) strcspn(piece->name, "}") : 0;
	if (piece->name != NULL)
		end = piece->name + piece->name_len;
	*at = *end == '}' ? end + 1 : end;
	return true;
}

bool
ftx_template_same(const char *a, const char *b)
{
	FtxPiece left;
	FtxPiece right;

	while (ftx_template_next(&a, &left))
	{
		if (!ftx_template_next(&b, &right) || left.len != right.len ||
			memcmp(left.text, right.text, left.len) != 0 ||
			(left.name == NULL) != (right.name == NULL))
			return false;
	}
	return *b == '\0';
}

int
ftx_template_fit(const char *template, const char *path)
{
	FtxPiece piece;
	int names = 0;

	while (ftx_template_next(&template, &piece))
	{
		if (strncmp(piece.text, path, piece.len) != 0)
			return -1;
		path += piece.len;
		if (piece.name != NULL)
		{
			size_t len = strcspn(path, "/?");

			if (len == 0)
				return -1;
			path += len;
			names++;
		}
	}
	return *path == '\0' || *path == '?' ? names : -1;
}
