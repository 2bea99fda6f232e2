"""Destinations."""
from seed.groups import GROUPS
from seed.names import Collection

DESTINATION_SERVICES = ["snowflake", "big_query", "redshift", "databricks",
                        "postgres_warehouse", "managed_data_lake", "azure_sql_data_warehouse"]


def destinations():
    result = []
    for i, (group_id, _, _, service) in enumerate(GROUPS):
        if service is None:
            continue
        result.append({
            "id": group_id, "group_id": group_id, "service": service,
            "region": ("GCP_US_EAST4", "AWS_EU_CENTRAL_1", "AZURE_EASTUS2")[i % 3],
            "time_zone_offset": ("-5", "0", "+1")[i % 3],
            "setup_status": ("connected", "connected", "incomplete", "broken")[i % 4],
            "daylight_saving_time_enabled": i % 2 == 0, "networking_method": "Directly",
            "private_link_id": None, "hybrid_deployment_agent_id": None,
            "config": {"host": "%s.example.com" % service, "port": "443", "database": "fivetran",
                       "auth": "PASSWORD", "user": "fivetran_user", "password": "******"},
            "external_secrets_keys_config": {},
        })
        if group_id == "stoic_pebble":
            result[-1].update(networking_method="ProxyAgent", proxy_agent_id="proxy_bridge")
        if group_id == "lucid_orchard":
            result[-1].update(external_secrets_manager_id="calm_otter",
                              external_secrets_keys_config={"password": "redshift"})
    return result


COLLECTIONS = {
    "destinations": Collection("NotFound_Destination", "destination", destinations(),
                               list_omits=("config", "setup_tests",
                                           "external_secrets_keys_config"))}
