/*-------------------------------------------------------------------------
 *
 * mask.h
 *		Secrets in request bodies: hidden when shown, never sent as asterisks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MASK_H
#define FTX_MASK_H

#include "nodes/pg_list.h"

/* What Fivetran shows instead of a secret (API facts 1.9). */
#define FTX_MASK "******"

/*
 * A copy of a JSON object for showing: strings under names that look like
 * secrets (password, secret, token, key, ...) are masked, at any depth.
 */
extern char *ftx_body_masked(const char *body);

/*
 * A JSON object without the masked secrets that a read gave: writing one back
 * would make the secret six asterisks.  With `drop`, members are left out and
 * their paths ("config.password") appended to *dropped as C strings; an
 * object that has no other members goes with them.  Otherwise, and for masked
 * elements of arrays in any case, ERRCODE_INVALID_PARAMETER_VALUE naming the
 * path.  Returns `body` itself when nothing is masked.
 */
extern char *ftx_body_unmask(char *body, bool drop, List **dropped);

#endif /* FTX_MASK_H */
