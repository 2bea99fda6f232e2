# What the scripts of this folder have in common; sourced, not run.
#
# All of them work in a private copy of the tree (the sandbox), as an
# unprivileged user, with an installation of their own below it: nothing is
# installed into the system, the clone stays as it is, nothing is left.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export LC_ALL=C.UTF-8 LANG=C.UTF-8
unset LANGUAGE PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS

refuse()						# sentence
{
	echo "$1" >&2
	exit 1
}

# ---------- the PostgreSQL ----------

MINIMUM=15

# Every pg_config that comes into question: the one that PG_CONFIG names and no
# other, else the one in the PATH, then the rest, newest first.
pg_configs()
{
	if [ -n "${PG_CONFIG:-}" ]; then
		echo "$PG_CONFIG"
		return
	fi
	echo pg_config
	ls ${FTX_PG_CONFIGS:-/usr/lib/postgresql/*/bin/pg_config /usr/pgsql-*/bin/pg_config \
		/usr/local/pgsql/bin/pg_config} 2>/dev/null | sort -rV
}

major_of()						# pg_config
{
	"$1" --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p'
}

# Why a pg_config is of no use here; nothing if it is.
pg_config_lacks()				# pg_config
{
	local major
	if [ ! -x "$(command -v "$1")" ]; then
		echo "there is no such program"
		return
	fi
	major=$(major_of "$1")
	if [ -z "$major" ]; then
		echo "it is no pg_config"
	elif [ "$major" -lt $MINIMUM ]; then
		echo "it belongs to PostgreSQL $major, and fivetrex needs $MINIMUM or newer"
	elif [ ! -x "$("$1" --bindir)/postgres" ]; then
		echo "it belongs to a client: there is no server in $("$1" --bindir)"
	elif [ ! -e "$("$1" --includedir-server)/postgres.h" ] || [ ! -e "$("$1" --pgxs)" ]; then
		echo "its server's headers are missing (Debian: postgresql-server-dev-$major)"
	fi
}

# The pg_config of a PostgreSQL that can be built against and run.
find_pg_config()
{
	local candidate
	while read -r candidate; do
		if [ -z "$(pg_config_lacks "$candidate")" ]; then
			command -v "$candidate"
			return
		fi
	done < <(pg_configs)
	return 1
}

# ---------- what web tiers need ----------

has_psycopg()
{
	local python=/usr/bin/python3
	[ -x $python ] || python=python3
	$python -c 'import psycopg' 2>/dev/null || $python -c 'import psycopg2' 2>/dev/null
}

# Debian's node-pg is found by Debian's node; another one has to be told.
has_node_pg()
{
	NODE_PATH=/usr/share/nodejs:/usr/lib/nodejs${NODE_PATH:+:$NODE_PATH} node -e 'require("pg")' >/dev/null 2>&1
}

# ---------- the sandbox ----------

# Run a command as the sandbox's user.
run_unprivileged()
{
	if [ "$(id -u)" = 0 ]; then
		runuser -u "$SANDBOX_USER" -- "$@"
	else
		"$@"
	fi
}

# Why a folder cannot hold the sandbox; nothing if it can.  A socket's whole
# name has 107 bytes at most.
temporary_lacks()				# folder
{
	local trial
	case $1 in
	/*) ;;
	*)
		echo "it is not an absolute path"
		return
		;;
	esac
	case $1 in
	*[!A-Za-z0-9/._+-]*)
		echo "it has characters that not every program takes"
		return
		;;
	esac
	if [ ${#1} -gt 60 ]; then
		echo "it is longer than 60 characters"
	elif ! trial=$(mktemp -d "$1/fivetrex.XXXXXX" 2>/dev/null); then
		echo "nothing can be made there"
	else
		printf '#!/bin/sh\n' >"$trial/trial"
		chmod 755 "$trial" "$trial/trial"
		run_unprivileged "$trial/trial" 2>/dev/null ||
			echo "$SANDBOX_USER cannot run programs there"
		rm -rf "$trial"
	fi
}

choose_temporary()
{
	local lacks
	TMPDIR=${TMPDIR:-/tmp}
	lacks=$(temporary_lacks "$TMPDIR")
	if [ -n "$lacks" ] && [ -z "$(temporary_lacks /tmp)" ]; then
		echo "Working in /tmp, not in TMPDIR ($TMPDIR): $lacks." >&2
		TMPDIR=/tmp
	elif [ -n "$lacks" ]; then
		refuse "Cannot work in $TMPDIR ($lacks) nor in /tmp: set TMPDIR to a short absolute path without spaces where programs can be run."
	fi
	export TMPDIR
}

choose_user()
{
	SANDBOX_USER=$(id -un 2>/dev/null) ||
		refuse "The user $(id -u) has no name, and PostgreSQL runs for users with a name only: add him to /etc/passwd, or run this as root."
	if [ "$(id -u)" = 0 ]; then
		SANDBOX_USER=postgres
		id postgres >/dev/null 2>&1 || SANDBOX_USER=nobody
	fi
}

# The tree without what was built in it; with what is not committed.
copy_sources()					# folder
{
	if git -C "$TOP" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$TOP" ls-files -z --cached --others --exclude-standard |
			(cd "$TOP" && xargs -0 sh -c 'for f; do if [ -e "$f" ]; then printf "%s\0" "$f"; fi; done' sh) |
			tar -C "$TOP" --null -T - -cf - | tar -C "$1" -xf -
	else
		tar -C "$TOP" --exclude='*.o' --exclude='*.so' --exclude='*.bc' --exclude=.git -cf - . |
			tar -C "$1" -xf -
	fi
}

# Where everything happens, and who does it.
sandbox_create()
{
	PG_CONFIG=$(find_pg_config) ||
		refuse "There is no PostgreSQL $MINIMUM or newer with its server's headers: install them, or name one by PG_CONFIG=/path/to/pg_config."
	choose_user
	choose_temporary
	SANDBOX=$(mktemp -d "$TMPDIR/fivetrex.XXXXXX")
	trap sandbox_remove EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	TREE=$SANDBOX/tree
	mkdir "$TREE" "$SANDBOX/bin"
	copy_sources "$TREE"
	make_python
	sandbox_own
	BINDIR=$("$PG_CONFIG" --bindir)
	MAJOR=$(major_of "$PG_CONFIG")
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
	trap - EXIT
	trap '' INT TERM HUP
	if [ -n "${MOCK_PID:-}" ]; then
		kill "$MOCK_PID" 2>/dev/null || true
		wait "$MOCK_PID" 2>/dev/null || true
	fi
	local data
	for data in "$SANDBOX"/data "$SANDBOX"/inst/data "$SANDBOX"/nettest.*/data "$SANDBOX"/tap/*/*_data/pgdata \
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
