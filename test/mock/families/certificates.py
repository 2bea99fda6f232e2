"""Certificates and fingerprints of connectors and destinations."""
import base64
import binascii

import seed
from answers import done, one, page
from checks import Refusal, invalid
from fields import CONNECTION, DESTINATION, PAGE, REQUIRED_STRING, STRING, row
from state import ENTITIES

CERTIFICATE = {"hash": REQUIRED_STRING, "encoded_cert": REQUIRED_STRING}
FINGERPRINT = {"hash": REQUIRED_STRING, "public_key": REQUIRED_STRING}


def _trust(owner, path):
    """The rows of the certificates and fingerprints of a connection or destination.
    The path's hash is the item's id."""
    certificates, fingerprints = path + "/certificates", path + "/fingerprints"
    return [
        row("get_%s_certificates_list" % owner, "GET", certificates, query=PAGE),
        row("approve_%s_certificate" % owner, "POST", certificates, body=CERTIFICATE),
        row("get_%s_certificate_details" % owner, "GET", certificates + "/{hash}"),
        row("revoke_%s_certificate" % owner, "DELETE", certificates + "/{hash}"),
        row("get_%s_fingerprints_list" % owner, "GET", fingerprints, query=PAGE),
        row("approve_%s_fingerprint" % owner, "POST", fingerprints, status=201,
            body=FINGERPRINT),
        row("get_%s_fingerprint_details" % owner, "GET", fingerprints + "/{hash}"),
        row("revoke_%s_fingerprint" % owner, "DELETE", fingerprints + "/{hash}"),
    ]


ROWS = [
    row("approve_certificate", "POST", "/v1/certificates",
        body={**CERTIFICATE, "connection_id": STRING, "destination_id": STRING}),
] + _trust("connection", CONNECTION) + _trust("destination", DESTINATION)


def _approve(world, collection, owner, body):
    """The stored item; approving a hash again only renews it."""
    user, now = seed.account.ACCOUNT["user_id"], world.now()
    if not body["hash"]:
        raise invalid("Field 'hash' must not be empty")
    if collection == "fingerprints":
        return world.put(collection, seed.certificates.fingerprint(
            owner, body["hash"], body["public_key"], user, now))
    try:
        content = base64.b64decode(body["encoded_cert"], validate=True)
    except binascii.Error:
        content = b""
    if not content:
        raise invalid("Field 'encoded_cert' is not a certificate in Base64")
    return world.put(collection, seed.certificates.certificate(
        owner, body["hash"], content, user, now))


def approve_certificate(world, request):
    """The deprecated call, for a connection or a destination."""
    owners = [(c, request.body[name]) for c, name in (("connections", "connection_id"),
                                                      ("destinations", "destination_id"))
              if request.body.get(name) is not None]
    if len(owners) != 1:
        raise invalid("Either 'connection_id' or 'destination_id' is required")
    world.get(*owners[0])
    _approve(world, "certificates", "/".join(owners[0]), request.body)
    return done("The certificate has been approved.")


def _define_trust(owner, kind):
    """The four operations on one kind of thing that an owner trusts."""
    owners, collection = owner + "s", kind + "s"
    code, _ = ENTITIES[collection]

    def owner_of(world, request):
        owner_id = request.args[owner + "Id"]
        world.get(owners, owner_id)
        return owners + "/" + owner_id

    def item_of(world, request):
        key = owner_of(world, request) + "/" + request.args["hash"]
        item = world.find(collection, key)
        if item is None:
            raise Refusal(404, code, "Cannot find %s with hash '%s'"
                          % (kind, request.args["hash"]))
        return key, item

    def list_all(world, request):
        return page(world, request,
                    world.select(collection, _owner=owner_of(world, request)))

    def approve(world, request):
        item = _approve(world, collection, owner_of(world, request), request.body)
        return one(item.detail, "The %s has been approved." % kind)

    def details(world, request):
        return one(item_of(world, request)[1].detail)

    def revoke(world, request):
        world.remove(collection, item_of(world, request)[0])
        return done("%s '%s' has been revoked for %s '%s'" % (
            kind.title(), request.args["hash"], owner, request.args[owner + "Id"]))

    for name, function in (("get_%s_%ss_list", list_all), ("approve_%s_%s", approve),
                           ("get_%s_%s_details", details), ("revoke_%s_%s", revoke)):
        globals()[name % (owner, kind)] = function


for _owner in ("connection", "destination"):
    for _kind in ("certificate", "fingerprint"):
        _define_trust(_owner, _kind)
