#!/usr/bin/env python3
"""Run the statements of the benchmark and print a table.

    run.py PORT ROWS        PG* variables say where PostgreSQL is

Each figure is the median of three rounds of a ratio within the round.  CPU is
that of the backend, measured in a session that has run the statement before.
"""
import json
import subprocess
import sys
import time
import urllib.request

PORT, ROWS = sys.argv[1], int(sys.argv[2])
PAGES = (ROWS + 999) // 1000
NARROW = "count(id), count(service), sum(sync_frequency), count(*) FILTER (WHERE paused)"
COLUMNS = """id, group_id, service, schema, sync_state, setup_state, update_state, paused, succeeded_at,
             created_at, sync_frequency, service_version, tasks, config, destination_configuration"""


class Session:
    """A psql that is kept, so that the backend is."""

    def __init__(self):
        self.psql = subprocess.Popen(["psql", "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, universal_newlines=True)

    def run(self, sql):
        self.psql.stdin.write(sql + ";\n\\echo END\n")
        self.psql.stdin.flush()
        lines = []
        for line in self.psql.stdout:
            if line == "END\n":
                return "".join(lines).strip()
            lines.append(line)
        sys.exit("psql ended")

    def measure(self, sql):
        """CPU seconds of the backend, and wall seconds."""
        before = float(self.run("SELECT cpu()"))
        start = time.monotonic()
        self.run(sql)
        wall = time.monotonic() - start
        return float(self.run("SELECT cpu()")) - before, wall


def ask(path):
    return json.load(urllib.request.urlopen("http://127.0.0.1:%s%s" % (PORT, path)))


def median(values):
    return sorted(values)[len(values) // 2]


def out(what, value, reference, ratio, goal):
    print("| %s | %s | %s | %.2f | %s |" % (what, value, reference, ratio, goal), flush=True)


def cpu_rows(session):
    statements = {
        "json": "SELECT count(body::json) FROM page",
        "jsonb": "SELECT count(i ->> 'id') FROM page, jsonb_array_elements(body::jsonb -> 'data' -> 'items') i",
        "count": "SELECT count(*) FROM f.connectors",
        "narrow": "SELECT %s FROM f.connectors" % NARROW,
        "wide": "SELECT count(x) FROM (SELECT %s FROM f.connectors OFFSET 0) x" % COLUMNS,
        "attrs": "SELECT count(attrs) FROM (SELECT attrs FROM f.connectors OFFSET 0) x",
    }
    cpu = {name: [] for name in statements}
    for sql in statements.values():
        session.run(sql)
    for _ in range(3):
        for name, sql in statements.items():
            cpu[name].append(session.measure(sql)[0])
    for name, reference, goal in (("count", "jsonb", "0.20"), ("narrow", "json", "1.0"),
                                  ("narrow", "jsonb", ""), ("wide", "jsonb", "0.50"),
                                  ("attrs", "jsonb", "")):
        ratio = median([a / b for a, b in zip(cpu[name], cpu[reference])])
        out("CPU of `%s`" % {"count": "count(*)", "narrow": "4 plain columns", "wide": "15 columns, 3 jsonb",
                             "attrs": "attrs"}[name],
            "%.2f us/row" % (median(cpu[name]) / ROWS * 1e6),
            "`page::%s` %.2f us/row" % (reference, median(cpu[reference]) / ROWS * 1e6), ratio, goal)


def wall(session, what, sql, reference, goal, words):
    walls, stats = [], {}
    for _ in range(3):
        ask("/stats")
        walls.append(session.measure(sql)[1])
        stats = ask("/stats")
    out("%s (%d requests, %d at once)" % (what, stats["requests"], stats["max_in_flight"]),
        "%.0f ms" % (median(walls) * 1000), "%s %.0f ms" % (words, reference * 1000),
        median(walls) / reference, goal)


def main():
    session = Session()
    print("| what | fivetrex | reference | ratio | goal |")
    print("|---|---|---|---|---|")
    cpu_rows(session)
    ask("/latency/50")
    session.run("SELECT count(*) FROM f.connectors WHERE id = 'connector_0000001'")
    wall(session, "%d pages at 50 ms" % PAGES, "SELECT %s FROM f.connectors" % NARROW,
         PAGES * 0.05, "0.25", "pages x latency")
    wall(session, "`LIMIT 1` at 50 ms", "SELECT id FROM f.connectors LIMIT 1", 0.05, "", "latency")
    keys = "ARRAY(SELECT format('connector_%s', lpad(n::text, 7, '0')) FROM generate_series(1, 200) n)"
    wall(session, "200 details by key at 50 ms",
         "SET enable_seqscan = on; SELECT count(config) FROM f.connectors WHERE id = ANY (%s)" % keys,
         200 / 8 * 0.05, "1.15", "n x latency / 8")
    wall(session, "200 updates at 50 ms",
         "UPDATE f.connectors SET paused = true WHERE id = ANY (%s)" % keys,
         2 * 200 / 8 * 0.05, "1.15", "2 n x latency / 8")
    ask("/latency/0")
    fresh = Session()
    peak = "SELECT substring(pg_read_file('/proc/self/status', 0, 4000) FROM 'VmHWM:\\s+(\\d+)')::int"
    before = int(fresh.run(peak))
    fresh.run("SELECT %s FROM f.connectors" % NARROW)
    print("\nMemory of a fresh backend: %.1f MB more after reading %d rows (4 plain columns)."
          % ((int(fresh.run(peak)) - before) / 1024, ROWS))


main()
