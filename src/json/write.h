/*-------------------------------------------------------------------------
 *
 * write.h
 *		Request bodies: SQL values as members of a JSON object.
 *
 * Text is built in the server encoding; api/calls/call.c turns it into UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_WRITE_H
#define FTX_WRITE_H

#include "lib/stringinfo.h"

/*
 * The text of a value by its type's output function, the same in every session:
 * settings as DateStyle and extra_float_digits do not matter.  palloc'ed.
 */
extern char *ftx_value_text(Datum value, Oid type);

/* Begin with "{"; end with ftx_body_end(). */
extern void ftx_body_begin(StringInfo body);

/* Has no member been added to a body that is not ended yet? */
extern bool ftx_body_empty(const StringInfo body);

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

#endif /* FTX_WRITE_H */
