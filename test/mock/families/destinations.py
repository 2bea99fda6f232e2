"""Destinations."""
import seed
from answers import TEST_CONTROL, done, merge, one, page, runs_setup_tests, saved, \
    tests_completed
from checks import Refusal, invalid
from fields import BOOLEAN, DESTINATION, NETWORKING, OBJECT, PAGE, REGION, REQUIRED_STRING, \
    STRING, TRUST, V2, field, row

TIME_ZONES = [str(n) for n in range(-11, 1)] + ["+%d" % n for n in range(1, 13)]
TIME_ZONE = field("string", enum=TIME_ZONES)
DESTINATION_UPDATE = {
    **TRUST, "region": REGION, "time_zone_offset": TIME_ZONE, "run_setup_tests": BOOLEAN,
    "daylight_saving_time_enabled": BOOLEAN, "hybrid_deployment_agent_id": STRING,
    "private_link_id": STRING, "networking_method": NETWORKING, "proxy_agent_id": STRING,
    "external_secrets_manager_id": STRING, "config": OBJECT,
    "external_secrets_keys_config": OBJECT}

DESTINATION_CREATE = {
    **DESTINATION_UPDATE, "group_id": REQUIRED_STRING, "service": REQUIRED_STRING,
    "time_zone_offset": TIME_ZONE._replace(required=True)}

ROWS = [
    row("list_destinations", "GET", "/v1/destinations", V2, query=PAGE),
    row("create_destination", "POST", "/v1/destinations", V2, 201, body=DESTINATION_CREATE),
    row("destination_details", "GET", DESTINATION, V2),
    row("modify_destination", "PATCH", DESTINATION, V2, body=DESTINATION_UPDATE),
    row("delete_destination", "DELETE", DESTINATION, V2),
    row("run_destination_setup_tests", "POST", DESTINATION + "/test", V2, body=TRUST),
]


def list_destinations(world, request):
    return page(world, request, world.select("destinations"))


def create_destination(world, request):
    body = request.body
    group_id = body["group_id"]
    world.get("groups", group_id)
    if body["service"] not in seed.destinations.DESTINATION_SERVICES:
        raise invalid("Unsupported service '%s'" % body["service"])
    if world.find("destinations", group_id):
        raise Refusal(409, "Conflict", "Group '%s' already has a destination" % group_id)
    tested = runs_setup_tests(body)
    obj = {"id": group_id, "group_id": group_id, "service": body["service"],
           "region": "GCP_US_EAST4", "time_zone_offset": body["time_zone_offset"],
           "setup_status": "connected" if tested else "incomplete",
           "daylight_saving_time_enabled": False, "networking_method": "Directly", "config": {}}
    merge(obj, body, *TEST_CONTROL)
    text = world.put("destinations", obj).detail
    # A destination brings its own log connection, which goes with it.
    log = seed.connectors.connector(1, world.new_id(), group_id, "fivetran_log")
    log.update(schema="fivetran_metadata", connected_by="_fivetran_system", paused=True)
    log["status"] = dict(log["status"], sync_state="paused")
    world.put("connections", log)
    return saved(obj, text, tested, "Destination has been created")


def destination_details(world, request):
    return one(world.get("destinations", request.args["destinationId"]).detail)


def modify_destination(world, request):
    obj, body = world.change("destinations", request.args["destinationId"]), request.body
    merge(obj, body, *TEST_CONTROL)
    tested = runs_setup_tests(body)
    if tested:
        obj["setup_status"] = "connected"
    text = world.put("destinations", obj).detail
    return saved(obj, text, tested, "Destination has been updated")


def delete_destination(world, request):
    group_id = request.args["destinationId"]
    world.get("destinations", group_id)
    items = list(world.select("connections", group_id=group_id))
    if any(item.obj["service"] != "fivetran_log" for item in items):
        raise Refusal(409, "Conflict", "Destination '%s' is used by connections" % group_id)
    for item in items:
        world.remove("connections", item.obj["id"])
    world.remove("destinations", group_id)
    return done("Destination with id '%s' has been deleted" % group_id)


def run_destination_setup_tests(world, request):
    obj = world.change("destinations", request.args["destinationId"])
    obj["setup_status"] = "connected"
    world.put("destinations", obj)
    return tests_completed(obj)
