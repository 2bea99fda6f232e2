# What watching 2,500 connectors costs in API calls: the table of README.md.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('budget', $mock);
$node->account('big');
$node->refresh('big');

# Calls of a refresh by kind: lists (with groups), details, histories, POSTs.
sub calls
{
	my ($world, $more) = @_;
	is($node->refresh($world, $more // ''), '', 'no complaint');
	my @asked = $node->asked;
	my %n = (lists => 0, details => 0, histories => 0, posts => 0);
	foreach (@asked)
	{
		$n{ /^POST/ ? 'posts' : /sync-history/ ? 'histories' : /^GET (list|groups)$/ ? 'lists' : 'details' }++;
	}
	return \%n;
}

is_deeply(calls('big'), { lists => 4, details => 0, histories => 0, posts => 0 },
	'a refresh: three pages and the groups');

my @all = $node->rows(q{SELECT id FROM fivetrex_watch.connectors WHERE sync_state = 'scheduled'
	AND setup_state = 'connected' ORDER BY id});
foreach my $id (@all[ 0 .. 599 ])
{
	$mock->begin_sync('big', $id, ago => 100);
	$mock->end_sync('big', $id);
}
# the first call tells whether there are histories
is_deeply(calls('big'), { lists => 4, details => 0, histories => 500, posts => 0 },
	'600 have synced: 500 histories at most');
is_deeply(calls('big'), { lists => 4, details => 0, histories => 100, posts => 0 }, 'the rest in the next one');
is_deeply(calls('big'), { lists => 4, details => 0, histories => 0, posts => 0 }, 'each once');
is($node->query(q{SELECT count(DISTINCT connector_id) FROM fivetrex_watch.syncs
	WHERE started_at > now() - interval '10 min'}), 600, 'no sync is lost');

# a run
$mock->plan_syncs('big', { run => 2 });
$node->request($all[700]);
is_deeply(calls('big'), { lists => 4, details => 0, histories => 0, posts => 1 }, 'a run: one POST');
is_deeply(calls('big', ', runs_only => true'), { lists => 0, details => 1, histories => 0, posts => 0 },
	'a look at it: one call') for 1 .. 2;
is_deeply(calls('big', ', runs_only => true'), { lists => 0, details => 1, histories => 1, posts => 0 },
	'at the end its history');

# thirty runs, ten at once, as wait() looks at them
$node->request(join(',', @all[ 800 .. 829 ]), ', at_once => 10');
my %sum;
my ($looks, $most) = (0, 0);
while ($node->query('SELECT count(*) FROM fivetrex_watch.runs WHERE outcome IS NULL'))
{
	my $n = calls('big', ', runs_only => true');
	$sum{$_} += $n->{$_} for keys %$n;
	$looks++;
	my $open = $node->query('SELECT count(*) FROM fivetrex_watch.runs WHERE outcome IS NULL AND triggered_at IS NOT NULL');
	$most = $open if $open > $most;
}
is($most, 10, 'ten at once');
is($sum{posts}, 30, '30 POSTs');
is($sum{histories}, 30, '30 histories');
cmp_ok($sum{lists} + $sum{details}, '<=', $looks * 10,
	'a look costs no more than a call for each run that is under way');
diag("30 runs, ten at once: $sum{posts} POSTs, $sum{histories} histories, " . ($sum{lists} + $sum{details})
	. " calls for $looks looks ($sum{lists} of lists, $sum{details} details)");

# the manual says so
my ($line) = grep { /30 runs, ten at once/ } split /\n/, slurp_file("$FindBin::RealBin/../recipes/README.md");
like($line, qr/30 POSTs, 30 histories/, 'the manual tells what thirty runs cost');
like(slurp_file("$FindBin::RealBin/../recipes/README.md"), qr/\| a refresh \| 4 /, 'and what a refresh costs');

$node->stop;
$mock->stop;
done_testing();
