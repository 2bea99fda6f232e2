# Child tables: how many requests at once, when a LIMIT ends them, and the window of the history of syncs;
# which requests they make, and what becomes of parents that fail, is in stories/children.sql.

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
$node->safe_psql('postgres', 'ALTER DATABASE postgres SET search_path = w, public');

# ---------- LIMIT

{
	my ($log, $out) = $node->sent($mock, 'w', q{SELECT user_id FROM group_users LIMIT 3});
	is(scalar(split /\n/, $out), 3, 'LIMIT: rows');
	cmp_ok(scalar @$log, '<=', 4, 'LIMIT stops early');
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

# ---------- the sync history's window

{
	# the statement's moment lies between two that are asked for
	my $moment = sub { return $node->safe_psql('postgres', 'SELECT clock_timestamp()') };
	my $before = $moment->();
	my ($log) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_sync_history
		WHERE connector_id = 'assimilate_seem' AND "start" >= now() - interval '2 days'
		AND "start" < now() - interval '1 day'});
	my ($from, $to) = $log->[0] =~ /start_time=(\S+?)&end_time=(\S+?)&limit=1000$/;
	s/%3A/:/g for $from, $to;
	my $after = $moment->();
	is($node->safe_psql('postgres', "SELECT timestamptz '$from' BETWEEN timestamptz '$before' - interval '2 days 10 s'
		AND timestamptz '$after' - interval '2 days', timestamptz '$to' BETWEEN timestamptz '$before' - interval '1 day'
		AND timestamptz '$after' - interval '23:59:50'"), 't|t', 'bounds on start are pushed');
	$before = $moment->();
	($log) = $node->sent($mock, 'w', q{SELECT count(*) FROM connector_sync_history
		WHERE connector_id = 'assimilate_seem'});
	($from, $to) = $log->[0] =~ /start_time=(\S+?)&end_time=(\S+?)&limit=1000$/;
	s/%3A/:/g for $from, $to;
	is($node->safe_psql('postgres',
		"SELECT timestamptz '$to' > '$before', timestamptz '$to' - timestamptz '$from' BETWEEN interval
		'6 days 23 hours 55 minutes' AND interval '7 days'"), 't|t',
		'without bounds it is all that can be reached, what begins just now included');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM connector_sync_history WHERE connector_id = 'syncing_river'
		AND "end" IS NULL}), 1, 'a running sync');
}

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
