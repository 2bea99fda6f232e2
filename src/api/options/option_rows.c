/*-------------------------------------------------------------------------
 *
 * option_rows.c
 *		The options as rows, and as rows of fivetrex_options().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/options/option_rows.h"
#include "api/options/options.h"
#include "base/compat.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#define SERVER_FIELD(field) offsetof(FtxServerOptions, field)
#define TABLE_FIELD(field) offsetof(FtxTableOptions, field)

const FtxOptionRow ftx_option_rows[] = {
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
	{"proxy", ForeignServerRelationId, OPTION_PROXY, 0, 0, NULL,
	 SERVER_FIELD(proxy),
	 "Proxy to use, as libcurl takes it; not for loopback addresses."},
	{"access", ForeignServerRelationId, OPTION_ACCESS, 0, 0, "read_write",
	 SERVER_FIELD(read_only),
	 "read_only refuses everything that would change the account."},
	{"dry_run", ForeignServerRelationId, OPTION_BOOLEAN, 0, 0, "false",
	 SERVER_FIELD(dry_run),
	 "Show writes instead of sending them, whatever the settings say."},

	{"api_key", UserMappingRelationId, OPTION_SECRET, 0, 0, NULL, -1,
	 "API key, or name of a system key."},
	{"api_secret", UserMappingRelationId, OPTION_SECRET, 0, 0, NULL, -1,
	 "API secret."},
	{"api_key_file", UserMappingRelationId, OPTION_FILE, 0, 0, NULL, -1,
	 "File on the server that holds the API key."},
	{"api_secret_file", UserMappingRelationId, OPTION_FILE, 0, 0, NULL, -1,
	 "File on the server that holds the API secret."},
	{"webhook_secret", UserMappingRelationId, OPTION_SECRET, 0, 0, NULL, -1,
	 "Secret that webhooks of the account sign their deliveries with."},
	{"webhook_secret_file", UserMappingRelationId, OPTION_FILE, 0, 0, NULL, -1,
	 "File on the server that holds that secret."},
	{"proxy_user", UserMappingRelationId, OPTION_SECRET, 0, 0, NULL, -1,
	 "Name that the server's proxy asks for."},
	{"proxy_password", UserMappingRelationId, OPTION_SECRET, 0, 0, NULL, -1,
	 "Password that the server's proxy asks for."},
	{"dry_run", UserMappingRelationId, OPTION_BOOLEAN, 0, 0, NULL, -1,
	 "Show this user's writes instead of sending them."},

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
	{"dry_run", ForeignTableRelationId, OPTION_BOOLEAN, 0, 0, NULL, -1,
	 "Show writes to this table instead of sending them."},
	{"on_value_error", ForeignTableRelationId, OPTION_ON_ERROR, 0, 0, NULL,
	 TABLE_FIELD(null_for_misfits),
	 "null reads a value that does not fit its column as NULL, with one WARNING; default: error."},

	{"column_name", AttributeRelationId, OPTION_TEXT, 0, 0, NULL, -1,
	 "Name of the resource's column; default: the column's name."},
	{"constant", AttributeRelationId, OPTION_CONSTANT, 0, 0, NULL, -1,
	 "Value of the column in all rows; it is neither read from the API nor sent."},
};

const int ftx_option_rows_count = lengthof(ftx_option_rows);

const FtxOptionRow *
ftx_option_find(const char *name, Oid catalog)
{
	for (int i = 0; i < ftx_option_rows_count; i++)
	{
		if (ftx_option_rows[i].catalog == catalog &&
			strcmp(ftx_option_rows[i].name, name) == 0)
			return &ftx_option_rows[i];
	}
	return NULL;
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
allowed_values(const FtxOptionRow *row)
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
		case OPTION_PROXY:
			return "a host and port, or a URL";
		case OPTION_FILE:
			return "a file name";
		case OPTION_RESOURCE:
			return "the name of a table of the catalogue";
		case OPTION_ON_ERROR:
			return "error, null";
		case OPTION_CONSTANT:
			return "a value of the column's type";
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
	for (int i = 0; i < ftx_option_rows_count; i++)
	{
		const FtxOptionRow *row = &ftx_option_rows[i];
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
