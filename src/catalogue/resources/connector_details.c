/*-------------------------------------------------------------------------
 *
 * connector_details.c
 *		What there is to know of one connector: state, sync history, warnings.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxLink connector_link[] = {
	{"connector_id", "id"},
};

/* Only functions and Connector SDK connectors have a state. */
static const char *const stateless[] = {"400", "405", NULL};

/* Not every kind of connector has these. */
static const char *const unsupported[] = {"405", NULL};

static const FtxColumn state_columns[] = {
	{"connector_id", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT, "Connector."},
	{"state", FTX_JSONB, "state", FTX_UPDATE,
	 "Cursor state that the connector keeps between syncs; it must be paused to be changed. Null leaves it as it is."},
	FTX_ATTRS,
};

const FtxResource ftx_connector_states = {
	.name = "connector_states",
	.comment =
		"States of Function and Connector SDK connectors; others have none.",
	.detail = "/v1/connections/{connector_id}/state",
	.always = "state",
	.parent = "connectors",
	FTX_LINKS(connector_link),
	.absent = stateless,
	.update = "/v1/connections/{connector_id}/state",
	FTX_COLUMNS(state_columns),
	.typical_rows = 50,
};

static const FtxColumn history_columns[] = {
	{"connector_id", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT, "Connector."},
	{"sync_id", FTX_TEXT, "sync_id", FTX_KEY, "Identifier of the sync."},
	{"status", FTX_TEXT, "status", 0,
	 "COMPLETED, FAILURE, CANCELED, INCOMPLETE, RESCHEDULED or PAUSED; a sync runs while its end is null."},
	{"start", FTX_TIMESTAMPTZ, "start", 0, "When it began; null before that."},
	{"end", FTX_TIMESTAMPTZ, "end", 0, "When it ended; null while it runs."},
	{"reason", FTX_TEXT, "reason", 0, "Why it failed; null if it did not."},
	{"extract_volume", FTX_FLOAT8, "stages.extract.volume", 0,
	 "Megabytes read from the source."},
	{"process_volume", FTX_FLOAT8, "stages.process.volume", 0,
	 "Megabytes worked on."},
	{"load_volume", FTX_FLOAT8, "stages.load.volume", 0,
	 "Megabytes written to the destination."},
	{"stages", FTX_JSONB, "stages", 0,
	 "What is known of the stages extract, process and load."},
	FTX_ATTRS,
};

const FtxResource ftx_connector_sync_history = {
	.name = "connector_sync_history",
	.comment =
		"Syncs of the last seven days, which is as far as the API reaches. Conditions on start narrow the request.",
	.list = "/v1/connections/{connector_id}/sync-history",
	.paged = true,
	.parent = "connectors",
	FTX_LINKS(connector_link),
	.absent = unsupported,
	.period = {"start", "start_time", "end_time", 7},
	FTX_COLUMNS(history_columns),
	.typical_rows = 100000,
};

static const FtxColumn warning_columns[] = {
	{"connector_id", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT, "Connector."},
	{"schema", FTX_TEXT, "schema", 0,
	 "Schema in the destination; null when no table is concerned."},
	{"table", FTX_TEXT, "table", 0,
	 "Table in the destination; null when no table is concerned."},
	{"warnings", FTX_JSONB, "warnings", 0,
	 "Array of code, message, created_at and error_message."},
	FTX_ATTRS,
};

const FtxResource ftx_connector_warnings = {
	.name = "connector_warnings",
	.comment = "Warnings of connectors: one row per table of the destination.",
	.list = "/v1/connections/{connector_id}/warnings",
	.parent = "connectors",
	FTX_LINKS(connector_link),
	.absent = unsupported,
	.remove_function = "fivetrex_dismiss_warnings",
	FTX_COLUMNS(warning_columns),
	.typical_rows = 500,
};
