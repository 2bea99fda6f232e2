"""Types of connectors, packages of the Connector SDK."""
import hashlib
import io
import random
import zipfile

from seed.connectors import APPLICATIONS, DATABASES, FILES, FUNCTIONS, SERVICES, connector_config
from seed.names import Collection, timestamp
from seed.users import USERS


def _zip(number):
    """The same bytes every time: the archive's dates are fixed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("connector.py", "requirements.txt"):
            archive.writestr(zipfile.ZipInfo(name), b"# package %d \x00\xff\r\n" % number)
    return buffer.getvalue()


# The first one is sdk_forge's (connectors.py).
PACKAGE_FILES = {"package_anvil": _zip(0), "package_badge": _zip(1), "package_coral": _zip(2)}


def _sdk_packages():
    return [{"id": key, "created_by": USERS[i]["id"], "last_updated_by": USERS[0]["id"],
             "created_at": timestamp(86400 * (95 + i), 0),
             "updated_at": timestamp(86400 * (96 + i), 3),
             "file_sha256_hash": hashlib.sha256(content).hexdigest()}
            for i, (key, content) in enumerate(PACKAGE_FILES.items())]


_MORE_SERVICES = """15five active_directory adjust airtable amplitude appsflyer bamboohr bing_ads
    braintree box coupa dropbox freshdesk gitlab greenhouse hvr_hub iterable klaviyo looker
    salesforce_sandbox""".split()

_TYPES = {**{s: "Database" for s in DATABASES}, **{s: "File" for s in FILES},
          **{s: "Function" for s in FUNCTIONS}, "fivetran_log": "Log", "kafka": "Events",
          "hvr_hub": "Hvr", "looker": "BITool"}

_APPLICATION_TYPES = ["Marketing", "Sales", "Finance", "Support", "Engineering", "Productivity",
                      "HumanResources"]

_FEATURES = "CAPTURE_DELETES RE_SYNC HISTORY API_CONFIGURABLE DATA_BLOCKING COLUMN_HASHING".split()
_SERVICE_STATUSES = ["general_availability"] * 4 + ["beta", "private_preview", "sunset"]


def _tree(name, value):
    """What the metadata say about a member of a configuration, from one that has it."""
    result = {"title": name.replace("_", " ").title(), "description": "The %s – see the docs"
              % name.replace("_", " ")}
    if isinstance(value, bool):
        return {"type": "boolean", **result}
    if isinstance(value, int):
        return {"type": "integer", **result, "example": value}
    if isinstance(value, list):
        return {"type": "array", **result, "items": _tree(name, value[0])}
    if isinstance(value, dict):
        return {"type": "object", **result, "properties": {k: _tree(k, v)
                                                           for k, v in value.items()}}
    result = {"type": "string", **result, "readonly": name in ("public_key", "latest_version")}
    if value == "******":
        return {**result, "format": "password"}
    if name in ("update_method", "sync_mode", "compression"):
        return {**result, "enum": [value, "OTHER"]}
    return {**result, "example": value}


def _connector_type(i, service):
    page = "https://fivetran.com/docs/connectors/" + service.replace("_", "-")
    icon = "https://fivetran.com/integrations/%s/resources/logo." % service
    config = connector_config(service, service, random.Random(i))
    obj = {"id": service, "name": service.replace("_", " ").title(),
           "type": _TYPES.get(service, _APPLICATION_TYPES[i % len(_APPLICATION_TYPES)]),
           "description": "%s is a source of data – \"%d\"" % (service, i),
           "icons": [icon + "svg", icon + "png"][:1 + i % 2], "icon_url": icon + "svg",
           "link_to_docs": page, "connector_class": "lite" if i % 5 == 4 else "standard",
           "supported_features": [{"id": f, "notes": "All tables" if i % 3 else None}
                                  for f in _FEATURES[:1 + i % len(_FEATURES)]],
           "link_to_erd": page + "/erd", "service_status": _SERVICE_STATUSES[i % 7],
           "service_status_updated_at": timestamp(86400 * i, 0)[:10],
           "config": {"type": "object", "required": list(config)[:1],
                      "properties": {k: _tree(k, v) for k, v in config.items()}}}
    if service in APPLICATIONS:
        obj["auth"] = {"type": "object", "properties": {"client_access": _tree(
            "client_access", {"client_id": "id", "client_secret": "******"})}}
    if service in DATABASES:
        obj["external_secrets_keys_config"] = {"type": "object", "properties": {
            "password": _tree("password", "name of the secret")}}
    if i % 7 == 6:      # optional keys may be missing altogether
        for name in ("link_to_erd", "icons", "connector_class", "description"):
            del obj[name]
    return obj


def _connector_types():
    return [_connector_type(i, service)
            for i, service in enumerate(sorted(SERVICES + _MORE_SERVICES))]


COLLECTIONS = {
    "sdk_packages": Collection("NotFound_ConnectorSdkPackage", "Connector SDK package",
                               _sdk_packages()),
    "connector_types": Collection("NotFound_ConnectorType", "connector type", _connector_types(),
                                  list_omits=("config", "auth", "external_secrets_keys_config"))}
