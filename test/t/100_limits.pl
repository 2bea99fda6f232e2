# What answers tell of the account's rate limit and of Fivetran's clock.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('limits', $mock);
$node->add_world($mock, 'fivetran', max_retries => '3', max_retry_wait => '20');

my $limits = 'SELECT rate_limit, remaining, seen_at IS NOT NULL, round(extract(epoch
	FROM clock_skew) / 60), calls, retries, rate_limited FROM fivetrex_limits()';
my $read = 'SELECT count(*) FROM fivetran.groups;';

is($node->query($limits), '||f||0|0|0', 'nothing is known before the first answer');
is_deeply([ $mock->requests('fivetran') ], [], 'and nothing is asked for it');
is($node->query("$read $limits"), "14\n20000|19999|t|0|1|0|0", 'after one answer');
$mock->settings('fivetran', rate_limit => 500, rate_used => 100, clock_offset => 3600);
is($node->query("$read $read $limits"), "14\n14\n500|397|t|60|2|0|0",
	'a trial account, and a clock that is an hour ahead');
$mock->settings('fivetran', clock_offset => -7200);
is($node->query("$read $limits"), "14\n500|396|t|-120|1|0|0", 'two hours behind');

# answers without these headers, with odd ones, failures
$mock->fault('fivetran',
	{ path => 'groups', headers => { 'X-Rate-Limit' => undef, 'X-Rate-Limit-Remaining' => undef, 'Date' => undef } });
is($node->query("$read $limits"), "14\n||f||1|0|0", 'no headers');
foreach my $odd ('', ' ', '-1', 'many', '12x', '1.5')
{
	$mock->fault('fivetran',
		{ path => 'groups', headers => { 'X-Rate-Limit' => $odd, 'X-Rate-Limit-Remaining' => $odd, 'Date' => $odd } });
	is($node->query("$read $limits"), "14\n||f||1|0|0", "headers of '$odd'");
}
$mock->fault('fivetran',
	{ path => 'groups', headers => { 'X-Rate-Limit' => '99999999999999999999', 'X-Rate-Limit-Remaining' => ' 007 ' } });
is($node->query("$read $limits"), "14\n2147483647|7|t|-120|1|0|0", 'too large a number, and blanks');
$mock->fault('fivetran', { path => 'groups', status => 503 },
	{ path => 'groups', status => 429, headers => { 'Retry-After' => '0', 'X-Rate-Limit-Remaining' => '0' } });
like($node->query("$read $limits"), qr/^14\n500\|\d+\|t\|-120\|3\|2\|1$/, 'repetitions and refusals are counted');

# An answer that arrives late makes the bounds of the clock wide, not wrong; the next one makes them narrow again.
my $bounds = q{SELECT clock_skew - clock_error <= '0' AND clock_skew + clock_error >= '0', clock_error > '2 s'
	FROM fivetrex_limits()};
foreach my $late ('headers', 'body')
{
	my $world = "late_$late";
	$node->add_world($mock, $world);
	$mock->fault($world, { path => 'groups', stall => $late });
	# a machine that stops now and then is late by itself: it is read again until an answer has come in time
	my $again = qq{DO \$\$BEGIN LOOP PERFORM count(*) FROM $world.groups;
		EXIT WHEN (SELECT clock_error < '2 s' FROM fivetrex_limits('$world')); END LOOP; END\$\$};
	my $reader = $node->background('reader', "SELECT count(*) FROM $world.groups; " . ($bounds =~ s/\(\)/('$world')/r)
		. "; $again; " . ($bounds =~ s/\(\)/('$world')/r));
	$mock->wait_for($world, 1, undef, 'stalled');
	# the time that it is late by
	$node->query('SELECT pg_sleep(3.1)');
	$mock->release($world);
	is($node->ended($reader), '', 'no complaint');
	is($reader->{out}, "14\nt|t\nt|f\n", "late $late: the clock is within its bounds");
}

# fivetrex.max_retry_wait narrows the server's option
sub asks_to_wait
{
	my ($seconds, $setting) = @_;
	$mock->clear('fivetran');
	$mock->fault('fivetran', { path => 'groups', status => 429, headers => { 'Retry-After' => $seconds } });
	my ($status, $out, $err) = $node->psql('postgres', "SET fivetrex.max_retry_wait = $setting; $read");
	return join ' ', $status == 0 ? $out : $err =~ /rate limit/ ? 'refused' : $err, scalar $mock->requests('fivetran');
}
is(asks_to_wait(1, -1), '14 2', 'the server allows to wait a second');
is(asks_to_wait(1, 1), '14 2', 'so does the setting');
is(asks_to_wait(1, 0), 'refused 1', 'or it does not');
is(asks_to_wait(21, 100), 'refused 1', 'it cannot allow more than the server');

$node->query('CREATE ROLE reader; CREATE ROLE stranger; GRANT USAGE ON FOREIGN SERVER fivetran TO reader');
is($node->query("SET ROLE reader; $limits"), '||f||0|0|0', 'whoever may use the server may ask');
like($node->fails("SET ROLE stranger; $limits"), qr/42501: permission denied for foreign server/, 'nobody else');

$node->stop;
$mock->stop;
done_testing();
