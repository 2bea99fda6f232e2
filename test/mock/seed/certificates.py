"""Certificates and fingerprints.

Members that begin with an underscore serve the mock; no answer shows them.
"""
import base64
import hashlib

from seed.names import Collection, timestamp
from seed.transformations import public_key
from seed.users import USERS

_HIDDEN = ("_key", "_owner")


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
                        USERS[i % 5]["id"], timestamp(86400 * (60 + i), (6, 3, 0)[i % 3]))
            for owner, count, _ in _TRUST for i in range(count)]


def _fingerprints():
    return [fingerprint(owner, _hash("ssh %s %d" % (owner, i)),
                        "ssh-rsa AAAAB3NzaC1yc2E%d%s fivetran user key" % (i, owner[-6:]),
                        USERS[i % 5]["id"], timestamp(86400 * (70 + i), (0, 3, 6)[i % 3]))
            for owner, _, count in _TRUST for i in range(count)]


COLLECTIONS = {
    "certificates": Collection("NotFound_Certificate", "certificate", _certificates(), "_key",
                               _HIDDEN, _HIDDEN),
    "fingerprints": Collection("NotFound_Fingerprint", "fingerprint", _fingerprints(), "_key",
                               _HIDDEN, _HIDDEN)}
