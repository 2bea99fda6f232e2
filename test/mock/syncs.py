"""Syncs that a world plays: how they begin and end, and what the sync history tells of them.

A sync goes by looks, not by time: a look is one GET of the connection, or one list of
connections.  So a test needs no sleep and knows each answer in advance.  What happens is
dated by the world's clock, which the setting clock_offset moves against the real one and
which the header Date shows.

A plan says how a connection's syncs go (POST syncs takes an array of them; the first that
fits is used):

    id             connection; absent: all of them
    times          syncs it is good for (0: all)
    lag            looks between the POST and the first sign of the sync (0); null: never
    run            further looks for which it is seen running; null, as without a plan: until a
                   test ends it
    outcome        COMPLETED, FAILURE, CANCELED, INCOMPLETE, RESCHEDULED, PAUSED (COMPLETED)
    reason         what the history gives as reason
    after          "paused" or "broken": what becomes of the connection when it ends
    rescheduled_for  seconds until a rescheduled one goes on (3600)
    resume         looks after which a rescheduled one goes on; null, and under schedule
                   manual always: when somebody posts
    history_lag    reads of the history by which it lags behind each change (0)
"""
import copy
import uuid
from datetime import datetime, timedelta, timezone

import seed

_PLAN = {"id": None, "times": 0, "lag": 0, "run": None, "outcome": "COMPLETED", "reason": None,
         "after": None, "rescheduled_for": 3600, "resume": None, "history_lag": 0}
_OUTCOMES = ("COMPLETED", "FAILURE", "CANCELED", "INCOMPLETE", "RESCHEDULED", "PAUSED")


def set_default_run(looks):
    """Syncs that no plan is for end by themselves."""
    _PLAN["run"] = looks


def _text(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Sync:
    """One connection's sync under way.  looks: those left until its next change; None: none
    comes by itself.  start: None while it waits."""

    def __init__(self, plan):
        self.plan = plan
        self.start = None
        self.looks = plan["lag"]


class Syncs:
    def __init__(self, world):
        self.world = world
        self.plans = []
        self.current = {}       # connection: _Sync
        self.rows = {}          # connection: the versions of each sync's row, see _note()
        self.reads = {}         # connection: reads of its history
        self.made = 0

    def clock(self):
        return datetime.now(timezone.utc) + timedelta(seconds=self.world.settings["clock_offset"])

    # --- what tests ask for ---

    def plan(self, specs):
        for spec in specs:
            if set(spec) - set(_PLAN):
                raise ValueError("unknown key in plan of a sync: %r" % (spec,))
            plan = {**_PLAN, **spec}
            if plan["outcome"] not in _OUTCOMES or plan["after"] not in (None, "paused", "broken"):
                raise ValueError("unknown outcome in plan of a sync: %r" % (spec,))
            if plan["id"] is not None:
                self.world.get("connections", plan["id"])
            self.plans.append(plan)

    def begin_now(self, connection_id, seconds_ago=0):
        """What the schedule does: a sync begins by itself."""
        obj = self.world.change("connections", connection_id)
        sync = self.current.setdefault(connection_id, _Sync(self._choose(connection_id)))
        self._begin(obj, sync, timedelta(seconds=seconds_ago))

    def end_now(self, connection_id, **changes):
        """End the running sync, with members of the plan changed."""
        sync = self.current[connection_id]
        sync.plan = {**sync.plan, **changes}
        self._end(self.world.change("connections", connection_id), sync)

    # --- what the operations ask for ---

    def trigger(self, obj, force):
        """A sync is asked for.  `obj`: a copy of the connection, which is stored."""
        connection_id, status = obj["id"], obj["status"]
        sync = self._current(obj)
        if status["sync_state"] == "syncing":
            if not force:
                return
            if sync:
                self._close(sync, obj, "CANCELED", "A new sync was forced")
        elif sync and sync.start is None and sync.looks is not None:
            return              # one is queued already
        sync = self.current[connection_id] = _Sync(self._choose(connection_id))
        if sync.looks == 0:
            self._begin(obj, sync)
        else:
            self.world.put("connections", obj)

    def look(self, connection_id=None):
        """A connection, or a list of them, is read: those under way go on."""
        for name in [connection_id] if connection_id else list(self.current):
            item = self.world.find("connections", name)
            sync = item and self._current(item.obj)
            if sync is None or sync.looks is None or item.obj.get("paused"):
                continue
            sync.looks -= 1
            if sync.looks < 0:
                obj = copy.deepcopy(item.obj)
                if sync.start is None:
                    self._begin(obj, sync)
                else:
                    self._end(obj, sync)

    def history(self, connection):
        """Pairs of time and row, the newest first: those played, then those of the seed."""
        connection_id = connection["id"]
        self._current(connection)
        reads = self.reads[connection_id] = self.reads.get(connection_id, 0) + 1
        played = []
        for versions in self.rows.get(connection_id, []):
            seen = [row for since, row in versions if reads > since]
            if seen:
                played.append((versions[0][1]["_start"], {k: v for k, v in seen[-1].items()
                                                          if k != "_start"}))
        seeded = seed.connector_details.sync_history(connection, self.world.started)
        if connection_id in self.rows:
            # The seed's row of a running sync stands for the state at the start.
            seeded = [(time, row) for time, row in seeded if row["end"] is not None]
        return played[::-1] + seeded

    # --- how it goes ---

    def _current(self, obj):
        """The sync under way; one whose connection is not syncing any more, because
        somebody paused it or a test changed its state, is over."""
        sync = self.current.get(obj["id"])
        if sync and sync.start and obj["status"]["sync_state"] != "syncing":
            self._close(sync, obj, "PAUSED" if obj.get("paused") else "COMPLETED", None)
            return None
        return sync

    def _choose(self, connection_id):
        for plan in self.plans:
            if plan["id"] in (None, connection_id):
                if plan["times"] > 0:
                    plan["times"] -= 1
                    if plan["times"] == 0:
                        self.plans.remove(plan)
                return plan
        return _PLAN

    def _note(self, connection_id, sync, row):
        """A new version of a sync's row; the first makes the row."""
        version = (self.reads.get(connection_id, 0) + sync.plan["history_lag"], row)
        versions = self.rows.setdefault(connection_id, [])
        if versions and versions[-1][-1][1]["sync_id"] == row["sync_id"]:
            versions[-1].append(version)
        else:
            versions.append([version])

    def _begin(self, obj, sync, ago=timedelta(0)):
        self.made += 1
        sync.start = self.clock() - ago
        sync.looks = sync.plan["run"]
        sync.row = {"sync_id": str(uuid.uuid5(uuid.NAMESPACE_URL, "%s/%s/%d" % (
            self.world.name, obj["id"], self.made))), "status": "INCOMPLETE",
            "start": _text(sync.start), "end": None, "_start": sync.start,
            "stages": {"extract": {"volume": None}, "process": {}, "load": {}}}
        self._note(obj["id"], sync, sync.row)
        obj["status"].update(sync_state="syncing", rescheduled_for=None)
        self.world.put("connections", obj)

    def _close(self, sync, obj, status, reason):
        """The row's end; the connection is the caller's."""
        row = dict(sync.row, status=status, end=_text(self.clock()))
        if status == "COMPLETED":
            row["stages"] = {"extract": {"volume": 12.5}, "process": {"volume": 12.5},
                             "load": {"volume": 10.25}}
        if reason:
            row["reason"] = reason
        self._note(obj["id"], sync, row)
        self.current.pop(obj["id"], None)

    def _end(self, obj, sync):
        plan, status = sync.plan, obj["status"]
        outcome, now = plan["outcome"], _text(self.clock())
        reason = plan["reason"] or seed.connector_details.REASONS.get(outcome)
        self._close(sync, obj, outcome, reason)
        status["sync_state"] = "scheduled"
        if outcome == "COMPLETED":
            status["is_historical_sync"] = False
            obj["succeeded_at"] = now
        elif outcome == "FAILURE":
            obj["failed_at"] = now
        elif outcome == "RESCHEDULED":
            status.update(sync_state="rescheduled", rescheduled_for=_text(
                self.clock() + timedelta(seconds=plan["rescheduled_for"])))
            if plan["resume"] is not None and obj.get("schedule_type") != "manual":
                waiting = self.current[obj["id"]] = _Sync(self._choose(obj["id"]))
                waiting.looks = plan["resume"]
        if plan["after"] == "paused" or outcome == "PAUSED":
            obj["paused"] = True
            status["sync_state"] = "paused"
        elif plan["after"] == "broken":
            status.update(setup_state="broken", tasks=[seed.connectors.TASK])
        self.world.put("connections", obj)
