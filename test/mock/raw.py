#!/usr/bin/env python3
"""A server that answers with the bytes it was given, and then closes the connection.

    raw.py --answers FILE --tls-cert FILE --tls-key FILE [--exit-on-stdin-eof]

FILE is a JSON object of names and answers: each a list of texts, whose characters are
bytes.  A request whose path begins with /NAME/ gets that answer, whatever its method.
Prints its port; TLS and plain connections come to the same one.  GET /seen is answered
with the requests since the last look, "METHOD path" as they came, as JSON.
"""
import argparse
import json
import os
import signal
import socket
import ssl
import sys
import threading

LOCK = threading.Lock()
SEEN = []


def read_request(stream):
    """The words of the request line; the whole request is read, so that closing resets nothing."""
    reader = stream.makefile("rb")
    words = reader.readline().split()
    length = 0
    while (line := reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    reader.read(length)
    return [word.decode() for word in words]


def answer(words, answers):
    with LOCK:
        if words[1] == "/seen":
            body = json.dumps(SEEN).encode()
            SEEN.clear()
            return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        name, _, path = words[1][1:].partition("/")
        SEEN.append(f"{words[0]} /{path}")
    return "".join(answers[name]).encode("latin-1")


def talk(client, context, answers):
    try:
        if client.recv(1, socket.MSG_PEEK) == b"\x16":
            client = context.wrap_socket(client, server_side=True)
        words = read_request(client)
        if len(words) == 3:
            client.sendall(answer(words, answers))
            if isinstance(client, ssl.SSLSocket):
                client = client.unwrap()
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
    except OSError:
        pass
    finally:
        client.close()


def exit_with_parent():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main():
    parser = argparse.ArgumentParser()
    for name in ("answers", "tls-cert", "tls-key"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--exit-on-stdin-eof", action="store_true")
    options = parser.parse_args()
    with open(options.answers, encoding="utf-8") as file:
        answers = json.load(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    listen = socket.create_server(("127.0.0.1", 0), backlog=128)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if options.exit_on_stdin_eof:
        threading.Thread(target=exit_with_parent, daemon=True).start()
    print(listen.getsockname()[1], flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    while True:
        client, _ = listen.accept()
        threading.Thread(target=talk, args=(client, context, answers), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
