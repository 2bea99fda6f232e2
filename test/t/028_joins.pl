# Generated joins by key (Fivetrex::Joins) give the same rows, the same errors
# and the same notices whether their matches are asked ahead or not, and make no
# more calls; those that may leave rows unread make a few more at most.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Joins;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('joins');
my $concurrency = 4;

$mock->settings('j', connectors => 30);
$node->add_world($mock, 'j', max_concurrency => $concurrency);
$node->query(
	q{CREATE TABLE keys (k text, g text, n int) WITH (autovacuum_enabled = off);
	  INSERT INTO keys SELECT id, group_id, row_number() OVER (ORDER BY id) FROM j.connectors ORDER BY id LIMIT 14;
	  INSERT INTO keys SELECT id, group_id, 15 + row_number() OVER (ORDER BY id)
	    FROM j.connectors ORDER BY id DESC LIMIT 6;
	  INSERT INTO keys SELECT k, g, n + 30 FROM keys WHERE n % 3 = 0;
	  INSERT INTO keys VALUES (NULL, NULL, 2), ('', '', 4), ('.', '..', 6), ('no such', 'no such', 8),
	    ('a/b?c#d%e', 'é 北京', 10), ('IODIZE_IMPRESSIVE', 'decent_dropsy', 12);
	  CREATE TABLE keys_new WITH (autovacuum_enabled = off) AS SELECT * FROM keys;
	  CREATE TABLE keys_part (k text, g text, n int) PARTITION BY RANGE (n);
	  CREATE TABLE keys_1 PARTITION OF keys_part FOR VALUES FROM (0) TO (10);
	  CREATE TABLE keys_2 PARTITION OF keys_part DEFAULT;
	  INSERT INTO keys_part SELECT * FROM keys;
	  CREATE VIEW keys_view WITH (security_barrier) AS SELECT * FROM keys WHERE n <> 5;
	  CREATE TABLE kept (t text);
	  CREATE FUNCTION same(text) RETURNS text LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN $1; END';
	  ANALYZE keys; ANALYZE keys_part; ANALYZE kept;
	  ANALYZE j.connectors; ANALYZE j.groups; ANALYZE j.destinations;
	  ALTER DATABASE postgres SET fivetrex.max_writes = -1});

# How core may join: as it likes, or by nested loops only.
my %modes = (
	free => 'RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_memoize; RESET enable_material',
	loops => 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off; SET enable_material = off',
	memoize => 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = on; SET enable_material = on');

my $session = Fivetrex::Session->new($node);
my (%counts, @differences);
my ($n, $ahead, $more, $alike) = (0, 0, 0, 0);

sub calls
{
	return $session->ask("SELECT calls FROM fivetrex_limits('j')");
}

# What the statement says, and the calls that it makes.
sub run_with
{
	my ($window, $statement) = @_;
	$mock->clear('j') if $statement->{writes};
	$session->ask("SET fivetrex.join_window = $window");
	my $before = calls();
	my $out = $session->ask($statement->{sql});
	my $err = $session->{err};
	my $calls = calls() - $before;
	my @writes = $statement->{writes} ? sort grep { !/^GET/ } $mock->requests('j') : ();
	$session->ask('ROLLBACK') if $err =~ /ERROR/;
	# places in the text
	$err =~ s/^(LINE \d+:.*|\s*\^)$//mg;
	$err =~ s/^psql:<stdin>:\d+: //mg;
	$err =~ s/\n+/\n/g;
	$err =~ s/^LOCATION:.*\n//mg;
	my @lines = split /\n/, $out;
	@lines = sort @lines unless $statement->{ordered};
	return { lines => \@lines, err => $err, calls => $calls, writes => join("\n", @writes) };
}

# A plan without the nodes that ask ahead, and without indentation.
sub without_windows
{
	my ($text) = @_;
	$text =~ s/^\s*->  Custom Scan \(Fivetrex Ask Ahead\)\n\s*Asks Ahead For: .*\n//mg;
	$text =~ s/^\s+//mg;
	return $text;
}

my @statements = Fivetrex::Joins->new(seed => 1, rounds => $ENV{FTX_ROUNDS} || 1)->all;
# One of three tells enough of each value; all with FTX_ROUNDS.
my $number = 0;
@statements = grep { $number++ % 3 == 0 } @statements unless $ENV{FTX_ROUNDS};
@statements = grep { $_->{sql} =~ /$ENV{FTX_ONLY}/ } @statements if $ENV{FTX_ONLY};
foreach my $statement (@statements)
{
	my $mode = (sort keys %modes)[ $n++ % 3 ];
	$session->ask("SET fivetrex.join_window = -1; $modes{$mode}");
	my $off = run_with(0, $statement);
	my $other = $session->ask("EXPLAIN (COSTS off) $statement->{core}");
	my $on = run_with(-1, $statement);
	my $plan = $session->ask("EXPLAIN (COSTS off) $statement->{core}");
	# Asked ahead or not, is all else of the plan the same?
	my $same = $statement->{exact} && without_windows($plan) eq without_windows($other);
	foreach my $run ($off, $on)
	{
		# a plan may come upon other rows, and parents, first
		$run->{rows} = $statement->{any} && !$same ? scalar @{ $run->{lines} } : join "\n", @{ $run->{lines} };
		$run->{err} =~ s/^NOTICE: .*: none for .*\n(?:CONTEXT: .*\n)?//mg unless $same;
	}
	my $used = $plan =~ /Fivetrex Ask Ahead/ ? 1 : 0;
	# what is under way when a statement, or a semi-join, ends early depends on the time that answers took
	my $windows = () = $plan =~ /Fivetrex Ask Ahead/g;
	my $fans = () = "$other$plan" =~ /Fivetran (?:Parents|Detail Request): /g;
	$windows = 0 unless $statement->{part};
	$fans = 0 unless $statement->{part} || $statement->{join} =~ /^(exists|in|anti)/;
	my $spare = 2 * $concurrency * ($windows + $fans);
	my @wrong = grep { $on->{$_} ne $off->{$_} } qw(rows err writes);
	# for a cursor core weighs what the first rows cost, so another plan may take more for all
	push @wrong, 'calls' if $on->{calls} > $off->{calls} + $spare && ($same || $statement->{core} !~ /^DECLARE/);
	foreach my $dimension (qw(outer inner join frame))
	{
		my $count = $counts{$dimension}{ $statement->{$dimension} } ||= { all => 0, used => 0 };
		$count->{all}++;
		$count->{used} += $used;
	}
	$counts{mode}{$mode}{all}++;
	$counts{mode}{$mode}{used} += $used;
	$ahead += $used;
	$alike += $used && $same;
	$more++ if $on->{calls} > $off->{calls};
	next unless @wrong;
	push @differences, "[@wrong; $mode] $statement->{outer} $statement->{inner} $statement->{join} $statement->{frame}\n"
	  . "$statement->{sql}\n-- off: $off->{calls} calls\n$off->{rows}\n$off->{err}$off->{writes}\n"
	  . "-- on: $on->{calls} calls\n$on->{rows}\n$on->{err}$on->{writes}\n$plan";
}

is(scalar @differences, 0, "$n joins: the same asked ahead or not");
diag(join "\n", @differences) if @differences;

note("$ahead of $n ask ahead, $alike of them in a plan that is the same else");
note("$more made more calls, of those that may leave rows unread");
foreach my $dimension (sort keys %counts)
{
	note("$dimension: " . join ', ',
		map { "$_ $counts{$dimension}{$_}{used}/$counts{$dimension}{$_}{all}" } sort keys %{ $counts{$dimension} });
	# what must not be read ahead is there to show that it is not
	my @never = grep { !$counts{$dimension}{$_}{used} } sort keys %{ $counts{$dimension} };
	is_deeply(
		[ grep { !/^(volatile|locked|scalar)$/ } @never ],
		[], "$dimension: each asks ahead somewhere")
	  unless $ENV{FTX_ONLY} || ($dimension eq 'frame' && !$ENV{FTX_ROUNDS});
}
$session->quit;

done_testing();
