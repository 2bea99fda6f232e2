#!/usr/bin/env python3
"""Write the tables between the markers of the reference from the catalogue.

Takes the folder of the sources.  Asks a PostgreSQL server that has the
extension, found by the PG* environment variables.  With --check compares only,
and exits with 1 on a difference.
"""
import json
import os
import re
import subprocess
import sys


def query(sql):
    """Rows of a query, as dictionaries."""
    out = subprocess.run(
        ["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c",
         "SELECT coalesce(json_agg(q), '[]') FROM (%s) q" % sql],
        check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout
    return json.loads(out)


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |",
             "|" + "---|" * len(header)]
    for row in rows:
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|")
                                       for cell in row) + " |")
    return "\n".join(lines)


def code(text):
    return "`%s`" % text if text else ""


def column_notes(column):
    notes = []
    if column["is_key"]:
        notes.append("key")
    if column["detail_only"]:
        notes.append("detail")
    if column["write_only"]:
        notes.append("write-only")
    if column["on_create"]:
        notes.append("insert (required)" if column["required_on_create"] else "insert")
    if column["on_update"]:
        notes.append("update")
    return ", ".join(notes)


def calls_of_everything(resource, columns):
    """What SELECT * costs."""
    if "One call per" in resource["description"]:
        return "the rows of `%s`, and then as it says above" % resource["parent"]
    if resource["parent"]:
        return "one call per row of `%s`, which are read first" % resource["parent"]
    if resource["list_call"] is None:
        return "one call"
    if any(c["detail_only"] for c in columns):
        return "one call per 1,000 rows, and one or more per row for the columns marked detail"
    return "one call per 1,000 rows"


def functions():
    """Those that call the API, by the operation that they make."""
    rows = query("""
        SELECT p.proname || '(' ||
                  replace(replace(pg_get_function_arguments(p.oid), ', server name DEFAULT NULL::name', ''),
                                           'server name DEFAULT NULL::name', '') || ')' AS signature,
               obj_description(p.oid, 'pg_proc') AS description,
               has_function_privilege('public', p.oid, 'EXECUTE') AS reads,
               (SELECT string_agg(DISTINCT o.method || ' ' || o.path, ', ') FROM fivetrex_operations() o
                WHERE o.function = p.proname) AS operation
        FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
        WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'fivetrex')
          AND pg_get_function_arguments(p.oid) ~ 'server name' ORDER BY p.proname""")
    clean = re.compile(r"::(text|jsonb|interval|name|boolean|integer)\b|, OUT .*(?=\))|OUT .*(?=\))")
    return table(["function", "what it does", "API"],
                 [[code(clean.sub("", r["signature"])), r["description"],
                   code(r["operation"]) if r["operation"] else ""] for r in rows])


def tables():
    parts = []
    columns = query("SELECT * FROM fivetrex_columns()")
    for resource in query("SELECT * FROM fivetrex_tables()"):
        own = [c for c in columns if c["table_name"] == resource["name"]]
        facts = []
        if resource["list_call"]:
            facts.append("List: " + code("GET " + resource["list_call"]))
        if resource["detail_call"]:
            facts.append("detail: " + code("GET " + resource["detail_call"]))
        for what in ("create", "update", "delete"):
            if resource[what + "_call"]:
                verb = {"create": "INSERT", "update": "UPDATE", "delete": "DELETE"}[what]
                method = {"create": "POST", "update": "PATCH", "delete": "DELETE"}[what]
                facts.append("%s: %s" % (verb, code(method + " " + resource[what + "_call"])))
        if resource["pushed_columns"]:
            facts.append("pushed: " + ", ".join(
                code(c + " =") for c in resource["pushed_columns"]))
        facts.append("`SELECT *`: " + calls_of_everything(resource, own))
        text = "; ".join(facts) + "."
        parts.append("### %s\n\n%s\n%s\n\n%s" % (
            resource["name"], resource["description"],
            text[0].upper() + text[1:],
            table(["column", "type", "", "what it is"],
                  [[code(c["column_name"]), c["type"], column_notes(c),
                    c["description"]] for c in own])))
    return "\n\n".join(parts)


def options():
    rows = query("SELECT * FROM fivetrex_options()")
    return table(["object", "option", "values", "default", "what it does"],
                 [[r["context"], code(r["name"]), r["allowed"],
                   code(r["default_value"]), r["description"]] for r in rows])


def settings():
    rows = query("SELECT name, vartype, coalesce(setting, '') AS setting, short_desc, extra_desc "
                 "FROM fivetrex_catalogue_check(), pg_settings "
                 "WHERE name LIKE 'fivetrex.%' ORDER BY name")
    return table(["setting", "type", "default", "what it does"],
                 [[code(r["name"]), r["vartype"], code(r["setting"]),
                   " ".join(filter(None, [r["short_desc"], r["extra_desc"]]))]
                  for r in rows])


def summary():
    """Each table, what it is, and what can be done to it."""
    rows = []
    for resource in query("SELECT * FROM fivetrex_tables()"):
        verbs = [verb for what, verb in (("create", "INSERT"), ("update", "UPDATE"), ("delete", "DELETE"))
                 if resource[what + "_call"]]
        rows.append(["[%s](#%s)" % (code(resource["name"]), resource["name"]),
                     resource["description"], ", ".join(verbs)])
    return table(["table", "what it is", "beside SELECT"], rows)


FILES = {
    "src/catalogue/README.md": (("summary", summary), ("functions", functions), ("options", options),
                                ("settings", settings), ("tables", tables)),
}


def renewed(path, old, parts):
    """The text of a file with its parts made anew."""
    for name, make in parts:
        begin = "<!-- docs:%s -->" % name
        end = "<!-- /docs:%s -->" % name
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
        if not pattern.search(old):
            sys.exit("%s has no markers for %s" % (path, name))
        text = "%s\n%s\n%s" % (begin, make(), end)
        old = pattern.sub(lambda match: text, old)
    return old


def main():
    stale = []
    for path, parts in FILES.items():
        full = os.path.join(sys.argv[-1], path)
        with open(full, encoding="utf-8") as file:
            old = file.read()
        new = renewed(path, old, parts)
        if new == old:
            continue
        if "--check" in sys.argv:
            stale.append(path)
            continue
        with open(full, "w", encoding="utf-8") as file:
            file.write(new)
    if stale:
        sys.exit("the tables of %s are not those of the catalogue: run make docs" % " and ".join(stale))


if __name__ == "__main__":
    main()
