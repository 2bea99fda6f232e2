"""The control endpoints /_control/<world>/...: what tests ask and set."""
import base64
import copy
import json
from urllib.parse import parse_qs, unquote

import faults
import state
from state import to_json

WAIT_SECONDS = 180


def handle(method, path, body):
    """Status and JSON value for one control request."""
    path, _, query = path.partition("?")
    parts = path.split("/")
    if len(parts) != 4:
        return 404, "no such control endpoint"
    if parts[2:] == ["_all", "stats"]:
        return 200, {w.name: stats(w) for w in state.all_worlds()}
    world = state.world(unquote(parts[2]))
    function = ENDPOINTS.get((method, parts[3]))
    if function is None:
        return 404, "no such control endpoint"
    try:
        argument = json.loads(body) if body else None
        if function is wait:
            return wait(world, parse_qs(query))
        with world.lock:
            return 200, function(world, argument)
    except state.Refusal as refusal:
        return refusal.status, refusal.message
    except (ValueError, KeyError, TypeError) as error:
        return 400, "%s: %s" % (type(error).__name__, error)


def requests(world, _):
    return copy.deepcopy(world.log)


def clear_requests(world, _):
    world.log.clear()
    world.max_in_flight = world.in_flight
    return {}


def violations(world, _):
    return list(world.violations)


def clear_violations(world, _):
    world.violations.clear()
    return {}


def stats(world, _=None):
    with world.lock:
        return {"requests": len(world.log), "in_flight": world.in_flight,
                "stalled": world.stalled(), "max_in_flight": world.max_in_flight,
                "violations": len(world.violations), "exceptions": world.exceptions,
                "last_exception": world.last_exception}


def settings(world, changes):
    unknown = set(changes) - set(world.settings)
    if unknown:
        raise ValueError("unknown setting %s" % ", ".join(sorted(unknown)))
    world.settings.update(changes)
    if changes.get("connectors") is not None:
        world.keep_connectors(changes["connectors"])
    return world.settings


def add_faults(world, rules):
    world.faults.extend([faults.Rule(rule) for rule in rules])
    return {"rules": len(world.faults)}


def clear_faults(world, _):
    world.faults.clear()
    return {}


def list_faults(world, _):
    return [dict(rule.action, skip=rule.skip, times=rule.times) for rule in world.faults]


def release(world, _):
    world.releases += 1
    world.changed.notify_all()
    return {}


def patch(world, change):
    """Change an object: "set" with keys that may be dotted, "unset" with a list."""
    obj = world.change(change["collection"], change["id"])
    for key, value in change.get("set", {}).items():
        target, last = _parent(obj, key)
        target[last] = value
    for key in change.get("unset", []):
        target, last = _parent(obj, key)
        target.pop(last, None)
    world.put(change["collection"], obj)
    return obj


def _parent(obj, key):
    *path, last = key.split(".")
    for name in path:
        obj = obj[name]
    return obj, last


def replace(world, change):
    """Serve a text as it is: for one item, or for GETs of a whole path."""
    if "raw_base64" in change:
        text = base64.b64decode(change["raw_base64"])
    else:
        text = change["raw"].encode() if change["raw"] is not None else None
    if "path" not in change:
        world.put_raw(change["collection"], change["id"], text)
    elif text is None:
        world.raw_answers.pop(change["path"], None)
    else:
        world.raw_answers[change["path"]] = text
    return {}


def list_syncs(world, _):
    """The rows of played syncs as they are now, by connection, the oldest first."""
    return {name: [{k: v for k, v in versions[-1][1].items() if k != "_start"}
                   for versions in rows] for name, rows in world.syncs.rows.items()}


def plan_syncs(world, plans):
    world.syncs.plan(plans)
    return {"plans": len(world.syncs.plans)}


def clear_syncs(world, _):
    world.syncs.plans.clear()
    return {}


def sync(world, change):
    """{id, event: "start", ago} as a schedule does it; {id, event: "end", ...} with
    members of the plan."""
    change = dict(change)
    name, event = change.pop("id"), change.pop("event")
    if event == "start":
        world.syncs.begin_now(name, change.get("ago", 0))
    elif event == "end":
        world.syncs.end_now(name, **change)
    else:
        raise ValueError("unknown event %s" % event)
    return world.get("connections", name).obj


def wait(world, query):
    """Until `count` requests whose "METHOD path" contains `path` have arrived (or
    with state=stalled, =answered, =gone: are stalled, were answered, lost their
    client; with =half: have sent what a stall lets out first)."""
    count = int(query["count"][0])
    text = query.get("path", [""])[0]
    what = query.get("state", ["arrived"])[0]
    tests = {"arrived": lambda r: True, "answered": lambda r: r["status"] is not None,
             "gone": lambda r: r["client_gone"]}

    def enough():
        if what == "stalled":
            return world.stalled(text) >= count
        if what == "half":
            return world.halves >= count
        return sum(1 for r in world.log if tests[what](r)
                   and text in r["method"] + " " + r["path"]) >= count

    if what not in ("stalled", "half") and what not in tests:
        raise ValueError("unknown state %s" % what)
    with world.lock:
        done = world.changed.wait_for(enough, WAIT_SECONDS)
        return (200 if done else 408), stats(world)


ENDPOINTS = {
    ("GET", "requests"): requests, ("DELETE", "requests"): clear_requests,
    ("GET", "violations"): violations, ("DELETE", "violations"): clear_violations,
    ("GET", "stats"): stats, ("POST", "settings"): settings,
    ("GET", "faults"): list_faults, ("POST", "faults"): add_faults,
    ("DELETE", "faults"): clear_faults, ("GET", "wait"): wait,
    ("GET", "syncs"): list_syncs, ("POST", "syncs"): plan_syncs,
    ("DELETE", "syncs"): clear_syncs, ("POST", "sync"): sync,
    ("POST", "release"): release, ("POST", "patch"): patch, ("POST", "replace"): replace,
}


def answer(method, path, body):
    status, value = handle(method, path, body)
    return status, to_json(value if status == 200 else {"error": value})
