/*-------------------------------------------------------------------------
 *
 * write.h
 *		Request bodies: SQL values as members of a JSON object.
 *
 * Text is built in the server encoding; api/call.c turns it into UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WRITE_H
#define FTX_WRITE_H

#include "lib/stringinfo.h"

/* What Fivetran shows instead of a secret. */
#define FTX_MASK "******"

/* Begin with "{"; end with ftx_body_end(). */
extern void ftx_body_begin(StringInfo body);

/*
 * Add a member.  Boolean, integers, float and numeric become what they are,
 * json and jsonb go in as they are, arrays become arrays, timestamps ISO 8601
 * in UTC, everything else the text of its output function.
 */
extern void ftx_body_add(StringInfo body, const char *name, Datum value,
						 bool isnull, Oid type);

/* Add members written as JSON: "\"paused\": true". */
extern void ftx_body_add_fixed(StringInfo body, const char *members);

extern void ftx_body_end(StringInfo body);

/*
 * A copy of a JSON object for showing: strings under names that look like
 * secrets (password, secret, token, key) are masked, at any depth.
 */
extern char *ftx_body_masked(const char *body);

#endif /* FTX_WRITE_H */
