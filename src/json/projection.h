/*-------------------------------------------------------------------------
 *
 * projection.h
 *		The members that are wanted of an item, as a tree of keys.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PROJECTION_H
#define FTX_PROJECTION_H

/*
 * The members wanted of each item: slot i is the value at path i.  A path is a
 * list of keys joined by dots ("status.sync_state"); "" is the whole item; "@1"
 * is a name of the map that the item stands in (api/calls/map.h), "@1.enabled"
 * a member of what has that name there, and "@0" a slot that is left to others.
 */
typedef struct FtxProjection FtxProjection;

/* Compile paths in the current memory context. */
extern FtxProjection *
ftx_projection_create(const char *const *paths, int npaths);

/*
 * Remember the order of members from now on, which pays for many objects; 3 KB
 * for each object that is looked into, in the current memory context.
 */
extern void ftx_projection_remember(FtxProjection *projection);

/*
 * The members of an object in the order in which they stood when it came last:
 * the items of a list are written by one program, so the next one most likely
 * has the same.  Each is kept as it is written, from the quote to the colon, if
 * that is all there is and it is ASCII without escapes; len 0: it is not.  What
 * a member leads to is known then without reading it.
 */
#define FTX_ORDERED_KEYS 64
#define FTX_ORDERED_SHORTEST 4
#define FTX_ORDERED_LENGTH 32

typedef struct OrderedKey
{
	char text[FTX_ORDERED_LENGTH]; /* "key": */
	int len;
	const struct KeyNode *child; /* NULL: nobody wants it */
} OrderedKey;

typedef struct KeyOrder
{
	int n;
	OrderedKey keys[FTX_ORDERED_KEYS];
} KeyOrder;

/* A key that is wanted, or leads to one that is. */
typedef struct KeyNode
{
	const char *key;
	int keylen;
	int nslots; /* slots whose path ends here */
	int *slots;
	struct KeyNode *children;
	KeyOrder *order;	  /* of its members; NULL: not remembered */
	struct KeyNode *next; /* sibling */
} KeyNode;

/*
 * A slot that gets a name of the map in which the item stands, or a member of
 * the object which has that name and holds the item (api/calls/map.h).
 */
typedef struct FtxNameSlot
{
	int slot;
	int level; /* 1 = the outermost map; 0 = somebody else fills the slot */
	const char *member; /* NULL: the name */
} FtxNameSlot;

struct FtxProjection
{
	int nslots;
	int nnames;
	FtxNameSlot *names;
	KeyNode root; /* the item itself */
};

/* The child of that key (UTF-8, not NUL-terminated), or NULL. */
extern KeyNode *
ftx_projection_child(const KeyNode *node, const char *key, int keylen);

#endif /* FTX_PROJECTION_H */
