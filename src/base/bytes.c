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

/*
 * From this size on, a power of two, they have memory pages of their own: they
 * grow without being copied, and leave no holes in malloc's heap, which would
 * cost as much again.  Those that are reserved are multiples of it.
 */
#define LARGE_SIZE ((size_t) 128 * 1024)

/*
 * To get pages from the system and to give them back takes as long as to
 * receive what is to stand in them.  So large buffers that are not used any
 * more are kept for the next ones: some for the next statement, and while one
 * runs as many as together with those in use take BUSY_BYTES.  That is what a
 * list has under way that is read as fast as it comes.
 */
#define KEPT_BUFFERS 16
#define KEPT_BYTES ((size_t) 4 * 1024 * 1024)
#define BUSY_BYTES ((size_t) 16 * 1024 * 1024)

/* A buffer for n bytes has at most so many times as many, if it was kept. */
#define KEPT_WASTE 4

typedef struct KeptBuffer
{
	char *data;
	size_t size;
} KeptBuffer;

/* The oldest comes first. */
static KeptBuffer kept[KEPT_BUFFERS];
static int nkept = 0;
static size_t kept_bytes = 0;
static size_t used_bytes = 0; /* in large buffers that are in use */

/* What ftx_bytes_own() leaves in the owner. */
typedef struct BytesOwner
{
	MemoryContextCallback callback;
	FtxBytes *bytes;
} BytesOwner;

/* ---------- large buffers ---------- */

static KeptBuffer
take_kept(int i)
{
	KeptBuffer buffer = kept[i];

	kept_bytes -= buffer.size;
	nkept--;
	memmove(&kept[i], &kept[i + 1], sizeof(KeptBuffer) * (nkept - i));
	return buffer;
}

/* Keep no more than so many bytes. */
static void
give_back(size_t allowed)
{
	while (kept_bytes > allowed)
	{
		KeptBuffer oldest = take_kept(0);

		munmap(oldest.data, oldest.size);
	}
}

/* What may be kept beside so many bytes in use. */
static size_t
may_be_kept(size_t used)
{
	return Max(KEPT_BYTES, BUSY_BYTES - Min(used, BUSY_BYTES));
}

static void
release_large(char *data, size_t size)
{
	used_bytes -= size;
	if (size > KEPT_BYTES / 2)
	{
		munmap(data, size);
		return;
	}
	if (nkept == KEPT_BUFFERS)
		give_back(kept_bytes - 1);
	give_back(may_be_kept(used_bytes) - size);
	kept[nkept].data = data;
	kept[nkept++].size = size;
	kept_bytes += size;
}

/*
 * A buffer of *size bytes, or a kept one that has more, whose size is set;
 * NULL when out of memory.
 */
static char *
get_large(size_t *size)
{
	int best = -1;
	char *data;

	for (int i = 0; i < nkept; i++)
	{
		if (kept[i].size >= *size && kept[i].size / KEPT_WASTE <= *size &&
			(best < 0 || kept[i].size <= kept[best].size))
			best = i;
	}
	if (best >= 0)
	{
		KeptBuffer buffer = take_kept(best);

		*size = buffer.size;
		used_bytes += buffer.size;
		return buffer.data;
	}
	give_back(may_be_kept(used_bytes + *size));
	data = mmap(NULL, *size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return NULL;
	used_bytes += *size;
	return data;
}

static void
release(FtxBytes *bytes)
{
	if (bytes->size >= LARGE_SIZE)
		release_large(bytes->data, bytes->size);
	else
		free(bytes->data);
}

/*
 * Change the allocation to `size` bytes at least, more than before.
 */
static bool
resize(FtxBytes *bytes, size_t size)
{
	char *data;

	if (size < LARGE_SIZE)
		data = realloc(bytes->data, size);
	else if (bytes->size >= LARGE_SIZE)
	{
		data = mremap(bytes->data, bytes->size, size, MREMAP_MAYMOVE);
		if (data == MAP_FAILED)
			data = NULL;
		else
			used_bytes += size - bytes->size;
	}
	else
	{
		data = get_large(&size);
		if (data != NULL && bytes->data != NULL)
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

/* ---------- buffers ---------- */

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
ftx_bytes_trim(FtxBytes *bytes)
{
	size_t size = TYPEALIGN(LARGE_SIZE, bytes->len + 1);

	/* shrunk it does not move */
	if (bytes->size < LARGE_SIZE || size >= bytes->size ||
		mremap(bytes->data, bytes->size, size, 0) == MAP_FAILED)
		return;
	used_bytes -= bytes->size - size;
	bytes->size = size;
}

void
ftx_bytes_reset(FtxBytes *bytes)
{
	bytes->len = 0;
	if (bytes->size >= LARGE_SIZE)
	{
		release(bytes);
		bytes->data = NULL;
		bytes->size = 0;
	}
	else if (bytes->data != NULL)
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

void
ftx_bytes_rest(void)
{
	give_back(KEPT_BYTES);
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
