"""What servers of the tests have in common: how they are started and ended, and how small ones serve."""
import argparse
import os
import signal
import socket
import ssl
import threading


def exit_with_parent():
    """Whoever started the server holds the other end of its standard input."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def options(*more):
    """Those of a small server, and its own by name; all are required but --exit-on-stdin-eof."""
    parser = argparse.ArgumentParser()
    for name in ("tls-cert", "tls-key", *more):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--exit-on-stdin-eof", action="store_true")
    return parser.parse_args()


def told(body):
    """The answer to a test that asks what was seen: these bytes, and the connection ends."""
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def serve(chosen, talk, *protocols):
    """Print a port, then talk(socket, TLS context) in a thread of its own for each connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chosen.tls_cert, chosen.tls_key)
    if protocols:
        context.set_alpn_protocols(protocols)
    listen = socket.create_server(("127.0.0.1", 0), backlog=128)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if chosen.exit_on_stdin_eof:
        threading.Thread(target=exit_with_parent, daemon=True).start()
    print(listen.getsockname()[1], flush=True)
    # Closing sys.stdout alone leaves the descriptor open, and the reader waiting; a
    # closed descriptor 1 would be given to the next connection.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    while True:
        client, _ = listen.accept()
        threading.Thread(target=talk, args=(client, context), daemon=True).start()
