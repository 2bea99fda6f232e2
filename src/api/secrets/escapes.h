/*-------------------------------------------------------------------------
 *
 * escapes.h
 *		Which characters may be meant by what stands in a text.
 *
 * Servers quote what they were sent in their own ways: as it is,
 * percent-encoded, with the escapes of JSON, C and other languages, with the
 * references of HTML, in any mixture and several times over.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ESCAPES_H
#define FTX_ESCAPES_H

#include "postgres.h"

/* What is quoted six times has so many backslashes before a quote. */
#define FTX_MAX_BACKSLASHES 63

/*
 * Ways to read one place: one for each backslash, and a few for each nesting.
 */
#define FTX_MAX_MEANINGS (FTX_MAX_BACKSLASHES + 32)

/* A character that may be meant, and where the text goes on behind it. */
typedef struct FtxMeaning
{
	uint32 code; /* code point; a single byte in other encodings than UTF-8 */
	const char *behind;
} FtxMeaning;

typedef struct FtxMeanings
{
	int n;
	FtxMeaning list[FTX_MAX_MEANINGS];
} FtxMeanings;

/* Can an escape begin with this character? */
static inline bool
ftx_escape_begins(char c)
{
	return c == '%' || c == '\\' || c == '&';
}

/*
 * All ways to read what stands at `text`, before `end`.  The first is the
 * character as it is.
 */
extern void
ftx_escapes_read(const char *text, const char *end, FtxMeanings *meanings);

#endif /* FTX_ESCAPES_H */
