/*-------------------------------------------------------------------------
 *
 * options.c
 *		Options of server, user mapping, foreign table and column.
 *
 * One row per option, used by the validator, the readers and the
 * documentation (fivetrex_options()).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "base/compat.h"
#include "api/base_url.h"
#include "api/credentials.h"
#include "api/options.h"
#include "base/closest.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

typedef enum OptionKind
{
	OPTION_TEXT,
	OPTION_INTEGER,
	OPTION_BOOLEAN,
	OPTION_URL,
	OPTION_FILE,   /* a server file: needs privileges */
	OPTION_SECRET, /* its value is never shown */
	OPTION_ACCESS,
	OPTION_RESOURCE
} OptionKind;

typedef struct OptionRow
{
	const char *name;
	Oid catalog; /* where it may stand */
	OptionKind kind;
	int min; /* of integers */
	int max;
	const char *initial; /* default as text, or NULL */
	int offset;			 /* in FtxServerOptions or FtxTableOptions, -1 = not
						  * there */
	const char *description;
} OptionRow;

#define SERVER_FIELD(field) offsetof(FtxServerOptions, field)
#define TABLE_FIELD(field) offsetof(FtxTableOptions, field)

static const OptionRow option_rows[] = {
	{"base_url", ForeignServerRelationId, OPTION_URL, 0, 0,
	 "https://api.fivetran.com", SERVER_FIELD(base_url),
	 "Address of the API, maybe with a path before /v1."},
	{"page_size", ForeignServerRelationId, OPTION_INTEGER, 1, 1000, "1000",
	 SERVER_FIELD(page_size), "Rows per call of a list."},
	{"max_concurrency", ForeignServerRelationId, OPTION_INTEGER, 1, 64, "8",
	 SERVER_FIELD(max_concurrency), "Requests on the wire at once."},
	{"prefetch", ForeignServerRelationId, OPTION_BOOLEAN, 0, 0, "true",
	 SERVER_FIELD(prefetch),
	 "Ask for the next page while the present one is worked on."},
	{"async_capable", ForeignServerRelationId, OPTION_BOOLEAN, 0, 0, "false",
	 SERVER_FIELD(async_capable),
	 "Let an Append (UNION ALL, partitions) wait for its tables all at once."},
	{"connect_timeout", ForeignServerRelationId, OPTION_INTEGER, 1, 3600, "10",
	 SERVER_FIELD(connect_timeout), "Seconds to wait for a connection."},
	{"request_timeout", ForeignServerRelationId, OPTION_INTEGER, 1, 86400, "60",
	 SERVER_FIELD(request_timeout), "Seconds to wait for an answer."},
	{"long_timeout", ForeignServerRelationId, OPTION_INTEGER, 1, 86400, "1800",
	 SERVER_FIELD(long_timeout),
	 "Seconds to wait for setup tests, schema reloads and other requests that take long."},
	{"max_retries", ForeignServerRelationId, OPTION_INTEGER, 0, 20, "4",
	 SERVER_FIELD(max_retries),
	 "Repetitions of a request that failed for a while only."},
	{"retry_delay", ForeignServerRelationId, OPTION_INTEGER, 0, 60000, "1000",
	 SERVER_FIELD(retry_delay),
	 "Milliseconds of the first backoff; doubled each time, with jitter."},
	{"max_retry_wait", ForeignServerRelationId, OPTION_INTEGER, 0, 86400, "60",
	 SERVER_FIELD(max_retry_wait),
	 "Seconds that one statement may spend waiting for retries."},
	{"sslrootcert", ForeignServerRelationId, OPTION_FILE, 0, 0, NULL,
	 SERVER_FIELD(sslrootcert),
	 "File of the certificates to trust, instead of the system's."},
	{"sslcert", ForeignServerRelationId, OPTION_FILE, 0, 0, NULL,
	 SERVER_FIELD(sslcert), "File of the client's certificate."},
	{"sslkey", ForeignServerRelationId, OPTION_FILE, 0, 0, NULL,
	 SERVER_FIELD(sslkey), "File of the client certificate's key."},
	{"proxy", ForeignServerRelationId, OPTION_TEXT, 0, 0, NULL,
	 SERVER_FIELD(proxy),
	 "Proxy to use, as libcurl takes it; not for loopback addresses."},
	{"access", ForeignServerRelationId, OPTION_ACCESS, 0, 0, "read_write",
	 SERVER_FIELD(read_only),
	 "read_only refuses everything that would change the account."},

	{"api_key", UserMappingRelationId, OPTION_SECRET, 0, 0, NULL, -1,
	 "API key, or name of a system key."},
	{"api_secret", UserMappingRelationId, OPTION_SECRET, 0, 0, NULL, -1,
	 "API secret."},
	{"api_key_file", UserMappingRelationId, OPTION_FILE, 0, 0, NULL, -1,
	 "File on the server that holds the API key."},
	{"api_secret_file", UserMappingRelationId, OPTION_FILE, 0, 0, NULL, -1,
	 "File on the server that holds the API secret."},

	{"resource", ForeignTableRelationId, OPTION_RESOURCE, 0, 0, NULL, -1,
	 "What the table shows; default: the table's name."},
	{"page_size", ForeignTableRelationId, OPTION_INTEGER, 1, 1000, NULL,
	 TABLE_FIELD(page_size), "As the server's, for this table."},
	{"prefetch", ForeignTableRelationId, OPTION_BOOLEAN, 0, 0, NULL,
	 TABLE_FIELD(prefetch), "As the server's, for this table."},
	{"async_capable", ForeignTableRelationId, OPTION_BOOLEAN, 0, 0, NULL,
	 TABLE_FIELD(async_capable), "As the server's, for this table."},
	{"access", ForeignTableRelationId, OPTION_ACCESS, 0, 0, NULL, -1,
	 "read_only narrows what the server allows."},

	{"column_name", AttributeRelationId, OPTION_TEXT, 0, 0, NULL, -1,
	 "Name of the resource's column; default: the column's name."},
};

static const OptionRow *
find_row(const char *name, Oid catalog)
{
	for (size_t i = 0; i < lengthof(option_rows); i++)
	{
		if (option_rows[i].catalog == catalog &&
			strcmp(option_rows[i].name, name) == 0)
			return &option_rows[i];
	}
	return NULL;
}

/* ---------- checking values ---------- */

ftx_noreturn static void
refuse_unknown(const char *name, Oid catalog)
{
	FtxClosest closest;
	bool any = false;
	bool secret = find_row(name, UserMappingRelationId) != NULL;

	ftx_closest_begin(&closest, name);
	for (size_t i = 0; i < lengthof(option_rows); i++)
	{
		if (option_rows[i].catalog != catalog)
			continue;
		any = true;
		ftx_closest_offer(&closest, option_rows[i].name);
	}
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
		 errmsg("invalid option \"%s\"", name),
		 secret ?
			 errhint(
				 "Credentials belong to the user mapping: CREATE USER MAPPING ... OPTIONS (api_key '...', api_secret '...').") :
		 !any ? errhint("There are no valid options in this context.") :
		 closest.best ?
				errhint("Perhaps you meant the option \"%s\".", closest.best) :
				0));
}

static int
integer_value(const OptionRow *row, const char *value)
{
	int result;

	if (!parse_int(value, &result, 0, NULL) || result < row->min ||
		result > row->max)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for option \"%s\": \"%s\"",
							   row->name, value),
						errdetail("It is an integer from %d to %d.", row->min,
								  row->max)));
	return result;
}

static bool
boolean_value(const OptionRow *row, const char *value)
{
	bool result;

	if (!parse_bool(value, &result))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for option \"%s\": \"%s\"",
							   row->name, value),
						errdetail("It is true or false.")));
	return result;
}

static bool
access_value(const OptionRow *row, const char *value)
{
	if (strcmp(value, "read_only") == 0)
		return true;
	if (strcmp(value, "read_write") == 0)
		return false;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value for option \"%s\": \"%s\"", row->name,
						   value),
					errdetail("It is read_only or read_write.")));
}

static const FtxResource *
resource_value(const char *name)
{
	const FtxResource *resource = ftx_resource_find(name);
	FtxClosest closest;

	if (resource != NULL)
		return resource;
	ftx_closest_begin(&closest, name);
	for (int i = 0; ftx_catalogue[i] != NULL; i++)
		ftx_closest_offer(&closest, ftx_catalogue[i]->name);
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
		 errmsg("there is no resource \"%s\"", name),
		 closest.best ?
			 errhint("Perhaps you meant \"%s\".", closest.best) :
			 errhint(
				 "SELECT name FROM fivetrex_tables() lists them; the option resource of a foreign table names one.")));
}

static void
check_file(const OptionRow *row, const char *value)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(
			ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to set option \"%s\"", row->name),
			 errdetail(
				 "It names a file on the server: only superusers and members of pg_read_server_files may set it.")));
	if (value[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" is empty", row->name)));
}

static void
check_value(const OptionRow *row, const char *value)
{
	switch (row->kind)
	{
		case OPTION_INTEGER:
			(void) integer_value(row, value);
			break;
		case OPTION_BOOLEAN:
			(void) boolean_value(row, value);
			break;
		case OPTION_ACCESS:
			(void) access_value(row, value);
			break;
		case OPTION_URL:
			(void) ftx_base_url_normalise(value);
			break;
		case OPTION_FILE:
			check_file(row, value);
			break;
		case OPTION_SECRET:
			ftx_credential_check(row->name, value);
			break;
		case OPTION_RESOURCE:
			(void) resource_value(value);
			break;
		case OPTION_TEXT:
			if (value[0] == '\0')
				ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
								errmsg("option \"%s\" is empty", row->name)));
			break;
	}
}

static bool
has_option(List *options, const char *name)
{
	ListCell *lc;

	foreach (lc, options)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, name) == 0)
			return true;
	}
	return false;
}

static void
check_exclusive(List *options, const char *one, const char *other)
{
	if (has_option(options, one) && has_option(options, other))
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
		const OptionRow *row = find_row(def->defname, catalog);

		if (row == NULL)
			refuse_unknown(def->defname, catalog);
		check_value(row, defGetString(def));
	}
	check_exclusive(options, "api_key", "api_key_file");
	check_exclusive(options, "api_secret", "api_secret_file");
	PG_RETURN_VOID();
}

/* ---------- reading ---------- */

/*
 * Set the option's field of an FtxServerOptions or FtxTableOptions.
 */
static void
set_field(void *result, const OptionRow *row, const char *value)
{
	void *field = (char *) result + row->offset;

	switch (row->kind)
	{
		case OPTION_INTEGER:
			*(int *) field = integer_value(row, value);
			break;
		case OPTION_BOOLEAN:
			*(bool *) field = boolean_value(row, value);
			break;
		case OPTION_ACCESS:
			*(bool *) field = access_value(row, value);
			break;
		case OPTION_URL:
			*(char **) field = ftx_base_url_normalise(value);
			break;
		default:
			*(char **) field = pstrdup(value);
			break;
	}
}

void
ftx_options_server(ForeignServer *server, FtxServerOptions *result)
{
	ListCell *lc;

	memset(result, 0, sizeof(*result));
	for (size_t i = 0; i < lengthof(option_rows); i++)
	{
		if (option_rows[i].offset >= 0 && option_rows[i].initial != NULL)
			set_field(result, &option_rows[i], option_rows[i].initial);
	}
	foreach (lc, server->options)
	{
		DefElem *def = lfirst_node(DefElem, lc);
		const OptionRow *row = find_row(def->defname, ForeignServerRelationId);

		if (row != NULL)
			set_field(result, row, defGetString(def));
	}
}

void
ftx_options_table(ForeignTable *table, const char *relname,
				  const FtxServerOptions *server, FtxTableOptions *result)
{
	const char *resource = relname;
	ListCell *lc;

	result->page_size = server->page_size;
	result->prefetch = server->prefetch;
	result->async_capable = server->async_capable;
	result->read_only = server->read_only;
	foreach (lc, table->options)
	{
		DefElem *def = lfirst_node(DefElem, lc);
		const OptionRow *row = find_row(def->defname, ForeignTableRelationId);
		const char *value = defGetString(def);

		if (row == NULL)
			continue;
		if (row->kind == OPTION_RESOURCE)
			resource = value;
		else if (row->kind == OPTION_ACCESS)
			result->read_only |= access_value(row, value);
		else
			set_field(result, row, value);
	}
	result->resource = resource_value(resource);
}

int
ftx_options_column(Oid relid, int attnum, const FtxResource *resource,
				   char **remote_name)
{
	char *name = NULL;
	ListCell *lc;

	foreach (lc, GetForeignColumnOptions(relid, attnum))
	{
		DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "column_name") == 0)
			name = defGetString(def);
	}
	if (name == NULL)
		name = get_attname(relid, attnum, false);
	if (remote_name != NULL)
		*remote_name = name;
	return ftx_resource_column(resource, name);
}

/* ---------- documentation ---------- */

static const char *
context_name(Oid catalog)
{
	switch (catalog)
	{
		case ForeignServerRelationId:
			return "server";
		case UserMappingRelationId:
			return "user mapping";
		case ForeignTableRelationId:
			return "foreign table";
		default:
			return "column";
	}
}

static char *
allowed_values(const OptionRow *row)
{
	switch (row->kind)
	{
		case OPTION_INTEGER:
			return psprintf("%d to %d", row->min, row->max);
		case OPTION_BOOLEAN:
			return "true, false";
		case OPTION_ACCESS:
			return "read_only, read_write";
		case OPTION_URL:
			return "an https URL";
		case OPTION_FILE:
			return "a file name";
		case OPTION_RESOURCE:
			return "the name of a table of the catalogue";
		default:
			return "text";
	}
}

PG_FUNCTION_INFO_V1(fivetrex_options);

/*
 * fivetrex_options() returns setof
 *		(context, name, allowed, default_value, description)
 */
Datum
fivetrex_options(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < lengthof(option_rows); i++)
	{
		const OptionRow *row = &option_rows[i];
		Datum values[5];
		bool nulls[5] = {0};

		values[0] = CStringGetTextDatum(context_name(row->catalog));
		values[1] = CStringGetTextDatum(row->name);
		values[2] = CStringGetTextDatum(allowed_values(row));
		nulls[3] = row->initial == NULL;
		values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(row->initial);
		values[4] = CStringGetTextDatum(row->description);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
