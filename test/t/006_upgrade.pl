# What was made with a released version works with this library, and as before
# after the update; library and script tell when they are of different versions.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use PostgreSQL::Test::Utils;
use Fivetrex::Mock;
use Fivetrex::Node;

my $top = "$FindBin::RealBin/../..";
my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('upgrade');
my ($newest) = slurp_file("$top/fivetrex.control") =~ /default_version = '([^']+)'/;
my @released = map { /fivetrex--([0-9.]+)\.sql$/ && $1 ne $newest ? $1 : () } glob "$top/fivetrex--*.sql";

# Output and complaints of psql, which stops at an error.
sub run_sql
{
	my ($database, $sql) = @_;
	my ($status, $out, $err) = $node->psql($database, $sql, on_error_stop => 1);
	return ($out, $err);
}

like($node->query('SELECT * FROM fivetrex_version()'),
	qr/^\Q$newest|$newest|\E(?:1[5-9]|[2-9]\d)\w*[. ][^|]*\|\d+\.\d+[^|]*\|\w+\/[^|]+\|$/,
	'fivetrex_version() tells what it consists of');

foreach my $version (@released)
{
	my $database = "used_$version";
	my $still = slurp_file("$top/test/upgrade/still.sql");
	$node->safe_psql('postgres', qq{CREATE DATABASE "$database"});
	$node->safe_psql($database, "CREATE EXTENSION fivetrex VERSION '$version'");
	my (undef, $complaints) = run_sql($database,
		"\\set base_url '" . $mock->url($database) . "'\n" . slurp_file("$top/test/upgrade/use.sql"));
	is(() = $complaints =~ /WARNING/g, 1, "$version with this library: one warning in a session");
	like($complaints,
		qr/WARNING:  extension "fivetrex" is of version \Q$version\E in this database, its library of \Q$newest\E
HINT:  ALTER EXTENSION fivetrex UPDATE brings what is new\./, "$version: what it says");
	unlike($complaints, qr/ERROR/, "$version with this library: used");
	my ($before) = run_sql($database, $still);
	like($before, qr/^write\|assimilate_seem\n.*^snapshot\|14\z/ms, "$version with this library: works");
	$node->safe_psql($database, 'ALTER EXTENSION fivetrex UPDATE');
	my ($after, $silence) = run_sql($database, $still);
	is($after, $before, "$version, updated: views, grants, data and calls as before");
	is($silence, '', "$version, updated: nothing to complain about");
}

$node->safe_psql('postgres', 'CREATE DATABASE ahead');
$node->safe_psql('ahead', q{
	CREATE EXTENSION fivetrex;
	UPDATE pg_extension SET extversion = '99.1' WHERE extname = 'fivetrex';
	CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '} . $mock->url('ahead') . q{');
	CREATE USER MAPPING FOR PUBLIC SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret')});
my $advice = 'Install the files of fivetrex 99.1, or connect again if they are installed.';
is($node->safe_psql('ahead', 'SELECT extension, library, advice FROM fivetrex_version()'),
	"99.1|$newest|$advice", 'a script that is newer than the library: fivetrex_version() says so');
my ($answer, $complaint) = run_sql('ahead', 'SELECT account_name FROM fivetrex_ping()');
like($complaint, qr/WARNING:  extension "fivetrex" is of version 99\.1 in this database, its library of \Q$newest\E
HINT:  \Q$advice\E/, 'and so does the first call');
isnt($answer, '', 'which is made');

$node->stop;
done_testing();
