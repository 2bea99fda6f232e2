-- What is wrong with one connector, run, account or session stays there, and somebody says so.
CREATE EXTENSION fivetrex_watch;
CREATE FUNCTION watch(world text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM fivetrex_watch.add_account(world, world, world);
  UPDATE fivetrex_watch.accounts SET webhooks_every = NULL WHERE account = world;
END$$;
CREATE VIEW runs AS
  SELECT account, coalesce(outcome, 'open') || coalesce(' by ' || known_by, '') AS outcome, reason, tries, posts, error
  FROM fivetrex_watch.runs;

-- groups that cannot be read
--! world w1 {"connectors": 15, "max_retries": 0, "max_concurrency": 1}
--! no requests
SELECT watch('w1') IS NULL;
CALL fivetrex_watch.refresh('w1');

-- it is told
--! no requests
--! [w1] patch groups vivid_ember {"name": "a\u0000b"}
--! [w1] patch connections daily_beacon {"schema": "new"}
CALL fivetrex_watch.refresh('w1');

-- connectors are read, names of groups stay as they were
SELECT count(*) FILTER (WHERE name = 'new'), count(*) FILTER (WHERE group_name IS NULL) FROM fivetrex_watch.connectors
  WHERE account = 'w1';

-- and it is over, for the account, too
--! no requests
--! [w1] patch groups vivid_ember {"name": "mended"}
CALL fivetrex_watch.refresh('w1');
SELECT error FROM fivetrex_watch.accounts WHERE account = 'w1';

-- connectors that are gone
--! no requests
SET fivetrex.max_deletes = 1;
DELETE FROM w1.connectors WHERE id = 'assimilate_seem';
CALL fivetrex_watch.refresh('w1');

-- asked for when it is gone: ends at the first look
SELECT fivetrex_watch.request('{assimilate_seem}', account => 'w1');
CALL fivetrex_watch.refresh('w1', runs_only => true);
SELECT outcome, reason FROM runs WHERE account = 'w1';

-- and costs no more calls
CALL fivetrex_watch.refresh('w1', runs_only => true);

-- the same with the whole list
--! no requests
DELETE FROM fivetrex_watch.runs WHERE account = 'w1';
SELECT fivetrex_watch.request('{assimilate_seem}', account => 'w1');
CALL fivetrex_watch.refresh('w1');
SELECT outcome, reason FROM runs WHERE account = 'w1';
DELETE FROM fivetrex_watch.runs WHERE account = 'w1';

-- its sync has been started
SELECT fivetrex_watch.request('{cron_lighthouse}', account => 'w1');
CALL fivetrex_watch.refresh('w1', runs_only => true);

-- deleted in the middle: ends, though nobody reads the list
SET fivetrex.max_deletes = 1;
DELETE FROM w1.connectors WHERE id = 'cron_lighthouse';
CALL fivetrex_watch.refresh('w1', runs_only => true);
SELECT outcome, reason FROM runs WHERE account = 'w1';
SELECT id FROM fivetrex_watch.connectors WHERE account = 'w1' AND gone_at IS NOT NULL;
DELETE FROM fivetrex_watch.runs WHERE account = 'w1';

-- a warning has its hint, and is told once
--! no requests
--! [w1] fault {"path": "connections", "status": 429, "times": 0}
CALL fivetrex_watch.refresh('w1');

-- and so has what is kept
SELECT error FROM fivetrex_watch.accounts WHERE account = 'w1';

-- a run keeps its hint, too
--! no requests
--! [w1] fault {"method": "POST", "status": 429}
SELECT fivetrex_watch.request('{daily_beacon}', account => 'w1');
CALL fivetrex_watch.refresh('w1');
SELECT error FROM runs WHERE account = 'w1';
DELETE FROM fivetrex_watch.runs WHERE account = 'w1';

-- the server is renamed: a refresh says so, once, and asks nothing
ALTER SERVER w1 RENAME TO elsewhere;
SELECT fivetrex_watch.request('{daily_beacon}', account => 'w1');
CALL fivetrex_watch.refresh('w1');

-- a wait ends with it
\set SHOW_CONTEXT never
CALL fivetrex_watch.wait(5);

-- told where it is, both go on
--! hide \(\d+ s\)
--! no requests
--! [w1] syncs {"run": 0}
SELECT fivetrex_watch.add_account('w1', 'elsewhere', 'w1');
CALL fivetrex_watch.wait(5);
CALL fivetrex_watch.refresh('w1');

-- the server is dropped
--! world w2 {"connectors": 15, "max_retries": 0, "max_concurrency": 1}
--! no requests
SELECT watch('w2') IS NULL;
CALL fivetrex_watch.refresh('w2');
SELECT fivetrex_watch.request('{assimilate_seem}', account => 'w2');
SET client_min_messages = error;
DROP SERVER w2 CASCADE;

-- a wait ends with it, too
\set SHOW_CONTEXT never
CALL fivetrex_watch.wait(6);

-- a delivery, and no user mapping: how to make one
--! world w3 {"connectors": 15, "max_retries": 0, "max_concurrency": 1}
--! no requests
--! hide (?:(?<=for user )|(?<=MAPPING FOR )).*?(?=,| SERVER)
SELECT watch('w3') IS NULL;
CALL fivetrex_watch.refresh('w3');
DROP USER MAPPING FOR PUBLIC SERVER w3;
\set SHOW_CONTEXT never
SELECT fivetrex_watch.receive('{}', repeat('a', 64), 'w3');

-- the schema is renamed
CREATE USER MAPPING FOR PUBLIC SERVER w3 OPTIONS (api_key 'key', api_secret 'secret');
ALTER SCHEMA w3 RENAME TO moved;

-- what to do
--! each procedure: refresh | refresh_tables
CALL fivetrex_watch.:procedure(account => 'w3');

-- told where it is, it goes on
--! no requests
SELECT fivetrex_watch.add_account('w3', 'w3', 'moved');
CALL fivetrex_watch.refresh('w3');
SELECT error FROM fivetrex_watch.accounts WHERE account = 'w3';

-- a table is dropped
DROP FOREIGN TABLE moved.connector_sync_history;
CALL fivetrex_watch.refresh('w3');

-- a search_path that leads to types, functions and operators of somebody else's
--! world w4 {"connectors": 15, "max_retries": 0, "max_concurrency": 1}
--! no requests
SELECT watch('w4') IS NULL;
CALL fivetrex_watch.refresh('w4');
CREATE SCHEMA evil;
DO $$
DECLARE
  name text;
  type text;
  raises CONSTANT text := $x$ LANGUAGE plpgsql AS 'BEGIN RAISE ''taken over''; END'$x$;
BEGIN
  FOREACH name IN ARRAY '{text,timestamptz,interval,record,name,int4,int8,bool,float8,numeric}'::text[] LOOP
    EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.int2 CHECK (VALUE = 7)', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['clock_timestamp()', 'now()', 'format(pg_catalog.text)', 'hashtext(pg_catalog.text)',
    'pg_sleep(pg_catalog.float8)', 'make_interval()', 'pg_try_advisory_xact_lock(pg_catalog.int4, pg_catalog.int4)',
    'fivetrex_sync(pg_catalog.text, pg_catalog.bool, pg_catalog.name)', 'fivetrex_limits(pg_catalog.name)'] LOOP
    EXECUTE 'CREATE FUNCTION evil.' || name || ' RETURNS pg_catalog.int4' || raises;
  END LOOP;
  EXECUTE 'CREATE FUNCTION evil.operate(pg_catalog.int4, pg_catalog.int4) RETURNS pg_catalog.bool' || raises;
  EXECUTE 'CREATE FUNCTION evil.operate(pg_catalog.float8, pg_catalog.float8) RETURNS pg_catalog.bool' || raises;
  EXECUTE 'CREATE FUNCTION evil.operate(pg_catalog.int8, pg_catalog.int4) RETURNS pg_catalog.bool' || raises;
  EXECUTE 'CREATE FUNCTION evil.compute(pg_catalog.float8, pg_catalog.float8) RETURNS pg_catalog.float8' || raises;
  FOREACH name IN ARRAY '{<,<=,>,>=,=,<>}'::text[] LOOP
    FOREACH type IN ARRAY '{int4,float8,int8}'::text[] LOOP
      EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = pg_catalog.%s, RIGHTARG = pg_catalog.%s, FUNCTION = evil.operate)',
        name, type, CASE type WHEN 'float8' THEN type ELSE 'int4' END);
    END LOOP;
  END LOOP;
  FOREACH name IN ARRAY '{+,-,*,/}'::text[] LOOP
    EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = pg_catalog.float8, RIGHTARG = pg_catalog.float8,
      FUNCTION = evil.compute)', name);
  END LOOP;
END$$;

-- it is hostile
--! codes only
SET search_path = evil, pg_catalog;
SELECT pg_sleep(0::float8);

-- wait, refresh, prune and cancel do not mind, and no error is kept
--! hide \(\d+ s\)
--! no requests
--! [w4] syncs {"run": 1}
SET search_path = evil, pg_catalog;
SELECT fivetrex_watch.request('{assimilate_seem}', account => 'w4');
CALL fivetrex_watch.wait(7);
CALL fivetrex_watch.refresh('w4');
CALL fivetrex_watch.prune();
SELECT fivetrex_watch.cancel(7);
RESET search_path;
SELECT error FROM fivetrex_watch.accounts WHERE account = 'w4';

-- it is gone
SET client_min_messages = error;
DROP SCHEMA evil CASCADE;

-- functions of the same names are not taken for ours
--! hide \(\d+ s\)
--! no requests
--! [w4] syncs {"run": 0}
CREATE FUNCTION fivetrex_sync(text, name) RETURNS jsonb LANGUAGE plpgsql AS $$BEGIN RAISE 'not ours'; END$$;
CREATE FUNCTION fivetrex_sync(text, server name, force boolean DEFAULT false) RETURNS jsonb
  LANGUAGE plpgsql AS $$BEGIN RAISE 'not ours'; END$$;
CREATE FUNCTION fivetrex_sync(connector_id varchar, force boolean DEFAULT false, server text DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql AS $$BEGIN RAISE 'not ours'; END$$;
CREATE FUNCTION fivetrex_limits(text) RETURNS jsonb LANGUAGE plpgsql AS $$BEGIN RAISE 'not ours'; END$$;
SELECT fivetrex_watch.request('{assimilate_seem}', account => 'w4');
CALL fivetrex_watch.wait(8);
SELECT error FROM fivetrex_watch.accounts WHERE account = 'w4';
