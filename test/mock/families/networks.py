"""Private links, proxy agents and hybrid deployment agents."""
import seed
from answers import done, merge, one, page
from checks import Refusal, invalid
from fields import OBJECT, PAGE, REGION, REQUIRED_STRING, STRING, field, row
from state import make_item, to_json

PRIVATE_LINK, PROXY = "/v1/private-links/{privateLinkId}", "/v1/proxy/{agentId}"
HYBRID = "/v1/hybrid-deployment-agents/{agentId}"
LINK_SERVICE = field("string", True, """DATABRICKS_AWS SNOWFLAKE_AWS REDSHIFT_AWS SOURCE_AWS
    DATABRICKS_AZURE SNOWFLAKE_AZURE ONELAKE_AZURE POSTGRES_WAREHOUSE_AZURE
    SQL_DATA_WAREHOUSE_AZURE SOURCE_AZURE SNOWFLAKE_GCP SOURCE_GCP DATABRICKS_GCP""".split())

AUTH_TYPE = field("string", enum=["AUTO", "MANUAL"])
ENVIRONMENT = field("string", True, ["DOCKER", "PODMAN", "KUBERNETES", "SNOWPARK"])

ROWS = [
    row("get_private_links", "GET", "/v1/private-links", query=PAGE),
    row("create_private_link", "POST", "/v1/private-links", status=201,
        body={"name": REQUIRED_STRING, "region": REGION._replace(required=True),
              "service": LINK_SERVICE, "config": field("object", True)}),
    row("get_private_link_details", "GET", PRIVATE_LINK),
    row("modify_private_link", "PATCH", PRIVATE_LINK, body={"config": OBJECT}),
    row("delete_private_link", "DELETE", PRIVATE_LINK),
    row("get_proxy_agent", "GET", "/v1/proxy", query=PAGE),
    row("create_proxy_agent", "POST", "/v1/proxy", status=201,
        body={"display_name": STRING, "group_region": REGION}),
    row("get_proxy_agent_details", "GET", PROXY),
    row("delete_proxy_agent", "DELETE", PROXY),
    row("get_proxy_agent_connections", "GET", PROXY + "/connections", query=PAGE),
    row("regenerate_secrets_proxy_agent", "POST", PROXY + "/regenerate-secrets"),
    row("get_hybrid_deployment_agent_list", "GET", "/v1/hybrid-deployment-agents",
        query={**PAGE, "groupId": STRING}),
    row("create_hybrid_deployment_agent", "POST", "/v1/hybrid-deployment-agents", status=201,
        body={"group_id": STRING, "display_name": REQUIRED_STRING, "env_type": ENVIRONMENT,
              "accept_terms": field("boolean", True), "auth_type": AUTH_TYPE}),
    row("get_hybrid_deployment_agent", "GET", HYBRID),
    row("delete_hybrid_deployment_agent", "DELETE", HYBRID),
    row("re_auth_hybrid_deployment_agent", "PATCH", HYBRID + "/re-auth",
        body={"auth_type": AUTH_TYPE}),
    row("reset_hybrid_deployment_agent_credentials", "POST", HYBRID + "/reset-credentials"),
]


def _link_config(service, config, whole):
    needed, allowed = seed.networks.PRIVATE_LINKS[service]
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
    link = seed.networks.private_link(world.new_id(), body, config, "CREATING", world.now())
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
    agent = {"id": world.new_id(), "account_id": seed.account.ACCOUNT["account_id"],
             "registered_at": world.now(),
             "region": request.body.get("group_region") or "GCP_US_EAST4",
             "created_by": seed.account.ACCOUNT["user_id"], "display_name": name, "version": None,
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
             "registered_at": now, "created_by": seed.account.ACCOUNT["user_id"],
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
