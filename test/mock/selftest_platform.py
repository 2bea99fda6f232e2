#!/usr/bin/env python3
"""Tests of the operations on histories, warnings, moves, trust, transformations,
packages and connector types:  python3 test/mock/selftest_platform.py"""
import base64
import hashlib
import unittest
from datetime import datetime, timedelta, timezone

import fields
import routes
import seed
import selftest
from families import certificates, connector_details, connectors, metadata, transformations

SEEM = "/v1/connections/assimilate_seem"
PROJECTS, TRANSFORMATIONS = "/v1/transformation-projects", "/v1/transformations"
PACKAGES, METADATA = "/v1/connector-sdk/packages", TRANSFORMATIONS + "/package-metadata"
TYPES = "/v1/metadata/connector-types"
ZIP = b"PK\x03\x04\x00\xff\r\n --x\r\n\r\n--" + bytes(range(256))
FORM = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a.zip"\r\n' \
       b"Content-Type: application/zip\r\n\r\n%s\r\n--x--\r\n"

# Those of connectors themselves, but for moves, and their states are tested by selftest.py.
ROWS = [row for family in (certificates, connector_details, connectors, metadata, transformations)
        for row in family.ROWS
        if not row.path.endswith("/state") and (family is not connectors or "/move" in row.path)]


def ago(**time):
    return (datetime.now(timezone.utc) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


class PlatformTest(selftest.RoundClient):
    def upload(self, method, path, content, name=b"file", kind="multipart/form-data; boundary=x",
               form=FORM):
        status, answer = self.http(
            method, "/w/%s%s" % (self.world, path), form % (name, content) if form else content,
            Authorization=selftest.AUTH, Accept=fields.V1, Content_Type=kind)
        if status < 300:
            operation, _ = routes.match(method, path)
            self.assertEqual(status, operation.status)
            self.answered.add(operation.name)
        return status, answer

    # --- rounds of creating, reading, updating and deleting ---

    def trust(self, owner, kind, body, members):
        path = "%s/%ss" % (owner, kind)
        before = self.listed(path)
        made = self.ok("POST", path, body)
        self.assertEqual(set(made), {"id", "hash", "public_key", "validated_by",
                                     "validated_date"} | members)
        self.assertEqual(made["id"], base64.urlsafe_b64encode(
            body["hash"].encode()).decode().rstrip("="))
        self.assertEqual(self.listed(path), before + [made])
        self.ok("POST", path, body)
        self.assertEqual(len(self.listed(path)), len(before) + 1)
        one = path + "/" + made["id"]
        self.assertEqual(self.ok("GET", one)["hash"], body["hash"])
        self.ok("DELETE", one)
        code = "NotFound_" + kind.title()
        for method in ("GET", "DELETE"):
            self.refused(404, code, method, one)
            self.refused(404, code, method, path + "/nothing")
        self.assertEqual(self.listed(path), before)
        nobody = path.replace(owner.rpartition("/")[2], "nobody")
        code = "NotFound_Connector" if "connections" in owner else "NotFound_Destination"
        self.refused(404, code, "GET", nobody)
        self.refused(404, code, "POST", nobody, body)
        self.refused(400, "InvalidInput", "POST", path, {**body, "hash": ""})

    def round_trust(self):
        for owner in (SEEM, "/v1/destinations/decent_dropsy"):
            self.trust(owner, "certificate", {"hash": "ab+/=ü", "encoded_cert": "aGFsbG8="},
                       {"name", "type", "sha1", "sha256"})
            self.trust(owner, "fingerprint", {"hash": "x/y", "public_key": "ssh-rsa AAAA"}, set())
        self.refused(400, "InvalidInput", "POST", SEEM + "/certificates",
                     {"hash": "h", "encoded_cert": "no Base64"})
        body = {"hash": "old", "encoded_cert": "aGFsbG8="}
        owners = {"connection_id": "sdk_forge", "destination_id": "_airworthy"}
        for name, value in owners.items():
            self.assertIsNone(self.ok("POST", "/v1/certificates", {**body, name: value}))
        for path in ("/v1/connections/sdk_forge", "/v1/destinations/_airworthy"):
            found = self.items(path + "/certificates")
            self.assertEqual([c["sha1"] for c in found], [hashlib.sha1(b"hallo").hexdigest()])
        self.refused(400, "InvalidInput", "POST", "/v1/certificates", body)
        self.refused(400, "InvalidInput", "POST", "/v1/certificates", {**body, **owners})

    def round_warnings(self):
        path = SEEM + "/warnings"
        items = self.ok("GET", path)["items"]
        self.assertEqual([i.get("table") for i in items],
                         ["orders", "größe \"x\"", "lines", None])
        self.ok("DELETE", path + "/type_coercion_to_null_warning")
        codes = [w["code"] for i in self.ok("GET", path)["items"] for w in i["warnings"]]
        self.assertEqual(codes, ["resync_table_warning"] * 2 + ["schema_drift_warning"])
        self.refused(404, "NotFound_WarningType", "DELETE", path + "/no_such_warning")
        self.refused(404, "NotFound_Connector", "GET", "/v1/connections/nobody/warnings")
        delayed = "/v1/connections/delayed_glacier"
        self.assertEqual([len(i) for i in self.ok("GET", delayed + "/warnings")["items"]], [3, 1])
        self.ok("DELETE", delayed + "/warnings/resync_table_warning")
        self.assertEqual(self.ok("GET", delayed)["status"]["warnings"], [])

    def round_moves(self):
        body = {"destination_group_id": "projected_sickle", "sync_behavior": "BACKFILL"}
        self.refused(409, "Conflict", "POST", SEEM + "/move", body)
        path = "/v1/connections/paused_canyon"
        for target, status, code in (("nobody", 404, "NotFound_Group"),
                                     ("decent_dropsy", 400, "InvalidInput"),
                                     ("final_margin", 400, "InvalidInput")):
            self.refused(status, code, "POST", path + "/move", {"destination_group_id": target})
        moved = self.ok("POST", path + "/move", body)
        self.assertEqual((moved["source_group_id"], moved["sync_behavior"]),
                         ("decent_dropsy", "BACKFILL"))
        self.assertIsNotNone(moved["moved_at"])
        now = self.ok("GET", path)
        self.assertEqual(now["group_id"], "projected_sickle")
        self.assertTrue(now["status"]["is_historical_sync"])
        data_too = {"destination_group_id": "amber_tundra", "sync_behavior": "CONTINUE_WITH_DATA"}
        self.refused(400, "InvalidInput", "POST", path + "/move", data_too)

        path = "/v1/connections/syncing_river"
        self.ok("PATCH", path, {"paused": True, "run_setup_tests": False})
        moved = self.ok("POST", path + "/move", data_too)
        self.assertIsNone(moved["moved_at"])
        job = path + "/move/" + moved["job_id"]
        jobs = [self.ok("GET", job) for _ in range(4)]
        self.assertEqual([j["status"] for j in jobs],
                         ["PENDING", "IN_PROGRESS", "SUCCESS", "SUCCESS"])
        self.assertEqual([j["completed_at"] is None for j in jobs], [True, True, False, False])
        self.assertEqual(self.ok("GET", path)["group_id"], "amber_tundra")
        self.refused(404, "NotFound_MoveJob", "GET", job + "0")
        self.refused(404, "NotFound_MoveJob", "GET", SEEM + "/move/" + moved["job_id"])

        path = "/v1/connections/cron_lighthouse"
        self.ok("PATCH", path, {"paused": True, "run_setup_tests": False})
        body = {"destination_group_id": "lucid_orchard"}
        self.refused(400, "InvalidInput", "POST", path + "/move", body)
        moved = self.ok("POST", path + "/move", {**body, "force_move": True})
        self.assertEqual(moved["sync_behavior"], "CONTINUE")

    def round_projects(self):
        before = self.listed(PROJECTS)
        self.assertEqual(set(before[0]), {"id", "type", "created_at", "created_by_id",
                                          "group_id"})
        config = {"dbt_version": "1.9.0", "default_schema": "dbt", "git_remote_url": "git@x:y.git"}
        body = {"group_id": "decent_dropsy", "type": "DBT_CORE", "project_config": config}
        made = self.ok("POST", PROJECTS, body)
        self.assertEqual((made["status"], made["setup_tests"]), ("NOT_READY", []))
        self.assertEqual(set(made["project_config"]), set(config) | {"public_key"})
        path = PROJECTS + "/" + made["id"]
        self.assertEqual(self.ok("GET", path), made)
        changed = self.ok("PATCH", path, {"project_config": {"threads": 3}})
        self.assertEqual(changed["project_config"], {**made["project_config"], "threads": 3})
        for change in ({"no_such": 1}, {"dbt_version": "2"}, {"threads": "3"}):
            self.refused(400, "InvalidInput", "PATCH", path, {"project_config": change})
        tested = self.ok("POST", path + "/test")
        self.assertEqual((tested["status"], tested["setup_tests"][0]["status"]),
                         ("READY", "PASSED"))
        self.assertEqual(len(self.listed(PROJECTS)), len(before) + 1)
        self.ok("DELETE", path)
        for method in ("GET", "PATCH", "DELETE"):
            self.refused(404, "NotFound_TransformationProject", method, path)
        self.refused(409, "Conflict", "DELETE", PROJECTS + "/project_birch")
        self.refused(404, "NotFound_Group", "POST", PROJECTS, {**body, "group_id": "nobody"})
        for name in body:
            left = {k: v for k, v in body.items() if k != name}
            self.refused(400, "InvalidInput", "POST", PROJECTS, left)
        self.refused(400, "InvalidInput", "POST", PROJECTS, {**body, "project_config": {}})
        self.assertEqual(self.ok("POST", PROJECTS, {**body, "run_tests": True})["status"], "READY")

    def round_transformations(self):
        before = self.listed(TRANSFORMATIONS)
        config = {"project_id": "project_birch", "name": "n",
                  "steps": [{"name": "run", "command": "dbt run"}]}
        body = {"type": "DBT_CORE", "transformation_config": config, "paused": True,
                "schedule": {"schedule_type": "CRON", "cron": ["0 1 * * *"]}}
        made = self.ok("POST", TRANSFORMATIONS, body)
        self.assertEqual({k: made[k] for k in body}, body)
        self.assertFalse([k for k in made if k.startswith("_")])
        path = TRANSFORMATIONS + "/" + made["id"]
        self.assertEqual(self.ok("GET", path), made)
        self.assertEqual(self.listed(TRANSFORMATIONS), before + [made])
        changed = self.ok("PATCH", path, {"transformation_config": {"name": "m"}, "paused": False})
        self.assertEqual(changed["transformation_config"], {**config, "name": "m"})
        self.refused(409, "Conflict", "POST", path + "/cancel")
        self.assertIsNone(self.ok("POST", path + "/run", {"full_refresh": True}))
        self.assertEqual(self.ok("GET", path)["status"], "RUNNING")
        self.refused(409, "Conflict", "POST", path + "/run")
        self.assertIsNone(self.ok("POST", path + "/cancel"))
        self.assertEqual(self.ok("GET", path)["status"], "CANCELED")
        self.refused(400, "InvalidInput", "POST", path + "/upgrade")
        self.ok("DELETE", path)
        for method, more in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/run"),
                             ("POST", "/cancel"), ("POST", "/upgrade")):
            self.refused(404, "NotFound_Transformation", method, path + more)
        for change in ({"type": "NONE"}, {"schedule": {}}, {"transformation_config": {}},
                       {"schedule": {"schedule_type": "CRON", "days_of_week": ["SOMEDAY"]}},
                       {"transformation_config": {**config, "steps": [{"no_such": 1}]}}):
            self.refused(400, "InvalidInput", "POST", TRANSFORMATIONS, {**body, **change})
        self.refused(404, "NotFound_TransformationProject", "POST", TRANSFORMATIONS,
                     {**body, "transformation_config": {**config, "project_id": "nobody"}})

    def round_quickstart(self):
        config = {"connection_ids": ["syncing_river"], "excluded_models": ["salesforce__history"]}
        body = {"type": "QUICKSTART", "transformation_config": config}
        made = self.ok("POST", TRANSFORMATIONS, body)
        self.assertEqual(made["transformation_config"]["package_name"], "salesforce")
        self.assertEqual(made["output_model_names"], ["salesforce__overview"])
        self.assertEqual(made["schedule"]["schedule_type"], "INTEGRATED")
        path = TRANSFORMATIONS + "/" + made["id"]
        self.refused(400, "InvalidInput", "PATCH", path, {"transformation_config": {"name": "x"}})
        self.ok("PATCH", path, {"transformation_config": {"configurable_variables": {"a": [1]}}})
        group_id = self.ok("GET", "/v1/connections/syncing_river")["group_id"]
        self.assertIn(made["id"], [t["id"] for t in self.items(
            TRANSFORMATIONS + "?type=QUICKSTART&group_id=" + group_id)])
        self.assertIsNone(self.ok("POST", path + "/upgrade"))
        for change, status, code in (
                ({"connection_ids": []}, 400, "InvalidInput"),
                ({"package_name": "no such"}, 400, "InvalidInput"),
                ({"connection_ids": ["nobody"]}, 404, "NotFound_Connector")):
            self.refused(status, code, "POST", TRANSFORMATIONS,
                         {**body, "transformation_config": change})
        found = self.listed(METADATA)
        self.assertEqual(len(found), len(seed.connectors.APPLICATIONS))
        self.assertEqual(self.ok("GET", METADATA + "/" + found[3]["id"]), found[3])
        self.refused(404, "NotFound_TransformationPackage", "GET", METADATA + "/nothing")
        self.assertEqual(self.items(METADATA + "?service=salesforce_sandbox"), found[:1])
        self.assertEqual(self.items(METADATA + "?name=salesforce&service=hubspot"), [])
        self.assertEqual(self.items(METADATA + "?name=hubspot"), found[1:2])

    def round_packages(self):
        before = self.listed(PACKAGES)
        self.assertEqual([p["connection_id"] for p in before], ["sdk_forge", None, None])
        status, answer = self.upload("POST", PACKAGES, ZIP)
        self.assertEqual(status, 201, answer)
        path = PACKAGES + "/" + answer["data"]["id"]
        self.assertEqual(self.ok("GET", path), answer["data"])
        self.assertEqual(answer["data"]["file_sha256_hash"], hashlib.sha256(ZIP).hexdigest())
        self.assertEqual(self.api("GET", path + "/download"), (200, ZIP))
        self.assertEqual(self.answer_headers["Content-Type"], "application/octet-stream")
        self.answered.add("download_connector_sdk_package")
        status, answer = self.upload("PATCH", path, ZIP + b"2")
        self.assertEqual(status, 200, answer)
        self.assertEqual(self.api("GET", path + "/download"), (200, ZIP + b"2"))
        bound = self.ok("POST", "/v1/connections", {
            "group_id": "vivid_ember", "service": "connector_sdk",
            "config": {"schema": "mine", "package_id": answer["data"]["id"]}})["id"]
        self.assertEqual(self.ok("GET", path)["connection_id"], bound)
        self.refused(403, "Forbidden", "DELETE", path)
        self.ok("DELETE", "/v1/connections/" + bound)
        self.ok("DELETE", path)
        for method, more in (("GET", ""), ("DELETE", ""), ("GET", "/download")):
            self.refused(404, "NotFound_ConnectorSdkPackage", method, path + more)
        self.assertEqual(self.upload("PATCH", path, ZIP)[0], 404)
        content = self.api("GET", PACKAGES + "/package_badge/download")[1]
        self.assertEqual(content, seed.metadata.PACKAGE_FILES["package_badge"])

    def round_types(self):
        types = self.listed(TYPES)
        self.assertEqual(types[0]["id"], "15five")
        self.assertEqual([t["id"] for t in types], sorted(t["id"] for t in types))
        self.assertFalse([t for t in types if "config" in t or "auth" in t])
        one = self.ok("GET", TYPES + "/postgres")
        self.assertEqual(one["config"]["properties"]["password"]["format"], "password")
        self.refused(404, "NotFound_ConnectorType", "GET", TYPES + "/nothing")
        for credentials in (selftest.AUTH, None):
            status, answer = self.api("GET", "/public/connector-types", Authorization=credentials)
            self.assertEqual((status, len(answer["data"])), (200, len(types)))
            self.assertIn(one, answer["data"])
        self.answered.add("metadata_public_connectors")

    def round_others(self):
        hub = self.ok("POST", "/v1/hvr/register-hub",
                      {"fingerprint": "f", "port": 4340, "hub_server_url": "https://hub"})
        self.assertEqual(set(hub), {"access_token", "registration_id"})
        self.assertEqual(len(self.listed(SEEM + "/sync-history")), 1)

    def test_every_operation(self):
        for name in sorted(n for n in dir(self) if n.startswith("round_")):
            getattr(self, name)()
        self.assertEqual({row.name for row in ROWS} - self.answered, set())
        self.assertEqual(set(self.kinds()), {"body"})   # the refusals that the rounds provoke

    # --- across kinds ---

    def test_unknown_fields(self):
        """Wherever there is a body, and none where there is none."""
        for row in ROWS:
            path = row.path.replace("{", "").replace("}", "")
            if row.body == metadata.PACKAGE_FILE:
                self.assertEqual(self.upload(row.method, path, ZIP, b"no_such")[0], 400)
            elif row.method in ("POST", "PATCH"):
                self.refused(400, "InvalidInput", row.method, path, {"no_such": 1})
            if row.method == "GET":
                self.refused(400, "InvalidInput", "GET", path + "?no_such=1")
        self.assertEqual(set(self.kinds()), {"body", "query"})

    def test_sync_history(self):
        path = SEEM + "/sync-history?"
        week = "start_time=" + ago(days=6, hours=23, minutes=59)
        rows = self.items(path + week + "&end_time=" + ago(), 7)
        self.assertEqual(len(rows), 40)
        self.assertEqual(len({r["sync_id"] for r in rows}), 40)
        self.assertEqual(rows, self.items(path + week + "&end_time=" + ago()))
        self.assertEqual({r["status"] for r in rows}, set(seed.connector_details._ENDINGS))
        self.assertTrue(all(("reason" in r) == (r["status"] in seed.connector_details.REASONS)
                            for r in rows))
        day = "start_time=%s&end_time=%s" % (ago(days=2), ago(days=1))
        some = self.items(path + day)
        self.assertEqual(len(some), 6)
        self.assertTrue(all(ago(days=2) <= r["start"] <= ago(days=1) for r in some))
        for hours in (5, 4):    # a window of one hour, whichever end is given
            self.assertEqual(len(self.items(path + ("start_time=" if hours == 5 else "end_time=")
                                            + ago(hours=hours))), 1)
        syncing = self.items("/v1/connections/syncing_river/sync-history")
        self.assertEqual([r["end"] for r in syncing][:1], [None])
        waiting = self.items("/v1/connections/rescheduled_comet/sync-history")
        self.assertEqual((waiting[0]["start"], waiting[0]["end"]), (None, None))
        never = "/v1/connections/incomplete_spruce/sync-history?"
        self.assertEqual(self.items(never + week + "&end_time=" + ago()), [])
        self.refused(404, "NotFound_Connector", "GET", "/v1/connections/nobody/sync-history")
        self.assertEqual(self.kinds(), [])

    def test_sync_history_windows(self):
        path = SEEM + "/sync-history?"
        for start, end in ((ago(days=8), ago(days=7, hours=12)), (ago(days=6), ago(days=-2)),
                           (ago(hours=1), ago(hours=2)), (None, ago(days=7)),
                           (ago(days=7, minutes=1), None)):
            query = "&".join("%s=%s" % pair for pair in (("start_time", start), ("end_time", end))
                             if pair[1])
            self.refused(400, "InvalidInput", "GET", path + query)
        self.assertEqual(self.kinds(), [])
        for text in ("yesterday", "2026-11-01", "2026-13-01T00:00:00Z", ago()[:-1],
                     ago()[:-1] + "%2B01:00"):
            self.refused(400, "InvalidInput", "GET", path + "start_time=" + text)
        self.assertEqual(self.kinds(), ["query"] * 5)

    def test_multipart(self):
        for kind, status in (("application/json", 415), ("application/zip", 415),
                             ("multipart/form-data", 400),
                             ("multipart/form-data; boundary=y", 400),
                             ('multipart/form-data; charset=x; Boundary="x"', 201)):
            self.assertEqual(self.upload("POST", PACKAGES, ZIP, kind=kind)[0], status, kind)
        part = FORM % (b"file", ZIP)
        end = part[-9:]     # with the line end before it, which belongs to the delimiter
        for body in (b"", part[:-4], part[:-9] + b"\r\n" + part, b"x" + part,
                     part.replace(b'; filename="a.zip"', b""), part.replace(b"form-data", b"file"),
                     part.replace(b'name="file"; ', b""), FORM % (b"file", b"no ZIP"),
                     b"--x\r\n\r\n" + ZIP + end, part + b"rest"):
            self.assertEqual(self.upload("POST", PACKAGES, body, form=None)[0], 400, body)
        self.assertEqual(self.kinds(), ["content type"] * 2 + ["body"] * 11)

    def test_filters(self):
        found = self.items(TRANSFORMATIONS)
        self.assertEqual({t["status"] for t in found}, set(seed.transformations._STATUSES))
        for name, value, count in (("type", "DBT_CORE", 9), ("type", "QUICKSTART", 5),
                                   ("project_id", "project_birch", 3),
                                   ("group_id", "decent_dropsy", 7), ("group_id", "nobody", 0)):
            self.assertEqual(len(self.items("%s?%s=%s" % (TRANSFORMATIONS, name, value))), count)
        self.refused(400, "InvalidInput", "GET", TRANSFORMATIONS + "?type=NONE")

    def test_replacing(self):
        for collection, path in (("sdk_packages", PACKAGES + "/package_coral"),
                                 ("transformations", TRANSFORMATIONS + "/transform_acorn"),
                                 ("connector_types", TYPES + "/box")):
            self.control("POST", "replace", {"collection": collection, "raw": '{"x":1}',
                                             "id": path.rpartition("/")[2]})
            self.assertIn({"x": 1}, self.items(path.rpartition("/")[0]))
            self.assertEqual(self.ok("GET", path), {"x": 1})


if __name__ == "__main__":
    unittest.main()
