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
ROW = re.compile(r'\{"(GET|POST|PATCH|DELETE|PUT)",\s*"([^"]+)",\s*FTX_(V[12])\}')


def defined(path):
    with open(path, encoding="utf-8") as file:
        root = json.load(file)
    for route, methods in root["paths"].items():
        for method, operation in methods.items():
            if method not in ("get", "post", "patch", "delete", "put"):
                continue
            version = "V1"
            for parameter in operation.get("parameters", []):
                if "$ref" in parameter:
                    node = root
                    for key in parameter["$ref"].lstrip("#/").split("/"):
                        node = node[key]
                    parameter = node
                if parameter["name"].lower() == "accept" and \
                        "version=2" in json.dumps(parameter["schema"]):
                    version = "V2"
            yield method.upper(), route, version


def main():
    with open(SOURCE, encoding="utf-8") as file:
        ours = set(ROW.findall(file.read()))
    theirs = set(defined(sys.argv[1]))
    for row in sorted(theirs - ours):
        print("not in the catalogue: %s %s %s" % row)
    for row in sorted(ours - theirs):
        print("not in the definition: %s %s %s" % row)
    print("%d operations compared" % len(theirs))
    sys.exit(1 if ours != theirs else 0)


main()
