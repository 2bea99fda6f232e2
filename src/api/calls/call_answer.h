/*-------------------------------------------------------------------------
 *
 * call_answer.h
 *		What a call was answered: taken apart, and checked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CALL_ANSWER_H
#define FTX_CALL_ANSWER_H

#include "api/calls/call.h"
#include "api/calls/page.h"
#include "base/compat.h"
#include "json/json.h"
#include "json/projection.h"

/*
 * Decode the answer to a read.  Slices point into the body; see
 * ftx_page_decode().  `wanted->bare` is that of FtxExpected.  Raises
 * ERRCODE_PROTOCOL_VIOLATION for what is an error's answer, or not of the
 * shape that is wanted.
 */
extern void
ftx_call_decode(FtxCall *call, const FtxWanted *wanted, FtxPage *page);

/* The same, but false instead of raising: the answer has the problem then. */
extern bool
ftx_call_try_decode(FtxCall *call, const FtxWanted *wanted, FtxPage *page);

/*
 * The cursor of the page after this one, in the current memory context; NULL at
 * the end of the list.  Raises ERRCODE_PROTOCOL_VIOLATION if it is no text, or
 * not one that can be sent.
 */
extern char *ftx_call_next_cursor(FtxCall *call, const FtxPage *page);

/*
 * A value of the answer as jsonb (ftx_json_jsonb()); what it raises tells which
 * answer it is.
 */
extern Datum ftx_call_jsonb(FtxCall *call, const FtxJsonValue *value);

/* The usual case: the one object, or the list, of an answer. */
extern void
ftx_call_decode_object(FtxCall *call, const FtxProjection *projection,
					   FtxPage *page);

/*
 * The values that are wanted of the object that a write answered with, in the
 * current memory context; NULL if it answered with a message only.  Raises
 * ERRCODE_PROTOCOL_VIOLATION if it answered with something else.
 */
extern FtxJsonValue *
ftx_call_written(FtxCall *call, const FtxProjection *projection);

/*
 * The whole answer, to a read or a write, as a slice of the body without white
 * space around it; ABSENT if a write was answered by nothing.  Raises
 * ERRCODE_PROTOCOL_VIOLATION for a read that was not answered by the API.
 */
extern FtxJsonValue ftx_call_whole(FtxCall *call);

/*
 * Raise ERRCODE_PROTOCOL_VIOLATION: the answer is not what was asked for, as
 * `complaint` says in a sentence about it; of a write, that it was made.
 */
ftx_noreturn extern void
ftx_call_complain(FtxCall *call, const char *complaint);

/*
 * Is the object the one that was asked for (FtxExpected.id)?  `id` is what it
 * says of itself.  Raises ERRCODE_PROTOCOL_VIOLATION if not.
 */
extern void ftx_call_check_id(FtxCall *call, const FtxJsonValue *id);

/*
 * Does the answer to a write tell the new secrets?  `members` of its data
 * (paths as in a projection, ended by NULL) are told once and never again; with
 * `any`, one of them is enough.  Raises ERRCODE_PROTOCOL_VIOLATION if what is
 * there is no secret: nothing, null, no characters, a mask.  `id_member` (may
 * be NULL) says which object it is, for the error.
 */
extern void ftx_call_check_secrets(FtxCall *call, const char *const *members,
								   bool any, const char *id_member);

#endif /* FTX_CALL_ANSWER_H */
