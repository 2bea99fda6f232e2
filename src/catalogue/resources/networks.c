/*-------------------------------------------------------------------------
 *
 * networks.c
 *		Private links, proxy agents and hybrid deployment agents.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn link_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the private link."},
	{"name", FTX_TEXT, "name", FTX_CREATE | FTX_REQUIRED,
	 "Name of the private link."},
	{"region", FTX_TEXT, "region", FTX_CREATE | FTX_REQUIRED,
	 "Region where data is processed, such as AWS_US_EAST_1."},
	{"service", FTX_TEXT, "service", FTX_CREATE | FTX_REQUIRED,
	 "What it leads to, and in which cloud, such as SNOWFLAKE_AWS or SOURCE_AZURE."},
	{"cloud_provider", FTX_TEXT, "cloud_provider", 0, "AWS, GCP or AZURE."},
	{"state", FTX_TEXT, "state", 0,
	 "CREATING, UPDATING, DESTROYING, OK or FAIL; while work goes on changes are refused."},
	{"state_summary", FTX_TEXT, "state_summary", 0, "The state in words."},
	{"resource_upstream_status", FTX_TEXT, "resource_upstream_status", 0,
	 "State of the link as the cloud provider tells it."},
	{"host", FTX_TEXT, "host", 0,
	 "DNS name of the link, which connectors and destinations use as host."},
	{"account_id", FTX_TEXT, "account_id", 0, "Account at the cloud provider."},
	{"config", FTX_JSONB, "config",
	 FTX_CREATE | FTX_REQUIRED | FTX_UPDATE | FTX_LIST_MAY_OMIT,
	 "Settings, by service, such as connection_service_name or vpce_id."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0, "When the link was made."},
	{"created_by", FTX_TEXT, "created_by", 0, "Who made the link."},
	FTX_ATTRS,
};

const FtxResource ftx_private_links = {
	.name = "private_links",
	.comment =
		"Private links: ways to sources and destinations within a cloud.",
	.list = "/v1/private-links",
	.paged = true,
	.detail = "/v1/private-links/{id}",
	.create = "/v1/private-links",
	.update = "/v1/private-links/{id}",
	.remove = "/v1/private-links/{id}",
	FTX_COLUMNS(link_columns),
	.typical_rows = 10,
};

/* ---------- proxy agents ---------- */

static const FtxColumn proxy_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the proxy agent."},
	{"display_name", FTX_TEXT, "display_name", FTX_CREATE | FTX_REQUIRED,
	 "Name of the proxy agent."},
	{"region", FTX_TEXT, "region", FTX_CREATE,
	 "Region that it connects to, such as GCP_US_EAST4.", "group_region"},
	{"account_id", FTX_TEXT, "account_id", 0, "Fivetran account."},
	{"version", FTX_TEXT, "version", 0, "Version of the program."},
	{"status", FTX_TEXT, "status", 0, "CONNECTED, NOT_CONNECTED or NOT_FOUND."},
	{"connector_count", FTX_INT4, "connector_count", FTX_LIST_ONLY,
	 "How many connectors use it."},
	{"destination_count", FTX_INT4, "destination_count", FTX_LIST_ONLY,
	 "How many destinations use it."},
	{"usage", FTX_JSONB, "usage", FTX_DETAIL,
	 "What uses it: an array of id, schema (null for destinations), service."},
	{"registered_at", FTX_TIMESTAMPTZ, "registered_at", 0,
	 "When the proxy agent was made."},
	{"created_by", FTX_TEXT, "created_by", 0, "User who made it."},
	{"auth_token", FTX_TEXT, "auth_token", FTX_ONE_TIME,
	 "Token that it proves itself with; told by the creation only."},
	{"client_cert", FTX_TEXT, "client_cert", FTX_ONE_TIME,
	 "Certificate that it proves itself with; told by the creation only."},
	{"client_private_key", FTX_TEXT, "client_private_key", FTX_ONE_TIME,
	 "Private key of the certificate; told by the creation only."},
	{"orchestrator_host", FTX_TEXT, "orchestrator_host", FTX_ANSWER_ONLY,
	 "Host at Fivetran that it connects to; told by the creation only."},
	{"orchestrator_port", FTX_INT4, "orchestrator_port", FTX_ANSWER_ONLY,
	 "Port at Fivetran that it connects to; told by the creation only."},
	FTX_ATTRS,
};

const FtxResource ftx_proxy_agents = {
	.name = "proxy_agents",
	.comment =
		"Proxy agents: programs in your network that sources are reached through.",
	.list = "/v1/proxy",
	.paged = true,
	.detail = "/v1/proxy/{id}",
	.create = "/v1/proxy",
	.remove = "/v1/proxy/{id}",
	.created_key = "agent_id",
	FTX_COLUMNS(proxy_columns),
	.typical_rows = 5,
};

static const FtxColumn proxy_connector_columns[] = {
	{"proxy_agent_id", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT, "Proxy agent."},
	{"connector_id", FTX_TEXT, "connection_id", FTX_KEY,
	 "Connector that is reached through it."},
	FTX_ATTRS,
};

static const FtxLink proxy_connector_links[] = {
	{"proxy_agent_id", "id"},
};

const FtxResource ftx_proxy_agent_connectors = {
	.name = "proxy_agent_connectors",
	.alias = "proxy_agent_connections",
	.comment = "Connectors that are reached through each proxy agent.",
	.list = "/v1/proxy/{proxy_agent_id}/connections",
	.paged = true,
	.parent = "proxy_agents",
	FTX_LINKS(proxy_connector_links),
	FTX_COLUMNS(proxy_connector_columns),
	.typical_rows = 20,
};

/* ---------- hybrid deployment agents ---------- */

static const FtxColumn hybrid_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the agent."},
	{"display_name", FTX_TEXT, "display_name", FTX_CREATE | FTX_REQUIRED,
	 "Name of the agent."},
	{"group_id", FTX_TEXT, "group_id", FTX_CREATE, "Group that it works for."},
	{"deployment_type", FTX_TEXT, "deployment_type", FTX_CREATE | FTX_REQUIRED,
	 "What it runs in: DOCKER, PODMAN, KUBERNETES or SNOWPARK.", "env_type"},
	{"version", FTX_TEXT, "version", 0, "Version of the agent."},
	{"enabled", FTX_BOOL, "enabled", 0, "Is the agent enabled?"},
	{"online", FTX_BOOL, "online", 0, "Is the agent connected to Fivetran?"},
	{"usage", FTX_JSONB, "usage", 0,
	 "Connectors that use it: an array of connection_id, schema, service."},
	{"registered_at", FTX_TIMESTAMPTZ, "registered_at", 0,
	 "When the agent was made."},
	{"created_by", FTX_TEXT, "created_by", 0, "User who made the agent."},
	{"updated_at", FTX_TIMESTAMPTZ, "updated_at", 0,
	 "When the agent was last changed."},
	{"last_used_at", FTX_TIMESTAMPTZ, "last_used_at", 0,
	 "When the agent was last used; null for never."},
	{"token", FTX_TEXT, "token", FTX_ONE_TIME | FTX_EITHER,
	 "Token of an agent with auth_type AUTO, base64; told by the creation only."},
	{"files", FTX_JSONB, "files", FTX_ONE_TIME | FTX_EITHER,
	 "Files of an agent with auth_type MANUAL, base64; told by the creation only."},
	{"auth_type", FTX_TEXT, NULL, FTX_WRITE_ONLY | FTX_CREATE,
	 "How it proves itself: AUTO (a token) or MANUAL (files)."},
	{"accept_terms", FTX_BOOL, NULL, FTX_WRITE_ONLY | FTX_CREATE | FTX_REQUIRED,
	 "Accept Fivetran's On-Prem Software License Addendum? Must be true."},
	FTX_ATTRS,
};

static const FtxFilter hybrid_filters[] = {
	{"group_id", "groupId", NULL},
};

const FtxResource ftx_hybrid_agents = {
	.name = "hybrid_agents",
	.comment =
		"Hybrid deployment agents: programs in your network that process data there.",
	.list = "/v1/hybrid-deployment-agents",
	.paged = true,
	.detail = "/v1/hybrid-deployment-agents/{id}",
	.create = "/v1/hybrid-deployment-agents",
	.remove = "/v1/hybrid-deployment-agents/{id}",
	FTX_COLUMNS(hybrid_columns),
	FTX_FILTERS(hybrid_filters),
	.typical_rows = 10,
};
