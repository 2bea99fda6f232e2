# The states that a machine can be in when the first command is typed: which
# PostgreSQL is taken, what is installed, and the one sentence of each refusal.
# Every program that is asked is a fake in a PATH of its own.

use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use Test::More;
use PostgreSQL::Test::Utils qw(slurp_file);

my $top = abs_path("$FindBin::RealBin/../..");
my $work = $ENV{TESTDIR} or die 'TESTDIR is not set';
my $states = 0;

sub script
{
	my ($path, $text) = @_;
	unlink $path;
	open my $file, '>', $path or die "$path: $!";
	print $file "#!/bin/sh\n$text\n";
	close $file;
	chmod 0755, $path;
	return;
}

# What PostgreSQL of a major version has: server, headers; none: a client.
sub postgresql
{
	my ($root, $place, $major, @has) = @_;
	my $bin = $place eq 'PATH' ? "$root/bin" : "$root/pg/$major/bin";
	my $rest = "$root/rest/$major";
	system('mkdir', '-p', $bin, "$rest/bin", "$rest/include", "$rest/lib");
	script("$rest/bin/postgres", '') if grep { $_ eq 'server' } @has;
	# the client has pgxs.mk in Debian
	system('touch', "$rest/lib/pgxs.mk");
	system('touch', "$rest/include/postgres.h") if grep { $_ eq 'headers' } @has;
	script("$bin/pg_config", qq{case \$1 in
--version) echo "PostgreSQL $major.3 (Debian)" ;;
--bindir) echo $rest/bin ;;
--pgxs) echo $rest/lib/pgxs.mk ;;
--includedir-server) echo $rest/include ;;
--pkglibdir) echo $rest/lib ;;
esac});
	return;
}

# A machine; returns its folder.
sub machine
{
	my (%state) = @_;
	my $root = "$work/state" . ++$states;
	mkdir $_ for $root, "$root/bin", "$root/real";
	for my $tool (qw(awk bash cat chmod cp dirname echo env find grep head ls mkdir mktemp rm sed sh sleep sort tar
		touch tr true wc xargs))
	{
		symlink((grep { -x } map { "$_/$tool" } qw(/usr/bin /bin))[0], "$root/bin/$tool");
	}
	my $user = $state{user} // 'root';
	my $uid = $user eq 'root' ? 0 : 1000;
	my $name = $user eq 'nameless' ? 'exit 1' : "echo $user";
	script("$root/bin/id", "case \$1 in -u) echo $uid ;; *) $name ;; esac");
	script("$root/bin/runuser", 'shift 3; exec "$@"');
	script("$root/bin/sudo", $user eq 'sudoer' ? '[ "$1" != -n ] || shift; exec "$@"' : 'exit 1')
	  unless $user eq 'root' || $user eq 'plain';
	my %missing = map { $_ => 1 } @{ $state{missing} // [] };
	for my $program (qw(gcc make python3 openssl))
	{
		script("$root/bin/$program", '') unless $missing{$program};
	}
	script("$root/bin/cc", 'read line; case $line in '
		  . join('', map { "*$_*) exit 1 ;; " } grep { /\.h$/ } keys %missing) . 'esac');
	script("$root/bin/perl", $missing{'IPC::Run'} ? 'case $* in *IPC::Run*) exit 1 ;; esac' : '');
	script("$root/bin/apt-cache", qq{case "\$1 \$2" in
"depends postgresql") printf 'postgresql\\n  Depends: postgresql-$state{default}\\n' ;;
show*) for p in @{[ join ' ', @{ $state{archive} // [] } ]}; do [ "\$p" != "\$2" ] || echo "Package: \$p"; done ;;
esac}) unless $state{not_debian};
	script("$root/bin/apt-get", qq{echo "\$*" | grep -o ' install .*' | sed 's/.*recommends //' >>'$root/installed'
echo "\$*" | grep -o 'DPkg::Path=[^ ]*' >'$root/path'; }
	. ($state{network} // 1 ? '' : "echo 'E: Unable to fetch some archives'; exit 100"))
	  unless $state{not_debian};
	postgresql($root, @$_) for @{ $state{postgresql} // [] };
	return $root;
}

# Run a command of test/bin there, or a function of its library.
sub on
{
	my ($root, $command, %env) = @_;
	local %ENV = (PATH => "$root/bin", FTX_PG_CONFIGS => "$root/pg/*/bin/pg_config", TMPDIR => $work, %env);
	my $out = `cd '$top' && { $command; } </dev/null 2>&1`;
	return ($out, $? >> 8);
}

sub installs
{
	my ($name, $group, $packages, $state, %env) = @_;
	my $root = machine(default => 15, %$state);
	my ($out, $status) = on($root, "test/bin/install-packages $group", %env);
	is($status, 0, "$name: goes on") or diag($out);
	is($out, $packages eq '' ? '' : "Installing packages: $packages\n", "$name: what is said");
	my $done = -e "$root/installed" ? slurp_file("$root/installed") : '';
	is($done, $packages eq '' ? '' : "$packages\n", "$name: what is installed");
	my $path = -e "$root/path" ? slurp_file("$root/path") : '';
	like($path, qr{^DPkg::Path=\Q$top\E/test/bin/without-cluster:/usr}, "$name: no cluster is made") if $packages;
	return $root;
}

sub takes
{
	my ($name, $which, $state, %env) = @_;
	my $root = machine(default => 15, %$state);
	s{^ROOT}{$root} for values %env;
	my ($out) = on($root, 'bash -c ". test/bin/lib.sh; find_pg_config"', %env);
	is($out =~ s{^\Q$root\E/}{}r, "$which\n", "$name: which pg_config");
	return;
}

sub refuses
{
	my ($name, $command, $sentence, $state, %env) = @_;
	my $root = machine(default => 15, %$state);
	s{^ROOT}{$root} for values %env;
	my ($out, $status) = on($root, $command, %env);
	isnt($status, 0, "$name: fails");
	like($out, $sentence, "$name: says what to do");
	is(() = $out =~ /\n/g, 1, "$name: in one sentence") or diag($out);
	ok(!-s "$root/installed" || ($state->{network} // 1) == 0, "$name: nothing is installed");
	return;
}

my $libraries = [ 'curl/curl.h', 'openssl/hmac.h' ];
my $all15 = [ 'pg', 15, 'server', 'headers' ];

# ---------- what is installed ----------

installs('bare', 'demo',
	'gcc libc6-dev make python3 libcurl4-openssl-dev libssl-dev postgresql-15 postgresql-server-dev-15',
	{ missing => [ qw(gcc make python3), @$libraries ] });
installs('bare, for the tests', 'test',
	'libcurl4-openssl-dev libssl-dev postgresql-15 postgresql-server-dev-15 openssl libipc-run-perl',
	{ missing => [ @$libraries, qw(openssl IPC::Run) ] });
installs('everything there', 'test', '', { postgresql => [$all15] });
installs('everything there, no network', 'test', '', { postgresql => [$all15], network => 0 });
installs('everything there, no rights', 'test', '', { postgresql => [$all15], user => 'plain' });
installs('all for the demo, not for the tests, no rights', 'demo', '',
	{ postgresql => [$all15], user => 'plain', missing => [qw(openssl IPC::Run)] });
installs('server without headers', 'demo', 'postgresql-server-dev-15',
	{ postgresql => [ [ 'pg', 15, 'server' ] ], archive => ['postgresql-server-dev-15'] });
installs('server without headers, not the default version', 'demo', 'postgresql-server-dev-17',
	{ postgresql => [ [ 'PATH', 17, 'server' ] ], archive => [ map { "postgresql-server-dev-$_" } 15, 17 ] });
installs('server whose headers cannot be had', 'demo', 'postgresql-15 postgresql-server-dev-15',
	{ postgresql => [ [ 'pg', 16, 'server' ] ], archive => ['postgresql-server-dev-15'] });
installs('client only', 'demo', 'postgresql-15 postgresql-server-dev-15',
	{ postgresql => [ [ 'PATH', 15 ], [ 'pg', 15 ] ] });
installs('libpq-dev and a client', 'demo', 'postgresql-15 postgresql-server-dev-15',
	{ postgresql => [ [ 'PATH', 15 ] ] });
installs('an old server only', 'demo', 'postgresql-15 postgresql-server-dev-15',
	{ postgresql => [ [ 'PATH', 14, 'server', 'headers' ] ] });
installs('as a user with sudo', 'demo', 'libssl-dev',
	{ postgresql => [$all15], user => 'sudoer', missing => ['openssl/hmac.h'] });
installs('no lists of packages yet', 'demo', 'postgresql postgresql-server-dev-all', { default => '' });
installs('a named PostgreSQL without headers', 'demo', 'postgresql-server-dev-16',
	{ postgresql => [ $all15, [ 'PATH', 16, 'server' ] ] }, PG_CONFIG => 'pg_config');
installs('pg_cron where there is a package', '--optional cron', 'postgresql-15-cron',
	{ postgresql => [$all15], archive => ['postgresql-15-cron'] });
installs('pg_cron where there is none', '--optional cron', '', { postgresql => [$all15] });
installs('pg_cron without rights', '--optional cron', '',
	{ postgresql => [$all15], archive => ['postgresql-15-cron'], user => 'plain' });

# ---------- which PostgreSQL is taken ----------

takes('one', 'pg/15/bin/pg_config', { postgresql => [$all15] });
takes('in the PATH before newer ones', 'bin/pg_config',
	{ postgresql => [ [ 'PATH', 16, 'server', 'headers' ], [ 'pg', 18, 'server', 'headers' ] ] });
takes('two versions, headers of one', 'pg/15/bin/pg_config', { postgresql => [ $all15, [ 'pg', 17, 'server' ] ] });
takes('the newest of two', 'pg/17/bin/pg_config', { postgresql => [ $all15, [ 'pg', 17, 'server', 'headers' ] ] });
takes('an old one first in the PATH', 'pg/16/bin/pg_config',
	{ postgresql => [ [ 'PATH', 14, 'server', 'headers' ], [ 'pg', 16, 'server', 'headers' ] ] });
takes('a client in the PATH', 'pg/15/bin/pg_config', { postgresql => [ [ 'PATH', 17 ], $all15 ] });
takes('the named one', 'pg/15/bin/pg_config',
	{ postgresql => [ $all15, [ 'PATH', 17, 'server', 'headers' ] ] },
	PG_CONFIG => 'ROOT/pg/15/bin/pg_config');

# ---------- refusals ----------

my %named = (PG_CONFIG => 'ROOT/pg/14/bin/pg_config');
foreach my $command ('test/bin/install-packages demo', 'test/bin/demo', 'test/bin/check', 'test/bin/coverage')
{
	refuses("$command: a named PostgreSQL that is not there", $command,
		qr{^PG_CONFIG=/\S+ cannot be used: there is no such program; name another one, or none\.$},
		{ postgresql => [$all15] }, %named);
}
refuses('a named PostgreSQL that is too old', 'test/bin/demo',
	qr/cannot be used: it belongs to PostgreSQL 14, and fivetrex needs 15 or newer;/,
	{ postgresql => [ $all15, [ 'pg', 14, 'server', 'headers' ] ] }, %named);
refuses('a named client', 'test/bin/demo', qr/cannot be used: it belongs to a client: there is no server in /,
	{ postgresql => [ $all15, [ 'PATH', 16 ] ] }, PG_CONFIG => 'pg_config');
refuses('a named program that is another', 'test/bin/demo', qr/cannot be used: it is no pg_config;/,
	{ postgresql => [$all15] }, PG_CONFIG => 'cat');
refuses('no sudo', 'test/bin/demo',
	qr/^Missing: libssl-dev; have them installed \(as root: apt-get install libssl-dev\)/,
	{ postgresql => [$all15], user => 'plain', missing => ['openssl/hmac.h'] });
refuses('no rights for sudo', 'test/bin/demo', qr/^Missing: libssl-dev; have them installed/,
	{ postgresql => [$all15], user => 'user', missing => ['openssl/hmac.h'] });
refuses('not Debian', 'test/bin/demo', qr/^Missing: libssl-dev \(Debian's names\); install what corresponds here/,
	{ postgresql => [$all15], not_debian => 1, missing => ['openssl/hmac.h'] });
refuses('a system with an old PostgreSQL only', 'test/bin/install-packages demo',
	qr{^This system's packages have PostgreSQL 14, and fivetrex needs 15 or newer: .*apt\.postgresql\.org},
	{ default => 14 });
refuses('without names of packages, headers in no place', 'FTX_NO_INSTALL=1 test/bin/check',
	qr{^There is no PostgreSQL 15 or newer with its server's headers: .*PG_CONFIG=},
	{ postgresql => [ [ 'pg', 15, 'server' ] ] });
refuses('a key without its secret', 'test/bin/demo', qr/^FIVETRAN_API_KEY is set, but not FIVETRAN_API_SECRET:/,
	{ postgresql => [$all15] }, FIVETRAN_API_KEY => 'x');
refuses('a secret without its key', 'test/bin/demo', qr/^FIVETRAN_API_SECRET is set, but not FIVETRAN_API_KEY:/,
	{ postgresql => [$all15] }, FIVETRAN_API_SECRET => 'x');
refuses('a user without a name', 'FTX_NO_INSTALL=1 test/bin/check', qr/^The user 1000 has no name, .*\/etc\/passwd/,
	{ postgresql => [$all15], user => 'nameless' });

{
	my $root = machine(default => 15, network => 0, missing => $libraries, postgresql => [$all15]);
	my ($out, $status) = on($root, 'test/bin/demo');
	isnt($status, 0, 'no network: fails');
	like($out, qr/^Could not install libcurl4-\S+ libssl-dev \(Unable to fetch some archives\): see to the network/m,
		'no network: says what to do');
}

# ---------- where the work is done ----------

my $long = "$work/" . 'x' x 60;
my $spaced = "$work/a b";
mkdir $_ for $long, $spaced;
foreach my $case (
	[ 'fine', '/tmp', qr/^\/tmp\n$/ ],
	[ 'relative', 'tt', qr{^Working in /tmp, not in TMPDIR \(tt\): it is not an absolute path\.\n/tmp\n$} ],
	[ 'long', $long, qr{: it is longer than 60 characters\.\n/tmp\n$} ],
	[ 'with spaces', $spaced, qr{: it has characters that not every program takes\.\n/tmp\n$} ],
	[ 'missing', '/tmp/no/such', qr{: nothing can be made there\.\n/tmp\n$} ],
	[ 'closed', '/proc', qr{: nothing can be made there\.\n/tmp\n$} ])
{
	my ($name, $folder, $expected) = @$case;
	my $root = machine(default => 15, user => 'somebody');
	my ($out, $status) = on($root, 'bash -c ". test/bin/lib.sh; choose_user; choose_temporary; echo \$TMPDIR"',
		TMPDIR => $folder);
	is($status, 0, "TMPDIR $name: goes on");
	like($out, $expected, "TMPDIR $name: where");
}
{
	# no file can be run: as on a file system mounted noexec
	my $root = machine(default => 15, user => 'somebody');
	script("$root/bin/chmod", '');
	my ($out, $status) = on($root, 'bash -c ". test/bin/lib.sh; choose_user; choose_temporary"', TMPDIR => '/tmp');
	isnt($status, 0, 'nowhere to run programs: fails');
	like($out, qr{^Cannot\ work\ in\ /tmp\ \(somebody\ cannot\ run\ programs\ there\)\ nor\ in\ /tmp:\ set
		\ TMPDIR\ to\ a\ short\ absolute\ path}x,
		'nowhere to run programs: says what to do');
}

# ---------- Ctrl-C ----------

{
	mkdir "$work/own";
	my $pid = open my $demo, '-|';
	if (!$pid)
	{
		setpgrp;
		# ignored where the suite runs in the background
		$SIG{INT} = 'DEFAULT';
		open STDERR, '>', '/dev/null';
		exec 'env', "TMPDIR=$work/own", "$top/test/bin/demo";
	}
	my $seen = '';
	while (<$demo>)
	{
		$seen .= $_;
		# the server is there by then
		last if /^Starting the mock API/;
	}
	like($seen, qr/^Starting a throwaway PostgreSQL/m, 'a demo runs');
	kill 'INT', -$pid;
	waitpid $pid, 0;
	is($? >> 8, 130, 'and ends when it is interrupted');
	is(join(' ', glob "$work/own/*"), '', 'no file is left');
	is(`pgrep -g $pid -l; pgrep -f -l $work/ow[n]`, '', 'and no process');
}

done_testing();
