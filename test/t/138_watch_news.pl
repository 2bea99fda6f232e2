# Events of batches, tasks, quotas and allowances, from refreshes as they are.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('news', $mock);

sub batches
{
	return map { s/"//gr } $node->rows(q{SELECT now, detail ->> 'batch', detail ->> 'n', detail ->> 'failed', message
		FROM fivetrex_watch.take('batches') WHERE kind = 'batch'});
}

# Refresh until no run is open; returns how often.
sub go_on
{
	my ($world) = @_;
	foreach my $n (1 .. 10)
	{
		$node->refresh($world);
		return $n if !$node->query("SELECT count(*) FROM fivetrex_watch.runs WHERE account = '$world' AND outcome IS NULL");
		$node->pass('61 s');
	}
	return;
}

subtest 'batches' => sub {
	$node->account('b', connectors => 15);
	$node->refresh('b');
	batches();
	$mock->plan_syncs('b', { id => 'cron_lighthouse', run => 1, outcome => 'FAILURE' }, { run => 1 });
	is($node->request('daily_beacon,assimilate_seem'), 1, 'asked');
	$node->refresh('b');
	is_deeply([ batches() ], [], 'nothing while one is open');
	ok(go_on('b'), 'they end');
	is_deeply([ batches() ], ['succeeded|1|2|0|batch 1: succeeded (2 of 2 runs succeeded)'], 'all succeeded: one event');
	$node->request('daily_beacon,cron_lighthouse,assimilate_seem', ', at_once => 1');
	$node->request('daily_beacon');
	ok(go_on('b'), 'they end');
	is_deeply([ sort { (split /\|/, $a)[1] <=> (split /\|/, $b)[1] } batches() ],
		[ 'failed|2|3|1|batch 2: failed (2 of 3 runs succeeded)',
			'succeeded|3|1|0|batch 3: succeeded (1 of 1 runs succeeded)' ],
		'one failed: one event with the first other outcome');
	$node->refresh('b');
	is_deeply([ batches() ], [], 'once');

	# cancelled by somebody: told by the next refresh
	$node->request('daily_beacon,assimilate_seem');
	$node->query('SELECT fivetrex_watch.cancel(4)');
	is_deeply([ batches() ], [], 'not by him who cancels');
	$node->refresh('b', ', runs_only => true');
	is_deeply([ batches() ], ['canceled|4|2|2|batch 4: canceled (0 of 2 runs succeeded)'], 'by any refresh');
	# taken back: never asked for
	$node->query(q{BEGIN; SELECT fivetrex_watch.request('{daily_beacon}', account => 'b'); ROLLBACK});
	$node->refresh('b');
	is_deeply([ batches() ], [], 'what was rolled back has no end');
	# who waits refreshes, so the event is there when he goes on
	my $batch = $node->request('daily_beacon');
	$node->query("CALL fivetrex_watch.wait($batch)");
	is_deeply([ map { s/\|.*//r } batches() ], ['succeeded'], 'by a wait, too');
};

subtest 'a job on events, without a session that waits' => sub {
	# from the recipe: what is taken and what depends on it are one transaction
	$node->query(q{CREATE TABLE marts (batch text, outcome text);
		CREATE PROCEDURE marts() LANGUAGE plpgsql AS $$
		BEGIN
			INSERT INTO marts SELECT detail ->> 'batch', now FROM fivetrex_watch.take('marts') WHERE kind = 'batch';
			IF EXISTS (SELECT FROM marts WHERE outcome = 'failed') THEN RAISE 'not now'; END IF;
		END $$;
		CALL marts()});
	$mock->plan_syncs('b', { id => 'cron_lighthouse', times => 1, run => 1, outcome => 'FAILURE' });
	$node->request('cron_lighthouse');
	go_on('b');
	like($node->fails('CALL marts()'), qr/not now/, 'it fails');
	$node->query(q{CREATE OR REPLACE PROCEDURE marts() LANGUAGE plpgsql AS $$
		BEGIN INSERT INTO marts SELECT detail ->> 'batch', now FROM fivetrex_watch.take('marts') WHERE kind = 'batch'; END $$;
		CALL marts(); CALL marts()});
	is($node->query('SELECT count(*), min(outcome) FROM marts'), '1|failed', 'and has lost nothing, nor done it twice');
};

subtest 'allowances' => sub {
	$node->account('late', connectors => 15);
	$node->query(q{UPDATE fivetrex_watch.accounts SET hold = '0', history_calls = 0 WHERE account = 'late'});
	my $recent = $node->query(q{SELECT to_json(now() - interval '3 hours') #>> '{}'});
	my @ids = qw(daily_beacon assimilate_seem);
	$mock->patch('late', 'connections', $_, set => {
		succeeded_at => $recent, failed_at => undef, schedule_type => 'manual',
		'status.setup_state' => 'connected', 'status.sync_state' => 'scheduled', 'status.update_state' => 'on_schedule',
		paused => JSON::PP::false() }) for @ids;
	$node->refresh('late');
	$node->news('late');
	my $allowed = sub { join ' ', $node->rows(q{SELECT coalesce(allowed::text, 'any') || (late_by IS NOT NULL)
		FROM fivetrex_watch.freshness
		WHERE account = 'late' AND connector_id IN ('daily_beacon', 'assimilate_seem') ORDER BY connector_id DESC}) };
	my $news = sub {
		$node->refresh('late');
		return [ grep { /^(?:daily_beacon|assimilate_seem)\|/ } $node->news('late') ];
	};
	is($allowed->(), 'anyfalse anyfalse', 'under a manual schedule data may be of any age');
	my ($group) = $node->table('group_id', 'connectors', q{AND id = 'daily_beacon'});
	$node->query(qq{INSERT INTO fivetrex_watch.slas (group_id, max_age) VALUES ('$group', '2 hours')});
	my @late = grep { $node->query("SELECT group_id = '$group' FROM fivetrex_watch.connectors WHERE account = 'late'
		AND id = '$_'") eq 't' } @ids;
	is_deeply([ sort @{ $news->() } ], [ sort map { "$_|health|ok|late" } @late ],
		'a row for their group: they are late from the next refresh on');
	$node->query(q{INSERT INTO fivetrex_watch.slas (connector_id, max_age) VALUES ('daily_beacon', '4 hours')});
	is_deeply($news->(), ['daily_beacon|health|late|ok'], 'a row for one of them: it is not');
	like($allowed->(), qr/^04:00:00false/, 'so says freshness');
	$node->query(q{UPDATE fivetrex_watch.slas SET max_age = '1 hour' WHERE connector_id = 'daily_beacon'});
	is_deeply($news->(), ['daily_beacon|health|ok|late'], 'changed');
	like($node->query(q{SELECT message FROM fivetrex_watch.events WHERE account = 'late' ORDER BY id DESC LIMIT 1}),
		qr/^\S+: late, was ok: its data are as of 20\S+ \S+ UTC, older than 60 min$/, 'in words');
	$node->query(q{DELETE FROM fivetrex_watch.slas});
	is_deeply([ sort @{ $news->() } ], [ sort map { "$_|health|late|ok" } @late ], 'none: by the schedule again');
};

subtest 'few calls are left' => sub {
	$node->account('quota', connectors => 15, max_retries => 0);
	$mock->settings('quota', rate_limit => 1000, rate_used => 0);
	$node->refresh('quota');
	$node->news('quota');
	$mock->settings('quota', rate_limit => 1000, rate_used => 930);
	$node->query(q{UPDATE fivetrex_watch.accounts SET history_calls = 0 WHERE account = 'quota'});
	$node->refresh('quota');
	my @news = grep { /quota/ } $node->news('quota');
	is(scalar @news, 1, 'told') or diag join "\n", @news;
	like($news[0], qr/^\|quota\|\|\d+$/, 'with their number');
	$node->refresh('quota');
	is_deeply([ grep { /quota/ } $node->news('quota') ], [], 'once');
	$node->pass('61 min');
	$node->refresh('quota');
	is(scalar(grep { /quota/ } $node->news('quota')), 1, 'in an hour');
};

subtest 'a key that is refused, before anything was seen' => sub {
	$node->account('key', connectors => 3, max_retries => 0);
	$mock->fault('key', { status => 401, times => 0 });
	$node->news('key');
	$node->refresh('key') for 1 .. 3;
	my @news = $node->news('key');
	is(scalar @news, 1, 'one event');
	like($news[0], qr/^\|account\|ok\|.*(?:key|refused|API)/, 'says it');
	$mock->clear_faults('key');
	$node->refresh('key');
	$node->pass('11 min');
	$node->refresh('key');
	like(join("\n", $node->news('key')), qr/^\|account\|.*\|ok$/,
		'and its end, but no connector: what is there at the first look is no news');
};

subtest 'rights of a runner' => sub {
	$node->query(q{CREATE ROLE runner; GRANT USAGE ON SCHEMA fivetrex_watch, key TO runner;
		GRANT ALL ON ALL TABLES IN SCHEMA fivetrex_watch TO runner;
		GRANT ALL ON ALL SEQUENCES IN SCHEMA fivetrex_watch TO runner;
			GRANT EXECUTE ON ALL ROUTINES IN SCHEMA fivetrex_watch TO runner;
		GRANT SELECT ON ALL TABLES IN SCHEMA key TO runner; GRANT USAGE ON FOREIGN SERVER key TO runner;
			UPDATE fivetrex_watch.accounts SET webhooks_every = '1 hour' WHERE account = 'key'});
	$mock->settings('key', connectors => 4);
	my (undef, undef, $err) = $node->psql('postgres', q{SET ROLE runner; CALL fivetrex_watch.refresh('key');
		CALL fivetrex_watch.refresh_tables(account => 'key')});
	is($err, '', 'he refreshes all');
	is(scalar(grep { /\|appeared\|/ } $node->news('key')), 1, 'and tells');
	is($node->query(q{SELECT count(*) > 0, bool_and(webhooks_error IS NULL) FROM fivetrex_watch.webhooks w
		JOIN fivetrex_watch.accounts USING (account)}), 't|t', 'of webhooks, too');
};

$node->stop;
$mock->stop;
done_testing();
