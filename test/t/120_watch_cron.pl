# pg_cron drives fivetrex_watch, by background workers and by connections.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
chomp(my $lib = `$pg_config --pkglibdir`);
plan skip_all => 'pg_cron is not installed' unless -e "$lib/pg_cron.so";

my $mock = Fivetrex::Mock->start;
my %nodes;

# Both at the same time: a minute is the shortest that Debian 12's pg_cron knows.
foreach my $mode (qw(on off))
{
	my $node = $nodes{$mode} = Fivetrex::Watch->start("cron_$mode", $mock);
	my $socket = $node->host;
	$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = $mode
cron.host = '$socket'
});
	$node->restart;
	$node->account("w_$mode", connectors => 15);
	$mock->plan_syncs("w_$mode", { id => 'cron_lighthouse', run => 1, outcome => 'FAILURE' }, { run => 2 });
	$node->query(qq{CREATE EXTENSION pg_cron;
		CREATE MATERIALIZED VIEW mart AS SELECT clock_timestamp() AS at;
		CREATE MATERIALIZED VIEW other_mart AS SELECT clock_timestamp() AS at;
		CREATE TABLE asked (batch bigint, done boolean DEFAULT false);
		CALL fivetrex_watch.refresh();
		-- waits inside
		CREATE PROCEDURE nightly() LANGUAGE plpgsql AS \$\$
		DECLARE
		  batch bigint;
		  outcome text;
		BEGIN
		  IF EXISTS (SELECT FROM fivetrex_watch.runs WHERE requested_by = current_user AND connector_id = 'daily_beacon') THEN
		    RETURN;
		  END IF;
		  batch := fivetrex_watch.request('{assimilate_seem,daily_beacon}');
		  COMMIT;
		  CALL fivetrex_watch.wait(batch, outcome);
		  IF outcome = 'succeeded' THEN
		    REFRESH MATERIALIZED VIEW mart;
		  END IF;
		END \$\$;
		-- asks, and looks later
		CREATE PROCEDURE marts() LANGUAGE plpgsql AS \$\$
		BEGIN
		  IF NOT EXISTS (SELECT FROM asked) THEN
		    INSERT INTO asked SELECT fivetrex_watch.request('{unicode_meadow,cron_lighthouse}');
		  ELSIF EXISTS (SELECT FROM asked JOIN fivetrex_watch.batches b USING (batch) WHERE NOT done
		  	AND b.ended IS NOT NULL) THEN
		    REFRESH MATERIALIZED VIEW other_mart;
		    UPDATE asked SET done = true;
		  END IF;
		END \$\$;
		SELECT cron.schedule('marts', '* * * * *', 'CALL marts()');
		SELECT cron.schedule('nightly', '* * * * *', 'CALL nightly()');
		SELECT cron.schedule('beat ' || n, '* * * * *', 'CALL fivetrex_watch.refresh()') FROM generate_series(1, 4) n});
}

foreach my $mode (qw(on off))
{
	my $node = $nodes{$mode};
	my $world = "w_$mode";
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM asked WHERE done}),
		"$mode: the job without a blocked session is done");
	is($node->query(q{SELECT bool_and(m.at > r.ended_at) FROM mart m, fivetrex_watch.runs r
		WHERE r.connector_id IN ('assimilate_seem', 'daily_beacon')}), 't',
		"$mode: the nightly job refreshed its view after the syncs");
	is($node->query(q{SELECT string_agg(connector_id || ' ' || outcome || ' ' || known_by, ', ' ORDER BY id)
		FROM fivetrex_watch.runs WHERE batch = (SELECT batch FROM asked)}),
		'unicode_meadow succeeded history, cron_lighthouse failed history', "$mode: the other one knows how its runs ended");
	$node->query('SELECT cron.unschedule(jobid) FROM cron.job');
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM cron.job_run_details
		WHERE status NOT IN ('succeeded', 'failed')}), "$mode: all jobs end");
	# pg_cron cancels what runs while it is unscheduled
	is($node->query(q{SELECT string_agg(DISTINCT status || ' ' || coalesce(return_message, ''), '; ')
		FROM cron.job_run_details
		WHERE status <> 'succeeded' AND return_message IS DISTINCT FROM 'job canceled'}), '', "$mode: none fails");
	cmp_ok($node->query(q{SELECT count(*) FROM cron.job_run_details WHERE command LIKE '%refresh%'}), '>=', 4,
		"$mode: ticks that overlap");
	my %posts;
	$posts{$_}++ for grep { /^POST/ } $mock->requests($world);
	is_deeply([ grep { $_ != 1 } values %posts ], [], "$mode: each sync was asked for once");
	is($node->query(q{SELECT count(*) - count(DISTINCT (connector_id, sync_id)) FROM fivetrex_watch.syncs}), 0,
		"$mode: no sync twice");
	is($node->query(q{SELECT error IS NULL AND refreshed_at > now() - interval '5 min' FROM fivetrex_watch.accounts}),
		't', "$mode: the account is well");
	$node->stop;
}
$mock->stop;
done_testing();
