#!/usr/bin/env python3
"""An HTTP/1.1 server that says more than it was asked for.

    surplus.py --tls-cert FILE --tls-key FILE [--exit-on-stdin-eof]

Prints its port, as server.py does; TLS and plain connections come to the same
one.  Lists have one row, which tells of what list it is; whatever has "denied"
in its path is answered 403.

Control, on connections of their own and not recorded:

    GET /control/seen        requests as [connection, "METHOD path"], then forgotten
    GET /control/say/WHAT    says WHAT on every idle connection, and answers when
                             it has arrived there
    GET /control/with/WHAT   says WHAT in one piece with the next answer; whatever is
                             controlled after that waits until it has arrived

WHAT: "again" (the last answer of the connection), "half" of it, "other" (a short
answer that fits every list), "408" (and closes), "crlf", "garbage", "end" (closes),
"nothing".  GET /control/padding/N makes answers longer by N bytes that no packing
makes short, /control/announce/HOW has them announce their length "once", or one that
differs besides: in a header that comes "after", "before", or in the same one, a
"list"; /control/groups/N makes N groups, and /control/together/N answers lists of a
group's users N at a time.

    GET /control/form/FORM   the form of the next answer (and of no other): "length",
                             "chunked", "gzip", "chunked-gzip", "204", "304", "empty"
"""
import fcntl
import gzip
import json
import random
import socket
import struct
import termios
import threading
import time

import listener

ESTABLISHED = 1         # of the states in linux/tcp_states.h
CLOSED = 7

LOCK = threading.Lock()
SENDING = threading.Lock()      # while an answer leaves, with what is said behind it
SEEN = []
CONNECTIONS = []
SETTINGS = {"with": "nothing", "padding": 0, "announce": "once", "connections": 0,
            "groups": 1, "form": "length"}
TOGETHER = threading.Barrier(1)

OTHER = json.dumps({"code": "Success", "data": {
    "id": "other", "name": "other", "items": [{"id": "other", "name": "other", "email": "other"}]}}).encode()
OTHER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(OTHER) + OTHER
ANNOUNCEMENTS = {"once": "Content-Length: {0}\r\n",
                 "after": "Content-Length: {0}\r\nContent-Length: {1}\r\n",
                 "before": "Content-Length: {1}\r\nContent-Length: {0}\r\n",
                 "list": "Content-Length: {0}, {1}\r\n"}

# Bytes that have not been sent; TIOCOUTQ: nor acknowledged.
SIOCOUTQNSD = 0x894B

TIMEOUT = (b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n"
           b"Connection: close\r\n\r\n")


def padding():
    """JSON white space, at random: an eighth of it is left when it is packed."""
    return "".join(random.choices(" \t\n\r", k=SETTINGS["padding"])).encode()


def in_form(status, body):
    form, SETTINGS["form"] = SETTINGS["form"], "length"
    headers = "Content-Type: application/json\r\n"
    if "gzip" in form:
        body = gzip.compress(body)
        headers += "Content-Encoding: gzip\r\n"
    if form in ("204", "304", "empty"):
        status, body = {"204": "204 No Content", "304": "304 Not Modified"}.get(form, status), b""
    if "chunked" in form:
        headers += "Transfer-Encoding: chunked\r\n"
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                        for part in (body[i:i + 5000] for i in range(0, len(body), 5000))) + b"0\r\n\r\n"
    elif form not in ("204", "304"):
        headers += ANNOUNCEMENTS[SETTINGS["announce"]].format(len(body), len(body) - 1)
    return f"HTTP/1.1 {status}\r\n{headers}\r\n".encode() + body


def answer(method, path):
    resource = path.split("?")[0].strip("/").split("/")[1]
    row = {"id": f"{resource} id", "name": f"{resource} name", "email": f"{resource} email"}
    status, content = "200 OK", {"code": "Success", "data": row}
    if "denied" in path:
        status, content = "403 Forbidden", {"code": "Forbidden", "message": "not yours"}
    elif method == "GET" and resource == "groups" and path.count("/") == 2:
        content["data"] = {"items": [dict(row, id=row["id"] + f" {i}" * (i > 0)) for i in range(SETTINGS["groups"])]}
    elif method == "GET" and path.count("/") in (2, 4):
        content["data"] = {"items": [row]}
    return in_form(status, json.dumps(content).encode() + padding())


class Connection:
    def __init__(self, stream, number):
        self.stream = stream
        self.number = number
        self.last = b""

    def surplus(self, what):
        return {"again": self.last, "other": OTHER, "half": self.last[:len(self.last) // 2], "408": TIMEOUT,
                "crlf": b"\r\n",
                "garbage": b"garbage\r\n\r\n", "end": b"", "nothing": b""}[what]

    def state(self):
        # known to the kernel before the thread that reads has seen it
        return self.stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]

    def is_open(self):
        return self.state() == ESTABLISHED

    def say(self, what):
        self.stream.sendall(self.surplus(what))
        if what in ("408", "end"):
            socket.socket.shutdown(self.stream, socket.SHUT_WR)
        self.arrive()

    def arrive(self):
        # what the other side's kernel has acknowledged has arrived; who resets the
        # connection, having read the answer, acknowledges nothing more, and who does
        # not read takes no more than its window
        while self.state() != CLOSED and self.queued(termios.TIOCOUTQ) > self.queued(SIOCOUTQNSD):
            time.sleep(0.001)

    def queued(self, what):
        return struct.unpack("i", fcntl.ioctl(self.stream.fileno(), what, b"\0" * 4))[0]

    def serve(self):
        reader = self.stream.makefile("rb")
        while True:
            words = reader.readline().split()
            if len(words) != 3:
                return
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            reader.read(length)
            method, path = words[0].decode(), words[1].decode()
            if path.count("/") == 4:
                TOGETHER.wait()
            with LOCK:
                SEEN.append([self.number, f"{method} {path}"])
                self.last = answer(method, path)
                what, SETTINGS["with"] = SETTINGS["with"], "nothing"
            with SENDING:
                self.stream.sendall(self.last + self.surplus(what))
                if what in ("408", "end"):
                    # who asks for something next is to find it closed, not about to be
                    socket.socket.shutdown(self.stream, socket.SHUT_WR)
                if what != "nothing":
                    self.arrive()
            if what in ("408", "end"):
                return


def control(words):
    global TOGETHER
    with SENDING, LOCK:
        if words[0] == "together":
            TOGETHER = threading.Barrier(int(words[1]))
            return None
        if words[0] == "seen":
            seen, SEEN[:] = list(SEEN), []
            return seen
        if words[0] == "say":
            still_open = [c for c in CONNECTIONS if c.is_open()]
            for connection in still_open:
                connection.say(words[1])
            return len(still_open)
        SETTINGS[words[0]] = int(words[1]) if words[0] in ("padding", "groups") else words[1]
        return None


def talk(client, context):
    connection = None
    try:
        first = client.recv(1, socket.MSG_PEEK)
        if first == b"\x16":
            client = context.wrap_socket(client, server_side=True)
        elif client.recv(13, socket.MSG_PEEK) == b"GET /control/":
            path = client.recv(65536).split()[1].decode()
            body = json.dumps(control(path.split("/")[2:])).encode()
            client.sendall(listener.told(body))
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with LOCK:
            SETTINGS["connections"] += 1
            connection = Connection(client, SETTINGS["connections"])
            CONNECTIONS.append(connection)
        connection.serve()
    except OSError:
        pass
    finally:
        with LOCK:
            if connection in CONNECTIONS:
                CONNECTIONS.remove(connection)
        client.close()


def main():
    listener.serve(listener.options(), talk)


if __name__ == "__main__":
    main()
