/*-------------------------------------------------------------------------
 *
 * projection.h
 *		The members that are wanted of an item, as a tree of keys.
 *
 * Private to the JSON floor; others use ftx_projection_create() of page.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PROJECTION_H
#define FTX_PROJECTION_H

/* A key that is wanted, or leads to one that is. */
typedef struct KeyNode
{
	const char *key;
	int keylen;
	int nslots; /* slots whose path ends here */
	int *slots;
	struct KeyNode *children;
	struct KeyNode *next; /* sibling */
} KeyNode;

struct FtxProjection
{
	int nslots;
	KeyNode root; /* the item itself */
};

/* The child of that key (UTF-8, not NUL-terminated), or NULL. */
extern KeyNode *
ftx_projection_child(const KeyNode *node, const char *key, int keylen);

#endif /* FTX_PROJECTION_H */
