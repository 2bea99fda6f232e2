# What is asked ahead for a join by key: how many requests are under way at
# once, what is wasted, and what must not happen because of it.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('window');

$node->add_world($mock, 'j', max_retries => 1);
$mock->settings('j', connectors => 100);
$node->query(
	q{CREATE TABLE keys (n int, k text);
	  INSERT INTO keys SELECT row_number() OVER (ORDER BY id), id FROM j.connectors ORDER BY id LIMIT 44;
	  CREATE TABLE new_keys WITH (autovacuum_enabled = off) AS TABLE keys;
	  CREATE TABLE done (n int PRIMARY KEY, k text, m int);
	  INSERT INTO done SELECT n, k, 0 FROM keys;
	  ANALYZE keys; ANALYZE done;
	  CREATE FUNCTION put(text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
	  BEGIN UPDATE j.webhooks SET active = true WHERE id = (SELECT min(id) FROM j.webhooks); RETURN $1; END $$});
my @ids = $node->rows('SELECT k FROM keys ORDER BY n');

# Requests of the world, by what they ask for.
sub asked
{
	my ($pattern) = @_;
	return grep { /$pattern/ } $mock->requests('j');
}

# What the figures of EXPLAIN ANALYZE say.
sub figures
{
	my ($sql, $name) = @_;
	my $plan = $node->query("EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) $sql");
	return $1 if $plan =~ /$name: (\d+)/;
	return "no $name in:\n$plan";
}

# ---------- at once ----------

# Run a statement whose requests stay unanswered until all that can be under way
# are: returns how many were, wave by wave.
sub waves
{
	my ($sql, $path, $calls, $at_once) = @_;
	my $session = Fivetrex::Session->new($node);
	my @waves;
	$session->ask("SELECT count(*) FROM j.groups");
	$mock->clear('j');
	$mock->fault('j', { path => $path, stall => 'headers', times => 0 });
	$session->tell($sql);
	for (my $left = $calls; $left > 0; $left -= $waves[-1])
	{
		push @waves, $left < $at_once ? $left : $at_once;
		$mock->wait_for('j', $waves[-1], $path, 'stalled');
		$mock->release('j');
		# those that are stalled then are others
		$mock->wait_for('j', $calls - $left + $waves[-1], $path, 'answered');
	}
	$mock->clear_faults('j');
	my $out = $session->answer;
	$session->quit;
	is(scalar(asked($path)), $calls, "$calls calls: $sql");
	return (scalar @waves, $out);
}

foreach my $table (qw(keys new_keys))
{
	my ($waves) = waves(
		"SELECT count(*) FROM $table k JOIN j.connector_states s ON s.connector_id = k.k", 'state', 44, 8);
	is($waves, 6, "$table: 44 keys in 6 round trips");
}
is((waves(
		'SET fivetrex.join_window = 0; SET enable_hashjoin = off;
		 SELECT count(*) FROM keys k JOIN j.connector_states s ON s.connector_id = k.k', 'state', 44, 1))[0],
	44, 'in 44 with the setting off');
is((waves(
		'SELECT k.n, l.c FROM keys k,
		   LATERAL (SELECT count(*) AS c FROM j.connector_states s WHERE s.connector_id = k.k) l',
		'state', 44, 8))[0],
	6, 'a subquery for each row');
is((waves(
		'SELECT k.n, l.start FROM keys k LEFT JOIN LATERAL (SELECT start FROM j.connector_sync_history h
		   WHERE h.connector_id = k.k ORDER BY start DESC LIMIT 1) l ON true', 'sync-history', 44, 8))[0],
	6, 'the last one of each');
is((waves(
		'UPDATE done SET m = 1 FROM j.connector_states s WHERE s.connector_id = done.k', 'state', 44, 8))[0],
	6, 'UPDATE ... FROM');
my $destinations = $node->query('CREATE TABLE places AS SELECT id FROM j.destinations; ANALYZE places;
	SELECT count(*) FROM places');
is((waves(
		'SELECT count(d.config) FROM places p JOIN j.destinations d ON d.id = p.id',
		'destinations/', $destinations, $destinations > 8 ? 8 : $destinations))[0],
	int(($destinations + 7) / 8), 'details');
my $broken = $node->query("SELECT count(*) FROM j.connectors WHERE group_id = 'decent_dropsy'");
is((waves(
		"SELECT count(*) FROM j.connectors c JOIN j.connector_sync_history h ON h.connector_id = c.id
		 WHERE c.group_id = 'decent_dropsy'", 'sync-history', $broken, 8))[0],
	int(($broken + 7) / 8), 'a foreign outer side');

# Keys that come again, also while the first answer is under way.
$node->query('CREATE TABLE again AS SELECT k FROM keys, generate_series(1, 3) WHERE n <= 8 ORDER BY n; ANALYZE again');
is((waves('SELECT count(*) FROM again k JOIN j.connector_states s ON s.connector_id = k.k', 'state', 8, 6))[0],
	2, 'each key is asked for once');
$mock->clear('j');
is($node->query('SELECT count(*) FROM j.groups a JOIN j.groups b ON a.id = b.id'),
	$node->query('SELECT count(*) FROM j.groups'), 'a list twice');

# ---------- not for nothing ----------

my $join = 'SELECT k.n, s.connector_id FROM keys k LEFT JOIN j.connector_states s ON s.connector_id = k.k';
foreach my $case ([ 1, 1 ], [ 2, 3 ], [ 3, 3 ], [ 4, 7 ], [ 7, 7 ], [ 8, 15 ])
{
	my ($limit, $calls) = @$case;
	$mock->clear('j');
	is($node->query("SELECT count(*) FROM ($join LIMIT $limit) x"), $limit, "LIMIT $limit");
	cmp_ok(scalar(asked('state')), '<=', $calls, "LIMIT $limit makes $calls calls at most");
}
is(figures("SELECT count(*) FROM ($join LIMIT 4) x", 'Calls Wasted'), 3, 'EXPLAIN ANALYZE counts what was wasted');
is(figures("$join LIMIT 4", 'Calls Wasted'), 0, 'the LIMIT of a statement tells how many rows a left join needs');
is(figures("$join OFFSET 1 LIMIT 3", 'Calls Wasted'), 0, 'and its OFFSET');
is(figures($join, 'Calls Ahead'), 44, 'and what was asked ahead');
is(figures($join, 'Calls Wasted'), 0, 'nothing is wasted when all is read');
like($node->query("EXPLAIN $join"),
	qr/Custom Scan \(Fivetrex Ask Ahead\).*\n\s*Asks Ahead For: s\n/, 'EXPLAIN says for whom');
unlike($node->query("SET fivetrex.join_window = 0; EXPLAIN $join"), qr/Ask/, 'not when it is off');
$mock->clear('j');
$node->query("SELECT EXISTS ($join)");
is(scalar(asked('state')), 1, 'EXISTS: one call');
$mock->clear('j');
$node->query("BEGIN; DECLARE c CURSOR FOR $join; FETCH 1 FROM c; COMMIT");
is(scalar(asked('state')), 1, 'the first row of a cursor: one call');
$mock->clear('j');
$node->query(
	'DO $$ DECLARE r record; BEGIN ' . ($join =~ s/s\.connector_id FROM/s.connector_id INTO r FROM/r) . '; END $$');
cmp_ok(scalar(asked('state')), '<=', 3, 'SELECT INTO: the first rows');

# A subquery that wants no row.
$mock->clear('j');
$node->query(q{SELECT k.n, l.connector_id FROM keys k LEFT JOIN LATERAL (SELECT connector_id FROM j.connector_states s
  WHERE s.connector_id = k.k LIMIT CASE WHEN k.n = 7 THEN 1 ELSE 0 END) l ON true});
is(scalar(asked('state')), 1, 'LIMIT 0: no call');

# What Memoize holds is not asked for again, though it is too large for the memo.
$node->query("CREATE TABLE often AS SELECT k FROM keys, generate_series(1, 5) i WHERE n <= 18 ORDER BY i, n;
	ANALYZE often");
$mock->fault('j', { path => '/schemas', times => 0, large => { packed => 0, times => 4300,
		head => '{"code":"Success","data":{"schemas":{"s":{"name_in_destination":"s","enabled":true,"tables":{}}},"x":"',
		unit => 'x' x 1000, tail => '"}}' } });
foreach my $window (-1, 0)
{
	my $set = "SET fivetrex.join_window = $window; SET enable_hashjoin = off; SET enable_mergejoin = off;
	  SET enable_material = off;";
	foreach my $inner ('j.connector_schemas s ON s.connector_id = o.k',
		'LATERAL (SELECT s.schema_name FROM j.connector_schemas s WHERE s.connector_id = o.k OFFSET 0) l ON true')
	{
		my $sql = "SELECT count(*) FROM often o JOIN $inner";
		like($node->query("$set EXPLAIN $sql"), qr/Memoize/, "keys come again (window $window): $inner");
		$mock->clear('j');
		$node->query("$set $sql");
		is(scalar(asked('schemas')), 18, "each key once (window $window)");
	}
}
$mock->clear_faults('j');

# A prepared plan follows the setting.
$mock->clear('j');
unlike(
	$node->query("SET plan_cache_mode = force_generic_plan; PREPARE p AS $join; EXECUTE p; SET fivetrex.join_window = 0;
	  EXPLAIN (ANALYZE, COSTS off, TIMING off) EXECUTE p"), qr/Calls Ahead: [1-9]/, 'a cached plan, turned off');

# ---------- errors ----------

my $ordered = 'SELECT k.n, s.connector_id FROM keys k LEFT JOIN j.connector_states s ON s.connector_id = k.k';
$mock->fault('j', { path => "$ids[9]/state", status => 500, times => 0 });
foreach my $limit (1, 5, 8, 9)
{
	is($node->query("SELECT count(*) FROM ($ordered LIMIT $limit) x"), $limit,
		"an answer that nobody comes to may be an error: LIMIT $limit");
}
foreach my $window (-1, 0)
{
	like($node->fails("SET fivetrex.join_window = $window; $ordered LIMIT 10"), qr/58000.*\Q$ids[9]\E/s,
		"it is raised when its row is reached (window $window)");
	my ($status, $out) = $node->psql('postgres',
		"SET fivetrex.join_window = $window; BEGIN; DECLARE c CURSOR FOR $ordered; FETCH 9 FROM c; FETCH 1 FROM c");
	is(scalar(split /\n/, $out), 9, "and not before (window $window)");
}
$mock->clear_faults('j');

# An outer side that fails: only where it is reached.
$node->query("CREATE TABLE odd AS SELECT n, k, 6 - n AS d FROM keys ORDER BY n; ANALYZE odd");
foreach my $window (-1, 0)
{
	my $sql = 'SELECT o.n FROM odd o LEFT JOIN j.connector_states s ON s.connector_id = o.k WHERE 10 / o.d < 100';
	is($node->query("SET fivetrex.join_window = $window; SELECT count(*) FROM ($sql LIMIT 5) x"), 5,
		"a row that fails lies behind the LIMIT (window $window)");
	like($node->fails("SET fivetrex.join_window = $window; $sql LIMIT 6"), qr/22012/, "or before it (window $window)");
}
# So may what its relations have in common be, which is no condition of either.
$node->query("CREATE TABLE numbers AS SELECT generate_series(1, 10000) AS y;
	CREATE INDEX ON numbers (y); ANALYZE numbers;
	CREATE TABLE odd_numbers AS SELECT n, k, CASE WHEN n = 6 THEN 'x' ELSE n::text END AS t FROM keys ORDER BY n;
	ANALYZE odd_numbers");
foreach my $window (-1, 0)
{
	foreach my $numbers ('JOIN numbers b ON b.y = o.t::int', 'LEFT JOIN numbers b ON b.y = o.t::int',
		'JOIN numbers b ON b.y = o.t::int JOIN numbers c ON c.y = b.y')
	{
		my $sql = "SELECT o.n FROM odd_numbers o $numbers LEFT JOIN j.connector_states s ON s.connector_id = o.k";
		my $set = "SET join_collapse_limit = 1; SET enable_hashjoin = off; SET enable_mergejoin = off;
		  SET enable_material = off; SET fivetrex.join_window = $window;";
		is($node->query("$set SELECT count(*) FROM ($sql LIMIT 5) x"), 5,
			"a comparison that fails lies behind the LIMIT (window $window): $numbers");
		like($node->fails("$set $sql LIMIT 6"), qr/22P02/, "or before it (window $window)");
	}
}
# So may a page of a list.
$node->query("CREATE SERVER paged FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '" . $mock->url('j') . "',
	  page_size '10', retry_delay '0', max_retries '0');
	CREATE USER MAPPING FOR PUBLIC SERVER paged OPTIONS (api_key 'key', api_secret 'secret');
	CREATE SCHEMA paged; IMPORT FOREIGN SCHEMA fivetran FROM SERVER paged INTO paged;
	ALTER SERVER paged OPTIONS (ADD prefetch 'false')");
$mock->fault('j', { path => 'connections\?limit=10&cursor', status => 500, times => 0 });
foreach my $window (-1, 0)
{
	is($node->query("SET fivetrex.join_window = $window; SET enable_hashjoin = off;
	    SET enable_mergejoin = off; SET enable_material = off;
	    SELECT count(*) FROM (SELECT c.id FROM paged.connectors c
	      LEFT JOIN paged.connector_states s ON s.connector_id = c.id LIMIT 10) x"),
		10, "a page that fails lies behind the LIMIT (window $window)");
}
$mock->clear_faults('j');

# A key that cannot be computed.
$node->query("CREATE TABLE odd_keys AS SELECT n, k, CASE WHEN n = 6 THEN 'x' ELSE n::text END AS t FROM keys ORDER BY n;
	ANALYZE odd_keys");
foreach my $window (-1, 0)
{
	my $sql = "SELECT o.n, s.config FROM odd_keys o JOIN j.connectors s ON s.id = left(o.k, 99 + o.t::int)";
	my $set = "SET fivetrex.join_window = $window; SET enable_hashjoin = off; SET enable_mergejoin = off;
	  SET enable_material = off;";
	is($node->query("$set SELECT count(*) FROM ($sql LIMIT 5) x"), 5,
		"a key that fails lies behind the LIMIT (window $window)");
	like($node->fails("$set $sql LIMIT 6"), qr/22P02/, "or before it (window $window)");
}

# A row of a list with a value that is none: it fails where it is reached.
{
	my @order = $node->rows(q{SELECT id FROM j.connectors WHERE group_id = 'decent_dropsy'});
	my $at = 5;    # among those that would be read ahead
	my $time = $node->query("SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
	  FROM j.connectors WHERE id = '$order[$at]'");
	$mock->patch('j', 'connections', $order[$at], set => { created_at => 'yesterday?' });
	my $sql = "SELECT c.created_at, s.connector_id FROM j.connectors c
	  LEFT JOIN j.connector_states s ON s.connector_id = c.id WHERE c.group_id = 'decent_dropsy'";
	foreach my $window (-1, 0)
	{
		my $set = "SET fivetrex.join_window = $window; SET enable_hashjoin = off; SET enable_mergejoin = off;";
		foreach my $explain ('', 'EXPLAIN (ANALYZE) ')
		{
			my ($status, $out, $err) = $node->psql('postgres', "$set $explain$sql LIMIT $at");
			unlike($err, qr/ERROR/, "${explain}a row that is broken lies behind the LIMIT (window $window)");
			like($node->fails("$set $explain$sql LIMIT " . ($at + 1)), qr/22007/, "or before it (window $window)");
		}
		my ($status, $out) = $node->psql('postgres',
			"$set BEGIN; DECLARE c CURSOR FOR $sql; FETCH $at FROM c; FETCH 1 FROM c");
		is(scalar(split /\n/, $out), $at, "and a cursor comes that far (window $window)");
	}
	$mock->patch('j', 'connections', $order[$at], set => { created_at => $time });
}

# Partitions that lie elsewhere are no local rows.
$node->query('CREATE TABLE mixed (LIKE paged.connectors) PARTITION BY LIST (paused);
	CREATE FOREIGN TABLE mixed_far PARTITION OF mixed DEFAULT SERVER paged OPTIONS (resource ' . "'connectors');
	CREATE TABLE mixed_near PARTITION OF mixed FOR VALUES IN (NULL)");
$mock->fault('j', { path => 'connections\?limit=10&cursor', status => 500, times => 0 });
foreach my $window (-1, 0)
{
	is($node->query("SET fivetrex.join_window = $window; SET enable_hashjoin = off;
	    SET enable_mergejoin = off; SET enable_material = off;
	    SELECT count(*) FROM (SELECT c.id FROM mixed c
	      LEFT JOIN paged.connector_states s ON s.connector_id = c.id LIMIT 10) x"),
		10, "a page of a partition that fails lies behind the LIMIT (window $window)");
}
$mock->clear_faults('j');

# ---------- belts ----------

foreach my $calls (0, 1, 10, 43, 44, 45, 60, 100)
{
	my @said;
	foreach my $window (0, -1)
	{
		$mock->clear('j');
		my ($status, $out, $err) = $node->psql('postgres',
			"\\set VERBOSITY verbose\nSET fivetrex.join_window = $window; SET fivetrex.max_calls = $calls;
			 SELECT count(*) FROM ($join) x");
		$err =~ s/^LOCATION.*//mg;
		push @said, join "\n", $out, $err =~ s/^psql:.*?: //mgr, scalar(asked('state'));
	}
	is($said[1], $said[0], "max_calls = $calls: as without asking ahead");
}
foreach my $calls (3, 4, 5)
{
	is($node->query("SET fivetrex.max_calls = $calls; SELECT count(*) FROM ($join LIMIT 3) x"), 3,
		"max_calls = $calls is enough for LIMIT 3");
}

# ---------- writes ----------

# A write of the statement itself: what was asked before is asked again.
foreach my $case (
	[ 'SELECT put(k.k), s.connector_id FROM keys k LEFT JOIN j.connector_states s ON s.connector_id = k.k', 44 ])
{
	my ($sql, $calls) = @$case;
	$mock->clear('j');
	$node->query("SET fivetrex.max_writes = -1; $sql");
	cmp_ok(scalar(asked('state')), '<=', $calls + 1, 'a write in between: one call in vain at most');
	my @log = asked('state|PATCH');
	my @late = grep { $log[$_] =~ /GET/ && $_ > 2 && $log[ $_ - 1 ] !~ /PATCH/ } 0 .. $#log;
	is(scalar(@late), 0, 'each row is asked for after the write before it');
}
# Of another statement: a cursor goes on with fresh answers.
{
	my $session = Fivetrex::Session->new($node);
	$session->ask("BEGIN; DECLARE c CURSOR FOR $join; FETCH 3 FROM c");
	$session->ask('UPDATE j.webhooks SET active = true WHERE id = (SELECT min(id) FROM j.webhooks)');
	$mock->clear('j');
	$session->ask('FETCH ALL FROM c');
	my @states = asked('state');
	is(scalar(@states), 41, 'what was asked before a write is asked again');
	$session->ask('COMMIT');
	$session->quit;
}

# ---------- rows that others change meanwhile ----------

foreach my $sql ('SELECT d.n, d.m, s.connector_id FROM done d LEFT JOIN j.connector_states s ON s.connector_id = d.k
	  WHERE d.m < 5 FOR UPDATE OF d',
	'UPDATE done d SET m = d.m + 1 FROM keys k LEFT JOIN j.connector_states s ON s.connector_id = k.k
	  WHERE d.n = k.n AND d.m < 5 RETURNING d.n, d.m, s.connector_id',
	'UPDATE done d SET m = d.m + 1 FROM (SELECT connector_id, count(*) AS c FROM j.connector_sync_history
	  WHERE connector_id IN (SELECT k FROM keys) GROUP BY 1) s WHERE s.connector_id = d.k AND d.m < 5
	  RETURNING d.n, d.m, s.connector_id')
{
	my @got;
	foreach my $window (0, -1)
	{
		$node->query('UPDATE done SET m = 0');
		my ($one, $two) = map { Fivetrex::Session->new($node) } 1, 2;
		$one->ask("BEGIN; UPDATE done SET m = CASE WHEN n % 2 = 0 THEN 7 ELSE 3 END WHERE n BETWEEN 5 AND 30");
		$two->ask("SET fivetrex.join_window = $window");
		$two->tell($sql);
		$node->poll_query_until('postgres',
			"SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = " . $two->pid . " AND wait_event_type = 'Lock'");
		$one->ask('COMMIT');
		push @got, join "\n", sort split /\n/, $two->answer;
		$_->quit for $one, $two;
	}
	is($got[1], $got[0], 'rows that another session has changed are checked again');
	isnt($got[1], '', 'and some are left');
}

# ---------- the end in the middle ----------

{
	my $session = Fivetrex::Session->new($node);
	$mock->clear('j');
	$mock->fault('j', { path => 'state', stall => 'headers', times => 0 });
	$session->tell($join);
	$mock->wait_for('j', 8, 'state', 'stalled');
	$node->query('SELECT pg_cancel_backend(' . $session->pid . ')');
	$session->answer;
	like($session->{err}, qr/57014/, 'cancelled');
	$mock->clear_faults('j');
	$mock->wait_for('j', 8, 'state', 'gone');
	is($session->ask("SELECT count(*) FROM ($join) x"), 44, 'the session goes on');
	$session->quit;
}

done_testing();
