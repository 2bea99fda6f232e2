/*-------------------------------------------------------------------------
 *
 * destinations.c
 *		Destinations: the warehouses that groups load into.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY,
	 "Identifier of the destination: that of its group."},
	{"group_id", FTX_TEXT, "group_id", FTX_CREATE | FTX_REQUIRED,
	 "Group of the destination."},
	{"service", FTX_TEXT, "service", FTX_CREATE | FTX_REQUIRED,
	 "Type of the warehouse, such as snowflake or big_query."},
	{"region", FTX_TEXT, "region", FTX_CREATE | FTX_UPDATE,
	 "Region where data is processed, such as GCP_US_EAST4."},
	{"setup_status", FTX_TEXT, "setup_status", 0,
	 "incomplete, connected or broken."},
	{"time_zone_offset", FTX_TEXT, "time_zone_offset",
	 FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Time zone: -11 to +12, with its sign."},
	{"daylight_saving_time_enabled", FTX_BOOL, "daylight_saving_time_enabled",
	 FTX_CREATE | FTX_UPDATE,
	 "Does the time zone follow daylight saving time?"},
	{"networking_method", FTX_TEXT, "networking_method",
	 FTX_CREATE | FTX_UPDATE | FTX_TESTS,
	 "Directly, PrivateLink, SshTunnel or ProxyAgent."},
	{"private_link_id", FTX_TEXT, "private_link_id",
	 FTX_CREATE | FTX_UPDATE | FTX_TESTS, "Private link that is used."},
	{"proxy_agent_id", FTX_TEXT, "proxy_agent_id",
	 FTX_CREATE | FTX_UPDATE | FTX_TESTS, "Proxy agent that is used."},
	{"hybrid_deployment_agent_id", FTX_TEXT, "hybrid_deployment_agent_id",
	 FTX_CREATE | FTX_UPDATE | FTX_TESTS,
	 "Hybrid deployment agent that is used."},
	{"local_processing_agent_id", FTX_TEXT, "local_processing_agent_id", 0,
	 "Older name of hybrid_deployment_agent_id."},
	{"external_secrets_manager_id", FTX_TEXT, "external_secrets_manager_id",
	 FTX_CREATE | FTX_UPDATE,
	 "External secrets manager that holds its secrets."},
	{"config", FTX_JSONB, "config",
	 FTX_CREATE | FTX_UPDATE | FTX_DETAIL | FTX_MASKED | FTX_TESTS,
	 "Settings of the warehouse, by service; secrets are masked."},
	{"setup_tests", FTX_JSONB, "setup_tests", FTX_DETAIL,
	 "Results of setup tests; filled by creating, changing and testing only."},
	{"external_secrets_keys_config", FTX_JSONB, "external_secrets_keys_config",
	 FTX_CREATE | FTX_UPDATE | FTX_DETAIL,
	 "Names of its secrets in the external secrets manager."},
	{"run_setup_tests", FTX_BOOL, NULL,
	 FTX_WRITE_ONLY | FTX_CREATE | FTX_UPDATE | FTX_TESTS,
	 "Run the setup tests on creation or change?"},
	{"trust_certificates", FTX_BOOL, NULL,
	 FTX_WRITE_ONLY | FTX_CREATE | FTX_UPDATE,
	 "Trust the certificates that the setup tests meet?"},
	{"trust_fingerprints", FTX_BOOL, NULL,
	 FTX_WRITE_ONLY | FTX_CREATE | FTX_UPDATE,
	 "Trust the SSH fingerprints that the setup tests meet?"},
	FTX_ATTRS,
};

const FtxResource ftx_destinations = {
	.name = "destinations",
	.comment = "Destinations: the warehouse of each group.",
	.list = "/v1/destinations",
	.paged = true,
	.detail = "/v1/destinations/{id}",
	.create = "/v1/destinations",
	.update = "/v1/destinations/{id}",
	.update_default = "\"run_setup_tests\": false",
	.remove = "/v1/destinations/{id}",
	FTX_COLUMNS(columns),
	.typical_rows = 100,
};
