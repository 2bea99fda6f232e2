#!/usr/bin/env python3
"""The operations of the catalogue are those of an OpenAPI definition.

    operations.py openapi.json

Compares method, path and Accept version of src/catalogue/operations.c.
"""
import json
import os
import re
import sys

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", "src", "catalogue", "operations.c")
ROW = re.compile(r'\{FTX_(GET|POST|PATCH|DELETE|PUT),\s*"([^"]+)",\s*FTX_(V[12])'
                 r'(?:,\s*"([a-z_]+)")?\}')


def resolve(root, node):
    while "$ref" in node:
        reference = node["$ref"]
        node = root
        for key in reference.lstrip("#/").split("/"):
            node = node[key]
    return node


def bare(root, operation):
    """The member that tells an object which comes without an envelope."""
    for status, response in sorted(operation["responses"].items()):
        for content in resolve(root, response).get("content", {}).values():
            schema = resolve(root, content.get("schema", {}))
            members = schema.get("properties", {})
            if status.startswith("2") and members and "code" not in members:
                return "hash" if "hash" in members else "id"
    return ""


def defined(path):
    with open(path, encoding="utf-8") as file:
        root = json.load(file)
    for route, methods in root["paths"].items():
        for method, operation in methods.items():
            if method not in ("get", "post", "patch", "delete", "put"):
                continue
            version = "V1"
            for parameter in operation.get("parameters", []):
                parameter = resolve(root, parameter)
                if parameter["name"].lower() == "accept" and \
                        "version=2" in json.dumps(parameter["schema"]):
                    version = "V2"
            yield method.upper(), route, version, bare(root, operation)


def main():
    with open(SOURCE, encoding="utf-8") as file:
        ours = set(ROW.findall(file.read()))
    theirs = set(defined(sys.argv[1]))
    for row in sorted(theirs - ours):
        print("not in the catalogue: %s %s %s %s" % row)
    for row in sorted(ours - theirs):
        print("not in the definition: %s %s %s %s" % row)
    print("%d operations compared" % len(theirs))
    sys.exit(1 if ours != theirs else 0)


main()
