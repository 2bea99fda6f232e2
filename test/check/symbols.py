#!/usr/bin/env python3
"""No shared function was lost, and none is shared that need not be.

Every global symbol of an object is used by another one or by a unit test,
called by SQL, or looked for by PostgreSQL; and every function that a header
declares is there.  Looks at the objects of a build of this tree, as
test/bin/check has made one.
"""
import glob
import os
import re
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# What PostgreSQL looks for in a library.
LOADER = {"_PG_init", "Pg_magic_func"}


def sources():
    return glob.glob(os.path.join(TOP, "src", "**", "*.c"), recursive=True)


def object_of(path):
    return path[:-2] + ".o"


def symbols(path):
    """The global names that an object defines, and those that it wants."""
    text = subprocess.check_output(["nm", "-g", "-P", path], text=True)
    names = [line.split()[:2] for line in text.splitlines() if line.strip()]
    return ({name for name, kind in names if kind not in "Uwv"}, {name for name, kind in names if kind == "U"})


def called_by_sql():
    """The functions that a script of the extension makes of symbols."""
    names = set()
    for path in glob.glob(os.path.join(TOP, "fivetrex--*.sql")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        names.update(re.findall(r"'MODULE_PATHNAME',\s*'(\w+)'", text))
        for function, link in re.findall(r"FUNCTION\s+(\w+)\s*\((?:(?!\bFUNCTION\b).)*?'MODULE_PATHNAME'(\s*,)?",
                                         text, re.S):
            if not link:
                names.add(function)
    return names


def code_of(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", " ", file.read(), flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def words_of(paths):
    return {path: set(re.findall(r"\w+", code_of(path))) for path in paths}


def declared():
    """What headers declare as functions: (header, name)."""
    for path in glob.glob(os.path.join(TOP, "src", "**", "*.h"), recursive=True):
        for name in re.findall(r"^(?:ftx_noreturn )?extern\b[^;=(]*?\b(\w+)\(", code_of(path), re.M):
            yield os.path.relpath(path, TOP), name


def main():
    found = []
    paths = sources()
    missing = [path for path in paths if not os.path.exists(object_of(path))]
    if missing:
        sys.exit("%s and others are not built" % os.path.relpath(missing[0], TOP))
    table = {path: symbols(object_of(path)) for path in paths}
    # what another version's code would use is used, so sources are looked at, too
    words = words_of(paths + glob.glob(os.path.join(TOP, "test", "unit", "*", "*.c")))
    wanted = set().union(called_by_sql(), LOADER, *(uses for _, uses in table.values()))
    for path, (defines, _) in sorted(table.items()):
        for name in sorted(defines - wanted):
            sql_name = name[len("pg_finfo_"):] if name.startswith("pg_finfo_") else name
            if sql_name not in wanted and not any(name in words[other] for other in words if other != path):
                found.append("%s: nobody else uses %s" % (os.path.relpath(path, TOP), name))
    code = "".join(code_of(path) for path in paths)
    found += ["%s: there is no %s" % (header, name) for header, name in declared()
              if not re.search(r"^%s\(" % name, code, re.M)]
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
