/*-------------------------------------------------------------------------
 *
 * shown.h
 *		What of a request may be shown: everything but its secrets.
 *
 * One walker masks a request that is shown, and tells which secrets it has:
 * what a server says about the request is masked by those
 * (api/secrets/secret.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SHOWN_H
#define FTX_SHOWN_H

#include "lib/stringinfo.h"

/*
 * Is told of each secret: `len` bytes in the server encoding, as it is meant,
 * without escapes.  `found` NULL: nobody wants to know.
 */
typedef struct FtxSecretFinder
{
	void (*found)(void *arg, const char *text, size_t len);
	void *arg;
} FtxSecretFinder;

/*
 * A copy of a JSON body in which all that stands under a name that is a
 * secret's (password, token, api_key, pat, ...) is "******", whatever it is
 * and at any depth; in other texts passwords and tokens of URLs, headers and
 * connection strings, private keys, and JSON in text likewise.  `finder` may
 * be NULL.
 */
extern char *ftx_shown_body(const char *body, const FtxSecretFinder *finder);

/* The same for a text.  `finder` may be NULL. */
extern char *ftx_shown_text(const char *text, const FtxSecretFinder *finder);

/*
 * The same for the path of a request with its query: each part is looked at
 * decoded, and is shown as it was if it has no secret.  `finder` may be NULL.
 */
extern char *ftx_shown_path(const char *path, const FtxSecretFinder *finder);

/*
 * Tell the finder of the secrets in the texts among any bytes, such as files
 * in an archive that are not compressed.
 */
extern void
ftx_shown_find(const char *bytes, size_t n, const FtxSecretFinder *finder);

/*
 * For words of others, who may quote a request but are no request: only
 * what follows a name of a secret in quotes, and passwords in URLs.
 */
extern char *ftx_shown_quotes(const char *text);

#endif /* FTX_SHOWN_H */
