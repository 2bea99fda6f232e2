# Runs: what was asked for, what is posted for it, and how it is known to have ended.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('runs', $mock);
my $seem = 'assimilate_seem';
my @board = ('GET groups', 'GET list');
my $unserved = { path => 'sync-history', times => 0, status => 404,
	body => { code => 'NotFound', message => 'HTTP 404 Not Found' } };

# A world of its own for each case.
my $number = 0;
sub world
{
	my (%options) = @_;
	my $world = 'w' . ++$number;
	$node->account($world, connectors => 15, max_retries => 4, %options);
	$node->refresh($world);
	return $world;
}

# How the runs of the account stand.
sub runs
{
	return join ', ', $node->table(q{concat_ws(' ', connector_id, coalesce(outcome, 'open'), 'by ' || known_by,
		CASE WHEN sync_id IS NOT NULL THEN 'sync' END, reason)}, 'runs', 'ORDER BY id');
}

# Refresh until no run is open, 11 s (or more) passing each time; returns what was posted, and
# how often histories were asked for.
sub go_on
{
	my ($world, %how) = @_;
	my ($posts, $histories) = (0, 0);
	for (1 .. $how{times} // 12)
	{
		my $err = $node->refresh($world, $how{more} // '');
		is($err, '', 'no complaint') if $err ne '' && !$how{complaints};
		$posts += grep { /^POST/ } $node->asked;
		$histories += grep { /sync-history/ } $node->asked;
		last unless $node->query("SELECT count(*) FROM fivetrex_watch.runs WHERE account = '$world' AND outcome IS NULL");
		$node->pass($how{pass} // '11 s');
	}
	return ($posts, $histories);
}

subtest 'a run, call by call' => sub {
	my $world = world();
	$mock->plan_syncs($world, { run => 1 });
	my $batch = $node->request($seem);
	$node->refresh($world);
	is_deeply([ $node->asked ], [ @board, "POST $seem" ], 'looked at, then posted');
	is(runs(), "$seem open", 'open');
	$node->refresh($world, ', runs_only => true');
	is_deeply([ $node->asked ], [ "GET $seem" ], 'only the connector is looked at');
	is($node->query(qq{SELECT is_running FROM fivetrex_watch.health WHERE account = '$world' AND connector_id = '$seem'}),
		't', 'it runs');
	$node->refresh($world, ', runs_only => true');
	is_deeply([ $node->asked ], [ "GET $seem", "GET $seem/sync-history" ], 'it has ended');
	is(runs(), "$seem succeeded by history sync", 'succeeded');
	is($node->query(qq{SELECT r.sync_id FROM fivetrex_watch.runs r WHERE batch = $batch}),
		$mock->syncs($world)->{$seem}[-1]{sync_id}, 'by the sync that it was');
	$node->refresh($world);
	is_deeply([ $node->asked ], \@board, 'and that is all');
};

# What ended, or was seen running, just before the request: the clocks do not tell, and its history is not read yet.
subtest 'a sync of just before' => sub {
	my @cases = map { my $status = $_; map { [ $status, $_, 0 ] } qw(unseen seen running kept) }
		qw(COMPLETED FAILURE CANCELED INCOMPLETE);
	# these leave no moment with the connector: the end of the next one is not theirs
	push @cases, map { my $status = $_; map { [ $status, $_, 30 ] } qw(unseen running) } qw(CANCELED INCOMPLETE);
	foreach my $case (@cases)
	{
		my ($status, $when, $ago) = @$case;
		my $world = world();
		$mock->begin_sync($world, $seem, ago => $ago);
		$node->refresh($world) if $when eq 'running';
		$node->request($seem) if $when eq 'running';
		$mock->end_sync($world, $seem, outcome => $status);
		$node->query("UPDATE fivetrex_watch.connectors SET history_asked_at = now() WHERE account = '$world'")
			if $when eq 'seen';
		$node->refresh($world) if $when eq 'seen' || $when eq 'kept';
		$node->request($seem) unless $when eq 'running';
		$mock->plan_syncs($world, { outcome => $status eq 'COMPLETED' ? 'FAILURE' : 'COMPLETED', run => 1 });
		my $posts = 0;
		for (1 .. 3)
		{
			is($node->refresh($world), '', 'no complaint');
			$posts += grep { /^POST/ } $node->asked;
		}
		is($posts, 1, "$status, $when: a sync is started");
		is($node->query(qq{SELECT outcome, sync_id FROM fivetrex_watch.runs WHERE account = '$world'}),
			($status eq 'COMPLETED' ? 'failed' : 'succeeded') . '|' . $mock->syncs($world)->{$seem}[-1]{sync_id}, 'and decides');
	}
};

# How syncs end: plan, what is known, with the history and without it.
my @endings = (
	[ 'completed', {}, "$seem succeeded by history sync", "$seem succeeded by timestamps" ],
	[ 'failed', { outcome => 'FAILURE', reason => 'no route' }, "$seem failed by history sync no route",
		"$seem failed by timestamps" ],
	[ 'canceled', { outcome => 'CANCELED' },
		"$seem canceled by history sync Sync has been cancelled because of a user action" ],
	[ 'incomplete', { outcome => 'INCOMPLETE', reason => 'half' }, "$seem incomplete by history sync half" ],
	[ 'paused in mid-sync', { outcome => 'PAUSED' }, "$seem paused by history sync", "$seem paused by state" ],
	[ 'paused after it', { after => 'paused' }, "$seem succeeded by history sync", "$seem paused by state" ],
	[ 'broken by it', { outcome => 'FAILURE', reason => 'password', after => 'broken' },
		"$seem failed by history sync password", "$seem broken by state Reconnect the source" ],
	[ 'starts late', { lag => 3 }, "$seem succeeded by history sync", "$seem succeeded by timestamps" ],
	[ 'runs for long', { run => 5 }, "$seem succeeded by history sync", "$seem succeeded by timestamps" ]);
foreach my $ending (@endings)
{
	my ($name, $plan, $known, $guessed) = @$ending;
	subtest $name => sub {
		my $world = world();
		$mock->plan_syncs($world, { run => 1, %$plan });
		$node->request($seem);
		my ($posts, $histories) = go_on($world);
		is(runs(), $known, 'with its history');
		is($posts, 1, 'posted once');
		cmp_ok($histories, '<=', 1 + ($plan->{lag} // 2), 'few histories are read');
		return unless $guessed;
		$world = world();
		$mock->fault($world, $unserved);
		$mock->plan_syncs($world, { run => 1, %$plan });
		$node->request($seem);
		($posts) = go_on($world);
		is(runs(), $guessed, 'without a history');
		is($posts, 1, 'posted once');
	};
}

subtest 'a history that lags' => sub {
	my $world = world();
	$mock->plan_syncs($world, { run => 1, history_lag => 3 });
	$node->request($seem);
	my ($posts, $histories) = go_on($world);
	is(runs(), "$seem succeeded by history sync", 'is waited for');
	is_deeply([ $posts, $histories ], [ 1, 4 ], 'and asked until it tells');
	$world = world();
	$mock->fault($world, { path => 'sync-history', times => 0,
		body_text => '{"code":"Success","message":"","data":{"items":[]}}' });
	$mock->plan_syncs($world, { run => 1 });
	$node->request($seem);
	go_on($world, times => 4);
	is(runs(), "$seem open", 'one that never tells');
	# two minutes later by their clock
	$mock->settings($world, clock_offset => 125);
	go_on($world);
	is(runs(), "$seem succeeded by timestamps", 'is not waited for longer than two minutes');
	$world = world(max_retries => 0);
	$mock->fault($world, { path => "$seem/sync-history", times => 0, status => 500 });
	$mock->plan_syncs($world, { run => 1, outcome => 'FAILURE' });
	$node->request($seem);
	go_on($world);
	is(runs(), "$seem failed by timestamps", 'one that cannot be read');
};

subtest 'nothing begins' => sub {
	# of a connector without any history: time passes by moving moments into the past
	my $world = world();
	$mock->plan_syncs($world, { lag => undef });
	$node->request('sparse_thicket');
	my ($posts) = go_on($world, pass => '4 min');
	is(runs(), 'sparse_thicket not_started by clock', 'after three times');
	is($posts, 3, 'that it was posted');
	$world = world();
	$mock->plan_syncs($world, { lag => undef });
	$node->request('sparse_thicket');
	($posts) = go_on($world, pass => '4 min', times => 5);
	is($posts, 2, 'posted again after ten minutes');
	$mock->begin_sync($world, 'sparse_thicket');
	($posts) = go_on($world, pass => '4 min', times => 5);
	is($posts, 0, 'it runs, longer than ten minutes');
	$mock->end_sync($world, 'sparse_thicket');
	go_on($world);
	is(runs(), 'sparse_thicket succeeded by history sync', 'and succeeds');
};

subtest 'rescheduled' => sub {
	my $world = world();
	$mock->plan_syncs($world, { outcome => 'RESCHEDULED', run => 0, resume => 3, times => 1 }, { run => 0 });
	$node->request($seem);
	my ($posts) = go_on($world);
	is(runs(), "$seem succeeded by history sync", 'it goes on by itself');
	is($posts, 1, 'and is not posted again');

	$world = world();
	$mock->patch($world, 'connections', $seem, set => { schedule_type => 'manual' });
	$mock->plan_syncs($world, { outcome => 'RESCHEDULED', run => 0, rescheduled_for => 600, times => 1 }, { run => 1 });
	$node->request("$seem,daily_beacon", ', at_once => 1');
	($posts) = go_on($world, times => 4);
	is($posts, 2, 'under a manual schedule nobody resumes it');
	is(runs(), "$seem open, daily_beacon succeeded by history sync", 'it gives its place to the next one');
	is($node->query(qq{SELECT health, severity FROM fivetrex_watch.health WHERE account = '$world'
		AND connector_id = '$seem'}), 'rescheduled|2', 'the board says so');
	# just after its time, however long all this has taken
	my $due = $node->query("SELECT ceil(extract(epoch FROM rescheduled_for - now())) FROM fivetrex_watch.connectors
		WHERE account = '$world' AND id = '$seem'");
	$mock->settings($world, clock_offset => $due + 1);
	($posts) = go_on($world, times => 1);
	is($posts, 0, 'not before a minute after its time');
	$mock->settings($world, clock_offset => $due + 100);
	($posts) = go_on($world);
	is($posts, 1, 'then it is posted again');
	is(runs(), "$seem succeeded by history sync, daily_beacon succeeded by history sync", 'and succeeds');
};

subtest 'connectors that cannot be synced' => sub {
	my $world = world();
	$node->query(q{SET fivetrex.max_deletes = 1; DELETE FROM } . $world . q{.connectors WHERE id = 'lonely_outpost'});
	$node->request('paused_canyon,incomplete_spruce,broken_anchor,lonely_outpost');
	my ($posts) = go_on($world);
	is(runs(), 'paused_canyon paused by state, incomplete_spruce not_set_up by state, '
		. 'broken_anchor broken by state Reconnect the source, '
		. 'lonely_outpost gone by state', 'end at once');
	is($posts, 0, 'without a POST');
	# what was seen before the request says nothing
	$mock->patch($world, 'connections', 'paused_canyon',
		set => { paused => JSON::PP::false(), 'status.sync_state' => 'scheduled' });
	$mock->plan_syncs($world, { run => 0 });
	$node->request('paused_canyon');
	go_on($world);
	like(runs(), qr/, paused_canyon succeeded by history sync$/, 'one that was paused until a moment ago');
};

# What can become of the POST.
my @posts = (
	[ 'refused because of its state', { status => 409 }, 2 ],
	[ 'rate limit', { status => 429, headers => { 'Retry-After' => '1000' } }, 2 ],
	[ 'server error', { status => 500 }, 2 ], [ 'bad gateway', { status => 502 }, 2 ],
	[ 'the API calls it invalid', { status => 400 }, 2 ],
	[ 'an answer that nobody understands', { body_text => '<html>' }, 2 ],
	[ 'connection closed before it', { close => 1 }, 2 ]);
foreach (@posts)
{
	my ($name, $fault, $times) = @$_;
	subtest "POST: $name" => sub {
		my $world = world();
		$mock->fault($world, { method => 'POST', %$fault });
		$mock->plan_syncs($world, { run => 0 });
		$node->request($seem);
		my ($posts) = go_on($world, times => 1);
		is($node->query("SELECT tries, error <> '', next_try_at BETWEEN requested_at + interval '1 min'
			AND clock_timestamp() + interval '1 min', triggered_at IS NULL FROM fivetrex_watch.runs WHERE account = '$world'"),
			'1|t|t|t', 'to be tried again in a minute');
		is($posts, 1, 'one POST');
		($posts) = go_on($world, times => 1, pass => '50 s');
		is($posts, 0, 'not before');
		($posts) = go_on($world);
		is(runs(), "$seem succeeded by history sync", 'then it succeeds');
		is($posts, $times - 1, 'by one more');
		is($node->query("SELECT error IS NULL, tries FROM fivetrex_watch.runs WHERE account = '$world'"), 't|0',
			'the error is over');
	};
}

subtest 'POST: the answer is lost' => sub {
	my $world = world();
	$mock->fault($world, { method => 'POST', after_state => 1 });
	$mock->plan_syncs($world, { run => 1 });
	$node->request($seem);
	my ($posts) = go_on($world);
	is(runs(), "$seem succeeded by history sync", 'but the sync ran');
	is($posts, 1, 'and is not asked for twice');
};

subtest 'POST: fails again and again' => sub {
	my $world = world();
	$mock->fault($world, { method => 'POST', status => 503, times => 0 });
	$node->request($seem, ", deadline => '40 min'");
	my @waits;
	for (1 .. 5)
	{
		$node->refresh($world);
		push @waits, $node->query("SELECT ceil(extract(epoch FROM next_try_at - clock_timestamp()) / 60)
			FROM fivetrex_watch.runs WHERE account = '$world'");
		$node->pass("$waits[-1] min 1 s");
	}
	is_deeply(\@waits, [ 1, 2, 4, 8, 16 ], 'each time it waits twice as long');
	$node->pass('10 min');
	$node->refresh($world);
	like(runs(), qr/^$seem timeout by clock Fivetran failed to answer/, 'until the deadline');
};

subtest 'POST: 404, 403, 401' => sub {
	my $world = world();
	$mock->fault($world, { method => 'POST', status => 404, body => { code => 'NotFound_Connector', message => 'gone' } });
	$node->request($seem);
	go_on($world);
	like(runs(), qr/^$seem gone by state/, 'gone in the meantime');
	foreach my $status (403, 401)
	{
		$world = world();
		$mock->fault($world, { method => 'POST', status => $status });
		$node->request("$seem,daily_beacon");
		like($node->refresh($world), qr/WARNING:  (42501|28000): account "$world"/, "$status: an error of the account");
		is_deeply([ $node->asked ], [ @board, "POST $seem" ], 'no more is posted');
		is(runs(), "$seem open, daily_beacon open", 'the runs stay open');
		is($node->query("SELECT error <> '' FROM fivetrex_watch.accounts WHERE account = '$world'"), 't',
			'the account knows');
		is($node->refresh($world), '', 'next time');
		# 403 may be for the one connector: that one waits, the others do not
		is_deeply([ $node->asked ], [ @board, $status == 403 ? () : 'POST assimilate_seem', 'POST daily_beacon' ],
			'they are posted');
		is($node->query("SELECT string_agg(tries || ' ' || (error IS NOT NULL), ', ' ORDER BY id) FROM fivetrex_watch.runs
			WHERE account = '$world'"),
			$status == 403 ? '1 true, 0 false' : '0 false, 0 false', 'whose error it is');
		$node->pass('61 s');
		is($node->refresh($world), '', 'a minute later');
		is_deeply([ grep { /POST/ } $node->asked ], [ $status == 403 ? 'POST assimilate_seem' : () ], 'the one that waited');
	}
};

subtest 'the caller may not post' => sub {
	my $world = world();
	$node->query("CREATE ROLE no_poster; GRANT USAGE ON SCHEMA fivetrex_watch, $world TO no_poster;
		GRANT ALL ON ALL TABLES IN SCHEMA fivetrex_watch, $world TO no_poster;
		GRANT EXECUTE ON ALL ROUTINES IN SCHEMA fivetrex_watch TO no_poster;
			GRANT USAGE ON FOREIGN SERVER $world TO no_poster");
	$node->request($seem);
	$mock->clear($world);
	like($node->fails("SET ROLE no_poster; CALL fivetrex_watch.refresh('$world')"),
		qr/ERROR:  42501: permission denied for function fivetrex_sync/, 'raised to him');
	is($node->query("SELECT tries, error IS NULL FROM fivetrex_watch.runs WHERE account = '$world'"), '0|t',
		'and not kept');
	is_deeply([ $node->asked ], \@board, 'nothing is posted');
	is($node->refresh($world), '', 'somebody else may');
	is_deeply([ $node->asked ], [ @board, "POST $seem" ], 'and does');

	$world = world();
	$node->query("ALTER SERVER $world OPTIONS (ADD access 'read_only')");
	$node->request($seem);
	like($node->fails("CALL fivetrex_watch.refresh('$world')"), qr/ERROR:  42501: server "$world" allows reading only/,
		'a server for reading only');
	$world = world();
	$node->request($seem);
	like($node->query("SET fivetrex.dry_run = on; CALL fivetrex_watch.refresh('$world');
		SELECT error, posts, outcome IS NULL FROM fivetrex_watch.runs WHERE account = '$world'"),
		qr/dry_run is on.*\|0\|t$/, 'a dry run sends nothing and ends nothing');
};

subtest 'whose sync it is' => sub {
	my $world = world();
	$mock->begin_sync($world, $seem, ago => 100);
	$node->refresh($world);
	my $first = $node->request($seem);
	my $second = $node->request($seem);
	$mock->plan_syncs($world, { run => 1 });
	$node->refresh($world);
	is_deeply([ $node->asked ], \@board, 'one that runs already: nothing is posted');
	$node->pass('1 s');
	$mock->end_sync($world, $seem);
	$node->refresh($world, ', runs_only => true');
	is_deeply([ $node->asked ], [ "GET $seem", "GET $seem/sync-history", "POST $seem" ],
		'it has ended, the next one is asked for');
	is(runs(), "$seem open, $seem open", 'and does not count');
	my ($posts) = go_on($world);
	is(runs(), "$seem succeeded by history sync, $seem succeeded by history sync", 'that one does');
	is($posts, 0, 'one POST for both');
	is($node->query("SELECT count(DISTINCT sync_id) FROM fivetrex_watch.runs WHERE account = '$world'"), 1,
		'and one sync');

	# one that a schedule starts before it is posted
	$world = world();
	$mock->fault($world, { method => 'POST', status => 409 });
	$node->request($seem);
	$node->refresh($world);
	$mock->begin_sync($world, $seem);
	$node->pass('11 s');
	$node->refresh($world);
	$mock->end_sync($world, $seem);
	($posts) = go_on($world);
	is(runs(), "$seem succeeded by history sync", 'a sync that a schedule has started will do');
	is($posts, 0, 'without another POST');

	# cut short: the same without a history
	$world = world();
	$mock->fault($world, $unserved);
	$mock->begin_sync($world, $seem, ago => 100);
	$node->request($seem);
	$node->refresh($world);
	$mock->end_sync($world, $seem);
	$mock->begin_sync($world, $seem);
	$node->pass('11 s');
	$node->refresh($world);
	is(runs(), "$seem open", 'the end of the one in progress does not count');
	$mock->end_sync($world, $seem, outcome => 'FAILURE');
	($posts) = go_on($world);
	is(runs(), "$seem failed by timestamps", 'that of the next one does, though nobody saw it idle between');
	is($posts, 0, 'no POST');
};

subtest 'clocks' => sub {
	foreach my $offset (3600, -3600)
	{
		my $world = world();
		$mock->settings($world, clock_offset => $offset);
		$mock->begin_sync($world, $seem, ago => 100);
		$node->refresh($world);
		$node->request($seem);
		$mock->plan_syncs($world, { run => 1 });
		$mock->end_sync($world, $seem, outcome => 'FAILURE');
		my ($posts) = go_on($world);
		is(runs(), "$seem succeeded by history sync", "a clock that is $offset s ahead");
		is($posts, 1, 'the sync before does not count');
	}
};

subtest 'thirty runs, five at once' => sub {
	my $world = 'thirty';
	$node->account($world, connectors => 200);
	$node->refresh($world);
	my @ids = $node->rows(q{SELECT id FROM fivetrex_watch.connectors WHERE account = 'thirty' AND sync_state = 'scheduled'
		AND setup_state = 'connected' ORDER BY id LIMIT 30});
	$mock->plan_syncs($world, { run => 1 });
	$node->request(join ',', @ids);
	my ($calls, $most, %posted) = (0, 0);
	for (1 .. 40)
	{
		$node->refresh($world, ', runs_only => true');
		$calls += () = $node->asked;
		$posted{$_}++ for map { /^POST (.*)/ } $node->asked;
		my $open = $node->query(q{SELECT count(*) FROM fivetrex_watch.runs WHERE account = 'thirty' AND outcome IS NULL
			AND triggered_at IS NOT NULL});
		$most = $open if $open > $most;
		last unless $node->query(q{SELECT count(*) FROM fivetrex_watch.runs WHERE account = 'thirty' AND outcome IS NULL});
	}
	is($most, 5, 'five at most');
	is_deeply([ sort keys %posted ], \@ids, 'all are posted');
	is_deeply([ grep { $_ > 1 } values %posted ], [], 'once');
	is($node->query(q{SELECT n, open, succeeded, other FROM fivetrex_watch.batches WHERE account = 'thirty'}),
		'30|0|30|0', 'all succeed');
	is($node->query(q{SELECT count(DISTINCT sync_id) FROM fivetrex_watch.runs WHERE account = 'thirty'}), 30,
		'each by its own sync');
	diag("30 runs, five at once: $calls calls");
};

$node->stop;
$mock->stop;
done_testing();
