#!/usr/bin/env python3
"""Hand requests on to a base URL and write down which they were.

    proxy.py BASE_URL LOGFILE      prints its own port

One line per request: "METHOD path status".  For make coverage, whose count
must not rest on what the client says of itself.
"""
import http.client
import http.server
import os
import sys
import threading
from urllib.parse import urlsplit

BASE = urlsplit(sys.argv[1].rstrip("/"))
LOG = open(sys.argv[2], "a", buffering=1, encoding="utf-8")
LOCK = threading.Lock()
HOP_BY_HOP = {"host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = http.client.HTTPSConnection if BASE.scheme == "https" else http.client.HTTPConnection
        connection = kind(BASE.netloc, timeout=180)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        connection.request(self.command, BASE.path + self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        with LOCK:
            LOG.write("%s %s %d\n" % (self.command, self.path.partition("?")[0], answer.status))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length", "server", "date"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = hand_on

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
sys.stdout.close()
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
server.serve_forever()
