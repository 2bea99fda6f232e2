#!/usr/bin/env python3
"""Lines of at most 120 columns in src/, sql/ and test/.

What is printed (.out), tables (.md) and data (.json) are as wide as they are.  A text that is
itself wider than 80 columns stays in one piece, so that who reads it can search for it: an error
message, a pattern, an answer of the API.
"""
import os
import re
import sys

WIDTH = 120
TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
OTHER = (".out", ".md", ".json", ".pyc")
TEXT = re.compile(r'"(?:[^"\\]|\\.){80,}"' r"|'(?:[^'\\]|\\.|''){80,}'" r"|/(?:[^/\\]|\\.){80,}/")


def wide(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if len(line) > WIDTH and not TEXT.search(line):
                yield "%s:%d: %d columns" % (os.path.relpath(path, TOP), number, len(line))


def main():
    found = []
    for folder in "src", "sql", "test":
        for where, _, names in os.walk(os.path.join(TOP, folder)):
            for name in sorted(names):
                path = os.path.join(where, name)
                if not name.endswith(OTHER) and "__pycache__" not in where and is_text(path):
                    found += wide(path)
    print("\n".join(found) or "no line is wider than %d columns" % WIDTH)
    return 1 if found else 0


def is_text(path):
    with open(path, "rb") as file:
        return b"\0" not in file.read(4096)


sys.exit(main())
