/*-------------------------------------------------------------------------
 *
 * access_actions.c
 *		Actions on users, teams, keys, log services, secrets managers and
 *		agents.
 *
 * From Fivetran's official API definition.  What gives new secrets is never
 * sent twice: the secrets of a lost answer would not be the ones in force.
 *
 *-------------------------------------------------------------------------
 */
#include "base/method.h"
#include "catalogue/actions.h"

static const char *const key_secret[] = {"key_secret", NULL};
static const char *const secret[] = {"secret", NULL};
static const char *const proxy_secrets[] = {"auth_token", "client_cert",
											"client_private_key", NULL};
static const char *const hybrid_secrets[] = {"token", "files", NULL};

const FtxAction ftx_access_actions[] = {
	{
		.function = "fivetrex_remove_user_role",
		.method = FTX_DELETE,
		.path = "/v1/users/{user_id}/role",
		.flags = FTX_ACT_REPEAT_SAFE,
		.arguments = {{"user_id", FTX_IN_PATH, NULL}},
	},
	{
		.function = "fivetrex_remove_team_role",
		.method = FTX_DELETE,
		.path = "/v1/teams/{team_id}/role",
		.flags = FTX_ACT_REPEAT_SAFE,
		.arguments = {{"team_id", FTX_IN_PATH, NULL}},
	},
	{
		.function = "fivetrex_rotate_user_api_key",
		.method = FTX_POST,
		.path = "/v1/users/{user_id}/api-keys/rotate",
		.result = FTX_RESULT_DATA,
		.secrets = key_secret,
		.arguments = {{"user_id", FTX_IN_PATH, NULL},
					  {"expiration_period_days", FTX_IN_BODY, NULL},
					  {"overlap_days", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_delete_user_api_keys",
		.method = FTX_DELETE,
		.path = "/v1/users/{user_id}/api-keys",
		.flags = FTX_ACT_REPEAT_SAFE,
		.arguments = {{"user_id", FTX_IN_PATH, NULL}},
	},
	{
		.function = "fivetrex_rotate_system_key",
		.method = FTX_POST,
		.path = "/v1/system-keys/{key_id}/rotate",
		.result = FTX_RESULT_DATA,
		.secrets = secret,
		.id_member = "id",
		.id_argument = "key_id",
		.arguments = {{"key_id", FTX_IN_PATH, NULL},
					  {"expiration_period", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_test_log_service",
		.method = FTX_POST,
		.path = "/v1/external-logging/{log_service_id}/test",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.arguments = {{"log_service_id", FTX_IN_PATH, NULL}},
	},
	{
		.function = "fivetrex_account_log_service",
		.method = FTX_GET,
		.path = "/v1/external-logging/account",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_READS,
		.result = FTX_RESULT_DATA,
		.always = "id",
	},
	{
		.function = "fivetrex_create_account_log_service",
		.method = FTX_POST,
		.path = "/v1/external-logging/account",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.always = "id",
		.arguments = {{"service", FTX_IN_BODY, NULL},
					  {"config", FTX_IN_BODY, NULL},
					  {"enabled", FTX_IN_BODY, NULL},
					  {"run_setup_tests", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_update_account_log_service",
		.method = FTX_PATCH,
		.path = "/v1/external-logging/account",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
		.always = "id",
		.arguments = {{"config", FTX_IN_BODY, NULL},
					  {"enabled", FTX_IN_BODY, NULL},
					  {"run_setup_tests", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_delete_account_log_service",
		.method = FTX_DELETE,
		.path = "/v1/external-logging/account",
		.flags = FTX_ACT_REPEAT_SAFE,
	},
	{
		.function = "fivetrex_test_account_log_service",
		.method = FTX_POST,
		.path = "/v1/external-logging/account/test",
		.flags = FTX_ACT_TAKES_LONG,
		.result = FTX_RESULT_DATA,
	},
	{
		.function = "fivetrex_secrets_manager_entities",
		.method = FTX_GET,
		.path = "/v1/external-secrets-managers/{secrets_manager_id}/entities",
		.flags = FTX_ACT_REPEAT_SAFE | FTX_ACT_READS,
		.result = FTX_RESULT_ITEMS,
		.arguments = {{"secrets_manager_id", FTX_IN_PATH, NULL},
					  {"type", FTX_IN_QUERY, NULL}},
	},
	{
		.function = "fivetrex_regenerate_proxy_agent_secrets",
		.method = FTX_POST,
		.path = "/v1/proxy/{agent_id}/regenerate-secrets",
		.result = FTX_RESULT_DATA,
		.secrets = proxy_secrets,
		.id_member = "agent_id",
		.id_argument = "agent_id",
		.arguments = {{"agent_id", FTX_IN_PATH, NULL}},
	},
	{
		.function = "fivetrex_reauthenticate_hybrid_agent",
		.method = FTX_PATCH,
		.path = "/v1/hybrid-deployment-agents/{agent_id}/re-auth",
		.result = FTX_RESULT_DATA,
		.secrets = hybrid_secrets,
		.secrets_either = true,
		.id_member = "id",
		.id_argument = "agent_id",
		.arguments = {{"agent_id", FTX_IN_PATH, NULL},
					  {"auth_type", FTX_IN_BODY, NULL}},
	},
	{
		.function = "fivetrex_reset_hybrid_agent_credentials",
		.method = FTX_POST,
		.path = "/v1/hybrid-deployment-agents/{agent_id}/reset-credentials",
		.arguments = {{"agent_id", FTX_IN_PATH, NULL}},
	},
	{.function = NULL},
};
