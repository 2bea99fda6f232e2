"""Seed data of sync histories, warnings, trust, transformations, packages and
connector types.

Only the sync histories know the clock: the API shows the last seven days.
Members that begin with an underscore serve the mock; no answer shows them.
"""
import base64
import hashlib
import io
import random
import uuid
import zipfile
from datetime import timedelta

import data
from data import timestamp

ENTITIES = {"certificates": ("NotFound_Certificate", "certificate"),
            "fingerprints": ("NotFound_Fingerprint", "fingerprint"),
            "move_jobs": ("NotFound_MoveJob", "move job"),
            "transformation_projects": ("NotFound_TransformationProject",
                                        "transformation project"),
            "transformations": ("NotFound_Transformation", "transformation"),
            "package_metadata": ("NotFound_TransformationPackage", "transformation package"),
            "sdk_packages": ("NotFound_ConnectorSdkPackage", "Connector SDK package"),
            "connector_types": ("NotFound_ConnectorType", "connector type")}
_TRUST_HIDDEN, _TRANSFORMATION_HIDDEN = ("_key", "_owner"), ("_group_id", "_project_id")
KEYS = {"certificates": "_key", "fingerprints": "_key"}
LIST_OMITS = {"certificates": _TRUST_HIDDEN, "fingerprints": _TRUST_HIDDEN,
              "transformations": _TRANSFORMATION_HIDDEN,
              "transformation_projects": ("status", "errors", "setup_tests", "project_config"),
              "connector_types": ("config", "auth", "external_secrets_keys_config")}
DETAIL_OMITS = {"certificates": _TRUST_HIDDEN, "fingerprints": _TRUST_HIDDEN,
                "transformations": _TRANSFORMATION_HIDDEN}

# --- certificates and fingerprints -------------------------------------------


def trust_id(hash_):
    return base64.urlsafe_b64encode(hash_.encode()).decode().rstrip("=")


def _trusted(owner, hash_, user, date):
    key = trust_id(hash_)
    return {"_key": owner + "/" + key, "_owner": owner, "id": key, "hash": hash_,
            "validated_date": date, "validated_by": user}


def certificate(owner, hash_, content, user, date):
    """`owner`: "connections/ID" or "destinations/ID"; `content`: the decoded bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    return {**_trusted(owner, hash_, user, date), "name": "Certificate " + sha256[:8],
            "type": "TLS", "sha1": hashlib.sha1(content).hexdigest(), "sha256": sha256,
            "public_key": "Sun RSA public key, 2048 bits\n  params: null\n  modulus: %d\n"
                          "  public exponent: 65537" % int(sha256, 16)}


def fingerprint(owner, hash_, public_key, user, date):
    return {**_trusted(owner, hash_, user, date), "public_key": public_key}


# Owner, certificates, fingerprints.
_TRUST = [("connections/assimilate_seem", 3, 2), ("connections/broken_anchor", 1, 0),
          ("connections/delayed_glacier", 12, 5), ("connections/daily_beacon", 0, 1),
          ("destinations/decent_dropsy", 1, 1), ("destinations/quiet_meridian", 2, 3)]


def _hash(text):
    """In Base64, with any of the characters that a path cannot hold as they are."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _certificates():
    return [certificate(owner, _hash("%s %d" % (owner, i)), b"certificate %d" % i,
                        data.USERS[i % 5]["id"], timestamp(86400 * (60 + i), (6, 3, 0)[i % 3]))
            for owner, count, _ in _TRUST for i in range(count)]


def _fingerprints():
    return [fingerprint(owner, _hash("ssh %s %d" % (owner, i)),
                        "ssh-rsa AAAAB3NzaC1yc2E%d%s fivetran user key" % (i, owner[-6:]),
                        data.USERS[i % 5]["id"], timestamp(86400 * (70 + i), (0, 3, 6)[i % 3]))
            for owner, _, count in _TRUST for i in range(count)]


# --- sync histories ----------------------------------------------------------

REASONS = {"FAILURE": "java.sql.SQLException: connection \"prod\" was refused – naïve",
           "CANCELED": "Sync has been cancelled because of a user action",
           "RESCHEDULED": "The API quota of the source is used up",
           "INCOMPLETE": "The source was not reachable to the end"}
_ENDINGS = ["COMPLETED"] * 6 + ["FAILURE", "COMPLETED", "CANCELED", "RESCHEDULED", "COMPLETED",
                                "INCOMPLETE", "COMPLETED", "PAUSED", "COMPLETED"]


def _iso(time, digits):
    text = time.strftime("%Y-%m-%dT%H:%M:%S")
    return text + ("." + time.strftime("%f")[:digits] if digits else "") + "Z"


def _stages(rng, status):
    """A sync that did not end has no later stages; a volume may be unknown."""
    volume = rng.randrange(1, 400000) / 1000
    if status == "COMPLETED":
        return {"extract": {"volume": volume}, "process": {"volume": volume * 0.75},
                "load": {"volume": rng.choice((volume / 2, 0.0, None))}}
    return {"extract": {"volume": rng.choice((volume, None))}, "process": {}, "load": {}}


def _run(rng, status, start, end):
    digits = rng.choice((0, 3, 6))
    result = {"sync_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "status": status,
              "start": start and _iso(start, digits), "end": end and _iso(end, digits),
              "stages": _stages(rng, status)}
    if status in REASONS and end:
        result["reason"] = REASONS[status]
    return result


def sync_history(connection, now):
    """Pairs of time and row, the newest first.  One that never ended a sync has
    none; one that is rescheduled has a row without start, at its end."""
    rng = random.Random("history of " + connection["id"])
    state, result = connection["status"]["sync_state"], []
    if state == "syncing":
        start = now - timedelta(minutes=5)
        result.append((start, _run(rng, "INCOMPLETE", start, None)))
    if state == "rescheduled":
        result.append((now, _run(rng, "RESCHEDULED", None, None)))
    rng.seed("ended " + connection["id"])
    many = connection["id"] == "assimilate_seem"
    count, hours = (40, 4) if many else (rng.randint(2, 6), rng.randint(1, 24))
    if not connection.get("succeeded_at") and not connection.get("failed_at"):
        count = 0
    for i in range(count):
        start = now - timedelta(minutes=30 + 60 * hours * i, microseconds=rng.randrange(10 ** 6))
        status = _ENDINGS[i % len(_ENDINGS)] if many else rng.choice(_ENDINGS)
        result.append((start, _run(rng, status, start,
                                   start + timedelta(seconds=rng.randint(20, 1200)))))
    return result


# --- warnings ----------------------------------------------------------------

WARNING_TYPES = ["resync_table_warning", "type_coercion_to_null_warning", "schema_drift_warning"]


def _warning(number, kind, error=None):
    result = {"code": WARNING_TYPES[kind], "created_at": timestamp(86400 * 245 + number, 6),
              "message": WARNING_TYPES[kind].replace("_", " ").title()}
    if error:
        result["error_message"] = error
    return result


def warnings():
    """{connection: items}; beside these a connection has those of its status."""
    tables = [("public", "orders", [_warning(1, 0, "The primary key of orders changed"),
                                    _warning(2, 1)]),
              ("public", "größe \"x\"", [_warning(3, 1, "\"12–3\" is no number")]),
              ("sales", "lines", [_warning(4, 0)])]
    items = [{"schema": s, "table": t, "warnings": w} for s, t, w in tables]
    return {"assimilate_seem": items + [{"warnings": [_warning(5, 2, "Two columns are new")]}],
            "broken_anchor": items[2:],
            "delayed_glacier": items[:1], "unicode_meadow": items[1:2]}


# --- moves -------------------------------------------------------------------


def _move_jobs():
    return [{"id": "7c0ffee0-0000-4000-8000-000000000001", "status": "FAILED",
             "connection_id": "paused_canyon", "source_group_id": "decent_dropsy",
             "destination_group_id": "amber_tundra", "created_at": timestamp(86400 * 240, 0),
             "started_at": timestamp(86400 * 240 + 30, 3),
             "completed_at": timestamp(86400 * 240 + 300, 6),
             "error_message": "Table charges could not be copied"}]


# --- transformations ---------------------------------------------------------


def public_key(project_id):
    """The key that a project's repository has to let in."""
    return "ssh-rsa AAAAB3NzaC1yc2E%s fivetran" % project_id


# Id, group, status.
_PROJECTS = [("project_birch", "decent_dropsy", "READY"),
             ("project_canyon", "decent_dropsy", "NOT_READY"),
             ("project_delta", "projected_sickle", "READY"),
             ("project_ember", "opaque_lantern", "ERROR")]


def _projects():
    result = []
    for i, (key, group_id, status) in enumerate(_PROJECTS):
        config = {"dbt_version": "1.8.%d" % i, "default_schema": "dbt_" + key[8:], "threads": 4 * i,
                  "git_remote_url": "git@github.com:acme/%s.git" % key, "git_branch": "main",
                  "folder_path": "models/größe" if i else None, "target_name": "prod",
                  "environment_vars": ["DBT_REGION=eu", "DBT_NOTE=\"a, b\""][:i],
                  "public_key": public_key(key)}
        tests = [{"title": "Cloning the repository", "message": "", "details": {"files": 17},
                  "status": "FAILED" if status == "ERROR" else "PASSED"}]
        result.append({"id": key, "type": "DBT_CORE", "group_id": group_id, "status": status,
                       "created_at": timestamp(86400 * (80 + i), (6, 3, 0)[i % 3]),
                       "created_by_id": data.USERS[i]["id"], "project_config": config,
                       "errors": ["dbt_project.yml is missing"] if status == "ERROR" else [],
                       "setup_tests": [] if status == "NOT_READY" else tests})
    return result


_STATUSES = """SUCCEEDED RUNNING FAILED NEW SCHEDULING TERMINATING BLOCKED CANCELED
    PARTIALLY_SUCCEEDED SUCCEEDED SUCCEEDED FAILED SUCCEEDED SUCCEEDED""".split()
_SCHEDULES = [
    {"schedule_type": "INTEGRATED", "connection_ids": ["assimilate_seem"], "transformation_ids": [],
     "smart_syncing": False},
    {"schedule_type": "TIME_OF_DAY", "days_of_week": ["MONDAY", "FRIDAY"], "time_of_day": "14:30",
     "smart_syncing": True},
    {"schedule_type": "INTERVAL", "interval": 60, "days_of_week": []},
    {"schedule_type": "CRON", "cron": ["0 */1 * * *", "30 6 * * 1-5"]},
]
# Connection, its group and package of the Quickstart transformations.
_QUICKSTARTS = [("syncing_river", "decent_dropsy", "salesforce"),
                ("paused_canyon", "decent_dropsy", "stripe"),
                ("rescheduled_comet", "projected_sickle", "google_ads"),
                ("incomplete_spruce", "projected_sickle", "hubspot"),
                ("lonely_outpost", "final_margin", "github")]


def _dbt(i):
    project_id, group_id, _ = _PROJECTS[i % len(_PROJECTS)]
    steps = [{"name": "run", "command": "dbt run --select tag:nightly_%d" % i},
             {"name": "tests – \"all\"", "command": "dbt test"}]
    return {"type": "DBT_CORE", "_group_id": group_id, "_project_id": project_id,
            "transformation_config": {"project_id": project_id, "name": "nightly_%d" % i,
                                      "steps": steps[:1 + i % 2]}}


def _quickstart(i):
    connection_id, group_id, service = _QUICKSTARTS[i]
    config = {"package_name": service, "connection_ids": [connection_id],
              "excluded_models": [service + "__history"] if i % 2 else [],
              "configurable_variables": {"using_schedule": i % 2 == 0, "lookback": 7 * i},
              "upgrade_available": i % 2 == 0}
    return {"type": "QUICKSTART", "_group_id": group_id, "_project_id": None,
            "transformation_config": config}


def _transformations():
    result = []
    for i, status in enumerate(_STATUSES):
        variant = _dbt(i) if i < 9 else _quickstart(i - 9)
        started = status not in ("NEW", "SCHEDULING")
        ended = started and status not in ("RUNNING", "TERMINATING")
        models = ["model_%d_%d" % (i, j) for j in range(i % 4)]
        result.append({"id": "transform_" + data.NOUNS[i], "status": status, **variant,
                       "schedule": _SCHEDULES[i % 4], "paused": i % 5 == 3,
                       "created_at": timestamp(86400 * (90 + i), (6, 3, 0)[i % 3]),
                       "created_by_id": data.USERS[i]["id"], "output_model_names": models,
                       "last_started_at": timestamp(86400 * 244 + i, 6) if started else None,
                       "last_ended_at": timestamp(86400 * 244 + 600 + i, 3) if ended else None})
    return result


def _package_metadata():
    """A Quickstart package of every other application; the first is of two types."""
    result = []
    for i, service in enumerate(data.APPLICATIONS):
        variables = {"using_schedule": {"type": "BOOLEAN", "description": "Use the schedule"},
                     "lookback": {"type": "INTEGER", "description": "Days to look back"},
                     "currency": {"type": "STRING", "description": "Currency of amounts",
                                  "allowed_values": ["EUR", "USD", "¥"]}}
        result.append({"id": "pkgdef_%02d" % i, "name": service, "version": "0.%d.%d" % (i, i % 3),
                       "connector_types": [service] + ["salesforce_sandbox"] * (i == 0),
                       "output_model_names": [service + "__" + n for n in
                                              ("overview", "history", "daily")[:1 + i % 3]],
                       "configurable_variables": dict(list(variables.items())[:i % 4])})
    return result


# --- Connector SDK packages --------------------------------------------------


def _zip(number):
    """The same bytes every time: the archive's dates are fixed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("connector.py", "requirements.txt"):
            archive.writestr(zipfile.ZipInfo(name), b"# package %d \x00\xff\r\n" % number)
    return buffer.getvalue()


# The first one is sdk_forge's (data.py).
PACKAGE_FILES = {"package_anvil": _zip(0), "package_badge": _zip(1), "package_coral": _zip(2)}


def _sdk_packages():
    return [{"id": key, "created_by": data.USERS[i]["id"], "last_updated_by": data.USERS[0]["id"],
             "created_at": timestamp(86400 * (95 + i), 0),
             "updated_at": timestamp(86400 * (96 + i), 3),
             "file_sha256_hash": hashlib.sha256(content).hexdigest()}
            for i, (key, content) in enumerate(PACKAGE_FILES.items())]


# --- connector types ---------------------------------------------------------

_MORE_SERVICES = """15five active_directory adjust airtable amplitude appsflyer bamboohr bing_ads
    braintree box coupa dropbox freshdesk gitlab greenhouse hvr_hub iterable klaviyo looker
    salesforce_sandbox""".split()
_TYPES = {**{s: "Database" for s in data.DATABASES}, **{s: "File" for s in data.FILES},
          **{s: "Function" for s in data.FUNCTIONS}, "fivetran_log": "Log", "kafka": "Events",
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
    config = data.connector_config(service, service, random.Random(i))
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
    if service in data.APPLICATIONS:
        obj["auth"] = {"type": "object", "properties": {"client_access": _tree(
            "client_access", {"client_id": "id", "client_secret": "******"})}}
    if service in data.DATABASES:
        obj["external_secrets_keys_config"] = {"type": "object", "properties": {
            "password": _tree("password", "name of the secret")}}
    if i % 7 == 6:      # optional keys may be missing altogether
        for name in ("link_to_erd", "icons", "connector_class", "description"):
            del obj[name]
    return obj


def _connector_types():
    return [_connector_type(i, service)
            for i, service in enumerate(sorted(data.SERVICES + _MORE_SERVICES))]


def collections():
    return {"certificates": _certificates(), "fingerprints": _fingerprints(),
            "move_jobs": _move_jobs(), "transformation_projects": _projects(),
            "transformations": _transformations(), "package_metadata": _package_metadata(),
            "sdk_packages": _sdk_packages(), "connector_types": _connector_types()}
