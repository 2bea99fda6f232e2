#!/usr/bin/env python3
"""Compare the mock's table of operations with an OpenAPI definition.

    check_definition.py openapi.json

For each operation that the mock has: method, path, operationId, query
parameters and their types, Accept version, success status, body fields with
type and enum, required fields.  What is newer than the definition is not in
it.  Prints the differences and exits 1 if there are any.
"""
import json
import sys

import families

# Where the definition itself is known to be wrong or uses a placeholder.
EXCEPTIONS = {
    # The definition draws this map with one literal member named "schema".
    ("resync_tables", "body"),
    # Declared required, but changes without it are accepted (API facts, M2).
    ("modify_destination", "time_zone_offset"),
}

# Fields that requests take though the definition does not know them: the schedule of
# a connection is in its answers, and Fivetran's own client sends it (API facts, 3.1).
UNDECLARED = {("modify_connection", "schedule")}

TYPES = {"strings": "array"}


class Definition:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.root = json.load(file)

    def resolve(self, node):
        while "$ref" in node:
            target = self.root
            for key in node["$ref"].lstrip("#/").split("/"):
                target = target[key]
            node = target
        return node

    def operation(self, method, path):
        return self.root["paths"].get(path, {}).get(method.lower())

    def parameters(self, operation, place):
        found = [self.resolve(p) for p in operation.get("parameters", [])]
        return {p["name"]: self.resolve(p["schema"]) for p in found if p["in"] == place}

    def body(self, operation):
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return None
        if "multipart/form-data" in content:
            schema = self.resolve(content["multipart/form-data"]["schema"])
            return {**schema, "properties": {n: {"type": "file"} for n in schema["properties"]}}
        return self.merged(self.resolve(content["application/json"]["schema"]))

    def merged(self, schema):
        """With the members of its parts, and with those that every variant of it has:
        `config` is often drawn only there, with one schema per service."""
        schema = {**schema, "properties": dict(schema.get("properties", {}))}
        for part in schema.get("allOf", []):
            for name, member in self.resolve(part).get("properties", {}).items():
                schema["properties"].setdefault(name, member)
        known = self.root["components"]["schemas"]
        targets = schema.get("discriminator", {}).get("mapping", {}).values()
        variants = [known[t.rpartition("/")[2]] for t in targets if t.rpartition("/")[2] in known]
        parts = [{n for part in v.get("allOf", []) for n in self.resolve(part).get(
            "properties", {})} for v in variants]
        for name in set.intersection(*parts) if parts else ():
            schema["properties"].setdefault(name, {"type": "object"})
        return schema

    def statuses(self, operation):
        return [int(status) for status in operation["responses"] if status.startswith("2")]


def differences(definition, row):
    operation = definition.operation(row.method, row.path)
    if operation is None:
        yield "is not in the definition"
        return
    if operation["operationId"] != row.name:
        yield "is called %s in the definition" % operation["operationId"]
    accept = definition.parameters(operation, "header")["Accept"]["default"]
    if accept != row.accept:
        yield "Accept is %s in the definition" % accept
    if row.status not in definition.statuses(operation):
        yield "status %d is not in the definition" % row.status
    query = definition.parameters(operation, "query")
    yield from compare("query parameter", {n: f.type for n, f in row.query.items()},
                       {n: schema["type"] for n, schema in query.items()})
    if (row.name, "body") not in EXCEPTIONS:
        yield from body_differences(definition, row, definition.body(operation))


def body_differences(definition, row, schema):
    if schema is None or row.body is None:
        if (schema is None) != (row.body is None):
            yield "only one side has a body"
        return
    declared = {n: definition.resolve(s) for n, s in schema.get("properties", {}).items()}
    # A field without a type is drawn as one of several objects.
    yield from compare("body field", {n: TYPES.get(f.type, f.type) for n, f in row.body.items()
                        if (row.name, n) not in UNDECLARED},
                       {n: s.get("type", "object") for n, s in declared.items()})
    required = {n for n, f in row.body.items() if f.required}
    for name in sorted(required ^ set(schema.get("required", []))):
        if (row.name, name) in EXCEPTIONS:
            continue
        yield "body field %s: only one side requires it" % name
    for name, wanted in row.body.items():
        enum = declared.get(name, {}).get("enum")
        if wanted.enum is not None or enum is not None:
            # Numbers stand as strings in the definition's enumerations.
            if sorted(map(str, wanted.enum or [])) != sorted(map(str, enum or [])):
                yield "body field %s: enum differs from the definition's %s" % (name, enum)


def compare(what, ours, theirs):
    for name in sorted(set(ours) | set(theirs)):
        if ours.get(name) != theirs.get(name):
            yield "%s %s: %s here, %s in the definition" % (
                what, name, ours.get(name, "absent"), theirs.get(name, "absent"))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    definition = Definition(sys.argv[1])
    found = 0
    for row in families.OPERATIONS:
        for difference in differences(definition, row):
            print("%s %s: %s" % (row.method, row.path, difference))
            found += 1
    for row in families.NEWER:
        if definition.operation(row.method, row.path) is not None:
            print("%s %s: the definition has it now, so it is no newer one" % (row.method, row.path))
            found += 1
    print("%d operations compared, %d differences" % (len(families.OPERATIONS), found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
