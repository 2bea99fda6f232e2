/*-------------------------------------------------------------------------
 *
 * json.h
 *		A value of JSON, as a slice of the text that it stands in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_JSON_H
#define FTX_JSON_H

/*
 * Containers in one another.  Real answers nest below 20; what is nested deeper
 * than this is refused as not understood, so that all that walks a text of JSON
 * may call itself without looking at the stack.
 */
#define FTX_MAX_JSON_DEPTH 128

typedef enum FtxJsonKind
{
	FTX_JSON_ABSENT, /* the member is not there */
	FTX_JSON_NULL,
	FTX_JSON_FALSE,
	FTX_JSON_TRUE,
	FTX_JSON_NUMBER,
	FTX_JSON_STRING, /* text includes the quotes */
	FTX_JSON_OBJECT,
	FTX_JSON_ARRAY
} FtxJsonKind;

/* A value as it stands in the body, UTF-8, not NUL-terminated. */
typedef struct FtxJsonValue
{
	const char *text;
	int len;
	FtxJsonKind kind;
} FtxJsonValue;

#endif /* FTX_JSON_H */
