# What stays when a transaction is rolled back, whatever the cause: each change
# is told once, by the error's own line or by a WARNING.

use strict;
use warnings;
use FindBin;
use IPC::Run;
use JSON::PP ();
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('rolled_back');
$node->add_world($mock, 'w');
$node->add_world($mock, 'v');
$node->query(q{ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres SET search_path = w, public;
	ALTER DATABASE postgres SET fivetrex.max_deletes = 100;
	CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trigger says no'; END $$;
	CREATE FUNCTION inserts(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql AS
	  $$ DECLARE n text; BEGIN FOREACH n IN ARRAY names LOOP INSERT INTO w.groups (name) VALUES (n); END LOOP; END $$});

my $blocked = qr/cannot be rolled back/;

# Messages of a statement that tell what stays: "N stay", "N may stay".
sub told
{
	my ($err) = @_;
	return map { s/ changes? made through the Fivetran API| although the transaction.*//gr =~ s/stays/stay/r }
	  $err =~ /WARNING:  01000: (.*stays? although.*)/g;
}

# SQL, how many requests it sends, what the WARNINGs say in their order, and
# what the error says.
sub tells
{
	my ($name, $sql, $sent, $told, $error) = @_;
	my ($log, undef, $err) = $node->writes($mock, 'w', $sql);
	is(scalar @$log, $sent, "$name: requests");
	is_deeply([ told($err) ], $told, "$name: is told") or diag($err);
	like($err, $error, "$name: error") if $error;
	return $err;
}

my $zero = qr/ERROR:  22012: division by zero/;

# ---------- causes that are not ours, at the top level

my $err = tells('RETURNING',
	q{INSERT INTO groups (name) SELECT 'r' || n FROM generate_series(1, 3) n RETURNING 1 / (3 - right(name, 1)::int)},
	3, ['3 stay'], $zero);
like($err, qr/DETAIL:  POST \/v1\/groups, POST \/v1\/groups, POST \/v1\/groups\./, 'the first are named');
unlike($err, qr/CONTEXT:.*writes:/, 'the error itself does not tell');
tells('RETURNING of UPDATE',
	q{UPDATE groups SET name = name || 'x' WHERE name IN ('r1', 'r2') RETURNING 1 / (length(name) - 3)}, 2,
	['2 stay'], $zero);
tells('an expression in a later row',
	q{INSERT INTO groups (name) SELECT 'e' || (1 / (4 - n)) FROM generate_series(1, 5) n}, 0, [], $zero);
tells('the same in batches',
	q{SET fivetrex.max_writes = -1; INSERT INTO groups (name)
		SELECT CASE WHEN n = 1002 THEN (1 / (n - 1002))::text ELSE 'b' || n END FROM generate_series(1, 1005) n},
	1000, ['1000 stay'], $zero);
tells('a function over a series',
	q{SELECT fivetrex_request('POST', '/v1/groups', body => jsonb_build_object('name', 'f' || (6 / (3 - n))))
		FROM generate_series(1, 5) n},
	2, ['2 stay'], $zero);
tells('a malformed line of COPY', "COPY groups (name) FROM STDIN;\nc1\nc2\nc3\tc4\n\\.\n", 0, [], qr/ERROR:  22P04/);
$node->query(q{CREATE TRIGGER t AFTER INSERT ON groups
	FOR EACH ROW WHEN (new.name LIKE 'no%') EXECUTE FUNCTION fails()});
tells('a malformed line after rows that had to be sent', "COPY groups (name) FROM STDIN;\nc1\nc2\nc3\tc4\n\\.\n", 2,
	['2 stay'], qr/ERROR:  22P04/);
tells('an AFTER trigger', q{INSERT INTO groups (name) VALUES ('yes'), ('no')}, 2, ['2 stay'],
	qr/ERROR:  P0001: trigger says no/);
$node->query('DROP TRIGGER t ON groups');
tells('a CTE',
	q{WITH u AS (UPDATE groups SET name = name || 'y' WHERE id = 'empty_shelf' RETURNING name)
		SELECT 1 / (length(name) - length(name)) FROM u},
	1, ['1 stay'], $zero);
$node->query(q{CREATE TABLE parent (id text, name text); CREATE FOREIGN TABLE child () INHERITS (parent) SERVER w
	OPTIONS (resource 'groups');
	CREATE TRIGGER t AFTER UPDATE ON parent REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION fails()});
tells('a statement trigger of the parent', q{UPDATE parent SET name = 'z' WHERE id = 'empty_shelf'},
	0, [], qr/ERROR:  0A000: cannot collect transition tuples/);
$node->query('DROP TRIGGER t ON parent;
	CREATE TRIGGER t AFTER UPDATE ON parent FOR EACH STATEMENT EXECUTE FUNCTION fails()');
tells('a statement trigger', q{UPDATE parent SET name = 'z' WHERE id = 'empty_shelf'}, 1, ['1 stay'],
	qr/ERROR:  P0001/);
$node->query('DROP TABLE parent CASCADE');
tells('DELETE, which leaves at the end',
	q{INSERT INTO groups (name) VALUES ('doomed'); WITH d AS (DELETE FROM groups WHERE name = 'doomed'
		RETURNING name) SELECT 1 / (length(name) - 6) FROM d},
	1, [], $zero);

# ---------- the transaction's own end

tells('ROLLBACK',
	q{BEGIN; INSERT INTO groups (name) VALUES ('a'), ('b'); UPDATE groups SET name = 'c' WHERE id = 'empty_shelf';
		ROLLBACK},
	3, ['3 stay'], $blocked);
tells('COMMIT', q{BEGIN; INSERT INTO groups (name) VALUES ('a'), ('b'); COMMIT}, 2, [], $blocked);
tells('no block', q{INSERT INTO groups (name) VALUES ('a')}, 1, []);
tells('COMMIT that fails', q{CREATE TEMP TABLE d (i int UNIQUE DEFERRABLE INITIALLY DEFERRED);
	BEGIN; INSERT INTO d VALUES (1), (1); INSERT INTO groups (name) VALUES ('a'); COMMIT},
	1, ['1 stay'], qr/ERROR:  23505/);
tells('an error after writes', q{BEGIN; INSERT INTO groups (name) VALUES ('a'); SELECT 1 / 0; SELECT 1; COMMIT}, 1,
	['1 stay'], $zero);
tells('one message',
	q{INSERT INTO groups (name) VALUES ('a')\; INSERT INTO groups (name) VALUES ('b')\; SELECT 1 / 0}, 2,
	['2 stay'], $zero);
tells('ROLLBACK in a procedure',
	q{DO $$ BEGIN INSERT INTO w.groups (name) VALUES ('a'); COMMIT; INSERT INTO w.groups (name) VALUES ('b');
		ROLLBACK; END $$},
	2, ['1 stay']);
tells('PREPARE TRANSACTION', q{BEGIN; INSERT INTO groups (name) VALUES ('a'); PREPARE TRANSACTION 'p'}, 1,
	['1 stay'], qr/ERROR:  0A000: cannot PREPARE a transaction/);
tells('PREPARE TRANSACTION without writes', q{BEGIN; SELECT count(*) FROM groups; PREPARE TRANSACTION 'p'}, 0, [],
	qr/ERROR:  55000: prepared transactions are disabled/);
$err = tells('many', q{BEGIN; INSERT INTO groups (name) SELECT 'm' || n FROM generate_series(1, 9) n;
	ROLLBACK}, 9, ['9 stay']);
like($err, qr/DETAIL:  (POST \/v1\/groups, ){5}\.\.\.\.\n/, 'only the first are named') or diag($err);

# ---------- subtransactions: a stack

tells('ROLLBACK TO',
	q{BEGIN; INSERT INTO groups (name) VALUES ('a'); SAVEPOINT s; INSERT INTO groups (name) VALUES ('b'), ('c');
		ROLLBACK TO s; COMMIT},
	3, ['2 stay']);
tells('ROLLBACK TO, then ROLLBACK',
	q{BEGIN; INSERT INTO groups (name) VALUES ('a'); SAVEPOINT s; INSERT INTO groups (name) VALUES ('b'), ('c');
		ROLLBACK TO s; ROLLBACK},
	3, [ '2 stay', '1 stay' ]);
tells('RELEASE, then ROLLBACK',
	q{BEGIN; INSERT INTO groups (name) VALUES ('a'); SAVEPOINT s; INSERT INTO groups (name) VALUES ('b'); RELEASE s;
		ROLLBACK},
	2, ['2 stay']);
tells('RELEASE of all levels',
	q{BEGIN; SAVEPOINT s; SAVEPOINT t; SAVEPOINT u; INSERT INTO groups (name) VALUES ('b'); RELEASE t;
		ROLLBACK TO s; COMMIT},
	1, ['1 stay']);
tells('ROLLBACK with open savepoints',
	q{BEGIN; INSERT INTO groups (name) VALUES ('a'); SAVEPOINT s; INSERT INTO groups (name) VALUES ('b');
		SAVEPOINT t; INSERT INTO groups (name) VALUES ('c'), ('d'); ROLLBACK},
	4, [ '2 stay', '1 stay', '1 stay' ]);
tells('an error in a savepoint',
	q{BEGIN; INSERT INTO groups (name) VALUES ('a'); SAVEPOINT s; INSERT INTO groups (name) VALUES ('b');
		SELECT 1 / 0; ROLLBACK TO s; COMMIT},
	2, ['1 stay'], $zero);
tells('an exception block',
	q{DO $$ BEGIN INSERT INTO w.groups (name) VALUES ('a'); BEGIN INSERT INTO w.groups (name) VALUES ('b'), ('c');
		PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END; END $$},
	3, ['2 stay']);
tells('one that does not catch',
	q{DO $$ BEGIN INSERT INTO w.groups (name) VALUES ('a'); BEGIN INSERT INTO w.groups (name) VALUES ('b'), ('c');
		PERFORM 1 / 0; EXCEPTION WHEN unique_violation THEN NULL; END; END $$},
	3, [ '2 stay', '1 stay' ], $zero);
tells('one that ends well',
	q{DO $$ BEGIN BEGIN INSERT INTO w.groups (name) VALUES ('b'); EXCEPTION WHEN OTHERS THEN NULL; END;
		PERFORM 1 / 0; END $$},
	1, ['1 stay'], $zero);
tells('ON_ERROR_ROLLBACK of psql',
	qq{\\set ON_ERROR_STOP 0\n\\set ON_ERROR_ROLLBACK on\nBEGIN; INSERT INTO groups (name) VALUES ('a'); 
	INSERT INTO groups (name) VALUES ('b') RETURNING 1 / (length(name) - 1); COMMIT},
	2, ['1 stay'], $zero);
SKIP:
{
	skip 'plpython3u is not installed', 3
	  unless $node->query(q{SELECT count(*) FROM pg_available_extensions WHERE name = 'plpython3u'});
	$node->query('CREATE EXTENSION plpython3u');
	tells('a subtransaction of PL/Python', q{DO LANGUAGE plpython3u $$
try:
    with plpy.subtransaction():
        plpy.execute("INSERT INTO w.groups (name) VALUES ('a')")
        plpy.execute("SELECT 1 / 0")
except plpy.SPIError:
    pass
$$}, 1, ['1 stay']);
}

# ---------- errors of our own, that tell themselves

my $line = sub
{
	my ($d, $f, $r, $n) = @_;
	return qr/Fivetran API writes: $d done, $f in flight \(outcome unknown\), $r refused, $n not sent/;
};
my @fault = ({ method => 'POST', path => 'groups', skip => 2, status => 409,
	body => { code => 'Conflict', message => 'no' } });
sub with_fault
{
	my ($rules, @rest) = @_;
	$mock->fault('w', @$rules);
	my $told = tells(@rest);
	$mock->clear_faults('w');
	return $told;
}

$node->query(q{ALTER SERVER w OPTIONS (ADD max_concurrency '1')});
with_fault(\@fault, 'a refused write', q{INSERT INTO groups (name) VALUES ('a'), ('b'), ('c'), ('d')}, 3, [],
	$line->(2, 0, 1, 1));
with_fault(\@fault, 'after others of the transaction',
	q{BEGIN; INSERT INTO groups (name) VALUES ('a'); INSERT INTO groups (name) VALUES ('b'), ('c'), ('d'); COMMIT},
	3, ['1 stay'], $line->(1, 0, 1, 1));
with_fault(\@fault, 'caught: the line is gone',
	q{DO $$ BEGIN INSERT INTO w.groups (name) VALUES ('a'), ('b'), ('c'), ('d');
		EXCEPTION WHEN object_in_use THEN NULL; END $$},
	3, ['2 stay']);
with_fault(\@fault, 'caught, and another error',
	q{DO $$ BEGIN INSERT INTO w.groups (name) VALUES ('x'); BEGIN INSERT INTO w.groups (name)
		VALUES ('b'), ('c'), ('d'); EXCEPTION WHEN object_in_use THEN NULL; END; PERFORM 1 / 0; END $$},
	3, [ '1 stay', '1 stay' ], $zero);
with_fault(\@fault, 'passed on by a block',
	q{SELECT inserts('a'); DO $$ BEGIN INSERT INTO w.groups (name) VALUES ('x'); BEGIN INSERT INTO w.groups (name)
		VALUES ('c'); EXCEPTION WHEN unique_violation THEN NULL; END; END $$},
	3, ['1 stay'], $line->(0, 0, 1, 0));
with_fault(\@fault, 'of a function: all of the statement', q{SELECT inserts('a', 'b', 'c')}, 3, [],
	$line->(2, 0, 1, 0));
with_fault(\@fault, 'of a function, passed on by a block',
	q{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM inserts('a', 'b'); BEGIN
		PERFORM inserts('c'); EXCEPTION WHEN unique_violation THEN NULL; END; END $$; SELECT pg_temp.f()},
	3, [], $line->(2, 0, 1, 0));
with_fault([ { method => 'POST', path => 'sync', after_state => JSON::PP::true } ], 'a lost answer',
	q{SELECT fivetrex_sync('assimilate_seem')}, 1, [], qr/ERROR:  08007/);
$err = with_fault([ { method => 'POST', path => 'sync', after_state => JSON::PP::true } ], 'a lost answer, caught',
	q{DO $$
	BEGIN PERFORM fivetrex_sync('assimilate_seem'); EXCEPTION WHEN OTHERS THEN NULL; END $$}, 1, ['1 may stay']);
like($err, qr{DETAIL:  POST /v1/connections/assimilate_seem/sync\.}, 'it is named');
with_fault([ { method => 'PATCH', path => 'groups', skip => 1, after_state => JSON::PP::true, times => 0 } ],
	'some done, some lost',
	q{DO $$ BEGIN UPDATE w.groups SET name = 'l' WHERE id IN ('empty_shelf', 'stoic_pebble');
		EXCEPTION WHEN OTHERS THEN NULL; END $$},
	6, ['1 stay']);
$node->query(q{ALTER SERVER w OPTIONS (SET max_concurrency '8')});

# errors of ours between writes
tells('a row that cannot be sent, after others',
	q{INSERT INTO groups (name, created_at) VALUES ('a', NULL), ('b', NULL), ('c', now()) RETURNING id}, 2, [],
	$line->(2, 0, 0, 0));
tells('the same of an UPDATE',
	q{UPDATE connectors c SET config = v.c
		FROM (VALUES ('assimilate_seem', '{"host": "h"}'::jsonb), ('broken_anchor', '{"l": ["******"]}')) v(id, c)
		WHERE v.id = c.id RETURNING c.id},
	1, [], $line->(1, 0, 0, 0));
tells('a belt', q{SET fivetrex.max_writes = 2; INSERT INTO groups (name) VALUES ('a'), ('b'), ('c') RETURNING id},
	2, [], $line->(2, 0, 0, 1));
unlike(tells('nothing has left', q{INSERT INTO groups (name, created_at) VALUES ('c', now())
	RETURNING id}, 0, [], qr/ERROR:  0A000/),
	qr/writes: 0 done/, 'no line then');

# ---------- a request that cannot be made: it is none, and others are awaited

{
	# bytes that the server takes for text, and that are none in UTF-8
	$node->query(q{CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'});
	my $url = $mock->url('w');
	$node->psql('bytes', qq{CREATE EXTENSION fivetrex;
		CREATE SERVER w FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url', retry_delay '0');
		CREATE USER MAPPING FOR PUBLIC SERVER w OPTIONS (api_key 'key', api_secret 'secret');
		CREATE FOREIGN TABLE groups (id text, name text) SERVER w});
	my @ids = $node->rows('SELECT id FROM groups ORDER BY id LIMIT 3');
	foreach my $case (
		[ 'INSERT', q{INSERT INTO groups (name) VALUES ('one'), (E'\\xff'), ('three')} ],
		[ 'INSERT RETURNING', q{INSERT INTO groups (name) VALUES ('one'), (E'\\xff'), ('three') RETURNING id} ],
		[ 'UPDATE', "UPDATE groups SET name = CASE id WHEN '$ids[1]' THEN E'\\xff' ELSE 'ok' END
			WHERE id IN ('$ids[0]', '$ids[1]', '$ids[2]')" ],
		[ 'function', q{SELECT fivetrex_request('POST', '/v1/groups', body => jsonb_build_object('name', n), server => 'w')
			FROM (VALUES ('one'), (E'\\xff'), ('three')) v(n)} ],
		[ 'the only one', q{SELECT fivetrex_request('POST', '/v1/groups', body => jsonb_build_object('name', E'\\xff'),
			server => 'w')} ])
	{
		my ($name, $sql) = @$case;
		$mock->clear('w');
		my (undef, undef, $err) = $node->psql('bytes', "\\set VERBOSITY verbose\n$sql");
		my $sent = grep { !/^GET/ } $mock->requests('w');
		like($err, qr/ERROR:  22021: /, "bytes that are no text: $name");
		like($err, qr/Fivetran API writes: $sent done, 0 in flight \(outcome unknown\), 0 refused/,
			"$name: $sent are awaited")
		  if $sent > 0;
		is_deeply([ told($err) ], [], "$name: nothing else is told") or diag($err);
	}
}

# ---------- errors that tell, and changes that they do not name

$node->query(q{CREATE FUNCTION cleans() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
		BEGIN UPDATE w.connectors SET paused = true, sync_frequency = 7 WHERE id = 'assimilate_seem';
		EXCEPTION WHEN OTHERS THEN
		  UPDATE w.connectors SET paused = true WHERE id IN ('broken_anchor', 'syncing_river'); RAISE; END; END $$;
	CREATE FUNCTION cleans_after() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
		PERFORM w_pause('assimilate_seem'); PERFORM cleans(); END $$;
	CREATE FUNCTION w_pause(id text) RETURNS jsonb LANGUAGE sql AS $$
		SELECT public.fivetrex_pause(id, server => 'w') $$;
	CREATE FUNCTION quotes(context text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
		PERFORM w_pause('assimilate_seem');
		EXECUTE format('SELECT 1 / (length(%L) - length(%1$L))', context); END $$;
	CREATE FUNCTION says(line text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
		BEGIN PERFORM w_pause('assimilate_seem');
			UPDATE w.connectors SET sync_frequency = 7 WHERE id = 'broken_anchor';
		EXCEPTION WHEN OTHERS THEN NULL; END;
		PERFORM w_pause('broken_anchor');
		EXECUTE format('SELECT 1 / (length(%L) - length(%1$L))', line); END $$});
$err = tells('a handler that writes and raises again', 'SELECT cleans()', 3, ['2 stay'], $line->(0, 0, 1, 0));
like($err, qr{DETAIL:  PATCH /v1/connections/\w+, PATCH /v1/connections/\w+\.}, 'both are named') or diag($err);
tells('after a write that the error names', 'SELECT cleans_after()', 4, ['2 stay'], $line->(1, 0, 1, 0));
tells('in a savepoint', 'BEGIN; SAVEPOINT s; SELECT cleans_after()', 4, ['2 stay'], $line->(1, 0, 1, 0));
my $words = 'Fivetran API writes: 1 done, 0 in flight (outcome unknown), 0 refused, 0 not sent';
tells('a context that quotes the words', "SELECT quotes('$words')", 1, ['1 stay'], $zero);
tells('that quotes a line of the same statement',
	q{SELECT says('Fivetran API writes: 1 done, 0 in flight (outcome unknown), 1 refused, 0 not sent')}, 3,
	[ '1 stay', '1 stay' ], $zero);
tells('a handler that raises an error of its own',
	q{DO $$ BEGIN PERFORM w_pause('assimilate_seem'); BEGIN
		UPDATE w.connectors SET sync_frequency = 7 WHERE id = 'broken_anchor';
		EXCEPTION WHEN OTHERS THEN RAISE EXCEPTION USING MESSAGE = SQLERRM, ERRCODE = SQLSTATE; END; END $$},
	2, ['1 stay'], qr/ERROR/);
tells('two errors, the first one raised again',
	q{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
		PERFORM w_pause('assimilate_seem');
		BEGIN UPDATE w.connectors SET sync_frequency = 7 WHERE id = 'broken_anchor';
		EXCEPTION WHEN OTHERS THEN
		  PERFORM w_pause('broken_anchor');
		  BEGIN UPDATE w.connectors SET sync_frequency = 7 WHERE id = 'syncing_river';
		  EXCEPTION WHEN OTHERS THEN NULL; END;
		  RAISE; END; END $$; SELECT pg_temp.f()},
	4, ['2 stay'], $line->(1, 0, 1, 0));
SKIP:
{
	skip 'dblink is not installed', 3
	  unless $node->query(q{SELECT count(*) FROM pg_available_extensions WHERE name = 'dblink'});
	$node->query('SET search_path = public; CREATE EXTENSION dblink');
	my $there = $node->connstr('postgres') =~ s/'/''/gr;
	tells('the line of another session',
		qq{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS \$\$ BEGIN
		BEGIN PERFORM w_pause('assimilate_seem');
			UPDATE w.connectors SET sync_frequency = 7 WHERE id = 'broken_anchor';
		EXCEPTION WHEN OTHERS THEN NULL; END;
		PERFORM w_pause('broken_anchor');
		PERFORM public.dblink_exec('$there', 'UPDATE w.connectors SET sync_frequency = 7 WHERE id = ''broken_anchor''');
		END \$\$; SELECT pg_temp.f()},
		4, [ '1 stay', '1 stay' ], qr/ERROR/);
}

# ---------- a belt's words

tells('one change', q{SET fivetrex.max_writes = 0; SELECT w_pause('assimilate_seem')}, 0, [],
	qr/DETAIL:  The statement makes 1 change, the setting allows 0\. Nothing was sent\./);
tells('a dry run has made none', q{SET fivetrex.dry_run = on; SET fivetrex.max_writes = 1;
	SELECT w_pause('assimilate_seem'), w_pause('broken_anchor')}, 0, [],
	qr/DETAIL:  The statement makes 2 changes, the setting allows 1\. Nothing was sent\./);

# ---------- the line adds up all targets of a statement

$mock->fault('v',
	{ method => 'PATCH', path => 'groups', times => 0, status => 409, body => { code => 'Conflict', message => 'no' } },
	{ method => 'POST', path => 'groups', times => 0, status => 409, body => { code => 'Conflict', message => 'no' } },
	{ method => 'DELETE', path => 'groups', times => 0, status => 409,
		body => { code => 'Conflict', message => 'no' } });
$node->query(q{CREATE TABLE acc (id text, name text) PARTITION BY RANGE (name);
	CREATE FOREIGN TABLE acc_w PARTITION OF acc FOR VALUES FROM ('a') TO ('m') SERVER w OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE acc_v PARTITION OF acc FOR VALUES FROM ('m') TO ('zz') SERVER v OPTIONS (resource 'groups');
	INSERT INTO w.groups (name) VALUES ('aa'), ('bb'), ('cc')});
my ($of_v) = $node->rows('SELECT id FROM v.groups ORDER BY id LIMIT 1');
$mock->patch('v', 'groups', $of_v, set => { name => 'nn' });
tells('INSERT into two accounts', q{INSERT INTO acc (name) VALUES ('ab'), ('nb'), ('ac')}, 2, [], $line->(2, 0, 1, 0));
tells('COPY', "COPY acc (name) FROM STDIN;\nab\nnb\nac\n\\.\n", 2, [], $line->(2, 0, 1, 0));
tells('UPDATE', q{UPDATE acc SET name = name || '_' WHERE name IN ('aa', 'bb', 'cc', 'nn')}, 3, [],
	$line->(3, 0, 1, 0));
tells('UPDATE with RETURNING',
	q{UPDATE acc SET name = name || '_' WHERE name IN ('aa_', 'bb_', 'cc_', 'nn') RETURNING id}, 3, [],
	$line->(3, 0, 1, 0));
tells('UPDATE FROM',
	q{UPDATE acc b SET name = name || '_' FROM (VALUES ('aa__'), ('bb__'), ('nn')) v(n) WHERE v.n = b.name}, 2, [],
	$line->(2, 0, 1, 0));
tells('a modifying CTE',
	q{WITH a AS (UPDATE w.groups SET name = name || 'x' WHERE name LIKE 'bb%' RETURNING id) UPDATE v.groups
		SET name = 'q' WHERE id = (SELECT min($$} . $of_v . q{$$) FROM a)},
	1, [], $line->(1, 0, 1, 0));
tells('DELETE', q{DELETE FROM acc WHERE name LIKE 'aa%' OR name = 'nn'}, 1, [], $line->(1, 0, 1, 0));
$mock->clear_faults('v');

# ---------- a function's write is a set of one

foreach my $html ([ 'fivetrex_sync', q{SELECT fivetrex_sync('assimilate_seem')}, 'POST', 'sync' ],
	[ 'fivetrex_pause', q{SELECT fivetrex_pause('assimilate_seem')}, 'PATCH', 'connections/assimilate_seem' ],
	[ 'fivetrex_request', q{SELECT fivetrex_request('POST', '/v1/groups', body => '{"name": "h"}')}, 'POST', 'groups' ],
	[ 'INSERT', q{INSERT INTO groups (name) VALUES ('h')}, 'POST', 'groups' ],
	[ 'UPDATE', q{UPDATE connectors SET paused = true
		WHERE id = 'assimilate_seem'}, 'PATCH', 'connections/assimilate_seem' ])
{
	my ($name, $sql, $method, $path) = @$html;
	with_fault([ { method => $method, path => $path, status => 200, content_type => 'text/html',
		body_text => '<html>Log in first</html>' } ],
		"$name: a page of HTML", $sql, 1, [], $line->(0, 1, 0, 0));
}

# ---------- what is in flight while an answer does not fit is awaited

{
	my @ids = $node->rows(q{SELECT id FROM connectors WHERE group_id = 'hollow_cedar' ORDER BY id LIMIT 4});
	my $list = join ', ', map { "'$_'" } @ids;
	$mock->fault('w',
		{ method => 'PATCH', path => "connections/$ids[0]\$",
		body => { code => 'Success', data => { id => $ids[0], paused => 'perhaps' } }, status => 200 },
		{ method => 'PATCH', path => 'connections/', times => 3, stall => 'headers' });
	$mock->clear('w');
	my $err = '';
	my $run = IPC::Run::start([ 'psql', '-Xq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'),
		'-c', qq{UPDATE w.connectors
		SET paused = true WHERE id IN ($list) RETURNING paused} ], '<', \undef, '>', \my $out, '2>', \$err);
	$mock->wait_for('w', 3, 'PATCH', 'stalled');
	$mock->wait_for('w', 1, "PATCH /v1/connections/$ids[0]", 'answered');
	$mock->release('w');
	IPC::Run::finish($run);
	like($err, $line->(4, 0, 0, 0), 'an answer that does not fit: the others are awaited') or diag($err);
	$mock->clear_faults('w');
}

# ---------- a time limit while rows go to the client, a cancel, the end of the backend

{
	my ($log, $err);
	# a longer limit where a machine does not come to sleep within a short one
	foreach my $limit (2, 8, 32)
	{
		($log, undef, $err) = $node->writes($mock, 'w', qq{SET statement_timeout = '$limit s';
			INSERT INTO groups (name) SELECT 's' || n FROM generate_series(1, 3) n
			RETURNING name, CASE WHEN name = 's3' THEN pg_sleep(60) END});
		last if ((told($err))[0] // '') eq '3 stay';
	}
	is(scalar @$log, 3, 'statement_timeout: requests');
	like($err, qr/ERROR:  57014/, 'statement_timeout: error');
	is_deeply([ told($err) ], ['3 stay'], 'statement_timeout: is told') or diag($err);
}
{
	$mock->clear('w');
	my $err = '';
	my $run = IPC::Run::start([ 'psql', '-Xq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'),
		'-c', q{BEGIN}, '-c', q{INSERT INTO w.groups (name)
		VALUES ('ended')}, '-c', q{SELECT pg_sleep(600)} ], '<', \undef, '>', \my $out, '2>', \$err);
	$mock->wait_for('w', 1, 'POST', 'answered');
	$node->poll_query_until('postgres',
		q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'});
	my $offset = -s $node->logfile;
	$node->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE query LIKE 'SELECT pg_sleep(600)%' AND pid <> pg_backend_pid()});
	IPC::Run::finish($run);
	$node->wait_for_log(qr/WARNING: .*1 change made through the Fivetran API stays/, $offset);
	pass('pg_terminate_backend: the log tells');
}

$mock->clear_violations('w');
$node->stop;
$mock->stop;
done_testing();
