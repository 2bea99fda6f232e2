# Many large answers at once: how much is held, and that each is asked for once.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('fanout');
my $sanitized = ($ENV{LD_PRELOAD} // '') =~ /asan/;
my $megabytes = $sanitized ? 10 : 20;
my $parents = 16;

# A schema configuration of so many bytes: one table with a long comment.
sub config
{
	my ($packed, $text, $kilobytes) = @_;
	return { path => '/schemas', times => 0,
		large => { packed => $packed, times => $kilobytes // $megabytes * 1000,
			head => '{"code":"Success","data":{"schemas":{"s":{"name_in_destination":"s","enabled":true,"tables":{}}},"x":"'
			  . ($text // ''),
			unit => 'x' x 1000, tail => '"}}' } };
}

sub asked
{
	my ($world) = @_;
	my %asked;
	$asked{$_}++ for grep { /schemas/ } $mock->requests($world);
	return %asked;
}

my $n = 0;
foreach my $case ([ 8, 0 ], [ 64, 1 ])
{
	my ($concurrency, $packed) = @$case;
	my $name = "max_concurrency $concurrency, " . ($packed ? 'packed' : 'plain');
	my $world = 'f' . $n++;
	$mock->settings($world, connectors => $parents);
	$node->add_world($mock, $world, max_concurrency => $concurrency, async_capable => 'true');
	my $session = Fivetrex::Session->new($node);
	$session->ask("SET jit = off");    # LLVM alone takes 70 MB
	$session->ask("SELECT count(*) FROM $world.connectors");
	$mock->fault($world, config($packed));

	foreach my $sql (
		"SELECT count(*) FROM $world.connector_schemas",
		"SELECT count(*) FROM (SELECT 1 FROM $world.connector_schemas UNION ALL
			SELECT 1 FROM $world.connector_schemas WHERE connector_id LIKE '%a%') s",
		"SELECT count(*) FROM $world.connectors c JOIN $world.connector_schemas s ON s.connector_id = c.id")
	{
		$mock->clear($world);
		my $measured = $session->forget_peak;
		my $before = $session->resident;
		my $count = $session->ask($sql);
		is($session->{err}, '', "$name: $sql");
		cmp_ok($count, '>=', $parents, 'all of them were read');
		next if $sql =~ /UNION/;
		my %asked = asked($world);
		is(scalar(keys %asked), $parents, 'all of them were asked for');
		my ($most) = sort { $b <=> $a } values %asked;
		cmp_ok($most, '<=', $packed ? 2 : 1, 'once');
		my $grown = $measured ? ($session->peak - $before) / 1000 : 0;
		note(sprintf '%s: %d MB for %d answers of %d MB, %d requests', $name, $grown, $parents, $megabytes,
			eval { my $s = 0; $s += $_ for values %asked; $s });
		# The one that is read, what may be held beside it, and what reads unpack to
		# beyond that (see flow.c); half as much again for what allocators keep.
		my $allowed = 1.5 * ($megabytes + 32 + 16);
		cmp_ok($grown, '<', $allowed, 'no more is held than should be') unless $sanitized;
	}

	# several scans of one session, read in turn
	is($session->ask(qq{
		BEGIN;
		DECLARE a CURSOR FOR SELECT connector_id FROM $world.connector_schemas;
		DECLARE b CURSOR FOR SELECT connector_id FROM $world.connector_schemas;
		FETCH 1 FROM a; FETCH 1 FROM b; FETCH 1 FROM a; FETCH 1 FROM b;
		MOVE ALL FROM a; MOVE ALL FROM b; COMMIT; SELECT 'done'}) =~ /done$/ ? 1 : 0, 1, "$name: two cursors");
	is($session->{err}, '', 'without an error');
	$session->quit;
	$mock->clear_faults($world);
}

# A join takes the answers in the order of its rows.  The first one is late, and
# those after it must not pile up meanwhile.
{
	$mock->settings('late', connectors => $parents);
	$node->add_world($mock, 'late', max_concurrency => 64, retry_delay => 200);
	my $session = Fivetrex::Session->new($node);
	$session->ask('SET jit = off');
	my $first = $session->ask('SELECT id FROM late.connectors LIMIT 1');
	$mock->fault('late', { path => "$first/schemas", status => 503 });
	$mock->fault('late', config(0));
	$mock->clear('late');
	my $measured = $session->forget_peak;
	my $before = $session->resident;
	my $count = $session->ask(
		'SELECT count(*) FROM late.connectors c JOIN late.connector_schemas s ON s.connector_id = c.id');
	is($session->{err}, '', 'a join of which the first answer is late');
	cmp_ok($count, '>=', $parents, 'all of them were read');
	my %asked = asked('late');
	is_deeply([ map { $asked{$_} } sort keys %asked ], [ map { /$first/ ? 2 : 1 } sort keys %asked ], 'once');
	my $grown = $measured ? ($session->peak - $before) / 1000 : 0;
	note("late: $grown MB");
	cmp_ok($grown, '<', 1.5 * ($megabytes + 32 + 16), 'no more is held than should be') unless $sanitized;
	$session->quit;
}

# Of packed answers half has come, which is little; the other half is almost all of
# them.  There is no room for more than one such half (flow.c), as a cursor stands in
# an answer that takes the rest.
{
	my ($text, $state) = ('', 1);
	$text .= chr(ord('a') + (($state = ($state * 1103515245 + 12345) % 2**31) >> 16) % 26) for 1 .. 60_000;
	$mock->settings('halves', connectors => $parents);
	$node->add_world($mock, 'halves', max_concurrency => 8);
	my $session = Fivetrex::Session->new($node);
	$session->ask('SET jit = off');
	my $first = $session->ask('SELECT id FROM halves.connectors LIMIT 1');
	$mock->fault('halves', { %{ config(1, '', 16_700) }, path => "$first/schemas", times => 1 },
		{ %{ config(1, $text) }, times => 8, stall => 'twice' }, config(1, $text));
	$session->ask("BEGIN; DECLARE held CURSOR FOR SELECT * FROM halves.connector_schemas WHERE connector_id = '$first';
		FETCH 1 FROM held");
	$mock->clear('halves');
	my $measured = $session->forget_peak;
	my $before = $session->resident;
	$session->tell("SELECT count(*) FROM halves.connector_schemas WHERE connector_id <> '$first'");
	# all of them have left before any half comes, after which there is no room for more
	$mock->wait_for('halves', 8, undef, 'stalled');
	$mock->release('halves');
	$mock->wait_for('halves', 8, undef, 'half');
	$mock->release('halves');
	cmp_ok($session->answer, '>=', $parents - 1, 'all of them were read after half had come');
	is($session->{err}, '', 'without an error');
	my %asked = asked('halves');
	my $grown = $measured ? ($session->peak - $before) / 1000 : 0;
	note("halves: $grown MB, ", scalar(grep { $_ > 1 } values %asked), ' were set aside');
	cmp_ok($grown, '<', 1.5 * ($megabytes + 32 + 16), 'no more is held than should be') unless $sanitized;
	$session->ask('ROLLBACK');
	$session->quit;
}

$node->stop;
$mock->stop;
done_testing();
