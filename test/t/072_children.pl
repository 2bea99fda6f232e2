# Child tables: which requests they make, how many at once, and what becomes of
# parents that fail.

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
$node->safe_psql('postgres', "ALTER DATABASE postgres SET search_path = w, public; ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres SET fivetrex.max_deletes = 10");

sub makes
{
	my ($name, $sql, $requests, $out_expected) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	is_deeply([ sort @$log ], [ sort @$requests ], "$name: requests") or diag(join "\n", @$log);
	is($out, $out_expected, "$name: result") if defined $out_expected;
	is($err, '', "$name: no complaint");
	return;
}

my @groups = split /\n/, $node->safe_psql('postgres', 'SELECT id FROM groups');
my $g = '/v1/groups';

# ---------- which requests

makes('one parent', q{SELECT count(*) FROM group_users WHERE group_id = 'decent_dropsy'}, [ "GET $g/decent_dropsy/users?limit=1000" ], 10);
makes('several', q{SELECT count(*) FROM group_users WHERE group_id IN ('decent_dropsy', 'hollow_cedar', 'decent_dropsy')}, [ map { "GET $g/$_/users?limit=1000" } qw(decent_dropsy hollow_cedar) ], 20);
makes('a parameter', q{PREPARE p(text[]) AS SELECT count(*) FROM group_users WHERE group_id = ANY ($1); EXECUTE p('{hollow_cedar,no_such}')}, [ map { "GET $g/$_/users?limit=1000" } qw(hollow_cedar no_such) ], 10);
makes('a filter', q{SELECT count(*) FROM transformations WHERE type = 'QUICKSTART' AND paused IS NULL}, [ 'GET /v1/transformations?type=QUICKSTART&limit=1000' ], 0);
makes('a boolean filter', q{SELECT count(*) FROM users WHERE active}, [ 'GET /v1/users?active=true&limit=1000' ]);
makes('its negation', q{SELECT count(*) FROM users WHERE NOT active}, [ 'GET /v1/users?active=false&limit=1000' ]);
makes('IS TRUE, and another one', q{SELECT count(*) FROM users WHERE active IS TRUE AND has_api_key = false}, [ 'GET /v1/users?active=true&has_api_key=false&limit=1000' ]);
makes('a boolean parameter', q{PREPARE b(boolean) AS SELECT count(*) FROM group_users WHERE group_id = 'decent_dropsy' AND active = $1; SET plan_cache_mode = force_generic_plan; EXECUTE b(true); EXECUTE b(NULL)}, [ "GET $g/decent_dropsy/users?active=true&limit=1000" ]);
makes('IS NOT TRUE is not equality', q{SELECT count(*) FROM users WHERE active IS NOT TRUE}, [ 'GET /v1/users?limit=1000' ]);
makes('a project', q{SELECT count(*) FROM transformations WHERE project_id = 'x'}, [ 'GET /v1/transformations?project_id=x&limit=1000' ], 0);
makes('a key that is the name of a route', q{SELECT count(*) FROM webhooks WHERE id IN ('account', 'group')}, [ 'GET /v1/webhooks?limit=1000' ], 0);
makes('a value that the API does not take is no error', q{SELECT count(*) FROM transformations WHERE type = 'quickstart'}, [ 'GET /v1/transformations?limit=1000' ], 0);
makes('NULL', q{SELECT count(*) FROM group_users WHERE group_id = (SELECT NULL::text)}, [], 0);
makes('none', q{SELECT count(*) FROM group_users WHERE group_id = ANY ('{}')}, [], 0);
makes('empty', q{SELECT count(*) FROM group_users WHERE group_id = ANY ('{"", ".", ".."}')}, [], 0);
makes('all', q{SELECT count(*) FROM group_users}, [ "GET $g?limit=1000", map { "GET $g/$_/users?limit=1000" } @groups ], 140);
makes('the whole key', q{SELECT role FROM team_users WHERE team_id = 'team_platform' AND user_id = 'user_apple'}, [ 'GET /v1/teams/team_platform/users/user_apple' ], 'Team Member');
makes('the whole key, and there is none', q{SELECT role FROM team_users WHERE team_id = 'team_platform' AND user_id = 'nobody'}, [ 'GET /v1/teams/team_platform/users/nobody' ], '');
makes('two levels, nothing but the upper one', q{SELECT count(*) FROM connector_columns WHERE connector_id = 'daily_beacon'},
	[ "GET /v1/connections/daily_beacon/schemas", "GET /v1/connections/daily_beacon/schemas/public/tables/metrics/columns" ], 3);
makes('two levels, a condition on the second', q{SELECT count(*) FROM connector_columns WHERE connector_id = 'assimilate_seem' AND table_name = 'orders'},
	[ "GET /v1/connections/assimilate_seem/schemas", "GET /v1/connections/assimilate_seem/schemas/public/tables/orders/columns" ], 6);
makes('two levels, all', q{SELECT count(*) FROM connector_columns WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'orders'},
	[ "GET /v1/connections/assimilate_seem/schemas/public/tables/orders/columns" ], 6);
makes('odd names', q{SELECT string_agg(column_name, '|' ORDER BY column_name COLLATE "C") FROM connector_columns WHERE connector_id = 'unicode_meadow' AND schema_name = 'my schema/é' AND table_name = 'Orders & Items'},
	[ 'GET /v1/connections/unicode_meadow/schemas/my%20schema%2F%C3%A9/tables/Orders%20%26%20Items/columns' ], '50% off|a/b|id|naïve|plus+sign');
makes('a join drives by the parent', q{SELECT count(*) FROM groups g JOIN group_users u ON u.group_id = g.id WHERE g.id = 'hollow_cedar'}, [ "GET $g/hollow_cedar", "GET $g/hollow_cedar/users?limit=1000" ], 10);
makes('a LATERAL', q{SELECT count(*) FROM (VALUES ('hollow_cedar'), ('lucid_orchard')) v(id), LATERAL (SELECT * FROM group_users u WHERE u.group_id = v.id) x}, [ map { "GET $g/$_/users?limit=1000" } qw(hollow_cedar lucid_orchard) ], 20);
makes('extra calls', q{SELECT count(public_key) FROM groups WHERE name IN ('Legal', 'People')}, [ "GET $g?limit=1000", map { "GET $g/$_/public-key" } qw(hollow_cedar lucid_orchard) ], 2);
makes('one object per parent', q{SELECT state ->> 'page' FROM connector_states WHERE connector_id = 'function_kernel'}, [ 'GET /v1/connections/function_kernel/state' ], 7);

{
	my ($log, $out) = $node->sent($mock, 'w', q{SELECT user_id FROM group_users LIMIT 3});
	is(scalar(split /\n/, $out), 3, 'LIMIT: rows');
	cmp_ok(scalar @$log, '<=', 4, 'LIMIT stops early');
	($log, $out) = $node->sent($mock, 'w', q{SELECT user_id FROM group_users WHERE role = 'View Destination' LIMIT 1});
	is(scalar(split /\n/, $out), 1, 'LIMIT under a condition');
	($log, $out) = $node->sent($mock, 'w', q{SELECT count(*) FROM (SELECT * FROM team_users WHERE user_id = 'user_apple' LIMIT 2) x});
	is($out, 2, 'LIMIT with the item\'s own key, which no list is narrowed by');
}

# ---------- pages and concurrency

$node->safe_psql('postgres', q{ALTER FOREIGN TABLE group_users OPTIONS (ADD page_size '3')});
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT (group_id, user_id)) FROM group_users'), '140|140', 'lists of several pages');
$node->safe_psql('postgres', q{ALTER FOREIGN TABLE group_users OPTIONS (DROP page_size)});
$mock->clear('w');
$mock->fault('w', { path => '/certificates', times => 8, stall => 'headers' });
my $reader = $node->background('reader', 'SELECT count(*) FROM connector_certificates');
$mock->wait_for('w', 8, undef, 'stalled');
$mock->release('w');
is($node->ended($reader), '', 'many keys');
is($reader->{out} + 0, $node->safe_psql('postgres', q{SELECT count(*) FROM connector_certificates WHERE connector_id = ANY (ARRAY(SELECT id FROM connectors))}), 'keys from a subquery');
is($mock->stats('w')->{max_in_flight}, 8, 'max_concurrency requests at once');

# ---------- what is no row, a NOTICE, an error

{
	my ($log, $out, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_states});
	is(scalar @$log, 101, 'each connector is asked for its state');
	like($err, qr/NOTICE:  00000: connector_states: none for \d+ of 100 connectors/, 'those that have none are counted in one NOTICE');
	is(() = $err =~ /NOTICE/g, 1, 'one');
	(undef, $out, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_schemas WHERE connector_id = 'broken_anchor'});
	is($out, 0, 'a connector that never synced has no schemas');
	like($err, qr/NOTICE:.*: none for 1 of 1 connectors/, 'and a NOTICE says so');

	(undef, $out, $err) = $node->sent($mock, 'w', q{SET enable_hashjoin = off; SET enable_mergejoin = off; SELECT count(*) FROM (VALUES ('broken_anchor'), ('assimilate_seem'), ('never')) v(id), LATERAL (SELECT * FROM connector_schemas s WHERE s.connector_id = v.id OFFSET 0) x});
	like($err, qr/NOTICE:.*: none for 1 of 3 connectors\n/, 'rescans are summed up');
	is(() = $err =~ /NOTICE/g, 1, 'in one NOTICE');

	$mock->fault('w', { path => 'groups/hollow_cedar/users', status => 404, body => { code => 'NotFound_Group', message => 'gone' } });
	(undef, $out, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM group_users});
	is($out, 130, 'a parent that is gone has no rows');
	like($err, qr/NOTICE:  00000: group_users: none for 1 of 14 groups\n/, 'and a NOTICE counts it');

	foreach my $case ([ 404, 'NotFound', '0A000', 'HTTP 404 Not Found' ], [ 403, 'Forbidden', '42501' ], [ 401, 'Unauthorized', '28000' ], [ 501, 'Oops', '58000' ])
	{
		$mock->fault('w', { path => 'groups/lucid_orchard/users', status => $case->[0], body => { code => $case->[1], message => $case->[3] // 'm' } });
		(undef, undef, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM group_users});
		like($err, qr/ERROR:  $case->[2]: .*\nDETAIL:  GET \/v1\/groups\/lucid_orchard\/users/, "$case->[0] is an error that names the parent");
	}
	$mock->fault('w', { path => 'connections/assimilate_seem/schemas', status => 404, body => { code => 'NotFound', message => 'HTTP 404 Not Found' } });
	(undef, undef, $err) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_tables});
	like($err, qr/ERROR:  0A000/, 'a route that is not served is not a parent without schemas');
}

# max_calls protects
like(($node->sent($mock, 'w', q{SET fivetrex.max_calls = 5; SELECT count(*) FROM group_users}))[2], qr/ERROR:  54000/, 'max_calls');

# ---------- EXPLAIN

like($node->safe_psql('postgres', q{EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM connector_columns}), qr/Fivetran Parents: connector_tables\n\s+Expected Calls: \d{5,}/, 'EXPLAIN tells what the columns of all connectors cost');
like($node->safe_psql('postgres', q{EXPLAIN (VERBOSE, COSTS OFF) SELECT role FROM team_users WHERE team_id = 'a' AND user_id = 'b'}), qr{Fivetran Request: GET /v1/teams/a/users/b\n\s+Pushed Filter: .*\n\s+Expected Calls: 1}, 'EXPLAIN of a whole key');

# ---------- writes

my $user = $node->safe_psql('postgres', q{SELECT id FROM users u WHERE NOT EXISTS (SELECT FROM team_users t WHERE t.user_id = u.id AND t.team_id = 'team_support') LIMIT 1});
makes('INSERT of a member', qq{INSERT INTO team_users (team_id, user_id, role) VALUES ('team_support', '$user', 'Team Member') RETURNING team_id, user_id, role},
	[ "POST /v1/teams/team_support/users {\"role\":\"Team Member\",\"user_id\":\"$user\"}" ], "team_support|$user|Team Member");
makes('UPDATE of a member', qq{UPDATE team_users SET role = 'Team Manager' WHERE team_id = 'team_support' AND user_id = '$user' RETURNING team_id, role},
	[ "GET /v1/teams/team_support/users/$user", "PATCH /v1/teams/team_support/users/$user {\"role\":\"Team Manager\"}" ], 'team_support|Team Manager');
makes('DELETE of a member', qq{DELETE FROM team_users WHERE team_id = 'team_support' AND user_id = '$user' RETURNING role},
	[ "GET /v1/teams/team_support/users/$user", "DELETE /v1/teams/team_support/users/$user" ], 'Team Manager');
makes('the member of a body has another name', q{INSERT INTO team_groups (team_id, group_id, role) VALUES ('team_support', 'hollow_cedar', 'View Destination') RETURNING group_id},
	[ 'POST /v1/teams/team_support/groups {"id":"hollow_cedar","role":"View Destination"}' ], 'hollow_cedar');
makes('an update that answers with a message is followed by a GET', q{UPDATE user_groups SET role = 'Edit Destination' WHERE user_id = '_accountworthy' AND group_id = 'decent_dropsy' RETURNING role},
	[ 'GET /v1/users/_accountworthy/groups/decent_dropsy', 'PATCH /v1/users/_accountworthy/groups/decent_dropsy {"role":"Edit Destination"}', 'GET /v1/users/_accountworthy/groups/decent_dropsy' ], 'Edit Destination');

# one-time secrets
like(($node->sent($mock, 'w', q{INSERT INTO system_keys (name) VALUES ('k')}))[2], qr/ERROR:  0A000: this INSERT would lose the secret in column "secret" of system_keys/, 'a secret that would be lost');
is_deeply(($node->sent($mock, 'w', q{INSERT INTO system_keys (name) VALUES ('k') RETURNING id}))[0], [], 'nothing is sent');
like(($node->sent($mock, 'w', q{INSERT INTO system_keys (name, permissions) VALUES ('k', '[]') RETURNING secret}))[1], qr/^\S+\n?$/, 'one that is returned');
is($node->safe_psql('postgres', q{SELECT count(secret) FROM system_keys}), 0, 'reads give it as NULL');
like(($node->sent($mock, 'w', q{DELETE FROM user_api_keys WHERE user_id = '_accountworthy'}))[2], qr/ERROR:  0A000: rows of user_api_keys cannot be deleted one by one\nDETAIL:.*\nHINT:  fivetrex_delete_user_api_keys\(\)/, 'a DELETE that reaches further is a function');
like(($node->sent($mock, 'w', q{SET fivetrex.max_deletes = 0; SELECT fivetrex_delete_user_api_keys('_accountworthy')}))[2], qr/ERROR:  54000/, 'which has the guard, too');
makes('that function', q{SELECT fivetrex_delete_user_api_keys('_accountworthy') IS NOT NULL}, [ 'DELETE /v1/users/_accountworthy/api-keys' ], 't');

# ---------- the sync history's window

{
	my ($log) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_sync_history WHERE connector_id = 'assimilate_seem' AND "start" >= now() - interval '2 days' AND "start" < now() - interval '1 day'});
	my ($from, $to) = $log->[0] =~ /start_time=(\S+?)&end_time=(\S+?)&limit=1000$/;
	s/%3A/:/g for $from, $to;
	is($node->safe_psql('postgres', "SELECT now() - interval '2 days' - timestamptz '$from' BETWEEN interval '0' AND interval '10 s', timestamptz '$to' - (now() - interval '1 day') BETWEEN interval '-10 s' AND interval '10 s'"), 't|t', 'bounds on start are pushed');
	($log) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_sync_history WHERE connector_id = 'assimilate_seem'});
	($from, $to) = $log->[0] =~ /start_time=(\S+?)&end_time=(\S+?)&limit=1000$/;
	s/%3A/:/g for $from, $to;
	is($node->safe_psql('postgres', "SELECT timestamptz '$to' > now(), timestamptz '$to' - timestamptz '$from' BETWEEN interval '6 days 23 hours 55 minutes' AND interval '7 days'"), 't|t', 'without bounds it is all that can be reached, what begins just now included');
	is_deeply(($node->sent($mock, 'w', q{SELECT * FROM connector_sync_history WHERE connector_id = 'x' AND "start" < now() - interval '8 days'}))[0], [], 'beyond the reach nothing is asked');
	is_deeply(($node->sent($mock, 'w', q{SELECT * FROM connector_sync_history WHERE connector_id = 'x' AND "start" > NULL::timestamptz}))[0], [], 'nor for NULL');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM connector_sync_history WHERE connector_id = 'syncing_river' AND "end" IS NULL}), 1, 'a running sync');
}

# ---------- selftest

is($node->safe_psql('postgres', q{SELECT status, count(*) FROM fivetrex_selftest() WHERE table_name <> 'connector_states' GROUP BY 1}), 'served|' . ($node->safe_psql('postgres', 'SELECT count(*) - 1 FROM fivetrex_tables()')), 'selftest');
$mock->fault('w', { path => '^/v1/roles', status => 403, body => { code => 'Forbidden', message => 'x' } }, { path => 'warnings', status => 404, body => { code => 'NotFound', message => 'HTTP 404 Not Found' } });
is($node->safe_psql('postgres', q{SELECT table_name, status FROM fivetrex_selftest() WHERE table_name IN ('roles', 'connector_warnings', 'connector_states') ORDER BY 1}), "connector_states|empty\nconnector_warnings|not available\nroles|forbidden", 'selftest tells what is not there');
$mock->clear_faults('w');

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
