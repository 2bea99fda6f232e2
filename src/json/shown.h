/*-------------------------------------------------------------------------
 *
 * shown.h
 *		What of a request may be shown: everything but its secrets.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SHOWN_H
#define FTX_SHOWN_H

#include "postgres.h"

/*
 * A copy of a JSON body in which all that stands under a name that looks like
 * a secret's (password, token, api_key, pat, ...) is "******", whatever it is
 * and at any depth; in other texts passwords and tokens of URLs, headers and
 * connection strings, private keys, and JSON in text likewise.
 */
extern char *ftx_shown_body(const char *body);

/* The same for a text: a path with its query. */
extern char *ftx_shown_text(const char *text);

#endif /* FTX_SHOWN_H */
