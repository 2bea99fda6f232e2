"""What each operation does; a function has the name of its row in routes.py.

Each is called with its world locked and the request's parameters and body
already checked against the row; it returns the answer's JSON text or raises
Refusal.  Semantics that the definition leaves open are chosen as the comments
say.
"""
import re

import data
import schema_data
from access_operations import *     # noqa: F401,F403  memberships, teams, keys
from answers import TEST_CONTROL, SETUP_TESTS, Request, done, merge, one, page, with_setup_tests
from connection_operations import *     # noqa: F401,F403  history, warnings, moves, trust
from network_operations import *    # noqa: F401,F403  log services, agents, links
from platform_operations import *   # noqa: F401,F403  transformations, packages, types
from routes import Refusal, invalid
from schema_operations import *     # noqa: F401,F403  the operations on schema configurations
from state import make_item, to_json

# --- account -----------------------------------------------------------------


def get_account_info(world, request):
    return one(to_json(data.ACCOUNT))


# --- groups ------------------------------------------------------------------


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
    _look_at_list(world, request)
    return page(world, request, world.select(
        "connections", group_id=group_id, schema=request.query.get("schema")))


def group_ssh_public_key(world, request):
    group_id = world.get("groups", request.args["groupId"]).obj["id"]
    return one(to_json({"public_key": "ssh-rsa AAAAB3NzaC1yc2E%s fivetran" % group_id}))


def group_service_account(world, request):
    group_id = world.get("groups", request.args["groupId"]).obj["id"]
    return one(to_json({"service_account": "g-%s@fivetran-production.iam.gserviceaccount.com"
                                           % group_id.strip("_").replace("_", "-")}))


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


# --- connections -------------------------------------------------------------


def list_connections(world, request):
    _look_at_list(world, request)
    return page(world, request, world.select(
        "connections", group_id=request.query.get("group_id"),
        schema=request.query.get("schema")))


def _check_read_only(service, config):
    for name in sorted(data.READ_ONLY_CONFIG.get(service, set()) & set(config or {})):
        raise invalid("Field 'config.%s' is read-only" % name, "body")


def create_connection(world, request):
    body = request.body
    group_id, service, config = body["group_id"], body["service"], body.get("config") or {}
    world.get("groups", group_id)
    if service not in data.SERVICES:
        raise invalid("Unsupported service '%s'" % service)
    _check_read_only(service, config)
    schema = config.get("schema_prefix") or config.get("schema") or service
    if config.get("table"):
        schema += "." + config["table"]
    if world.select("connections", group_id=group_id, schema=schema):
        raise Refusal(409, "Conflict", "Schema name '%s' is already used" % schema)
    tested = body.get("run_setup_tests") is not False
    paused = body.get("paused") or False
    obj = {"id": world.new_id(), "service": service, "schema": schema, "group_id": group_id,
           "service_version": 1, "connected_by": data.ACCOUNT["user_id"],
           "created_at": world.now(), "succeeded_at": None, "failed_at": None, "paused": paused,
           "pause_after_trial": False, "sync_frequency": 360, "data_delay_threshold": 0,
           "data_delay_sensitivity": "NORMAL", "schedule_type": "auto",
           "status": {"setup_state": "connected" if tested else "incomplete",
                      "sync_state": "paused" if paused else "scheduled",
                      "update_state": "on_schedule", "is_historical_sync": True,
                      "tasks": [], "warnings": []},
           "networking_method": "Directly", "config": {}}
    merge(obj, body, *TEST_CONTROL, "connect_card_config", "paused")
    text = world.put("connections", obj).detail
    more = {}
    if "connect_card_config" in body:
        more = _connect_card(obj["id"], body["connect_card_config"])
    if tested:
        text = with_setup_tests(obj, **more)
    elif more:
        text = to_json({**obj, **more})
    return one(text, "Connection has been created")


def _look_at_list(world, request):
    """A list read page by page is one look."""
    if request.query.get("cursor") is None:
        world.syncs.look()


def connection_details(world, request):
    connection_id = request.args["connectionId"]
    world.syncs.look(connection_id)
    return one(world.get("connections", connection_id).detail)


def modify_connection(world, request):
    obj, body = world.change("connections", request.args["connectionId"]), request.body
    _check_read_only(obj["service"], body.get("config"))
    status = obj["status"]
    merge(obj, body, *TEST_CONTROL, "schema_status", "is_historical_sync")
    if "paused" in body:
        status["sync_state"] = "paused" if body["paused"] else "scheduled"
    if body.get("schedule"):    # wins over the frequency
        obj["sync_frequency"] = None
    if "schema_status" in body:
        status["schema_status"] = body["schema_status"]
    if body.get("is_historical_sync"):
        status["is_historical_sync"] = True
        world.syncs.trigger(obj, True)
    tested = body.get("run_setup_tests") is not False
    if tested:
        status["setup_state"] = "connected"
    text = world.put("connections", obj).detail
    return one(with_setup_tests(obj) if tested else text, "Connection has been updated")


def delete_connection(world, request):
    connection_id = request.args["connectionId"]
    world.remove("connections", connection_id)
    world.schema_configs.pop(connection_id, None)
    return done("Connection with id '%s' has been deleted" % connection_id)


def _connect_card(connection_id, config):
    token = "eyJ.%s.token" % connection_id
    return {"connect_card": {"token": token,
                             "uri": "https://fivetran.com/connect-card/setup?auth=" + token},
            "connect_card_config": config}


def connect_card(world, request):
    connection_id = world.get("connections", request.args["connectionId"]).obj["id"]
    config = request.body["connect_card_config"]
    return one(to_json({"connector_id": connection_id, **_connect_card(connection_id, config)}))


def sync_connection(world, request):
    """Without force a running sync goes on; a paused connection is refused by choice.
    How the sync goes is in syncs.py."""
    obj = world.change("connections", request.args["connectionId"])
    if obj["status"]["sync_state"] == "paused":
        raise Refusal(409, "Conflict", "The connection is paused")
    world.syncs.trigger(obj, request.body.get("force"))
    return done("Sync has been successfully triggered for connection with id '%s'" % obj["id"])


def resync_connection(world, request):
    obj = world.change("connections", request.args["connectionId"])
    scope = request.body.get("scope")
    if scope is not None:
        known = schema_data.source(obj["id"])
        for schema, tables in scope.items():
            for table in tables:
                if table not in known.get(schema, {}):
                    raise invalid("Table '%s.%s' is not in the schema config" % (schema, table))
    obj["status"]["is_historical_sync"] = True
    world.syncs.trigger(obj, True)
    return done("Re-sync has been triggered successfully")


def run_setup_tests(world, request):
    obj = world.change("connections", request.args["connectionId"])
    if obj["status"]["setup_state"] == "broken":
        failed = dict(SETUP_TESTS[0], status="FAILED", message="Connection refused")
        return one(to_json({**obj, "setup_tests": [failed]}), "Setup tests have been completed")
    obj["status"]["setup_state"] = "connected"
    world.put("connections", obj)
    return one(with_setup_tests(obj), "Setup tests have been completed")


def _stateful(world, request):
    obj = world.get("connections", request.args["connectionId"]).obj
    if obj["service"] not in data.STATEFUL_SERVICES:
        raise invalid("Connection state is not supported for service '%s'" % obj["service"])
    return obj


def connection_state(world, request):
    obj = _stateful(world, request)
    return one(to_json({"state": world.connector_states.get(obj["id"], {})}))


def modify_connection_state(world, request):
    """Only between syncs."""
    obj = _stateful(world, request)
    if request.body.get("state") is None:
        raise invalid("Field 'state' is required")
    if obj["status"]["sync_state"] == "syncing":
        raise Refusal(409, "Conflict", "The connection is syncing")
    world.connector_states[obj["id"]] = request.body["state"]
    return one(to_json({"state": request.body["state"]}))


# --- destinations ------------------------------------------------------------


def list_destinations(world, request):
    return page(world, request, world.select("destinations"))


def create_destination(world, request):
    body = request.body
    group_id = body["group_id"]
    world.get("groups", group_id)
    if body["service"] not in data.DESTINATION_SERVICES:
        raise invalid("Unsupported service '%s'" % body["service"])
    if world.find("destinations", group_id):
        raise Refusal(409, "Conflict", "Group '%s' already has a destination" % group_id)
    tested = body.get("run_setup_tests") is not False
    obj = {"id": group_id, "group_id": group_id, "service": body["service"],
           "region": "GCP_US_EAST4", "time_zone_offset": body["time_zone_offset"],
           "setup_status": "connected" if tested else "incomplete",
           "daylight_saving_time_enabled": False, "networking_method": "Directly", "config": {}}
    merge(obj, body, *TEST_CONTROL)
    text = world.put("destinations", obj).detail
    # A destination brings its own log connection, which goes with it.
    log = data.connector(1, world.new_id(), group_id, "fivetran_log")
    log.update(schema="fivetran_metadata", connected_by="_fivetran_system", paused=True)
    log["status"] = dict(log["status"], sync_state="paused")
    world.put("connections", log)
    return one(with_setup_tests(obj) if tested else text, "Destination has been created")


def destination_details(world, request):
    return one(world.get("destinations", request.args["destinationId"]).detail)


def modify_destination(world, request):
    obj, body = world.change("destinations", request.args["destinationId"]), request.body
    merge(obj, body, *TEST_CONTROL)
    tested = body.get("run_setup_tests") is not False
    if tested:
        obj["setup_status"] = "connected"
    text = world.put("destinations", obj).detail
    return one(with_setup_tests(obj) if tested else text, "Destination has been updated")


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
    return one(with_setup_tests(obj), "Setup tests have been completed")


# --- webhooks ----------------------------------------------------------------


def list_all_webhooks(world, request):
    return page(world, request, world.select("webhooks"))


def _create_webhook(world, body, kind, **more):
    _check_url(body["url"])
    obj = {"id": world.new_id(), "type": kind, "url": body["url"], "events": body["events"],
           "active": body.get("active", True), **more,
           "created_at": world.now(), "created_by": data.ACCOUNT["user_id"]}
    if body.get("secret"):
        obj["secret"] = "******"
    return one(world.put("webhooks", obj).detail, "Webhook has been created")


def _check_url(url):
    if not url.startswith("https://"):
        raise invalid("Webhook URL must use https")


def create_account_webhook(world, request):
    return _create_webhook(world, request.body, "account")


def create_group_webhook(world, request):
    group_id = world.get("groups", request.args["groupId"]).obj["id"]
    return _create_webhook(world, request.body, "group", group_id=group_id)


def webhook_details(world, request):
    return one(world.get("webhooks", request.args["webhookId"]).detail)


def modify_webhook(world, request):
    obj, body = world.change("webhooks", request.args["webhookId"]), dict(request.body)
    if body.get("url"):
        _check_url(body["url"])
    if body.get("secret"):
        body["secret"] = "******"
    merge(obj, body)
    return one(world.put("webhooks", obj).detail, "Webhook has been updated")


def delete_webhook(world, request):
    world.remove("webhooks", request.args["webhookId"])
    return done("Webhook with id '%s' has been deleted" % request.args["webhookId"])


def test_webhook(world, request):
    world.get("webhooks", request.args["webhookId"])
    return one(to_json({"succeed": True, "status": 200, "message": "OK"}))


# --- users -------------------------------------------------------------------


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
