/*-------------------------------------------------------------------------
 *
 * bytes.c
 *		A growable, capped, reference-counted buffer of malloc'ed bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "base/bytes.h"

#include <sys/mman.h>

#include "utils/memutils.h"

/* First allocation: most error answers and small pages fit. */
#define FIRST_SIZE ((size_t) 1024)

/* Larger ones that are reserved are multiples of this, a power of two. */
#define LARGE_SIZE ((size_t) 128 * 1024)

/*
 * Larger ones than this have pages of their own: they grow without being
 * copied, and leave no holes in malloc's heap, which would cost as much again.
 * The usual page of a list is below, as what malloc has is faster to get.
 */
#define MAPPED_SIZE ((size_t) 4 * 1024 * 1024)

/* What ftx_bytes_own() leaves in the owner. */
typedef struct BytesOwner
{
	MemoryContextCallback callback;
	FtxBytes *bytes;
} BytesOwner;

FtxBytes *
ftx_bytes_new(size_t cap)
{
	FtxBytes *bytes = calloc(1, sizeof(FtxBytes));

	if (bytes == NULL)
		return NULL;

	/* Half the address space, so that no sum below can overflow. */
	bytes->cap = Min(cap, SIZE_MAX / 2 - 1);
	bytes->refs = 1;
	return bytes;
}

static void
release(FtxBytes *bytes)
{
	if (bytes->size >= MAPPED_SIZE)
		munmap(bytes->data, bytes->size);
	else
		free(bytes->data);
}

/*
 * Change the allocation to `size` bytes, more than before.
 */
static bool
resize(FtxBytes *bytes, size_t size)
{
	char *data;

	if (size < MAPPED_SIZE)
		data = realloc(bytes->data, size);
	else if (bytes->size >= MAPPED_SIZE)
	{
		data = mremap(bytes->data, bytes->size, size, MREMAP_MAYMOVE);
		if (data == MAP_FAILED)
			data = NULL;
	}
	else
	{
		data = mmap(NULL, size, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (data == MAP_FAILED)
			data = NULL;
		else if (bytes->data != NULL)
		{
			memcpy(data, bytes->data, bytes->len + 1);
			free(bytes->data);
		}
	}
	if (data == NULL)
		return false;
	bytes->data = data;
	bytes->size = size;
	return true;
}

/*
 * Make room for `need` bytes and the NUL, at least doubling the allocation.
 */
static bool
enlarge(FtxBytes *bytes, size_t need)
{
	size_t size = Max(bytes->size, FIRST_SIZE);

	if (need < bytes->size)
		return true;

	while (size <= need)
		size *= 2;
	size = Min(size, bytes->cap + 1);

	return resize(bytes, size);
}

void
ftx_bytes_reserve(FtxBytes *bytes, size_t n)
{
	size_t size = n + 1;

	if (n < bytes->size || n > bytes->cap)
		return;
	/* of few sizes, so that what one page leaves behind fits the next one */
	if (size > LARGE_SIZE)
		size = Min(TYPEALIGN(LARGE_SIZE, size), bytes->cap + 1);
	if (resize(bytes, size))
		bytes->data[bytes->len] = '\0';
}

bool
ftx_bytes_append(FtxBytes *bytes, const void *data, size_t n, bool *over_cap)
{
	bool fits = n <= bytes->cap - bytes->len;

	if (over_cap != NULL)
		*over_cap = !fits;
	if (!fits)
		return false;
	if (n == 0)
		return true;
	if (!enlarge(bytes, bytes->len + n))
		return false;

	memcpy(bytes->data + bytes->len, data, n);
	bytes->len += n;
	bytes->data[bytes->len] = '\0';
	return true;
}

void
ftx_bytes_reset(FtxBytes *bytes)
{
	bytes->len = 0;
	if (bytes->data != NULL)
		bytes->data[0] = '\0';
}

FtxBytes *
ftx_bytes_ref(FtxBytes *bytes)
{
	Assert(bytes->refs > 0);
	bytes->refs++;
	return bytes;
}

void
ftx_bytes_unref(FtxBytes *bytes)
{
	if (bytes == NULL)
		return;

	Assert(bytes->refs > 0);
	if (--bytes->refs == 0)
	{
		release(bytes);
		free(bytes);
	}
}

static void
bytes_owner_reset(void *arg)
{
	BytesOwner *link = arg;

	ftx_bytes_unref(link->bytes);
	link->bytes = NULL;
}

void
ftx_bytes_own(FtxBytes *bytes, MemoryContext owner)
{
	BytesOwner *link;

	link = MemoryContextAllocExtended(owner, sizeof(BytesOwner),
									  MCXT_ALLOC_NO_OOM);
	if (link == NULL)
	{
		ftx_bytes_unref(bytes);
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	}

	link->bytes = bytes;
	link->callback.func = bytes_owner_reset;
	link->callback.arg = link;
	MemoryContextRegisterResetCallback(owner, &link->callback);
}
