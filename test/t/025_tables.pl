# Hand-written foreign tables, values that do not fit, and odd answers.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('tables');
$node->add_world($mock, 'w');
$node->add_world($mock, 'odd', max_retries => 0);

# A foreign table over a resource, in a transaction that is rolled back.
sub with_table
{
	my ($world, $resource, $columns, $sql) = @_;
	return "SET search_path = public; BEGIN;
		CREATE FOREIGN TABLE t ($columns) SERVER $world OPTIONS (resource '$resource');
		$sql; ROLLBACK";
}

# What the query gives: its rows, or "SQLSTATE message ... context".
sub outcome
{
	my ($sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres',
		"\\set VERBOSITY verbose\n$sql", on_error_stop => 1);
	return $out if $status == 0;
	return $err;
}

subtest 'columns' => sub {
	my $wanted = $node->query("SELECT id, service, schema FROM w.connectors WHERE id = 'assimilate_seem'");
	is(outcome(with_table('w', 'connectors', 'schema text, id text, service text',
			"SELECT id, service, schema FROM t WHERE id = 'assimilate_seem'")),
		$wanted, 'fewer and reordered');
	is(outcome(with_table('w', 'connectors',
			"a text OPTIONS (column_name 'schema'), \"The Key\" text OPTIONS (column_name 'id'), id text OPTIONS (column_name 'service')",
			"SELECT \"The Key\", id, a FROM t WHERE \"The Key\" = 'assimilate_seem'")),
		$wanted, 'renamed');
	is(outcome(with_table('w', 'connectors', "id text, again text OPTIONS (column_name 'id')",
			"SELECT * FROM t WHERE again = 'assimilate_seem' AND id = 'assimilate_seem'")),
		'assimilate_seem|assimilate_seem', 'one column twice');
	is(outcome(with_table('w', 'connections', 'id text', 'SELECT count(*) FROM t')),
		2500, 'connections is an alias');
	is(outcome(with_table('w', 'groups', '', 'SELECT count(*) FROM t; SELECT t FROM t LIMIT 1')),
		"14\n()", 'no column at all');

	my $extra = 'id text, no_such_thing text, name text';
	is(outcome(with_table('w', 'groups', $extra, "SELECT id, name FROM t WHERE name = 'Legal'")),
		'hollow_cedar|Legal', 'an unknown column that is not used');
	foreach my $use ('SELECT no_such_thing FROM t', 'SELECT * FROM t', 'SELECT t FROM t',
		'SELECT id FROM t WHERE no_such_thing IS NULL', 'SELECT count(no_such_thing) FROM t',
		"SELECT id FROM t WHERE no_such_thing = 'x'", 'SELECT id FROM t ORDER BY no_such_thing')
	{
		like(outcome(with_table('w', 'groups', $extra, $use)),
			qr/ERROR:  HV005: .*"no_such_thing".*groups/, "unknown column: $use");
	}
	like(outcome(with_table('w', 'groups', "id text, x text OPTIONS (column_name 'nname')", 'SELECT x FROM t')),
		qr/ERROR:  HV005: .*"x".*DETAIL: .*"nname"/s, 'unknown column_name');
	like(outcome(with_table('w', 'gruops', 'id text', 'SELECT id FROM t')),
		qr/ERROR:  HV00R: .*(?:HINT|hint).*groups/s, 'unknown resource with the nearest match');
	is(outcome(with_table('w', 'groups', 'id text, junk int, name text, junk2 jsonb',
			"ALTER FOREIGN TABLE t DROP COLUMN junk; ALTER FOREIGN TABLE t DROP COLUMN junk2;
			 ALTER FOREIGN TABLE t ADD COLUMN created_at timestamptz;
			 SELECT * FROM t WHERE name = 'Legal'; SELECT t FROM t WHERE id = 'hollow_cedar';
			 SELECT row_to_json(t) FROM t WHERE id = 'hollow_cedar'; SELECT count(*) FROM t")) =~ s/2026-[-0-9T:.+ ]*\d/X/gr,
		qq{hollow_cedar|Legal|X\n(hollow_cedar,Legal,"X")\n{"id":"hollow_cedar","name":"Legal","created_at":"X"}\n14},
		'dropped and added columns');
	is(outcome(with_table('w', 'groups', 'id text, junk int, name text',
			"PREPARE p AS SELECT name FROM t WHERE id = 'hollow_cedar'; EXECUTE p;
			 ALTER FOREIGN TABLE t DROP COLUMN junk; EXECUTE p;
			 ALTER FOREIGN TABLE t ALTER name OPTIONS (ADD column_name 'id'); EXECUTE p")),
		"Legal\nLegal\nhollow_cedar", 'a prepared statement sees changes of the table');
	is(outcome(with_table('w', 'groups', "id text NOT NULL, name text DEFAULT 'x' CHECK (name <> 'never')",
			"SELECT id FROM t WHERE name = 'Legal'; SET constraint_exclusion = on; SELECT count(*) FROM t WHERE name = 'never'")),
		"hollow_cedar\n0", 'constraints');
	is(outcome(with_table('w', 'groups', "id text, upper_id text GENERATED ALWAYS AS (upper(id)) STORED", "SELECT id FROM t WHERE id = 'hollow_cedar'")),
		'hollow_cedar', 'a generated column that is not used');
};

subtest 'types' => sub {
	my @cases = (
		# resource, key, column and type, expected text or qr/error/
		[ 'connectors', 'assimilate_seem', 'config json', qr/^\{"schema_prefix":/ ],
		[ 'connectors', 'assimilate_seem', 'config jsonb', qr/^\{"/ ],
		[ 'connectors', 'assimilate_seem', 'config text', qr/^\{"schema_prefix":/ ],
		[ 'connectors', 'assimilate_seem', 'config varchar', qr/^\{"schema_prefix":/ ],
		[ 'connectors', 'assimilate_seem', 'service json', '"google_cloud_postgresql"' ],
		[ 'connectors', 'assimilate_seem', 'service jsonb', '"google_cloud_postgresql"' ],
		[ 'connectors', 'assimilate_seem', 'service varchar(40)', 'google_cloud_postgresql' ],
		[ 'connectors', 'assimilate_seem', 'service char(30)', 'google_cloud_postgresql       ' ],
		[ 'connectors', 'assimilate_seem', 'service name', 'google_cloud_postgresql' ],
		[ 'connectors', 'assimilate_seem', 'service bytea', '\x676f6f676c655f636c6f75645f706f737467726573716c' ],
		[ 'connectors', 'assimilate_seem', 'service integer', qr/22P02/ ],
		[ 'connectors', 'assimilate_seem', 'service varchar(5)', qr/22001/ ],
		[ 'connectors', 'assimilate_seem', 'service boolean', qr/22P02/ ],
		[ 'connectors', 'assimilate_seem', 'service text[]', qr/42804/ ],
		[ 'connectors', 'assimilate_seem', 'config integer', qr/22P02/ ],
		[ 'connectors', 'assimilate_seem', 'tasks text[]', '{}' ],
		[ 'connectors', 'broken_anchor', 'tasks text[]', qr/^\{"\{\\"code\\":\\"reconnect/ ],
		[ 'connectors', 'broken_anchor', 'tasks jsonb[]', qr/^\{"\{\\"code\\": \\"reconnect/ ],
		[ 'connectors', 'broken_anchor', 'tasks json', qr/^\[\{"code":"reconnect"/ ],
		[ 'connectors', 'broken_anchor', 'tasks integer[]', qr/22P02/ ],
		[ 'connectors', 'daily_beacon', 'sync_frequency bigint', '1440' ],
		[ 'connectors', 'daily_beacon', 'sync_frequency smallint', '1440' ],
		[ 'connectors', 'daily_beacon', 'sync_frequency numeric(10,2)', '1440.00' ],
		[ 'connectors', 'daily_beacon', 'sync_frequency numeric(3,0)', qr/22003/ ],
		[ 'connectors', 'daily_beacon', 'sync_frequency text', '1440' ],
		[ 'connectors', 'daily_beacon', 'sync_frequency jsonb', '1440' ],
		[ 'connectors', 'daily_beacon', 'sync_frequency double precision', '1440' ],
		[ 'connectors', 'daily_beacon', 'sync_frequency boolean', qr/22P02/ ],
		[ 'connectors', 'daily_beacon', 'sync_frequency interval', '00:24:00' ],
		[ 'connectors', 'daily_beacon', 'daily_sync_time time', '14:00:00' ],
		[ 'connectors', 'cron_lighthouse', 'sync_frequency integer', '' ],
		[ 'connectors', 'cron_lighthouse', 'sync_frequency jsonb', '' ],
		[ 'connectors', 'paused_canyon', 'paused text', 'true' ],
		[ 'connectors', 'paused_canyon', 'paused boolean', 't' ],
		[ 'connectors', 'paused_canyon', 'paused jsonb', 'true' ],
		[ 'connectors', 'paused_canyon', 'paused integer', qr/22P02/ ],
		[ 'connectors', 'assimilate_seem', 'created_at date', qr/^2026-\d\d-\d\d$/ ],
		[ 'connectors', 'assimilate_seem', 'created_at timestamp', qr/^2026-\d\d-\d\d \d\d:\d\d:\d\d/ ],
		[ 'connectors', 'assimilate_seem', 'created_at timestamptz(0)', qr/^2026-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d$/ ],
		[ 'connectors', 'assimilate_seem', 'created_at text', qr/^2026-.*Z$/ ],
		[ 'connectors', 'assimilate_seem', 'created_at jsonb', qr/^"2026-.*Z"$/ ],
		[ 'webhooks', 'hook_acorn', 'events text[]', '{sync_start,sync_end}' ],
		[ 'webhooks', 'hook_acorn', 'events varchar[]', '{sync_start,sync_end}' ],
		[ 'webhooks', 'hook_acorn', 'events varchar(4)[]', qr/22001/ ],
		[ 'webhooks', 'hook_acorn', 'events name[]', '{sync_start,sync_end}' ],
		[ 'webhooks', 'hook_acorn', 'events jsonb', '["sync_start", "sync_end"]' ],
		[ 'webhooks', 'hook_acorn', 'events json', '["sync_start","sync_end"]' ],
		[ 'webhooks', 'hook_acorn', 'events jsonb[]', '{"\"sync_start\"","\"sync_end\""}' ],
		[ 'webhooks', 'hook_acorn', 'events text', '["sync_start","sync_end"]' ],
		[ 'webhooks', 'hook_acorn', 'events d_texts', '{sync_start,sync_end}' ],
		[ 'webhooks', 'hook_acorn', 'events d_single', qr/23514/ ],
		[ 'webhooks', 'hook_acorn', 'events d_text[]', '{sync_start,sync_end}' ],
		[ 'webhooks', 'hook_acorn', 'events d_start[]', qr/23514/ ],
		[ 'connectors', 'assimilate_seem', 'service d_text', 'google_cloud_postgresql' ],
		[ 'connectors', 'assimilate_seem', 'service d_start', qr/23514/ ],
		[ 'connectors', 'assimilate_seem', 'service d_of_domain', 'google_cloud_postgresql' ],
		[ 'connectors', 'assimilate_seem', 'config d_jsonb', qr/^\{"/ ],
		[ 'connectors', 'assimilate_seem', 'tasks d_jsonb', qr/23514/ ],
		[ 'connectors', 'cron_lighthouse', 'sync_frequency d_not_null', qr/23502/ ],
		[ 'connectors', 'sparse_thicket', 'networking_method d_text', '' ],
		[ 'connectors', 'daily_beacon', 'sync_frequency d_not_null', '1440' ],
		[ 'connectors', 'assimilate_seem', 'service mood', qr/22P02/ ],
		[ 'connectors', 'stripe_enum', 'service mood', '' ]);
	$node->query(
		"CREATE DOMAIN d_text AS text CHECK (VALUE <> '');
		 CREATE DOMAIN d_of_domain AS d_text CHECK (length(VALUE) > 3);
		 CREATE DOMAIN d_start AS text CHECK (VALUE = 'sync_start');
		 CREATE DOMAIN d_texts AS text[] CHECK (cardinality(VALUE) > 0);
		 CREATE DOMAIN d_single AS text[] CHECK (cardinality(VALUE) = 1);
		 CREATE DOMAIN d_jsonb AS jsonb CHECK (jsonb_typeof(VALUE) = 'object');
		 CREATE DOMAIN d_not_null AS integer NOT NULL;
		 CREATE TYPE mood AS ENUM ('sad', 'ok');");
	foreach my $case (@cases)
	{
		my ($resource, $key, $column, $wanted) = @$case;
		my ($name) = split / /, $column;
		my $got = outcome("SET timezone = 'UTC';" . with_table('w', $resource, "id text, $column",
				"SELECT $name FROM t WHERE id = '$key'"));
		if (!ref $wanted)
		{
			is($got, $wanted, "$column of $key");
			next;
		}
		like($got, $wanted, "$column of $key");
		next unless $wanted =~ /\d{5}/ || "$wanted" =~ /22P02|22001|22003|23514|42804|23502/;
		like($got, qr/column "$name" of foreign table "t"/, "$column of $key: names the column");
		like($got, qr/id "$key"/, "$column of $key: names the row");
		like($got, qr/JSON path "[\w.]+"/, "$column of $key: names the path");
	}
	like(outcome(with_table('w', 'connectors', 'id text, setup_state integer', "SELECT setup_state FROM t WHERE id = 'broken_anchor'")),
		qr/invalid input syntax for type integer: "broken".*CONTEXT:.*column "setup_state" of foreign table "t", row with id "broken_anchor", JSON path "status\.setup_state"/s,
		'the whole context');
	is(outcome(with_table('w', 'connectors', 'id text, service integer, paused boolean',
			"SELECT id FROM t WHERE id = 'paused_canyon' AND paused")),
		'paused_canyon', 'a misfit in a column that is not used does not matter');
	is(outcome(with_table('w', 'connectors', "id varchar(16), group_id varchar(30)",
			"SELECT id FROM t WHERE id = 'assimilate_seem'; SELECT count(*) FROM t WHERE group_id = 'opaque_lantern' AND length(group_id) > 3")),
		"assimilate_seem\n300", 'varchar keys and filters');
};

# ---------- answers of all kinds ----------

my $list = '^/v1/groups(\?|$)';

# The outcome of a query while the first answers to $path are the given bodies.
sub answered
{
	my ($sql, $path, @bodies) = @_;
	$mock->clear_faults('odd');
	$mock->fault('odd',
		map { { path => $path, %{ ref $_ ? $_ : { body_base64 => encode_base64($_, '') } } } } @bodies);
	my $outcome = outcome("SET client_encoding = 'UTF8'; SET search_path = odd, public; $sql");
	$mock->clear_faults('odd');
	return $outcome;
}

sub items
{
	my ($items, $more) = @_;
	return qq({"code":"Success","message":"x","data":{"items":[$items]) . ($more // '') . '}}';
}

subtest 'JSON of all kinds' => sub {
	my $ids = 'SELECT id FROM groups';
	my $names = "SELECT id || ':' || coalesce(name, 'NULL') FROM groups";
	my @cases = (
		[ 'plain', items('{"id":"a","name":"x"},{"id":"b","name":"y"}'), $names, "a:x\nb:y" ],
		[ 'blanks', " {\r\n\t\"code\" : \"Success\" , \"data\" : { \"items\" : [ { \"id\" : \"a\" } ] } } \n", $ids, 'a' ],
		[ 'members in another order', '{"data":{"next_cursor":null,"items":[{"name":"x","id":"a"}]},"code":"Success"}', $names, 'a:x' ],
		[ 'missing member', items('{"id":"a"}'), $names, 'a:NULL' ],
		[ 'null member', items('{"id":"a","name":null}'), $names, 'a:NULL' ],
		[ 'no members', items('{},{}'), 'SELECT count(*), count(id), count(name) FROM groups', qr/ERROR:  08P01/ ],
		[ 'all null', items('{"id":"a","name":null,"created_at":null}'), 'SELECT id, name, created_at FROM groups', 'a||' ],
		[ 'empty list', items(''), $ids, '' ],
		[ 'duplicate member: the last one counts', items('{"id":"a","name":"x","name":"y"}'), $names, 'a:y' ],
		[ 'duplicate member in attrs', items('{"id":"a","name":"x","name":"y"}'), "SELECT name = attrs->>'name' FROM groups", 't' ],
		[ 'escapes', items('{"id":"a","name":"\u00e9\n\t\"\\\\\/\ud83d\ude80\u0041"}'), $names, "a:\xc3\xa9\n\t\"\\/\xf0\x9f\x9a\x80A" ],
		[ 'escaped member names', items('{"\u0069d":"a","n\u0061me":"x"}'), $names, 'a:x' ],
		[ 'member names that only begin alike', items('{"id2":"z","i":"y","id":"a","name_":"q"}'), $names, 'a:NULL' ],
		[ 'same names deeper', items('{"x":{"id":"z","name":"z"},"y":[{"id":"q"}],"id":"a","name":"x"}'), $names, 'a:x' ],
		[ 'unknown members', items('{"id":"a","new":{"deep":[1,2,{"x":null}]},"name":"x"}'), "SELECT attrs->'new'->'deep'->2 FROM groups", '{"x": null}' ],
		[ 'U+0000 where it is not used', items('{"id":"a","name":"x\u0000y"}'), $ids, 'a' ],
		[ 'U+0000 where it is used', items('{"id":"a","name":"x\u0000y"}'), $names, qr/ERROR:  22P05.*column "name".*row with id "a"/s ],
		[ 'U+0000 in attrs', items('{"id":"a","name":"x\u0000y"}'), 'SELECT attrs FROM groups', qr/ERROR:  22P05.*column "attrs"/s ],
		[ 'an escaped backslash before u0000', items('{"id":"a","name":"\\\\u0000"}'), $names, 'a:\u0000' ],
		[ 'lone high surrogate, not used', items('{"id":"a","name":"\ud83d"}'), $ids, 'a' ],
		[ 'lone high surrogate', items('{"id":"a","name":"\ud83d"}'), $names, qr/ERROR:  (22P0[25]|22P02|08P01).*column "name"/s ],
		[ 'lone low surrogate', items('{"id":"a","name":"\ude80"}'), $names, qr/ERROR:  (22P0[25]|08P01).*column "name"/s ],
		[ 'surrogate, then text', items('{"id":"a","name":"\ud83dx"}'), $names, qr/ERROR:  (22P0[25]|08P01).*column "name"/s ],
		[ 'lone surrogate in attrs', items('{"id":"a","name":"\ud83d"}'), 'SELECT attrs FROM groups', qr/ERROR:  (22P0[25]|08P01).*column "attrs"/s ],
		[ 'invalid UTF-8', items("{\"id\":\"a\",\"name\":\"\xff\"}"), $names, qr/ERROR:  08P01/ ],
		[ 'invalid UTF-8, not used', items("{\"id\":\"a\",\"name\":\"\xc3\"}"), $ids, qr/ERROR:  08P01/ ],
		[ 'overlong UTF-8', items("{\"id\":\"a\",\"name\":\"\xc0\x80\"}"), $ids, qr/ERROR:  08P01/ ],
		[ 'surrogate in UTF-8', items("{\"id\":\"a\",\"name\":\"\xed\xa0\x80\"}"), $ids, qr/ERROR:  08P01/ ],
		[ 'NUL byte', items("{\"id\":\"a\",\"name\":\"\0\"}"), $ids, qr/ERROR:  08P01/ ],
		[ 'NUL byte after the end', items('{"id":"a"}') . "\0", $ids, qr/ERROR:  08P01/ ],
		[ 'control character', items("{\"id\":\"a\",\"name\":\"x\ny\"}"), $ids, qr/ERROR:  08P01/ ],
		[ 'byte order mark', "\xef\xbb\xbf" . items('{"id":"a"}'), $ids, qr/^a$|ERROR:  08P01/ ],
		[ '1e400 in attrs', items('{"id":"a","n":1e400}'), "SELECT (attrs->'n')::numeric > 1e399 FROM groups", 't' ],
		[ '1e400 as text', items('{"id":"a","name":1e400}'), $names, 'a:1e400' ],
		[ 'number beyond numeric, not used', items('{"id":"a","n":1e999999}'), $ids, 'a' ],
		[ 'number beyond numeric', items('{"id":"a","n":1e999999}'), 'SELECT attrs FROM groups', qr/ERROR:  22003.*column "attrs"/s ],
		[ 'number as text', items('{"id":"a","name":12.50}'), $names, 'a:12.50' ],
		[ 'object as text', items('{"id":"a","name":{"x": [1]}}'), $names, 'a:{"x": [1]}' ],
		[ 'boolean as text', items('{"id":"a","name":false}'), $names, 'a:false' ],
		[ 'text as timestamp', items('{"id":"a","created_at":"soon"}'), 'SELECT created_at FROM groups', qr/ERROR:  22007.*column "created_at" of foreign table "groups", row with id "a"/s ],
		[ 'empty text as timestamp', items('{"id":"a","created_at":""}'), 'SELECT created_at FROM groups', qr/ERROR:  22007/ ],
		[ 'bad value, other column used', items('{"id":"a","created_at":"soon"}'), $ids, 'a' ],
		[ 'row key that is odd', items('{"id":"a\u0000","created_at":"soon"}'), 'SELECT created_at FROM groups', qr/ERROR:  22007/ ],
		[ 'row key that is missing', items('{"created_at":"soon"}'), 'SELECT created_at FROM groups', qr/ERROR:  08P01/ ],
		[ 'bare array', '{"code":"Success","data":[{"id":"a"},{"id":"b"}]}', $ids, qr/ERROR:  08P01/ ],
		[ 'item without its key', items('{"id":"a"},{}'), $ids, qr/ERROR:  08P01.*An item has no "id"/s ],
		[ 'item whose key is null', items('{"id":null}'), 'SELECT count(*) FROM groups', qr/ERROR:  08P01/ ],
		[ 'item whose key is an object', items('{"id":{}}'), $ids, qr/ERROR:  08P01/ ],
		[ 'no data', '{"code":"Success","message":"x"}', $ids, qr/ERROR:  08P01/ ],
		[ 'data null', '{"code":"Success","data":null}', $ids, qr/ERROR:  08P01/ ],
		[ 'data a text', '{"code":"Success","data":"items"}', $ids, qr/ERROR:  08P01/ ],
		[ 'no items', '{"code":"Success","data":{}}', $ids, qr/ERROR:  08P01/ ],
		[ 'items null', '{"code":"Success","data":{"items":null}}', $ids, '' ],
		[ 'items an object', '{"code":"Success","data":{"items":{"id":"a"}}}', $ids, qr/ERROR:  08P01/ ],
		[ 'items twice', '{"code":"Success","data":{"items":[{"id":"a"}],"items":[{"id":"b"}]}}', $ids, qr/^b$|ERROR:  08P01/ ],
		[ 'item a number', items('1'), $ids, qr/ERROR:  08P01/ ],
		[ 'item null', items('null,{"id":"a"}'), $ids, qr/ERROR:  08P01/ ],
		[ 'item an array', items('[{"id":"a"}]'), $ids, qr/ERROR:  08P01/ ],
		[ 'item a number, count(*)', items('1'), 'SELECT count(*) FROM groups', qr/ERROR:  08P01/ ],
		[ 'a list', '[{"id":"a"}]', $ids, qr/ERROR:  08P01/ ],
		[ 'a number', '7', $ids, qr/ERROR:  08P01/ ],
		[ 'null', 'null', $ids, qr/ERROR:  08P01/ ],
		[ 'nothing', '', $ids, qr/ERROR:  08P01/ ],
		[ 'blanks only', '   ', $ids, qr/ERROR:  08P01/ ],
		[ 'cut short', substr(items('{"id":"a"},{"id":"b"}'), 0, -3), $ids, qr/ERROR:  08P01/ ],
		[ 'cut short in a text', '{"code":"Success","data":{"items":[{"id":"a', $ids, qr/ERROR:  08P01/ ],
		[ 'cut short in an escape', '{"code":"Success","data":{"items":[{"id":"\u00', $ids, qr/ERROR:  08P01/ ],
		[ 'something after the end', items('{"id":"a"}') . 'x', $ids, qr/ERROR:  08P01/ ],
		[ 'two answers', items('{"id":"a"}') x 2, $ids, qr/ERROR:  08P01/ ],
		[ 'trailing comma', items('{"id":"a"},'), $ids, qr/ERROR:  08P01/ ],
		[ 'single quotes', items("{'id':'a'}"), $ids, qr/ERROR:  08P01/ ],
		[ 'NaN', items('{"id":"a","n":NaN}'), $ids, qr/ERROR:  08P01/ ],
		[ 'leading zero', items('{"id":"a","n":01}'), $ids, qr/ERROR:  08P01/ ],
		[ 'deep', items('{"id":"a","x":' . '[' x 100000 . ']' x 100000 . '}'), $ids, qr/ERROR:  08P01/ ],
		[ 'deep and unclosed', items('{"id":"a","x":' . '[' x 1000000), $ids, qr/ERROR:  (08P01|54001)/ ],
		[ 'nested as deep as allowed', items('{"id":"a","x":' . '[' x 100 . ']' x 100 . '}'), $ids, 'a' ],
		[ 'HTML', '<!DOCTYPE html><html><body>Sign in</body></html>', $ids, qr/ERROR:  08P01/ ],
		[ 'next_cursor null', items('{"id":"a"}', ',"next_cursor":null'), $ids, 'a' ],
		[ 'next_cursor empty', items('{"id":"a"}', ',"next_cursor":""'), $ids, 'a' ],
		[ 'next_cursor a number', items('{"id":"a"}', ',"next_cursor":5'), $ids, qr/ERROR:  08P01/ ],
		[ 'next_cursor an object', items('{"id":"a"}', ',"next_cursor":{}'), $ids, qr/ERROR:  08P01/ ],
		[ 'one row twice on one page', items('{"id":"a"},{"id":"a"}'), 'SELECT count(*) FROM groups', 2 ]);
	foreach my $case (@cases)
	{
		my ($name, $body, $sql, $wanted) = @$case;
		my $got = answered($sql, $list, $body);
		# psql's output comes as text; compare bytes.
		utf8::encode($got) if utf8::is_utf8($got);
		ref $wanted ? like($got, $wanted, $name) : is($got, $wanted, $name);
		like($got, qr{GET /v1/groups}, "$name: names the request")
		  if ref $wanted && $got =~ /ERROR:  08P01/;
	}
	is(outcome('SELECT count(*) FROM odd.groups'), 14, 'and then all is well again');
};

subtest 'transfer' => sub {
	my $ids = 'SELECT id FROM groups';
	my $body = encode_base64(items('{"id":"a"}'), '');
	is(answered($ids, $list, { body_base64 => $body, gzip => JSON::PP::true() }), 'a', 'gzip');
	is(answered($ids, $list, { body_base64 => $body, chunk => 1 }), 'a', 'byte by byte');
	is(answered($ids, $list, { body_base64 => $body, transfer => 'chunked', chunk => 3 }), 'a', 'chunked');
	is(answered($ids, $list, { body_base64 => $body, content_type => 'text/html' }), 'a', 'another content type');
	like(answered($ids, $list, { body_base64 => $body, headers => { 'content-encoding' => 'gzip' } }),
		qr/ERROR:  08/, 'gzip that is none');
	like(answered($ids, $list, { body_base64 => $body, close_after => 20 }), qr/ERROR:  08006/, 'cut short');
	is(answered('SELECT count(*) FROM connectors', '^/v1/connections',
			{ gzip => JSON::PP::true(), times => 3 }), 2500, 'gzip, three pages');
};

subtest 'paging' => sub {
	my $count = 'SELECT count(*), count(DISTINCT id) FROM connectors';
	my $pages = '^/v1/connections\?';
	my $page2 = '^/v1/connections\?.*cursor=';
	is(answered($count, $pages, { duplicate_tail => 5, times => 3 }), '2500|2500', 'rows repeated at the border are dropped');
	like(answered($count, $page2, { repeat_cursor => JSON::PP::true() }), qr/ERROR:  08P01: .*cursor.*GET \/v1\/connections/s, 'a repeated cursor');
	is(answered($count, $page2, { empty_page_with_cursor => JSON::PP::true() }), '2500|2500', 'an empty page with a cursor');
	is(answered($count, $pages, { empty_page_with_cursor => JSON::PP::true() }), '2500|2500', 'an empty first page with a cursor');
	is(answered($count, $pages, { next_cursor => '', times => 3 }), '2500|2500', 'an empty cursor at the end');
	is(answered($count, $pages, { next_cursor => undef, times => 3 }), '2500|2500', 'a null cursor at the end');
	like(answered($count, $page2, { status => 501 }), qr/ERROR:  58000/, 'an error on page 2');
	like(answered($count, $page2, { status => 404 }), qr/ERROR:  0A000/, 'route missing on page 2');
	like(answered($count, $page2, { status => 404, body => { code => 'NotFound_Connector', message => 'x' } }), qr/ERROR:  0A000/, 'object missing on page 2 is no end');
	like(answered($count, $page2, items('{"id":"a"')), qr/ERROR:  08P01/, 'nonsense on page 2');
	is(answered("SELECT count(*) FROM connectors WHERE group_id = 'gone'", $pages,
			{ status => 404, body => { code => 'NotFound_Group', message => 'x' } }), 0, 'a filter that names nothing');
	like(answered($count, $page2, { skip => 1, body => { code => 'Success', data => { items => [], next_cursor => 'again' } }, times => 2 }),
		qr/ERROR:  08P01: .*cursor/, 'empty pages with one cursor');
	is(answered('SELECT id FROM connectors LIMIT 3', $pages, { duplicate_tail => 5 }),
		"assimilate_seem\nbroken_anchor\nsyncing_river", 'LIMIT');
	$mock->settings('odd', page_cap => 100);
	is(answered($count, 'never', { status => 500 }), '2500|2500', 'pages shorter than asked for');
	is(answered('SELECT count(*) FROM (SELECT id FROM connectors LIMIT 250) x', 'never', { status => 500 }), 250, 'with LIMIT too');
	$mock->settings('odd', page_cap => undef, cursor_style => 'opaque');
	is(answered($count, 'never', { status => 500 }), '2500|2500', 'opaque cursors');
	$mock->settings('odd', cursor_style => 'skip');

	# Rows that have no key in the item are all different.
	my $without = items('{"warnings":[]},{"warnings":[]}', ',"next_cursor":"%s"');
	like(answered("SELECT count(*) FROM connector_warnings WHERE connector_id = 'assimilate_seem'", 'warnings',
			sprintf($without, 'x'), sprintf($without, 'x')), qr/ERROR:  08P01: the Fivetran API repeated a cursor/,
		'a cursor of a list that is not paged');
	is(answered("SELECT count(*) FROM connector_warnings WHERE connector_id = 'assimilate_seem'", 'warnings',
			sprintf($without, '')), 2, 'rows without a key are all different');
	# Hand-made pages: a row that comes again two pages later is another matter.
	is(answered("SELECT string_agg(id, '') FROM groups", $list,
			items('{"id":"a"},{"id":"b"}', ',"next_cursor":"1"'),
			items('{"id":"b"},{"id":"c"}', ',"next_cursor":"2"'),
			items('{"id":"c"},{"id":"d"}')), 'abcd', 'each border');
	my @cursors = map { s{GET /v1/groups\?limit=1000&?}{}r }
	  do { $mock->clear('odd');
		answered('SELECT count(*) FROM groups', $list,
			items('{"id":"a"}', ',"next_cursor":"a&b=c d%/+\u00e9"'), items('{"id":"b"}'));
		$mock->requests('odd') };
	is_deeply(\@cursors, [ '', 'cursor=a%26b%3Dc%20d%25%2F%2B%C3%A9' ], 'a cursor is encoded');
};

subtest 'details' => sub {
	my $detail = sub { return qq({"code":"Success","data":$_[0]}) };
	my $by_key = "SELECT id, name FROM groups WHERE id = 'decent_dropsy'";
	my $path = '^/v1/groups/';
	is(answered($by_key, $path, $detail->('{"id":"decent_dropsy","name":"x"}')), 'decent_dropsy|x', 'one object');
	like(answered($by_key, $path, $detail->('{"id":"another","name":"x"}')), qr/ERROR:  08P01: .*"another"/s, 'another id');
	like(answered($by_key, $path, $detail->('{"id":"DECENT_DROPSY","name":"x"}')), qr/ERROR:  08P01/, 'the id in another case');
	like(answered($by_key, $path, $detail->('{"name":"x"}')), qr/ERROR:  08P01/, 'no id');
	like(answered($by_key, $path, $detail->('{"id":null}')), qr/ERROR:  08P01/, 'id null');
	like(answered($by_key, $path, $detail->('[{"id":"decent_dropsy"}]')), qr/ERROR:  08P01/, 'an array');
	like(answered($by_key, $path, $detail->('null')), qr/ERROR:  08P01/, 'null');
	is(answered('SELECT count(*) FROM groups WHERE id = $$decent_dropsy$$', $path, { status => 404, body => { code => 'NotFound_Group', message => 'x' } }), 0, 'gone');
	is(answered($by_key, $path, { status => 404, body => { code => 'NotFound', message => 'x' } }), '', 'gone, by the bare code');
	like(answered($by_key, $path, { status => 404, body => { code => 'NotFound', message => 'HTTP 404 Not Found' } }), qr/ERROR:  0A000/, 'route missing');
	like(answered($by_key, $path, { status => 404, body_text => '<html>' }), qr/ERROR:  0A000/, 'a 404 of something else');
	like(answered($by_key, $path, { status => 403 }), qr/ERROR:  42501/, 'forbidden');
	like(answered($by_key, $path, '{"id":"decent_dropsy","name":"bare"}'), qr/ERROR:  08P01/, 'an object without an envelope');
	is(answered('SELECT id, display_name FROM proxy_agents WHERE id = $$x$$', 'proxy/x', '{"id":"x","display_name":"bare"}'), 'x|bare',
		'an object that the definition declares so');

	my $configs = 'SELECT count(*), count(config) FROM destinations';
	is(answered($configs, '^/v1/destinations/vivid_ember', { status => 404, body => { code => 'NotFound_Destination', message => 'x' } }),
		'11|11',
		'one that was deleted meanwhile gives no row');
	like(answered($configs, '^/v1/destinations/vivid_ember', { status => 500 }), qr/ERROR:  58000.*vivid_ember/s, 'one that fails');
	like(answered($configs, '^/v1/destinations/vivid_ember', $detail->('{"id":"brisk_falcon"}')), qr/ERROR:  08P01.*vivid_ember/s, 'one with another id');
	like(answered($configs, '^/v1/destinations\?', items('{"id":""},{"id":"x"}')), qr/ERROR:  08P01/, 'an item without a usable key');
	like(answered($configs, '^/v1/destinations\?', items('{"service":"x"}')), qr/ERROR:  08P01/, 'an item without a key');
	is(answered("SELECT id FROM destinations WHERE config->>'port' = '443' AND service = 'redshift' ORDER BY id", 'never', { status => 500 }),
		"lucid_orchard\nopaque_lantern", 'conditions of both kinds');
	is(answered("SELECT count(*) FROM destinations WHERE config->>'user' IS NULL", '^/v1/destinations/vivid_ember',
			$detail->('{"id":"vivid_ember"}')), 1, 'a detail without the column');
	like(answered('SELECT account_id FROM account', '^/v1/account', $detail->('[]')), qr/ERROR:  08P01/, 'a singleton that is a list');
	is(answered('SELECT account_id, account_name FROM account', '^/v1/account', $detail->('{"account_id":"x","account_name":null}')), 'x|', 'a singleton');
};

subtest 'state of an object' => sub {
	$mock->patch('odd', 'connections', 'assimilate_seem',
		set => { sync_frequency => undef, status => undef, config => undef });
	is(outcome("SELECT id, sync_frequency, sync_state, tasks, config FROM odd.connectors WHERE id = 'assimilate_seem'"),
		'assimilate_seem||||', 'nulls, also above a path');
	$mock->patch('odd', 'connections', 'assimilate_seem',
		set => { status => 'fine' });
	is(outcome("SELECT id, sync_state FROM odd.connectors WHERE id = 'assimilate_seem'"),
		'assimilate_seem|', 'a path through a text is absent');
	$mock->patch('odd', 'connections', 'assimilate_seem',
		set => { status => [ { sync_state => 'x' } ] });
	is(outcome("SELECT id, sync_state FROM odd.connectors WHERE id = 'assimilate_seem'"),
		'assimilate_seem|', 'a path through an array is absent');
	$mock->patch('odd', 'connections', 'broken_anchor',
		unset => [ 'status.sync_state', 'status.tasks', 'paused', 'created_at' ]);
	is(outcome("SELECT sync_state, setup_state, tasks, paused, created_at FROM odd.connectors WHERE id = 'broken_anchor'"),
		'|broken|||', 'members that are missing');
	$mock->patch('odd', 'connections', 'paused_canyon', set => { paused => 'true', sync_frequency => '60' });
	like(outcome("SELECT sync_frequency FROM odd.connectors WHERE id = 'paused_canyon'"), qr/ERROR:  22P02: .*integer: "60"/,
		'a text where the definition has an integer');
	like(outcome("SELECT paused FROM odd.connectors WHERE id = 'paused_canyon'"), qr/ERROR:  22P02: .*boolean: "true"/,
		'a text where the definition has a boolean');
	$mock->patch('odd', 'connections', 'paused_canyon', set => { sync_frequency => 'often' });
	like(outcome('SELECT sync_frequency FROM odd.connectors'),
		qr/ERROR:  22P02: .*"often".*column "sync_frequency" of foreign table "connectors", row with id "paused_canyon", JSON path "sync_frequency"/s,
		'a value that does not fit');
	is(outcome('SELECT count(*), count(id) FROM odd.connectors'), '2500|2500', 'does not matter where it is not used');
	like(outcome("DO \$\$ BEGIN PERFORM sum(sync_frequency) FROM odd.connectors; EXCEPTION WHEN invalid_text_representation THEN RAISE NOTICE 'caught'; END \$\$; SELECT 1"),
		qr/^1$/, 'it can be caught');
};

is($mock->stats($_)->{exceptions}, 0, "$_: the mock did not fail") for qw(w odd);
is_deeply([ $mock->violations('w') ], [], 'no request broke the API definition');
# The cursors that were made up here are not the mock's.
$mock->clear_violations('odd');

$node->stop;
$mock->stop;
done_testing();
