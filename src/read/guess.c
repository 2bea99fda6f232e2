/*-------------------------------------------------------------------------
 *
 * guess.c
 *		Pages that are asked for before their cursor has arrived.
 *
 * Fivetran's cursors stand for offsets (API facts 1.6), so the next ones can
 * be foreseen.  A page that was asked for in this way counts only once the
 * cursor that then arrives is the one that was foreseen; so rows, order and
 * errors are those of reading page after page.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "read/cursor.h"
#include "read/guess.h"
#include "utils/memutils.h"

/* Pages beside the next one. */
#define MAX_AHEAD 4

/* Predictions that must have come true in a row before one is relied on. */
#define TRUSTED_PREDICTIONS 2

typedef struct AheadPage
{
	char *cursor;
	FtxCall *call;
} AheadPage;

struct FtxAhead
{
	MemoryContext cxt; /* of the cursors */
	int64 offset;	   /* where the page after the present one begins */
	int predictions;   /* that came true in a row; -1: never again */
	AheadPage pages[MAX_AHEAD]; /* the pages after the next one */
	int npages;
};

FtxAhead *
ftx_ahead_create(void)
{
	FtxAhead *ahead = palloc0(sizeof(FtxAhead));

	ahead->cxt = CurrentMemoryContext;
	return ahead;
}

static void
forget_first(FtxAhead *ahead)
{
	pfree(ahead->pages[0].cursor);
	ahead->npages--;
	memmove(&ahead->pages[0], &ahead->pages[1],
			sizeof(AheadPage) * ahead->npages);
}

static void
abandon(FtxAhead *ahead)
{
	while (ahead->npages > 0)
	{
		ftx_call_free(ahead->pages[0].call);
		forget_first(ahead);
	}
}

void
ftx_ahead_reset(FtxAhead *ahead)
{
	abandon(ahead);
	ahead->offset = 0;
	ahead->predictions = 0;
}

void
ftx_ahead_judge(FtxAhead *ahead, const char *cursor, int limit)
{
	int64 offset;

	if (ahead->predictions < 0)
		return;
	if (cursor != NULL && ftx_cursor_offset(cursor, &offset) &&
		offset == ahead->offset + limit)
	{
		/* the first one only shows where the offsets begin */
		if (ahead->offset > 0)
			ahead->predictions++;
		ahead->offset = offset;
	}
	else
	{
		ahead->predictions = -1;
		abandon(ahead);
	}
}

FtxCall *
ftx_ahead_take(FtxAhead *ahead, const char *cursor)
{
	FtxCall *call;

	if (ahead->npages == 0 || cursor == NULL ||
		strcmp(ahead->pages[0].cursor, cursor) != 0)
	{
		abandon(ahead);
		return NULL;
	}
	call = ahead->pages[0].call;
	forget_first(ahead);
	return call;
}

const char *
ftx_ahead_next(FtxAhead *ahead, int page_size, int allowed)
{
	if (ahead->predictions < TRUSTED_PREDICTIONS)
		return NULL;
	/* the end may be near: one, two, then all of them */
	if (ahead->predictions < TRUSTED_PREDICTIONS + 2)
		allowed = Min(allowed, ahead->predictions - TRUSTED_PREDICTIONS + 1);
	if (ahead->npages >= Min(allowed, MAX_AHEAD))
		return NULL;
	return ftx_cursor_at(ahead->offset +
						 (int64) (ahead->npages + 1) * page_size);
}

void
ftx_ahead_add(FtxAhead *ahead, const char *cursor, FtxCall *call)
{
	AheadPage *page = &ahead->pages[ahead->npages];

	page->cursor = MemoryContextStrdup(ahead->cxt, cursor);
	page->call = call;
	ahead->npages++;
}
