# A refresh reads the list once, writes what has changed, and keeps what the API forgets.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('refresh', $mock);
$node->account('w', connectors => 15);

# Connectors whose rows were written since.
my $before;
sub written
{
	my %was = map { /^(.*) (.*)$/ } @{ $before // [] };
	my @now = $node->table(q{id || ' ' || ctid || xmin}, 'connectors', 'ORDER BY id');
	my @written = map { /^(.*) (.*)$/ && ($was{$1} // '') ne $2 ? $1 : () } @now;
	$before = \@now;
	return @written;
}

subtest 'first and quiet refreshes' => sub {
	is($node->refresh('w'), '', 'no complaint');
	is_deeply([ $node->asked ], [ 'GET groups', 'GET list' ], 'the list and the groups');
	is($node->query(q{SELECT count(*) FROM w.connectors c JOIN w.groups g ON g.id = c.group_id
		JOIN fivetrex_watch.connectors k
		ON (k.id, k.name, k.group_id, k.group_name, k.service) = (c.id, c.schema, c.group_id, g.name, c.service)
		AND (k.setup_state, k.sync_state, k.update_state, k.succeeded_at, k.failed_at, k.paused, k.is_historical_sync,
			k.rescheduled_for,
			k.sync_frequency, k.schedule_type, k.data_delay_threshold, k.tasks, k.warnings) IS NOT DISTINCT FROM
		(c.setup_state, c.sync_state, c.update_state, c.succeeded_at, c.failed_at, c.paused, c.is_historical_sync,
			c.rescheduled_for,
			c.sync_frequency, c.schedule_type, c.data_delay_threshold, c.tasks, c.warnings)}), 15, 'all are there as they are');
	written();
	is($node->refresh('w'), '', 'again');
	is_deeply([ written() ], [], 'nothing has changed, nothing is written');
	is(join(' ', $node->table(q{sync_state, syncing_since = first_seen_at}, 'connectors',
		'AND syncing_since IS NOT NULL')), 'syncing|t', 'a running sync is dated');
	$mock->patch('w', 'connections', 'daily_beacon', set => { 'status.sync_state' => 'syncing' });
	$mock->patch('w', 'groups', 'vivid_ember', set => { name => 'Renamed' });
	$node->refresh('w');
	is_deeply([ written() ], [qw(daily_beacon function_kernel sdk_forge)], 'what has changed is written, and no more');
	is($node->query(q{SELECT DISTINCT group_name FROM fivetrex_watch.connectors WHERE group_id = 'vivid_ember'}),
		'Renamed', 'the group by its new name');
	is($node->query(q{SELECT idle_at < syncing_since FROM fivetrex_watch.connectors WHERE id = 'daily_beacon'}), 't',
		'last idle, then syncing');
	$mock->patch('w', 'connections', 'daily_beacon', set => { 'status.sync_state' => 'scheduled' });
	$node->refresh('w');
	is($node->query(q{SELECT syncing_since IS NULL, idle_at > first_seen_at FROM fivetrex_watch.connectors
		WHERE id = 'daily_beacon'}), 't|t', 'and idle again');
};

subtest 'somebody refreshed already' => sub {
	is($node->refresh('w', ", max_age => '1 hour'"), '', 'a list of less than an hour');
	is_deeply([ $node->asked ], [], 'will do');
	$node->pass('61 min');
	$node->refresh('w', ", max_age => '1 hour'");
	is_deeply([ $node->asked ], [ 'GET groups', 'GET list' ], 'an older one will not');
	$node->refresh('w', ', runs_only => true');
	is_deeply([ $node->asked ], [], 'no run is open');
};

# The list without some connectors.
sub hide
{
	my @hidden = @_;
	my $list = $node->query("SELECT coalesce(jsonb_agg(attrs), '[]') FROM w.connectors WHERE id <> ALL ('{"
		. join(',', @hidden) . "}')");
	$mock->fault('w', { method => 'GET', path => '^/v1/connections\?',
		body_text => qq({"code":"Success","data":{"items":$list}}) });
	return;
}

subtest 'gone' => sub {
	hide('sdk_forge');
	is($node->refresh('w'), '', 'a row hides');
	is_deeply([ $node->asked ], [ 'GET groups', 'GET list', 'GET sdk_forge' ], 'it is looked for');
	is(scalar $node->table('id', 'connectors', 'AND gone_at IS NOT NULL'), 0, 'and found');
	hide('sdk_forge');
	$mock->fault('w', { path => '^/v1/connections/sdk_forge', status => 403 });
	is($node->refresh('w'), '', 'the key may not see it any more');
	is_deeply([ $node->table('id', 'connectors', 'AND gone_at IS NOT NULL') ], ['sdk_forge'], 'gone');
	is_deeply([ $node->table('connector_id, health', 'health', q{AND health = 'gone'}) ], ['sdk_forge|gone'],
		'the board says so');
	hide('sdk_forge');
	$node->refresh('w');
	is_deeply([ $node->asked ], [ 'GET groups', 'GET list' ], 'not looked for again');
	$node->refresh('w');
	is(scalar $node->table('id', 'connectors', 'AND gone_at IS NOT NULL'), 0, 'it is back');
	$node->query(q{SET fivetrex.max_deletes = 1; DELETE FROM w.connectors WHERE id = 'lonely_outpost'});
	$node->refresh('w');
	is_deeply([ $node->asked ], [ 'GET groups', 'GET list', 'GET lonely_outpost' ], 'a deleted one: one call');
	is_deeply([ $node->table('id', 'connectors', 'AND gone_at IS NOT NULL') ], ['lonely_outpost'], 'gone');

	$node->query('UPDATE fivetrex_watch.accounts SET max_gone = 2');
	hide(qw(sdk_forge daily_beacon function_kernel));
	written();
	like($node->refresh('w'), qr/WARNING:  27000: account "w": 3 connectors are not in the list any more/,
		'more than max_gone');
	is_deeply([ $node->asked ], [ 'GET groups', 'GET list' ], 'nothing is looked for');
	is_deeply([ written() ], [], 'nothing is marked');
	is(join('', $node->table('error, failed_at > refreshed_at', 'accounts')),
		'3 connectors are not in the list any more. Does the API key still see all groups? '
			. 'If they were deleted, raise max_gone of the account for once.|t',
		'the account knows');
	hide(qw(sdk_forge daily_beacon));
	$mock->fault('w', { path => '^/v1/connections/(sdk_forge|daily_beacon)', status => 404, times => 2,
		body => { code => 'NotFound_Connector', message => 'no' } });
	is($node->refresh('w'), '', 'as many as allowed');
	is(scalar $node->table('id', 'connectors', 'AND gone_at IS NOT NULL'), 3, 'are marked');
	is(join('', $node->table('error IS NULL', 'accounts')), 't', 'the error is over');
	$node->refresh('w');
	is(scalar $node->table('id', 'connectors', 'AND gone_at IS NOT NULL'), 1, 'they are back');
	$node->query('UPDATE fivetrex_watch.accounts SET max_gone = 50');
};

subtest 'no half list' => sub {
	$node->account('paged', connectors => 15, page_size => 5, max_retries => 0);
	$node->refresh('paged');
	$mock->patch('paged', 'connections', $_, set => { paused => JSON::PP::true() }) for qw(assimilate_seem lonely_outpost);
	written();
	my %faults = (
		'a page fails' => [ { path => 'connections\?.*cursor', status => 500 },
			qr/WARNING:  58000: account "paged": Fivetran failed/ ],
		'a page breaks off' => [ { path => 'connections\?.*cursor', close_after => 50, times => 0 }, qr/WARNING:  08006/ ],
		'groups fail' => [ { path => 'groups', status => 502 }, qr/WARNING:  58000/ ],
		'the key is refused' => [ { status => 401, times => 0 }, qr/WARNING:  28000/ ],
		'the limit is reached' => [ { status => 429, times => 0 }, qr/WARNING:  53400/ ],
		'no JSON' => [ { path => 'connections', body_text => '<html>' }, qr/WARNING:  08P01/ ]);
	foreach my $name (sort keys %faults)
	{
		$mock->fault('paged', $faults{$name}[0]);
		like($node->refresh('paged'), $faults{$name}[1], $name);
		is_deeply([ written() ], [], "$name: nothing is written");
		$mock->clear_faults('paged');
	}
	isnt(join('', $node->table('error', 'accounts')), '', 'the account knows');
	is($node->query(q{SELECT is_stale, count(*) FROM fivetrex_watch.health WHERE account = 'paged' GROUP BY 1}), 'f|15',
		'the board is not stale yet');
	$node->pass('16 min');
	like($node->query(q{SELECT DISTINCT is_stale, reason FROM fivetrex_watch.health WHERE account = 'paged'}),
		qr/^t\|the rate limit of the Fivetran account is reached.*$/, 'then it is, and says why');
	written();
	is($node->refresh('paged'), '', 'at last');
	is_deeply([ written() ], [qw(assimilate_seem lonely_outpost)], 'what had changed meanwhile');
	is(join('', $node->table('error IS NULL', 'accounts')), 't', 'the error is over');
};

subtest 'several accounts' => sub {
	$mock->fault('paged', { status => 503, times => 0 });
	$node->account('off', connectors => 3);
	$node->query(q{UPDATE fivetrex_watch.accounts SET enabled = false WHERE account = 'off'});
	$mock->clear($_) for qw(w paged off);
	$node->{world} = 'paged';
	$node->pass('1 hour');
	my (undef, undef, $err) = $node->psql('postgres', 'CALL fivetrex_watch.refresh()');
	like($err, qr/WARNING:\ \ account\ "paged":\ Fivetran\ failed\ to\ answer\ the\ request[^\n]*\n
		DETAIL:\ \ GET\ \S+:\ HTTP\ status\ 503[^\n]*\.$/mx, 'one fails');
	is($node->query(q{SELECT string_agg(account, ' ' ORDER BY account) FROM fivetrex_watch.accounts
		WHERE refreshed_at > now() - interval '50 min'}), 'w', 'the next one goes on');
	is_deeply([ $mock->requests('off') ], [], 'one that is switched off is left alone');
	is($node->refresh('off'), '', 'unless it is named');
	is(scalar $node->table('id', 'connectors'), 3, 'its connectors');
};

subtest 'the caller has no rights' => sub {
	$node->query(q{CREATE ROLE runner; GRANT USAGE ON SCHEMA fivetrex_watch, w TO runner;
		GRANT ALL ON ALL TABLES IN SCHEMA fivetrex_watch TO runner;
		GRANT EXECUTE ON ALL ROUTINES IN SCHEMA fivetrex_watch TO runner; GRANT SELECT ON ALL TABLES IN SCHEMA w TO runner});
	like($node->fails(q{SET ROLE runner; CALL fivetrex_watch.refresh('w')}),
		qr/ERROR:  42501: permission denied for foreign server w/, 'raised to him');
	is($node->query(q{SELECT error IS NULL FROM fivetrex_watch.accounts WHERE account = 'w'}), 't', 'and not kept');
	$node->query(q{GRANT USAGE ON FOREIGN SERVER w TO runner; DROP USER MAPPING FOR PUBLIC SERVER w;
		CREATE USER MAPPING FOR postgres SERVER w OPTIONS (api_key 'key', api_secret 'secret')});
	like($node->fails(q{SET ROLE runner; CALL fivetrex_watch.refresh('w')}), qr/ERROR:  42704: user mapping not found/,
		'no user mapping');
	is($node->query(q{SELECT error IS NULL FROM fivetrex_watch.accounts WHERE account = 'w'}), 't', 'not kept either');
	$mock->clear('w');
	foreach my $call ("refresh('w')", 'wait(NULL)', "refresh_tables(account => 'w')", 'prune()')
	{
		foreach my $around ('BEGIN; %s', 'DO $$BEGIN %s; EXCEPTION WHEN division_by_zero THEN NULL; END$$',
			'CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS $$BEGIN %s; END$$; SELECT pg_temp.f()')
		{
			# its result needs a variable there
			next if $call =~ /wait/ && $around !~ /BEGIN;/;
			my $err = $node->fails(sprintf $around, "CALL fivetrex_watch.$call");
			like($err, qr/ERROR:  2D000: procedures of fivetrex_watch cannot run inside a transaction block, or a function\n/,
				"$call: $around");
			like($err, qr/HINT:  CALL them by themselves: without BEGIN/, 'what to do instead');
		}
	}
	is_deeply([ $mock->requests('w') ], [], 'nothing is asked');
	$mock->clear('w');
	like($node->fails(q{SET default_transaction_read_only = on; CALL fivetrex_watch.refresh('w')}), qr/ERROR:  25006/,
		'read only');
	is_deeply([ $mock->requests('w') ], [], 'before any call');
};

$node->stop;
$mock->stop;
done_testing();
