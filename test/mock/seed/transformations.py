"""Transformations, projects, packages.

Members that begin with an underscore serve the mock; no answer shows them.
"""
from seed.connectors import APPLICATIONS
from seed.names import Collection, NOUNS, timestamp
from seed.users import USERS


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
                       "created_by_id": USERS[i]["id"], "project_config": config,
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
        result.append({"id": "transform_" + NOUNS[i], "status": status, **variant,
                       "schedule": _SCHEDULES[i % 4], "paused": i % 5 == 3,
                       "created_at": timestamp(86400 * (90 + i), (6, 3, 0)[i % 3]),
                       "created_by_id": USERS[i]["id"], "output_model_names": models,
                       "last_started_at": timestamp(86400 * 244 + i, 6) if started else None,
                       "last_ended_at": timestamp(86400 * 244 + 600 + i, 3) if ended else None})
    return result


def _package_metadata():
    """A Quickstart package of every other application; the first is of two types."""
    result = []
    for i, service in enumerate(APPLICATIONS):
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


_HIDDEN = ("_group_id", "_project_id")

COLLECTIONS = {
    "transformation_projects": Collection(
        "NotFound_TransformationProject", "transformation project", _projects(),
        list_omits=("status", "errors", "setup_tests", "project_config")),
    "transformations": Collection("NotFound_Transformation", "transformation", _transformations(),
                                  list_omits=_HIDDEN, detail_omits=_HIDDEN),
    "package_metadata": Collection("NotFound_TransformationPackage", "transformation package",
                                   _package_metadata())}
