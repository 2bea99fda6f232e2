# The name that a table's schema has in the destination: it stands around the tables of a configuration, and
# beside the columns of a table nowhere, so that connector_tables is asked for it.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('in_destination');
$node->add_world($mock, 'w');
$node->safe_psql('postgres', "ALTER DATABASE postgres SET search_path = w, public; ALTER DATABASE postgres
	SET fivetrex.server = 'w'");

my $c = '/v1/connections';
my $config = "GET $c/assimilate_seem/schemas";

sub columns_of { return "GET $c/assimilate_seem/schemas/$_[0]/tables/$_[1]/columns" }

sub makes
{
	my ($name, $sql, $requests, $out_expected) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	is_deeply([ sort @$log ], [ sort @$requests ], "$name: requests") or diag(join "\n", @$log);
	is($out, $out_expected, "$name: result") if defined $out_expected;
	is($err, '', "$name: no complaint");
	return;
}

# the configuration of assimilate_seem is this text
sub config_is
{
	$mock->replace('w', path => "$c/assimilate_seem/schemas",
		raw => "{\"code\":\"Success\",\"data\":{\"schemas\":$_[0]}}");
	return;
}

# ---------- tables

is($node->query(q{SELECT string_agg(a.attname, ' ' ORDER BY attnum) FROM pg_attribute a
		WHERE attrelid IN ('connector_tables'::regclass, 'connector_columns'::regclass) AND attname ~ 'destination'}),
	'schema_in_destination schema_in_destination name_in_destination name_in_destination',
		'both tables have it before their own name');
makes('whole configuration', q{SELECT schema_name, schema_in_destination, name_in_destination FROM connector_tables
		WHERE connector_id = 'unicode_meadow' ORDER BY table_name COLLATE "C"},
	["GET $c/unicode_meadow/schemas"],
		"my schema/\x{c3}\x{a9}|my_schema__|orders___items\nmy schema/\x{c3}\x{a9}|my_schema__|question_");
makes('condition', q{SELECT count(*) FROM connector_tables WHERE connector_id = 'assimilate_seem'
	AND schema_in_destination = 'audit'}, [$config], 1);
is($node->query(q{SELECT count(*), count(*) FILTER (WHERE t.schema_in_destination = s.name_in_destination)
		FROM connector_tables t JOIN connector_schemas s USING (connector_id, schema_name)}),
			join('|', ($node->query('SELECT count(*) FROM connector_tables')) x 2),
	'of every table of every connector it is what connector_schemas says');

# ---------- wherever it stands, and whatever it is

foreach (
	[ 'after the tables', q{{"a":{"tables":{"t":{"enabled":true},"u":{}},"name_in_destination":"A"}}}, "a|t|A\na|u|A" ],
	[ 'absent in one schema',
		q{{"a":{"tables":{"t":{}}},"b":{"name_in_destination":"B","tables":{"t":{}}},"c":{"tables":{"t":{}}}}},
		"a|t|<null>\nb|t|B\nc|t|<null>" ],
	[ 'null, of a schema without tables',
		q({"a":{"name_in_destination":null,"tables":{"t":{}}},"b":{"name_in_destination":"B"},)
			. q("c":{"name_in_destination":"C","tables":null}}), 'a|t|<null>' ],
	[ 'twice, with an escaped key',
		q{{"a":{"name_in_destination":"A1","tables":{"t":{}},"name\u005fin_destination":"A2"}}}, 'a|t|A2' ],
	[ 'a schema twice',
		q{{"a":{"name_in_destination":"A1","tables":{"t":{}}},"b":{"tables":{"t":{}}},"\u0061":{"tables":{"u":{}}}}},
		"a|u|<null>\nb|t|<null>" ],
	[ 'a schema twice, the first one without',
		q{{"a":{"tables":{"t":{}}},"\u0061":{"tables":{"u":{}},"name_in_destination":"A2"}}}, 'a|u|A2' ],
	[ 'the tables twice', q{{"a":{"tables":{"t":{}},"name_in_destination":"A","tables":{"u":{}}}}}, 'a|u|A' ],
	[ 'blanks', q[ { "a" : { "name_in_destination" : "A" , "tables" : { "t" : { } } } } ], 'a|t|A' ],
	[ 'in a table of that name',
		q({"a":{"tables":{"name_in_destination":{"name_in_destination":"t"}}},)
			. q("name_in_destination":{"name_in_destination":"N","tables":{"t":{}}}}),
		"a|name_in_destination|<null>\nname_in_destination|t|N" ],
	[ 'escapes and other characters', q{{"a":{"name_in_destination":"\u00e9\"\n","tables":{"t":{}}}}},
		"a|t|\x{c3}\x{a9}\"\\n" ])
{
	my ($name, $schemas, $rows) = @$_;
	config_is($schemas);
	my $sql = q{SELECT schema_name, table_name, coalesce(replace(schema_in_destination, E'\n', '\n'), '<null>')
		FROM connector_tables WHERE connector_id = 'assimilate_seem' ORDER BY 1, 2};
	is($node->query($sql), $rows, $name);
	# as connector_schemas has it
	is($node->query(q{SELECT count(*) FROM connector_tables t LEFT JOIN connector_schemas s
		USING (connector_id, schema_name)
			WHERE connector_id = 'assimilate_seem' AND t.schema_in_destination IS DISTINCT FROM s.name_in_destination}), 0,
				"$name: in both tables alike");
	# out of order: rows that a sort or a join asks for again come from other places
	is($node->query($sql =~ s/ORDER BY/AND attrs IS NOT NULL ORDER BY/r), $rows, "$name: beside the whole object");
}
{
	my $many = join ',', map { sprintf '"s%d":{%s"tables":{"t":{},"u":{}}}', $_, $_ % 3 ? qq{"name_in_destination":"d$_",}
		: '' } 1 .. 2000;
	config_is("{$many}");
	is($node->query(q{SELECT count(*), count(*) FILTER (WHERE schema_in_destination IS NOT DISTINCT
		FROM CASE WHEN substr(schema_name, 2)::int % 3 > 0 THEN 'd' || substr(schema_name, 2) END)
			FROM connector_tables WHERE connector_id = 'assimilate_seem'}), '4000|4000', '2,000 schemas');
}
$mock->replace('w', path => "$c/assimilate_seem/schemas", raw => undef);

# ---------- columns

makes('one table, when nobody asks', q{SELECT count(name_in_destination) FROM connector_columns
		WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'customers'},
			[ columns_of('public', 'customers') ], 4);
makes('one table', q{SELECT DISTINCT schema_in_destination FROM connector_columns
		WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'customers'},
			[ $config, columns_of('public', 'customers') ], 'public');
makes('a connector, one call as before for its tables',
	q{SELECT count(*), string_agg(DISTINCT schema_in_destination, ',' ORDER BY schema_in_destination)
	FROM connector_columns
		WHERE connector_id = 'assimilate_seem' AND table_name <> 'schema_migrations'},
	[ $config, columns_of('audit', 'log_entries'),
		"POST $c/assimilate_seem/schemas/public/fetch-source-columns {\"tables\":[\"customers\",\"orders\",\"order_items\"]}" ],
	'18|audit,public');
makes('a condition on it chooses tables', q{SELECT count(*) FROM connector_columns
	WHERE connector_id = 'assimilate_seem' AND schema_in_destination = 'audit'},
	[ $config, columns_of('audit', 'log_entries') ], 4);
makes('a condition that no table meets', q{SELECT count(*) FROM connector_columns
		WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'customers'
			AND schema_in_destination = 'audit'}, [$config], 0);
makes('several connectors', q{SELECT connector_id, schema_in_destination, count(*) FROM connector_columns
		WHERE connector_id IN ('daily_beacon', 'syncing_river') AND schema_name = 'public' AND table_name = 'metrics'
			GROUP BY 1, 2},
	[ "GET $c/daily_beacon/schemas", "GET $c/syncing_river/schemas",
		map { "GET $c/$_/schemas/public/tables/metrics/columns" } qw(daily_beacon syncing_river) ],
	'daily_beacon|public|3');
makes('tables of a join', q{SELECT DISTINCT t.name_in_destination, c.schema_in_destination FROM connector_tables t
	JOIN connector_columns c USING (connector_id, schema_name, table_name)
		WHERE connector_id = 'assimilate_seem' AND table_name = 'orders'}, [ $config, columns_of('public', 'orders') ],
			'orders|public');
makes('tables of a local table: each connector is asked for its tables once', q{CREATE TEMP TABLE listed AS SELECT *
	FROM (VALUES ('assimilate_seem', 'public', 'orders'), ('assimilate_seem', 'audit', 'log_entries'), ('daily_beacon',
	'public', 'metrics')) v (c, s, t);
		ANALYZE listed; SELECT c, k.schema_in_destination, count(*) FROM listed
			JOIN connector_columns k ON (k.connector_id, k.schema_name, k.table_name) = (c, s, t) GROUP BY 1, 2 ORDER BY 1, 2},
	[ $config, columns_of('public', 'orders'), columns_of('audit', 'log_entries'),
		map { "GET $c/daily_beacon/schemas$_" } '', '/public/tables/metrics/columns' ],
	"assimilate_seem|audit|4\nassimilate_seem|public|6\ndaily_beacon|public|3");
makes('a key that cannot be named', q{SELECT schema_in_destination FROM connector_columns
	WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = '..'}, [], '');

# what the configuration does not have, but the source does
config_is(q{{"other":{"name_in_destination":"o","tables":{"t":{}}}}});
makes('a table that is not configured', q{SELECT coalesce(schema_in_destination, '<null>'), count(*)
	FROM connector_columns
		WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'customers' GROUP BY 1},
			[ $config, columns_of('public', 'customers') ], '<null>|4');
makes('the same with several connectors', q{SELECT connector_id, coalesce(schema_in_destination, '<null>'), count(*)
	FROM connector_columns
		WHERE connector_id IN ('assimilate_seem', 'daily_beacon') AND schema_name = 'public' AND table_name = 'metrics'
			GROUP BY 1, 2},
	[ $config, columns_of('public', 'metrics'), map { "GET $c/daily_beacon/schemas$_" } '',
		'/public/tables/metrics/columns' ], 'daily_beacon|public|3');
config_is(q{{"public":{"name_in_destination":null,"tables":{"customers":{}}}}});
makes('one that has no name there', q{SELECT coalesce(schema_in_destination, '<null>'), count(*) FROM connector_columns
	WHERE connector_id = 'assimilate_seem' GROUP BY 1},
	[ $config, columns_of('public', 'customers') ], '<null>|4');
makes('that it has none is checked on the rows', q{SELECT count(*) FROM connector_columns
	WHERE connector_id = 'assimilate_seem' AND schema_in_destination IS NULL},
	[ $config, columns_of('public', 'customers') ], 4);
$mock->replace('w', path => "$c/assimilate_seem/schemas", raw => undef);

# ---------- what is no text

config_is(q{{"public":{"name_in_destination":"\\ud800","tables":{"customers":{},"orders":{}}}}});
foreach my $name (qw(connector_tables connector_columns))
{
	my ($log, $out, $err) = $node->sent($mock, 'w', "SELECT schema_in_destination FROM $name
		WHERE connector_id = 'assimilate_seem' AND table_name = 'customers'");
	is_deeply([ $out, sort @$log ], [ '', $config, $name eq 'connector_columns' ? columns_of('public', 'customers')
		: () ], "$name: half of a character: requests");
	like($err, qr/ERROR:  22P05: .*\nCONTEXT:  column "schema_in_destination" of foreign table "$name"/,
		"$name: the error names the column");
	$node->query("ALTER FOREIGN TABLE $name OPTIONS (ADD on_value_error 'null')");
	($log, $out, $err) = $node->sent($mock, 'w', "SELECT count(*), count(schema_in_destination) FROM $name
		WHERE connector_id = 'assimilate_seem'");
	is($out, $name eq 'connector_columns' ? '10|0' : '2|0', "$name: on_value_error: NULL");
	like($err, qr/WARNING:.*$name/, "$name: and a warning");
	$node->query("ALTER FOREIGN TABLE $name OPTIONS (DROP on_value_error)");
}
config_is(q{{"public":{"name_in_destination":{"a": 1},"tables":{"customers":{}}}}});
is($node->query(q{SELECT DISTINCT t.schema_in_destination || ' ' || c.schema_in_destination FROM connector_tables t
	JOIN connector_columns c USING (connector_id, schema_name, table_name)
		WHERE connector_id = 'assimilate_seem'}), '{"a": 1} {"a": 1}', 'anything else is its text, in both alike');
$mock->replace('w', path => "$c/assimilate_seem/schemas", raw => undef);

# ---------- a table of 1.0

$node->query('ALTER FOREIGN TABLE connector_columns DROP COLUMN schema_in_destination;
	ALTER FOREIGN TABLE connector_columns ADD COLUMN schema_in_destination text');
makes('added to a table that was imported before', q{SELECT DISTINCT schema_in_destination FROM connector_columns
	WHERE connector_id = 'assimilate_seem' AND table_name = 'orders'},
	[ $config, columns_of('public', 'orders') ], 'public');

# ---------- the planner

sub explained
{
	my ($where) = @_;
	my $plan = $node->query("EXPLAIN (FORMAT JSON) SELECT schema_in_destination FROM connector_columns WHERE $where");
	my $scan = decode_json($plan)->[0]{Plan};
	return "$scan->{'Expected Calls'} $scan->{'Pushed Filter'}";
}
my $table = "schema_name = 'public' AND table_name = 'customers'";
like(explained("connector_id = 'assimilate_seem' AND $table"), qr/^2 connector_id = /, 'two calls are expected');
like(explained("connector_id IN ('assimilate_seem', 'daily_beacon') AND $table"), qr/^4 connector_id = /,
	'two for each of several connectors');
unlike(explained("connector_id = 'assimilate_seem' AND $table AND schema_in_destination = 'x'"),
	qr/schema_in_destination/, 'it is part of no request');
is($node->query(q{SELECT count(*) FROM fivetrex_tables() WHERE 'schema_in_destination' = ANY (pushed_columns)}), 0,
	'the reference does not say so either');

# ---------- writes

foreach my $name (qw(connector_tables connector_columns))
{
	my ($log, undef, $err) = $node->writes($mock, 'w', "UPDATE $name SET schema_in_destination = 'x'
		WHERE connector_id = 'assimilate_seem'");
	is_deeply($log, [], "$name: it cannot be set");
	like($err,
		qr/0A000: column "schema_in_destination".*\nDETAIL:.*\nHINT:  Columns of $name that can be updated: enabled, /,
		"$name: and the error says what can");
}
foreach (
	[ 'connector_tables', "enabled = NOT enabled WHERE connector_id = 'assimilate_seem' AND schema_name = 'audit'",
		'"audit":{"tables":{"log_entries":{"enabled":false}}}', 'audit' ],
	[ 'connector_columns', "hashed = true WHERE connector_id = 'assimilate_seem' AND $table AND column_name = 'email'",
		'"public":{"tables":{"customers":{"columns":{"email":{"hashed":true}}}}}', 'public' ])
{
	my ($name, $set, $body, $in_destination) = @$_;
	my ($log, $out, $err) = $node->writes($mock, 'w', "UPDATE $name SET $set RETURNING schema_in_destination");
	is_deeply($log, [ "PATCH $c/assimilate_seem/schemas {\"schemas\":{$body}}" ],
		"$name: RETURNING it takes no other write");
	is($out, $in_destination, "$name: and gives it");
	is($err, '', "$name: no complaint");
}

$mock->clear_violations('w');
$node->stop;
$mock->stop;
done_testing();
