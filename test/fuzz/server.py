#!/usr/bin/env python3
"""A server whose answers are mutated: body N of a seed is always the same.

    server.py COUNT SEED FILE

Writes the bodies to FILE for COPY (n, kind, bytes as \\\\x...), prints its port,
closes stdout and serves until stdin ends.  A body is chosen by the number in
the path or query; a second page (cursor=) is an empty list.
"""
import http.server
import json
import os
import random
import re
import sys
import threading

SPICE = ['"', "\\", "{", "}", "[", "]", ":", ",", "0", "-", ".", "e", "+", "null", "true", " ", "\t", "\n", "\r", "/",
         "\\u0041", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\u0000", "\\n", "\\x", "é", "\x01", "1e5", "1E400000",
         "{}", "[]",
         '""', '"id":"x",', '"items":[],', '"schemas":{},', '"code":"Success",', '"code":"X",',
         '"data":{},', '"data":null,']
WORDS = ["a", "b", "name", "é", "日本", "\U0001F600", 'q"q', "back\\slash", "line\nbreak", "", "x" * 40, "tables", "id"]


def value(rng, depth=0):
    kind = rng.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return rng.choice([0, 1, -1, 42, 123456789, 1234567890123, -7])
    if kind == 1:
        return rng.choice([1.5, -0.25, 1e10, 1e-5, 3.0])
    if kind == 2:
        return rng.choice([True, False, None])
    if kind < 6:
        return rng.choice(WORDS)
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3, 40]) if depth < 2 else rng.randrange(3))]
    return {rng.choice(WORDS) + str(rng.randrange(60)): value(rng, depth + 1)
            for _ in range(rng.choice([0, 1, 4, 45]) if depth < 2 else rng.randrange(3))}


def whole(rng, kind, n):
    """The answer before it is mutated."""
    if kind == "list":
        items = [{"id": "i%d" % i, "group_id": str(n), "service": rng.choice(WORDS), "config": value(rng)}
                 for i in range(rng.randrange(4))]
        data = {"items": items}
    elif kind in ("schemas", "tables"):
        data = {"schemas": {rng.choice(WORDS) + str(i): {"enabled": True, "name_in_destination": rng.choice(WORDS),
                "tables": {
            rng.choice(WORDS) + str(j): {"enabled": False, "x": value(rng, 2)} for j in range(rng.randrange(4))}}
            for i in range(rng.randrange(4))}}
    elif kind == "array":
        data = {"id": str(n), "events": [rng.choice(WORDS + [None]) for _ in range(rng.choice([0, 1, 5, 70]))]}
    elif kind == "error":
        return {"code": rng.choice(["InvalidInput", "NotFound_X", "x"]), "message": rng.choice(WORDS),
                "more": value(rng)}
    else:
        data = value(rng)
    return {"code": "Success", "message": rng.choice(WORDS), "data": data}


def mutated(rng, kind, n):
    text = json.dumps(whole(rng, kind, n), ensure_ascii=rng.random() < 0.5,
                      indent=rng.choice([None, None, None, 1]))
    if rng.random() < 0.2:
        text = rng.choice([" ", "\n", "\t\r\n  "]) + text + rng.choice(["", " ", "\n\n"])
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        at = rng.randrange(len(text) + 1)
        how = rng.randrange(6)
        if how == 0:
            text = text[:at] + rng.choice(SPICE) + text[at:]
        elif how == 1:
            text = text[:at] + text[at + rng.choice([1, 1, 2, 7]):]
        elif how == 2:
            text = text[:at]
        elif how == 3:      # a piece twice
            text = text[:at] + text[max(0, at - rng.randrange(1, 30)):]
        elif how == 4:      # a value by another
            text = re.sub(r'"[^"\\]*"|\b\d+\b', lambda m: rng.choice(SPICE) if rng.random() < 0.05 else m.group(), text)
        else:               # a name with escapes
            text = re.sub(r'"([a-z])', lambda m: '"\\u%04x' % ord(m.group(1)) if rng.random() < 0.2 else m.group(),
                          text)
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.03:
        at = rng.randrange(len(data) + 1)
        data = data[:at] + bytes([rng.randrange(256)]) + data[at:]
    return data


KINDS = ["request", "list", "schemas", "tables", "array", "error"]


def make(count, seed):
    bodies = []
    for n in range(count):
        rng = random.Random("%d/%d" % (seed, n))
        kind = KINDS[n % len(KINDS)]
        bodies.append((kind, mutated(rng, kind, n)))
    return bodies


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    bodies = []

    def do_GET(self):
        number = re.search(r"group_id=(\d+)|/(\d+)(?:/|$|\?)", self.path)
        if "cursor=" in self.path or number is None:
            kind, body = "list", b'{"code":"Success","data":{"items":[]}}'
        else:
            kind, body = self.bodies[int(number.group(1) or number.group(2))]
        head = "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" \
            % ("400 Bad Request" if kind == "error" else "200 OK", len(body))
        self.wfile.write(head.encode() + body)

    def log_message(self, *arguments):
        pass


def main():
    count, seed, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    Handler.bodies = make(count, seed)
    with open(path, "w", encoding="ascii") as out:
        for n, (kind, body) in enumerate(Handler.bodies):
            out.write("%d\t%s\t\\\\x%s\n" % (n, kind, body.hex()))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    os.close(1)
    sys.stdin.read()


main()
