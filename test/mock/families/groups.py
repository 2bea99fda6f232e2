"""Groups."""
import re

from answers import done, one, page
from checks import Refusal, invalid
from families.connectors import look_at_list
from fields import GROUP, PAGE, STRING, row
from state import to_json

ROWS = [
    row("list_all_groups", "GET", "/v1/groups", query=PAGE),
    row("create_group", "POST", "/v1/groups", status=201, body={"name": STRING}),
    row("group_details", "GET", GROUP),
    row("modify_group", "PATCH", GROUP, body={"name": STRING}),
    row("delete_group", "DELETE", GROUP),
    row("list_all_connections_in_group", "GET", GROUP + "/connections",
        query={**PAGE, "schema": STRING}),
    row("group_ssh_public_key", "GET", GROUP + "/public-key"),
    row("group_service_account", "GET", GROUP + "/service-account"),
]


def list_all_groups(world, request):
    return page(world, request, world.select("groups"))


def create_group(world, request):
    obj = {"id": world.new_id(), "name": _group_name(world, request.body),
           "created_at": world.now()}
    return one(world.put("groups", obj).detail, "Group has been created")


def _group_name(world, body):
    """Declared optional, needed in practice."""
    name = body.get("name")
    if name is None:
        raise invalid("Field 'name' is required")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise invalid("Group name '%s' must start with a letter or underscore and can contain "
                      "only letters, digits and underscores" % name)
    return name


def group_details(world, request):
    return one(world.get("groups", request.args["groupId"]).detail)


def modify_group(world, request):
    obj = world.change("groups", request.args["groupId"])
    if "name" in request.body:
        obj["name"] = _group_name(world, request.body)
    return one(world.put("groups", obj).detail, "Group has been updated")


def delete_group(world, request):
    group_id = request.args["groupId"]
    world.get("groups", group_id)
    if world.find("destinations", group_id):
        raise Refusal(409, "Conflict", "Group '%s' still has a destination" % group_id)
    for item in list(world.select("connections", group_id=group_id)):
        world.remove("connections", item.obj["id"])
    if world.find("log_services", group_id):
        world.remove("log_services", group_id)
    world.remove("groups", group_id)
    return done("Group with id '%s' has been deleted" % group_id)


def list_all_connections_in_group(world, request):
    group_id = request.args["groupId"]
    world.get("groups", group_id)
    look_at_list(world, request)
    return page(world, request, world.select(
        "connections", group_id=group_id, schema=request.query.get("schema")))


def group_ssh_public_key(world, request):
    group_id = world.get("groups", request.args["groupId"]).obj["id"]
    return one(to_json({"public_key": "ssh-rsa AAAAB3NzaC1yc2E%s fivetran" % group_id}))


def group_service_account(world, request):
    group_id = world.get("groups", request.args["groupId"]).obj["id"]
    return one(to_json({"service_account": "g-%s@fivetran-production.iam.gserviceaccount.com"
                                           % group_id.strip("_").replace("_", "-")}))
