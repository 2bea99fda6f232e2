-- Tables written by hand whose keys have other types than text; values that settings would write otherwise.
--! no requests
SET client_min_messages = warning;
CREATE TYPE words;
CREATE FUNCTION words_in(cstring) RETURNS words LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION words_out(words) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE words (INPUT = words_in, OUTPUT = words_out, LIKE = text, CATEGORY = 'S');
CREATE CAST (words AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE TYPE hook AS ENUM
  ('hook_acorn', 'hook_alley', 'hook_anvil', 'hook_apple', 'hook_arrow', 'hook_badge', 'hook_basin');
CREATE DOMAIN code AS varchar(60) CHECK (value <> '');
CREATE DOMAIN padded AS char(60);

-- types that keep the text of a key: the row that was read is the one that is changed
--! each type: text | varchar | varchar(40) | words | code | hook
CREATE FOREIGN TABLE pg_temp.t (id :type, active boolean) SERVER key_types OPTIONS (resource 'webhooks');
UPDATE pg_temp.t SET active = false WHERE id = 'hook_alley' RETURNING id, active;

-- in a join
--! each type: text | varchar | varchar(40) | words | code | hook
CREATE FOREIGN TABLE pg_temp.t (id :type, active boolean) SERVER key_types OPTIONS (resource 'webhooks');
UPDATE pg_temp.t SET active = true FROM (VALUES ('hook_alley')) v(x) WHERE id::text = x RETURNING id, active;

-- a DELETE
--! each type: text | varchar | varchar(40) | words | code | hook
CREATE FOREIGN TABLE pg_temp.t (id :type, active boolean) SERVER key_types OPTIONS (resource 'webhooks');
SET fivetrex.dry_run = on;
DELETE FROM pg_temp.t WHERE id = 'hook_alley';

-- types that may tell another text than they were given: cut, padded, or written in one way of many
--! each type: name | "char" | char(60) | padded | integer | numeric | real | uuid | bytea | json | inet | bit varying
--! hide pg_temp_\d+
CREATE FOREIGN TABLE pg_temp.t (id :type, active boolean) SERVER key_types OPTIONS (resource 'webhooks');
UPDATE pg_temp.t SET active = false;

-- in a join, in a DELETE, by EXPLAIN
--! each write: DELETE FROM t | UPDATE t SET active = x FROM (VALUES (true)) v(x) | EXPLAIN DELETE FROM t
--! hide pg_temp_\d+
CREATE FOREIGN TABLE pg_temp.t (id name, active boolean) SERVER key_types OPTIONS (resource 'webhooks');
:write;

-- one of several columns of the key; a table with such a column can be read
CREATE FOREIGN TABLE "Cut" ("Table" name OPTIONS (column_name 'table_name'), schema_name text, connector_id text,
  enabled boolean) SERVER key_types OPTIONS (resource 'connector_tables');
SELECT count(*) FROM "Cut" WHERE connector_id = 'assimilate_seem';
UPDATE "Cut" SET enabled = false WHERE connector_id = 'assimilate_seem' AND "Table" = 'customers';

-- what the hint says is to be done
ALTER FOREIGN TABLE key_types."Cut" ALTER COLUMN "Table" TYPE text;
UPDATE "Cut" SET enabled = true WHERE connector_id = 'assimilate_seem' AND "Table" = 'customers' RETURNING "Table";

-- an INSERT names no row
CREATE FOREIGN TABLE pg_temp.t (id name, name text) SERVER key_types OPTIONS (resource 'groups');
INSERT INTO pg_temp.t (name) VALUES ('n') RETURNING name;

-- what is sent is the same in every session
--! each setting: fivetrex.dry_run = off | extra_float_digits = -15 | DateStyle = SQL | IntervalStyle = sql_standard
CREATE FOREIGN TABLE pg_temp.t (id text, minutes float8 OPTIONS (column_name 'sync_frequency'), at interval
  OPTIONS (column_name 'daily_sync_time'), delay real OPTIONS (column_name 'data_delay_threshold'), schedule_type date)
  SERVER key_types OPTIONS (resource 'connectors');
SET :setting;
SET fivetrex.dry_run = on;
UPDATE pg_temp.t SET minutes = 1440, at = '1 day 14:00', delay = 123456, schedule_type = DATE '2026-11-26'
  FROM (VALUES (1)) v(x) WHERE id = 'assimilate_seem';
SHOW extra_float_digits;

-- a hint about a table that is not in the search_path can be followed
CREATE SCHEMA elsewhere;
CREATE FOREIGN TABLE elsewhere."Rollen" (name text) SERVER key_types;
SELECT count(*) FROM elsewhere."Rollen";
