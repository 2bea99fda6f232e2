/*-------------------------------------------------------------------------
 *
 * bytes.h
 *		A growable, capped, reference-counted buffer of malloc'ed bytes.
 *
 * libcurl's callbacks fill these, so nothing here may throw or use palloc,
 * except ftx_bytes_own().  A buffer cannot be made without its cap.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_BYTES_H
#define FTX_BYTES_H

#include "postgres.h"

typedef struct FtxBytes
{
	char *data;	 /* NUL-terminated; NULL when empty */
	size_t len;	 /* bytes used, the NUL not counted */
	size_t size; /* bytes allocated, maybe more than cap + 1 */
	size_t cap;	 /* most that len may become */
	int refs;	 /* holders; the last one frees */
} FtxBytes;

/*
 * Bytes that belong to somebody else, for reading.  There is always something
 * to point to, so that no reader has to ask: "" when there are none.
 */
typedef struct FtxSlice
{
	const char *data; /* never NULL */
	size_t len;
} FtxSlice;

/* A new buffer with one reference; NULL when out of memory.  Never throws. */
extern FtxBytes *ftx_bytes_new(size_t cap);

/*
 * Make room for n bytes in all, if that is within the cap and there is memory:
 * a hint that spares growing step by step.  Never throws.
 */
extern void ftx_bytes_reserve(FtxBytes *bytes, size_t n);

/*
 * Append n bytes.  False (and the buffer unchanged) when the cap or memory
 * does not allow it; *over_cap tells which, if not NULL.  Never throws.
 */
extern bool
ftx_bytes_append(FtxBytes *bytes, const void *data, size_t n, bool *over_cap);

/*
 * Give back what a large buffer has beyond its content, where it stays.  Never
 * throws.
 */
extern void ftx_bytes_trim(FtxBytes *bytes);

/*
 * Forget the content.  A small allocation is kept for what comes next; a large
 * one is not, as that may come much later, or never.
 */
extern void ftx_bytes_reset(FtxBytes *bytes);

extern FtxBytes *ftx_bytes_ref(FtxBytes *bytes);

/* What is in a buffer, as long as it stays so; NULL has nothing in it. */
static inline FtxSlice
ftx_bytes_slice(const FtxBytes *bytes)
{
	FtxSlice slice = {"", 0};

	if (bytes != NULL && bytes->data != NULL)
	{
		slice.data = bytes->data;
		slice.len = bytes->len;
	}
	return slice;
}

/* Drop one reference; NULL is fine.  Never throws. */
extern void ftx_bytes_unref(FtxBytes *bytes);

/*
 * Nothing is received any more: of the memory that is kept for other buffers,
 * keep what the next statement will want.  Never throws.
 */
extern void ftx_bytes_rest(void);

/*
 * Hand the caller's reference to a memory context: it is dropped when the
 * context is reset or deleted.  The reference is dropped at once if this
 * throws for want of memory.
 */
extern void ftx_bytes_own(FtxBytes *bytes, MemoryContext owner);

#endif /* FTX_BYTES_H */
