/*-------------------------------------------------------------------------
 *
 * metadata.c
 *		Types of connectors, and packages of the Connector SDK.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn type_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY,
	 "Name of the type: what connectors have as service."},
	{"name", FTX_TEXT, "name", 0, "Name for people."},
	{"type", FTX_TEXT, "type", 0,
	 "Kind of source, such as Database, File or Marketing."},
	{"description", FTX_TEXT, "description", 0, "What it connects to."},
	{"icons", FTX_TEXT_ARRAY, "icons", 0, "Addresses of its icons."},
	{"icon_url", FTX_TEXT, "icon_url", 0, "Address of its icon."},
	{"link_to_docs", FTX_TEXT, "link_to_docs", 0, "Its documentation."},
	{"link_to_erd", FTX_TEXT, "link_to_erd", 0, "Diagram of its tables."},
	{"connector_class", FTX_TEXT, "connector_class", 0, "standard or lite."},
	{"supported_features", FTX_JSONB, "supported_features", 0,
	 "Array of id and notes: CAPTURE_DELETES, HISTORY, RE_SYNC, ..."},
	{"service_status", FTX_TEXT, "service_status", 0,
	 "general_availability, beta, private_preview, sunset or development."},
	{"service_status_updated_at", FTX_TEXT, "service_status_updated_at", 0,
	 "Day on which that changed; text, as the API has dates and times here."},
	FTX_ATTRS,
};

const FtxResource ftx_connector_types = {
	.name = "connector_types",
	.comment = "Types of connectors that Fivetran has.",
	.list = "/v1/metadata/connector-types",
	.paged = true,
	.detail = "/v1/metadata/connector-types/{id}",
	FTX_COLUMNS(type_columns),
	.typical_rows = 800,
};

static const FtxLink type_link[] = {
	{"service", "id"},
};

static const FtxColumn config_columns[] = {
	{"service", FTX_TEXT, NULL, FTX_KEY | FTX_PARENT, "Name of the type."},
	{"config", FTX_JSONB, "config", 0,
	 "What the config of such a connector has: types, titles, descriptions, which are required."},
	{"auth", FTX_JSONB, "auth", 0, "The same of its auth."},
	{"external_secrets_keys_config", FTX_JSONB, "external_secrets_keys_config",
	 0, "The same of its external_secrets_keys_config."},
	FTX_ATTRS,
};

const FtxResource ftx_connector_type_configs = {
	.name = "connector_type_configs",
	.comment =
		"What the configuration of each type of connector has: one call per type, so name the service.",
	.detail = "/v1/metadata/connector-types/{service}",
	.object_id = "id",
	.parent = "connector_types",
	FTX_LINKS(type_link),
	FTX_COLUMNS(config_columns),
	.typical_rows = 800,
};

static const FtxColumn package_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the package."},
	{"connection_id", FTX_TEXT, "connection_id", 0,
	 "Connector that uses it; null until one does."},
	{"file_sha256_hash", FTX_TEXT, "file_sha256_hash", 0,
	 "SHA-256 digest of the file."},
	{"created_by", FTX_TEXT, "created_by", 0, "User who uploaded it."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0, "When it was uploaded."},
	{"last_updated_by", FTX_TEXT, "last_updated_by", 0,
	 "User who replaced its file last."},
	{"updated_at", FTX_TIMESTAMPTZ, "updated_at", 0,
	 "When its file was replaced last."},
	FTX_ATTRS,
};

const FtxResource ftx_connector_sdk_packages = {
	.name = "connector_sdk_packages",
	.comment =
		"Packages of the Connector SDK. fivetrex_upload_sdk_package() makes one.",
	.list = "/v1/connector-sdk/packages",
	.paged = true,
	.detail = "/v1/connector-sdk/packages/{id}",
	.remove = "/v1/connector-sdk/packages/{id}",
	FTX_COLUMNS(package_columns),
	.typical_rows = 10,
};
