/*-------------------------------------------------------------------------
 *
 * items.h
 *		The items of a resource: of one list, or of one per parent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ITEMS_H
#define FTX_ITEMS_H

#include "catalogue/catalogue.h"
#include "json/json.h"
#include "read/pages.h"

typedef struct FtxStream FtxStream;

/* As ftx_source_create(). */
extern FtxStream *ftx_stream_create(const FtxSourceSpec *spec);

/*
 * What is known of the key's columns, by catalogue index: `fixed` their one
 * value or NULL; `many` (column many_column, else -1) several values.
 * Parents that are not known are enumerated; when the whole key is known, the
 * one object is asked for instead of its parent's list.  `query` is added to
 * the path of each list ("?group_id=x", or "").  All is copied.
 */
typedef struct FtxStreamRange
{
	char **fixed;
	int many_column;
	char **many;
	int nmany;
	const char *query;
	bool narrowed; /* a filter names an object, which may not be there */
} FtxStreamRange;

extern void ftx_stream_start(FtxStream *stream, const FtxStreamRange *range);

/* What a range comes to in terms of requests. */
typedef struct FtxStreamPlan
{
	const FtxOperation *operation; /* the list, or the one object */
	bool one_object;			   /* the whole key is known */
	bool enumerate;				   /* parents have to be listed first */
	bool none;					   /* the one parent cannot be named */
} FtxStreamPlan;

extern FtxStreamPlan
ftx_stream_plan(const FtxResource *resource, const FtxStreamRange *range);

/* The next item; NULL at the end.  Valid until the next one is asked for. */
extern const FtxJsonValue *ftx_stream_next(FtxStream *stream);

/*
 * Tell by a NOTICE how many parents had none, of all that were asked since the
 * stream was made; once, when the scan ends.
 */
extern void ftx_stream_report(FtxStream *stream);

/*
 * Ask for what is wanted next, without waiting.  Can ftx_stream_next() go on
 * with what has arrived?
 */
extern bool ftx_stream_ready(FtxStream *stream);

/* Is there something that has not arrived yet? */
extern bool ftx_stream_unread(const FtxStream *stream);

/* Abandon what is under way. */
extern void ftx_stream_reset(FtxStream *stream);

#endif /* FTX_ITEMS_H */
