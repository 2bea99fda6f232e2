"""Seed data of users' and teams' memberships, keys, log services and networks.

What connections and destinations use of these, data.py says in their own
members (proxy_agent_id and so on); the usage lists are made from that.
"""
import data
from data import timestamp

ENTITIES = {"teams": ("NotFound_Team", "team"),
            "roles": ("NotFound_Role", "role"),
            "system_keys": ("NotFound_SystemKey", "system key"),
            "api_keys": ("NotFound_ApiKey", "API key of user"),
            "log_services": ("NotFound_LogService", "log service"),
            "account_log_services": ("NotFound_LogService", "log service"),
            "secrets_managers": ("NotFound_ExternalSecretsManager", "external secrets manager"),
            "private_links": ("NotFound_PrivateLink", "private link"),
            "proxy_agents": ("NotFound_ProxyAgent", "proxy agent"),
            "hybrid_agents": ("NotFound_RemoteExecutionAgent", "hybrid deployment agent")}
KEYS = {"roles": "name", "api_keys": "user_id"}
LIST_OMITS = {"log_services": ("config", "setup_tests"), "secrets_managers": ("config",),
              "system_keys": ("permissions",), "proxy_agents": ("usage",)}
DETAIL_OMITS = {"proxy_agents": ("connector_count", "destination_count")}

# Name, scopes, custom, deprecated, replacement.
_ROLES = [
    ("Account Administrator", ["ACCOUNT"], False, False, None),
    ("Account Analyst", ["ACCOUNT"], False, False, None),
    ("Account Reviewer", ["ACCOUNT"], False, False, None),
    ("Destination Administrator", ["DESTINATION"], False, True, "Manage Destination"),
    ("Manage Destination", ["DESTINATION"], False, False, None),
    ("View Destination", ["DESTINATION"], False, False, None),
    ("Edit Connection", ["CONNECTOR"], False, False, None),
    ("Manage Connection", ["CONNECTOR"], False, False, None),
    ("View Connection", ["CONNECTOR"], False, None, None),
    ("Team Manager", ["TEAM"], False, False, None),
    ("Team Member", ["TEAM"], False, False, None),
    ("Données – lecture", ["ACCOUNT", "DESTINATION", "CONNECTOR"], True, False, None),
]

_TEAMS = [
    ("team_analytics", "Analytics", "Reports & models", "Account Analyst"),
    ("team_platform", "Platform", "Runs the warehouse", "Account Administrator"),
    ("team_finance", "Finance", None, "Account Reviewer"),
    ("team_marketing", "Marketing", "Größe – 北京", "Account Reviewer"),
    ("team_sales", "Sales", "", None),
    ("team_support", "Support", "Second level", "Données – lecture"),
    ("team_audit", "Audit", "Outside auditors", "Account Reviewer"),
    ("team_empty", "Nobody", "Has neither users nor memberships", None),
]

_PERMISSIONS = [
    [{"resource_type": "ACCOUNT", "access_level": "MANAGE"}],
    [{"resource_type": "CONNECTOR", "access_level": "MANAGE",
      "resource_filter": {"ids": ["assimilate_seem"], "group_ids": ["decent_dropsy"]}}],
    [{"resource_type": "DESTINATION", "access_level": "READ",
      "resource_filter": {"ids": ["decent_dropsy", "opaque_lantern"], "group_ids": []}},
     {"resource_type": "TRANSFORMATION", "access_level": "READ"}],
    [{"resource_type": "USER", "access_level": "READ"},
     {"resource_type": "TEAM", "access_level": "MANAGE"}],
    [],
]

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

# Members of a secrets manager's configuration that its type needs.
MANAGER_NEEDS = {"AWS_SECRET_MANAGER": ["role_arn"], "AZURE_KEY_VAULT": ["vault_url"],
                 "HASHICORP_VAULT": ["vault_address"]}

# Members of a private link's configuration: those it needs, those it may have.
_WORKSPACE = (["connection_service_id", "workspace_url"], [])
_SERVICE_ID = (["connection_service_id"], [])
PRIVATE_LINKS = {
    "DATABRICKS_AWS": (["connection_service_name"], []),
    "SOURCE_AWS": (["connection_service_name"], []),
    "SNOWFLAKE_AWS": (["account_url", "vpce_id"], []),
    "REDSHIFT_AWS": (["aws_account_id", "cluster_identifier"], []),
    "DATABRICKS_AZURE": _WORKSPACE, "DATABRICKS_GCP": _WORKSPACE,
    "SNOWFLAKE_AZURE": (["account_url", "pls_id"], []),
    "SNOWFLAKE_GCP": (["account_url", "pls_id"], []),
    "ONELAKE_AZURE": _SERVICE_ID, "POSTGRES_WAREHOUSE_AZURE": _SERVICE_ID,
    "SQL_DATA_WAREHOUSE_AZURE": _SERVICE_ID,
    "SOURCE_AZURE": (["connection_service_id", "sub_resource_name"], ["private_dns_records"]),
    "SOURCE_GCP": (["private_connection_service_id"], []),
}


def _roles():
    return [{"name": name, "description": "May what %s may" % name, "scope": scope,
             "is_custom": custom, "is_deprecated": deprecated,
             "replacement_role_name": replacement}
            for name, scope, custom, deprecated, replacement in _ROLES]


def _system_keys():
    """One never expires, one has expired, one was never used."""
    names = ["dev", "prod_key", "ci", "terraform", "unused"]
    return [{"id": "syskey_%s" % data.NOUNS[i], "name": name, "key": "sk%014d" % (i * 7919),
             "permissions": _PERMISSIONS[i], "created_at": timestamp(86400 * (20 + i), 3),
             "updated_at": timestamp(86400 * (30 + i), 6),
             "expired_at": None if i == 0 else timestamp(86400 * (31 if i == 3 else 240 + i), 3),
             "last_used_at": None if i == 4 else timestamp(86400 * (200 + i), 0)}
            for i, name in enumerate(names)]


def _api_keys():
    result = []
    for i, user in enumerate(u for u in data.USERS if u["has_api_key"]):
        key = {"user_id": user["id"], "user_type": user["user_type"],
               "key_value": "key_%08d" % (i * 7919), "created_at": timestamp(86400 * (60 + i), 3),
               "key_status": ("ACTIVE", "ACTIVE_GRACE", "EXPIRED")[i % 3],
               "expires_at": timestamp(86400 * (90 if i % 3 == 2 else 245) + i, 3)}
        if i % 3 == 1:
            key.update(overlap_expires_at=timestamp(86400 * 248 + i, 3),
                       last_rotated_at=timestamp(86400 * 220 + i, 3))
        result.append(key)
    return result


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
    return [{"id": data.ACCOUNT["account_id"], "service": "new_relic_log", "enabled": True,
             "status": {"setup_state": "connected", "tasks": []},
             "config": {"api_key": "******", "sub_domain": "EU"}}]


def _secrets_managers():
    rows = [("lucky_tiger", "AWS_SECRET_MANAGER", "AWS secrets", False,
             {"role_arn": "arn:aws:iam::123456789012:role/secrets", "external_id": "fivetran"}),
            ("calm_otter", "AZURE_KEY_VAULT", "Azure vault", False,
             {"vault_url": "https://acme.vault.azure.net", "tenant_id": "9f1c-77"}),
            ("proud_heron", "HASHICORP_VAULT", "Vault (on premises)", True,
             {"vault_address": "https://vault.example.com:8200", "role_id": "fivetran",
              "secret_id": "******", "namespace": "data"})]
    return [{"id": i, "type": type_, "name": name, "config": config,
             "is_hybrid_deployment": hybrid, "created_at": timestamp(86400 * (40 + n), 6),
             "updated_at": timestamp(86400 * (140 + n), 6)}
            for n, (i, type_, name, hybrid, config) in enumerate(rows)]


def _private_links():
    rows = [("plink_harbor", "snowflake_link", "AWS_US_EAST_1", "SNOWFLAKE_AWS", "OK",
             {"account_url": "acme.snowflakecomputing.com", "vpce_id": "vpce-svc-0a1b2c"}),
            ("plink_strait", "source_link", "AZURE_EASTUS2", "SOURCE_AZURE", "CREATING",
             {"connection_service_id": "/subscriptions/1/pls", "sub_resource_name": "sqlServer"}),
            ("plink_reef", "gcp_source", "GCP_EUROPE_WEST3", "SOURCE_GCP", "FAIL",
             {"private_connection_service_id": "projects/acme/attachments/db"}),
            ("plink_canal", "redshift_link", "AWS_EU_CENTRAL_1", "REDSHIFT_AWS", "UPDATING",
             {"aws_account_id": "123456789012", "cluster_identifier": "warehouse"})]
    result = []
    for n, (i, name, region, service, state, config) in enumerate(rows):
        link = private_link(i, {"name": name, "region": region, "service": service}, config,
                            state, timestamp(86400 * (70 + n), 3))
        if state == "OK":
            link.update(host="%s.privatelink.example.com" % i, account_id="834469178297",
                        resource_upstream_status="available")
        result.append(link)
    return result


def private_link(link_id, body, config, state, created_at):
    return {"id": link_id, "name": body["name"], "region": body["region"],
            "service": body["service"], "state": state,
            "cloud_provider": body["service"].rpartition("_")[2], "created_at": created_at,
            "created_by": data.ACCOUNT["user_id"], "state_summary": "The state is " + state,
            "config": config}


def _proxy_agents():
    rows = [("proxy_bridge", "Bridge", "GCP_US_EAST4", "CONNECTED", "1.4.2"),
            ("proxy_tunnel", "Tunnel (DMZ)", "AWS_EU_CENTRAL_1", "NOT_CONNECTED", "1.3.0"),
            ("proxy_idle", "Idle", "AZURE_EASTUS2", "NOT_FOUND", None)]
    return [{"id": i, "account_id": data.ACCOUNT["account_id"],
             "registered_at": timestamp(86400 * (80 + n), 6), "region": region,
             "created_by": data.USERS[n]["id"], "display_name": name, "version": version,
             "status": status} for n, (i, name, region, status, version) in enumerate(rows)]


def _hybrid_agents():
    rows = [("hybrid_anvil", "decent_dropsy", "Anvil", "DOCKER", True, "2.1.0"),
            ("hybrid_forge", "projected_sickle", "Forge", "KUBERNETES", True, "2.0.7"),
            ("hybrid_ember", "decent_dropsy", "Ember", "PODMAN", False, "1.9.9")]
    return [{"id": i, "version": version, "enabled": online, "online": online,
             "display_name": name, "group_id": group_id,
             "registered_at": timestamp(86400 * (90 + n), 6), "created_by": data.USERS[n]["id"],
             "deployment_type": kind, "updated_at": timestamp(86400 * (190 + n), 6),
             "last_used_at": timestamp(86400 * (230 + n), 6) if online else None}
            for n, (i, group_id, name, kind, online, version) in enumerate(rows)]


def collections():
    return {"teams": [{"id": i, "name": name, "description": description, "role": role}
                      for i, name, description, role in _TEAMS],
            "roles": _roles(), "system_keys": _system_keys(), "api_keys": _api_keys(),
            "log_services": _log_services(), "account_log_services": _account_log_services(),
            "secrets_managers": _secrets_managers(), "private_links": _private_links(),
            "proxy_agents": _proxy_agents(), "hybrid_agents": _hybrid_agents()}


# --- memberships -------------------------------------------------------------

TEAM_ROLES = ["Team Manager", "Team Member", "Team Member"]
CONNECTION_ROLES = ["View Connection", "Edit Connection", "Manage Connection"]
DESTINATION_ROLES = ["Manage Destination", "View Destination"]


def _some(parents, children, roles, step, day):
    """Every `step`-th child, shifted by the parent."""
    return {(p, c): {"role": roles[(i + j) % len(roles)],
                     "created_at": timestamp(86400 * (day + i) + 60 * j, (0, 3, 6)[j % 3])}
            for i, p in enumerate(parents) for j, c in enumerate(children) if (i + j) % step == 0}


def _members():
    """{(parent, child): {role, created_at}} of each kind of membership."""
    users = [u["id"] for u in data.USERS]
    groups = [g[0] for g in data.GROUPS]
    teams = [team[0] for team in _TEAMS if team[0] != "team_empty"]
    named = [c[0] for c in data.NAMED]
    in_groups = {(user, group): {"role": role, "created_at": timestamp(
                     86400 * (100 + groups.index(group)) + 60 * users.index(user), 3)}
                 for group, roles in data.group_users().items() for user, role in roles.items()}
    return {("users", "groups"): in_groups,
            ("users", "connections"): _some(users[:20], named, CONNECTION_ROLES, 5, 110),
            ("teams", "users"): _some(teams, users, TEAM_ROLES, 4, 120),
            ("teams", "groups"): _some(teams, groups, DESTINATION_ROLES, 3, 130),
            ("teams", "connections"): _some(teams, named, CONNECTION_ROLES, 4, 140)}


MEMBERS = _members()
