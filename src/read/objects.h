/*-------------------------------------------------------------------------
 *
 * objects.h
 *		Objects that are asked for one by one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OBJECTS_H
#define FTX_OBJECTS_H

#include "api/calls/call.h"
#include "api/calls/stats.h"
#include "json/json.h"
#include "read/pages.h"

typedef struct FtxObjects FtxObjects;

/* As ftx_pages_create(). */
extern FtxObjects *ftx_objects_create(const FtxReadSpec *spec);

/*
 * Ask for the object of a key, concurrently with others, and for the extra
 * calls of its row.  The key is copied; NULL for a singleton.  `item` is the
 * item of the list, if it came from there: values that only the list has are
 * taken from it, and all of them unless `object`: then only the extra calls
 * are made.  With FtxReadSpec.in_order the item has only what is to be taken.
 */
extern void ftx_objects_fetch(FtxObjects *objects, const char *key,
							  const FtxJsonValue *item, bool object);

#define FTX_DETAIL_CALLS 3 /* the detail object, and two extras */

/*
 * Ask ahead for what ftx_objects_fetch() of the object of a key would ask for;
 * into `calls` (FTX_DETAIL_CALLS), as far as calls are needed.  Returns their
 * number.
 */
extern int
ftx_objects_ask(FtxObjects *objects, const char *key, FtxCall **calls);

/*
 * Ask ahead for the one object of a key, or the singleton, for whoever asks for
 * it first (ftx_call_ask_for_anybody()); not for extra calls of its row.  NULL:
 * no call is needed.
 */
extern FtxCall *
ftx_objects_ask_for_anybody(FtxObjects *objects, const char *key,
							FtxStats *stats, MemoryContext owner);

/* Rows asked for and not yet taken. */
extern int ftx_objects_pending(const FtxObjects *objects);

/* Would ftx_objects_take() answer without waiting? */
extern bool ftx_objects_ready(FtxObjects *objects);

/*
 * The next row, in the order they arrive, or with FtxReadSpec.in_order in that
 * of asking; NULL if its object does not exist
 * (any more).
 */
extern const FtxJsonValue *ftx_objects_take(FtxObjects *objects);

/* Abandon what is under way. */
extern void ftx_objects_reset(FtxObjects *objects);

/*
 * Put the answer to an extra call into the slots of its columns: those of
 * spec->slot_columns with `flag`, FTX_EXTRA_1 or FTX_EXTRA_2.  Of the rest of
 * spec, resource and projection are looked at.  Throws
 * ERRCODE_PROTOCOL_VIOLATION for an answer that lacks one.
 */
extern void ftx_objects_take_extra(FtxCall *call, const FtxReadSpec *spec,
								   unsigned flag, FtxJsonValue *values);

#endif /* FTX_OBJECTS_H */
