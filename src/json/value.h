/*-------------------------------------------------------------------------
 *
 * value.h
 *		From a slice of JSON (json/page.h) to PostgreSQL values.
 *
 * Results are in the server encoding, allocated in the current context.
 * Errors: ERRCODE_PROTOCOL_VIOLATION family, see each function; callers add
 * table, column and row by an error context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_VALUE_H
#define FTX_VALUE_H

#include "datatype/timestamp.h"
#include "json/page.h"

/*
 * The text of a scalar: a string unescaped, a number or boolean as written,
 * an object or array as its JSON text.  NULL for JSON null and ABSENT.
 * Throws for \u0000, lone surrogates and characters that the server encoding
 * lacks (ERRCODE_UNTRANSLATABLE_CHARACTER).
 */
extern char *ftx_json_text(const FtxJsonValue *value);

/*
 * The text of an object's key that has escapes, in UTF-8, and its length; ""
 * if it has escapes that cannot be represented.  Never throws for those.
 */
extern const char *ftx_json_plain_key(const FtxJsonValue *key, int *len);

/* Text of an answer in the server encoding, NUL-terminated. */
extern char *ftx_json_server_text(const char *text, int len);

/* What begins with this character; '\0' is the end: ABSENT. */
extern FtxJsonKind ftx_json_kind(char first);

/* White space of JSON. */
static inline bool
ftx_json_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Is it the string `expected` (plain ASCII, no escapes needed)? */
extern bool ftx_json_is_string(const FtxJsonValue *value, const char *expected);

/*
 * In jsonb.c: the value as jsonb.  Throws what jsonb_in does, e.g. for \u0000 (22P05) and
 * numbers beyond numeric (22003).  Not for ABSENT.
 */
extern Datum ftx_json_jsonb(const FtxJsonValue *value);

/*
 * Walk the elements of an ARRAY: set *element and return true, false at the
 * end.  Start with *position = 0.  The value must be well-formed.
 */
extern bool ftx_json_next_element(const FtxJsonValue *array, int *position,
								  FtxJsonValue *element);

/* The same for the members of an OBJECT; a key is a STRING with its quotes. */
extern bool ftx_json_next_member(const FtxJsonValue *object, int *position,
								 FtxJsonValue *key, FtxJsonValue *value);

/*
 * Shortcuts for the common forms of values; false for all others, which are
 * for the input function of the type.  The results are those of the input
 * functions.
 */

/* "2026-11-23T14:15:42.123Z", with up to six digits of a fraction */
extern bool
ftx_json_plain_timestamptz(const FtxJsonValue *value, TimestampTz *result);

/* An integer of at most nine digits */
extern bool ftx_json_plain_int32(const FtxJsonValue *value, int32 *result);

/* A string without escapes, when the database is in UTF-8 */
extern bool ftx_json_plain_text(const FtxJsonValue *value, text **result);

#endif /* FTX_VALUE_H */
