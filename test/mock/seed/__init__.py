"""Deterministic seed data: the account that every new world starts from.

Nothing here depends on the clock or on hash order, so ids, counts and bytes are
the same in every run and tests may name them.  A module for each family of the
catalogue; each names its COLLECTIONS.
"""
from seed import access, account, certificates, connector_details, connectors, destinations, \
    groups, log_services, metadata, names, networks, schemas, secrets_managers, teams, \
    transformations, users, webhooks

COLLECTIONS = {}
for _module in (groups, connectors, destinations, webhooks, users, teams, access, log_services,
                secrets_managers, networks, certificates, transformations, metadata):
    COLLECTIONS.update(_module.COLLECTIONS)
