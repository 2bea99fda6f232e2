#!/usr/bin/env python3
"""Every file includes what it uses, and every header compiles alone.

What a header of PostgreSQL drags in changes from version to version (19 let go
of five that nearly everything had relied on).  The table has what has been
moved, or is likely to be; the rest, the versions of `make check-versions` find.
"""
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SRC = os.path.join(TOP, "src")

TYPES = ("BOOL BYTEA CHAR NAME INT2 INT4 INT8 TEXT OID TID XID JSON JSONB FLOAT4 FLOAT8 NUMERIC BPCHAR VARCHAR DATE "
         "TIMESTAMP TIMESTAMPTZ INTERVAL UUID RECORD CSTRING UNKNOWN REGCLASS REGTYPE REGNAMESPACE VOID").split()
NEEDED = [(re.compile(r"\b(?:%s)\b" % names), header) for names, header in (
    (r"heap_(?:form|deform|modify)_tuple|heap_(?:copy|free)tuple|heap_getattr|GETSTRUCT|HeapTupleHeader[GS]et\w+",
     "access/htup_details.h"),
    (r"tuplestore_\w+", "utils/tuplestore.h"),
    (r"(?:%s)(?:ARRAY)?OID|TYPALIGN_\w+|TYPTYPE_\w+|TYPCATEGORY_\w+" % "|".join(TYPES), "catalog/pg_type.h"),
    (r"U?INT_M(?:AX|IN)|U?LONG_M(?:AX|IN)|CHAR_BIT", "limits.h"),
    (r"get_call_result_type|InitMaterializedSRF|SRF_\w+|BlessTupleDesc|HeapTupleGetDatum", "funcapi.h"),
    (r"PG_GETARG_\w+|PG_RETURN_\w+|PG_FUNCTION_INFO_V1|DirectFunctionCall\w+", "fmgr.h"),
    (r"CHECK_FOR_INTERRUPTS|check_stack_depth|GetUserId|HOLD_INTERRUPTS", "miscadmin.h"),
    (r"SearchSysCache\w*|ReleaseSysCache", "utils/syscache.h"),
    (r"hash_create|hash_search|HASHCTL", "utils/hsearch.h"),
    (r"Instr(?:UpdateTupleCount|StartNode|StopNode|EndLoop)", "executor/instrument.h"),
    (r"TupIsNull|Exec(?:ClearTuple|StoreVirtualTuple|CopySlot)|slot_get\w+", "executor/tuptable.h"),
)]
# Names that newer headers do not have, or not so; compat.h may know them.
GONE = re.compile(r"\b(Abs|bits(?:8|16|32)|pushJsonbValue|pg_foreign_server_aclcheck|pg_class_ownercheck|PG_SETMASK)\b")

# Headers whose purpose includes that of another one.
GIVEN_BY = {"miscadmin.h": {"base/compat.h", "fdw/compat.h"},
            "fmgr.h": {"funcapi.h", "utils/builtins.h"}}


def code_of(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def included(path, seen):
    """Headers that a file names, and those that its own header names."""
    with open(path, encoding="utf-8") as file:
        names = re.findall(r'^#include ["<]([^">]+)[">]', file.read(), re.M)
    for name in names:
        if name not in seen:
            seen.add(name)
            ours = os.path.join(SRC, name)
            if os.path.exists(ours) and ours[:-2] == path[:-2]:
                included(ours, seen)
    return seen


def file_problems(path):
    with open(path, encoding="utf-8") as file:
        code = code_of(file.read())
    gone = sorted(set(GONE.findall(code)))
    if gone and not path.endswith("/compat.h"):
        yield "%s uses %s, which newer versions have not: see the compat.h" % (
            os.path.relpath(path, TOP), ", ".join(gone))
    headers = included(path, set())
    for pattern, header in NEEDED:
        used = sorted(set(pattern.findall(code)))
        if used and header not in headers and not GIVEN_BY.get(header, set()) & headers:
            yield "%s uses %s without %s" % (os.path.relpath(path, TOP), ", ".join(used[:3]), header)


def does_not_compile(headers):
    """Headers that need another one before them."""
    def ask(what):
        return subprocess.check_output([os.environ.get("PG_CONFIG", "pg_config"), what], text=True).strip()
    command = ["cc", "-fsyntax-only", "-I", SRC, "-I", ask("--includedir-server"), "-DFTX_VERSION=\"0\"",
               "-D_GNU_SOURCE", "-x", "c"]
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "alone.c")
        for header in headers:
            with open(name, "w", encoding="utf-8") as file:
                file.write('#include "postgres.h"\n#include "%s"\n' % header)
            done = subprocess.run(command + [name], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                yield "%s does not compile alone:\n%s" % (header, done.stderr[:1000])


def main():
    paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk(SRC)
                   for name in names if name.endswith((".c", ".h")))
    found = [problem for path in paths for problem in file_problems(path)]
    found += does_not_compile(os.path.relpath(path, SRC) for path in paths if path.endswith(".h"))
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
