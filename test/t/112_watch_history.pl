# Sync histories are read where there is something new, and kept.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('history', $mock);
my @board = ('GET groups', 'GET list');

# Histories that a refresh asked for.
sub histories
{
	my ($world, $complaint) = @_;
	my $err = $node->refresh($world);
	defined $complaint ? like($err, $complaint, 'complaint') : is($err, '', 'no complaint');
	return [ map { m{^GET (.*)/sync-history$} } $node->asked ];
}

# A whole sync, as a schedule does it.
sub sync
{
	my ($world, $connector, %how) = @_;
	$mock->begin_sync($world, $connector, ago => $how{ago} // 60);
	delete $how{ago};
	return $mock->end_sync($world, $connector, %how);
}

# The played syncs as they are, and as they are kept.
sub kept_as_played
{
	my ($world, $name) = @_;
	my $played = $mock->syncs($world);
	my @played = sort map { my $c = $_;
		map { join '|', $c, $_->{sync_id}, $_->{status}, $_->{end} ? 't'
		: 'f', $_->{reason} // '' } @{ $played->{$c} } } keys %$played;
	my @kept = sort grep { my ($c, $id) = split /\|/; grep { $_->{sync_id} eq $id } @{ $played->{$c} // [] } }
	  $node->table(q{connector_id, sync_id, status, ended_at IS NOT NULL, reason}, 'syncs');
	return is_deeply(\@kept, \@played, $name);
}

subtest 'what is asked for, and when' => sub {
	$node->account('w', connectors => 15);
	is_deeply(histories('w'), [], 'nothing of the last seven days');
	sync('w', 'assimilate_seem', ago => 300);
	is_deeply(histories('w'), ['assimilate_seem'], 'one has synced');
	kept_as_played('w', 'its sync is kept');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.syncs WHERE connector_id = 'assimilate_seem'}), 41,
		'and all of seven days');
	is($node->query(q{SELECT c.data_as_of = s.started_at, c.history_until = c.succeeded_at, a.history_served
		FROM fivetrex_watch.connectors c
		JOIN LATERAL (SELECT max(started_at) AS started_at FROM fivetrex_watch.syncs s WHERE s.connector_id = c.id) s ON true
		JOIN fivetrex_watch.accounts a USING (account) WHERE id = 'assimilate_seem'}), 't|t|t',
			'the data are as of its start');
	is_deeply(histories('w'), [], 'not again');
	sync('w', 'assimilate_seem', outcome => 'FAILURE', reason => 'no route');
	$mock->begin_sync('w', 'assimilate_seem');
	is_deeply(histories('w'), [], 'not within history_every');
	$node->pass('61 min');
	is_deeply(histories('w'), ['assimilate_seem'], 'but after it');
	kept_as_played('w', 'the running one too');
	is($node->query(q{SELECT name IS NOT NULL, status, reason FROM fivetrex_watch.failures WHERE reason = 'no route'}),
		't|FAILURE|no route', 'the failure is told');
	$mock->end_sync('w', 'assimilate_seem');
	$node->pass('61 min');
	is_deeply(histories('w'), ['assimilate_seem'], 'it has ended');
	kept_as_played('w', 'the row is completed');
	my ($start) = map { /start_time=([^&]+)/ && $1 =~ s/%3A/:/gr } grep { /sync-history/ } $mock->requests('w');
	is($node->query("SELECT '$start'::timestamptz BETWEEN now() - interval '2 hours' AND now() - interval '58 min'"), 't',
		'only what is new is asked for');
};

subtest 'many at once' => sub {
	$node->account('many', connectors => 40);
	$node->query(q{UPDATE fivetrex_watch.accounts SET history_calls = 10 WHERE account = 'many'});
	$node->refresh('many');
	my @ids = $node->rows(q{SELECT id FROM fivetrex_watch.connectors WHERE account = 'many' AND sync_state = 'scheduled'
		AND setup_state = 'connected' ORDER BY id LIMIT 23});
	sync('many', $_) for @ids;
	is(scalar @ids, 23, 'so many have synced');
	is_deeply([ map { scalar @{ histories('many') } } 1 .. 4 ], [ 10, 10, 3, 0 ], 'history_calls limits a refresh');
	kept_as_played('many', 'no sync is lost');
	$node->query(q{UPDATE fivetrex_watch.accounts SET history_calls = 500 WHERE account = 'many'});
	$node->pass('61 min');
	sync('many', $_) for @ids;
	$mock->clear('many');
	$mock->fault('many', { path => 'sync-history', times => 2, stall => 'headers' });
	my $refresh = $node->background('refresh', q{CALL fivetrex_watch.refresh('many')});
	$mock->wait_for('many', 2, undef, 'stalled');
	pass('two at the same time');
	$mock->release('many');
	is($node->ended($refresh), '', 'no complaint');
	is_deeply([ map { m{^GET (.*)/sync-history$} } $node->asked ], \@ids, 'all in one');
	kept_as_played('many', 'all are kept');
};

subtest 'a history that lags' => sub {
	$node->account('lag', connectors => 15);
	$node->refresh('lag');
	$mock->plan_syncs('lag', { history_lag => 2 });
	sync('lag', 'daily_beacon', ago => 7200);
	is_deeply(histories('lag'), ['daily_beacon'], 'asked');
	is($node->query(q{SELECT history_until IS NULL FROM fivetrex_watch.connectors WHERE account = 'lag'
		AND id = 'daily_beacon'}), 't', 'it is known that it is behind');
	for (1, 2)
	{
		$node->pass('61 min');
		is_deeply(histories('lag'), ['daily_beacon'], 'asked again');
	}
	kept_as_played('lag', 'the sync is not lost');
	$node->pass('61 min');
	is_deeply(histories('lag'), [], 'and that is known');
	$mock->fault('lag', { path => 'daily_beacon/sync-history', times => 0,
		body_text => '{"code":"Success","message":"","data":{"items":[]}}' });
	# a little later by their clock: that the one before is known says nothing
	$mock->settings('lag', clock_offset => 600);
	sync('lag', 'daily_beacon');
	$node->pass('61 min');
	is_deeply(histories('lag'), ['daily_beacon'], 'a history that never tells');
	$node->pass('61 min');
	is_deeply(histories('lag'), ['daily_beacon'], 'is asked each time');
	$node->query(q{UPDATE fivetrex_watch.accounts SET clock_skew = NULL WHERE account = 'lag';
		UPDATE fivetrex_watch.connectors SET history_asked_at = NULL WHERE account = 'lag'});
	$mock->settings('lag', clock_offset => 90000);
	$mock->clear_faults('lag');
	$mock->fault('lag', { path => 'daily_beacon/sync-history', times => 0,
		body_text => '{"code":"Success","message":"","data":{"items":[]}}' });
	$node->refresh('lag');
	$node->pass('61 min');
	is_deeply(histories('lag'), [], 'for a day');
};

subtest 'errors' => sub {
	$node->account('bad', connectors => 40, max_retries => 0);
	$node->refresh('bad');
	my @ids = $node->rows(q{SELECT id FROM fivetrex_watch.connectors WHERE account = 'bad' AND sync_state = 'scheduled'
		AND setup_state = 'connected' AND id <> 'assimilate_seem' ORDER BY id LIMIT 8});
	sync('bad', 'assimilate_seem');
	histories('bad');
	sync('bad', $_) for @ids;
	$node->pass('61 min');
	$mock->fault('bad', { path => "$ids[2]/sync-history", times => 0,
		body_text => '{"code":"Success","data":{"items":[7]}}' });
	histories('bad');
	is($node->query(q{SELECT string_agg(id || ': ' || (history_error <> ''), ' ') FROM fivetrex_watch.connectors
		WHERE account = 'bad' AND history_error IS NOT NULL}),
		"$ids[2]: true", 'the bad one keeps its error to itself');
	is($node->query(q{SELECT error IS NULL FROM fivetrex_watch.accounts WHERE account = 'bad'}), 't',
		'the account has none');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.connectors WHERE account = 'bad'
		AND history_until > now() - interval '1 day'}), 8, 'the others are read');
	$mock->clear_faults('bad');
	$node->pass('61 min');
	is_deeply(histories('bad'), [ $ids[2] ], 'it is tried again');
	kept_as_played('bad', 'and nothing is lost');

	sync('bad', $_) for @ids;
	$node->pass('61 min');
	$mock->fault('bad', { path => 'sync-history', times => 0, status => 500 });
	cmp_ok(scalar @{ histories('bad', qr/WARNING:  58000: account "bad"/) }, '<=', scalar(@ids) + 4,
		'an API that is down is not asked for each');
	$mock->clear_faults('bad');
	$mock->fault('bad', { path => 'sync-history', times => 0, status => 429 });
	$node->pass('61 min');
	is(scalar @{ histories('bad', qr/WARNING:  53400: account "bad"/) } <= @ids ? 'once'
		: 'more', 'once', 'nor one whose limit is reached');
	$mock->clear_faults('bad');
	$node->pass('61 min');
	is_deeply([ sort @{ histories('bad') } ], \@ids, 'later');
	kept_as_played('bad', 'nothing is lost');
};

subtest 'an account without histories' => sub {
	$node->account('plan', connectors => 15);
	$node->refresh('plan');
	my $gate = { path => 'sync-history', times => 0, status => 404,
		body => { code => 'NotFound', message => 'HTTP 404 Not Found' } };
	$mock->fault('plan', $gate);
	sync('plan', $_) for qw(assimilate_seem daily_beacon);
	is(scalar @{ histories('plan') }, 1, 'one call tells');
	is($node->query(q{SELECT history_served, error IS NULL FROM fivetrex_watch.accounts WHERE account = 'plan'}), 'f|t',
		'and is no error');
	$node->pass('2 hours');
	is_deeply(histories('plan'), [], 'it is remembered');
	is($node->query(q{SELECT data_as_of = succeeded_at FROM fivetrex_watch.connectors WHERE account = 'plan'
		AND id = 'daily_beacon'}), 't', 'the end stands for the start');
	$node->pass('23 hours');
	is(scalar @{ histories('plan') }, 1, 'for a day');
	$mock->clear_faults('plan');
	$node->pass('25 hours');
	is(scalar @{ histories('plan') }, 2, 'then all are read');
	is($node->query(q{SELECT history_served FROM fivetrex_watch.accounts WHERE account = 'plan'}), 't',
		'as they are there');
	kept_as_played('plan', 'all of them');
};

subtest 'few calls are left' => sub {
	$node->account('quota', connectors => 15);
	$node->refresh('quota');
	sync('quota', 'daily_beacon');
	$mock->settings('quota', rate_limit => 500, rate_used => 455);
	is_deeply(histories('quota',
		qr/WARNING:  01000: account "quota": sync histories are not read, as 4\d of 500 calls of the hour are left/), [],
		'no history is read');
	is($node->query(q{SELECT rate_limit, remaining BETWEEN 40 AND 49, error IS NULL FROM fivetrex_watch.accounts
		WHERE account = 'quota'}), '500|t|t', 'the account says what is left');
	$mock->settings('quota', rate_used => 100);
	is_deeply(histories('quota'), ['daily_beacon'], 'later they are');
};

subtest 'clocks' => sub {
	foreach my $offset (-7200, -599, 599, 7200)
	{
		my $world = 'clock' . ($offset + 7200);
		$node->account($world, connectors => 15);
		$mock->settings($world, clock_offset => $offset);
		$node->refresh($world);
		sync($world, 'daily_beacon');
		is_deeply(histories($world), ['daily_beacon'], "a clock that is $offset s ahead");
		kept_as_played($world, 'its syncs are found');
		is($node->query("SELECT abs(extract(epoch FROM clock_skew) - $offset) < 30 FROM fivetrex_watch.accounts
			WHERE account = '$world'"), 't', 'and it is known');
	}
};

$node->stop;
$mock->stop;
done_testing();
