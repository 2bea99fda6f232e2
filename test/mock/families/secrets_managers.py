"""External secrets managers, and what takes its secrets from them."""
import seed
from answers import done, merge, one, page
from checks import Refusal, invalid
from fields import BOOLEAN, PAGE, REQUIRED_STRING, STRING, field, row
from state import make_item

MANAGER = "/v1/external-secrets-managers/{esmId}"
MANAGER_CONFIG = {"config": field("object", True)}
MANAGER_TYPE = field("string", True, "AWS_SECRET_MANAGER AZURE_KEY_VAULT HASHICORP_VAULT".split())

ROWS = [
    row("list_esms", "GET", "/v1/external-secrets-managers", query=PAGE),
    row("create_esm", "POST", "/v1/external-secrets-managers", status=201,
        body={**MANAGER_CONFIG, "type": MANAGER_TYPE, "name": REQUIRED_STRING,
              "is_hybrid_deployment": BOOLEAN}),
    row("get_esm_details", "GET", MANAGER),
    row("modify_esm", "PATCH", MANAGER, body=MANAGER_CONFIG),
    row("delete_esm", "DELETE", MANAGER),
    row("get_esm_entities", "GET", MANAGER + "/entities", query={"type": STRING}),
    row("list_esm_entities", "GET", "/v1/external-secrets-managers-entities",
        query={"esm_id": STRING, "type": STRING}),
]


def list_esms(world, request):
    return page(world, request, world.select("secrets_managers"))


def create_esm(world, request):
    body = request.body
    for name in seed.secrets_managers.MANAGER_NEEDS[body["type"]]:
        if not body["config"].get(name):
            raise Refusal(400, "BadRequest", "Field 'config.%s' is required" % name)
    now = world.now()
    obj = {"id": world.new_id(), "type": body["type"], "name": body["name"], "config": {},
           "is_hybrid_deployment": body.get("is_hybrid_deployment", False), "created_at": now,
           "updated_at": now}
    merge(obj, {"config": body["config"]})
    return one(world.put("secrets_managers", obj).detail)


def get_esm_details(world, request):
    return one(world.get("secrets_managers", request.args["esmId"]).detail)


def modify_esm(world, request):
    obj = world.change("secrets_managers", request.args["esmId"])
    merge(obj, request.body)
    obj["updated_at"] = world.now()
    return one(world.put("secrets_managers", obj).detail)


def _entity(world, obj):
    """A connection or a destination that uses a manager, as the lists show it."""
    source = "schema" in obj
    group = world.get("groups", obj["group_id"]).obj
    return {"id": obj["id"], "name": obj["schema"] if source else group["name"],
            "enabled": not obj.get("paused", False), "type": "SOURCE" if source else "DESTINATION",
            "secret_manager_id": obj["external_secrets_manager_id"],
            "created_at": obj.get("created_at", group["created_at"])}


def _entities(world, manager_id=None, kind="all"):
    if kind not in ("source", "destination", "all"):
        raise invalid("Unknown entity type '%s'" % kind)
    collections = {"source": ["connections"], "destination": ["destinations"]}.get(
        kind, ["connections", "destinations"])
    return [_entity(world, item.obj) for collection in collections
            for item in world.select(collection, external_secrets_manager_id=manager_id)
            if item.obj.get("external_secrets_manager_id")]


def _entity_page(world, request, manager_id):
    found = _entities(world, manager_id, request.query.get("type", "all"))
    return page(world, request, [make_item("entities", obj) for obj in found])


def list_esm_entities(world, request):
    return _entity_page(world, request, request.query.get("esm_id"))


def get_esm_entities(world, request):
    manager_id = world.get("secrets_managers", request.args["esmId"]).obj["id"]
    return _entity_page(world, request, manager_id)


def delete_esm(world, request):
    manager_id = request.args["esmId"]
    world.get("secrets_managers", manager_id)
    types = [entity["type"] for entity in _entities(world, manager_id)]
    if types:
        raise Refusal(400, "BadRequest", "Failed to delete External Secrets Manager with '%s' id, "
                      "because it is used by %d connection(s) and %d destination(s)." % (
                          manager_id, types.count("SOURCE"), types.count("DESTINATION")))
    world.remove("secrets_managers", manager_id)
    return done("External Secrets Manager '%s' has been deleted." % manager_id)
