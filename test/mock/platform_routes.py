"""The rows of the operations on a connection's history, trust and moves, on
transformations, packages and connector types (see routes.py)."""
from fields import BOOLEAN, INTEGER, OBJECT, PAGE, REQUIRED_STRING, STRING, STRINGS, V2, field, \
    row

CONNECTION, DESTINATION = "/v1/connections/{connectionId}", "/v1/destinations/{destinationId}"
PROJECT, TRANSFORMATION = "/v1/transformation-projects/{projectId}", \
    "/v1/transformations/{transformationId}"
METADATA = "/v1/transformations/package-metadata"
PACKAGE = "/v1/connector-sdk/packages/{package_id}"

CERTIFICATE = {"hash": REQUIRED_STRING, "encoded_cert": REQUIRED_STRING}
FINGERPRINT = {"hash": REQUIRED_STRING, "public_key": REQUIRED_STRING}
MOVE = {"destination_group_id": REQUIRED_STRING, "force_move": BOOLEAN,
        "sync_behavior": field("string", enum=["CONTINUE", "BACKFILL", "CONTINUE_WITH_DATA"])}

# A body with a file is multipart/form-data.
PACKAGE_FILE = {"file": field("file", True)}

DAYS = "MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY".split()
SCHEDULE = field("object", fields={
    "schedule_type": field("string", True, ["INTEGRATED", "TIME_OF_DAY", "INTERVAL", "CRON"]),
    "cron": STRINGS, "interval": INTEGER, "time_of_day": STRING, "smart_syncing": BOOLEAN,
    "days_of_week": field("array", values=field("string", enum=DAYS)),
    "connection_ids": STRINGS, "transformation_ids": STRINGS})
TRANSFORMATION_UPDATE = {"schedule": SCHEDULE, "paused": BOOLEAN, "transformation_config": OBJECT}
TRANSFORMATION_TYPES = ["DBT_CORE", "QUICKSTART"]
PROJECT_UPDATE = {"run_tests": BOOLEAN, "project_config": OBJECT}

# Configurations, checked by the operations: their form depends on the type.
STEPS = field("array", values=field("object", fields={"name": STRING, "command": STRING}))
DBT_UPDATE = {"project_id": STRING, "name": STRING, "steps": STEPS}
QUICKSTART_UPDATE = {"excluded_models": STRINGS, "configurable_variables": OBJECT,
                     "group_id": STRING}
CONFIG_UPDATE = {"DBT_CORE": DBT_UPDATE, "QUICKSTART": QUICKSTART_UPDATE}
CONFIG_CREATE = {"DBT_CORE": {name: f._replace(required=True) for name, f in DBT_UPDATE.items()},
                 "QUICKSTART": {**QUICKSTART_UPDATE, "package_name": STRING,
                                "connection_ids": STRINGS}}
PROJECT_CONFIG_UPDATE = {"folder_path": STRING, "git_branch": STRING, "threads": INTEGER,
                         "target_name": STRING, "environment_vars": STRINGS}
PROJECT_CONFIG_CREATE = {**PROJECT_CONFIG_UPDATE, "dbt_version": REQUIRED_STRING,
                         "default_schema": REQUIRED_STRING, "git_remote_url": REQUIRED_STRING}


def _trust(owner, path):
    """The rows of the certificates and fingerprints of a connection or destination.
    The path's hash is the item's id."""
    certificates, fingerprints = path + "/certificates", path + "/fingerprints"
    return [
        row("get_%s_certificates_list" % owner, "GET", certificates, query=PAGE),
        row("approve_%s_certificate" % owner, "POST", certificates, body=CERTIFICATE),
        row("get_%s_certificate_details" % owner, "GET", certificates + "/{hash}"),
        row("revoke_%s_certificate" % owner, "DELETE", certificates + "/{hash}"),
        row("get_%s_fingerprints_list" % owner, "GET", fingerprints, query=PAGE),
        row("approve_%s_fingerprint" % owner, "POST", fingerprints, status=201,
            body=FINGERPRINT),
        row("get_%s_fingerprint_details" % owner, "GET", fingerprints + "/{hash}"),
        row("revoke_%s_fingerprint" % owner, "DELETE", fingerprints + "/{hash}"),
    ]


CONNECTIONS = [
    row("connection_sync_history", "GET", CONNECTION + "/sync-history", V2,
        query={**PAGE, "start_time": STRING, "end_time": STRING, "duration": INTEGER}),
    row("connection_warnings", "GET", CONNECTION + "/warnings", V2),
    row("dismiss_connection_warning", "DELETE", CONNECTION + "/warnings/{warningType}", V2),
    row("connection_moved", "POST", CONNECTION + "/move", V2, body=MOVE),
    row("connection_moved_job_status", "GET", CONNECTION + "/move/{jobId}", V2),
    row("approve_certificate", "POST", "/v1/certificates",
        body={**CERTIFICATE, "connection_id": STRING, "destination_id": STRING}),
] + _trust("connection", CONNECTION) + _trust("destination", DESTINATION)

PLATFORM = [
    row("list_all_transformation_projects", "GET", "/v1/transformation-projects", query=PAGE),
    row("create_transformation_project", "POST", "/v1/transformation-projects", status=201,
        body={**PROJECT_UPDATE, "group_id": STRING, "type": field("string", enum=["DBT_CORE"])}),
    row("transformation_project_details", "GET", PROJECT),
    row("modify_transformation_project", "PATCH", PROJECT, body=PROJECT_UPDATE),
    row("delete_transformation_project", "DELETE", PROJECT),
    row("test_transformation_project", "POST", PROJECT + "/test"),

    row("transformations_list", "GET", "/v1/transformations",
        query={**PAGE, "group_id": STRING, "project_id": STRING, "type": STRING}),
    row("create_transformation", "POST", "/v1/transformations", status=201,
        body={**TRANSFORMATION_UPDATE, "type": field("string", enum=TRANSFORMATION_TYPES)}),
    row("transformation_details", "GET", TRANSFORMATION),
    row("update_transformation", "PATCH", TRANSFORMATION, body=TRANSFORMATION_UPDATE),
    row("delete_transformation", "DELETE", TRANSFORMATION),
    row("run_transformation", "POST", TRANSFORMATION + "/run", body={"full_refresh": BOOLEAN}),
    row("cancel_transformation", "POST", TRANSFORMATION + "/cancel"),
    row("upgrade_transformation_package", "POST", TRANSFORMATION + "/upgrade"),
    row("transformation_package_metadata_list", "GET", METADATA,
        query={**PAGE, "service": STRING, "name": STRING}),
    row("transformation_package_metadata_details", "GET", METADATA + "/{package_definition_id}"),

    row("list_connector_sdk_packages", "GET", "/v1/connector-sdk/packages", query=PAGE),
    row("create_connector_sdk_package", "POST", "/v1/connector-sdk/packages", status=201,
        body=PACKAGE_FILE),
    row("get_connector_sdk_package", "GET", PACKAGE),
    row("update_connector_sdk_package", "PATCH", PACKAGE, body=PACKAGE_FILE),
    row("delete_connector_sdk_package", "DELETE", PACKAGE),
    row("download_connector_sdk_package", "GET", PACKAGE + "/download"),

    row("metadata_connectors", "GET", "/v1/metadata/connector-types", query=PAGE),
    row("metadata_connector_config", "GET", "/v1/metadata/connector-types/{service}"),
    row("metadata_public_connectors", "GET", "/public/connector-types"),
    row("hvr_register_hub", "POST", "/v1/hvr/register-hub",
        body={"fingerprint": REQUIRED_STRING, "hub_server_url": REQUIRED_STRING,
              "port": INTEGER}),
]

OPERATIONS = CONNECTIONS + PLATFORM
