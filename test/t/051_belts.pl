# Seat belts: what counts as a statement, what each belt stops, and that they
# hold on every road by which a setting arrives and a write leaves.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('belts');
$node->add_world($mock, 'w');
$node->query(q{
	ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres SET search_path = w, public;
	CREATE FUNCTION pauses(VARIADIC ids text[]) RETURNS int LANGUAGE plpgsql AS
	  $$ DECLARE i text; BEGIN FOREACH i IN ARRAY ids LOOP PERFORM public.fivetrex_pause(i); END LOOP; RETURN 1; END $$;
	CREATE FUNCTION renames(id text) RETURNS int LANGUAGE sql VOLATILE AS
	  $$ UPDATE w.groups SET name = name || '_' WHERE groups.id = $1; SELECT 1 $$;
	CREATE TABLE local (id text); INSERT INTO local SELECT 'assimilate_seem' FROM generate_series(1, 3)});

my ($one, $two, $three) = map { "'$_'" } qw(assimilate_seem broken_anchor paused_canyon);

sub writes { return $node->writes($mock, 'w', @_) }

# SQL and how many writes it sends; with an error, that of a belt.
sub sends
{
	my ($name, $sql, $sent, $error) = @_;
	my ($log, undef, $err) = writes($sql);
	is(scalar @$log, $sent, "$name: writes");
	if   ($error) { like($err, $error, "$name: error") }
	else          { unlike($err, qr/ERROR/, "$name: no error") }
	return $err;
}

sub max_writes
{
	my ($n, $allowed, $done, $hint) = @_;
	$hint //= 'SET fivetrex\\.max_writes';
	my $rest = $done ? "It has made $done of them already; of the others nothing was sent\\." : 'Nothing was sent\.';
	my $detail = "The statement makes $n changes?, the setting allows $allowed\\. $rest";
	return qr/54000: fivetrex\.max_writes does not allow this\nDETAIL:  $detail\nHINT:  $hint/;
}

# ---------- max_writes: nothing at all is sent above the limit

sends('UPDATE without WHERE', q{UPDATE connectors SET paused = true}, 0, max_writes(2500, 100));
sends('its hint', q{SET fivetrex.max_writes = 2499; UPDATE connectors SET paused = true}, 0,
	qr/HINT:  SET fivetrex\.max_writes = 2500 allows it, -1 any number of changes\./);
sends('as many as allowed',
	q{SET fivetrex.max_writes = 12; UPDATE connectors SET paused = true WHERE group_id = 'hollow_cedar'}, 12);
sends('one more',
	q{SET fivetrex.max_writes = 11; UPDATE connectors SET paused = true WHERE group_id = 'hollow_cedar' RETURNING id},
	0, max_writes(12, 11));
sends('UPDATE FROM',
	q{SET fivetrex.max_writes = 1; UPDATE groups g SET name = v.n
		FROM (VALUES ('empty_shelf', 'a'), ('stoic_pebble', 'b')) v(id, n) WHERE v.id = g.id},
	0, max_writes(2, 1));
sends('INSERT', q{INSERT INTO groups (name) SELECT 'g' || n FROM generate_series(1, 5000) n}, 0,
	max_writes('101 or more', 100));
sends('INSERT of as many as allowed', q{INSERT INTO groups (name) SELECT 'g' || n FROM generate_series(1, 100) n}, 100);
sends('COPY', "SET fivetrex.max_writes = 2;\nCOPY groups (name) FROM STDIN;\na\nb\nc\n\\.\n", 0,
	max_writes('3 or more', 2));
sends('none', q{SET fivetrex.max_writes = 0; INSERT INTO groups (name) VALUES ('x')}, 0, max_writes('1 or more', 0));
sends('a function', q{SET fivetrex.max_writes = 0; SELECT fivetrex_sync('assimilate_seem')}, 0, max_writes(1, 0));
sends('no limit',
	q{SET fivetrex.max_writes = -1; INSERT INTO groups (name) SELECT 'u' || n FROM generate_series(1, 101) n}, 101);
sends('DELETE has a belt of its own',
	q{SET fivetrex.max_writes = 0; SET fivetrex.max_deletes = -1; DELETE FROM groups WHERE name LIKE 'u%'}, 101);
sends('max_deletes 0', q{DELETE FROM groups WHERE id = 'empty_shelf'}, 0, qr/54000: fivetrex\.max_deletes/);
sends('max_calls 0', q{SET fivetrex.max_calls = 0; SELECT count(*) FROM groups}, 0, qr/54000.*max_calls/);
sends('max_calls 0 for a write', q{SET fivetrex.max_calls = 0; INSERT INTO groups (name) VALUES ('x')}, 0,
	qr/54000: fivetrex\.max_calls does not allow this/);
sends('schema configurations: requests count',
	q{SET fivetrex.max_writes = 1; UPDATE connector_tables SET enabled = NOT enabled
		WHERE connector_id = 'assimilate_seem' AND patch_allowed},
	1);

# where each answer is wanted at once
sends('INSERT with RETURNING',
	q{SET fivetrex.max_writes = 2; INSERT INTO groups (name) VALUES ('a'), ('b'), ('c') RETURNING id}, 2,
	max_writes(3, 2, 2));
sends('functions',
	q{SET fivetrex.max_writes = 2; SELECT fivetrex_pause(id) FROM connectors WHERE group_id = 'hollow_cedar'}, 2,
	max_writes(3, 2, 2));

# several targets
$node->query(q{SET search_path = public; CREATE TABLE parent (id text, name text);
	CREATE FOREIGN TABLE child_1 () INHERITS (parent) SERVER w OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE child_2 () INHERITS (parent) SERVER w OPTIONS (resource 'groups')});
my $both = q{id IN ('empty_shelf', 'stoic_pebble')};
sends('UPDATE of two children', qq{SET fivetrex.max_writes = 3; UPDATE parent SET name = name || '_' WHERE $both},
	0, max_writes(4, 3));
sends('UPDATE FROM of two children',
	qq{SET fivetrex.max_writes = 3; UPDATE parent SET name = name || '_' FROM (VALUES (1)) v WHERE $both}, 0,
	max_writes(4, 3));
sends('two children, as many as allowed',
	qq{SET fivetrex.max_writes = 4; UPDATE parent SET name = name || '_' WHERE $both}, 4);
sends('with RETURNING, row by row',
	qq{SET fivetrex.max_writes = 3; UPDATE parent SET name = name || '_' WHERE $both RETURNING id}, 3,
	max_writes(4, 3, 3));
sends('a CTE and the statement',
	q{SET fivetrex.max_writes = 2; WITH a AS (UPDATE connectors SET paused = true WHERE id = 'assimilate_seem')
		UPDATE groups SET name = name || '_' WHERE id IN ('empty_shelf', 'stoic_pebble')},
	0, max_writes(3, 2));

# ---------- a statement is the outermost run of the executor

my $limit = 'SET fivetrex.max_writes = 1';
my $get = 'SET fivetrex.max_calls = 1';
sends('statements of one message',
	qq{$limit\\; SELECT fivetrex_pause($one)\\; SELECT fivetrex_pause($two)\\; UPDATE groups SET name = 'x'
		WHERE id = 'empty_shelf'},
	3);
sends('reads of one message', qq{$get\\; SELECT count(*) FROM groups\\; SELECT count(*) FROM groups}, 0);
sends('two calls in one', qq{$limit; SELECT fivetrex_pause($one), fivetrex_pause($two)}, 1, max_writes(2, 1, 1));
sends('PL/pgSQL function', qq{$limit; SELECT pauses($one, $two)}, 1, max_writes(2, 1, 1));
sends('PL/pgSQL function, first thing in a session, through another',
	qq{SET search_path = public; CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS \$\$ BEGIN
		PERFORM pauses($one); PERFORM pauses($two); END \$\$; $limit; SELECT pg_temp.f()},
	1, max_writes(2, 1, 1));
sends('SQL function', qq{$limit; SELECT renames(v) FROM (VALUES ('empty_shelf'), ('stoic_pebble')) v(v)}, 1,
	max_writes(2, 1, 1));
sends('DO',
	qq{$limit; DO \$\$ BEGIN PERFORM public.fivetrex_pause($one); PERFORM public.fivetrex_pause($two);
		UPDATE w.groups SET name = 'x' WHERE id = 'empty_shelf'; END \$\$},
	3);
sends('DO in a block',
	qq{BEGIN; $limit; DO \$\$ BEGIN PERFORM public.fivetrex_pause($one); PERFORM public.fivetrex_pause($two);
		END \$\$; COMMIT},
	2);
sends('a function in a DO', qq{$limit; DO \$\$ BEGIN PERFORM public.pauses($one, $two); END \$\$}, 1,
	max_writes(2, 1, 1));
sends('a function in a DO in a block',
	qq{BEGIN; $limit; DO \$\$ BEGIN PERFORM public.pauses($one, $two); END \$\$; COMMIT}, 1, max_writes(2, 1, 1));
sends('a function in the second statement of a DO',
	qq{$limit; DO \$\$ BEGIN PERFORM public.pauses($one); PERFORM public.pauses($one, $two); END \$\$}, 2,
	max_writes(2, 1, 1));
sends('assignments of PL/pgSQL',
	qq{$limit; DO \$\$ DECLARE x jsonb; BEGIN x := public.fivetrex_pause($one); x := public.fivetrex_pause($two);
		END \$\$},
	2);
sends('assignments in a function',
	qq{$limit; CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS \$\$ DECLARE x jsonb;
		BEGIN x := public.fivetrex_pause($one); x := public.fivetrex_pause($two); END \$\$; SELECT pg_temp.f()},
	1, max_writes(2, 1, 1));
$node->query(qq{SET search_path = public; CREATE PROCEDURE commits() LANGUAGE plpgsql AS \$\$ BEGIN UPDATE w.groups
	SET name = name || '_' WHERE id = 'empty_shelf'; COMMIT; PERFORM public.pauses($one); COMMIT;
	INSERT INTO w.groups (name) VALUES ('p'); END \$\$;
	CREATE PROCEDURE calls() LANGUAGE plpgsql AS \$\$ BEGIN
	  CALL public.commits(); PERFORM public.fivetrex_pause($one); END \$\$});
sends('procedures with COMMIT', qq{$limit; SET fivetrex.max_calls = 2; CALL commits()}, 3);
sends('procedures in procedures', qq{$limit; CALL calls()}, 4);
sends('a function in a procedure',
	qq{$limit; CREATE PROCEDURE pg_temp.p() LANGUAGE plpgsql AS \$\$ BEGIN PERFORM public.pauses($one, $two);
		END \$\$; CALL pg_temp.p()},
	1, max_writes(2, 1, 1));
sends('arguments of a procedure',
	qq{$limit; CREATE PROCEDURE pg_temp.p(a jsonb) LANGUAGE sql AS ''; CALL pg_temp.p(fivetrex_pause($one));
		CALL pg_temp.p(fivetrex_pause($two))},
	2);
sends('EXECUTE', qq{$limit; PREPARE p(text) AS SELECT fivetrex_pause(\$1); EXECUTE p($one); EXECUTE p($two)}, 2);
sends('a cursor is one',
	qq{$limit; BEGIN; DECLARE c CURSOR FOR SELECT fivetrex_pause(v) FROM (VALUES ($one), ($two)) v(v); FETCH 1
		FROM c; FETCH 1 FROM c},
	1, max_writes(2, 1, 1));
sends('two cursors are two',
	qq{$limit; BEGIN; DECLARE c CURSOR FOR SELECT fivetrex_pause(v) FROM (VALUES ($one), ($two)) v(v);
		DECLARE d CURSOR FOR SELECT fivetrex_pause(v) FROM (VALUES ($one), ($two)) v(v); FETCH 1 FROM c; FETCH 1
		FROM d; COMMIT},
	2);
sends('a loop over a cursor',
	qq{$limit; DO \$\$ DECLARE r record; BEGIN FOR r IN SELECT id FROM w.connectors WHERE id IN ($one, $two) LOOP
		PERFORM public.fivetrex_pause(r.id); END LOOP; END \$\$},
	2);
sends('a cursor that a function leaves open',
	qq{$limit; CREATE FUNCTION pg_temp.opens() RETURNS refcursor LANGUAGE plpgsql
		AS \$\$ DECLARE c refcursor := 'c'; BEGIN OPEN c FOR SELECT id, fivetrex_pause(id) FROM w.connectors
		WHERE id IN ($one, $two) ORDER BY id; RETURN c; END \$\$; BEGIN; SELECT pg_temp.opens();
		SELECT fivetrex_pause($three); FETCH 1 FROM c; SELECT fivetrex_pause($three); FETCH 1 FROM c},
	3, max_writes(2, 1, 1));
sends('a holdable cursor',
	qq{$limit; BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT fivetrex_pause(v) FROM (VALUES ($one), ($two)) v(v);
		COMMIT},
	1, max_writes(2, 1, 1));
$node->query(qq{SET search_path = public; CREATE FUNCTION pauses_t() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
	PERFORM public.fivetrex_pause(new.id); RETURN new; END \$\$;
	CREATE TABLE watched (id text); CREATE TRIGGER t BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION pauses_t();
	CREATE TABLE watched_2 (id text);
	CREATE TRIGGER t AFTER INSERT ON watched_2 FOR EACH ROW EXECUTE FUNCTION pauses_t()});
sends('triggers', qq{$limit; INSERT INTO watched VALUES ($one), ($two)}, 1, max_writes(2, 1, 1));
sends('AFTER triggers', qq{$limit; INSERT INTO watched_2 VALUES ($one), ($two)}, 1, max_writes(2, 1, 1));
sends('triggers of COPY', qq{$limit;\nCOPY watched FROM STDIN;\nassimilate_seem\nbroken_anchor\n\\.\n}, 1,
	max_writes(2, 1, 1));
sends('two COPYs',
	qq{$limit;\nCOPY watched FROM STDIN;\nassimilate_seem\n\\.\nCOPY watched FROM STDIN;\nassimilate_seem\n\\.\n},
	2);
sends('ALTER TABLE ... USING', qq{$limit; ALTER TABLE local ALTER id TYPE text USING fivetrex_pause(id) ->> 'id'},
	1, max_writes(2, 1, 1));
sends('EXPLAIN ANALYZE', qq{$limit; EXPLAIN ANALYZE SELECT pauses($one, $two)}, 1, max_writes(2, 1, 1));
sends('CREATE TABLE AS', qq{$limit; CREATE TEMP TABLE t AS SELECT pauses($one, $two)}, 1, max_writes(2, 1, 1));
sends('an error that is caught',
	qq{$limit; DO \$\$ BEGIN BEGIN PERFORM public.pauses($one, $two);
		EXCEPTION WHEN program_limit_exceeded THEN NULL; END; PERFORM public.fivetrex_pause($one); END \$\$},
	2);
sends('rows that were never sent do not count',
	qq{SET fivetrex.max_writes = 2; CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS \$\$ BEGIN
	BEGIN INSERT INTO w.groups (name) SELECT (1 / (3 - n))::text FROM generate_series(1, 3) n;
	EXCEPTION WHEN division_by_zero THEN NULL; END;
	INSERT INTO w.groups (name) VALUES ('a'), ('b'); END \$\$; SELECT pg_temp.f()}, 2);

# ---------- a parallel query writes nothing: its workers would count for themselves

$node->query(q{SET search_path = public; CREATE TABLE many AS SELECT 'assimilate_seem' AS id
	FROM generate_series(1, 100);
	CREATE FUNCTION safe_pause(id text) RETURNS int LANGUAGE plpgsql PARALLEL SAFE
	  AS $$ BEGIN PERFORM public.fivetrex_pause(id, server => 'w'); RETURN 1; END $$;
	CREATE FUNCTION safe_request(id text) RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN
	  PERFORM public.fivetrex_request('POST', '/v1/groups', body => jsonb_build_object('name', id), server => 'w');
	  RETURN 1; END $$;
	CREATE FUNCTION safe_update(id text) RETURNS int LANGUAGE plpgsql PARALLEL SAFE
	  AS $$ BEGIN UPDATE w.connectors c SET paused = true WHERE c.id = $1; RETURN 1; END $$});
foreach my $function (qw(safe_pause safe_request safe_update))
{
	foreach my $leader (qw(on off))
	{
		sends("$function in a parallel query, leader participation $leader",
			qq{LOAD 'fivetrex'; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
			SET max_parallel_workers_per_gather = 2; SET parallel_leader_participation = $leader;
			SET fivetrex.max_writes = 1; SELECT sum($function(id)) FROM many},
			0, qr/ERROR:  25000: cannot execute \w+(?:\(\))? during a parallel operation/);
	}
	sends("$function without", "$limit; SET max_parallel_workers_per_gather = 0; SELECT $function($one)", 1);
}

# ---------- AFTER triggers come when what the statement writes has left

$node->query(q{SET search_path = public; CREATE TABLE logged (i int, id text);
	CREATE FUNCTION pauses_after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	  PERFORM public.fivetrex_pause('broken_anchor', server => 'w'); RETURN NULL; END $$;
	CREATE FUNCTION counts_after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	  RAISE NOTICE 'seen %', (SELECT count(*) FROM w.groups WHERE name LIKE 'after%'); RETURN NULL; END $$;
	CREATE TRIGGER t AFTER INSERT ON logged FOR EACH ROW EXECUTE FUNCTION pauses_after();
	CREATE TABLE pq (id text, paused boolean, group_id text) PARTITION BY LIST (group_id);
	CREATE TABLE pq_local PARTITION OF pq FOR VALUES IN ('local');
	CREATE FOREIGN TABLE pq_w PARTITION OF pq DEFAULT SERVER w OPTIONS (resource 'connectors');
	INSERT INTO pq_local VALUES ('broken_anchor', true, 'local');
	CREATE TRIGGER t AFTER UPDATE ON pq_local FOR EACH ROW EXECUTE FUNCTION pauses_after();
	CREATE TABLE gq (id text, name text) PARTITION BY LIST (name);
	CREATE TABLE gq_local PARTITION OF gq FOR VALUES IN ('local');
	CREATE FOREIGN TABLE gq_w PARTITION OF gq DEFAULT SERVER w OPTIONS (resource 'groups')});

# What is sent, and whether the connector is paused in the end.
sub ends_paused
{
	my ($name, $sql) = @_;
	my ($log, undef, $err) = writes($sql);
	is(scalar @$log, 2, "$name: writes") or diag($err);
	is($node->query(q{SELECT paused FROM w.connectors WHERE id = 'broken_anchor'}), 't', "$name: the trigger is last");
	return;
}
my $unpause = q{UPDATE w.connectors SET paused = false WHERE id = 'broken_anchor'};
ends_paused('a part of WITH', "WITH u AS ($unpause) INSERT INTO logged VALUES (1)");
ends_paused('one that is not direct',
	q{WITH u AS (UPDATE w.connectors c SET paused = false FROM (VALUES ('broken_anchor')) v(id) WHERE v.id = c.id)
		INSERT INTO logged VALUES (1)});
ends_paused('the trigger in WITH', "WITH u AS (INSERT INTO logged VALUES (1)) $unpause");
ends_paused('in a function',
	"CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE sql AS \$\$ WITH u AS ($unpause) INSERT INTO public.logged
		VALUES (1) \$\$; SELECT pg_temp.f()");
ends_paused('EXPLAIN ANALYZE', "EXPLAIN ANALYZE WITH u AS ($unpause) INSERT INTO logged VALUES (1)");
ends_paused('a sibling partition', q{UPDATE pq SET paused = false WHERE id = 'broken_anchor'});
ends_paused('a sibling partition, not direct',
	q{UPDATE pq SET paused = false FROM (VALUES ('broken_anchor')) v(id) WHERE v.id = pq.id});
$node->query(q{DROP TRIGGER t ON pq_local; CREATE TRIGGER t AFTER UPDATE ON pq FOR EACH STATEMENT
	EXECUTE FUNCTION pauses_after()});
ends_paused('a trigger of the parent', q{UPDATE pq SET paused = false WHERE id = 'broken_anchor'});

sub seen
{
	my ($name, $sql, $n) = @_;
	my (undef, undef, $err) = writes("SET fivetrex.max_deletes = 100;\n$sql");
	like($err, qr/NOTICE:  00000: seen $n\n/, "$name: the trigger sees what is there") or diag($err);
	return;
}
foreach my $event (qw(INSERT UPDATE DELETE))
{
	$node->query("CREATE TRIGGER t_$event AFTER $event ON gq FOR EACH STATEMENT EXECUTE FUNCTION counts_after()");
}
seen('INSERT',      q{INSERT INTO gq (name) VALUES ('after_1'), ('local'), ('after_2')}, 2);
seen('COPY',        "COPY gq (name) FROM STDIN;\nafter_3\nlocal\n\\.\n", 3);
seen('UPDATE',      q{UPDATE gq SET name = 'later' WHERE name = 'after_1'}, 2);
seen('DELETE',      q{DELETE FROM gq WHERE name = 'after_2'}, 1);
seen('DELETE in a WITH',
	q{WITH d AS (DELETE FROM gq WHERE name = 'after_3') SELECT 1}, 0);
$node->query(q{DROP TRIGGER t_insert ON gq; CREATE TRIGGER t AFTER INSERT ON gq_local FOR EACH ROW
	EXECUTE FUNCTION counts_after()});
seen('COPY and a trigger of a sibling', "COPY gq (name) FROM STDIN;\nlocal\nafter_4\n\\.\n", 1);
seen('INSERT and a trigger of a sibling', q{INSERT INTO gq (name) VALUES ('local'), ('after_5')}, 2);
sends('and nothing is sent above a belt, nor by them',
	q{SET fivetrex.max_writes = 1; WITH u AS (UPDATE w.connectors SET paused = false
		WHERE id IN ('broken_anchor', 'assimilate_seem')) INSERT INTO logged VALUES (1)},
	0, max_writes(2, 1));
sends('an error of a trigger comes after',
	qq{SET fivetrex.max_writes = 1; WITH u AS ($unpause) INSERT INTO logged VALUES (1)}, 1, max_writes(2, 1, 1));

# ---------- time for retries: each server's limit, the statement's time

$node->add_world($mock, 'slow', max_retry_wait => 0);
$node->add_world($mock, 'patient', max_retry_wait => 60);
my @limited = ({ path => 'groups', status => 429, headers => { 'Retry-After' => '1' } });
$mock->fault('patient', @limited);
is($node->query('SELECT (SELECT count(*) FROM slow.groups) + (SELECT count(*) FROM patient.groups)'), 28,
	'a server that may not wait does not govern another one');
$mock->fault('slow', @limited);
like((writes('SELECT (SELECT count(*) FROM patient.groups) + (SELECT count(*) FROM slow.groups)'))[2],
	qr/ERROR:  53400/, 'nor the other way round');
$mock->fault('patient', @limited);
$mock->fault('slow', @limited);
like((writes('SELECT count(*) FROM (SELECT id FROM patient.groups UNION ALL SELECT id FROM slow.groups) x'))[2],
	qr/ERROR:  53400/, 'in one UNION ALL');
$mock->clear_faults($_) for qw(slow patient);
is($node->query(q{SET fivetrex.max_calls = 2; SELECT (SELECT count(*) FROM slow.groups) + (SELECT count(*)
	FROM patient.groups)}),
	28, 'calls are counted together');
like($node->fails(q{SET fivetrex.max_calls = 1; SELECT (SELECT count(*) FROM slow.groups) + (SELECT count(*)
	FROM patient.groups)}),
	qr/54000/, 'over both servers');

# Of the children that no call is left for, the error names the first: the sixth request is that for the fifth group,
# although that for the sixth one takes the place of an older list.
$node->add_world($mock, 'places', max_concurrency => 2);
{
	my @groups = split /\n/, $node->query('SELECT id FROM places.groups');
	my $session = Fivetrex::Session->new($node);
	$mock->clear('places');
	$mock->fault('places', { path => "$groups[0]/users", stall => 'headers' },
		{ path => "$groups[2]/users", stall => 'twice' }, { path => "$groups[3]/users", stall => 'headers' });
	$session->tell('SET fivetrex.max_calls = 5; SELECT count(*) FROM places.group_users');
	$mock->wait_for('places', 2, undef, 'stalled');
	$mock->release('places');
	$mock->wait_for('places', 1, "$groups[3]/users", 'stalled');
	$mock->release('places');
	$session->answer;
	like($session->{err}, qr/54000: .*\nDETAIL:  GET \S*\/$groups[4]\/users/, 'the first that was not allowed');
	$session->quit;
}

# ---------- the example of the recipes for authors of SECURITY DEFINER functions

$node->query(q{
	CREATE ROLE operators; CREATE ROLE mallory LOGIN IN ROLE operators; CREATE SCHEMA ops;
	GRANT USAGE ON SCHEMA ops TO operators;
	CREATE FUNCTION ops.pause_connector(connector text) RETURNS jsonb
	LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	SET fivetrex.dry_run = off SET fivetrex.max_writes = 1 SET fivetrex.max_deletes = 0
	AS $$ SELECT public.fivetrex_pause(connector, server => 'w') $$;
	REVOKE ALL ON FUNCTION ops.pause_connector FROM PUBLIC;
	GRANT EXECUTE ON FUNCTION ops.pause_connector TO operators;
	GRANT USAGE ON FOREIGN DATA WRAPPER fivetrex TO mallory;
	SET ROLE mallory;
	CREATE SERVER his FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url 'http://127.0.0.1:9');
	CREATE USER MAPPING FOR PUBLIC SERVER his OPTIONS (api_key 'k', api_secret 's');
	GRANT USAGE ON FOREIGN SERVER his TO PUBLIC});
sends('a caller with settings of his own',
	q{SET ROLE mallory; SET fivetrex.server = 'his'; SET fivetrex.dry_run = on; SET fivetrex.max_writes = 1000;
		SELECT ops.pause_connector('assimilate_seem')},
	1);
sends('for many connectors',
	q{SET ROLE mallory; SET fivetrex.max_writes = 1000; SELECT ops.pause_connector(v)
		FROM (VALUES ('assimilate_seem'), ('broken_anchor')) v(v)},
	1, max_writes(2, 1, 1, 'A function sets fivetrex\.max_writes for itself: ALTER FUNCTION'));
# a SET of the caller's does not count where a function has its own
$node->query(q{CREATE FUNCTION ops.change(wanted text) RETURNS void LANGUAGE plpgsql
	SET fivetrex.max_writes = 0 SET fivetrex.max_deletes = 0 SET fivetrex.max_calls = 0 AS $$BEGIN
	CASE wanted WHEN 'update' THEN UPDATE w.connectors SET paused = true WHERE id = 'assimilate_seem';
		WHEN 'delete' THEN PERFORM public.fivetrex_request('DELETE', '/v1/groups/x', server => 'w');
		ELSE PERFORM public.fivetrex_request('GET', '/v1/groups', server => 'w'); END CASE; END$$;
	CREATE FUNCTION ops.change_write() RETURNS void LANGUAGE plpgsql SET fivetrex.max_writes = 0 AS $$BEGIN
	PERFORM ops.inner_write(); END$$;
	CREATE FUNCTION ops.inner_write() RETURNS void LANGUAGE plpgsql AS $$BEGIN
	PERFORM public.fivetrex_pause('assimilate_seem', server => 'w'); END$$});
my $itself = 'HINT:  A function sets fivetrex\.%s for itself: ALTER FUNCTION \.\.\. SET fivetrex\.%s = 1 allows it';
$node->query(q{CREATE FUNCTION ops.pause_two() RETURNS void LANGUAGE sql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp SET fivetrex.max_writes = 2 AS $$ SELECT
	public.fivetrex_pause('assimilate_seem', server => 'w'), public.fivetrex_pause('broken_anchor', server => 'w') $$;
	GRANT EXECUTE ON FUNCTION ops.pause_two TO operators});
sends('a caller who stops a function half-way', q{SET ROLE mallory; SET fivetrex.max_calls = 1; SELECT ops.pause_two()},
	1, qr/54000: fivetrex\.max_calls does not allow this/);
sends('max_deletes of a function', q{SELECT ops.change('delete')}, 0, qr/${\sprintf $itself, ('max_deletes') x 2}/);
sends('max_writes of a function around', q{SELECT ops.change_write()}, 0, qr/${\sprintf $itself, ('max_writes') x 2}/);
sends('max_calls of a function', q{SELECT ops.change('read')}, 0,
	qr/HINT:  A function sets fivetrex\.max_calls for itself/);
sends('max_writes of the session', q{SET fivetrex.max_writes = 0; SELECT ops.inner_write()}, 0,
	qr/HINT:  SET fivetrex\.max_writes = 1 allows it/);
sends('max_writes of a transaction', q{BEGIN; SET LOCAL fivetrex.max_writes = 0; SELECT ops.inner_write()}, 0,
	qr/HINT:  SET fivetrex\.max_writes = 1 allows it/);
sends('max_writes of a function that has ended', q{SELECT count(*) FROM (SELECT ops.change_write() LIMIT 0) x;
	SET fivetrex.max_writes = 0; SELECT ops.inner_write()}, 0, qr/HINT:  SET fivetrex\.max_writes = 1 allows it/);

# ---------- every road of a write x every road of a dry run

$node->query(qq{SET search_path = public;
	CREATE VIEW v AS SELECT id, name FROM w.groups;
	CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
	  UPDATE w.groups SET name = new.name WHERE id = old.id; RETURN new; END \$\$;
	CREATE VIEW v2 AS SELECT id, name FROM w.groups;
	CREATE TRIGGER t INSTEAD OF UPDATE ON v2 FOR EACH ROW EXECUTE FUNCTION instead();
	CREATE TABLE p (id text, name text) PARTITION BY LIST (name);
	CREATE FOREIGN TABLE p_w PARTITION OF p DEFAULT SERVER w OPTIONS (resource 'groups');
	CREATE FUNCTION updates() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
	  UPDATE w.groups SET name = 'm' WHERE id = 'empty_shelf'; RETURN new; END \$\$;
	CREATE TABLE fires (id text); CREATE TRIGGER t AFTER INSERT ON fires FOR EACH ROW EXECUTE FUNCTION updates();
	CREATE PROCEDURE proc() LANGUAGE plpgsql AS \$\$ BEGIN
	  UPDATE w.groups SET name = 'm' WHERE id = 'empty_shelf'; COMMIT; END \$\$});
my %roads = (
	UPDATE            => q{UPDATE w.groups SET name = 'm' WHERE id = 'empty_shelf'},
	'UPDATE RETURNING' => q{UPDATE w.groups SET name = 'm' WHERE id = 'empty_shelf' RETURNING name},
	'UPDATE FROM'     => q{UPDATE w.groups g SET name = 'm' FROM (VALUES ('empty_shelf')) v(id) WHERE v.id = g.id},
	INSERT            => q{INSERT INTO w.groups (name) VALUES ('m')},
	'INSERT RETURNING' => q{INSERT INTO w.groups (name) VALUES ('m') RETURNING id},
	DELETE            => q{DELETE FROM w.groups WHERE id = 'empty_shelf'},
	'DELETE USING'    => q{DELETE FROM w.groups g USING (VALUES ('empty_shelf')) v(id) WHERE v.id = g.id},
	COPY              => "COPY w.groups (name) FROM STDIN;\nm\n\\.\n",
	function          => q{SELECT public.fivetrex_sync('assimilate_seem')},
	'function of DELETE' => q{SELECT public.fivetrex_delete_user_api_keys('user_cotton')},
	fivetrex_request  => q{SELECT public.fivetrex_request('POST', '/v1/groups', body => '{"name": "m"}')},
	'fivetrex_request DELETE' => q{SELECT public.fivetrex_request('DELETE', '/v1/groups/empty_shelf')},
	view              => q{UPDATE public.v SET name = 'm' WHERE id = 'empty_shelf'},
	'INSTEAD OF'      => q{UPDATE public.v2 SET name = 'm' WHERE id = 'empty_shelf'},
	partition         => q{UPDATE public.p SET name = 'm' WHERE id = 'empty_shelf'},
	'routed INSERT'   => q{INSERT INTO public.p (name) VALUES ('m')},
	'routed COPY'     => "COPY public.p (name) FROM STDIN;\nm\n\\.\n",
	inheritance       => q{UPDATE public.parent SET name = 'm' WHERE id = 'empty_shelf'},
	trigger           => q{INSERT INTO public.fires VALUES ('x')},
	CTE               => q{WITH u AS (UPDATE w.groups SET name = 'm' WHERE id = 'empty_shelf' RETURNING id) SELECT *
		FROM u},
	DO                => q{DO $$ BEGIN UPDATE w.groups SET name = 'm' WHERE id = 'empty_shelf'; END $$},
	CALL              => q{CALL public.proc()},
	cursor            => q{BEGIN; DECLARE c CURSOR FOR SELECT public.fivetrex_sync('assimilate_seem'); FETCH c; COMMIT},
	PREPARE           => q{PREPARE s AS UPDATE w.groups SET name = 'm' WHERE id = 'empty_shelf'; EXECUTE s});

# Roads by which a wish to write nothing arrives: how it is set up, what is said
# in the session, how the session begins, how it is taken back.
my @arrivals = (
	[ 'SET', undef, 'SET fivetrex.dry_run = on;' ],
	[ 'SET before the library is there, misspelt value', undef, q{SET fivetrex.dry_run = 'maybe';} ],
	[ 'SET before the library is there, misspelt name', undef, 'SET fivetrex.dryrun = on;' ],
	[ 'SET LOCAL', undef, 'BEGIN; SET LOCAL fivetrex.dry_run = on;' ],
	[ 'set_config', undef, q{SELECT set_config('fivetrex.dry_run', 'yes', false);} ],
	[ 'PGOPTIONS', undef, '', '-c fivetrex.dry_run=on' ],
	[ 'PGOPTIONS, misspelt value', undef, '', '-c fivetrex.dry_run=maybe' ],
	[ 'PGOPTIONS, misspelt name', undef, '', '-c fivetrex.dry-run=on' ],
	[ 'PGOPTIONS, misspelt name, session_preload_libraries', undef, '',
		'-c fivetrex.dryrun=on -c session_preload_libraries=fivetrex' ],
	[ 'ALTER ROLE', 'ALTER ROLE CURRENT_USER SET fivetrex.dry_run = on', '', undef,
		'ALTER ROLE CURRENT_USER RESET fivetrex.dry_run' ],
	[ 'ALTER ROLE, misspelt value', q{ALTER ROLE CURRENT_USER
		SET fivetrex.dry_run = 'maybe'}, '', undef, 'ALTER ROLE CURRENT_USER RESET fivetrex.dry_run' ],
	[ 'ALTER ROLE, misspelt value, RESET ALL', q{ALTER ROLE CURRENT_USER
		SET fivetrex.dry_run = 'maybe'}, 'SELECT count(*) FROM w.account;
		RESET ALL;', undef, 'ALTER ROLE CURRENT_USER RESET fivetrex.dry_run' ],
	[ 'ALTER DATABASE, misspelt name', 'ALTER DATABASE postgres SET fivetrex.dryrun = on', 'DISCARD ALL;', undef,
		'ALTER DATABASE postgres RESET fivetrex.dryrun' ],
	[ 'server', q{ALTER SERVER w
		OPTIONS (ADD dry_run 'true')}, 'SET fivetrex.dry_run = off;', undef, 'ALTER SERVER w
		OPTIONS (DROP dry_run)' ],
	[ 'user mapping', q{ALTER USER MAPPING FOR PUBLIC SERVER w
		OPTIONS (ADD dry_run 'true')}, 'SET fivetrex.dry_run = off;', undef, 'ALTER USER MAPPING FOR PUBLIC SERVER w
		OPTIONS (DROP dry_run)' ],
	[ 'access', q{ALTER SERVER w OPTIONS (ADD access 'read_only')}, '', undef, 'ALTER SERVER w OPTIONS (DROP access)' ],
	[ 'READ ONLY', undef, 'SET default_transaction_read_only = on;' ],
	[ 'max_writes and max_deletes 0', undef, 'SET fivetrex.max_writes = 0; SET fivetrex.max_deletes = 0;' ],
	[ 'max_calls 0', undef, 'SET fivetrex.max_calls = 0;' ]);
{
	my $tried = 0;
	foreach my $arrival (@arrivals)
	{
		my ($name, $before, $say, $options, $after) = @$arrival;
		my @left;
		$node->query($before) if $before;
		local $ENV{PGOPTIONS} = $options if defined $options;
		my $deletes = $say =~ /max_deletes/ ? '' : 'SET fivetrex.max_deletes = 1;';
		$mock->clear('w');
		foreach my $road (sort keys %roads)
		{
			$node->psql('postgres', "$say\n$deletes\n$roads{$road}", on_error_stop => 0);
			my @sent = grep { !/^GET/ } $mock->requests('w');
			push @left, "$road: @sent" if @sent;
			$mock->clear('w') if @sent;
			$tried++;
		}
		delete local $ENV{PGOPTIONS};
		$node->query($after) if $after;
		is_deeply(\@left, [], "$name: nothing leaves on any road");
	}
	is($tried, @arrivals * keys %roads, 'all roads were tried: ' . @arrivals . ' x ' . keys %roads);
	my @left = grep { my ($log) = writes("SET fivetrex.max_deletes = 1;\n$roads{$_}"); !@$log }
	  grep { !/DELETE/ } sort keys %roads;
	is_deeply(\@left, [], 'without a belt each of them leaves');
}

# ---------- OR of all levels: a narrower one adds, and never removes

$node->query(q{CREATE FOREIGN TABLE dry (id text, name text) SERVER w OPTIONS (resource 'groups', dry_run 'true');
	CREATE FOREIGN TABLE wet (id text, name text) SERVER w OPTIONS (resource 'groups', dry_run 'false');
	CREATE VIEW of_dry AS SELECT * FROM dry});
my $insert = sub { return "INSERT INTO $_[0] (name) VALUES ('o')" };
my @of_table = ($insert->('dry'), $insert->('of_dry'), $insert->('dry') . ' RETURNING id', q{UPDATE dry
	SET name = 'o' WHERE id = 'empty_shelf'}, q{UPDATE dry SET name = 'o' FROM (VALUES (1)) v
	WHERE id = 'empty_shelf' RETURNING id},
	q{DELETE FROM dry WHERE id = 'empty_shelf'}, "COPY dry (name) FROM STDIN;\no\n\\.\n");
foreach my $sql (@of_table)
{
	my ($log, $out, $err) = writes("SET fivetrex.max_deletes = 1; SET fivetrex.dry_run = off; $sql");
	is_deeply($log, [], "dry_run of a table: $sql");
	is($out, '', 'no row');
	like($err, qr/NOTICE:  00000: dry run: /, 'but a NOTICE');
}
sends('another table is not dry', $insert->('w.groups'), 1);
sends('a dry run of the session stays', 'SET fivetrex.dry_run = on; ' . $insert->('wet'), 0);
$node->query(q{ALTER SERVER w OPTIONS (ADD dry_run 'on')});
sends('that of the server, too', $insert->('wet'), 0);
sends('functions obey the server', q{SELECT fivetrex_sync('assimilate_seem')}, 0);
is((writes(q{SELECT fivetrex_pause('assimilate_seem') ->> 'dry_run',
	fivetrex_sync('assimilate_seem')::jsonb ->> 'path'}))[1],
	'true|/v1/connections/assimilate_seem/sync', 'and return what they would send');
$node->query(q{ALTER SERVER w OPTIONS (SET dry_run 'off'); ALTER USER MAPPING FOR PUBLIC SERVER w
	OPTIONS (ADD dry_run 'true')});
sends('a user mapping adds', $insert->('wet'), 0);
sends('for functions', q{SELECT fivetrex_request('DELETE', '/v1/groups/x')}, 0, qr/54000/);
sends('a change is seen at once',
	q{SELECT fivetrex_pause('assimilate_seem'); ALTER USER MAPPING FOR PUBLIC SERVER w
		OPTIONS (SET dry_run 'false'); SELECT fivetrex_pause('assimilate_seem')},
	1);
like($node->fails(q{ALTER SERVER w OPTIONS (SET dry_run 'maybe')}), qr/22023: invalid value for option "dry_run"/,
	'values are checked');
sends('a row that moves',
	q{CREATE TABLE moving (id text, name text) PARTITION BY LIST (name); CREATE TABLE moving_l PARTITION OF moving
		FOR VALUES IN ('here'); CREATE FOREIGN TABLE moving_f PARTITION OF moving DEFAULT SERVER w
		OPTIONS (resource 'groups', dry_run 'true');
	INSERT INTO moving_l VALUES ('1', 'here'); UPDATE moving SET name = 'there' WHERE name = 'here'}, 0,
	qr/0A000: cannot move rows to foreign table "moving_f" in a dry run/);

# ---------- parallel workers get settings that are invalid

{
	my $force = $node->query('SHOW server_version_num') < 160000 ? 'force_parallel_mode' : 'debug_parallel_query';
	my $query = q{SELECT fivetrex_verify_signature(relname::text, 'x', 'y') FROM pg_class WHERE relname = 'pg_class'};
	my $settings = "SET fivetrex.dry_run = 'maybe'; SET fivetrex.dryrun = on; SELECT count(*) FROM account;
		SET $force = on";
	like($node->query("$settings; EXPLAIN $query"), qr/Gather/, 'a parallel query');
	is($node->query("$settings; $query"), "1\nf", 'reads on');
}

# ---------- the library is loaded first inside a parallel query, by its leader or by a worker

{
	$node->query(q{CREATE FUNCTION loads(setting text) RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN
		PERFORM fivetrex_verify_signature('a'::text, 'x', 'y'); RETURN current_setting(setting); END $$;
		CREATE TABLE lot AS SELECT generate_series(1, 3000) AS i; ANALYZE lot});
	my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
		SET max_parallel_workers_per_gather = 2; SET client_min_messages = warning';
	my $plan = $node->query("$parallel; EXPLAIN SELECT string_agg(DISTINCT loads('fivetrex.server'), ',') FROM lot");
	like($plan, qr/Gather.*Parallel Seq Scan on lot/s, 'a parallel query');
	# set, what it is in the leader, in the workers (a boolean or a unit may be written otherwise)
	my @belts = (
		[ '', 'fivetrex.server', qr/\Aw\z/, qr/\Aw\z/ ],
		[ '', 'fivetrex.max_deletes', qr/\A0\z/, qr/\A0\z/ ],
		[ q{SET fivetrex.server = 'other'}, 'fivetrex.server', qr/\Aother\z/, qr/\Aother\z/ ],
		[ 'SET fivetrex.max_writes = 0', 'fivetrex.max_writes', qr/\A0\z/, qr/\A0\z/, qr/54000/ ],
		[ 'BEGIN; SET LOCAL fivetrex.max_writes = 0', 'fivetrex.max_writes', qr/\A0\z/, qr/\A0\z/, qr/54000/ ],
		[ 'SET fivetrex.dry_run = on', 'fivetrex.dry_run', qr/\A(on|true)\z/, qr/\A(on|true)(,(on|true))?\z/, qr/\A\z/ ],
		[ 'SET fivetrex.max_calls = 0', 'fivetrex.max_calls', qr/\A0\z/, qr/\A0\z/, qr/54000/ ],
		[ q{SET fivetrex.max_writes = 'many'}, 'fivetrex.max_writes', qr/\Amany\z/, qr/\Amany\z/, qr/22023/ ],
		[ q{SET fivetrex.max_write = '1'}, 'fivetrex.max_write', qr/\A1\z/, qr/\A1\z/, qr/22023/ ],
		[ q{SET fivetrex.max_retry_wait = 120}, 'fivetrex.max_retry_wait', qr/\A(120|2min)\z/,
			qr/\A(120|2min)(,(120|2min))?\z/ ],
		[ q{SET fivetrex.reserve = 1000000}, 'fivetrex.reserve', qr/\A1000000\z/, qr/\A1000000\z/ ]);
	foreach my $loaded ('', q{LOAD 'fivetrex'; })
	{
		foreach my $participation ('on', 'off')
		{
			foreach my $belt (@belts)
			{
				my ($set, $setting, $leader, $workers, $refusal) = @$belt;
				# core tells of these itself when the library is there
				next if $loaded && $set =~ /many|max_write /;
				my $name = "$loaded$set, leader participation $participation";
				my ($log, $out, $err) = writes("$loaded$set; $parallel; SET parallel_leader_participation = $participation;
					SELECT string_agg(DISTINCT loads('$setting'), ',') FROM lot;
					SELECT fivetrex_verify_signature('a'::text, 'x', 'y'); SHOW $setting;"
					. ($refusal ? "SELECT fivetrex_pause('assimilate_seem')" : ''));
				my ($in_query, undef, $after) = split /\n/, $out;
				like($in_query, $workers, "$name: in the query");
				like($after, $leader, "$name: after it");
				is_deeply($log, [], "$name: nothing is sent");
				like($err, $refusal || qr/\A\z/, "$name: a write");
				unlike($err, qr/WARNING/, "$name: no other word");
			}
		}
	}
}

# ---------- settings of superusers: what others put there before does not count

$node->query(q{ALTER ROLE mallory SET fivetrex.reserve = 1000000; GRANT USAGE ON SCHEMA w TO mallory;
	GRANT SELECT ON w.groups TO mallory});
foreach my $set ('', 'SET fivetrex.reserve = 0', q{SET fivetrex.reserve = 'x'},
	q{SET fivetrex.reserve = 'x'; BEGIN; SET LOCAL fivetrex.reserve = 0})
{
	my $sql = "$set; SELECT count(*) FROM w.groups; SELECT count(*) FROM w.groups";
	my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql",
		extra_params => [ '-U', 'mallory' ]);
	like($err, qr/53400/, "reserve holds: $set");
}
like(($node->psql('postgres', q{\set VERBOSITY verbose
	SET fivetrex.reserve = -1; SELECT fivetrex_pause('assimilate_seem')}))[2],
		qr/22023: setting "fivetrex\.reserve" has an invalid/,
	'a superuser who misspells it is told');

# ---------- a library that is loaded early, and the server's configuration

my $sync = q{SELECT fivetrex_pause('assimilate_seem')};
$node->query($_) for q{ALTER ROLE CURRENT_USER SET fivetrex.dry_run = 'maybe'}, 'ALTER DATABASE postgres
	SET fivetrex.dryrun = on';
$node->append_conf('postgresql.conf', "session_preload_libraries = 'fivetrex'");
$node->restart;
sends('session_preload_libraries, role and database', $sync, 0,
	qr/22023: setting "fivetrex\.dry_run" has an invalid value: "maybe"/);
sends('set right, but the name', "SET fivetrex.dry_run = off; $sync", 0,
	qr/22023: there is no setting "fivetrex\.dryrun"/);
$node->append_conf('postgresql.conf', "session_preload_libraries = ''\nshared_preload_libraries = 'fivetrex'");
$node->restart;
sends('shared_preload_libraries, role and database', $sync, 0,
	qr/22023: (setting "fivetrex\.dry_run" has an invalid value: "maybe"|there is no setting "fivetrex\.dryrun")/);
is($node->query(q{SET client_min_messages = error; SELECT count(*) FROM w.groups WHERE id = 'empty_shelf'}), 1,
	'reads go on');
# not by its name, which a PostgreSQL 16 that knows the prefix as reserved refuses
$node->query(q{SET client_min_messages = error; ALTER DATABASE postgres RESET ALL;
	ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres SET search_path = w, public});
sends('the role alone', $sync, 0, qr/22023: setting "fivetrex\.dry_run" has an invalid value: "maybe"/);
sends('RESET ALL does not lift it', "RESET ALL; SET fivetrex.server = 'w'; $sync", 0, qr/22023/);
sends('SET does', "SET fivetrex.dry_run = off; $sync", 1);
sends('and RESET brings it back', "SET fivetrex.dry_run = off; RESET fivetrex.dry_run; $sync", 0, qr/22023/);
$node->query('SET client_min_messages = error; ALTER ROLE CURRENT_USER RESET fivetrex.dry_run');
sends('mended', $sync, 1);
$node->append_conf('postgresql.conf', "fivetrex.max_writes = 'many'");
$node->restart;
sends('postgresql.conf, before the library is loaded', $sync, 0,
	qr/22023: setting "fivetrex\.max_writes" has an invalid value: "many"\nDETAIL:  It comes from the configuration/);
$node->append_conf('postgresql.conf', 'fivetrex.max_writes = 1');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('fivetrex.max_writes') = '1'});
sends('reloaded', $sync, 1);
sends('and it holds', q{SELECT fivetrex_pause(v) FROM (VALUES ('assimilate_seem'), ('broken_anchor')) v(v)}, 1,
	max_writes(2, 1, 1));
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\nfivetrex.dryrun = on");
$node->restart;
sends('a name in postgresql.conf', $sync, 0,
	qr/22023: there is no setting "fivetrex\.dryrun"\nDETAIL:  It comes from the configuration of the server\./);

$mock->clear_violations($_) for qw(w slow patient);
$node->stop;
$mock->stop;
done_testing();
