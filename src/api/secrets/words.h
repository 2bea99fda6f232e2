/*-------------------------------------------------------------------------
 *
 * words.h
 *		What others say, made fit to be shown: errors, notices, the log.
 *
 * A server, a proxy, libcurl, and PostgreSQL's own complaint about a value of
 * an answer may repeat what was sent to the server, or try to write to the
 * terminal of the reader.  So all that goes into words (never what goes into
 * rows) is taken through here: secrets are masked (api/secrets/secret.h),
 * control characters and marks that change the direction of writing are
 * replaced, and only then it is cut.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WORDS_H
#define FTX_WORDS_H

#include "base/compat.h"
#include "json/json.h"

/* Longest text of others that is shown, in bytes. */
#define FTX_MAX_WORDS 1000

/*
 * A string of an answer in the server encoding, palloc'ed; NULL when the
 * value is not a string.  Never throws for its content: what the server
 * encoding lacks becomes "?".
 */
extern char *ftx_words_of_json(const FtxJsonValue *value);

/*
 * A text in the server encoding, palloc'ed.  With `cut` its end may be
 * missing, so that the beginning of a secret there is masked, too.
 */
extern char *ftx_words_of_text(const char *text, bool cut);

/*
 * The path of a request with its query, without its own secrets
 * (api/secrets/shown.h) and without a limit of length: every path that is
 * printed comes from here.
 */
extern char *ftx_words_of_path(const char *path);

/*
 * For error context callbacks that stand where values of an answer are
 * worked on: take message, detail and hint of the error under way through
 * here.  Its context so far cannot be changed, see below.
 */
extern void ftx_words_mask_error(void);

/*
 * For PG_CATCH: raise the caught error again, with all of its texts taken
 * through here.
 */
ftx_noreturn extern void ftx_words_rethrow(MemoryContext cxt);

#endif /* FTX_WORDS_H */
