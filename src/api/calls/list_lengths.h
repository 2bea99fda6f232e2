/*-------------------------------------------------------------------------
 *
 * list_lengths.h
 *		How long the lists of a session were when they were read last.
 *
 * Used for nothing but asking early: a list may have become longer or shorter.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_LIST_LENGTHS_H
#define FTX_LIST_LENGTHS_H

#include "api/calls/session.h"

/*
 * Rows of the list at a path (with its filters); 0: not known.  Never throws.
 */
extern int64 ftx_list_length(const FtxSession *session, const char *path);

/*
 * It had so many rows; 0 forgets it.  Throws for want of memory.
 */
extern void
ftx_list_length_set(FtxSession *session, const char *path, int64 length);

#endif /* FTX_LIST_LENGTHS_H */
