/*-------------------------------------------------------------------------
 *
 * operations.c
 *		Every operation of the API: method, path and Accept version.
 *
 * From Fivetran's official API definition (179 operations on 105 paths).  The
 * names in braces are those of the definition.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/operations.h"

#include "catalogue/template.h"

#include <limits.h>
#include <string.h>

/* Rows leave out the last fields, which are seldom needed. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

const FtxOperation ftx_operations[] = {
	{FTX_GET, "/public/connector-types", FTX_V1},
	{FTX_GET, "/v1/account/info", FTX_V1},
	{FTX_POST, "/v1/certificates", FTX_V1},
	{FTX_GET, "/v1/connections", FTX_V2},
	{FTX_POST, "/v1/connections", FTX_V2},
	{FTX_GET, "/v1/connections/{connectionId}", FTX_V2},
	{FTX_PATCH, "/v1/connections/{connectionId}", FTX_V2},
	{FTX_DELETE, "/v1/connections/{connectionId}", FTX_V2},
	{FTX_GET, "/v1/connections/{connectionId}/certificates", FTX_V1},
	{FTX_POST, "/v1/connections/{connectionId}/certificates", FTX_V1},
	{FTX_GET, "/v1/connections/{connectionId}/certificates/{hash}", FTX_V1},
	{FTX_DELETE, "/v1/connections/{connectionId}/certificates/{hash}", FTX_V1},
	{FTX_POST, "/v1/connections/{connectionId}/connect-card", FTX_V2},
	{FTX_GET, "/v1/connections/{connectionId}/fingerprints", FTX_V1},
	{FTX_POST, "/v1/connections/{connectionId}/fingerprints", FTX_V1, "hash"},
	{FTX_GET, "/v1/connections/{connectionId}/fingerprints/{hash}", FTX_V1},
	{FTX_DELETE, "/v1/connections/{connectionId}/fingerprints/{hash}", FTX_V1},
	{FTX_POST, "/v1/connections/{connectionId}/move", FTX_V2},
	{FTX_GET, "/v1/connections/{connectionId}/move/{jobId}", FTX_V2},
	{FTX_POST, "/v1/connections/{connectionId}/resync", FTX_V2},
	{FTX_GET, "/v1/connections/{connectionId}/schemas", FTX_V1},
	{FTX_POST, "/v1/connections/{connectionId}/schemas", FTX_V1},
	{FTX_PATCH, "/v1/connections/{connectionId}/schemas", FTX_V1},
	{FTX_POST, "/v1/connections/{connectionId}/schemas/drop-columns", FTX_V1},
	{FTX_POST, "/v1/connections/{connectionId}/schemas/reload", FTX_V1},
	{FTX_POST, "/v1/connections/{connectionId}/schemas/tables/resync", FTX_V1},
	{FTX_PATCH, "/v1/connections/{connectionId}/schemas/{schemaName}", FTX_V1},
	{FTX_PATCH,
	 "/v1/connections/{connectionId}/schemas/{schemaName}/tables/{tableName}",
	 FTX_V1},
	{FTX_PATCH,
	 "/v1/connections/{connectionId}/schemas/{schemaName}/tables/{tableName}/columns/{columnName}",
	 FTX_V1},
	{FTX_DELETE,
	 "/v1/connections/{connectionId}/schemas/{schemaName}/tables/{tableName}/columns/{columnName}",
	 FTX_V1},
	{FTX_GET,
	 "/v1/connections/{connectionId}/schemas/{schema}/tables/{table}/columns",
	 FTX_V1},
	{FTX_GET, "/v1/connections/{connectionId}/state", FTX_V2},
	{FTX_PATCH, "/v1/connections/{connectionId}/state", FTX_V2},
	{FTX_POST, "/v1/connections/{connectionId}/sync", FTX_V2},
	{FTX_GET, "/v1/connections/{connectionId}/sync-history", FTX_V2},
	{FTX_POST, "/v1/connections/{connectionId}/test", FTX_V2},
	{FTX_GET, "/v1/connections/{connectionId}/warnings", FTX_V2},
	{FTX_DELETE, "/v1/connections/{connectionId}/warnings/{warningType}",
	 FTX_V2},
	{FTX_GET, "/v1/connector-sdk/packages", FTX_V1},
	{FTX_POST, "/v1/connector-sdk/packages", FTX_V1},
	{FTX_GET, "/v1/connector-sdk/packages/{package_id}", FTX_V1},
	{FTX_PATCH, "/v1/connector-sdk/packages/{package_id}", FTX_V1},
	{FTX_DELETE, "/v1/connector-sdk/packages/{package_id}", FTX_V1},
	{FTX_GET, "/v1/connector-sdk/packages/{package_id}/download", FTX_V1},
	{FTX_GET, "/v1/destinations", FTX_V2},
	{FTX_POST, "/v1/destinations", FTX_V2},
	{FTX_GET, "/v1/destinations/{destinationId}", FTX_V2},
	{FTX_PATCH, "/v1/destinations/{destinationId}", FTX_V2},
	{FTX_DELETE, "/v1/destinations/{destinationId}", FTX_V2},
	{FTX_GET, "/v1/destinations/{destinationId}/certificates", FTX_V1},
	{FTX_POST, "/v1/destinations/{destinationId}/certificates", FTX_V1},
	{FTX_GET, "/v1/destinations/{destinationId}/certificates/{hash}", FTX_V1},
	{FTX_DELETE, "/v1/destinations/{destinationId}/certificates/{hash}",
	 FTX_V1},
	{FTX_GET, "/v1/destinations/{destinationId}/fingerprints", FTX_V1},
	{FTX_POST, "/v1/destinations/{destinationId}/fingerprints", FTX_V1, "hash"},
	{FTX_GET, "/v1/destinations/{destinationId}/fingerprints/{hash}", FTX_V1},
	{FTX_DELETE, "/v1/destinations/{destinationId}/fingerprints/{hash}",
	 FTX_V1},
	{FTX_POST, "/v1/destinations/{destinationId}/test", FTX_V2},
	{FTX_GET, "/v1/external-logging", FTX_V1},
	{FTX_POST, "/v1/external-logging", FTX_V1},
	{FTX_GET, "/v1/external-logging/account", FTX_V1},
	{FTX_POST, "/v1/external-logging/account", FTX_V1},
	{FTX_PATCH, "/v1/external-logging/account", FTX_V1},
	{FTX_DELETE, "/v1/external-logging/account", FTX_V1},
	{FTX_POST, "/v1/external-logging/account/test", FTX_V1},
	{FTX_GET, "/v1/external-logging/{logId}", FTX_V1},
	{FTX_PATCH, "/v1/external-logging/{logId}", FTX_V1},
	{FTX_DELETE, "/v1/external-logging/{logId}", FTX_V1},
	{FTX_POST, "/v1/external-logging/{logId}/test", FTX_V1},
	{FTX_GET, "/v1/external-secrets-managers", FTX_V1},
	{FTX_POST, "/v1/external-secrets-managers", FTX_V1},
	{FTX_GET, "/v1/external-secrets-managers-entities", FTX_V1},
	{FTX_GET, "/v1/external-secrets-managers/{esmId}", FTX_V1},
	{FTX_PATCH, "/v1/external-secrets-managers/{esmId}", FTX_V1},
	{FTX_DELETE, "/v1/external-secrets-managers/{esmId}", FTX_V1},
	{FTX_GET, "/v1/external-secrets-managers/{esmId}/entities", FTX_V1},
	{FTX_GET, "/v1/groups", FTX_V1},
	{FTX_POST, "/v1/groups", FTX_V1},
	{FTX_GET, "/v1/groups/{groupId}", FTX_V1},
	{FTX_PATCH, "/v1/groups/{groupId}", FTX_V1},
	{FTX_DELETE, "/v1/groups/{groupId}", FTX_V1},
	{FTX_GET, "/v1/groups/{groupId}/connections", FTX_V1},
	{FTX_GET, "/v1/groups/{groupId}/public-key", FTX_V1},
	{FTX_GET, "/v1/groups/{groupId}/service-account", FTX_V1},
	{FTX_GET, "/v1/groups/{groupId}/users", FTX_V1},
	{FTX_POST, "/v1/groups/{groupId}/users", FTX_V1},
	{FTX_DELETE, "/v1/groups/{groupId}/users/{userId}", FTX_V1},
	{FTX_POST, "/v1/hvr/register-hub", FTX_V1},
	{FTX_GET, "/v1/hybrid-deployment-agents", FTX_V1},
	{FTX_POST, "/v1/hybrid-deployment-agents", FTX_V1},
	{FTX_GET, "/v1/hybrid-deployment-agents/{agentId}", FTX_V1},
	{FTX_DELETE, "/v1/hybrid-deployment-agents/{agentId}", FTX_V1},
	{FTX_PATCH, "/v1/hybrid-deployment-agents/{agentId}/re-auth", FTX_V1},
	{FTX_POST, "/v1/hybrid-deployment-agents/{agentId}/reset-credentials",
	 FTX_V1},
	{FTX_GET, "/v1/metadata/connector-types", FTX_V1},
	{FTX_GET, "/v1/metadata/connector-types/{service}", FTX_V1},
	{FTX_GET, "/v1/private-links", FTX_V1},
	{FTX_POST, "/v1/private-links", FTX_V1},
	{FTX_GET, "/v1/private-links/{privateLinkId}", FTX_V1},
	{FTX_PATCH, "/v1/private-links/{privateLinkId}", FTX_V1},
	{FTX_DELETE, "/v1/private-links/{privateLinkId}", FTX_V1},
	{FTX_GET, "/v1/proxy", FTX_V1},
	{FTX_POST, "/v1/proxy", FTX_V1},
	{FTX_GET, "/v1/proxy/{agentId}", FTX_V1, "id"},
	{FTX_DELETE, "/v1/proxy/{agentId}", FTX_V1},
	{FTX_GET, "/v1/proxy/{agentId}/connections", FTX_V1},
	{FTX_POST, "/v1/proxy/{agentId}/regenerate-secrets", FTX_V1},
	{FTX_GET, "/v1/roles", FTX_V1},
	{FTX_GET, "/v1/system-keys", FTX_V1},
	{FTX_POST, "/v1/system-keys", FTX_V1},
	{FTX_GET, "/v1/system-keys/{keyId}", FTX_V1},
	{FTX_PATCH, "/v1/system-keys/{keyId}", FTX_V1},
	{FTX_DELETE, "/v1/system-keys/{keyId}", FTX_V1},
	{FTX_POST, "/v1/system-keys/{keyId}/rotate", FTX_V1},
	{FTX_GET, "/v1/teams", FTX_V1},
	{FTX_POST, "/v1/teams", FTX_V1},
	{FTX_GET, "/v1/teams/{teamId}", FTX_V1},
	{FTX_PATCH, "/v1/teams/{teamId}", FTX_V1},
	{FTX_DELETE, "/v1/teams/{teamId}", FTX_V1},
	{FTX_GET, "/v1/teams/{teamId}/connections", FTX_V1},
	{FTX_POST, "/v1/teams/{teamId}/connections", FTX_V1},
	{FTX_GET, "/v1/teams/{teamId}/connections/{connectionId}", FTX_V1},
	{FTX_PATCH, "/v1/teams/{teamId}/connections/{connectionId}", FTX_V1},
	{FTX_DELETE, "/v1/teams/{teamId}/connections/{connectionId}", FTX_V1},
	{FTX_GET, "/v1/teams/{teamId}/groups", FTX_V1},
	{FTX_POST, "/v1/teams/{teamId}/groups", FTX_V1},
	{FTX_GET, "/v1/teams/{teamId}/groups/{groupId}", FTX_V1},
	{FTX_PATCH, "/v1/teams/{teamId}/groups/{groupId}", FTX_V1},
	{FTX_DELETE, "/v1/teams/{teamId}/groups/{groupId}", FTX_V1},
	{FTX_DELETE, "/v1/teams/{teamId}/role", FTX_V1},
	{FTX_GET, "/v1/teams/{teamId}/users", FTX_V1},
	{FTX_POST, "/v1/teams/{teamId}/users", FTX_V1},
	{FTX_GET, "/v1/teams/{teamId}/users/{userId}", FTX_V1},
	{FTX_PATCH, "/v1/teams/{teamId}/users/{userId}", FTX_V1},
	{FTX_DELETE, "/v1/teams/{teamId}/users/{userId}", FTX_V1},
	{FTX_GET, "/v1/transformation-projects", FTX_V1},
	{FTX_POST, "/v1/transformation-projects", FTX_V1},
	{FTX_GET, "/v1/transformation-projects/{projectId}", FTX_V1},
	{FTX_PATCH, "/v1/transformation-projects/{projectId}", FTX_V1},
	{FTX_DELETE, "/v1/transformation-projects/{projectId}", FTX_V1},
	{FTX_POST, "/v1/transformation-projects/{projectId}/test", FTX_V1},
	{FTX_GET, "/v1/transformations", FTX_V1},
	{FTX_POST, "/v1/transformations", FTX_V1},
	{FTX_GET, "/v1/transformations/package-metadata", FTX_V1},
	{FTX_GET, "/v1/transformations/package-metadata/{package_definition_id}",
	 FTX_V1},
	{FTX_GET, "/v1/transformations/{transformationId}", FTX_V1},
	{FTX_PATCH, "/v1/transformations/{transformationId}", FTX_V1},
	{FTX_DELETE, "/v1/transformations/{transformationId}", FTX_V1},
	{FTX_POST, "/v1/transformations/{transformationId}/cancel", FTX_V1},
	{FTX_POST, "/v1/transformations/{transformationId}/run", FTX_V1},
	{FTX_POST, "/v1/transformations/{transformationId}/upgrade", FTX_V1},
	{FTX_GET, "/v1/users", FTX_V1},
	{FTX_POST, "/v1/users", FTX_V1},
	{FTX_GET, "/v1/users/api-keys", FTX_V1},
	{FTX_DELETE, "/v1/users/{id}", FTX_V1},
	{FTX_GET, "/v1/users/{userId}", FTX_V1},
	{FTX_PATCH, "/v1/users/{userId}", FTX_V1},
	{FTX_GET, "/v1/users/{userId}/api-keys", FTX_V1},
	{FTX_POST, "/v1/users/{userId}/api-keys", FTX_V1},
	{FTX_DELETE, "/v1/users/{userId}/api-keys", FTX_V1},
	{FTX_POST, "/v1/users/{userId}/api-keys/rotate", FTX_V1},
	{FTX_GET, "/v1/users/{userId}/connections", FTX_V1},
	{FTX_POST, "/v1/users/{userId}/connections", FTX_V1},
	{FTX_GET, "/v1/users/{userId}/connections/{connectionId}", FTX_V1},
	{FTX_PATCH, "/v1/users/{userId}/connections/{connectionId}", FTX_V1},
	{FTX_DELETE, "/v1/users/{userId}/connections/{connectionId}", FTX_V1},
	{FTX_GET, "/v1/users/{userId}/groups", FTX_V1},
	{FTX_POST, "/v1/users/{userId}/groups", FTX_V1},
	{FTX_GET, "/v1/users/{userId}/groups/{groupId}", FTX_V1},
	{FTX_PATCH, "/v1/users/{userId}/groups/{groupId}", FTX_V1},
	{FTX_DELETE, "/v1/users/{userId}/groups/{groupId}", FTX_V1},
	{FTX_DELETE, "/v1/users/{userId}/role", FTX_V1},
	{FTX_GET, "/v1/webhooks", FTX_V1},
	{FTX_POST, "/v1/webhooks/account", FTX_V1},
	{FTX_POST, "/v1/webhooks/group/{groupId}", FTX_V1},
	{FTX_GET, "/v1/webhooks/{webhookId}", FTX_V1},
	{FTX_PATCH, "/v1/webhooks/{webhookId}", FTX_V1},
	{FTX_DELETE, "/v1/webhooks/{webhookId}", FTX_V1},
	{FTX_POST, "/v1/webhooks/{webhookId}/test", FTX_V1},
};

const int ftx_noperations = sizeof(ftx_operations) / sizeof(ftx_operations[0]);

/*
 * What the definition does not have yet, but Fivetran's own clients call.  The
 * answer of the list of columns, for up to 100 tables of a schema.
 */
static const FtxOperation newer[] = {
	{FTX_POST,
	 "/v1/connections/{connectionId}/schemas/{schema}/fetch-source-columns",
	 FTX_V1, NULL, true},
};

/*
 * The one of n operations that fits with fewest names, if it is fewer than
 * *fewest, which it then sets; else `best`.
 */
static const FtxOperation *
find_among(const FtxOperation *operations, int n, FtxMethod method,
		   const char *path, const FtxOperation *best, int *fewest)
{
	for (int i = 0; i < n; i++)
	{
		int names;

		if (operations[i].method != method)
			continue;
		names = ftx_template_fit(operations[i].path, path);
		if (names >= 0 && names < *fewest)
		{
			best = &operations[i];
			*fewest = names;
		}
	}
	return best;
}

const FtxOperation *
ftx_operation_find(FtxMethod method, const char *path)
{
	int fewest = INT_MAX;
	const FtxOperation *best = find_among(ftx_operations, ftx_noperations,
										  method, path, NULL, &fewest);

	return find_among(newer, sizeof(newer) / sizeof(newer[0]), method, path,
					  best, &fewest);
}

bool
ftx_operation_reads(FtxMethod method, const char *path)
{
	const FtxOperation *operation;

	if (method == FTX_GET)
		return true;
	operation = ftx_operation_find(method, path);
	return operation != NULL && operation->reads;
}

const char *
ftx_accept_value(FtxAccept accept)
{
	return accept == FTX_V2 ? "application/json;version=2" : "application/json";
}

/* Operations that count against a second limit, if asked to (setup tests). */
static const struct
{
	FtxMethod method;
	const char *path;
	const char *budget;
} budgets[] = {
	{FTX_POST, "/v1/connections", "setup tests"},
	{FTX_PATCH, "/v1/connections/{id}", "setup tests"},
	{FTX_POST, "/v1/connections/{id}/test", "setup tests"},
	{FTX_POST, "/v1/destinations", "setup tests"},
	{FTX_PATCH, "/v1/destinations/{id}", "setup tests"},
	{FTX_POST, "/v1/destinations/{id}/test", "setup tests"},
	{FTX_POST, "/v1/connections/{id}/schemas/reload", "source interactions"},
	{FTX_GET, "/v1/connections/{id}/schemas/{schema}/tables/{table}/columns",
	 "source interactions"},
	{FTX_POST, "/v1/users", "user creation"},
	{FTX_POST, "/v1/private-links", "private link creation"},
};

const char *
ftx_operation_budget(const FtxOperation *operation)
{
	for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++)
	{
		if (budgets[i].method == operation->method &&
			ftx_template_same(budgets[i].path, operation->path))
			return budgets[i].budget;
	}
	return NULL;
}
