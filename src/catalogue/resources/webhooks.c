/*-------------------------------------------------------------------------
 *
 * webhooks.c
 *		Webhooks of the account and of groups.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the webhook."},
	{"type", FTX_TEXT, "type", 0, "account or group."},
	{"group_id", FTX_TEXT, "group_id", FTX_CREATE,
	 "Group whose events are sent; null for those of the account."},
	{"url", FTX_TEXT, "url", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Address that events are sent to; https only."},
	{"events", FTX_TEXT_ARRAY, "events", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Events that are sent, such as sync_start and sync_end."},
	{"active", FTX_BOOL, "active", FTX_CREATE | FTX_UPDATE, "Are events sent?"},
	{"secret", FTX_TEXT, "secret", FTX_CREATE | FTX_UPDATE | FTX_MASKED,
	 "Key of the signatures of deliveries; reads give ******."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the webhook was made."},
	{"created_by", FTX_TEXT, "created_by", 0, "User who made the webhook."},
	FTX_ATTRS,
};

static const char *const routes[] = {"account", "group", NULL};

const FtxResource ftx_webhooks = {
	.name = "webhooks",
	.comment = "Webhooks: where events of the account or of a group are sent.",
	.list = "/v1/webhooks",
	.paged = true,
	.literal_routes = routes,
	.detail = "/v1/webhooks/{id}",
	.create = "/v1/webhooks/account",
	.create_in = "/v1/webhooks/group/{group_id}",
	.update = "/v1/webhooks/{id}",
	.remove = "/v1/webhooks/{id}",
	FTX_COLUMNS(columns),
	.typical_rows = 20,
};
