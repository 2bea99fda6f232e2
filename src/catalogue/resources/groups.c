/*-------------------------------------------------------------------------
 *
 * groups.c
 *		Groups: what belongs to one destination.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY,
	 "Identifier of the group; its destination has the same one."},
	{"name", FTX_TEXT, "name", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Name: letters, digits and underscores, not starting with a digit."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the group was made."},
	{"public_key", FTX_TEXT, "public_key", FTX_EXTRA_1,
	 "SSH public key of the group, to be allowed in sources."},
	{"service_account", FTX_TEXT, "service_account", FTX_EXTRA_2,
	 "Google service account of the group, to be allowed in sources."},
	FTX_ATTRS,
};

const FtxResource ftx_groups = {
	.name = "groups",
	.comment = "Groups: the connectors that load into one destination.",
	.list = "/v1/groups",
	.paged = true,
	.detail = "/v1/groups/{id}",
	.extras = {"/v1/groups/{id}/public-key", "/v1/groups/{id}/service-account"},
	.create = "/v1/groups",
	.update = "/v1/groups/{id}",
	.remove = "/v1/groups/{id}",
	FTX_COLUMNS(columns),
	.typical_rows = 100,
};
