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
#include "catalogue/actions.h"

/* clang-format off */
#define CONNECTOR {"connector_id", FTX_IN_PATH, NULL}
/* clang-format on */

const FtxAction ftx_connector_actions[] = {
	{
		.function = "fivetrex_sync",
		.method = "POST",
		.path = "/v1/connections/{connector_id}/sync",
		.accept = FTX_V2,
		.arguments = {CONNECTOR, {"force", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_resync",
		.method = "POST",
		.path = "/v1/connections/{connector_id}/resync",
		.accept = FTX_V2,
		.arguments = {CONNECTOR,
					  {"confirm", FTX_CONFIRMATION, NULL},
					  {"scope", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_pause",
		.method = "PATCH",
		.path = "/v1/connections/{connector_id}",
		.accept = FTX_V2,
		.flags = FTX_ACT_REPEAT_SAFE,
		.answer = FTX_ANSWER_DATA,
		.fixed = "\"paused\": true, \"run_setup_tests\": false",
		.arguments = {CONNECTOR},
	},
	{
		.function = "fivetrex_resume",
		.method = "PATCH",
		.path = "/v1/connections/{connector_id}",
		.accept = FTX_V2,
		.flags = FTX_ACT_REPEAT_SAFE,
		.answer = FTX_ANSWER_DATA,
		.fixed = "\"paused\": false, \"run_setup_tests\": false",
		.arguments = {CONNECTOR},
	},
	{
		.function = "fivetrex_set_sync_frequency",
		.method = "PATCH",
		.path = "/v1/connections/{connector_id}",
		.accept = FTX_V2,
		.flags = FTX_ACT_REPEAT_SAFE,
		.answer = FTX_ANSWER_DATA,
		.fixed = "\"run_setup_tests\": false",
		.arguments = {CONNECTOR,
					  {"minutes", FTX_IN_BODY, "sync_frequency"},
					  {"schedule_type", FTX_IN_BODY, NULL},
					  {"daily_sync_time", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_state",
		.method = "GET",
		.path = "/v1/connections/{connector_id}/state",
		.accept = FTX_V2,
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_READS,
		.answer = FTX_ANSWER_DATA,
		.answer_member = "state",
		.arguments = {CONNECTOR},
	},
	{
		.function = "fivetrex_set_state",
		.method = "PATCH",
		.path = "/v1/connections/{connector_id}/state",
		.accept = FTX_V2,
		.flags = FTX_ACT_REPEAT_SAFE,
		.answer = FTX_ANSWER_DATA,
		.answer_member = "state",
		.arguments = {CONNECTOR, {"state", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_schema_config",
		.method = "GET",
		.path = "/v1/connections/{connector_id}/schemas",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_READS,
		.answer = FTX_ANSWER_DATA,
		.arguments = {CONNECTOR},
	},
	{
		.function = "fivetrex_update_schema_config",
		.method = "PATCH",
		.path = "/v1/connections/{connector_id}/schemas",
		.flags = FTX_ACT_REPEAT_SAFE,
		.answer = FTX_ANSWER_DATA,
		.arguments = {CONNECTOR, {"config", FTX_AS_BODY, NULL}},
	},
	{
		.function = "fivetrex_reload_schema_config",
		.method = "POST",
		.path = "/v1/connections/{connector_id}/schemas/reload",
		.flags = FTX_ACT_TAKES_LONG,
		.answer = FTX_ANSWER_DATA,
		.arguments = {CONNECTOR, {"exclude_mode", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_test_connector",
		.method = "POST",
		.path = "/v1/connections/{id}/test",
		.accept = FTX_V2,
		.flags = FTX_ACT_TAKES_LONG,
		.answer = FTX_ANSWER_DATA,
		.arguments = {{"id", FTX_IN_PATH, NULL},
					  {"trust_certificates", FTX_IN_BODY, NULL},
					  {"trust_fingerprints", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_test_destination",
		.method = "POST",
		.path = "/v1/destinations/{id}/test",
		.accept = FTX_V2,
		.flags = FTX_ACT_TAKES_LONG,
		.answer = FTX_ANSWER_DATA,
		.arguments = {{"id", FTX_IN_PATH, NULL},
					  {"trust_certificates", FTX_IN_BODY, NULL},
					  {"trust_fingerprints", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_test_webhook",
		.method = "POST",
		.path = "/v1/webhooks/{id}/test",
		.answer = FTX_ANSWER_DATA,
		.arguments = {{"id", FTX_IN_PATH, NULL}, {"event", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_create_account_webhook",
		.method = "POST",
		.path = "/v1/webhooks/account",
		.answer = FTX_ANSWER_DATA,
		.arguments = {{"url", FTX_IN_BODY, NULL},
					  {"events", FTX_IN_BODY, NULL},
					  {"secret", FTX_IN_BODY, NULL},
					  {"active", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_create_group_webhook",
		.method = "POST",
		.path = "/v1/webhooks/group/{group_id}",
		.answer = FTX_ANSWER_DATA,
		.arguments = {{"group_id", FTX_IN_PATH, NULL},
					  {"url", FTX_IN_BODY, NULL},
					  {"events", FTX_IN_BODY, NULL},
					  {"secret", FTX_IN_BODY, NULL},
					  {"active", FTX_IN_BODY, NULL}},
	},
	{.function = NULL},
};
