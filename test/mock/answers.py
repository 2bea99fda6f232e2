"""What the operations answer with: envelopes, pages, masked configurations."""
import re
from collections import namedtuple

from state import to_json

# args: path parameters; query; body; action: the fault rule's, {} if there is none.
Request = namedtuple("Request", "args query body action")


class Binary(bytes):
    """An answer that is not JSON."""


# Keys of free-form configurations that hold secrets.
_SECRET = re.compile(r"password|secret|token|passphrase|private_key|api_key|access_key|"
                     r"client_key|\bpat\b")


def done(message):
    return b'{"code":"Success","message":%s}' % to_json(message)


def one(text, message="Operation performed."):
    """The envelope of one object, given its JSON text."""
    return b'{"code":"Success","message":%s,"data":%s}' % (to_json(message), text)


def page(world, request, items):
    """The envelope of one page of a list, given all items."""
    action, query = request.action, request.query
    given = query.get("cursor")
    start = skip = world.decode_cursor(given) if given is not None else 0
    limit = min(query.get("limit", 100), world.settings["page_cap"] or 1000)
    start = max(0, start - action.get("duplicate_tail", 0))
    end = start + limit
    variant = 0
    if action.get("empty_page_with_cursor"):
        end, variant = start, 1
    cursor = world.encode_cursor(end, variant) if end < len(items) else None
    if action.get("repeat_cursor") and given is not None:
        cursor = given
    following = b',"next_cursor":%s' % to_json(cursor) if cursor is not None else b""
    if "next_cursor" in action and (cursor is None or action["next_cursor"]):
        following = b',"next_cursor":%s' % to_json(action["next_cursor"])
    texts = b",".join([item.listed for item in items[start:end]])
    return b'{"code":"Success","message":"List retrieved successfully",' \
           b'"data":{"items":[%s]%s}}' % (texts, following)


def mask(value, key=""):
    """A configuration as the API shows it: secrets as six asterisks."""
    if isinstance(value, dict):
        return {k: mask(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [mask(v) for v in value]
    return "******" if isinstance(value, str) and value and _SECRET.search(key) else value


def merge(obj, body, *ignored):
    """Take over what a PATCH sends; configurations are merged key by key."""
    for key, value in body.items():
        if key in ignored:
            continue
        if key == "config" and value is not None:
            obj["config"] = {**obj.get("config", {}), **mask(value)}
        else:
            obj[key] = value


# Fields of requests that steer the call and are not part of the object.
TEST_CONTROL = ("trust_certificates", "trust_fingerprints", "run_setup_tests", "auth")

SETUP_TESTS = [{"title": "Host connection", "status": "PASSED", "message": ""},
               {"title": "Database connection", "status": "PASSED", "message": "",
                "details": {"latency_ms": 12}}]


def runs_setup_tests(body):
    return body.get("run_setup_tests") is not False


def saved(obj, text, tested, message, **more):
    """The answer to create and update: tests, if they ran; a GET has no setup_tests."""
    if tested:
        more = {**more, "setup_tests": SETUP_TESTS}
    return one(to_json({**obj, **more}) if more else text, message)


def tests_completed(obj, broken=False):
    tests = SETUP_TESTS
    if broken:
        tests = [dict(SETUP_TESTS[0], status="FAILED", message="Connection refused")]
    return one(to_json({**obj, "setup_tests": tests}), "Setup tests have been completed")
