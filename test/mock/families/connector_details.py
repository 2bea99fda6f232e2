"""A connector's state, its sync history and its warnings."""
import re
from datetime import datetime, timedelta

import seed
from answers import done, one, page
from checks import Refusal, invalid
from fields import CONNECTION, INTEGER, OBJECT, PAGE, STRING, V2, row
from state import make_item, to_json

ROWS = [
    row("connection_state", "GET", CONNECTION + "/state", V2),
    row("modify_connection_state", "PATCH", CONNECTION + "/state", V2, body={"state": OBJECT}),
    row("connection_sync_history", "GET", CONNECTION + "/sync-history", V2,
        query={**PAGE, "start_time": STRING, "end_time": STRING, "duration": INTEGER}),
    row("connection_warnings", "GET", CONNECTION + "/warnings", V2),
    row("dismiss_connection_warning", "DELETE", CONNECTION + "/warnings/{warningType}", V2),
]


def _stateful(world, request):
    obj = world.get("connections", request.args["connectionId"]).obj
    if obj["service"] not in seed.connectors.STATEFUL_SERVICES:
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


def _connection(world, request):
    return world.get("connections", request.args["connectionId"]).obj


_WEEK, _HOUR = timedelta(days=7), timedelta(hours=1)


def _time(request, name):
    """A query parameter as a time; None if it was not given."""
    text = request.query.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z", text):
        raise invalid("'%s' must be an ISO 8601 time in UTC" % name, "query")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise invalid("'%s' is not a time" % name, "query")


def connection_sync_history(world, request):
    """Syncs that began in [start_time, end_time).  `duration` has no effect by choice:
    nobody knows its unit."""
    now = world.syncs.clock()
    start, end = _time(request, "start_time"), _time(request, "end_time")
    if end is None:
        end = now if start is None else start + _HOUR
    if start is None:
        start = end - _HOUR
    if start > end:
        raise invalid("start_time must be before end_time")
    if end - start > _WEEK:
        raise invalid("The time window must not exceed 7 days")
    if start < now - _WEEK:
        raise invalid("start_time must not be more than 7 days ago")
    rows = world.syncs.history(_connection(world, request))
    return page(world, request, [make_item("syncs", row) for time, row in rows
                                 if start <= time < end])


def _warnings(world, connection):
    """Those of tables, and those of the status, which belong to no table."""
    items = list(world.warnings.get(connection["id"], []))
    since = connection.get("failed_at") or connection["created_at"]
    found = [{"code": w["code"], "message": w["message"], "created_at": since,
              "error_message": w["details"]} for w in connection["status"]["warnings"]]
    return items + ([{"warnings": found}] if found else [])


def connection_warnings(world, request):
    """No cursor can be sent: one page for all."""
    items = _warnings(world, _connection(world, request))
    return page(world, request._replace(query={"limit": 1000}),
                [make_item("warnings", item) for item in items])


def dismiss_connection_warning(world, request):
    obj = world.change("connections", request.args["connectionId"])
    kind = request.args["warningType"]
    if kind not in seed.connector_details.WARNING_TYPES:
        raise Refusal(404, "NotFound_WarningType", "Warning type '%s' is not registered" % kind)
    left = [dict(item, warnings=[w for w in item["warnings"] if w["code"] != kind])
            for item in world.warnings.get(obj["id"], [])]
    world.warnings[obj["id"]] = [item for item in left if item["warnings"]]
    kept = [w for w in obj["status"]["warnings"] if w["code"] != kind]
    if kept != obj["status"]["warnings"]:
        obj["status"]["warnings"] = kept
        world.put("connections", obj)
    return done("Warnings of type '%s' dismissed for connection '%s'" % (kind, obj["id"]))
