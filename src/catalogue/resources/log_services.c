/*-------------------------------------------------------------------------
 *
 * log_services.c
 *		Log services: where the logs of groups are sent.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY,
	 "Identifier of the log service: that of its group."},
	{"service", FTX_TEXT, "service", FTX_CREATE | FTX_REQUIRED,
	 "Type of the log service, such as cloudwatch, datadog_log or splunkLog."},
	{"enabled", FTX_BOOL, "enabled", FTX_CREATE | FTX_UPDATE, "Are logs sent?"},
	{"setup_state", FTX_TEXT, "status.setup_state", 0,
	 "incomplete, connected or broken; null when it is not known."},
	{"tasks", FTX_JSONB, "status.tasks", 0,
	 "What a person has to do: an array of code, message, details."},
	{"config", FTX_JSONB, "config",
	 FTX_CREATE | FTX_UPDATE | FTX_DETAIL | FTX_MASKED,
	 "Settings of the log service, by type; secrets are masked."},
	{"setup_tests", FTX_JSONB, "setup_tests", FTX_DETAIL,
	 "Results of the last setup tests: an array of title, status, message, details."},
	{"group_id", FTX_TEXT, NULL, FTX_WRITE_ONLY | FTX_CREATE | FTX_REQUIRED,
	 "Group whose logs are to be sent; read it as id."},
	{"run_setup_tests", FTX_BOOL, NULL,
	 FTX_WRITE_ONLY | FTX_CREATE | FTX_UPDATE | FTX_TESTS,
	 "Run the setup tests on creation or change? They do not run if not given."},
	FTX_ATTRS,
};

/* /v1/external-logging/account is the log service of the account. */
static const char *const routes[] = {"account", NULL};

const FtxResource ftx_log_services = {
	.name = "log_services",
	.comment = "Log services of groups; functions handle that of the account.",
	.list = "/v1/external-logging",
	.paged = true,
	.detail = "/v1/external-logging/{id}",
	.create = "/v1/external-logging",
	.update = "/v1/external-logging/{id}",
	.remove = "/v1/external-logging/{id}",
	FTX_COLUMNS(columns),
	.literal_routes = routes,
	.typical_rows = 20,
};
