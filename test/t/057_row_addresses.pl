# Rows of Fivetran are addressed by their key.  Whoever tells them by ctid, or
# by another system column, is refused when the statement is planned: all rows
# have the same one.  Nothing is asked and nothing is sent.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('addresses');
$node->add_world($mock, 'w');
$node->query("ALTER DATABASE postgres SET search_path = w, public;
	ALTER DATABASE postgres SET fivetrex.max_deletes = 10000");

my $refused = qr/ERROR:  0A000: cannot address rows of foreign table "\w+" by (?:ctid|x(?:min|max)|c(?:min|max)|WHERE)/;
my $key = qr/HINT:  Address rows by their key: id\./;

# The statements, one per line, fail when they are planned: not one request
# leaves.  Returns what the last one says.
sub refuses
{
	my ($statements, $setup) = @_;
	my $err;
	foreach my $sql (grep { /\S/ } split /\n\s*/, $statements)
	{
		(my $log, undef, $err) = $node->sent($mock, 'w', ($setup // '') . $sql);
		like($err, $refused, "refused: $sql");
		is_deeply($log, [], "nothing is asked: $sql");
	}
	return $err;
}

# It gives this; of requests it makes only reads.
sub gives
{
	my ($sql, $result, $setup) = @_;
	my ($writes, $out, $err) = $node->writes($mock, 'w', ($setup // '') . $sql);
	is($err, '', "no complaint: $sql");
	is($out, $result, $sql);
	is_deeply($writes, [], "nothing is written: $sql");
	return;
}

$node->query(q{
	CREATE TABLE public.plan (connector_id text, place tid);
	INSERT INTO plan VALUES ('assimilate_seem', '(0,1)');
	CREATE TABLE public.par (id text, name text, created_at timestamptz);
	CREATE FOREIGN TABLE public.chi () INHERITS (par) SERVER w OPTIONS (resource 'groups');
	CREATE TABLE public.parted (id text, name text, created_at timestamptz) PARTITION BY LIST (name);
	CREATE FOREIGN TABLE public.part PARTITION OF parted DEFAULT SERVER w OPTIONS (resource 'groups');
	CREATE VIEW public.barrier WITH (security_barrier) AS SELECT ctid AS place, id FROM groups;
	CREATE VIEW public.v AS SELECT ctid AS place, * FROM groups;
	CREATE VIEW public.u AS SELECT ctid AS place, id FROM groups UNION ALL SELECT ctid, id FROM destinations});

subtest 'changes' => sub {
	like(refuses("UPDATE groups SET name = name || '_x' WHERE ctid IN (SELECT ctid FROM groups ORDER BY id LIMIT 1)"),
		$key, 'the hint names the key');
	like(refuses("DELETE FROM team_users WHERE ctid > '(0,0)'"), qr/HINT:  Address rows by their key: team_id, user_id\./,
		'or all its columns');
	foreach my $table (qw(groups par parted))
	{
		refuses(join "\n", map { "UPDATE $table SET name = 'x' WHERE $_" } grep { /\S/ } split /\n\s*/, qq{
			ctid IN (SELECT ctid FROM groups LIMIT 1)
			ctid = ANY (ARRAY(SELECT ctid FROM groups LIMIT 1))
			ctid = '(0,1)'
			ctid <> '(0,1)'
			NOT ctid = '(0,1)'
			ctid >= '(0,0)' AND ctid < '(1,0)'
			ctid > '(0,0)'
			ctid IS DISTINCT FROM '(0,0)'
			ctid::text = '(0,1)'
			id = 'empty_shelf' AND ctid = '(4294967295,0)'
			id = 'empty_shelf' AND xmin = '1'
			xmax = 0
			xmin::text = '7'
			(ctid, id) = ('(0,1)', 'empty_shelf')
			ctid = (SELECT max(ctid) FROM groups)
			EXISTS (SELECT 1 FROM plan p WHERE p.place = $table.ctid)
			EXISTS (SELECT 1 FROM plan p WHERE p.place = $table.ctid AND random() > 2)
			(SELECT count(*) FROM plan p WHERE p.place < $table.ctid) = 0
			ctid NOT IN (SELECT max(ctid) FROM groups GROUP BY name)
			CASE WHEN ctid = '(0,1)' THEN true ELSE false END
			coalesce(ctid, '(0,1)') = '(0,1)'});
	}
	refuses(q{
		UPDATE groups g SET name = 'x' FROM plan p WHERE p.place = g.ctid
		UPDATE groups g SET name = 'x' FROM groups h WHERE h.ctid = g.ctid AND h.id = 'empty_shelf'
		UPDATE groups g SET name = 'x' FROM groups h WHERE h.ctid < g.ctid AND h.id = g.id
		UPDATE groups g SET name = 'x' FROM (SELECT ctid AS c FROM groups ORDER BY id LIMIT 1) h WHERE h.c = g.ctid
		UPDATE groups g SET name = ctid::text WHERE id = 'empty_shelf'
		UPDATE groups g SET name = 'x' WHERE id = 'empty_shelf' RETURNING ctid
		UPDATE groups g SET name = 'x' WHERE id = 'empty_shelf' RETURNING g.*, xmin
		UPDATE v SET name = 'x' WHERE place = '(0,1)'
		UPDATE plan SET place = g.ctid FROM groups g WHERE g.id = 'empty_shelf'
		UPDATE plan SET connector_id = 'x' FROM groups g WHERE g.ctid = plan.place
		UPDATE plan SET place = (SELECT ctid FROM groups LIMIT 1)
		UPDATE plan SET connector_id = 'x' WHERE place IN (SELECT ctid FROM groups WHERE ctid > '(0,0)')
		DELETE FROM groups WHERE ctid IN (SELECT ctid FROM groups LIMIT 1)
		DELETE FROM groups a USING groups b WHERE a.name = b.name AND a.ctid > b.ctid
		DELETE FROM groups WHERE id = 'empty_shelf' RETURNING ctid
		DELETE FROM par WHERE id = 'empty_shelf' RETURNING ctid
		DELETE FROM parted WHERE id = 'empty_shelf' RETURNING ctid, *
		DELETE FROM plan USING groups g WHERE g.ctid = plan.place
		DELETE FROM plan USING u WHERE u.place = plan.place
		WITH x AS (SELECT ctid FROM groups ORDER BY id LIMIT 1) DELETE FROM groups g USING x WHERE x.ctid = g.ctid
		WITH x AS MATERIALIZED (SELECT ctid, id FROM groups), d AS (DELETE FROM plan p USING x WHERE p.place = x.ctid) SELECT
		WITH x AS (UPDATE groups SET name = 'x' WHERE ctid = '(0,1)' RETURNING id) SELECT * FROM x
		MERGE INTO plan USING groups g ON g.ctid = plan.place WHEN MATCHED THEN DELETE
		INSERT INTO groups (name) SELECT name FROM groups WHERE ctid = '(0,1)'
		COPY (SELECT * FROM groups WHERE ctid = '(0,1)') TO STDOUT
		EXPLAIN DELETE FROM groups WHERE ctid = '(0,1)'});
	refuses("EXECUTE p ('(0,1)')", "PREPARE p (tid) AS UPDATE groups SET name = 'x' WHERE ctid = \$1;");
	refuses("UPDATE groups SET name = 'x' WHERE CURRENT OF c
		DELETE FROM par WHERE CURRENT OF c", 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM plan;');
};

subtest 'row locks' => sub {
	refuses(q{
		SELECT id, ctid FROM groups FOR UPDATE
		SELECT ctid FROM groups FOR SHARE
		SELECT * FROM v FOR NO KEY UPDATE
		SELECT id FROM groups WHERE ctid > '(0,0)' FOR KEY SHARE
		SELECT ctid FROM par FOR UPDATE
		SELECT ctid FROM parted FOR UPDATE
		SELECT g.ctid FROM groups g, plan p FOR UPDATE OF p
		SELECT * FROM (SELECT ctid FROM groups OFFSET 0) x, plan p FOR UPDATE OF p});
	refuses('DECLARE c CURSOR FOR SELECT id, ctid FROM groups FOR UPDATE', 'BEGIN;');
	gives("SELECT id FROM $_ WHERE id = 'empty_shelf' FOR UPDATE", 'empty_shelf') foreach qw(groups par parted);
};

subtest 'conditions of a SELECT' => sub {
	foreach my $table (qw(groups par parted v))
	{
		my $ctid = $table eq 'v' ? 'place' : 'ctid';
		refuses(join "\n", map { "SELECT count(*) FROM $table WHERE $_" } grep { /\S/ } split /\n\s*/, qq{
			$ctid = '(4294967295,0)'
			$ctid <> '(0,1)'
			$ctid IN ('(0,1)', '(0,2)')
			$ctid = ANY ('{"(0,1)"}'::tid[])
			$ctid IN (SELECT place FROM plan)
			$ctid NOT IN (SELECT place FROM plan)
			'(0,1)' = $ctid
			$ctid IS DISTINCT FROM '(0,1)'
			$ctid < (SELECT max(place) FROM plan)
			$ctid < ANY (ARRAY['(0,1)'::tid])
			id = 'x' OR $ctid = '(0,1)'
			${ctid}::text LIKE '(0,%'
			$ctid < CASE WHEN random() > 2 THEN '(0,1)'::tid ELSE '(0,2)' END
			tideq($ctid, '(0,1)')
			NOT ($ctid >= '(0,0)' AND $ctid <> '(1,0)')});
		gives("SELECT count(*) FROM $table WHERE $_->[0]", $_->[1])
		  foreach (
			[ "$ctid >= '(0,0)' AND $ctid < '(1000,0)'", 0 ],
			[ "$ctid >= '(1000,0)' AND $ctid <= '(4294967295,0)'", 14 ],
			[ "$ctid >= '(1000,0)'", 14 ],
			[ "$ctid < '(1000,0)'", 0 ],
			[ "$ctid BETWEEN '(0,0)' AND '(4294967295,0)'", 14 ],
			[ "$ctid < '(1,0)' OR $ctid >= '(1,0)'", 14 ],
			[ "$ctid IS NOT NULL", 14 ]);
	}
	gives("EXECUTE p ('(1000,0)')", 14, 'PREPARE p (tid) AS SELECT count(*) FROM groups WHERE $1 <= ctid;');
	refuses("SELECT * FROM groups a JOIN groups b ON a.ctid $_ b.ctid") foreach qw(= < >= <>);
	refuses(q{
		SELECT * FROM groups a FULL JOIN plan p ON p.place = a.ctid
		SELECT * FROM plan p LEFT JOIN groups a ON p.place = a.ctid
		SELECT * FROM v JOIN plan USING (place)
		SELECT * FROM u JOIN plan USING (place)
		SELECT * FROM u WHERE place = '(0,1)'
		SELECT * FROM groups a, LATERAL (SELECT * FROM plan p WHERE p.place = a.ctid OFFSET 0) x
		SELECT * FROM plan p, LATERAL (SELECT * FROM groups a WHERE a.ctid < p.place OFFSET 0) x
		SELECT p FROM plan p LEFT JOIN (SELECT ctid::text AS c, id FROM groups) x ON id <> '' WHERE coalesce(c, '') = '(0,1)'
		SELECT * FROM groups a WHERE EXISTS (SELECT 1 FROM plan p WHERE p.place = a.ctid)
		SELECT * FROM (SELECT ctid, id FROM groups ORDER BY id LIMIT 3) a WHERE ctid = '(0,1)'
		SELECT * FROM (SELECT ctid, id FROM groups OFFSET 0) a JOIN (SELECT ctid, id FROM groups OFFSET 0) b USING (ctid)
		SELECT * FROM (SELECT max(ctid) AS c FROM groups) a JOIN plan p ON p.place = a.c
		SELECT * FROM plan WHERE place IN (SELECT ctid FROM groups)
		SELECT * FROM plan WHERE place = (SELECT max(ctid) FROM groups)
		SELECT * FROM barrier a WHERE EXISTS (SELECT 1 FROM plan p WHERE p.place = a.place)
		SELECT DISTINCT place FROM (SELECT place FROM barrier OFFSET 0) x
		WITH x AS MATERIALIZED (SELECT ctid AS c, id FROM groups) SELECT * FROM x WHERE c = '(0,1)'
		SELECT c FROM (SELECT * FROM (SELECT ctid AS c FROM groups LIMIT 2) x OFFSET 0) y ORDER BY c = '(0,1)'});
};

subtest 'output of a SELECT' => sub {
	refuses(q{
		SELECT count(DISTINCT ctid) FROM groups
		SELECT DISTINCT ctid FROM groups
		SELECT ctid, count(*) FROM groups GROUP BY ctid
		SELECT count(*) FROM groups GROUP BY ctid::text
		SELECT row_number() OVER (PARTITION BY ctid) FROM groups
		SELECT id, ctid = '(0,1)' FROM groups
		SELECT nullif(ctid, '(0,1)') FROM groups
		SELECT CASE ctid WHEN '(0,1)' THEN 1 END FROM groups
		SELECT CASE WHEN ctid = '(0,1)' THEN 1 END FROM groups
		SELECT (SELECT count(*) FROM plan p WHERE p.place = g.ctid) FROM groups g
		SELECT ctid IN (SELECT place FROM plan) FROM groups
		SELECT count(*) FILTER (WHERE ctid = '(0,1)') FROM groups
		SELECT 1 FROM groups HAVING bool_or(ctid = '(0,1)')
		SELECT ctid FROM groups UNION SELECT place FROM plan
		SELECT ctid FROM groups EXCEPT SELECT place FROM plan
		SELECT place FROM plan INTERSECT SELECT ctid FROM groups
		SELECT DISTINCT place FROM u
		SELECT place, count(*) FROM u GROUP BY 1
		SELECT DISTINCT ON (ctid) id FROM par
		SELECT ctid = '(0,1)' FROM parted
		SELECT * FROM groups ORDER BY ctid = '(0,1)'
		SELECT jsonb_object_agg(ctid::text, id) FROM groups
		SELECT json_object_agg(id, name ORDER BY id) FILTER (WHERE ctid::text <> 'x') FROM groups
		SELECT json_object_agg(ctid, id) FROM par
		SELECT jsonb_object_agg(place::text, id) OVER () FROM v
		SELECT mode() WITHIN GROUP (ORDER BY ctid::text) FROM groups
		SELECT rank('(0,1)'::text) WITHIN GROUP (ORDER BY ctid::text) FROM groups
		SELECT rank() OVER (ORDER BY ctid) FROM groups
		SELECT count(*) OVER (ORDER BY ctid::text) FROM parted
		SELECT first_value(id) OVER w FROM groups WINDOW w AS (ORDER BY ctid RANGE CURRENT ROW)
		SELECT count(DISTINCT place::text) FROM v
		SELECT ctid::text::bool FROM groups
		SELECT (ctid::text || '')::varchar::bool FROM groups
		SELECT CASE WHEN ctid::text::bool THEN 1 END FROM groups
		SELECT coalesce(ctid::text::bool, true) FROM groups
		SELECT ((ARRAY[ctid::text::bool])[1]) FROM groups
		SELECT (jsonb_build_object('a', ctid::text) -> 'a')::bool FROM groups
		SELECT (string_to_array(ctid::text, ',')::bool[])[1] FROM groups
		SELECT ctid::text ~ '0' FROM groups
		SELECT id FROM groups ORDER BY ctid::text::bool
		SELECT length(max(ctid)::text) > 3 FROM groups
		SELECT bool_or(ctid::text IS DISTINCT FROM '') FROM groups
		SELECT every(ctid::text::bool) FROM groups});
	# nobody addresses rows by these, but they would mean nothing
	foreach my $case (
		[ 'SELECT xmin FROM groups', 'xmin' ], [ 'SELECT id, cmax FROM par', 'cmax' ],
		[ 'SELECT xmax::text FROM parted', 'xmax' ], [ 'SELECT id FROM groups WHERE xmin::text = $$1$$', 'xmin' ],
		[ 'SELECT count(*) FROM groups HAVING min(cmin::text) > $$0$$', 'cmin' ],
		[ 'SELECT g.id FROM groups g JOIN plan p ON p.xmin = g.xmin', 'xmin' ])
	{
		my ($log, undef, $err) = $node->sent($mock, 'w', $case->[0]);
		like($err, qr/ERROR:  0A000: rows of foreign table "\w+" have no $case->[1]\n/, "refused: $case->[0]");
		like($err, qr/DETAIL:  Objects of Fivetran are not changed by transactions/, "said: $case->[0]");
		like($err, qr/HINT:  What tells rows apart is their key: id\./, "hint: $case->[0]");
		is_deeply($log, [], "nothing is asked: $case->[0]");
	}
	my $no = '(4294967295,0)';
	gives("SELECT $_->[0] FROM groups WHERE id = 'empty_shelf'", $_->[1])
	  foreach (
		[ 'ctid', $no ], [ 'id, ctid', "empty_shelf|$no" ], [ "ctid::text || '.'", "$no." ],
		[ "ctid < '(1,0)'", 'f' ], [ 'max(ctid)', $no ], [ 'array_agg(ctid)', "{\"$no\"}" ]);
	gives("SELECT x.id, x.ctid FROM $_ x WHERE id = 'empty_shelf' ORDER BY x.ctid", "empty_shelf|$no")
	  foreach qw(groups par parted);
	gives('SELECT count(*) FROM (SELECT x.*, x.ctid FROM groups x LIMIT 5) y', 5);
	gives('SELECT y.ctid FROM (SELECT x.*, x.ctid FROM groups x ORDER BY id LIMIT 1) y', $no);
	gives('SELECT z.c FROM (SELECT ctid AS c FROM (SELECT x.*, x.ctid FROM groups x LIMIT 1) y OFFSET 0) z', $no);
	gives("SELECT place FROM barrier WHERE id = 'empty_shelf'", $no);
	gives("BEGIN; INSERT INTO plan SELECT 'y', ctid FROM groups LIMIT 1 RETURNING place; ROLLBACK", $no);
	gives("SELECT place FROM u WHERE id = 'empty_shelf'", $no);
	gives("SELECT ctid FROM groups WHERE id = 'empty_shelf' UNION ALL SELECT place FROM plan ORDER BY 1", "(0,1)\n$no");
	my %owner = (groups => 'groups', par => 'chi', parted => 'part');
	gives("SELECT tableoid::regclass FROM $_ WHERE id = 'empty_shelf' AND tableoid > 0 GROUP BY tableoid", $owner{$_})
	  foreach sort keys %owner;
	gives("INSERT INTO plan SELECT id, ctid FROM groups WHERE id = 'empty_shelf' RETURNING place", $no);
	$node->query("DELETE FROM plan WHERE place > '(9,0)'");
};

subtest 'new rows' => sub {
	$node->query(q{CREATE TABLE public.routed (id text, name text) PARTITION BY LIST (name);
		CREATE TABLE public.routed_local PARTITION OF routed FOR VALUES IN ('local');
		CREATE FOREIGN TABLE public.routed_groups PARTITION OF routed DEFAULT SERVER w OPTIONS (resource 'groups')});
	foreach my $column (qw(ctid xmin xmax cmin cmax))
	{
		foreach my $statement (
			"INSERT INTO groups (name) VALUES ('n') RETURNING $column",
			"INSERT INTO groups (name) VALUES ('n') RETURNING id, coalesce(${column}::text, '')",
			"INSERT INTO routed (name) VALUES ('n') RETURNING name, $column",
			"INSERT INTO v (name) VALUES ('n') RETURNING place",
			"WITH i AS (INSERT INTO groups (name) VALUES ('n') RETURNING $column) SELECT 1 FROM i")
		{
			my ($log, undef, $err) = $node->sent($mock, 'w', $statement);
			my $named = $statement =~ /place/ ? 'ctid' : $column;
			like($err, qr/ERROR:  0A000: rows of foreign table "\w+" have no $named\n/, "refused: $statement");
			is_deeply($log, [], "nothing is asked: $statement");
		}
	}
	foreach my $case ([ 'groups', 'groups' ], [ 'routed', 'routed_groups' ])
	{
		my ($writes, $out, $err) = $node->writes($mock, 'w',
			"INSERT INTO $case->[0] (name) VALUES ('tableoid_$case->[0]') RETURNING tableoid::regclass");
		is($out, $case->[1], "tableoid of a new row of $case->[0]") or diag($err);
		is(scalar @$writes, 1, 'one request');
	}
	is((($node->writes($mock, 'w', "INSERT INTO routed (name) VALUES ('local') RETURNING ctid"))[1]), '(0,1)',
		'a local partition has what it has');
};

subtest 'one row in two parts of a statement' => sub {
	my $twice = qr/ERROR:  21000: two parts of the statement would change the same row/;
	my $u = "UPDATE groups SET name = 'a' WHERE id = 'empty_shelf'";
	my $v = "UPDATE groups g SET name = 'b' FROM (VALUES ('empty_shelf')) v(k) WHERE g.id = v.k";
	my $d = "DELETE FROM groups WHERE id IN ('empty_shelf', 'hollow_cedar')";
	my $other = "UPDATE groups SET name = 'c' WHERE id = 'brisk_falcon'";
	# held back, so that nothing of either has left
	foreach my $case ([ $u, $v ], [ $v, $u ], [ $u, $u ], [ $v, $v ], [ $u, $d ], [ $d, $v ])
	{
		my ($writes, undef, $err) = $node->writes($mock, 'w', "WITH x AS ($case->[0]) $case->[1]");
		like($err, $twice, "$case->[0]; $case->[1]");
		like($err, qr{DETAIL:  The row is of "/v1/groups/empty_shelf"}, 'it is named');
		is_deeply($writes, [], 'nothing is sent');
		($writes, undef, $err) = $node->writes($mock, 'w', "WITH x AS ($case->[0]), y AS ($case->[1]) SELECT 1");
		like($err, $twice, "in two parts of WITH: $case->[0]; $case->[1]");
		is_deeply($writes, [], 'nothing is sent');
	}
	# sent at once, as something looks at its answers
	my ($writes, undef, $err) = $node->writes($mock, 'w', "WITH x AS ($u RETURNING id) $v RETURNING name,
		(SELECT id FROM x)");
	like($err, $twice, 'the second is refused where the first has left');
	cmp_ok(scalar @$writes, '<=', 1, 'it is not sent');
	foreach my $case ("WITH x AS ($u) $other", "WITH x AS ($other), y AS ($u) SELECT 1",
		"WITH x AS (UPDATE connector_schemas SET enabled = NOT enabled WHERE connector_id = 'assimilate_seem'
			AND schema_name = 'public') UPDATE connector_schemas SET enabled = NOT enabled
			WHERE connector_id = 'daily_beacon' AND schema_name = 'public'",
		"$u; $u", "DO 'BEGIN $u; $u; END'" =~ s/'(a|empty_shelf)'/''$1''/gr)
	{
		($writes, undef, $err) = $node->writes($mock, 'w', $case);
		is($err, '', "different rows, or statements: $case");
		is(scalar @$writes, 2, 'two requests') or diag("@$writes");
	}
};

subtest 'postgres_fdw over fivetrex' => sub {
	$node->query('CREATE DATABASE client');
	my $client = sub { return $node->psql('client', "\\set VERBOSITY verbose\n" . join ";\n", @_) };
	my ($host, $port) = ($node->host, $node->port);
	my ($status, undef, $err) = $client->(
		'CREATE EXTENSION postgres_fdw',
		"CREATE SERVER f FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres')",
		'CREATE USER MAPPING FOR PUBLIC SERVER f',
		'IMPORT FOREIGN SCHEMA w LIMIT TO (groups, connectors) FROM SERVER f INTO public',
		'CREATE TABLE plan (connector_id text, n int)',
		"INSERT INTO plan VALUES ('assimilate_seem', 1)",
		"CREATE FUNCTION f(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN \$1 || ''_x''; END'",
		"CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(NEW, OLD); END'");
	is($status, 0, 'a client database') or diag($err);
	my $trigger = 'CREATE TRIGGER t BEFORE UPDATE OR DELETE ON groups FOR EACH ROW EXECUTE FUNCTION touch()';
	foreach my $case (
		[ 'a join', 'UPDATE connectors c SET paused = true FROM plan p WHERE p.connector_id = c.id' ],
		[ 'a volatile value', "UPDATE groups SET name = 'n' || random() WHERE id = 'empty_shelf'" ],
		[ 'a user function', "UPDATE groups SET name = f(name) WHERE id = 'empty_shelf'" ],
		[ 'a condition that is not sent', "UPDATE groups SET name = 'x' WHERE f(id) = 'empty_shelf_x'" ],
		[ 'a sub-select', "UPDATE connectors SET paused = true WHERE id IN (SELECT connector_id FROM plan)" ],
		[ 'a deletion by a join', 'DELETE FROM connectors c USING plan p WHERE p.connector_id = c.id' ],
		[ 'a BEFORE trigger', "BEGIN; $trigger; UPDATE groups SET name = 'x' WHERE id = 'empty_shelf'" ],
		[ 'a BEFORE trigger of DELETE', "BEGIN; $trigger; DELETE FROM groups WHERE id = 'empty_shelf'" ],
		[ 'ctid in the client', "SELECT 1 FROM groups WHERE ctid = '(0,1)'" ],
		[ 'a row lock of a join', "SELECT g.ctid FROM groups g, plan p WHERE g.id = p.connector_id FOR UPDATE OF g" ])
	{
		$mock->clear('w');
		($status, undef, $err) = $client->($case->[1]);
		isnt($status, 0, "$case->[0] fails");
		like($err, qr/ERROR:  0A000: cannot address rows of foreign table "\w+" by ctid/, "$case->[0]: error");
		like($err, $key, "$case->[0]: hint");
		is_deeply([ $mock->requests('w') ], [], "$case->[0]: nothing is asked");
	}
	$mock->clear('w');
	($status, my $out, $err) = $client->(
		"UPDATE groups SET name = 'x' WHERE id = 'empty_shelf' RETURNING name",
		"SELECT name FROM groups WHERE id = 'empty_shelf'",
		'SELECT count(*) FROM connectors c JOIN groups g ON g.id = c.group_id WHERE c.paused',
		"SELECT (g).name FROM groups g WHERE id = 'empty_shelf'",
		'SELECT count(*) FROM groups g JOIN plan p ON g.id <> p.connector_id');
	is($err, '', 'what is sent as a whole, and reads: no complaint');
	like($out, qr/^x\nx\n\d+\nx\n16$/, 'what is sent as a whole, and reads: answers');
	is_deeply([ grep { !/^GET/ } $mock->requests('w') ], [ 'PATCH /v1/groups/empty_shelf' ], 'one object is changed');
	# a setting does not arrive there, the option of the client's server and that of ours do
	my $all = "UPDATE groups SET name = 'y' WHERE id IN ('empty_shelf', 'stoic_pebble')";
	foreach my $case (
		[ 'a setting', 'SET fivetrex.max_writes = 1', 2 ],
		[ 'options of the server', "ALTER SERVER f OPTIONS (ADD options '-c fivetrex.max_writes=1')", 0 ])
	{
		$mock->clear('w');
		(undef, undef, $err) = $client->($case->[1], $all);
		is(scalar(grep { !/^GET/ } $mock->requests('w')), $case->[2], "$case->[0] over postgres_fdw") or diag($err);
		like($err, qr/54000: fivetrex\.max_writes/, 'says so') unless $case->[2];
	}
	$node->query("ALTER SERVER w OPTIONS (ADD dry_run 'true')");
	$mock->clear('w');
	$client->("ALTER SERVER f OPTIONS (DROP options)", $all);
	is_deeply([ grep { !/^GET/ } $mock->requests('w') ], [], 'dry_run of our server travels with it');
};

$node->stop;
$mock->stop;
done_testing();
