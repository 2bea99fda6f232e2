/*-------------------------------------------------------------------------
 *
 * pages_request.c
 *		Which pages of a list are asked for, and when.
 *
 * The next page is asked for as soon as the present one has arrived, and with
 * it those that are foreseen to follow, as far as memory, connections and a
 * LIMIT allow.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/guc.h"
#include "read/page_call.h"
#include "read/pages.h"
#include "read/pages_state.h"

/*
 * Most that pages which are asked for by predicted cursors may hold; and those
 * of a list whose length is known, which are asked for to hide the latency.
 */
#define MAX_GUESSED_BYTES (8 * 1024 * 1024)
#define MAX_KNOWN_BYTES (16 * 1024 * 1024)

bool
ftx_pages_are_list(const FtxPages *pages)
{
	return pages->spec.resource->list != NULL && !pages->one_object;
}

int
ftx_pages_limit(FtxPages *pages)
{
	return pages->started ?
			   pages->spec.page_size :
			   ftx_pages_first_limit(pages->spec.page_size, pages->spec.limit);
}

/*
 * Ask for the page at a cursor; NULL: the first one.
 */
static FtxCall *
start_page(FtxPages *pages, const char *cursor)
{
	FtxCallSpec spec = ftx_page_call(&pages->spec, pages->path,
									 ftx_pages_are_list(pages),
									 ftx_pages_limit(pages), cursor);
	FtxCall *call;

	spec.narrowed = pages->narrowed;
	spec.expected.id = pages->asked_for;
	call = ftx_call_start(pages->spec.session, &spec, pages->spec.stats,
						  pages->too_long ? NULL : pages->spec.memo,
						  pages->cxt);
	pfree(unconstify(char *, spec.path));
	return call;
}

/*
 * Pages that may be under way beside the next one, if they may hold `bytes`.
 */
static int
guesses_allowed(FtxPages *pages, int64 bytes)
{
	int64 size = (int64) ftx_call_body(pages->current).len;
	int64 allowed = pages->spec.session->options.max_concurrency - 1;

	/* lists of children share the connections already */
	if (!pages->spec.prefetch || pages->overlay != NULL ||
		ftx_guc_max_calls() >= 0)
		return 0;
	if (size > 0)
		allowed = Min(allowed, bytes / size - 1);
	/* as many as were not enough */
	if (pages->spec.few_rows)
		allowed = Min(allowed, pages->received / pages->spec.page_size - 1);
	if (pages->spec.limit >= 0)
		allowed = Min(allowed, (pages->spec.limit - pages->received - 1) /
								   pages->spec.page_size);
	return (int) Max(allowed, 0);
}

/*
 * Ask for pages that are predicted to follow the next one.
 */
static void
ask_guessed(FtxPages *pages)
{
	int known = guesses_allowed(pages, MAX_KNOWN_BYTES);
	int unknown = guesses_allowed(pages, MAX_GUESSED_BYTES);
	MemoryContext old = MemoryContextSwitchTo(pages->page_cxt);
	const char *cursor;

	pages->ask_at = -1;
	while ((cursor = ftx_guess_next(pages->guess, pages->spec.page_size, known,
									unknown)) != NULL)
		ftx_guess_add(pages->guess, cursor, start_page(pages, cursor));
	MemoryContextSwitchTo(old);
}

void
ftx_pages_ask_next(FtxPages *pages)
{
	pages->next = ftx_guess_take(pages->guess, pages->cursor);
	if (pages->next != NULL)
		pages->spec.stats->predicted++;
	else
		pages->next = start_page(pages, pages->cursor);
	if (pages->first_page)
		pages->ask_at = pages->page.nitems / 2;
	else if (pages->started)
		ask_guessed(pages);
}

void
ftx_pages_ask_more(FtxPages *pages)
{
	MemoryContext old = MemoryContextSwitchTo(pages->page_cxt);

	if (pages->next == NULL)
		ftx_pages_ask_next(pages);
	else
		ask_guessed(pages);
	MemoryContextSwitchTo(old);
}

void
ftx_pages_request(FtxPages *pages)
{
	if (pages->next == NULL && pages->position >= pages->page.nitems &&
		(!pages->started || pages->cursor != NULL))
		ftx_pages_ask_next(pages);
}
