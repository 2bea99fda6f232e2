/*-------------------------------------------------------------------------
 *
 * func.c
 *		What SQL functions that call the API have in common.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/statement.h"
#include "api/calls/stats.h"
#include "api/writes/belts.h"
#include "api/writes/writes.h"
#include "base/compat.h"
#include "base/guc.h"
#include "catalog/pg_foreign_server.h"
#include "catalogue/actions.h"
#include "catalogue/template.h"
#include "foreign/foreign.h"
#include "func/func.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "net/url.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#define FDW_NAME "fivetrex"

bool
ftx_func_is_ours(ForeignServer *server)
{
	return strcmp(GetForeignDataWrapper(server->fdwid)->fdwname, FDW_NAME) == 0;
}

static ForeignServer *
named_server(const char *name, bool from_setting)
{
	ForeignServer *server = GetForeignServerByName(name, true);
	AclResult aclresult;

	if (server == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("server \"%s\" does not exist", name),
			 from_setting ?
				 errhint(
					 "Set fivetrex.server, or name the server in the argument server.") :
				 0));
	if (!ftx_func_is_ours(server))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("server \"%s\" is not a server of %s", name,
							   FDW_NAME)));
	aclresult = ftx_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE);
	if (aclresult != ACLCHECK_OK)
		aclcheck_error(aclresult, OBJECT_FOREIGN_SERVER, server->servername);
	return server;
}

ForeignServer *
ftx_func_server(FunctionCallInfo fcinfo, int argno)
{
	bool from_setting = PG_ARGISNULL(argno);

	return named_server(from_setting ? ftx_guc_server() :
									   NameStr(*PG_GETARG_NAME(argno)),
						from_setting);
}

FtxSession *
ftx_func_session(FunctionCallInfo fcinfo, int argno)
{
	bool from_setting = PG_ARGISNULL(argno);
	const char *name = from_setting ? ftx_guc_server() :
									  NameStr(*PG_GETARG_NAME(argno));

	ftx_statement_enter_function();
	return ftx_session_pin(named_server(name, from_setting)->serverid,
						   GetUserId(), CurrentMemoryContext);
}

char *
ftx_func_path(FunctionCallInfo fcinfo, const char *function)
{
	return ftx_func_fill_path(fcinfo, function,
							  ftx_handwritten_find(function)->path);
}

char *
ftx_func_fill_path(FunctionCallInfo fcinfo, const char *function,
				   const char *template)
{
	StringInfoData path;
	FtxPiece piece;
	int argno = 0;

	initStringInfo(&path);
	while (ftx_template_next(&template, &piece))
	{
		char *name;
		char *value;

		appendBinaryStringInfo(&path, piece.text, piece.len);
		if (piece.name == NULL)
			break;
		name = pnstrdup(piece.name, piece.name_len);
		if (PG_ARGISNULL(argno))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("argument %s of %s() must not be null", name,
								   function)));
		value = text_to_cstring(PG_GETARG_TEXT_PP(argno++));
		if (!ftx_url_segment_ok(value))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for argument %s of %s(): \"%s\"",
							name, function, value)));
		value = pg_server_to_any(value, strlen(value), PG_UTF8);
		ftx_url_append_encoded(&path, value, strlen(value));
	}
	return path.data;
}

FtxMethod
ftx_func_method(const char *name)
{
	static const FtxMethod known[] = {FTX_GET, FTX_POST, FTX_PATCH, FTX_PUT,
									  FTX_DELETE};

	for (size_t i = 0; i < lengthof(known); i++)
	{
		if (pg_strcasecmp(name, ftx_method_name(known[i])) == 0)
			return known[i];
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid method: \"%s\"", name),
					errhint("Methods are GET, POST, PATCH, PUT and DELETE.")));
}

FtxCall *
ftx_func_write(FtxSession *session, const FtxCallSpec *spec, const char *what)
{
	ftx_write_check(session, what);
	return ftx_write_send(session, spec, palloc0(sizeof(FtxStats)));
}

FtxCall *
ftx_func_read(FtxSession *session, const FtxCallSpec *spec)
{
	FtxStats *stats = palloc0(sizeof(FtxStats));
	FtxCall *call;

	call = ftx_call_start(session, spec, stats, NULL, CurrentMemoryContext);
	if (!ftx_call_succeeded(call))
		ftx_call_raise(call);
	return call;
}
