#!/usr/bin/env python3
"""Every file includes what it uses, and every header compiles alone.

What a header of PostgreSQL drags in changes from version to version (19 let go
of five that nearly everything had relied on).  The table has what has been
moved, or is likely to be; the rest, the versions of `make check-versions` find.
Of our own headers every name is known: a file includes the one that declares
it, or its own header does; and none of which it uses nothing.

    includes.py --mend      add and drop the lines that are complained of
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
    (r"(?:init|make|reset|destroy|enlarge)StringInfo|append\w*StringInfo\w*|StringInfo(?:Data)?", "lib/stringinfo.h"),
    (r"AllocSetContextCreate|MemoryContext(?:Reset|Delete|SetParent|Init)|ALLOCSET_\w+_SIZES|TopMemoryContext|MaxAlloc\w+",
     "utils/memutils.h"),
    (r"Exec(?:InitExpr(?:List)?|InitQual|Qual|EvalExpr\w*|AssignExprContext|Check|PrepareExpr|Project)|"
     r"(?:Create|Free)\w*ExprContext|GetPerTupleExprContext", "executor/executor.h"),
    (r"expression_planner|pull_varattnos|pull_var_clause|estimate_expression_value|contain_\w+_functions\w*|"
     r"clauselist_selectivity|clamp_row_est|contain_var_clause", "optimizer/optimizer.h"),
    (r"RelationGet(?:Descr|RelationName|Relid|NumberOfAttributes|Namespace)", "utils/rel.h"),
    (r"get_(?:rel_name|attname|element_type|base_element_type|namespace_name|attnum|typcollation|rel_namespace)|getBaseType(?:AndTypmod)?|"
     r"getType\w+Info|get_typlenbyvalalign", "utils/lsyscache.h"),
    (r"GetForeign(?:Table|Server|DataWrapper|ServerByName|ServerExtended|ColumnOptions)|GetUserMapping|UserMapping", "foreign/foreign.h"),
    (r"pg_server_to_any|pg_any_to_server|GetDatabaseEncoding(?:Name)?|PG_UTF8|pg_mbcliplen|pg_mblen\w*", "mb/pg_wchar.h"),
    (r"(?:de)?construct_\w*array\w*|ArrayType|DatumGetArrayTypeP|PG_GETARG_ARRAYTYPE_P", "utils/array.h"),
    (r"cstring_to_text\w*|text_to_cstring|TextDatumGetCString|CStringGetTextDatum|quote_(?:identifier|literal_cstr)",
     "utils/builtins.h"),
    (r"GetCurrentTimestamp|TimestampDifference\w*|timestamptz_to_str|timestamp2tm|TimestampTzPlus\w+|PG_(?:GETARG|RETURN)_TIMESTAMPTZ",
     "utils/timestamp.h"),
    (r"Jsonb(?:Iterator\w*|Value|Container|Pair)?|DatumGetJsonbP|JsonbPGetDatum", "utils/jsonb.h"),
    (r"d?s?list_(?:node|head|iter|mutable_iter|init|push_\w+|foreach\w*|delete|container|is_empty)", "lib/ilist.h"),
    (r"(?:Oid)?InputFunctionCall|fmgr_info|FunctionCall\w+", "fmgr.h"),
    (r"VAR(?:SIZE|DATA)\w*|SET_VARSIZE\w*", "base/compat.h"),
    (r"TupleTableSlot|ExecClearTuple|ExecStoreVirtualTuple|slot_getallattrs|slot_getattr", "executor/tuptable.h"),
    (r"Instr(?:UpdateTupleCount|StartNode|StopNode|EndLoop)", "executor/instrument.h"),
    (r"TupIsNull|Exec(?:ClearTuple|StoreVirtualTuple|CopySlot)|slot_get\w+", "executor/tuptable.h"),
)]
# Names that newer headers do not have, or not so; compat.h may know them.
GONE = re.compile(r"\b(Abs|bits(?:8|16|32)|pushJsonbValue|pg_foreign_server_aclcheck|pg_class_ownercheck|PG_SETMASK)\b")

# Headers whose purpose includes that of another one.
GIVEN_BY = {"miscadmin.h": {"base/compat.h", "fdw/compat.h"},
            "fmgr.h": {"funcapi.h", "utils/builtins.h"},
            "lib/stringinfo.h": {"commands/explain.h", "fdw/compat.h"},
            "foreign/foreign.h": {"foreign/fdwapi.h"},
            "utils/jsonb.h": {"json/compat.h"},
            "executor/executor.h": {"fdw/compat.h"},
            "executor/tuptable.h": {"executor/executor.h", "fdw/compat.h", "foreign/fdwapi.h", "nodes/execnodes.h"},
            "optimizer/optimizer.h": {"fdw/compat.h"},
            "utils/relcache.h": {"utils/rel.h", "foreign/fdwapi.h"},
            "datatype/timestamp.h": {"utils/timestamp.h"},
            "access/tupdesc.h": {"utils/rel.h"},
            "nodes/pathnodes.h": {"fdw/compat.h", "foreign/fdwapi.h"},
            "nodes/plannodes.h": {"fdw/compat.h", "foreign/fdwapi.h", "nodes/execnodes.h"},
            "nodes/execnodes.h": {"fdw/compat.h", "foreign/fdwapi.h", "executor/executor.h"},
            "nodes/bitmapset.h": {"nodes/pathnodes.h", "nodes/execnodes.h", "foreign/fdwapi.h"},
            "nodes/pg_list.h": {"nodes/pathnodes.h", "nodes/execnodes.h", "nodes/bitmapset.h",
                                            "foreign/fdwapi.h", "foreign/foreign.h"},
            "nodes/primnodes.h": {"nodes/pathnodes.h", "nodes/execnodes.h", "foreign/fdwapi.h"},
            "nodes/nodes.h": {"nodes/pathnodes.h", "nodes/execnodes.h", "nodes/primnodes.h", "nodes/pg_list.h",
                                          "foreign/fdwapi.h"},
            "catalogue/catalogue.h": {"catalogue/rows.h", "catalogue/actions.h", "catalogue/operations.h"}}

# What a header of ours must name for the types that it uses; a .c file has them from others.
TYPES_NEEDED = [(re.compile(r"\b(?:%s)\b" % names), header) for names, header in (
    (r"TimestampTz", "datatype/timestamp.h"), (r"Relation", "utils/relcache.h"),
    (r"TupleDesc|ConstrCheck", "access/tupdesc.h"),
    (r"PlannerInfo|RelOptInfo|RestrictInfo", "nodes/pathnodes.h"), (r"FunctionCallInfo", "fmgr.h"),
    (r"EState|ExprState|ExprContext|ForeignScanState|ResultRelInfo|ModifyTableState", "nodes/execnodes.h"),
    (r"ForeignScan|ModifyTable", "nodes/plannodes.h"), (r"Form_pg_attribute", "catalog/pg_attribute.h"),
    (r"Bitmapset", "nodes/bitmapset.h"), (r"List", "nodes/pg_list.h"), (r"Expr", "nodes/primnodes.h"),
    (r"Node|CmdType", "nodes/nodes.h"),
    (r"HeapTuple", "access/htup.h"), (r"ResourceOwner", "utils/resowner.h"), (r"Tuplestorestate", "utils/tuplestore.h"),
    (r"ArrayType", "utils/array.h"))]

# What a header declares.
DECLARED = [re.compile(pattern, re.M) for pattern in (
    r"^(?:\w+ )?extern\b[^;=(]*?\b(\w+)\(",          # functions
    r"^extern\b[^;()]*?\b(\w+)(?:\[[^\]]*\])*;",      # data
    r"^static inline\b[^(]*?\b(\w+)\(",
    r"^\} (\w+);", r"^typedef (?:struct|enum|union) \w+ (\w+);", r"^typedef [^;{]*\(\*(\w+)\)\(",
    r"^typedef \w+ (\w+);",
    r"^[ \t]*#define (\w+)")]
ENUM = re.compile(r"\benum\b[^;{]*\{(.*?)\}", re.S)
BODY = re.compile(r"^struct (\w+)\n\{", re.M)
TEMPLATES = {"base/textset.h": r"texthash_\w+", "base/textset.h": r"texthash_\w+"}


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


def provided():
    """Of each header of ours: the names that it declares, and the types that it has the members of."""
    result = {}
    for path in (path for path in all_paths() if path.endswith(".h")):
        with open(path, encoding="utf-8") as file:
            code = re.sub(r"\\\n", " ", code_of(file.read()))
        names = {name for pattern in DECLARED for name in pattern.findall(code)}
        for body in ENUM.findall(code):
            names.update(re.findall(r"\b([A-Za-z_]\w*)\b(?=\s*(?:=[^,]*)?(?:,|$))", body))
        result[os.path.relpath(path, SRC)] = ({name for name in names if not re.fullmatch(r"FTX_\w+_H|SH_\w+", name)},
                                              set(BODY.findall(code)))
    return result


def all_paths():
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(SRC)
                  for name in names if name.endswith((".c", ".h")))


def direct(path):
    with open(path, encoding="utf-8") as file:
        return re.findall(r'^#include "([^"]+)"', file.read(), re.M)


def known(path):
    """Headers that a file names, its own header does, and those of a state that both know."""
    seen = set(direct(path))
    for name in list(seen):
        ours = os.path.join(SRC, name)
        if os.path.exists(ours) and ours != path and (
                ours[:-2] == path[:-2] or ours.endswith("_state.h")):
            seen |= known(ours)
    return seen


def own_problems(path, table):
    """Of our headers: (missing or not, header, why)."""
    here = os.path.relpath(path, SRC)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    code = code_of(text)
    words = set(re.findall(r"\w+", code))
    seen = known(path)
    used = set()
    for header, (names, bodies) in table.items():
        if header == here:
            continue
        if names & words or bodies & words or (
                header in TEMPLATES and re.search(TEMPLATES[header], code)):
            used.add(header)
    mine = table.get(here, (set(), set()))[0]
    for header in sorted(used):
        names = (table[header][0] & words) - mine
        for other in seen & set(table):
            if other != header:
                names -= table[other][0] | table[other][1]
        if names and header not in seen and not GIVEN_BY.get(header, set()) & seen:
            yield True, header, "%s uses %s without %s" % (
                os.path.relpath(path, TOP), ", ".join(sorted(names)[:3]), header)
    own = here[:-2] + ".h"
    if here.endswith(".c") and own in table and own not in direct(path):
        yield True, own, "%s does not include its own header" % os.path.relpath(path, TOP)
    for header in direct(path):
        # compat.h and libcurl.h are there for what they include, too
        if header in table and header not in used and header[:-2] != here[:-2] \
                and not header.endswith(("compat.h", "libcurl.h")):
            yield False, header, "%s uses nothing of %s" % (os.path.relpath(path, TOP), header)


def file_problems(path):
    with open(path, encoding="utf-8") as file:
        code = code_of(file.read())
    gone = sorted(set(GONE.findall(code)))
    if gone and not path.endswith("/compat.h"):
        yield "%s uses %s, which newer versions have not: see the compat.h" % (
            os.path.relpath(path, TOP), ", ".join(gone))
    headers = included(path, set())
    for pattern, header in NEEDED + (TYPES_NEEDED if path.endswith(".h") else []):
        used = sorted(set(pattern.findall(code)))
        if used and header not in headers and not GIVEN_BY.get(header, set()) & headers:
            yield "%s uses %s without %s" % (os.path.relpath(path, TOP), ", ".join(used[:3]), header)


def missing(path, table):
    """Headers to be added, and to be dropped."""
    add, drop = set(), set()
    for problem in file_problems(path):
        if " without " in problem:
            add.add(problem.split(" without ")[1])
    for needed, header, _ in own_problems(path, table):
        (add if needed else drop).add(header)
    present = (add | set(direct(path))) - drop
    return {header for header in add if not GIVEN_BY.get(header, set()) & present
            or header[:-2] == os.path.relpath(path, SRC)[:-2]}, drop


def with_include(text, header):
    """The text with one more header, in the order of the alphabet."""
    line = '#include "%s"\n' % header
    if line in text:
        return text
    if re.fullmatch(r"[a-z]+\.h", header) and header in ("limits.h", "math.h"):
        return re.sub(r'(#include "postgres.h"\n\n)', r"\1#include <%s>\n\n" % header, text, count=1)
    runs = [run for run in re.finditer(r'(?:^#include "[^"]+"\n)+', text, re.M)
            if "simplehash" not in run.group(0)
            and not re.search(r"^#if(?!ndef FTX_\w+_H$)", text[:run.start()], re.M)]
    if not runs:
        return re.sub(r"(#define FTX_\w+_H\n\n)", r"\1" + line.replace("\\", "") + "\n", text, count=1)
    run = runs[-1]
    lines = run.group(0).splitlines(True)
    if len(lines) == 1 and run is runs[0] and "postgres.h" in lines[0]:
        at = re.compile(r"\n(?:#include <[^>]+>\n)+").match(text, run.end())
        place = at.end() if at else run.end()
        return text[:place] + "\n" + line + text[place:]
    lines.insert(sum(other < line for other in lines), line)
    return text[:run.start()] + "".join(lines) + text[run.end():]


def mend(paths):
    table = provided()
    for path in paths:
        add, drop = missing(path, table)
        if not add and not drop:
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for header in drop:
            text = text.replace('#include "%s"\n' % header, "")
        for header in sorted(add):
            text = with_include(text, header)
        text = re.sub(r"(#define FTX_\w+_H\n)\n\n+", r"\1\n", text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


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
    paths = all_paths()
    tests = [os.path.join(TOP, "test", "unit", "net", "net_test.c"),
             os.path.join(TOP, "test", "unit", "json", "compare.c")]
    if "--mend" in sys.argv:
        for _ in range(3):              # what is added to a header, its file need not add
            mend([path for path in paths if path.endswith(".h")])
        mend([path for path in paths + tests if path.endswith(".c")])
        return
    table = provided()
    found = [problem for path in paths + tests for problem in file_problems(path)]
    found += [problem for path in paths + tests for _, _, problem in own_problems(path, table)]
    found += does_not_compile(os.path.relpath(path, SRC) for path in paths if path.endswith(".h"))
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
