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

#include "api/calls/map_around.h"
#include "base/bytes.h"
#include "json/json.h"
#include "json/projection.h"

typedef enum FtxShape
{
	FTX_SHAPE_LIST,	 /* data.items[], data.next_cursor; null: no items */
	FTX_SHAPE_MAP,	 /* items in maps by name below data, see api/calls/map.h */
	FTX_SHAPE_ARRAY, /* data is the list of items */
	FTX_SHAPE_OBJECT /* data is the one item */
} FtxShape;

/* What is wanted of an answer. */
typedef struct FtxWanted
{
	FtxShape shape;
	const char *items; /* of a MAP: where they stand */

	/*
	 * Of an OBJECT whose answer may come without an envelope: the member that
	 * it then must have.  NULL: there must be an envelope.
	 */
	const char *bare;
	int max_items; /* of a LIST: more are wrong; 0: as many as there are */
	const FtxProjection *projection;
} FtxWanted;

typedef struct FtxPage
{
	FtxJsonValue code;
	FtxJsonValue message;
	FtxJsonValue next_cursor; /* ABSENT unless a list */
	int nitems;
	int nslots;
	FtxJsonValue *values; /* nitems rows of nslots values */
	int maxitems;		  /* room in values */

	/*
	 * The items of a MAP have no values here but are found one by one, see
	 * ftx_map_item(): a page of the values of them all could be many times the
	 * body.  nitems rows of the places in the body where their names begin.
	 */
	FtxSlice body;
	uint32 *names;
	int nnames;	  /* of each item */
	int maxnames; /* room in names, in items */

	/*
	 * And where in the body the values begin that are wanted of them, item by
	 * item; one that is missing has none.  NULL: they have to be looked for.
	 */
	struct FtxMapValue *found;
	int nfound;
	int maxfound;
	const KeyNode **nodes; /* that found->node counts */
	int next_item;		   /* to be asked for, and its first one in found */
	int next_found;

	/*
	 * And where the members begin that are wanted of the objects around the
	 * items: one of these for each of projection->names; NULL: none are wanted.
	 */
	FtxMapAround *around;
} FtxPage;

typedef struct FtxMapValue
{
	uint32 place;
	int node;
} FtxMapValue;

#define ftx_page_value(page, item, slot)                                       \
	(&(page)->values[(size_t) (item) * (page)->nslots + (slot)])

/*
 * Take a body apart.  `page` is filled with slices of `body`, which must stay
 * as long as they are used; arrays are allocated in the current context, but
 * for page->values, which may be there from before and is kept where it is.
 *
 * The answer is what jsonb would make of it: of members that stand twice the
 * last one counts, and names are compared without their escapes.
 *
 * Returns NULL, or what is wrong in a sentence (static or in the current
 * context): not UTF-8, not JSON, nested deeper than FTX_MAX_JSON_DEPTH,
 * something after its end, not the shape that is wanted.  Code and message are
 * set whenever it is JSON, since they may say why the rest is not there.
 * Serves interrupts at least every 1,000 items.
 */
extern const char *
ftx_page_decode(FtxPage *page, FtxSlice body, const FtxWanted *wanted);

/*
 * The values that are wanted of one object, which is a slice of an answer that
 * was decoded: nslots of them.
 */
extern void
ftx_page_project(const FtxJsonValue *object, const FtxProjection *projection,
				 FtxJsonValue *values);

/* One member; ABSENT if it is not there, or no object, or path is NULL. */
extern FtxJsonValue
ftx_page_member(const FtxJsonValue *object, const char *path);

/* The parts of an answer whose data is not looked into. */
typedef struct FtxEnvelope
{
	FtxJsonValue code;
	FtxJsonValue message;
	FtxJsonValue data;
	FtxJsonValue whole; /* the body without white space around it */
} FtxEnvelope;

/*
 * The same for an error's answer, or a write's.  Returns what is wrong, as
 * ftx_page_decode() does; not being an object is not wrong here.
 */
extern const char *ftx_page_envelope(FtxSlice body, FtxEnvelope *envelope);

#endif /* FTX_PAGE_H */
