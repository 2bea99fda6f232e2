"""States, sync histories and warnings of connectors.

Only the sync histories know the clock: the API shows the last seven days.
"""
import random
import uuid
from datetime import timedelta

from seed.names import timestamp


def connector_states():
    return {"function_kernel": {"cursor": "2026-08-01T00:00:00Z", "page": 7},
            "sdk_forge": {"tables": {"orders": {"since": 1725148800}}}}


REASONS = {"FAILURE": "java.sql.SQLException: connection \"prod\" was refused – naïve",
           "CANCELED": "Sync has been cancelled because of a user action",
           "RESCHEDULED": "The API quota of the source is used up",
           "INCOMPLETE": "The source was not reachable to the end"}

_ENDINGS = ["COMPLETED"] * 6 + ["FAILURE", "COMPLETED", "CANCELED", "RESCHEDULED", "COMPLETED",
                                "INCOMPLETE", "COMPLETED", "PAUSED", "COMPLETED"]


def _iso(time, digits):
    text = time.strftime("%Y-%m-%dT%H:%M:%S")
    return text + ("." + time.strftime("%f")[:digits] if digits else "") + "Z"


def _stages(rng, status):
    """A sync that did not end has no later stages; a volume may be unknown."""
    volume = rng.randrange(1, 400000) / 1000
    if status == "COMPLETED":
        return {"extract": {"volume": volume}, "process": {"volume": volume * 0.75},
                "load": {"volume": rng.choice((volume / 2, 0.0, None))}}
    return {"extract": {"volume": rng.choice((volume, None))}, "process": {}, "load": {}}


def _run(rng, status, start, end):
    digits = rng.choice((0, 3, 6))
    result = {"sync_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "status": status,
              "start": start and _iso(start, digits), "end": end and _iso(end, digits),
              "stages": _stages(rng, status)}
    if status in REASONS and end:
        result["reason"] = REASONS[status]
    return result


def sync_history(connection, now):
    """Pairs of time and row, the newest first.  One that never ended a sync has
    none; one that is rescheduled has a row without start, at its end."""
    rng = random.Random("history of " + connection["id"])
    state, result = connection["status"]["sync_state"], []
    if state == "syncing":
        start = now - timedelta(minutes=5)
        result.append((start, _run(rng, "INCOMPLETE", start, None)))
    if state == "rescheduled":
        result.append((now, _run(rng, "RESCHEDULED", None, None)))
    rng.seed("ended " + connection["id"])
    many = connection["id"] == "assimilate_seem"
    count, hours = (40, 4) if many else (rng.randint(2, 6), rng.randint(1, 24))
    if not connection.get("succeeded_at") and not connection.get("failed_at"):
        count = 0
    for i in range(count):
        start = now - timedelta(minutes=30 + 60 * hours * i, microseconds=rng.randrange(10 ** 6))
        status = _ENDINGS[i % len(_ENDINGS)] if many else rng.choice(_ENDINGS)
        result.append((start, _run(rng, status, start,
                                   start + timedelta(seconds=rng.randint(20, 1200)))))
    return result


WARNING_TYPES = ["resync_table_warning", "type_coercion_to_null_warning", "schema_drift_warning"]


def _warning(number, kind, error=None):
    result = {"code": WARNING_TYPES[kind], "created_at": timestamp(86400 * 245 + number, 6),
              "message": WARNING_TYPES[kind].replace("_", " ").title()}
    if error:
        result["error_message"] = error
    return result


def warnings():
    """{connection: items}; beside these a connection has those of its status."""
    tables = [("public", "orders", [_warning(1, 0, "The primary key of orders changed"),
                                    _warning(2, 1)]),
              ("public", "größe \"x\"", [_warning(3, 1, "\"12–3\" is no number")]),
              ("sales", "lines", [_warning(4, 0)])]
    items = [{"schema": s, "table": t, "warnings": w} for s, t, w in tables]
    return {"assimilate_seem": items + [{"warnings": [_warning(5, 2, "Two columns are new")]}],
            "broken_anchor": items[2:],
            "delayed_glacier": items[:1], "unicode_meadow": items[1:2]}
