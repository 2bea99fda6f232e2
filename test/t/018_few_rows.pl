# Where a few rows may suffice, no page, no parent and no detail is asked for before it is known that they do not.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('few_rows');
$node->add_world($mock, 'w');
$node->query('ALTER DATABASE postgres SET search_path = w, public;
	ALTER DATABASE postgres SET client_min_messages = error');

my $list = 'GET /v1/connections?limit=1000';
my @all = map { "$list$_" } '', '&cursor=eyJza2lwIjoxMDAwfQ', '&cursor=eyJza2lwIjoyMDAwfQ';
my $groups = 'GET /v1/groups?limit=1000';

sub asks
{
	my ($sql, $expected, $out_expected) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	is_deeply([ sort @$log ], [ sort @$expected ], $sql) or diag($err);
	is($out, $out_expected, 'result') if defined $out_expected;
	return;
}

# the first page has such rows, in its first half
asks('SELECT EXISTS (SELECT 1 FROM connectors)', [$list], 't');
asks("SELECT EXISTS (SELECT 1 FROM connectors WHERE group_id = 'decent_dropsy' AND NOT paused)",
	['GET /v1/connections?group_id=decent_dropsy&limit=1000'], 't');
asks('SELECT count(*) FROM (SELECT id FROM connectors WHERE NOT paused LIMIT 5) x', [$list], 5);
asks('SELECT id IS NOT NULL FROM connectors WHERE NOT paused LIMIT 1', [$list], 't');
asks('SELECT count(*) FROM (SELECT c.id FROM connectors c JOIN groups g ON g.id = c.group_id LIMIT 5) x',
	[ $list, $groups ], 5);
asks('SELECT count(*) FROM (SELECT c.id FROM connectors c LEFT JOIN groups g ON g.id = c.group_id LIMIT 5) x',
	[ $list, $groups ], 5);
asks('SELECT (SELECT count(*) FROM (SELECT 1 FROM connectors c WHERE NOT paused LIMIT n) y)
	FROM (VALUES (2), (3)) v (n)', [$list], "2\n3");

# children: one parent after another, and more of them as those were not enough
asks('SELECT EXISTS (SELECT 1 FROM group_users)', [ $groups, 'GET /v1/groups/decent_dropsy/users?limit=1000' ], 't');
asks('SELECT EXISTS (SELECT 1 FROM connector_tables)', [ $list, 'GET /v1/connections/assimilate_seem/schemas' ], 't');

# details
asks('SELECT id FROM destinations WHERE config IS NOT NULL LIMIT 1',
	[ 'GET /v1/destinations?limit=1000', 'GET /v1/destinations/decent_dropsy' ], 'decent_dropsy');

# where they are not enough, or all rows are wanted, all is read, once
asks("SELECT EXISTS (SELECT 1 FROM connectors WHERE service = 'none')", \@all, 'f');
asks("SELECT id FROM connectors WHERE service = 'none' LIMIT 1", \@all, '');
asks('SELECT count(*) FROM (SELECT id FROM connectors ORDER BY created_at LIMIT 3) x', \@all, 3);
asks('SELECT count(*) FROM (SELECT DISTINCT group_id FROM connectors LIMIT 3) x', \@all, 3);
asks('SELECT count(*) FROM (SELECT group_id FROM connectors GROUP BY group_id LIMIT 3) x', \@all, 3);
asks('SELECT count(*) FROM connectors', \@all, 2500);
asks("SELECT count(*) FROM (SELECT 1 FROM connectors WHERE service <> 'none' LIMIT 2400) x", \@all, 2400);
my @of_groups = map { "GET /v1/groups/$_/users?limit=1000" } $node->rows('SELECT id FROM groups');
asks("SELECT EXISTS (SELECT 1 FROM group_users WHERE role = 'none')", [ $groups, @of_groups ], 'f');
my @destinations = map { "GET /v1/destinations/$_" } $node->rows('SELECT id FROM destinations');
asks("SELECT id FROM destinations WHERE config ->> 'host' = 'none' LIMIT 1",
	[ 'GET /v1/destinations?limit=1000', @destinations ], '');

# a cursor that stops, and one that goes on after another statement
asks('BEGIN; DECLARE c CURSOR FOR SELECT id FROM connectors; MOVE 10 FROM c; COMMIT', [$list], '');
asks('BEGIN; DECLARE c CURSOR FOR SELECT id FROM connectors;
	MOVE 10 FROM c; SELECT count(*) FROM groups; MOVE ALL FROM c; COMMIT',
	[ @all, $groups ]);

# rows that are read ahead of a write: all of them
{
	$node->query("CREATE FUNCTION pause_some() RETURNS bigint LANGUAGE plpgsql AS \$\$
	  DECLARE r record; n bigint := 0;
	  BEGIN
	    FOR r IN SELECT id FROM w.connectors WHERE service <> 'none' LIMIT 2400 LOOP
	      IF n = 0 THEN PERFORM fivetrex_pause(r.id, server => 'w'); END IF;
	      n := n + 1;
	    END LOOP;
	    RETURN n;
	  END \$\$");
	is($node->query('SELECT pause_some()'), 2400, 'no row is lost when something is written in between');
}

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
