#!/usr/bin/env python3
"""The version of each control file is the one that everything else says."""
import glob
import json
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def problems():
    meta = json.loads(read("META.json"))
    versions = {}
    for path in sorted(glob.glob(os.path.join(TOP, "*.control"))):
        name = os.path.basename(path)[:-len(".control")]
        versions[name] = re.search(r"^default_version = '([0-9.]+)'", read(name + ".control"), re.M)[1]
        yield from scripts(name, versions[name])
        yield from provided(name, versions[name], meta["provides"].get(name, {}))
    whole = versions["fivetrex"] + ".0"
    if meta["version"] != whole:
        yield "META.json's version is %s, not %s" % (meta["version"], whole)
    if not read("debian/changelog").startswith("fivetrex (%s-" % whole):
        yield "debian/changelog does not begin with %s" % whole


def provided(name, version, said):
    """PGXN wants three numbers."""
    for member, right in (("version", version + ".0"), ("file", "%s--%s.sql" % (name, version))):
        if said.get(member) != right:
            yield "META.json says %s of %s is %s, not %s" % (member, name, said.get(member), right)


def scripts(name, newest):
    pattern = re.compile(r"%s--([0-9.]+--)?([0-9.]+)\.sql" % name)
    frozen = read("test/upgrade/frozen.sha256").split()[1::2]
    found = {file: pattern.fullmatch(file) for file in os.listdir(TOP) if pattern.fullmatch(file)}
    for file, match in sorted(found.items()):
        if match[2] != newest and file not in frozen:
            yield "%s is of a released version, but not frozen" % file
        if not read(file).startswith("/* %s */" % file):
            yield "%s does not begin with its name" % file
    if "%s--%s.sql" % (name, newest) not in found:
        yield "there is no %s--%s.sql" % (name, newest)


def main():
    found = list(problems())
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
