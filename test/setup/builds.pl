# The Makefile: builds from another folder, with spaces in the path, with many
# jobs, link-time optimisation and bitcode; and its refusals.

use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use Test::More;

my $top = abs_path("$FindBin::RealBin/../..");
my $work = $ENV{TESTDIR} or die 'TESTDIR is not set';
my $pg_config = $ENV{PG_CONFIG} || 'pg_config';

# PGXS has its own ideas about these, where make is called by make.
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

# Output and exit status of a command.
sub run
{
	my ($command) = @_;
	my $out = `cd '$work' && { $command; } 2>&1`;
	return ($out, $? >> 8);
}

sub succeeds
{
	my ($name, $command) = @_;
	my ($out, $status) = run($command);
	is($status, 0, $name) or diag(substr $out, -3000);
	return $out;
}

# One sentence on the last line; nothing is made.
sub refuses
{
	my ($name, $command, $sentence) = @_;
	my ($out, $status) = run($command);
	isnt($status, 0, "$name: fails");
	like($out, $sentence, "$name: says so");
	is(() = $out =~ /\n/g, 1, "$name: in one line") or diag($out);
	return;
}

sub files
{
	my ($folder, $what) = @_;
	return [ sort split /\n/, `cd '$work/$folder' && find . $what -printf '%P\\n'` ];
}

# The sources: what make dist packs, unpacked by somebody else; without git a
# copy.  Read-only: nothing may be written there.
open my $unpack, '>', "$work/unpack.py" or die $!;
print $unpack <<'EOF';
import os, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
for item in archive.infolist():
    path = archive.extract(item)
    mode = item.external_attr >> 16 & 0o777
    if mode:
        os.chmod(path, mode)
EOF
close $unpack;
run(qq{mkdir copy && tar -C '$top' -cf - --exclude='*.o' --exclude='*.so' --exclude='*.bc' --exclude=.git \\
	--exclude=tmp_check --exclude=results --exclude=__pycache__ . | tar -C copy -xf -});
SKIP:
{
	skip 'no git', 5 if system('git --version >/dev/null 2>&1') != 0;
	my $version = do { local (@ARGV, $/) = "$top/META.json"; (<> =~ /^   "version": "([0-9.]+)"/m)[0] };
	my $out = succeeds('make dist', qq{cp -a copy clone && cd clone && git init -q && git add -A && \\
		git -c user.name=x -c user.email=x\@x commit -q -m x && make -s dist});
	is($out, "fivetrex-$version.zip\n", 'names its archive');
	succeeds('the archive is unpacked', "python3 unpack.py clone/fivetrex-$version.zip");
	is_deeply([ grep { -d "$work/$_" } map { s{.*/}{}r } glob "$work/fivetrex*" ], ["fivetrex-$version"],
		'into one folder, called what PGXN wants');
	is_deeply(files("fivetrex-$version", '-type f'), [ sort split /\n/, `git -C '$work/clone' ls-files` ],
		'with all that is here');
	rename "$work/fivetrex-$version", "$work/source";
}
rename "$work/copy", "$work/source" unless -e "$work/source";
run('chmod -R a-w source');

# Bitcode, if this PostgreSQL has it and its clang is there.
my ($pgxs) = `$pg_config --pgxs` =~ /(.*)\n/;
my $global = $pgxs =~ s{makefiles/pgxs\.mk$}{Makefile.global}r;
my $llvm = `grep -E '^with_llvm|^CLANG *=' '$global'`;
my ($clang) = $llvm =~ /^CLANG\s*=\s*(\S+)/m;
my $bitcode = $llvm =~ /^with_llvm\s*=\s*yes/m && $clang && -x $clang;
my $make = "make -s PG_CONFIG='$pg_config'" . ($bitcode ? '' : ' with_llvm=no');
note($bitcode ? 'with bitcode' : 'without bitcode');

succeeds('from another folder, 8 jobs, link-time optimisation',
	"mkdir elsewhere && cd elsewhere && $make -j8 -f ../source/Makefile COPT='-Werror -flto'");
like(`nm -D '$work/elsewhere/fivetrex.so'`, qr/ T Pg_magic_func$/m, 'the library has something in it');
succeeds('installed from there', "cd elsewhere && $make -f ../source/Makefile install DESTDIR='$work/root'");

my %dir = map { $_ => `$pg_config --$_` =~ s/^\/(.*)\n$/$1/r } qw(pkglibdir sharedir docdir);
my @scripts = map { s{.*/}{}r } glob "$top/fivetrex*--*.sql";
my @controls = map { s{.*/}{}r } glob "$top/*.control";
cmp_ok(scalar @scripts, '>=', 3, 'scripts');
my @programs = qw(check_fivetran deliver);
my @bitcode = $bitcode ? ('fivetrex.index.bc', map { "fivetrex/$_" =~ s/\.c$/.bc/r }
	  map { s{^\Q$top\E/}{}r } glob "$top/src/*.c $top/src/*/*.c $top/src/*/*/*.c") : ();
is_deeply(
	files('root', '-type f'),
	[
		sort "$dir{pkglibdir}/fivetrex.so", "$dir{docdir}/extension/fivetrex.md",
		map({ "$dir{docdir}/extension/fivetrex_$_.md" } qw(tables recipes)),
		map({ "$dir{docdir}/extension/fivetrex_recipes/$_" } @programs, 'grafana.json'),
		map({ "$dir{sharedir}/extension/$_" } @controls, @scripts),
		map { "$dir{pkglibdir}/bitcode/$_" } @bitcode
	],
	'what is installed: library, scripts, control files, manuals and what they name, bitcode');
ok(-x "$work/root/$dir{docdir}/extension/fivetrex_recipes/$_", "$_ can be run") foreach @programs;

# The manuals lead to each other there, and to nothing that is not installed.
my @lost;
foreach my $page (glob "$work/root/$dir{docdir}/extension/*.md")
{
	my $text = do { local (@ARGV, $/) = $page; <> };
	push @lost, map { "$page: $_" } grep { !-e "$work/root/$dir{docdir}/extension/$_" }
		map { s/#.*//r } grep { !/^(?:#|https:)/ } $text =~ /\]\(([^)\s]+)\)/g;
}
is_deeply(\@lost, [], 'links of the installed manuals');

# installcheck there, of what was built there.
open my $conf, '>', "$work/elsewhere.conf" or die $!;
print $conf do { local (@ARGV, $/) = $ENV{TEMP_CONFIG}; <> } =~ s{'[^':]*/root}{'$work/root}gr;
close $conf;
succeeds('installcheck there: regression tests and TAP', qq{cd elsewhere && env TEMP_CONFIG='$work/elsewhere.conf' \\
	$make -f ../source/Makefile installcheck REGRESS=signature PROVE_TESTS=test/t/005_versions.pl \\
	EXTRA_REGRESS_OPTS="--temp-instance='$work/instance' --temp-config='$work/elsewhere.conf'"});

succeeds('uninstalled', "cd elsewhere && $make -f ../source/Makefile uninstall DESTDIR='$work/root'");
is_deeply(files('root', '-type f'), [], 'nothing is left');
succeeds('cleaned', "cd elsewhere && $make -f ../source/Makefile clean");
is_deeply(files('elsewhere', '-type f'), [], 'nothing is left there either');

# A path with spaces: what the suite has built, one file compiled anew.
succeeds('in a folder with spaces in its name', qq{mkdir 'with space' && cp -a '$top' 'with space/five trex' && \\
	cd 'with space/five trex' && touch src/fivetrex.c && $make with_llvm=no COPT=-Werror && \\
	$make with_llvm=no install DESTDIR='$work/space'});
ok(-s "$work/space/$dir{pkglibdir}/fivetrex.so", 'installed from there');

refuses('no sources', "mkdir none && cp '$top/Makefile' '$top/fivetrex.control' none && "
	  . "$make -C none --no-print-directory",
	qr/no sources in '\.\/src'/);
refuses('from a path with spaces', "$make -f 'with space/five trex/Makefile'", qr/no sources in/);
refuses('sources that have been built in', "mkdir other && cp -a source built && chmod -R u+w built && "
	  . "touch built/src/fivetrex.o && cd other && $make -f ../built/Makefile",
	qr/'\.\.\/built' has been built in: make clean there/);
refuses('a pg_config without headers', "printf '#!/bin/sh\\necho /nowhere\\n' >pg_config && chmod +x pg_config && "
	  . "make -s -C source --no-print-directory PG_CONFIG='$work/pg_config'",
	qr/leads to no server's headers: install them .*postgresql-server-dev-NN.*PG_CONFIG=/);

system("chmod -R u+w '$work'");
done_testing();
