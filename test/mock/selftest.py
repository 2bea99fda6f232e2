#!/usr/bin/env python3
"""Tests of the mock itself:  python3 test/mock/selftest.py"""
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import checks
import families
import fields
import routes
import seed

AUTH = "Basic a2V5OnNlY3JldA=="
SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "server.py")


class MockClient(unittest.TestCase):
    """A server for the class, and ways to call it: no tests, so that other files import it."""

    arguments = []      # more of the server's

    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen(
            [sys.executable, SERVER, "--exit-on-stdin-eof", *cls.arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        cls.port = int(cls.server.stdout.read())

    @classmethod
    def tearDownClass(cls):
        stats = cls.http("GET", "/_control/_all/stats")[1]
        cls.server.terminate()
        code = cls.server.wait(60)
        cls.server.stdin.close()
        cls.server.stdout.close()
        assert code == 0, code
        assert all(s["exceptions"] == 0 for s in stats.values()), stats

    @classmethod
    def http(cls, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", cls.port, timeout=180)
        headers = {k.replace("_", "-"): v for k, v in headers.items() if v is not None}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        cls.answer_headers = answer.headers
        if answer.headers.get("Content-Encoding") == "gzip":
            text = gzip.decompress(text)
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def setUp(self):
        self.world = self.id().rpartition(".")[2]

    def api(self, method, path, body=None, **headers):
        try:
            accept = routes.match(method, path.partition("?")[0])[0].accept
        except checks.Refusal:
            accept = fields.V1
        defaults = {"Authorization": AUTH, "Accept": accept}
        if method in ("POST", "PATCH"):
            defaults["Content_Type"] = "application/json"
            body = json.dumps(body if body is not None else {})
        return self.http(method, "/w/%s%s" % (self.world, path), body, **{**defaults, **headers})

    def control(self, method, endpoint, body=None, world=None):
        status, value = self.http(method, "/_control/%s/%s" % (world or self.world, endpoint),
                                  None if body is None else json.dumps(body))
        self.assertEqual(status, 200, value)
        return value

    def items(self, path, limit=1000):
        result, cursor = [], None
        while True:
            query = "limit=%d" % limit + ("&cursor=" + cursor if cursor else "")
            status, answer = self.api("GET", path + ("&" if "?" in path else "?") + query)
            self.assertEqual(status, 200, answer)
            result += answer["data"]["items"]
            cursor = answer["data"].get("next_cursor")
            if not cursor:
                return result

    def kinds(self):
        return [v["kind"] for v in self.control("GET", "violations")]


class RoundClient(MockClient):
    """Ways to call operations that note which of them have answered: no tests either."""

    def setUp(self):
        super().setUp()
        self.answered = set()

    def ok(self, method, path, body=None):
        """The data of an answer with the status that the definition gives."""
        operation, _ = routes.match(method, path.partition("?")[0])
        status, answer = self.api(method, path, body)
        self.assertEqual(status, operation.status, "%s %s: %s" % (method, path, answer))
        self.assertEqual(answer["code"], "Success")
        self.answered.add(operation.name)
        return answer.get("data")

    def refused(self, status, code, method, path, body=None):
        answer = self.api(method, path, body)
        self.assertEqual((answer[0], answer[1]["code"]), (status, code), answer)

    def listed(self, path):
        items = self.items(path)
        if "cursor" in routes.match("GET", path)[0].query and len(items) > 1:
            self.assertEqual(self.items(path, 1), items)
        self.answered.add(routes.match("GET", path)[0].name)
        return items


class MockTest(MockClient):
    # --- table and data ---

    def test_every_operation_is_performed(self):
        for operation in families.OPERATIONS:
            self.assertTrue(callable(families.FUNCTIONS[operation.name]), operation.name)

    def test_seed(self):
        connectors = seed.connectors.connectors()
        self.assertEqual(len({c["id"] for c in connectors}), 2500)
        self.assertEqual(connectors, seed.connectors.connectors())
        counts = {}
        for c in connectors:
            counts[c["group_id"]] = counts.get(c["group_id"], 0) + 1
        self.assertEqual(counts, {g: n for g, _, n, _ in seed.groups.GROUPS if n})
        sizes = [len(json.dumps(c)) for c in connectors]
        self.assertTrue(1000 < sum(sizes) / len(sizes) < 1600, sum(sizes) / len(sizes))
        self.assertEqual(len({(c["schema"], c["group_id"]) for c in connectors}), 2500)

    # --- reading ---

    def test_paging(self):
        for style in ("skip", "opaque"):
            self.control("POST", "settings", {"cursor_style": style})
            self.assertEqual(len({c["id"] for c in self.items("/v1/connections")}), 2500)
            self.assertEqual(len(self.items("/v1/groups", 3)), 14)
        self.control("POST", "settings", {"page_cap": 7, "connectors": 20})
        self.assertEqual(len(self.items("/v1/connections")), 20)
        self.control("POST", "settings", {"page_cap": None, "connectors": 5100})
        self.assertEqual(len({c["id"] for c in self.items("/v1/connections")}), 5100)
        self.assertEqual(self.kinds(), [])

    def test_filters(self):
        self.assertEqual(len(self.items("/v1/connections?group_id=opaque_lantern")), 300)
        self.assertEqual(len(self.items("/v1/groups/clever_harbor/connections")), 150)
        schema = self.items("/v1/connections?group_id=_airworthy")[0]["schema"]
        self.assertEqual(len(self.items("/v1/connections?schema=" + schema)), 1)
        users = self.items("/v1/groups/decent_dropsy/users")
        active = self.items("/v1/groups/decent_dropsy/users?active=true")
        self.assertTrue(0 < len(active) < len(users))

    def test_list_and_detail(self):
        listed = self.items("/v1/destinations")[0]
        self.assertNotIn("config", listed)
        detail = self.api("GET", "/v1/destinations/" + listed["id"])[1]["data"]
        self.assertEqual(detail["config"]["password"], "******")
        connector = self.api("GET", "/v1/connections/escaped_willow")[1]["data"]
        self.assertEqual(connector["config"]["notes"], seed.connectors.ODD_TEXT)
        self.assertEqual(self.answer_headers["X-Rate-Limit"], "20000")

    # --- refusals ---

    def test_refusals(self):
        def refused(status, code, kind, method, path, body=None, **headers):
            self.control("DELETE", "violations")
            answer = self.api(method, path, body, **headers)
            self.assertEqual((answer[0], answer[1]["code"]), (status, code), answer)
            self.assertEqual(self.kinds(), [kind] if kind else [], answer)

        refused(404, "NotFound", "path", "GET", "/v1/connectors")
        refused(404, "NotFound", "path", "GET", "/v1/groups/")
        refused(405, "MethodNotAllowed", "method", "PUT", "/v1/groups")
        refused(401, "AuthFailed", "auth", "GET", "/v1/groups", Authorization=None)
        refused(401, "AuthFailed", None, "GET", "/v1/groups", Authorization="Basic eDp5")
        refused(406, "NotAcceptable", "accept", "GET", "/v1/groups", Accept="*/*")
        refused(400, "InvalidInput", "query", "GET", "/v1/groups?limit=1001")
        refused(400, "InvalidInput", "query", "GET", "/v1/groups?cursor=nonsense")
        refused(400, "InvalidInput", "query", "GET", "/v1/groups?group_id=x")
        refused(415, "UnsupportedMediaType", "content type", "POST", "/v1/groups",
                Content_Type="text/plain")
        refused(400, "InvalidInput", "body", "POST", "/v1/groups", {"nmae": "x"})
        refused(400, "InvalidInput", "body", "POST", "/v1/groups", {"name": 1})
        refused(400, "InvalidInput", "body", "POST", "/v1/connections", {"service": "s3"})
        refused(400, "InvalidInput", "body", "PATCH", "/v1/connections/broken_anchor",
                {"schedule_type": "AUTO"})
        refused(400, "InvalidInput", "masked value", "PATCH", "/v1/connections/broken_anchor",
                {"config": {"password": "******"}})
        refused(404, "NotFound_Connector", None, "GET", "/v1/connections/nope")
        refused(404, "NotFound_Group", None, "GET", "/v1/groups/nope")
        refused(404, "NotFound_Destination", None, "GET", "/v1/destinations/final_margin")
        refused(404, "NotFound_Webhook", None, "GET", "/v1/webhooks/account")
        refused(404, "NotFound_SchemaConfig", None, "GET", "/v1/connections/sdk_forge/schemas")
        refused(400, "InvalidInput", None, "GET", "/v1/connections/broken_anchor/state")

    def test_version_is_noted_but_served(self):
        self.assertEqual(self.api("GET", "/v1/connections", Accept=fields.V1)[0], 200)
        self.assertEqual(self.kinds(), ["version"])

    # --- writing ---

    def test_group_life(self):
        status, answer = self.api("POST", "/v1/groups", {"name": "New_group"})
        self.assertEqual(status, 201)
        path = "/v1/groups/" + answer["data"]["id"]
        self.assertEqual(self.api("PATCH", path, {"name": "Other"})[1]["data"]["name"], "Other")
        self.assertEqual(self.api("GET", path)[1]["data"]["name"], "Other")
        self.assertNotIn("data", self.api("DELETE", path)[1])
        self.assertEqual(self.api("GET", path)[0], 404)

    def test_connection_life(self):
        status, answer = self.api("POST", "/v1/connections", {
            "group_id": "empty_shelf", "service": "postgres", "run_setup_tests": False,
            "config": {"schema_prefix": "shop", "password": "hidden"}})
        self.assertEqual(status, 201)
        made = answer["data"]
        self.assertEqual((made["schema"], made["config"]["password"]), ("shop", "******"))
        self.assertEqual(made["status"]["setup_state"], "incomplete")
        path = "/v1/connections/" + made["id"]
        changed = self.api("PATCH", path, {"paused": True, "run_setup_tests": False,
                                           "config": {"port": 5}})[1]["data"]
        self.assertEqual(changed["status"]["sync_state"], "paused")
        self.assertEqual(changed["config"]["schema_prefix"], "shop")
        self.assertEqual(self.api("POST", path + "/sync")[0], 409)
        self.api("PATCH", path, {"paused": False})
        self.assertEqual(self.api("POST", path + "/sync", {"force": True})[0], 200)
        self.assertEqual(self.api("GET", path)[1]["data"]["status"]["sync_state"], "syncing")
        self.assertEqual(self.api("DELETE", path)[0], 200)
        self.assertEqual(self.api("DELETE", path)[0], 404)
        self.assertEqual(self.kinds(), [])

    def test_destination_and_webhook_life(self):
        made = self.api("POST", "/v1/destinations", {
            "group_id": "empty_shelf", "service": "snowflake", "time_zone_offset": "+1"})
        self.assertEqual(made[0], 201)
        self.assertIn("setup_tests", made[1]["data"])
        self.assertEqual(self.api("DELETE", "/v1/groups/empty_shelf")[0], 409)
        self.assertEqual(self.api("DELETE", "/v1/destinations/empty_shelf")[0], 200)
        status, answer = self.api("POST", "/v1/webhooks/group/empty_shelf", {
            "url": "https://example.com", "events": ["sync_end"], "secret": "s"})
        self.assertEqual((status, answer["data"]["secret"]), (200, "******"))
        path = "/v1/webhooks/" + answer["data"]["id"]
        self.assertTrue(self.api("POST", path + "/test", {"event": "sync_end"})[1]["data"]
                        ["succeed"])
        self.assertEqual(self.kinds(), [])

    def test_schema_config(self):
        path = "/v1/connections/assimilate_seem/schemas"
        config = self.api("GET", path)[1]["data"]
        self.assertEqual(set(config["schemas"]["public"]["tables"]["orders"]["columns"]),
                         {"note", "customer_id"})
        columns = self.api("GET", path + "/public/tables/orders/columns")[1]["data"]["columns"]
        self.assertEqual(len(columns), 6)
        column = path + "/public/tables/orders/columns/amount"
        self.assertEqual(self.api("DELETE", column)[0], 409)
        self.assertEqual(self.api("PATCH", column, {"enabled": False})[0], 200)
        self.assertEqual(self.api("DELETE", column)[0], 200)
        self.assertEqual(self.api("PATCH", path + "/public/tables/schema_migrations/columns/version",
                                  {"enabled": False})[0], 400)
        odd = "/v1/connections/unicode_meadow/schemas/my%20schema%2F%C3%A9/tables/" \
              "Orders%20%26%20Items/columns"
        self.assertIn("50% off", self.api("GET", odd)[1]["data"]["columns"])
        several = path + "/public/fetch-source-columns"
        tables = self.api("POST", several, {"tables": ["orders", "customers"]})[1]["data"]["tables"]
        self.assertEqual(sorted(tables), ["customers", "orders"])
        self.assertEqual(len(tables["orders"]["columns"]), 5)
        self.assertEqual(self.api("POST", several, {"tables": ["orders", "no such"]})[0], 404)
        self.assertEqual(self.api("POST", several, {"tables": ["orders"] * 101})[0], 400)
        self.assertEqual(self.api("POST", "/v1/connections/sdk_forge/schemas/reload")[0], 200)
        self.assertEqual(self.kinds(), [])

    # --- worlds and control ---

    def test_worlds_are_independent(self):
        self.api("DELETE", "/v1/connections/broken_anchor")
        other = self.http("GET", "/w/other/v1/connections/broken_anchor",
                          Authorization=AUTH, Accept=fields.V2)
        self.assertEqual(other[0], 200)
        self.assertEqual(len(self.control("GET", "requests", world="other")), 1)

    def test_log(self):
        self.api("POST", "/v1/groups?x=1", {"name": "a"})
        record = self.control("GET", "requests")[0]
        self.assertEqual((record["n"], record["method"], record["path"], record["query"]),
                         (1, "POST", "/v1/groups?x=1", ["x=1"]))
        self.assertEqual((record["status"], record["body"], record["in_flight"]),
                         (400, {"name": "a"}, 1))
        self.assertEqual(record["headers"]["authorization"], "valid")
        self.control("DELETE", "requests")
        self.assertEqual(self.control("GET", "stats")["requests"], 0)

    def test_patch_and_replace(self):
        self.control("POST", "patch", {"collection": "connections", "id": "syncing_river",
                                       "set": {"status.sync_state": "scheduled"},
                                       "unset": ["failed_at"]})
        obj = self.api("GET", "/v1/connections/syncing_river")[1]["data"]
        self.assertEqual(obj["status"]["sync_state"], "scheduled")
        self.assertNotIn("failed_at", obj)
        self.control("POST", "replace", {"collection": "groups", "id": "_airworthy", "raw": "{bad"})
        self.assertIn(b"{bad", self.api("GET", "/v1/groups")[1])
        self.control("POST", "replace", {"path": "/v1/account/info", "raw": "[]"})
        self.assertEqual(self.api("GET", "/v1/account/info")[1], [])

    # --- faults ---

    def fault(self, **rule):
        self.control("DELETE", "faults")
        self.control("POST", "faults", [rule])

    def test_fault_answers(self):
        self.fault(path="groups", skip=1, times=2, status=429, headers={"Retry-After": "7"})
        self.assertEqual([self.api("GET", "/v1/groups")[0] for _ in range(4)],
                         [200, 429, 429, 200])
        self.fault(status=500, body_text="oops", content_type="text/html")
        self.assertEqual(self.api("GET", "/v1/groups"), (500, b"oops"))
        self.assertEqual(self.answer_headers["Content-Type"], "text/html")
        for rule in ({"gzip": True}, {"chunk": 100}, {"transfer": "chunked", "chunk": 10},
                     {"header_flood": 20}, {"delay_ms": 10}):
            self.fault(**rule)
            self.assertEqual(len(self.api("GET", "/v1/groups")[1]["data"]["items"]), 14, rule)
        self.fault(gzip_bomb=3)
        self.assertEqual(len(self.api("GET", "/v1/groups")[1]), 3 << 20)

    def test_fault_connections(self):
        for rule in ({"close": True}, {"close": "reset"}, {"close_after": 20}):
            self.fault(**rule)
            with self.assertRaises((http.client.HTTPException, ConnectionError)):
                self.api("GET", "/v1/groups")
        self.fault(method="POST", after_state=True)
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.api("POST", "/v1/groups", {"name": "lost"})
        self.assertIn("lost", [g["name"] for g in self.items("/v1/groups")])
        self.assertEqual(self.control("GET", "stats")["in_flight"], 0)

    def test_fault_pages(self):
        self.fault(skip=1, duplicate_tail=2)
        self.assertEqual(len(self.items("/v1/groups", 5)), 16)
        self.fault(skip=1, empty_page_with_cursor=True)
        self.assertEqual(len(self.items("/v1/groups", 5)), 14)
        for last in (None, ""):
            self.fault(times=0, next_cursor=last)
            self.assertEqual(len(self.items("/v1/groups", 5)), 14)
            self.assertEqual(self.api("GET", "/v1/groups")[1]["data"]["next_cursor"], last)
        self.fault(repeat_cursor=True)
        cursor = "eyJza2lwIjoyfQ"
        answer = self.api("GET", "/v1/groups?limit=2&cursor=" + cursor)[1]
        self.assertEqual(answer["data"]["next_cursor"], cursor)

    def test_stall(self):
        for place in ("headers", "body"):
            self.control("DELETE", "requests")
            self.fault(stall=place)
            answers = []
            client = threading.Thread(target=lambda: answers.append(self.api("GET", "/v1/groups")))
            client.start()
            self.control("GET", "wait?count=1&state=stalled")
            self.assertEqual(self.control("GET", "stats")["in_flight"], 1)
            self.control("POST", "release", {})
            client.join()
            self.assertEqual(answers[0][0], 200)
        self.fault(stall="headers")
        with socket.create_connection(("127.0.0.1", self.port)) as raw:
            raw.sendall(b"GET /w/%s/v1/groups HTTP/1.1\r\nHost: x\r\n\r\n" % self.world.encode())
            self.control("GET", "wait?count=1&state=stalled")
        self.control("GET", "wait?count=1&state=gone")

    def test_stall_twice(self):
        self.fault(stall="twice")
        answers = []
        client = threading.Thread(target=lambda: answers.append(self.api("GET", "/v1/groups")))
        client.start()
        self.control("GET", "wait?count=1&state=stalled")
        self.control("POST", "release", {})
        self.control("GET", "wait?count=1&state=half")
        self.assertEqual(answers, [])
        self.control("POST", "release", {})
        client.join()
        self.assertEqual(answers[0][0], 200)

    def test_what_is_stalled(self):
        """Neither those of another path, nor those that were released a moment ago."""
        self.fault(stall="headers", times=0)
        clients = [threading.Thread(target=self.api, args=("GET", "/v1/" + what))
                   for what in ("groups", "teams")]
        clients[0].start()
        self.control("GET", "wait?count=1&path=groups&state=stalled")
        seen = []
        waiter = threading.Thread(target=lambda: seen.append(
            self.control("GET", "wait?count=1&path=teams&state=stalled")["requests"]))
        waiter.start()
        waiter.join(0.2)
        clients[1].start()
        waiter.join()
        self.assertEqual(seen, [2])
        self.control("POST", "release", {})
        self.assertEqual(self.control("GET", "stats")["stalled"], 0)
        for client in clients:
            client.join()

    def test_release_of_what_has_arrived(self):
        # the moment before it stalls takes long
        self.fault(stall="headers", delay_ms=300)
        answers = []
        client = threading.Thread(target=lambda: answers.append(self.api("GET", "/v1/groups")))
        client.start()
        self.control("GET", "wait?count=1")
        self.control("POST", "release", {})
        client.join()
        self.assertEqual(answers[0][0], 200)

    def test_latency_and_concurrency(self):
        self.control("POST", "settings", {"latency_ms": 50})
        start = time.monotonic()
        self.assertEqual(self.api("GET", "/v1/groups")[0], 200)
        self.assertGreaterEqual(time.monotonic() - start, 0.05)
        self.fault(stall="headers", times=5)
        clients = [threading.Thread(target=self.api, args=("GET", "/v1/groups"))
                   for _ in range(5)]
        for client in clients:
            client.start()
        self.control("GET", "wait?count=5&state=stalled")
        self.assertEqual(self.control("GET", "stats")["max_in_flight"], 5)
        self.control("POST", "release", {})
        for client in clients:
            client.join()

    def test_exits_with_its_parent(self):
        server = subprocess.Popen([sys.executable, SERVER, "--exit-on-stdin-eof"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        server.stdout.read()
        server.stdin.close()
        self.assertEqual(server.wait(60), 0)
        server.stdout.close()

    def test_ends_by_control_c(self):
        # but not one of a test, which may still have something to ask when it is ended so
        for arguments, end in ([], signal.SIGINT), (["--exit-on-stdin-eof"], signal.SIGTERM):
            server = subprocess.Popen(
                [sys.executable, SERVER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
            server.stdout.read()
            with open("/proc/%d/status" % server.pid) as status:
                ignored = int(re.search(r"^SigIgn:\s*(\w+)", status.read(), re.M).group(1), 16)
            self.assertEqual(bool(ignored & 1 << signal.SIGINT - 1), end != signal.SIGINT)
            server.send_signal(end)
            self.assertEqual(server.wait(60), 0)
            server.stdin.close()
            server.stdout.close()


if __name__ == "__main__":
    unittest.main()
