"""Log services."""
from seed.account import ACCOUNT
from seed.names import Collection

# Members of a log service's configuration: the secret ones, the others.
LOG_SERVICES = {
    "azure_monitor_log": (["client_secret", "primary_key"],
                          ["client_id", "data_collection_endpoint", "dcr_immutable_id",
                           "dcr_stream_name", "tenant_id", "workspace_id"]),
    "cloudwatch": (["access_key_secret"],
                   ["access_key_id", "external_id", "log_group_name", "region", "role_arn"]),
    "datadog_log": (["api_key"], ["hostname", "region"]),
    "dynatrace": (["access_token"], ["environment_id"]),
    "grafana_loki": (["access_token", "tenant_id"], ["loki_url", "username"]),
    "new_relic_log": (["api_key"], ["sub_domain"]),
    "splunkLog": (["token"], ["channel", "enable_ssl", "host", "port"]),
    "stackdriver": ([], ["project_id", "service_account_key"]),
}


def _log_services():
    """The service of a group has the group's id."""
    task = {"code": "reconnect_log", "message": "Reconnect Logging Service",
            "details": "Please provide required permissions"}
    rows = [("decent_dropsy", "datadog_log", True, "connected", [],
             {"api_key": "******", "region": "EU", "hostname": "fivetran"}),
            ("projected_sickle", "splunkLog", True, "broken", [task],
             {"token": "******", "host": "splunk.example.com", "port": 8088,
              "enable_ssl": True, "channel": "7c1f"}),
            ("opaque_lantern", "cloudwatch", False, "incomplete", [],
             {"role_arn": "arn:aws:iam::123456789012:role/logs", "region": "us-east-1",
              "log_group_name": "fivetran", "external_id": "opaque_lantern"})]
    return [{"id": group_id, "service": service, "enabled": enabled,
             "status": {"setup_state": state, "tasks": tasks}, "config": config}
            for group_id, service, enabled, state, tasks, config in rows]


def _account_log_services():
    return [{"id": ACCOUNT["account_id"], "service": "new_relic_log", "enabled": True,
             "status": {"setup_state": "connected", "tasks": []},
             "config": {"api_key": "******", "sub_domain": "EU"}}]


COLLECTIONS = {
    "log_services": Collection("NotFound_LogService", "log service", _log_services(),
                               list_omits=("config", "setup_tests")),
    "account_log_services": Collection("NotFound_LogService", "log service",
                                       _account_log_services())}
