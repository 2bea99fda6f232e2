-- What INSERT, UPDATE, DELETE and COPY send, return and refuse.

-- insert
INSERT INTO groups (name) VALUES ('one') RETURNING name, created_at IS NOT NULL, attrs ->> 'name';

-- insert of many
INSERT INTO groups (name) SELECT 'many_' || n FROM generate_series(1, 20) n;

-- they are all there
SELECT count(*) FROM groups WHERE name LIKE 'many%';

-- insert of a connector
INSERT INTO connectors (group_id, service, config, auth, paused, sync_frequency, run_setup_tests)
VALUES ('decent_dropsy', 'postgres', '{"schema_prefix": "new", "password": "secret", "n": 12345678901234567890}',
  '{"client_access": {"client_id": "x"}}', true, 60, false)
RETURNING service, config ->> 'password', auth, run_setup_tests, paused, sync_frequency;

-- insert of a destination
INSERT INTO destinations (group_id, service, time_zone_offset, config, run_setup_tests)
  VALUES ('final_margin', 'snowflake', '+1', '{"host": "h"}', false)
  RETURNING id, setup_tests IS NULL;

-- insert of webhooks of the account and a group
INSERT INTO webhooks (url, events, secret, active, group_id) VALUES
('https://example.com/a', '{sync_end}', 'x', true, NULL),
  ('https://example.com/g', '{sync_start,sync_end}', 'y', false, 'decent_dropsy')
RETURNING type, group_id, events, secret, active;

-- COPY
COPY groups (name) FROM STDIN;
copied_1
copied_2
\.

-- prepared insert
PREPARE p(text) AS INSERT INTO groups (name) VALUES ($1); EXECUTE p('prepared_1'); EXECUTE p('prepared_2');

-- insert from the same table
INSERT INTO groups (name) SELECT name || '_again' FROM groups WHERE name LIKE 'copied%';

-- ON CONFLICT
INSERT INTO groups (name) VALUES ('x') ON CONFLICT DO NOTHING;

-- a read-only column
INSERT INTO groups (name, created_at) VALUES ('x', now());

-- a read-only column in one row of many
INSERT INTO groups (name, id) VALUES ('x', NULL), ('y', 'chosen');

-- a missing column
INSERT INTO connectors (service) VALUES ('x');

-- a masked secret
INSERT INTO connectors (group_id, service, config) VALUES ('g', 's', '{"a": {"password": "******"}}');

-- NULL in a read-only column is absent
INSERT INTO groups (name, created_at) VALUES ('nothing', NULL);

-- update
UPDATE connectors SET paused = true WHERE id = 'assimilate_seem' RETURNING id, paused, sync_state;

-- update with an expression of the old row
UPDATE groups SET name = name || '_' || length(name) WHERE name = 'one' RETURNING name;

-- update to NULL
UPDATE connectors SET networking_method = NULL WHERE id = 'assimilate_seem';

-- update of config may run tests
UPDATE connectors SET config = '{"host": "h2"}' WHERE id = 'assimilate_seem';

-- and says so itself
UPDATE connectors SET config = '{"host": "h3"}', run_setup_tests = false
  WHERE id = 'assimilate_seem'
  RETURNING config ->> 'host';

-- a historical sync
UPDATE connectors SET is_historical_sync = true WHERE id = 'assimilate_seem';

-- a schedule
UPDATE connectors SET schedule = '{"schedule_type": "CRON", "cron": "0 */4 * * *"}' WHERE id = 'assimilate_seem'
RETURNING schedule ->> 'cron', sync_frequency;

-- a schedule by days
UPDATE connectors SET schedule = jsonb_build_object('schedule_type', 'TIME_OF_DAY', 'days_of_week',
  ARRAY['MONDAY', 'FRIDAY'],
'time_of_day', '06:30') WHERE id IN ('assimilate_seem', 'broken_anchor');

-- no schedule any more
UPDATE connectors SET schedule = NULL, sync_frequency = 60
  WHERE id = 'assimilate_seem'
  RETURNING schedule IS NULL, sync_frequency;

-- as it was
UPDATE connectors SET sync_frequency = 60 WHERE id = 'broken_anchor';

-- a schedule for a new connector
INSERT INTO connectors (group_id, service, schedule)
  VALUES ('decent_dropsy', 'postgres', '{"schedule_type": "MANUAL"}');

-- update of a destination
UPDATE destinations SET region = 'GCP_US_EAST4' WHERE id = 'decent_dropsy' RETURNING region;

-- update of webhooks
UPDATE webhooks SET active = false, events = '{sync_end}' WHERE id = 'hook_acorn' RETURNING active, events;

-- update that hits nothing
UPDATE connectors SET paused = true WHERE id = 'no_such' RETURNING id;

-- a config that was read and changed: masked members are not sent back, a NOTICE names them
UPDATE connectors SET config = config || '{"user": "u2"}' WHERE id = 'assimilate_seem' RETURNING config ->> 'user';

-- nothing is sent when nothing is left, and nothing is counted
UPDATE webhooks SET secret = secret
  WHERE id = 'hook_acorn';
UPDATE webhooks SET secret = secret
  WHERE id = 'hook_acorn'
  RETURNING id;

-- a masked element of an array
UPDATE connectors SET config = '{"list": [{"value": "a"}, "******"]}' WHERE id = 'assimilate_seem';

-- a read-only column
UPDATE connectors SET sync_state = 'x';

-- the key
UPDATE groups SET id = 'x' WHERE id = 'decent_dropsy';

-- a column for INSERT only
UPDATE connectors SET group_id = 'x';

-- a table that cannot be updated
UPDATE account SET account_name = 'x';

-- what is wanted of some connectors, and of one twice
CREATE TABLE wanted (id text, f int);
INSERT INTO wanted
  VALUES ('assimilate_seem', 15), ('assimilate_seem', 15), ('broken_anchor', 60), ('no_such', 5);

-- UPDATE FROM writes and returns each row once
WITH u AS (UPDATE connectors c SET sync_frequency = w.f FROM (SELECT * FROM wanted ORDER BY f) w
  WHERE w.id = c.id
  RETURNING c.id, c.sync_frequency) SELECT * FROM u ORDER BY id;

-- without RETURNING, too
UPDATE connectors c SET sync_frequency = w.f FROM wanted w WHERE w.id = c.id;

-- UPDATE FROM a row
UPDATE connectors c SET sync_frequency = v.f FROM (VALUES ('broken_anchor', 120)) v(id, f) WHERE c.id = v.id || '';

-- UPDATE with a subquery
UPDATE groups g SET name = (SELECT upper(service) || '_' || left(g.id, 3) FROM destinations d
  WHERE d.id = g.id)
  WHERE id = 'amber_tundra'
  RETURNING name;

-- UPDATE of several columns from one subquery
UPDATE connectors SET (sync_frequency, schedule_type) = (SELECT 360, 'auto') WHERE id = 'broken_anchor';

-- volatile SET
CREATE TEMP SEQUENCE s;
UPDATE groups SET name = 'seq_' || nextval('s')
  WHERE name LIKE 'copied__'
  RETURNING name;
SELECT last_value FROM s;

-- DELETE of many
WITH d AS (DELETE FROM groups WHERE name LIKE 'many%' RETURNING name) SELECT count(*), min(name) FROM d;

-- DELETE USING
DELETE FROM groups g USING (VALUES ('seq_1'), ('seq_2'), ('seq_2')) v(n) WHERE g.name = v.n RETURNING v.n, g.name;

-- a group that will be gone
INSERT INTO groups (name) VALUES ('gone') RETURNING id;

-- DELETE of what is gone counts as done
--! fault {"body": {"code": "NotFound_Group", "message": "gone"}, "method": "DELETE", "path": "groups/", "status": 404}
DELETE FROM groups WHERE name = 'gone' RETURNING name;

-- the next time it is really gone
DELETE FROM groups WHERE name = 'gone';

-- IN updates both
UPDATE connectors SET paused = false WHERE id IN ('assimilate_seem', 'paused_canyon');

-- UPDATE of what is gone is an error that says how far it came
--! fault {"path": "paused", "method": "PATCH", "status": 404, "body": {"code": "NotFound_Connector","message":"gone"}}
UPDATE connectors SET paused = true WHERE id = 'paused_canyon';

-- a view
CREATE VIEW v AS SELECT id, name FROM groups;

-- INSERT into a view
INSERT INTO v (name) VALUES ('by_view') RETURNING name;

-- UPDATE of a view
UPDATE v SET name = 'by_view_2' WHERE name = 'by_view';

-- a view with a check
CREATE VIEW checked AS SELECT id, name FROM groups WHERE name LIKE 'by_%' WITH CHECK OPTION;

-- WITH CHECK OPTION is enforced before the row is sent
UPDATE checked SET name = 'other' WHERE name = 'by_view_2';

-- what the check would not have allowed, past the view
UPDATE groups SET name = 'by_view_3' WHERE name = 'by_view_2';

-- a trigger in the place of DELETE
CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
DELETE FROM groups WHERE id = old.id; RETURN old; END $$;
CREATE TRIGGER i INSTEAD OF DELETE ON v FOR EACH ROW EXECUTE FUNCTION instead();

-- INSTEAD OF
DELETE FROM v WHERE name = 'by_view_3';

-- triggers before and after
CREATE TABLE seen (what text);
CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.name := upper(new.name); RETURN new; END $$;
CREATE FUNCTION after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
INSERT INTO seen
  VALUES (format('%s %s %s', tg_op, old.name, CASE
    WHEN tg_op <> 'DELETE' THEN new.name || ' ' || (new.created_at IS NOT NULL) END)); RETURN NULL; END $$;
CREATE TRIGGER b BEFORE INSERT OR UPDATE ON groups FOR EACH ROW EXECUTE FUNCTION before();
CREATE TRIGGER a AFTER INSERT OR UPDATE OR DELETE ON groups FOR EACH ROW EXECUTE FUNCTION after();

-- triggers on INSERT
INSERT INTO groups (name) VALUES ('t1'), ('t2');

-- triggers on UPDATE
UPDATE groups SET name = lower(name) || 'x' WHERE name = 'T1';

-- triggers on DELETE
DELETE FROM groups WHERE name IN ('T1X', 'T2');

-- what AFTER triggers saw
SELECT * FROM seen ORDER BY what COLLATE "C";

-- a BEFORE trigger that changes another column
DROP TRIGGER a ON groups; DROP TRIGGER b ON groups;
CREATE FUNCTION freeze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.schedule_type := 'manual'; RETURN new; END $$;
CREATE TRIGGER f BEFORE UPDATE ON connectors FOR EACH ROW EXECUTE FUNCTION freeze();

-- what a BEFORE trigger changes is sent, too
UPDATE connectors SET paused = true WHERE id = 'broken_anchor';

-- without it
DROP TRIGGER f ON connectors;

-- tables written by hand: other names, a generated column, other types, no key
CREATE FOREIGN TABLE g (nr varchar(40) OPTIONS (column_name 'id'), label varchar(30)
  OPTIONS (column_name 'name'), len int GENERATED ALWAYS AS (length(label)) STORED)
  SERVER writes OPTIONS (resource 'groups');
CREATE FOREIGN TABLE c (id text, sync_frequency text, config text, paused text)
  SERVER writes OPTIONS (resource 'connections');
CREATE FOREIGN TABLE keyless (name text) SERVER writes OPTIONS (resource 'groups');

-- other names, a generated column
INSERT INTO g (label) VALUES ('by_hand') RETURNING label, len;

-- update of them
UPDATE g SET label = 'by_hands' WHERE label = 'by_hand' RETURNING label, len;

-- delete of them
DELETE FROM g WHERE label = 'by_hands';

-- values become what the API takes
UPDATE c SET sync_frequency = '60', paused = 'off', config = '{"a": [1]}' WHERE id = 'broken_anchor';

-- or are refused
UPDATE c SET sync_frequency = 'often' WHERE id = 'broken_anchor';

-- a table without the key
DELETE FROM keyless;

-- a partitioned table
CREATE TABLE parted (id text, name text, created_at timestamptz) PARTITION BY LIST (name);
CREATE FOREIGN TABLE part1 PARTITION OF parted FOR VALUES IN ('in_part') SERVER writes OPTIONS (resource 'groups');
CREATE TABLE part2 PARTITION OF parted DEFAULT;

-- INSERT routed to a partition
INSERT INTO parted (name) VALUES ('in_part'), ('local') RETURNING name, id IS NOT NULL;

-- partitions that are local, foreign, of other resources, with columns in another order
CREATE TABLE things (kind text, id text, name text, paused boolean) PARTITION BY LIST (kind);
CREATE TABLE local_things PARTITION OF things FOR VALUES IN ('local');
CREATE FOREIGN TABLE connector_things (paused boolean, id text, gone int, name text
  OPTIONS (column_name 'schema'), kind text OPTIONS (column_name 'sync_state'))
  SERVER writes OPTIONS (resource 'connectors');
ALTER FOREIGN TABLE connector_things DROP COLUMN gone;
ALTER TABLE things ATTACH PARTITION connector_things FOR VALUES IN ('scheduled');
CREATE FOREIGN TABLE group_things (kind text OPTIONS (column_name 'name'), id text, name text
  OPTIONS (column_name 'public_key'), paused boolean OPTIONS (column_name 'attrs'))
  SERVER writes OPTIONS (resource 'groups');
ALTER FOREIGN TABLE group_things DROP COLUMN name, DROP COLUMN paused, ADD COLUMN name text
  OPTIONS (column_name 'service_account'), ADD COLUMN paused boolean OPTIONS (column_name 'created_at');
ALTER TABLE things ATTACH PARTITION group_things FOR VALUES IN ('doomed', 'doomed_too');
INSERT INTO local_things VALUES ('local', 'one', 'x', false), ('local', 'two', 'x', false);

-- UPDATE of one partition
UPDATE things SET paused = true WHERE id = 'assimilate_seem' AND kind = 'scheduled' RETURNING id, paused;

-- UPDATE of a local and a foreign one
--! patch connections assimilate_seem {"status.sync_state": "scheduled"}
UPDATE things SET paused = false
  WHERE id IN ('assimilate_seem', 'one') AND kind IN ('scheduled', 'local')
  RETURNING tableoid::regclass, id, paused;

-- without RETURNING
WITH u AS (UPDATE things SET paused = true
  WHERE id IN ('assimilate_seem', 'one') AND kind IN ('scheduled', 'local')
  RETURNING 1) SELECT count(*) FROM u;

-- UPDATE FROM
--! patch connections assimilate_seem {"status.sync_state": "scheduled"}
UPDATE things t SET paused = v.p
  FROM (VALUES ('assimilate_seem', false), ('two', true)) v(i, p)
  WHERE t.id = v.i AND kind IN ('scheduled', 'local')
  RETURNING t.tableoid::regclass, t.id, t.paused, t.kind;

-- new objects
INSERT INTO things (kind) VALUES ('doomed'), ('doomed_too');

-- DELETE USING
DELETE FROM things t USING (VALUES ('doomed'), ('local')) v(k)
  WHERE t.kind = v.k AND t.id <> 'two'
  RETURNING t.tableoid::regclass, t.kind;

-- DELETE
DELETE FROM things WHERE kind IN ('doomed_too', 'local') RETURNING tableoid::regclass, kind;

-- RETURNING looks a new member up in the list, with one call
INSERT INTO group_users (group_id, email, role) SELECT 'opaque_lantern', email, 'Destination Administrator' FROM users
  WHERE id = 'user_cotton'
  RETURNING group_id, user_id, active;

-- without RETURNING none is made
INSERT INTO group_users (group_id, email, role) SELECT 'vivid_ember', email, 'Destination Administrator' FROM users
  WHERE id = 'user_cotton';
