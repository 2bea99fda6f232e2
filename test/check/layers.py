#!/usr/bin/env python3
"""Includes go down the floors of src/ only, and few files know versions."""
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

FLOORS = {"base": 0, "net": 1, "json": 1, "catalogue": 2, "api": 3,
          "fdw": 4, "func": 5}
ONLY_BASE = {"net", "json"}         # neither includes the other
NOT_BELOW = re.compile(r'#include "(foreign|executor|optimizer)/')


def problems():
    for folder, _, names in os.walk(os.path.join(TOP, "src")):
        for name in sorted(names):
            if not name.endswith((".c", ".h")):
                continue
            path = os.path.join(folder, name)
            here = os.path.relpath(path, os.path.join(TOP, "src"))
            own = here.split(os.sep)[0]
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if own in FLOORS:
                yield from file_problems(here, own, text)
            if re.search(r"\bPG_VERSION_NUM\b|\bLIBCURL_VERSION_NUM\b", text) \
                    and name not in ("compat.h", "libcurl.h"):
                yield "%s looks at a version" % here


def file_problems(here, own, text):
    for other in re.findall(r'#include "([a-z]+)/[a-z_]+\.h"', text):
        if other not in FLOORS or other == own:
            continue
        if FLOORS[other] >= FLOORS[own]:
            yield "%s includes from %s, which is not below" % (here, other)
    if FLOORS[own] < 3 and NOT_BELOW.search(text):
        yield "%s knows of foreign tables" % here


def main():
    found = sorted(problems())
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
