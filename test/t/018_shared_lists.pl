# Several scans of one statement that read the same list: how often its pages are asked for, whether they are few and
# small, more than the memo takes (4 MB), or more than is kept for who reads them next (12 MB); what is held meanwhile,
# and until when.  prove -v prints the table.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('shared');
my $sanitized = ($ENV{LD_PRELOAD} // '') =~ /asan/;

# Lists of connectors, in pages of 10.  Of the first one of each page comes so much more that nobody reads.
my %pages = (small => 12, big => 12, packed => 12, long => 18);
my $kilobytes = 900;
my %ids;
foreach my $world (sort keys %pages)
{
	$mock->settings($world, connectors => 10 * $pages{$world});
	$node->add_world($mock, $world, page_size => 10);
	$ids{$world} = [ $node->rows("SELECT id FROM $world.connectors") ];
	$node->query("ANALYZE $world.connectors; CREATE VIEW v_$world AS SELECT id, schema FROM $world.connectors");
	next if $world eq 'small';
	$mock->settings($world, gzip => $world eq 'packed' ? JSON::PP::true : JSON::PP::false);
	$mock->patch($world, 'connections', $ids{$world}[ 10 * $_ ], set => { padding => 'x' x ($kilobytes * 1000) })
	  for 0 .. $pages{$world} - 1;
}

# The requests for pages of the list, some of them once more.
sub pages
{
	my ($n, @more) = @_;
	return map {
		my $cursor = encode_base64(sprintf('{"skip":%d}', 10 * ($_ - 1)), '') =~ tr{=}{}dr;
		'GET /v1/connections?limit=10' . ($_ > 1 ? "&cursor=$cursor" : '')
	} 1 .. $n, @more;
}

# Those that were made.
sub asked
{
	my ($world) = @_;
	return grep { m{/v1/connections\?} } $mock->requests($world);
}

my $hash = 'SET enable_mergejoin = off; SET enable_nestloop = off;';
my $merge = 'SET enable_hashjoin = off; SET enable_nestloop = off;';
my $nested = 'SET enable_hashjoin = off; SET enable_mergejoin = off;';
my $again = "$nested SET enable_material = off; SET enable_memoize = off;";

# Pages of the long list that are asked for again, after those that one scan has when the other begins.
my $n = $pages{long};
my %again = (once => [], 'hash join' => [ 3 .. $n ], 'union all' => [ 1 .. $n ], 'read again' => [ (1 .. $n) x 2 ]);

# name, settings, statement
my @shapes = (
	[ 'once', '', 'SELECT count(*) FROM @.connectors' ],
	[ 'hash join', $hash, 'SELECT count(*) FROM @.connectors a JOIN @.connectors b USING (id)' ],
	[ 'left join', $hash, 'SELECT count(*) FROM @.connectors a LEFT JOIN @.connectors b ON a.id = b.schema' ],
	[ 'three hashed', $hash, 'SELECT count(*) FROM @.connectors a JOIN @.connectors b USING (id)
		JOIN @.connectors c USING (id)' ],
	[ 'merge join', $merge, 'SELECT count(*) FROM @.connectors a JOIN @.connectors b USING (id)' ],
	[ 'nested loop', $nested, 'SELECT count(*) FROM @.connectors a JOIN @.connectors b ON a.schema < b.schema' ],
	[ 'read again', $again, 'SELECT count(*) FROM (VALUES (1), (2), (3)) v (n) LEFT JOIN @.connectors b
		ON b.sync_frequency > n' ],
	[ 'semi join', $hash, 'SELECT count(*) FROM @.connectors a WHERE id IN (SELECT schema FROM @.connectors)' ],
	[ 'anti join', $hash, 'SELECT count(*) FROM @.connectors a
		WHERE NOT EXISTS (SELECT FROM @.connectors b WHERE b.schema = a.id)' ],
	[ 'hashed subplan', '', 'SELECT count(*) FROM @.connectors a WHERE id NOT IN (SELECT schema FROM @.connectors)' ],
	[ 'union all', '', 'SELECT id FROM @.connectors UNION ALL SELECT id FROM @.connectors' ],
	[ 'union', '', 'SELECT id FROM @.connectors UNION SELECT id FROM @.connectors' ],
	[ 'except', '', 'SELECT id FROM @.connectors EXCEPT SELECT id FROM @.connectors' ],
	[ 'intersect', '', 'SELECT id FROM @.connectors INTERSECT SELECT id FROM @.connectors' ],
	[ 'sorted', '', 'SELECT id FROM @.connectors UNION ALL SELECT id FROM @.connectors ORDER BY 1' ],
	[ 'a few, sorted', '', 'SELECT id FROM @.connectors UNION ALL SELECT id FROM @.connectors ORDER BY 1 LIMIT 3' ],
	[ 'subselects', '', 'SELECT (SELECT count(*) FROM @.connectors), (SELECT max(created_at) FROM @.connectors)' ],
	[ 'above average', '', 'SELECT count(*) FROM @.connectors
		WHERE sync_frequency >= (SELECT avg(sync_frequency) FROM @.connectors)' ],
	[ 'inlined', $hash, 'WITH c AS NOT MATERIALIZED (SELECT * FROM @.connectors WHERE sync_frequency > 0)
		SELECT count(*) FROM c a JOIN c b USING (id)' ],
	[ 'materialized', $hash, 'WITH c AS MATERIALIZED (SELECT id FROM @.connectors)
		SELECT count(*) FROM c a JOIN c b USING (id)' ],
	[ 'view twice', $hash, 'SELECT count(*) FROM v_@ a JOIN v_@ b USING (id)' ],
	[ 'window', $hash, 'SELECT count(n) FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM @.connectors) a
		JOIN @.connectors b USING (id)' ],
	[ 'prepared', $hash, 'PREPARE p (int) AS SELECT count(*) FROM @.connectors a JOIN @.connectors b USING (id)
		WHERE a.sync_frequency > $1; EXECUTE p (0); DEALLOCATE p' ],
	[ 'cursor', $hash, 'BEGIN; DECLARE c CURSOR FOR SELECT a.id FROM @.connectors a JOIN @.connectors b USING (id);
		FETCH ALL FROM c; COMMIT' ],
	[ 'into a table', $hash, 'CREATE TEMP TABLE t AS SELECT a.id FROM @.connectors a JOIN @.connectors b USING (id);
		DROP TABLE t' ],
	[ 'with children', $hash, 'SELECT count(*) FROM @.connectors a JOIN @.connector_states s ON s.connector_id = a.id' ],
	[ 'children', '', 'SELECT count(*) FROM @.connector_states UNION ALL SELECT count(*) FROM @.connector_schemas' ],
);

my %session = map { $_ => Fivetrex::Session->new($node) } keys %pages;
# lengths of lists are known from now on, so that nothing is asked for beyond their ends
my %before = map { $session{$_}->ask("SELECT count(*) FROM $_.connectors"); $_ => $session{$_}->resident } keys %pages;
my @table;
foreach my $shape (@shapes)
{
	my ($name, $settings, $sql) = @$shape;
	my $line = sprintf '%-16s', $name;
	foreach my $world ('small', 'big', 'packed', 'long')
	{
		my $session = $session{$world};
		my $here = $sql =~ s/\@/$world/gr;
		my $n = $pages{$world};
		next if $world =~ /packed|long/ && !$again{$name};
		$session->ask("RESET ALL; SET jit = off; $settings");
		is($session->{err}, '', "$name: settings");
		$mock->clear($world);
		my $measured = $session->forget_peak;
		$session->ask($here);
		unlike($session->{err}, qr/ERROR/, "$name: $world");
		my $grown = $measured ? ($session->peak - $before{$world}) / 1000 : 0;
		my @expected = pages($n, $world eq 'long' ? @{ $again{$name} } : ());
		my @asked = asked($world);
		is_deeply([ sort @asked ], [ sort @expected ], "$name: requests") or diag $session->ask("EXPLAIN $here");
		# 12 MB that are kept, what may be under way, and half as much again for what allocators keep
		cmp_ok($grown, '<', 1.5 * (12 + 16 + 1), 'no more is held than should be') unless $sanitized;
		$line .= sprintf '  %6s %2d %3.0f MB', $world, scalar @asked, $grown;
	}
	push @table, $line;
}
note($_) for @table;

# ---------- what is kept, for whom and until when ----------

my $session = $session{big};
my $twice = 'SELECT id, schema FROM big.connectors UNION ALL SELECT id, schema FROM big.connectors';
my $join = 'SELECT count(*) FROM big.connectors a JOIN big.connectors b USING (id)';
$session->ask("RESET ALL; SET jit = off; $hash");

# Statement, and the requests that it makes
sub makes
{
	my ($name, $sql, @expected) = @_;
	$mock->clear('big');
	my $answer = $session->ask($sql);
	unlike($session->{err}, qr/ERROR/, $name);
	is_deeply([ sort(asked('big')) ], [ sort @expected ], "$name: requests")
	  or diag $sql;
	return $answer;
}

makes('a cursor, half of it', "BEGIN; DECLARE c CURSOR FOR $twice; MOVE 120 IN c", pages(12));
makes('there is no room for another list', $join, pages(12, 3 .. 12));
$mock->patch('big', 'connections', $ids{big}[0], set => { schema => 'renamed.by_others' });
unlike(makes('the other half', 'FETCH ALL FROM c'), qr/by_others/, 'is from the same reading');
makes('there is room when the cursor is closed', "CLOSE c; $join", pages(12));
$session->ask('COMMIT');

makes('a cursor, half of it', "BEGIN; DECLARE c CURSOR FOR $twice; MOVE 120 IN c", pages(12));
$session->ask("UPDATE big.connectors SET paused = true WHERE id = '$ids{big}[1]'");
unlike($session->{err}, qr/ERROR/, 'a write');
like(makes('the other half, after it', 'FETCH ALL FROM c', pages(12)), qr/by_others/, 'is read anew');
$session->ask('COMMIT');

$mock->fault('big', { path => (pages(7))[6] =~ s/.*(?=cursor=)//r, status => 403 });
like($session->complaint($join), qr/42501/, 'page 7 is refused');
$mock->clear_faults('big');
makes('nothing of that is left', $join, pages(12));

# scans that are read side by side ask for the same pages at the same time
$node->add_world($mock, 'together', base_url => $mock->url('big'), page_size => 10, async_capable => 'true');
$session->ask('SELECT count(*) FROM together.connectors');
makes('side by side', 'SELECT id FROM together.connectors UNION ALL SELECT id FROM together.connectors', pages(12));
like($session->ask('EXPLAIN SELECT id FROM together.connectors UNION ALL SELECT id FROM together.connectors'),
	qr/Async/, 'it was');

# each cursor is a run of its own
makes('two cursors', 'BEGIN; DECLARE a CURSOR FOR SELECT id FROM big.connectors;
	DECLARE b CURSOR FOR SELECT id FROM big.connectors; FETCH 1 FROM a; FETCH 1 FROM b; MOVE ALL IN a; MOVE ALL IN b;
	COMMIT', pages(12), pages(12));

# lists that are not the same
$node->query(q{
	CREATE FOREIGN TABLE wide (id text, schema text) SERVER big OPTIONS (resource 'connectors', page_size '40');
	CREATE ROLE other; GRANT USAGE ON SCHEMA big TO other; GRANT SELECT ON big.connectors TO other;
	CREATE USER MAPPING FOR other SERVER big OPTIONS (api_key 'key', api_secret 'secret');
	CREATE VIEW others AS SELECT id FROM big.connectors; ALTER VIEW others OWNER TO other;
	GRANT SELECT ON others TO PUBLIC; ANALYZE wide});
$mock->clear('big');
$session->ask('SELECT id FROM big.connectors UNION ALL SELECT id FROM wide');
is(scalar(grep { /limit=10\b/ } asked('big')), 12, 'of another page_size: the pages of one');
is(scalar(grep { /limit=40\b/ } asked('big')), 3, 'and of the other');
$session->ask('SELECT count(*) FROM others');
$mock->clear('big');
$session->ask('SELECT id FROM big.connectors UNION ALL SELECT id FROM others');
is_deeply([ sort { $a cmp $b } asked('big') ], [ sort(pages(12), pages(12)) ], 'with other credentials');

# A list whose first pages other answers have pushed out of the memo, but not its last one: it is read anew as a whole.
{
	my $children = join '|', @{ $ids{small} }[ 0 .. 109 ];
	$mock->fault('small', { path => "/($children)/schemas", times => 0, large => { times => 500,
		head => '{"code":"Success","data":{"schemas":{"s":{"name_in_destination":"s","enabled":true,"tables":{}}},"x":"',
		unit => 'x' x 1000, tail => '"}}' } });
	my $small = $session{small};
	$small->ask("RESET ALL; SET jit = off; $again SET fivetrex.join_window = 0; SET fivetrex.start_together = off");
	$mock->clear('small');
	$small->ask('SELECT c.id FROM small.connectors c JOIN small.connector_schemas s ON s.connector_id = c.id
		UNION ALL SELECT id FROM small.connectors');
	unlike($small->{err}, qr/ERROR/, 'other answers between the pages');
	is_deeply([ sort { $a cmp $b } asked('small') ], [ sort(pages(12), pages(12)) ], 'two whole readings');
}

$_->quit for values %session;
$node->stop;
$mock->stop;
done_testing();
