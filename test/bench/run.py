#!/usr/bin/env python3
"""Run the statements of the benchmark and print the rows of its table.

    run.py PORT ROWS FOLDER     PG* variables say where PostgreSQL is

Each figure is the median of three rounds of a ratio within the round.  CPU is
that of the backend, measured in a session that has run the statement before,
unless it is of a fresh backend.  The last column is what each row is meant to
reach; README.md here tells why some do not.  FOLDER has the authorities that roots.c tells
of, if there are any, and the certificate of the server over TLS.
"""
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

PORT, ROWS, FOLDER = sys.argv[1], int(sys.argv[2]), sys.argv[3]
PAGES = (ROWS + 999) // 1000
LATENCY = 0.05
CONCURRENCY = 8
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


def keys(n):
    return "ARRAY(SELECT id FROM key ORDER BY id LIMIT %d)" % n


def schemas_of(n):
    """Statement that reads the schema configurations of n connectors."""
    return "SELECT count(enabled), count(name_in_destination) FROM f.connector_schemas WHERE connector_id = ANY (%s)" % keys(n)


def cpu_rows(session):
    configurations = 100
    size = {"count": float(session.run("SELECT sum(length(body)) FROM page")),
            "schemas": configurations * float(ask("/schemas_size"))}
    statements = {
        "json": "SELECT count(body::json) FROM page",
        "jsonb": "SELECT count(i ->> 'id') FROM page, jsonb_array_elements(body::jsonb -> 'data' -> 'items') i",
        "count": "SELECT count(*) FROM f.connectors",
        "narrow": "SELECT %s FROM f.connectors" % NARROW,
        "wide": "SELECT count(x) FROM (SELECT %s FROM f.connectors OFFSET 0) x" % COLUMNS,
        "attrs": "SELECT count(attrs) FROM (SELECT attrs FROM f.connectors OFFSET 0) x",
        "schemas": schemas_of(configurations),
        "any": "SELECT count(*) FROM f.connectors WHERE id = ANY (%s)" % keys(10000),
        "join": "SELECT count(*) FROM f.connectors JOIN key USING (id)",
    }
    cpu = {name: [] for name in statements}
    for sql in statements.values():
        session.run(sql)
    for _ in range(3):
        for name, sql in statements.items():
            cpu[name].append(session.measure(sql)[0])

    def row(what, name, reference, goal):
        out("CPU of " + what, "%.2f us/row" % (median(cpu[name]) / ROWS * 1e6),
            "`page::%s` %.2f us/row" % (reference, median(cpu[reference]) / ROWS * 1e6),
            median([a / b for a, b in zip(cpu[name], cpu[reference])]), goal)

    row("`count(*)`", "count", "jsonb", "0.07")
    row("4 plain columns", "narrow", "json", "0.35")
    row("15 columns, 3 jsonb", "wide", "jsonb", "0.17")
    row("`attrs`", "attrs", "jsonb", "0.22")
    per_byte = [(a / size["schemas"]) / (b / size["count"]) for a, b in zip(cpu["schemas"], cpu["count"])]
    out("CPU of schema configurations", "%.2f ns/byte" % (median(cpu["schemas"]) / size["schemas"] * 1e9),
        "`count(*)` of the list %.2f ns/byte" % (median(cpu["count"]) / size["count"] * 1e9), median(per_byte), "1.2")
    out("CPU of `= ANY` with 10,000 keys", "%.0f ms" % (median(cpu["any"]) * 1000),
        "join with them %.0f ms" % (median(cpu["join"]) * 1000),
        median([a / b for a, b in zip(cpu["any"], cpu["join"])]), "1.2")


def wall(session, what, sql, reference, goal, words, before=""):
    walls, stats = [], {}
    for _ in range(3):
        if before:
            session.run(before)
        ask("/stats")
        walls.append(session.measure(sql)[1])
        stats = ask("/stats")
    out("%s (%d requests, %d at once)" % (what, stats["requests"], stats["max_in_flight"]),
        "%.0f ms" % (median(walls) * 1000), "%s %.0f ms" % (words, reference * 1000),
        median(walls) / reference, goal)


def waves(n):
    """What n requests take that do not know of each other."""
    return n / CONCURRENCY * LATENCY


def wall_rows(session):
    ask("/latency/%d" % (LATENCY * 1000))
    session.run("SELECT count(*) FROM f.connectors WHERE id = 'connector_0000001'")
    narrow = "SELECT %s FROM %%s.connectors" % NARROW
    wall(session, "%d pages, not read before" % PAGES, narrow % "f", PAGES * LATENCY, "0.25", "pages x latency",
         before="SELECT fivetrex_disconnect(); SELECT count(*) FROM f.connectors WHERE id = 'connector_0000001'")
    wall(session, "%d pages, read before" % PAGES, narrow % "f", waves(PAGES) + LATENCY, "1.15",
         "(pages / 8 + 1) x latency")
    session.run(narrow % "few")
    wall(session, "3 pages, read before", narrow % "few", 2 * LATENCY, "1.15", "2 x latency")
    wall(session, "`LIMIT 1`", "SELECT id FROM f.connectors LIMIT 1", LATENCY, "1.15", "latency")
    wall(session, "join of 4 tables of a page",
         "SELECT count(*) FROM f.groups JOIN f.users USING (id) JOIN f.teams USING (id) JOIN f.destinations USING (id)",
         LATENCY, "1.3", "latency")
    wall(session, "UNION ALL of 4 tables of a page",
         "SELECT id FROM f.groups UNION ALL SELECT id FROM f.users UNION ALL SELECT id FROM f.teams UNION ALL "
         "SELECT id FROM f.destinations", LATENCY, "1.3", "latency")
    wall(session, "200 details by key", "SELECT count(config) FROM f.connectors WHERE id = ANY (%s)" % keys(200),
         waves(200), "1.15", "n / 8 x latency")
    wall(session, "join of a local table with 44 connectors by key",
         "SELECT count(c.config) FROM some_keys k JOIN f.connectors c USING (id)",
         waves(44) + LATENCY, "1.15", "(n / 8 + 1) x latency")
    wall(session, "200 updates", "UPDATE f.connectors SET paused = true WHERE id = ANY (%s)" % keys(200),
         2 * waves(200), "1.15", "2 n / 8 x latency")
    ask("/latency/0")


def memory_row(what, sql, goal, first=None):
    """How much the peak of a backend grows, a fresh one or one that has run `first`.

    Without PostgreSQL's shared buffers that it comes to look at.
    """
    fresh = Session()
    if first:
        fresh.run(first)
    own = "SELECT peak() - shared()"
    fresh.run(own)
    before = int(fresh.run(own))
    fresh.run(sql)
    grown = (int(fresh.run(own)) - before) / 1024
    out(what, "%.1f MB" % grown, "%d MB" % goal, grown / goal, "1")


class Account(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"code":"Success","data":{"id":"one","service":"postgres"}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def tls_row(session):
    if not os.path.exists(FOLDER + "/server.crt"):
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER + "/server.crt", FOLDER + "/server.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Account)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, options in ("tls", ""), ("tls_file", ", sslrootcert '%s/roots.crt'" % FOLDER):
        session.run("""CREATE SERVER %s FOREIGN DATA WRAPPER fivetrex
                       OPTIONS (base_url 'https://localhost:%d', max_retries '0'%s);
                       CREATE USER MAPPING FOR PUBLIC SERVER %s OPTIONS (api_key 'key', api_secret 'secret');
                       CREATE SCHEMA %s;
                       IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors) FROM SERVER %s INTO %s"""
                    % (name, server.server_address[1], options, name, name, name, name))
    cpu = {"tls": [], "tls_file": []}
    for _ in range(5):
        for name, values in cpu.items():
            fresh = Session()
            fresh.run("SELECT cpu()")
            values.append(fresh.measure("SELECT service FROM %s.connectors WHERE id = 'one'" % name)[0])
    out("CPU of a fresh backend's first row over TLS", "%.1f ms" % (median(cpu["tls"]) * 1000),
        "with all authorities as a file %.1f ms" % (median(cpu["tls_file"]) * 1000),
        median(cpu["tls"]) / median(cpu["tls_file"]), "6 ms")


def main():
    session = Session()
    cpu_rows(session)
    tls_row(session)
    wall_rows(session)
    memory_row("memory of a first query, %d rows" % ROWS, "SELECT %s FROM f.connectors" % NARROW, 13)
    tables = "SELECT count(*) FROM wide.connector_tables WHERE connector_id = ANY (%s)"
    memory_row("memory of 200 configurations of 1.2 MB, 64 at once", tables % keys(200), 32, tables % keys(1))


main()
