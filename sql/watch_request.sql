--
-- fivetrex_watch: accounts and requests, without a network.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS fivetrex;
CREATE EXTENSION fivetrex_watch;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE FUNCTION try(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
  hint text;
BEGIN
  EXECUTE command;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  -- of a CHECK constraint it is the whole row
  RETURN concat_ws(E'\n', SQLSTATE || ': ' || SQLERRM, CASE
    WHEN SQLSTATE <> '23514' THEN nullif(detail, '') END, nullif(hint, ''));
END $$;
\pset format unaligned
\pset tuples_only on
CREATE SERVER watched FOREIGN DATA WRAPPER fivetrex;
CREATE SERVER other FOREIGN DATA WRAPPER fivetrex;
CREATE SCHEMA "My tables";

-- The foreign tables must be there, of that server, with the columns that are read.
SELECT try($$SELECT fivetrex_watch.add_account('main')$$);
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors, groups) FROM SERVER watched INTO "My tables";
SELECT try($$SELECT fivetrex_watch.add_account('main', 'watched', 'My tables')$$);
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connector_sync_history, connector_schemas) FROM
  SERVER watched INTO "My tables";
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connector_tables) FROM SERVER other INTO "My tables";
SELECT try($$SELECT fivetrex_watch.add_account('main', 'watched', 'My tables')$$);
DROP FOREIGN TABLE "My tables".connector_tables;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connector_tables) FROM SERVER watched INTO "My tables";
ALTER FOREIGN TABLE "My tables".connectors DROP COLUMN tasks, DROP COLUMN succeeded_at;
SELECT try($$SELECT fivetrex_watch.add_account('main', 'watched', 'My tables')$$);
DROP FOREIGN TABLE "My tables".connectors;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors) FROM SERVER watched INTO "My tables";
SELECT try($$SELECT fivetrex_watch.add_account('main', 'watched', 'My tables')$$);
-- what the hints say leads there
SELECT try($$CREATE SCHEMA hinted; IMPORT FOREIGN SCHEMA fivetran
  LIMIT TO (connectors, groups, connector_sync_history, connector_schemas, connector_tables, webhooks) FROM
  SERVER watched INTO hinted;
  ALTER FOREIGN TABLE hinted.connectors DROP COLUMN tasks$$);
SELECT try($$SELECT fivetrex_watch.add_account('hinted', 'watched', 'hinted')$$);
SELECT try($$DROP FOREIGN TABLE hinted.connectors; IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors) FROM
  SERVER watched INTO hinted;
  SELECT fivetrex_watch.add_account('hinted', 'watched', 'hinted')$$);
DELETE FROM fivetrex_watch.accounts WHERE account = 'hinted';
SET client_min_messages = warning;
DROP SCHEMA hinted CASCADE;
RESET client_min_messages;
SELECT try($$SELECT fivetrex_watch.add_account(NULL, 'watched', 'My tables')$$);
SELECT try($$SELECT fivetrex_watch.add_account('main', NULL, 'My tables')$$);
SELECT try($$SELECT fivetrex_watch.add_account('main', 'watched', NULL)$$);
SELECT try($$SELECT fivetrex_watch.add_account('main', 'watched', '100% %I %s')$$);
SELECT try($$SELECT fivetrex_watch.add_account('main', '100% %I %s')$$);
SELECT try($$SELECT fivetrex_watch.add_account('', 'watched', 'My tables')$$);
SELECT account, server, schema, enabled, history_every, keep, stale_after, hold, max_gone, history_calls
  FROM fivetrex_watch.accounts;
SELECT try($$UPDATE fivetrex_watch.accounts SET history_every = '7 days'$$);

-- Nothing is known before the first refresh.
SELECT try($$SELECT fivetrex_watch.request('{a}')$$);
SELECT try($$SELECT fivetrex_watch.request('{a}', account => 'another')$$);
UPDATE fivetrex_watch.accounts SET refreshed_at = now();
INSERT INTO fivetrex_watch.connectors (account, id, name) SELECT 'main', chr(96 + n), 'name of ' || chr(96 + n)
  FROM generate_series(1, 5) n;
SELECT try($$SELECT fivetrex_watch.request('{a,zebra,b,yak}')$$);
SELECT try($$SELECT fivetrex_watch.request('{"name of b",a,name of yak}')$$);
SELECT try($$SELECT fivetrex_watch.request('{a,NULL}')$$);
SELECT try($$SELECT fivetrex_watch.request('{a}', 0)$$);
SELECT try($$SELECT fivetrex_watch.request('{a}', NULL)$$);
SELECT try($$SELECT fivetrex_watch.request('{a}', deadline => '0')$$);
SELECT try($$SELECT fivetrex_watch.request('{NULL}'::text[])$$);
SELECT try($$SELECT fivetrex_watch.request('[0:1]={a,NULL}'::text[])$$);
SELECT try($$SELECT fivetrex_watch.request('{{a,b},{c,d}}'::text[])$$);
SELECT deadline, try(format('SELECT fivetrex_watch.request(%L, deadline => %L)', '{a}', deadline))
FROM unnest('{-1 s,-178000000 years,178000000 years,1 year 1 day}'::text[]) deadline;
SELECT max_age, fivetrex_watch.moment_before('2026-03-01Z', max_age::interval) <= '2026-03-01Z'
FROM unnest('{0,-1 s,1 s,1000 years,-178000000 years,178000000 years}'::text[]) max_age;
SELECT fivetrex_watch.moment_before('2026-03-01Z', NULL) = '2026-03-01Z';
SELECT col, try(format('UPDATE fivetrex_watch.accounts SET %I = %L', col, '178000000 years'))
  FROM unnest('{history_every,keep,stale_after,hold,webhooks_every}'::text[]) col;
SELECT fivetrex_watch.request('{}') IS NULL, fivetrex_watch.request(NULL) IS NULL;
SELECT count(*) FROM fivetrex_watch.runs;

-- Each connector once, in the order that was given; a ROLLBACK takes it back.
BEGIN;
SELECT fivetrex_watch.request('{e}') > 0;
ROLLBACK;
SELECT fivetrex_watch.request('{c,a,c,b,a}', 2, '1 hour') AS batch \gset
SELECT connector_id, account, at_once, deadline - requested_at, requested_by = session_user,
  requested_at > now() - interval '1 min',
  outcome IS NULL FROM fivetrex_watch.runs WHERE batch = :batch ORDER BY id;
SELECT n, open, succeeded, other, ended IS NULL FROM fivetrex_watch.batches WHERE batch = :batch;
-- the moment is that of the call, not the transaction's start
BEGIN;
SELECT fivetrex_watch.request('{d}') AS late \gset
SELECT requested_at > now() FROM fivetrex_watch.runs WHERE batch = :late;
COMMIT;
SELECT fivetrex_watch.cancel(:batch), fivetrex_watch.cancel(:batch), fivetrex_watch.cancel(NULL),
  fivetrex_watch.cancel(-1);
SELECT DISTINCT outcome, ended_at IS NOT NULL, reason ~ '^canceled by ', known_by IS NULL FROM fivetrex_watch.runs
  WHERE batch = :batch;

-- With two accounts one must be named.
SELECT try($$SELECT fivetrex_watch.add_account('second', 'watched', 'My tables')$$);
SELECT try($$SELECT fivetrex_watch.request('{a}')$$);
SELECT fivetrex_watch.request('{a}', account => 'main') > :late;
SELECT try($$CALL fivetrex_watch.refresh('nobody')$$);
SELECT try($$CALL fivetrex_watch.wait(-1)$$);
-- arguments without sense
\set VERBOSITY terse
CALL fivetrex_watch.refresh('main', max_age => NULL);
CALL fivetrex_watch.refresh('main', runs_only => NULL);
CALL fivetrex_watch.refresh('main', max_age => '-1 s');
CALL fivetrex_watch.refresh_tables(-1);
\set VERBOSITY default
BEGIN READ ONLY;
SELECT fivetrex_watch.request('{a}');
ROLLBACK;
-- one that is switched off: the board and who asks are told
UPDATE fivetrex_watch.accounts SET enabled = false, refreshed_at = now() - interval '1 day' WHERE account = 'main';
BEGIN;
SELECT fivetrex_watch.request('{a}', account => 'main') > 0;
ROLLBACK;
SELECT DISTINCT is_stale, reason FROM fivetrex_watch.health WHERE account = 'main';
UPDATE fivetrex_watch.accounts SET enabled = true, refreshed_at = now() WHERE account = 'main';
CALL fivetrex_watch.wait(NULL);
SET client_min_messages = warning;
CALL fivetrex_watch.wait(:batch);
RESET client_min_messages;
-- nobody refreshes: a wait ends all the same, some minutes after the deadline
SELECT fivetrex_watch.request('{e}', account => 'main') AS lonely \gset
UPDATE fivetrex_watch.runs SET deadline = now() - interval '6 min' WHERE batch = :lonely;
CALL fivetrex_watch.wait(:lonely);
SELECT fivetrex_watch.cancel(:lonely);
BEGIN READ ONLY;
SELECT try($$CALL fivetrex_watch.refresh()$$);
SELECT try(format('CALL fivetrex_watch.wait(%s)', :batch));
ROLLBACK;

-- A role may ask for syncs without any credentials, and no more.
CREATE ROLE regress_asker;
SET ROLE regress_asker;
SELECT try($$SELECT fivetrex_watch.request('{a}', account => 'main')$$);
RESET ROLE;
GRANT USAGE ON SCHEMA fivetrex_watch TO regress_asker;
GRANT SELECT ON fivetrex_watch.health TO regress_asker;
SET ROLE regress_asker;
SELECT try($$SELECT fivetrex_watch.request('{a}', account => 'main')$$);
SELECT count(*), min(health) FROM fivetrex_watch.health;
SELECT try(format('SELECT * FROM fivetrex_watch.%I', t))
  FROM unnest('{accounts,connectors,syncs,runs,failures}'::text[]) t;
SELECT try($$CALL fivetrex_watch.refresh()$$);
RESET ROLE;
GRANT EXECUTE ON FUNCTION fivetrex_watch.request TO regress_asker;
-- names of the schema cannot be taken over by temporary tables or another search_path
SET ROLE regress_asker;
CREATE TEMP TABLE accounts (account text);
SET search_path = pg_temp, public;
SELECT fivetrex_watch.request('{a}', account => 'main') AS asked \gset
RESET search_path;
RESET ROLE;
SELECT requested_by, account FROM fivetrex_watch.runs WHERE batch = :asked;

-- An account can be renamed, and goes with all that is known of it: in READ COMMITTED, as only there all of it is seen.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT try($$UPDATE fivetrex_watch.accounts SET account = 'renamed' WHERE account = 'main'$$);
SELECT try($$DELETE FROM fivetrex_watch.accounts$$);
SELECT try($$UPDATE fivetrex_watch.accounts SET enabled = true$$);
ROLLBACK;
UPDATE fivetrex_watch.accounts SET account = 'renamed' WHERE account = 'main';
SELECT (SELECT count(*) FROM fivetrex_watch.runs WHERE account = 'renamed') > 0, (SELECT count(*)
  FROM fivetrex_watch.connectors WHERE account = 'renamed');

-- prune() deletes what is older than accounts.keep, and nothing that is open.
UPDATE fivetrex_watch.accounts SET keep = '10 days';
INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id, started_at, seen_at)
SELECT 'renamed', 'a', n, CASE WHEN n % 3 > 0 THEN now() - n * interval '1 day' END, now() - n * interval '1 day'
  FROM generate_series(1, 25000) n;
UPDATE fivetrex_watch.runs SET requested_at = now() - interval '11 days', ended_at = CASE WHEN outcome
  IS NOT NULL THEN now() - interval '11 days' END;
UPDATE fivetrex_watch.connectors SET gone_at = now() - CASE id WHEN 'a' THEN interval '11 days'
  WHEN 'b' THEN '9 days' END;
SELECT count(*) FILTER (WHERE outcome IS NULL) > 0 AS some_are_open FROM fivetrex_watch.runs;
CALL fivetrex_watch.prune();
SELECT count(*) FROM fivetrex_watch.syncs;
SELECT count(*) FILTER (WHERE outcome IS NULL) > 0 AS open, count(*) FILTER (WHERE outcome IS NOT NULL) AS ended
  FROM fivetrex_watch.runs;
SELECT id, gone_at IS NULL FROM fivetrex_watch.connectors ORDER BY id;
DELETE FROM fivetrex_watch.accounts;
SELECT (SELECT count(*) FROM fivetrex_watch.runs), (SELECT count(*)
  FROM fivetrex_watch.connectors), (SELECT count(*) FROM fivetrex_watch.syncs);
SELECT try($$CALL fivetrex_watch.refresh()$$);

DROP OWNED BY regress_asker;
DROP ROLE regress_asker;
DROP FUNCTION try;
DROP EXTENSION fivetrex_watch;
-- the schema goes with it
SELECT count(*) FROM pg_namespace WHERE nspname = 'fivetrex_watch';
SET client_min_messages = warning;
DROP EXTENSION fivetrex CASCADE;
DROP SCHEMA "My tables";
