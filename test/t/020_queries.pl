# Queries of every kind give the same rows as over tables filled by CREATE
# TABLE AS from the foreign tables.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('queries');
my @tables = qw(account groups connectors destinations webhooks);

$node->add_world($mock, 'w');
# In between: pages of 7 rows, so that many pages meet many operators.
$node->add_world($mock, 'small', page_size => 7, max_concurrency => 3);
$mock->settings('small', connectors => 40);

my $icu = $node->has_icu;

$node->query(
	"CREATE SCHEMA common;
	 CREATE TABLE common.picked (n int, id text);
	 CREATE FUNCTION common.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001
	   AS 'BEGIN RAISE NOTICE ''leaked %'', \$1; RETURN true; END';
	 CREATE FUNCTION common.calls(text) RETURNS text LANGUAGE sql VOLATILE
	   AS 'SELECT \$1';"
	. ($icu
		? "CREATE COLLATION common.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
		: ''));

my %local = (w => 'local', small => 'local_small');
foreach my $world (sort keys %local)
{
	$node->query("CREATE SCHEMA $local{$world}");
	# In the order of the API: rows whose config takes a detail call come later.
	$node->query("CREATE TABLE $local{$world}.$_ AS SELECT t.* FROM $world.$_ t
		JOIN (SELECT row_number() OVER () AS n, id FROM (SELECT id FROM $world.$_) x) o USING (id)
		ORDER BY o.n")
	  for grep { $_ ne 'account' } @tables;
	$node->query("CREATE TABLE $local{$world}.account AS SELECT * FROM $world.account");
	$node->query("ANALYZE $local{$world}.$_") for @tables;
}
$node->query(
	"INSERT INTO common.picked SELECT row_number() OVER (), id
	   FROM (SELECT id FROM local_small.connectors ORDER BY id LIMIT 5) x
	 UNION ALL VALUES (6, NULL), (7, ''), (8, '.'), (9, '..'), (10, 'no such'), (11, 'a/b?c#d%e'),
	   (12, 'é 北京'), (13, (SELECT min(id) FROM local_small.connectors))");

is($node->query('SELECT count(*), count(DISTINCT id) FROM local.connectors'),
	'2500|2500', 'each connector once');

# In a session of the schema's own, which begins anew each time.
my %sessions;

sub run_in
{
	my ($schema, $sql) = @_;
	my $session = $sessions{$schema} //= Fivetrex::Session->new($node);
	my $out = $session->ask("SET client_min_messages = error; ROLLBACK; DISCARD ALL;
		SET client_min_messages = warning; SET search_path = $schema, common, public;\n$sql");
	my $err = $session->complaint;
	return ($err =~ /^(?:ERROR|FATAL)/m ? 3 : 0, $out, $err);
}

# The query over the foreign tables and over the local ones.  Options: ordered:
# compare the order too; empty: no rows are expected; worlds: where to run it.
sub same
{
	my ($name, $sql, %options) = @_;
	foreach my $world (@{ $options{worlds} || [ 'w', 'small' ] })
	{
		my @got;
		foreach my $schema ($world, $local{$world})
		{
			my ($status, $out, $err) = run_in($schema, $sql);
			if ($status != 0 || $err ne '')
			{
				fail("$name ($schema)");
				diag($err);
				@got = ();
				last;
			}
			my @lines = split /\n/, $out, -1;
			@lines = sort @lines unless $options{ordered};
			push @got, \@lines;
		}
		next unless @got;
		if (!$options{empty} && !@{ $got[1] })
		{
			fail("$name ($world): the query of the test gives no rows");
			next;
		}
		is_deeply($got[0], $got[1], "$name ($world)");
	}
	return;
}

subtest 'plain scans' => sub {
	same($_, "SELECT * FROM $_", worlds => ['small']) for @tables;
	same('groups, all columns', 'SELECT * FROM groups', worlds => ['w']);
	same('connectors, list columns',
		'SELECT id, service, schema, group_id, service_version, connected_by, created_at,
		        succeeded_at, failed_at, paused, sync_frequency, sync_state, setup_state,
		        update_state, is_historical_sync, rescheduled_for, schema_status, tasks,
		        warnings, config FROM connectors', worlds => ['w']);
	same('no column', 'SELECT 1 FROM connectors');
	same('count', 'SELECT count(*) FROM connectors');
	same('keys', "SELECT id, service FROM connectors WHERE id IN ('assimilate_seem', 'broken_anchor', NULL, '', 'x')");
	same('contradiction', "SELECT id FROM connectors WHERE id = 'assimilate_seem' AND id = 'broken_anchor'", empty => 1);
	same('key lists that overlap', "SELECT id FROM connectors WHERE id IN ('assimilate_seem', 'broken_anchor') AND id IN ('broken_anchor', 'paused_canyon')");
	same('key and another condition', "SELECT id FROM connectors WHERE id = 'assimilate_seem' AND paused", empty => 1);
	same('two filters on one column', "SELECT id FROM connectors WHERE group_id = 'decent_dropsy' AND group_id = 'projected_sickle'", empty => 1);
	same('key of another case', "SELECT id FROM connectors WHERE id = 'ASSIMILATE_SEEM'", empty => 1);
	same('key with a blank', "SELECT id FROM connectors WHERE id = 'assimilate_seem '", empty => 1);
	same('key <> ALL', "SELECT count(*) FROM connectors WHERE id <> ALL (ARRAY['assimilate_seem', 'x'])");
	same('key = ALL', "SELECT id FROM connectors WHERE id = ALL (ARRAY['assimilate_seem', 'assimilate_seem'])");
	same('key NOT IN', "SELECT count(*) FROM connectors WHERE id NOT IN ('assimilate_seem', 'x')");
	same('key NOT IN with NULL', "SELECT count(*) FROM connectors WHERE id NOT IN ('assimilate_seem', NULL)");
	same('negation', "SELECT count(*) FROM connectors WHERE NOT (id = 'assimilate_seem')");
	same('IS NOT DISTINCT FROM', "SELECT id FROM connectors WHERE id IS NOT DISTINCT FROM 'assimilate_seem'");
	same('IS NULL', 'SELECT id, succeeded_at, failed_at FROM connectors WHERE succeeded_at IS NULL');
	same('OR', "SELECT id FROM connectors WHERE id = 'assimilate_seem' OR group_id = 'opaque_lantern'");
	same('multidimensional array', "SELECT id FROM connectors WHERE id = ANY (ARRAY[ARRAY['assimilate_seem', 'x'], ARRAY['broken_anchor', NULL]])");
	same('varchar array', "SELECT id FROM connectors WHERE id = ANY (ARRAY['assimilate_seem', 'broken_anchor']::varchar[])");
	same('empty array', "SELECT id FROM connectors WHERE id = ANY ('{}'::text[])", empty => 1);
	same('two columns compared', 'SELECT id FROM destinations WHERE id = group_id');
	same('pattern', "SELECT id FROM connectors WHERE id LIKE 'b%' AND schema ~ '[0-9]\$'");
	same('jsonb', "SELECT id, config->>'host', config->'accounts'->0 FROM connectors WHERE config ? 'host' OR jsonb_array_length(config->'accounts') > 2");
	same('text of any kind', "SELECT id, config->>'notes', config->'города' FROM connectors WHERE config ? 'notes'");
	same('attrs', "SELECT id, attrs FROM connectors WHERE group_id = 'opaque_lantern'", worlds => ['small']);
	same('attrs of groups', 'SELECT attrs FROM groups');
	same('text arrays', 'SELECT id, events, events[1], cardinality(events) FROM webhooks');
	same('= ANY (column)', "SELECT id FROM webhooks WHERE 'sync_end' = ANY (events)");
	same('detail columns', 'SELECT id, config FROM destinations');
	same('detail columns with a condition', "SELECT id, config->>'user' FROM destinations WHERE config->>'host' LIKE 's%'");
	same('detail columns with conditions of both kinds', "SELECT id, config FROM destinations WHERE service = 'snowflake' AND config->>'port' = '443'");
	same('very long values', "SELECT id FROM connectors WHERE id = repeat('x', 100000) OR false", empty => 1);
	same('very long values in a list', "SELECT id FROM connectors WHERE id IN (repeat('x', 100000), 'assimilate_seem')");
	same('very long values of a filter', "SELECT id FROM connectors WHERE group_id = repeat('x', 100000)", empty => 1);
	same('write-only columns read as NULL', 'SELECT id, auth, run_setup_tests FROM connectors WHERE auth IS NULL AND trust_certificates IS NULL');
	same('write-only columns with details', 'SELECT id, config FROM destinations WHERE trust_fingerprints IS NULL');
	same('write-only columns are never something', 'SELECT id FROM connectors WHERE auth IS NOT NULL', empty => 1);
	same('one object', 'SELECT account_id, account_name FROM account');
};

subtest 'joins' => sub {
	same('two tables', 'SELECT c.id, g.name FROM connectors c JOIN groups g ON g.id = c.group_id');
	same('three tables', 'SELECT c.id, g.name, d.service, d.region FROM connectors c JOIN groups g ON g.id = c.group_id JOIN destinations d ON d.id = g.id');
	same('with a detail column', 'SELECT c.id, d.config FROM connectors c JOIN destinations d ON d.group_id = c.group_id');
	same('left', 'SELECT g.id, d.id, d.service FROM groups g LEFT JOIN destinations d ON d.id = g.id');
	same('left, unmatched', 'SELECT g.name FROM groups g LEFT JOIN destinations d ON d.id = g.id WHERE d.id IS NULL');
	same('left with a condition', "SELECT g.id, c.id FROM groups g LEFT JOIN connectors c ON c.group_id = g.id AND c.setup_state = 'broken' AND c.paused");
	same('right', "SELECT c.id, g.id FROM connectors c RIGHT JOIN groups g ON g.id = c.group_id AND c.service = 'mysql'");
	same('full', 'SELECT g.id, d.id, d.service FROM (SELECT * FROM groups WHERE id > $$c$$) g FULL JOIN (SELECT * FROM destinations WHERE id < $$p$$) d USING (id)');
	same('semi', "SELECT g.id FROM groups g WHERE EXISTS (SELECT FROM connectors c WHERE c.group_id = g.id AND c.setup_state = 'broken')");
	same('semi by IN', "SELECT id FROM connectors WHERE group_id IN (SELECT id FROM destinations WHERE service = 'snowflake')");
	same('anti', 'SELECT id FROM groups g WHERE NOT EXISTS (SELECT FROM connectors c WHERE c.group_id = g.id)', worlds => ['w']);
	same('NOT IN', 'SELECT id FROM groups WHERE id NOT IN (SELECT group_id FROM connectors)', worlds => ['w']);
	same('NOT IN with NULLs', 'SELECT id FROM groups WHERE id NOT IN (SELECT group_id FROM webhooks)', empty => 1);
	same('self', 'SELECT count(*) FROM connectors a JOIN connectors b USING (id)');
	same('self by group', 'SELECT a.id, b.id FROM connectors a JOIN connectors b USING (group_id) WHERE a.id < b.id', worlds => ['small']);
	same('cross', 'SELECT g.id, d.id FROM groups g, destinations d');
	same('few keys', 'SELECT p.n, c.id, c.service FROM picked p JOIN connectors c ON c.id = p.id');
	same('few keys, left', 'SELECT p.n, c.id FROM picked p LEFT JOIN connectors c ON c.id = p.id');
	same('few keys, lateral', 'SELECT p.n, x.* FROM picked p CROSS JOIN LATERAL (SELECT id, schema FROM connectors c WHERE c.id = p.id OFFSET 0) x');
	same('few keys and a filter', "SELECT p.n, c.id FROM picked p JOIN connectors c ON c.id = p.id AND c.group_id = 'decent_dropsy'");
	same('keys in an array of the other side', 'SELECT a.i, c.id FROM (SELECT 1 AS i, array_agg(id) AS ids FROM picked) a JOIN connectors c ON c.id = ANY (a.ids)');
	same('lateral', 'SELECT g.id, x.* FROM groups g CROSS JOIN LATERAL (SELECT id, schema FROM connectors c WHERE c.group_id = g.id ORDER BY id LIMIT 2) x');
	same('lateral with a reference inside', "SELECT g.id, x.n FROM groups g LEFT JOIN LATERAL (SELECT count(*) AS n FROM connectors c WHERE c.group_id = g.id AND c.schema > g.name) x ON true");
	same('lateral to a detail', 'SELECT g.name, x.config FROM groups g, LATERAL (SELECT config FROM destinations d WHERE d.id = g.id) x');
	same('inequality', 'SELECT g.id, d.id FROM groups g JOIN destinations d ON d.id > g.id');
	same('OR in a join', 'SELECT g.id, d.id FROM groups g JOIN destinations d ON d.id = g.id OR d.service = g.name');
	same('function of the column', 'SELECT p.n, c.id FROM picked p JOIN connectors c ON upper(c.id) = upper(p.id)');

	foreach my $off (
		[ qw(hashjoin) ], [ qw(mergejoin) ], [ qw(nestloop) ],
		[ qw(hashjoin mergejoin) ], [ qw(hashjoin mergejoin memoize) ],
		[ qw(hashjoin mergejoin material) ],
		[ qw(hashjoin mergejoin material memoize) ],
		[ qw(hashjoin nestloop) ], [ qw(hashagg) ], [ qw(sort) ])
	{
		my $set = join '', map { "SET enable_$_ = off; " } @$off;
		my $name = "without @$off";
		same("$name: join", "$set SELECT c.id, g.name FROM connectors c JOIN groups g ON g.id = c.group_id", worlds => ['small']);
		same("$name: three tables", "$set SELECT count(*), count(d.service) FROM connectors c LEFT JOIN groups g ON g.id = c.group_id LEFT JOIN destinations d ON d.id = g.id", worlds => ['small']);
		same("$name: semi", "$set SELECT g.id FROM groups g WHERE g.id IN (SELECT group_id FROM connectors WHERE NOT paused)", worlds => ['small']);
		same("$name: anti", "$set SELECT g.id FROM groups g WHERE NOT EXISTS (SELECT FROM connectors c WHERE c.group_id = g.id)", worlds => ['w']);
		same("$name: keys", "$set SELECT p.n, c.id, c.config FROM picked p JOIN connectors c USING (id)", worlds => ['small']);
		same("$name: aggregate", "$set SELECT g.name, count(*), max(c.succeeded_at) FROM connectors c JOIN groups g ON g.id = c.group_id GROUP BY g.name");
	}
};

subtest 'aggregates and windows' => sub {
	same('group by', 'SELECT service, count(*), min(created_at), bool_or(paused), avg(sync_frequency) FROM connectors GROUP BY service');
	same('having', 'SELECT group_id FROM connectors GROUP BY 1 HAVING count(*) > 5');
	same('filter', "SELECT group_id, count(*) FILTER (WHERE setup_state = 'broken'), count(succeeded_at) FILTER (WHERE NOT paused) FROM connectors GROUP BY 1");
	same('ordered', "SELECT group_id, string_agg(id, ',' ORDER BY id DESC), array_agg(DISTINCT service) FROM connectors GROUP BY 1");
	same('ordered set', 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY sync_frequency), mode() WITHIN GROUP (ORDER BY service) FROM connectors');
	same('grouping sets', 'SELECT service, setup_state, grouping(service, setup_state), count(*) FROM connectors GROUP BY GROUPING SETS ((service), (setup_state), (service, setup_state), ())');
	same('cube', 'SELECT sync_state, paused, count(*) FROM connectors GROUP BY CUBE (1, 2)');
	same('rollup', 'SELECT group_id, service, count(*) FROM connectors GROUP BY ROLLUP (1, 2)');
	same('count distinct', 'SELECT count(DISTINCT group_id), count(DISTINCT (service, paused)) FROM connectors');
	same('rank', 'SELECT id, rank() OVER (PARTITION BY group_id ORDER BY created_at, id), lag(id) OVER (ORDER BY id) FROM connectors');
	same('frames', 'SELECT id, sum(sync_frequency) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING), first_value(service) OVER w FROM connectors WINDOW w AS (PARTITION BY group_id ORDER BY id DESC)');
	same('no rows', "SELECT count(*), max(id) FROM connectors WHERE group_id = 'no such group'");
	same('distinct', 'SELECT DISTINCT service, setup_state FROM connectors');
	same('distinct on', 'SELECT DISTINCT ON (group_id) group_id, id FROM connectors ORDER BY group_id, id DESC', ordered => 1);
	same('hashed distinct of jsonb', 'SELECT DISTINCT tasks, warnings FROM connectors');
};

subtest 'order and limit' => sub {
	same('limit', 'SELECT id FROM connectors ORDER BY id LIMIT 9', ordered => 1);
	same('limit and offset', 'SELECT id, schema FROM connectors ORDER BY schema DESC, id LIMIT 7 OFFSET 13', ordered => 1);
	same('offset only', 'SELECT id FROM connectors ORDER BY id OFFSET 30', ordered => 1);
	same('offset beyond the end', 'SELECT id FROM connectors ORDER BY id OFFSET 99999', empty => 1);
	same('with ties', 'SELECT sync_frequency FROM connectors ORDER BY sync_frequency FETCH FIRST 3 ROWS WITH TIES', ordered => 1);
	same('as the API orders', 'SELECT id FROM connectors', ordered => 1);
	same("LIMIT $_, as the API orders", "SELECT id FROM connectors LIMIT $_", ordered => 1) for 1, 6, 7, 8, 21, 1000, 1001;
	same('limit and offset, as the API orders', 'SELECT id FROM connectors LIMIT 10 OFFSET 20', ordered => 1);
	same('offset, as the API orders', 'SELECT id FROM connectors OFFSET 35', ordered => 1);
	same('limit over a condition', "SELECT id FROM connectors WHERE NOT paused LIMIT 8", ordered => 1);
	same('limit over a pushed condition', "SELECT id FROM connectors WHERE group_id = 'decent_dropsy' LIMIT 8", ordered => 1);
	same('limit 0', 'SELECT id FROM connectors LIMIT 0', empty => 1);
	same('limit all', 'SELECT id FROM connectors LIMIT ALL');
	same('limit of a subquery', 'SELECT count(*) FROM (SELECT id FROM connectors LIMIT (SELECT count(*) FROM groups)) x');
	same('limit over a join', 'SELECT count(*) FROM (SELECT c.id FROM connectors c JOIN groups g ON g.id = c.group_id LIMIT 20) x');
	same('limit inside', "SELECT x.id FROM (SELECT id, paused FROM connectors LIMIT 20) x WHERE NOT x.paused");
	same('limit over union all', 'SELECT count(*) FROM (SELECT id FROM webhooks UNION ALL SELECT id FROM groups UNION ALL SELECT id FROM connectors LIMIT 30) x');
	same('limit over a set-returning function', 'SELECT id, generate_series(1, 3) FROM connectors LIMIT 20', ordered => 1);
	same('limit over unnest', 'SELECT id, unnest(events) FROM webhooks LIMIT 4', ordered => 1);
	same('limit over an empty unnest', "SELECT id, jsonb_array_elements(tasks) FROM connectors WHERE group_id = 'decent_dropsy' LIMIT 5", ordered => 1, worlds => ['w']);
	same('limit over group by', 'SELECT count(*) FROM (SELECT group_id FROM connectors GROUP BY 1 LIMIT 3) x');
	same('limit over distinct', 'SELECT count(*) FROM (SELECT DISTINCT service FROM connectors LIMIT 3) x');
	same('limit over a window', 'SELECT max(n) FROM (SELECT count(*) OVER () AS n FROM connectors LIMIT 2) x');
	same('limit over having', 'SELECT count(*) AS n FROM connectors HAVING count(*) > 10 LIMIT 1');
	same('limit and detail columns', 'SELECT count(*), count(config) FROM (SELECT config FROM destinations LIMIT 3) x');
	same('minimum and maximum', 'SELECT min(id), max(id), min(created_at) FROM connectors');
};

subtest 'subqueries and CTEs' => sub {
	same('scalar', 'SELECT id, (SELECT name FROM groups g WHERE g.id = c.group_id) FROM connectors c');
	same('correlated count', 'SELECT g.id, (SELECT count(*) FROM connectors c WHERE c.group_id = g.id) FROM groups g');
	same('correlated by key', 'SELECT p.n, (SELECT service FROM connectors c WHERE c.id = p.id) FROM picked p');
	same('correlated twice', "SELECT g.id, (SELECT count(*) FROM connectors c WHERE c.group_id = g.id AND EXISTS (SELECT FROM destinations d WHERE d.id = c.group_id AND d.service <> g.name)) FROM groups g", worlds => ['small']);
	same('initplan as key', 'SELECT id FROM connectors WHERE id = (SELECT min(id) FROM connectors)');
	same('array of a subquery', 'SELECT id FROM connectors WHERE id = ANY (ARRAY(SELECT id FROM picked))');
	same('initplan as filter', "SELECT count(*) FROM connectors WHERE group_id = (SELECT id FROM groups WHERE name = 'Marketing')");
	same('initplan that is NULL', 'SELECT count(*) FROM connectors WHERE group_id = (SELECT NULL::text)');
	same('initplan that is empty', "SELECT count(*) FROM connectors WHERE group_id = (SELECT '')");
	same('EXISTS, not correlated', 'SELECT id FROM groups WHERE EXISTS (SELECT FROM connectors WHERE paused)');
	same('= ALL of a subquery', 'SELECT id FROM connectors WHERE created_at >= ALL (SELECT created_at FROM connectors)');
	same('row comparison', 'SELECT id FROM connectors WHERE (id, group_id) IN (SELECT id, group_id FROM connectors WHERE paused)');
	same('CTE', 'WITH b AS (SELECT * FROM groups) SELECT a.id, b.name FROM b a JOIN b USING (id)');
	same('CTE, materialized', "WITH b AS MATERIALIZED (SELECT id, group_id FROM connectors) SELECT count(*) FROM b x JOIN b y USING (id) WHERE x.group_id = 'decent_dropsy'");
	same('CTE, not materialized', "WITH b AS NOT MATERIALIZED (SELECT id, group_id FROM connectors) SELECT count(*) FROM b x JOIN b y USING (id) WHERE x.group_id = 'decent_dropsy'");
	same('CTE, recursive', "WITH RECURSIVE r(n, id) AS (SELECT 1, min(id) FROM connectors UNION ALL SELECT n + 1, (SELECT min(id) FROM connectors c WHERE c.id > r.id) FROM r WHERE n < 12) SELECT * FROM r", ordered => 1, worlds => ['small']);
	same('CTE, recursive join', 'WITH RECURSIVE r(id, depth) AS (SELECT id, 0 FROM groups UNION ALL SELECT g.id, depth + 1 FROM r JOIN groups g USING (id) WHERE depth < 3) SELECT depth, count(*) FROM r GROUP BY 1');
	same('CTE that is only half read', 'WITH b AS MATERIALIZED (SELECT id FROM connectors) SELECT count(*) FROM (SELECT id FROM b LIMIT 11) x');
	same('CTE that writes', "CREATE TEMP TABLE t (id text); WITH i AS (INSERT INTO t SELECT id FROM connectors WHERE paused RETURNING id) SELECT count(*) FROM i; SELECT count(*) FROM t");
};

subtest 'set operations' => sub {
	same('union all', 'SELECT id, group_id FROM connectors UNION ALL SELECT id, id FROM groups');
	same('union', 'SELECT group_id FROM connectors UNION SELECT id FROM groups UNION SELECT group_id FROM webhooks');
	same('intersect', 'SELECT id FROM groups INTERSECT SELECT group_id FROM connectors');
	same('intersect all', 'SELECT group_id FROM connectors INTERSECT ALL SELECT group_id FROM connectors');
	same('except', 'SELECT id FROM groups EXCEPT SELECT id FROM destinations');
	same('except all', 'SELECT group_id FROM connectors EXCEPT ALL SELECT id FROM groups');
	same('union all in a join', 'SELECT x.id, c.id FROM (SELECT id FROM groups UNION ALL SELECT id FROM destinations) x JOIN connectors c ON c.group_id = x.id', worlds => ['small']);
	same('condition over union all', "SELECT * FROM (SELECT id, group_id AS g FROM connectors UNION ALL SELECT id, id FROM groups) x WHERE x.id = 'assimilate_seem' OR x.id = 'decent_dropsy'");
	same('key over union all', "SELECT * FROM (SELECT id, 'c' AS kind FROM connectors UNION ALL SELECT id, 'g' FROM groups) x WHERE x.id = 'decent_dropsy'");
	same('values', "SELECT id FROM groups UNION ALL VALUES ('x'), (NULL)");
};

subtest 'rows as values' => sub {
	same('whole row', "SELECT g FROM groups g");
	same('whole row, connectors', "SELECT c FROM connectors c WHERE c.group_id = 'opaque_lantern'", worlds => ['small']);
	same('row_to_json', 'SELECT row_to_json(g), to_jsonb(w) FROM groups g JOIN webhooks w ON w.group_id = g.id');
	same('row through a join', 'SELECT c.id, g FROM connectors c LEFT JOIN groups g ON g.id = c.group_id');
	same('row that is missing', 'SELECT g.id, d FROM groups g LEFT JOIN destinations d ON d.id = g.id');
	same('row comparison', "SELECT count(*) FROM groups a JOIN groups b ON (a.id, a.name) = (b.id, b.name)");
	same('array of rows', 'SELECT array_agg(g ORDER BY g.id) FROM groups g');
	same('fields of a row', "SELECT (g).name, (g).* FROM (SELECT g FROM groups g OFFSET 0) x");
	same('row is not null', 'SELECT count(*) FROM groups g WHERE g IS NOT NULL');
	is($node->query('SELECT DISTINCT tableoid::regclass FROM w.groups'),
		'w.groups', 'tableoid');
	is( $node->query(
			"SELECT DISTINCT tableoid::regclass FROM w.destinations WHERE config IS NOT NULL AND service = 'redshift'"),
		'w.destinations', 'tableoid with details');
	is( $node->query(
			"SELECT count(*) FROM w.connectors WHERE tableoid = 'w.connectors'::regclass"),
		2500, 'a condition on tableoid');
	like($node->fails('SELECT ctid, xmin FROM w.groups'),
		qr/ERROR:  0A000/, 'ctid is refused clearly');
};

subtest 'views' => sub {
	my $views = "BEGIN;
		CREATE VIEW v AS SELECT c.id, c.group_id, g.name, c.paused FROM connectors c JOIN groups g ON g.id = c.group_id;
		CREATE VIEW d AS SELECT id, service, config FROM destinations;";
	same('view', "$views SELECT * FROM v WHERE id = 'assimilate_seem'");
	same('view aggregated', "$views SELECT name, count(*) FROM v GROUP BY 1");
	same('view joined to itself', "$views SELECT count(*) FROM v a JOIN v b USING (id)");
	same('view with details', "$views SELECT * FROM d WHERE service = 'snowflake'");
	same('materialized view', "BEGIN; CREATE MATERIALIZED VIEW m AS SELECT id, service, config FROM connectors;
		CREATE UNIQUE INDEX ON m (id); REFRESH MATERIALIZED VIEW m; SELECT * FROM m");
	same('insert select', "CREATE TEMP TABLE t AS SELECT id, config FROM destinations WITH NO DATA; INSERT INTO t SELECT id, config FROM destinations; INSERT INTO t (id) SELECT id FROM connectors; TABLE t");
	same('create table as execute', "PREPARE p AS SELECT id, paused FROM connectors; CREATE TEMP TABLE t AS EXECUTE p; TABLE t");
	same('update from', "CREATE TEMP TABLE t AS SELECT n, id, NULL::text AS service FROM picked; UPDATE t SET service = c.service FROM connectors c WHERE c.id = t.id; TABLE t", worlds => ['small']);
	same('delete using', "CREATE TEMP TABLE t AS SELECT id FROM groups; DELETE FROM t USING destinations d WHERE d.id = t.id; TABLE t");
	same('merge', "CREATE TEMP TABLE t AS SELECT n, id FROM picked WHERE n < 8; MERGE INTO t USING (SELECT id, service FROM destinations) d ON d.id = t.id WHEN NOT MATCHED THEN INSERT VALUES (0, d.id) WHEN MATCHED THEN DELETE; TABLE t");
	same('insert on conflict', "CREATE TEMP TABLE t (id text PRIMARY KEY, n int DEFAULT 1); INSERT INTO t SELECT id FROM groups; INSERT INTO t SELECT id FROM destinations ON CONFLICT (id) DO UPDATE SET n = t.n + 1; TABLE t");
	same('copy to', 'COPY (SELECT id, config, created_at FROM connectors) TO STDOUT');
	same('copy csv', "COPY (SELECT id, attrs->>'service', events FROM webhooks) TO STDOUT (FORMAT csv, HEADER)");
	like($node->fails('COPY w.groups TO STDOUT'),
		qr/ERROR:  42809: cannot copy from foreign table/, 'COPY of the table itself');
	like($node->fails('SELECT * FROM w.groups TABLESAMPLE SYSTEM (10)'),
		qr/ERROR:  \w{5}: TABLESAMPLE/, 'TABLESAMPLE');
	same('for update', 'SELECT id, name FROM groups FOR UPDATE');
	same('for share in a join', 'SELECT p.n, c.id FROM picked p JOIN connectors c USING (id) FOR SHARE OF p', worlds => ['small']);
	same('for update with limit', 'SELECT id FROM groups ORDER BY id LIMIT 4 FOR UPDATE', ordered => 1);
	same('function that is inlined', "CREATE FUNCTION pg_temp.of_group(text) RETURNS TABLE (id text, service text) STABLE LANGUAGE sql AS 'SELECT id, service FROM connectors WHERE group_id = \$1'; SELECT * FROM pg_temp.of_group('opaque_lantern')");
	same('function that is not', "CREATE FUNCTION pg_temp.of_group(text) RETURNS TABLE (id text, service text) VOLATILE LANGUAGE sql AS 'SELECT id, service FROM connectors WHERE group_id = \$1'; SELECT g.name, f.* FROM groups g, pg_temp.of_group(g.id) f", worlds => ['small']);
	same('volatile value', "SELECT id FROM connectors WHERE id = calls('assimilate_seem')");
	same('volatile condition', "SELECT count(*) FROM destinations WHERE calls(service) = service AND config IS NOT NULL");
	same('read only transaction', "START TRANSACTION READ ONLY; SELECT count(*) FROM connectors; SELECT id, config FROM destinations; COMMIT");
	same('serializable, deferrable', "START TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT count(*) FROM groups; COMMIT");
};

subtest 'partitions and inheritance' => sub {
	foreach my $world (sort keys %local)
	{
		my $count = $node->query("SELECT count(*) FROM $local{$world}.connectors");
		is( $node->query(
				"BEGIN;
				 CREATE TABLE parent (service text, id text);
				 INSERT INTO parent VALUES ('here', 'local'), ('here', 'assimilate_seem');
				 CREATE FOREIGN TABLE child (paused boolean, id text, service text) SERVER $world OPTIONS (resource 'connectors');
				 ALTER FOREIGN TABLE child INHERIT parent;
				 SELECT count(*), count(service) FROM parent;
				 SELECT service, tableoid::regclass FROM parent WHERE id = 'assimilate_seem' ORDER BY 2;
				 SELECT p FROM parent p WHERE id = 'broken_anchor';
				 SELECT count(*) FROM parent p JOIN common.picked k ON k.id = p.id AND k.n = 1;
				 ROLLBACK"),
			($count + 2) . '|' . ($count + 2)
			  . "\nhere|parent\ngoogle_cloud_postgresql|child\n(mysql,broken_anchor)\n1",
			"$world: a child table");
	}
};

subtest 'prepared statements' => sub {
	my %statements = (
		key => [ "SELECT id, service FROM connectors WHERE id = \$1", 'text',
			"'assimilate_seem'", 'NULL', "''", "'..'", "'no such'", "'broken_anchor'" ],
		'key and filter' => [ "SELECT id FROM connectors WHERE id = \$1 AND group_id = \$2", 'text, text',
			"'assimilate_seem', 'decent_dropsy'", "'assimilate_seem', 'other'", "'assimilate_seem', NULL" ],
		filter => [ "SELECT id, paused FROM connectors WHERE group_id = \$1", 'text',
			"'opaque_lantern'", 'NULL', "''", "'no such'", "'a&b=c'", "'final_margin'" ],
		array => [ "SELECT id FROM connectors WHERE id = ANY (\$1)", 'text[]',
			"'{assimilate_seem,broken_anchor}'", 'NULL', "'{}'", "'{NULL}'", "'{\"\",.,..,x}'",
			":'ids'" ],
		'varchar array' => [ "SELECT id FROM connectors WHERE id = ANY (\$1)", 'varchar[]',
			"'{assimilate_seem,broken_anchor,NULL}'" ],
		'array of details' => [ "SELECT id, config FROM destinations WHERE id = ANY (\$1)", 'text[]',
			"'{decent_dropsy,vivid_ember,empty_shelf}'", "'{\"\"}'", "'{\"\",brisk_falcon}'" ],
		limit => [ "SELECT id FROM connectors LIMIT \$1 OFFSET \$2", 'bigint, bigint',
			'5, 0', '5, 5', 'NULL, 30', '0, 0' ],
		local => [ "SELECT id FROM connectors WHERE service = \$1 AND paused = \$2", 'text, boolean',
			"'mysql', false", 'NULL, true' ],
		join => [ "SELECT c.id, g.name FROM connectors c JOIN groups g ON g.id = c.group_id WHERE g.id = \$1", 'text',
			"'clever_harbor'", "'no such'" ],
		expression => [ "SELECT id FROM connectors WHERE id = \$1 || \$2", 'text, text',
			"'assimilate', '_seem'", "'x', NULL" ]);
	foreach my $mode (qw(force_custom_plan force_generic_plan auto))
	{
		foreach my $name (sort keys %statements)
		{
			my ($sql, $types, @calls) = @{ $statements{$name} };
			# Seven rounds pass the point where `auto` turns to a generic plan.
			@calls = (@calls) x 7 if $mode eq 'auto';
			my $execute = join "\n", map { "EXECUTE p($_);" } @calls;
			same("$mode: $name",
				"SELECT array_agg(id) AS ids FROM picked \\gset\n"
				. "SET plan_cache_mode = $mode;\nPREPARE p($types) AS $sql;\n$execute",
				ordered => $name eq 'limit', worlds => [ $mode eq 'auto' ? 'small' : ('w', 'small') ]);
		}
	}
};

subtest 'cursors' => sub {
	same('fetch', "BEGIN; DECLARE c CURSOR FOR SELECT id FROM connectors; FETCH 3 FROM c; FETCH 20 FROM c; MOVE 5 IN c; FETCH c; CLOSE c; COMMIT", ordered => 1);
	same('scroll', "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM connectors; FETCH 12 FROM c; FETCH BACKWARD 9 FROM c; MOVE ABSOLUTE 30 IN c; FETCH c; FETCH PRIOR FROM c; FETCH LAST FROM c; FETCH FIRST FROM c; FETCH RELATIVE 2 FROM c; MOVE BACKWARD ALL IN c; FETCH ALL FROM c; FETCH BACKWARD ALL FROM c", ordered => 1);
	same('scroll over a join', "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT c.id, g.name FROM connectors c JOIN groups g ON g.id = c.group_id ORDER BY 1; FETCH 5 FROM c; FETCH BACKWARD 3 FROM c; MOVE LAST IN c; FETCH BACKWARD 4 FROM c", ordered => 1);
	like(
		$node->fails("BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT id FROM w.groups; FETCH 2 FROM c; FETCH PRIOR FROM c"),
		qr/ERROR:  55000/, 'no scroll');
	same('with hold', "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT id FROM connectors; FETCH 2 FROM c; COMMIT; FETCH 10 FROM c; FETCH ALL FROM c; CLOSE c", ordered => 1);
	same('with hold, scroll', "BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT id, config FROM destinations ORDER BY id; FETCH 3 FROM c; COMMIT; FETCH BACKWARD 2 FROM c; FETCH ALL FROM c", ordered => 1);
	same('two, interleaved', "BEGIN; DECLARE a CURSOR FOR SELECT id FROM connectors; DECLARE b CURSOR FOR SELECT id FROM connectors; FETCH 10 FROM a; FETCH 3 FROM b; FETCH 10 FROM a; FETCH 20 FROM b; CLOSE a; FETCH 5 FROM b; SELECT count(*) FROM connectors; FETCH ALL FROM b", ordered => 1);
	same('details, interleaved', "BEGIN; DECLARE a CURSOR FOR SELECT id, config FROM destinations WHERE id = ANY (ARRAY['decent_dropsy','vivid_ember','brisk_falcon']); DECLARE b CURSOR FOR SELECT id, config FROM destinations; FETCH 1 FROM a; FETCH 4 FROM b; FETCH ALL FROM a; FETCH ALL FROM b");
	same('savepoint', "BEGIN; DECLARE c CURSOR FOR SELECT id FROM connectors; FETCH 2 FROM c; SAVEPOINT s; FETCH 10 FROM c; DECLARE d CURSOR FOR SELECT id FROM groups; FETCH 3 FROM d; ROLLBACK TO s; FETCH 4 FROM c; SAVEPOINT t; FETCH ALL FROM c; ROLLBACK TO t; SELECT count(*) FROM groups; COMMIT", ordered => 1);
	my $error = run_error('w',
		"BEGIN; DECLARE c CURSOR FOR SELECT id FROM connectors; FETCH 1 FROM c; SAVEPOINT s;
		 SELECT 1 / (length(id) - length(id)) FROM connectors;
		 ROLLBACK TO s; FETCH 1 FROM c; SELECT count(*) FROM connectors; COMMIT");
	is($error, "assimilate_seem\nbroken_anchor\n2500", 'an error in a subtransaction leaves an open cursor alone');
	same('never fetched', "BEGIN; DECLARE c CURSOR FOR SELECT id FROM connectors; SELECT 1; COMMIT");
	same('closed by the end of its transaction', "BEGIN; DECLARE c CURSOR FOR SELECT id FROM groups; FETCH 1 FROM c; COMMIT");
	my $many = join '', map { "DECLARE c$_ CURSOR FOR SELECT id FROM connectors OFFSET $_; FETCH 2 FROM c$_; " } 1 .. 20;
	my $more = join '', map { "FETCH 9 FROM c$_; " } reverse 1 .. 20;
	same('twenty at once', "BEGIN; $many $more $more COMMIT", ordered => 1);
	same('twenty at once that read details', "BEGIN; " . join('', map { "DECLARE c$_ CURSOR FOR SELECT id, config FROM destinations ORDER BY id; FETCH 2 FROM c$_; " } 1 .. 20)
		. join('', map { "FETCH 2 FROM c$_; " } reverse 1 .. 20), ordered => 1);
	same('a plan with twenty scans', 'SELECT count(*) FROM (' . join(' UNION ALL ', ('SELECT id FROM connectors') x 20) . ') x');
};

# Output of SQL some of which fails.
sub run_error
{
	my ($schema, $sql) = @_;
	my (undef, $out) = $node->psql('postgres',
		"SET search_path = $schema, common, public;\n$sql", on_error_stop => 0);
	return $out;
}

subtest 'PL/pgSQL' => sub {
	my $do = sub {
		my ($body) = @_;
		return "CREATE TEMP TABLE out (n serial, t text); DO \$do\$ DECLARE r record; s record; k text; BEGIN $body END \$do\$; SELECT t FROM out ORDER BY n";
	};
	same('for', $do->('FOR r IN SELECT id, service FROM connectors LOOP INSERT INTO out (t) VALUES (r.id || r.service); END LOOP;'), ordered => 1);
	same('for with exit', $do->('FOR r IN SELECT id FROM connectors LOOP INSERT INTO out (t) VALUES (r.id); EXIT WHEN r.id LIKE $$b%$$; END LOOP;'), ordered => 1);
	same('nested for', $do->('FOR r IN SELECT id FROM groups LOOP FOR s IN SELECT id FROM connectors c WHERE c.group_id = r.id LOOP INSERT INTO out (t) VALUES (r.id || s.id); END LOOP; END LOOP;'), ordered => 1);
	same('nested for on one table', $do->('FOR r IN SELECT id FROM connectors LIMIT 12 LOOP SELECT count(*) AS n INTO s FROM connectors WHERE id < r.id; INSERT INTO out (t) VALUES (s.n); END LOOP;'), ordered => 1, worlds => ['small']);
	same('select into', $do->("FOR i IN 1..8 LOOP SELECT service INTO k FROM connectors WHERE id = (ARRAY['assimilate_seem','broken_anchor','x'])[i % 3 + 1]; INSERT INTO out (t) VALUES (k); END LOOP;"), ordered => 1);
	same('execute', $do->("FOR r IN EXECUTE 'SELECT id FROM connectors WHERE group_id = \$1' USING 'opaque_lantern' LOOP INSERT INTO out (t) VALUES (r.id); END LOOP;"), ordered => 1);
	same('exception block in a loop', $do->("FOR r IN SELECT id FROM connectors LIMIT 10 LOOP BEGIN INSERT INTO out (t) VALUES (r.id); IF r.id LIKE 'b%' THEN RAISE EXCEPTION 'no'; END IF; PERFORM count(*) FROM groups; EXCEPTION WHEN raise_exception THEN INSERT INTO out (t) VALUES ('caught'); END; END LOOP;"), ordered => 1, worlds => ['small']);
	same('commit in a loop', "CREATE TEMP TABLE out (t text); DO 'DECLARE r record; BEGIN FOR r IN SELECT id FROM connectors LIMIT 9 LOOP INSERT INTO out VALUES (r.id); COMMIT; END LOOP; END'; TABLE out", ordered => 1);
	same('return query', "CREATE FUNCTION pg_temp.f(g text) RETURNS SETOF text LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT id FROM connectors WHERE group_id = g; RETURN QUERY SELECT id FROM groups WHERE id = g; END'; SELECT * FROM pg_temp.f('clever_harbor')");
	same('refcursor', "BEGIN; CREATE FUNCTION pg_temp.f() RETURNS refcursor LANGUAGE plpgsql AS \$f\$ DECLARE c refcursor := 'c'; BEGIN OPEN c FOR SELECT id FROM connectors; RETURN c; END \$f\$; SELECT pg_temp.f(); FETCH 9 FROM c", ordered => 1);
};

subtest 'types, casts and collations' => sub {
	foreach my $type ('varchar', 'varchar(200)', 'char(40)', 'name', 'text COLLATE "C"', 'text COLLATE "POSIX"')
	{
		foreach my $condition (
			"key = 'assimilate_seem'", "key = 'assimilate_seem '", "key = 'assimilate_seem'::varchar",
			"key = 'assimilate_seem'::name", "key = 'assimilate_seem'::char(20)", "key::text = 'assimilate_seem'",
			"key::varchar(5) = 'assim'", "key::char(30) = 'assimilate_seem'",
			"key IN ('assimilate_seem', 'broken_anchor')", "key = ANY ('{assimilate_seem,x}'::varchar[])",
			"key COLLATE \"C\" = 'assimilate_seem'", "the_group = 'opaque_lantern'", "the_group::text = 'opaque_lantern'",
			"lower(key) = 'assimilate_seem'")
		{
			# "name" has a collation of its own, so an explicit one is allowed too.
			my ($base, $collate) = $type =~ /^(.*?)( COLLATE .*)?$/;
			$collate //= '';
			my $list = "(key $type, the_group $type, service text)";
			my ($status, $got, $err) = run_in('w',
				"BEGIN; CREATE FOREIGN TABLE t (key $base OPTIONS (column_name 'id') $collate, the_group $base OPTIONS (column_name 'group_id') $collate, service text) SERVER w OPTIONS (resource 'connectors');
				 SELECT key, service FROM t WHERE $condition; ROLLBACK");
			my ($status2, $wanted) = run_in('local',
				"BEGIN; CREATE TABLE t $list; INSERT INTO t SELECT id, group_id, service FROM connectors;
				 SELECT key, service FROM t WHERE $condition; ROLLBACK");
			$_ = join "\n", sort split /\n/, $_ for $got, $wanted;
			# What PostgreSQL refuses for local tables (collations that differ) is
			# refused here too.
			is("$status $got", "$status2 $wanted", "$type: $condition")
			  or diag($err);
		}
	}

  SKIP: {
		skip 'no ICU', 1 unless $icu;
		foreach my $schema ('w', 'local')
		{
			foreach my $case (
				[ "id = 'ASSIMILATE_SEEM' COLLATE common.loose", 1 ],
				[ "id COLLATE common.loose IN ('ASSIMILATE_SEEM', 'Broken_Anchor')", 2 ],
				[ "group_id COLLATE common.loose = 'Opaque_Lantern'", 300 ],
				[ "schema = 'NO_SUCH' COLLATE common.loose", 0 ])
			{
				is($node->query("SELECT count(*) FROM $schema.connectors WHERE $case->[0]"),
					$case->[1], "$schema: $case->[0]");
			}
			is( $node->query(
					"SELECT count(*) FROM $schema.connectors c JOIN (VALUES ('ASSIMILATE_SEEM'), ('Broken_Anchor')) v(k) ON c.id = v.k COLLATE common.loose"),
				2, "$schema: a join under a loose collation");
		}
		is( $node->query(
				"BEGIN; CREATE FOREIGN TABLE t (id text COLLATE common.loose, group_id text COLLATE common.loose) SERVER w OPTIONS (resource 'connectors');
				 SELECT count(*) FROM t WHERE id = 'ASSIMILATE_SEEM';
				 SELECT count(*) FROM t WHERE group_id = 'OPAQUE_LANTERN';
				 SELECT count(*) FROM t WHERE id = ANY (ARRAY['ASSIMILATE_SEEM']);
				 SELECT count(*) FROM t JOIN (SELECT 'ASSIMILATE_SEEM' AS k FROM generate_series(1, 2)) v ON t.id = v.k;
				 SELECT count(*) FROM t WHERE id COLLATE \"C\" = 'ASSIMILATE_SEEM';
				 ROLLBACK"),
			"1\n300\n1\n2\n0", 'a column with a loose collation');
	}

	same('domain in a cast', "CREATE DOMAIN pg_temp.key AS text CHECK (VALUE <> 'forbidden'); SELECT id FROM connectors WHERE id = 'assimilate_seem'::pg_temp.key");
	same('casts in the output', "SELECT id::varchar(4), created_at::date, created_at AT TIME ZONE 'UTC', paused::int, sync_frequency::numeric / 7, config::text, (config->>'port')::int FROM connectors");
	same('time zones', "SET timezone = 'Asia/Kathmandu'; SELECT id, created_at, succeeded_at FROM connectors");
	same('date style', "SET datestyle = 'SQL, DMY'; SELECT id, created_at FROM connectors");
	same('current_date style conditions', "SELECT count(*) FROM connectors WHERE created_at < now() OR created_at >= '2026-01-01'");
};

subtest 'security barriers' => sub {
	my $views = "BEGIN;
		CREATE VIEW v WITH (security_barrier) AS SELECT id, group_id FROM connectors WHERE group_id = 'opaque_lantern';
		CREATE VIEW d WITH (security_barrier) AS SELECT id, service, config FROM destinations WHERE config->>'host' LIKE 'snow%';
		CREATE VIEW e WITH (security_barrier) AS SELECT id, service, config FROM destinations WHERE service = 'snowflake';
		SET client_min_messages = notice;";
	foreach my $case (
		[ "SELECT id FROM v WHERE leak(id)", 'group_id', "SELECT id FROM local.connectors WHERE group_id = 'opaque_lantern'" ],
		[ "SELECT id, config FROM d WHERE leak(id)", 'detail column in the view', "SELECT id FROM local.destinations WHERE service = 'snowflake'" ],
		[ "SELECT id, config FROM e WHERE leak(id)", 'detail column in the query', "SELECT id FROM local.destinations WHERE service = 'snowflake'" ],
		[ "SELECT id FROM d WHERE leak(config::text) AND leak(id)", 'both', "SELECT id FROM local.destinations WHERE service = 'snowflake'" ])
	{
		my ($sql, $name, $allowed) = @$case;
		my ($status, $out, $err) = $node->psql('postgres',
			"SET search_path = w, common, public; $views $sql; ROLLBACK");
		is($status, 0, "$name: runs") or diag($err);
		my %allowed = map { $_ => 1 } $node->rows($allowed);
		my @leaked = $err =~ /NOTICE:  leaked ([a-z_0-9]+)$/mg;
		ok(@leaked > 0, "$name: the leaky function was called");
		is_deeply([ grep { !$allowed{$_} } @leaked ],
			[], "$name: hidden rows are not shown to it");
		my $rows = () = $out =~ /^\w/mg;
		is($rows, scalar keys %allowed, "$name: all rows");
	}
	my ($status, undef, $err) = $node->psql('postgres',
		"SET search_path = w, common, public; $views
		 SELECT id FROM v WHERE id = 'assimilate_seem' AND leak(id); ROLLBACK");
	is($status, 0, 'key of a hidden row: runs');
	unlike($err, qr/leaked/, 'key of a hidden row: not shown');
};

subtest 'row marks with a concurrent update' => sub {
	$node->query('CREATE TABLE common.counted (id text PRIMARY KEY, n int);
		INSERT INTO common.counted SELECT id, 0 FROM local.groups');
	my ($other, $third) = map { Fivetrex::Session->new($node) } 1, 2;
	$other->ask("BEGIN; UPDATE common.counted SET n = 10 WHERE id = 'decent_dropsy'");
	my $pid = $third->pid;
	$third->tell("UPDATE common.counted t SET n = t.n + 1 FROM w.groups g JOIN w.destinations d ON d.id = g.id
		WHERE t.id = g.id AND d.config->>'port' = '443'");
	$node->poll_query_until('postgres',
		"SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid")
	  or die 'the update does not wait';
	$other->ask('COMMIT');
	$third->answer;
	is( $node->query("SELECT n, count(*) FROM common.counted GROUP BY 1 ORDER BY 1"),
		"0|2\n1|11\n11|1", 'a row that was changed meanwhile is rechecked');
	$_->quit for $other, $third;
};

subtest 'two backends' => sub {
	my @backends = map { Fivetrex::Session->new($node) } 1 .. 3;
	$_->ask('BEGIN; DECLARE c CURSOR FOR SELECT id FROM small.connectors')
	  for @backends;
	my @got = ('') x @backends;
	foreach my $round (1 .. 9)
	{
		$got[$_] .= $backends[$_]->ask('FETCH 5 FROM c') . "\n" for 0 .. $#backends;
	}
	my $wanted = $node->query('SELECT id FROM local_small.connectors');
	foreach my $got (@got)
	{
		$got = join "\n", grep { $_ ne '' } split /\n/, $got;
		is($got, $wanted, 'each reads all, in order');
	}
	$_->quit for @backends;
};

$_->quit for values %sessions;
is($mock->stats($_)->{exceptions}, 0, "$_: the mock did not fail") for qw(w small);
is_deeply([ $mock->violations($_) ], [], "$_: no request broke the API definition")
  for qw(w small);

$node->stop;
$mock->stop;
done_testing();
