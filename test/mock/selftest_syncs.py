#!/usr/bin/env python3
"""Tests of the syncs that a world plays, of its clock and its rate limit:
python3 test/mock/selftest_syncs.py"""
import unittest
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import selftest

SEEM = "/v1/connections/assimilate_seem"


class SyncsTest(selftest.RoundClient):
    def plan(self, *plans):
        self.control("POST", "syncs", plans)

    def event(self, event, **how):
        self.control("POST", "sync", {"id": "assimilate_seem", "event": event, **how})

    def sync(self, **body):
        return self.ok("POST", SEEM + "/sync", body)

    def state(self):
        return self.ok("GET", SEEM)["status"]["sync_state"]

    def states(self, n):
        return [self.state() for _ in range(n)]

    def history(self):
        """The syncs of this test: those of the seed began at least half an hour ago."""
        now = datetime.now(timezone.utc)
        start = (now - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
        end = (now + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [(r["status"], r["end"] is not None, r.get("reason")) for r in self.items(
            SEEM + "/sync-history?start_time=%s&end_time=%s" % (start, end))]

    def test_without_a_plan(self):
        self.sync()
        self.assertEqual(self.states(4), ["syncing"] * 4)
        self.assertEqual(self.history(), [("INCOMPLETE", False, None)])
        self.sync()
        self.assertEqual(len(self.history()), 1)            # nothing new has begun
        self.sync(force=True)
        self.assertEqual([h[0] for h in self.history()], ["INCOMPLETE", "CANCELED"])
        before = self.ok("GET", SEEM)
        self.event("end", outcome="FAILURE", reason="why")
        after = self.ok("GET", SEEM)
        self.assertGreater(after["failed_at"], before["failed_at"])
        self.assertEqual(after["succeeded_at"], before["succeeded_at"])
        self.assertEqual(self.history()[0], ("FAILURE", True, "why"))
        rows = self.control("GET", "syncs")["assimilate_seem"]
        self.assertEqual(len({r["sync_id"] for r in rows}), 2)
        self.assertTrue(all(r["start"] <= r["end"] for r in rows))
        self.assertEqual(self.kinds(), [])

    def test_a_state_that_is_changed_by_hand_ends_it(self):
        for change, status in (({"paused": True}, "PAUSED"), (None, "COMPLETED")):
            self.sync()
            if change:
                self.ok("PATCH", SEEM, {**change, "run_setup_tests": False})
            else:
                self.control("POST", "patch", {"collection": "connections", "set": {
                    "status.sync_state": "scheduled"}, "id": "assimilate_seem"})
            self.assertEqual(self.history()[0][:2], (status, True))
            self.ok("PATCH", SEEM, {"paused": False, "run_setup_tests": False})
            self.assertEqual(self.states(2), ["scheduled"] * 2)

    def test_looks(self):
        self.plan({"id": "assimilate_seem", "lag": 2, "run": 1, "times": 1},
                  {"run": 0, "outcome": "FAILURE", "after": "broken"})
        self.sync()
        self.sync()         # one is queued already
        self.assertEqual(self.history(), [])
        self.assertEqual(self.states(5), ["scheduled"] * 2 + ["syncing"] * 2 + ["scheduled"])
        self.assertEqual(self.history(), [("COMPLETED", True, None)])
        self.sync()
        self.assertEqual(self.history()[0], ("INCOMPLETE", False, None))
        self.items("/v1/connections", 1000)         # a list of three pages is one look
        status = self.ok("GET", SEEM)["status"]
        self.assertEqual((status["setup_state"], len(status["tasks"])), ("broken", 1))
        self.assertEqual(self.history()[0][:2], ("FAILURE", True))
        self.assertIn("refused", self.history()[0][2])

    def test_never(self):
        self.plan({"lag": None})
        self.sync()
        self.assertEqual(self.states(3), ["scheduled"] * 3)
        self.assertEqual(self.history(), [])

    def test_rescheduled(self):
        self.plan({"run": 0, "outcome": "RESCHEDULED", "resume": 1, "times": 1},
                  {"run": 0, "times": 1}, {"run": 0, "outcome": "RESCHEDULED", "resume": 1})
        self.sync()
        self.assertEqual(self.states(4), ["rescheduled"] * 2 + ["syncing", "scheduled"])
        self.assertEqual([h[0] for h in self.history()], ["COMPLETED", "RESCHEDULED"])
        self.ok("PATCH", SEEM, {"schedule_type": "manual", "run_setup_tests": False})
        self.sync()
        self.assertEqual(self.states(4), ["rescheduled"] * 4)
        self.assertGreater(self.ok("GET", SEEM)["status"]["rescheduled_for"],
                           datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.sync()
        self.assertEqual(self.state(), "rescheduled")

    def test_history_lags(self):
        self.plan({"history_lag": 2})
        self.sync()
        self.assertEqual([len(self.history()) for _ in range(3)], [0, 0, 1])
        self.event("end")
        self.assertEqual([self.history()[0][0] for _ in range(3)], ["INCOMPLETE"] * 2 +
                         ["COMPLETED"])

    def test_by_schedule(self):
        self.event("start", ago=60)
        row = self.control("GET", "syncs")["assimilate_seem"][0]
        ago = datetime.now(timezone.utc) - datetime.fromisoformat(row["start"])
        self.assertTrue(timedelta(seconds=59) < ago < timedelta(seconds=120), ago)
        self.assertEqual(self.state(), "syncing")
        self.event("end", outcome="CANCELED", after="paused")
        self.assertEqual(self.state(), "paused")
        self.assertEqual(self.api("POST", SEEM + "/sync")[0], 409)

    def test_clock(self):
        for offset in (0, 3600, -7200):
            self.control("POST", "settings", {"clock_offset": offset})
            self.state()
            off = parsedate_to_datetime(self.answer_headers["Date"]) - datetime.now(timezone.utc)
            self.assertLess(abs(off.total_seconds() - offset), 60)
        self.assertEqual(self.api("GET", "/v1/connections/nobody")[0], 404)
        self.assertIn("Date", self.answer_headers)

    def test_rate_limit(self):
        self.control("POST", "settings", {"rate_limit": 500, "rate_used": 497})
        for left in "210":
            self.state()
            self.assertEqual(self.answer_headers["X-Rate-Limit"], "500")
            self.assertEqual(self.answer_headers["X-Rate-Limit-Remaining"], left)
        self.refused(429, "TooManyRequests", "GET", SEEM)
        self.assertEqual(self.answer_headers["Retry-After"], "3600")

    def test_plans_are_checked(self):
        for plan in ({"outcome": "BAD"}, {"after": "dinner"}, {"no_such": 1}, {"id": "nobody"}):
            status, _ = self.http("POST", "/_control/%s/syncs" % self.world, "[%s]" %
                                  selftest.json.dumps(plan))
            self.assertIn(status, (400, 404), plan)
        self.control("DELETE", "syncs")


class PlayedSyncsTest(selftest.RoundClient):
    """A small account whose syncs end by themselves."""
    arguments = ["--syncs-run", "2", "--connectors", "200"]

    def test_connectors(self):
        self.assertEqual(len(self.ok("GET", "/v1/connections?limit=1000")["items"]), 200)

    def states(self, n):
        return [self.ok("GET", SEEM)["status"]["sync_state"] for _ in range(n)]

    def test_without_a_plan(self):
        self.ok("POST", SEEM + "/sync", {})
        self.assertEqual(self.states(4), ["syncing"] * 2 + ["scheduled"] * 2)

    def test_a_plan_counts_first(self):
        self.control("POST", "syncs", [{"id": "assimilate_seem", "run": 3, "times": 1}])
        for run in (3, 2):
            self.ok("POST", SEEM + "/sync", {})
            self.assertEqual(self.states(run + 1), ["syncing"] * run + ["scheduled"])


if __name__ == "__main__":
    unittest.main()
