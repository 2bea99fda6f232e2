# What the scripts of this folder have in common; sourced, not run.
#
# All of them work in a private copy of the tree (the sandbox), as an
# unprivileged user, with an installation of their own below it: nothing is
# installed into the system, the clone stays as it is, nothing is left.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export LC_ALL=C.UTF-8 LANG=C.UTF-8
unset PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS

# The pg_config of a PostgreSQL that can be built against and run.
find_pg_config()
{
	local candidate
	for candidate in "${PG_CONFIG:-}" "$(command -v pg_config || true)" \
		$(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -rV); do
		if [ -n "$candidate" ] && [ -x "$(command -v "$candidate")" ] &&
			[ -e "$("$candidate" --pgxs 2>/dev/null)" ] &&
			[ -x "$("$candidate" --bindir)/postgres" ]; then
			command -v "$candidate"
			return 0
		fi
	done
	return 1
}

# Where everything happens, and who does it.
sandbox_create()
{
	SANDBOX=$(mktemp -d "${TMPDIR:-/tmp}/fivetrex.XXXXXX")
	trap sandbox_remove EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	TREE=$SANDBOX/tree
	mkdir "$TREE" "$SANDBOX/bin"
	if git -C "$TOP" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$TOP" ls-files -z --cached --others --exclude-standard |
			(cd "$TOP" && xargs -0 sh -c 'for f; do if [ -e "$f" ]; then printf "%s\0" "$f"; fi; done' sh) |
			tar -C "$TOP" --null -T - -cf - | tar -C "$TREE" -xf -
	else
		tar -C "$TOP" --exclude='*.o' --exclude='*.so' --exclude=.git -cf - . |
			tar -C "$TREE" -xf -
	fi
	SANDBOX_USER=$(id -un)
	if [ "$(id -u)" = 0 ]; then
		SANDBOX_USER=postgres
		id postgres >/dev/null 2>&1 || SANDBOX_USER=nobody
	fi
	make_python
	sandbox_own
	PG_CONFIG=$(find_pg_config)
	BINDIR=$("$PG_CONFIG" --bindir)
	MAJOR=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
	PGXS_DIR=$(dirname "$("$PG_CONFIG" --pgxs)")
}

sandbox_own()
{
	chmod 755 "$SANDBOX"
	if [ "$(id -u)" = 0 ]; then
		chown -R "$SANDBOX_USER": "$SANDBOX"
	fi
}

# A Python that the unprivileged user can run, and that no sanitizer is
# preloaded into.
make_python()
{
	local python=/usr/bin/python3
	[ -x $python ] || python=$(command -v python3)
	printf '#!/bin/sh\nunset LD_PRELOAD\nexec %s "$@"\n' "$python" > "$SANDBOX/bin/python3"
	chmod 755 "$SANDBOX/bin/python3"
}

# Become the sandbox's user, in the tree, and run a command.
become_user()
{
	local run=()
	[ "$(id -u)" != 0 ] || run=(runuser -u "$SANDBOX_USER" --)
	cd "$TREE"
	exec "${run[@]}" env HOME="$SANDBOX" PYTHON="$SANDBOX/bin/python3" \
		PATH="$SANDBOX/bin:$BINDIR:/usr/local/bin:/usr/bin:/bin" "$@"
}

# Run a command in the sandbox as its user.
as_user()
{
	(become_user "$@")
}

sandbox_remove()
{
	local status=$?
	trap - EXIT INT TERM
	if [ -n "${MOCK_PID:-}" ]; then
		kill "$MOCK_PID" 2>/dev/null || true
		wait "$MOCK_PID" 2>/dev/null || true
	fi
	local data
	for data in "$SANDBOX"/data "$SANDBOX"/inst/data "$SANDBOX"/tap/*/*_data/pgdata \
		"$TREE"/tmp_check/*_data/pgdata; do
		if [ -e "$data/postmaster.pid" ]; then
			as_user "$BINDIR/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1 || true
		fi
	done
	rm -rf "$SANDBOX"
	exit $status
}

# Build and install below the sandbox; extra.conf makes a server find it.
sandbox_build()
{
	if ! as_user make -s -j2 with_llvm=no PG_CONFIG="$PG_CONFIG" COPT=-Werror \
		"$@" install DESTDIR="$SANDBOX/root" >"$SANDBOX/build.log" 2>&1; then
		cat "$SANDBOX/build.log"
		echo "the build failed"
		return 1
	fi
	local lib=$SANDBOX/root$("$PG_CONFIG" --pkglibdir)
	local share=$SANDBOX/root$("$PG_CONFIG" --sharedir)
	CONF=$SANDBOX/extra.conf
	if [ "$MAJOR" -ge 18 ]; then
		printf "extension_control_path = '%s:\$system'\ndynamic_library_path = '%s:\$libdir'\n" \
			"$share" "$lib" > "$CONF"
	elif "$BINDIR/postgres" --describe-config 2>/dev/null | grep -q extension_destdir ||
		grep -qa extension_destdir "$BINDIR/postgres"; then
		printf "extension_destdir = '%s'\ndynamic_library_path = '%s:\$libdir'\n" \
			"$SANDBOX/root" "$lib" > "$CONF"
	else
		echo "this PostgreSQL $MAJOR cannot load extensions from elsewhere:"
		echo "run 'make install' and 'make installcheck' instead"
		return 1
	fi
	printf "fsync = off\n" >> "$CONF"
	sandbox_own
}
