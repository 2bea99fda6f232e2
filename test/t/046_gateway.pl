# A gateway: postgres_fdw, from a server that cannot have fivetrex, to one that has it.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('gateway');
$node->add_world($mock, 'w');
$mock->settings('w', connectors => 40);
my ($host, $port) = ($node->host, $node->port);

# The gateway's side: a role that reads all and may change a few columns, with belts of its own.
$node->query(q{
	CREATE ROLE gateway LOGIN;
	GRANT USAGE ON SCHEMA w TO gateway;
	GRANT SELECT ON ALL TABLES IN SCHEMA w TO gateway;
	GRANT INSERT, UPDATE, DELETE ON w.groups, w.connectors TO gateway;
	ALTER ROLE gateway SET fivetrex.max_writes = 3;
	ALTER ROLE gateway SET fivetrex.max_deletes = 1;
	ALTER ROLE gateway SET cursor_tuple_fraction = 1;
	CREATE DATABASE managed});

# The managed side, where there is no fivetrex: another database will do.
sub managed { return $node->psql('managed', "\\set VERBOSITY verbose\n$_[0]") }

my ($status, undef, $err) = managed(qq{
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER gateway FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
	CREATE USER MAPPING FOR PUBLIC SERVER gateway OPTIONS (user 'gateway');
	CREATE SCHEMA fivetran;
	IMPORT FOREIGN SCHEMA w FROM SERVER gateway INTO fivetran;
	ALTER DATABASE managed SET search_path = fivetran, public;
	CREATE TABLE public.plan (id text, minutes integer);
	INSERT INTO public.plan VALUES ('assimilate_seem', 60), ('broken_anchor', 30);
	CREATE FUNCTION public.local_only(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN \$1; END'});
is($status, 0, 'a managed server') or diag($err);
is((managed('SELECT count(*) FROM pg_extension WHERE extname = $$fivetrex$$'))[1], 0, 'without the extension');
is((managed('SELECT count(*) FROM information_schema.foreign_tables'))[1],
	$node->query('SELECT count(*) FROM fivetrex_tables()'), 'with all tables');

my $c = '/v1/connections';
my $list = "GET $c?limit=1000";

# What the managed side's statement makes of requests, and what comes back.
sub asks
{
	my ($name, $sql, $requests, $out_expected, $err_expected) = @_;
	$mock->clear('w');
	my (undef, $out, $err) = managed($sql);
	my @log = map { "$_->{method} $_->{path}" . (defined $_->{body} ? ' ' . JSON::PP->new->canonical->encode($_->{body})
		: '') } $mock->log('w');
	is_deeply([ sort @log ], [ sort @$requests ], "$name: requests");
	is($out, $out_expected, "$name: rows") if defined $out_expected;
	$err_expected ? like($err, $err_expected, "$name: what is told") : is($err, '', "$name: no complaint");
	return;
}

subtest 'reads' => sub {
	asks('all', 'SELECT count(*) FROM connectors', [$list], $node->query('SELECT count(*) FROM w.connectors'));
	asks('by key', q{SELECT id FROM connectors WHERE id = 'assimilate_seem'}, ["GET $c/assimilate_seem"],
		'assimilate_seem');
	asks('by a filter of the API', q{SELECT count(*) FROM connectors WHERE group_id = 'decent_dropsy' AND NOT paused},
		["GET $c?group_id=decent_dropsy&limit=1000"]);
	asks('by keys of a local table', 'SELECT count(*) FROM connectors WHERE id = ANY (ARRAY(SELECT id FROM plan))',
		[ "GET $c/assimilate_seem", "GET $c/broken_anchor" ], 2);
	asks('a limit', 'SELECT count(*) FROM (SELECT id FROM groups LIMIT 1) g', ['GET /v1/groups?limit=1'], 1);
	asks('a join of two tables there', q{SELECT g.name FROM connectors c JOIN groups g ON g.id = c.group_id
		WHERE c.id = 'assimilate_seem'},
		[ "GET $c/assimilate_seem", 'GET /v1/groups/decent_dropsy' ],
			$node->query(q{SELECT name FROM w.groups WHERE id = 'decent_dropsy'}));
	asks('a join with a local table', 'SELECT c.id, p.minutes FROM connectors c JOIN plan p ON p.id = c.id ORDER BY 1',
		[$list], "assimilate_seem|60\nbroken_anchor|30");
	asks('a child by its parent', q{SELECT count(*) > 0 FROM connector_tables WHERE connector_id = 'assimilate_seem'},
		["GET $c/assimilate_seem/schemas"], 't');
	asks('a condition that stays here', q{SELECT id FROM connectors WHERE public.local_only(id) = 'assimilate_seem'},
		[$list], 'assimilate_seem');
	asks('jsonb', q{SELECT config ->> 'host' IS NOT NULL FROM connectors WHERE id = 'assimilate_seem'},
		["GET $c/assimilate_seem"], 't');
};

subtest 'writes' => sub {
	my $no_tests = '"run_setup_tests":false';
	asks('an UPDATE by key', q{UPDATE connectors SET paused = true WHERE id = 'assimilate_seem' RETURNING id, paused},
		[ "GET $c/assimilate_seem", "PATCH $c/assimilate_seem {\"paused\":true,$no_tests}" ], 'assimilate_seem|t');
	asks('an UPDATE of a set', q{UPDATE connectors SET paused = false WHERE id IN ('assimilate_seem', 'broken_anchor')},
		[ map { ("GET $c/$_", "PATCH $c/$_ {\"paused\":false,$no_tests}") } qw(assimilate_seem broken_anchor) ], '');
	asks('an UPDATE by keys of a local table', q{UPDATE connectors SET sync_frequency = 60 WHERE id = ANY (ARRAY(SELECT id
		FROM plan))},
		[ map { ("GET $c/$_", "PATCH $c/$_ {$no_tests,\"sync_frequency\":60}") } qw(assimilate_seem broken_anchor) ], '');
	asks('an INSERT', q{INSERT INTO groups (name) VALUES ('one') RETURNING name}, ['POST /v1/groups {"name":"one"}'],
		'one');
	asks('an INSERT of many', q{INSERT INTO groups (name) SELECT 'many_' || n FROM generate_series(1, 3) n},
		[ map { "POST /v1/groups {\"name\":\"many_$_\"}" } 1 .. 3 ], '');
	my $id = $node->query(q{SELECT id FROM w.groups WHERE name = 'one'});
	asks('a DELETE', "DELETE FROM groups WHERE id = '$id'", [ "GET /v1/groups/$id", "DELETE /v1/groups/$id" ], '');
	foreach my $case (
		[ 'a join', q{UPDATE connectors c SET sync_frequency = p.minutes FROM plan p WHERE p.id = c.id} ],
		[ 'a function of this side', q{UPDATE groups SET name = public.local_only(name) WHERE id = 'decent_dropsy'} ],
		[ 'a DELETE with a join', q{DELETE FROM connectors c USING plan p WHERE p.id = c.id} ])
	{
		asks($case->[0], $case->[1], [], '',
			qr/ERROR:\ \ 0A000:\ cannot\ address\ rows\ of\ foreign\ table\ "(connectors|groups)"\ by\ ctid\n
				DETAIL:\ \ .*\nHINT:\ \ Address\ rows\ by\ their\ key:\ id\.\ An\ UPDATE\ or\ DELETE\ over\ postgres_fdw
				\ must\ be\ one\ that\ it\ sends\ as\ a\ whole\.\nCONTEXT:\ \ remote\ SQL\ command:\ /x);
	}
	asks('a join in a loop', q{DO $$ DECLARE p record; BEGIN FOR p IN SELECT * FROM plan ORDER BY id LOOP
		UPDATE connectors SET sync_frequency = p.minutes WHERE id = p.id; END LOOP; END $$},
		[ "GET $c/assimilate_seem", "PATCH $c/assimilate_seem {$no_tests,\"sync_frequency\":60}", "GET $c/broken_anchor",
			"PATCH $c/broken_anchor {$no_tests,\"sync_frequency\":30}" ], '');
};

subtest 'belts and errors' => sub {
	asks('max_deletes of the role', q{DELETE FROM groups WHERE name LIKE 'many%'}, ['GET /v1/groups?limit=1000'], '',
		qr/ERROR:\ \ 54000:\ .*\n(DETAIL:.*\n)?HINT:\ \ .*fivetrex\.max_deletes.*\nCONTEXT:\ \ (Fivetran\ API
			\ writes:\ .*\n)?remote\ SQL\ command:\ DELETE\ FROM\ w\.groups/x);
	asks('max_writes of the role', q{UPDATE groups SET name = name || 'x' WHERE name LIKE '%a%'},
		['GET /v1/groups?limit=1000'], '', qr/ERROR:  54000: .*\n(DETAIL:.*\n)?HINT:  .*fivetrex\.max_writes/);
	asks('rights of the role', q{UPDATE webhooks SET active = false WHERE id = 'hook_acorn'}, [], '',
		qr/ERROR:  42501: permission denied for foreign table webhooks\nCONTEXT:  remote SQL command/);
	asks('a column that cannot be set', q{UPDATE connectors SET sync_state = 'x' WHERE id = 'assimilate_seem'}, [], '',
		qr/ERROR:\ \ 0A000:\ column\ "sync_state"\ of\ foreign\ table\ "connectors"\ cannot\ be\ updated\n
			DETAIL:\ \ .*\nHINT:\ \ Columns\ of\ connectors\ that\ can\ be\ updated:\ /x);
	$mock->fault('w', { method => 'GET', path => 'groups', status => 401,
		body => { code => 'AuthFailed', message => 'bad key' }, times => 0 });
	asks('a wrong key', 'SELECT count(*) FROM groups', [ 'GET /v1/groups?limit=1000' ], '',
		qr/ERROR:  28000: .*\nDETAIL:  .*GET \/v1\/groups.*\nHINT:  /);
	$mock->clear_faults('w');
	asks('caught by its name', q{DO $$ BEGIN DELETE FROM groups WHERE name LIKE 'many%';
		EXCEPTION WHEN program_limit_exceeded THEN RAISE NOTICE 'caught'; END $$}, ['GET /v1/groups?limit=1000'], '',
		qr/NOTICE:  00000: caught/);
	$node->query(q{ALTER SERVER w OPTIONS (ADD access 'read_only')});
	asks('a gateway that reads only', q{UPDATE connectors SET paused = true WHERE id = 'assimilate_seem'}, [], '',
		qr/ERROR:  (42501|55000): /);
	$node->query(q{ALTER SERVER w OPTIONS (DROP access); ALTER SERVER w OPTIONS (ADD dry_run 'true')});
	asks('a dry run', q{UPDATE connectors SET paused = true WHERE id = 'assimilate_seem' RETURNING id},
		["GET $c/assimilate_seem"], '');
	$node->query(q{ALTER SERVER w OPTIONS (DROP dry_run)});
};

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
