"""Fault rules: what a test wants to go wrong, and how it goes out on the wire."""
import base64
import functools
import gzip
import json
import re
import select
import struct
import time
import zlib

from state import to_json

# Keys that choose requests; every other key is an action.
_MATCHING = {"method", "path", "skip", "times"}
_ACTIONS = {"status", "headers", "body", "body_text", "body_base64", "close", "close_after",
            "stall", "chunk", "transfer", "gzip", "content_type", "delay_ms", "repeat_cursor",
            "duplicate_tail", "empty_page_with_cursor", "next_cursor", "header_flood",
            "gzip_bomb", "large", "after_state", "leave_out",
            "as_status", "before_body", "blanks_before", "second_length"}


class Rule:
    def __init__(self, spec):
        if not isinstance(spec, dict) or set(spec) - _MATCHING - _ACTIONS:
            raise ValueError("unknown key in fault rule: %r" % (spec,))
        if not set(spec) & _ACTIONS:
            raise ValueError("fault rule without an action: %r" % (spec,))
        if spec.get("stall") not in (None, "headers", "head", "body", "twice"):
            raise ValueError("stall must be headers, head, body or twice")
        self.action = spec
        self.method = spec.get("method")
        self.path = re.compile(spec.get("path", ""))
        self.skip = spec.get("skip", 0)
        self.times = spec.get("times", 1)

    def matches(self, method, path):
        return (self.method in (None, method)) and self.path.search(path) is not None


def choose(rules, method, path):
    """The action of the first rule that applies, {} if none does.  Counts a
    match; a rule that has served its times is removed.  Lock the world."""
    for rule in rules:
        if not rule.matches(method, path):
            continue
        if rule.skip > 0:
            rule.skip -= 1
            continue
        if rule.times > 0:
            rule.times -= 1
            if rule.times == 0:
                rules.remove(rule)
        return rule.action
    return {}


def replaces_answer(action):
    """Does the rule answer instead of the operation, which is then not performed?"""
    return bool({"status", "body", "body_text", "body_base64", "gzip_bomb", "large"} & set(action)) \
        and not action.get("after_state")


def replacement(action):
    """Status and body that the rule gives."""
    status = action.get("status", 200)
    if "body_base64" in action:
        return status, base64.b64decode(action["body_base64"])
    if "body_text" in action:
        return status, action["body_text"].encode()
    if "body" in action:
        return status, to_json(action["body"])
    codes = {429: "TooManyRequests", 401: "AuthFailed", 403: "Forbidden", 404: "NotFound",
             409: "Conflict", 400: "InvalidInput"}
    return status, to_json({"code": codes.get(status, "Error"), "message": "HTTP %d" % status})


def gzip_repeated(head, block, times, tail):
    """head, then block so many times, then tail, packed by gzip.  The block is packed once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)]
    parts.append((packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)) * times)
    parts.append(packer.compress(tail) + packer.flush())
    check = zlib.crc32(head)
    for _ in range(times):
        check = zlib.crc32(block, check)
    check = zlib.crc32(tail, check)
    size = len(head) + len(block) * times + len(tail)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"".join(parts) + struct.pack("<II", check, size % 2**32)


def leave_out(action, text):
    """The answer without some members of its data: paths with dots, "*" for every name."""
    if "leave_out" not in action:
        return text
    answer = json.loads(text)
    for path in action["leave_out"]:
        *steps, last = path.split(".")
        nodes = [answer.get("data")]
        for step in steps:
            nodes = [child for node in nodes if isinstance(node, dict)
                     for child in (node.values() if step == "*" else [node.get(step)])]
        for node in nodes:
            if isinstance(node, dict):
                node.pop(last, None)
    return to_json(answer)


@functools.lru_cache(maxsize=8)
def gzip_bomb(megabytes):
    """That many megabytes of blanks, packed about 1000 to 1."""
    return gzip_repeated(b"", b" " * (1 << 20), megabytes, b"")


@functools.lru_cache(maxsize=8)
def large_body(head, unit, times, tail, packed):
    """head, then unit so many times ("%d" in it is its number), then tail."""
    if not packed:
        return (head + unit * times + tail).encode()
    if "%d" in unit:
        return gzip_repeated(head.encode(), "".join([unit % i for i in range(times)]).encode(), 1,
                             tail.encode())
    block = max(1, min(times, (1 << 20) // len(unit.encode())))
    return gzip_repeated(head.encode(), unit.encode() * block, times // block,
                         unit.encode() * (times % block) + tail.encode())


def encode_body(action, body, headers, pack):
    """Apply what changes the body's bytes and the headers that describe it."""
    if "before_body" in action:
        body = base64.b64decode(action["before_body"]) + body
    if "blanks_before" in action:
        body = b" " * action["blanks_before"] + body
    if "large" in action:
        large = action["large"]
        body = large_body(large["head"], large["unit"], large["times"], large["tail"],
                          large.get("packed", True))
        if large.get("packed", True):
            headers["content-encoding"] = "gzip"
    elif "gzip_bomb" in action:
        body = gzip_bomb(action["gzip_bomb"])
        headers["content-encoding"] = "gzip"
    elif action.get("gzip", pack):
        body = gzip.compress(body, 1)
        headers["content-encoding"] = "gzip"
    if "content_type" in action:
        headers["content-type"] = action["content_type"]
    if action.get("transfer") == "chunked":
        headers["transfer-encoding"] = "chunked"
        size = action.get("chunk", 4096)
        parts = [body[i:i + size] for i in range(0, len(body), size)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"
    else:
        headers["content-length"] = str(len(body))
        if "second_length" in action:
            headers["content-length"] += "\r\ncontent-length: %d" % action["second_length"]
    for n in range(action.get("header_flood", 0)):
        headers["x-flood-%d" % n] = "x" * 1000
    for name, value in action.get("headers", {}).items():
        headers[name.lower()] = value
        if value is None:
            del headers[name.lower()]
    return body


def pieces(action, head, body):
    """What is written, one element per write; the usual answer is one write."""
    if "close_after" in action:
        return [head + body[:action["close_after"]]]
    if "chunk" in action and action.get("transfer") != "chunked":
        size = action["chunk"]
        return [head] + [body[i:i + size] for i in range(0, len(body), size)]
    return [head + body]


def stall(world, record, connection, releases):
    """Wait until the world's stalled requests are released (True) or the client
    goes away (False).  There were so many releases when the rule was chosen: one
    that came since then is meant for this request, too."""
    entry = (record, releases)
    with world.lock:
        world.stalls.append(entry)
        world.changed.notify_all()
    try:
        while True:
            with world.lock:
                if world.releases > releases:
                    return True
            # A client that waits for its answer sends nothing, so readable means closed.
            if select.select([connection], [], [], 0.02)[0]:
                return False
    finally:
        with world.lock:
            world.stalls = [other for other in world.stalls if other is not entry]
            world.changed.notify_all()


def delay(action, world):
    milliseconds = action.get("delay_ms", 0) + world.settings["latency_ms"]
    if milliseconds:
        time.sleep(milliseconds / 1000)
