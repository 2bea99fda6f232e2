#!/usr/bin/env python3
"""The version of the control file is the one that everything else says."""
import json
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def problems():
    version = re.search(r"^default_version = '([0-9.]+)'", read("fivetrex.control"), re.M)[1]
    meta = json.loads(read("META.json"))
    for where, said in (("META.json", meta["version"]),
                        ("META.json's extension", meta["provides"]["fivetrex"]["version"])):
        if said not in (version, version + ".0"):
            yield "%s says %s, the control file %s" % (where, said, version)
    if meta["provides"]["fivetrex"]["file"] != "fivetrex--%s.sql" % version:
        yield "META.json names %s" % meta["provides"]["fivetrex"]["file"]
    yield from scripts(version)


def scripts(newest):
    names = [name for name in os.listdir(TOP) if re.fullmatch(r"fivetrex--.*\.sql", name)]
    frozen = read("test/upgrade/frozen.sha256").split()[1::2]
    for name in sorted(names):
        versions = name[len("fivetrex--"):-len(".sql")].split("--")
        if versions[-1] != newest and name not in frozen:
            yield "%s is of a released version, but not frozen" % name
        if not read(name).startswith("/* %s */" % name):
            yield "%s does not begin with its name" % name
    if "fivetrex--%s.sql" % newest not in names:
        yield "there is no fivetrex--%s.sql" % newest


def main():
    found = list(problems())
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
