/*-------------------------------------------------------------------------
 *
 * func.h
 *		What SQL functions that call the API have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_FUNC_H
#define FTX_FUNC_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "base/method.h"
#include "fmgr.h"

/*
 * The session for a function: of the server that argument `argno` names, else
 * of the setting fivetrex.server.  The acting user is the current one and
 * needs USAGE on the server.  Throws ERRCODE_UNDEFINED_OBJECT if there is no
 * such server or user mapping, ERRCODE_INSUFFICIENT_PRIVILEGE, and
 * ERRCODE_WRONG_OBJECT_TYPE if the server is not one of fivetrex.
 */
extern FtxSession *ftx_func_session(FunctionCallInfo fcinfo, int argno);

/* The server alone, by the same rules. */
extern ForeignServer *ftx_func_server(FunctionCallInfo fcinfo, int argno);

/* Is it a server of this wrapper?  Known by the wrapper's name. */
extern bool ftx_func_is_ours(ForeignServer *server);

/*
 * The path of the operation that a function makes: a template with its first
 * arguments (text) in place of the {names}, in order; palloc'ed.  Throws
 * ERRCODE_NULL_VALUE_NOT_ALLOWED for NULL and ERRCODE_INVALID_PARAMETER_VALUE
 * for what cannot stand as a segment of a path.
 */
extern char *ftx_func_fill_path(FunctionCallInfo fcinfo, const char *function,
								const char *template);

/* The same, by the template of the FtxHandwritten of that name. */
extern char *ftx_func_path(FunctionCallInfo fcinfo, const char *function);

/* A method by its name, in any case; ERRCODE_INVALID_PARAMETER_VALUE else. */
extern FtxMethod ftx_func_method(const char *name);

/* Make a call that reads; raises whatever is not a 2xx answer. */
extern FtxCall *ftx_func_read(FtxSession *session, const FtxCallSpec *spec);

/*
 * Make a call that changes the account, behind all guards of
 * api/writes/belts.h; `what` names the function.  NULL in a dry run: the caller
 * returns ftx_dry_run_json() in its result type.  Raises whatever is not a 2xx
 * answer of the API.
 */
extern FtxCall *
ftx_func_write(FtxSession *session, const FtxCallSpec *spec, const char *what);

#endif /* FTX_FUNC_H */
