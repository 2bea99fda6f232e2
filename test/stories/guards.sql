-- What keeps writes from happening, and what errors say of one that did.
--! settings {"connectors": 2500}
ALTER DATABASE postgres RESET fivetrex.max_deletes;

-- fivetrex.max_deletes: none by default
DELETE FROM groups WHERE id = 'empty_shelf';

-- more than allowed
SET fivetrex.max_deletes = 13;
DELETE FROM groups;

-- DELETE USING
SET fivetrex.max_deletes = 1;
DELETE FROM groups g USING (VALUES ('empty_shelf'), ('stoic_pebble')) v(id) WHERE g.id = v.id RETURNING g.id;

-- a row trigger
CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END';
CREATE TRIGGER t BEFORE DELETE ON groups FOR EACH ROW EXECUTE FUNCTION quiet();

-- DELETE with a row trigger
--! reads end
SET fivetrex.max_deletes = 1;
DELETE FROM groups WHERE id IN ('empty_shelf', 'stoic_pebble');

-- fivetrex_request
DROP TRIGGER t ON groups;
SELECT fivetrex_request('delete', '/v1/groups/empty_shelf');

-- in a dry run, too
SET fivetrex.dry_run = on;
DELETE FROM groups;

-- fivetrex.max_calls: one too many, counting the read
SET fivetrex.max_calls = 12;
UPDATE connectors SET paused = true WHERE group_id = 'hollow_cedar';

-- as many as allowed
SET fivetrex.max_calls = 13;
UPDATE connectors SET paused = true WHERE group_id = 'hollow_cedar';

-- a read_only server
ALTER SERVER guards OPTIONS (ADD access 'read_only');

-- writes of every kind
--! each statement: INSERT INTO groups (name) VALUES ('x') | UPDATE groups SET name = 'x'
--! each statement: SET fivetrex.max_deletes = 99; DELETE FROM groups
--! each statement: SELECT fivetrex_request('POST', '/v1/groups', body => '{"name": "x"}')
:statement;

-- COPY
COPY groups (name) FROM STDIN;
x
\.

-- reading goes on
SELECT count(*) FROM groups;

-- a read_only table
ALTER SERVER guards OPTIONS (DROP access);
ALTER FOREIGN TABLE groups OPTIONS (ADD access 'read_only');
INSERT INTO groups (name) VALUES ('x');

-- a READ ONLY transaction
--! codes only
ALTER FOREIGN TABLE groups OPTIONS (DROP access);
BEGIN READ ONLY;
UPDATE groups SET name = 'x';

-- a dry run tells each request, without its secrets, and sends none
SET fivetrex.dry_run = on;
SET fivetrex.max_deletes = 2;
INSERT INTO connectors (group_id, service, config) VALUES ('g', 's', '{"password": "swordfish", "n": 1}') RETURNING id;
INSERT INTO groups (name) VALUES ('a'), ('b');
UPDATE connectors SET paused = true, auth = '{"token": ["swordfish"]}' WHERE id = 'assimilate_seem' RETURNING id;
UPDATE connectors c SET paused = true FROM (VALUES ('assimilate_seem')) v(id) WHERE c.id = v.id;
DELETE FROM groups WHERE id = 'empty_shelf';

-- and no row is counted
SET fivetrex.dry_run = on;
SET client_min_messages = error;
DO $$
DECLARE
  n int;
BEGIN
  INSERT INTO groups (name) VALUES ('a'), ('b');
  GET DIAGNOSTICS n = ROW_COUNT;
  ASSERT n = 0, 'insert ' || n;
  UPDATE groups SET name = 'x';
  GET DIAGNOSTICS n = ROW_COUNT;
  ASSERT n = 0, 'update ' || n;
  UPDATE groups g SET name = 'x' FROM (VALUES ('empty_shelf')) v(id) WHERE g.id = v.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  ASSERT n = 0, 'update from ' || n;
END$$;

-- a transaction block is warned once
BEGIN;
INSERT INTO groups (name) VALUES ('tx_1');
INSERT INTO groups (name) VALUES ('tx_2');
SELECT fivetrex_pause('assimilate_seem') IS NOT NULL;
ROLLBACK;

-- and the rows stay
SELECT count(*) FROM groups WHERE name LIKE 'tx%';

-- no block, no warning
INSERT INTO groups (name) VALUES ('tx_3');

-- a POST whose answer is lost is not repeated
--! hide (?<=made: ).*
--! fault {"method": "POST", "path": "groups", "after_state": true}
INSERT INTO groups (name) VALUES ('lost');

-- it had been executed
SELECT count(*) FROM groups WHERE name = 'lost';

-- a PATCH of plain fields is repeated
--! fault {"method": "PATCH", "path": "groups/empty_shelf", "after_state": true}
UPDATE groups SET name = 'Empty_2' WHERE id = 'empty_shelf';

-- one that starts something is not
--! hide (?<=made: ).*
--! fault {"method": "PATCH", "path": "connections/assimilate_seem", "after_state": true}
UPDATE connectors SET is_historical_sync = true WHERE id = 'assimilate_seem';

-- a DELETE is repeated, and is done when the object is gone
--! fault {"method": "DELETE", "path": "webhooks/hook_acorn", "after_state": true}
SET fivetrex.max_deletes = 1;
DELETE FROM webhooks WHERE id = 'hook_acorn';

-- whose credentials: those for all are wrong
CREATE ROLE owner;
CREATE ROLE caller;
ALTER USER MAPPING FOR PUBLIC SERVER guards OPTIONS (SET api_secret 'wrong');
CREATE USER MAPPING FOR owner SERVER guards OPTIONS (api_key 'key', api_secret 'secret');
GRANT USAGE ON SCHEMA guards TO owner, caller;
GRANT CREATE ON SCHEMA public TO owner;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA guards TO owner;
GRANT USAGE ON FOREIGN SERVER guards TO owner;
GRANT EXECUTE ON FUNCTION fivetrex_pause TO owner;
SET ROLE owner;
CREATE VIEW public.owned AS SELECT id, name FROM guards.groups;
GRANT SELECT, INSERT, UPDATE ON public.owned TO caller;
CREATE FUNCTION public.pause_it() RETURNS jsonb LANGUAGE sql SECURITY DEFINER AS $$
  SELECT fivetrex_pause('assimilate_seem') $$;

-- a view writes with its owner's
SET ROLE caller;
INSERT INTO public.owned (name) VALUES ('through_view');

-- UPDATE, too
SET ROLE caller;
UPDATE public.owned SET name = 'through_view_2' WHERE name = 'through_view';

-- and a SECURITY DEFINER function
SET ROLE caller;
SELECT public.pause_it() IS NOT NULL;

-- the caller has no rights on the table, nor on the function
--! each statement: INSERT INTO guards.groups (name) VALUES ('x') | SELECT fivetrex_pause('assimilate_seem')
SET ROLE caller;
:statement;

-- others use their own mapping
INSERT INTO groups (name) VALUES ('x');
