/*-------------------------------------------------------------------------
 *
 * actions.h
 *		What can be done that is not a row, as constant data.
 *
 * One action = one SQL function = one request.  The C side of all of them is
 * func/action.c, which finds its row by the name of the SQL function.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ACTIONS_H
#define FTX_ACTIONS_H

#include "base/method.h"
#include "catalogue/catalogue.h"

/* Where an argument goes. */
typedef enum FtxPlace
{
	FTX_IN_NOTHING,	 /* ends the list of arguments */
	FTX_IN_PATH,	 /* {name} in the path; must not be NULL */
	FTX_IN_QUERY,	 /* a query parameter; NULL is left out */
	FTX_IN_BODY,	 /* a member of the body; NULL is left out */
	FTX_AS_BODY,	 /* the body itself, an object */
	FTX_CONFIRMATION /* must be true, else nothing is sent */
} FtxPlace;

typedef struct FtxArgument
{
	const char *name; /* of the SQL argument and {name} */
	FtxPlace place;
	const char *member; /* of the body; NULL: as the argument */
} FtxArgument;

#define FTX_MAX_ARGUMENTS 6

/* What the SQL function returns. */
typedef enum FtxResult
{
	FTX_RESULT_MESSAGE, /* text: the API's message */
	FTX_RESULT_DATA,	/* jsonb: data, or its member `result_member` */
	FTX_RESULT_ITEMS,	/* jsonb: the array data.items */
	FTX_RESULT_ARRAY	/* jsonb: data, which is an array */
} FtxResult;

#define FTX_ACT_REPEAT_SAFE 0x01 /* may be sent twice */
#define FTX_ACT_TAKES_LONG 0x02	 /* long_timeout applies */
#define FTX_ACT_READS 0x04		 /* changes nothing */
#define FTX_ACT_DELETES 0x08	 /* deletes the elements of its body */

typedef struct FtxAction
{
	const char *function; /* SQL name */
	FtxMethod method;
	const char *path;
	unsigned flags;
	FtxResult result;
	const char *result_member; /* of data: an object; or NULL */

	/*
	 * Member of the data that is the argument of the path whose name is
	 * `id_argument`, and is there; NULL where the answer does not say what it
	 * is about.
	 */
	const char *id_member;
	const char *id_argument;

	/*
	 * What the data have besides, by the definition: a member with a value, as
	 * the id of what was made, and one that is an object of objects by name (or
	 * null).  NULL: none.
	 */
	const char *always;
	const char *names;

	/*
	 * Members that are secrets, told once; with secrets_either one of them is.
	 * Ended by NULL, or NULL.
	 */
	const char *const *secrets;
	bool secrets_either;
	const char *fixed; /* members of every body, as JSON, or NULL */
	FtxArgument arguments[FTX_MAX_ARGUMENTS]; /* in the order of the SQL
												 * function, which takes
												 * `server` after them */
} FtxAction;

/* Actions of one family, ended by one without a function. */
extern const FtxAction ftx_access_actions[];
extern const FtxAction ftx_connector_actions[];
extern const FtxAction ftx_platform_actions[];

/* Functions that are written by hand, and the operations that they use. */
typedef struct FtxHandwritten
{
	const char *function;
	FtxMethod method;
	const char *path; /* {names} stand for the first arguments, in order */

	/*
	 * What it answers with is an object, or the items, of this resource; and
	 * what happened to that object before are rows of another one.  NULL: none.
	 */
	const FtxResource *resource;
	const FtxResource *history;
} FtxHandwritten;

/* The row of such a function, or NULL. */
extern const FtxHandwritten *ftx_handwritten_find(const char *function);

/*
 * The SQL function that makes an operation, or NULL.  `path` may name what
 * stands in braces differently.
 */
extern const char *
ftx_function_of_operation(FtxMethod method, const char *path);

/* The action of an SQL function; NULL if there is none of that name. */
extern const FtxAction *ftx_action_find(const char *function);

#endif /* FTX_ACTIONS_H */
