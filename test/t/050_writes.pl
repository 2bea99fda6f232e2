# What EXPLAIN tells of INSERT, UPDATE and DELETE; what they send and return is in stories/writes.sql.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('writes');
$node->add_world($mock, 'w');
$node->safe_psql('postgres', "ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres
	SET search_path = w, public; ALTER DATABASE postgres SET fivetrex.max_deletes = 100");

# The writes of a statement, in no order, and all else.
sub writes
{
	my ($log, @rest) = $node->writes($mock, 'w', @_);
	return ([ sort @$log ], @rest);
}

$node->safe_psql('postgres', q{CREATE TABLE wanted (id text)});
my $plan = $node->safe_psql('postgres', q{EXPLAIN (VERBOSE, COSTS OFF) UPDATE connectors SET paused = true
	WHERE group_id = 'opaque_lantern' AND NOT paused});
like($plan, qr{Foreign\ Update\ on\ w\.connectors\n.*Filter:\ \(\(NOT\ paused\)\ AND\ \(group_id\ =
	\ 'opaque_lantern'::text\)\)\n\s+Fivetran\ Request:\ GET
	\ /v1/connections\?group_id=opaque_lantern&limit=1000\n.*\n.*\n\s+Fivetran\ Write:\ PATCH
	\ /v1/connections/\{id\}}x, 'EXPLAIN of a direct update') or diag($plan);
is_deeply((writes(q{EXPLAIN DELETE FROM groups; EXPLAIN INSERT INTO groups (name) VALUES ('x');
	EXPLAIN VERBOSE UPDATE connectors c SET paused = true FROM wanted WHERE wanted.id = c.id}))[0], [],
	'EXPLAIN writes nothing');
$plan = $node->safe_psql('postgres', q{EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) UPDATE connectors
	SET paused = true WHERE group_id = 'hollow_cedar'});
like($plan, qr/Foreign\ Update\ on\ connectors\ \(actual\ rows=12(\.00)?\ loops=1\)\n(.*\n)*.*Calls:\ 13\n
	(.*\n)*.*Writes:\ 12/x, 'EXPLAIN ANALYZE counts') or diag($plan);

$plan = $node->safe_psql('postgres', q{EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) INSERT INTO groups (name)
	VALUES ('explained_1'), ('explained_2')});
like($plan, qr/Fivetran Write: POST \/v1\/groups\n\s+Calls: 2\n(.*\n)*\s+Writes: 2\n/, 'of an INSERT, too')
	or diag($plan);
like($node->safe_psql('postgres', q{EXPLAIN INSERT INTO groups (name) VALUES ('a'), ('b'), ('c')}),
	qr/Fivetran Write: POST \/v1\/groups\n\s+Expected Writes: 3\n/, 'EXPLAIN tells how many are expected');
is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
