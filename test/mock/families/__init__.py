"""The operations of the API, family by family, as the catalogue of the extension has them.

A module holds rows and functions.  A row says what the official definition says:
method, path, Accept version, query parameters, body fields and success status.
The function of the same name performs the operation; it is called with its world
locked and the request's parameters and body already checked against the row, and
returns the answer's JSON text or raises Refusal.  So a further operation is one
row and one function.  Semantics that the definition leaves open are chosen as the
comments say.
"""
from families import access, account, certificates, connector_details, connectors, destinations, \
    groups, log_services, metadata, networks, schemas, secrets_managers, teams, transformations, \
    users, webhooks

FAMILIES = (account, groups, access, connectors, connector_details, schemas, certificates,
            destinations, webhooks, users, teams, log_services, secrets_managers, networks,
            transformations, metadata)

OPERATIONS = [row for family in FAMILIES for row in family.ROWS]
# What Fivetran's own clients call and the definition does not have yet.
NEWER = [row for family in FAMILIES for row in getattr(family, "NEWER", ())]
FUNCTIONS = {row.name: vars(family)[row.name] for family in FAMILIES
             for row in [*family.ROWS, *getattr(family, "NEWER", ())]}
