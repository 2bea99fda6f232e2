# fivetrex_wait(): which sync is waited for, how it is known to have ended, and what that costs.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use IPC::Run ();
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('wait_function', $mock);
my $seem = 'assimilate_seem';
my $unserved = { path => 'sync-history', times => 0, status => 404,
	body => { code => 'NotFound', message => 'HTTP 404 Not Found' } };
my $row = q{concat_ws(' ', outcome, 'by ' || known_by, CASE WHEN sync_id IS NOT NULL THEN 'sync' END, reason)};

my $number = 0;
sub world
{
	my (%options) = @_;
	my $world = 'w' . ++$number;
	$mock->settings($world, connectors => 15);
	$node->add_world($mock, $world, max_retries => 0, %options);
	return $world;
}

# Sync and wait as the README says; what the row tells, and the requests that were made.
sub sync_and_wait
{
	my ($world, $since, $timeout) = @_;
	$mock->clear($world);
	my $t = $node->query('SELECT clock_timestamp()');
	$node->query("SELECT fivetrex_sync('$seem', server => '$world')");
	$since = defined $since ? "'$t'::timestamptz - interval '$since'" : "'$t'";
	return $node->query("SELECT $row FROM fivetrex_wait('$seem', '" . ($timeout // '3 min')
		. "', since => $since, server => '$world')");
}

sub asked
{
	my ($world) = @_;
	return map { s{\?.*}{}r =~ s{/v1/connections/}{}r } $mock->requests($world);
}

subtest 'right after the POST, while the API still says scheduled' => sub {
	my $world = world();
	my $before = $node->query('SELECT clock_timestamp()');
	$mock->plan_syncs($world, { lag => 2, run => 1 });
	is(sync_and_wait($world), 'succeeded by history sync', 'the new sync is waited for');
	is_deeply([ asked($world) ], [ "POST $seem/sync", ("GET $seem") x 5, "GET $seem/sync-history" ],
		'one history is read, at the end');
	is($node->query("SELECT started_at > '$before' AND ended_at - succeeded_at BETWEEN '-1 s' AND '1 s' AND NOT is_syncing
		FROM fivetrex_wait('$seem', since => '$before'::timestamptz - interval '20 s', server => '$world')"), 't',
		'a sync that has ended already is found by its start');
};

# plan, with the history, without
my @endings = (
	[ 'failed', { run => 1, outcome => 'FAILURE', reason => 'no route' }, 'failed by history sync no route',
		'failed by timestamps' ],
	[ 'canceled', { run => 1, outcome => 'CANCELED' },
		'canceled by history sync Sync has been cancelled because of a user action' ],
	[ 'incomplete', { run => 1, outcome => 'INCOMPLETE', reason => 'half' }, 'incomplete by history sync half' ],
	[ 'paused', { run => 1, outcome => 'PAUSED' }, 'paused by state', 'paused by state' ],
	[ 'broken', { run => 1, outcome => 'FAILURE', reason => 'password', after => 'broken' }, 'broken by state password',
		'broken by state Reconnect the source' ],
	[ 'rescheduled', { run => 1, outcome => 'RESCHEDULED', reason => 'quota' }, 'rescheduled by state quota',
		'rescheduled by state' ],
	[ 'succeeded', { lag => 1, run => 1 }, 'succeeded by history sync', 'succeeded by timestamps' ]);
foreach my $ending (@endings)
{
	my ($name, $plan, $known, $guessed) = @$ending;
	subtest "outcome: $name" => sub {
		# since a little earlier: then the history is asked even if no timestamp moves
		my $world = world();
		$mock->plan_syncs($world, $plan);
		is(sync_and_wait($world, '11 s'), $known, 'with the history');
		return unless $guessed;
		$world = world();
		$mock->fault($world, $unserved);
		$mock->plan_syncs($world, { lag => 1, %$plan });
		is(sync_and_wait($world), $guessed, 'without it');
	};
}

subtest 'not the one that is in progress' => sub {
	my $world = world();
	$mock->begin_sync($world, $seem, ago => 100);
	my $waiter = $node->background('waiter', "SELECT $row
		FROM fivetrex_wait('$seem', '3 min', since => now(), server => '$world')");
	$mock->wait_for($world, 3, $seem, 'answered');
	$mock->end_sync($world, $seem);
	$mock->wait_for($world, 6, $seem, 'answered');
	$mock->begin_sync($world, $seem);
	$mock->end_sync($world, $seem, outcome => 'FAILURE', reason => 'second');
	$node->ended($waiter);
	is($waiter->{out}, "failed by history sync second\n", 'the next one is taken');

	# without a history its end is all that there is
	$world = world();
	$mock->fault($world, $unserved);
	$mock->begin_sync($world, $seem, ago => 100);
	$waiter = $node->background('waiter', "SELECT $row
		FROM fivetrex_wait('$seem', '3 min', since => now(), server => '$world')");
	$mock->wait_for($world, 3, $seem, 'answered');
	$mock->end_sync($world, $seem);
	$node->ended($waiter);
	is($waiter->{out}, "succeeded by assumed\n", 'it may be the wrong one, and the row says so');
};

# A clock that is set while it waits: the other one's looks the same from here.
subtest 'a clock is set meanwhile' => sub {
	foreach my $hours (1, -1)
	{
		my $world = world();
		$mock->begin_sync($world, $seem, ago => 1800);
		$mock->end_sync($world, $seem);
		my $waiter = $node->background('waiter', "SELECT $row
			FROM fivetrex_wait('$seem', '10 min', since => now(), server => '$world')");
		$mock->wait_for($world, 1, $seem, 'answered');
		$mock->begin_sync($world, $seem) if $hours > 0;
		$mock->wait_for($world, 3, $seem, 'answered');
		$mock->settings($world, clock_offset => 3600 * $hours);
		$mock->wait_for($world, 6, $seem, 'answered');
		if ($hours > 0)
		{
			$mock->end_sync($world, $seem);
			$node->ended($waiter);
			is($waiter->{out}, "succeeded by history sync\n", 'ours back: the one that began after the request counts');
		}
		else
		{
			# a timestamp that moves makes it read the history, where one is within the hour that was skipped, before the request
			$mock->patch($world, 'connections', $seem, set => { succeeded_at => '2026-01-01T00:00:00Z' });
			$node->ended($waiter);
			like($waiter->{out}, qr/ by assumed$/m, 'ours forward: the one from before does not');
		}
	}
};

# so close before the moment that the clocks do not tell
subtest 'not the one that has just ended' => sub {
	foreach my $status (qw(COMPLETED FAILURE CANCELED INCOMPLETE))
	{
		foreach my $served (1, 0)
		{
			my $world = world();
			$mock->fault($world, $unserved) unless $served;
			$mock->begin_sync($world, $seem, ago => 0);
			$mock->end_sync($world, $seem, outcome => $status);
			my $since = $node->query('SELECT clock_timestamp()');
			is($node->query("SELECT outcome FROM fivetrex_wait('$seem', '100 ms', since => '$since', server => '$world')"),
				'running', "$status, history " . ($served ? 'served' : 'missing'));
			next unless $served;
			$mock->plan_syncs($world, { lag => 1, run => 1 });
			$mock->begin_sync($world, $seem, ago => 0);
			$mock->end_sync($world, $seem, outcome => $status);
			is(sync_and_wait($world), 'succeeded by history sync', 'the next one is taken');
		}
	}
};

subtest 'nothing begins, and the time is over' => sub {
	my $world = world();
	$mock->plan_syncs($world, { lag => undef });
	# a longer one where a machine stops for as long as a short one
	foreach my $timeout ('3 s', '30 s', '2 min')
	{
		is(sync_and_wait($world, undef, $timeout), 'running by clock', 'timeout');
		last if 2 < grep { /^GET/ } asked($world);
	}
	cmp_ok(scalar(grep { /^GET/ } asked($world)), '>', 2, 'after some looks');
	is(sync_and_wait($world, '9 min 59 s', '3 min'), 'not_started by clock', 'after ten minutes');
	is(sync_and_wait($world, undef, '0'), 'running by clock', 'no time at all: one look');
	is_deeply([ asked($world) ], [ "POST $seem/sync", "GET $seem" ], 'is one look');
	$world = world();
	$mock->plan_syncs($world, { run => 100 });
	is(sync_and_wait($world, undef, '200 ms'), 'running by clock', 'a long one');
	$mock->patch($world, 'connections', $seem, set => { 'status.sync_state' => 'SYNCING' });
	is($node->query("SELECT concat_ws('|', is_syncing IS NULL, outcome)
		FROM fivetrex_wait('$seem', '100 ms', since => now(), server => '$world')"), 't|running',
		'a state that nobody knows is not idle');
};

subtest 'a history with a sync of which the status is not told' => sub {
	my $world = world();
	my ($start, $end) = $node->rows(q{SELECT to_char(now() AT TIME ZONE 'UTC' - i * interval '1 s',
		'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM (VALUES (2), (1)) v(i)});
	foreach my $members ('', ',"status":null', ',"status":null,"sync_id":null')
	{
		$mock->fault($world, { path => 'sync-history', times => 0, body_text =>
			qq({"code":"Success","data":{"items":[{"start":"$start","end":"$end"$members}]}}) });
		is($node->query("SELECT $row FROM fivetrex_wait('$seem', '3 min', server => '$world')"), 'succeeded by timestamps',
			"$members: it does not count");
		$mock->clear_faults($world);
	}
	foreach my $pages ([ 'a' ], [ 'a', 'b' ])
	{
		my @cursors = (@$pages, $pages->[0]);
		foreach my $i (0 .. $#cursors)
		{
			my $at = $i ? "cursor=$cursors[$i - 1]" : 'sync-history\?(?!.*cursor)';
			$mock->fault($world, { path => $at, times => 1, body_text => qq({"code":"Success","data":{"items":[{"start":
				"$start","status":"COMPLETED","sync_id":"s"}],"next_cursor":"$cursors[$i]"}}) });
		}
		like($node->fails("SELECT * FROM fivetrex_wait('$seem', '3 min', server => '$world')"),
			qr/08P01: .*\n.*"next_cursor" was there before/, "cursors @cursors go round");
		$mock->clear_faults($world);
	}
};

subtest 'a history that lags' => sub {
	my $world = world();
	$mock->plan_syncs($world, { run => 1, history_lag => 3 });
	is(sync_and_wait($world), 'succeeded by history sync', 'is waited for');
	is(scalar(grep { /history/ } asked($world)), 4, 'and asked until it tells');
	$world = world();
	$mock->fault($world, { path => 'sync-history', times => 0,
		body_text => '{"code":"Success","message":"","data":{"items":[]}}' });
	$mock->plan_syncs($world, { run => 1 });
	is(sync_and_wait($world, undef, '300 ms'), 'running by clock', 'one that never tells');
	my $ago = sub { $node->query("SELECT to_char(now() AT TIME ZONE 'UTC' - interval '$_[0]',
		'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')") };
	$mock->patch($world, 'connections', $seem, set => { succeeded_at => $ago->('60 s') });
	is($node->query("SELECT $row
		FROM fivetrex_wait('$seem', '100 ms', since => now() - interval '5 min', server => '$world')"), 'running by clock',
		'for two minutes');
	$mock->patch($world, 'connections', $seem, set => { succeeded_at => $ago->('130 s') });
	is($node->query("SELECT $row
		FROM fivetrex_wait('$seem', '3 min', since => now() - interval '5 min', server => '$world')"), 'succeeded by assumed',
		'is given up then');
};

# Its end comes long after `since`, its start is of before, further back than a wait looks at first.
subtest 'the history tells that a sync was older' => sub {
	foreach my $end (qw(COMPLETED FAILURE))
	{
		my $world = world();
		$mock->begin_sync($world, $seem, ago => 7200);
		my $waiter = $node->background('waiter', "SELECT $row
			FROM fivetrex_wait('$seem', '5 min', since => now(), server => '$world')");
		$mock->wait_for($world, 3, $seem, 'answered');
		$mock->end_sync($world, $seem, outcome => $end);
		# as long ago, by their clock, as a history may lag
		$mock->settings($world, clock_offset => 125);
		$mock->clear($world);
		$mock->wait_for($world, 6, $seem, 'answered');
		$mock->begin_sync($world, $seem);
		$mock->end_sync($world, $seem, outcome => 'FAILURE', reason => 'second');
		$node->ended($waiter);
		is($waiter->{out}, "failed by history sync second\n", "$end: the next one is taken");
	}
};

# A history of one row, with moments in seconds from `since`, which is so long ago; what becomes of the wait.
sub wait_for_row
{
	my ($ago, $timeout, $start, $end) = @_;
	my $world = world();
	my $since = $node->query("SELECT clock_timestamp() - interval '$ago'");
	my ($from, $to) = map { $node->query("SELECT to_char('$since'::timestamptz AT TIME ZONE 'UTC' + interval '$_ s',
		'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')") } $start, $end;
	$mock->patch($world, 'connections', $seem, set => { succeeded_at => $to });
	$mock->fault($world, { path => 'sync-history', times => 0,
		body => { code => 'Success', message => '',
		data => { items => [ { sync_id => 's', status => 'COMPLETED', start => $from, end => $to } ] } } });
	return $node->query("SELECT $row FROM fivetrex_wait('$seem', '$timeout', since => '$since', server => '$world')");
}

subtest 'a sync that is over before the first look' => sub {
	is(wait_for_row('1 min', '0', 0.2, 0.5), 'running by clock',
		'so close that the clocks do not tell: another one may begin');
	is(wait_for_row('10 min 5 s', '3 min', 0.2, 0.5), 'succeeded by assumed sync', 'none has begun in ten minutes');
	is(wait_for_row('10 min 5 s', '3 min', -30, -20), 'not_started by clock', 'not one that is older');
	is(wait_for_row('1 min', '3 min', 1.5, 2), 'succeeded by history sync', 'one that is certainly later');
	is(wait_for_row('1 min', '0', 3600, 3700), 'running by clock', 'one that is still to begin');
};

subtest 'the timeout and the waits of repetitions' => sub {
	foreach my $fault ({ status => 429, headers => { 'Retry-After' => '500' } }, { status => 503 })
	{
		# they would be longer than this test waits
		my $world = world(max_retries => 10, retry_delay => 60000, max_retry_wait => 3600);
		$mock->fault($world, { method => 'GET', times => 0, %$fault });
		my $start = time;
		like($node->fails("SELECT * FROM fivetrex_wait('$seem', '100 ms', since => now(), server => '$world')"),
			qr/ERROR:  (53400|58000)/, "$fault->{status}: it ends with the error");
		cmp_ok(time - $start, '<', 180, 'and does not wait for more');
	}
};

subtest 'failures' => sub {
	foreach my $fault ({ status => 500 }, { status => 503 }, { status => 429, headers => { 'Retry-After' => '3600' } },
		{ close => 1 }, { close_after => 20 })
	{
		my $world = world();
		$mock->fault($world, { method => 'GET', times => 3, %$fault });
		$mock->fault($world, { path => 'sync-history', times => 2, %$fault });
		# it still runs at the first look that succeeds
		$mock->plan_syncs($world, { run => 4 });
		is(sync_and_wait($world), 'succeeded by history sync', join(' ', %$fault) . ' does not end it');
	}
	my %errors = (401 => '28000', 403 => '42501', 404 => 'P0002');
	foreach my $status (sort keys %errors)
	{
		my $world = world();
		$mock->fault($world, { method => 'GET', skip => 1, status => $status, body => { code => $status == 404
			? 'NotFound_Connector' : 'X', message => 'm' } });
		$mock->begin_sync($world, $seem);
		like($node->fails("SELECT * FROM fivetrex_wait('$seem', since => now(), server => '$world')"),
			qr/ERROR:  $errors{$status}/, "$status does");
	}
	my $world = world();
	$mock->fault($world, { status => 503, times => 0 });
	like($node->fails("SELECT * FROM fivetrex_wait('$seem', '200 ms', since => now(), server => '$world')"),
		qr/ERROR:  58000/, 'nothing was ever learned');
	foreach my $since (q{now() + interval '2 min'}, q{now() - interval '8 days'}, q{'infinity'}, q{'-infinity'})
	{
		like($node->fails("SELECT * FROM fivetrex_wait('$seem', since => $since, server => '$world')"), 
			$since =~ /\+|'infinity/ ? qr/ERROR:  22023: since must not lie in the future\n/
				: qr/ERROR:  22023: since must lie within/,
			"since $since");
	}
	my $odd = world();
	$mock->fault($odd, { method => 'GET', path => 'assimilate_seem$', times => 0, body_text => '{"code":"Success","data":'
		. '{"id":"assimilate_seem","paused":false,"status":{"sync_state":"scheduled","setup_state":"broken",'
		. '"tasks":[{"message":"a\\u0000b"}]}}}' });
	is($node->query("SELECT outcome, reason FROM fivetrex_wait('$seem', server => '$odd')"), 'broken|a?b',
		'whatever the words of a task are');
	is($node->query("SELECT setup_state FROM fivetrex_sync_status('$seem', server => '$odd')"), 'broken',
		'nor the status');
	like($node->fails("SELECT * FROM fivetrex_wait('$seem', since => '2099-01-01 00:00+00', server => '$world')"),
		qr/DETAIL:  It is 2099-01-01 .*, and now it is (?!2099)20.*\nHINT:  Pass the moment/,
			'a moment in the future is told');
	like($node->fails("SELECT * FROM fivetrex_wait('$seem', '-1 s', server => '$world')"), qr/ERROR:  22023/,
		'a negative timeout');
	like($node->fails("SELECT * FROM fivetrex_wait(NULL, server => '$world')"), qr/ERROR:  22004/, 'NULL');
};

subtest 'without since' => sub {
	my $world = world();
	is($node->query("SELECT $row FROM fivetrex_wait('$seem', server => '$world')"), 'succeeded by history sync',
		'the last one');
	$mock->begin_sync($world, $seem);
	my $waiter = $node->background('waiter', "SELECT $row FROM fivetrex_wait('$seem', server => '$world')");
	$mock->wait_for($world, 4, $seem, 'answered');
	$mock->end_sync($world, $seem, outcome => 'FAILURE', reason => 'why');
	$node->ended($waiter);
	is($waiter->{out}, "failed by history sync why\n", 'the one that runs');
	is($node->query("SELECT $row, is_paused FROM fivetrex_wait('paused_canyon', server => '$world')"),
		'paused by state|t', 'a paused connector');
	is($node->query("SELECT $row FROM fivetrex_wait('incomplete_spruce', server => '$world')"), 'not_set_up by state',
		'one that is not set up');
	is($node->query("SELECT outcome IS NULL FROM fivetrex_wait('sparse_thicket', server => '$world')"), 't',
		'one that has never synced');
};

subtest 'clocks' => sub {
	foreach my $offset (3600, -3600)
	{
		my $world = world();
		$mock->settings($world, clock_offset => $offset);
		$mock->begin_sync($world, $seem, ago => 100);
		$mock->end_sync($world, $seem, outcome => 'FAILURE');
		$mock->plan_syncs($world, { run => 1 });
		is(sync_and_wait($world), 'succeeded by history sync', "a clock that is $offset s ahead");
	}
};

subtest 'cancel, and the function of version 1.0' => sub {
	my $world = world(retry_delay => 1000);
	$mock->begin_sync($world, $seem);
	like($node->fails("SET statement_timeout = 300; SELECT *
		FROM fivetrex_wait('$seem', since => now(), server => '$world')"), qr/ERROR:  57014/, 'cancel works');
	$node->query('CREATE DATABASE old');
	my $url = $mock->url($world);
	$mock->end_sync($world, $seem);
	is($node->safe_psql('old', "CREATE EXTENSION fivetrex VERSION '1.0';
		CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url');
		CREATE USER MAPPING FOR PUBLIC SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret'); SELECT id, is_syncing
			FROM fivetrex_wait('$seem', '3 min')"),
		"$seem|f", 'an old script with this library');
	$node->safe_psql('old', "CREATE VIEW v AS SELECT * FROM fivetrex_wait('$seem')");
	like(($node->psql('old', 'ALTER EXTENSION fivetrex UPDATE'))[2],
		qr/cannot drop function fivetrex_wait.*view v depends on/s, 'a view that uses it makes the update fail');
	is($node->safe_psql('old', "DROP VIEW v; ALTER EXTENSION fivetrex UPDATE; SELECT outcome
		FROM fivetrex_wait('$seem', '3 min')"), 'succeeded', 'without it works');
};

$node->stop;
$mock->stop;
done_testing();
