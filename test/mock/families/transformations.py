"""Transformations, their projects and packages."""
import seed
from answers import SETUP_TESTS, done, one, page
from checks import Refusal, check_body, invalid
from fields import BOOLEAN, DAYS, INTEGER, OBJECT, PAGE, REQUIRED_STRING, STRING, STRINGS, \
    field, row

PROJECT, TRANSFORMATION = "/v1/transformation-projects/{projectId}", \
    "/v1/transformations/{transformationId}"

METADATA = "/v1/transformations/package-metadata"
SCHEDULE = field("object", fields={
    "schedule_type": field("string", True, ["INTEGRATED", "TIME_OF_DAY", "INTERVAL", "CRON"]),
    "cron": STRINGS, "interval": INTEGER, "time_of_day": STRING, "smart_syncing": BOOLEAN,
    "days_of_week": field("array", values=field("string", enum=DAYS)),
    "connection_ids": STRINGS, "transformation_ids": STRINGS})

TRANSFORMATION_UPDATE = {"schedule": SCHEDULE, "paused": BOOLEAN, "transformation_config": OBJECT}
TRANSFORMATION_TYPES = ["DBT_CORE", "QUICKSTART"]
PROJECT_UPDATE = {"run_tests": BOOLEAN, "project_config": OBJECT}

# Configurations, checked by the operations: their form depends on the type.
STEPS = field("array", values=field("object", fields={"name": STRING, "command": STRING}))
DBT_UPDATE = {"project_id": STRING, "name": STRING, "steps": STEPS}
QUICKSTART_UPDATE = {"excluded_models": STRINGS, "configurable_variables": OBJECT,
                     "group_id": STRING}

CONFIG_UPDATE = {"DBT_CORE": DBT_UPDATE, "QUICKSTART": QUICKSTART_UPDATE}
CONFIG_CREATE = {"DBT_CORE": {name: f._replace(required=True) for name, f in DBT_UPDATE.items()},
                 "QUICKSTART": {**QUICKSTART_UPDATE, "package_name": STRING,
                                "connection_ids": STRINGS}}

PROJECT_CONFIG_UPDATE = {"folder_path": STRING, "git_branch": STRING, "threads": INTEGER,
                         "target_name": STRING, "environment_vars": STRINGS}

PROJECT_CONFIG_CREATE = {**PROJECT_CONFIG_UPDATE, "dbt_version": REQUIRED_STRING,
                         "default_schema": REQUIRED_STRING, "git_remote_url": REQUIRED_STRING}

ROWS = [
    row("list_all_transformation_projects", "GET", "/v1/transformation-projects", query=PAGE),
    row("create_transformation_project", "POST", "/v1/transformation-projects", status=201,
        body={**PROJECT_UPDATE, "group_id": STRING, "type": field("string", enum=["DBT_CORE"])}),
    row("transformation_project_details", "GET", PROJECT),
    row("modify_transformation_project", "PATCH", PROJECT, body=PROJECT_UPDATE),
    row("delete_transformation_project", "DELETE", PROJECT),
    row("test_transformation_project", "POST", PROJECT + "/test"),
    row("transformations_list", "GET", "/v1/transformations",
        query={**PAGE, "group_id": STRING, "project_id": STRING, "type": STRING}),
    row("create_transformation", "POST", "/v1/transformations", status=201,
        body={**TRANSFORMATION_UPDATE, "type": field("string", enum=TRANSFORMATION_TYPES)}),
    row("transformation_details", "GET", TRANSFORMATION),
    row("update_transformation", "PATCH", TRANSFORMATION, body=TRANSFORMATION_UPDATE),
    row("delete_transformation", "DELETE", TRANSFORMATION),
    row("run_transformation", "POST", TRANSFORMATION + "/run", body={"full_refresh": BOOLEAN}),
    row("cancel_transformation", "POST", TRANSFORMATION + "/cancel"),
    row("upgrade_transformation_package", "POST", TRANSFORMATION + "/upgrade"),
    row("transformation_package_metadata_list", "GET", METADATA,
        query={**PAGE, "service": STRING, "name": STRING}),
    row("transformation_package_metadata_details", "GET", METADATA + "/{package_definition_id}"),
]


def _needed(body, *names):
    """Members that are declared optional, but without which nothing can be made."""
    for name in names:
        if body.get(name) is None:
            raise invalid("Field '%s' is required" % name)


def list_all_transformation_projects(world, request):
    return page(world, request, world.select("transformation_projects"))


def create_transformation_project(world, request):
    """Untested, a project is not ready."""
    body = request.body
    _needed(body, "group_id", "type", "project_config")
    check_body(PROJECT_CONFIG_CREATE, body["project_config"], "project_config.")
    world.get("groups", body["group_id"])
    key, tested = world.new_id(), body.get("run_tests", False)
    obj = {"id": key, "type": body["type"], "created_at": world.now(),
           "created_by_id": seed.account.ACCOUNT["user_id"], "group_id": body["group_id"],
           "status": "READY" if tested else "NOT_READY", "errors": [],
           "setup_tests": SETUP_TESTS if tested else [],
           "project_config": {**body["project_config"],
                              "public_key": seed.transformations.public_key(key)}}
    return one(world.put("transformation_projects", obj).detail,
               "Transformation project created successfully")


def transformation_project_details(world, request):
    return one(world.get("transformation_projects", request.args["projectId"]).detail)


def _test_project(obj):
    """One with an error keeps it."""
    if obj["status"] != "ERROR":
        obj.update(status="READY", setup_tests=SETUP_TESTS)


def modify_transformation_project(world, request):
    obj, body = world.change("transformation_projects", request.args["projectId"]), request.body
    config = body.get("project_config") or {}
    check_body(PROJECT_CONFIG_UPDATE, config, "project_config.")
    obj["project_config"].update(config)
    if body.get("run_tests"):
        _test_project(obj)
    return one(world.put("transformation_projects", obj).detail,
               "Transformation project updated successfully")


def test_transformation_project(world, request):
    obj = world.change("transformation_projects", request.args["projectId"])
    _test_project(obj)
    return one(world.put("transformation_projects", obj).detail,
               "Transformation project test completed successfully")


def delete_transformation_project(world, request):
    key = request.args["projectId"]
    world.get("transformation_projects", key)
    if world.select("transformations", _project_id=key):
        raise Refusal(409, "Conflict", "Transformation project '%s' has transformations" % key)
    world.remove("transformation_projects", key)
    return done("Transformation project with id '%s' has been deleted" % key)


def transformations_list(world, request):
    kind = request.query.get("type")
    if kind not in (None, *TRANSFORMATION_TYPES):
        raise invalid("Unknown transformation type '%s'" % kind, "query")
    return page(world, request, world.select(
        "transformations", type=kind, _group_id=request.query.get("group_id"),
        _project_id=request.query.get("project_id")))


def _place(world, obj):
    """Check what the configuration refers to, and note by what the lists filter."""
    config = obj["transformation_config"]
    if obj["type"] == "DBT_CORE":
        project = world.get("transformation_projects", config["project_id"]).obj
        obj.update(_project_id=project["id"], _group_id=project["group_id"])
        return
    groups = [world.get("connections", c).obj["group_id"] for c in config["connection_ids"]]
    if config.get("group_id") is not None:
        groups = [world.get("groups", config["group_id"]).obj["id"]]
    obj.update(_project_id=None, _group_id=groups[0] if groups else None)


def _package_metadata(world, **filters):
    """Filters: name, service (one of the connector types)."""
    service = filters.get("service")
    return [item for item in world.select("package_metadata", name=filters.get("name"))
            if service is None or service in item.obj["connector_types"]]


def _quickstart_config(world, config):
    """With its package, which the first connection's service tells if it is not named."""
    config = {"connection_ids": [], "excluded_models": [], "configurable_variables": {}, **config}
    if config.get("package_name") is None:
        services = [world.get("connections", c).obj["service"] for c in config["connection_ids"]]
        found = _package_metadata(world, service=services[0]) if services else []
    else:
        found = _package_metadata(world, name=config["package_name"])
    if not found:
        raise invalid("There is no Quickstart package for this transformation")
    package = found[0].obj
    models = [m for m in package["output_model_names"] if m not in config["excluded_models"]]
    return {**config, "package_name": package["name"], "upgrade_available": False}, models


def create_transformation(world, request):
    """Integrated with its connections unless another schedule is sent."""
    body = request.body
    _needed(body, "type", "transformation_config")
    config, models = body["transformation_config"], []
    check_body(CONFIG_CREATE[body["type"]], config, "transformation_config.")
    if body["type"] == "QUICKSTART":
        config, models = _quickstart_config(world, config)
    obj = {"id": world.new_id(), "status": "NEW", "type": body["type"],
           "schedule": body.get("schedule") or {"schedule_type": "INTEGRATED"},
           "paused": body.get("paused", False), "created_at": world.now(),
           "created_by_id": seed.account.ACCOUNT["user_id"], "last_started_at": None,
           "last_ended_at": None, "output_model_names": models, "transformation_config": config}
    _place(world, obj)
    return one(world.put("transformations", obj).detail, "Transformation created successfully")


def transformation_details(world, request):
    return one(world.get("transformations", request.args["transformationId"]).detail)


def update_transformation(world, request):
    """The configuration is changed member by member, the schedule as a whole."""
    obj, body = world.change("transformations", request.args["transformationId"]), request.body
    config = body.get("transformation_config") or {}
    check_body(CONFIG_UPDATE[obj["type"]], config, "transformation_config.")
    if config:
        obj["transformation_config"].update(config)
        _place(world, obj)
    obj["schedule"] = body.get("schedule") or obj["schedule"]
    obj["paused"] = body.get("paused", obj["paused"])
    return one(world.put("transformations", obj).detail, "Transformation updated successfully")


def delete_transformation(world, request):
    world.remove("transformations", request.args["transformationId"])
    return done("Transformation with id '%s' has been deleted" % request.args["transformationId"])


def run_transformation(world, request):
    """It runs until it is cancelled; a second run at the same time is refused by choice."""
    obj = world.change("transformations", request.args["transformationId"])
    if obj["status"] == "RUNNING":
        raise Refusal(409, "Conflict", "The transformation is running")
    obj.update(status="RUNNING", last_started_at=world.now())
    world.put("transformations", obj)
    return done("Transformation with id '%s' has been started" % obj["id"])


def cancel_transformation(world, request):
    obj = world.change("transformations", request.args["transformationId"])
    if obj["status"] != "RUNNING":
        raise Refusal(409, "Conflict", "The transformation is not running")
    obj.update(status="CANCELED", last_ended_at=world.now())
    world.put("transformations", obj)
    return done("Transformation with id '%s' has been canceled" % obj["id"])


def upgrade_transformation_package(world, request):
    """Without effect on one whose package is the latest."""
    obj = world.change("transformations", request.args["transformationId"])
    if obj["type"] != "QUICKSTART":
        raise invalid("Only Quickstart transformations have a package")
    obj["transformation_config"]["upgrade_available"] = False
    world.put("transformations", obj)
    return done("Transformation package has been upgraded")


def transformation_package_metadata_list(world, request):
    return page(world, request, _package_metadata(
        world, service=request.query.get("service"), name=request.query.get("name")))


def transformation_package_metadata_details(world, request):
    return one(world.get("package_metadata", request.args["package_definition_id"]).detail)
