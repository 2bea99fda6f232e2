# The first requests of a statement's tables leave together: which do, what must not, and that nothing else comes
# of it.  Every shape of statement is run with the setting on and off, with inputs that have rows and that have none.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('together');
$node->add_world($mock, 'j', max_retries => 0);
$node->query(
	q{CREATE TABLE local AS SELECT id AS k FROM j.groups ORDER BY id LIMIT 2;
	  CREATE TABLE nothing (k text);
	  CREATE TABLE kept (k text);
	  CREATE TABLE watched (k text);
	  CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN new; END$$;
	  CREATE TRIGGER looks BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION look();
	  CREATE FUNCTION unruly(text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$BEGIN RETURN $1; END$$;
	  CREATE FUNCTION falsehood() RETURNS boolean LANGUAGE plpgsql STABLE AS $$BEGIN RETURN false; END$$;
	  CREATE TABLE parts (id text, name text) PARTITION BY LIST (name);
	  CREATE FOREIGN TABLE part_a PARTITION OF parts FOR VALUES IN ('a') SERVER j OPTIONS (resource 'groups');
	  CREATE FOREIGN TABLE part_b PARTITION OF parts FOR VALUES IN ('b') SERVER j OPTIONS (resource 'teams');
	  ANALYZE local; ANALYZE nothing});

# Inputs: one page each; k is the same in all rows, so that all join with all.
my %path = (A => '/v1/groups?limit=1000', B => '/v1/teams?limit=1000', C => '/v1/roles?limit=1000');
my %full = (
	A => '(SELECT left(id, 0) AS k, id FROM j.groups)',
	B => '(SELECT left(id, 0) AS k, id FROM j.teams)',
	C => '(SELECT left(name, 0) AS k, name AS id FROM j.roles)');
my %empty = map { $_ => $full{$_} =~ s/\)$/ WHERE left(name, 1) = '%')/r } keys %full;

sub statement
{
	my ($template, %inputs) = @_;
	return $template =~ s/\b([ABC])\b/$inputs{$1} . ' ' . lc $1/ger;
}

my $session = Fivetrex::Session->new($node);
my $version = $session->ask("SELECT current_setting('server_version_num')");

# What it answers, and the requests, in order.
sub seen
{
	my ($sql) = @_;
	$mock->clear('j');
	my $out = $session->ask($sql);
	return (join("\n", sort split /\n/, $out), [ sort $mock->requests('j') ], $session->complaint);
}

sub count_of
{
	my ($plan, $name) = @_;
	my $sum = 0;
	$sum += $1 while $plan =~ /^\s*$name: (\d+)/mg;
	return $sum;
}

# What of the first list is not in the second one.
sub beyond
{
	my ($more, $less) = @_;
	my %left;
	$left{$_}++ for @$less;
	return grep { !$left{$_} || !$left{$_}-- } @$more;
}

my %methods = (
	hash => 'SET enable_hashjoin = on; SET enable_mergejoin = off; SET enable_nestloop = off',
	merge => 'SET enable_hashjoin = off; SET enable_mergejoin = on; SET enable_nestloop = off',
	loop => 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_nestloop = on');

# Name, statement, and how many requests leave ahead of their turn when all inputs have rows; undef: as the plan has it.
my @shapes = (
	[ 'one table', 'SELECT count(*) FROM A', 0 ],
	[ 'inner joins', 'SELECT count(*) FROM A JOIN B USING (k) JOIN C USING (k)', 2 ],
	[ 'left joins', 'SELECT count(*) FROM A LEFT JOIN B USING (k) LEFT JOIN C USING (k)', 2 ],
	[ 'right join', 'SELECT count(*) FROM A RIGHT JOIN B USING (k)', 1 ],
	[ 'a join of a join', 'SELECT count(*) FROM A JOIN (B JOIN C USING (k)) USING (k)', 2 ],
	[ 'cross join', 'SELECT count(*) FROM A CROSS JOIN C', 1 ],
	[ 'rows, not a count', 'SELECT a.id, b.id FROM A JOIN B USING (k)', 1 ],
	[ 'IN', 'SELECT count(*) FROM A WHERE k IN (SELECT k FROM B)', 1 ],
	[ 'EXISTS', 'SELECT count(*) FROM A WHERE EXISTS (SELECT FROM B WHERE b.k = a.k)', 1 ],
	[ 'NOT EXISTS', 'SELECT count(*) FROM A WHERE NOT EXISTS (SELECT FROM B WHERE b.k = a.k)', 1 ],
	[ 'UNION ALL', 'SELECT id FROM A UNION ALL SELECT id FROM B UNION ALL SELECT id FROM C', 2 ],
	[ 'UNION', 'SELECT id FROM A UNION SELECT id FROM B', 1 ],
	[ 'EXCEPT', 'SELECT k FROM A EXCEPT SELECT id FROM B', 1 ],
	[ 'INTERSECT ALL', 'SELECT k FROM A INTERSECT ALL SELECT k FROM B', 1 ],
	[ 'GROUP BY, HAVING', 'SELECT a.id, count(*) FROM A JOIN B USING (k) GROUP BY 1 HAVING count(*) > 0', 1 ],
	[ 'DISTINCT', 'SELECT DISTINCT b.id FROM A JOIN B USING (k)', 1 ],
	[ 'ORDER BY', 'SELECT a.id FROM A JOIN B USING (k) ORDER BY b.id, a.id', 1 ],
	[ 'a window', 'SELECT row_number() OVER (ORDER BY a.id, b.id) FROM A JOIN B USING (k)', 1 ],
	[ 'ORDER BY LIMIT', 'SELECT a.id FROM A JOIN B USING (k) ORDER BY b.id, a.id LIMIT 3', 1 ],
	[ 'OFFSET', 'SELECT count(*) FROM (SELECT a.id FROM A JOIN B USING (k) OFFSET 1) x', 1 ],
	[ 'set-returning', 'SELECT count(*) FROM (SELECT generate_series(1, 2) FROM A JOIN B USING (k)) x', 1 ],
	[ 'LATERAL', 'SELECT count(*) FROM A, LATERAL (SELECT id FROM B OFFSET 0) l', 1 ],
	[ 'an aggregate in a join', 'SELECT count(*) FROM A JOIN (SELECT k, max(id) FROM B GROUP BY k) x USING (k)', 1 ],
	[ 'a local table beside', 'SELECT count(*) FROM A JOIN B USING (k) LEFT JOIN local l ON l.k = a.id', 1 ],
	[ 'CREATE TABLE AS',
		'CREATE TEMP TABLE made AS SELECT a.id FROM A JOIN B USING (k); SELECT count(*) FROM made; DROP TABLE made', 1 ],
	[ 'INSERT', 'INSERT INTO kept SELECT a.id FROM A JOIN B USING (k)', 1 ],
	[ 'INSERT RETURNING', 'INSERT INTO kept SELECT a.id FROM A JOIN B USING (k) RETURNING k', 1 ],
	# subqueries that are run once
	[ 'scalar subqueries', 'SELECT (SELECT count(*) FROM A), (SELECT count(*) FROM B), (SELECT max(id) FROM C)', 2 ],
	[ 'scalar subqueries in expressions',
		q{SELECT 1 + (SELECT count(*) FROM A), ROW((SELECT max(id) FROM B), upper((SELECT min(id) FROM C)) IS NULL)}, 2 ],
	[ 'strict functions', 'SELECT greatest((SELECT max(id) FROM A), (SELECT max(id) FROM B)) || (SELECT max(id) FROM C)', 2 ],
	[ 'several EXISTS', 'SELECT EXISTS (SELECT FROM A), NOT EXISTS (SELECT FROM B)', 1 ],
	[ 'arrays', 'SELECT ARRAY(SELECT id FROM A ORDER BY 1), ARRAY(SELECT id FROM B ORDER BY 1)', 1 ],
	[ 'LIMIT of a scalar subquery', 'SELECT (SELECT left(id, 0) FROM A LIMIT 1), (SELECT left(id, 0) FROM B LIMIT 1)', 1 ],
	[ 'a row for each', q{SELECT 'a', (SELECT count(*) FROM A) UNION ALL SELECT 'b', (SELECT count(*) FROM B)}, 1 ],
	[ 'a subquery in a subquery',
		'SELECT (SELECT count(*) + (SELECT count(*) FROM B) FROM A), (SELECT count(*) FROM C)', 2 ],
	[ 'a subquery in the output', 'SELECT a.id, (SELECT count(*) FROM B) FROM A', 1 ],
	[ 'a subquery in the output of a join', 'SELECT a.id, (SELECT count(*) FROM C) FROM A JOIN B USING (k)', 2 ],
	[ 'a subquery in the output, LIMIT', 'SELECT left(a.id, 0), (SELECT count(*) FROM B) FROM A LIMIT 1', 1 ],
	[ 'a subquery in a condition', 'SELECT count(*) FROM A WHERE a.k = (SELECT max(k) FROM B)', 1 ],
	[ 'HAVING', 'SELECT count(*) FROM A HAVING count(*) >= (SELECT count(*) FROM B)', 1 ],
	[ 'NOT IN', 'SELECT count(*) FROM A WHERE a.id NOT IN (SELECT id FROM B)', 1 ],
	[ 'keys from subqueries',
		'SELECT count(*) FROM j.connectors c WHERE group_id = (SELECT max(id) FROM A) AND schema = (SELECT max(id) FROM B)',
		2 ],
	[ 'keys of a table beside it',
		'SELECT count(*) FROM j.connectors c WHERE group_id = ANY (ARRAY(SELECT left(id, 1) FROM A)) AND schema = (
		   SELECT max(id) FROM B)', 2 ],
	[ 'what decides whether rows are read',
		'SELECT count(*) FROM A WHERE (SELECT count(*) FROM B) >= 0 AND (SELECT count(*) FROM C) >= 0', 0 ],
	[ 'a local table', 'SELECT l.k, (SELECT count(*) FROM A) FROM local l WHERE l.k <> (SELECT count(*)::text FROM B)', 1 ],
	[ 'WITH', 'WITH x AS MATERIALIZED (SELECT k FROM B) SELECT count(*) FROM A JOIN x USING (k)', 1 ],
	[ 'WITH twice',
		'WITH x AS MATERIALIZED (SELECT k FROM B) SELECT count(*) FROM A JOIN x USING (k) JOIN x y USING (k)', 1 ],
	[ 'UPDATE', 'UPDATE local SET k = local.k FROM A JOIN B USING (k) WHERE a.k <> local.k', undef ],

	# not where something else may be the reason that a table is not read
	[ 'LIMIT', 'SELECT count(*) FROM (SELECT id FROM A UNION ALL SELECT id FROM B LIMIT 1) x', 0 ],
	[ 'LIMIT 0', 'SELECT count(*) FROM A JOIN (SELECT k FROM B LIMIT 0) x USING (k)', undef ],
	[ 'LIMIT of a join', 'SELECT a.k FROM A JOIN B USING (k) LIMIT 1', undef ],
	[ 'LIMIT by a parameter', 'SELECT count(*) FROM A JOIN (SELECT k FROM B LIMIT length(current_user) * 0) x USING (k)',
		undef ],
	[ 'CASE', 'SELECT CASE WHEN EXISTS (SELECT FROM A) THEN 0 ELSE (SELECT count(*) FROM B) END', 0 ],
	[ 'CASE of a value',
		'SELECT CASE (SELECT count(*) FROM A) WHEN 0 THEN 0 WHEN (SELECT count(*) FROM B) THEN 1 ELSE 2 END', 0 ],
	[ 'COALESCE', 'SELECT COALESCE((SELECT max(id) FROM A), (SELECT max(id) FROM B))', 0 ],
	[ 'AND', 'SELECT (SELECT count(*) FROM A) > 0 AND (SELECT count(*) FROM B) > 0', 0 ],
	[ 'OR', 'SELECT (SELECT count(*) FROM A) > 0 OR (SELECT count(*) FROM B) > 0', 0 ],
	[ 'an argument of an aggregate', 'SELECT sum((SELECT count(*) FROM B)) FILTER (WHERE a.id IS NULL) FROM A', 0 ],
	[ 'a second condition',
		'SELECT count(*) FROM A WHERE a.id IS NULL AND a.id || a.k = (SELECT max(id) FROM B)', undef ],
	[ 'subqueries for LIMIT 0', 'SELECT (SELECT count(*) FROM A), (SELECT count(*) FROM B) LIMIT 0', 0 ],
	[ 'subqueries below a gating condition',
		'SELECT (SELECT count(*) FROM A), (SELECT count(*) FROM B) WHERE falsehood()', 0 ],
	[ 'subqueries of what is never read',
		'SELECT (SELECT count(*) FROM A) UNION ALL SELECT (SELECT count(*) FROM B) WHERE falsehood()', 0 ],
	[ 'a correlated subquery', 'SELECT a.id, (SELECT count(*) FROM B WHERE b.id = a.id OR b.id IS NULL) FROM A', 0 ],
	[ 'WITH that is not read', 'WITH x AS MATERIALIZED (SELECT k FROM B) SELECT count(*) FROM A WHERE a.id IN (SELECT k FROM x)',
		undef ],
	[ 'volatile beside subqueries', q{SELECT (SELECT count(*) FROM A), (SELECT count(*) FROM B), unruly('x')}, 0 ],
	[ 'a gating condition', 'SELECT count(*) FROM A LEFT JOIN (SELECT k FROM B WHERE falsehood()) x USING (k)', undef ],
	[ 'a volatile function', 'SELECT count(unruly(a.id)) FROM A JOIN B USING (k)', 0 ],
	[ 'a volatile condition', 'SELECT count(*) FROM A JOIN B USING (k) WHERE unruly(a.k) = b.k', 0 ],
	[ 'a volatile subquery', 'SELECT count(*), (SELECT unruly(max(k)) FROM local) FROM A JOIN B USING (k)', 0 ],
	[ 'row locks', 'SELECT count(*) FROM (SELECT l.k FROM local l, A, B FOR UPDATE OF l) x', 0 ],
	[ 'a trigger', 'INSERT INTO watched SELECT a.id FROM A JOIN B USING (k)', 0 ],
	[ 'several writes',
		'WITH w AS (INSERT INTO kept VALUES (1) RETURNING k) SELECT count(*) FROM A JOIN B USING (k), w', 0 ],
	[ 'an empty local table', 'SELECT count(*) FROM (SELECT k FROM nothing WHERE k IS NOT NULL) n, A, B', undef ],
);

foreach my $shape (@shapes)
{
	my ($name, $template, $ahead) = @$shape;
	my @inputs = grep { $template =~ /\b$_\b/ } qw(A B C);

	# where there is nothing to join, one is enough
	foreach my $method ($template =~ /JOIN|, B\b|\bIN \(|WHERE EXISTS|FROM [AB] (EXC|INTER)/ ? sort keys %methods : 'hash')
	{
		$session->ask("SET join_collapse_limit = 1; SET from_collapse_limit = 1; $methods{$method}");
		foreach my $empties (0 .. (1 << @inputs) - 1)
		{
			my %inputs = map { $inputs[$_] => ($empties >> $_ & 1 ? \%empty : \%full)->{ $inputs[$_] } } 0 .. $#inputs;
			my $sql = statement($template, %inputs);
			my $label = "$name, $method, " . (join('', map { $empties >> $_ & 1 ? $inputs[$_] : () } 0 .. $#inputs) || 'none')
			  . ' empty';
			my %runs;
			foreach my $set (qw(off on))
			{
				$session->ask("SET fivetrex.start_together = $set");
				$runs{$set} = [ seen("BEGIN; $sql; ROLLBACK") ];
			}
			my @more = beyond($runs{on}[1], $runs{off}[1]);
			my $same = $runs{on}[0] eq $runs{off}[0] && $runs{on}[2] eq '' && $runs{off}[2] eq '';
			my $fewest = !beyond($runs{off}[1], $runs{on}[1]) && @more <= @inputs - 1
				&& ($empties || $name =~ /empty/ || !@more);
			ok($same && $fewest, $label)
			  or diag(join "\n", $sql, @{ $runs{on} }[ 0, 2 ], "off: @{$runs{off}[1]}", "on: @{$runs{on}[1]}");
		}
		next if !defined $ahead;
		my $plan = (seen('BEGIN; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) '
			  . statement($template, %full) . '; ROLLBACK'))[0];
		# newer planners may leave a table out
		my $counted = count_of($plan, 'Calls Ahead');
		ok($counted == $ahead || ($version >= 170000 && $counted <= @inputs - 1), "$name, $method: ahead")
		  or diag($plan);
		is(count_of($plan, 'Calls Wasted'), 0, "$name, $method: none in vain");
	}
}
$session->ask('RESET ALL');

# ---------- at once ----------

# The requests that wait for an answer at the same time, and what is answered when they go on.
sub waiting
{
	my ($sql, $count, $expected, $name) = @_;
	$mock->clear('j');
	$mock->fault('j', { path => '.', stall => 'headers', times => 0 });
	$session->tell($sql);
	$mock->wait_for('j', $count, undef, 'stalled');
	is_deeply([ sort $mock->requests('j') ], [ sort map { "GET $_" } @$expected ], "$name: $count at once");
	$mock->clear_faults('j');
	$mock->release('j');
	my $out = $session->answer;
	is($session->complaint, '', "$name: without a complaint");
	return $out;
}

my $five = 'FROM (SELECT left(id, 0) AS k FROM j.groups) a JOIN (SELECT left(id, 0) AS k FROM j.teams) b USING (k)
  JOIN (SELECT left(name, 0) AS k FROM j.roles) c USING (k) JOIN (SELECT left(id, 0) AS k FROM j.webhooks) d USING (k)
  JOIN (SELECT left(id, 0) AS k FROM j.log_services) e USING (k)';
my @five = map { "/v1/$_?limit=1000" } qw(groups teams roles webhooks external-logging);
my $rows = join '*', map { "(SELECT count(*) FROM j.$_)" } qw(groups teams roles webhooks log_services);
my $product = $session->ask("SELECT $rows");
cmp_ok($product, '>', 0, 'all have rows');
is(waiting("SELECT count(*) $five", 5, \@five, 'five tables'), $product, 'and all rows come');
my $counts = join ', ', map { "(SELECT count(*) FROM j.$_)" } qw(groups teams roles webhooks log_services);
is(waiting("SELECT $counts", 5, \@five, 'five scalar subqueries'),
	join('|', map { $session->ask("SELECT count(*) FROM j.$_") } qw(groups teams roles webhooks log_services)),
	'and all counts');
is(waiting("PREPARE p AS SELECT count(*) $five; SET plan_cache_mode = force_generic_plan; EXECUTE p; DEALLOCATE p", 5,
		\@five, 'a prepared statement'), $product, 'the same rows');
is(waiting('SELECT count(*) FROM j.groups g, j.account t, j.roles r', 3,
		[ qw(/v1/groups?limit=1000 /v1/account/info /v1/roles?limit=1000) ], 'an object without a key'),
	$session->ask('SELECT (SELECT count(*) FROM j.groups) * (SELECT count(*) FROM j.roles)'), 'and all rows');
my ($group) = $node->rows('SELECT id FROM j.groups ORDER BY id LIMIT 1');
is(waiting("SELECT count(*) FROM j.groups g, j.teams t WHERE g.id = '$group' AND t.id <> ''", 2,
		[ "/v1/groups/$group", '/v1/teams?limit=1000' ], 'an object by its key'),
	$session->ask('SELECT count(*) FROM j.teams'), 'and all rows');
is(waiting('SELECT count(*) FROM (SELECT DISTINCT team_id FROM j.team_users) u, j.roles r', 2,
		[ qw(/v1/teams?limit=1000 /v1/roles?limit=1000) ], 'parents that are enumerated'),
	$session->ask('SELECT count(DISTINCT team_id) * (SELECT count(*) FROM j.roles) FROM j.team_users'), 'and all rows');
$session->ask("PREPARE by (text) AS SELECT count(*) FROM j.connectors c, j.teams t WHERE c.group_id = \$1");
$session->ask('SET plan_cache_mode = force_generic_plan');
waiting("EXECUTE by ('$group')", 2, [ "/v1/connections?group_id=$group&limit=1000", '/v1/teams?limit=1000' ],
	"a parameter of the client's");
$session->ask('DEALLOCATE ALL; RESET ALL');

# What two scans ask for leaves once, whichever is read first.
foreach my $method (sort keys %methods)
{
	is(waiting("$methods{$method}; SELECT count(*) FROM (SELECT left(id, 0) AS k FROM j.teams) a
	     JOIN (SELECT left(name, 0) AS k FROM j.teams) b USING (k)
	     JOIN (SELECT left(id, 0) AS k FROM j.groups) c USING (k)",
			2, [ qw(/v1/teams?limit=1000 /v1/groups?limit=1000) ], "a list twice, $method"),
		$session->ask('SELECT (SELECT count(*) FROM j.teams) ^ 2 * count(*) FROM j.groups'), 'and all rows');
}
$session->ask('RESET ALL');

# Never more than max_concurrency on the wire.
$node->query('ALTER SERVER j OPTIONS (ADD max_concurrency \'2\')');
$mock->clear('j');
$mock->fault('j', { path => '.', stall => 'headers', times => 2 });
$session->tell("SELECT count(*) $five");
$mock->wait_for('j', 2, undef, 'stalled');
$mock->release('j');
is($session->answer, $product, 'a server with max_concurrency 2');
is($mock->stats('j')->{max_in_flight}, 2, 'has two requests at once');
is(scalar($mock->requests('j')), 5, 'and five in all');
$node->query('ALTER SERVER j OPTIONS (DROP max_concurrency)');
$session->quit;
$session = Fivetrex::Session->new($node);
$session->ask('SELECT count(*) FROM j.groups');

# ---------- when not ----------

# Requests ahead, in the words of EXPLAIN ANALYZE.
sub ahead
{
	my ($before, $sql) = @_;
	$session->ask($before);
	my $plan = $session->ask('EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) ' . ($sql // "SELECT count(*) $five"));
	$session->ask('RESET ALL');
	return count_of($plan, 'Calls Ahead');
}

is(ahead('SELECT 1'), 4, 'four ahead of their turn');
is(ahead('SET fivetrex.start_together = off'), 0, 'none with the setting off');
is(ahead('SET fivetrex.max_calls = 1000'), 0, 'nor where calls are counted');
$mock->settings('j', rate_limit => 20000, rate_used => 10);
$session->ask('SELECT count(*) FROM j.groups');
is(ahead('SET fivetrex.reserve = 100'), 4, 'far from the reserve');
is(ahead('SET fivetrex.reserve = 19950'), 0, 'near the reserve');
$mock->settings('j', rate_limit => 20000, rate_used => 19950);
$session->ask('SELECT count(*) FROM j.groups');
is(ahead('SELECT 1'), 0, 'near the end of the hour');
$mock->settings('j', rate_limit => undef, rate_used => 0);
$session->quit;
$session = Fivetrex::Session->new($node);
$session->ask('SELECT count(*) FROM j.groups');
$node->query(q{ALTER FOREIGN TABLE j.teams OPTIONS (ADD prefetch 'false')});
is(ahead('SELECT 1'), 3, 'not for a table without prefetch');
$node->query(q{ALTER FOREIGN TABLE j.teams OPTIONS (DROP prefetch)});
is(ahead('SELECT 1', "SELECT count(*) FROM parts WHERE name = (SELECT 'a' FROM j.roles LIMIT 1)"), 0,
	'not for partitions that may be left out');
is(ahead('SELECT 1', "SELECT count(*) FROM parts"), 1, 'but where all are read');
$mock->clear('j');
$session->ask("SELECT count(*) FROM j.connectors c, j.teams t WHERE c.group_id =
	(SELECT max(id) FROM j.groups WHERE id = 'none')");
is(scalar(grep { /connections/ } $mock->requests('j')), 0, 'not for what depends on another');

# What another server answers is not received while this one is waited for.
$node->add_world($mock, 'other', max_retries => 0);
is(ahead('SELECT 1', 'SELECT count(*) FROM j.groups a, other.groups b'), 0, 'not for tables of another server');
is(ahead('SELECT 1', 'SELECT id FROM j.groups UNION ALL SELECT id FROM j.teams UNION ALL SELECT id FROM other.groups
	UNION ALL SELECT id FROM other.teams'), 2, 'but for each server when its first table is read');

# The first rows of a cursor.
foreach my $case ([ 'FETCH 1', 1 ], [ 'FETCH ALL', 2 ])
{
	$mock->clear('j');
	$session->ask("BEGIN; DECLARE c CURSOR FOR SELECT id FROM j.groups UNION ALL SELECT id FROM j.teams; $case->[0] FROM c;
		COMMIT");
	is(scalar($mock->requests('j')), $case->[1], "a cursor: $case->[0]");
}
$mock->clear('j');
$session->ask('EXPLAIN SELECT count(*) ' . $five);
is(scalar($mock->requests('j')), 0, 'EXPLAIN sends nothing');

# ---------- errors ----------

my $pair = "SELECT count(*) FROM (SELECT left(id, 0) AS k FROM j.groups WHERE left(name, 1) = '%%%s') a
  JOIN (SELECT left(id, 0) AS k FROM j.teams OFFSET 0) b USING (k)";
my $loops = 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
	SET join_collapse_limit = 1';
$session->ask($loops);
$mock->fault('j', { path => '/teams', status => 500, times => 0 });
$mock->clear('j');
$mock->fault('j', { path => '/groups', stall => 'headers' });
$session->tell(sprintf $pair, '');
$mock->wait_for('j', 2);
$mock->release('j');
is($session->answer, 0, 'an answer that nobody looks at may be an error');
is($session->complaint, '', 'of which nobody learns');
is(scalar($mock->requests('j')), 2, 'though it was asked for');
my $wasted = $session->ask('EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) ' . sprintf $pair, '');
is_deeply([ map { count_of($wasted, $_) } 'Calls', 'Calls Ahead', 'Calls Wasted' ], [ 2, 1, 1 ],
	'EXPLAIN ANALYZE counts it') or diag($wasted);
my %errors;
foreach my $set (qw(on off))
{
	my $all = (sprintf $pair, '') =~ s/ = '%'/ <> '%'/r;
	$session->ask("SET fivetrex.start_together = $set");
	$errors{$set} = $session->complaint($all);
}
like($errors{on}, qr{^ERROR:  58000: .*GET /v1/teams}s, 'an error is raised when its table is read');
is($errors{on}, $errors{off}, 'and is the same');
$mock->clear_faults('j');
$session->ask('RESET ALL');

# A cancel gives up all of them.
$mock->clear('j');
$mock->fault('j', { path => '.', stall => 'headers', times => 0 });
$session->tell("SELECT count(*) $five");
$mock->wait_for('j', 5, undef, 'stalled');
is($node->query('SELECT pg_cancel_backend(' . $session->pid . ')'), 't', 'canceled');
$session->answer;
like($session->complaint, qr/57014/, 'in the wait for all');
$mock->wait_for('j', 5, undef, 'gone');
$mock->clear_faults('j');
$mock->release('j');
is($session->ask("SELECT count(*) $five"), $product, 'and the next statement asks anew');

# ---------- retries ----------

# What nobody reads is not repeated, and leaves the time for retries to the others.
$node->add_world($mock, 'r', max_retries => 2, retry_delay => 0, max_retry_wait => 1);
$session->quit;
$session = Fivetrex::Session->new($node);
$session->ask($loops);
my $unread = q{SELECT count(*) FROM (SELECT k FROM (SELECT left(id, 0) AS k FROM r.groups WHERE left(name, 1) = '%') a
  JOIN (SELECT left(id, 0) AS k FROM r.teams OFFSET 0) b USING (k)
  UNION ALL SELECT id FROM r.users WHERE id = (SELECT min(id) FROM r.users)) x};
my %later = (status => 503, headers => { 'Retry-After' => 1 });
$mock->clear('r');
$mock->fault('r', { path => '^/v1/teams', times => 0, %later });
$mock->fault('r', { path => '^/v1/users/', times => 1, %later });
is($session->ask($unread), 1, 'what is not read is not there');
is($session->complaint, '', 'and takes no time from what is');
is(scalar(grep { m{/teams} } $mock->requests('r')), 1, 'and is not asked for again');
# It is repeated as ever when its table is read.
my $read = 'SELECT count(*) FROM (SELECT left(id, 0) AS k FROM r.groups) a
  JOIN (SELECT left(id, 0) AS k FROM r.teams OFFSET 0) b USING (k)';
$mock->clear_faults('r');
my $pairs = $session->ask($read);
foreach my $case ([ 503, 1 ], [ 503, 2 ], [ 503, 3 ], [ 429, 1 ])
{
	my ($status, $times) = @$case;
	my %runs;
	foreach my $set (qw(on off))
	{
		$session->ask("SET fivetrex.start_together = $set");
		$mock->clear_faults('r');
		$mock->clear('r');
		$mock->fault('r', { path => '^/v1/teams', times => $times, status => $status });
		$runs{$set} = [ $session->ask($read), $session->complaint, grep { m{/teams} } $mock->requests('r') ];
	}
	is_deeply($runs{on}, $runs{off}, "$status, $times times, of an input that is read")
	  or diag(join "\n", @{ $runs{on} }, '', @{ $runs{off} });
	is($runs{on}[0], $pairs, 'and its rows come') if $times < 3;
}
$mock->clear_faults('r');
$session->ask('RESET ALL');

# ---------- writes ----------

# A write to the account: what it reads and sends is the same.
foreach my $sql (
	'UPDATE j.webhooks w SET active = NOT active FROM (SELECT left(id, 0) AS k FROM j.groups LIMIT 1) g,
	   (SELECT left(id, 0) AS k FROM j.teams LIMIT 1) t WHERE g.k = t.k AND left(w.id, 0) = g.k
	   	RETURNING w.active IS NULL',
	"INSERT INTO j.groups (name) SELECT 'new_' || count(*) FROM j.roles UNION ALL SELECT 'newer_' || count(*) FROM j.teams
	   RETURNING name",
	"INSERT INTO j.groups (name) SELECT 'one_' || left(name, 0) FROM (SELECT name FROM j.groups WHERE id = '$group') g
	   JOIN (SELECT left(id, 0) AS k FROM j.teams OFFSET 0) t ON k = left(name, 0) LIMIT 1 RETURNING name")
{
	my %runs;
	foreach my $set (qw(off on))
	{
		$session->ask("SET fivetrex.start_together = $set");
		$runs{$set} = [ seen($sql) ];
	}
	is($runs{on}[2], '', 'a write') or diag($sql);
	is($runs{on}[0], $runs{off}[0], 'has the same rows');
	is_deeply([ map { s/[a-z]+_[a-z_]+\b//gr } @{ $runs{on}[1] } ], [ map { s/[a-z]+_[a-z_]+\b//gr } @{ $runs{off}[1] } ],
		'and makes the same requests');
}

$session->quit;
$node->stop;
$mock->stop;
done_testing();
