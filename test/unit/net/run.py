#!/usr/bin/env python3
"""Try the HTTP floor in a scratch cluster against a server of its own.

    run.py [--sanitize=address,undefined] [pattern ...]

Builds in a copy below TMPDIR, so the tree stays clean, for the PostgreSQL of
PG_CONFIG.  The cluster runs as postgres when started by root, and is stopped
and removed at the end.

Tests wait for what the server has seen, never for time.  A wait of its own
fails after GUARD seconds and says for what; a test that hangs otherwise is
ended after twice as many.
"""
import collections
import contextlib
import errno
import glob
import gzip
import http.server
import json
import os
import select
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
SANITIZE = ([a.partition("=")[2] for a in sys.argv[1:]
             if a.startswith("--sanitize=")] or [""])[-1]
PATTERNS = [a for a in sys.argv[1:] if not a.startswith("-")]
PG_CONFIG = os.environ.get("PG_CONFIG") or "pg_config"
BINDIR = subprocess.check_output([PG_CONFIG, "--bindir"], text=True).strip()
GUARD = 300


def wait_until(true, what):
    """For what cannot be waited for but by looking."""
    end = time.monotonic() + GUARD
    while not true():
        if time.monotonic() > end:
            raise AssertionError("never came: " + what)
        time.sleep(0.002)

# ---------------------------------------------------------------- the server


class State:
    def __init__(self):
        self.lock = threading.Condition()
        self.active = 0           # requests that are worked on
        self.ended = set()        # addresses of connections that we closed
        self.clear()

    def clear(self):
        """Forget what was; what a client that is gone has sent comes first.

        A statement that was cancelled may have sent what nobody here has read
        yet.  It would count as the next statement's.
        """
        # twice, because a reading of the table may leave out a row
        wait_until(lambda: not unread() and not unread(), "all that was sent")
        self.wait(lambda: self.active == 0, "the end of all requests")
        self.seen = []            # (time, method, path, headers, body)
        self.connections = set()
        self.most = 0
        self.arrived = 0          # requests with "round"
        self.steps = collections.Counter()

    def wait(self, true, what):
        with self.lock:
            if not self.lock.wait_for(true, GUARD):
                raise AssertionError(
                    f"never came: {what}; {self.active} active of "
                    f"{[path for _, _, path, _, _ in self.seen]}")

    def meet(self, n, gone):
        """Requests go on in groups of n, when all of a group are there.

        The client of one may have given up before: nobody else comes then.
        """
        with self.lock:
            self.arrived += 1
            group = (self.arrived + n - 1) // n * n
            self.lock.notify_all()
            end = time.monotonic() + GUARD
            while self.arrived < group and not gone() and \
                    time.monotonic() < end:
                self.lock.wait(0.05)


# where servers listen
PORTS = set()
# of a connection: SYN_RECV, and CLOSE_WAIT, its client has closed it
UNREAD = (3, 8)


def sockets():
    """(local, remote port, state, queue) of TCP sockets of IPv4."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f][1:]
    return [(int(r[1].split(":")[1], 16), int(r[2].split(":")[1], 16),
             int(r[3], 16), int(r[4].split(":")[1], 16)) for r in rows]


def unread():
    return any(local in PORTS and state in UNREAD
               for local, _, state, _ in sockets())


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

    def gone(self):
        """Who waits for an answer sends nothing, so readable means closed."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def stall(self):
        """Until the client is gone."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.recv(1)

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.served += 1
        with STATE.lock:
            STATE.seen.append((time.time(), self.command, self.path,
                               dict(self.headers), body))
            STATE.connections.add(self.client_address)
            STATE.active += 1
            STATE.most = max(STATE.most, STATE.active)
            STATE.steps[self.path] += 1
            step = STATE.steps[self.path]
            STATE.lock.notify_all()
        try:
            if "round" in query and step == 1:
                STATE.meet(int(query["round"]), self.gone)
            getattr(self, "do_" + url.path[1:].replace("-", "_"))(
                query, step, body)
        finally:
            with STATE.lock:
                STATE.active -= 1
                STATE.lock.notify_all()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve

    def do_ok(self, query, step, body):
        self.reply(200, query.get("body", "{}").encode())

    def do_codes(self, query, step, body):
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

    def shutdown_request(self, request):
        address = None
        with contextlib.suppress(OSError):
            address = request.getpeername()
        super().shutdown_request(request)
        with STATE.lock:
            STATE.ended.add(address)
            STATE.lock.notify_all()


def start_server(context=None):
    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    PORTS.add(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


# --------------------------------------------------------------- the cluster

# "slow.test" takes until the FIFO has had a writer, and has none any more.
SLOW_DNS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
int getaddrinfo(const char *n, const char *s, const struct addrinfo *h,
                struct addrinfo **r)
{
    int (*next)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (n && strcmp(n, "slow.test") == 0)
    {
        char c;
        int fd = open(FIFO, O_RDONLY);
        while (fd >= 0 && read(fd, &c, 1) > 0)
            ;
        if (fd >= 0)
            close(fd);
        return EAI_AGAIN;
    }
    if (n && (strcmp(n, "none.test") == 0 || strcmp(n, "direct.test") == 0))
        return EAI_NONAME;
    return next(n, s, h, r);
}
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
        self.env = dict(os.environ, no_proxy="direct.test")
        for name in ("http_proxy", "https_proxy", "all_proxy", "NO_PROXY",
                     "HTTPS_PROXY", "ALL_PROXY"):
            self.env.pop(name, None)
        self.env["LD_PRELOAD"] = os.path.join(self.dir, "slowdns.so")
        if os.environ.get("SLOW_CLIENT"):
            self.env["LD_PRELOAD"] += ":" + os.environ["SLOW_CLIENT"]
        if SANITIZE:
            lib = run("gcc", "-print-file-name=libasan.so").strip()
            self.shared("asanfirst",
                        open(ROOT + "/test/sanitize/asanfirst.c").read(),
                        "-fsanitize=address",
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
        flags = "-g -O1 -fsanitize=" + SANITIZE if SANITIZE else ""
        run("make", "-C", copy + "/test/unit/net", "-j2",
            "PG_CONFIG=" + PG_CONFIG,
            *(["PROFILE=" + flags] if flags else []))
        self.module = copy + "/test/unit/net/net_test.so"
        self.fifo = self.dir + "/resolver"
        os.mkfifo(self.fifo)
        os.chmod(self.fifo, 0o644)
        self.shared("slowdns", SLOW_DNS, f'-DFIFO="{self.fifo}"', "-ldl")

    def shared(self, name, text, *flags):
        source = os.path.join(self.dir, name + ".c")
        with open(source, "w") as f:
            f.write(text)
        run("gcc", "-shared", "-fPIC", "-o", f"{self.dir}/{name}.so", source,
            *flags)

    def resolver_has_reader(self):
        try:
            os.close(os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as e:
            if e.errno != errno.ENXIO:
                raise
            return False
        return True

    @contextlib.contextmanager
    def resolving(self):
        """From when slow.test is being resolved; it fails at the end."""
        writer = []

        def begun():
            with contextlib.suppress(OSError):
                writer.append(os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK))
            return writer
        wait_until(begun, "the resolver")
        try:
            yield
        finally:
            os.close(writer[0])
            wait_until(lambda: not self.resolver_has_reader(),
                       "the resolver's end")

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
            [BINDIR + "/psql", "-XAtq", "-h", cluster.data, "-U", "postgres",
             "-F", "\t", "-v", "module=" + cluster.module, "postgres"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.pid = int(self.run("select pg_backend_pid()"))

    def libcurl(self):
        """The version that the module was built with, as 0x075000."""
        return int(self.run("select net_libcurl()"))

    def waits(self, pid):
        """In our own wait, says pg_stat_activity."""
        return self.run("select wait_event from pg_stat_activity where pid = "
                        f"{pid}") in ("Extension", "FivetrexHttp")

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

    def send_limited(self, ms, sql):
        """A statement that may take so long, and no other."""
        self.send(f"begin; set local statement_timeout = {ms}; {sql}; "
                  "rollback")

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


def established(address):
    return any(local == address[1] and state == 1
               for local, _, state, _ in sockets())


def between(low, value, high):
    if not low <= value <= high:
        raise AssertionError(f"{value} is not in {low}..{high}")


def at_least(low, value):
    if value < low:
        raise AssertionError(f"{value} is less than {low}")


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
    # none of a group is answered before the last one is there
    rows = s.fetch([f"{base}/ok?round=4&i={i}" for i in range(20)])
    same(rows, [["answered", "200"]] * 20)
    same(STATE.most, 4)
    same(len(STATE.connections), 4)
    order = [int(p[2].split("=")[-1]) for p in STATE.seen]
    for i, o in enumerate(order):
        between(i // 4 * 4, o, i // 4 * 4 + 3)
    STATE.clear()
    s.engine(concurrency=1)
    s.fetch([f"{base}/ok?i={i}" for i in range(200)])
    same((STATE.most, len(STATE.connections)), (1, 1))
    same([int(p[2].split("=")[-1]) for p in STATE.seen], list(range(200)))
    return "20 by 4: 4 connections, together; 200 by 1: 1, in order"


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
        ("500,408,200", ["answered", "200", "3", "3"]),
        ("501,200", ["answered", "501", "1", "1"]),
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
    # a write may be what the server failed at, safe or not
    for method, safe in (("DELETE", "true"), ("POST", "false")):
        for code in ("408", "500"):
            same(s.fetch(f"{base}/codes?w={method}&codes={code},200", cols,
                         repeat_safe=safe, method=f"'{method}'"),
                 ["answered", code, "1", "1"])
    # on a connection of its own
    s.engine(retries=3, retry_delay=10)
    same(s.fetch(f"{base}/codes?v=1&codes=close", "may_have_run,message",
                 repeat_safe="false", method="'POST'"),
         ["t", "Empty reply from server"])
    # no delay at all
    s.engine(retries=100, retry_delay=0)
    same(s.fetch(f"{base}/codes?z=1&codes={'503,' * 100}200",
                 cols + ",retry_wait"),
         ["answered", "200", "101", "101", "0"])
    same(s.fetch(f"{base}/codes?z=2&ra=0&codes={'429,' * 50}200",
                 cols + ",retry_wait"), ["answered", "200", "51", "51", "0"])


@test
def retry_after(s, base, c):
    s.engine(retries=3, retry_delay=0)
    cols = "outcome,status,attempts,retry_after,retry_wait"
    with Timer() as t:
        same(s.fetch(f"{base}/codes?codes=429,200&ra=1", cols)[:4],
             ["answered", "200", "2", "-1"])
    at_least(1000, t.ms)
    # too long: at once, with the answer
    same(s.fetch(f"{base}/codes?codes=429,200&ra=1000", cols),
         ["answered", "429", "1", "1000", "0"])
    # ... and the gate it left does not lock the engine; GUARD is shorter
    same(s.fetch(f"{base}/ok", "outcome,status"), ["answered", "200"])
    # the queue is held back
    s.engine(concurrency=1, retries=3, retry_delay=0)
    STATE.clear()
    rows = s.fetch([f"{base}/codes?g=1&codes=429,200&ra=1"] +
                   [f"{base}/ok?i={i}" for i in range(5)], cols)
    same([r[:2] for r in rows], [["answered", "200"]] * 6)
    same(int(rows[-1][4]), 1000)
    at_least(0.99, STATE.seen[1][0] - STATE.seen[0][0])
    same(STATE.seen[1][2].startswith("/codes"), True)
    # 8 at once, each told to wait for 1 s: overlapping waits count once, so
    # that they are not more than the time that it took
    s.engine(concurrency=8, retries=3, retry_delay=0)
    STATE.clear()
    with Timer() as w:
        rows = s.fetch([f"{base}/codes?h={i}&codes=429,200&ra=1&round=8"
                        for i in range(8)], cols)
    same([r[:3] for r in rows], [["answered", "200", "2"]] * 8)
    between(1000, max(int(r[4]) for r in rows), w.ms)
    # what is left of the budget
    s.engine(concurrency=1, retries=9, retry_delay=0)
    same(s.fetch(f"{base}/codes?b=1&codes=429,429,429,200&ra=1", cols,
                 max_retry_wait=2500), ["answered", "429", "3", "1", "2000"])
    # not before the date that it names
    STATE.clear()
    then = int(time.time()) + 2
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(then))
    same(s.fetch(f"{base}/codes?d=1&codes=429,200&ra="
                 + urllib.parse.quote(date), cols)[:3],
         ["answered", "200", "2"])
    at_least(then, STATE.seen[1][0])
    return (f"Retry-After 1: {t.ms:.0f} ms; 8 together {w.ms:.0f} ms")


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
    if s.libcurl() < 0x075000:
        return "libcurl cannot be asked before it sends again"
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
        STATE.clear()
        STATE.ended.clear()
        same(s.fetch(base + "/close-after"), ["answered", "200"])
        STATE.wait(lambda: STATE.connections <= STATE.ended,
                   "the end of the connection")
        wait_until(lambda: all(not established(a)
                               for a in STATE.connections),
                   "the news of it")
        same(s.fetch(base + "/ok", "outcome,attempts", repeat_safe="false",
                     method=f"'{method}'"), ["answered", "1"])


@test
def failures(s, base, c):
    s.engine(concurrency=4, connect_timeout=300, retries=0)
    cols = "outcome,status,may_have_run,len"
    # a port that nobody listens on, nor can anybody else take it
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
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
    port = full.getsockname()[1]
    wait_until(lambda: any(local == port and state == 10 and queue > 0
                           for local, _, state, queue in sockets()),
               "the queue's end")
    s.engine(connect_timeout=1, retries=0)
    with Timer() as t:
        row = s.fetch(f"http://127.0.0.1:{port}/", cols + ",message")
    same(row[:4], ["cannot_connect", "0", "f", "0"])
    at_least(990, t.ms)
    for f in fill + [full]:
        f.close()
    # libcurl gives up on a slow resolver, too; an older one waits for it
    dns = ["not tried"]
    if s.libcurl() >= 0x075700:
        with Timer() as v:
            s.send("select outcome, status, may_have_run, message from "
                   "http_fetch(array['http://slow.test/'])")
            with c.resolving():
                dns = s.receive().split("\t")
        same(dns[:3], ["cannot_connect", "0", "f"])
        at_least(990, v.ms)
    s.engine(concurrency=4, connect_timeout=300, retries=0)
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
        # on a connection that is there, so that it leaves at once
        same(s.fetch(base + "/ok"), ["answered", "200"])
        with Timer() as u:
            same(s.fetch(base + "/" + path, cols, timeout=1),
                 ["timed_out", "0", "t", "0"])
        at_least(990, u.ms)
    bomb = s.fetch(base + "/bomb", "message,bytes")
    assert int(bomb[1]) < 60000, bomb
    return (f"connect timeout {t.ms:.0f} ms ({row[4]}), "
            f"request timeout {u.ms:.0f} ms, bomb: {bomb}, "
            f"resolver: {dns[-1]}")


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
    # whether it shares connections is seen once; no more waits for that
    same(s.fetch(f"https://localhost:{port}/ok", "outcome"), ["answered"])
    STATE.clear()
    rows = s.fetch([f"https://localhost:{port}/ok?round=4&i={i}"
                    for i in range(8)], cols)
    same(rows, [["answered", "200", "f", "1"]] * 8)
    same((STATE.most, len(STATE.connections)), (4, 4))
    name = s.fetch(f"https://127.0.0.1:{port}/ok", cols + ",message")
    same(name[:4], ["tls_failed", "0", "f", "1"])
    s.engine(retries=2, ca="'/nonexistent'")
    same(s.fetch(f"https://localhost:{port}/ok", "outcome"), ["tls_failed"])
    return f"{row[4]} / {name[4]}"


@test
def roots(s, base, c):
    """The system's authorities, by file and by directory."""
    def authority(name, host):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
            "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{host}",
            "-keyout", f"{c.dir}/{name}.key", "-out", f"{c.dir}/{name}.crt")
        return f"{c.dir}/{name}.crt"

    def directory(name, hashed, *files):
        path = f"{c.dir}/{name}"
        os.mkdir(path)
        for file in files:
            digest = run("openssl", "x509", "-noout", "-subject_hash",
                         "-in", file).strip()
            os.symlink(file, f"{path}/{digest}.0" if hashed else
                       f"{path}/{os.path.basename(file)}")
        return path

    def fetch(url, **engine):
        s.engine(retries=2, **engine)
        STATE.clear()
        row = s.fetch(url, "outcome,attempts")
        return row + [str(len(STATE.seen))]

    good = authority("good", "localhost")
    wrong = authority("wrong", "example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(good, good.replace(".crt", ".key"))
    url = f"https://localhost:{start_server(context)}/ok"
    hashed = directory("hashed", True, good, wrong)
    others = directory("others", True, wrong)
    plain = directory("plain", False, good)
    nowhere = c.dir + "/nowhere"
    answered, failed = ["answered", "1", "1"], ["tls_failed", "1", "0"]

    def defaults(file, path):
        return s.run(f"select net_roots('{file}', '{path}', {newer})")

    # from 8.21 on NULL is libcurl's default, which is brought about here
    for newer in "false", "true":
        tls = defaults(nowhere, hashed)
        by_hash = tls.startswith("OpenSSL/")
        really_newer = tls.split()[-1] >= "081500"
        # libcurl for an older GnuTLS refuses what is no directory
        if newer == "false" and really_newer or \
                newer == "true" and not (really_newer or by_hash):
            continue
        # that the file is not there shows that it is not read
        same(fetch(url), answered if by_hash else failed)
        same(fetch(url, ca=f"'{wrong}'"), failed)
        same(fetch(url, ca=f"'{good}'"), answered)
        for path in hashed, others, plain, nowhere:
            defaults(good, path)
            # without OpenSSL libcurl's own default applies, which knows neither
            same(fetch(url), answered if by_hash else failed)
            same(fetch(url, ca=f"'{wrong}'"), failed)
            same(fetch(url.replace("localhost", "127.0.0.1")), failed)
        for path in others, plain, nowhere:
            defaults(wrong, path)
            same(fetch(url), failed)
            same(fetch(url, ca=f"'{good}'"), answered)
        if not by_hash:
            continue
        # many at once find out together; a write is sent once
        defaults(good, others)
        s.engine(retries=0, concurrency=8)
        STATE.clear()
        same(s.fetch([f"{url}?i={i}" for i in range(16)], "outcome,attempts",
                     method="'POST'", repeat_safe="false", max_calls=16),
             [["answered", "1"]] * 16)
        same(len(STATE.seen), 16)
    return tls


@test
def proxy(s, base, c):
    s.engine(retries=0, proxy="'http://127.0.0.1:1'")
    same(s.fetch(base + "/ok"), ["answered", "200"])
    same(s.fetch("http://none.test/", "outcome"), ["cannot_connect"])
    # from the environment's no_proxy, merged
    same(s.fetch("http://direct.test/", "outcome"), ["cannot_resolve"])
    s.engine(retries=0, proxy="'" + base + "'")
    STATE.clear()
    s.fetch("http://none.test/ok", "outcome")
    same(STATE.seen[0][2], "http://none.test/ok")


@test
def cancel(s, base, c):
    other = Session(c)
    abandons = s.libcurl() >= 0x075700
    cases = {
        "header": [base + "/stall-header"] * 6,
        "body": [base + "/stall-body"] * 6,
        "resolver": ["http://slow.test/"],
        "retry": [base + "/codes?codes=503"],
        "retry_after": [base + "/codes?codes=429&ra=5000"],
        # the answer that shuts the gate comes when four are there
        "gate": [base + "/codes?codes=429&ra=5000&round=4"] +
                [f"{base}/stall-body?round=4&i={i}" for i in range(8)],
    }
    # requests that the server has seen, and has not answered
    counts = {"header": (4, 4), "body": (4, 4), "retry_after": (1, 0),
              "gate": (4, 3)}

    def reached(name):
        if name == "retry":
            STATE.wait(lambda: STATE.seen and STATE.active == 0, name)
        elif name != "resolver":
            STATE.wait(lambda: (len(STATE.seen), STATE.active) ==
                       counts[name], name)
        wait_until(lambda: other.waits(s.pid), name + " waits")

    s.engine(concurrency=4, retries=1000000, retry_delay=30000)
    took = {}
    for name, urls in cases.items():
        if name == "resolver" and not abandons:
            continue
        array = "array[" + ",".join(f"'{u}'" for u in urls) + "]"
        for how in ["pg_cancel_backend"] * 5 + ["timeout"] * 2:
            STATE.clear()
            if name in ("retry_after", "gate"):
                # without the gate of the one before
                s.engine(concurrency=4, retries=1000000, retry_delay=30000)
            fetch = ("select * from http_fetch("
                     f"{array}, timeout => 0, max_retry_wait => 1000000000)")
            if how == "timeout":
                s.send_limited(100, fetch)
            else:
                s.send(fetch)
            # nothing but the cancel ends any of these, so that it has come
            # in time if it has come at all
            with contextlib.ExitStack() as stack:
                if name == "resolver":
                    stack.enter_context(c.resolving())
                if how != "timeout":
                    reached(name)
                    other.run(f"select pg_cancel_backend({s.pid})")
                with Timer() as t:
                    out = s.receive()
            assert "canceling statement" in out, (name, how, out)
            if how != "timeout":
                took[name] = max(took.get(name, 0), t.ms)
            same(s.run("select net_requests()"), "0")
            # its connections are closed
            STATE.wait(lambda: STATE.active == 0, "the end of " + name)
            if how != "timeout" and name in counts:
                same(len(STATE.seen), counts[name][0])
    # the engine still works
    s.engine()
    same(s.fetch(base + "/ok"), ["answered", "200"])
    return "most ms: " + ", ".join(f"{k} {v:.0f}" for k, v in took.items())


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
            s.send_limited(5, "select * from http_fetch("
                           f"array['{base}/stall-body','{base}/stall-header',"
                           f"'{base}/stall-body','{base}/ok','{base}/ok'])")
            out = s.receive()
            assert "canceling statement" in out, out

    def failing(count):
        many(count, [base + "/half-body", base + "/nothing", base + "/bomb",
                     "http://none.test/", "http://127.0.0.1:1/"])

    for name, step, n in (("cancelled", cancelled, 500),
                          ("failing", failing, 200)):
        step(50)
        fds, rss = s.fds(), s.rss()
        with Timer() as t:
            step(n)
        between(fds - 4, s.fds(), fds + 4)
        same(s.run("select net_requests()"), "0")
        result.append(f"{n} {name} in {t.ms:.0f} ms: fds {fds} -> {s.fds()}, "
                      f"RSS {rss} -> {s.rss()} kB")
        # it may be less: the kernel takes pages back
        if not SANITIZE and s.rss() - rss > 2000:
            raise AssertionError(f"{name}: RSS {rss} -> {s.rss()} kB")
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
    def ticks():
        f = open(f"/proc/{s.pid}/stat").read().split()
        return int(f[13]) + int(f[14])

    used = {}
    urls = {"stall": base + "/stall-body",
            "retry": base + "/codes?codes=429&ra=5000",
            "resolver": "http://slow.test/"}
    if s.libcurl() < 0x075700:
        del urls["resolver"]
    for name, url in urls.items():
        # without the gate that a Retry-After leaves
        s.engine(retries=3, retry_delay=30000)
        before = ticks()
        s.send_limited(1000, f"select from http_fetch(array['{url}'], "
                       "max_retry_wait => 1000000000)")
        with (c.resolving() if name == "resolver" else
              contextlib.nullcontext()):
            out = s.receive()
        assert "canceling statement" in out, out
        used[name] = ticks() - before
        # of processor time, which others on the machine do not change
        between(0, used[name], 5)
    return f"ticks of 10 ms in 1 s: {used}"


@test
def terminate(s, base, c):
    """pg_terminate_backend in mid-transfer, and a postmaster without us."""
    mine = Session(c)
    mine.engine()
    mine.send(f"select * from http_fetch(array['{base}/stall-body'])")
    STATE.wait(lambda: STATE.active == 1, "the request")
    s.run(f"select pg_terminate_backend({mine.pid})")
    wait_until(lambda: not os.path.exists(f"/proc/{mine.pid}"), "its end")
    STATE.wait(lambda: STATE.active == 0, "the end of its connection")
    return s.run("select 'alive'")


def give_up(*args):
    raise AssertionError(f"still not done after {2 * GUARD} s")


def main():
    base = f"http://127.0.0.1:{start_server()}"
    signal.signal(signal.SIGTERM, lambda *args: sys.exit("terminated"))
    signal.signal(signal.SIGALRM, give_up)
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
            try:
                STATE.clear()
                signal.alarm(2 * GUARD)
                note = t(session, base, cluster)
                signal.alarm(0)
                print("ok    ", t.__name__, "-", note or "", flush=True)
            except Exception as e:
                failed += 1
                where = e.__traceback__.tb_next
                print("FAILED", t.__name__, "line",
                      where and where.tb_lineno, repr(e)[:900], flush=True)
                if "still not done" in str(e) or "gone" in str(e) or \
                        session.psql.poll() is not None:
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
