# Version 1.0, updated, is what a fresh newest version is.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use PostgreSQL::Test::Utils;
use Fivetrex::Node;

my $top = "$FindBin::RealBin/../..";
my $node = Fivetrex::Node->start('versions');

my ($newest) = slurp_file("$top/fivetrex.control") =~ /default_version = '([^']+)'/;
is($node->query(q{SELECT extversion FROM pg_extension WHERE extname = 'fivetrex'}),
	$newest, 'the newest version is the default');

# The lines of test/upgrade/catalogue.sql in a database.
sub catalogue
{
	my ($database) = @_;
	my (undef, $out, $err) = $node->psql($database, slurp_file("$top/test/upgrade/catalogue.sql"),
		extra_params => [ '-q', '-F', ' ' ]);
	is($err, '', "the catalogue of $database is read");
	return $out;
}

$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION fivetrex');
my $fresh = catalogue('fresh');
my %count;
$count{$_}++ for $fresh =~ /^(member|row|function|depends|comment|rights|initial rights) /mg;
cmp_ok($count{$_} // 0, '>', 40, "the catalogue tells of $_") for qw(member row function depends comment rights);
cmp_ok($count{'initial rights'} // 0, '>', 40, 'and of initial rights');

# Every released version has a way to the newest, and it ends there.
my @released = map { /^fivetrex--([0-9.]+)\.sql$/ && $1 ne $newest ? $1 : () }
  map { s{.*/}{}r } glob "$top/fivetrex--*.sql";
ok(scalar @released, 'there are released versions: ' . join ' ', @released);
foreach my $version (@released)
{
	my $database = "from_$version";
	$node->safe_psql('postgres', qq{CREATE DATABASE "$database"});
	$node->safe_psql($database, "CREATE EXTENSION fivetrex VERSION '$version'");
	is($node->safe_psql($database, q{SELECT extversion FROM pg_extension WHERE extname = 'fivetrex'}),
		$version, "$version can be created with this library");
	$node->safe_psql($database, 'ALTER EXTENSION fivetrex UPDATE');
	my $updated = catalogue($database);
	my %fresh = map { $_ => 1 } split /\n/, $fresh;
	my %updated = map { $_ => 1 } split /\n/, $updated;
	is_deeply([ grep { !$updated{$_} } sort keys %fresh ], [], "$version, updated, lacks nothing");
	is_deeply([ grep { !$fresh{$_} } sort keys %updated ], [], "$version, updated, has nothing more");
	ok($updated eq $fresh, "$version, updated, is the newest");
}

$node->stop;
done_testing();
