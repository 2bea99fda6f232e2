# Conditions with arrays: the same rows as over a local table, whatever the operator, the types, the collation and the
# nulls; and an array of many elements is not compared with each row.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('arrays');
$mock->settings('w', connectors => 60);
$node->add_world($mock, 'w');
my $icu = $node->has_icu;

# An operator of our own, whose class hashes: its calls can be counted.
$node->query(q{
	CREATE SEQUENCE compared;
	CREATE FUNCTION same(a text, b text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS
	  'BEGIN PERFORM nextval(''compared''); RETURN a = b; END';
	CREATE FUNCTION differ(a text, b text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS
	  'BEGIN PERFORM nextval(''compared''); RETURN a <> b; END';
	CREATE FUNCTION hashed(a text) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT hashtext(a)';
	CREATE OPERATOR === (FUNCTION = same, LEFTARG = text, RIGHTARG = text, COMMUTATOR = ===, NEGATOR = !==,
	  RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
	CREATE OPERATOR !== (FUNCTION = differ, LEFTARG = text, RIGHTARG = text, COMMUTATOR = !==, NEGATOR = ===);
	CREATE OPERATOR CLASS counted FOR TYPE text USING hash AS OPERATOR 1 ===, FUNCTION 1 hashed(text);
	CREATE DOMAIN word AS text;
	CREATE DOMAIN short AS varchar(60)});
$node->query("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)") if $icu;
my $loose = $icu ? 'COLLATE loose' : '';

# Attributes of many types over the same columns, and a plain twin of them.
$node->query(qq{
	CREATE SCHEMA f; CREATE SCHEMA t;
	CREATE FOREIGN TABLE f.c (
	  id text,
	  id_varchar varchar OPTIONS (column_name 'id'), id_varchar60 varchar(60) OPTIONS (column_name 'id'),
	  id_char char(60) OPTIONS (column_name 'id'), id_name name OPTIONS (column_name 'id'),
	  id_word word OPTIONS (column_name 'id'), id_short short OPTIONS (column_name 'id'),
	  id_c text OPTIONS (column_name 'id') COLLATE "C",
	  id_loose text OPTIONS (column_name 'id') $loose,
	  group_id text, service text, paused boolean, sync_frequency int,
	  often bigint OPTIONS (column_name 'sync_frequency'), exact numeric OPTIONS (column_name 'sync_frequency'),
	  rough float8 OPTIONS (column_name 'sync_frequency'),
	  created_at timestamptz, day date OPTIONS (column_name 'created_at'),
	  succeeded_at timestamptz, failed_at timestamptz, daily_sync_time text, config jsonb)
	SERVER w OPTIONS (resource 'connectors');
	CREATE TABLE t.c AS SELECT * FROM f.c;
	CREATE TABLE arrays (n int, few text[], many text[])});
is($node->query('SELECT count(*) FROM t.c'), 60, 'the twin has rows');

# What a statement answers on one side, or its error; lines in any order.
$node->query(q{
	CREATE FUNCTION run(side text, stmt text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE r record; lines text[] := '{}';
	BEGIN
	  PERFORM set_config('search_path', side || ', public', true);
	  BEGIN
	    FOR r IN EXECUTE stmt LOOP lines := lines || coalesce(r::text, ''); END LOOP;
	  EXCEPTION WHEN OTHERS THEN
	    RETURN 'error ' || SQLSTATE || ' ' || SQLERRM;
	  END;
	  RETURN (SELECT string_agg(l, E'\n' ORDER BY l COLLATE "C") FROM unnest(lines) l);
	END $$;
	CREATE TABLE differences (sql text, f text, t text)});

# Each attribute is compared with arrays of the types that it compares with.
my %types = (
	id => [qw(text varchar name word short)], id_varchar => [qw(text varchar short)],
	id_varchar60 => [qw(text varchar word)],
	id_char => [ 'char(60)', 'text' ], id_name => [qw(name text)], id_word => [qw(text word varchar)],
	id_short => [qw(varchar text short)], id_c => ['text'], id_loose => ['text'],
	paused => ['boolean'], sync_frequency => [qw(int bigint smallint numeric float8)], often => [qw(bigint int)],
	exact => [qw(numeric int)], rough => [ 'float8', 'float4' ],
	created_at => ['timestamptz'], day => [ 'date', 'timestamptz' ],
	succeeded_at => ['timestamptz'], failed_at => ['timestamptz'], daily_sync_time => ['text'], config => ['jsonb']);
# What is in the array, from the twin: long and short, with and without nulls.
my @contents = (
	[ 'some', 'SELECT x FROM v WHERE n % 3 = 0' ],
	[ 'all', 'SELECT x FROM v' ],
	[ 'two', 'SELECT x FROM v WHERE n IN (5, 7)' ],
	[ 'some and null', 'SELECT x FROM v WHERE n % 3 = 0 UNION ALL SELECT NULL' ],
	[ 'nulls', 'SELECT NULL FROM generate_series(1, 12)' ],
	[ 'none', 'SELECT x FROM v WHERE false' ]);

my $checked = 0;
foreach my $column (sort keys %types)
{
	my @statements;
	foreach my $type (@{ $types{$column} })
	{
		foreach my $content (@contents)
		{
			my $elements = "WITH v AS MATERIALIZED (SELECT $column\::$type AS x, row_number() OVER (ORDER BY id) AS n
			  FROM t.c) $content->[1]";
			push @statements, map {
				my $operator = $_;
				# from a subquery, from an array of a table, and as a constant
				(
					"SELECT id FROM c WHERE $column $operator (ARRAY($elements)::$type\[])",
					"SELECT id FROM c WHERE $column $operator (ARRAY($elements)::$type\[]) AND NOT paused AND service <> ''",
					"SELECT (SELECT count(*) FROM c WHERE $column $operator (a.e)) FROM (VALUES (1, ARRAY($elements)::$type\[]), "
					  . "(2, NULL), (3, '{}'), (4, ARRAY(SELECT $column FROM t.c WHERE id > 'd')::$type\[])) AS a (n, e)")
			} ('= ANY', '<> ALL');
		}
	}
	$node->query(join ";\n", map {
		my $sql = s/'/''/gr;
		"INSERT INTO differences
		  SELECT sql, f, t FROM (SELECT sql, run('f', sql) AS f, run('t', sql) AS t
		    FROM (SELECT '$sql'::text AS sql) s OFFSET 0) r
		  WHERE f IS DISTINCT FROM t OR t LIKE 'error%'";
	} @statements);
	$checked += @statements;
}
is($node->query('SELECT count(*) FROM differences'), 0, "$checked statements give the rows of the twin")
  or diag($node->query('SELECT sql, f, t FROM differences LIMIT 5'));

# values that only a loose collation calls equal, blanks at the end of char(n)
foreach my $condition (
	$icu ? "id_loose = ANY (ARRAY(SELECT upper(id) FROM t.c))" : (),
	$icu ? "id COLLATE loose = ANY (ARRAY(SELECT upper(id) FROM t.c))" : (),
	"id = ANY (ARRAY(SELECT upper(id) FROM t.c))",
	"id_char = ANY (ARRAY(SELECT id || '  ' FROM t.c)::char(70)[])",
	"id_char::text = ANY (ARRAY(SELECT id || '  ' FROM t.c))",
	"id || 'x' = ANY (ARRAY(SELECT id || 'x' FROM t.c WHERE NOT paused))",
	"(id, group_id) = ANY (ARRAY(SELECT (id, group_id) FROM t.c WHERE NOT paused))")
{
	is($node->query("SELECT md5(run('f', \$\$SELECT id FROM c WHERE $condition\$\$))"),
		$node->query("SELECT md5(run('t', \$\$SELECT id FROM c WHERE $condition\$\$))"), $condition);
}

# parameters, in a plan that does not know them
my $ids = $node->query("SELECT quote_literal(array_agg(id)) FROM t.c");
my $first = $node->query("SELECT quote_literal(array_agg(id)) FROM t.c WHERE id < 'f'");
foreach my $parameter ($ids, $first, "'{}'", 'NULL', "'{NULL}'")
{
	my $sql = sub { "SET plan_cache_mode = force_generic_plan; SET search_path = $_[0];
	  PREPARE p (text[]) AS SELECT id FROM c WHERE id = ANY (\$1) ORDER BY id; EXECUTE p ($parameter);" };
	is($node->query($sql->('f')), $node->query($sql->('t')), "EXECUTE p (" . substr($parameter, 0, 20) . ')');
}

# ---------- one comparison for a row, not one for each element

my $many = "ARRAY(SELECT id FROM t.c UNION ALL SELECT 'x' || i FROM generate_series(1, 2000) i)";
foreach my $case (
	[ '=== ANY', 'id', 60 ],
	[ '!== ALL', 'id', 0 ],
	[ '=== ANY', "id || ''", 60 ])
{
	my ($operator, $value, $rows) = @$case;
	$node->query("SELECT setval('compared', 1)");
	is($node->query("SELECT count(*) FROM f.c WHERE $value $operator ($many)"), $rows, "$value $operator");
	cmp_ok($node->query("SELECT last_value FROM compared"), '<', 400, 'compares a row with few of 2,060 elements');
}
{
	$node->query("SELECT setval('compared', 1)");
	my ($log, $out) = $node->sent($mock, 'w', "SET fivetrex.dry_run = on; SET client_min_messages = error;
	  UPDATE w.connectors SET paused = true WHERE id === ANY ($many)");
	is_deeply($log, ['GET /v1/connections?limit=1000'], 'an UPDATE of so many keys reads the list');
	cmp_ok($node->query("SELECT last_value FROM compared"), '<', 400, 'and compares as few');
}

# a rescan looks at its own array
is(join(' ', $node->rows("SELECT (SELECT count(*) FROM f.c WHERE id = ANY (a.e)) FROM
	(VALUES (1, ARRAY(SELECT id FROM t.c)), (2, ARRAY(SELECT id FROM t.c WHERE id < 'f')), (3, NULL),
	  (4, ARRAY(SELECT id FROM t.c LIMIT 2)), (5, ARRAY(SELECT id FROM t.c))) AS a (n, e) ORDER BY n")),
	join(' ', 60, $node->query("SELECT count(*) FROM t.c WHERE id < 'f'"), 0, 2, 60), 'an array of its own for each row');

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
