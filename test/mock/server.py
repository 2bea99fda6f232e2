#!/usr/bin/env python3
"""A mock of the Fivetran REST API for the test suite; Python standard library only.

    server.py [--port N] [--tls-cert FILE --tls-key FILE] [--exit-on-stdin-eof]

Binds 127.0.0.1, prints the port, closes stdout (whoever started it reads to the
end of file and then knows that it listens) and serves until SIGTERM.

/w/<world>/v1/... addresses an independent world, /v1/... the world "default",
/_control/<world>/... the control endpoints of control.py.
"""
import argparse
import base64
import json
import os
import select
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import traceback
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import control
import families
import faults
import listener
import multipart
import routes
import shake
import state
import syncs
from answers import Binary, Request
from checks import Refusal, check_body, check_query, invalid
from fields import V1, V2
from state import to_json

API_KEY, API_SECRET = "key", "secret"
AUTHORIZATION = "Basic " + base64.b64encode(b"%s:%s" % (API_KEY.encode(),
                                                        API_SECRET.encode())).decode()
RATE_LIMIT = 20000
REASONS = {200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized",
           403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
           409: "Conflict", 415: "Unsupported Media Type", 429: "Too Many Requests"}

# The client went away: an ordinary event (cancelled queries do that).
GONE = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError, ssl.SSLError, TimeoutError)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        self.encrypted = False
        self.phase = IDLE
        self.server.handlers.add(self)
        self.server.starting.discard(self.client_address)
        try:
            self.begin()
        except BaseException:
            self.server.handlers.discard(self)
            raise

    def begin(self):
        # A TLS handshake begins with byte 22.  A TLS server takes control requests
        # without TLS, for which Perl has no core module.
        if self.server.tls and self.request.recv(1, socket.MSG_PEEK) == b"\x16":
            # In the connection's own thread, so that a slow handshake blocks nobody.
            self.phase = READING
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.encrypted = True
            self.phase = IDLE
        super().setup()

    def finish(self):
        self.server.handlers.discard(self)
        super().finish()
        if self.encrypted:
            self.request.close()    # socketserver only knows the socket before TLS

    def handle(self):
        try:
            super().handle()
        except GONE:
            self.close_connection = True

    def handle_one_request(self):
        # Whatever comes is either still to be read, or this is no longer idle: see settle().
        self.phase = IDLE
        if not self.encrypted:
            wait_for_input(self.connection)
            self.phase = READING
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.read_body()
        if self.server.tls and not self.encrypted and not self.path.startswith("/_control/"):
            self.close_connection = True
        elif self.path.startswith("/_control/"):
            self.phase = ARRIVED
            if self.command == "DELETE" and self.path.endswith("/requests"):
                self.server.settle()
            status, answer = control.answer(self.command, self.path, body)
            self.send([self.head(status, {"content-length": str(len(answer))}) + answer])
        else:
            self.serve(body)

    def read_body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if size == 0:
                    return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def serve(self, body):
        """One API request, from its log record to its last byte."""
        name, path = "default", self.path
        if path.startswith("/w/"):
            name, slash, rest = path[3:].partition("/")
            path = slash + rest
        world = state.world(name)
        headers = {k.lower(): v for k, v in self.headers.items()}
        given = headers.get("authorization")
        headers["authorization"] = "absent" if given is None else \
            "valid" if given == AUTHORIZATION else "invalid"
        self.server.shake.before_arrival(world)
        # Who has seen it arrive may change the rules, or release what they hold.
        with world.lock:
            record = world.arrive(self.command, path, headers, readable(body))
            action = faults.choose(world.faults, self.command, path)
            releases = world.releases
        self.phase = ARRIVED
        status, left = None, False
        try:
            status, answer, more = self.answer(world, record, action, path, body)
            faults.delay(action, world)
            self.server.shake.before_answer(world, record)
            left = self.reply(world, record, action, releases, (status, answer, more))
        except GONE:
            world.client_gone(record)
            self.close_connection = True
        finally:
            if not left:
                world.leave(record, None)

    def answer(self, world, record, action, path, body):
        """Status, body and further headers, by the rule or by the operation."""
        if "close" in action and not action.get("after_state"):
            return None, b"", {}
        if faults.replaces_answer(action):
            return faults.replacement(action) + ({},)
        try:
            more = rate_headers(world, record)
            status, text = self.perform(world, record, action, path, body)
            text = faults.leave_out(action, text)
        except Refusal as refusal:
            if refusal.violation:
                world.violate(record, refusal.violation, refusal.message)
            more = {"retry-after": "3600"} if refusal.status == 429 else {}
            return refusal.status, to_json({"code": refusal.code, "message": refusal.message}), more
        except Exception:
            world.failed(traceback.format_exc())
            return 500, to_json({"code": "InternalError", "message": "the mock failed"}), {}
        if isinstance(text, Binary):
            more["content-type"] = "application/octet-stream"
        return action.get("as_status", status), text, more

    def perform(self, world, record, action, path, body):
        path, _, query = path.partition("?")
        operation, arguments = routes.match(self.command, path)
        if not operation.path.startswith("/public/"):
            authorized(record["headers"]["authorization"])
        self.check_accept(world, record, operation)
        parameters = check_query(operation, query)
        value = self.check_body(operation, body)
        if self.command == "GET" and path in world.raw_answers:
            return 200, world.raw_answers[path]
        request = Request(arguments, parameters, value, action)
        with world.lock:
            return operation.status, families.FUNCTIONS[operation.name](world, request)

    def check_accept(self, world, record, operation):
        accept = self.headers.get("Accept", "").replace(" ", "")
        if accept not in (V1, V2):
            raise Refusal(406, "NotAcceptable", "HTTP 406 Not Acceptable", "accept")
        if accept != operation.accept:
            world.violate(record, "version", "%s is defined with Accept: %s"
                          % (operation.name, operation.accept))

    def check_body(self, operation, body):
        if self.command not in ("POST", "PATCH"):
            if body:
                raise invalid("%s takes no body" % operation.name, "body")
            return None
        content_type = self.headers.get("Content-Type", "")
        if any(f.type == "file" for f in (operation.body or {}).values()):
            value = multipart.files(content_type, body)
            check_body(operation.body, value)
            return value
        content_type = content_type.partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise Refusal(415, "UnsupportedMediaType", "HTTP 415 Unsupported Media Type",
                          "content type")
        if not body and operation.name == "run_setup_tests":
            raise invalid("The request has no body", "body")    # a body of {} will do
        try:
            value = json.loads(body or b"{}")
        except ValueError as error:
            raise invalid("The body is not JSON: %s" % error, "body")
        check_body(operation.body or {}, value)
        return value

    def reply(self, world, record, action, releases, answer):
        """Send the answer as the rule wants it; True once the request has left."""
        status, body, more = answer
        if "close" in action or action.get("after_state"):
            self.close_connection = True
            if action.get("close") == "reset":
                # Linger of 0 seconds: close() sends RST instead of FIN.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           struct.pack("ii", 1, 0))
            return False
        pack = world.settings["gzip"] and "gzip" in self.headers.get("Accept-Encoding", "")
        headers = {"content-type": "application/json",
                   "date": format_datetime(world.syncs.clock(), usegmt=True), **more}
        body = faults.encode_body(action, body, headers, pack)
        if action.get("stall") in ("headers", "twice") and not self.stall(world, record, releases):
            return False
        pieces = faults.pieces(action, self.head(status, headers), body)
        if action.get("stall") in ("head", "body", "twice"):
            whole = b"".join(pieces)
            half = (len(whole) - len(body)) // 2 if action["stall"] == "head" else len(whole) - len(body) // 2
            self.send([whole[:half]])
            with world.lock:
                world.halves += 1
                world.changed.notify_all()
            # the first release was for the beginning
            if not self.stall(world, record, releases + (action["stall"] == "twice")):
                return False
            pieces = [whole[half:]]
        if "close_after" in action:
            self.close_connection = True
        self.send(pieces[:-1])
        world.leave(record, status)
        try:
            self.send(pieces[-1:])
        except GONE:
            world.client_gone(record)
            self.close_connection = True
        return True

    def stall(self, world, record, releases):
        if faults.stall(world, record, self.connection, releases):
            return True
        world.client_gone(record)
        self.close_connection = True
        return False

    def head(self, status, headers):
        lines = ["HTTP/1.1 %d %s" % (status, REASONS.get(status, "Status"))]
        lines += ["%s: %s" % header for header in
                  {"content-type": "application/json", **headers}.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def send(self, pieces):
        for piece in pieces:
            self.connection.sendall(piece)


def rate_headers(world, record):
    """What is left of the hour.  The limit is only kept where a test has set one."""
    limit = world.settings["rate_limit"]
    remaining = (limit or RATE_LIMIT) - world.settings["rate_used"] - record["n"]
    if limit is not None and remaining < 0:
        raise Refusal(429, "TooManyRequests", "Max %d api calls allowed in one-hour rolling time "
                      "period" % limit)
    return {"x-rate-limit": str(limit or RATE_LIMIT),
            "x-rate-limit-remaining": str(max(0, remaining))}


def readable(body):
    """A request's body for the log: JSON if it is, else text, of binary its length."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "(%d bytes)" % len(body)


def authorized(given):
    if given != "valid":
        # Wrong credentials are the user's; sending none is the client's mistake.
        raise Refusal(401, "AuthFailed", "Missing or invalid API key or secret",
                      "auth" if given == "absent" else None)


# What a connection does: waits for a request, reads one, or has noted it in the log.
IDLE, READING, ARRIVED = range(3)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    tls = None

    def __init__(self, *args):
        self.handlers = set()
        self.starting = set()       # addresses of connections that have no handler yet
        self.accepting = threading.Lock()
        self.shake = shake.from_environment()
        super().__init__(*args)

    def get_request(self):
        with self.accepting:
            request, address = super().get_request()
            self.starting.add(address)
        return request, address

    def settle(self):
        """Wait until all that clients have sent is in the logs.

        What a statement has given up may come after its end; it must not stand in the log of
        the next one.  A client that stops in the middle of a request is not waited for."""
        for _ in range(500):
            with self.accepting:
                busy = self.starting or has_input([self.socket])
            handlers = list(self.handlers)
            if not busy and not any(h.phase == READING for h in handlers) \
                    and not has_input([h.request for h in handlers if h.phase == IDLE]):
                return
            time.sleep(0.002)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], GONE):
            state.world("default").failed(traceback.format_exc())


def wait_for_input(socket_):
    poll = select.poll()
    poll.register(socket_, select.POLLIN)
    poll.poll()


def has_input(sockets):
    """Has one of them something to be read, or ended?"""
    poll = select.poll()
    for socket_ in sockets:
        number = socket_.fileno()   # once: its own thread may be closing it
        if number >= 0:
            poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    parser.add_argument("--exit-on-stdin-eof", action="store_true")
    parser.add_argument("--syncs-run", type=int, metavar="LOOKS",
                        help="syncs end by themselves after so many looks at them")
    parser.add_argument("--connectors", type=int, metavar="N",
                        help="how many connectors an account has")
    options = parser.parse_args()
    if options.connectors is not None:
        state.set_default_connectors(options.connectors)
    if options.syncs_run is not None:
        syncs.set_default_run(options.syncs_run)

    server = Server(("127.0.0.1", options.port), Handler)
    if options.tls_cert:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(options.tls_cert, options.tls_key)

    # shutdown() waits for the serving loop, which this thread runs: hence a thread.
    def stop(*_):
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    # Ctrl-C, unless a test has started it, which may still have something to ask
    if options.exit_on_stdin_eof:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    elif signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)
    if options.exit_on_stdin_eof:
        threading.Thread(target=listener.exit_with_parent, daemon=True).start()

    print(server.server_address[1], flush=True)
    # Closing sys.stdout alone leaves the descriptor open, and the reader waiting; a
    # closed descriptor 1 would be given to the next connection.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    server.serve_forever(poll_interval=0.05)
    server.server_close()
    os._exit(0)     # stalled requests must not keep the process


if __name__ == "__main__":
    main()
