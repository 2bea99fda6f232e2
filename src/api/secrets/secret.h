/*-------------------------------------------------------------------------
 *
 * secret.h
 *		Credentials of the sessions, the secrets of the requests that are under
 *		way, and what keeps them out of words.
 *
 * A secret has one owner here, which wipes it.  While it lives, it is known to
 * the mask: whatever a server, a proxy or libcurl says goes through
 * api/secrets/words.h before it is shown, and there every form of every live
 * secret becomes "******".
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SECRET_H
#define FTX_SECRET_H

#include "postgres.h"

typedef struct FtxSecret FtxSecret;

/*
 * A secret with a copy of `text` (server encoding), which `owner` wipes and
 * takes back from the mask when it is reset.  Throws ERRCODE_OUT_OF_MEMORY
 * only.
 */
extern FtxSecret *ftx_secret_create(const char *text, MemoryContext owner);

/*
 * The same for what is only to be masked: what `owner` has already is not
 * held twice, and beyond FTX_MAX_SECRETS, or FTX_MAX_SECRET_BYTES of text,
 * nothing is kept but that there is more.
 */
extern void ftx_secret_hold(const char *text, size_t len, MemoryContext owner);

/*
 * So many are looked for.  A request that has more (its body may be all
 * secrets) would make every message slow to mask; while it lives all of each
 * message is masked instead.
 */
#define FTX_MAX_SECRETS 1000
#define FTX_MAX_SECRET_BYTES ((size_t) 1024 * 1024)

/* Is there room for those of many more requests? */
extern bool ftx_secrets_are_few(void);

/* Are there secrets that are not looked for? */
extern bool ftx_secret_unsearched(void);

/*
 * The same for what HTTP makes of a name and a password: "name:password" and
 * the Base64 form of that, the credentials of the header Authorization.
 */
extern FtxSecret *
ftx_secret_create_basic(const FtxSecret *name, const FtxSecret *password,
						MemoryContext owner);

/* The text; it lives as long as the secret. */
extern const char *ftx_secret_text(const FtxSecret *secret);

/*
 * In the texts that are searched, what may not be shown stands as one of
 * these: they may be anywhere within a secret, which a server could have cut
 * by them.
 */
#define FTX_SECRET_BLANK '\001'	 /* the end of a line, a tab */
#define FTX_SECRET_HIDDEN '\002' /* any other that is not visible */

/*
 * Does a form of a secret begin at `text`?  Its length there, 0 = none.  The
 * text ends at `end`; with `cut` more may have followed once, so that the
 * beginning of a secret at the very end counts, too.
 */
extern size_t ftx_secret_match(const char *text, const char *end, bool cut);

/* How long any form of any live secret may be in a text, at most. */
extern size_t ftx_secret_longest(void);

#endif /* FTX_SECRET_H */
