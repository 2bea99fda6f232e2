/*-------------------------------------------------------------------------
 *
 * options.h
 *		Options of server, user mapping, foreign table and column.
 *
 * One row per option says where it may stand, its type, range and default;
 * the validator, the reader and the documentation share the rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OPTIONS_H
#define FTX_OPTIONS_H

#include "catalogue/catalogue.h"
#include "foreign/foreign.h"

/* Effective options of a server.  All strings palloc'ed or constant. */
typedef struct FtxServerOptions
{
	char *base_url; /* normalised: no trailing "/" or "/v1" */
	int page_size;
	int max_concurrency;
	bool prefetch;
	bool async_capable;
	int connect_timeout; /* seconds, as all timeouts here */
	int request_timeout;
	int long_timeout;
	int max_retries;
	int retry_delay;	/* ms */
	int max_retry_wait; /* seconds */
	char *sslrootcert;	/* NULL when not given, as the next three */
	char *sslcert;
	char *sslkey;
	char *proxy;
	bool read_only; /* access 'read_only' */
	bool dry_run;
} FtxServerOptions;

/*
 * Effective options of a foreign table.  page_size, prefetch and async_capable
 * are the table's where it says so, else the server's; read_only and dry_run
 * are those of either: a table can be kept from writing, but not be allowed
 * what its server is not.
 */
typedef struct FtxTableOptions
{
	const FtxResource *resource;
	int page_size;
	bool prefetch;
	bool async_capable;
	bool read_only;
	bool dry_run;
	bool null_for_misfits; /* on_value_error 'null' */
} FtxTableOptions;

/* Read the options of a server into the current memory context. */
extern void ftx_options_server(ForeignServer *server, FtxServerOptions *result);

/* Does a user mapping have the option dry_run? */
extern bool ftx_options_mapping_dry_run(UserMapping *mapping);

/*
 * Read the options of a foreign table over those of its server.  The resource
 * is the option `resource`, else the table's name.  Throws
 * ERRCODE_FDW_TABLE_NOT_FOUND (with the nearest match) if the catalogue has
 * none of that name.
 */
extern void
ftx_options_table(ForeignTable *table, const FtxServerOptions *server,
				  FtxTableOptions *result);

/* What ftx_options_column() says of a column with the option constant. */
#define FTX_COLUMN_CONSTANT (-2)

/*
 * The catalogue column that a table's column means: its option column_name,
 * else its name.  -1 when the resource has none of that name.
 * FTX_COLUMN_CONSTANT when it has the option constant; throws
 * ERRCODE_FDW_INVALID_OPTION_NAME if it is called like a key of the resource,
 * which would then say of all rows that they are one, or of one parent.
 */
extern int ftx_options_column(Oid relid, int attnum,
							  const FtxResource *resource, char **remote_name);

/* The option constant of a table's column, palloc'ed; NULL if it has none. */
extern char *ftx_options_constant(Oid relid, int attnum);

/* The options of the foreign table with this oid; returns its resource. */
extern const FtxResource *
ftx_options_relation(Oid relid, FtxTableOptions *options);

#endif /* FTX_OPTIONS_H */
