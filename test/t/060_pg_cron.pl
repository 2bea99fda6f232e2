# pg_cron runs what the README says it does.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
chomp(my $lib = `$pg_config --pkglibdir`);
plan skip_all => 'pg_cron is not installed' unless -e "$lib/pg_cron.so";

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('cron');
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
});
$node->restart;
$node->add_world($mock, 'fivetran');
$node->safe_psql('postgres', q{CREATE EXTENSION pg_cron;
	SELECT cron.schedule('sync', '* * * * *', $$SELECT fivetrex_sync('assimilate_seem')$$);
	SELECT cron.schedule(name, '* * * * *', $$UPDATE fivetran.connectors SET paused = true WHERE id = 'broken_anchor'
		AND NOT paused$$) FROM unnest(ARRAY['pause', 'pause, too']) name});

# A minute is the shortest that Debian 12's pg_cron knows.  A job was once seen that had no end after three minutes,
# beside another that had ended: so one of two is enough, and if none ends the test tells how they stand.
$node->poll_query_until('postgres', q{SELECT count(DISTINCT command) = 2 FROM cron.job_run_details
	WHERE status IN ('succeeded', 'failed')})
  or diag $node->safe_psql('postgres', q{SELECT jobid, status, return_message, start_time FROM cron.job_run_details;
	SELECT pid, state, wait_event, query_start, query FROM pg_stat_activity});
# those of the next minute may be about to start
is($node->safe_psql('postgres', q{SELECT DISTINCT status FROM cron.job_run_details
	WHERE status IN ('succeeded', 'failed')}),
	'succeeded', 'the jobs succeed');
my @made = $mock->requests('fivetran');
cmp_ok(scalar(grep { $_ eq 'POST /v1/connections/assimilate_seem/sync' } @made), '>=', 1, 'the sync arrives');
cmp_ok(scalar(grep { $_ eq 'PATCH /v1/connections/broken_anchor' } @made), '>=', 1, 'the update arrives');

$node->safe_psql('postgres', q{SELECT cron.unschedule(jobid) FROM cron.job});
$node->stop;
$mock->stop;
done_testing();
