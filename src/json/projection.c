/*-------------------------------------------------------------------------
 *
 * projection.c
 *		The members that are wanted of an item, as a tree of keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "json/projection.h"

KeyNode *
ftx_projection_child(const KeyNode *node, const char *key, int keylen)
{
	for (KeyNode *child = node->children; child != NULL; child = child->next)
	{
		if (child->keylen == keylen && memcmp(child->key, key, keylen) == 0)
			return child;
	}
	return NULL;
}

static void
add_slot(KeyNode *node, int slot)
{
	if (node->nslots == 0)
		node->slots = palloc(sizeof(int));
	else
		node->slots = repalloc(node->slots, sizeof(int) * (node->nslots + 1));
	node->slots[node->nslots++] = slot;
}

FtxProjection *
ftx_projection_create(const char *const *paths, int npaths)
{
	FtxProjection *projection = palloc0(sizeof(FtxProjection));

	projection->nslots = npaths;
	projection->names = palloc(sizeof(FtxNameSlot) * Max(npaths, 1));
	for (int i = 0; i < npaths; i++)
	{
		KeyNode *node = &projection->root;
		const char *key = paths[i];

		if (key[0] == '@')
		{
			FtxNameSlot *name = &projection->names[projection->nnames++];

			name->slot = i;
			name->level = atoi(key + 1);
			key += strcspn(key, ".");
			name->member = *key == '.' ? pstrdup(key + 1) : NULL;
			continue;
		}
		while (*key != '\0')
		{
			int len = (int) strcspn(key, ".");
			KeyNode *child = ftx_projection_child(node, key, len);

			if (child == NULL)
			{
				child = palloc0(sizeof(KeyNode));
				child->key = pnstrdup(key, len);
				child->keylen = len;
				child->next = node->children;
				node->children = child;
			}
			node = child;
			key += len;
			if (*key == '.')
				key++;
		}
		add_slot(node, i);
	}
	return projection;
}

static void
remember_below(KeyNode *node)
{
	if (node->children == NULL)
		return;
	node->order = palloc0(sizeof(KeyOrder));
	for (KeyNode *child = node->children; child != NULL; child = child->next)
		remember_below(child);
}

void
ftx_projection_remember(FtxProjection *projection)
{
	remember_below(&projection->root);
}
