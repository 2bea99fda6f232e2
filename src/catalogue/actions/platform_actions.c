/*-------------------------------------------------------------------------
 *
 * platform_actions.c
 *		Actions on transformations, schema configurations and metadata.
 *
 *-------------------------------------------------------------------------
 */
#include "base/method.h"
#include "catalogue/actions.h"

/* clang-format off */
#define PATH(name) {name, FTX_IN_PATH, NULL}
#define BODY(name) {name, FTX_IN_BODY, NULL}
#define WHOLE(name) {name, FTX_AS_BODY, NULL}
/* clang-format on */

static const char *const hub_secrets[] = {"access_token", NULL};

const FtxAction ftx_platform_actions[] = {
	/* transformations */
	{
		.function = "fivetrex_run_transformation",
		.method = FTX_POST,
		.path = "/v1/transformations/{transformation_id}/run",
		.arguments = {PATH("transformation_id"), BODY("full_refresh")},
	},
	{
		.function = "fivetrex_cancel_transformation",
		.method = FTX_POST,
		.path = "/v1/transformations/{transformation_id}/cancel",
		.arguments = {PATH("transformation_id")},
	},
	{
		.function = "fivetrex_upgrade_transformation",
		.method = FTX_POST,
		.path = "/v1/transformations/{transformation_id}/upgrade",
		.arguments = {PATH("transformation_id")},
	},
	{
		.function = "fivetrex_test_transformation_project",
		.method = FTX_POST,
		.path = "/v1/transformation-projects/{project_id}/test",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.id_member = "id",
		.id_argument = "project_id",
		.arguments = {PATH("project_id")},
	},

	/* connectors */
	{
		.function = "fivetrex_dismiss_warnings",
		.method = FTX_DELETE,
		.path = "/v1/connections/{connector_id}/warnings/{warning_type}",
		.flags = FTX_ACT_REPEAT_SAFE,
		.arguments = {PATH("connector_id"), PATH("warning_type")},
	},
	{
		.function = "fivetrex_move_connector",
		.method = FTX_POST,
		.path = "/v1/connections/{connector_id}/move",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.id_member = "connection_id",
		.id_argument = "connector_id",
		.arguments = {PATH("connector_id"), BODY("destination_group_id"),
					  BODY("sync_behavior"), BODY("force_move")},
	},
	{
		.function = "fivetrex_move_job",
		.method = FTX_GET,
		.path = "/v1/connections/{connector_id}/move/{job_id}",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_READS,
		.result = FTX_RESULT_DATA,
		.id_member = "id",
		.id_argument = "job_id",
		.arguments = {PATH("connector_id"), PATH("job_id")},
	},
	{
		.function = "fivetrex_connect_card",
		.method = FTX_POST,
		.path = "/v1/connections/{connector_id}/connect-card",
		.result = FTX_RESULT_DATA,
		.id_member = "connector_id",
		.id_argument = "connector_id",
		.arguments = {PATH("connector_id"), BODY("connect_card_config")},
	},

	/* schema configurations */
	{
		.function = "fivetrex_create_schema_config",
		.method = FTX_POST,
		.path = "/v1/connections/{connector_id}/schemas",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.names = "schemas",
		.arguments = {PATH("connector_id"), WHOLE("config")},
	},
	{
		.function = "fivetrex_drop_columns",
		.method = FTX_POST,
		.path = "/v1/connections/{connector_id}/schemas/drop-columns",
		.flags = FTX_ACT_DELETES,
		.arguments = {PATH("connector_id"), BODY("schemas")},
	},
	{
		.function = "fivetrex_drop_column",
		.method = FTX_DELETE,
		.path =
			"/v1/connections/{connector_id}/schemas/{schema}/tables/{table}/columns/{column}",
		.flags = FTX_ACT_REPEAT_SAFE,
		.arguments = {PATH("connector_id"), PATH("schema"), PATH("table"),
					  PATH("column")},
	},
	{
		.function = "fivetrex_resync_tables",
		.method = FTX_POST,
		.path = "/v1/connections/{connector_id}/schemas/tables/resync",
		.arguments = {PATH("connector_id"),
					  {"confirm", FTX_CONFIRMATION, NULL},
					  WHOLE("tables")},
	},
	{
		.function = "fivetrex_modify_schema",
		.method = FTX_PATCH,
		.path = "/v1/connections/{connector_id}/schemas/{schema}",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.names = "schemas",
		.arguments = {PATH("connector_id"), PATH("schema"), WHOLE("config")},
	},
	{
		.function = "fivetrex_modify_table",
		.method = FTX_PATCH,
		.path =
			"/v1/connections/{connector_id}/schemas/{schema}/tables/{table}",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.names = "schemas",
		.arguments = {PATH("connector_id"), PATH("schema"), PATH("table"),
					  WHOLE("config")},
	},
	{
		.function = "fivetrex_modify_column",
		.method = FTX_PATCH,
		.path =
			"/v1/connections/{connector_id}/schemas/{schema}/tables/{table}/columns/{column}",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.names = "schemas",
		.arguments = {PATH("connector_id"), PATH("schema"), PATH("table"),
					  PATH("column"), WHOLE("config")},
	},

	/* certificates, by the older way */
	{
		.function = "fivetrex_approve_certificate",
		.method = FTX_POST,
		.path = "/v1/certificates",
		.arguments = {BODY("hash"),
					  BODY("encoded_cert"),
					  {"connector_id", FTX_IN_BODY, "connection_id"},
					  BODY("destination_id")},
	},
	/* HVR */
	{
		.function = "fivetrex_register_hvr_hub",
		.method = FTX_POST,
		.path = "/v1/hvr/register-hub",
		.result = FTX_RESULT_DATA,
		.secrets = hub_secrets,
		.arguments = {BODY("hub_server_url"), BODY("fingerprint"),
					  BODY("port")},
	},

	/* what is public */
	{
		.function = "fivetrex_public_connector_types",
		.method = FTX_GET,
		.path = "/public/connector-types",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_READS,
		.result = FTX_RESULT_ARRAY,
		.arguments = {{NULL, FTX_IN_NOTHING, NULL}},
	},
	{.function = NULL},
};
