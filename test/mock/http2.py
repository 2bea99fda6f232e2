#!/usr/bin/env python3
"""A server of scripted HTTP/2 frames, for what the mock's HTTP/1.1 cannot do.

    http2.py --tls-cert FILE --tls-key FILE --script NAME [--exit-on-stdin-eof]

Prints its port, as server.py does.  It answers each request that it processes
with the same object, and refuses others as the script says.  Without TLS it
answers GET / with what it has seen, as JSON: for each processed request its
method and body, and how many were refused.

Scripts: "goaway" takes two requests of each connection, then sends GOAWAY and
leaves the connection open; "goaway-late" does the same, but on its first connection
only when a third request has come, of which the client cannot have known;
"goaway-all" takes none; "refuse" refuses the first
two streams of all; "refuse-all" refuses all; "reset" ends the first
stream of each connection by another error; "close" takes the first request and
then closes the connection without a word.
"""
import functools
import json
import socket
import struct
import threading

import listener

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
REFUSED_STREAM, INTERNAL_ERROR = 7, 2
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

# The first field of a request is its method; these two have a number.
METHODS = {0x82: "GET", 0x83: "POST"}

BODY = json.dumps({"code": "Success", "message": "done", "data": {
    "id": "one", "name": "One", "items": [{"id": "one", "name": "One"}]}}).encode()
# :status 200; content-type, by its number in the static table, and its value
FIELDS = b"\x88\x0f\x10\x10application/json"

LOCK = threading.Lock()
SEEN = {"processed": [], "refused": 0, "connections": 0}


class Gone(Exception):
    pass


class Connection:
    def __init__(self, stream, script):
        self.stream = stream
        self.script = script
        self.last = 0           # stream that was processed
        self.taken = 0
        self.streams = 0
        self.open = {}          # stream: (method, body)
        self.held = []          # requests that wait for a third one
        self.away = False
        with LOCK:
            SEEN["connections"] += 1
            self.number = SEEN["connections"]

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.stream.recv(n - len(data))
            if not more:
                raise Gone
            data += more
        return data

    def send(self, kind, flags, number, payload=b""):
        self.stream.sendall(struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
                            + struct.pack(">I", number) + payload)

    def serve(self):
        if self.read(len(PREFACE)) != PREFACE:
            raise Gone
        self.send(SETTINGS, 0, 0)
        while True:
            head = self.read(9)
            size = int.from_bytes(head[:3], "big")
            kind, flags = head[3], head[4]
            number = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
            payload = self.read(size)
            if kind == SETTINGS and not flags & ACK:
                self.send(SETTINGS, ACK, 0)
            elif kind == PING and not flags & ACK:
                self.send(PING, ACK, 0, payload)
            elif kind == HEADERS:
                # skip the priority, if there is one
                fields = payload[5:] if flags & 0x20 else payload
                self.open[number] = [METHODS.get(fields[0], "other"), b""]
            elif kind == DATA and number in self.open:
                self.open[number][1] += payload
            if kind in (HEADERS, DATA) and flags & END_STREAM and number in self.open:
                self.request(number, *self.open.pop(number))

    def request(self, number, method, body):
        self.streams += 1
        with LOCK:
            SEEN["streams"] = SEEN.get("streams", 0) + 1
            total = SEEN["streams"]
        script = self.script
        if self.away and number > self.last:
            return self.refuse(number, None)        # it is said already
        if script == "refuse-all" or script == "refuse" and total <= 2:
            return self.refuse(number, REFUSED_STREAM)
        if script == "reset" and self.streams == 1:
            return self.refuse(number, INTERNAL_ERROR)
        if script == "goaway-all":
            self.refuse(number, None)
            return self.go_away()
        if script == "goaway-late" and self.number == 1 and not self.away:
            self.held.append((number, method, body))
            if len(self.held) < 3:
                return None
            self.held.sort()    # bodies may end in another order
            for request in self.held[:2]:
                self.take(*request)
            self.go_away()
            return self.refuse(self.held[2][0], None)
        self.take(number, method, body)
        # those before the last are taken, too, whenever their bodies end
        if script in ("goaway", "goaway-late") and self.taken >= 2 and not self.away:
            self.go_away()
        return None

    def take(self, number, method, body):
        self.taken += 1
        self.last = max(self.last, number)
        with LOCK:
            SEEN["processed"].append([method, body.decode()])
        if self.script == "close":
            raise Gone
        self.send(HEADERS, END_HEADERS, number, FIELDS)
        self.send(DATA, END_STREAM, number, BODY)

    def refuse(self, number, error):
        with LOCK:
            SEEN["refused"] += 1
        if error is not None:
            self.send(RST_STREAM, 0, number, struct.pack(">I", error))

    def go_away(self):
        self.away = True
        self.send(GOAWAY, 0, 0, struct.pack(">II", self.last, 0))


def talk(script, client, context):
    try:
        first = client.recv(1, socket.MSG_PEEK)
        if first == b"G":
            client.recv(65536)
            with LOCK:
                body = json.dumps(SEEN).encode()
                SEEN.update(processed=[], refused=0, connections=0)
            client.sendall(listener.told(body))
        if first != b"\x16":
            return
        with context.wrap_socket(client, server_side=True) as stream:
            Connection(stream, script).serve()
    except (Gone, OSError):
        pass
    finally:
        client.close()


def main():
    options = listener.options("script")
    listener.serve(options, functools.partial(talk, options.script), "h2")


if __name__ == "__main__":
    main()
