/*-------------------------------------------------------------------------
 *
 * memo.c
 *		Answers to reads of one executor run, remembered within bounds.
 *
 * Entries form a list from the newest to the oldest.  There are few of them
 * when they are large, and a look-up in a join costs far less than the call
 * that it saves, but a join may leave thousands of small ones: hence the hash
 * of the path in each entry, and a cap on their number.
 *
 * Lists that are kept as a whole stand beside it: their pages are not forgotten
 * for being old, and push nothing out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/memo.h"
#include "api/calls/stats.h"
#include "base/owner.h"
#include "common/hashfn.h"
#include "lib/ilist.h"
#include "utils/memutils.h"

#define MEMO_ENTRIES 1024
#define MEMO_BUCKETS 256 /* a power of two */

/*
 * A list that is kept as a whole (ftx_memo_keep_list()).
 */
typedef struct KeptList
{
	dlist_node node;  /* in FtxMemo.lists */
	dlist_head pages; /* of MemoEntry */
	Oid umid;
	size_t len;
	char path[FLEXIBLE_ARRAY_MEMBER]; /* of its first page */
} KeptList;

/*
 * The user mapping and the path are the whole key.  A mapping is of one server
 * and has one credential, so it says where and as whom; the path has the query
 * and, of a POST that only reads, the body (ftx_call_key()), so that it is not
 * taken for the GET of its path; and the version in the Accept header follows
 * from method and path, as they are one operation of the catalogue.  A session
 * that is made anew in the middle of a run, because its mapping has changed,
 * still gets what the run has seen.
 */
typedef struct MemoEntry
{
	dlist_node age;	  /* in FtxMemo.entries, or in the pages of: */
	KeptList *list;	  /* NULL: none that is kept */
	dlist_node peers; /* in its bucket */
	uint32 hash;
	Oid umid;
	int status;
	FtxBytes *body; /* one reference is ours */
	size_t size;
	char path[FLEXIBLE_ARRAY_MEMBER];
} MemoEntry;

struct FtxMemo
{
	FtxOwned owned;		/* by the run; the memory of all below */
	dlist_head entries; /* newest first */
	dlist_head buckets[MEMO_BUCKETS];
	dlist_head lists;  /* of KeptList; few */
	dlist_head shared; /* of FtxShared; few */
	TimestampTz present;
	int nentries; /* in `entries`, as are: */
	size_t bytes;
};

/* The memos of all executor runs under way in this backend. */
static dlist_head memos = DLIST_STATIC_INIT(memos);

static uint64 writes = 0;

/* Of the lists that are kept in all of them. */
static size_t lists_bytes = 0;

/*
 * Take an entry out of the list that it stands in, and of the figures.
 */
static void
take_out(FtxMemo *memo, MemoEntry *entry)
{
	dlist_delete(&entry->age);
	if (entry->list != NULL)
	{
		lists_bytes -= entry->size;
		return;
	}
	memo->nentries--;
	memo->bytes -= entry->size;
}

static void
forget(FtxMemo *memo, MemoEntry *entry)
{
	take_out(memo, entry);
	dlist_delete(&entry->peers);
	ftx_bytes_unref(entry->body);
	pfree(entry);
}

static void
end_list(FtxMemo *memo, KeptList *list)
{
	while (!dlist_is_empty(&list->pages))
		forget(memo, dlist_head_element(MemoEntry, age, &list->pages));
	dlist_delete(&list->node);
	pfree(list);
}

static void
forget_entries(FtxMemo *memo)
{
	while (!dlist_is_empty(&memo->lists))
		end_list(memo, dlist_head_element(KeptList, node, &memo->lists));
	while (!dlist_is_empty(&memo->entries))
		forget(memo, dlist_head_element(MemoEntry, age, &memo->entries));
}

static void
share_nothing(FtxMemo *memo)
{
	while (!dlist_is_empty(&memo->shared))
		ftx_memo_unshare(dlist_head_element(FtxShared, node, &memo->shared));
}

/*
 * At the end of the run.
 */
static void
end_memo(void *arg)
{
	FtxMemo *memo = arg;

	forget_entries(memo);
	share_nothing(memo);
}

FtxMemo *
ftx_memo_of(EState *estate)
{
	return ftx_owned_by(estate->es_query_cxt, &memos, sizeof(FtxMemo),
						end_memo);
}

TimestampTz *
ftx_memo_present(FtxMemo *memo)
{
	return &memo->present;
}

static uint32
path_hash(const char *path)
{
	return hash_bytes((const unsigned char *) path, strlen(path));
}

static MemoEntry *
find_entry(FtxMemo *memo, FtxSession *session, const char *path)
{
	uint32 hash = path_hash(path);
	dlist_iter iter;

	dlist_foreach (iter, &memo->buckets[hash & (MEMO_BUCKETS - 1)])
	{
		MemoEntry *entry = dlist_container(MemoEntry, peers, iter.cur);

		if (entry->hash == hash && entry->umid == session->umid &&
			strcmp(entry->path, path) == 0)
			return entry;
	}
	return NULL;
}

FtxBytes *
ftx_memo_find(FtxMemo *memo, FtxSession *session, const char *path, int *status)
{
	MemoEntry *entry = find_entry(memo, session, path);

	if (entry == NULL)
		return NULL;
	if (entry->list == NULL)
	{
		dlist_delete(&entry->age);
		dlist_push_head(&memo->entries, &entry->age);
	}
	*status = entry->status;
	return ftx_bytes_ref(entry->body);
}

/*
 * How much of a path names the list that it is a page of: a cursor stands behind
 * all else (ftx_page_call()), and no other value has an ampersand.
 */
static size_t
list_len(const char *path)
{
	const char *cursor = strstr(path, "&cursor=");

	return cursor != NULL ? (size_t) (cursor - path) : strlen(path);
}

static bool
is_page_of(const char *path, const char *list, size_t len)
{
	return list_len(path) == len && strncmp(path, list, len) == 0;
}

static KeptList *
kept_list_of(FtxMemo *memo, FtxSession *session, const char *path)
{
	dlist_iter iter;

	dlist_foreach (iter, &memo->lists)
	{
		KeptList *list = dlist_container(KeptList, node, iter.cur);

		if (list->umid == session->umid &&
			is_page_of(path, list->path, list->len))
			return list;
	}
	return NULL;
}

/*
 * Put an entry among those of its list, or of none.
 */
static void
put_in(FtxMemo *memo, MemoEntry *entry, KeptList *list)
{
	entry->list = list;
	if (list != NULL)
	{
		dlist_push_tail(&list->pages, &entry->age);
		lists_bytes += entry->size;
		return;
	}
	dlist_push_head(&memo->entries, &entry->age);
	memo->nentries++;
	memo->bytes += entry->size;
}

static void
forget_pages(FtxMemo *memo, Oid umid, const char *list, size_t len)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &memo->entries)
	{
		MemoEntry *entry = dlist_container(MemoEntry, age, iter.cur);

		if (entry->umid == umid && is_page_of(entry->path, list, len))
			forget(memo, entry);
	}
}

/*
 * Forget the oldest entry, a page with all others of its list.
 */
static void
forget_oldest(FtxMemo *memo)
{
	MemoEntry *oldest = dlist_tail_element(MemoEntry, age, &memo->entries);
	char *list;

	if (strstr(oldest->path, "limit=") == NULL)
	{
		forget(memo, oldest);
		return;
	}
	list = pnstrdup(oldest->path, list_len(oldest->path));
	forget_pages(memo, oldest->umid, list, strlen(list));
	pfree(list);
}

/*
 * Is it no page of a list, or the first one, or is that remembered?  Later ones
 * are only where the first is: who asks for that anew must not find others of
 * an older reading.
 */
static bool
has_beginning(FtxMemo *memo, FtxSession *session, const char *path)
{
	size_t len = list_len(path);
	char *first;
	bool result;

	if (path[len] == '\0')
		return true;
	first = pnstrdup(path, len);
	result = find_entry(memo, session, first) != NULL;
	pfree(first);
	return result;
}

/*
 * Make room for an entry; false if there is none.
 */
static bool
make_room(FtxMemo *memo, KeptList *list, size_t size)
{
	if (list != NULL)
	{
		if (lists_bytes + size <= FTX_MEMO_LISTS_BYTES)
			return true;
		end_list(memo, list);
		return false;
	}
	if (size > FTX_MEMO_BYTES)
		return false;
	while (memo->nentries > 0 && (memo->bytes + size > FTX_MEMO_BYTES ||
								  memo->nentries >= MEMO_ENTRIES))
		forget_oldest(memo);
	return true;
}

void
ftx_memo_store(FtxMemo *memo, FtxSession *session, const char *path, int status,
			   FtxBytes *body)
{
	size_t path_size = strlen(path) + 1;
	size_t size;
	KeptList *list = kept_list_of(memo, session, path);
	MemoEntry *entry = find_entry(memo, session, path);

	/* two scans may have asked for it at once: all get the same from now on */
	if (entry != NULL || !has_beginning(memo, session, path))
		return;
	/* one that was received in steps, or used before, may be twice as large */
	ftx_bytes_trim(body);
	size = body->size + path_size + sizeof(MemoEntry);
	/* that may have cost the pages before it */
	if (!make_room(memo, list, size) || !has_beginning(memo, session, path))
		return;
	entry = MemoryContextAlloc(memo->owned.owner,
							   offsetof(MemoEntry, path) + path_size);
	memcpy(entry->path, path, path_size);
	entry->hash = path_hash(path);
	entry->umid = session->umid;
	entry->status = status;
	entry->size = size;
	entry->body = ftx_bytes_ref(body);
	put_in(memo, entry, list);
	dlist_push_head(&memo->buckets[entry->hash & (MEMO_BUCKETS - 1)],
					&entry->peers);
}

static KeptList *
create_list(FtxMemo *memo, FtxSession *session, const char *path)
{
	size_t len = strlen(path);
	KeptList *list = MemoryContextAlloc(memo->owned.owner,
										offsetof(KeptList, path) + len + 1);

	memcpy(list->path, path, len + 1);
	list->len = len;
	list->umid = session->umid;
	dlist_init(&list->pages);
	dlist_push_tail(&memo->lists, &list->node);
	return list;
}

int
ftx_memo_keep_list(FtxMemo *memo, FtxSession *session, const char *path)
{
	KeptList *list = create_list(memo, session, path);
	dlist_mutable_iter iter;
	int pages = 0;

	dlist_foreach_modify(iter, &memo->entries)
	{
		MemoEntry *entry = dlist_container(MemoEntry, age, iter.cur);

		if (entry->umid != list->umid ||
			!is_page_of(entry->path, path, list->len))
			continue;
		take_out(memo, entry);
		put_in(memo, entry, list);
		pages++;
	}
	return pages;
}

bool
ftx_memo_keeps_list(FtxMemo *memo, FtxSession *session, const char *path)
{
	return kept_list_of(memo, session, path) != NULL;
}

void
ftx_memo_forget_list(FtxMemo *memo, FtxSession *session, const char *path)
{
	KeptList *list = kept_list_of(memo, session, path);

	if (list != NULL)
		end_list(memo, list);
	forget_pages(memo, session->umid, path, strlen(path));
}

void
ftx_memo_share(FtxMemo *memo, FtxSession *session, const char *path,
			   const FtxStats *reader, bool page, FtxShared *shared)
{
	shared->memo = memo;
	shared->reader = reader;
	shared->page = page;
	shared->umid = session->umid;
	shared->hash = path_hash(path);
	shared->path = path;
	dlist_push_head(&memo->shared, &shared->node);
}

void
ftx_memo_unshare(FtxShared *shared)
{
	if (shared->memo != NULL)
		dlist_delete(&shared->node);
	shared->memo = NULL;
}

FtxShared *
ftx_memo_shared(FtxMemo *memo, FtxSession *session, const FtxStats *reader,
				bool ahead, const char *path)
{
	uint32 hash = path_hash(path);
	dlist_iter iter;

	dlist_foreach (iter, &memo->shared)
	{
		FtxShared *shared = dlist_container(FtxShared, node, iter.cur);

		if (shared->hash == hash &&
			(shared->reader == reader || shared->reader == NULL ||
			 (shared->page && !ahead)) &&
			shared->umid == session->umid && strcmp(shared->path, path) == 0)
			return shared;
	}
	return NULL;
}

bool
ftx_memo_has_asked(FtxMemo *memo, FtxSession *session, const char *path)
{
	uint32 hash = path_hash(path);
	dlist_iter iter;

	dlist_foreach (iter, &memo->shared)
	{
		FtxShared *shared = dlist_container(FtxShared, node, iter.cur);

		if (shared->hash == hash && shared->umid == session->umid &&
			strcmp(shared->path, path) == 0)
			return true;
	}
	return find_entry(memo, session, path) != NULL;
}

void
ftx_memo_forget_all(void)
{
	dlist_iter iter;

	writes++;
	dlist_foreach (iter, &memos)
	{
		FtxMemo *memo = dlist_container(FtxMemo, owned.node, iter.cur);

		forget_entries(memo);
		share_nothing(memo);
	}
}

uint64
ftx_memo_writes(void)
{
	return writes;
}
