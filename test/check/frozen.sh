#!/bin/sh
# Scripts of released versions are as they were released: what is installed
# somewhere came from them.  What is new goes into the next version's script
# and into the step that leads to it.
cd "$(dirname "$0")/../.." || exit 1
sha256sum --check --strict --quiet test/upgrade/frozen.sha256
