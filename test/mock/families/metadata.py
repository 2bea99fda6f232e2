"""Types of connectors, packages of the Connector SDK, HVR hubs."""
import hashlib

import seed
from answers import Binary, done, one, page
from checks import Refusal, invalid
from fields import INTEGER, PAGE, REQUIRED_STRING, field, row
from state import make_item, to_json

PACKAGE = "/v1/connector-sdk/packages/{package_id}"

# A body with a file is multipart/form-data.
PACKAGE_FILE = {"file": field("file", True)}

ROWS = [
    row("list_connector_sdk_packages", "GET", "/v1/connector-sdk/packages", query=PAGE),
    row("create_connector_sdk_package", "POST", "/v1/connector-sdk/packages", status=201,
        body=PACKAGE_FILE),
    row("get_connector_sdk_package", "GET", PACKAGE),
    row("update_connector_sdk_package", "PATCH", PACKAGE, body=PACKAGE_FILE),
    row("delete_connector_sdk_package", "DELETE", PACKAGE),
    row("download_connector_sdk_package", "GET", PACKAGE + "/download"),
    row("metadata_connectors", "GET", "/v1/metadata/connector-types", query=PAGE),
    row("metadata_connector_config", "GET", "/v1/metadata/connector-types/{service}"),
    row("metadata_public_connectors", "GET", "/public/connector-types"),
    row("hvr_register_hub", "POST", "/v1/hvr/register-hub",
        body={"fingerprint": REQUIRED_STRING, "hub_server_url": REQUIRED_STRING,
              "port": INTEGER}),
]


def _connection_of(world, package_id):
    """A package is bound to the connection whose configuration names it."""
    for item in world.select("connections", service="connector_sdk"):
        if item.obj.get("config", {}).get("package_id") == package_id:
            return item.obj["id"]
    return None


def _package(world, item):
    """With its connection.  A replaced text stays."""
    if item.detail != make_item("sdk_packages", item.obj).detail:
        return item
    return make_item("sdk_packages", {**item.obj, "connection_id": _connection_of(
        world, item.obj["id"])})


def _put_package(world, obj, content, message):
    """By its first bytes the file is a ZIP archive."""
    if content[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise invalid("The package is not a ZIP file")
    obj.update(last_updated_by=seed.account.ACCOUNT["user_id"], updated_at=world.now(),
               file_sha256_hash=hashlib.sha256(content).hexdigest())
    world.package_files[obj["id"]] = content
    return one(_package(world, world.put("sdk_packages", obj)).detail, message)


def list_connector_sdk_packages(world, request):
    return page(world, request, [_package(world, i) for i in world.select("sdk_packages")])


def create_connector_sdk_package(world, request):
    obj = {"id": world.new_id(), "created_by": seed.account.ACCOUNT["user_id"],
           "created_at": world.now()}
    return _put_package(world, obj, request.body["file"], "Package created successfully")


def get_connector_sdk_package(world, request):
    return one(_package(world, world.get("sdk_packages", request.args["package_id"])).detail)


def update_connector_sdk_package(world, request):
    obj = world.change("sdk_packages", request.args["package_id"])
    return _put_package(world, obj, request.body["file"], "Package updated successfully")


def delete_connector_sdk_package(world, request):
    package_id = world.get("sdk_packages", request.args["package_id"]).obj["id"]
    if _connection_of(world, package_id):
        raise Refusal(403, "Forbidden", "The package is used by connection '%s'"
                      % _connection_of(world, package_id))
    world.remove("sdk_packages", package_id)
    del world.package_files[package_id]
    return done("Package deleted successfully")


def download_connector_sdk_package(world, request):
    package_id = world.get("sdk_packages", request.args["package_id"]).obj["id"]
    return Binary(world.package_files[package_id])


def metadata_connectors(world, request):
    return page(world, request, world.select("connector_types"))


def metadata_connector_config(world, request):
    return one(world.get("connector_types", request.args["service"]).detail)


def metadata_public_connectors(world, request):
    """A bare array of all, though the definition has one object here."""
    return one(b"[%s]" % b",".join([i.detail for i in world.select("connector_types")]))


def hvr_register_hub(world, request):
    word = world.new_id()
    return one(to_json({"access_token": "hvr_token_" + word, "registration_id": word}),
               "HVR hub has been registered")
