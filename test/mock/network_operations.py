"""The operations on log services, secrets managers, private links, proxy agents and
hybrid deployment agents (see operations.py)."""
import access_data
import access_routes
import data
from answers import SETUP_TESTS, done, merge, one, page, with_setup_tests
from routes import Refusal, invalid
from state import make_item, to_json

__all__ = [row.name for row in access_routes.NETWORK]

# --- log services ------------------------------------------------------------

_ACCOUNT = "account_log_services", data.ACCOUNT["account_id"]


def list_log_services(world, request):
    """Without the account's, by choice."""
    return page(world, request, world.select("log_services"))


def _log_config(service, config):
    """Checked against the service's members, its secrets masked."""
    secret, other = access_data.LOG_SERVICES[service]
    for name in config:
        if name not in secret and name not in other:
            raise invalid("Unrecognized field 'config.%s'" % name, "body")
    return {k: "******" if k in secret else v for k, v in config.items()}


def _add_log(world, body, collection, log_id):
    service = body.get("service")
    if service not in access_data.LOG_SERVICES:
        raise invalid("Unsupported service '%s'" % service)
    if world.find(collection, log_id):
        raise Refusal(409, "Conflict", "'%s' already has a log service" % log_id)
    tested = body.get("run_setup_tests", False)
    obj = {"id": log_id, "service": service, "enabled": body.get("enabled", True),
           "status": {"setup_state": "connected" if tested else "incomplete", "tasks": []},
           "config": _log_config(service, body.get("config") or {})}
    text = world.put(collection, obj).detail
    return one(with_setup_tests(obj) if tested else text, "Log service has been created")


def _update_log(world, body, collection, log_id):
    obj = world.change(collection, log_id)
    if "enabled" in body:
        obj["enabled"] = body["enabled"]
    merge(obj, {"config": _log_config(obj["service"], body.get("config") or {})})
    tested = body.get("run_setup_tests", False)
    if tested:
        obj["status"] = {"setup_state": "connected", "tasks": []}
    text = world.put(collection, obj).detail
    return one(with_setup_tests(obj) if tested else text, "Log service has been updated")


def _delete_log(world, collection, log_id):
    world.remove(collection, log_id)
    return done("Log service with id '%s' has been deleted" % log_id)


def _test_log(world, collection, log_id):
    """A broken one stays broken."""
    obj, tests = world.change(collection, log_id), SETUP_TESTS
    if obj["status"]["setup_state"] == "broken":
        tests = [dict(SETUP_TESTS[0], status="FAILED", message="Connection refused")]
    else:
        obj["status"]["setup_state"] = "connected"
        world.put(collection, obj)
    return one(to_json({"setup_tests": tests}), "Setup tests have been completed")


def add_log_service(world, request):
    group_id = request.body.get("group_id")
    if group_id is None:
        raise invalid("Field 'group_id' is required")
    world.get("groups", group_id)
    return _add_log(world, request.body, "log_services", group_id)


def get_log_service_details(world, request):
    return one(world.get("log_services", request.args["logId"]).detail)


def update_log_service(world, request):
    return _update_log(world, request.body, "log_services", request.args["logId"])


def delete_log_service(world, request):
    return _delete_log(world, "log_services", request.args["logId"])


def run_setup_tests_log_service(world, request):
    return _test_log(world, "log_services", request.args["logId"])


def add_account_log_service(world, request):
    return _add_log(world, request.body, *_ACCOUNT)


def get_account_log_service_details(world, request):
    return one(world.get(*_ACCOUNT).detail)


def update_account_log_service(world, request):
    return _update_log(world, request.body, *_ACCOUNT)


def delete_account_log_service(world, request):
    return _delete_log(world, *_ACCOUNT)


def run_setup_tests_account_log_service(world, request):
    return _test_log(world, *_ACCOUNT)


# --- external secrets managers -----------------------------------------------


def list_esms(world, request):
    return page(world, request, world.select("secrets_managers"))


def create_esm(world, request):
    body = request.body
    for name in access_data.MANAGER_NEEDS[body["type"]]:
        if not body["config"].get(name):
            raise Refusal(400, "BadRequest", "Field 'config.%s' is required" % name)
    now = world.now()
    obj = {"id": world.new_id(), "type": body["type"], "name": body["name"], "config": {},
           "is_hybrid_deployment": body.get("is_hybrid_deployment", False), "created_at": now,
           "updated_at": now}
    merge(obj, {"config": body["config"]})
    return one(world.put("secrets_managers", obj).detail)


def get_esm_details(world, request):
    return one(world.get("secrets_managers", request.args["esmId"]).detail)


def modify_esm(world, request):
    obj = world.change("secrets_managers", request.args["esmId"])
    merge(obj, request.body)
    obj["updated_at"] = world.now()
    return one(world.put("secrets_managers", obj).detail)


def _entity(world, obj):
    """A connection or a destination that uses a manager, as the lists show it."""
    source = "schema" in obj
    group = world.get("groups", obj["group_id"]).obj
    return {"id": obj["id"], "name": obj["schema"] if source else group["name"],
            "enabled": not obj.get("paused", False), "type": "SOURCE" if source else "DESTINATION",
            "secret_manager_id": obj["external_secrets_manager_id"],
            "created_at": obj.get("created_at", group["created_at"])}


def _entities(world, manager_id=None, kind="all"):
    if kind not in ("source", "destination", "all"):
        raise invalid("Unknown entity type '%s'" % kind)
    collections = {"source": ["connections"], "destination": ["destinations"]}.get(
        kind, ["connections", "destinations"])
    return [_entity(world, item.obj) for collection in collections
            for item in world.select(collection, external_secrets_manager_id=manager_id)
            if item.obj.get("external_secrets_manager_id")]


def _entity_page(world, request, manager_id):
    found = _entities(world, manager_id, request.query.get("type", "all"))
    return page(world, request, [make_item("entities", obj) for obj in found])


def list_esm_entities(world, request):
    return _entity_page(world, request, request.query.get("esm_id"))


def get_esm_entities(world, request):
    manager_id = world.get("secrets_managers", request.args["esmId"]).obj["id"]
    return _entity_page(world, request, manager_id)


def delete_esm(world, request):
    manager_id = request.args["esmId"]
    world.get("secrets_managers", manager_id)
    types = [entity["type"] for entity in _entities(world, manager_id)]
    if types:
        raise Refusal(400, "BadRequest", "Failed to delete External Secrets Manager with '%s' id, "
                      "because it is used by %d connection(s) and %d destination(s)." % (
                          manager_id, types.count("SOURCE"), types.count("DESTINATION")))
    world.remove("secrets_managers", manager_id)
    return done("External Secrets Manager '%s' has been deleted." % manager_id)


# --- private links -----------------------------------------------------------
#
# The API works on them in the background.  Here a call answers the state of the
# work and the next call finds it done; a link that the seed or a test has put
# into a passing state stays in it.


def _link_config(service, config, whole):
    needed, allowed = access_data.PRIVATE_LINKS[service]
    for name in config:
        if name not in needed and name not in allowed:
            raise invalid("Unrecognized field 'config.%s'" % name, "body")
    for name in needed if whole else ():
        if name not in config:
            raise invalid("Field 'config.%s' is required" % name, "body")
    return config


def _settled(world, link_id):
    link = world.change("private_links", link_id)
    if link["state"] in ("CREATING", "UPDATING", "DESTROYING"):
        raise Refusal(409, "IllegalState", "Private link '%s' is in state %s" % (
            link_id, link["state"]))
    return link


def _working(world, link, state, message):
    """Answers `state` and leaves the link as it is when the work is done."""
    link.update(state="OK", state_summary="The state is OK",
                host="%s.privatelink.example.com" % link["id"])
    world.put("private_links", link)
    return one(to_json({**link, "state": state, "state_summary": "The state is " + state}),
               message)


def get_private_links(world, request):
    return page(world, request, world.select("private_links"))


def create_private_link(world, request):
    body = request.body
    config = _link_config(body["service"], body["config"], True)
    if world.select("private_links", name=body["name"]):
        raise Refusal(409, "Conflict", "Name '%s' is already used" % body["name"])
    link = access_data.private_link(world.new_id(), body, config, "CREATING", world.now())
    return _working(world, link, "CREATING", "Private link has been created")


def get_private_link_details(world, request):
    return one(world.get("private_links", request.args["privateLinkId"]).detail)


def modify_private_link(world, request):
    link = _settled(world, request.args["privateLinkId"])
    merge(link, {"config": _link_config(link["service"], request.body.get("config") or {}, False)})
    return _working(world, link, "UPDATING", "Private link has been updated")


def delete_private_link(world, request):
    link = _settled(world, request.args["privateLinkId"])
    world.remove("private_links", link["id"])
    return done("Private link with id '%s' has been marked for deletion" % link["id"])


# --- proxy agents ------------------------------------------------------------


def _proxy(world, item):
    """With what uses it; a destination has no schema.  A replaced text stays."""
    if item.detail != make_item("proxy_agents", item.obj).detail:
        return item
    connections, destinations = ([i.obj for i in world.select(c, proxy_agent_id=item.obj["id"])]
                                 for c in ("connections", "destinations"))
    usage = [{"id": o["id"], "schema": o.get("schema"), "service": o["service"]}
             for o in connections + destinations]
    return make_item("proxy_agents", {**item.obj, "connector_count": len(connections),
                                      "destination_count": len(destinations), "usage": usage})


def get_proxy_agent(world, request):
    return page(world, request, [_proxy(world, i) for i in world.select("proxy_agents")])


def get_proxy_agent_details(world, request):
    """In an envelope, though the definition has none here."""
    return one(_proxy(world, world.get("proxy_agents", request.args["agentId"])).detail)


def get_proxy_agent_connections(world, request):
    agent_id = world.get("proxy_agents", request.args["agentId"]).obj["id"]
    return page(world, request, [make_item("uses", {"connection_id": item.obj["id"]})
                                 for item in world.select("connections", proxy_agent_id=agent_id)])


def _proxy_secrets(world, agent_id):
    """Only create and regenerate answer them; nothing keeps them."""
    word = world.new_id()
    return to_json({"agent_id": agent_id, "auth_token": "token_" + word,
                    "client_cert": "-----BEGIN CERTIFICATE-----\n%s" % word,
                    "client_private_key": "-----BEGIN PRIVATE KEY-----\n%s" % word,
                    "orchestrator_host": "orchestrator.example.com", "orchestrator_port": 443})


def create_proxy_agent(world, request):
    """Both members are declared optional; the name is needed by choice."""
    name = request.body.get("display_name")
    if not name:
        raise invalid("Field 'display_name' is required")
    if world.select("proxy_agents", display_name=name):
        raise Refusal(409, "Conflict", "Proxy agent with same name already exists.")
    agent = {"id": world.new_id(), "account_id": data.ACCOUNT["account_id"],
             "registered_at": world.now(),
             "region": request.body.get("group_region") or "GCP_US_EAST4",
             "created_by": data.ACCOUNT["user_id"], "display_name": name, "version": None,
             "status": "NOT_CONNECTED"}
    world.put("proxy_agents", agent)
    return one(_proxy_secrets(world, agent["id"]), "Proxy agent has been created")


def regenerate_secrets_proxy_agent(world, request):
    agent_id = world.get("proxy_agents", request.args["agentId"]).obj["id"]
    return one(_proxy_secrets(world, agent_id), "Secrets have been regenerated")


def delete_proxy_agent(world, request):
    agent_id = request.args["agentId"]
    world.get("proxy_agents", agent_id)
    if any(world.select(c, proxy_agent_id=agent_id) for c in ("connections", "destinations")):
        raise Refusal(409, "Conflict", "Proxy agent have attached connections.")
    world.remove("proxy_agents", agent_id)
    return done("Agent %s successfully deleted." % agent_id)


# --- hybrid deployment agents ------------------------------------------------


def _hybrid(world, item):
    """With the connections that use it, in lists too.  A replaced text stays."""
    if item.detail != make_item("hybrid_agents", item.obj).detail:
        return item
    usage = [{"connection_id": i.obj["id"], "schema": i.obj["schema"],
              "service": i.obj["service"]} for i in world.select(
                  "connections", hybrid_deployment_agent_id=item.obj["id"])]
    return make_item("hybrid_agents", {**item.obj, "usage": usage})


def get_hybrid_deployment_agent_list(world, request):
    return page(world, request, [_hybrid(world, item) for item in world.select(
        "hybrid_agents", group_id=request.query.get("groupId"))])


def get_hybrid_deployment_agent(world, request):
    return one(_hybrid(world, world.get("hybrid_agents", request.args["agentId"])).detail)


def _hybrid_secrets(world, agent, body):
    """The agent with its secrets, which stand in this answer only."""
    word = world.new_id()
    if body.get("auth_type") == "MANUAL":
        files = {name: "%s of %s" % (name, word)
                 for name in ("config_json", "auth_json", "docker_compose_yaml")}
        return to_json({**agent, "files": files})
    return to_json({**agent, "token": "token_" + word})


def create_hybrid_deployment_agent(world, request):
    body = request.body
    if not body["accept_terms"]:
        raise invalid("The terms must be accepted")
    if body.get("group_id") is None:
        raise invalid("Field 'group_id' is required")
    world.get("groups", body["group_id"])
    now = world.now()
    agent = {"id": world.new_id(), "version": "2.1.0", "enabled": True, "online": False,
             "display_name": body["display_name"], "group_id": body["group_id"],
             "registered_at": now, "created_by": data.ACCOUNT["user_id"],
             "deployment_type": body["env_type"], "updated_at": now, "last_used_at": None}
    world.put("hybrid_agents", agent)
    return one(_hybrid_secrets(world, agent, body), "Hybrid Deployment Agent has been created")


def re_auth_hybrid_deployment_agent(world, request):
    agent = world.change("hybrid_agents", request.args["agentId"])
    agent["updated_at"] = world.now()
    world.put("hybrid_agents", agent)
    return one(_hybrid_secrets(world, agent, request.body),
               "Authentication keys have been regenerated")


def reset_hybrid_deployment_agent_credentials(world, request):
    agent = world.change("hybrid_agents", request.args["agentId"])
    agent["online"] = False
    world.put("hybrid_agents", agent)
    return done("Credentials of agent '%s' have been reset" % agent["id"])


def delete_hybrid_deployment_agent(world, request):
    world.remove("hybrid_agents", request.args["agentId"])
    return done("Hybrid Deployment Agent with id '%s' has been deleted" % request.args["agentId"])
