# What INSERT, UPDATE, DELETE and COPY send, return and count.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('writes');
$node->add_world($mock, 'w');
$node->safe_psql('postgres', "ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres SET search_path = w, public; ALTER DATABASE postgres SET fivetrex.max_deletes = 100");

# The writes of a statement, in no order, and all else.
sub writes
{
	my ($log, @rest) = $node->writes($mock, 'w', @_);
	return ([ sort @$log ], @rest);
}

sub does
{
	my ($name, $sql, $expected, $out_expected, $gets) = @_;
	my ($log, $out, $err, $reads) = writes($sql);
	is_deeply($log, [ sort @$expected ], "$name: writes");
	is($out, $out_expected, "$name: result") if defined $out_expected;
	is_deeply($reads, $gets, "$name: reads") if defined $gets;
	is($err, '', "$name: no complaint");
	return;
}

sub refuses { return $node->refuses($mock, 'w', @_) }

my $c = '/v1/connections';
my $no_tests = '"run_setup_tests":false';

# ---------- INSERT

does('insert', q{INSERT INTO groups (name) VALUES ('one') RETURNING name, created_at IS NOT NULL, attrs ->> 'name'},
	[ 'POST /v1/groups {"name":"one"}' ], 'one|t|one', []);
does('insert of many', q{INSERT INTO groups (name) SELECT 'many_' || n FROM generate_series(1, 20) n},
	[ map { "POST /v1/groups {\"name\":\"many_$_\"}" } 1 .. 20 ], '', []);
is($node->safe_psql('postgres', q{SELECT count(*) FROM groups WHERE name LIKE 'many%'}), 20, 'they are all there');
does('insert of a connector',
	q{INSERT INTO connectors (group_id, service, config, auth, paused, sync_frequency, run_setup_tests)
	  VALUES ('decent_dropsy', 'postgres', '{"schema_prefix": "new", "password": "secret", "n": 12345678901234567890}', '{"client_access": {"client_id": "x"}}', true, 60, false)
	  RETURNING service, config ->> 'password', auth, run_setup_tests, paused, sync_frequency},
	[ "POST $c {\"auth\":{\"client_access\":{\"client_id\":\"x\"}},\"config\":{\"n\":12345678901234567890,\"password\":\"secret\",\"schema_prefix\":\"new\"},\"group_id\":\"decent_dropsy\",\"paused\":true,$no_tests,\"service\":\"postgres\",\"sync_frequency\":60}" ],
	'postgres|******|||t|60', []);
does('insert of a destination',
	q{INSERT INTO destinations (group_id, service, time_zone_offset, config, run_setup_tests) VALUES ('final_margin', 'snowflake', '+1', '{"host": "h"}', false) RETURNING id, setup_tests IS NULL},
	[ "POST /v1/destinations {\"config\":{\"host\":\"h\"},\"group_id\":\"final_margin\",$no_tests,\"service\":\"snowflake\",\"time_zone_offset\":\"+1\"}" ],
	'final_margin|t', [ 'GET /v1/destinations/final_margin' ]);
does('insert of webhooks of the account and a group',
	q{INSERT INTO webhooks (url, events, secret, active, group_id) VALUES
	  ('https://example.com/a', '{sync_end}', 'x', true, NULL), ('https://example.com/g', '{sync_start,sync_end}', 'y', false, 'decent_dropsy')
	  RETURNING type, group_id, events, secret, active},
	[ 'POST /v1/webhooks/account {"active":true,"events":["sync_end"],"secret":"x","url":"https://example.com/a"}',
	  'POST /v1/webhooks/group/decent_dropsy {"active":false,"events":["sync_start","sync_end"],"secret":"y","url":"https://example.com/g"}' ],
	"account||{sync_end}|******|t\ngroup|decent_dropsy|{sync_start,sync_end}|******|f", []);
does('COPY', "COPY groups (name) FROM STDIN;\ncopied_1\ncopied_2\n\\.\n",
	[ 'POST /v1/groups {"name":"copied_1"}', 'POST /v1/groups {"name":"copied_2"}' ], '', []);
does('prepared insert', q{PREPARE p(text) AS INSERT INTO groups (name) VALUES ($1); EXECUTE p('prepared_1'); EXECUTE p('prepared_2')},
	[ 'POST /v1/groups {"name":"prepared_1"}', 'POST /v1/groups {"name":"prepared_2"}' ]);
does('insert from the same table', q{INSERT INTO groups (name) SELECT name || '_again' FROM groups WHERE name LIKE 'copied%'},
	[ 'POST /v1/groups {"name":"copied_1_again"}', 'POST /v1/groups {"name":"copied_2_again"}' ], '', [ 'GET /v1/groups?limit=1000' ]);

refuses('ON CONFLICT', q{INSERT INTO groups (name) VALUES ('x') ON CONFLICT DO NOTHING}, qr/ERROR:  0A000: foreign table "groups" does not support ON CONFLICT/);
refuses('a read-only column', q{INSERT INTO groups (name, created_at) VALUES ('x', now())}, qr/0A000: column "created_at".*cannot be inserted\nDETAIL:.*\nHINT:  Columns of groups that can be inserted: name\./);
refuses('a read-only column in one row of many', q{INSERT INTO groups (name, id) VALUES ('x', NULL), ('y', 'chosen')}, qr/0A000: column "id"/);
refuses('a missing column', q{INSERT INTO connectors (service) VALUES ('x')}, qr/23502: a row of connectors needs a value in column "group_id"/);
refuses('a masked secret', q{INSERT INTO connectors (group_id, service, config) VALUES ('g', 's', '{"a": {"password": "******"}}')}, qr/22023: the value of config\.a\.password is masked/);
does('NULL in a read-only column is absent', q{INSERT INTO groups (name, created_at) VALUES ('nothing', NULL)}, [ 'POST /v1/groups {"name":"nothing"}' ]);

# ---------- UPDATE

does('update', q{UPDATE connectors SET paused = true WHERE id = 'assimilate_seem' RETURNING id, paused, sync_state},
	[ "PATCH $c/assimilate_seem {\"paused\":true,$no_tests}" ], 'assimilate_seem|t|paused', [ "GET $c/assimilate_seem" ]);
does('update with an expression of the old row', q{UPDATE groups SET name = name || '_' || length(name) WHERE name = 'one' RETURNING name},
	[ 'PATCH /v1/groups/' . $node->safe_psql('postgres', q{SELECT id FROM groups WHERE name = 'one'}) . ' {"name":"one_3"}' ], 'one_3');
does('update to NULL', q{UPDATE connectors SET networking_method = NULL WHERE id = 'assimilate_seem'}, [ "PATCH $c/assimilate_seem {\"networking_method\":null}" ], '');
does('update of config may run tests', q{UPDATE connectors SET config = '{"host": "h2"}' WHERE id = 'assimilate_seem'}, [ "PATCH $c/assimilate_seem {\"config\":{\"host\":\"h2\"}}" ]);
does('and says so itself', q{UPDATE connectors SET config = '{"host": "h3"}', run_setup_tests = false WHERE id = 'assimilate_seem' RETURNING config ->> 'host'}, [ "PATCH $c/assimilate_seem {\"config\":{\"host\":\"h3\"},$no_tests}" ], 'h3');
does('a historical sync', q{UPDATE connectors SET is_historical_sync = true WHERE id = 'assimilate_seem'}, [ "PATCH $c/assimilate_seem {\"is_historical_sync\":true,$no_tests}" ]);
does('a schedule', q{UPDATE connectors SET schedule = '{"schedule_type": "CRON", "cron": "0 */4 * * *"}' WHERE id = 'assimilate_seem'
	  RETURNING schedule ->> 'cron', sync_frequency},
	[ "PATCH $c/assimilate_seem {$no_tests,\"schedule\":{\"cron\":\"0 */4 * * *\",\"schedule_type\":\"CRON\"}}" ], '0 */4 * * *|', [ "GET $c/assimilate_seem" ]);
does('a schedule by days', q{UPDATE connectors SET schedule = jsonb_build_object('schedule_type', 'TIME_OF_DAY', 'days_of_week', ARRAY['MONDAY', 'FRIDAY'],
	  'time_of_day', '06:30') WHERE id IN ('assimilate_seem', 'broken_anchor')},
	[ map { "PATCH $c/$_ {$no_tests,\"schedule\":{\"days_of_week\":[\"MONDAY\",\"FRIDAY\"],\"schedule_type\":\"TIME_OF_DAY\",\"time_of_day\":\"06:30\"}}" } qw(assimilate_seem broken_anchor) ]);
does('no schedule any more', q{UPDATE connectors SET schedule = NULL, sync_frequency = 60 WHERE id = 'assimilate_seem' RETURNING schedule IS NULL, sync_frequency},
	[ "PATCH $c/assimilate_seem {$no_tests,\"schedule\":null,\"sync_frequency\":60}" ], 't|60');
$node->safe_psql('postgres', q{UPDATE connectors SET sync_frequency = 60 WHERE id = 'broken_anchor'});
refuses('a schedule for a new connector', q{INSERT INTO connectors (group_id, service, schedule) VALUES ('decent_dropsy', 'postgres', '{"schedule_type": "MANUAL"}')},
	qr/0A000: column "schedule" of foreign table "connectors" cannot be inserted\nDETAIL:  It can be changed by UPDATE only\.\nHINT:  Columns of connectors that can be inserted: /);
does('update of a destination', q{UPDATE destinations SET region = 'GCP_US_EAST4' WHERE id = 'decent_dropsy' RETURNING region}, [ "PATCH /v1/destinations/decent_dropsy {\"region\":\"GCP_US_EAST4\",$no_tests}" ], 'GCP_US_EAST4');
does('update of webhooks', q{UPDATE webhooks SET active = false, events = '{sync_end}' WHERE id = 'hook_acorn' RETURNING active, events}, [ 'PATCH /v1/webhooks/hook_acorn {"active":false,"events":["sync_end"]}' ], 'f|{sync_end}');
does('update that hits nothing', q{UPDATE connectors SET paused = true WHERE id = 'no_such' RETURNING id}, [], '', [ "GET $c/no_such" ]);
{
	my ($log, $out, $err) = writes(q{UPDATE connectors SET config = config || '{"user": "u2"}' WHERE id = 'assimilate_seem' RETURNING config ->> 'user'});
	is($out, 'u2', 'a config that was read and changed');
	unlike("@$log", qr/\*\*\*/, 'masked members are not sent back');
	like($err, qr/NOTICE:.*masked values are left out of .*assimilate_seem: config\.password/, 'a NOTICE names them') or diag($err);
	($log, $out, $err) = writes(q{UPDATE webhooks SET secret = secret WHERE id = 'hook_acorn'; UPDATE webhooks SET secret = secret WHERE id = 'hook_acorn' RETURNING id});
	is_deeply($log, [], 'nothing is sent when nothing is left');
	is($out, '', 'and nothing is counted');
}
refuses('a masked element of an array', q{UPDATE connectors SET config = '{"list": [{"value": "a"}, "******"]}' WHERE id = 'assimilate_seem'}, qr/22023: the value of config\.list\[1\] is masked/);
refuses('a read-only column', q{UPDATE connectors SET sync_state = 'x'}, qr/0A000: column "sync_state" of foreign table "connectors" cannot be updated\nDETAIL:.*\nHINT:  Columns of connectors that can be updated: .*paused/);
refuses('the key', q{UPDATE groups SET id = 'x' WHERE id = 'decent_dropsy'}, qr/0A000: column "id".*\nDETAIL:  It identifies the object/);
refuses('a column for INSERT only', q{UPDATE connectors SET group_id = 'x'}, qr/DETAIL:  It can be given on INSERT only/);
refuses('a table that cannot be updated', q{UPDATE account SET account_name = 'x'}, qr/55000: foreign table "account" does not allow updates/);

# ---------- UPDATE and DELETE with other tables

$node->safe_psql('postgres', q{CREATE TABLE wanted (id text, f int); INSERT INTO wanted VALUES ('assimilate_seem', 15), ('assimilate_seem', 30), ('broken_anchor', 60), ('no_such', 5)});
{
	my ($log, $out) = writes(q{WITH u AS (UPDATE connectors c SET sync_frequency = w.f FROM (SELECT * FROM wanted ORDER BY f) w WHERE w.id = c.id RETURNING c.id, c.sync_frequency) SELECT * FROM u ORDER BY id});
	like($out, qr/^assimilate_seem\|(15|30)\nbroken_anchor\|60$/, 'UPDATE FROM returns each row once');
	is(scalar @$log, 2, 'and writes it once');
	($log) = writes(q{UPDATE connectors c SET sync_frequency = w.f FROM wanted w WHERE w.id = c.id});
	is(scalar @$log, 2, 'without RETURNING, too');
}
does('UPDATE FROM a row', q{UPDATE connectors c SET sync_frequency = v.f FROM (VALUES ('broken_anchor', 120)) v(id, f) WHERE c.id = v.id || ''},
	[ "PATCH $c/broken_anchor {$no_tests,\"sync_frequency\":120}" ], '', [ "GET $c/broken_anchor" ]);
does('UPDATE with a subquery', q{UPDATE groups g SET name = (SELECT upper(service) || '_' || left(g.id, 3) FROM destinations d WHERE d.id = g.id) WHERE id = 'amber_tundra' RETURNING name},
	[ 'PATCH /v1/groups/amber_tundra {"name":"MANAGED_DATA_LAKE_amb"}' ], 'MANAGED_DATA_LAKE_amb');
does('UPDATE of several columns from one subquery', q{UPDATE connectors SET (sync_frequency, schedule_type) = (SELECT 360, 'auto') WHERE id = 'broken_anchor'},
	[ "PATCH $c/broken_anchor {$no_tests,\"schedule_type\":\"auto\",\"sync_frequency\":360}" ], '');
does('volatile SET', q{CREATE TEMP SEQUENCE s; UPDATE groups SET name = 'seq_' || nextval('s') WHERE name LIKE 'copied__' RETURNING name; SELECT last_value FROM s},
	[ map { my ($id, $n) = split /\|/; "PATCH /v1/groups/$id {\"name\":\"seq_$n\"}" } split /\n/, $node->safe_psql('postgres', q{SELECT id, row_number() OVER () FROM groups WHERE name LIKE 'copied__'}) ],
	"seq_1\nseq_2\n2");

# ---------- DELETE

does('DELETE of many', q{WITH d AS (DELETE FROM groups WHERE name LIKE 'many%' RETURNING name) SELECT count(*), min(name) FROM d},
	[ map { "DELETE /v1/groups/$_" } split /\n/, $node->safe_psql('postgres', q{SELECT id FROM groups WHERE name LIKE 'many%'}) ], '20|many_1', [ 'GET /v1/groups?limit=1000' ]);
does('DELETE USING', q{DELETE FROM groups g USING (VALUES ('seq_1'), ('seq_2'), ('seq_2')) v(n) WHERE g.name = v.n RETURNING v.n, g.name},
	[ map { "DELETE /v1/groups/$_" } split /\n/, $node->safe_psql('postgres', q{SELECT id FROM groups WHERE name IN ('seq_1', 'seq_2')}) ]);
{
	my $id = $node->safe_psql('postgres', q{INSERT INTO groups (name) VALUES ('gone') RETURNING id});
	$mock->fault('w', { path => "groups/$id", method => 'DELETE', status => 404, body => { code => 'NotFound_Group', message => 'gone' } });
	does('DELETE of what is gone counts as done', qq{DELETE FROM groups WHERE id = '$id' RETURNING name}, [ "DELETE /v1/groups/$id" ], 'gone');
	$mock->clear_faults('w');
	$node->safe_psql('postgres', qq{DELETE FROM groups WHERE id = '$id'});
}
{
	my ($log, undef, $err) = writes(q{UPDATE connectors SET paused = false WHERE id IN ('assimilate_seem', 'paused_canyon')});
	is(scalar @$log, 2, 'IN updates both');
	$mock->fault('w', { path => 'connections/paused_canyon', method => 'PATCH', status => 404, body => { code => 'NotFound_Connector', message => 'gone' } });
	($log, undef, $err) = writes(q{UPDATE connectors SET paused = true WHERE id = 'paused_canyon'});
	like($err, qr/ERROR:  P0002: /, 'UPDATE of what is gone is an error');
	like($err, qr/CONTEXT:  Fivetran API writes: 0 done, 0 in flight \(outcome unknown\), 1 refused, 0 not sent/, 'that says how far it came');
	$mock->clear_faults('w');
}

# ---------- views, triggers, WITH CHECK OPTION

$node->safe_psql('postgres', q{CREATE VIEW v AS SELECT id, name FROM groups});
does('INSERT into a view', q{INSERT INTO v (name) VALUES ('by_view') RETURNING name}, [ 'POST /v1/groups {"name":"by_view"}' ], 'by_view');
my $by_view = $node->safe_psql('postgres', q{SELECT id FROM v WHERE name = 'by_view'});
does('UPDATE of a view', q{UPDATE v SET name = 'by_view_2' WHERE name = 'by_view'}, [ "PATCH /v1/groups/$by_view {\"name\":\"by_view_2\"}" ]);
$node->safe_psql('postgres', q{CREATE VIEW checked AS SELECT id, name FROM groups WHERE name LIKE 'by_%' WITH CHECK OPTION});
{
	my ($log, undef, $err) = writes(q{UPDATE checked SET name = 'other' WHERE name = 'by_view_2'});
	like($err, qr/ERROR:  44000: .*\nDETAIL:  Nothing of this row was sent\./, 'WITH CHECK OPTION is enforced');
	is_deeply($log, [], 'before the row is sent');
	$node->safe_psql('postgres', qq{UPDATE groups SET name = 'by_view_3' WHERE id = '$by_view'});
}
$node->safe_psql('postgres', q{
	CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	  DELETE FROM groups WHERE id = old.id; RETURN old; END $$;
	CREATE TRIGGER i INSTEAD OF DELETE ON v FOR EACH ROW EXECUTE FUNCTION instead()});
does('INSTEAD OF', q{DELETE FROM v WHERE name = 'by_view_3'}, [ "DELETE /v1/groups/$by_view" ]);
$node->safe_psql('postgres', q{
	CREATE TABLE seen (what text);
	CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.name := upper(new.name); RETURN new; END $$;
	CREATE FUNCTION after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	  INSERT INTO seen VALUES (format('%s %s %s', tg_op, old.name, CASE WHEN tg_op <> 'DELETE' THEN new.name || ' ' || (new.created_at IS NOT NULL) END)); RETURN NULL; END $$;
	CREATE TRIGGER b BEFORE INSERT OR UPDATE ON groups FOR EACH ROW EXECUTE FUNCTION before();
	CREATE TRIGGER a AFTER INSERT OR UPDATE OR DELETE ON groups FOR EACH ROW EXECUTE FUNCTION after()});
does('triggers on INSERT', q{INSERT INTO groups (name) VALUES ('t1'), ('t2')}, [ map { "POST /v1/groups {\"name\":\"T$_\"}" } 1, 2 ]);
does('triggers on UPDATE', q{UPDATE groups SET name = lower(name) || 'x' WHERE name = 'T1'}, [ 'PATCH /v1/groups/' . $node->safe_psql('postgres', q{SELECT id FROM groups WHERE name = 'T1'}) . ' {"name":"T1X"}' ]);
does('triggers on DELETE', q{DELETE FROM groups WHERE name IN ('T1X', 'T2')}, [ map { "DELETE /v1/groups/$_" } split /\n/, $node->safe_psql('postgres', q{SELECT id FROM groups WHERE name IN ('T1X', 'T2')}) ]);
# two DELETEs at the same time come back in any order
is($node->safe_psql('postgres', 'SELECT * FROM seen ORDER BY what COLLATE "C"'),
	"DELETE T1X \nDELETE T2 \nINSERT  T1 true\nINSERT  T2 true\nUPDATE T1 T1X true", 'what AFTER triggers saw');
$node->safe_psql('postgres', q{
	DROP TRIGGER a ON groups; DROP TRIGGER b ON groups;
	CREATE FUNCTION freeze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.schedule_type := 'manual'; RETURN new; END $$;
	CREATE TRIGGER f BEFORE UPDATE ON connectors FOR EACH ROW EXECUTE FUNCTION freeze()});
does('what a BEFORE trigger changes is sent, too', q{UPDATE connectors SET paused = true WHERE id = 'broken_anchor'}, [ "PATCH $c/broken_anchor {\"paused\":true,$no_tests,\"schedule_type\":\"manual\"}" ]);
$node->safe_psql('postgres', 'DROP TRIGGER f ON connectors');

# ---------- tables written by hand

$node->safe_psql('postgres', q{CREATE FOREIGN TABLE g (nr varchar(40) OPTIONS (column_name 'id'), label varchar(30) OPTIONS (column_name 'name'), len int GENERATED ALWAYS AS (length(label)) STORED) SERVER w OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE c (id text, sync_frequency text, config text, paused text) SERVER w OPTIONS (resource 'connections');
	CREATE FOREIGN TABLE keyless (name text) SERVER w OPTIONS (resource 'groups')});
does('other names, a generated column', q{INSERT INTO g (label) VALUES ('by_hand') RETURNING label, len}, [ 'POST /v1/groups {"name":"by_hand"}' ], 'by_hand|7');
my $by_hand = $node->safe_psql('postgres', q{SELECT nr FROM g WHERE label = 'by_hand'});
does('update of them', q{UPDATE g SET label = 'by_hands' WHERE nr = '} . $by_hand . q{' RETURNING label, len}, [ "PATCH /v1/groups/$by_hand {\"name\":\"by_hands\"}" ], 'by_hands|8');
does('delete of them', qq{DELETE FROM g WHERE nr = '$by_hand'}, [ "DELETE /v1/groups/$by_hand" ]);
does('values become what the API takes', q{UPDATE c SET sync_frequency = '60', paused = 'off', config = '{"a": [1]}' WHERE id = 'broken_anchor'}, [ "PATCH $c/broken_anchor {\"config\":{\"a\":[1]},\"paused\":false,\"sync_frequency\":60}" ]);
refuses('or are refused', q{UPDATE c SET sync_frequency = 'often' WHERE id = 'broken_anchor'}, qr/22P02/);
refuses('a table without the key', q{DELETE FROM keyless}, qr/HV005: foreign table "keyless" lacks the column "id"/);

# ---------- a partition

$node->safe_psql('postgres', q{CREATE TABLE parted (id text, name text, created_at timestamptz) PARTITION BY LIST (name);
	CREATE FOREIGN TABLE part1 PARTITION OF parted FOR VALUES IN ('in_part') SERVER w OPTIONS (resource 'groups');
	CREATE TABLE part2 PARTITION OF parted DEFAULT});
does('INSERT routed to a partition', q{INSERT INTO parted (name) VALUES ('in_part'), ('local') RETURNING name, id IS NOT NULL}, [ 'POST /v1/groups {"name":"in_part"}' ], "in_part|t\nlocal|f");

# Several target tables: local, foreign, and of other resources, columns in
# another order.
$node->safe_psql('postgres', q{CREATE TABLE things (kind text, id text, name text, paused boolean) PARTITION BY LIST (kind);
	CREATE TABLE local_things PARTITION OF things FOR VALUES IN ('local');
	CREATE FOREIGN TABLE connector_things (paused boolean, id text, gone int, name text OPTIONS (column_name 'schema'), kind text OPTIONS (column_name 'sync_state')) SERVER w OPTIONS (resource 'connectors');
	ALTER FOREIGN TABLE connector_things DROP COLUMN gone;
	ALTER TABLE things ATTACH PARTITION connector_things FOR VALUES IN ('scheduled');
	CREATE FOREIGN TABLE group_things (kind text OPTIONS (column_name 'name'), id text, name text OPTIONS (column_name 'public_key'), paused boolean OPTIONS (column_name 'attrs')) SERVER w OPTIONS (resource 'groups');
	ALTER FOREIGN TABLE group_things DROP COLUMN name, DROP COLUMN paused, ADD COLUMN name text OPTIONS (column_name 'service_account'), ADD COLUMN paused boolean OPTIONS (column_name 'created_at');
	ALTER TABLE things ATTACH PARTITION group_things FOR VALUES IN ('doomed', 'doomed_too');
	INSERT INTO local_things VALUES ('local', 'one', 'x', false), ('local', 'two', 'x', false)});
does('UPDATE of one partition', q{UPDATE things SET paused = true WHERE id = 'assimilate_seem' AND kind = 'scheduled' RETURNING id, paused}, [ 'PATCH /v1/connections/assimilate_seem {"paused":true,"run_setup_tests":false}' ], 'assimilate_seem|t');
$mock->patch('w', 'connections', 'assimilate_seem', set => { 'status.sync_state' => 'scheduled' });
does('UPDATE of a local and a foreign one', q{UPDATE things SET paused = false WHERE id IN ('assimilate_seem', 'one') AND kind IN ('scheduled', 'local') RETURNING tableoid::regclass, id, paused}, [ 'PATCH /v1/connections/assimilate_seem {"paused":false,"run_setup_tests":false}' ], "local_things|one|f\nconnector_things|assimilate_seem|f");
does('without RETURNING', q{WITH u AS (UPDATE things SET paused = true WHERE id IN ('assimilate_seem', 'one') AND kind IN ('scheduled', 'local') RETURNING 1) SELECT count(*) FROM u}, [ 'PATCH /v1/connections/assimilate_seem {"paused":true,"run_setup_tests":false}' ], 2);
$mock->patch('w', 'connections', 'assimilate_seem', set => { 'status.sync_state' => 'scheduled' });
does('UPDATE FROM', q{UPDATE things t SET paused = v.p FROM (VALUES ('assimilate_seem', false), ('two', true)) v(i, p) WHERE t.id = v.i AND kind IN ('scheduled', 'local') RETURNING t.tableoid::regclass, t.id, t.paused, t.kind}, [ 'PATCH /v1/connections/assimilate_seem {"paused":false,"run_setup_tests":false}' ]);
does('new objects', q{INSERT INTO things (kind) VALUES ('doomed'), ('doomed_too')}, [ map { qq(POST /v1/groups {"name":"$_"}) } qw(doomed doomed_too) ], '');
my %doomed = map { split /\|/ } $node->rows('SELECT name, id FROM groups WHERE name LIKE $$doomed%$$');
does('DELETE USING', q{DELETE FROM things t USING (VALUES ('doomed'), ('local')) v(k) WHERE t.kind = v.k AND t.id <> 'two' RETURNING t.tableoid::regclass, t.kind}, [ "DELETE /v1/groups/$doomed{doomed}" ]);
does('DELETE', q{DELETE FROM things WHERE kind IN ('doomed_too', 'local') RETURNING tableoid::regclass, kind}, [ "DELETE /v1/groups/$doomed{doomed_too}" ], "group_things|doomed_too\nlocal_things|local");

# ---------- an answer that has no object

{
	my ($log, $out, $err, $reads) = writes(q{INSERT INTO group_users (group_id, email, role) SELECT 'opaque_lantern', email, 'Destination Administrator' FROM users WHERE id = 'user_cotton' RETURNING group_id, user_id, active});
	is($out, 'opaque_lantern|user_cotton|t', 'RETURNING looks a new member up in the list');
	is_deeply([ grep { m{/groups/} } @$reads ], [ 'GET /v1/groups/opaque_lantern/users?limit=1000' ], 'with one call');
	($log, $out, $err, $reads) = writes(q{INSERT INTO group_users (group_id, email, role) SELECT 'vivid_ember', email, 'Destination Administrator' FROM users WHERE id = 'user_cotton'});
	is_deeply([ grep { m{/groups/} } @$reads ], [], 'without RETURNING none is made');
}

# ---------- EXPLAIN

my $plan = $node->safe_psql('postgres', q{EXPLAIN (VERBOSE, COSTS OFF) UPDATE connectors SET paused = true WHERE group_id = 'opaque_lantern' AND NOT paused});
like($plan, qr{Foreign Update on w\.connectors\n.*Filter: \(\(NOT paused\) AND \(group_id = 'opaque_lantern'::text\)\)\n\s+Fivetran Request: GET /v1/connections\?group_id=opaque_lantern&limit=1000\n.*\n.*\n\s+Fivetran Write: PATCH /v1/connections/\{id\}}, 'EXPLAIN of a direct update') or diag($plan);
is_deeply((writes(q{EXPLAIN DELETE FROM groups; EXPLAIN INSERT INTO groups (name) VALUES ('x'); EXPLAIN VERBOSE UPDATE connectors c SET paused = true FROM wanted WHERE wanted.id = c.id}))[0], [], 'EXPLAIN writes nothing');
$plan = $node->safe_psql('postgres', q{EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) UPDATE connectors SET paused = true WHERE group_id = 'hollow_cedar'});
like($plan, qr/Foreign Update on connectors \(actual rows=12(\.00)? loops=1\)\n(.*\n)*.*Calls: 13\n(.*\n)*.*Writes: 12/, 'EXPLAIN ANALYZE counts') or diag($plan);

$plan = $node->safe_psql('postgres', q{EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) INSERT INTO groups (name) VALUES ('explained_1'), ('explained_2')});
like($plan, qr/Fivetran Write: POST \/v1\/groups\n\s+Calls: 2\n(.*\n)*\s+Writes: 2\n/, 'of an INSERT, too') or diag($plan);
like($node->safe_psql('postgres', q{EXPLAIN INSERT INTO groups (name) VALUES ('a'), ('b'), ('c')}), qr/Fivetran Write: POST \/v1\/groups\n\s+Expected Writes: 3\n/, 'EXPLAIN tells how many are expected');
is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
