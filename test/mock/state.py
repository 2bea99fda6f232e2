"""Worlds: independent copies of the seed account, with their logs and settings.

Items are never changed in place: a change replaces the item of that world.  So
a new world only copies dictionaries of references, and pages are joined from
texts that were serialised once.
"""
import base64
import copy
import hashlib
import json
import sys
import threading
from collections import namedtuple
from datetime import datetime, timezone

import seed
import syncs
from checks import Refusal, invalid

# obj: the object; detail, listed: its JSON text when read alone and in a list.
Item = namedtuple("Item", "obj detail listed")

# Code and noun of the 404 for an object that is not there.
ENTITIES = {name: (c.code, c.noun) for name, c in seed.COLLECTIONS.items()}


def to_json(value, ascii_only=False):
    return json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")).encode()


def make_item(collection, obj):
    ascii_only = obj.get("id") in seed.connectors.ESCAPED
    detail = listed = to_json(obj, ascii_only)
    kind = seed.COLLECTIONS.get(collection)
    if kind and kind.list_omits:
        listed = to_json({k: v for k, v in obj.items() if k not in kind.list_omits}, ascii_only)
    if kind and kind.detail_omits:
        detail = to_json({k: v for k, v in obj.items() if k not in kind.detail_omits}, ascii_only)
    return Item(obj, detail, listed)


def key_of(collection, obj):
    return obj[seed.COLLECTIONS[collection].key]


SEED = {name: {key_of(name, obj): make_item(name, obj) for obj in kind.objects}
        for name, kind in seed.COLLECTIONS.items()}
_clones = []        # connectors beyond the seed, shared by all worlds that want them
_clones_lock = threading.Lock()


def connectors(count):
    """The first `count` connectors; beyond the seed, copies with other ids."""
    known = list(SEED["connections"].items())
    with _clones_lock:
        for number in range(len(_clones), count - len(known)):
            original = known[number % len(known)][1]
            old_id, old_schema = original.obj["id"], original.obj["schema"]
            suffix = "_c%d" % (number // len(known) + 1)
            # id and schema stand at the head of the text, so the first match is theirs.
            text = original.detail.replace(
                b'"id":"%s"' % old_id.encode(), b'"id":"%s"' % (old_id + suffix).encode(), 1)
            text = text.replace(b'"schema":"%s"' % old_schema.encode(),
                                b'"schema":"%s"' % (old_schema + suffix).encode(), 1)
            obj = dict(original.obj, id=old_id + suffix, schema=old_schema + suffix)
            _clones.append((obj["id"], Item(obj, text, text)))
        return dict(known[:count] + _clones[:max(0, count - len(known))])


_default_connectors = None      # None: those of the seed


def set_default_connectors(count):
    """What worlds begin with that come into being from now on."""
    global _default_connectors
    _default_connectors = count


NEW_IDS = seed.names.connector_ids(4000, "_new")


class World:
    def __init__(self, name):
        self.name = name
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.collections = {c: dict(items) for c, items in SEED.items()}
        if _default_connectors is not None:
            self.collections["connections"] = connectors(_default_connectors)
        self.members = {kind: dict(rows) for kind, rows in seed.access.MEMBERS.items()}
        self.schema_configs = {c: None for c in seed.schemas.SOURCES}    # None: not made yet
        self.dropped_columns = set()
        self.connector_states = seed.connector_details.connector_states()
        self.started = datetime.now(timezone.utc)
        self.warnings = seed.connector_details.warnings()
        self.package_files = dict(seed.metadata.PACKAGE_FILES)
        self.raw_answers = {}
        self.settings = {"latency_ms": 0, "cursor_style": "skip", "connectors": None,
                         "page_cap": None, "gzip": False, "rate_limit": None, "rate_used": 0,
                         "clock_offset": 0}
        self.syncs = syncs.Syncs(self)
        self.log = []
        self.violations = []
        self.exceptions = 0
        self.last_exception = None  # its traceback
        self.faults = []
        self.in_flight = 0
        self.max_in_flight = 0
        self.answered = 0
        self.stalls = []    # records that a rule stalls, each with the releases there were then
        self.halves = 0     # answers of which a stall let half go out
        self.releases = 0
        self._selections = {}
        self._cursors = {}
        self._created = 0

    # --- objects ---

    def find(self, collection, key):
        return self.collections[collection].get(key)

    def get(self, collection, key):
        item = self.find(collection, key)
        if item is None:
            code, noun = ENTITIES[collection]
            raise Refusal(404, code, "Cannot find %s with id '%s'" % (noun, key))
        return item

    def change(self, collection, key):
        """A copy of the object, to be changed and given to put()."""
        return copy.deepcopy(self.get(collection, key).obj)

    def put(self, collection, obj):
        item = make_item(collection, obj)
        self.collections[collection][key_of(collection, obj)] = item
        self._selections.clear()
        return item

    def put_raw(self, collection, key, text):
        """Serve this text, valid JSON or not, in place of the object's."""
        self.collections[collection][key] = Item(self.get(collection, key).obj, text, text)
        self._selections.clear()

    def remove(self, collection, key):
        """An object leaves with its memberships."""
        self.get(collection, key)
        del self.collections[collection][key]
        for kind, rows in self.members.items():
            if collection in kind:
                end = kind.index(collection)
                self.members[kind] = {k: m for k, m in rows.items() if k[end] != key}
        self._selections.clear()

    def select(self, collection, **filters):
        """Items whose fields equal the filters that are not None."""
        wanted = tuple((k, v) for k, v in sorted(filters.items()) if v is not None)
        cached = self._selections.get((collection, wanted))
        if cached is None:
            cached = [item for item in self.collections[collection].values()
                      if all(item.obj.get(k) == v for k, v in wanted)]
            self._selections[collection, wanted] = cached
        return cached

    def keep_connectors(self, count):
        self.collections["connections"] = connectors(count)
        self._selections.clear()

    def new_id(self):
        lap, number = divmod(self._created, len(NEW_IDS))
        self._created += 1
        return NEW_IDS[number] + ("_%d" % lap if lap else "")

    def now(self):
        """The world's clock: every reading is a second later than the last."""
        self._created += 1
        return seed.names.timestamp(86400 * 251 + self._created, 3)

    def schema_config(self, connection_id):
        self.get("connections", connection_id)
        if connection_id not in self.schema_configs:
            raise Refusal(404, "NotFound_SchemaConfig",
                          "Connection with id '%s' doesn't have schema config" % connection_id)
        if self.schema_configs[connection_id] is None:
            self.schema_configs[connection_id] = seed.schemas.schema_config(connection_id)
        return self.schema_configs[connection_id]

    # --- cursors ---

    def encode_cursor(self, skip, variant=0):
        """`variant` makes another text of the same place."""
        if self.settings["cursor_style"] == "opaque":
            digest = hashlib.sha256(b"%d/%d" % (skip, variant)).digest()
            text = base64.urlsafe_b64encode(digest[:15]).decode()
            self._cursors[text] = skip
            return text
        text = '{"skip":%s%d}' % (" " * variant, skip)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def decode_cursor(self, text):
        if text in self._cursors:
            return self._cursors[text]
        if self.settings["cursor_style"] != "opaque":
            try:
                value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
                skip = value["skip"]
                if set(value) == {"skip"} and isinstance(skip, int) and skip >= 0:
                    return skip
            except (ValueError, KeyError, TypeError):
                pass
        raise invalid("Invalid cursor '%s'" % text, "query")

    # --- the log ---

    def arrive(self, method, path, headers, body):
        with self.lock:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            query = path.partition("?")[2]
            record = {"n": len(self.log) + 1, "method": method, "path": path,
                      "query": query.split("&") if query else [],
                      "headers": headers, "body": body, "status": None,
                      "in_flight": self.in_flight, "client_gone": False}
            self.log.append(record)
            self.changed.notify_all()
            return record

    def leave(self, record, status):
        """Called before the last byte is sent: once a client has its answer, the
        next request it sends must not find the last one in flight."""
        with self.lock:
            record["status"] = status
            self.in_flight -= 1
            self.answered += 1
            self.changed.notify_all()

    def stalled(self, text=""):
        """How many requests whose "METHOD path" contains the text wait for a release.

        One that has been released does not, though its thread may not know yet."""
        return sum(1 for record, releases in self.stalls if releases >= self.releases
                   and text in record["method"] + " " + record["path"])

    def client_gone(self, record):
        with self.lock:
            record["client_gone"] = True
            self.changed.notify_all()

    def failed(self, trace):
        """The mock itself has: no test may pass then."""
        print(trace, file=sys.stderr)
        with self.lock:
            self.exceptions += 1
            self.last_exception = trace

    def violate(self, record, kind, message):
        with self.lock:
            self.violations.append({"n": record["n"], "kind": kind, "message": message,
                                    "request": "%s %s" % (record["method"], record["path"])})


_worlds = {}
_worlds_lock = threading.Lock()


def world(name):
    with _worlds_lock:
        if name not in _worlds:
            _worlds[name] = World(name)
        return _worlds[name]


def all_worlds():
    with _worlds_lock:
        return list(_worlds.values())
