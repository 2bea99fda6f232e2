/*-------------------------------------------------------------------------
 *
 * users.c
 *		Users, what they may see of groups and connectors, and their API keys.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn user_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the user."},
	{"email", FTX_TEXT, "email", FTX_CREATE | FTX_REQUIRED,
	 "Address that the invitation goes to; null for service accounts without one."},
	{"given_name", FTX_TEXT, "given_name",
	 FTX_CREATE | FTX_REQUIRED | FTX_UPDATE, "First name."},
	{"family_name", FTX_TEXT, "family_name",
	 FTX_CREATE | FTX_REQUIRED | FTX_UPDATE, "Last name."},
	{"role", FTX_TEXT, "role", FTX_CREATE | FTX_UPDATE,
	 "Account role, as roles.name; null without one. Nobody changes their own."},
	{"user_type", FTX_TEXT, "user_type", FTX_CREATE,
	 "REGULAR_USER (a person) or SERVICE_ACCOUNT (a program: API only)."},
	{"active", FTX_BOOL, "active", 0,
	 "May the user log in? False when suspended."},
	{"verified", FTX_BOOL, "verified", 0,
	 "Has the user confirmed the email address?"},
	{"invited", FTX_BOOL, "invited", 0,
	 "Has the user been invited to the account?"},
	{"has_api_key", FTX_BOOL, "has_api_key", 0,
	 "Does the user have an API key, be it expired?"},
	{"phone", FTX_TEXT, "phone", FTX_CREATE | FTX_UPDATE, "Phone number."},
	{"picture", FTX_TEXT, "picture", FTX_CREATE | FTX_UPDATE,
	 "Picture: an address, or the image itself as a data URI."},
	{"logged_in_at", FTX_TIMESTAMPTZ, "logged_in_at", 0,
	 "Last login; null before the first."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0, "When the user was made."},
	FTX_ATTRS,
};

static const char *const user_types[] = {"REGULAR_USER", "SERVICE_ACCOUNT",
										 NULL};

static const FtxFilter user_filters[] = {
	{"active", "active", ftx_booleans},
	{"user_type", "user_type", user_types},
	{"has_api_key", "has_api_key", ftx_booleans},
};

/* /v1/users/api-keys is the list of API keys. */
static const char *const user_routes[] = {"api-keys", NULL};

const FtxResource ftx_users = {
	.name = "users",
	.comment = "Users of the account, service accounts included.",
	.list = "/v1/users",
	.paged = true,
	.detail = "/v1/users/{id}",
	.create = "/v1/users",
	.update = "/v1/users/{id}",
	.remove = "/v1/users/{id}",
	FTX_COLUMNS(user_columns),
	FTX_FILTERS(user_filters),
	.literal_routes = user_routes,
	.typical_rows = 100,
};

/* ---------- memberships ---------- */

static const FtxLink user_links[] = {
	{"user_id", "id"},
};

static const FtxColumn group_columns[] = {
	{"user_id", FTX_TEXT, NULL,
	 FTX_KEY | FTX_PARENT | FTX_CREATE | FTX_REQUIRED, "User."},
	{"group_id", FTX_TEXT, "id", FTX_KEY | FTX_CREATE | FTX_REQUIRED,
	 "Group that the user may see.", "id"},
	{"role", FTX_TEXT, "role", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Role in the group: a roles.name with scope DESTINATION."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the user got access to the group."},
	FTX_ATTRS,
};

const FtxResource ftx_user_groups = {
	.name = "user_groups",
	.comment = "Groups that each user has a role in.",
	.list = "/v1/users/{user_id}/groups",
	.paged = true,
	.detail = "/v1/users/{user_id}/groups/{group_id}",
	.parent = "users",
	FTX_LINKS(user_links),
	.create = "/v1/users/{user_id}/groups",
	.update = "/v1/users/{user_id}/groups/{group_id}",
	.remove = "/v1/users/{user_id}/groups/{group_id}",
	FTX_COLUMNS(group_columns),
	.typical_rows = 300,
};

static const FtxColumn connector_columns[] = {
	{"user_id", FTX_TEXT, NULL,
	 FTX_KEY | FTX_PARENT | FTX_CREATE | FTX_REQUIRED, "User."},
	{"connector_id", FTX_TEXT, "id", FTX_KEY | FTX_CREATE | FTX_REQUIRED,
	 "Connector that the user may see.", "id"},
	{"role", FTX_TEXT, "role", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Role on the connector: a roles.name with scope CONNECTOR."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the user got access to the connector."},
	FTX_ATTRS,
};

const FtxResource ftx_user_connectors = {
	.name = "user_connectors",
	.alias = "user_connections",
	.comment = "Connectors that each user has a role on.",
	.list = "/v1/users/{user_id}/connections",
	.paged = true,
	.detail = "/v1/users/{user_id}/connections/{connector_id}",
	.parent = "users",
	FTX_LINKS(user_links),
	.create = "/v1/users/{user_id}/connections",
	.update = "/v1/users/{user_id}/connections/{connector_id}",
	.remove = "/v1/users/{user_id}/connections/{connector_id}",
	FTX_COLUMNS(connector_columns),
	.typical_rows = 300,
};

/* ---------- API keys ---------- */

static const FtxColumn key_columns[] = {
	{"user_id", FTX_TEXT, "user_id", FTX_KEY | FTX_CREATE | FTX_REQUIRED,
	 "User whose key it is; keys are made for service accounts only."},
	{"user_type", FTX_TEXT, "user_type", 0, "REGULAR_USER or SERVICE_ACCOUNT."},
	{"key_value", FTX_TEXT, "key_value", 0, "Public part of the key."},
	{"key_status", FTX_TEXT, "key_status", 0,
	 "ACTIVE, ACTIVE_GRACE (just rotated: the old secret works too) or EXPIRED."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0, "When the key was made."},
	{"expires_at", FTX_TIMESTAMPTZ, "expires_at", 0, "When the key expires."},
	{"overlap_expires_at", FTX_TIMESTAMPTZ, "overlap_expires_at", 0,
	 "When the secret from before the rotation expires; null at other times."},
	{"last_rotated_at", FTX_TIMESTAMPTZ, "last_rotated_at", 0,
	 "When fivetrex_rotate_user_api_key() last gave a new secret."},
	{"key_secret", FTX_TEXT, "key_secret", FTX_ONE_TIME,
	 "Secret part of the key; told by the creation only."},
	{"expiration_period_days", FTX_INT4, NULL, FTX_WRITE_ONLY | FTX_CREATE,
	 "Days until the new key expires: at most 365; 90 if not given."},
	FTX_ATTRS,
};

static const FtxFilter key_filters[] = {
	{"user_type", "user_type", user_types},
};

const FtxResource ftx_user_api_keys = {
	.name = "user_api_keys",
	.comment = "API keys of users; the key of a service account is made here.",
	.list = "/v1/users/api-keys",
	.paged = true,
	.detail = "/v1/users/{user_id}/api-keys",
	.create = "/v1/users/{user_id}/api-keys",
	.remove_function = "fivetrex_delete_user_api_keys",
	FTX_COLUMNS(key_columns),
	FTX_FILTERS(key_filters),
	.typical_rows = 50,
};
