/*-------------------------------------------------------------------------
 *
 * answer.h
 *		What the API said to a call, taken apart once.
 *
 * When a call ends, its status, the code and the words of the server and what
 * kind of problem they tell of are worked out here, and nobody looks at them
 * in the body again.  What is left in a body are the data: of a write they
 * were found here too, those of a read are decoded by who asked for them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ANSWER_H
#define FTX_ANSWER_H

#include "base/bytes.h"
#include "base/method.h"
#include "json/json.h"
#include "net/request.h"

/*
 * What became of a call, as far as PostgreSQL's user is concerned: each has a
 * row in api/calls/error.c that says what is raised for it.
 */
typedef enum FtxProblem
{
	FTX_PROBLEM_NONE,

	/* the API answered with an error */
	FTX_PROBLEM_UNAUTHORIZED,
	FTX_PROBLEM_FORBIDDEN,
	FTX_PROBLEM_OBJECT_MISSING,	 /* there is no such object */
	FTX_PROBLEM_NOT_FOUND,		 /* a 404 of the API's with another code */
	FTX_PROBLEM_ROUTE_MISSING,	 /* the account does not have the route */
	FTX_PROBLEM_LIST_MISSING,	 /* "not found" to a path without any key */
	FTX_PROBLEM_PARENT_HAS_NONE, /* does not apply to the parent */
	FTX_PROBLEM_INVALID_REQUEST,
	FTX_PROBLEM_CONFLICT,
	FTX_PROBLEM_RATE_LIMITED,
	FTX_PROBLEM_SERVER_FAILED,
	FTX_PROBLEM_WRITE_FAILED, /* 5xx: the write may have been executed */
	FTX_PROBLEM_REDIRECTED,
	FTX_PROBLEM_OTHER_STATUS,

	/* a status of success, but not the answer that was asked for */
	FTX_PROBLEM_ERROR_AS_SUCCESS, /* the code is an error's */
	FTX_PROBLEM_NOT_UNDERSTOOD,	  /* not JSON, not the shape, not all of it */
	FTX_PROBLEM_ANOTHER_OBJECT,
	FTX_PROBLEM_NOT_CONFIRMED,	 /* a write that nobody says was made */
	FTX_PROBLEM_SECRET_NOT_TOLD, /* of a write that was made */
	FTX_PROBLEM_NEW_ROW_MISSING, /* the write was made, and it is not there */

	/* there is no answer */
	FTX_PROBLEM_CANNOT_CONNECT,
	FTX_PROBLEM_CANNOT_RESOLVE,
	FTX_PROBLEM_TLS_FAILED,
	FTX_PROBLEM_TIMED_OUT,
	FTX_PROBLEM_BROKEN_TRANSFER,
	FTX_PROBLEM_TOO_LARGE,
	FTX_PROBLEM_MALFORMED,
	FTX_PROBLEM_CALLS_EXHAUSTED,
	FTX_PROBLEM_NO_DESCRIPTOR,
	FTX_PROBLEM_CLIENT_FAILURE,
	FTX_PROBLEM_OUTCOME_UNKNOWN,		 /* of a write that was sent */
	FTX_PROBLEM_OUTCOME_UNKNOWN_REPEATED /* and sent again */
} FtxProblem;

/* What is known of an answer before it comes.  All strings may be NULL. */
typedef struct FtxExpected
{
	/*
	 * A read that names no object: "not found" cannot mean one.  The call knows
	 * it by the operation, as it does `bare`.
	 */
	bool no_key;

	/* failures that only mean that the parent has none (FtxResource.absent) */
	const char *const *absent;

	/* the answer may come without an envelope, and then has this member */
	const char *bare;

	/*
	 * The object that is asked for, or changed: this member of the data, a
	 * path as in a projection, has this text (in UTF-8 once the call has it).
	 */
	const char *id_member;
	const char *id;
} FtxExpected;

typedef struct FtxAnswer
{
	FtxProblem problem;
	int status;			   /* of HTTP; 0 when no answer came */
	const char *code;	   /* of the body, fit to be shown; or NULL */
	const char *message;   /* the server's words, or libcurl's; or NULL */
	const char *complaint; /* ours about the answer: a sentence; or NULL */
	int64 retry_after;	   /* seconds, -1 = not said */
	int attempts;
	bool repeats_doubt; /* an attempt before the last may have been executed */

	/* of a write that is done, slices of the body; ABSENT if it has them not */
	FtxJsonValue data;
	FtxJsonValue whole;
} FtxAnswer;

/*
 * Take an answer apart, in the current memory context.  `changes`: the request
 * was one that changes the account; it is done only if the answer says so.
 * Never throws for what the server sent.
 */
extern void
ftx_answer_take(FtxAnswer *answer, FtxMethod method, bool changes,
				const FtxExpected *expected, const FtxResponse *response);

/* The same for the body of a GET that was remembered. */
extern void
ftx_answer_remembered(FtxAnswer *answer, const FtxExpected *expected,
					  int status, FtxSlice body);

/*
 * Is it, though its status is one of success, an error's answer?  Sets the
 * problem, code and message of the answer if so.
 */
extern bool ftx_answer_is_error(FtxAnswer *answer, const FtxJsonValue *code,
								const FtxJsonValue *message);

/* May the change that failed have been made all the same? */
extern bool ftx_answer_may_be_done(const FtxAnswer *answer);

#endif /* FTX_ANSWER_H */
