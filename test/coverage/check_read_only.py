#!/usr/bin/env python3
"""The read-only members of the catalogue are those of an OpenAPI definition.

    check_read_only.py openapi.json

Of every object in the body of a PATCH: which members does the answer of the
GET declare that the PATCH does not?  And, where the definition has them, the
members of "<service>_readonly_config".
"""
import json
import os
import re
import sys

CATALOGUE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "catalogue", "resources")
# Where the two sides describe the object differently, but not because of what can be written.
FREE_FORM = {
    # the PATCH takes any object there; the GET lists members by service
    ("/v1/external-logging/{logId}", "config"),
    # a map by name, drawn with one literal member
    ("/v1/connections/{connectionId}/schemas", "schemas"),
}
ROW = re.compile(r'\{"(\w+)", "(\w+)", (true|false), NULL, NULL\}')
SERVICES = re.compile(r'(\w+)_services\[\] = \{(.*?)\};', re.S)


def source(name):
    with open(os.path.join(CATALOGUE, name), encoding="utf-8") as file:
        return file.read()


class Definition:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            root = json.load(file)
        self.schemas = root["components"]["schemas"]
        self.paths = root["paths"]

    def members(self, schema, seen=()):
        """Members of an object, of all its parts and variants."""
        if "$ref" in schema:
            if schema["$ref"] in seen:
                return {}
            return self.members(self.schemas[schema["$ref"].split("/")[-1]], seen + (schema["$ref"],))
        found = {}
        for part in schema.get("allOf", []) + schema.get("oneOf", []) + schema.get("anyOf", []):
            found.update(self.members(part, seen))
        for reference in schema.get("discriminator", {}).get("mapping", {}).values():
            found = {**self.members({"$ref": reference}, seen), **found}
        found.update(schema.get("properties", {}))
        return found

    def content(self, holder):
        kinds = (holder or {}).get("content", {})
        return self.members(kinds["application/json"]["schema"]) if "application/json" in kinds else {}

    def not_taken(self):
        for path, operations in self.paths.items():
            if "patch" not in operations or "get" not in operations:
                continue
            taken = self.content(operations["patch"].get("requestBody"))
            answer = self.content(operations["get"]["responses"]["200"])
            read = self.members(answer.get("data", {}))
            for name in set(taken) & set(read):
                ours, theirs = self.members(taken[name]), self.members(read[name])
                if ours and theirs and (path, name) not in FREE_FORM:
                    yield from ((name, member) for member in set(theirs) - set(ours))

    def by_service(self):
        for name, schema in self.schemas.items():
            if name.endswith("_readonly_config_V1"):
                service = name[:-len("_readonly_config_V1")]
                for member in schema["properties"]["config"]["properties"]:
                    yield member, service


def main():
    definition = Definition(sys.argv[1])
    pairs = {(column, member) for column, member, _ in ROW.findall(source("transformations.c"))}
    expected = set(definition.not_taken())
    ours = {(member, service) for member, services in SERVICES.findall(source("read_only_config.c"))
            for service in re.findall(r'"(\w+)"', services)}
    theirs = set(definition.by_service()) or ours
    for what, left, right in (("member", pairs, expected), ("config member of a service", ours, theirs)):
        for row in sorted(right - left):
            print("%s not in the catalogue: %s %s" % (what, *row))
        for row in sorted(left - right):
            print("%s not in the definition: %s %s" % (what, *row))
    print("%d members compared, %d of services" % (len(expected), len(theirs)))
    sys.exit(1 if pairs != expected or ours != theirs else 0)


main()
