# Mutated answers, read by fivetrex and by PostgreSQL's own parser.
# FUZZ_COUNT and FUZZ_SEED: how many, and which (make fuzz: 20,000).

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use IPC::Open2 qw(open2);
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Node;

my $fuzz = "$FindBin::RealBin/../fuzz";
my $count = $ENV{FUZZ_COUNT} || 600;
my $seed = $ENV{FUZZ_SEED} || 1;
my $file = PostgreSQL::Test::Utils::tempdir . '/bodies';
my $pid = open2(my $out, my $in, $ENV{PYTHON} || 'python3', "$fuzz/server.py", $count, $seed, $file);
my ($port) = (do { local $/; <$out> } // '') =~ /^(\d+)$/m or die 'the server did not start';

my $node = Fivetrex::Node->start('fuzz');
my $sql = PostgreSQL::Test::Utils::slurp_file("$fuzz/compare.sql");
$node->query("\\set url http://127.0.0.1:$port\n$sql\\copy bodies FROM '$file'\n");

my %kinds = map { split /\|/ } $node->rows('SELECT kind, count(*) FROM bodies GROUP BY kind');
is(scalar(keys %kinds), 6, 'lists, maps, arrays, errors and any endpoint');
# the work of one statement: many answers, each in a subtransaction of its own
my $batch = 500;
my (@differences, $understood);
for (my $from = 0; $from < $count; $from += $batch)
{
	my $to = $from + $batch - 1;
	push @differences, $node->rows(
		qq{SET jit = off; SELECT n || ' ' || kind || ': ' || d || E'\\t' || encode(body, 'escape')
		FROM bodies, difference(kind, n, body) d WHERE n BETWEEN $from AND $to AND d IS NOT NULL});
}
is(scalar @differences, 0, "$count mutated answers of seed $seed: no difference")
  or diag(substr join("\n", @differences), 0, 20000);
my ($wanted) = $node->rows(q{
	SELECT count(*) FILTER (WHERE expected(kind, n, as_jsonb(body)) IS NOT NULL) * 100 / count(*)
	FROM bodies WHERE kind <> 'error'});
cmp_ok($wanted, '>', 15, "$wanted % of them are to be understood");
cmp_ok($wanted, '<', 85, 'and many are not');

close $in;
waitpid $pid, 0;
$node->stop;
done_testing();
