/*-------------------------------------------------------------------------
 *
 * value.h
 *		From a slice of JSON (api/calls/page.h) to PostgreSQL values.
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
#include "json/json.h"

/*
 * The text of a scalar: a string unescaped, a number or boolean as written,
 * an object or array as its JSON text.  NULL for JSON null and ABSENT.
 * Throws for \u0000, lone surrogates and characters that the server encoding
 * lacks (ERRCODE_UNTRANSLATABLE_CHARACTER).
 */
extern char *ftx_json_text(const FtxJsonValue *value);

/* The same as a value of type text. */
extern text *ftx_json_text_datum(const FtxJsonValue *value);

/*
 * Undo the escapes of what stands between the quotes of a well-formed string;
 * `dst` has room for len bytes.  The length of the result, in UTF-8; -1 for
 * \u0000, -2 for lone surrogates.  Throws for interrupts only.
 */
extern int ftx_json_unescape(const char *text, int len, char *dst);

/* Throw for a negative result of ftx_json_unescape(). */
extern void ftx_json_check_unescaped(int len);

/* Is it valid UTF-8 without NUL?  Throws for interrupts only. */
extern bool ftx_utf8_check(const char *text, size_t len);

/*
 * Text of an answer in the server encoding, and its length, which is palloc'ed
 * and NUL-terminated unless it is the text itself, as in a database in UTF-8.
 */
extern const char *ftx_utf8_to_server(const char *text, Size len, Size *result);

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

/* Past white space; throws for interrupts only. */
extern const char *ftx_json_skip_space(const char *p);

/* Is it the string `expected` (UTF-8), escapes or not? */
extern bool ftx_json_is_string(const FtxJsonValue *value, const char *expected);

/* The same for a string or a number as it is written. */
extern bool ftx_json_equals(const FtxJsonValue *value, const char *expected);

/* Can it name something: a string that is not empty, or a number? */
static inline bool
ftx_json_names(const FtxJsonValue *value)
{
	return value->kind == FTX_JSON_NUMBER ||
		   (value->kind == FTX_JSON_STRING && value->len > 2);
}

/*
 * In jsonb.c: the value as jsonb, byte for byte what jsonb_in makes of it.
 * Takes up to two and a half times the size of the text or of the result, and
 * while an object is under way 16 to 32 bytes for each of its members.  Throws ERRCODE_UNTRANSLATABLE_CHARACTER
 * for \u0000 and lone surrogates, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE for
 * numbers beyond numeric, and ERRCODE_PROGRAM_LIMIT_EXCEEDED beyond the limits
 * of jsonb.  Not for ABSENT.
 */
extern Datum ftx_json_jsonb(const FtxJsonValue *value);

/*
 * The same by PostgreSQL's own parser, on versions whose jsonb was not compared
 * with ours; and to compare with.  Its errors quote the text in their context.
 */
extern Datum ftx_json_jsonb_in(const FtxJsonValue *value);

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

/*
 * A point in time, see timestamp.c: a date, or a date and a time of day with or
 * without zone, which is UTC if there is none.  False for all else; throws as
 * ftx_json_text().
 */
extern bool
ftx_json_timestamptz(const FtxJsonValue *value, TimestampTz *result);

/* Is it a time of day, with or without zone, and not "now"? */
extern bool ftx_json_is_time(const char *text);

/* An integer of at most nine digits */
extern bool ftx_json_plain_int32(const FtxJsonValue *value, int32 *result);

#endif /* FTX_VALUE_H */
