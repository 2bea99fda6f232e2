#!/usr/bin/env python3
"""What others build and run from says what is here: PGXN's META.json, Debian's
control file, the workflow of public runners, the images' build.

META.json is held against the members that PGXN's specification requires
(https://pgxn.org/meta/spec.txt, version 1.0.0).
"""
import json
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

REQUIRED = ("name", "version", "abstract", "maintainer", "license", "provides", "meta-spec")
OPTIONAL = ("description", "generated_by", "tags", "no_index", "prereqs", "release_status", "resources")
LICENSES = ("agpl_3", "apache_1_1", "apache_2_0", "artistic_1", "artistic_2", "bsd", "freebsd", "gfdl_1_2",
            "gfdl_1_3", "gpl_1", "gpl_2", "gpl_3", "lgpl_2_1", "lgpl_3_0", "mit", "mozilla_1_0", "mozilla_1_1",
            "openssl", "perl_5", "postgresql", "qpl_1_0", "ssleay", "sun", "zlib", "open_source", "restricted",
            "unrestricted", "unknown")
PHASES = ("configure", "build", "test", "runtime", "develop")
RELATIONS = ("requires", "recommends", "suggests", "conflicts")
# three numbers without leading zeros, as semver.org has them
VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}([-+][0-9A-Za-z.-]+)?")
# may stand in an address: no blanks, no slashes, no control characters
TERM = re.compile(r"[^\s/\\\x00-\x1f\x7f]{2,}")


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def here(name):
    return isinstance(name, str) and os.path.isfile(os.path.join(TOP, name))


def is_version(text):
    return isinstance(text, str) and VERSION.fullmatch(text)


def meta(said):
    """What PGXN would refuse."""
    for member in REQUIRED:
        if not said.get(member):
            yield "has no %s" % member
    for member in said:
        if member not in REQUIRED + OPTIONAL and not re.match(r"[xX]_", member):
            yield "has a member that PGXN does not know: %s" % member
    if not TERM.fullmatch(said.get("name", "")):
        yield "has a name that cannot stand in an address"
    if not is_version(said.get("version")):
        yield "has a version that is not three numbers"
    if said.get("license") not in LICENSES:
        yield "has a license that PGXN has no name for"
    if said.get("release_status", "stable") not in ("stable", "testing", "unstable"):
        yield "has an unknown release_status"
    if not re.fullmatch(r"1\.0\.[0-9]+", said.get("meta-spec", {}).get("version", "")):
        yield "is not written to version 1.0 of the specification"
    for tag in said.get("tags", []):
        if not re.fullmatch(r"[^/\\\x00-\x1f\x7f]{1,255}", tag):
            yield "has a tag that cannot stand in an address: %s" % tag
    yield from provides(said.get("provides", {}))
    yield from prereqs(said.get("prereqs", {}))


def provides(extensions):
    controls = {name[:-len(".control")] for name in os.listdir(TOP) if name.endswith(".control")}
    if set(extensions) != controls:
        yield "provides %s, and the control files are of %s" % (sorted(extensions), sorted(controls))
    for name, extension in extensions.items():
        if not TERM.fullmatch(name):
            yield "provides a name that cannot stand in an address: %s" % name
        if not is_version(extension.get("version")):
            yield "has no version of three numbers for %s" % name
        for member in ("file", "docfile"):
            if not here(extension.get(member, "" if member == "file" else "README.md")):
                yield "names no %s of %s that is here" % (member, name)


def prereqs(phases):
    for phase, relations in phases.items():
        if phase not in PHASES:
            yield "has prerequisites of an unknown phase: %s" % phase
        for relation, wanted in relations.items():
            if relation not in RELATIONS:
                yield "has an unknown relation: %s" % relation
            for name, version in wanted.items():
                if version != 0 and not is_version(version):
                    yield "wants a version of %s that is not three numbers" % name


def debian():
    """debian/control is what pg_buildext makes of control.in for one PostgreSQL."""
    control, template = read("debian/control"), read("debian/control.in")
    majors = re.findall(r"^Package: postgresql-([0-9]+)-fivetrex$", control, re.M)
    if len(majors) != 1 or template.replace("PGVERSION", majors[0]) != control:
        yield "debian/control is not made from debian/control.in"
    words = re.sub(r"\s+\.?\s*", " ", read("debian/copyright"))
    if re.sub(r"\s+", " ", read("LICENSE")).strip().split("Permission", 1)[1] not in words:
        yield "debian/copyright does not have the licence of LICENSE"


def workflow():
    """Public runners run the phases of .ci/run."""
    ours = re.search(r"^PHASES=\(([^)]*)\)$", read(".ci/run"), re.M)
    theirs = re.search(r"^ *phase: \[([^]]*)\]$", read(".github/workflows/ci.yml"), re.M)
    if not ours or not theirs or ours[1].split() != theirs[1].split(", "):
        yield ".github/workflows/ci.yml does not run the phases of .ci/run"
    goals = re.search(r"^OUR_GOALS = (.*)$", read("Makefile"), re.M)[1].split()
    for phase in ours[1].split() if ours else []:
        if phase not in goals:
            yield ".ci/run has a phase that is no goal of the Makefile: %s" % phase
    scripts = {name for name in os.listdir(os.path.join(TOP, "test/bin"))
               if name not in ("install-packages", "without-cluster") and "." not in name}
    if scripts != set(goals):
        yield "OUR_GOALS of the Makefile are not the scripts of test/bin"


def images():
    """What the image and the compose file take from here is here."""
    for image in ("Dockerfile", "compose.yaml"):
        for path in re.findall(r"^ *- \./([^:\s]+):", read(image), re.M):
            if not os.path.exists(os.path.join(TOP, path)):
                yield "%s takes %s, which is not here" % (image, path)
    # one list of packages for whoever builds it by hand, and for the image
    needed = re.search(r"^\| gcc or clang, GNU make \|[^|]*\| `([^`]*)`", read("README.md"), re.M)
    libraries = re.findall(r"`(lib[a-z0-9-]+-dev)`", read("README.md"))
    built = re.search(r"install -y --no-install-recommends \\\n +(.*)$", read("Dockerfile"), re.M)
    wanted = (needed[1].split() if needed else []) + libraries + ["postgresql-server-dev-${PG_MAJOR}"]
    if not built or set(built[1].split()) != set(wanted):
        yield "the Dockerfile does not install what README.md says is needed"


def main():
    found = ["META.json " + problem for problem in meta(json.loads(read("META.json")))]
    for part in (debian, workflow, images):
        found.extend(part())
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
