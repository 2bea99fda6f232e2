"""The operations on a connection's sync history, warnings and moves, and on the
certificates and fingerprints of connections and destinations (see operations.py)."""
import base64
import binascii
import re
import uuid
from datetime import datetime, timedelta

import data
import platform_data
import platform_routes
from answers import done, one, page
from routes import Refusal, invalid
from state import make_item, to_json

__all__ = [row.name for row in platform_routes.CONNECTIONS]


def _connection(world, request):
    return world.get("connections", request.args["connectionId"]).obj


# --- sync history ------------------------------------------------------------

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


# --- warnings ----------------------------------------------------------------


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
    if kind not in platform_data.WARNING_TYPES:
        raise Refusal(404, "NotFound_WarningType", "Warning type '%s' is not registered" % kind)
    left = [dict(item, warnings=[w for w in item["warnings"] if w["code"] != kind])
            for item in world.warnings.get(obj["id"], [])]
    world.warnings[obj["id"]] = [item for item in left if item["warnings"]]
    kept = [w for w in obj["status"]["warnings"] if w["code"] != kind]
    if kept != obj["status"]["warnings"]:
        obj["status"]["warnings"] = kept
        world.put("connections", obj)
    return done("Warnings of type '%s' dismissed for connection '%s'" % (kind, obj["id"]))


# --- moves -------------------------------------------------------------------


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


# --- certificates and fingerprints -------------------------------------------


def _approve(world, collection, owner, body):
    """The stored item; approving a hash again only renews it."""
    user, now = data.ACCOUNT["user_id"], world.now()
    if not body["hash"]:
        raise invalid("Field 'hash' must not be empty")
    if collection == "fingerprints":
        return world.put(collection, platform_data.fingerprint(
            owner, body["hash"], body["public_key"], user, now))
    try:
        content = base64.b64decode(body["encoded_cert"], validate=True)
    except binascii.Error:
        content = b""
    if not content:
        raise invalid("Field 'encoded_cert' is not a certificate in Base64")
    return world.put(collection, platform_data.certificate(
        owner, body["hash"], content, user, now))


def approve_certificate(world, request):
    """The deprecated call, for a connection or a destination."""
    owners = [(c, request.body[name]) for c, name in (("connections", "connection_id"),
                                                      ("destinations", "destination_id"))
              if request.body.get(name) is not None]
    if len(owners) != 1:
        raise invalid("Either 'connection_id' or 'destination_id' is required")
    world.get(*owners[0])
    _approve(world, "certificates", "/".join(owners[0]), request.body)
    return done("The certificate has been approved.")


def _define_trust(owner, kind):
    """The four operations on one kind of thing that an owner trusts."""
    owners, collection = owner + "s", kind + "s"
    code, _ = platform_data.ENTITIES[collection]

    def owner_of(world, request):
        owner_id = request.args[owner + "Id"]
        world.get(owners, owner_id)
        return owners + "/" + owner_id

    def item_of(world, request):
        key = owner_of(world, request) + "/" + request.args["hash"]
        item = world.find(collection, key)
        if item is None:
            raise Refusal(404, code, "Cannot find %s with hash '%s'"
                          % (kind, request.args["hash"]))
        return key, item

    def list_all(world, request):
        return page(world, request,
                    world.select(collection, _owner=owner_of(world, request)))

    def approve(world, request):
        item = _approve(world, collection, owner_of(world, request), request.body)
        return one(item.detail, "The %s has been approved." % kind)

    def details(world, request):
        return one(item_of(world, request)[1].detail)

    def revoke(world, request):
        world.remove(collection, item_of(world, request)[0])
        return done("%s '%s' has been revoked for %s '%s'" % (
            kind.title(), request.args["hash"], owner, request.args[owner + "Id"]))

    for name, function in (("get_%s_%ss_list", list_all), ("approve_%s_%s", approve),
                           ("get_%s_%s_details", details), ("revoke_%s_%s", revoke)):
        globals()[name % (owner, kind)] = function


for _owner in ("connection", "destination"):
    for _kind in ("certificate", "fingerprint"):
        _define_trust(_owner, _kind)
