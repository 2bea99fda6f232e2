"""The operations of the API as a constant table, and the checks that follow from it.

A row says what the official definition says: method, path, Accept version,
query parameters, body fields and success status.  The function of the same name
in operations.py performs the operation, so a further operation is one row here
and one function there.
"""
import re
from urllib.parse import unquote, unquote_plus

import access_routes
import platform_routes
from fields import *    # noqa: F401,F403  the names of the rows, for those who import routes


class Refusal(Exception):
    """An error answer.  `violation` names what the client did against the
    definition; None if it did nothing wrong (a missing object, a conflict)."""

    def __init__(self, status, code, message, violation=None):
        super().__init__(message)
        self.status, self.code, self.message, self.violation = status, code, message, violation


def not_found():
    return Refusal(404, "NotFound", "HTTP 404 Not Found", "path")


def invalid(message, violation=None):
    return Refusal(400, "InvalidInput", message, violation)


# --- values of enumerations -------------------------------------------------

SYNC_FREQUENCY = field("integer", enum=[1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440])
DATA_DELAY = field("string", enum=["LOW", "NORMAL", "HIGH", "CUSTOM", "SYNC_FREQUENCY"])
SCHEDULE_TYPE = field("string", enum=["auto", "manual"])
NETWORKING = field("string", enum=["Directly", "PrivateLink", "SshTunnel", "ProxyAgent"])
CHANGE_HANDLING = field("string", enum=["ALLOW_ALL", "ALLOW_COLUMNS", "BLOCK_ALL"])
TARGET_DATA_TYPE = field("string", enum="""Unknown Boolean String Short Int Long Float Double
    BigDecimal Instant LocalDateTime LocalDate LocalTime Json Binary Xml""".split())
TIME_ZONES = [str(n) for n in range(-11, 1)] + ["+%d" % n for n in range(1, 13)]
TIME_ZONE = field("string", enum=TIME_ZONES)

# --- bodies -----------------------------------------------------------------

CONNECT_CARD_CONFIG = {"redirect_uri": REQUIRED_STRING, "hide_setup_guide": BOOLEAN,
                       "all_fields": BOOLEAN}
TRUST = {"trust_certificates": BOOLEAN, "trust_fingerprints": BOOLEAN}

CONNECTION_SHARED = {
    **TRUST, "run_setup_tests": BOOLEAN, "paused": BOOLEAN, "pause_after_trial": BOOLEAN,
    "sync_frequency": SYNC_FREQUENCY, "data_delay_sensitivity": DATA_DELAY,
    "data_delay_threshold": INTEGER, "daily_sync_time": STRING, "schedule_type": SCHEDULE_TYPE,
    "proxy_agent_id": STRING, "private_link_id": STRING, "networking_method": NETWORKING,
    "hybrid_deployment_agent_id": STRING,
    "destination_configuration": field("object", fields={"virtual_warehouse": STRING}),
    "external_secrets_manager_id": STRING, "config": OBJECT, "auth": OBJECT,
    "external_secrets_keys_config": OBJECT}
CONNECTION_CREATE = {
    **CONNECTION_SHARED, "group_id": REQUIRED_STRING, "service": REQUIRED_STRING,
    "connect_card_config": field("object", fields=CONNECT_CARD_CONFIG),
    "destination_schema_names": field("string", enum=["FIVETRAN_NAMING", "SOURCE_NAMING"])}
# Not in the definition: Fivetran's own client sends it with changes.
CONNECTION_SCHEDULE = field("object", fields={
    "schedule_type": field("string", True, ["TIME_OF_DAY", "INTERVAL", "CRON", "MANUAL"]),
    "cron": STRING, "interval": INTEGER, "time_of_day": STRING,
    "days_of_week": field("array", values=field("string", enum=platform_routes.DAYS))})
CONNECTION_UPDATE = {
    **CONNECTION_SHARED, "is_historical_sync": BOOLEAN, "schedule": CONNECTION_SCHEDULE,
    "schema_status": field("string", enum=["blocked_on_capture", "ready"])}

DESTINATION_UPDATE = {
    **TRUST, "region": REGION, "time_zone_offset": TIME_ZONE, "run_setup_tests": BOOLEAN,
    "daylight_saving_time_enabled": BOOLEAN, "hybrid_deployment_agent_id": STRING,
    "private_link_id": STRING, "networking_method": NETWORKING, "proxy_agent_id": STRING,
    "external_secrets_manager_id": STRING, "config": OBJECT,
    "external_secrets_keys_config": OBJECT}
DESTINATION_CREATE = {
    **DESTINATION_UPDATE, "group_id": REQUIRED_STRING, "service": REQUIRED_STRING,
    "time_zone_offset": TIME_ZONE._replace(required=True)}

WEBHOOK_UPDATE = {"url": STRING, "events": STRINGS, "active": BOOLEAN, "secret": STRING}
WEBHOOK_CREATE = {**WEBHOOK_UPDATE, "url": REQUIRED_STRING, "events": field("strings", True)}

# Below the top level `enabled` may be left out: every client at hand does so.
COLUMN_MEMBERS = {"enabled": BOOLEAN, "hashed": BOOLEAN, "is_primary_key": BOOLEAN,
                  "target_data_type": TARGET_DATA_TYPE}
TABLE_MEMBERS = {"enabled": BOOLEAN, "row_filter": OBJECT,
                 "sync_mode": field("string", enum=["SOFT_DELETE", "HISTORY", "LIVE"]),
                 "columns": field("object", values=field("object", fields=COLUMN_MEMBERS))}
SCHEMA_MEMBERS = {"enabled": BOOLEAN,
                  "tables": field("object", values=field("object", fields=TABLE_MEMBERS))}
SCHEMAS = field("object", values=field("object", fields=SCHEMA_MEMBERS))
ENABLED = {"enabled": field("boolean", True)}
CONFIG_UPDATE = {"schemas": SCHEMAS, "schema_change_handling": CHANGE_HANDLING,
                 "is_type_locked": BOOLEAN}
CONFIG_CREATE = {"schemas": SCHEMAS._replace(required=True),
                 "schema_change_handling": CHANGE_HANDLING}
DROP_COLUMNS = {"schemas": field("object", True, values=field("object", fields={
    "tables": field("object", values=field("object", fields={"columns": STRINGS}))}))}

USER_SHARED = {"phone": STRING, "picture": STRING, "role": STRING}
USER_UPDATE = {**USER_SHARED, "given_name": STRING, "family_name": STRING}
USER_CREATE = {**USER_SHARED, "email": REQUIRED_STRING, "given_name": REQUIRED_STRING,
               "family_name": REQUIRED_STRING, "user_type": STRING}

# --- operations -------------------------------------------------------------


GROUP, CONNECTION = "/v1/groups/{groupId}", "/v1/connections/{connectionId}"
DESTINATION, WEBHOOK = "/v1/destinations/{destinationId}", "/v1/webhooks/{webhookId}"
SCHEMA = CONNECTION + "/schemas/{schemaName}"
TABLE = SCHEMA + "/tables/{tableName}"
COLUMN = TABLE + "/columns/{columnName}"
COLUMNS = CONNECTION + "/schemas/{schema}/tables/{table}/columns"

OPERATIONS = [
    row("get_account_info", "GET", "/v1/account/info"),

    row("list_all_groups", "GET", "/v1/groups", query=PAGE),
    row("create_group", "POST", "/v1/groups", status=201, body={"name": STRING}),
    row("group_details", "GET", GROUP),
    row("modify_group", "PATCH", GROUP, body={"name": STRING}),
    row("delete_group", "DELETE", GROUP),
    row("list_all_connections_in_group", "GET", GROUP + "/connections",
        query={**PAGE, "schema": STRING}),
    row("group_ssh_public_key", "GET", GROUP + "/public-key"),
    row("group_service_account", "GET", GROUP + "/service-account"),
    row("list_all_users_in_group", "GET", GROUP + "/users", query={**PAGE, "active": BOOLEAN}),
    row("add_user_to_group", "POST", GROUP + "/users", body={"email": STRING, "role": STRING}),
    row("delete_user_from_group", "DELETE", GROUP + "/users/{userId}"),

    row("list_connections", "GET", "/v1/connections", V2,
        query={**PAGE, "group_id": STRING, "schema": STRING}),
    row("create_connection", "POST", "/v1/connections", V2, 201, body=CONNECTION_CREATE),
    row("connection_details", "GET", CONNECTION, V2),
    row("modify_connection", "PATCH", CONNECTION, V2, body=CONNECTION_UPDATE),
    row("delete_connection", "DELETE", CONNECTION, V2),
    row("connect_card", "POST", CONNECTION + "/connect-card", V2, body={
        "connect_card_config": field("object", True, fields=CONNECT_CARD_CONFIG)}),
    row("resync_connection", "POST", CONNECTION + "/resync", V2, body={
        "scope": field("object", values=STRINGS)}),
    row("connection_state", "GET", CONNECTION + "/state", V2),
    row("modify_connection_state", "PATCH", CONNECTION + "/state", V2, body={"state": OBJECT}),
    row("sync_connection", "POST", CONNECTION + "/sync", V2, body={"force": BOOLEAN}),
    row("run_setup_tests", "POST", CONNECTION + "/test", V2, body=TRUST),

    row("connection_schema_config", "GET", CONNECTION + "/schemas"),
    row("pre_create_connection_schema_config", "POST", CONNECTION + "/schemas",
        body=CONFIG_CREATE),
    row("modify_connection_schema_config", "PATCH", CONNECTION + "/schemas", body=CONFIG_UPDATE),
    row("delete_multiple_columns_connection_config", "POST",
        CONNECTION + "/schemas/drop-columns", body=DROP_COLUMNS),
    row("reload_connection_schema_config", "POST", CONNECTION + "/schemas/reload",
        body={"exclude_mode": STRING}),
    # The body is a map from schema to tables: "*" stands for any name.
    row("resync_tables", "POST", CONNECTION + "/schemas/tables/resync", body={"*": STRINGS}),
    row("modify_connection_database_schema_config", "PATCH", SCHEMA,
        body={**SCHEMA_MEMBERS, **ENABLED}),
    row("modify_connection_table_config", "PATCH", TABLE, body={**TABLE_MEMBERS, **ENABLED}),
    row("modify_connection_column_config", "PATCH", COLUMN, body={**COLUMN_MEMBERS, **ENABLED}),
    row("delete_column_connection_config", "DELETE", COLUMN),
    row("connection_column_config", "GET", COLUMNS),

    row("list_destinations", "GET", "/v1/destinations", V2, query=PAGE),
    row("create_destination", "POST", "/v1/destinations", V2, 201, body=DESTINATION_CREATE),
    row("destination_details", "GET", DESTINATION, V2),
    row("modify_destination", "PATCH", DESTINATION, V2, body=DESTINATION_UPDATE),
    row("delete_destination", "DELETE", DESTINATION, V2),
    row("run_destination_setup_tests", "POST", DESTINATION + "/test", V2, body=TRUST),

    row("list_all_webhooks", "GET", "/v1/webhooks", query=PAGE),
    row("create_account_webhook", "POST", "/v1/webhooks/account", body=WEBHOOK_CREATE),
    row("create_group_webhook", "POST", "/v1/webhooks/group/{groupId}", body=WEBHOOK_CREATE),
    row("webhook_details", "GET", WEBHOOK),
    row("modify_webhook", "PATCH", WEBHOOK, body=WEBHOOK_UPDATE),
    row("delete_webhook", "DELETE", WEBHOOK),
    row("test_webhook", "POST", WEBHOOK + "/test", body={"event": REQUIRED_STRING}),

    row("list_all_users", "GET", "/v1/users",
        query={**PAGE, "active": BOOLEAN, "user_type": STRING, "has_api_key": STRING}),
    row("create_user", "POST", "/v1/users", status=201, body=USER_CREATE),
    row("user_details", "GET", "/v1/users/{userId}"),
    row("modify_user", "PATCH", "/v1/users/{userId}", body=USER_UPDATE),
    row("delete_user", "DELETE", "/v1/users/{id}"),
] + access_routes.OPERATIONS + platform_routes.OPERATIONS

_BY_LENGTH = {}
for _operation in OPERATIONS:
    _segments = _operation.path.split("/")
    _BY_LENGTH.setdefault(len(_segments), []).append((_segments, _operation))

# What a path segment may hold without being percent-encoded (RFC 3986).
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+\Z")


def match(method, path):
    """The operation and its path parameters; a literal segment wins over a
    parameter.  Raises 404 or 405."""
    if not _PATH.match(path):
        raise not_found()
    given = path.split("/")
    other_method, best, best_literals = False, None, -1
    for segments, operation in _BY_LENGTH.get(len(given), ()):
        literals = 0
        for want, have in zip(segments, given):
            if want.startswith("{"):
                continue
            if want != have:
                break
            literals += 1
        else:
            if operation.method != method:
                other_method = True
            elif literals > best_literals:
                best, best_literals = (segments, operation), literals
    if best:
        segments, operation = best
        return operation, {want[1:-1]: unquote(have)
                           for want, have in zip(segments, given) if want.startswith("{")}
    if other_method:
        raise Refusal(405, "MethodNotAllowed", "HTTP 405 Method Not Allowed", "method")
    raise not_found()


def check_query(operation, text):
    """The query parameters as a dict; booleans and integers converted."""
    result = {}
    for part in text.split("&") if text else ():
        name, equals, value = part.partition("=")
        name, value = unquote_plus(name), unquote_plus(value)
        wanted = operation.query.get(name)
        if wanted is None or name in result or not equals:
            raise invalid("Unexpected query parameter '%s'" % name, "query")
        if wanted.type == "integer":
            if not re.fullmatch(r"[0-9]{1,9}", value):
                raise invalid("Query parameter '%s' must be an integer" % name, "query")
            value = int(value)
        elif wanted.type == "boolean":
            if value not in ("true", "false"):
                raise invalid("Query parameter '%s' must be true or false" % name, "query")
            value = value == "true"
        result[name] = value
    if not 1 <= result.get("limit", 100) <= 1000:
        raise invalid("Query parameter 'limit' must be between 1 and 1000", "query")
    return result


_TYPES = {"string": str, "boolean": bool, "integer": int, "object": dict, "file": bytes}


def check_value(name, wanted, value):
    """Raises InvalidInput naming the field whose value is not as defined."""
    if value == "******":
        # Writing a masked secret back would set it to asterisks.
        raise invalid("Field '%s' has a masked value" % name, "masked value")
    if value is None:
        if wanted.required or wanted.type not in ("string", "object"):
            raise invalid("Field '%s' must not be null" % name, "body")
        return
    if wanted.type == "strings":
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise invalid("Field '%s' must be an array of strings" % name, "body")
    elif wanted.type == "array":
        if not isinstance(value, list):
            raise invalid("Field '%s' must be an array" % name, "body")
        for number, member in enumerate(value):
            check_value("%s[%d]" % (name, number), wanted.values, member)
        return
    elif not isinstance(value, _TYPES[wanted.type]) \
            or (wanted.type == "integer" and isinstance(value, bool)):
        raise invalid("Field '%s' must be of type %s" % (name, wanted.type), "body")
    if wanted.enum is not None and value not in wanted.enum:
        raise invalid("Field '%s' has an invalid value '%s'" % (name, value), "body")
    if wanted.fields is not None:
        check_body(wanted.fields, value, name + ".")
    elif wanted.values is not None:
        for key, member in value.items():
            check_value("%s.%s" % (name, key), wanted.values, member)
    elif isinstance(value, dict):
        _check_masked(name, value)


def _check_masked(name, value):
    """Free-form values (config, auth, state): no masked secret at any depth."""
    if value == "******":
        raise invalid("Field '%s' has a masked value" % name, "masked value")
    members = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        _check_masked("%s.%s" % (name, key), member)


def check_body(fields, body, prefix=""):
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object", "body")
    for name, value in body.items():
        wanted = fields.get(name) or fields.get("*")
        if wanted is None:
            raise invalid("Unrecognized field '%s%s'" % (prefix, name), "body")
        check_value(prefix + name, wanted, value)
    for name, wanted in fields.items():
        if wanted.required and name not in body:
            raise invalid("Field '%s%s' is required" % (prefix, name), "body")
