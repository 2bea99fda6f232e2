"""Reading multipart/form-data, strictly: what a client gets wrong is refused."""
import re

from checks import Refusal, invalid


def files(content_type, body):
    """{name: content} of a body that consists of files."""
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise Refusal(415, "UnsupportedMediaType", "HTTP 415 Unsupported Media Type",
                      "content type")
    found = re.search(r'(?:^|[;\s])boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))', parameters, re.I)
    if not found:
        raise invalid("The content type has no boundary", "body")
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1")
    # The first delimiter needs no line end before it.
    before, *parts = (b"\r\n" + body).split(delimiter)
    if before or len(parts) < 2 or parts.pop() not in (b"--", b"--\r\n"):
        raise invalid("The body is not enclosed in its boundary", "body")
    result = {}
    for part in parts:
        name, content = _file(part)
        if name in result:
            raise invalid("Part '%s' is there twice" % name, "body")
        result[name] = content
    return result


def _file(part):
    head, blank, content = part.partition(b"\r\n\r\n")
    if not head.startswith(b"\r\n") or not blank:
        raise invalid("A part has no header", "body")
    for line in head.decode("utf-8", "replace").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            name = re.search(r';\s*name="([^"]*)"', value)
            if not value.strip().lower().startswith("form-data") or not name:
                break
            if not re.search(r';\s*filename="[^"]+"', value):
                raise invalid("Part '%s' is not a file" % name[1], "body")
            return name[1], content
    raise invalid("A part has no name", "body")
