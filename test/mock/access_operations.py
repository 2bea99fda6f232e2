"""The operations on memberships, API keys, teams, roles and system keys (see operations.py)."""
from datetime import datetime, timedelta

import access_routes
from answers import done, merge, one, page
from routes import Refusal, invalid
from state import ENTITIES, make_item, to_json

__all__ = [row.name for row in access_routes.ACCESS]


class Memberships:
    """The operations on one kind of membership, each under the name of its row.

    `named`: the member that holds the child's id; the parent is in the path only.
    """

    def __init__(self, parents, children, parent, child, named="id"):
        self.kind = parents, children
        self.parent, self.child, self.named = parent, child, named

    def key(self, world, request):
        """The pair of ids in the path; both the parent and the membership must be there."""
        key = request.args[self.parent], request.args[self.child]
        world.get(self.kind[0], key[0])
        if key not in world.members[self.kind]:
            code, noun = ENTITIES[self.kind[1]]
            raise Refusal(404, code, "Cannot find membership in %s with id '%s'" % (noun, key[1]))
        return key

    def text(self, world, key):
        return to_json({self.named: key[1], **world.members[self.kind][key]})

    def list(self, world, request):
        parent = request.args[self.parent]
        world.get(self.kind[0], parent)
        found = [({self.named: key[1], **membership}, world.find(self.kind[1], key[1]))
                 for key, membership in world.members[self.kind].items() if key[0] == parent]
        if "active" in request.query:
            found = [f for f in found if f[1].obj["active"] == request.query["active"]]
        return page(world, request, [make_item("memberships", obj) for obj, _ in found])

    def add(self, world, request):
        key = request.args[self.parent], request.body[self.named]
        for collection, id_ in zip(self.kind, key):
            world.get(collection, id_)
        if key in world.members[self.kind]:
            raise Refusal(409, "Conflict", "'%s' has a role there already" % key[0])
        role = request.body.get("role") or "Team Member"    # optional in teams only
        world.members[self.kind][key] = {"role": role, "created_at": world.now()}
        return one(self.text(world, key), "Membership has been created")

    def get(self, world, request):
        return one(self.text(world, self.key(world, request)))

    def update(self, world, request):
        key = self.key(world, request)
        members = world.members[self.kind]
        members[key] = {**members[key], "role": request.body["role"]}
        return one(self.text(world, key), "Membership has been updated")

    def remove(self, world, request):
        world.members[self.kind].pop(self.key(world, request))
        return done("Membership has been deleted")


# --- users' memberships ------------------------------------------------------

_user_connections = Memberships("users", "connections", "userId", "connectionId")
get_user_memberships_in_connections = _user_connections.list
add_user_membership_in_connection = _user_connections.add
get_user_membership_in_connections = _user_connections.get
update_user_membership_in_connection = _user_connections.update


def delete_user_membership_in_connection(world, request):
    """Alone among the deletions this answers what it has deleted."""
    text = _user_connections.text(world, _user_connections.key(world, request))
    _user_connections.remove(world, request)
    return one(text, "Membership has been deleted")


_user_groups = Memberships("users", "groups", "userId", "groupId")
get_user_memberships_in_groups = _user_groups.list
add_user_membership_in_group = _user_groups.add
get_user_membership_in_group = _user_groups.get
delete_user_membership_in_group = _user_groups.remove


def update_user_membership_in_group(world, request):
    """Alone among the updates this answers a message only."""
    _user_groups.update(world, request)
    return done("Membership has been updated")


def _without_role(world, collection, id_):
    """The account role goes, whoever had it stays."""
    obj = world.change(collection, id_)
    obj["role"] = None
    world.put(collection, obj)
    return done("The account role of '%s' has been removed" % id_)


def delete_user_membership_in_account(world, request):
    return _without_role(world, "users", request.args["userId"])


# --- users' API keys ---------------------------------------------------------


def _later(time, days):
    moment = datetime.fromisoformat(time) + timedelta(days)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _secret(world):
    """Stands in one answer only and is kept nowhere."""
    return "secret_" + world.new_id()


def _days(body, name, default, least, most):
    days = body.get(name, default)
    if not least <= days <= most:
        raise invalid("Field '%s' must be between %d and %d" % (name, least, most))
    return days


def _has_api_key(world, user_id, has):
    user = world.change("users", user_id)
    user["has_api_key"] = has
    world.put("users", user)


def list_api_keys(world, request):
    return page(world, request, world.select(
        "api_keys", user_type=request.query.get("user_type")))


def _api_key(world, request):
    return world.get("api_keys", world.get("users", request.args["userId"]).obj["id"])


def get_user_api_key(world, request):
    return one(_api_key(world, request).detail, "User API key has been retrieved")


def create_user_api_key(world, request):
    """For users of either type: the definition speaks of service accounts, but
    its list has keys of both."""
    user = world.get("users", request.args["userId"]).obj
    days = _days(request.body, "expiration_period_days", 90, 1, 365)
    if world.find("api_keys", user["id"]):
        raise invalid("User '%s' has an API key already" % user["id"])
    now = world.now()
    key = {"user_id": user["id"], "user_type": user["user_type"],
           "key_value": "key_" + world.new_id(), "created_at": now, "key_status": "ACTIVE",
           "expires_at": _later(now, days)}
    world.put("api_keys", key)
    _has_api_key(world, user["id"], True)
    answer = {"key_value": key["key_value"], "key_secret": _secret(world),
              **{k: key[k] for k in ("key_status", "created_at", "expires_at")}}
    return one(to_json(answer), "API key has been created")


def rotate_user_api_key(world, request):
    """The public part stays; the old secret is valid for the days of overlap."""
    _api_key(world, request)
    days = _days(request.body, "expiration_period_days", 90, 1, 365)
    overlap = _days(request.body, "overlap_days", 0, 0, 30)
    key, now = world.change("api_keys", request.args["userId"]), world.now()
    key.pop("overlap_expires_at", None)
    key.update(key_status="ACTIVE_GRACE" if overlap else "ACTIVE",
               expires_at=_later(now, days), last_rotated_at=now)
    if overlap:
        key["overlap_expires_at"] = _later(now, overlap)
    world.put("api_keys", key)
    answer = {"key_value": key["key_value"], "key_secret": _secret(world),
              **{k: key[k] for k in ("key_status", "expires_at", "overlap_expires_at",
                                     "last_rotated_at") if k in key}}
    return one(to_json(answer), "API key rotated successfully")


def delete_user_api_keys(world, request):
    user_id = _api_key(world, request).obj["user_id"]
    world.remove("api_keys", user_id)
    _has_api_key(world, user_id, False)
    return done("API key deleted for user with id='%s'" % user_id)


# --- teams -------------------------------------------------------------------


def list_all_teams(world, request):
    return page(world, request, world.select("teams"))


def _check_name(world, collection, body):
    """Declared optional; that a name is needed and unique is by choice."""
    if not body.get("name"):
        raise invalid("Field 'name' is required")
    if world.select(collection, name=body["name"]):
        raise Refusal(409, "Conflict", "Name '%s' is already used" % body["name"])


def create_team(world, request):
    _check_name(world, "teams", request.body)
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
    return _without_role(world, "teams", request.args["teamId"])


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


# --- roles and system keys ---------------------------------------------------


def list_all_roles(world, request):
    return page(world, request, world.select("roles"))


_PERIODS = {"ONE_WEEK": 7, "ONE_MONTH": 30, "THREE_MONTHS": 90, "SIX_MONTHS": 180}


def _renew(world, key, body, now):
    """A key with a new value and expiry; INFINITE has none.  The default is by choice."""
    days = _PERIODS.get(body.get("expiration_period") or "THREE_MONTHS")
    key.update(key="sk_" + world.new_id(), expired_at=_later(now, days) if days else None)


def get_system_keys(world, request):
    return page(world, request, world.select("system_keys"))


def create_system_key(world, request):
    _check_name(world, "system_keys", request.body)
    now = world.now()
    key = {"id": world.new_id(), "name": request.body["name"], "key": None, "permissions":
           request.body.get("permissions", []), "created_at": now, "updated_at": now,
           "expired_at": None, "last_used_at": None}
    _renew(world, key, request.body, now)
    world.put("system_keys", key)
    return one(to_json({**key, "secret": _secret(world)}), "System key has been created")


def get_system_key_details(world, request):
    return one(world.get("system_keys", request.args["keyId"]).detail)


def update_system_key(world, request):
    key = world.change("system_keys", request.args["keyId"])
    merge(key, request.body)
    key["updated_at"] = world.now()
    return one(world.put("system_keys", key).detail, "System key has been updated")


def delete_system_key(world, request):
    world.remove("system_keys", request.args["keyId"])
    return done("System key with id '%s' has been deleted" % request.args["keyId"])


def rotate_system_key(world, request):
    key, now = world.change("system_keys", request.args["keyId"]), world.now()
    _renew(world, key, request.body, now)
    key["updated_at"] = now
    world.put("system_keys", key)
    return one(to_json({**key, "secret": _secret(world)}),
               "System key with id '%s' has been rotated" % key["id"])
