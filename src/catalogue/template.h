/*-------------------------------------------------------------------------
 *
 * template.h
 *		Paths with {names} in place of values: the one reader of them.
 *
 * "/v1/groups/{id}" in FtxOperation, actions and operations.  A name is that
 * of a column of the resource, of an argument of the function, or as Fivetran's
 * definition has it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TEMPLATE_H
#define FTX_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* Text as it stands, and the {name} behind it. */
typedef struct FtxPiece
{
	const char *text;
	int len;
	const char *name; /* without braces; NULL: the template ends here */
	int name_len;	  /* 0, or no brace behind it: broken */
} FtxPiece;

/* Read a piece from *at on, which moves behind it; false at the end. */
extern bool ftx_template_next(const char **at, FtxPiece *piece);

/* Are two templates the same, whatever their names? */
extern bool ftx_template_same(const char *a, const char *b);

/*
 * How many {names} stand for segments of this path, whose query does not
 * matter?  -1 if the path is none of the template.
 */
extern int ftx_template_fit(const char *template, const char *path);

#endif /* FTX_TEMPLATE_H */
