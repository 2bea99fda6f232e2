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

/*
 * Pages beside the next one that the list had when it was read last: as many as
 * can be on the wire at all.
 */
#define MAX_KNOWN 64

/*
 * Other pages beside the next one: what a list that ends earlier than was
 * guessed may waste of the few thousand calls that an account has in an hour.
 */
#define MAX_GUESSED 4

/*
 * Predictions that must have come true in a row before one is relied on: in a
 * list of up to three pages nothing is guessed.  Where the list is known, the
 * first cursor suffices, as there are pages to be found.
 */
#define TRUSTED_PREDICTIONS 2

typedef struct GuessedPage
{
	char *cursor;
	FtxCall *call;
} GuessedPage;

/*
 * Why rows and errors are those of reading page after page: a guessed page is
 * handed out only for the cursor that the page before it has given, by which
 * it would have been asked for then; until that cursor is there its answer is
 * not looked at, so neither are its errors.  Guesses that do not come true are
 * calls for nothing, at most MAX_GUESSED of them, as the first one ends all
 * guessing in the list.  Of a list that has become shorter since, those beyond
 * its end are for nothing, at most as many as are on the wire at once.
 *
 * `offset` is 0 until a cursor of the known kind has come; `pages` follow one
 * another without a gap, the first one being that after the next page.
 */
struct FtxGuess
{
	MemoryContext cxt;	/* of the cursors */
	int64 offset;		/* where the page after the present one begins */
	int64 length;		/* of the list when it was read last; 0: not known */
	int predictions;	/* that came true in a row; -1: never again */
	GuessedPage *pages; /* the pages after the next one; room for MAX_KNOWN */
	int npages;
};

FtxGuess *
ftx_guess_create(void)
{
	FtxGuess *guess = palloc0(sizeof(FtxGuess));

	guess->cxt = CurrentMemoryContext;
	return guess;
}

static void
forget_first(FtxGuess *guess)
{
	pfree(guess->pages[0].cursor);
	guess->npages--;
	memmove(&guess->pages[0], &guess->pages[1],
			sizeof(GuessedPage) * guess->npages);
}

static void
abandon(FtxGuess *guess)
{
	while (guess->npages > 0)
	{
		ftx_call_free(guess->pages[0].call);
		forget_first(guess);
	}
}

void
ftx_guess_reset(FtxGuess *guess, int64 length)
{
	abandon(guess);
	guess->offset = 0;
	guess->length = length;
	guess->predictions = 0;
}

int64
ftx_guess_judge(FtxGuess *guess, const char *cursor, int limit, int nitems)
{
	int64 offset;

	if (guess->predictions < 0)
		return 0;
	if (cursor != NULL && ftx_cursor_offset(cursor, &offset) &&
		offset == guess->offset + limit)
	{
		/* the first one only shows where the offsets begin */
		if (guess->offset > 0)
			guess->predictions++;
		guess->offset = offset;
		return -1;
	}
	guess->predictions = -1;
	abandon(guess);
	return cursor == NULL && guess->offset > 0 ? guess->offset + nitems : 0;
}

FtxCall *
ftx_guess_take(FtxGuess *guess, const char *cursor)
{
	FtxCall *call;

	if (guess->npages == 0 || cursor == NULL ||
		strcmp(guess->pages[0].cursor, cursor) != 0)
	{
		abandon(guess);
		return NULL;
	}
	call = guess->pages[0].call;
	forget_first(guess);
	return call;
}

const char *
ftx_guess_next(FtxGuess *guess, int page_size, int allowed_known, int allowed)
{
	int64 offset = guess->offset + (int64) (guess->npages + 1) * page_size;

	if (guess->predictions < 0 || guess->offset == 0)
		return NULL;
	if (offset < guess->length)
		allowed = Min(allowed_known, MAX_KNOWN);
	else if (guess->offset < guess->length)
		return NULL; /* it most likely ends where it ended */
	else if (guess->predictions < TRUSTED_PREDICTIONS)
		return NULL;
	else
	{
		/* the end may be near: one, two, then all of them */
		if (guess->predictions < TRUSTED_PREDICTIONS + 2)
			allowed = Min(allowed,
						  guess->predictions - TRUSTED_PREDICTIONS + 1);
		allowed = Min(allowed, MAX_GUESSED);
	}
	return guess->npages < allowed ? ftx_cursor_at(offset) : NULL;
}

void
ftx_guess_add(FtxGuess *guess, const char *cursor, FtxCall *call)
{
	GuessedPage *page;

	if (guess->pages == NULL)
		guess->pages = MemoryContextAlloc(guess->cxt,
										  sizeof(GuessedPage) * MAX_KNOWN);
	page = &guess->pages[guess->npages];
	page->cursor = MemoryContextStrdup(guess->cxt, cursor);
	page->call = call;
	guess->npages++;
}
