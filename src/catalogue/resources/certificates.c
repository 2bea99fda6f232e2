/*-------------------------------------------------------------------------
 *
 * certificates.c
 *		Certificates and SSH fingerprints that connectors and destinations
 *		trust.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxLink connector_link[] = {
	{"connector_id", "id"},
};

static const FtxLink destination_link[] = {
	{"destination_id", "id"},
};

#define PARENT (FTX_KEY | FTX_PARENT | FTX_CREATE | FTX_REQUIRED)
#define GIVEN (FTX_CREATE | FTX_REQUIRED)

/* clang-format off */
#define CERTIFICATE_COLUMNS \
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the certificate: its hash in base64url."}, \
	{"hash", FTX_TEXT, "hash", GIVEN, "Hash of the certificate."}, \
	{"name", FTX_TEXT, "name", 0, "Name of the certificate."}, \
	{"type", FTX_TEXT, "type", 0, "Type of the certificate, such as X.509."}, \
	{"sha1", FTX_TEXT, "sha1", 0, "SHA-1 digest."}, \
	{"sha256", FTX_TEXT, "sha256", 0, "SHA-256 digest."}, \
	{"public_key", FTX_TEXT, "public_key", 0, "Public key of the certificate."}, \
	{"validated_by", FTX_TEXT, "validated_by", 0, "User who approved it."}, \
	{"validated_date", FTX_TIMESTAMPTZ, "validated_date", 0, "When it was approved."}, \
	{"encoded_cert", FTX_TEXT, NULL, FTX_WRITE_ONLY | GIVEN, "The certificate in base64."}, \
	FTX_ATTRS

#define FINGERPRINT_COLUMNS \
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the fingerprint: its hash in base64url."}, \
	{"hash", FTX_TEXT, "hash", GIVEN, "Hash of the key."}, \
	{"public_key", FTX_TEXT, "public_key", GIVEN, "The SSH public key."}, \
	{"validated_by", FTX_TEXT, "validated_by", 0, "User who approved it."}, \
	{"validated_date", FTX_TIMESTAMPTZ, "validated_date", 0, "When it was approved."}, \
	FTX_ATTRS

static const FtxColumn connector_certificate_columns[] = {
	{"connector_id", FTX_TEXT, NULL, PARENT, "Connector."},
	CERTIFICATE_COLUMNS,
};

static const FtxColumn connector_fingerprint_columns[] = {
	{"connector_id", FTX_TEXT, NULL, PARENT, "Connector."},
	FINGERPRINT_COLUMNS,
};

static const FtxColumn destination_certificate_columns[] = {
	{"destination_id", FTX_TEXT, NULL, PARENT, "Destination."},
	CERTIFICATE_COLUMNS,
};

static const FtxColumn destination_fingerprint_columns[] = {
	{"destination_id", FTX_TEXT, NULL, PARENT, "Destination."},
	FINGERPRINT_COLUMNS,
};
/* clang-format on */

const FtxResource ftx_connector_certificates = {
	.name = "connector_certificates",
	.comment =
		"Certificates that are approved for connectors: INSERT approves, DELETE revokes.",
	.list = "/v1/connections/{connector_id}/certificates",
	.paged = true,
	.detail = "/v1/connections/{connector_id}/certificates/{id}",
	.parent = "connectors",
	FTX_LINKS(connector_link),
	.create = "/v1/connections/{connector_id}/certificates",
	.remove = "/v1/connections/{connector_id}/certificates/{id}",
	FTX_COLUMNS(connector_certificate_columns),
	.typical_rows = 500,
};

const FtxResource ftx_connector_fingerprints = {
	.name = "connector_fingerprints",
	.comment =
		"SSH fingerprints that are approved for connectors: INSERT approves, DELETE revokes.",
	.list = "/v1/connections/{connector_id}/fingerprints",
	.paged = true,
	.detail = "/v1/connections/{connector_id}/fingerprints/{id}",
	.parent = "connectors",
	FTX_LINKS(connector_link),
	.create = "/v1/connections/{connector_id}/fingerprints",
	.remove = "/v1/connections/{connector_id}/fingerprints/{id}",
	FTX_COLUMNS(connector_fingerprint_columns),
	.typical_rows = 500,
};

const FtxResource ftx_destination_certificates = {
	.name = "destination_certificates",
	.comment =
		"Certificates that are approved for destinations: INSERT approves, DELETE revokes.",
	.list = "/v1/destinations/{destination_id}/certificates",
	.paged = true,
	.detail = "/v1/destinations/{destination_id}/certificates/{id}",
	.parent = "destinations",
	FTX_LINKS(destination_link),
	.create = "/v1/destinations/{destination_id}/certificates",
	.remove = "/v1/destinations/{destination_id}/certificates/{id}",
	FTX_COLUMNS(destination_certificate_columns),
	.typical_rows = 100,
};

const FtxResource ftx_destination_fingerprints = {
	.name = "destination_fingerprints",
	.comment =
		"SSH fingerprints that are approved for destinations: INSERT approves, DELETE revokes.",
	.list = "/v1/destinations/{destination_id}/fingerprints",
	.paged = true,
	.detail = "/v1/destinations/{destination_id}/fingerprints/{id}",
	.parent = "destinations",
	FTX_LINKS(destination_link),
	.create = "/v1/destinations/{destination_id}/fingerprints",
	.remove = "/v1/destinations/{destination_id}/fingerprints/{id}",
	FTX_COLUMNS(destination_fingerprint_columns),
	.typical_rows = 100,
};
