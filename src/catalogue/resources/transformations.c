/*-------------------------------------------------------------------------
 *
 * transformations.c
 *		Transformations, their projects and Quickstart packages.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn transformation_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the transformation."},
	{"type", FTX_TEXT, "type", FTX_CREATE | FTX_REQUIRED,
	 "DBT_CORE or QUICKSTART."},
	{"status", FTX_TEXT, "status", 0,
	 "NEW, SCHEDULING, RUNNING, TERMINATING, SUCCEEDED, FAILED, BLOCKED, CANCELED or PARTIALLY_SUCCEEDED."},
	{"paused", FTX_BOOL, "paused", FTX_CREATE | FTX_UPDATE, "Is it paused?"},
	{"schedule", FTX_JSONB, "schedule", FTX_CREATE | FTX_UPDATE,
	 "When it runs: schedule_type INTEGRATED, TIME_OF_DAY, INTERVAL or CRON, and its details."},
	{"transformation_config", FTX_JSONB, "transformation_config",
	 FTX_CREATE | FTX_UPDATE,
	 "project_id, name and steps of a dbt Core one; package_name, connection_ids, ... of a Quickstart one."},
	{"project_id", FTX_TEXT, "transformation_config.project_id", 0,
	 "Project of a dbt Core transformation; null for others."},
	{"output_model_names", FTX_TEXT_ARRAY, "output_model_names", 0,
	 "Models that it makes."},
	{"last_started_at", FTX_TIMESTAMPTZ, "last_started_at", 0,
	 "When it ran last."},
	{"last_ended_at", FTX_TIMESTAMPTZ, "last_ended_at", 0,
	 "When its last run ended."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0, "When it was made."},
	{"created_by_id", FTX_TEXT, "created_by_id", 0,
	 "User or system key that made it."},
	FTX_ATTRS,
};

static const char *const transformation_types[] = {"DBT_CORE", "QUICKSTART",
												   NULL};

static const FtxFilter transformation_filters[] = {
	{"type", "type", transformation_types},
	{"project_id", "project_id", NULL},
};

static const char *const transformation_routes[] = {"package-metadata", NULL};

const FtxResource ftx_transformations = {
	.name = "transformations",
	.comment =
		"Transformations: dbt Core projects and Quickstart packages that run on data in the destination.",
	.list = "/v1/transformations",
	.paged = true,
	.detail = "/v1/transformations/{id}",
	.create = "/v1/transformations",
	.update = "/v1/transformations/{id}",
	.remove = "/v1/transformations/{id}",
	FTX_COLUMNS(transformation_columns),
	FTX_FILTERS(transformation_filters),
	.literal_routes = transformation_routes,
	.typical_rows = 100,
};

static const FtxColumn project_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the project."},
	{"type", FTX_TEXT, "type", FTX_CREATE, "DBT_CORE."},
	{"group_id", FTX_TEXT, "group_id", FTX_CREATE,
	 "Group whose destination it runs in."},
	{"status", FTX_TEXT, "status", FTX_DETAIL, "NOT_READY, READY or ERROR."},
	{"errors", FTX_TEXT_ARRAY, "errors", FTX_DETAIL, "What is wrong with it."},
	{"setup_tests", FTX_JSONB, "setup_tests", FTX_DETAIL,
	 "Results of setup tests."},
	{"project_config", FTX_JSONB, "project_config",
	 FTX_CREATE | FTX_UPDATE | FTX_DETAIL | FTX_TESTS,
	 "dbt_version, default_schema and git_remote_url, which are given on creation only; git_branch, folder_path, threads, target_name, environment_vars; reads add public_key."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0, "When it was made."},
	{"created_by_id", FTX_TEXT, "created_by_id", 0,
	 "User or system key that made it."},
	{"run_tests", FTX_BOOL, NULL,
	 FTX_WRITE_ONLY | FTX_CREATE | FTX_UPDATE | FTX_TESTS,
	 "Run the setup tests on creation or change?"},
	FTX_ATTRS,
};

static const FtxReadOnly project_read_only[] = {
	{"project_config", "dbt_version", true, NULL, NULL},
	{"project_config", "default_schema", true, NULL, NULL},
	{"project_config", "git_remote_url", true, NULL, NULL},
	{"project_config", "public_key", false, NULL, NULL},
};

const FtxResource ftx_transformation_projects = {
	.name = "transformation_projects",
	.comment = "Projects of transformations: dbt Core projects in git.",
	.list = "/v1/transformation-projects",
	.paged = true,
	.detail = "/v1/transformation-projects/{id}",
	.create = "/v1/transformation-projects",
	.update = "/v1/transformation-projects/{id}",
	.remove = "/v1/transformation-projects/{id}",
	FTX_COLUMNS(project_columns),
	FTX_READ_ONLY(project_read_only),
	.typical_rows = 10,
};

static const FtxColumn package_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the package."},
	{"name", FTX_TEXT, "name", 0, "Name of the package."},
	{"version", FTX_TEXT, "version", 0, "Version of the package definition."},
	{"connector_types", FTX_TEXT_ARRAY, "connector_types", 0,
	 "Types of connectors whose data it transforms."},
	{"output_model_names", FTX_TEXT_ARRAY, "output_model_names", 0,
	 "Models that it makes."},
	{"configurable_variables", FTX_JSONB, "configurable_variables", 0,
	 "Variables by name: type, description, allowed_values."},
	FTX_ATTRS,
};

static const FtxFilter package_filters[] = {
	{"name", "name", NULL},
};

const FtxResource ftx_transformation_packages = {
	.name = "transformation_packages",
	.comment = "Quickstart packages that transformations can use.",
	.list = "/v1/transformations/package-metadata",
	.paged = true,
	.detail = "/v1/transformations/package-metadata/{id}",
	FTX_COLUMNS(package_columns),
	FTX_FILTERS(package_filters),
	.typical_rows = 50,
};
