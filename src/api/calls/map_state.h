/*-------------------------------------------------------------------------
 *
 * map_state.h
 *		What walking over maps of items is made of.
 *
 * Private to map.c and map_names.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MAP_STATE_H
#define FTX_MAP_STATE_H

#include "api/calls/page.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/scanner.h"
#include "utils/memutils.h"

/*
 * Where a name stands in the answer, at its quote, in the low bits: an answer
 * has at most MaxAllocSize bytes.  The others say what is known of the member.
 */
#define FTX_NAME_PLACE 0x3FFFFFFF
#define FTX_NAME_REPLACED 0x40000000 /* by a later one of this name */
#define FTX_NAME_WRONG 0x80000000	 /* it has not the shape that is wanted */

StaticAssertDecl(MaxAllocSize <= FTX_NAME_PLACE, "a place needs more bits");

/* No member is shorter: "":1, */
#define FTX_MIN_MEMBER 5

/*
 * A member that holds items: those from `first` to the first one of the next
 * member.
 */
typedef struct FtxMapMember
{
	uint32 name;
	uint32 first;
} FtxMapMember;

typedef struct FtxMapMembers
{
	FtxMapMember *members;
	int n;
	int size;
} FtxMapMembers;

/* The names of the members of one map, wherever they are noted. */
typedef struct FtxMapNames
{
	uint32 *first;
	int stride; /* from one to the next */
	int n;
} FtxMapNames;

typedef struct FtxMapWalk
{
	FtxScanner *scanner;
	FtxPage *page;
	uint32 names[FTX_MAX_NAMES]; /* on the way to the present item */
	const KeyNode *root;		 /* what is wanted of an item; NULL: nothing */
	const FtxProjection *projection;
	FtxJsonValue *values; /* of the present one, by slot */
	int nslots;
	int nnodes;		/* in page->nodes */
	bool replaced;	/* some items were taken off the page */
	char *plain[2]; /* names without their escapes */
	int plain_size[2];
	const char *no_map; /* the complaint that there is none at no_map_at */
	const char *no_map_at;
} FtxMapWalk;

/* Mark the members of a map that a later one replaces; false if none does. */
extern bool ftx_map_mark_replaced(FtxMapWalk *walk, const FtxMapNames *names);

/* Is something wrong with a member that counts? */
extern bool ftx_map_any_wrong(const FtxMapNames *names);

/* Take the items of members that were replaced off the page. */
extern void ftx_map_forget_replaced(FtxPage *page, const FtxMapMembers *all);

/* The same where each member is an item. */
extern void ftx_map_forget_items(FtxPage *page, int first);

#endif /* FTX_MAP_STATE_H */
