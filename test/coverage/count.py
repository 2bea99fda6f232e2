#!/usr/bin/env python3
"""How many operations of the API a log of requests has.

    count.py OPERATIONS < LOG

OPERATIONS: lines "METHOD template"; LOG: lines "METHOD path status".  Prints
what is missing and "N of M operations"; exits with 1 unless that is all.
"""
import re
import sys


def pattern(template):
    parts = re.split(r"(\{[^}]*\})", template)
    return re.compile("".join("[^/]+" if p.startswith("{") else re.escape(p)
                              for p in parts) + r"\Z")


def literals(template):
    return len(re.sub(r"\{[^}]*\}", "", template))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        operations = [line.strip() for line in file if line.strip()]
    patterns = sorted(((o, pattern(o)) for o in operations),
                      key=lambda p: -literals(p[0]))
    seen, unknown = set(), set()
    for line in sys.stdin:
        request = line.rsplit(" ", 1)[0].strip()
        for operation, fits in patterns:
            if fits.match(request):
                seen.add(operation)
                break
        else:
            unknown.add(request)
    for request in sorted(unknown):
        print("not an operation: " + request)
    for operation in operations:
        if operation not in seen:
            print("not performed: " + operation)
    print("%d of %d operations" % (len(seen), len(operations)))
    sys.exit(0 if len(seen) == len(operations) and not unknown else 1)


main()
