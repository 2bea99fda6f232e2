# Schema configurations as three relations: updates of many rows are one PATCH.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('schemas');
$node->add_world($mock, 'w');
$node->safe_psql('postgres', "ALTER DATABASE postgres SET search_path = w, public; ALTER DATABASE postgres SET fivetrex.server = 'w'");

my $c = '/v1/connections';

sub writes { return $node->writes($mock, 'w', @_) }

sub patches
{
	my ($name, $sql, $expected, $out_expected) = @_;
	my ($log, $out, $err) = writes($sql);
	is_deeply([ sort @$log ], [ sort @$expected ], "$name: requests");
	# Answers come in any order, and with them the rows.
	is(join("\n", sort split(/\n/, $out)), join("\n", sort split(/\n/, $out_expected)), "$name: result") if defined $out_expected;
	is($err, '', "$name: no complaint");
	return;
}

# full names in the destination: the recipe's joins make no call twice
{
	my ($log, $out, $err) = $node->sent($mock, 'w', q{
		SELECT s.name_in_destination || '.' || t.name_in_destination, t.schema_name, t.table_name
		FROM connector_schemas s JOIN connector_tables t USING (connector_id, schema_name)
		WHERE connector_id = 'assimilate_seem' AND s.name_in_destination IS NOT NULL ORDER BY 1 LIMIT 1});
	is_deeply($log, ["GET $c/assimilate_seem/schemas"], 'full names of tables: one call');
	like($out, qr/^\w+\.\w+\|\w+\|\w+$/, 'schema and table as they are called there');
	($log, $out, $err) = $node->sent($mock, 'w', q{
		SELECT count(*), count(s.name_in_destination || '.' || t.name_in_destination || '.' || c.name_in_destination)
		FROM connector_schemas s JOIN connector_tables t USING (connector_id, schema_name) JOIN connector_columns c USING (connector_id, schema_name, table_name)
		WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'customers'});
	is_deeply([ sort @$log ], [ "GET $c/assimilate_seem/schemas", "GET $c/assimilate_seem/schemas/public/tables/customers/columns" ], 'of columns: one more');
	my ($all, $named) = split /\|/, $out;
	ok($all > 0 && $all == $named, 'all columns have one');
}

patches('columns of several tables', q{UPDATE connector_columns SET hashed = true WHERE connector_id = 'assimilate_seem' AND column_name ~ 'email|full_name|note' RETURNING schema_name, table_name, column_name, hashed, enabled},
	[ "PATCH $c/assimilate_seem/schemas {\"schemas\":{\"public\":{\"tables\":{\"customers\":{\"columns\":{\"email\":{\"hashed\":true},\"full_name\":{\"hashed\":true}}},\"orders\":{\"columns\":{\"note\":{\"hashed\":true}}}}}}}" ],
	"public|customers|email|t|t\npublic|customers|full_name|t|t\npublic|orders|note|t|f");
is($node->safe_psql('postgres', q{SELECT string_agg(column_name, ',' ORDER BY column_name) FROM connector_columns WHERE connector_id = 'assimilate_seem' AND hashed}), 'customer_id,email,full_name,note', 'it is so');
patches('tables of several connectors', q{UPDATE connector_tables SET enabled = false, sync_mode = 'HISTORY' WHERE connector_id IN ('assimilate_seem', 'syncing_river') AND table_name ~ '^(c|o)' AND patch_allowed},
	[ "PATCH $c/assimilate_seem/schemas {\"schemas\":{\"public\":{\"tables\":{\"customers\":{\"enabled\":false,\"sync_mode\":\"HISTORY\"},\"order_items\":{\"enabled\":false,\"sync_mode\":\"HISTORY\"},\"orders\":{\"enabled\":false,\"sync_mode\":\"HISTORY\"}}}}}",
	  "PATCH $c/syncing_river/schemas {\"schemas\":{\"salesforce\":{\"tables\":{\"contact\":{\"enabled\":false,\"sync_mode\":\"HISTORY\"},\"opportunity\":{\"enabled\":false,\"sync_mode\":\"HISTORY\"}}}}}" ], '');
is($node->safe_psql('postgres', q{SELECT count(*) FROM connector_tables WHERE connector_id IN ('assimilate_seem', 'syncing_river') AND sync_mode = 'HISTORY' AND NOT enabled}), 5, 'rows are counted, not requests');
patches('schemas', q{UPDATE connector_schemas SET enabled = NOT enabled WHERE connector_id = 'assimilate_seem' RETURNING schema_name, enabled},
	[ "PATCH $c/assimilate_seem/schemas {\"schemas\":{\"audit\":{\"enabled\":true},\"public\":{\"enabled\":false}}}" ], "public|f\naudit|t");
patches('a row filter, and its removal', q{UPDATE connector_tables SET row_filter = '{"name": "f", "description": "d", "column_clauses": [{"column": "id", "column_type": "LONG", "operator": "GREATER_THAN", "values": ["5"]}]}' WHERE connector_id = 'daily_beacon' RETURNING row_filter ->> 'name';
	UPDATE connector_tables SET row_filter = NULL WHERE connector_id = 'daily_beacon' RETURNING row_filter},
	[ "PATCH $c/daily_beacon/schemas {\"schemas\":{\"public\":{\"tables\":{\"metrics\":{\"row_filter\":{\"column_clauses\":[{\"column\":\"id\",\"column_type\":\"LONG\",\"operator\":\"GREATER_THAN\",\"values\":[\"5\"]}],\"description\":\"d\",\"name\":\"f\"}}}}}}",
	  "PATCH $c/daily_beacon/schemas {\"schemas\":{\"public\":{\"tables\":{\"metrics\":{\"row_filter\":null}}}}}" ], "f\n");
patches('odd names', q{UPDATE connector_columns SET hashed = true WHERE connector_id = 'unicode_meadow' AND schema_name = 'my schema/é' AND table_name = 'Orders & Items' AND column_name IN ('naïve', '50% off') RETURNING column_name, hashed},
	[ "PATCH $c/unicode_meadow/schemas {\"schemas\":{\"my schema/\x{e9}\":{\"tables\":{\"Orders & Items\":{\"columns\":{\"50% off\":{\"hashed\":true},\"na\x{ef}ve\":{\"hashed\":true}}}}}}}" ],
	"50% off|t\nnaïve|t");
patches('from another table', q{CREATE TEMP TABLE pii (t text, c text); INSERT INTO pii VALUES ('customers', 'email'), ('customers', 'email'), ('orders', 'amount');
	UPDATE connector_columns c SET hashed = NOT hashed FROM pii WHERE c.connector_id = 'assimilate_seem' AND c.schema_name = 'public' AND c.table_name = pii.t AND c.column_name = pii.c},
	[ "PATCH $c/assimilate_seem/schemas {\"schemas\":{\"public\":{\"tables\":{\"customers\":{\"columns\":{\"email\":{\"hashed\":false}}},\"orders\":{\"columns\":{\"amount\":{\"hashed\":true}}}}}}}" ]);
patches('120 tables are one PATCH', q{WITH u AS (UPDATE connector_tables SET enabled = false WHERE connector_id = 'delayed_glacier' RETURNING table_name, enabled) SELECT count(*), bool_or(enabled) FROM u},
	[ "PATCH $c/delayed_glacier/schemas {\"schemas\":{\"dbo\":{\"tables\":{" . join(',', map { sprintf '"table_%03d":{"enabled":false}', $_ } 0 .. 119) . '}}}}' ], '120|f');

{
	my ($log, undef, $err) = writes(q{UPDATE connector_columns SET enabled = false WHERE connector_id = 'assimilate_seem' AND column_name IN ('id', 'email')});
	is(scalar @$log, 1, 'what the API refuses is one request');
	like($err, qr/ERROR:  22023: .*Column 'id' cannot be changed/, 'and an error that names the item');
	($log, undef, $err) = writes(q{SET fivetrex.dry_run = on; UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier' AND table_name IN ('table_001', 'table_002')});
	is_deeply($log, [], 'a dry run sends nothing');
	like($err, qr/NOTICE:  00000: dry run: PATCH .*table_001.*table_002/, 'and shows the one request');
	(undef, undef, $err) = writes(q{UPDATE connector_columns SET name_in_destination = 'x' WHERE connector_id = 'assimilate_seem'});
	like($err, qr/0A000: column "name_in_destination".*\nDETAIL:.*\nHINT:  Columns of connector_columns that can be updated: enabled, hashed, is_primary_key, target_data_type\./, 'a read-only column');
	(undef, undef, $err) = writes(q{DELETE FROM connector_columns WHERE connector_id = 'assimilate_seem'});
	like($err, qr/ERROR:  55000: foreign table "connector_columns" does not allow deletes/, 'columns are dropped by a function');
}

# ---------- what stays as it is

{
	my $tables = "$c/delayed_glacier/schemas";
	my $body = sub { my ($set, @names) = @_; return '{"schemas":{"dbo":{"tables":{' . join(',', map { "\"$_\":{$set}" } @names) . '}}}}' };
	$node->query(q{UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier' AND table_name < 'table_003'});
	my @all = map { sprintf 'table_%03d', $_ } 0 .. 119;
	patches('rows that stay as they are', q{UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier'},
		[ "PATCH $tables " . $body->('"enabled":true', @all[ 3 .. 119 ]) ]);
	patches('all of them', q{UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier'}, []);
	is($node->query(q{WITH u AS (UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier' RETURNING table_name, enabled) SELECT count(*), bool_and(enabled) FROM u}),
		'120|t', 'they are counted and returned');
	patches('RETURNING of some that change and some that stay',
		q{UPDATE connector_tables SET enabled = table_name <> 'table_001' WHERE connector_id = 'delayed_glacier' AND table_name < 'table_003' RETURNING table_name, enabled, schema_name},
		[ "PATCH $tables " . $body->('"enabled":false', 'table_001') ], "table_000|t|dbo\ntable_001|f|dbo\ntable_002|t|dbo");
	patches('one of two columns changes: both are sent',
		q{UPDATE connector_tables SET enabled = true, sync_mode = 'HISTORY' WHERE connector_id = 'delayed_glacier' AND table_name = 'table_002'},
		[ "PATCH $tables " . $body->('"enabled":true,"sync_mode":"HISTORY"', 'table_002') ]);
	patches('a row filter that is the same', q{UPDATE connector_tables SET row_filter = row_filter WHERE connector_id = 'delayed_glacier'}, []);
	patches('a join', q{CREATE TEMP TABLE wanted (t text, on_ boolean); INSERT INTO wanted VALUES ('table_000', true), ('table_001', true), ('table_002', false);
		UPDATE connector_tables t SET enabled = on_ FROM wanted w WHERE t.connector_id = 'delayed_glacier' AND t.table_name = w.t},
		[ "PATCH $tables " . '{"schemas":{"dbo":{"tables":{"table_001":{"enabled":true},"table_002":{"enabled":false}}}}}' ]);
	patches('a join in which nothing changes', q{CREATE TEMP TABLE wanted (t text, on_ boolean); INSERT INTO wanted VALUES ('table_000', true), ('table_001', true);
		UPDATE connector_tables t SET enabled = on_ FROM wanted w WHERE t.connector_id = 'delayed_glacier' AND t.table_name = w.t RETURNING t.table_name, t.enabled},
		[], "table_000|t\ntable_001|t");
	patches('a belt counts what is sent', q{SET fivetrex.max_writes = 0; UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier' AND table_name <> 'table_002'}, []);
	my ($log, $out, $err) = writes(q{SET fivetrex.dry_run = on; UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier' AND table_name > 'table_100'});
	is_deeply([ @$log, $err ], [''], 'a dry run has nothing to tell of them');
	# another table keeps its request of its own: setting a connector's value again may mean something
	my $id = $node->query('SELECT id FROM connectors WHERE NOT paused ORDER BY id LIMIT 1');
	($log) = writes("UPDATE connectors SET paused = false WHERE id = '$id'");
	is(scalar @$log, 1, 'a row with a request of its own is sent');
}

# ---------- functions

patches('drop a blocked column', q{SET fivetrex.max_deletes = 1; SELECT fivetrex_modify_column('assimilate_seem', 'public', 'orders', 'amount', '{"enabled": false}') IS NOT NULL; SELECT fivetrex_drop_columns('assimilate_seem', '{"public": {"tables": {"orders": {"columns": ["amount"]}}}}') IS NOT NULL},
	[ "PATCH $c/assimilate_seem/schemas/public/tables/orders/columns/amount {\"enabled\":false}", "POST $c/assimilate_seem/schemas/drop-columns {\"schemas\":{\"public\":{\"tables\":{\"orders\":{\"columns\":[\"amount\"]}}}}}" ], "t\nt");
is_deeply((writes(q{SELECT fivetrex_drop_columns('assimilate_seem', '{"public": {"tables": {"orders": {"columns": ["note"]}}}}')}))[0], [], 'dropping columns is a deletion');
is_deeply((writes(q{SET fivetrex.max_deletes = 0; SELECT fivetrex_drop_column('assimilate_seem', 'public', 'orders', 'note')}))[0], [], 'dropping a column is a deletion');
patches('create', q{SELECT fivetrex_create_schema_config('broken_anchor', '{"schemas": {"public": {"enabled": true}}}') ? 'schemas'}, [ "POST $c/broken_anchor/schemas {\"schemas\":{\"public\":{\"enabled\":true}}}" ], 't');
is_deeply((writes(q{SELECT fivetrex_resync_tables('assimilate_seem', tables => '{"public": ["orders"]}')}))[0], [], 'resync_tables without confirm');
patches('resync of tables', q{SELECT fivetrex_resync_tables('assimilate_seem', true, '{"public": ["orders"]}') IS NOT NULL}, [ "POST $c/assimilate_seem/schemas/tables/resync {\"public\":[\"orders\"]}" ], 't');

$mock->clear_violations('w');
$node->stop;
$mock->stop;
done_testing();
