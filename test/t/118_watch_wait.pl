# CALL fivetrex_watch.wait(): for exactly what was asked for, by anybody, without holding anything.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('wait', $mock);

# Output and complaints of SQL as a whole.
sub told
{
	my (undef, $out, $err) = $node->psql('postgres', $_[0]);
	return ($out, $err =~ s/psql:<stdin>:\d+: //gr);
}

subtest 'outcomes' => sub {
	$node->account('w', connectors => 15);
	$node->refresh('w');
	$mock->plan_syncs('w', { id => 'daily_beacon', run => 2, outcome => 'FAILURE', reason => 'no route' }, { run => 1 });
	my $batch = $node->request('assimilate_seem,daily_beacon,cron_lighthouse');
	my ($out, $err) = told("CALL fivetrex_watch.wait($batch)");
	is($out, 'failed', 'the first other than succeeded');
	is(join("\n", sort split /\n/, $err =~ s/\d+ (?:s|min)\)/N s)/gr =~ s/_\d+//gr),
		"NOTICE:  google_cloud_postgresql: succeeded (N s)\nNOTICE:  postgres: failed, no route (N s)\n"
			. "NOTICE:  s3.events: succeeded (N s)", 'each is told when it has ended');
	is(join(' ', told("CALL fivetrex_watch.wait($batch)")) =~ s/NOTICE.*//rs, 'failed ', 'what is over is known at once');
	$batch = $node->request('assimilate_seem,cron_lighthouse');
	is((told("CALL fivetrex_watch.wait($batch)"))[0], 'succeeded', 'all succeeded');
	$batch = $node->request('paused_canyon');
	is((told("CALL fivetrex_watch.wait($batch)"))[0], 'paused', 'paused');
	$batch = $node->request('daily_beacon');
	is($node->query("SELECT fivetrex_watch.cancel($batch)"), 1, 'canceled');
	is((told("CALL fivetrex_watch.wait($batch)"))[0], 'canceled', 'by somebody');
	like($node->fails("BEGIN; CALL fivetrex_watch.wait(" . $node->request('daily_beacon') . ')'), qr/2D000/,
		'not in a transaction block');
	$node->query(q{SELECT fivetrex_watch.cancel(batch) FROM fivetrex_watch.runs WHERE outcome IS NULL});
};

subtest 'sync, wait, refresh' => sub {
	$node->account('house', connectors => 15);
	$node->refresh('house');
	$node->query(q{CREATE MATERIALIZED VIEW mart AS SELECT now() AS at;
		CREATE PROCEDURE nightly() LANGUAGE plpgsql AS $$
		DECLARE
		  batch bigint := fivetrex_watch.request('{assimilate_seem,daily_beacon}', account => 'house');
		  outcome text;
		BEGIN
		  COMMIT;
		  CALL fivetrex_watch.wait(batch, outcome);
		  IF outcome = 'succeeded' THEN
		    REFRESH MATERIALIZED VIEW mart;
		  ELSE
		    RAISE WARNING 'nightly: %', outcome;
		  END IF;
		END $$});
	$mock->plan_syncs('house', { run => 2 });
	my $before = $node->query('SELECT at FROM mart');
	my (undef, $err) = told('CALL nightly()');
	unlike($err, qr/WARNING/, 'no complaint');
	is($node->query(q{SELECT bool_and(at > ended_at) FROM mart, fivetrex_watch.runs WHERE account = 'house'}), 't',
		'the view was refreshed after both syncs');
	$mock->clear_plans('house');
	$mock->plan_syncs('house', { outcome => 'FAILURE' , run => 0 });
	my $at = $node->query('SELECT at FROM mart');
	like((told('CALL nightly()'))[1], qr/WARNING:  nightly: failed/, 'a failure');
	is($node->query('SELECT at FROM mart'), $at, 'is not taken for new data');
};

subtest 'many waiters share their looks' => sub {
	$node->account('shared', connectors => 15, retry_delay => 200);
	$node->refresh('shared');
	my @batches = map { $node->request($_) } qw(assimilate_seem daily_beacon cron_lighthouse unicode_meadow);
	my @waiters = map { $node->background("waiter $_", "CALL fivetrex_watch.wait($_)") } @batches;
	$mock->wait_for('shared', 4, '/sync', 'answered');
	$node->poll_query_until('postgres', q{SELECT count(*) = 4 FROM pg_stat_activity WHERE application_name LIKE 'waiter%'
		AND wait_event = 'PgSleep'});
	# from when each of the four has been looked at
	$node->poll_query_until('postgres', q{SELECT bool_and(looked_at IS NOT NULL) FROM fivetrex_watch.runs
		WHERE account = 'shared'});
	$node->query(q{CREATE TABLE looks (at timestamptz);
		CREATE FUNCTION note_look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.looks
			VALUES (NEW.runs_looked_at); RETURN NULL; END$$;
		CREATE TRIGGER note_look AFTER UPDATE ON fivetrex_watch.accounts FOR EACH ROW
		WHEN (OLD.runs_looked_at IS DISTINCT FROM NEW.runs_looked_at) EXECUTE FUNCTION note_look()});
	$mock->clear('shared');
	$node->poll_query_until('postgres', q{SELECT count(*) >= 3 FROM looks});
	my $calls = grep { /^GET/ } $mock->requests('shared');
	my ($looks, $close) = split /\|/,
		$node->query(q{SELECT count(*), count(*) FILTER (WHERE at - before < interval '1 s' *
		fivetrex_watch.first_pause('shared') / 2)
		FROM (SELECT at, lag(at) OVER (ORDER BY at) AS before FROM looks) x});
	is($close, 0, 'none looks right after another');
	cmp_ok($calls, '<=', 5 * ($looks + 1), "one look of four connectors for all: $calls calls in $looks looks");
	$node->query(q{DROP TRIGGER note_look ON fivetrex_watch.accounts});
	# their snapshots are as young as their pause
	my $oldest = 'SELECT min(backend_xmin::text::bigint) FROM pg_stat_activity WHERE application_name LIKE $$waiter%$$';
	my $xid = $node->query('SELECT txid_current()');
	ok($node->poll_query_until('postgres', "SELECT coalesce(($oldest), 2^40) >= $xid"), 'none holds an old snapshot');
	# the two views are not of the same moment
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE application_name LIKE 'waiter%' AND l.locktype = 'advisory' AND wait_event = 'PgSleep'}), 'or a lock');

	# one of them is killed, another one's session is gone
	$node->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waiter } . $batches[0]
		. q{'});
	$node->query(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'waiter } . $batches[1]
		. q{'});
	isnt($node->ended(@waiters[ 0, 1 ]), '', 'two waiters end');
	$mock->end_sync('shared', $_) for qw(assimilate_seem daily_beacon cron_lighthouse unicode_meadow);
	unlike($node->ended(@waiters[ 2, 3 ]), qr/ERROR/, 'the others go on');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.runs WHERE account = 'shared' AND outcome = 'succeeded'}), 4,
		'and all that was asked for has ended');
};

subtest 'a waiter without rights' => sub {
	$node->account('other', connectors => 15);
	$node->refresh('other');
	$node->query(q{CREATE ROLE asker; GRANT USAGE ON SCHEMA fivetrex_watch TO asker; GRANT
		SELECT ON ALL TABLES IN SCHEMA fivetrex_watch TO asker;
		GRANT EXECUTE ON ALL ROUTINES IN SCHEMA fivetrex_watch TO asker});
	$mock->plan_syncs('other', { run => 0 });
	my $batch = $node->query(q{SET ROLE asker; SELECT fivetrex_watch.request('{daily_beacon}', account => 'other')});
	$mock->clear('other');
	my $waiter = do { local $ENV{PGOPTIONS} = '-c role=asker';
		$node->background('asker', "CALL fivetrex_watch.wait($batch)") };
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'asker'
		AND wait_event = 'PgSleep'});
	is_deeply([ $mock->requests('other') ], [], 'leaves the work to the heartbeat');
	$node->refresh('other') for 1 .. 2;
	unlike($node->ended($waiter), qr/ERROR:  42501/, 'and learns of the end');
	is($node->query("SELECT outcome, requested_by FROM fivetrex_watch.runs WHERE batch = $batch"), 'succeeded|asker',
		'by the name of its role');
};

$node->stop;
$mock->stop;
done_testing();
