/*-------------------------------------------------------------------------
 *
 * guess.h
 *		Pages that are asked for before their cursor has arrived.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_GUESS_H
#define FTX_GUESS_H

#include "api/calls/call.h"

typedef struct FtxGuess FtxGuess;

/* Lives in the current memory context. */
extern FtxGuess *ftx_guess_create(void);

/*
 * Abandon what is under way, for another list, which had `length` rows when it
 * was read last; 0: nobody knows.
 */
extern void ftx_guess_reset(FtxGuess *guess, int64 length);

/*
 * A page has arrived, `nitems` of the `limit` that were asked for, with this
 * cursor (NULL: the last one): was it foreseen?  The first one that was not
 * ends all prediction for the list.  Returns how many rows the list has, at its
 * end; before, -1; 0 if its cursors tell nothing.
 */
extern int64
ftx_guess_judge(FtxGuess *guess, const char *cursor, int limit, int nitems);

/*
 * The call for the page at a cursor, if it was foreseen; it belongs to the
 * caller.  Else NULL, and all the others are abandoned.
 */
extern FtxCall *ftx_guess_take(FtxGuess *guess, const char *cursor);

/*
 * The cursor (palloc'ed) of a page that may be asked for now; NULL: none.  So
 * many of those that the list had last may be under way, and so many others.
 */
extern const char *
ftx_guess_next(FtxGuess *guess, int page_size, int allowed_known, int allowed);

/* It was asked for; the call belongs to `guess` now. */
extern void ftx_guess_add(FtxGuess *guess, const char *cursor, FtxCall *call);

#endif /* FTX_GUESS_H */
