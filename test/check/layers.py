#!/usr/bin/env python3
"""Includes go down the floors of src/ only, and few files know versions.

Every folder with sources is a room; which rooms it stands on is said here, and
those that they stand on are below, too.  Headers include each other in no
circle, and are short enough to be read; the file of a header includes it.  A
type's name is that of one type.
No code but the catalogue's names a resource.
"""
import os
import re
import sys

SRC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src")

ROOMS = {
    "base": "",
    "json": "base",
    "net": "base",
    "catalogue": "base",
    "catalogue/resources": "catalogue",
    "catalogue/actions": "catalogue",
    "api/secrets": "json catalogue",
    "api/options": "api/secrets",
    "api/calls": "api/options net",
    "api/writes": "api/calls",
    "read": "api/calls",
    "fdw/plan": "read",
    "fdw/scan": "fdw/plan",
    "fdw/modify": "fdw/scan api/writes",
    "fdw": "fdw/modify",
    "func": "read api/writes",
    "": "base fdw",
}
# What all rooms of the wrapper know: what core calls, and differences between its versions.
FOR_ALL_OF = {"fdw/fdw.h": "fdw", "fdw/compat.h": "fdw"}
# What these know nothing of.
NO_TABLES = re.compile(r'#include "(foreign|executor|optimizer|commands)/|#include "nodes/(exec|plan|path)nodes')
NO_EXECUTOR = re.compile(r'#include "(executor|optimizer)/|#include "nodes/(exec|plan|path)nodes')
BLIND = {"base": NO_TABLES, "json": NO_TABLES, "net": NO_TABLES, "catalogue": NO_TABLES,
         "catalogue/resources": NO_TABLES, "catalogue/actions": NO_TABLES, "read": NO_EXECUTOR}
LONGEST_HEADER = 150
LONGER = {"catalogue/catalogue.h"}


def below(room):
    rooms = set(ROOMS[room].split())
    return rooms.union(*(below(other) for other in rooms)) if rooms else rooms


def all_files():
    for folder, _, names in os.walk(SRC):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    yield os.path.relpath(path, SRC), file.read()


def problems():
    files = dict(all_files())
    includes = {here: [name for name in re.findall(r'^#include "([^"]+)"', text, re.M) if name in files]
                for here, text in files.items()}
    for here, text in files.items():
        yield from file_problems(here, text, includes[here])
        if here.endswith(".c") and here[:-2] + ".h" in files and here[:-2] + ".h" not in includes[here]:
            yield "%s does not include its own header" % here
    yield from resource_names(files)
    yield from twice_defined(files)
    yield from circles({here: names for here, names in includes.items() if here.endswith(".h")})


def file_problems(here, text, includes):
    own = os.path.dirname(here)
    if own not in ROOMS:
        yield "%s stands in no room that this check knows" % here
        return
    for other in includes:
        room = os.path.dirname(other)
        wing = FOR_ALL_OF.get(other)
        if room != own and room not in below(own) and not (wing and own.startswith(wing + "/")):
            yield "%s includes %s, which is not below" % (here, other)
    for line in text.split("\n"):
        if own in BLIND and BLIND[own].match(line):
            yield "%s knows too much: %s" % (here, line)
    if re.search(r"\bPG_VERSION_NUM\b|\bLIBCURL_VERSION_NUM\b|->version_num\b", text) \
            and os.path.basename(here) not in ("compat.h", "libcurl.h"):
        yield "%s looks at a version" % here
    lines = text.count("\n")
    if here.endswith(".h") and lines > LONGEST_HEADER and here not in LONGER:
        yield "%s has %d lines, more than %d: split it by idea" % (here, lines, LONGEST_HEADER)


def resource_names(files):
    """Outside the catalogue, a resource is named neither by a text nor by the symbol of its row."""
    ours = {here: text for here, text in files.items() if here.startswith("catalogue/")}
    names = {name for text in ours.values() for name in re.findall(r'\.(?:name|alias) = "(\w+)"', text)}
    rows = re.findall(r"extern const FtxResource (\w+);", ours["catalogue/rows.h"])
    if len(names) < len(rows):
        yield "the names of resources were not found"
    named = re.compile(r'"(?:%s)"|\b(?:%s)\b' % ("|".join(names), "|".join(rows)))
    for here in files.keys() - ours.keys():
        for found in named.findall(files[here]):
            yield "%s names the resource %s" % (here, found)


def twice_defined(files):
    """A type that all rooms could know has one meaning, also where its struct stands in a .c file."""
    found = {}
    for here, text in files.items():
        for name in re.findall(r"^(?:typedef )?(?:struct|enum|union) (Ftx\w+)\n\{", text, re.M):
            found.setdefault(name, []).append(here)
    if not found:
        yield "the types were not found"
    for name, places in found.items():
        if len(places) > 1:
            yield "%s is two types: of %s" % (name, " and of ".join(places))


def circles(includes):
    done = set()

    def walk(name, way):
        if name in way:
            yield "headers in a circle: " + " > ".join(way[way.index(name):] + [name])
        elif name not in done:
            for other in includes.get(name, []):
                yield from walk(other, way + [name])
            done.add(name)
    for name in sorted(includes):
        yield from walk(name, [])


def main():
    found = sorted(set(problems()))
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
