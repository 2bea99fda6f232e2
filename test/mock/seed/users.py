"""Users and their API keys."""
from seed.names import Collection, NOUNS, timestamp


def _users():
    given = ["Ada", "Grace", "Linus", "Edsger", "Barbara", "Zoë", "José", "Łukasz", "Mei", "Ravi"]
    family = ["Lovelace", "Hopper", "O'Neil", "Dijkstra", "Liskov", "Núñez"]
    roles = ["Account Administrator", "Account Analyst", "Account Reviewer", None]
    result = []
    for i in range(30):
        service_account = i % 10 == 9
        result.append({
            "id": "_accountworthy" if i == 0 else "user_%s" % NOUNS[i],
            "email": None if service_account else "user%02d@example.com" % i,
            "given_name": given[i % 10], "family_name": family[i % 6],
            "verified": i % 4 != 3, "invited": i % 5 == 4, "picture": None,
            "phone": "+1555%07d" % i if i % 3 == 0 else None, "role": roles[i % 4],
            "active": i % 5 != 4,
            "logged_in_at": None if service_account or i % 7 == 6
            else timestamp(86400 * 200 + i, 3),
            "created_at": timestamp(86400 * i, 3),
            "user_type": "SERVICE_ACCOUNT" if service_account else "REGULAR_USER",
            "has_api_key": i % 2 == 0})
    return result


USERS = _users()


def _api_keys():
    result = []
    for i, user in enumerate(u for u in USERS if u["has_api_key"]):
        key = {"user_id": user["id"], "user_type": user["user_type"],
               "key_value": "key_%08d" % (i * 7919), "created_at": timestamp(86400 * (60 + i), 3),
               "key_status": ("ACTIVE", "ACTIVE_GRACE", "EXPIRED")[i % 3],
               "expires_at": timestamp(86400 * (90 if i % 3 == 2 else 245) + i, 3)}
        if i % 3 == 1:
            key.update(overlap_expires_at=timestamp(86400 * 248 + i, 3),
                       last_rotated_at=timestamp(86400 * 220 + i, 3))
        result.append(key)
    return result


COLLECTIONS = {
    "users": Collection("NotFound_User", "user", USERS),
    "api_keys": Collection("NotFound_ApiKey", "API key of user", _api_keys(), key="user_id")}
