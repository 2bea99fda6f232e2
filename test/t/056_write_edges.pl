# Writes where promises meet: several parts of one statement, partitions,
# triggers, functions, temporary files.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('edges');
$node->add_world($mock, 'w');
$node->safe_psql('postgres', "ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres SET search_path = w, public");

sub writes { return $node->writes($mock, 'w', @_) }

sub refuses { return $node->refuses($mock, 'w', @_) }

# ---------- fivetrex.max_deletes counts for the statement

my $too_many = qr/ERROR:  54000: fivetrex\.max_deletes does not allow this\nDETAIL:  The statement deletes 2 objects, the setting allows 1\. Nothing was sent\./;
$node->safe_psql('postgres', q{CREATE TABLE parent (id text);
	CREATE FOREIGN TABLE child_groups () INHERITS (parent) SERVER w OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE child_webhooks () INHERITS (parent) SERVER w OPTIONS (resource 'webhooks')});
refuses('two CTEs', q{SET fivetrex.max_deletes = 1; WITH a AS (DELETE FROM groups WHERE id = 'empty_shelf' RETURNING id), b AS (DELETE FROM webhooks WHERE id = 'hook_acorn') SELECT count(*) FROM a}, $too_many);
refuses('a CTE and the statement', q{SET fivetrex.max_deletes = 1; WITH a AS (DELETE FROM groups WHERE id = 'empty_shelf') DELETE FROM webhooks WHERE id = 'hook_acorn'}, $too_many);
refuses('children of one parent', q{SET fivetrex.max_deletes = 1; DELETE FROM parent WHERE id IN ('empty_shelf', 'hook_acorn')}, $too_many);
refuses('children, with RETURNING', q{SET fivetrex.max_deletes = 1; DELETE FROM parent WHERE id IN ('empty_shelf', 'hook_acorn') RETURNING id}, $too_many);
{
	my ($log, undef, $err) = writes(q{SET fivetrex.max_deletes = 1; SELECT fivetrex_request('DELETE', '/v1/webhooks/' || id) FROM (VALUES ('hook_acorn'), ('hook_anvil')) v(id)});
	is_deeply($log, [ 'DELETE /v1/webhooks/hook_acorn' ], 'a function that is called twice deletes once');
	like($err, qr/54000.*\nDETAIL:  The statement deletes 2 objects, the setting allows 1\. It has deleted 1 of them already/, 'and says so');
	($log, undef, $err) = writes(q{SET fivetrex.max_deletes = 1; SET fivetrex.dry_run = on; SELECT fivetrex_delete_user_api_keys('x'), fivetrex_request('DELETE', '/v1/groups/x')});
	like($err, qr/54000/, 'two functions in a dry run');
	($log, undef, $err) = writes(q{SET fivetrex.max_deletes = 1; DO $$BEGIN DELETE FROM webhooks WHERE id = 'hook_anvil'; DELETE FROM webhooks WHERE id = 'hook_apple'; END$$});
	is(scalar @$log, 2, 'statements of a function are statements');
	($log, undef, $err) = writes(q{SET fivetrex.max_deletes = 2; DELETE FROM parent WHERE id IN ('empty_shelf', 'hook_alley') RETURNING tableoid::regclass});
	is_deeply([ sort @$log ], [ 'DELETE /v1/groups/empty_shelf', 'DELETE /v1/webhooks/hook_alley' ], 'what is allowed is done');
}

# ---------- fivetrex_request

refuses('GET with a body', q{SELECT fivetrex_request('GET', '/v1/groups', NULL, '{"name": "by_get"}')}, qr/ERROR:  22023: a GET has no body/);
refuses('a nested query', q{SELECT fivetrex_request('GET', '/v1/groups', '{"limit": {"cursor": 1}}')}, qr/ERROR:  22023: the value of query parameter "limit" is not a scalar/);
refuses('a nested array', q{SELECT fivetrex_request('GET', '/v1/groups', '{"limit": [[1]]}')}, qr/ERROR:  22023: .*not a scalar/);
refuses('encoded dots', q{SELECT fivetrex_request('GET', '/v1/%2e%2E/groups')}, qr/ERROR:  22023: invalid path/);
is(scalar(@{ ($node->sent($mock, 'w', q{SELECT fivetrex_request('GET', '/v1/groups', '{"limit": 5}') ->> 'code'}))[0] }), 1, 'a plain one is sent');
refuses('nothing to set', q{SELECT fivetrex_set_sync_frequency('assimilate_seem', NULL)}, qr/ERROR:  22023: fivetrex_set_sync_frequency\(\) has nothing to set/);
is($node->safe_psql('postgres', q{SELECT fivetrex_test_webhook(id => 'hook_apple', event => 'sync_end') IS NOT NULL FROM webhooks LIMIT 0}), '', 'arguments are called id');

refuses('descriptions are DDL', q{BEGIN READ ONLY; SELECT fivetrex_comment('w')}, qr/ERROR:  25006: cannot execute fivetrex_comment\(\) in a read-only transaction/);

# ---------- functions say how far they got

$mock->fault('w', { method => 'POST', path => 'sync', after_state => JSON::PP::true });
like((writes(q{SELECT fivetrex_sync('assimilate_seem')}))[2], qr/ERROR:  08007: .*\n.*\n.*\nCONTEXT:  Fivetran API writes: 0 done, 1 in flight \(outcome unknown\), 0 refused, 0 not sent/, 'a function whose answer is lost');
$mock->fault('w', { method => 'POST', path => 'sync', stall => 'headers', times => 0 });
my $cancelled;
# a longer limit where the request has not left within a short one
foreach my $limit (300, 3000, 30_000)
{
	$cancelled = [ writes(qq{SET statement_timeout = $limit; SELECT fivetrex_sync('assimilate_seem')}) ];
	last if @{ $cancelled->[0] };
}
$mock->clear_faults('w');
like($cancelled->[2], qr/ERROR:  57014: .*\nCONTEXT:  Fivetran API writes: 0 done, 1 in flight \(outcome unknown\), 0 refused, 0 not sent/, 'a function that is cancelled');
$mock->release('w');
$mock->fault('w', { method => 'POST', path => 'groups', status => 504, body => { code => 'x', message => 'gateway' } });
like((writes(q{INSERT INTO groups (name) VALUES ('gateway')}))[2], qr/ERROR:  58000: .*\n.*\nHINT:  The change may have been made all the same.*\nCONTEXT:  Fivetran API writes: 0 done, 1 in flight \(outcome unknown\), 0 refused/, 'a gateway that failed may have passed it on');

$mock->fault('w', { method => 'POST', path => 'groups', status => 201, content_type => 'text/html', body_text => '<html>Log in first</html>' });
like((writes(q{INSERT INTO groups (name) VALUES ('portal')}))[2], qr/ERROR:  08007: .*\n(.*\n)*CONTEXT:  Fivetran API writes: 0 done, 1 in flight \(outcome unknown\), 0 refused, 0 not sent/, 'a success that the API has not told');

# ---------- rows that move between partitions

$node->safe_psql('postgres', q{CREATE TABLE parted (id text, name text) PARTITION BY LIST (name);
	CREATE TABLE part_local PARTITION OF parted FOR VALUES IN ('here', 'home');
	CREATE FOREIGN TABLE part_foreign PARTITION OF parted DEFAULT SERVER w OPTIONS (resource 'groups');
	INSERT INTO part_local VALUES (NULL, 'here'), (NULL, 'home')});
is_deeply((writes(q{UPDATE parted SET name = 'moved' WHERE name = 'here'}))[0], [ 'POST /v1/groups {"name":"moved"}' ], 'from a local one');
refuses('where the statement updates, too', q{UPDATE parted p SET name = 'gone' FROM (VALUES ('home'), ('Legal')) v(n) WHERE v.n = p.name}, qr/ERROR:  0A000: cannot move rows to foreign table "part_foreign", which the statement updates, too/);
refuses('the same, direct', q{UPDATE parted SET name = name || '_x' WHERE name IN ('home', 'home_x') RETURNING name}, qr/ERROR:  0A000: cannot move rows to foreign table/);
refuses('in a dry run', q{SET fivetrex.dry_run = on; UPDATE parted SET name = 'moved' WHERE name = 'home'}, qr/ERROR:  0A000: .*dry run/);
is($node->safe_psql('postgres', 'SELECT name FROM part_local'), 'home', 'the row is still there');

# ---------- AFTER STATEMENT triggers see what was written

$node->safe_psql('postgres', q{CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE 'groups like stmt: %', (SELECT count(*) FROM groups WHERE name LIKE 'stmt%'); RETURN NULL; END$$;
	CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
	CREATE TRIGGER after_all AFTER INSERT OR UPDATE ON groups FOR EACH STATEMENT EXECUTE FUNCTION counts()});
like((writes(q{COPY groups (name) FROM stdin;
stmt_1
stmt_2
\.
}))[2], qr/groups like stmt: 2/, 'COPY');
like((writes(q{INSERT INTO groups (name) VALUES ('stmt_3'), ('stmt_4')}))[2], qr/groups like stmt: 4/, 'INSERT');
$node->safe_psql('postgres', 'CREATE TRIGGER before_each BEFORE INSERT ON groups FOR EACH ROW EXECUTE FUNCTION nothing()');
like((writes(q{INSERT INTO groups (name) VALUES ('stmt_5'), ('stmt_6')}))[2], qr/groups like stmt: 6/, 'INSERT with a row trigger');
like((writes(q{UPDATE groups g SET name = replace(g.name, 'stmt', 'done') FROM (VALUES ('stmt_1'), ('stmt_2')) v(n) WHERE v.n = g.name}))[2], qr/groups like stmt: 4/, 'UPDATE FROM');
$node->safe_psql('postgres', 'DROP TRIGGER after_all ON groups; DROP TRIGGER before_each ON groups');

# ---------- rows kept for a write, in a temporary file

$node->safe_psql('postgres', q{CREATE TRIGGER before_each BEFORE UPDATE ON connectors FOR EACH ROW EXECUTE FUNCTION nothing()});
is($node->safe_psql('postgres', q{SET work_mem = 64; SET enable_hashjoin = off; SET enable_mergejoin = off; SET client_min_messages = error;
	WITH u AS (UPDATE connectors c SET pause_after_trial = true WHERE group_id = 'hollow_cedar' AND id IN (SELECT x.id FROM connectors x WHERE x.group_id = 'hollow_cedar') RETURNING id, attrs ->> 'id' AS key) SELECT count(*), count(*) FILTER (WHERE id = key) FROM u}), '12|12', 'work_mem is too small for them');
$node->safe_psql('postgres', 'DROP TRIGGER before_each ON connectors');

# ---------- odd tables

$node->safe_psql('postgres', q{CREATE FOREIGN TABLE odd (id text GENERATED ALWAYS AS ('a') STORED, paused boolean) SERVER w OPTIONS (resource 'connectors')});
refuses('a generated key', q{UPDATE odd SET paused = true}, qr/ERROR:  HV005: foreign table "odd" lacks the column "id"/);

# ---------- async_capable does not concern writes

$node->safe_psql('postgres', q{ALTER SERVER w OPTIONS (ADD async_capable 'true')});
is_deeply([ sort @{ (writes(q{UPDATE parent SET id = id WHERE id IN ('decent_dropsy', 'hook_apple')}))[0] } ], [], 'an UPDATE of the key is refused');
{
	$node->safe_psql('postgres', q{CREATE TABLE named (id text, name text);
		CREATE FOREIGN TABLE named_1 () INHERITS (named) SERVER w OPTIONS (resource 'groups');
		CREATE FOREIGN TABLE named_2 () INHERITS (named) SERVER w OPTIONS (resource 'groups');
		SET client_min_messages = error; INSERT INTO groups (name) VALUES ('b1'), ('n1')});
	my %ids = map { split /\|/ } $node->rows(q{SELECT name, id FROM groups WHERE name IN ('b1', 'n1')});
	my ($log, $out, $err) = writes(q{UPDATE named SET name = name || 'x' WHERE name IN ('b1', 'n1') RETURNING tableoid::regclass, name});
	is($err, '', 'a direct UPDATE below an Append');
	($log, $out, $err) = writes(q{SET fivetrex.max_deletes = 9; DELETE FROM named WHERE name IN ('b1x', 'n1x', 'b1xx', 'n1xx')});
	is($err, '', 'a DELETE below an Append');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM groups WHERE name ~ '^[bn]1x'}), 0, 'all are gone');
}

is_deeply([ grep { !/gateway/ } $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
