/*-------------------------------------------------------------------------
 *
 * order.h
 *		Members of an object where they are expected, see projection.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ORDER_H
#define FTX_ORDER_H

#include "json/projection.h"

/*
 * Are these n bytes, FTX_ORDERED_SHORTEST at least, the same?
 */
static inline bool
same_bytes(const char *a, const char *b, int n)
{
	uint64 x, y;
	uint32 u, v;

	if (n < (int) sizeof(uint64))
	{
		memcpy(&u, a, sizeof(u));
		memcpy(&v, b, sizeof(v));
		if (u != v)
			return false;
		memcpy(&u, a + n - sizeof(u), sizeof(u));
		memcpy(&v, b + n - sizeof(v), sizeof(v));
		return u == v;
	}
	for (int i = 0; i < n - (int) sizeof(uint64); i += sizeof(uint64))
	{
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		if (x != y)
			return false;
	}
	memcpy(&x, a + n - sizeof(x), sizeof(x));
	memcpy(&y, b + n - sizeof(y), sizeof(y));
	return x == y;
}

/*
 * Does the member at p stand where it stood last, or are members left out that
 * stood before it?  Then *child is what it leads to, *place the place after it,
 * and the position past the colon is returned; else NULL.
 */
static inline const char *
ftx_order_expected(const KeyOrder *order, const char *p, const char *end,
				   int *place, const KeyNode **child)
{
	for (int i = *place; i < order->n && i < *place + 3; i++)
	{
		const OrderedKey *key = &order->keys[i];

		if (key->len > 0 && end - p >= key->len &&
			same_bytes(p, key->text, key->len))
		{
			*place = i + 1;
			*child = key->child;
			return p + key->len;
		}
	}
	return NULL;
}

/*
 * Remember the member that begins at p and whose colon ends before `end`.
 */
static inline void
ftx_order_remember(KeyOrder *order, int *place, const char *p, const char *end,
				   const KeyNode *child)
{
	OrderedKey *key = &order->keys[*place];
	Size len = end - p;

	if (*place >= FTX_ORDERED_KEYS)
		return;
	key->len = 0;
	/* a quote before the colon, and none of these, so it is the last one */
	if (len >= FTX_ORDERED_SHORTEST && len <= FTX_ORDERED_LENGTH &&
		end[-2] == '"' && memchr(p, '\\', len) == NULL)
	{
		bool ascii = true;

		for (Size i = 0; i < len; i++)
			ascii &= ((unsigned char) p[i] & 0x80) == 0;
		if (ascii)
		{
			memcpy(key->text, p, len);
			key->len = (int) len;
		}
	}
	key->child = child;
	order->n = Max(order->n, ++*place);
}

#endif /* FTX_ORDER_H */
