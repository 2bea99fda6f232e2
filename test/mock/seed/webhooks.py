"""Webhooks."""
from seed.names import Collection, NOUNS, timestamp
from seed.users import USERS


def webhooks():
    rows = [("account", None, ["sync_start", "sync_end"], True, True),
            ("account", None, ["connection_failure"], False, False),
            ("group", "decent_dropsy", ["sync_end"], True, True),
            ("group", "decent_dropsy", ["create_connector", "delete_connector"], True, False),
            ("group", "projected_sickle", ["sync_end", "resync_table"], False, True),
            ("group", "opaque_lantern", ["pause_connector", "resume_connector"], True, True),
            ("account", None, ["transformation_failed"], True, False)]
    result = []
    for i, (kind, group_id, events, active, secret) in enumerate(rows):
        webhook = {"id": "hook_%s" % NOUNS[i], "type": kind,
                   "url": "https://hooks.example.com/%d" % i, "events": events, "active": active,
                   "created_at": timestamp(86400 * (50 + i), 3),
                   "created_by": USERS[i]["id"]}
        if secret:
            webhook["secret"] = "******"
        if group_id:
            webhook["group_id"] = group_id
        result.append(webhook)
    return result


COLLECTIONS = {"webhooks": Collection("NotFound_Webhook", "webhook", webhooks())}
