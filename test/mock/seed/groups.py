"""Groups."""
from seed.names import Collection, timestamp

# Group id, name, number of connectors, destination service (None: it has none).
GROUPS = [
    ("decent_dropsy", "Warehouse", 1200, "snowflake"),
    ("projected_sickle", "Marketing", 620, "big_query"),
    ("opaque_lantern", "Finance", 300, "redshift"),
    ("clever_harbor", "Sales_EMEA", 150, "databricks"),
    ("vivid_ember", "Sales_APAC", 90, "snowflake"),
    ("quiet_meridian", "Support", 60, "postgres_warehouse"),
    ("amber_tundra", "Product", 35, "managed_data_lake"),
    ("brisk_falcon", "Research", 20, "big_query"),
    ("hollow_cedar", "Legal", 12, "snowflake"),
    ("lucid_orchard", "People", 6, "redshift"),
    ("stoic_pebble", "Staging", 4, "postgres_warehouse"),
    ("_airworthy", "Sandbox", 2, "databricks"),
    ("final_margin", "No_destination", 1, None),
    ("empty_shelf", "Empty", 0, None),
]


def groups():
    return [{"id": g, "name": name, "created_at": timestamp(86400 * 3 * i + 41, (0, 3, 6)[i % 3])}
            for i, (g, name, _, _) in enumerate(GROUPS)]


COLLECTIONS = {"groups": Collection("NotFound_Group", "group", groups())}
