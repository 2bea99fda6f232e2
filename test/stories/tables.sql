-- Tables written by hand: their columns, and values of other types than the API's.

-- what there is
SELECT id, service, schema FROM connectors WHERE id = 'assimilate_seem';

-- fewer and reordered
BEGIN;
CREATE FOREIGN TABLE t (schema text, id text, service text) SERVER tables OPTIONS (resource 'connectors');
SELECT id, service, schema FROM t WHERE id = 'assimilate_seem';

-- renamed
BEGIN;
CREATE FOREIGN TABLE t (a text OPTIONS (column_name 'schema'), "The Key" text OPTIONS (column_name 'id'),
  id text OPTIONS (column_name 'service')) SERVER tables OPTIONS (resource 'connectors');
SELECT "The Key", id, a FROM t WHERE "The Key" = 'assimilate_seem';

-- one column twice
BEGIN;
CREATE FOREIGN TABLE t (id text, again text OPTIONS (column_name 'id')) SERVER tables
  OPTIONS (resource 'connectors');
SELECT * FROM t WHERE again = 'assimilate_seem' AND id = 'assimilate_seem';

-- connections is an alias
BEGIN;
CREATE FOREIGN TABLE t (id text) SERVER tables OPTIONS (resource 'connections');
SELECT count(*) FROM t;

-- no column at all
BEGIN;
CREATE FOREIGN TABLE t () SERVER tables OPTIONS (resource 'groups');
SELECT count(*) FROM t;
SELECT t FROM t LIMIT 1;

-- an unknown column that is not used
BEGIN;
CREATE FOREIGN TABLE t (id text, no_such_thing text, name text) SERVER tables OPTIONS (resource 'groups');
SELECT id, name FROM t WHERE name = 'Legal';

-- an unknown column that is used
--! each query: SELECT no_such_thing FROM t | SELECT * FROM t | SELECT t FROM t
--! each query: SELECT id FROM t WHERE no_such_thing IS NULL | SELECT count(no_such_thing) FROM t
--! each query: SELECT id FROM t WHERE no_such_thing = 'x' | SELECT id FROM t ORDER BY no_such_thing
BEGIN;
CREATE FOREIGN TABLE t (id text, no_such_thing text, name text) SERVER tables OPTIONS (resource 'groups');
:query;

-- unknown column_name
BEGIN;
CREATE FOREIGN TABLE t (id text, x text OPTIONS (column_name 'nname')) SERVER tables OPTIONS (resource 'groups');
SELECT x FROM t;

-- unknown resource with the nearest match
BEGIN;
CREATE FOREIGN TABLE t (id text) SERVER tables OPTIONS (resource 'gruops');
SELECT id FROM t;

-- dropped and added columns
BEGIN;
CREATE FOREIGN TABLE t (id text, junk int, name text, junk2 jsonb) SERVER tables OPTIONS (resource 'groups');
ALTER FOREIGN TABLE t DROP COLUMN junk;
ALTER FOREIGN TABLE t DROP COLUMN junk2;
ALTER FOREIGN TABLE t ADD COLUMN created_at timestamptz;
SELECT * FROM t WHERE name = 'Legal';
SELECT t FROM t WHERE id = 'hollow_cedar';
SELECT row_to_json(t) FROM t WHERE id = 'hollow_cedar';
SELECT count(*) FROM t;

-- a prepared statement sees changes of the table
BEGIN;
CREATE FOREIGN TABLE t (id text, junk int, name text) SERVER tables OPTIONS (resource 'groups');
PREPARE p AS SELECT name FROM t WHERE id = 'hollow_cedar';
EXECUTE p;
ALTER FOREIGN TABLE t DROP COLUMN junk;
EXECUTE p;
ALTER FOREIGN TABLE t ALTER name OPTIONS (ADD column_name 'id');
EXECUTE p;

-- constraints
BEGIN;
CREATE FOREIGN TABLE t (id text NOT NULL, name text DEFAULT 'x' CHECK (name <> 'never')) SERVER tables
  OPTIONS (resource 'groups');
SELECT id FROM t WHERE name = 'Legal';
SET constraint_exclusion = on;
SELECT count(*) FROM t WHERE name = 'never';

-- a generated column that is not used
BEGIN;
CREATE FOREIGN TABLE t (id text, upper_id text GENERATED ALWAYS AS (upper(id)) STORED) SERVER tables
  OPTIONS (resource 'groups');
SELECT id FROM t WHERE id = 'hollow_cedar';

-- a generated column keeps no secret that is called like it
BEGIN;
CREATE FOREIGN TABLE t (id text, name text, secret text GENERATED ALWAYS AS (upper(name)) STORED) SERVER tables
  OPTIONS (resource 'system_keys');
INSERT INTO t (name) VALUES ('k') RETURNING secret;

-- nor is it described as the column of its name
BEGIN;
CREATE SCHEMA described;
CREATE FOREIGN TABLE described.t (id text, name text GENERATED ALWAYS AS (upper(id)) STORED) SERVER tables
  OPTIONS (resource 'groups');
SELECT fivetrex_comment('described');
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid = 'described.t'::regclass AND attnum > 0 ORDER BY attnum;

-- rows with their key twice are written, whichever they are found by
--! each key: id | again
BEGIN;
CREATE FOREIGN TABLE t (id text, again text OPTIONS (column_name 'id'), name text) SERVER tables
  OPTIONS (resource 'groups');
UPDATE t SET name = 'Legal' WHERE :key = 'hollow_cedar';
UPDATE t SET name = 'Legal' FROM (VALUES ('hollow_cedar')) v (k) WHERE :key = k;

-- and whichever comes first
--! each key: id | again
BEGIN;
CREATE FOREIGN TABLE t (again text OPTIONS (column_name 'id'), name text, id text) SERVER tables
  OPTIONS (resource 'groups');
UPDATE t SET name = 'Legal' WHERE :key = 'hollow_cedar';
UPDATE t SET name = 'Legal' FROM (VALUES ('hollow_cedar')) v (k) WHERE :key = k;

-- types that have conditions
CREATE DOMAIN d_text AS text CHECK (VALUE <> '');
CREATE DOMAIN d_of_domain AS d_text CHECK (length(VALUE) > 3);
CREATE DOMAIN d_start AS text CHECK (VALUE = 'sync_start');
CREATE DOMAIN d_texts AS text[] CHECK (cardinality(VALUE) > 0);
CREATE DOMAIN d_single AS text[] CHECK (cardinality(VALUE) = 1);
CREATE DOMAIN d_jsonb AS jsonb CHECK (jsonb_typeof(VALUE) = 'object');
CREATE DOMAIN d_not_null AS integer NOT NULL;
CREATE TYPE mood AS ENUM ('sad', 'ok');

-- config of assimilate_seem as other types
--! each type: json | jsonb | text | varchar | integer | d_jsonb
BEGIN;
CREATE FOREIGN TABLE t (id text, config :type) SERVER tables OPTIONS (resource 'connectors');
SELECT config FROM t WHERE id = 'assimilate_seem';

-- service of assimilate_seem as other types
--! each type: json | jsonb | varchar(40) | char(30) | name | bytea | integer | varchar(5) | boolean | text[]
--! each type: d_text | d_start | d_of_domain | mood
BEGIN;
CREATE FOREIGN TABLE t (id text, service :type) SERVER tables OPTIONS (resource 'connectors');
SELECT service FROM t WHERE id = 'assimilate_seem';

-- tasks of assimilate_seem as other types
--! each type: text[] | d_jsonb
BEGIN;
CREATE FOREIGN TABLE t (id text, tasks :type) SERVER tables OPTIONS (resource 'connectors');
SELECT tasks FROM t WHERE id = 'assimilate_seem';

-- tasks of broken_anchor as other types
--! each type: text[] | jsonb[] | json | integer[]
BEGIN;
CREATE FOREIGN TABLE t (id text, tasks :type) SERVER tables OPTIONS (resource 'connectors');
SELECT tasks FROM t WHERE id = 'broken_anchor';

-- sync_frequency of daily_beacon as other types
--! each type: bigint | smallint | numeric(10,2) | numeric(3,0) | text | jsonb | double precision | boolean
--! each type: interval | d_not_null
BEGIN;
CREATE FOREIGN TABLE t (id text, sync_frequency :type) SERVER tables OPTIONS (resource 'connectors');
SELECT sync_frequency FROM t WHERE id = 'daily_beacon';

-- daily_sync_time of daily_beacon as other types
--! each type: time
BEGIN;
CREATE FOREIGN TABLE t (id text, daily_sync_time :type) SERVER tables OPTIONS (resource 'connectors');
SELECT daily_sync_time FROM t WHERE id = 'daily_beacon';

-- sync_frequency of cron_lighthouse as other types
--! each type: integer | jsonb | d_not_null
BEGIN;
CREATE FOREIGN TABLE t (id text, sync_frequency :type) SERVER tables OPTIONS (resource 'connectors');
SELECT sync_frequency FROM t WHERE id = 'cron_lighthouse';

-- paused of paused_canyon as other types
--! each type: text | boolean | jsonb | integer
BEGIN;
CREATE FOREIGN TABLE t (id text, paused :type) SERVER tables OPTIONS (resource 'connectors');
SELECT paused FROM t WHERE id = 'paused_canyon';

-- created_at of assimilate_seem as other types
--! each type: date | timestamp | timestamptz(0) | text | jsonb
BEGIN;
CREATE FOREIGN TABLE t (id text, created_at :type) SERVER tables OPTIONS (resource 'connectors');
SELECT created_at FROM t WHERE id = 'assimilate_seem';

-- events of hook_acorn as other types
--! each type: text[] | varchar[] | varchar(4)[] | name[] | jsonb | json | jsonb[] | text | d_texts | d_single
--! each type: d_text[] | d_start[]
BEGIN;
CREATE FOREIGN TABLE t (id text, events :type) SERVER tables OPTIONS (resource 'webhooks');
SELECT events FROM t WHERE id = 'hook_acorn';

-- networking_method of sparse_thicket as other types
--! each type: d_text
BEGIN;
CREATE FOREIGN TABLE t (id text, networking_method :type) SERVER tables OPTIONS (resource 'connectors');
SELECT networking_method FROM t WHERE id = 'sparse_thicket';

-- service of stripe_enum as other types
--! each type: mood
BEGIN;
CREATE FOREIGN TABLE t (id text, service :type) SERVER tables OPTIONS (resource 'connectors');
SELECT service FROM t WHERE id = 'stripe_enum';

-- the whole context
BEGIN;
CREATE FOREIGN TABLE t (id text, setup_state integer) SERVER tables OPTIONS (resource 'connectors');
SELECT setup_state FROM t WHERE id = 'broken_anchor';

-- a misfit in a column that is not used does not matter
BEGIN;
CREATE FOREIGN TABLE t (id text, service integer, paused boolean) SERVER tables OPTIONS (resource 'connectors');
SELECT id FROM t WHERE id = 'paused_canyon' AND paused;

-- varchar keys and filters
BEGIN;
CREATE FOREIGN TABLE t (id varchar(16), group_id varchar(30)) SERVER tables OPTIONS (resource 'connectors');
SELECT id FROM t WHERE id = 'assimilate_seem';
SELECT count(*) FROM t WHERE group_id = 'opaque_lantern' AND length(group_id) > 3;
