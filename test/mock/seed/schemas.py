"""Seed data of schema configurations: what a connector's source has.

A source is {schema: {table: [column, ...]}}; from it come the schema
configuration (all tables, but only the columns a user has changed) and the
column list of one table.
"""

_SHOP = {
    "public": {
        "customers": ["id", "email", "full_name", "created_at"],
        "orders": ["id", "customer_id", "amount", "currency", "placed_at", "note"],
        "order_items": ["order_id", "line", "sku", "quantity"],
        "schema_migrations": ["version"],
    },
    "audit": {"log_entries": ["id", "actor", "payload", "at"]},
}

SOURCES = {
    "assimilate_seem": _SHOP,
    "syncing_river": {
        "salesforce": {"account": ["id", "name", "owner_id"], "contact": ["id", "email"],
                       "opportunity": ["id", "amount", "stage_name"]}},
    "delayed_glacier": {
        "dbo": {"table_%03d" % i: ["id", "value", "updated_at"] for i in range(120)}},
    "daily_beacon": {"public": {"metrics": ["day", "name", "value"]}},
    "unicode_meadow": {
        "my schema/é": {"Orders & Items": ["a/b", "50% off", "naïve", "plus+sign", "id"],
                        "question?": ["#hash", "id"]}},
}

# What reload finds for a connector that is not listed above.
DEFAULT_SOURCE = {"public": {"users": ["id", "name"], "events": ["id", "user_id", "at"]}}


def source(connection_id):
    return SOURCES.get(connection_id, DEFAULT_SOURCE)


def table_config(table):
    """A table as the schema configuration has it before any change."""
    result = {"name_in_destination": destination_name(table), "enabled": True,
              "enabled_patch_settings": {"allowed": True}, "supports_columns_config": True,
              "supports_history_mode": True, "sync_mode": "SOFT_DELETE", "columns": {}}
    if table == "schema_migrations":
        result["enabled"] = False
        result["supports_columns_config"] = False
        result["enabled_patch_settings"] = {
            "allowed": False, "reason_code": "SYSTEM_TABLE",
            "reason": "The table does not support exclusion as it is a system table"}
        del result["sync_mode"]
    return result


def column_config(column):
    """A column before any change; keys cannot be excluded."""
    key = column in ("id", "day")
    settings = {"allowed": True}
    if key:
        settings = {"allowed": False, "reason_code": "SYSTEM_COLUMN",
                    "reason": "The column does not support exclusion as it is a Primary Key"}
    return {"name_in_destination": destination_name(column), "enabled": True, "hashed": False,
            "enabled_patch_settings": settings, "is_primary_key": key}


def destination_name(name):
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower())


def schema_config(connection_id):
    result = {"enable_new_by_default": True, "schema_change_handling": "ALLOW_ALL", "schemas": {}}
    for schema, tables in source(connection_id).items():
        result["schemas"][schema] = {
            "name_in_destination": destination_name(schema), "enabled": True,
            "tables": {table: table_config(table) for table in tables}}
    if connection_id == "assimilate_seem":
        orders = result["schemas"]["public"]["tables"]["orders"]
        orders["columns"]["note"] = dict(column_config("note"), enabled=False)
        orders["columns"]["customer_id"] = dict(column_config("customer_id"), hashed=True)
        result["schemas"]["audit"]["enabled"] = False
    return result
