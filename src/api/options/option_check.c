/*-------------------------------------------------------------------------
 *
 * option_check.c
 *		The validator of options.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "api/options/base_url.h"
#include "api/options/credentials.h"
#include "api/options/option_rows.h"
#include "base/closest.h"
#include "base/compat.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rel.h"

ftx_noreturn static void
refuse_unknown_option(const char *name, Oid catalog)
{
	FtxClosest closest;
	const FtxOptionRow *mapping = ftx_option_find(name, UserMappingRelationId);
	bool secret = mapping != NULL && mapping->kind != OPTION_BOOLEAN;
	StringInfoData valid;

	initStringInfo(&valid);
	ftx_closest_begin(&closest, name);
	for (int i = 0; i < ftx_option_rows_count; i++)
	{
		if (ftx_option_rows[i].catalog != catalog)
			continue;
		appendStringInfo(&valid, "%s%s", valid.len > 0 ? ", " : "",
						 ftx_option_rows[i].name);
		ftx_closest_offer(&closest, ftx_option_rows[i].name);
	}
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
		 errmsg("invalid option \"%s\"", name),
		 secret ?
			 errhint(
				 "Credentials belong to the user mapping: CREATE USER MAPPING ... OPTIONS (api_key '...', api_secret '...').") :
		 valid.len == 0 ?
			 errhint("There are no valid options in this context.") :
		 closest.best ?
			 errhint("Perhaps you meant the option \"%s\".", closest.best) :
			 errhint("Valid options in this context are: %s.", valid.data)));
}

static void
check_not_empty(const FtxOptionRow *row, const char *value)
{
	if (value[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" is empty", row->name)));
}

static void
check_file_rights(const FtxOptionRow *row)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(
			ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to set option \"%s\"", row->name),
			 errdetail(
				 "It names a file on the server: only superusers and members of pg_read_server_files may set it.")));
}

/*
 * Is the option there, with the value or (NULL) with any?
 */
static bool
has_value(List *options, const char *name, const char *value)
{
	ListCell *lc;

	foreach (lc, options)
	{
		DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, name) == 0 &&
			(value == NULL || strcmp(defGetString(def), value) == 0))
			return true;
	}
	return false;
}

/*
 * Has the object such an option with this value already?  A validator is not
 * told which object it is, so any counts that the present user may alter: his
 * own mappings and those on his servers, and his servers.
 */
static bool
is_unchanged(Oid validator, const FtxOptionRow *row, const char *value)
{
	bool mapping = row->catalog == UserMappingRelationId;
	Relation rel = table_open(row->catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0,
										  NULL);
	bool found = false;
	HeapTuple tuple;

	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid serverid = mapping ?
						   ((Form_pg_user_mapping) GETSTRUCT(tuple))->umserver :
						   ((Form_pg_foreign_server) GETSTRUCT(tuple))->oid;
		ForeignServer *server = GetForeignServer(serverid);
		Datum options;
		bool null;

		if (GetForeignDataWrapper(server->fdwid)->fdwvalidator != validator)
			continue;
		if (!has_privs_of_role(GetUserId(), server->owner) &&
			!(mapping &&
			  ((Form_pg_user_mapping) GETSTRUCT(tuple))->umuser == GetUserId()))
			continue;
		options = heap_getattr(tuple,
							   mapping ? Anum_pg_user_mapping_umoptions :
										 Anum_pg_foreign_server_srvoptions,
							   RelationGetDescr(rel), &null);
		if (null)
			continue;
		found = has_value(untransformRelOptions(options), row->name, value);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

static void
check_value(Oid validator, const FtxOptionRow *row, const char *value)
{
	switch (row->kind)
	{
		case OPTION_INTEGER:
			(void) ftx_option_integer(row, value);
			break;
		case OPTION_BOOLEAN:
			(void) ftx_option_boolean(row, value);
			break;
		case OPTION_ACCESS:
			(void) ftx_option_access(row, value);
			break;
		case OPTION_URL:
			(void) ftx_base_url_normalise(value);
			break;
		case OPTION_PROXY:
			if (value[0] != '\0')
				ftx_proxy_check(value);
			check_not_empty(row, value);
			break;
		case OPTION_FILE:
			if (!is_unchanged(validator, row, value))
				check_file_rights(row);
			check_not_empty(row, value);
			break;
		case OPTION_SECRET:
			ftx_credential_check(row->name, value);
			break;
		case OPTION_RESOURCE:
			(void) ftx_option_resource(value);
			break;
		case OPTION_TEXT:
			check_not_empty(row, value);
			break;
		case OPTION_ON_ERROR:
			(void) ftx_option_on_error(row, value);
			break;
		case OPTION_CONSTANT:
			/* of which type is not known here: constant_check.c */
			break;
	}
}

static void
check_exclusive(List *options, const char *one, const char *other)
{
	if (has_value(options, one, NULL) && has_value(options, other, NULL))
		ereport(ERROR, (errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
						errmsg("options \"%s\" and \"%s\" exclude each other",
							   one, other)));
}

PG_FUNCTION_INFO_V1(fivetrex_fdw_validator);

/*
 * fivetrex_fdw_validator(options text[], catalog oid)
 */
Datum
fivetrex_fdw_validator(PG_FUNCTION_ARGS)
{
	List *options = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid catalog = PG_GETARG_OID(1);
	ListCell *lc;

	foreach (lc, options)
	{
		DefElem *def = lfirst_node(DefElem, lc);
		const FtxOptionRow *row = ftx_option_find(def->defname, catalog);

		if (row == NULL)
			refuse_unknown_option(def->defname, catalog);
		check_value(fcinfo->flinfo->fn_oid, row, defGetString(def));
	}
	check_exclusive(options, "api_key", "api_key_file");
	check_exclusive(options, "api_secret", "api_secret_file");
	check_exclusive(options, "webhook_secret", "webhook_secret_file");
	check_exclusive(options, "column_name", "constant");
	PG_RETURN_VOID();
}
