"""Connectors: 2,500, in every state, the first with names that tests use; their moves."""
import itertools
import random

from seed.groups import GROUPS
from seed.names import Collection, connector_ids, timestamp
from seed.users import USERS

DATABASES = ["postgres", "postgres_rds", "google_cloud_postgresql", "mysql", "mysql_rds",
             "aurora", "sql_server", "oracle", "mongo", "mariadb", "dynamodb", "db2"]

APPLICATIONS = ["salesforce", "hubspot", "google_ads", "facebook_ads", "stripe", "zendesk",
                "jira", "github", "shopify", "netsuite_suiteanalytics", "marketo", "intercom",
                "google_analytics_4", "linkedin_ads", "pardot", "workday", "xero", "asana",
                "quickbooks", "slack"]

FILES = ["s3", "gcs", "azure_blob_storage", "sftp", "google_sheets"]
FUNCTIONS = ["aws_lambda", "google_cloud_function", "connector_sdk"]
OTHERS = ["fivetran_log", "kafka"]
SERVICES = DATABASES + APPLICATIONS + FILES + FUNCTIONS + OTHERS

# Only these have a state object (.../connections/{id}/state).
STATEFUL_SERVICES = set(FUNCTIONS)

# The states of API section "status": the first connectors run through all combinations.
STATES = list(itertools.product(
    ("connected", "broken", "incomplete"),                  # setup_state
    ("scheduled", "syncing", "paused", "rescheduled"),      # sync_state
    ("on_schedule", "delayed"),                             # update_state
    (False, True),                                          # is_historical_sync
    (False, True),                                          # tasks
    (False, True),                                          # warnings
    ("both", "no failure", "no success", "never")))         # succeeded_at, failed_at

COMMON_STATE = ("connected", "scheduled", "on_schedule", False, False, False, "both")
FREQUENCIES = [1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440]
SCHEDULES = [
    {"schedule_type": "CRON", "cron": "0 */4 * * *"},
    {"schedule_type": "TIME_OF_DAY", "days_of_week": ["MONDAY", "FRIDAY"],
     "time_of_day": "06:30"},
    {"schedule_type": "MANUAL"},
]

TASK = {"code": "reconnect", "message": "Reconnect the source",
        "details": "The password of user \"fivetran\" was refused"}

WARNING = {"code": "resync_table_warning", "message": "Resync table warning",
           "details": "public.orders needs a resync"}

# Members of config that Fivetran sets itself and takes from nobody: the
# definition's <service>_readonly_config, of the services above.
READ_ONLY_CONFIG = {
    **dict.fromkeys(("postgres", "postgres_rds", "google_cloud_postgresql", "mysql", "sql_server",
                     "oracle", "mongo", "sftp"), {"public_key"}),
    "mysql_rds": {"external_id", "public_key"}, "aurora": {"external_id", "public_key"},
    "dynamodb": {"external_id"}, "s3": {"external_id"}, "aws_lambda": {"external_id"},
    "salesforce": {"connecting_user", "connecting_user_email", "connection_type",
                   "organization_id"},
    "xero": {"webhook_url"}, "azure_blob_storage": {"connection_type", "public_key"},
    "google_cloud_function": {"service_account_email"},
}


def connector_config(service, name, rng):
    """Configuration of the service's family; secrets appear as the API shows them."""
    if service in DATABASES:
        return {"schema_prefix": name, "host": "%s.db.example.com" % name.replace("_", "-"),
                "port": str(rng.choice((5432, 3306, 1433))), "database": "prod",
                "user": "fivetran", "password": "******", "update_method": "TELEPORT",
                "always_encrypted": True, "connection_type": "Directly",
                "replication_slot": "fivetran_%s" % name,
                "public_key": "ssh-rsa AAAAB3NzaC1yc2E%032x fivetran" % rng.getrandbits(128)}
    if service in FILES:
        return {"schema": name, "table": "events", "bucket": "acme-%s" % name,
                "prefix": "exports/2026/", "pattern": ".*\\.csv(\\.gz)?$", "file_type": "csv",
                "compression": "gzip", "delimiter": ",", "on_error": "skip", "escape_char": "\\",
                "role_arn": "arn:aws:iam::123456789012:role/%s" % name,
                "secret_key": "******", "is_public": False}
    if service in FUNCTIONS:
        return {"schema": name, "function": "loader_%s" % name, "region": "us-east-1",
                "role_arn": "arn:aws:iam::123456789012:role/%s" % name,
                "secrets_list": [{"key": "token", "value": "******"}], "api_key": "******"}
    return {"schema": name, "api_token": "******", "client_secret": "******",
            "sync_mode": "SpecificAccounts", "timeframe_months": "TWELVE",
            "accounts": ["%010d" % rng.randrange(10 ** 10) for _ in range(6)],
            "custom_tables": [{"table_name": "daily_%d" % i, "use_unique_account_identifiers": True,
                               "fields": ["id", "date", "amount"]} for i in range(3)],
            "rollback_window_size": rng.choice((7, 30)), "latest_version": "3"}


def connector(number, connector_id, group_id, service, state=COMMON_STATE):
    rng = random.Random(number)
    setup, sync, update, historical, tasks, warnings, ends = state
    digits = (0, 3, 6)[number % 3]
    start = 86400 * (number % 100)
    name = "%s_%04d" % (service, number)
    schema = name + ".events" if service in FILES else name
    result = {
        "id": connector_id, "service": service, "schema": schema, "group_id": group_id,
        "service_version": number % 4, "connected_by": USERS[number % len(USERS)]["id"],
        "created_at": timestamp(start, digits),
        "succeeded_at": timestamp(start + 86400 * 100 + number, digits)
        if ends in ("both", "no failure") else None,
        "failed_at": timestamp(start + 86400 * 99 + number, digits)
        if ends in ("both", "no success") else None,
        "paused": sync == "paused", "pause_after_trial": number % 11 == 0,
        "sync_frequency": FREQUENCIES[number % len(FREQUENCIES)],
        "data_delay_threshold": 0,
        "data_delay_sensitivity": ("NORMAL", "HIGH", "LOW", "SYNC_FREQUENCY")[number % 4],
        "schedule_type": "manual" if number % 17 == 0 else "auto",
        "status": {
            "setup_state": setup, "sync_state": sync, "update_state": update,
            "is_historical_sync": historical, "schema_status": "ready",
            "tasks": [TASK] if tasks else [], "warnings": [WARNING] if warnings else [],
            "rescheduled_for": timestamp(86400 * 250 + number, digits)
            if sync == "rescheduled" else None},
        "networking_method": "Directly", "private_link_id": None, "proxy_agent_id": None,
        "hybrid_deployment_agent_id": None,
        "destination_configuration": {"virtual_warehouse": "LOAD_WH"},
        "source_sync_details": {"accounts": []},
        "config": connector_config(service, name, rng),
    }
    if result["sync_frequency"] == 1440:
        result["daily_sync_time"] = "%02d:00" % (number % 24)
    if number % 13 == 5:
        result["sync_frequency"] = None
        result["schedule"] = SCHEDULES[number // 13 % len(SCHEDULES)]
        result.pop("daily_sync_time", None)
    if number % 19 == 7:        # optional keys may be missing altogether
        for key in ("succeeded_at", "failed_at", "private_link_id", "proxy_agent_id",
                    "hybrid_deployment_agent_id", "destination_configuration",
                    "source_sync_details", "data_delay_threshold"):
            result.pop(key)
        result["status"].pop("schema_status")
        result["status"].pop("rescheduled_for")
    return result


# Connectors that tests name: id, group, service, state.  They lead the list.
NAMED = [
    ("assimilate_seem", "decent_dropsy", "google_cloud_postgresql", COMMON_STATE),
    ("broken_anchor", "decent_dropsy", "mysql",
     ("broken", "scheduled", "delayed", False, True, False, "no success")),
    ("syncing_river", "decent_dropsy", "salesforce",
     ("connected", "syncing", "on_schedule", False, False, False, "no failure")),
    ("paused_canyon", "decent_dropsy", "stripe",
     ("connected", "paused", "on_schedule", False, False, False, "both")),
    ("rescheduled_comet", "projected_sickle", "google_ads",
     ("connected", "rescheduled", "on_schedule", False, False, False, "both")),
    ("incomplete_spruce", "projected_sickle", "hubspot",
     ("incomplete", "scheduled", "on_schedule", True, False, False, "never")),
    ("delayed_glacier", "projected_sickle", "sql_server",
     ("connected", "scheduled", "delayed", False, False, True, "both")),
    ("cron_lighthouse", "opaque_lantern", "s3", COMMON_STATE),
    ("daily_beacon", "opaque_lantern", "postgres", COMMON_STATE),
    ("unicode_meadow", "clever_harbor", "postgres_rds", COMMON_STATE),
    ("escaped_willow", "clever_harbor", "google_sheets", COMMON_STATE),
    ("sparse_thicket", "clever_harbor", "jira", COMMON_STATE),
    ("function_kernel", "vivid_ember", "aws_lambda", COMMON_STATE),
    ("sdk_forge", "vivid_ember", "connector_sdk", COMMON_STATE),
    ("lonely_outpost", "final_margin", "github", COMMON_STATE),
]

ODD_TEXT = "naïve façade — 北京 🚀 \"quoted\" back\\slash /slash tab\t newline\n \u2028 O'Neil {}[],:"

# Items that are sent with every non-ASCII character as \uXXXX.
ESCAPED = {"escaped_willow"}


def _adjust_named(by_id):
    cron = by_id["cron_lighthouse"]
    cron.update(sync_frequency=None, schedule=SCHEDULES[0])
    cron.pop("daily_sync_time", None)
    by_id["sdk_forge"]["config"]["package_id"] = "package_anvil"
    daily = by_id["daily_beacon"]
    daily.update(sync_frequency=1440, daily_sync_time="14:00")
    daily.pop("schedule", None)
    for name in ("unicode_meadow", "escaped_willow"):
        by_id[name]["config"].update(notes=ODD_TEXT, города=["Київ", "Łódź"])
    for key in ("succeeded_at", "failed_at", "paused", "pause_after_trial", "private_link_id",
                "proxy_agent_id", "hybrid_deployment_agent_id", "destination_configuration",
                "source_sync_details", "data_delay_threshold", "networking_method", "config"):
        by_id["sparse_thicket"].pop(key, None)


# What ties some of the unnamed connectors to the networks and secrets managers: group, members.
TIES = [
    ("decent_dropsy", {"networking_method": "ProxyAgent", "proxy_agent_id": "proxy_bridge"}),
    ("decent_dropsy", {"hybrid_deployment_agent_id": "hybrid_anvil"}),
    ("decent_dropsy", {"networking_method": "PrivateLink", "private_link_id": "plink_harbor"}),
    ("decent_dropsy", {"external_secrets_manager_id": "lucky_tiger",
                       "external_secrets_keys_config": {"password": "db/prod"}}),
    ("projected_sickle", {"networking_method": "ProxyAgent", "proxy_agent_id": "proxy_bridge"}),
    ("projected_sickle", {"networking_method": "ProxyAgent", "proxy_agent_id": "proxy_tunnel"}),
    ("projected_sickle", {"hybrid_deployment_agent_id": "hybrid_forge"}),
    ("opaque_lantern", {"external_secrets_manager_id": "lucky_tiger",
                        "external_secrets_keys_config": {"password": "db/finance"}}),
    ("opaque_lantern", {"external_secrets_manager_id": "calm_otter",
                        "external_secrets_keys_config": {"password": "db-finance"}}),
    ("decent_dropsy", {"hybrid_deployment_agent_id": "hybrid_anvil"}),
]


def _tie(connectors_):
    """Each tie goes to the next connector of its group that has all optional keys."""
    left = list(TIES)
    for item in connectors_:
        tie = next((t for t in left if t[0] == item["group_id"]), None)
        if tie and "proxy_agent_id" in item:
            item.update(tie[1])
            left.remove(tie)


def connectors():
    """2,500 connectors: the named ones, then the rest, groups mixed."""
    left = {g: count for g, _, count, _ in GROUPS}
    result = []
    for number, (connector_id, group_id, service, state) in enumerate(NAMED):
        # Multiples of 3 * 13 * 19 keep the variations of connector() away.
        result.append(connector(741 * (number + 4), connector_id, group_id, service, state))
        left[group_id] -= 1
    _adjust_named({c["id"]: c for c in result})
    members = [g for g, count in left.items() for _ in range(count)]
    random.Random("groups").shuffle(members)
    services = [s for s in SERVICES if s != "fivetran_log"]
    for i, (connector_id, group_id) in enumerate(zip(connector_ids(len(members)), members)):
        state = STATES[i] if i < len(STATES) else COMMON_STATE
        result.append(connector(i, connector_id, group_id, services[i * 7 % len(services)], state))
    _tie(result[len(NAMED):])
    return result


def _move_jobs():
    return [{"id": "7c0ffee0-0000-4000-8000-000000000001", "status": "FAILED",
             "connection_id": "paused_canyon", "source_group_id": "decent_dropsy",
             "destination_group_id": "amber_tundra", "created_at": timestamp(86400 * 240, 0),
             "started_at": timestamp(86400 * 240 + 30, 3),
             "completed_at": timestamp(86400 * 240 + 300, 6),
             "error_message": "Table charges could not be copied"}]


COLLECTIONS = {"connections": Collection("NotFound_Connector", "connection", connectors()),
               "move_jobs": Collection("NotFound_MoveJob", "move job", _move_jobs())}
