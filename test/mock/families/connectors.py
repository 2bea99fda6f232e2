"""Connectors, which the definition calls connections: syncs, setup tests, moves."""
import uuid

import seed
from answers import TEST_CONTROL, done, merge, one, page, runs_setup_tests, saved, \
    tests_completed
from checks import Refusal, invalid
from fields import BOOLEAN, CONNECTION, DAYS, INTEGER, NETWORKING, OBJECT, PAGE, \
    REQUIRED_STRING, STRING, STRINGS, TRUST, V2, field, row
from state import to_json

SYNC_FREQUENCY = field("integer", enum=[1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440])
DATA_DELAY = field("string", enum=["LOW", "NORMAL", "HIGH", "CUSTOM", "SYNC_FREQUENCY"])
SCHEDULE_TYPE = field("string", enum=["auto", "manual"])
CONNECT_CARD_CONFIG = {"redirect_uri": REQUIRED_STRING, "hide_setup_guide": BOOLEAN,
                       "all_fields": BOOLEAN}

CONNECTION_SHARED = {
    **TRUST, "run_setup_tests": BOOLEAN, "paused": BOOLEAN, "pause_after_trial": BOOLEAN,
    "sync_frequency": SYNC_FREQUENCY, "data_delay_sensitivity": DATA_DELAY,
    "data_delay_threshold": INTEGER, "daily_sync_time": STRING, "schedule_type": SCHEDULE_TYPE,
    "proxy_agent_id": STRING, "private_link_id": STRING, "networking_method": NETWORKING,
    "hybrid_deployment_agent_id": STRING,
    "destination_configuration": field("object", fields={"virtual_warehouse": STRING}),
    "external_secrets_manager_id": STRING, "config": OBJECT, "auth": OBJECT,
    "external_secrets_keys_config": OBJECT}

CONNECTION_CREATE = {
    **CONNECTION_SHARED, "group_id": REQUIRED_STRING, "service": REQUIRED_STRING,
    "connect_card_config": field("object", fields=CONNECT_CARD_CONFIG),
    "destination_schema_names": field("string", enum=["FIVETRAN_NAMING", "SOURCE_NAMING"])}

# Not in the definition: Fivetran's own client sends it with changes.
CONNECTION_SCHEDULE = field("object", fields={
    "schedule_type": field("string", True, ["TIME_OF_DAY", "INTERVAL", "CRON", "MANUAL"]),
    "cron": STRING, "interval": INTEGER, "time_of_day": STRING,
    "days_of_week": field("array", values=field("string", enum=DAYS))})

CONNECTION_UPDATE = {
    **CONNECTION_SHARED, "is_historical_sync": BOOLEAN, "schedule": CONNECTION_SCHEDULE,
    "schema_status": field("string", enum=["blocked_on_capture", "ready"])}

MOVE = {"destination_group_id": REQUIRED_STRING, "force_move": BOOLEAN,
        "sync_behavior": field("string", enum=["CONTINUE", "BACKFILL", "CONTINUE_WITH_DATA"])}

ROWS = [
    row("list_connections", "GET", "/v1/connections", V2,
        query={**PAGE, "group_id": STRING, "schema": STRING}),
    row("create_connection", "POST", "/v1/connections", V2, 201, body=CONNECTION_CREATE),
    row("connection_details", "GET", CONNECTION, V2),
    row("modify_connection", "PATCH", CONNECTION, V2, body=CONNECTION_UPDATE),
    row("delete_connection", "DELETE", CONNECTION, V2),
    row("connect_card", "POST", CONNECTION + "/connect-card", V2, body={
        "connect_card_config": field("object", True, fields=CONNECT_CARD_CONFIG)}),
    row("resync_connection", "POST", CONNECTION + "/resync", V2, body={
        "scope": field("object", values=STRINGS)}),
    row("sync_connection", "POST", CONNECTION + "/sync", V2, body={"force": BOOLEAN}),
    row("run_setup_tests", "POST", CONNECTION + "/test", V2, body=TRUST),
    row("connection_moved", "POST", CONNECTION + "/move", V2, body=MOVE),
    row("connection_moved_job_status", "GET", CONNECTION + "/move/{jobId}", V2),
]


def list_connections(world, request):
    look_at_list(world, request)
    return page(world, request, world.select(
        "connections", group_id=request.query.get("group_id"),
        schema=request.query.get("schema")))


def _check_read_only(service, config):
    for name in sorted(seed.connectors.READ_ONLY_CONFIG.get(service, set()) & set(config or {})):
        raise invalid("Field 'config.%s' is read-only" % name, "body")


def create_connection(world, request):
    body = request.body
    group_id, service, config = body["group_id"], body["service"], body.get("config") or {}
    world.get("groups", group_id)
    if service not in seed.connectors.SERVICES:
        raise invalid("Unsupported service '%s'" % service)
    _check_read_only(service, config)
    schema = config.get("schema_prefix") or config.get("schema") or service
    if config.get("table"):
        schema += "." + config["table"]
    if world.select("connections", group_id=group_id, schema=schema):
        raise Refusal(409, "Conflict", "Schema name '%s' is already used" % schema)
    tested = runs_setup_tests(body)
    paused = body.get("paused") or False
    obj = {"id": world.new_id(), "service": service, "schema": schema, "group_id": group_id,
           "service_version": 1, "connected_by": seed.account.ACCOUNT["user_id"],
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
    return saved(obj, text, tested, "Connection has been created", **more)


def look_at_list(world, request):
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
    tested = runs_setup_tests(body)
    if tested:
        status["setup_state"] = "connected"
    text = world.put("connections", obj).detail
    return saved(obj, text, tested, "Connection has been updated")


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
        known = seed.schemas.source(obj["id"])
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
        return tests_completed(obj, broken=True)
    obj["status"]["setup_state"] = "connected"
    world.put("connections", obj)
    return tests_completed(obj)


def _check_move(world, obj, target_id, behavior, forced):
    world.get("groups", target_id)
    if obj["status"]["sync_state"] != "paused":
        raise Refusal(409, "Conflict", "The connection must be paused before it is moved")
    target = world.find("destinations", target_id)
    if target is None:
        raise invalid("Group '%s' has no destination" % target_id)
    if target_id == obj["group_id"]:
        raise invalid("The connection is in group '%s' already" % target_id)
    if world.select("connections", group_id=target_id, schema=obj["schema"]):
        raise Refusal(409, "Conflict", "Schema name '%s' is already used" % obj["schema"])
    if "role_arn" in obj.get("config", {}) and not forced:
        raise invalid("The credentials refer to the source group: 1. add the external id '%s' to "
                      "the role 2. repeat the call with force_move" % target_id)
    source = world.find("destinations", obj["group_id"])
    if behavior == "CONTINUE_WITH_DATA" and (
            source is None or source.obj["service"] != "snowflake"
            or target.obj["service"] not in ("snowflake", "managed_data_lake")):
        raise invalid("CONTINUE_WITH_DATA only goes from Snowflake to a Snowflake Lakehouse")


def connection_moved(world, request):
    """By choice CONTINUE unless another behaviour is sent.  A job moves the
    connection when it ends."""
    obj, body = world.change("connections", request.args["connectionId"]), request.body
    behavior = body.get("sync_behavior") or "CONTINUE"
    target_id, source_id = body["destination_group_id"], obj["group_id"]
    _check_move(world, obj, target_id, behavior, body.get("force_move"))
    now = world.now()
    answer = {"connection_id": obj["id"], "source_group_id": source_id,
              "destination_group_id": target_id, "sync_behavior": behavior, "moved_at": now}
    if behavior == "CONTINUE_WITH_DATA":
        job_id = str(uuid.uuid5(uuid.NAMESPACE_URL, world.new_id()))
        world.put("move_jobs", {
            "id": job_id, "status": "PENDING", "connection_id": obj["id"], "created_at": now,
            "source_group_id": source_id, "destination_group_id": target_id, "started_at": None,
            "completed_at": None, "error_message": None})
        return one(to_json({**answer, "moved_at": None, "job_id": job_id}),
                   "Connection move has been started")
    if behavior == "BACKFILL":
        obj["status"]["is_historical_sync"] = True
    obj["group_id"] = target_id
    world.put("connections", obj)
    return one(to_json(answer), "Connection moved successfully")


def connection_moved_job_status(world, request):
    """The job goes on a step each time its status is read: PENDING, IN_PROGRESS, SUCCESS."""
    connection = world.change("connections", request.args["connectionId"])
    item = world.get("move_jobs", request.args["jobId"])
    job = dict(item.obj)
    if job["connection_id"] != connection["id"]:
        raise Refusal(404, "NotFound_MoveJob", "Cannot find move job with id '%s'" % job["id"])
    if job["status"] == "PENDING":
        world.put("move_jobs", dict(job, status="IN_PROGRESS", started_at=world.now()))
    elif job["status"] == "IN_PROGRESS":
        world.put("move_jobs", dict(job, status="SUCCESS", completed_at=world.now()))
        world.put("connections", dict(connection, group_id=job["destination_group_id"]))
    return one(item.detail, "Move connection job status retrieved successfully")
