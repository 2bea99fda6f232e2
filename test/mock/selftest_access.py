#!/usr/bin/env python3
"""Tests of the operations on users, teams, keys and networks:
python3 test/mock/selftest_access.py"""
import json
import unittest

import seed
import selftest
from families import access, log_services, networks, secrets_managers, teams, users

USER, TEAM = "/v1/users/user_alley", "/v1/teams/team_analytics"
ROLE = {"role": "Edit Connection"}
LOG, MANAGERS = "/v1/external-logging", "/v1/external-secrets-managers"
LINKS, PROXIES, HYBRIDS = "/v1/private-links", "/v1/proxy", "/v1/hybrid-deployment-agents"
CLOUDWATCH = {"access_key_id": "id", "access_key_secret": "hush"}

# Those of users themselves and of the users of groups are tested by selftest.py.
ROWS = [row for family in (access, users, teams, log_services, secrets_managers, networks)
        for row in family.ROWS
        if "/groups/{groupId}/users" not in row.path and row.name not in (
            "list_all_users", "create_user", "user_details", "modify_user", "delete_user")]


class AccessTest(selftest.RoundClient):
    # --- rounds of creating, reading, updating and deleting ---

    def memberships(self, path, child, code, added=None):
        """`added`: the body that adds the child, if not {id, role}."""
        before = self.listed(path)
        made = self.ok("POST", path, added or {"id": child, "role": "First"})
        self.refused(409, "Conflict", "POST", path, added or {"id": child, "role": "First"})
        self.assertEqual(self.listed(path), before + [made])
        self.assertEqual(set(made) - {"id", "user_id"}, {"role", "created_at"})
        one = path + "/" + child
        self.ok("PATCH", one, ROLE)
        self.assertEqual(self.ok("GET", one), {**made, **ROLE})
        deleted = self.ok("DELETE", one)
        for method, body in (("GET", None), ("DELETE", None), ("PATCH", ROLE)):
            self.refused(404, code, method, one, body)
        self.refused(404, code, "POST", path, {**(added or {"role": "x"}),
                                               ("user_id" if added else "id"): "nobody"})
        self.assertEqual(self.listed(path), before)
        return deleted

    def round_user_memberships(self):
        deleted = self.memberships(USER + "/connections", "sdk_forge", "NotFound_Connector")
        self.assertEqual(deleted["id"], "sdk_forge")
        self.assertIsNone(self.memberships(USER + "/groups", "decent_dropsy", "NotFound_Group"))
        self.ok("POST", USER + "/groups", {"id": "decent_dropsy", "role": "Auditor"})
        self.assertIsNone(self.ok("PATCH", USER + "/groups/decent_dropsy", ROLE))
        roles = {u["id"]: u["role"] for u in self.items("/v1/groups/decent_dropsy/users")}
        self.assertEqual(roles["user_alley"], ROLE["role"])
        self.assertIsNotNone(self.ok("GET", USER)["role"])
        self.assertIsNone(self.ok("DELETE", USER + "/role"))
        self.assertIsNone(self.ok("GET", USER)["role"])
        self.refused(404, "NotFound_User", "DELETE", "/v1/users/nobody/role")
        self.refused(404, "NotFound_User", "GET", "/v1/users/nobody/groups")

    def round_team_memberships(self):
        self.memberships(TEAM + "/connections", "broken_anchor", "NotFound_Connector")
        self.memberships(TEAM + "/groups", "projected_sickle", "NotFound_Group")
        self.memberships(TEAM + "/users", "user_alley", "NotFound_User", {"user_id": "user_alley"})
        active = self.items(TEAM + "/users?active=true")
        idle = self.items(TEAM + "/users?active=false")
        self.assertTrue(active and idle)
        self.assertEqual(len(active + idle), len(self.items(TEAM + "/users")))

    def round_teams(self):
        self.assertEqual(len(self.listed("/v1/teams")), 8)
        made = self.ok("POST", "/v1/teams", {"name": "New", "role": "Account Analyst"})
        path = "/v1/teams/" + made["id"]
        self.assertEqual(self.ok("GET", path), made)
        self.ok("PATCH", path, {"description": "d", "name": "Newer"})
        self.assertEqual(self.ok("GET", path), {**made, "description": "d", "name": "Newer"})
        self.ok("DELETE", path + "/role")
        self.assertIsNone(self.ok("GET", path)["role"])
        self.ok("DELETE", path)
        self.refused(404, "NotFound_Team", "GET", path)
        self.refused(404, "NotFound_Team", "GET", path + "/users")
        self.refused(400, "InvalidInput", "POST", "/v1/teams", {})
        roles = self.listed("/v1/roles")
        self.assertEqual(len(roles), 12)
        self.assertTrue(all("id" not in role for role in roles))

    def round_api_keys(self):
        given = self.listed("/v1/users/api-keys")
        self.assertEqual({k["user_id"] for k in given},
                         {u["id"] for u in seed.users.USERS if u["has_api_key"]})
        self.assertEqual({k["key_status"] for k in given}, {"ACTIVE", "ACTIVE_GRACE", "EXPIRED"})
        path = "/v1/users/%s/api-keys" % next(u["id"] for u in seed.users.USERS
                                               if u["email"] is None)
        self.refused(404, "NotFound_ApiKey", "GET", path)
        self.refused(404, "NotFound_ApiKey", "POST", path + "/rotate", {})
        self.refused(404, "NotFound_User", "GET", "/v1/users/nobody/api-keys")
        self.refused(400, "InvalidInput", "POST", path, {"expiration_period_days": 366})
        made = self.ok("POST", path, {"expiration_period_days": 10})
        self.refused(400, "InvalidInput", "POST", path, {})
        self.assertTrue(made["key_secret"])
        self.assertEqual(len(self.items("/v1/users/api-keys?user_type=SERVICE_ACCOUNT")), 1)
        self.assertTrue(self.ok("GET", path.rpartition("/")[0])["has_api_key"])
        turned = self.ok("POST", path + "/rotate", {"overlap_days": 3})
        self.assertNotEqual(turned["key_secret"], made["key_secret"])
        read = self.ok("GET", path)
        self.assertEqual(read["key_status"], "ACTIVE_GRACE")
        self.assertTrue(read["created_at"] < read["overlap_expires_at"] < read["expires_at"])
        self.assertNotIn("key_secret", read)
        self.ok("DELETE", path)
        self.refused(404, "NotFound_ApiKey", "DELETE", path)
        self.assertFalse(self.ok("GET", path.rpartition("/")[0])["has_api_key"])

    def round_system_keys(self):
        items = self.listed("/v1/system-keys")
        self.assertEqual(len(items), 5)
        self.assertTrue(all("permissions" not in i and "secret" not in i for i in items))
        permissions = [{"resource_type": "TEAM", "access_level": "READ",
                        "resource_filter": {"ids": ["a"]}}]
        made = self.ok("POST", "/v1/system-keys", {
            "name": "k", "expiration_period": "INFINITE", "permissions": permissions})
        self.assertIsNone(made["expired_at"])
        path, secret = "/v1/system-keys/" + made["id"], made.pop("secret")
        self.assertEqual(self.ok("GET", path), made)
        self.assertEqual(self.ok("PATCH", path, {"name": "l"})["permissions"], permissions)
        turned = self.ok("POST", path + "/rotate", {"expiration_period": "ONE_WEEK"})
        self.assertNotEqual((turned["secret"], turned["key"]), (secret, made["key"]))
        self.assertNotIn("secret", self.ok("GET", path))
        self.ok("DELETE", path)
        self.refused(404, "NotFound_SystemKey", "GET", path)
        for wrong in ({"resource_type": "CAT"}, {"odd": 1}, {"resource_filter": {"ids": "a"}}, 7):
            self.refused(400, "InvalidInput", "POST", "/v1/system-keys",
                         {"name": "m", "permissions": [wrong]})

    def log_service(self, path, made):
        self.assertNotIn("setup_tests", made)
        self.assertEqual(made["config"], {**CLOUDWATCH, "access_key_secret": "******"})
        self.assertEqual(self.ok("GET", path), made)
        changed = self.ok("PATCH", path, {
            "enabled": False, "config": {"region": "eu"}, "run_setup_tests": True})
        self.assertTrue(changed.pop("setup_tests"))
        self.assertEqual(self.ok("GET", path), changed)
        self.assertEqual(changed["config"], {**made["config"], "region": "eu"})
        self.assertFalse(changed["enabled"])
        self.assertEqual(set(self.ok("POST", path + "/test")), {"setup_tests"})
        self.refused(400, "InvalidInput", "PATCH", path, {"config": {"token": "not cloudwatch's"}})
        self.ok("DELETE", path)
        for method, end in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
            self.refused(404, "NotFound_LogService", method, path + end)

    def round_log_services(self):
        items = self.listed(LOG)
        self.assertEqual([set(i) for i in items], [{"id", "service", "enabled", "status"}] * 3)
        self.assertEqual(self.ok("GET", LOG + "/decent_dropsy")["config"]["api_key"], "******")
        body = {"service": "cloudwatch", "config": CLOUDWATCH}
        made = self.ok("POST", LOG, {**body, "group_id": "lucid_orchard"})
        self.assertEqual(made["id"], "lucid_orchard")
        self.refused(409, "Conflict", "POST", LOG, {**body, "group_id": "lucid_orchard"})
        self.refused(400, "InvalidInput", "POST", LOG, body)
        self.log_service(LOG + "/lucid_orchard", made)
        self.assertEqual(self.ok("GET", LOG + "/account")["service"], "new_relic_log")
        self.refused(409, "Conflict", "POST", LOG + "/account", body)
        self.ok("DELETE", LOG + "/account")
        self.log_service(LOG + "/account", self.ok("POST", LOG + "/account", body))

    def round_secrets_managers(self):
        self.assertTrue(all("config" not in i for i in self.listed(MANAGERS)))
        self.assertEqual(self.ok("GET", MANAGERS + "/proud_heron")["config"]["secret_id"],
                         "******")
        body = {"type": "HASHICORP_VAULT", "name": "v", "config": {"secret_id": "hush"}}
        self.refused(400, "BadRequest", "POST", MANAGERS, body)
        body["config"]["vault_address"] = "https://v.example.com"
        made = self.ok("POST", MANAGERS, body)
        path = MANAGERS + "/" + made["id"]
        self.assertEqual(self.ok("GET", path), made)
        changed = self.ok("PATCH", path, {"config": {"namespace": "n"}})
        self.assertEqual(changed["config"], {**body["config"], "secret_id": "******",
                                             "namespace": "n"})
        self.assertEqual(self.entities(path + "/entities"), [])
        self.ok("DELETE", path)
        self.refused(404, "NotFound_ExternalSecretsManager", "GET", path)
        self.refused(404, "NotFound_ExternalSecretsManager", "GET", path + "/entities")

    def entities(self, path):
        """These lists have no cursor and no limit."""
        return self.ok("GET", path)["items"]

    def round_entities(self):
        path = MANAGERS + "-entities"
        found = self.entities(path)
        self.assertEqual([e["type"] for e in found], ["SOURCE"] * 3 + ["DESTINATION"])
        self.assertEqual(self.entities(path + "?type=destination"), found[3:])
        self.assertEqual(self.entities(path + "?esm_id=lucky_tiger"), found[:2])
        self.assertEqual(self.entities(path + "?esm_id=nobody&type=all"), [])
        self.refused(400, "InvalidInput", "GET", path + "?limit=1")
        self.refused(400, "InvalidInput", "GET", path + "?type=SOURCE")
        self.assertEqual(self.entities(MANAGERS + "/calm_otter/entities?type=source"), found[2:3])
        self.refused(400, "BadRequest", "DELETE", MANAGERS + "/calm_otter")

    def round_private_links(self):
        self.assertEqual([i["state"] for i in self.listed(LINKS)],
                         ["OK", "CREATING", "FAIL", "UPDATING"])
        body = {"name": "n", "region": "AWS_US_EAST_1", "service": "SNOWFLAKE_AWS",
                "config": {"account_url": "a", "vpce_id": "v"}}
        made = self.ok("POST", LINKS, body)
        self.assertEqual((made["state"], made["cloud_provider"]), ("CREATING", "AWS"))
        path = LINKS + "/" + made["id"]
        self.assertEqual(self.ok("GET", path)["state"], "OK")
        changed = self.ok("PATCH", path, {"config": {"vpce_id": "w"}})
        self.assertEqual(changed["state"], "UPDATING")
        self.assertEqual(changed["config"], {"account_url": "a", "vpce_id": "w"})
        self.ok("DELETE", path)
        self.refused(404, "NotFound_PrivateLink", "GET", path)
        self.refused(409, "IllegalState", "PATCH", LINKS + "/plink_strait", {"config": {}})
        self.refused(409, "IllegalState", "DELETE", LINKS + "/plink_canal")
        self.refused(400, "InvalidInput", "POST", LINKS, {**body, "config": {"vpce_id": "v"}})
        self.refused(400, "InvalidInput", "POST", LINKS, {**body, "region": "MOON"})

    def round_proxy_agents(self):
        items = self.listed(PROXIES)
        self.assertEqual([(i["connector_count"], i["destination_count"]) for i in items],
                         [(2, 1), (1, 0), (0, 0)])
        self.assertTrue(all("usage" not in i for i in items))
        bridge = self.ok("GET", PROXIES + "/proxy_bridge")
        self.assertEqual(len(bridge["usage"]), 3)
        self.assertIsNone(bridge["usage"][2]["schema"])
        self.assertNotIn("connector_count", bridge)
        used = self.listed(PROXIES + "/proxy_bridge/connections")
        self.assertEqual([u["connection_id"] for u in used], [u["id"] for u in bridge["usage"][:2]])
        body = {"display_name": "New", "group_region": "AWS_US_EAST_1"}
        made = self.ok("POST", PROXIES, body)
        self.refused(409, "Conflict", "POST", PROXIES, body)
        path = PROXIES + "/" + made["agent_id"]
        again = self.ok("POST", path + "/regenerate-secrets")
        self.assertEqual(set(again), set(made))
        self.assertNotEqual(again["auth_token"], made["auth_token"])
        self.assertEqual(self.ok("GET", path)["region"], "AWS_US_EAST_1")
        self.assertFalse({"auth_token", "client_private_key"} & set(self.ok("GET", path)))
        self.ok("DELETE", path)
        for end in ("", "/connections"):
            self.refused(404, "NotFound_ProxyAgent", "GET", path + end)
        self.refused(409, "Conflict", "DELETE", PROXIES + "/proxy_bridge")

    def round_hybrid_agents(self):
        items = self.listed(HYBRIDS)
        self.assertEqual([len(i["usage"]) for i in items], [2, 1, 0])
        self.assertEqual(self.items(HYBRIDS + "?groupId=projected_sickle"), items[1:2])
        body = {"group_id": "decent_dropsy", "display_name": "d", "env_type": "PODMAN",
                "accept_terms": True}
        made = self.ok("POST", HYBRIDS, body)
        self.assertTrue(made.pop("token"))
        path = HYBRIDS + "/" + made["id"]
        self.assertEqual(self.ok("GET", path), {**made, "usage": []})
        self.assertIn("auth_json", self.ok("PATCH", path + "/re-auth",
                                           {"auth_type": "MANUAL"})["files"])
        self.ok("POST", path + "/reset-credentials")
        self.assertFalse({"token", "files"} & set(self.ok("GET", path)))
        self.ok("DELETE", path)
        self.refused(404, "NotFound_RemoteExecutionAgent", "GET", path)
        self.refused(404, "NotFound_Group", "POST", HYBRIDS, {**body, "group_id": "nobody"})
        self.refused(400, "InvalidInput", "POST", HYBRIDS, {**body, "accept_terms": False})

    def test_every_operation(self):
        for name in sorted(n for n in dir(self) if n.startswith("round_")):
            getattr(self, name)()
        self.assertEqual({row.name for row in ROWS} - self.answered, set())

    # --- across kinds ---

    def test_unknown_fields(self):
        """Wherever there is a body, and none where there is none."""
        for row in ROWS:
            if row.method in ("POST", "PATCH"):
                self.refused(400, "InvalidInput", row.method,
                             row.path.replace("{", "").replace("}", ""), {"no_such": 1})
        self.assertTrue(all(kind == "body" for kind in self.kinds()))
        self.refused(400, "InvalidInput", "PATCH", MANAGERS + "/proud_heron",
                     {"config": {"secret_id": "******"}})
        self.assertEqual(self.kinds()[-1], "masked value")

    def test_groups_and_users_agree(self):
        pairs = {(user, group, role) for group, roles in seed.access.group_users().items()
                 for user, role in roles.items()}
        seen = {(user["id"], m["id"], m["role"]) for user in seed.users.USERS
                for m in self.items("/v1/users/%s/groups" % user["id"])}
        self.assertEqual(seen, pairs)

    def test_deleting_takes_memberships_along(self):
        user = "/v1/users/" + self.items(TEAM + "/users")[0]["user_id"]
        self.ok("DELETE", user)
        self.assertNotIn(user[10:], [m["user_id"] for m in self.items(TEAM + "/users")])
        self.assertNotIn(user[10:], [k["user_id"] for k in self.items("/v1/users/api-keys")])
        self.ok("DELETE", "/v1/connections/assimilate_seem")
        self.ok("DELETE", "/v1/groups/final_margin")
        parents = [TEAM] + ["/v1/users/" + u["id"] for u in self.items("/v1/users")]
        text = json.dumps([self.items("%s/%s" % (parent, kind)) for parent in parents
                           for kind in ("groups", "connections")])
        self.assertNotIn("assimilate_seem", text)
        self.assertNotIn("final_margin", text)

    def test_replacing(self):
        """What is made at the time of reading can be replaced too."""
        for collection, path in (("proxy_agents", PROXIES + "/proxy_idle"),
                                 ("hybrid_agents", HYBRIDS + "/hybrid_forge"),
                                 ("roles", None), ("teams", TEAM)):
            key = path.rpartition("/")[2] if path else "Account Analyst"
            self.control("POST", "replace", {"collection": collection, "id": key, "raw": '{"x":1}'})
            self.assertIn({"x": 1}, self.items((path or "/v1/roles/").rpartition("/")[0]))
            if path:
                self.assertEqual(self.ok("GET", path), {"x": 1})


if __name__ == "__main__":
    unittest.main()
