#!/usr/bin/env python3
"""A server that answers with the bytes it was given, and then closes the connection.

    raw.py --answers FILE --tls-cert FILE --tls-key FILE [--exit-on-stdin-eof]

FILE is a JSON object of names and answers: each a list of texts, whose characters are
bytes.  A request whose path begins with /NAME/ gets that answer, whatever its method.
Prints its port; TLS and plain connections come to the same one.  GET /seen is answered
with the requests since the last look, "METHOD path" as they came, as JSON.
"""
import functools
import json
import socket
import ssl
import threading

import listener

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
            return listener.told(body)
        name, _, path = words[1][1:].partition("/")
        SEEN.append(f"{words[0]} /{path}")
    return "".join(answers[name]).encode("latin-1")


def talk(answers, client, context):
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


def main():
    options = listener.options("answers")
    with open(options.answers, encoding="utf-8") as file:
        answers = json.load(file)
    listener.serve(options, functools.partial(talk, answers))


if __name__ == "__main__":
    main()
