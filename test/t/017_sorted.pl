# Where a LIMIT or a cursor may want few rows, a list is sorted by its scan, and details are asked for in that order.

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
my $node = Fivetrex::Node->start('sorted');
$node->add_world($mock, 'w');
$node->add_world($mock, 'v', page_size => 5, max_concurrency => 2);

# Ties and nulls; one world is not like the other.
$mock->patch('v', 'destinations', $_, set => { region => undef, service => 'redshift' })
  foreach qw(amber_tundra vivid_ember);
$mock->patch('v', 'destinations', 'stoic_pebble', set => { time_zone_offset => undef, setup_status => 'broken' });

# ---------- requests ----------

my $list = 'GET /v1/destinations?limit=1000';
my @ids = $node->rows('SELECT id FROM w.destinations ORDER BY id');
sub details { return map { "GET /v1/destinations/$ids[$_]" } @_; }

# The list, or another first request, then these in any order; of those that are
# asked for ahead, and given up with the statement, some may have left.
sub asks
{
	my ($name, $sql, $expected, $out_expected, @ahead) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	my %ahead = map { $_ => 1 } @ahead;
	my ($first, @others) = grep { !$ahead{$_} } @$log;
	my ($first_expected, @others_expected) = @$expected;
	is_deeply([ $first, sort @others ], [ $first_expected, sort @others_expected ], "$name: requests") or diag($err);
	is($out, $out_expected, "$name: rows");
	return;
}

my $select = 'SELECT id FROM w.destinations WHERE config IS NOT NULL ORDER BY';
asks('one row', 'SELECT id, config IS NULL FROM w.destinations ORDER BY id LIMIT 1',
	[ $list, details(0) ], "$ids[0]|f");
asks('as many as the LIMIT', 'SELECT id, config IS NULL FROM w.destinations ORDER BY id DESC OFFSET 1 LIMIT 2',
	[ $list, details(11, 10, 9) ], "$ids[10]|f\n$ids[9]|f");
asks('a condition on the list', "SELECT id, config IS NULL FROM w.destinations WHERE id > 'd' ORDER BY id LIMIT 1",
	[ $list, details(4) ], "$ids[4]|f");
asks('a condition on details: one more each time',
	"SELECT id FROM w.destinations WHERE config ->> 'host' <> 'databricks.example.com' ORDER BY id LIMIT 1",
	[ $list, details(0, 1) ], $ids[1], details(2));
asks('no row passes', "SELECT id FROM w.destinations WHERE config ->> 'host' = 'none' ORDER BY id LIMIT 1",
	[ $list, details(0 .. 11) ], '');
asks('a cursor', "BEGIN; DECLARE c CURSOR FOR $select id; FETCH 1 FROM c; COMMIT", [ $list, details(0) ], $ids[0]);
asks('a cursor goes on', "BEGIN; DECLARE c CURSOR FOR $select id; FETCH 1 FROM c; FETCH 2 FROM c; COMMIT",
	[ $list, details(0 .. 2) ], join("\n", @ids[ 0 .. 2 ]), details(3, 4));
asks('a parameter', "PREPARE p (int) AS $select id LIMIT \$1; SET plan_cache_mode = force_generic_plan; EXECUTE p (1)",
	[ $list, details(0) ], $ids[0]);
asks('calls of each row', 'SELECT public_key IS NULL FROM w.groups ORDER BY name LIMIT 2',
	[ 'GET /v1/groups?limit=1000', map { "GET /v1/groups/$_/public-key" }
		$node->rows('SELECT id FROM w.groups ORDER BY name LIMIT 2') ], "f\nf");
asks('a belt', "SET fivetrex.max_calls = 2; $select id LIMIT 1", [ $list, details(0) ], $ids[0]);
asks('all rows', "$select id", [ $list, details(0 .. 11) ], join "\n", @ids);
asks('turned off', "SET fivetrex.sort_first = off; $select id LIMIT 1", [ $list, details(0 .. 11) ], $ids[0]);
asks('sorted by a detail', "$select config ->> 'host', id LIMIT 1", [ $list, details(0 .. 11) ],
	$node->query("SET fivetrex.sort_first = off; $select config ->> 'host', id LIMIT 1"));
asks('a function of a column', "SELECT id FROM w.destinations WHERE config IS NOT NULL ORDER BY lower(id) LIMIT 1",
	[ $list, details(0 .. 11) ], $ids[0]);
asks('a function of a column, where all rows are wanted', "SELECT id, config IS NULL FROM w.destinations
	ORDER BY lower(id) LIMIT 1", [ $list, details(0) ], "$ids[0]|f");

is($node->query('EXPLAIN (COSTS off) SELECT config FROM w.destinations
	ORDER BY region COLLATE "POSIX" DESC, service NULLS FIRST, id LIMIT 2'), <<~'END' =~ s/\n\z//r, 'EXPLAIN');
	Limit
	  ->  Foreign Scan on destinations
	        Fivetran Request: GET /v1/destinations?limit=1000
	        Sort Key: region COLLATE "POSIX" DESC, service NULLS FIRST, id
	        Fivetran Detail Request: GET /v1/destinations/{id}
	        Expected Calls: 3
	END

# ---------- objects that changed, or have gone, since the list was read ----------

my $b64 = sub { encode_base64($_[0], '') };
$mock->fault('w', { method => 'GET', path => "/v1/destinations/$ids[0]", times => 1, body_base64 => $b64->(
	qq({"code":"Success","data":{"id":"$ids[0]","service":"zzz","region":"new","config":{}}})) });
is($node->query('SELECT id, service, region, config FROM w.destinations ORDER BY id, service LIMIT 1'),
	"$ids[0]|" . $node->query("SELECT service FROM w.destinations WHERE id = '$ids[0]'") . '|new|{}',
	'what is sorted by is what the list has, all else what the object has');
$mock->clear_faults('w');

$mock->fault('w', { method => 'GET', path => "/v1/destinations/$ids[1]", times => 1, status => 404,
	body => { code => 'NotFound_Destination', message => 'gone' } });
asks('an object that has gone is no row', "SELECT id, config IS NULL FROM w.destinations ORDER BY id LIMIT 2",
	[ $list, details(0 .. 2) ], "$ids[0]|f\n$ids[2]|f");
$mock->clear_faults('w');

# ---------- values that do not fit ----------

$node->add_world($mock, 'e');
$mock->patch('e', 'destinations', 'brisk_falcon', set => { time_zone_offset => 'many' });
my $session = Fivetrex::Session->new($node);
my $its_host = "SELECT config ->> 'host' FROM e.destinations WHERE id = 'brisk_falcon'";
foreach my $on_value_error (qw(error null))
{
	$node->query(
		qq{CREATE FOREIGN TABLE on_$on_value_error (id text, tz int OPTIONS (column_name 'time_zone_offset'), config jsonb)
		   SERVER e OPTIONS (resource 'destinations', on_value_error '$on_value_error')});
	foreach my $where ('true', "id <> 'brisk_falcon'", "config ->> 'host' <> 'none'",
		"config ->> 'host' <> ($its_host)", 'tz > 0',
		"tz IS NULL OR config ->> 'host' = 'none'")
	{
		foreach my $order ('tz, id', 'tz DESC, id', 'id', 'tz NULLS FIRST, id')
		{
			my $sql = "SELECT id, tz, config IS NULL FROM on_$on_value_error WHERE $where ORDER BY $order LIMIT 1";
			# rows that come later are not looked at, so what does not fit in them is not told
			next if $order eq 'id' && $where !~ /tz/;
			my @told = map {
				$session->ask("SET fivetrex.sort_first = $_");
				my $rows = $session->ask($sql);
				"$rows\n" . $session->{err} =~ s/^(?:psql:<stdin>:\d+: |LOCATION:.*\n)//mgr
			} qw(on off);
			is($told[0], $told[1], "the same is told ($on_value_error, $where, $order)");
		}
	}
}

# Of a row that nobody wants it is no error: those are asked for first.
my ($wrong) = grep { $ids[$_] eq 'brisk_falcon' } 0 .. 11;
my ($log, $out) = $node->sent($mock, 'e', "SELECT id FROM on_error
	WHERE config ->> 'host' <> '" . $node->query($its_host) . "' ORDER BY tz, id LIMIT 1");
is_deeply([ @$log[ 0, 1 ] ], [ $list, details($wrong) ], 'it is asked for first');
isnt($out, '', 'and another one is the row');

# ---------- more than fits into memory ----------

$node->add_world($mock, 'big');
my @items = map { sprintf '{"id":"i%03d","region":"%03d%s"}', $_, ($_ * 7) % 600, 'x' x 300 } 1 .. 600;
$mock->fault('big', { method => 'GET', path => '/v1/destinations(\?|$)', times => 0,
	body_base64 => $b64->('{"code":"Success","data":{"items":[' . join(',', @items) . ']}}') });
# 600 * 7 is 0, 343 * 7 is 1, 86 * 7 is 2
my @smallest = qw(i600 i343 i086);
$mock->fault('big', { method => 'GET', path => "/v1/destinations/$_", times => 0,
	body_base64 => $b64->(qq({"code":"Success","data":{"id":"$_","config":{"n":"$_"}}})) }) foreach @smallest;
{
	my (undef, $rows, $err) = $node->sent($mock, 'big', q{SET work_mem = '64kB'; SET log_temp_files = 0;
		SET client_min_messages = log;
		SELECT id, config ->> 'n', left(region, 3) FROM big.destinations ORDER BY region LIMIT 3});
	is($rows, join("\n", map { "$smallest[$_]|$smallest[$_]|00$_" } 0 .. 2), 'sorted in a file');
	like($err, qr/temporary file/, 'which there was');
	is(scalar(my @requests = $mock->requests('big')), 4, 'and no detail more');
}
$mock->clear_faults('big');

# ---------- writes in between ----------

{
	my ($requests, $rows) = $node->sent($mock, 'w', "BEGIN; DECLARE c CURSOR FOR $select id; FETCH 1 FROM c;
		SELECT fivetrex_pause('assimilate_seem', server => 'w') ->> 'id'; FETCH ALL FROM c; COMMIT");
	is($rows, join("\n", $ids[0], 'assimilate_seem', @ids[ 1 .. 11 ]), 'no row is lost, and they stay in order');
	like($requests->[-1], qr/^PATCH/, 'all is read before the write');
	is(scalar @$requests, 14, 'once');
}
$node->query(q{CREATE FUNCTION pauses(text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
	BEGIN PERFORM fivetrex_pause('assimilate_seem', server => 'w'); RETURN true; END $$});
is($node->query('SELECT count(*) FROM (SELECT config FROM w.destinations WHERE pauses(id) ORDER BY id LIMIT 2) x'), 2,
	'a condition that writes, though it is declared otherwise');
$node->query('ALTER FUNCTION pauses IMMUTABLE');
{
	my ($writes, undef, $err) = $node->writes($mock, 'w',
		'SELECT config FROM w.destinations WHERE pauses(id) ORDER BY id LIMIT 2');
	like($err, qr/55006: cannot write while the list of destinations is being sorted/, 'no write in the middle of a sort');
	is_deeply($writes, [], 'nothing was sent');
}

# ---------- the same rows as from local tables, in generated statements ----------

# d: one table; p: a parent of two; v: a view that hides rows
my $columns = q{id text, service text, region varchar(30), tz int %s, dst boolean %s, agent text %s,
	status text %s COLLATE "POSIX", origin text %s, config jsonb};
my @names = qw(time_zone_offset daylight_saving_time_enabled proxy_agent_id setup_status);
my %foreign = map {
	$_ => sprintf $columns, (map { "OPTIONS (column_name '$_')" } @names), "OPTIONS (constant '$_')"
} qw(v w);
my $local = sprintf $columns, ('') x 5;
$node->query(
	qq{CREATE SCHEMA f; CREATE SCHEMA t;
	CREATE FOREIGN TABLE f.d ($foreign{w}) SERVER w OPTIONS (resource 'destinations');
	CREATE TABLE f.p ($local);
	CREATE FOREIGN TABLE f.p1 ($foreign{w}) INHERITS (f.p) SERVER w OPTIONS (resource 'destinations');
	CREATE FOREIGN TABLE f.p2 ($foreign{v}) INHERITS (f.p) SERVER v OPTIONS (resource 'destinations');
	CREATE VIEW f.v WITH (security_barrier) AS SELECT * FROM f.d WHERE config ->> 'host' <> 'redshift.example.com';
	CREATE TABLE t.d AS SELECT * FROM f.d;
	ALTER TABLE t.d ALTER status TYPE text COLLATE "POSIX";
	CREATE TABLE t.p ($local);
	CREATE TABLE t.p1 () INHERITS (t.p);
	CREATE TABLE t.p2 () INHERITS (t.p);
	INSERT INTO t.p1 SELECT * FROM f.p1;
	INSERT INTO t.p2 SELECT * FROM f.p2;
	CREATE VIEW t.v WITH (security_barrier) AS SELECT * FROM t.d WHERE config ->> 'host' <> 'redshift.example.com';
	CREATE TABLE k AS SELECT row_number() OVER (ORDER BY id)::int AS n, id, service FROM t.d;
	DELETE FROM k WHERE n % 3 = 0;
	INSERT INTO k VALUES (20, 'nobody', 'none'), (21, NULL, NULL);
	CREATE TABLE kept (t text);
	ANALYZE k; ANALYZE f.d; ANALYZE f.p1; ANALYZE f.p2; ANALYZE t.d; ANALYZE t.p1; ANALYZE t.p2});

my @keys = (
	'x.service', 'x.service', 'x.region', 'x.dst', 'x.status', 'x.region', 'x.tz', 'x.dst', 'x.agent', 'x.status', 'x.id',
	'x.service COLLATE "POSIX"', 'lower(x.service)', 'x.tz % 2', "x.dst AND x.region LIKE 'A%'",
	'(x.region::text || x.status) COLLATE "C"');
push @keys, 'x.service COLLATE "und-x-icu"', 'x.status COLLATE "und-x-icu"' if $node->has_icu;
my @conditions = (
	'true', 'true', "x.service <> 'snowflake'", "x.config ->> 'port' = '443'", "x.config ->> 'host' LIKE '%r%'",
	'x.tz > -3', 'x.config IS NULL', "x.region LIKE 'A%' AND x.config ->> 'auth' = 'PASSWORD'",
	'x.id < (SELECT max(k.id) FROM k)', 'x.id = ANY (ARRAY(SELECT k.id FROM k))', 'length(x.id) > 11', 'x.agent IS NULL',
	'EXISTS (SELECT FROM k WHERE k.service = x.service)', 'x.tz IS NULL', "x.id IN ('vivid_ember', 'amber_tundra')");
my $host = "x.config ->> 'host'";

# {T} relation, {W} condition, {O} order, {K} its keys, {L} limit, {N} a number.  The order is the whole one: the id,
# and of the parent the table, come last; {O1} is without them, so that rows may tie.
my %shapes = (
	plain => "SELECT x.id, $host, {K} FROM {T} x WHERE {W} ORDER BY {O} {L}",
	all => "SELECT x.id, $host FROM {T} x WHERE {W} ORDER BY {O}",
	whole_row => 'SELECT x FROM {T} x WHERE {W} ORDER BY {O} {L}',
	ties => 'SELECT {K}, x.config IS NULL FROM {T} x WHERE {W} ORDER BY {O1} {L}',
	with_ties => 'SELECT {K}, x.config IS NULL FROM {T} x WHERE {W} ORDER BY {O1} FETCH FIRST {N} ROWS WITH TIES',
	distinct => "SELECT DISTINCT x.service, $host FROM {T} x WHERE {W} ORDER BY x.service DESC LIMIT {N}",
	distinct_on => "SELECT DISTINCT ON (x.service) x.service, x.id, $host FROM {T} x WHERE {W}
	  ORDER BY x.service, {O} LIMIT {N}",
	window => "SELECT x.id, $host, row_number() OVER (ORDER BY {O}) FROM {T} x WHERE {W} ORDER BY {O} {L}",
	lag => "SELECT x.id, lag($host) OVER (ORDER BY {O}) FROM {T} x WHERE {W} ORDER BY {O} {L}",
	group => "SELECT x.service, count(x.config) FROM {T} x WHERE {W} GROUP BY x.service ORDER BY x.service LIMIT {N}",
	aggregate => "SELECT string_agg($host, ',' ORDER BY {O}) FROM {T} x WHERE {W} LIMIT 1",
	union_all => "SELECT x.id, $host FROM (SELECT * FROM {T} WHERE service <> 'redshift'
	  UNION ALL SELECT * FROM d WHERE dst) x WHERE {W} ORDER BY {O} {L}",
	union => "(SELECT x.id, $host FROM {T} x WHERE {W} ORDER BY {O} LIMIT {N})
	  UNION (SELECT x.id, $host FROM d x WHERE {W} ORDER BY {O} LIMIT 2) ORDER BY 1, 2",
	sub_select => "SELECT * FROM (SELECT x.id, $host AS h FROM {T} x WHERE {W} ORDER BY {O} {L}) s ORDER BY h, id",
	join => "SELECT k.n, x.id, $host FROM {T} x JOIN k ON k.id = x.id WHERE {W} ORDER BY {O} {L}",
	left_join => "SELECT k.n, x.id, $host FROM {T} x LEFT JOIN k ON k.id = x.id WHERE {W} ORDER BY {O} {L}",
	nullable => "SELECT k.n, x.id, $host FROM k LEFT JOIN {T} x ON k.id = x.id AND {W} ORDER BY {O}, k.n {L}",
	lateral => "SELECT k.n, l.* FROM k, LATERAL (SELECT x.id, $host FROM {T} x WHERE {W} AND x.service <> k.service
	  ORDER BY {O} LIMIT {N}) l ORDER BY k.n, l.id",
	scalar => "SELECT k.n, (SELECT $host || x.id FROM {T} x WHERE {W} AND x.id >= k.id ORDER BY {O} LIMIT 1)
	  FROM k ORDER BY 1",
	array => "SELECT ARRAY(SELECT $host || x.id FROM {T} x WHERE {W} ORDER BY {O} {L})",
	in => "SELECT k.n FROM k WHERE k.id IN (SELECT x.id FROM {T} x WHERE {W} AND x.config IS NOT NULL
	  ORDER BY {O} {L}) ORDER BY 1",
	cte => "WITH c AS MATERIALIZED (SELECT x.id, $host AS h FROM {T} x WHERE {W} ORDER BY {O} {L})
	  SELECT a.id, b.h FROM c a JOIN c b USING (id) ORDER BY 1, 2",
	prepared => "PREPARE p (int) AS SELECT x.id, $host FROM {T} x WHERE {W} ORDER BY {O} LIMIT \$1;
	  EXECUTE p ({N}); EXECUTE p (1); EXECUTE p (NULL); DEALLOCATE p",
	cursor => "BEGIN; DECLARE c CURSOR FOR SELECT x.id, $host FROM {T} x WHERE {W} ORDER BY {O};
	  FETCH {N} FROM c; MOVE 1 FROM c; FETCH ALL FROM c; COMMIT",
	scroll => "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT x.id, $host FROM {T} x WHERE {W} ORDER BY {O};
	  FETCH {N} FROM c; FETCH BACKWARD 2 FROM c; FETCH LAST FROM c; FETCH ABSOLUTE 2 FROM c; COMMIT",
	hold => "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT x.id, $host FROM {T} x WHERE {W} ORDER BY {O} {L};
	  FETCH 1 FROM c; COMMIT; FETCH ALL FROM c; CLOSE c",
	locked => "SELECT x.id, $host, k.n FROM {T} x JOIN k ON k.id = x.id WHERE {W} ORDER BY {O} {L} FOR UPDATE OF k",
	insert => "BEGIN; INSERT INTO kept SELECT x.id || ($host) FROM {T} x WHERE {W} ORDER BY {O} {L} RETURNING t; ROLLBACK",
	recursive => "WITH RECURSIVE r AS (SELECT 1 AS n, NULL::text AS h UNION ALL SELECT r.n + 1,
	  (SELECT $host || x.id FROM {T} x WHERE {W} ORDER BY {O} OFFSET r.n LIMIT 1) FROM r WHERE r.n < 3) SELECT * FROM r");

srand($ENV{FTX_SEED} || 12);
sub pick { return $_[ int rand @_ ]; }

sub statement
{
	my ($shape, $relation) = @_;
	my ($n, @some) = (1 + int rand 4);
	my @order = map {
		push @some, $_;
		join ' ', $_, grep { $_ ne '' } pick('', 'ASC', 'DESC'), pick('', '', 'NULLS FIRST', 'NULLS LAST')
	} map { pick(@keys) } 1 .. pick(1, 1, 2, 3);
	my ($ties, $keys) = (join(', ', @order), join ', ', @some);
	my $order = "$ties, x.id" . pick('', ' DESC');
	# two tables of the parent may have a row each
	$order .= ', x.origin' . pick('', ' DESC') if $relation eq 'p' || $shape eq 'union_all';
	my $limit = pick("LIMIT $n", "LIMIT $n", "LIMIT $n OFFSET 2", 'LIMIT 40', 'LIMIT 0', 'OFFSET 3');
	my $condition = pick(@conditions);
	my $sql = $shapes{$shape};
	$sql =~ s/\{T\}/$relation/g;
	$sql =~ s/\{W\}/$condition/g;
	$sql =~ s/\{O\}/$order/g;
	$sql =~ s/\{O1\}/$ties/g;
	$sql =~ s/\{K\}/$keys/g;
	$sql =~ s/\{L\}/$limit/g;
	$sql =~ s/\{N\}/$n/g;
	return $sql;
}

$session->ask("SET client_min_messages = error; SET plan_cache_mode = force_generic_plan");
my (%used, @differences, @more);
my ($statements, $calls_on, $calls_off) = (0, 0, 0);
sub calls { return $session->ask("SELECT sum(calls) FROM (SELECT * FROM fivetrex_limits('w')
	UNION ALL SELECT * FROM fivetrex_limits('v')) x"); }

foreach my $shape (sort keys %shapes)
{
	foreach my $relation ((qw(d d p p v)) x ($ENV{FTX_ROUNDS} || 1))
	{
		my $sql = statement($shape, $relation);
		my (%out, %calls);
		foreach my $run (qw(on off local))
		{
			$session->ask('SET search_path = ' . ($run eq 'local' ? 't' : 'f') . ', public;
				SET fivetrex.sort_first = ' . ($run eq 'off' ? 'off' : 'on'));
			my $before = calls();
			$out{$run} = $session->ask($sql) =~ s/\b[ft]\././gr;
			my $err = $session->{err} =~ s/^LOCATION.*\n//mgr;
			$out{$run} .= $err;
			$session->ask('ROLLBACK') if $err =~ /ERROR/;
			$session->ask('DEALLOCATE ALL');
			$calls{$run} = calls() - $before;
		}
		$session->ask('SET search_path = f, public; SET fivetrex.sort_first = on');
		my ($core) = $sql =~ /^(?:BEGIN; )?((?:PREPARE p \(int\) AS )?.*?)(?:;|$)/s;
		$core =~ s/PREPARE p \(int\) AS //;
		my $plan = $session->ask('EXPLAIN (COSTS off) ' . $core =~ s/\$1/2/r);
		$used{$shape} += $plan =~ /^ *Fivetran Request: .*\n *Sort Key: /m ? 1 : 0;
		push @differences, map { "$sql\n-- local\n$out{local}\n-- $_\n$out{$_}\n$plan" }
		  grep { $out{$_} ne $out{local} } qw(on off);
		push @differences, "fails: $sql\n$out{local}" if $out{local} =~ /ERROR/;
		push @more, "$calls{on} instead of $calls{off}: $sql\n$plan" if $calls{on} > $calls{off};
		$calls_on += $calls{on};
		$calls_off += $calls{off};
		$statements++;
	}
}
is(scalar @differences, 0, "$statements statements: the same sorted by the scan or not, and from local tables")
  or diag(join "\n\n", @differences[ 0 .. ($#differences < 5 ? $#differences : 5) ]);
is(scalar @more, 0, 'none makes more calls') or diag(join "\n\n", @more);
note("$calls_on calls instead of $calls_off; sorted by their scans: ",
	join ', ', map { "$_ $used{$_}" } sort keys %used);
# (Of "distinct" the order has a column of the details.)
is_deeply([ grep { $used{$_} && /^(all|aggregate|distinct|locked)$/ } sort keys %used ],
	[], 'not where all rows are wanted');
is_deeply([ grep { !$used{$_} } qw(plain ties with_ties whole_row sub_select scalar cursor scroll prepared) ],
	[], 'these are sorted by their scans somewhere');
$session->quit;

is($mock->stats($_)->{exceptions}, 0, "$_: the mock did not fail") foreach qw(v w);
$node->stop;
$mock->stop;
done_testing();
