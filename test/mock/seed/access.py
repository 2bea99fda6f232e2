"""Roles, system keys, memberships."""
from seed.connectors import NAMED
from seed.groups import GROUPS
from seed.names import Collection, NOUNS, timestamp
from seed.teams import TEAMS
from seed.users import USERS


def group_users():
    """Role of each user of each group; every third user, shifted by the group."""
    roles = ["Manage Destination", "View Destination", "Edit Destination", "Create Connection"]
    return {g[0]: {u["id"]: roles[(i + j) % 4] for j, u in enumerate(USERS) if (i + j) % 3 == 0}
            for i, g in enumerate(GROUPS)}


# Name, scopes, custom, deprecated, replacement.
_ROLES = [
    ("Account Administrator", ["ACCOUNT"], False, False, None),
    ("Account Analyst", ["ACCOUNT"], False, False, None),
    ("Account Reviewer", ["ACCOUNT"], False, False, None),
    ("Destination Administrator", ["DESTINATION"], False, True, "Manage Destination"),
    ("Manage Destination", ["DESTINATION"], False, False, None),
    ("View Destination", ["DESTINATION"], False, False, None),
    ("Edit Connection", ["CONNECTOR"], False, False, None),
    ("Manage Connection", ["CONNECTOR"], False, False, None),
    ("View Connection", ["CONNECTOR"], False, None, None),
    ("Team Manager", ["TEAM"], False, False, None),
    ("Team Member", ["TEAM"], False, False, None),
    ("Données – lecture", ["ACCOUNT", "DESTINATION", "CONNECTOR"], True, False, None),
]

_PERMISSIONS = [
    [{"resource_type": "ACCOUNT", "access_level": "MANAGE"}],
    [{"resource_type": "CONNECTOR", "access_level": "MANAGE",
      "resource_filter": {"ids": ["assimilate_seem"], "group_ids": ["decent_dropsy"]}}],
    [{"resource_type": "DESTINATION", "access_level": "READ",
      "resource_filter": {"ids": ["decent_dropsy", "opaque_lantern"], "group_ids": []}},
     {"resource_type": "TRANSFORMATION", "access_level": "READ"}],
    [{"resource_type": "USER", "access_level": "READ"},
     {"resource_type": "TEAM", "access_level": "MANAGE"}],
    [],
]


def _roles():
    return [{"name": name, "description": "May what %s may" % name, "scope": scope,
             "is_custom": custom, "is_deprecated": deprecated,
             "replacement_role_name": replacement}
            for name, scope, custom, deprecated, replacement in _ROLES]


def _system_keys():
    """One never expires, one has expired, one was never used."""
    names = ["dev", "prod_key", "ci", "terraform", "unused"]
    return [{"id": "syskey_%s" % NOUNS[i], "name": name, "key": "sk%014d" % (i * 7919),
             "permissions": _PERMISSIONS[i], "created_at": timestamp(86400 * (20 + i), 3),
             "updated_at": timestamp(86400 * (30 + i), 6),
             "expired_at": None if i == 0 else timestamp(86400 * (31 if i == 3 else 240 + i), 3),
             "last_used_at": None if i == 4 else timestamp(86400 * (200 + i), 0)}
            for i, name in enumerate(names)]


TEAM_ROLES = ["Team Manager", "Team Member", "Team Member"]
CONNECTION_ROLES = ["View Connection", "Edit Connection", "Manage Connection"]
DESTINATION_ROLES = ["Manage Destination", "View Destination"]


def _some(parents, children, roles, step, day):
    """Every `step`-th child, shifted by the parent."""
    return {(p, c): {"role": roles[(i + j) % len(roles)],
                     "created_at": timestamp(86400 * (day + i) + 60 * j, (0, 3, 6)[j % 3])}
            for i, p in enumerate(parents) for j, c in enumerate(children) if (i + j) % step == 0}


def _members():
    """{(parent, child): {role, created_at}} of each kind of membership."""
    users = [u["id"] for u in USERS]
    groups = [g[0] for g in GROUPS]
    teams = [team[0] for team in TEAMS if team[0] != "team_empty"]
    named = [c[0] for c in NAMED]
    in_groups = {(user, group): {"role": role, "created_at": timestamp(
                     86400 * (100 + groups.index(group)) + 60 * users.index(user), 3)}
                 for group, roles in group_users().items() for user, role in roles.items()}
    return {("users", "groups"): in_groups,
            ("users", "connections"): _some(users[:20], named, CONNECTION_ROLES, 5, 110),
            ("teams", "users"): _some(teams, users, TEAM_ROLES, 4, 120),
            ("teams", "groups"): _some(teams, groups, DESTINATION_ROLES, 3, 130),
            ("teams", "connections"): _some(teams, named, CONNECTION_ROLES, 4, 140)}


MEMBERS = _members()

COLLECTIONS = {
    "roles": Collection("NotFound_Role", "role", _roles(), key="name"),
    "system_keys": Collection("NotFound_SystemKey", "system key", _system_keys(),
                              list_omits=("permissions",))}
