/*-------------------------------------------------------------------------
 *
 * page.h
 *		One answer of the API, taken apart into the values that are wanted.
 *
 * An answer is {"code", "message", "data"}; the data of a list is
 * {"items": [...], "next_cursor"}, that of a detail call one object (API.md
 * 1.3).  Decoding finds the wanted members of each item and leaves them as
 * slices of the body, so nothing is built that the query does not use; see
 * json/value.h for turning a slice into a value.
 *
 * The whole body is checked, also what nobody wants: see json/scanner.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PAGE_H
#define FTX_PAGE_H

#include "postgres.h"

#define FTX_MAX_JSON_DEPTH 128 /* real answers nest below 20 */

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

/*
 * The members wanted of each item: slot i is the value at path i.  A path is
 * a list of keys joined by dots ("status.sync_state"); "" is the whole item;
 * "@1" is a name of the map that the item stands in (json/map.h), and "@0" a
 * slot that is left to others.
 */
typedef struct FtxProjection FtxProjection;

/* Compile paths in the current memory context. */
extern FtxProjection *
ftx_projection_create(const char *const *paths, int npaths);

typedef enum FtxShape
{
	FTX_SHAPE_LIST,	  /* data.items[], data.next_cursor */
	FTX_SHAPE_OBJECT, /* data is the one item */
	FTX_SHAPE_ANSWER, /* the same, or no item when there is no data */
	FTX_SHAPE_MESSAGE /* no item: code and message only */
} FtxShape;

typedef struct FtxPage
{
	FtxJsonValue code;
	FtxJsonValue message;
	FtxJsonValue next_cursor; /* ABSENT unless a list */
	int nitems;
	int nslots;
	FtxJsonValue *values; /* nitems rows of nslots values */
	int maxitems;		  /* room in values */
} FtxPage;

#define ftx_page_value(page, item, slot)                                       \
	(&(page)->values[(size_t) (item) * (page)->nslots + (slot)])

/*
 * Take a body apart.  `page` is filled with slices of `body`, which must stay
 * as long as they are used; arrays are allocated in the current context.
 *
 * Tolerated, as real answers need it: a bare array as the data of a list, an
 * object without "data" that is itself the one item (API.md 1.3).
 *
 * Throws ERRCODE_PROTOCOL_VIOLATION when the body is not UTF-8, not JSON,
 * nested deeper than FTX_MAX_JSON_DEPTH, has something after its end, or has
 * not the shape asked for.  Serves interrupts at least every 1,000 items.
 */
extern void ftx_page_decode(FtxPage *page, const char *body, size_t len,
							FtxShape shape, const FtxProjection *projection);

/*
 * The values that are wanted of one object, which is a slice of an answer that
 * was decoded: nslots of them.
 */
extern void
ftx_page_project(const FtxJsonValue *object, const FtxProjection *projection,
				 FtxJsonValue *values);

/*
 * Take only "code" and "message" of an error answer; false (both ABSENT) when
 * the body is not such an object.  Never throws for what the body contains.
 */
extern bool ftx_page_error(const char *body, size_t len, FtxJsonValue *code,
						   FtxJsonValue *message);

#endif /* FTX_PAGE_H */
