/*-------------------------------------------------------------------------
 *
 * list_lengths.c
 *		How long the lists of a session were when they were read last.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/list_lengths.h"
#include "api/calls/session.h"
#include "utils/memutils.h"

/*
 * Lists that are remembered, those that were read last; and the longest path
 * of one.  Who reads more lists than that reads short ones, of children.
 */
#define LISTS 32
#define LONGEST_PATH 512

struct FtxListLength
{
	char *path; /* NULL: a free place */
	int64 length;
};

static struct FtxListLength *
find_list(const FtxSession *session, const char *path)
{
	for (int i = 0; session->lengths != NULL && i < LISTS; i++)
	{
		struct FtxListLength *list = &session->lengths[i];

		if (list->path != NULL && strcmp(list->path, path) == 0)
			return list;
	}
	return NULL;
}

int64
ftx_list_length(const FtxSession *session, const char *path)
{
	const struct FtxListLength *list = find_list(session, path);

	return list != NULL ? list->length : 0;
}

void
ftx_list_length_set(FtxSession *session, const char *path, int64 length)
{
	struct FtxListLength *list = find_list(session, path);
	char *copy;

	if (list != NULL)
	{
		list->length = length;
		return;
	}
	if (length == 0 || strlen(path) > LONGEST_PATH)
		return;
	if (session->lengths == NULL)
		session->lengths = MemoryContextAllocZero(
			session->cxt, sizeof(struct FtxListLength) * LISTS);
	copy = MemoryContextStrdup(session->cxt, path);
	list = &session->lengths[session->next_length++ % LISTS];
	if (list->path != NULL)
		pfree(list->path);
	list->path = copy;
	list->length = length;
}
