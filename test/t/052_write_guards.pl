# What keeps writes from happening, and what errors say about those that did.

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
my $node = Fivetrex::Node->start('guards');
$node->add_world($mock, 'w');
$node->safe_psql('postgres', "ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres
	SET search_path = w, public");

sub writes { return $node->writes($mock, 'w', @_) }

sub refuses { return $node->refuses($mock, 'w', @_) }

my $c = '/v1/connections';
my $no_tests = '"run_setup_tests":false';

# ---------- max_deletes

refuses('DELETE', q{DELETE FROM groups WHERE id = 'empty_shelf'},
	qr/ERROR:\ \ 54000:\ fivetrex\.max_deletes\ does\ not\ allow\ this\nDETAIL:\ \ The\ statement\ deletes\ 1
		\ object,\ the\ setting\ allows\ 0\.\ Nothing\ was\ sent\.\nHINT:\ \ SET\ fivetrex\.max_deletes\ =\ 1\ /x);
refuses('DELETE of more than allowed', q{SET fivetrex.max_deletes = 13; DELETE FROM groups},
	qr/54000.*\nDETAIL:  The statement deletes 14 objects, the setting allows 13/);
refuses('DELETE USING', q{SET fivetrex.max_deletes = 1; DELETE FROM groups g
	USING (VALUES ('empty_shelf'), ('stoic_pebble')) v(id) WHERE g.id = v.id RETURNING g.id},
	qr/54000.*\nDETAIL:  The statement deletes 2 objects/);
$node->safe_psql('postgres', q{CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END';
	CREATE TRIGGER t BEFORE DELETE ON groups FOR EACH ROW EXECUTE FUNCTION quiet()});
refuses('DELETE with a row trigger', q{SET fivetrex.max_deletes = 1; DELETE FROM groups
	WHERE id IN ('empty_shelf', 'stoic_pebble')}, qr/54000.*\nDETAIL:  The statement deletes 2 objects/);
$node->safe_psql('postgres', q{DROP TRIGGER t ON groups});
refuses('fivetrex_request', q{SELECT fivetrex_request('delete', '/v1/groups/empty_shelf')}, qr/54000/);
refuses('the guard refuses in a dry run, too', q{SET fivetrex.dry_run = on; DELETE FROM groups}, qr/54000/);

# ---------- max_calls

refuses('max_calls', q{SET fivetrex.max_calls = 12; UPDATE connectors SET paused = true
	WHERE group_id = 'hollow_cedar'},
	qr/54000:\ fivetrex\.max_calls\ does\ not\ allow\ this\nDETAIL:\ \ The\ statement\ made\ 1\ API\ call\ and
		\ would\ now\ send\ 12\ writes;\ the\ setting\ allows\ 12\.\ None/x);
is(scalar @{ (writes(q{SET fivetrex.max_calls = 13; UPDATE connectors SET paused = true
	WHERE group_id = 'hollow_cedar'}))[0] }, 12, 'as many as allowed');

# ---------- access

$node->safe_psql('postgres', q{ALTER SERVER w OPTIONS (ADD access 'read_only')});
refuses('INSERT on a read_only server', q{INSERT INTO groups (name) VALUES ('x')},
	qr/42501: server "w" allows reading only/);
refuses('UPDATE', q{UPDATE groups SET name = 'x'}, qr/42501/);
refuses('DELETE', q{SET fivetrex.max_deletes = 99; DELETE FROM groups}, qr/42501/);
refuses('COPY', "COPY groups (name) FROM STDIN;\nx\n\\.\n", qr/42501/);
refuses('fivetrex_request', q{SELECT fivetrex_request('POST', '/v1/groups', body => '{"name": "x"}')}, qr/42501/);
is($node->safe_psql('postgres', 'SELECT count(*) FROM groups'), 14, 'reading goes on');
$node->safe_psql('postgres', q{ALTER SERVER w OPTIONS (DROP access); ALTER FOREIGN TABLE groups
	OPTIONS (ADD access 'read_only')});
refuses('a read_only table', q{INSERT INTO groups (name) VALUES ('x')},
	qr/42501: foreign table "groups" allows reading only/);
$node->safe_psql('postgres', q{ALTER FOREIGN TABLE groups OPTIONS (DROP access)});
refuses('READ ONLY transaction', q{BEGIN READ ONLY; UPDATE groups SET name = 'x'}, qr/25006/);

# ---------- dry run

{
	my ($log, $out, $err) = writes(q{SET fivetrex.dry_run = on; SET fivetrex.max_deletes = 2;
		INSERT INTO connectors (group_id, service, config) VALUES ('g', 's', '{"password": "swordfish", "n": 1}')
			RETURNING id;
		INSERT INTO groups (name) VALUES ('a'), ('b');
		UPDATE connectors SET paused = true, auth = '{"token": ["swordfish"]}' WHERE id = 'assimilate_seem' RETURNING id;
		UPDATE connectors c SET paused = true FROM (VALUES ('assimilate_seem')) v(id) WHERE c.id = v.id;
		DELETE FROM groups WHERE id = 'empty_shelf'});
	is_deeply($log, [], 'a dry run sends nothing');
	is($out, '', 'and returns no row');
	my @notices = $err =~ /NOTICE:  00000: (dry run: .*)/g;
	is_deeply(\@notices, [
		'dry run: POST /v1/connections {"config": {"n": 1, "password": "******"}, "service": "s", "group_id": "g"}',
		'dry run: POST /v1/groups {"name": "a"}', 'dry run: POST /v1/groups {"name": "b"}',
		'dry run: PATCH /v1/connections/assimilate_seem {"auth": {"token": ["******"]}, "paused": true}',
		'dry run: PATCH /v1/connections/assimilate_seem {"paused": true, "run_setup_tests": false}',
		'dry run: DELETE /v1/groups/empty_shelf' ], 'one NOTICE per request');
	unlike($err, qr/swordfish/, 'no secret is shown');
	$out = $node->safe_psql('postgres', q{DO $$ DECLARE n int; BEGIN
		SET fivetrex.dry_run = on; INSERT INTO groups (name) VALUES ('a'), ('b'); GET DIAGNOSTICS n = ROW_COUNT;
			ASSERT n = 0, 'insert ' || n;
		UPDATE groups SET name = 'x'; GET DIAGNOSTICS n = ROW_COUNT; ASSERT n = 0, 'update ' || n;
		UPDATE groups g SET name = 'x' FROM (VALUES ('empty_shelf')) v(id) WHERE g.id = v.id; GET DIAGNOSTICS n = ROW_COUNT;
			ASSERT n = 0, 'update from ' || n; END $$});
}

# ---------- transactions

{
	my (undef, undef, $err) = writes(q{BEGIN; INSERT INTO groups (name) VALUES ('tx_1'); INSERT INTO groups (name)
		VALUES ('tx_2'); SELECT fivetrex_pause('assimilate_seem'); ROLLBACK});
	my @warnings = $err =~ /WARNING:  01000: changes made through the Fivetran API cannot be rolled back/g;
	is(scalar @warnings, 1, 'a transaction block is warned once');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM groups WHERE name LIKE 'tx%'}), 2, 'and the rows stay');
	is((writes(q{INSERT INTO groups (name) VALUES ('tx_3')}))[2], '', 'no block, no warning');
}

# ---------- failures on the way

my @cedar = split /\n/, $node->safe_psql('postgres', q{SELECT id FROM connectors WHERE group_id = 'hollow_cedar'});
{
	$mock->fault('w', { method => 'PATCH', path => "connections/$cedar[0]\$", status => 409,
		body => { code => 'Conflict', message => 'no' } },
		{ method => 'PATCH', path => 'connections/', times => 0, stall => 'headers' });
	$mock->clear('w');
	my $err = '';
	my $run = IPC::Run::start([ 'psql', '-Xq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), '-c',
		q{UPDATE connectors SET paused = false WHERE group_id = 'hollow_cedar'} ],
		'<', \undef, '2>', \$err);
	$mock->wait_for('w', 7, 'PATCH', 'stalled');
	$mock->wait_for('w', 1, $cedar[0], 'answered');
	$mock->release('w');
	IPC::Run::finish($run);
	my $log = [ grep { /^PATCH/ } $mock->requests('w') ];
	is(scalar @$log, 8, 'after the first failure nothing new leaves');
	like($err, qr/ERROR:  55006: /, 'its error is reported');
	my ($done, $unknown, $refused,
		$left) = $err =~
		/CONTEXT:  Fivetran API writes: (\d+) done, (\d+) in flight \(outcome unknown\), (\d+) refused, (\d+) not sent/;
	is($done + $unknown + $refused + $left, 12, 'the context accounts for all');
	is($done + $refused, scalar @$log, 'and tells the truth');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM connectors WHERE group_id = 'hollow_cedar' AND NOT paused}),
		$done, 'as the API has it');
	$mock->clear_faults('w');
}
{
	$mock->fault('w', { method => 'POST', path => 'groups', after_state => JSON::PP::true });
	my ($log, undef, $err) = writes(q{INSERT INTO groups (name) VALUES ('lost')});
	is_deeply($log, [ 'POST /v1/groups {"name":"lost"}' ], 'a POST whose answer is lost is not repeated');
	like($err, qr/ERROR:  08007: .*\n.*\nHINT:  It was not sent again/, 'and said to be of unknown outcome');
	like($err, qr/CONTEXT:  Fivetran API writes: 0 done, 1 in flight \(outcome unknown\), 0 refused, 0 not sent/,
		'in the context, too');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM groups WHERE name = 'lost'}), 1, 'it had been executed');
	$mock->fault('w', { method => 'PATCH', path => 'groups/empty_shelf', after_state => JSON::PP::true });
	($log) = writes(q{UPDATE groups SET name = 'Empty_2' WHERE id = 'empty_shelf'});
	is(scalar @$log, 2, 'a PATCH of plain fields is repeated');
	$mock->fault('w', { method => 'PATCH', path => 'connections/assimilate_seem', after_state => JSON::PP::true });
	($log, undef, $err) = writes(q{UPDATE connectors SET is_historical_sync = true WHERE id = 'assimilate_seem'});
	is(scalar @$log, 1, 'a PATCH that starts something is not');
	like($err, qr/08007/, 'but of unknown outcome');
	$mock->fault('w', { method => 'DELETE', path => 'webhooks/hook_acorn', after_state => JSON::PP::true });
	($log, undef, $err) = writes(q{SET fivetrex.max_deletes = 1; DELETE FROM webhooks WHERE id = 'hook_acorn'});
	is(scalar @$log, 2, 'a DELETE is repeated');
	is($err, '', 'and is done when the object is gone');
}
{
	# cancelled while the first writes are under way
	$mock->fault('w', { method => 'PATCH', path => 'connections/', times => 0, stall => 'headers' });
	$mock->clear('w');
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), map { ('-c', $_) } split /; /,
		"SET application_name = 'victim'; UPDATE connectors SET paused = true WHERE group_id = 'hollow_cedar';" ],
		'<', \undef, '>', \$out, '2>', \$err);
	$mock->wait_for('w', 8, 'PATCH', 'stalled');
	$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'});
	IPC::Run::finish($run);
	like($err, qr/canceling\ statement\ due\ to\ user\ request\nCONTEXT:\ \ Fivetran\ API\ writes:\ 0\ done,\ 8
		\ in\ flight\ \(outcome\ unknown\),\ 0\ refused,\ 4\ not\ sent/x,
		'a cancelled statement says what is open') or diag($err);
	is(scalar(grep { /^PATCH/ } $mock->requests('w')), 8, 'no more than eight had left');
	$mock->clear_faults('w');
	$mock->release('w');
}
{
	# the client dies while its statement runs: what left has left, nothing else does
	$mock->fault('w', { method => 'PATCH', path => 'connections/', times => 0, stall => 'headers' });
	$mock->clear('w');
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), map { ('-c', $_) } split /; /,
		"SET application_name = 'crasher'; SET client_connection_check_interval = 20; UPDATE connectors SET paused = true
		WHERE group_id = 'hollow_cedar';" ],
		'<', \undef, '>', \$out, '2>', \$err);
	$mock->wait_for('w', 8, 'PATCH', 'stalled');
	$run->kill_kill;
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'crasher'})
		or fail('the backend ends');
	$mock->clear_faults('w');
	$mock->release('w');
	is(scalar(grep { /^PATCH/ } $mock->requests('w')), 8, 'after a crash of the client nothing new leaves');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM groups') > 0, 1, 'others go on');
}

# ---------- whose credentials

$node->safe_psql('postgres', q{
	CREATE ROLE owner; CREATE ROLE caller;
	ALTER USER MAPPING FOR PUBLIC SERVER w OPTIONS (SET api_secret 'wrong');
	CREATE USER MAPPING FOR owner SERVER w OPTIONS (api_key 'key', api_secret 'secret');
	GRANT USAGE ON SCHEMA w TO owner, caller;
	GRANT CREATE ON SCHEMA public TO owner;
	GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA w TO owner;
	GRANT USAGE ON FOREIGN SERVER w TO owner;
	GRANT EXECUTE ON FUNCTION fivetrex_pause TO owner;
	SET ROLE owner;
	CREATE VIEW public.owned AS SELECT id, name FROM w.groups;
	GRANT SELECT, INSERT, UPDATE ON public.owned TO caller;
	CREATE FUNCTION public.pause_it() RETURNS jsonb LANGUAGE sql SECURITY DEFINER AS $$
		SELECT fivetrex_pause('assimilate_seem') $$});
is(scalar @{ (writes(q{SET ROLE caller; INSERT INTO public.owned (name) VALUES ('through_view')}))[0] }, 1,
	'a view writes with its owner\'s credentials');
is(scalar @{ (writes(q{SET ROLE caller; UPDATE public.owned SET name = 'through_view_2'
	WHERE name = 'through_view'}))[0] }, 1, 'UPDATE, too');
is(scalar @{ (writes(q{SET ROLE caller; SELECT public.pause_it()}))[0] }, 1, 'a SECURITY DEFINER function, too');
refuses('the caller has no rights on the table', q{SET ROLE caller; INSERT INTO w.groups (name) VALUES ('x')},
	qr/42501: permission denied for foreign table groups/);
refuses('nor on the function', q{SET ROLE caller; SELECT fivetrex_pause('assimilate_seem')},
	qr/42501: permission denied for function/);
like((writes(q{INSERT INTO w.groups (name) VALUES ('x')}))[2], qr/ERROR:  28000: /, 'others use their own mapping');

$mock->clear_violations('w');
$node->stop;
$mock->stop;
done_testing();
