# Conditions on what the parents of a child table are called are checked before their children are asked for: exact
# requests, and the same rows as over local tables.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('parents');
$mock->settings('w', connectors => 30);
$node->add_world($mock, 'w');
$node->query(q{
	ALTER DATABASE postgres SET search_path = w, public;
	ALTER DATABASE postgres SET client_min_messages = error;
	CREATE SCHEMA t;
	CREATE TABLE t.connectors AS SELECT id, group_id FROM w.connectors;
	CREATE TABLE t.connector_tables AS SELECT connector_id, schema_name, table_name, row_number() OVER () AS n
	  FROM w.connector_tables;
	CREATE TABLE t.connector_columns AS
	  SELECT connector_id, schema_name, table_name, column_name, enabled FROM w.connector_columns;
	CREATE TABLE t.groups AS SELECT id FROM w.groups;
	CREATE TABLE t.group_users AS SELECT group_id, user_id, role FROM w.group_users;
	CREATE TABLE names (name text);
	CREATE FUNCTION t.path_of(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	  SELECT string_agg(CASE WHEN c ~ '[A-Za-z0-9._~-]' THEN c
	    ELSE regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '..', '%\&', 'g') END, '' ORDER BY n)
	  FROM regexp_split_to_table(name, '') WITH ORDINALITY AS r (c, n) $$});
my ($connector, $tables) = split /\|/, $node->query(
	'SELECT connector_id, count(*) FROM t.connector_tables GROUP BY 1 ORDER BY 2 DESC LIMIT 1');
cmp_ok($tables, '>', 20, 'a connector of many tables');
$node->query("INSERT INTO names
  SELECT table_name FROM t.connector_tables WHERE connector_id = '$connector' ORDER BY 1 LIMIT 12");

sub asked
{
	my ($sql) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	is($err, '', "no complaint: $sql");
	return ([ sort @$log ], $out);
}

# The requests for tables and their columns that conditions on connectors and on tables leave; `known`: the connectors
# are named, so that they need not be listed.  Tables of a schema are asked for together, in the order in which the
# connector has them, up to 100 at once.
sub expected
{
	my ($connectors, $tables, $known) = @_;
	my @list = $known ? () : ('GET /v1/connections?limit=1000');
	push @list, $node->rows(
		"SELECT 'GET /v1/connections/' || connector_id || '/schemas'
		 FROM (SELECT id FROM t.connectors) c (connector_id) WHERE $connectors
		 UNION ALL
		 SELECT CASE WHEN count(*) = 1
		   THEN format('GET /v1/connections/%s/schemas/%s/tables/%s/columns', connector_id, t.path_of(schema_name),
		     t.path_of(min(table_name)))
		   ELSE format('POST /v1/connections/%s/schemas/%s/fetch-source-columns {\"tables\":[%s]}', connector_id,
		     t.path_of(schema_name), string_agg(to_json(table_name)::text, ',' ORDER BY n)) END
		 FROM (SELECT connector_id, schema_name, table_name, n,
		     row_number() OVER (PARTITION BY connector_id, schema_name ORDER BY n) - 1 AS place
		   FROM t.connector_tables WHERE $connectors AND $tables) AS tables
		 GROUP BY connector_id, schema_name, place / 100");
	return [ sort @list ];
}

# ---------- columns of tables: two floors of parents

my @on_connectors = (
	[ "connector_id = '$connector'", 1 ],
	[ "connector_id = ANY (ARRAY['$connector', 'assimilate_seem', 'nobody'])", 1 ],
	[ "connector_id LIKE 'd%'", 0 ],
	[ "connector_id < 'c' AND connector_id <> 'broken_anchor'", 0 ],
	[ "(connector_id = 'assimilate_seem' OR connector_id = '$connector')", 1 ],
	[ "(connector_id = 'assimilate_seem' OR connector_id LIKE '$connector%')", 0 ],
	# keys are NOT NULL, which the planner takes into account from 17 on: then nothing is asked for
	[ "connector_id IS NULL", $node->pg_version >= 17 ],
	[ "true", 0 ]);
my @on_tables = (
	"table_name = ANY (ARRAY(SELECT min(name) FROM names))", "table_name = ANY (ARRAY(SELECT name FROM names))",
	"table_name = ANY (ARRAY(SELECT name FROM names LIMIT 2))", "table_name LIKE 'zzz%'", "table_name > 'table_1'",
	"table_name <> ALL (ARRAY(SELECT name FROM names))", "schema_name || '.' || table_name = 'dbo.table_007'",
	"schema_name || '' = 'dbo' AND table_name = 'table_003'", "table_name = ANY (NULL::text[])", "table_name IS NOT NULL");
foreach my $above (@on_connectors)
{
	my ($condition, $known) = @$above;
	foreach my $table (@on_tables)
	{
		my $sql = "$condition AND $table";
		my $key = 'connector_id, schema_name, table_name, column_name';
		my ($log, $out) = asked("SELECT $key FROM connector_columns WHERE $sql ORDER BY 1, 2, 3, 4");
		is($out, $node->query("SELECT $key FROM t.connector_columns WHERE $sql ORDER BY 1, 2, 3, 4"), 'the rows of the twin');
		my $expected = expected($condition, $table, $known);
		# one that does not exist is asked for, too, where it is named
		push @$expected, 'GET /v1/connections/nobody/schemas' if $condition =~ /nobody/;
		is_deeply($log, [ sort @$expected ], "requests: $sql");
	}
}

# ---------- one floor

{
	my @tables = map { "'$_'" } $node->rows('SELECT name FROM names ORDER BY 1 LIMIT 2');
	my ($log) = asked("SELECT count(*) FROM connector_columns
		WHERE connector_id = '$connector' AND table_name IN ($tables[0], $tables[1])");
	is(scalar @$log, 2, 'columns of two tables: the tables of the connector, and one call for both');
	($log) = asked("SELECT count(*) FROM connector_states WHERE connector_id LIKE 'zzz%'");
	is_deeply($log, ['GET /v1/connections?limit=1000'], 'no connector is wanted: none is asked');
	($log) = asked("SELECT count(*) FROM group_users WHERE group_id > 'o' AND group_id <> 'projected_sickle'");
	is_deeply($log, [ sort 'GET /v1/groups?limit=1000',
			$node->rows("SELECT 'GET /v1/groups/' || id || '/users?limit=1000' FROM t.groups
				WHERE id > 'o' AND id <> 'projected_sickle'") ],
		'users of some groups');
	($log) = asked("SELECT count(*) FROM group_users
		WHERE group_id = ANY (ARRAY['opaque_lantern', 'vivid_ember']) AND group_id LIKE 'v%'");
	is_deeply($log, ['GET /v1/groups/vivid_ember/users?limit=1000'], 'of those that are named, one');
	($log) = asked("SELECT count(*) FROM group_users WHERE group_id = 'opaque_lantern' AND group_id LIKE 'v%'");
	is_deeply($log, [], 'the one that is named is not wanted');
}

# ---------- every operator over text, nulls included

my @values = map { $_ eq 'NULL' ? $_ : "'$_'" } 'opaque_lantern', 'vivid_ember', 'o', '', '%', 'OPAQUE_LANTERN', 'NULL';
my $checked = 0;
foreach my $operator ('=', '<>', '<', '<=', '>', '>=', 'LIKE', 'NOT LIKE', 'ILIKE', '~', '!~*', '^@',
	'IS DISTINCT FROM', 'IS NOT DISTINCT FROM')
{
	my @f;
	my @t;
	foreach my $value (@values)
	{
		next if $operator =~ /IS/ && $value eq 'NULL' && $operator =~ /NOT DISTINCT/;
		foreach my $side (
			"group_id $operator $value", "upper(group_id) $operator $value", "group_id::varchar $operator $value",
			"group_id COLLATE \"C\" $operator $value", "NOT group_id $operator $value",
			"(group_id $operator $value) IS NOT TRUE", "group_id::char(8) $operator $value")
		{
			push @f, "SELECT string_agg(group_id || ' ' || user_id, ',' ORDER BY group_id, user_id)
			  FROM w.group_users WHERE $side";
			push @t, $f[-1] =~ s/w\.group_users/t.group_users/r;
			$checked++;
		}
	}
	my ($log, $f, $f_err) = $node->sent($mock, 'w', join ";\n", @f);
	my ($none, $t, $t_err) = $node->sent($mock, 'w', join ";\n", @t);
	is_deeply($none, [], 'the twin asks nothing');
	is($f, $t, "$operator: rows");
	is($f_err =~ s/\bw\./t./gr, $t_err, "$operator: complaints");
}
cmp_ok($checked, '>', 600, "$checked conditions");

# ---------- what must not come first

$node->query(q{
	CREATE SEQUENCE looked;
	CREATE FUNCTION shown(a text) RETURNS boolean LANGUAGE plpgsql COST 1 AS
	  $$BEGIN PERFORM nextval('looked'); RETURN true; END$$;
	CREATE VIEW few WITH (security_barrier) AS SELECT * FROM w.group_users WHERE role = 'nobody has it';
	CREATE FUNCTION peek(a text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 1 AS
	  $$BEGIN PERFORM nextval('looked'); RETURN true; END$$;
	CREATE FOREIGN TABLE w.odd (group_id varchar(3), user_id text) SERVER w OPTIONS (resource 'group_users')});
{
	my $groups = $node->query('SELECT count(*) FROM t.groups');
	my $looks = sub {
		$node->query("SELECT setval('looked', 1, false)");
		my ($log) = asked($_[0]);
		return (scalar @$log, $node->query('SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM looked'));
	};
	is_deeply([ $looks->("SELECT count(*) FROM w.group_users WHERE shown(group_id)") ],
		[ $groups + 1, $node->query('SELECT count(*) FROM t.group_users') ], 'a volatile function sees each row once');
	is_deeply([ $looks->('SELECT count(*) FROM few WHERE peek(group_id)') ], [ $groups + 1, 0 ],
		'behind a security barrier no function sees what the barrier hides');
	my $some = $node->query('SELECT count(*) FROM few WHERE false');
	is($some, 0, 'the view can be read');
	like($node->fails("SELECT count(*) FROM w.odd WHERE group_id < 'a'"), qr/ERROR:  22001/,
		'a value that does not fit is an error of its row, as ever');
}

# A parent without children has no row that a condition could look at, so what fails for its name must not fail; with
# children it does.
{
	my ($barren) = $node->rows('SELECT id FROM t.connectors EXCEPT SELECT connector_id FROM t.connector_tables
		ORDER BY 1');
	ok(defined $barren, 'a connector without tables');
	$node->query("CREATE FUNCTION public.picky(a text, b text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 1 AS
	  \$\$BEGIN IF a = b THEN RAISE division_by_zero; END IF; RETURN true; END\$\$");
	foreach my $condition (
		'1 / (CASE connector_id WHEN %s THEN 0 ELSE 1 END) = 1',
		'(CASE connector_id WHEN %s THEN \'x\' ELSE \'1\' END)::int = 1',
		'substring(connector_id, 1, CASE connector_id WHEN %s THEN -1 ELSE 99 END) <> \'\'',
		'connector_id ~ (CASE connector_id WHEN %s THEN \'(\' ELSE \'.\' END)',
		'connector_id LIKE (CASE connector_id WHEN %1$s THEN %1$s || \'\\\' ELSE \'%%\' END)',
		'(CASE connector_id WHEN %s THEN \'{\' ELSE \'{}\' END)::jsonb = \'{}\'',
		'picky(connector_id, %s)')
	{
		my $sql = 'SELECT count(*) FROM connector_tables WHERE ' . sprintf($condition, "'$barren'");
		my ($got, $twin) = map { $node->query("SET search_path = $_; $sql") } 'w, public', 't, public';
		is($got, $twin, "a parent without children fails nothing: $sql");
		$sql = 'SELECT count(*) FROM connector_tables WHERE ' . sprintf($condition, "'$connector'");
		like($node->fails($sql), qr/ERROR:  22/, "one with children does: $sql") if $sql !~ /LIKE/;
	}
}

# rescans: other parameters, other parents
{
	my $sql = "SELECT (SELECT count(*) FROM w.group_users u WHERE u.group_id LIKE p.p) FROM
	  (VALUES (1, 'o%'), (2, 'zz%'), (3, 'v%'), (4, NULL), (5, '%')) AS p (n, p) ORDER BY n";
	is($node->query($sql), $node->query($sql =~ s/w\.group/t.group/r), 'a pattern of its own for each row');
}

# writes of what conditions leave
{
	my ($log) = asked("SET fivetrex.max_writes = -1; SET fivetrex.dry_run = on;
	  UPDATE connector_columns SET hashed = true
	  WHERE connector_id = '$connector' AND table_name = ANY (ARRAY(SELECT name FROM names LIMIT 2))");
	like($log->[-1], qr/\{"tables":\["table_000","table_001"\]\}$/, 'an UPDATE reads columns of these tables only');
	is(scalar @$log, 2, 'and those of their connector');
}

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
