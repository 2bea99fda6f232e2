"""Teams and their memberships."""
from answers import done, merge, one, page
from families.access import Memberships, check_name, without_role
from fields import BOOLEAN, MEMBER, PAGE, REQUIRED_STRING, ROLE, STRING, TEAM, row

TEAM_BODY = {"name": STRING, "description": STRING, "role": STRING}

ROWS = [
    row("list_all_teams", "GET", "/v1/teams", query=PAGE),
    row("create_team", "POST", "/v1/teams", status=201, body=TEAM_BODY),
    row("team_details", "GET", TEAM),
    row("modify_team", "PATCH", TEAM, body=TEAM_BODY),
    row("delete_team", "DELETE", TEAM),
    row("delete_team_membership_in_account", "DELETE", TEAM + "/role"),
    row("get_team_memberships_in_connections", "GET", TEAM + "/connections", query=PAGE),
    row("add_team_membership_in_connection", "POST", TEAM + "/connections", status=201,
        body=MEMBER),
    row("get_team_membership_in_connection", "GET", TEAM + "/connections/{connectionId}"),
    row("delete_team_membership_in_connection", "DELETE", TEAM + "/connections/{connectionId}"),
    row("update_team_membership_in_connection", "PATCH", TEAM + "/connections/{connectionId}",
        body=ROLE),
    row("get_team_memberships_in_groups", "GET", TEAM + "/groups", query=PAGE),
    row("add_team_membership_in_group", "POST", TEAM + "/groups", status=201, body=MEMBER),
    row("get_team_membership_in_group", "GET", TEAM + "/groups/{groupId}"),
    row("delete_team_membership_in_group", "DELETE", TEAM + "/groups/{groupId}"),
    row("update_team_membership_in_group", "PATCH", TEAM + "/groups/{groupId}", body=ROLE),
    row("list_users_in_team", "GET", TEAM + "/users", query={**PAGE, "active": BOOLEAN}),
    row("add_user_to_team", "POST", TEAM + "/users", status=201,
        body={"user_id": REQUIRED_STRING, "role": STRING}),
    row("get_user_in_team", "GET", TEAM + "/users/{userId}"),
    row("delete_user_from_team", "DELETE", TEAM + "/users/{userId}"),
    row("update_user_membership", "PATCH", TEAM + "/users/{userId}", body=ROLE),
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


_team_connections = Memberships("teams", "connections", "teamId", "connectionId")
get_team_memberships_in_connections = _team_connections.list
add_team_membership_in_connection = _team_connections.add
get_team_membership_in_connection = _team_connections.get
update_team_membership_in_connection = _team_connections.update
delete_team_membership_in_connection = _team_connections.remove
_team_groups = Memberships("teams", "groups", "teamId", "groupId")
get_team_memberships_in_groups = _team_groups.list
add_team_membership_in_group = _team_groups.add
get_team_membership_in_group = _team_groups.get
update_team_membership_in_group = _team_groups.update
delete_team_membership_in_group = _team_groups.remove
_team_users = Memberships("teams", "users", "teamId", "userId", "user_id")
list_users_in_team = _team_users.list
add_user_to_team = _team_users.add
get_user_in_team = _team_users.get
update_user_membership = _team_users.update
delete_user_from_team = _team_users.remove
