#!/bin/sh
# The C code is formatted as `make format` does it.  Other versions of
# clang-format differ in details, so only version 14 judges.
cd "$(dirname "$0")/../.." || exit 1
case $(clang-format --version 2>/dev/null) in
*" 14."*) ;;
*)
	echo "skipped: no clang-format 14"
	exit 0
	;;
esac
find src test/unit test/sanitize -name '*.[ch]' -print0 |
	xargs -0 clang-format --dry-run --Werror
