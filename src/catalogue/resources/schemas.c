/*-------------------------------------------------------------------------
 *
 * schemas.c
 *		What a connector syncs: schemas, tables and columns of its source.
 *
 * All three are views on one schema configuration, a tree of maps.  The
 * columns of a table are asked of the source, which spends the scarce budget
 * of source interactions (API facts 1.7); the configuration itself holds only
 * columns that a user has changed.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

/* A connector that never synced has none; some services never have. */
static const char *const no_configuration[] = {"NotFound_SchemaConfig", NULL};

/* ... and the source may not be able to tell, or the table to be configured. */
static const char *const no_columns[] = {"NotFound_SchemaConfig", "400", "409",
										 NULL};

static const FtxLink connector_link[] = {
	{"connector_id", "id"},
};

static const FtxLink table_links[] = {
	{"connector_id", "connector_id"},
	{"schema_name", "schema_name"},
	{"table_name", "table_name"},
	{"schema_in_destination", "schema_in_destination"},
};

static const FtxColumn schema_columns[] = {
	{"connector_id", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT, "Connector."},
	{"schema_name", FTX_TEXT, "@1", FTX_KEY,
	 "Name of the schema in the source."},
	{"name_in_destination", FTX_TEXT, "name_in_destination", 0,
	 "Name of the schema in the destination."},
	{"enabled", FTX_BOOL, "enabled", FTX_UPDATE, "Is the schema synced?"},
	{"attrs", FTX_JSONB, "", 0,
	 "The whole object as the API sent it, its tables included."},
};

const FtxResource ftx_connector_schemas = {
	.name = "connector_schemas",
	.comment =
		"Schemas of the source of each connector, and whether they are synced.",
	.list = "/v1/connections/{connector_id}/schemas",
	.items = "schemas.*",
	.parent = "connectors",
	FTX_LINKS(connector_link),
	.absent = no_configuration,
	.update = "/v1/connections/{connector_id}/schemas",
	.merged_at = "schemas.{schema_name}",
	FTX_COLUMNS(schema_columns),
	.typical_rows = 6000,
};

static const FtxColumn table_columns[] = {
	{"connector_id", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT, "Connector."},
	{"schema_name", FTX_TEXT, "@1", FTX_KEY,
	 "Name of the schema in the source."},
	{"table_name", FTX_TEXT, "@2", FTX_KEY, "Name of the table in the source."},
	{"schema_in_destination", FTX_TEXT, "@1.name_in_destination", 0,
	 "Name of its schema in the destination."},
	{"name_in_destination", FTX_TEXT, "name_in_destination", 0,
	 "Name of the table in the destination."},
	{"enabled", FTX_BOOL, "enabled", FTX_UPDATE, "Is the table synced?"},
	{"sync_mode", FTX_TEXT, "sync_mode", FTX_UPDATE,
	 "SOFT_DELETE, HISTORY or LIVE; null when the service cannot switch."},
	{"row_filter", FTX_JSONB, "row_filter", FTX_UPDATE,
	 "Filter of the rows that are synced; null is none, and removes it."},
	{"supports_columns_config", FTX_BOOL, "supports_columns_config", 0,
	 "Can its columns be configured?"},
	{"supports_history_mode", FTX_BOOL, "supports_history_mode", 0,
	 "Does it support the sync mode HISTORY?"},
	{"parent_table", FTX_TEXT, "parent_table", 0,
	 "Table of the source that it belongs to."},
	{"patch_allowed", FTX_BOOL, "enabled_patch_settings.allowed", 0,
	 "May enabled be changed?"},
	{"patch_reason_code", FTX_TEXT, "enabled_patch_settings.reason_code", 0,
	 "Why not: SYSTEM_TABLE, DELETED or OTHER."},
	{"patch_reason", FTX_TEXT, "enabled_patch_settings.reason", 0,
	 "Why not, in words."},
	{"attrs", FTX_JSONB, "", 0,
	 "The whole object as the API sent it, columns that were changed included."},
};

const FtxResource ftx_connector_tables = {
	.name = "connector_tables",
	.comment =
		"Tables of the source of each connector, and how they are synced.",
	.list = "/v1/connections/{connector_id}/schemas",
	.items = "schemas.*.tables.*",
	.parent = "connectors",
	FTX_LINKS(connector_link),
	.absent = no_configuration,
	.update = "/v1/connections/{connector_id}/schemas",
	.merged_at = "schemas.{schema_name}.tables.{table_name}",
	FTX_COLUMNS(table_columns),
	.typical_rows = 150000,
};

static const FtxColumn column_columns[] = {
	{"connector_id", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT, "Connector."},
	{"schema_name", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT,
	 "Name of the schema in the source."},
	{"table_name", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT,
	 "Name of the table in the source."},
	{"column_name", FTX_TEXT, "@1", FTX_KEY,
	 "Name of the column in the source."},
	{"schema_in_destination", FTX_TEXT, NULL, FTX_PARENT,
	 "Name of its schema in the destination. connector_tables tells it: one call more for each connector where its tables are named."},
	{"name_in_destination", FTX_TEXT, "name_in_destination", 0,
	 "Name of the column in the destination."},
	{"enabled", FTX_BOOL, "enabled", FTX_UPDATE, "Is the column synced?"},
	{"hashed", FTX_BOOL, "hashed", FTX_UPDATE,
	 "Are its values hashed in the destination?"},
	{"is_primary_key", FTX_BOOL, "is_primary_key", FTX_UPDATE,
	 "Is it part of the primary key? Can be set for some file connectors."},
	{"target_data_type", FTX_TEXT, "target_data_type", FTX_UPDATE,
	 "Type in the destination that was chosen instead of the detected one; null removes it."},
	{"patch_allowed", FTX_BOOL, "enabled_patch_settings.allowed", 0,
	 "May enabled be changed?"},
	{"patch_reason_code", FTX_TEXT, "enabled_patch_settings.reason_code", 0,
	 "Why not: SYSTEM_COLUMN, DELETED or OTHER."},
	{"patch_reason", FTX_TEXT, "enabled_patch_settings.reason", 0,
	 "Why not, in words."},
	FTX_ATTRS,
};

const FtxResource ftx_connector_columns = {
	.name = "connector_columns",
	.comment =
		"Columns of the source of each connector, and how they are synced. One call per 100 tables, which the API passes on to the source: name connector_id, schema_name and table_name if known.",
	.list =
		"/v1/connections/{connector_id}/schemas/{schema_name}/tables/{table_name}/columns",
	.items = "columns.*",
	.parent = "connector_tables",
	FTX_LINKS(table_links),
	.batch =
		{
			.path =
				"/v1/connections/{connector_id}/schemas/{schema_name}/fetch-source-columns",
			.column = "table_name",
			.member = "tables",
			.items = "tables.*.columns.*",
			.most = 100,
			.typical = 25,
		},
	.absent = no_columns,
	.update = "/v1/connections/{connector_id}/schemas",
	.merged_at =
		"schemas.{schema_name}.tables.{table_name}.columns.{column_name}",
	FTX_COLUMNS(column_columns),
	.typical_rows = 1500000,
};
