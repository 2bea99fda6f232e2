"""What the mock refuses: errors, and the checks of a request against the row of its operation."""
import re
from urllib.parse import unquote_plus


class Refusal(Exception):
    """An error answer.  `violation` names what the client did against the
    definition; None if it did nothing wrong (a missing object, a conflict)."""

    def __init__(self, status, code, message, violation=None):
        super().__init__(message)
        self.status, self.code, self.message, self.violation = status, code, message, violation


def not_found():
    return Refusal(404, "NotFound", "HTTP 404 Not Found", "path")


def invalid(message, violation=None):
    return Refusal(400, "InvalidInput", message, violation)


def check_query(operation, text):
    """The query parameters as a dict; booleans and integers converted."""
    result = {}
    for part in text.split("&") if text else ():
        name, equals, value = part.partition("=")
        name, value = unquote_plus(name), unquote_plus(value)
        wanted = operation.query.get(name)
        if wanted is None or name in result or not equals:
            raise invalid("Unexpected query parameter '%s'" % name, "query")
        if wanted.type == "integer":
            if not re.fullmatch(r"[0-9]{1,9}", value):
                raise invalid("Query parameter '%s' must be an integer" % name, "query")
            value = int(value)
        elif wanted.type == "boolean":
            if value not in ("true", "false"):
                raise invalid("Query parameter '%s' must be true or false" % name, "query")
            value = value == "true"
        result[name] = value
    if not 1 <= result.get("limit", 100) <= 1000:
        raise invalid("Query parameter 'limit' must be between 1 and 1000", "query")
    return result


_TYPES = {"string": str, "boolean": bool, "integer": int, "object": dict, "file": bytes}


def check_value(name, wanted, value):
    """Raises InvalidInput naming the field whose value is not as defined."""
    if value == "******":
        # Writing a masked secret back would set it to asterisks.
        raise invalid("Field '%s' has a masked value" % name, "masked value")
    if value is None:
        if wanted.required or wanted.type not in ("string", "object"):
            raise invalid("Field '%s' must not be null" % name, "body")
        return
    if wanted.type == "strings":
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise invalid("Field '%s' must be an array of strings" % name, "body")
    elif wanted.type == "array":
        if not isinstance(value, list):
            raise invalid("Field '%s' must be an array" % name, "body")
        for number, member in enumerate(value):
            check_value("%s[%d]" % (name, number), wanted.values, member)
        return
    elif not isinstance(value, _TYPES[wanted.type]) \
            or (wanted.type == "integer" and isinstance(value, bool)):
        raise invalid("Field '%s' must be of type %s" % (name, wanted.type), "body")
    if wanted.enum is not None and value not in wanted.enum:
        raise invalid("Field '%s' has an invalid value '%s'" % (name, value), "body")
    if wanted.fields is not None:
        check_body(wanted.fields, value, name + ".")
    elif wanted.values is not None:
        for key, member in value.items():
            check_value("%s.%s" % (name, key), wanted.values, member)
    elif isinstance(value, dict):
        _check_masked(name, value)


def _check_masked(name, value):
    """Free-form values (config, auth, state): no masked secret at any depth."""
    if value == "******":
        raise invalid("Field '%s' has a masked value" % name, "masked value")
    members = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        _check_masked("%s.%s" % (name, key), member)


def check_body(fields, body, prefix=""):
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object", "body")
    for name, value in body.items():
        wanted = fields.get(name) or fields.get("*")
        if wanted is None:
            raise invalid("Unrecognized field '%s%s'" % (prefix, name), "body")
        check_value(prefix + name, wanted, value)
    for name, wanted in fields.items():
        if wanted.required and name not in body:
            raise invalid("Field '%s%s' is required" % (prefix, name), "body")
