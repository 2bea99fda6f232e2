"""Private links, proxy agents, hybrid deployment agents."""
from seed.account import ACCOUNT
from seed.names import Collection, timestamp
from seed.users import USERS

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
            "created_by": ACCOUNT["user_id"], "state_summary": "The state is " + state,
            "config": config}


def _proxy_agents():
    rows = [("proxy_bridge", "Bridge", "GCP_US_EAST4", "CONNECTED", "1.4.2"),
            ("proxy_tunnel", "Tunnel (DMZ)", "AWS_EU_CENTRAL_1", "NOT_CONNECTED", "1.3.0"),
            ("proxy_idle", "Idle", "AZURE_EASTUS2", "NOT_FOUND", None)]
    return [{"id": i, "account_id": ACCOUNT["account_id"],
             "registered_at": timestamp(86400 * (80 + n), 6), "region": region,
             "created_by": USERS[n]["id"], "display_name": name, "version": version,
             "status": status} for n, (i, name, region, status, version) in enumerate(rows)]


def _hybrid_agents():
    rows = [("hybrid_anvil", "decent_dropsy", "Anvil", "DOCKER", True, "2.1.0"),
            ("hybrid_forge", "projected_sickle", "Forge", "KUBERNETES", True, "2.0.7"),
            ("hybrid_ember", "decent_dropsy", "Ember", "PODMAN", False, "1.9.9")]
    return [{"id": i, "version": version, "enabled": online, "online": online,
             "display_name": name, "group_id": group_id,
             "registered_at": timestamp(86400 * (90 + n), 6), "created_by": USERS[n]["id"],
             "deployment_type": kind, "updated_at": timestamp(86400 * (190 + n), 6),
             "last_used_at": timestamp(86400 * (230 + n), 6) if online else None}
            for n, (i, group_id, name, kind, online, version) in enumerate(rows)]


COLLECTIONS = {
    "private_links": Collection("NotFound_PrivateLink", "private link", _private_links()),
    "proxy_agents": Collection("NotFound_ProxyAgent", "proxy agent", _proxy_agents(),
                               list_omits=("usage",),
                               detail_omits=("connector_count", "destination_count")),
    "hybrid_agents": Collection("NotFound_RemoteExecutionAgent", "hybrid deployment agent",
                                _hybrid_agents())}
