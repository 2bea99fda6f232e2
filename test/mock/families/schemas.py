"""A connector's schema configuration."""
import seed
from checks import Refusal, invalid
from fields import BOOLEAN, CONNECTION, OBJECT, STRING, STRINGS, field, row
from state import to_json

CHANGE_HANDLING = field("string", enum=["ALLOW_ALL", "ALLOW_COLUMNS", "BLOCK_ALL"])
TARGET_DATA_TYPE = field("string", enum="""Unknown Boolean String Short Int Long Float Double
    BigDecimal Instant LocalDateTime LocalDate LocalTime Json Binary Xml""".split())

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

SCHEMA = CONNECTION + "/schemas/{schemaName}"
TABLE = SCHEMA + "/tables/{tableName}"
COLUMN = TABLE + "/columns/{columnName}"
COLUMNS = CONNECTION + "/schemas/{schema}/tables/{table}/columns"

ROWS = [
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
]

NEWER = [
    row("fetch_source_columns", "POST", CONNECTION + "/schemas/{schema}/fetch-source-columns",
        body={"tables": field("strings", True)}),
]


def _whole(config):
    """Every call but the column list and the deletions answers the whole configuration."""
    return b'{"code":"Success","data":%s}' % to_json(config)


def _done(message):
    return b'{"code":"Success","message":%s}' % to_json(message)


def _config(world, request):
    return world.schema_config(request.args["connectionId"])


def _schema(config, name):
    if name not in config["schemas"]:
        raise Refusal(404, "NotFound_Schema", "Cannot find schema '%s'" % name)
    return config["schemas"][name]


def _table(config, schema, name):
    tables = _schema(config, schema)["tables"]
    if name not in tables:
        raise Refusal(404, "NotFound_Table", "Cannot find table '%s.%s'" % (schema, name))
    return tables[name]


def _columns_of_source(world, connection_id, schema, table):
    source = seed.schemas.source(connection_id).get(schema, {}).get(table, [])
    return [c for c in source if (connection_id, schema, table, c) not in world.dropped_columns]


class _Change:
    """One change of a configuration, checked as it goes down the levels."""

    def __init__(self, world, request):
        self.world = world
        self.connection_id = request.args["connectionId"]
        self.config = world.schema_config(self.connection_id)

    def schemas(self, changes):
        for name, change in (changes or {}).items():
            self.schema(name, change)

    def schema(self, name, change):
        schema = _schema(self.config, name)
        if "enabled" in change:
            schema["enabled"] = change["enabled"]
        for table, table_change in (change.get("tables") or {}).items():
            self.table(name, table, table_change)

    def table(self, schema, name, change):
        table = _table(self.config, schema, name)
        if change.get("enabled", table["enabled"]) != table["enabled"]:
            _check_allowed(table, "Table '%s'" % name)
            table["enabled"] = change["enabled"]
        if "sync_mode" in change:
            table["sync_mode"] = change["sync_mode"]
        if "row_filter" in change:
            # absent keeps, null deletes, an object sets
            table["row_filter"] = change["row_filter"]
            if change["row_filter"] is None:
                del table["row_filter"]
        for column, column_change in (change.get("columns") or {}).items():
            self.column(schema, name, column, column_change)

    def column(self, schema, table_name, name, change):
        table = _table(self.config, schema, table_name)
        if not table["supports_columns_config"]:
            raise invalid("Table `%s` of schema `%s` doesn't supports columns configuration"
                          % (table_name, schema))
        if name not in _columns_of_source(self.world, self.connection_id, schema, table_name):
            raise Refusal(404, "NotFound_Column", "Cannot find column '%s'" % name)
        column = table["columns"].get(name) or seed.schemas.column_config(name)
        if change.get("enabled", column["enabled"]) != column["enabled"]:
            _check_allowed(column, "Column '%s'" % name)
        column.update(change)
        if column.get("target_data_type", "") is None:
            del column["target_data_type"]
        table["columns"][name] = column


def _check_allowed(item, what):
    """Excluding what may not be excluded: the API's answer is not documented."""
    if not item["enabled_patch_settings"]["allowed"]:
        raise invalid("%s cannot be changed: %s"
                      % (what, item["enabled_patch_settings"]["reason"]))


def connection_schema_config(world, request):
    return _whole(_config(world, request))


def pre_create_connection_schema_config(world, request):
    connection_id = request.args["connectionId"]
    world.get("connections", connection_id)
    if connection_id in world.schema_configs:
        raise Refusal(409, "Conflict", "Connection '%s' has a schema config" % connection_id)
    world.schema_configs[connection_id] = None
    try:
        return modify_connection_schema_config(world, request)
    except Refusal:
        del world.schema_configs[connection_id]
        raise


def modify_connection_schema_config(world, request):
    change = _Change(world, request)
    change.schemas(request.body.get("schemas"))
    handling = request.body.get("schema_change_handling")
    if handling is not None:
        change.config["schema_change_handling"] = handling
        change.config["enable_new_by_default"] = handling == "ALLOW_ALL"
    return _whole(change.config)


def modify_connection_database_schema_config(world, request):
    change = _Change(world, request)
    change.schema(request.args["schemaName"], request.body)
    return _whole(change.config)


def modify_connection_table_config(world, request):
    change = _Change(world, request)
    change.table(request.args["schemaName"], request.args["tableName"], request.body)
    return _whole(change.config)


def modify_connection_column_config(world, request):
    change = _Change(world, request)
    change.column(request.args["schemaName"], request.args["tableName"],
                  request.args["columnName"], request.body)
    return _whole(change.config)


def reload_connection_schema_config(world, request):
    """Reads the source, which is how a new connection gets its configuration."""
    connection_id = request.args["connectionId"]
    world.get("connections", connection_id)
    mode = request.body.get("exclude_mode", "PRESERVE")
    if mode not in ("PRESERVE", "INCLUDE", "EXCLUDE"):
        raise invalid("Unknown exclude_mode '%s'" % mode)
    world.schema_configs.setdefault(connection_id, None)
    config = world.schema_config(connection_id)
    if mode != "PRESERVE":
        for schema in config["schemas"].values():
            schema["enabled"] = mode == "INCLUDE"
    return _whole(config)


def resync_tables(world, request):
    config = _config(world, request)
    for schema, tables in request.body.items():
        for table in tables:
            _table(config, schema, table)
    return _done("Re-sync has been triggered successfully")


def _columns(world, request, name):
    """All columns of the source's table, the changed ones as changed."""
    connection_id, schema = request.args["connectionId"], request.args["schema"]
    table = _table(_config(world, request), schema, name)
    return {c: table["columns"].get(c) or seed.schemas.column_config(c)
            for c in _columns_of_source(world, connection_id, schema, name)}


def connection_column_config(world, request):
    return _whole({"columns": _columns(world, request, request.args["table"])})


def fetch_source_columns(world, request):
    """What it answers where one of the tables is not there is not documented."""
    tables = request.body["tables"]
    if len(tables) > 100:
        raise invalid("At most 100 tables")
    return _whole({"tables": {name: {"columns": _columns(world, request, name)}
                              for name in tables}})


def delete_column_connection_config(world, request):
    _drop(world, request, [tuple(request.args[k]
                                 for k in ("schemaName", "tableName", "columnName"))])
    return _done("Column has been dropped")


def delete_multiple_columns_connection_config(world, request):
    _drop(world, request, [(schema, table, column)
                           for schema, s in request.body["schemas"].items()
                           for table, t in s.get("tables", {}).items()
                           for column in t.get("columns", [])])
    return _done("Columns have been dropped")


def _drop(world, request, columns):
    """All or nothing; only columns that are blocked can be dropped."""
    connection_id, config = request.args["connectionId"], _config(world, request)
    for schema, table, column in columns:
        if column not in _columns_of_source(world, connection_id, schema, table):
            raise Refusal(404, "NotFound_Column", "Cannot find column '%s'" % column)
        touched = _table(config, schema, table)["columns"].get(column)
        if touched is None or touched["enabled"]:
            raise Refusal(409, "Conflict", "Column '%s' is not blocked" % column)
    for schema, table, column in columns:
        config["schemas"][schema]["tables"][table]["columns"].pop(column)
        world.dropped_columns.add((connection_id, schema, table, column))
