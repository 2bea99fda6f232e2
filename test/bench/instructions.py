#!/usr/bin/env python3
"""Count instructions, which no other program's work can change.

    instructions.py DATA     with valgrind, in a single-user backend

The rows of the table that a time would be noise for: 3,000 connectors, and 3
configurations.  What is counted is the second execution of a statement.
"""
import os
import re
import subprocess
import sys

DATA = sys.argv[1]
NARROW = "count(id), count(service), sum(sync_frequency), count(*) FILTER (WHERE paused)"
STATEMENTS = {
    "json": "SELECT count(body::json) FROM (SELECT body FROM page LIMIT 3) p",
    "jsonb": "SELECT count(i ->> 'id') FROM (SELECT body FROM page LIMIT 3) p, "
             "jsonb_array_elements(body::jsonb -> 'data' -> 'items') i",
    "count": "SELECT count(*) FROM few.connectors",
    "narrow": "SELECT %s FROM few.connectors" % NARROW,
    "wide": "SELECT count(x) FROM (SELECT id, group_id, service, schema, sync_state, setup_state, update_state, "
            "paused, succeeded_at, created_at, sync_frequency, service_version, tasks, config, "
            "destination_configuration FROM few.connectors OFFSET 0) x",
    "attrs": "SELECT count(attrs) FROM (SELECT attrs FROM few.connectors OFFSET 0) x",
}


def executed(sql, times):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           "postgres", "--single", "-j", "-D", DATA, "postgres"],
                          input=(sql + ";\n\n") * times, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, errors="replace")
    found = re.search(r"Collected : (\d+)", done.stdout)
    if done.returncode or not found or "ERROR" in done.stdout:
        sys.exit(done.stdout)
    return int(found.group(1))


def main():
    count = {name: (executed(sql, 3) - executed(sql, 2)) / 3000 for name, sql in STATEMENTS.items()}
    for what, name, reference, goal in (("`count(*)`", "count", "jsonb", "0.07"),
                                        ("4 plain columns", "narrow", "json", "0.35"),
                                        ("15 columns, 3 jsonb", "wide", "jsonb", "0.17"),
                                        ("`attrs`", "attrs", "jsonb", "0.22")):
        print("| instructions of %s | %.0f/row | `page::%s` %.0f/row | %.2f | %s |"
              % (what, count[name], reference, count[reference], count[name] / count[reference], goal), flush=True)


os.environ["LC_ALL"] = "C"
main()
