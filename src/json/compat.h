/*-------------------------------------------------------------------------
 *
 * compat.h
 *		Differences between versions of PostgreSQL in its JSON: see
 *		base/compat.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_JSON_COMPAT_H
#define FTX_JSON_COMPAT_H

#include "postgres.h"

#include "common/jsonapi.h"
#include "utils/jsonb.h"

/*
 * The JSON lexer is handed in since 17 and owned by its creator.
 */
#if PG_VERSION_NUM >= 170000
#define ftx_json_lexer(json, len, encoding, need_escapes)                      \
	makeJsonLexContextCstringLen(NULL, (json), (len), (encoding),              \
								 (need_escapes))
#else
#define ftx_json_lexer(json, len, encoding, need_escapes)                      \
	makeJsonLexContextCstringLen((char *) (json), (int) (len), (encoding),     \
								 (need_escapes))
#endif

/*
 * What builds a jsonb value, from tokens: it holds the result too since 19.
 * result is valid after the token that ends the outermost container.
 * Initialize it to zeroes.
 */
#if PG_VERSION_NUM >= 190000
typedef JsonbInState FtxJsonbBuilder;
#define ftx_jsonb_push(builder, token, value)                                  \
	pushJsonbValue((builder), (token), (value))
#else
typedef struct FtxJsonbBuilder
{
	JsonbValue *result;
	JsonbParseState *open; /* containers that have not ended */
} FtxJsonbBuilder;

static inline void
ftx_jsonb_push(FtxJsonbBuilder *builder, JsonbIteratorToken token,
			   JsonbValue *value)
{
	builder->result = pushJsonbValue(&builder->open, token, value);
}
#endif

/*
 * jsonb is written here as jsonb_in() writes it.  That format is on every disk
 * and has not changed since 9.4; but what was not compared is not relied on, so
 * on newer versions the text goes through jsonb_in() until test/unit/json has
 * been run there.
 */
#define FTX_JSONB_WAS_COMPARED (PG_VERSION_NUM < 200000)

#endif /* FTX_JSON_COMPAT_H */
