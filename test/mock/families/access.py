"""Roles, system keys, the users of groups; what memberships and keys of every kind share."""
from datetime import datetime, timedelta

from answers import done, merge, one, page
from checks import Refusal, invalid
from fields import BOOLEAN, GROUP, MEMBER, PAGE, ROLE, STRING, STRINGS, SYSTEM_KEY, field, row
from state import ENTITIES, make_item, to_json

EXPIRATION = field("string", enum="ONE_WEEK ONE_MONTH THREE_MONTHS SIX_MONTHS INFINITE".split())
PERMISSION = field("object", fields={
    "resource_type": field("string", enum="""ACCOUNT USER WEBHOOK TEAM ROLES DESTINATION
        TRANSFORMATION REMOTE_EXECUTION_AGENT CONNECTOR""".split()),
    "access_level": field("string", enum=["NONE", "READ", "MANAGE"]),
    "resource_filter": field("object", fields={"ids": STRINGS, "group_ids": STRINGS})})

SYSTEM_KEY_BODY = {"name": STRING, "permissions": field("array", values=PERMISSION)}

ROWS = [
    row("list_all_users_in_group", "GET", GROUP + "/users", query={**PAGE, "active": BOOLEAN}),
    row("add_user_to_group", "POST", GROUP + "/users", body={"email": STRING, "role": STRING}),
    row("delete_user_from_group", "DELETE", GROUP + "/users/{userId}"),
    row("list_all_roles", "GET", "/v1/roles", query=PAGE),
    row("get_system_keys", "GET", "/v1/system-keys", query=PAGE),
    row("create_system_key", "POST", "/v1/system-keys", status=201,
        body={**SYSTEM_KEY_BODY, "expiration_period": EXPIRATION}),
    row("get_system_key_details", "GET", SYSTEM_KEY),
    row("update_system_key", "PATCH", SYSTEM_KEY, body=SYSTEM_KEY_BODY),
    row("delete_system_key", "DELETE", SYSTEM_KEY),
    row("rotate_system_key", "POST", SYSTEM_KEY + "/rotate",
        body={"expiration_period": EXPIRATION}),
]


def list_all_users_in_group(world, request):
    group_id = request.args["groupId"]
    world.get("groups", group_id)
    members = world.members["users", "groups"]
    items = world.select("users", active=request.query.get("active"))
    found = [(item.obj, members.get((item.obj["id"], group_id))) for item in items]
    return page(world, request, [make_item("users", dict(user, role=membership["role"]))
                                 for user, membership in found if membership])


def add_user_to_group(world, request):
    group_id = request.args["groupId"]
    world.get("groups", group_id)
    for name in ("email", "role"):
        if request.body.get(name) is None:
            raise invalid("Field '%s' is required" % name)
    users = world.select("users", email=request.body["email"])
    if not users:
        raise Refusal(404, "NotFound_User",
                      "Cannot find user with email '%s'" % request.body["email"])
    key = users[0].obj["id"], group_id
    members = world.members["users", "groups"]
    members[key] = {"created_at": world.now(), **members.get(key, {}),
                    "role": request.body["role"]}
    return done("User has been added to the group")


def delete_user_from_group(world, request):
    group_id, user_id = request.args["groupId"], request.args["userId"]
    world.get("groups", group_id)
    if world.members["users", "groups"].pop((user_id, group_id), None) is None:
        raise Refusal(404, "NotFound_User", "Cannot find user with id '%s'" % user_id)
    return done("User with id '%s' has been removed from the group" % user_id)


class Memberships:
    """One kind of membership: five rows, and the operation of each.

    `path`: that of the list, which names the parent; `names`: of the rows, to list, add, get,
    delete and update; `body`: what adds a member, the first field is the child's id.
    """

    def __init__(self, path, parents, children, names, query=None, body=None):
        self.kind = parents, children
        self.path, self.query, self.body = path, query or PAGE, body or MEMBER
        self.parent = path[path.index("{") + 1:path.index("}")]
        self.child = children[:-1] + "Id"
        self.named = next(iter(self.body))
        functions = self.list, self.add, self.get, self.remove, self.update
        self.operations = dict(zip(names, functions))

    def rows(self):
        list_, add, get, remove, update = self.operations
        member = "%s/{%s}" % (self.path, self.child)
        return [row(list_, "GET", self.path, query=self.query),
                row(add, "POST", self.path, status=201, body=self.body),
                row(get, "GET", member), row(remove, "DELETE", member),
                row(update, "PATCH", member, body=ROLE)]

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


def without_role(world, collection, id_):
    """The account role goes, whoever had it stays."""
    obj = world.change(collection, id_)
    obj["role"] = None
    world.put(collection, obj)
    return done("The account role of '%s' has been removed" % id_)


def later(time, days):
    moment = datetime.fromisoformat(time) + timedelta(days)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def new_secret(world):
    """Stands in one answer only and is kept nowhere."""
    return "secret_" + world.new_id()


def check_name(world, collection, body):
    """Declared optional; that a name is needed and unique is by choice."""
    if not body.get("name"):
        raise invalid("Field 'name' is required")
    if world.select(collection, name=body["name"]):
        raise Refusal(409, "Conflict", "Name '%s' is already used" % body["name"])


def list_all_roles(world, request):
    return page(world, request, world.select("roles"))


_PERIODS = {"ONE_WEEK": 7, "ONE_MONTH": 30, "THREE_MONTHS": 90, "SIX_MONTHS": 180}


def _renew(world, key, body, now):
    """A key with a new value and expiry; INFINITE has none.  The default is by choice."""
    days = _PERIODS.get(body.get("expiration_period") or "THREE_MONTHS")
    key.update(key="sk_" + world.new_id(), expired_at=later(now, days) if days else None)


def get_system_keys(world, request):
    return page(world, request, world.select("system_keys"))


def create_system_key(world, request):
    check_name(world, "system_keys", request.body)
    now = world.now()
    key = {"id": world.new_id(), "name": request.body["name"], "key": None, "permissions":
           request.body.get("permissions", []), "created_at": now, "updated_at": now,
           "expired_at": None, "last_used_at": None}
    _renew(world, key, request.body, now)
    world.put("system_keys", key)
    return one(to_json({**key, "secret": new_secret(world)}), "System key has been created")


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
    return one(to_json({**key, "secret": new_secret(world)}),
               "System key with id '%s' has been rotated" % key["id"])
