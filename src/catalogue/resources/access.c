/*-------------------------------------------------------------------------
 *
 * access.c
 *		Roles, system keys, and the users of groups.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn role_columns[] = {
	{"name", FTX_TEXT, "name", FTX_KEY,
	 "Name of the role, which is what users and teams are given."},
	{"description", FTX_TEXT, "description", 0, "What the role allows."},
	{"scope", FTX_TEXT_ARRAY, "scope", 0,
	 "What it can be given for: ACCOUNT, DESTINATION (groups), CONNECTOR, TEAM."},
	{"is_custom", FTX_BOOL, "is_custom", 0,
	 "Was the role made by the account? False for those of Fivetran."},
	{"is_deprecated", FTX_BOOL, "is_deprecated", 0,
	 "Has another role taken its place?"},
	{"replacement_role_name", FTX_TEXT, "replacement_role_name", 0,
	 "Role that takes the place of a deprecated one."},
	FTX_ATTRS,
};

const FtxResource ftx_roles = {
	.name = "roles",
	.comment = "Roles that users and teams can be given.",
	.list = "/v1/roles",
	.paged = true,
	FTX_COLUMNS(role_columns),
	.typical_rows = 20,
};

static const FtxColumn system_key_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the system key."},
	{"name", FTX_TEXT, "name", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Name of the system key."},
	{"key", FTX_TEXT, "key", 0, "Public part of the key."},
	{"permissions", FTX_JSONB, "permissions",
	 FTX_CREATE | FTX_UPDATE | FTX_LIST_MAY_OMIT,
	 "What it allows: an array of resource_type, access_level, resource_filter."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0, "When the key was made."},
	{"updated_at", FTX_TIMESTAMPTZ, "updated_at", 0,
	 "When the key was last changed."},
	{"expired_at", FTX_TIMESTAMPTZ, "expired_at", 0,
	 "When the key expires, or did; null for never."},
	{"last_used_at", FTX_TIMESTAMPTZ, "last_used_at", 0,
	 "When the key was last used; null for never."},
	{"secret", FTX_TEXT, "secret", FTX_ONE_TIME,
	 "Secret part of the key; told by the creation only."},
	{"expiration_period", FTX_TEXT, NULL, FTX_WRITE_ONLY | FTX_CREATE,
	 "Life of the new key: ONE_WEEK, ONE_MONTH, THREE_MONTHS, SIX_MONTHS or INFINITE."},
	FTX_ATTRS,
};

const FtxResource ftx_system_keys = {
	.name = "system_keys",
	.comment = "System keys: API keys of the account that belong to no user.",
	.list = "/v1/system-keys",
	.paged = true,
	.detail = "/v1/system-keys/{id}",
	.create = "/v1/system-keys",
	.update = "/v1/system-keys/{id}",
	.remove = "/v1/system-keys/{id}",
	FTX_COLUMNS(system_key_columns),
	.typical_rows = 10,
};

/* ---------- users of groups ---------- */

static const FtxColumn group_user_columns[] = {
	{"group_id", FTX_TEXT, NULL,
	 FTX_KEY | FTX_PARENT | FTX_CREATE | FTX_REQUIRED, "Group."},
	{"user_id", FTX_TEXT, "id", FTX_KEY, "User who may see the group."},
	{"email", FTX_TEXT, "email", FTX_CREATE | FTX_REQUIRED,
	 "Email address, by which the user is added to the group."},
	{"role", FTX_TEXT, "role", FTX_CREATE | FTX_REQUIRED,
	 "Role in the group, such as Manage Destination; user_groups can change it."},
	{"given_name", FTX_TEXT, "given_name", 0, "First name."},
	{"family_name", FTX_TEXT, "family_name", 0, "Last name."},
	{"user_type", FTX_TEXT, "user_type", 0,
	 "REGULAR_USER (a person) or SERVICE_ACCOUNT (a program: API only)."},
	{"active", FTX_BOOL, "active", 0,
	 "May the user log in? False when suspended."},
	{"verified", FTX_BOOL, "verified", 0,
	 "Has the user confirmed the email address?"},
	{"invited", FTX_BOOL, "invited", 0,
	 "Has the user been invited to the account?"},
	{"has_api_key", FTX_BOOL, "has_api_key", 0,
	 "Does the user have an API key, be it expired?"},
	{"phone", FTX_TEXT, "phone", 0, "Phone number."},
	{"picture", FTX_TEXT, "picture", 0,
	 "Picture: an address, or the image itself as a data URI."},
	{"logged_in_at", FTX_TIMESTAMPTZ, "logged_in_at", 0,
	 "Last login; null before the first."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0, "When the user was made."},
	FTX_ATTRS,
};

static const FtxFilter group_user_filters[] = {
	{"active", "active", ftx_booleans},
};

static const FtxLink group_user_links[] = {
	{"group_id", "id"},
};

const FtxResource ftx_group_users = {
	.name = "group_users",
	.comment = "Users of each group, with their role in it.",
	.list = "/v1/groups/{group_id}/users",
	.paged = true,
	.parent = "groups",
	FTX_LINKS(group_user_links),
	.create = "/v1/groups/{group_id}/users",
	.find_by = "email",
	.remove = "/v1/groups/{group_id}/users/{user_id}",
	FTX_COLUMNS(group_user_columns),
	FTX_FILTERS(group_user_filters),
	.typical_rows = 500,
};
