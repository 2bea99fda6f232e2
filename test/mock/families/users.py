"""Users, their memberships and API keys."""
from answers import done, merge, one, page
from checks import invalid
from families.access import Memberships, later, new_secret, without_role
from fields import BOOLEAN, INTEGER, PAGE, REQUIRED_STRING, STRING, USER, USER_KEY, row
from state import to_json

USER_SHARED = {"phone": STRING, "picture": STRING, "role": STRING}
USER_UPDATE = {**USER_SHARED, "given_name": STRING, "family_name": STRING}
USER_CREATE = {**USER_SHARED, "email": REQUIRED_STRING, "given_name": REQUIRED_STRING,
               "family_name": REQUIRED_STRING, "user_type": STRING}

CONNECTIONS = Memberships(USER + "/connections", "users", "connections", (
    "get_user_memberships_in_connections", "add_user_membership_in_connection",
    "get_user_membership_in_connections", "delete_user_membership_in_connection",
    "update_user_membership_in_connection"))
GROUPS = Memberships(USER + "/groups", "users", "groups", (
    "get_user_memberships_in_groups", "add_user_membership_in_group",
    "get_user_membership_in_group", "delete_user_membership_in_group",
    "update_user_membership_in_group"))

ROWS = [
    row("list_all_users", "GET", "/v1/users",
        query={**PAGE, "active": BOOLEAN, "user_type": STRING, "has_api_key": STRING}),
    row("create_user", "POST", "/v1/users", status=201, body=USER_CREATE),
    row("user_details", "GET", "/v1/users/{userId}"),
    row("modify_user", "PATCH", "/v1/users/{userId}", body=USER_UPDATE),
    row("delete_user", "DELETE", "/v1/users/{id}"),
    *CONNECTIONS.rows(),
    *GROUPS.rows(),
    row("delete_user_membership_in_account", "DELETE", USER + "/role"),
    row("list_api_keys", "GET", "/v1/users/api-keys", query={**PAGE, "user_type": STRING}),
    row("get_user_api_key", "GET", USER_KEY),
    row("create_user_api_key", "POST", USER_KEY, status=201,
        body={"expiration_period_days": INTEGER}),
    row("delete_user_api_keys", "DELETE", USER_KEY),
    row("rotate_user_api_key", "POST", USER_KEY + "/rotate",
        body={"expiration_period_days": INTEGER, "overlap_days": INTEGER}),
]


def list_all_users(world, request):
    has_api_key = request.query.get("has_api_key")
    return page(world, request, world.select(
        "users", active=request.query.get("active"), user_type=request.query.get("user_type"),
        has_api_key=None if has_api_key is None else has_api_key == "true"))


def create_user(world, request):
    if world.select("users", email=request.body["email"]):
        raise invalid("User with email '%s' already exists" % request.body["email"])
    obj = {"id": world.new_id(), "verified": False, "invited": True, "picture": None,
           "phone": None, "role": None, "active": True, "logged_in_at": None,
           "created_at": world.now(), "user_type": "REGULAR_USER", "has_api_key": False}
    merge(obj, request.body)
    return one(world.put("users", obj).detail, "User has been invited to the account")


def user_details(world, request):
    return one(world.get("users", request.args["userId"]).detail)


def modify_user(world, request):
    obj = world.change("users", request.args["userId"])
    merge(obj, request.body)
    return one(world.put("users", obj).detail, "User has been updated")


def delete_user(world, request):
    user_id = request.args["id"]
    world.remove("users", user_id)
    world.collections["api_keys"].pop(user_id, None)
    return done("User with id '%s' has been deleted" % user_id)


globals().update(CONNECTIONS.operations)
globals().update(GROUPS.operations)


def delete_user_membership_in_connection(world, request):
    """Alone among the deletions this answers what it has deleted."""
    text = CONNECTIONS.text(world, CONNECTIONS.key(world, request))
    CONNECTIONS.remove(world, request)
    return one(text, "Membership has been deleted")


def update_user_membership_in_group(world, request):
    """Alone among the updates this answers a message only."""
    GROUPS.update(world, request)
    return done("Membership has been updated")


def delete_user_membership_in_account(world, request):
    return without_role(world, "users", request.args["userId"])


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
           "expires_at": later(now, days)}
    world.put("api_keys", key)
    _has_api_key(world, user["id"], True)
    answer = {"key_value": key["key_value"], "key_secret": new_secret(world),
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
               expires_at=later(now, days), last_rotated_at=now)
    if overlap:
        key["overlap_expires_at"] = later(now, overlap)
    world.put("api_keys", key)
    answer = {"key_value": key["key_value"], "key_secret": new_secret(world),
              **{k: key[k] for k in ("key_status", "expires_at", "overlap_expires_at",
                                     "last_rotated_at") if k in key}}
    return one(to_json(answer), "API key rotated successfully")


def delete_user_api_keys(world, request):
    user_id = _api_key(world, request).obj["user_id"]
    world.remove("api_keys", user_id)
    _has_api_key(world, user_id, False)
    return done("API key deleted for user with id='%s'" % user_id)
