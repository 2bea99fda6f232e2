# A library that is older than the script: nothing is done, and it is said why.

use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use Test::More;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $top = abs_path("$FindBin::RealBin/../..");
my $work = $ENV{TESTDIR};
my ($root) = slurp_file($ENV{TEMP_CONFIG}) =~ /'([^':]*\/root)/ or die 'no installation';
my ($newest) = slurp_file("$top/fivetrex.control") =~ /default_version = '([^']+)'/;

# The library that the suite has built, without what is new.
my $library = "$work/old" . `$ENV{PG_CONFIG} --pkglibdir` =~ s/\n//r;
is(system(qq{cp -a '$root' '$work/old' && cp -a '$top' '$work/tree' && cd '$work/tree' &&
	rm -f src/func/version.[co] fivetrex.so && make -s with_llvm=no PG_CONFIG='$ENV{PG_CONFIG}' >'$work/make' 2>&1 &&
	cp fivetrex.so '$library/'}), 0, 'an old library')
  or diag(slurp_file("$work/make"));

my $conf = slurp_file($ENV{TEMP_CONFIG}) =~ s/\Q$root\E/$work\/old/gr;
my $node = PostgreSQL::Test::Cluster->new('old_library');
$node->init(extra => [ '--encoding=UTF8', '--no-locale' ]);
$node->append_conf('postgresql.conf', $conf);
$node->start;

my $sentence = qr/ERROR:  55000: the library of fivetrex is older than the script of version \Q$newest\E
DETAIL:  could not find function "fivetrex_version" in file ".*fivetrex\.so"
HINT:  Install the files of one version, and connect again:/;
foreach my $case ([ 'CREATE EXTENSION fivetrex', '' ],
	[ "CREATE EXTENSION fivetrex VERSION '1.0'; ALTER EXTENSION fivetrex UPDATE", '1.0' ])
{
	my ($sql, $left) = @$case;
	my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	like($err, $sentence, "$sql: says so");
	is($node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'fivetrex'}),
		$left, "$sql: nothing is done");
}
is($node->safe_psql('postgres', 'SELECT count(*) > 30 FROM fivetrex_tables()'), 't', 'what was there works');
$node->stop;
done_testing();
