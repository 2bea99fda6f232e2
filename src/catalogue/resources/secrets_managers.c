/*-------------------------------------------------------------------------
 *
 * secrets_managers.c
 *		External secrets managers and what takes its secrets from them.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the secrets manager."},
	{"type", FTX_TEXT, "type", FTX_CREATE | FTX_REQUIRED,
	 "AWS_SECRET_MANAGER, AZURE_KEY_VAULT or HASHICORP_VAULT."},
	{"name", FTX_TEXT, "name", FTX_CREATE | FTX_REQUIRED,
	 "Name, of which the account has only one."},
	{"is_hybrid_deployment", FTX_BOOL, "is_hybrid_deployment", FTX_CREATE,
	 "Can hybrid deployment agents use it?"},
	{"config", FTX_JSONB, "config",
	 FTX_CREATE | FTX_REQUIRED | FTX_UPDATE | FTX_LIST_MAY_OMIT | FTX_MASKED,
	 "Settings, by type, such as role_arn, vault_url or vault_address; secrets are masked."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the secrets manager was made known."},
	{"updated_at", FTX_TIMESTAMPTZ, "updated_at", 0,
	 "When its settings were last changed."},
	FTX_ATTRS,
};

const FtxResource ftx_secrets_managers = {
	.name = "secrets_managers",
	.comment =
		"External secrets managers: where connectors and destinations can keep their secrets.",
	.list = "/v1/external-secrets-managers",
	.paged = true,
	.detail = "/v1/external-secrets-managers/{id}",
	.create = "/v1/external-secrets-managers",
	.update = "/v1/external-secrets-managers/{id}",
	.remove = "/v1/external-secrets-managers/{id}",
	FTX_COLUMNS(columns),
	.typical_rows = 3,
};

/* ---------- what uses them ---------- */

static const FtxColumn entity_columns[] = {
	{"secrets_manager_id", FTX_TEXT, "secret_manager_id", 0,
	 "Secrets manager that is used."},
	{"id", FTX_TEXT, "id", FTX_KEY,
	 "Identifier of the connector or destination that uses it."},
	{"type", FTX_TEXT, "type", 0, "SOURCE (a connector) or DESTINATION."},
	{"name", FTX_TEXT, "name", 0,
	 "Schema of the connector, or name of the destination's group."},
	{"enabled", FTX_BOOL, "enabled", 0, "Is it active and connected?"},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the connector or destination was made."},
	FTX_ATTRS,
};

static const FtxFilter entity_filters[] = {
	{"secrets_manager_id", "esm_id", NULL},
};

/*
 * No child of secrets_managers: one list tells of all of them.  Its parameter
 * type takes other words than the items have, so it is no filter.
 */
const FtxResource ftx_secrets_manager_entities = {
	.name = "secrets_manager_entities",
	.comment =
		"Connectors and destinations that take their secrets from a secrets manager.",
	.list = "/v1/external-secrets-managers-entities",
	FTX_COLUMNS(entity_columns),
	FTX_FILTERS(entity_filters),
	.typical_rows = 50,
};
