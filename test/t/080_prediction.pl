# Cursors are predicted only to ask early: rows, order and errors are those of
# reading one page after the other, whatever the server does.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP ();
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('prediction');

# Two ways to read the same world: with prediction and without.
sub world
{
	my ($name) = @_;
	$node->add_world($mock, $name, page_size => 100, max_retries => 0);
	$node->query(qq{CREATE SERVER "${name}_plain" FOREIGN DATA WRAPPER fivetrex
		OPTIONS (base_url '@{[ $mock->url($name) ]}', page_size '100', prefetch 'false', max_retries '0');
		CREATE USER MAPPING FOR PUBLIC SERVER "${name}_plain" OPTIONS (api_key 'key', api_secret 'secret');
		CREATE SCHEMA "${name}_plain"; IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors)
			FROM SERVER "${name}_plain" INTO "${name}_plain"});
	return;
}

# Ids in the order they come, or the error.
sub reads
{
	my ($schema, $query) = @_;
	my (undef, $out, $err) = $node->psql('postgres', "\\set VERBOSITY terse\nSELECT id FROM $schema.connectors"
		. ($query // ''));
	return $out . ($err =~ s/^psql:<stdin>:\d+: //r);
}

sub calls { return scalar(grep { /connections\?/ } $mock->requests($_[0])) }

world('w');
my $all = reads('w_plain');
is(scalar(split /\n/, $all), 2500, 'all rows, one page after the other');
$mock->clear('w');
is(reads('w'), $all, 'the same rows in the same order');
cmp_ok(calls('w'), '<=', 25 + 8, 'no more calls than pages + max_concurrency');
like($node->safe_psql('postgres', 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM w.connectors'),
	qr/Pages: 25\n(.*\n)*\s+Predicted Pages: (19|2\d)/, 'EXPLAIN ANALYZE tells how many pages were predicted');
my $most;
# slower answers where the machine is too slow to ask for five meanwhile
foreach my $latency (30, 300, 1000)
{
	$mock->settings('w', latency_ms => $latency);
	$mock->clear('w');
	reads('w');
	$most = $mock->stats('w')->{max_in_flight};
	last if $most >= 5;
}
is($most, 5, 'five pages at once');
$mock->settings('w', latency_ms => 0);

# A list that the session has read is known: all its pages are asked for at
# once, as many as max_concurrency, and none beyond its end.
sub twice
{
	my ($between, $query) = @_;
	$query //= 'SELECT count(*), md5(string_agg(id, \',\')) FROM w.connectors';
	my $psql = Fivetrex::Session->new($node);
	# without guesses beyond its end: what is given up may come to the mock later
	$psql->ask('SET fivetrex.max_calls = 1000000');
	my $before = $psql->ask($query);
	$psql->ask('RESET fivetrex.max_calls');
	$between->() if $between;
	$mock->clear('w');
	my $after = $psql->ask($query);
	$psql->quit;
	return ($before, $after);
}
foreach my $case ([ 25, 2500, 8 ], [ 3, 250, 2 ], [ 2, 150, 1 ], [ 1, 100, 1 ])
{
	my ($pages, $rows, $at_once) = @$case;
	$mock->settings('w', connectors => $rows);
	foreach my $latency (30, 300, 1000)
	{
		$mock->settings('w', latency_ms => $latency);
		my ($before, $after) = twice();
		like($before, qr/^$rows\|/, "$pages pages");
		is($after, $before, "$pages pages again");
		is(calls('w'), $pages, "$pages pages are $pages calls");
		$most = $mock->stats('w')->{max_in_flight};
		last if $most >= $at_once;
	}
	is($most, $at_once, "$pages pages, $at_once at once");
	$mock->settings('w', latency_ms => 0);
}
$mock->settings('w', connectors => 2500);
my $exists = 'SELECT EXISTS (SELECT 1 FROM w.connectors)';
$mock->clear('w');
$node->query($exists);
my $calls = calls('w');
twice(undef, "SELECT count(*) FROM w.connectors; $exists");
is(calls('w'), 25 + $calls, 'EXISTS asks for no more pages of a list that is known');
foreach my $now (1150, 2500, 90)
{
	my ($before, $after) = twice(sub { $mock->settings('w', connectors => $now) });
	like($after, qr/^$now\|/, "a list that has $now rows now");
	cmp_ok(calls('w'), '<=', int(($now + 99) / 100) + 8, 'wastes no more than max_concurrency');
}
$mock->settings('w', connectors => 2500);

# short lists are not asked beyond their end
$mock->settings('w', connectors => 250);
$mock->clear('w');
is(scalar(split /\n/, reads('w')), 250, 'three pages');
is(calls('w'), 3, 'are three calls');
$mock->settings('w', connectors => 2500);

# LIMIT, max_calls, off
$mock->clear('w');
is(scalar(split /\n/, reads('w', ' LIMIT 1000')), 1000, 'LIMIT');
is(calls('w'), 10, 'nothing is predicted beyond a LIMIT');
$mock->clear('w');
is($node->safe_psql('postgres', 'SET fivetrex.max_calls = 25; SELECT count(*) FROM w.connectors'), 2500,
	'max_calls that just suffices');
$mock->clear('w');
reads('w_plain');
is(calls('w'), 25, 'prefetch off');

# cursors of another kind, pages of another size
foreach my $case ([ opaque => { cursor_style => 'opaque' } ], [ capped => { page_cap => 70 } ])
{
	my ($name, $settings) = @$case;
	world($name);
	$mock->settings($name, %$settings);
	my $expected = reads("${name}_plain");
	my $pages = calls($name);
	$mock->clear($name);
	is(reads($name), $expected, "$name: the same rows");
	is(scalar(split /\n/, $expected), 2500, "$name: all of them");
	is(calls($name), $pages, "$name: the same calls");
}

# what goes wrong in the middle goes wrong in the same way
foreach my $case (
	[ 'failing', { status => 500, body => { code => 'E', message => 'broken' } } ],
	[ 'repeating', { repeat_cursor => JSON::PP::true } ],
	[ 'shifting', { duplicate_tail => 3 } ],
	[ 'ending', { next_cursor => '' } ],
	[ 'strange', { next_cursor => 'eyJza2lwIjo5MDB9' } ],
	[ 'cut', { close_after => 5000 } ],
	[ 'empty', { empty_page_with_cursor => JSON::PP::true } ])
{
	my ($name, $fault) = @$case;
	my @results;
	foreach my $way ("${name}_plain", $name)
	{
		world($name) if $way eq "${name}_plain";
		$mock->clear_faults($name);
		# the page at 1200, however often and early it is asked for
		$mock->fault($name, { path => 'cursor=eyJza2lwIjoxMjAwfQ', times => 0, %$fault });
		push @results, reads($way);
	}
	is($results[1], $results[0], "$name: the same rows or error")
		or diag(substr($results[1], -300), substr($results[0], -300));
}

# a list that shrinks while it is read
{
	world('shrinking');
	is($node->safe_psql('postgres', q{
		CREATE TEMP TABLE got (id text);
		DO $$ DECLARE r record; n int := 0; BEGIN
		  SET LOCAL fivetrex.max_deletes = 10; SET LOCAL search_path = shrinking, public;
		  FOR r IN SELECT id FROM connectors LOOP
		    n := n + 1; INSERT INTO got VALUES (r.id);
		    IF n = 650 THEN DELETE FROM connectors WHERE id IN (SELECT id FROM got LIMIT 5); END IF;
		  END LOOP; END $$;
		SELECT count(*), count(DISTINCT id) FROM got}), '2500|2500', 'our own deletion while pages are under way');
}

$mock->clear_violations($_) for qw(w opaque capped failing repeating shifting ending strange cut empty shrinking);
$node->stop;
$mock->stop;
done_testing();
