/*-------------------------------------------------------------------------
 *
 * objects.h
 *		Objects that are asked for one by one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OBJECTS_H
#define FTX_OBJECTS_H

#include "json/json.h"
#include "read/pages.h"

typedef struct FtxDetails FtxDetails;

/* As ftx_source_create(). */
extern FtxDetails *ftx_details_create(const FtxSourceSpec *spec);

/*
 * Ask for the object of a key, concurrently with others, and for the extra
 * calls of its row.  The key is copied; NULL for a singleton.  `item` is the
 * item of the list, if it came from there: values that only the list has are
 * taken from it, and all of them unless `object`: then only the extra calls
 * are made.
 */
extern void ftx_details_fetch(FtxDetails *details, const char *key,
							  const FtxJsonValue *item, bool object);

/* Rows asked for and not yet taken. */
extern int ftx_details_pending(const FtxDetails *details);

/* Would ftx_details_take() answer without waiting? */
extern bool ftx_details_ready(FtxDetails *details);

/*
 * The next row, in the order they arrive; NULL if its object does not exist
 * (any more).
 */
extern const FtxJsonValue *ftx_details_take(FtxDetails *details);

/* Abandon what is under way. */
extern void ftx_details_reset(FtxDetails *details);

#endif /* FTX_OBJECTS_H */
