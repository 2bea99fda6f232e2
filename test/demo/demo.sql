\getenv base_url FIVETREX_DEMO_BASE_URL
\getenv api_key FIVETREX_DEMO_API_KEY
\getenv api_secret FIVETREX_DEMO_API_SECRET
\getenv access FIVETREX_DEMO_ACCESS
\getenv writable FIVETREX_DEMO_WRITABLE

-- Fivetran becomes a schema: an extension, a server, your credentials, one
-- IMPORT.
CREATE EXTENSION fivetrex;

CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex
  OPTIONS (base_url :'base_url', access :'access');

CREATE USER MAPPING FOR CURRENT_USER SERVER fivetran
  OPTIONS (api_key :'api_key', api_secret :'api_secret');

CREATE SCHEMA fivetran;

IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO fivetran;

-- The descriptions of tables and columns, for \d+ and for your editor.
SELECT fivetrex_comment('fivetran') AS tables_described;

-- Whose key is it, and how far away is the API?
SELECT account_name, key_kind, latency_ms < 60000 AS answered FROM fivetrex_ping();

-- How many connectors are in which state? One list, read page by page.
SELECT setup_state, sync_state, count(*)
FROM fivetran.connectors
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 8;

-- Which broken connectors failed last, and into which destination do they
-- load? Three lists, joined locally.
SELECT g.name AS "group", c.service, c.schema, c.sync_state, c.failed_at, d.service AS destination
FROM fivetran.connectors c
JOIN fivetran.groups g ON g.id = c.group_id
LEFT JOIN fivetran.destinations d ON d.id = g.id
WHERE c.setup_state = 'broken' AND c.failed_at IS NOT NULL
ORDER BY c.failed_at DESC, c.id LIMIT 5;

-- Conditions that the API understands go into the request; EXPLAIN VERBOSE
-- shows it and sends nothing.
EXPLAIN (VERBOSE, COSTS OFF)
SELECT id, service FROM fivetran.connectors
WHERE group_id = (SELECT min(id) FROM fivetran.groups) AND NOT paused;

-- LIMIT reaches the API too: this is one call for three rows.
EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF)
SELECT id, service, schema FROM fivetran.connectors LIMIT 3;

-- What the connectors of one service are configured with, from jsonb.
SELECT service, count(*), count(config) AS with_config, max(succeeded_at) AS last_success
FROM fivetran.connectors
GROUP BY service ORDER BY count(*) DESC, service LIMIT 5;

-- Only the detail call has a destination's config: it is made for the rows
-- that need it, many at once.
SELECT id, service, region, jsonb_object_keys(config) AS config_key
FROM fivetran.destinations
WHERE setup_status ILIKE 'connected'
ORDER BY 1, 4 LIMIT 6;

-- Which tasks wait for a person?
SELECT c.id, c.service, t ->> 'code' AS task, t ->> 'message' AS message
FROM fivetran.connectors c, jsonb_array_elements(c.tasks) t
ORDER BY c.id LIMIT 5;

-- Webhooks and what they listen to.
SELECT type, active, cardinality(events) AS events, events[1:2] AS first_two
FROM fivetran.webhooks ORDER BY created_at, id LIMIT 4;

-- Any other endpoint, today's or tomorrow's.
SELECT jsonb_pretty(fivetrex_request('GET', '/v1/groups', '{"limit": 1}') -> 'data' -> 'items' -> 0) AS first_group;

-- Join with tables of your own: what does each team look after?
CREATE TEMP TABLE owners AS
  SELECT id AS group_id, CASE WHEN row_number() OVER (ORDER BY id) % 2 = 0 THEN 'platform' ELSE 'analytics' END AS team
  FROM fivetran.groups;

SELECT o.team, count(*) AS connectors,
       count(*) FILTER (WHERE c.paused) AS paused,
       count(*) FILTER (WHERE c.setup_state = 'broken') AS broken
FROM owners o JOIN fivetran.connectors c USING (group_id)
GROUP BY o.team ORDER BY o.team;

-- A child table: who may do what in some of the groups? One call per group,
-- many at once.
SELECT group_id, role, count(*) AS users
FROM fivetran.group_users
WHERE group_id = ANY (ARRAY(SELECT id FROM fivetran.groups ORDER BY id LIMIT 5))
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 5;

-- What does the account's plan have? One cheap call per table.
SELECT status, count(*) AS tables FROM fivetrex_selftest() GROUP BY 1 ORDER BY 2 DESC, 1;

\if :writable
-- Changes are plain SQL. With dry_run nothing is sent: each request is shown.
SET fivetrex.dry_run = on;

UPDATE fivetran.connectors SET paused = true WHERE id IN ('broken_anchor', 'syncing_river');

UPDATE fivetran.connector_columns SET hashed = true
WHERE connector_id = 'assimilate_seem' AND column_name ~ 'email|name';

SET fivetrex.dry_run = off;

-- Now for real, on the mock: many rows are one PATCH, and RETURNING shows what
-- the API answered.
UPDATE fivetran.connector_columns SET hashed = true
WHERE connector_id = 'assimilate_seem' AND column_name ~ 'email|name'
RETURNING schema_name, table_name, column_name, hashed;

INSERT INTO fivetran.groups (name) VALUES ('Demo') RETURNING id, name;

SELECT fivetrex_sync('assimilate_seem');

SELECT id, sync_state, is_syncing FROM fivetrex_sync_status('assimilate_seem');
-- The mock answers at once: look more often than every five seconds.
ALTER SERVER fivetran OPTIONS (ADD retry_delay '100');

-- Sync, wait, go on: for the sync that was asked for, not for the last success.
SELECT clock_timestamp() AS asked \gset

SELECT fivetrex_sync('daily_beacon');

SELECT id, outcome, known_by, reason FROM fivetrex_wait('daily_beacon', '1 min', since => :'asked');

-- Watch the account: one heartbeat keeps what the API forgets. pg_cron or cron would call it.
CREATE EXTENSION fivetrex_watch;

SELECT fivetrex_watch.add_account('main');

CALL fivetrex_watch.refresh();

-- The board reads local tables and calls nothing.
SELECT health, severity, count(*) AS connectors, min(name) AS for_example
FROM fivetrex_watch.health GROUP BY 1, 2 ORDER BY 2 DESC, 3 DESC;

-- Who wants to be told takes events; the first time he registers.
SELECT count(*) AS events FROM fivetrex_watch.take('alerts');

-- A run of three, two at once; it waits for exactly these, and one of them fails.
SELECT fivetrex_watch.request('{cron_lighthouse,unicode_meadow,escaped_willow}', at_once => 2) AS batch \gset

CALL fivetrex_watch.wait(:batch);

-- Who failed, and why?
SELECT connector_id, outcome, known_by, reason, sync_id IS NOT NULL AS sync_known
FROM fivetrex_watch.runs WHERE batch = :batch ORDER BY id;

-- The alert, told once.
SELECT kind, now, message FROM fivetrex_watch.take('alerts');

SELECT count(*) AS more FROM fivetrex_watch.take('alerts');

-- The same as pictures: here for a terminal; make demo REPORT=status.html keeps the whole account as a page for a
-- browser.
SELECT name, health, week, durations FROM fivetrex_watch.sparklines WHERE durations IS NOT NULL
  ORDER BY severity DESC, name LIMIT 5;

SELECT length(fivetrex_watch.report()) > 10000 AS page FROM fivetrex_watch.accounts;

-- What is left of the hour's calls?
SELECT rate_limit, remaining > 0 AS some_left, calls > 0 AS called FROM fivetrex_limits();
\endif
