"""Teams and their memberships."""
from answers import done, merge, one, page
from families.access import Memberships, check_name, without_role
from fields import BOOLEAN, PAGE, REQUIRED_STRING, STRING, TEAM, row

TEAM_BODY = {"name": STRING, "description": STRING, "role": STRING}

CONNECTIONS = Memberships(TEAM + "/connections", "teams", "connections", (
    "get_team_memberships_in_connections", "add_team_membership_in_connection",
    "get_team_membership_in_connection", "delete_team_membership_in_connection",
    "update_team_membership_in_connection"))
GROUPS = Memberships(TEAM + "/groups", "teams", "groups", (
    "get_team_memberships_in_groups", "add_team_membership_in_group",
    "get_team_membership_in_group", "delete_team_membership_in_group",
    "update_team_membership_in_group"))
USERS = Memberships(TEAM + "/users", "teams", "users", (
    "list_users_in_team", "add_user_to_team", "get_user_in_team", "delete_user_from_team",
    "update_user_membership"), {**PAGE, "active": BOOLEAN},
    {"user_id": REQUIRED_STRING, "role": STRING})

ROWS = [
    row("list_all_teams", "GET", "/v1/teams", query=PAGE),
    row("create_team", "POST", "/v1/teams", status=201, body=TEAM_BODY),
    row("team_details", "GET", TEAM),
    row("modify_team", "PATCH", TEAM, body=TEAM_BODY),
    row("delete_team", "DELETE", TEAM),
    row("delete_team_membership_in_account", "DELETE", TEAM + "/role"),
    *CONNECTIONS.rows(),
    *GROUPS.rows(),
    *USERS.rows(),
]


def list_all_teams(world, request):
    return page(world, request, world.select("teams"))


def create_team(world, request):
    check_name(world, "teams", request.body)
    obj = {"id": world.new_id(), "name": None, "description": None, "role": None}
    merge(obj, request.body)
    return one(world.put("teams", obj).detail, "Team has been created")


def team_details(world, request):
    return one(world.get("teams", request.args["teamId"]).detail)


def modify_team(world, request):
    obj = world.change("teams", request.args["teamId"])
    merge(obj, request.body)
    return one(world.put("teams", obj).detail, "Team has been updated")


def delete_team(world, request):
    world.remove("teams", request.args["teamId"])
    return done("Team with id '%s' has been deleted" % request.args["teamId"])


def delete_team_membership_in_account(world, request):
    return without_role(world, "teams", request.args["teamId"])


for memberships in CONNECTIONS, GROUPS, USERS:
    globals().update(memberships.operations)
