# Child tables: how many requests at once, and what becomes of parents that fail; which requests they make
# is in stories/children.sql.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('children');
$node->add_world($mock, 'w');
$mock->settings('w', connectors => 100);
$node->safe_psql('postgres', "ALTER DATABASE postgres SET search_path = w, public; ALTER DATABASE postgres
	SET fivetrex.server = 'w'; ALTER DATABASE postgres SET fivetrex.max_deletes = 10");

sub makes
{
	my ($name, $sql, $requests, $out_expected) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	is_deeply([ sort @$log ], [ sort @$requests ], "$name: requests") or diag(join "\n", @$log);
	is($out, $out_expected, "$name: result") if defined $out_expected;
	is($err, '', "$name: no complaint");
	return;
}


# ---------- which requests

{
	my ($log, $out) = $node->sent($mock, 'w', q{SELECT user_id FROM group_users LIMIT 3});
	is(scalar(split /\n/, $out), 3, 'LIMIT: rows');
	cmp_ok(scalar @$log, '<=', 4, 'LIMIT stops early');
	($log, $out) = $node->sent($mock, 'w', q{SELECT user_id FROM group_users WHERE role = 'View Destination' LIMIT 1});
	is(scalar(split /\n/, $out), 1, 'LIMIT under a condition');
	($log, $out) = $node->sent($mock, 'w', q{SELECT count(*) FROM (SELECT * FROM team_users WHERE user_id = 'user_apple'
		LIMIT 2) x});
	is($out, 2, 'LIMIT with the item\'s own key, which no list is narrowed by');
}

# ---------- pages and concurrency

$node->safe_psql('postgres', q{ALTER FOREIGN TABLE group_users OPTIONS (ADD page_size '3')});
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT (group_id, user_id)) FROM group_users'), '140|140',
	'lists of several pages');
$node->safe_psql('postgres', q{ALTER FOREIGN TABLE group_users OPTIONS (DROP page_size)});
$mock->clear('w');
$mock->fault('w', { path => '/certificates', times => 8, stall => 'headers' });
my $reader = $node->background('reader', 'SELECT count(*) FROM connector_certificates');
$mock->wait_for('w', 8, undef, 'stalled');
$mock->release('w');
is($node->ended($reader), '', 'many keys');
is($reader->{out} + 0, $node->safe_psql('postgres', q{SELECT count(*) FROM connector_certificates
	WHERE connector_id = ANY (ARRAY(SELECT id FROM connectors))}), 'keys from a subquery');
is($mock->stats('w')->{max_in_flight}, 8, 'max_concurrency requests at once');

# ---------- what is no row, a NOTICE, an error

{
	my ($log, $out, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_states});
	is(scalar @$log, 101, 'each connector is asked for its state');
	like($err, qr/NOTICE:  00000: connector_states: none for \d+ of 100 connectors/,
		'those that have none are counted in one NOTICE');
	is(() = $err =~ /NOTICE/g, 1, 'one');
	(undef, $out, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_schemas
		WHERE connector_id = 'broken_anchor'});
	is($out, 0, 'a connector that never synced has no schemas');
	like($err, qr/NOTICE:.*: none for 1 of 1 connectors/, 'and a NOTICE says so');

	(undef, $out, $err) = $node->sent($mock, 'w', q{SET enable_hashjoin = off; SET enable_mergejoin = off; SELECT count(*)
		FROM (VALUES ('broken_anchor'), ('assimilate_seem'), ('never')) v(id), LATERAL (SELECT * FROM connector_schemas s
		WHERE s.connector_id = v.id OFFSET 0) x});
	like($err, qr/NOTICE:.*: none for 1 of 3 connectors\n/, 'rescans are summed up');
	is(() = $err =~ /NOTICE/g, 1, 'in one NOTICE');

	$mock->fault('w', { path => 'groups/hollow_cedar/users', status => 404,
		body => { code => 'NotFound_Group', message => 'gone' } });
	(undef, $out, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM group_users});
	is($out, 130, 'a parent that is gone has no rows');
	like($err, qr/NOTICE:  00000: group_users: none for 1 of 14 groups\n/, 'and a NOTICE counts it');

	foreach my $case ([ 404, 'NotFound', '0A000', 'HTTP 404 Not Found' ], [ 403, 'Forbidden', '42501' ],
		[ 401, 'Unauthorized', '28000' ], [ 501, 'Oops', '58000' ])
	{
		$mock->fault('w', { path => 'groups/lucid_orchard/users', status => $case->[0],
			body => { code => $case->[1], message => $case->[3] // 'm' } });
		(undef, undef, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM group_users});
		like($err, qr/ERROR:  $case->[2]: .*\nDETAIL:  GET \/v1\/groups\/lucid_orchard\/users/,
			"$case->[0] is an error that names the parent");
	}
	$mock->fault('w', { path => 'connections/assimilate_seem/schemas', status => 404,
		body => { code => 'NotFound', message => 'HTTP 404 Not Found' } });
	(undef, undef, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_tables});
	like($err, qr/ERROR:  0A000/, 'a route that is not served is not a parent without schemas');
}

# max_calls protects
like(($node->sent($mock, 'w', q{SET fivetrex.max_calls = 5; SELECT count(*) FROM group_users}))[2], qr/ERROR:  54000/,
	'max_calls');

# ---------- EXPLAIN

like($node->safe_psql('postgres', q{EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM connector_columns}),
	qr/Fivetran Parents: connector_tables\n\s+Expected Calls: \d{5,}/,
	'EXPLAIN tells what the columns of all connectors cost');
like($node->safe_psql('postgres', q{EXPLAIN (VERBOSE, COSTS OFF) SELECT role FROM team_users WHERE team_id = 'a'
	AND user_id = 'b'}), qr{Fivetran Request: GET /v1/teams/a/users/b\n\s+Pushed Filter: .*\n\s+Expected Calls: 1},
	'EXPLAIN of a whole key');

# ---------- writes

# one-time secrets
like(($node->sent($mock, 'w', q{INSERT INTO system_keys (name) VALUES ('k')}))[2],
	qr/ERROR:  0A000: this INSERT would lose the secret in column "secret" of system_keys/, 'a secret that would be lost');
is_deeply(($node->sent($mock, 'w', q{INSERT INTO system_keys (name) VALUES ('k') RETURNING id}))[0], [],
	'nothing is sent');
like(($node->sent($mock, 'w', q{INSERT INTO system_keys (name, permissions) VALUES ('k', '[]') RETURNING secret}))[1],
	qr/^\S+\n?$/, 'one that is returned');
is($node->safe_psql('postgres', q{SELECT count(secret) FROM system_keys}), 0, 'reads give it as NULL');
like(($node->sent($mock, 'w', q{DELETE FROM user_api_keys WHERE user_id = '_accountworthy'}))[2],
	qr/ERROR:\ \ 0A000:\ rows\ of\ user_api_keys\ cannot\ be\ deleted\ one\ by\ one\nDETAIL:.*\n
		HINT:\ \ fivetrex_delete_user_api_keys\(\)/x, 'a DELETE that reaches further is a function');
like(($node->sent($mock, 'w', q{SET fivetrex.max_deletes = 0;
	SELECT fivetrex_delete_user_api_keys('_accountworthy')}))[2], qr/ERROR:  54000/, 'which has the guard, too');
makes('that function', q{SELECT fivetrex_delete_user_api_keys('_accountworthy') IS NOT NULL},
	[ 'DELETE /v1/users/_accountworthy/api-keys' ], 't');

# ---------- the sync history's window

{
	my ($log) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_sync_history
		WHERE connector_id = 'assimilate_seem' AND "start" >= now() - interval '2 days'
		AND "start" < now() - interval '1 day'});
	my ($from, $to) = $log->[0] =~ /start_time=(\S+?)&end_time=(\S+?)&limit=1000$/;
	s/%3A/:/g for $from, $to;
	is($node->safe_psql('postgres', "SELECT now() - interval '2 days' - timestamptz '$from' BETWEEN interval '0'
		AND interval '10 s', timestamptz '$to' - (now() - interval '1 day') BETWEEN interval '-10 s' AND interval '10 s'"),
		't|t', 'bounds on start are pushed');
	($log) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_sync_history
		WHERE connector_id = 'assimilate_seem'});
	($from, $to) = $log->[0] =~ /start_time=(\S+?)&end_time=(\S+?)&limit=1000$/;
	s/%3A/:/g for $from, $to;
	is($node->safe_psql('postgres',
		"SELECT timestamptz '$to' > now(), timestamptz '$to' - timestamptz '$from' BETWEEN interval
		'6 days 23 hours 55 minutes' AND interval '7 days'"), 't|t',
		'without bounds it is all that can be reached, what begins just now included');
	is_deeply(($node->sent($mock, 'w', q{SELECT * FROM connector_sync_history WHERE connector_id = 'x'
		AND "start" < now() - interval '8 days'}))[0], [], 'beyond the reach nothing is asked');
	is_deeply(($node->sent($mock, 'w', q{SELECT * FROM connector_sync_history WHERE connector_id = 'x'
		AND "start" > NULL::timestamptz}))[0], [], 'nor for NULL');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM connector_sync_history WHERE connector_id = 'syncing_river'
		AND "end" IS NULL}), 1, 'a running sync');
}

# ---------- selftest

is($node->safe_psql('postgres', q{SELECT status, count(*) FROM fivetrex_selftest()
	WHERE table_name <> 'connector_states' GROUP BY 1}), 'served|'
	. ($node->safe_psql('postgres', 'SELECT count(*) - 1 FROM fivetrex_tables()')), 'selftest');
$mock->fault('w', { path => '^/v1/roles', status => 403, body => { code => 'Forbidden', message => 'x' } },
	{ path => 'warnings', status => 404, body => { code => 'NotFound', message => 'HTTP 404 Not Found' } });
is($node->safe_psql('postgres', q{SELECT table_name, status FROM fivetrex_selftest()
	WHERE table_name IN ('roles', 'connector_warnings', 'connector_states') ORDER BY 1}),
	"connector_states|empty\nconnector_warnings|not available\nroles|forbidden", 'selftest tells what is not there');
$mock->clear_faults('w');

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
