/*-------------------------------------------------------------------------
 *
 * teams.c
 *		Teams, their users, and what they may see of groups and connectors.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn team_columns[] = {
	{"id", FTX_TEXT, "id", FTX_KEY, "Identifier of the team."},
	{"name", FTX_TEXT, "name", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Name of the team."},
	{"description", FTX_TEXT, "description", FTX_CREATE | FTX_UPDATE,
	 "What the team is for."},
	{"role", FTX_TEXT, "role", FTX_CREATE | FTX_UPDATE,
	 "Account role of its users, as roles.name; null without one."},
	FTX_ATTRS,
};

const FtxResource ftx_teams = {
	.name = "teams",
	.comment = "Teams: users who share roles.",
	.list = "/v1/teams",
	.paged = true,
	.detail = "/v1/teams/{id}",
	.create = "/v1/teams",
	.update = "/v1/teams/{id}",
	.remove = "/v1/teams/{id}",
	FTX_COLUMNS(team_columns),
	.typical_rows = 20,
};

/* ---------- memberships ---------- */

static const FtxLink team_links[] = {
	{"team_id", "id"},
};

static const FtxColumn user_columns[] = {
	{"team_id", FTX_TEXT, NULL,
	 FTX_KEY | FTX_PARENT | FTX_CREATE | FTX_REQUIRED, "Team."},
	{"user_id", FTX_TEXT, "user_id", FTX_KEY | FTX_CREATE | FTX_REQUIRED,
	 "User who belongs to the team."},
	{"role", FTX_TEXT, "role", FTX_CREATE | FTX_UPDATE,
	 "Role in the team: Team Manager or Team Member, or a roles.name with scope TEAM."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the user joined the team."},
	FTX_ATTRS,
};

const FtxResource ftx_team_users = {
	.name = "team_users",
	.comment = "Users of each team.",
	.list = "/v1/teams/{team_id}/users",
	.paged = true,
	.detail = "/v1/teams/{team_id}/users/{user_id}",
	.parent = "teams",
	FTX_LINKS(team_links),
	.create = "/v1/teams/{team_id}/users",
	.update = "/v1/teams/{team_id}/users/{user_id}",
	.remove = "/v1/teams/{team_id}/users/{user_id}",
	FTX_COLUMNS(user_columns),
	.typical_rows = 100,
};

static const FtxColumn group_columns[] = {
	{"team_id", FTX_TEXT, NULL,
	 FTX_KEY | FTX_PARENT | FTX_CREATE | FTX_REQUIRED, "Team."},
	{"group_id", FTX_TEXT, "id", FTX_KEY | FTX_CREATE | FTX_REQUIRED,
	 "Group that the team may see.", "id"},
	{"role", FTX_TEXT, "role", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Role in the group: a roles.name with scope DESTINATION."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the team got access to the group."},
	FTX_ATTRS,
};

const FtxResource ftx_team_groups = {
	.name = "team_groups",
	.comment = "Groups that each team has a role in.",
	.list = "/v1/teams/{team_id}/groups",
	.paged = true,
	.detail = "/v1/teams/{team_id}/groups/{group_id}",
	.parent = "teams",
	FTX_LINKS(team_links),
	.create = "/v1/teams/{team_id}/groups",
	.update = "/v1/teams/{team_id}/groups/{group_id}",
	.remove = "/v1/teams/{team_id}/groups/{group_id}",
	FTX_COLUMNS(group_columns),
	.typical_rows = 100,
};

static const FtxColumn connector_columns[] = {
	{"team_id", FTX_TEXT, NULL,
	 FTX_KEY | FTX_PARENT | FTX_CREATE | FTX_REQUIRED, "Team."},
	{"connector_id", FTX_TEXT, "id", FTX_KEY | FTX_CREATE | FTX_REQUIRED,
	 "Connector that the team may see.", "id"},
	{"role", FTX_TEXT, "role", FTX_CREATE | FTX_REQUIRED | FTX_UPDATE,
	 "Role on the connector: a roles.name with scope CONNECTOR."},
	{"created_at", FTX_TIMESTAMPTZ, "created_at", 0,
	 "When the team got access to the connector."},
	FTX_ATTRS,
};

const FtxResource ftx_team_connectors = {
	.name = "team_connectors",
	.alias = "team_connections",
	.comment = "Connectors that each team has a role on.",
	.list = "/v1/teams/{team_id}/connections",
	.paged = true,
	.detail = "/v1/teams/{team_id}/connections/{connector_id}",
	.parent = "teams",
	FTX_LINKS(team_links),
	.create = "/v1/teams/{team_id}/connections",
	.update = "/v1/teams/{team_id}/connections/{connector_id}",
	.remove = "/v1/teams/{team_id}/connections/{connector_id}",
	FTX_COLUMNS(connector_columns),
	.typical_rows = 100,
};
