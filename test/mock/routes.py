"""Which operation a request is."""
import re
from urllib.parse import unquote

from checks import Refusal, not_found
from families import NEWER, OPERATIONS

_BY_LENGTH = {}
for _operation in OPERATIONS + NEWER:
    _segments = _operation.path.split("/")
    _BY_LENGTH.setdefault(len(_segments), []).append((_segments, _operation))

# What a path segment may hold without being percent-encoded (RFC 3986).
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+\Z")


def match(method, path):
    """The operation and its path parameters; a literal segment wins over a
    parameter.  Raises 404 or 405."""
    if not _PATH.match(path):
        raise not_found()
    given = path.split("/")
    other_method, best, best_literals = False, None, -1
    for segments, operation in _BY_LENGTH.get(len(given), ()):
        literals = 0
        for want, have in zip(segments, given):
            if want.startswith("{"):
                continue
            if want != have:
                break
            literals += 1
        else:
            if operation.method != method:
                other_method = True
            elif literals > best_literals:
                best, best_literals = (segments, operation), literals
    if best:
        segments, operation = best
        return operation, {want[1:-1]: unquote(have)
                           for want, have in zip(segments, given) if want.startswith("{")}
    if other_method:
        raise Refusal(405, "MethodNotAllowed", "HTTP 405 Method Not Allowed", "method")
    raise not_found()
