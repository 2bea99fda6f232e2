"""Log services of groups, and that of the account."""
import seed
from answers import done, merge, one, page, saved, tests_completed
from checks import Refusal, invalid
from fields import BOOLEAN, OBJECT, PAGE, STRING, row

LOGGING, ACCOUNT_LOG = "/v1/external-logging", "/v1/external-logging/account"
LOG_UPDATE = {"enabled": BOOLEAN, "config": OBJECT, "run_setup_tests": BOOLEAN}

ROWS = [
    row("list_log_services", "GET", LOGGING, query=PAGE),
    row("add_log_service", "POST", LOGGING, status=201,
        body={**LOG_UPDATE, "group_id": STRING, "service": STRING}),
    row("get_log_service_details", "GET", LOGGING + "/{logId}"),
    row("update_log_service", "PATCH", LOGGING + "/{logId}", body=LOG_UPDATE),
    row("delete_log_service", "DELETE", LOGGING + "/{logId}"),
    row("run_setup_tests_log_service", "POST", LOGGING + "/{logId}/test"),
    row("get_account_log_service_details", "GET", ACCOUNT_LOG),
    row("add_account_log_service", "POST", ACCOUNT_LOG, status=201,
        body={**LOG_UPDATE, "service": STRING}),
    row("update_account_log_service", "PATCH", ACCOUNT_LOG, body=LOG_UPDATE),
    row("delete_account_log_service", "DELETE", ACCOUNT_LOG),
    row("run_setup_tests_account_log_service", "POST", ACCOUNT_LOG + "/test"),
]


_ACCOUNT = "account_log_services", seed.account.ACCOUNT["account_id"]


def list_log_services(world, request):
    """Without the account's, by choice."""
    return page(world, request, world.select("log_services"))


def _log_config(service, config):
    """Checked against the service's members, its secrets masked."""
    secret, other = seed.log_services.LOG_SERVICES[service]
    for name in config:
        if name not in secret and name not in other:
            raise invalid("Unrecognized field 'config.%s'" % name, "body")
    return {k: "******" if k in secret else v for k, v in config.items()}


def _add_log(world, body, collection, log_id):
    service = body.get("service")
    if service not in seed.log_services.LOG_SERVICES:
        raise invalid("Unsupported service '%s'" % service)
    if world.find(collection, log_id):
        raise Refusal(409, "Conflict", "'%s' already has a log service" % log_id)
    tested = body.get("run_setup_tests", False)
    obj = {"id": log_id, "service": service, "enabled": body.get("enabled", True),
           "status": {"setup_state": "connected" if tested else "incomplete", "tasks": []},
           "config": _log_config(service, body.get("config") or {})}
    text = world.put(collection, obj).detail
    return saved(obj, text, tested, "Log service has been created")


def _update_log(world, body, collection, log_id):
    obj = world.change(collection, log_id)
    if "enabled" in body:
        obj["enabled"] = body["enabled"]
    merge(obj, {"config": _log_config(obj["service"], body.get("config") or {})})
    tested = body.get("run_setup_tests", False)
    if tested:
        obj["status"] = {"setup_state": "connected", "tasks": []}
    text = world.put(collection, obj).detail
    return saved(obj, text, tested, "Log service has been updated")


def _delete_log(world, collection, log_id):
    world.remove(collection, log_id)
    return done("Log service with id '%s' has been deleted" % log_id)


def _test_log(world, collection, log_id):
    """A broken one stays broken."""
    obj = world.change(collection, log_id)
    broken = obj["status"]["setup_state"] == "broken"
    if not broken:
        obj["status"]["setup_state"] = "connected"
        world.put(collection, obj)
    return tests_completed({}, broken)


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
