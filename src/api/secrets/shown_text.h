/*-------------------------------------------------------------------------
 *
 * shown_text.h
 *		Free text without its secrets, for api/secrets/shown.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SHOWN_TEXT_H
#define FTX_SHOWN_TEXT_H

#include "api/secrets/shown.h"

/* Tell the finder, which may be NULL, of a secret. */
extern void
ftx_shown_found(const FtxSecretFinder *finder, const char *text, size_t len);

/*
 * A copy of a text, palloc'ed, without passwords and tokens of URLs, headers
 * and connection strings.  With `quoted` only what follows a name in quotes,
 * and those of URLs.
 */
extern char *ftx_shown_plain(const char *text, size_t len, bool quoted,
							 const FtxSecretFinder *finder);

#endif /* FTX_SHOWN_TEXT_H */
