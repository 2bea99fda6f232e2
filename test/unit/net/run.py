#!/usr/bin/env python3
"""Try the HTTP floor in a scratch cluster against a server of its own.

    run.py [--asan] [pattern]

Builds in a copy under /tmp, so the tree stays clean.  The cluster runs as
postgres when started by root, and is stopped and removed at the end.
"""
import collections
import contextlib
import glob
import gzip
import http.server
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../../.."))
ASAN = "--asan" in sys.argv
PATTERNS = [a for a in sys.argv[1:] if not a.startswith("-")]
BINDIR = subprocess.check_output(["pg_config", "--bindir"], text=True).strip()

# ---------------------------------------------------------------- the server


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.clear()

    def clear(self):
        self.seen = []            # (time, method, path, headers, body)
        self.connections = set()
        self.active = self.most = 0
        self.steps = collections.Counter()


STATE = State()
BOMB = gzip.compress(b"\0" * 50_000_000)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    served = 0

    def log_message(self, *args):
        pass

    def raw(self, data):
        with contextlib.suppress(OSError):
            self.wfile.write(data)
            self.wfile.flush()

    def reply(self, status, body=b"{}", **headers):
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
        headers.setdefault("Content_Type", "Application/JSON; charset=utf-8")
        lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def stall(self):
        """Until the client is gone."""
        self.close_connection = True
        self.connection.settimeout(60)
        with contextlib.suppress(OSError):
            self.connection.recv(1)

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.served += 1
        with STATE.lock:
            STATE.seen.append((time.monotonic(), self.command, self.path,
                               dict(self.headers), body))
            STATE.connections.add(self.client_address)
            STATE.active += 1
            STATE.most = max(STATE.most, STATE.active)
            STATE.steps[self.path] += 1
            step = STATE.steps[self.path]
        try:
            getattr(self, "do_" + url.path[1:].replace("-", "_"))(
                query, step, body)
        finally:
            with STATE.lock:
                STATE.active -= 1

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve

    def do_ok(self, query, step, body):
        time.sleep(float(query.get("s", 0)))
        self.reply(200, query.get("body", "{}").encode())

    def do_codes(self, query, step, body):
        time.sleep(float(query.get("s", 0)))
        codes = query["codes"].split(",")
        code = codes[min(step, len(codes)) - 1]
        if code == "close":
            self.close_connection = True
        elif int(code) != 200 and "ra" in query:
            self.reply(int(code), Retry_After=query["ra"])
        else:
            self.reply(int(code))

    def do_die_on_reuse(self, query, step, body):
        if self.served > 1:
            self.close_connection = True
        else:
            self.reply(200)

    def do_close_after(self, query, step, body):
        self.reply(200)
        self.close_connection = True

    def do_stall_header(self, query, step, body):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-")
        self.stall()

    def do_stall_body(self, query, step, body):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        self.stall()

    def do_half_body(self, query, step, body):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        self.close_connection = True

    def do_half_chunked(self, query, step, body):
        self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"5\r\nabcde\r\n")
        self.close_connection = True

    def do_gzip(self, query, step, body):
        self.reply(200, gzip.compress(b"x" * int(query["n"])),
                   Content_Encoding="gzip")

    def do_bomb(self, query, step, body):
        self.reply(200, BOMB, Content_Encoding="gzip")

    def do_bad_gzip(self, query, step, body):
        self.reply(200, b"this is not gzip", Content_Encoding="gzip")

    def do_big(self, query, step, body):
        self.reply(200, b"x" * int(query["n"]))

    def do_header_flood(self, query, step, body):
        self.raw(b"HTTP/1.1 200 OK\r\n")
        for i in range(4000):
            self.raw(b"X-%d: " % i + b"y" * 200 + b"\r\n")
        self.stall()

    def do_long_header(self, query, step, body):
        self.raw(b"HTTP/1.1 200 OK\r\nX: ")
        for i in range(1000):
            self.raw(b"y" * 1000)
        self.stall()

    def do_not_http(self, query, step, body):
        self.raw(b"220 smtp.example.com ESMTP\r\n")
        self.close_connection = True

    def do_nothing(self, query, step, body):
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *args):
        pass


def start_server(context=None):
    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


# --------------------------------------------------------------- the cluster

SLOW_DNS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
int getaddrinfo(const char *n, const char *s, const struct addrinfo *h,
                struct addrinfo **r)
{
    int (*next)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (n && strcmp(n, "slow.test") == 0) { sleep(4); return EAI_AGAIN; }
    if (n && strcmp(n, "none.test") == 0) return EAI_NONAME;
    return next(n, s, h, r);
}
"""


# Without it the stock server hangs in a library's constructor: ASan has to be
# initialised before those run.
ASAN_FIRST = """
extern void __asan_init(void);
__attribute__((constructor)) static void early(void) { __asan_init(); }
"""


def run(*command, **kw):
    kw.setdefault("stdout", subprocess.PIPE)
    kw.setdefault("stderr", subprocess.STDOUT)
    done = subprocess.run(command, text=True, **kw)
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}")
    return done.stdout


def as_postgres(*command):
    if os.getuid() == 0:
        command = ("runuser", "-u", "postgres", "--") + command
    return command


class Cluster:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="nettest.")
        os.chmod(self.dir, 0o755)
        self.build()
        data = self.data = os.path.join(self.dir, "data")
        os.mkdir(data)
        if os.getuid() == 0:
            shutil.chown(data, "postgres", "postgres")
        self.env = dict(os.environ, no_proxy="example.org")
        self.env["LD_PRELOAD"] = os.path.join(self.dir, "slowdns.so")
        if ASAN:
            lib = run("gcc", "-print-file-name=libasan.so").strip()
            self.shared("asanfirst", ASAN_FIRST, "-fsanitize=address",
                        "-Wl,-z,initfirst", "-Wl,--no-as-needed")
            self.env["LD_PRELOAD"] = ":".join(
                [lib, self.dir + "/asanfirst.so", self.env["LD_PRELOAD"]])
            self.env["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
            self.env["ASAN_OPTIONS"] = (
                "detect_leaks=0:abort_on_error=1:"
                "allocator_may_return_null=1:detect_odr_violation=0:"
                "detect_stack_use_after_return=0:log_path=" + data + "/asan")

    def start(self):
        data = self.data
        run(*as_postgres(BINDIR + "/initdb", "-D", data, "-A", "trust",
                         "-U", "postgres", "-N", "-E", "UTF8", "--locale=C"))
        with open(data + "/postgresql.conf", "a") as conf:
            conf.write(f"listen_addresses=''\nfsync=off\n"
                       f"unix_socket_directories='{data}'\n"
                       f"max_stack_depth=2MB\n")
        run(*as_postgres(BINDIR + "/pg_ctl", "-D", data, "-w", "-l",
                         data + "/log", "start"), env=self.env,
            stdout=subprocess.DEVNULL)

    def build(self):
        copy = os.path.join(self.dir, "tree")
        shutil.copytree(ROOT + "/src", copy + "/src")
        shutil.copytree(HERE, copy + "/test/unit/net")
        flags = "-g -O1 -fsanitize=address,undefined" if ASAN else ""
        run("make", "-C", copy + "/test/unit/net", "-j4",
            *(["PROFILE=" + flags] if flags else []))
        self.module = copy + "/test/unit/net/net_test.so"
        self.shared("slowdns", SLOW_DNS, "-ldl")

    def shared(self, name, text, *flags):
        source = os.path.join(self.dir, name + ".c")
        with open(source, "w") as f:
            f.write(text)
        run("gcc", "-shared", "-fPIC", "-o", f"{self.dir}/{name}.so", source,
            *flags)

    def stop(self):
        subprocess.run(as_postgres(BINDIR + "/pg_ctl", "-D", self.data, "-w",
                                   "-m", "immediate", "stop"),
                       stdout=subprocess.DEVNULL)
        log = ""
        with contextlib.suppress(FileNotFoundError):
            log = open(self.data + "/log").read()
        for name in glob.glob(self.data + "/asan*"):
            print(open(name).read()[:6000])
        shutil.rmtree(self.dir)
        return log


class Session:
    def __init__(self, cluster):
        self.psql = subprocess.Popen(
            ["psql", "-XAtq", "-h", cluster.data, "-U", "postgres",
             "-F", "\t", "-v", "module=" + cluster.module, "postgres"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.pid = int(self.run("select pg_backend_pid()"))

    def send(self, sql):
        self.psql.stdin.write(sql + "\n;\n\\echo +-+\n")
        self.psql.stdin.flush()

    def receive(self):
        lines = []
        for line in self.psql.stdout:
            if line == "+-+\n":
                return "".join(lines).strip()
            lines.append(line)
        raise RuntimeError("session is gone: " + "".join(lines))

    def run(self, sql):
        self.send(sql)
        return self.receive()

    def fetch(self, urls, columns="outcome,status", **options):
        if isinstance(urls, str):
            urls = [urls]
        array = "array[" + ",".join(f"'{u}'" for u in urls) + "]"
        extra = "".join(f", {k} => {v}" for k, v in options.items())
        rows = self.run(f"select {columns} from http_fetch({array}{extra}) "
                        "order by i")
        rows = [r.split("\t") for r in rows.splitlines()]
        return rows[0] if len(urls) == 1 else rows

    def engine(self, **options):
        args = ", ".join(f"{k} => {v}" for k, v in options.items())
        out = self.run(f"select net_engine({args})")
        assert out == "", out

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def rss(self):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1])


TESTS = []


def test(f):
    TESTS.append(f)
    return f


def same(got, expected):
    if got != expected:
        raise AssertionError(f"got {got!r}, expected {expected!r}")


def between(low, value, high):
    if not low <= value <= high:
        raise AssertionError(f"{value} is not in {low}..{high}")


class Timer:
    def __enter__(self):
        self.start = time.monotonic()
        return self

    def __exit__(self, *args):
        self.ms = (time.monotonic() - self.start) * 1000


# ----------------------------------------------------------------- the tests


@test
def pure(s, base, c):
    counts = [int(s.run(f"select net_check_{x}()"))
              for x in ("bytes", "url", "backoff", "retry_after")]
    return "checks: %d bytes, %d url, %d backoff, %d retry_after" % tuple(
        counts)


@test
def headers_and_bodies(s, base, c):
    s.engine()
    same(s.fetch(base + "/ok?body=hi", "outcome,status,body_start,"
                 "content_type,attempts,calls,may_have_run,retry_after"),
         ["answered", "200", "hi", "application/json", "1", "1", "f", "-1"])
    headers = STATE.seen[-1][3]
    same(headers["Accept"], "application/json")
    same(headers["User-Agent"], "net_test/1")
    same(headers["Authorization"], "Basic a2V5OnNlY3JldA==")
    assert "Content-Type" not in headers and "Expect" not in headers
    big = "repeat('x', 2000000)"
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        same(s.fetch(base + "/ok", method=f"'{method}'", body="'{\"a\":1}'"),
             ["answered", "200"])
        _, m, _, headers, body = STATE.seen[-1]
        same((m, body, headers["Content-Type"]),
             (method, b'{"a":1}', "application/json"))
        s.fetch(base + "/ok", method=f"'{method}'")
        _, m, _, headers, body = STATE.seen[-1]
        same((m, body, headers.get("Content-Type"),
              headers.get("Content-Length")),
             (method, b"", None, None if method == "DELETE" else "0"))
        same(s.fetch(base + "/ok", method=f"'{method}'", body=big),
             ["answered", "200"])
        same(len(STATE.seen[-1][4]), 2000000)
        assert "Expect" not in STATE.seen[-1][3]
    same(s.fetch(base.replace("//", "//u:p@") + "/ok", "outcome"),
         ["client_failure"])
    same(s.fetch("ftp://127.0.0.1/x", "outcome,attempts"),
         ["client_failure", "1"])
    same(s.fetch("file:///etc/passwd", "outcome"), ["client_failure"])
    same(s.fetch("http://", "outcome"), ["client_failure"])


@test
def parallel_and_capped(s, base, c):
    s.engine(concurrency=4)
    with Timer() as t:
        rows = s.fetch([f"{base}/ok?s=0.2&i={i}" for i in range(20)])
    same(rows, [["answered", "200"]] * 20)
    same(STATE.most, 4)
    same(len(STATE.connections), 4)
    between(1000, t.ms, 1500)
    order = [int(p[2].split("=")[-1]) for p in STATE.seen]
    for i, o in enumerate(order):
        between(i // 4 * 4, o, i // 4 * 4 + 3)
    STATE.clear()
    s.engine(concurrency=1)
    s.fetch([f"{base}/ok?i={i}" for i in range(200)])
    same((STATE.most, len(STATE.connections)), (1, 1))
    same([int(p[2].split("=")[-1]) for p in STATE.seen], list(range(200)))
    return (f"20 x 200 ms by 4: {t.ms:.0f} ms, 4 connections; 200 by 1: "
            "1 connection, in order")


@test
def keep_alive(s, base, c):
    s.engine()
    with Timer() as t:
        for i in range(300):
            same(s.fetch(base + "/ok"), ["answered", "200"])
    same(len(STATE.connections), 1)
    fds = s.fds()
    s.run("select net_destroy()")
    assert s.fds() < fds
    return f"300 statements over 1 connection, {t.ms / 300:.2f} ms each"


@test
def throughput(s, base, c):
    s.engine(concurrency=8)
    with Timer() as t:
        rows = s.run("select count(*), sum(len) from http_fetch((select "
                     f"array_agg('{base}/big?n=100000&i=' || i) "
                     "from generate_series(1,1000) i))")
    same(rows, "1000\t100000000")
    return f"1000 answers of 100 kB by 8 in {t.ms:.0f} ms"


@test
def retries(s, base, c):
    s.engine(retries=3, retry_delay=10)
    cols = "outcome,status,attempts,calls"
    cases = [
        ("429,429,200", ["answered", "200", "3", "3"]),
        ("503,502,504,200", ["answered", "200", "4", "4"]),
        ("503,503,503,503,200", ["answered", "503", "4", "4"]),
        ("close,close,200", ["answered", "200", "3", "3"]),
        ("close,close,close,close,200", ["broken_transfer", "0", "4", "4"]),
        ("500,200", ["answered", "500", "1", "1"]),
        ("401,200", ["answered", "401", "1", "1"]),
        ("302,200", ["answered", "302", "1", "1"]),
    ]
    for codes, expected in cases:
        same(s.fetch(f"{base}/codes?codes={codes}", cols), expected)
    unsafe = [
        ("429,200", ["answered", "200", "2", "2"]),
        ("503,200", ["answered", "503", "1", "1"]),
        ("close,200", ["broken_transfer", "0", "1", "1"]),
    ]
    for codes, expected in unsafe:
        same(s.fetch(f"{base}/codes?u=1&codes={codes}", cols,
                     repeat_safe="false", method="'POST'"), expected)
    same(s.fetch(f"{base}/codes?v=1&codes=close", "may_have_run,message",
                 repeat_safe="false", method="'POST'"),
         ["t", "Empty reply from server"])
    # no delay at all
    s.engine(retries=100, retry_delay=0)
    with Timer() as t:
        same(s.fetch(f"{base}/codes?z=1&codes={'503,' * 100}200", cols),
             ["answered", "200", "101", "101"])
    between(0, t.ms, 1000)
    same(s.fetch(f"{base}/codes?z=2&ra=0&codes={'429,' * 50}200",
                 cols + ",retry_wait"), ["answered", "200", "51", "51", "0"])
    return f"100 retries without delay in {t.ms:.0f} ms"


@test
def retry_after(s, base, c):
    s.engine(retries=3, retry_delay=0)
    cols = "outcome,status,attempts,retry_after,retry_wait"
    with Timer() as t:
        same(s.fetch(f"{base}/codes?codes=429,200&ra=1", cols)[:4],
             ["answered", "200", "2", "-1"])
    between(1000, t.ms, 1100)
    # too long: at once, with the answer
    with Timer() as u:
        same(s.fetch(f"{base}/codes?codes=429,200&ra=100", cols),
             ["answered", "429", "1", "100", "0"])
    between(0, u.ms, 100)
    # ... and the gate it left does not lock the engine
    with Timer() as u:
        same(s.fetch(f"{base}/ok", cols[:14]), ["answered", "200"])
    between(0, u.ms, 100)
    # the queue is held back, and overlapping waits count once
    s.engine(concurrency=1, retries=3, retry_delay=0)
    STATE.clear()
    with Timer() as v:
        rows = s.fetch([f"{base}/codes?g=1&codes=429,200&ra=1"] +
                       [f"{base}/ok?i={i}" for i in range(5)], cols)
    same([r[:2] for r in rows], [["answered", "200"]] * 6)
    between(1000, v.ms, 1200)
    between(1000, int(rows[-1][4]), 1020)
    between(0.99, STATE.seen[1][0] - STATE.seen[0][0], 1.2)
    same(STATE.seen[1][2].startswith("/codes"), True)
    # 8 at once, each told to wait for 1 s: together 1 s
    s.engine(concurrency=8, retries=3, retry_delay=0)
    with Timer() as w:
        rows = s.fetch([f"{base}/codes?h={i}&codes=429,200&ra=1&s=0.1"
                        for i in range(8)], cols)
    same([r[:3] for r in rows], [["answered", "200", "2"]] * 8)
    between(1100, w.ms, 1500)
    between(1000, max(int(r[4]) for r in rows), 1100)
    # what is left of the budget
    s.engine(concurrency=1, retries=9, retry_delay=0)
    same(s.fetch(f"{base}/codes?b=1&codes=429,429,429,200&ra=1", cols,
                 max_retry_wait=2500)[:4], ["answered", "429", "3", "1"])
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                         time.gmtime(time.time() + 2))
    with Timer() as x:
        same(s.fetch(f"{base}/codes?d=1&codes=429,200&ra="
                     + urllib.parse.quote(date), cols)[:3],
             ["answered", "200", "2"])
    between(900, x.ms, 2200)
    return (f"Retry-After 1: {t.ms:.0f} ms; refused in {u.ms:.0f} ms; queue "
            f"of 5 behind it {v.ms:.0f} ms; 8 together {w.ms:.0f} ms; "
            f"date {x.ms:.0f} ms")


@test
def call_budget(s, base, c):
    s.engine(concurrency=2, retries=5, retry_delay=0)
    rows = s.fetch([f"{base}/ok?i={i}" for i in range(5)],
                   "outcome,attempts,calls", max_calls=3)
    same(sorted(r[0] for r in rows),
         ["answered"] * 3 + ["calls_exhausted"] * 2)
    same(len(STATE.seen), 3)
    same(s.fetch(f"{base}/codes?codes=503,503,503,503,200",
                 "outcome,status,attempts,calls", max_calls=3),
         ["answered", "503", "3", "3"])


@test
def stale_connection(s, base, c):
    s.engine(concurrency=1, retries=0)
    # the server ends the connection when it is used again
    for n in range(2):
        same(s.fetch(base + "/ok"), ["answered", "200"])
        STATE.clear()
        same(s.fetch(base + "/die-on-reuse",
                     "outcome,status,attempts,calls"),
             ["answered", "200", "2", "2"])
        same(len(STATE.seen), 2)
    STATE.clear()
    same(s.fetch(base + "/die-on-reuse", "outcome,attempts,may_have_run,"
                 "message", repeat_safe="false", method="'POST'"),
         ["broken_transfer", "1", "t",
          "the connection ended before the answer"])
    same(len(STATE.seen), 1)
    # on a new connection it goes through
    same(s.fetch(base + "/die-on-reuse", repeat_safe="false",
                 method="'POST'"), ["answered", "200"])
    # a GET that may not be counted again
    same(s.fetch(base + "/die-on-reuse", "outcome,attempts,calls",
                 max_calls=1), ["broken_transfer", "1", "1"])
    # the end of a kept connection came already: noticed before sending
    for method in ("GET", "POST"):
        same(s.fetch(base + "/close-after"), ["answered", "200"])
        time.sleep(0.05)
        same(s.fetch(base + "/ok", "outcome,attempts", repeat_safe="false",
                     method=f"'{method}'"), ["answered", "1"])


@test
def failures(s, base, c):
    s.engine(concurrency=4, connect_timeout=1, retries=0)
    cols = "outcome,status,may_have_run,len"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    same(s.fetch(f"http://127.0.0.1:{port}/", cols),
         ["cannot_connect", "0", "f", "0"])
    same(s.fetch("http://none.test/", cols),
         ["cannot_resolve", "0", "f", "0"])
    # a full accept queue never answers
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    fill = [socket.socket() for _ in range(4)]
    for f in fill:
        f.setblocking(False)
        f.connect_ex(full.getsockname())
    time.sleep(0.1)
    with Timer() as t:
        row = s.fetch(f"http://127.0.0.1:{full.getsockname()[1]}/",
                      cols + ",message")
    same(row[:4], ["cannot_connect", "0", "f", "0"])
    between(1000, t.ms, 1200)
    for f in fill + [full]:
        f.close()
    broken = ["broken_transfer", "0", "t", "0"]
    large = ["too_large", "0", "t", "0"]
    for path, expected in [
            ("nothing", broken), ("half-body", broken),
            ("half-chunked", broken), ("bomb", large),
            ("big?n=1000001", large), ("header-flood", large),
            ("long-header", large),
            ("big?n=1000000", ["answered", "200", "f", "1000000"]),
            ("gzip?n=1000000", ["answered", "200", "f", "1000000"]),
            ("gzip?n=1000001", large),
            ("bad-gzip", ["malformed", "0", "t", "0"]),
            ("not-http", ["malformed", "0", "t", "0"])]:
        try:
            same(s.fetch(base + "/" + path, cols), expected)
        except AssertionError as e:
            raise AssertionError(f"{path}: {e} " + str(
                s.fetch(base + "/" + path, "message")))
    for path in ("stall-header", "stall-body"):
        with Timer() as u:
            same(s.fetch(base + "/" + path, cols, timeout=1),
                 ["timed_out", "0", "t", "0"])
        between(1000, u.ms, 1200)
    bomb = s.fetch(base + "/bomb", "message,bytes")
    assert int(bomb[1]) < 60000, bomb
    # libcurl gives up on a slow resolver, too
    with Timer() as v:
        dns = s.fetch("http://slow.test/", cols + ",message")
    same(dns[:3], ["cannot_connect", "0", "f"])
    between(1000, v.ms, 1300)
    return (f"connect timeout {t.ms:.0f} ms ({row[4]}), "
            f"request timeout {u.ms:.0f} ms, bomb: {bomb}, "
            f"resolver {v.ms:.0f} ms ({dns[4]})")


@test
def tls(s, base, c):
    key, cert = c.dir + "/key.pem", c.dir + "/cert.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
        "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", key, "-out", cert)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    port = start_server(context)
    cols = "outcome,status,may_have_run,attempts"
    s.engine(retries=2)
    row = s.fetch(f"https://localhost:{port}/ok", cols + ",message")
    same(row[:4], ["tls_failed", "0", "f", "1"])
    # no TLS there
    same(s.fetch(base.replace("http:", "https:") + "/ok", cols),
         ["tls_failed", "0", "f", "1"])
    s.engine(retries=2, ca=f"'{cert}'")
    STATE.clear()
    rows = s.fetch([f"https://localhost:{port}/ok?s=0.1&i={i}"
                    for i in range(8)], cols)
    same(rows, [["answered", "200", "f", "1"]] * 8)
    same((STATE.most, len(STATE.connections)), (4, 4))
    name = s.fetch(f"https://127.0.0.1:{port}/ok", cols + ",message")
    same(name[:4], ["tls_failed", "0", "f", "1"])
    s.engine(retries=2, ca="'/nonexistent'")
    same(s.fetch(f"https://localhost:{port}/ok", "outcome"), ["tls_failed"])
    return f"{row[4]} / {name[4]}"


@test
def proxy(s, base, c):
    s.engine(retries=0, proxy="'http://127.0.0.1:1'")
    same(s.fetch(base + "/ok"), ["answered", "200"])
    same(s.fetch("http://none.test/", "outcome"), ["cannot_connect"])
    # from the environment's no_proxy, merged
    same(s.fetch("http://example.org:1/", "outcome,message")[0] in
         ("cannot_resolve", "cannot_connect"), True)
    s.engine(retries=0, proxy="'" + base + "'")
    STATE.clear()
    s.fetch("http://none.test/ok", "outcome")
    same(STATE.seen[0][2], "http://none.test/ok")


@test
def cancel(s, base, c):
    s.engine(concurrency=4, retries=3, retry_delay=30000)
    other = Session(c)
    worst = {}
    cases = {
        "header": [base + "/stall-header"] * 6,
        "body": [base + "/stall-body"] * 6,
        "resolver": ["http://slow.test/"],
        "retry": [base + "/codes?codes=503"],
        "retry_after": [base + "/codes?codes=429&ra=50"],
        "gate": [base + "/codes?codes=429&ra=50"] + [base + "/ok?s=1"] * 8,
    }
    for name, urls in cases.items():
        array = "array[" + ",".join(f"'{u}'" for u in urls) + "]"
        for how in ("pg_cancel_backend(%d)" % s.pid, "timeout"):
            for _ in range(5):
                if name == "gate":
                    s.engine(concurrency=4, retries=3, retry_delay=30000)
                if how == "timeout":
                    s.run("set statement_timeout = 300")
                s.send(f"select * from http_fetch({array}, timeout => 0)")
                start = time.monotonic() + 0.3
                if how != "timeout":
                    time.sleep(0.3)
                    start = time.monotonic()
                    event = other.run("select wait_event from pg_stat_activity"
                                      f" where pid = {s.pid}")
                    start = time.monotonic()
                    other.run("select " + how)
                    same(event in ("Extension", "FivetrexHttp"), True)
                out = s.receive()
                ms = (time.monotonic() - start) * 1000
                assert "canceling statement" in out, (name, how, out)
                worst[name] = max(worst.get(name, 0), ms)
                s.run("set statement_timeout = 0")
                same(s.run("select net_requests()"), "0")
                limit = 400 if ASAN else 100
                between(-50, ms, limit)
    # the engine still works
    s.engine()
    same(s.fetch(base + "/ok"), ["answered", "200"])
    return "worst ms: " + ", ".join(f"{k} {v:.0f}" for k, v in worst.items())


@test
def no_leaks(s, base, c):
    def many(count, urls, extra=""):
        array = "array[" + ",".join(f"'{u}'" for u in urls) + "]"
        out = s.run(f"""do $$ begin for i in 1..{count} loop begin
            set local statement_timeout = 0;
            perform from http_fetch({array}{extra});
            exception when query_canceled then null; end; end loop; end $$""")
        assert out == "", out

    result = []
    s.engine(concurrency=4, retries=1, retry_delay=0)

    def cancelled(count):
        for i in range(count):
            s.send(f"set statement_timeout = 5; select * from http_fetch("
                   f"array['{base}/stall-body','{base}/stall-header',"
                   f"'{base}/ok?s=1','{base}/ok','{base}/ok'])")
            out = s.receive()
            assert "canceling statement" in out, out
        s.run("set statement_timeout = 0")

    def failing(count):
        many(count, [base + "/half-body", base + "/nothing", base + "/bomb",
                     "http://none.test/", "http://127.0.0.1:1/"])

    for name, step, n in (("cancelled", cancelled, 1000),
                          ("failing", failing, 200)):
        step(50)
        fds, rss = s.fds(), s.rss()
        with Timer() as t:
            step(n)
        between(fds - 4, s.fds(), fds + 4)
        same(s.run("select net_requests()"), "0")
        result.append(f"{n} {name} in {t.ms:.0f} ms: fds {fds} -> {s.fds()}, "
                      f"RSS {rss} -> {s.rss()} kB")
        if not ASAN:
            between(0, s.rss() - rss, 2000)
    before = s.fds()
    s.run("select net_destroy()")
    for i in range(200):
        s.engine()
        s.fetch(base + "/ok")
        s.run("select net_destroy()")
    between(0, s.fds(), before - 1)
    result.append(f"200 engines: {s.fds()} fds")
    return "; ".join(result)


@test
def idle_cpu(s, base, c):
    """Waiting costs no processor time."""
    s.engine(retries=3, retry_delay=30000)

    def ticks():
        f = open(f"/proc/{s.pid}/stat").read().split()
        return int(f[13]) + int(f[14])

    used = {}
    for name, url in (("stall", base + "/stall-body"),
                      ("retry", base + "/codes?codes=429&ra=50"),
                      ("resolver", "http://slow.test/")):
        s.run("set statement_timeout = 2000")
        before = ticks()
        s.fetch(url, "outcome")
        used[name] = ticks() - before
        between(0, used[name], 5)
    s.run("set statement_timeout = 0")
    return f"ticks of 10 ms in 2 s: {used}"


@test
def terminate(s, base, c):
    """pg_terminate_backend in mid-transfer, and a postmaster without us."""
    mine = Session(c)
    mine.engine()
    mine.send(f"select * from http_fetch(array['{base}/stall-body'])")
    time.sleep(0.3)
    s.run(f"select pg_terminate_backend({mine.pid})")
    for _ in range(100):
        if not os.path.exists(f"/proc/{mine.pid}"):
            break
        time.sleep(0.01)
    else:
        raise AssertionError("still there")
    return s.run("select 'alive'")


def main():
    base = f"http://127.0.0.1:{start_server()}"
    signal.signal(signal.SIGTERM, lambda *args: sys.exit("terminated"))
    failed = 0
    cluster = Cluster()
    try:
        cluster.start()
        session = Session(cluster)
        out = session.run(open(HERE + "/net_test.sql").read())
        assert out == "", out
        for t in TESTS:
            if PATTERNS and not any(p in t.__name__ for p in PATTERNS):
                continue
            STATE.clear()
            try:
                note = t(session, base, cluster)
                print("ok    ", t.__name__, "-", note or "", flush=True)
            except Exception as e:
                failed += 1
                where = e.__traceback__.tb_next
                print("FAILED", t.__name__, "line",
                      where and where.tb_lineno, repr(e)[:900], flush=True)
                if session.psql.poll() is not None or "gone" in str(e):
                    break
    finally:
        log = cluster.stop()
    bad = [x for x in log.splitlines()
           if any(w in x for w in ("PANIC", "TRAP", "signal 6", "signal 11",
                                   "runtime error"))]
    print("\n".join(bad[:20]))
    sys.exit(1 if failed or bad else 0)


if __name__ == "__main__":
    main()
