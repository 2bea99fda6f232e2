#!/usr/bin/env python3
"""Files, functions and types that src/README.md names are there."""
import os
import re
import sys

SRC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src")


def main():
    with open(os.path.join(SRC, "README.md"), encoding="utf-8") as file:
        text = file.read()
    code = ""
    for folder, _, names in os.walk(SRC):
        for name in names:
            if name.endswith((".c", ".h")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    code += file.read()
    found = []
    for path in re.findall(r"`([a-z_/]+\.[ch])`", text):
        if not os.path.exists(os.path.join(SRC, path)):
            found.append("there is no file %s" % path)
    for name in re.findall(r"`(\w+)\(\)`", text):
        if not re.search(r"^%s\(" % name, code, re.M):
            found.append("there is no function %s" % name)
    for name in re.findall(r"`(Ftx\w+)`", text):
        if not re.search(r"\b%s\b" % name, code):
            found.append("there is no %s" % name)
    for problem in found:
        print("src/README.md: " + problem)
    sys.exit(1 if found else 0)


main()
