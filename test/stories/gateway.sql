-- A gateway: postgres_fdw, from a server that cannot have fivetrex, to one that has it.
-- Its side is a role that reads all and may change a few columns, with belts of its own.
--! settings {"connectors": 40}
CREATE ROLE gateway LOGIN;
GRANT USAGE ON SCHEMA gateway TO gateway;
GRANT SELECT ON ALL TABLES IN SCHEMA gateway TO gateway;
GRANT INSERT, UPDATE, DELETE ON gateway.groups, gateway.connectors TO gateway;
ALTER ROLE gateway SET fivetrex.max_writes = 3;
ALTER ROLE gateway SET fivetrex.max_deletes = 1;
ALTER ROLE gateway SET cursor_tuple_fraction = 1;
CREATE DATABASE managed;

-- how many connectors and tables there are
SELECT count(*) FROM connectors;
SELECT count(*) FROM fivetrex_tables();

-- the managed side, where there is no fivetrex: another database will do
--! database managed
CREATE EXTENSION postgres_fdw;
CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'HOST', port :'PORT', dbname 'postgres');
CREATE USER MAPPING FOR PUBLIC SERVER there OPTIONS (user 'gateway');
CREATE SCHEMA fivetran;
IMPORT FOREIGN SCHEMA gateway FROM SERVER there INTO fivetran;
ALTER DATABASE managed SET search_path = fivetran, public;
CREATE TABLE public.plan (id text, minutes integer);
INSERT INTO public.plan VALUES ('assimilate_seem', 60), ('broken_anchor', 30);
CREATE FUNCTION public.local_only(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN $1; END';

-- without the extension, with all tables
SELECT count(*) FROM pg_extension WHERE extname = 'fivetrex';
SELECT count(*) FROM information_schema.foreign_tables;

-- reads: all
SELECT count(*) FROM connectors;

-- by key
SELECT id FROM connectors WHERE id = 'assimilate_seem';

-- by a filter of the API
SELECT count(*) FROM connectors WHERE group_id = 'decent_dropsy' AND NOT paused;

-- by keys of a local table
SELECT count(*) FROM connectors WHERE id = ANY (ARRAY(SELECT id FROM plan));

-- a limit
SELECT count(*) FROM (SELECT id FROM groups LIMIT 1) g;

-- a join of two tables there
SELECT g.name FROM connectors c JOIN groups g ON g.id = c.group_id WHERE c.id = 'assimilate_seem';

-- a join with a local table
SELECT c.id, p.minutes FROM connectors c JOIN plan p ON p.id = c.id ORDER BY 1;

-- a child by its parent
SELECT count(*) > 0 FROM connector_tables WHERE connector_id = 'assimilate_seem';

-- a condition that stays here
SELECT id FROM connectors WHERE public.local_only(id) = 'assimilate_seem';

-- jsonb
SELECT config ->> 'host' IS NOT NULL FROM connectors WHERE id = 'assimilate_seem';

-- writes: an UPDATE by key
UPDATE connectors SET paused = true WHERE id = 'assimilate_seem' RETURNING id, paused;

-- an UPDATE of a set
UPDATE connectors SET paused = false WHERE id IN ('assimilate_seem', 'broken_anchor');

-- an UPDATE by keys of a local table
UPDATE connectors SET sync_frequency = 60 WHERE id = ANY (ARRAY(SELECT id FROM plan));

-- an INSERT
INSERT INTO groups (name) VALUES ('one') RETURNING name, id;

-- an INSERT of many
INSERT INTO groups (name) SELECT 'many_' || n FROM generate_series(1, 3) n;

-- a DELETE
DELETE FROM groups WHERE id = 'misty_copper_new';

-- what is not sent as a whole: a join, a function of this side, a DELETE with a join
--! hide (?<=remote SQL command: ).*
--! each statement: UPDATE connectors c SET sync_frequency = p.minutes FROM plan p WHERE p.id = c.id
--! each statement: UPDATE groups SET name = public.local_only(name) WHERE id = 'decent_dropsy'
--! each statement: DELETE FROM connectors c USING plan p WHERE p.id = c.id
:statement;

-- a join in a loop
DO $$
DECLARE
  p record;
BEGIN
  FOR p IN SELECT * FROM plan ORDER BY id LOOP
    UPDATE connectors SET sync_frequency = p.minutes WHERE id = p.id;
  END LOOP;
END$$;

-- belts: fivetrex.max_deletes of the role
--! hide (?<=remote SQL command: ).*
DELETE FROM groups WHERE name LIKE 'many%';

-- fivetrex.max_writes of the role
--! hide (?<=remote SQL command: ).*
UPDATE groups SET name = name || 'x' WHERE name LIKE '%a%';

-- rights of the role
--! hide (?<=remote SQL command: ).*
UPDATE webhooks SET active = false WHERE id = 'hook_acorn';

-- a column that cannot be set
--! hide (?<=remote SQL command: ).*
UPDATE connectors SET sync_state = 'x' WHERE id = 'assimilate_seem';

-- a wrong key
--! hide (?<=remote SQL command: ).*
--! fault {"path": "groups", "status": 401, "body": {"code": "AuthFailed", "message": "bad key"}}
SELECT count(*) FROM groups;

-- caught by its name
DO $$
BEGIN
  DELETE FROM groups WHERE name LIKE 'many%';
EXCEPTION WHEN program_limit_exceeded THEN
  RAISE NOTICE 'caught';
END$$;

-- a gateway that reads only
--! database postgres
ALTER SERVER gateway OPTIONS (ADD access 'read_only');

-- an UPDATE
--! database managed
--! hide (?<=remote SQL command: ).*
UPDATE connectors SET paused = true WHERE id = 'assimilate_seem';

-- a gateway that tries only
--! database postgres
ALTER SERVER gateway OPTIONS (DROP access);
ALTER SERVER gateway OPTIONS (ADD dry_run 'true');

-- an UPDATE in a dry run
--! database managed
UPDATE connectors SET paused = true WHERE id = 'assimilate_seem' RETURNING id;
