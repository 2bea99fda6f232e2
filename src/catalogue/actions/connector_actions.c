/*-------------------------------------------------------------------------
 *
 * connector_actions.c
 *		Actions on connectors, destinations and webhooks.
 *
 * From Fivetran's official API definition.  Pausing, resuming and scheduling
 * send run_setup_tests false: the API would otherwise run the setup tests,
 * which is slow and spends a scarce budget.
 *
 *-------------------------------------------------------------------------
 */
#include "base/method.h"
#include "catalogue/actions.h"

/* clang-format off */
#define CONNECTOR {"connector_id", FTX_IN_PATH, NULL}
/* clang-format on */

const FtxAction ftx_connector_actions[] = {
	{
		.function = "fivetrex_sync",
		.method = FTX_POST,
		.path = "/v1/connections/{connector_id}/sync",
		.arguments = {CONNECTOR, {"force", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_resync",
		.method = FTX_POST,
		.path = "/v1/connections/{connector_id}/resync",
		.arguments = {CONNECTOR,
					  {"confirm", FTX_CONFIRMATION, NULL},
					  {"scope", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_pause",
		.method = FTX_PATCH,
		.path = "/v1/connections/{connector_id}",
		.flags = FTX_ACT_REPEAT_SAFE,
		.result = FTX_RESULT_DATA,
		.id_member = "id",
		.id_argument = "connector_id",
		.fixed = "\"paused\": true, \"run_setup_tests\": false",
		.arguments = {CONNECTOR},
	},
	{
		.function = "fivetrex_resume",
		.method = FTX_PATCH,
		.path = "/v1/connections/{connector_id}",
		.flags = FTX_ACT_REPEAT_SAFE,
		.result = FTX_RESULT_DATA,
		.id_member = "id",
		.id_argument = "connector_id",
		.fixed = "\"paused\": false, \"run_setup_tests\": false",
		.arguments = {CONNECTOR},
	},
	{
		.function = "fivetrex_set_sync_frequency",
		.method = FTX_PATCH,
		.path = "/v1/connections/{connector_id}",
		.flags = FTX_ACT_REPEAT_SAFE,
		.result = FTX_RESULT_DATA,
		.id_member = "id",
		.id_argument = "connector_id",
		.fixed = "\"run_setup_tests\": false",
		.arguments = {CONNECTOR,
					  {"minutes", FTX_IN_BODY, "sync_frequency"},
					  {"schedule_type", FTX_IN_BODY, NULL},
					  {"daily_sync_time", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_state",
		.method = FTX_GET,
		.path = "/v1/connections/{connector_id}/state",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_READS,
		.result = FTX_RESULT_DATA,
		.result_member = "state",
		.arguments = {CONNECTOR},
	},
	{
		.function = "fivetrex_set_state",
		.method = FTX_PATCH,
		.path = "/v1/connections/{connector_id}/state",
		.flags = FTX_ACT_REPEAT_SAFE,
		.result = FTX_RESULT_DATA,
		.result_member = "state",
		.arguments = {CONNECTOR, {"state", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_schema_config",
		.method = FTX_GET,
		.path = "/v1/connections/{connector_id}/schemas",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_READS,
		.result = FTX_RESULT_DATA,
		.names = "schemas",
		.arguments = {CONNECTOR},
	},
	{
		.function = "fivetrex_update_schema_config",
		.method = FTX_PATCH,
		.path = "/v1/connections/{connector_id}/schemas",
		.flags = FTX_ACT_REPEAT_SAFE,
		.result = FTX_RESULT_DATA,
		.names = "schemas",
		.arguments = {CONNECTOR, {"config", FTX_AS_BODY, NULL}},
	},
	{
		.function = "fivetrex_reload_schema_config",
		.method = FTX_POST,
		.path = "/v1/connections/{connector_id}/schemas/reload",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.names = "schemas",
		.arguments = {CONNECTOR, {"exclude_mode", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_test_connector",
		.method = FTX_POST,
		.path = "/v1/connections/{id}/test",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.id_member = "id",
		.id_argument = "id",
		.arguments = {{"id", FTX_IN_PATH, NULL},
					  {"trust_certificates", FTX_IN_BODY, NULL},
					  {"trust_fingerprints", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_test_destination",
		.method = FTX_POST,
		.path = "/v1/destinations/{id}/test",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.id_member = "id",
		.id_argument = "id",
		.arguments = {{"id", FTX_IN_PATH, NULL},
					  {"trust_certificates", FTX_IN_BODY, NULL},
					  {"trust_fingerprints", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_test_webhook",
		.method = FTX_POST,
		.path = "/v1/webhooks/{id}/test",
		.result = FTX_RESULT_DATA,
		.always = "succeed",
		.arguments = {{"id", FTX_IN_PATH, NULL}, {"event", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_create_account_webhook",
		.method = FTX_POST,
		.path = "/v1/webhooks/account",
		.result = FTX_RESULT_DATA,
		.always = "id",
		.arguments = {{"url", FTX_IN_BODY, NULL},
					  {"events", FTX_IN_BODY, NULL},
					  {"secret", FTX_IN_BODY, NULL},
					  {"active", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_create_group_webhook",
		.method = FTX_POST,
		.path = "/v1/webhooks/group/{group_id}",
		.result = FTX_RESULT_DATA,
		.always = "id",
		.id_member = "group_id",
		.id_argument = "group_id",
		.arguments = {{"group_id", FTX_IN_PATH, NULL},
					  {"url", FTX_IN_BODY, NULL},
					  {"events", FTX_IN_BODY, NULL},
					  {"secret", FTX_IN_BODY, NULL},
					  {"active", FTX_IN_BODY, NULL}},
	},
	{.function = NULL},
};
