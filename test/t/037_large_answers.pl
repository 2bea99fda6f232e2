# What large and hostile answers cost: memory by byte of the answer, and that a
# time limit ends the work on them.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use List::Util qw(max);
use Test::More;
use Time::HiRes qw(time);
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('large');
$node->add_world($mock, 'l', page_size => 1000, max_retries => 0);
$mock->allow_violations('l');

# sizes are for a machine of today; ONE_TENTH of them under tools that slow down
my $scale = $ENV{FTX_SANITIZE} || ($ENV{LD_PRELOAD} // '') =~ /asan/ ? 0.1 : 1;

# What each kind of statement reads, and what stands around the units.
my @one_connector = ('/v1/connections', '{"code":"Success","data":{"items":[{"id":"a","x":%s', '%s}]}}');
my %places = (
	item => [ 'SELECT count(*) FROM l.connectors', @one_connector ],
	attrs => [ 'SELECT count(attrs) FROM l.connectors', @one_connector ],
	items => [ 'SELECT count(*) FROM l.connectors', '/v1/connections', '{"code":"Success","data":{"items":[%s', '%s]}}' ],
	events => [ 'SELECT cardinality(events) FROM l.webhooks', '/v1/webhooks',
		'{"code":"Success","data":{"items":[{"id":"a","events":%s', '%s}]}}' ],
	schemas => [ q{SELECT count(*) FROM l.connector_schemas WHERE connector_id = 'c'}, '/schemas',
		'{"code":"Success","data":{"schemas":{%s', '%s}}}' ],
	tables_of => [ q{SELECT count(*) FROM l.connector_tables WHERE connector_id = 'c'}, '/schemas',
		'{"code":"Success","data":{"schemas":{%s', '%s}}}' ],
	in_destination => [ q{SELECT count(schema_in_destination) FROM l.connector_tables WHERE connector_id = 'c'},
		'/schemas',
		'{"code":"Success","data":{"schemas":{%s', '%s}}}' ],
	columns => [ q{SELECT count(*) FROM fivetrex_table_columns('c', 's', 't', server => 'l')}, '/columns',
		'{"code":"Success","data":{"columns":{%s', '%s}}}' ],
	tables => [ q{SELECT count(*) FROM l.connector_tables WHERE connector_id = 'c'}, '/schemas',
		'{"code":"Success","data":{"schemas":{"s":{"name_in_destination":"s","enabled":true,"tables":{%s', '%s}}}}}' ],
	table_attrs => [ q{SELECT count(attrs) FROM l.connector_tables WHERE connector_id = 'c'}, '/schemas',
		'{"code":"Success","data":{"schemas":{"s":{"name_in_destination":"s","enabled":true,"tables":{%s', '%s}}}}}' ],
	request => [ q{SELECT fivetrex_request('GET', '/v1/groups', server => 'l') IS NOT NULL}, '/v1/groups',
		'{"code":"Success","data":%s', '%s}' ],
	error => [ q{SELECT count(*) FROM l.groups}, '/v1/groups', '{"code":"InvalidInput","message":%s', '%s}' ],
	blanks => [ q{SELECT count(*) FROM l.groups}, '/v1/groups', '%s', '%s' ],
);

my $kanji = join '', map { sprintf '\u%04x', 0x3042 + $_ } 0 .. 24;

# name, place, head, unit, millions of units, tail, status; then the SQLSTATE, and
# bytes beside the body by byte of the body.
#
# What is built beside the body itself may take as many times the body; for jsonb
# that is what jsonb_in() takes at least (72 bytes for a member, 32 for an
# element, and the numbers), of which we use a part; for text[] the array, which
# has 8 bytes for "a", and nothing else; for maps twice the body, with it three
# times.
my @bodies = (
	[ 'strings that are escapes, wanted', 'attrs', '[', '"\n",', 1, '1]', undef, undef, 5 ],
	[ 'strings that are escapes, not wanted', 'item', '[', '"\n",', 4, '1]', undef, undef, 0.2 ],
	[ 'keys that are escapes, not wanted', 'item', '0', ',"\n":0', 2, '', undef, undef, 0.2 ],
	[ 'keys that are escapes, wanted', 'attrs', '{"b":0', ',"\u0062%d":0', 0.3, '}', undef, undef, 7 ],
	[ 'one key many times', 'attrs', '{"b":0', ',"b":0', 2, '}', undef, undef, 9 ],
	[ 'numbers', 'attrs', '[', '1,', 4, '1]', undef, undef, 28 ],
	[ 'a number of many digits', 'attrs', '1', '1', 20, '', undef, '22003', 3 ],
	[ 'empty objects', 'attrs', '[', '{},', 3, '{}]', undef, undef, 13 ],
	[ 'empty items', 'items', '{}', ',{}', 6, '', undef, '08P01', 0.2 ],
	[ 'strings in text[]', 'events', '["a"', ',"a"', 3, ']', undef, undef, 2.3 ],
	[ 'escapes in text[]', 'events', '["a"', ',"\n"', 3, ']', undef, undef, 2 ],
	[ 'empty strings in text[]', 'events', '[""', ',""', 3, ']', undef, undef, 2 ],
	[ 'nulls in text[]', 'events', '["a"', ',null', 3, ']', undef, undef, 0.5 ],
	[ 'numbers in text[]', 'events', '[1', ',1', 8, ']', undef, '42804', 0.2 ],
	[ 'a string', 'request', '"', 'x', 40, '"', undef, undef, 2.5 ],
	[ 'a string of escapes', 'request', '"', '\n', 20, '"', undef, undef, 2.5 ],
	[ 'blanks in front of the end', 'blanks', '{"code":"Success","data":{"items":[]}', ' ', 60, '}', undef, undef, 0.2 ],
	[ 'blanks, then nothing', 'blanks', '', ' ', 60, '', undef, '08P01', 0.2 ],
	[ 'tables with names in escapes', 'tables', '"a":{}',
		qq{,"$kanji\%d":{"name_in_destination":"$kanji","enabled":true}}, 0.05, '', undef, undef, 0.5 ],
	[ 'small tables', 'tables', '"a":{}', ',"%d":{}', 0.5, '', undef, undef, 2 ],
	[ 'small tables with attrs', 'table_attrs', '"a":{}', ',"%d":{}', 0.5, '', undef, undef, 2 ],
	[ 'small tables with escapes', 'tables', '"a":{}', ',"\u0062%d":{}', 0.5, '', undef, undef, 2 ],
	[ 'tables that are none', 'tables', '"a":{}', ',"%d":1', 0.5, '', undef, '08P01', 2 ],
	[ 'schemas with small tables', 'tables_of', '"a":{}', ',"%d":{"tables":{"t":{},"u":{}}}', 0.3, '', undef, undef, 2 ],
	[ 'schemas with names in the destination', 'in_destination', '"a":{}',
		',"%d":{"name_in_destination":"","tables":{"t":{}}}', 0.2, '', undef, undef, 2 ],
	[ 'schemas without tables', 'tables_of', '"a":{}', ',"%d":{"tables":1}', 0.5, '', undef, '08P01', 2 ],
	[ 'one table many times', 'tables', '"a":{}', ',"a":{}', 1, '', undef, undef, 2 ],
	[ 'tables by turns', 'tables', '"a":{}', ',"b":{},"a":{}', 0.5, '', undef, undef, 2 ],
	[ 'one schema many times', 'schemas', '"a":{}', ',"a":{}', 1, '', undef, undef, 2 ],
	[ 'one schema many times, with tables', 'tables_of', '"a":{}',
		',"a":{"tables":{"t":{},"t":{}}}', 0.4, '', undef, undef, 2 ],
	[ 'one column many times', 'columns', '"a":{}', ',"a":{}', 1, '', undef, undef, 2 ],
	[ 'small schemas', 'schemas', '"a":{}', ',"%d":{}', 0.5, '', undef, undef, 2 ],
	[ 'an error\'s message', 'error', '"', 'x', 60, '"', 400, '22023', 3 ],
	[ 'an error\'s message of escapes', 'error', '"', '\n', 30, '"', 400, '22023', 3 ],
	[ 'another member of an error', 'error', '"x","y":[1', ',1', 20, ']', 400, '22023', 0.2 ],
);

sub body
{
	my ($body) = @_;
	my (undef, $place, $head, $unit, $millions, $tail, $status) = @$body;
	my ($sql, $path, $before, $after) = @{ $places{$place} };
	my $large = { head => sprintf($before, $head), unit => $unit, times => int(1e6 * $scale * $millions),
		tail => sprintf($after, $tail) };
	my $bytes = length($large->{head}) + length($large->{tail}) + $large->{times} * length $unit;
	if ($unit =~ /%d/)
	{
		$bytes -= 2 * $large->{times};
		$bytes += length for 0 .. $large->{times} - 1;
	}
	$mock->clear_faults('l');
	$mock->fault('l', { path => $path, times => 0, large => $large, $status ? (status => $status) : () });
	return ($sql, $bytes);
}

# Seconds that a statement takes under a limit of so many milliseconds; {state} is
# what it ends with.
sub limited
{
	my ($session, $limit, $sql) = @_;
	my $since = time;
	$session->ask("BEGIN; SET LOCAL statement_timeout = $limit; $sql; ROLLBACK");
	my $seconds = time - $since;
	$session->{state} = ($session->{err} =~ /ERROR:\s+(\w{5}):/)[0] // 'none';
	return $seconds;
}

my @figures;
foreach my $body (@bodies)
{
	my ($name, undef, undef, undef, undef, undef, undef, $sqlstate, $result) = @$body;
	my ($sql, $bytes) = body($body);
	my $session = Fivetrex::Session->new($node);
	$session->ask('SET jit = off');    # LLVM alone takes 70 MB
	$session->ask('SELECT count(*) FROM l.webhooks') if $sql !~ /webhooks/;
	$session->ask('SELECT count(*) FROM l.groups') if $sql =~ /webhooks/;

	my $measured = $session->forget_peak;
	my $before = $session->resident;
	my $since = time;
	$session->ask($sql);
	my $seconds = time - $since;
	my $kilobytes = $measured ? $session->peak - $before : 0;
	if ($sql =~ /tables|schemas/ || $body->[3] =~ /%d/)
	{
		# the mock had to make the body
		$since = time;
		$session->ask($sql);
		$seconds = time - $since;
	}
	my ($got) = $session->{err} =~ /ERROR:\s+(\w{5}):/;
	is($got, $sqlstate, "$name: the end of it") or diag(substr $session->{err}, 0, 500);
	my $per_byte = $kilobytes * 1024 / $bytes;

	# a quarter of the time it takes, or what is left of that by a slow machine
	my $limit = max(1, int($seconds * 250));
	my $cancelled;
	foreach my $attempt (1 .. 10)
	{
		$cancelled = limited($session, $limit, $sql);
		last if $session->{state} eq '57014' && $cancelled < 0.75 * $seconds;
		# the machine is faster or slower than it was: count anew
		$since = time;
		$session->ask($sql);
		$seconds = time - $since;
		$limit = max(1, int($seconds * 250));
	}
	is($session->{state}, '57014', "$name: a time limit ends it");
	cmp_ok($cancelled, '<', 0.75 * $seconds, "$name: before it would have ended");
	if ($measured && $scale == 1)
	{
		my $allowed = (1 + $result) * $bytes + 4 * 1024 * 1024;
		cmp_ok($kilobytes * 1024, '<', $allowed, "$name: memory");
	}
	push @figures, sprintf '%-42s %7.1f MB %8.1f MB x%6.1f %7.0f ms, limit %5d ms: %5.0f ms',
	  $name, $bytes / 1e6, $kilobytes / 1e3, $per_byte, 1000 * $seconds, $limit, 1000 * $cancelled;
	$session->quit;
}
note($_) for @figures;

# What PostgreSQL's jsonb cannot hold is said, within the memory of the others.
# An answer of 128 MB at most cannot have a string or text[] beyond the limits.
if ($scale == 1)
{
	foreach my $body (
		[ 'array elements', 'attrs', '[""', ',""', 33.6, ']' ],
		[ 'object pairs', 'attrs', '{"":""', ',"":""', 15, '}' ])
	{
		my ($sql, $bytes) = body($body);
		my $session = Fivetrex::Session->new($node);
		$session->ask('SELECT count(*) FROM l.groups');
		my $measured = $session->forget_peak;
		my $before = $session->resident;
		$session->ask($sql);
		like($session->{err}, qr/ERROR:  54000: number of jsonb $body->[0] exceeds/, "too many $body->[0]");
		cmp_ok(($session->peak - $before) * 1024, '<', 5 * $bytes, "too many $body->[0]: memory") if $measured;
		is($session->ask('SELECT 1'), 1, 'and the session goes on');
		$session->quit;
	}
}

# Names that come again cost no more each when there are more of them: with four
# times as many it takes four times as long, by quadratic work sixteen times.
foreach my $body (grep { $_->[0] =~ /many times, with|table many|column many|by turns/ } @bodies)
{
	my $session = Fivetrex::Session->new($node);
	my $growth;
	foreach my $attempt (1 .. 5)
	{
		my @seconds = map {
			my ($sql) = body([ @$body[ 0 .. 3 ], $body->[4] * $_, @$body[ 5 .. $#$body ] ]);
			$session->ask($sql);    # the mock makes the body
			my $since = time;
			$session->ask($sql);
			time - $since
		} 0.25, 1;
		$growth = $seconds[1] / $seconds[0];
		last if $growth < 8;
	}
	cmp_ok($growth, '<', 8, "$body->[0]: four times as many, " . sprintf '%.1f times as long', $growth);
	$session->quit;
}

# 193 bytes of brotli that unpack to 200 MB of blanks, in one read.
my $packed = 'z///fwAkQOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBI'
  . 'AMRhAeje//P//x8ACYA4LADd+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjDAtC9/+f//z8AEgBxWAC6'
  . '9/+5AQAIQOB/eeSPA0p0QN0vHrRRV2l0WAB17/9o0M3COV+qboyMF/jsAg==';
$mock->clear_faults('l');
$mock->fault('l', { path => '/v1/groups', times => 0, status => 200, body_base64 => $packed,
	headers => { 'content-encoding' => 'br' } });
{
	my $session = Fivetrex::Session->new($node);
	my $sql = q{SELECT fivetrex_request('GET', '/v1/groups', server => 'l')};
	my $since = time;
	$session->ask($sql);
	my $seconds = time - $since;
	if ($session->{err} =~ /malformed|08P01/)
	{
		note('this libcurl knows no brotli');
	}
	else
	{
		is($session->{err}, '', 'blanks by brotli');
		my ($state, $cancelled);
		foreach my $attempt (1 .. 10)
		{
			$cancelled = limited($session, max(1, int($seconds * 100)), $sql);
			$state = $session->{state};
			last if $state eq '57014' && $cancelled < 0.75 * $seconds;
			$since = time;
			$session->ask($sql);
			$seconds = time - $since;
		}
		is($state, '57014', 'a time limit ends the unpacking');
		cmp_ok($cancelled, '<', 0.75 * $seconds, 'before its end');
		note(sprintf 'brotli: %.0f ms, cancelled after %.0f ms', 1000 * $seconds, 1000 * $cancelled);
	}
	$session->quit;
}

$mock->clear_faults('l');
$node->stop;
$mock->stop;
done_testing();
