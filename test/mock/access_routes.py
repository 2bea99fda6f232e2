"""The rows of the operations on users, teams, keys and networks (see routes.py)."""
from fields import BOOLEAN, INTEGER, OBJECT, PAGE, REGION, REQUIRED_STRING, STRING, STRINGS, \
    field, row

TEAM, USER = "/v1/teams/{teamId}", "/v1/users/{userId}"
SYSTEM_KEY, USER_KEY = "/v1/system-keys/{keyId}", USER + "/api-keys"
LOGGING, ACCOUNT_LOG = "/v1/external-logging", "/v1/external-logging/account"
MANAGER = "/v1/external-secrets-managers/{esmId}"
PRIVATE_LINK, PROXY = "/v1/private-links/{privateLinkId}", "/v1/proxy/{agentId}"
HYBRID = "/v1/hybrid-deployment-agents/{agentId}"

MEMBER, ROLE = {"id": REQUIRED_STRING, "role": REQUIRED_STRING}, {"role": REQUIRED_STRING}
TEAM_BODY = {"name": STRING, "description": STRING, "role": STRING}

EXPIRATION = field("string", enum="ONE_WEEK ONE_MONTH THREE_MONTHS SIX_MONTHS INFINITE".split())
PERMISSION = field("object", fields={
    "resource_type": field("string", enum="""ACCOUNT USER WEBHOOK TEAM ROLES DESTINATION
        TRANSFORMATION REMOTE_EXECUTION_AGENT CONNECTOR""".split()),
    "access_level": field("string", enum=["NONE", "READ", "MANAGE"]),
    "resource_filter": field("object", fields={"ids": STRINGS, "group_ids": STRINGS})})
SYSTEM_KEY_BODY = {"name": STRING, "permissions": field("array", values=PERMISSION)}

LOG_UPDATE = {"enabled": BOOLEAN, "config": OBJECT, "run_setup_tests": BOOLEAN}
MANAGER_CONFIG = {"config": field("object", True)}
MANAGER_TYPE = field("string", True, "AWS_SECRET_MANAGER AZURE_KEY_VAULT HASHICORP_VAULT".split())
LINK_SERVICE = field("string", True, """DATABRICKS_AWS SNOWFLAKE_AWS REDSHIFT_AWS SOURCE_AWS
    DATABRICKS_AZURE SNOWFLAKE_AZURE ONELAKE_AZURE POSTGRES_WAREHOUSE_AZURE
    SQL_DATA_WAREHOUSE_AZURE SOURCE_AZURE SNOWFLAKE_GCP SOURCE_GCP DATABRICKS_GCP""".split())
AUTH_TYPE = field("string", enum=["AUTO", "MANUAL"])
ENVIRONMENT = field("string", True, ["DOCKER", "PODMAN", "KUBERNETES", "SNOWPARK"])

ACCESS = [
    row("get_user_memberships_in_connections", "GET", USER + "/connections", query=PAGE),
    row("add_user_membership_in_connection", "POST", USER + "/connections", status=201,
        body=MEMBER),
    row("get_user_membership_in_connections", "GET", USER + "/connections/{connectionId}"),
    row("delete_user_membership_in_connection", "DELETE", USER + "/connections/{connectionId}"),
    row("update_user_membership_in_connection", "PATCH", USER + "/connections/{connectionId}",
        body=ROLE),
    row("get_user_memberships_in_groups", "GET", USER + "/groups", query=PAGE),
    row("add_user_membership_in_group", "POST", USER + "/groups", status=201, body=MEMBER),
    row("get_user_membership_in_group", "GET", USER + "/groups/{groupId}"),
    row("delete_user_membership_in_group", "DELETE", USER + "/groups/{groupId}"),
    row("update_user_membership_in_group", "PATCH", USER + "/groups/{groupId}", body=ROLE),
    row("delete_user_membership_in_account", "DELETE", USER + "/role"),

    row("list_api_keys", "GET", "/v1/users/api-keys", query={**PAGE, "user_type": STRING}),
    row("get_user_api_key", "GET", USER_KEY),
    row("create_user_api_key", "POST", USER_KEY, status=201,
        body={"expiration_period_days": INTEGER}),
    row("delete_user_api_keys", "DELETE", USER_KEY),
    row("rotate_user_api_key", "POST", USER_KEY + "/rotate",
        body={"expiration_period_days": INTEGER, "overlap_days": INTEGER}),

    row("list_all_teams", "GET", "/v1/teams", query=PAGE),
    row("create_team", "POST", "/v1/teams", status=201, body=TEAM_BODY),
    row("team_details", "GET", TEAM),
    row("modify_team", "PATCH", TEAM, body=TEAM_BODY),
    row("delete_team", "DELETE", TEAM),
    row("delete_team_membership_in_account", "DELETE", TEAM + "/role"),
    row("get_team_memberships_in_connections", "GET", TEAM + "/connections", query=PAGE),
    row("add_team_membership_in_connection", "POST", TEAM + "/connections", status=201,
        body=MEMBER),
    row("get_team_membership_in_connection", "GET", TEAM + "/connections/{connectionId}"),
    row("delete_team_membership_in_connection", "DELETE", TEAM + "/connections/{connectionId}"),
    row("update_team_membership_in_connection", "PATCH", TEAM + "/connections/{connectionId}",
        body=ROLE),
    row("get_team_memberships_in_groups", "GET", TEAM + "/groups", query=PAGE),
    row("add_team_membership_in_group", "POST", TEAM + "/groups", status=201, body=MEMBER),
    row("get_team_membership_in_group", "GET", TEAM + "/groups/{groupId}"),
    row("delete_team_membership_in_group", "DELETE", TEAM + "/groups/{groupId}"),
    row("update_team_membership_in_group", "PATCH", TEAM + "/groups/{groupId}", body=ROLE),
    row("list_users_in_team", "GET", TEAM + "/users", query={**PAGE, "active": BOOLEAN}),
    row("add_user_to_team", "POST", TEAM + "/users", status=201,
        body={"user_id": REQUIRED_STRING, "role": STRING}),
    row("get_user_in_team", "GET", TEAM + "/users/{userId}"),
    row("delete_user_from_team", "DELETE", TEAM + "/users/{userId}"),
    row("update_user_membership", "PATCH", TEAM + "/users/{userId}", body=ROLE),

    row("list_all_roles", "GET", "/v1/roles", query=PAGE),

    row("get_system_keys", "GET", "/v1/system-keys", query=PAGE),
    row("create_system_key", "POST", "/v1/system-keys", status=201,
        body={**SYSTEM_KEY_BODY, "expiration_period": EXPIRATION}),
    row("get_system_key_details", "GET", SYSTEM_KEY),
    row("update_system_key", "PATCH", SYSTEM_KEY, body=SYSTEM_KEY_BODY),
    row("delete_system_key", "DELETE", SYSTEM_KEY),
    row("rotate_system_key", "POST", SYSTEM_KEY + "/rotate",
        body={"expiration_period": EXPIRATION}),
]

NETWORK = [
    row("list_log_services", "GET", LOGGING, query=PAGE),
    row("add_log_service", "POST", LOGGING, status=201,
        body={**LOG_UPDATE, "group_id": STRING, "service": STRING}),
    row("get_log_service_details", "GET", LOGGING + "/{logId}"),
    row("update_log_service", "PATCH", LOGGING + "/{logId}", body=LOG_UPDATE),
    row("delete_log_service", "DELETE", LOGGING + "/{logId}"),
    row("run_setup_tests_log_service", "POST", LOGGING + "/{logId}/test"),
    row("get_account_log_service_details", "GET", ACCOUNT_LOG),
    row("add_account_log_service", "POST", ACCOUNT_LOG, status=201,
        body={**LOG_UPDATE, "service": STRING}),
    row("update_account_log_service", "PATCH", ACCOUNT_LOG, body=LOG_UPDATE),
    row("delete_account_log_service", "DELETE", ACCOUNT_LOG),
    row("run_setup_tests_account_log_service", "POST", ACCOUNT_LOG + "/test"),

    row("list_esms", "GET", "/v1/external-secrets-managers", query=PAGE),
    row("create_esm", "POST", "/v1/external-secrets-managers", status=201,
        body={**MANAGER_CONFIG, "type": MANAGER_TYPE, "name": REQUIRED_STRING,
              "is_hybrid_deployment": BOOLEAN}),
    row("get_esm_details", "GET", MANAGER),
    row("modify_esm", "PATCH", MANAGER, body=MANAGER_CONFIG),
    row("delete_esm", "DELETE", MANAGER),
    row("get_esm_entities", "GET", MANAGER + "/entities", query={"type": STRING}),
    row("list_esm_entities", "GET", "/v1/external-secrets-managers-entities",
        query={"esm_id": STRING, "type": STRING}),

    row("get_private_links", "GET", "/v1/private-links", query=PAGE),
    row("create_private_link", "POST", "/v1/private-links", status=201,
        body={"name": REQUIRED_STRING, "region": REGION._replace(required=True),
              "service": LINK_SERVICE, "config": field("object", True)}),
    row("get_private_link_details", "GET", PRIVATE_LINK),
    row("modify_private_link", "PATCH", PRIVATE_LINK, body={"config": OBJECT}),
    row("delete_private_link", "DELETE", PRIVATE_LINK),

    row("get_proxy_agent", "GET", "/v1/proxy", query=PAGE),
    row("create_proxy_agent", "POST", "/v1/proxy", status=201,
        body={"display_name": STRING, "group_region": REGION}),
    row("get_proxy_agent_details", "GET", PROXY),
    row("delete_proxy_agent", "DELETE", PROXY),
    row("get_proxy_agent_connections", "GET", PROXY + "/connections", query=PAGE),
    row("regenerate_secrets_proxy_agent", "POST", PROXY + "/regenerate-secrets"),

    row("get_hybrid_deployment_agent_list", "GET", "/v1/hybrid-deployment-agents",
        query={**PAGE, "groupId": STRING}),
    row("create_hybrid_deployment_agent", "POST", "/v1/hybrid-deployment-agents", status=201,
        body={"group_id": STRING, "display_name": REQUIRED_STRING, "env_type": ENVIRONMENT,
              "accept_terms": field("boolean", True), "auth_type": AUTH_TYPE}),
    row("get_hybrid_deployment_agent", "GET", HYBRID),
    row("delete_hybrid_deployment_agent", "DELETE", HYBRID),
    row("re_auth_hybrid_deployment_agent", "PATCH", HYBRID + "/re-auth",
        body={"auth_type": AUTH_TYPE}),
    row("reset_hybrid_deployment_agent_credentials", "POST", HYBRID + "/reset-credentials"),
]

OPERATIONS = ACCESS + NETWORK
