--
-- fivetrex_watch: events, deliveries, source tables and allowances, without network.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS fivetrex;
CREATE EXTENSION fivetrex_watch;
RESET client_min_messages;
SET timezone = 'UTC';
\pset format unaligned
\pset tuples_only on

-- Payloads of NOTIFY fit, whatever the texts hold, and say what they can.
SELECT fivetrex_watch.notice_of(ROW (7, now(), 'main', 'c', 'health', 'ok', 'broken', 'orders: broken',
  '{}')::fivetrex_watch.events);
SELECT count(*), bool_and(octet_length(n) < 8000), bool_and(n::json ->> 'id' = '7'), bool_and(octet_length(n) > 1000)
FROM unnest(ARRAY['x', E'\x01', E'\u00e9', E'\u20ac', E'\U0001f600', '"', '\']) c,
  unnest(ARRAY[3000, 9000, 100000]) size,
  unnest(ARRAY[true, false]) in_all, fivetrex_watch.notice_of(ROW (7, now(), CASE WHEN in_all THEN repeat(c, size) END,
    CASE WHEN in_all THEN repeat(c, size) END, 'account', 'ok', repeat(c, size), repeat(c, size),
      NULL)::fivetrex_watch.events) n;

-- Codes of tasks: nothing raises.
SELECT t, fivetrex_watch.task_codes(t) FROM unnest(ARRAY[NULL, '[]', '{}', '"x"', '1', 'null', '["x"]', '[{}]',
  '[null]', '[{"code": 5}]',
  '[{"code": "b"}, {"code": "a"}, {"code": "b"}]', '[{"message": "only words"}]',
    '[{"code": null, "message": null}]']::jsonb[]) t;

-- What has changed of a table: before, after, as (enabled, sync_mode, gone).
CREATE TABLE states (n int, t fivetrex_watch.tables);
INSERT INTO states VALUES (0, NULL), (1, ('a', 'c', 's', 't', 's', 't', true, 'SOFT_DELETE', now(), NULL)), (2,
  ('a', 'c', 's', 't', 's', 't', false, 'SOFT_DELETE', now(), NULL)),
  (3, ('a', 'c', 's', 't', 's', 't', true, 'HISTORY', now(), NULL)), (4,
    ('a', 'c', 's', 't', 's', 't', false, NULL, now(), NULL)), (5,
    ('a', 'c', 's', 't', 's', 't', true, 'SOFT_DELETE', now(), now()));
SELECT o.n, n.n, d.* FROM states o, states n, fivetrex_watch.table_changes(o.t, n.t) d ORDER BY 1, 2, 3;
DROP TABLE states;

-- The most specific allowance: every set of rows against the order that the contract gives.
CREATE TABLE kinds AS SELECT row_number() OVER (ORDER BY c NULLS LAST, g NULLS LAST, a NULLS LAST) AS n, a, g, c
FROM unnest(ARRAY['a', NULL]) a, unnest(ARRAY['g', NULL]) g, unnest(ARRAY['c', NULL]) c;
SELECT * FROM kinds ORDER BY n;
CREATE FUNCTION wrong_allowances() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  wrong int := 0;
BEGIN
  FOR mask IN 0 .. 255 LOOP
    TRUNCATE fivetrex_watch.slas;
    -- the rows of somebody else do not count
    INSERT INTO fivetrex_watch.slas (account, group_id, connector_id, max_age) VALUES ('other', NULL, NULL, '1 s'),
      (NULL, 'other', 'c', '1 s'), ('a', 'g', 'other', '1 s');
    INSERT INTO fivetrex_watch.slas (account, group_id, connector_id, max_age)
      SELECT a, g, c, make_interval(hours => n::int) FROM kinds WHERE mask & (1 << (n - 1)::int) > 0;
    wrong := wrong + (fivetrex_watch.sla_of('a', 'g', 'c') IS DISTINCT
      FROM (SELECT make_interval(hours => min(n)::int) FROM kinds WHERE mask & (1 << (n - 1)::int) > 0))::int;
  END LOOP;
  RETURN wrong;
END $$;
SELECT wrong_allowances();
DROP FUNCTION wrong_allowances;
DROP TABLE kinds;
TRUNCATE fivetrex_watch.slas;
\set VERBOSITY sqlstate
INSERT INTO fivetrex_watch.slas (account, max_age) VALUES (NULL, '1 h'), (NULL, '2 h');
INSERT INTO fivetrex_watch.slas (max_age) VALUES ('0');
INSERT INTO fivetrex_watch.slas (max_age) VALUES ('178000000 years');
\set VERBOSITY default

-- Freshness, and late by it.
BEGIN;
INSERT INTO fivetrex_watch.accounts (account, server, schema, refreshed_at) VALUES ('a', 's', 's', now());
INSERT INTO fivetrex_watch.connectors (account, id, name, succeeded_at, data_as_of, allowance, gone_at)
SELECT 'a', n::text, 'c' || n, now(), now() - make_interval(hours => n), CASE n
  WHEN 4 THEN NULL ELSE interval '2 h' END, CASE n WHEN 5 THEN now() END
FROM generate_series(1, 5) n;
SELECT name, age, allowed, late_by, will_be_late_at - now() FROM fivetrex_watch.freshness ORDER BY connector_id;
SELECT count(*) FROM fivetrex_watch.freshness f JOIN fivetrex_watch.health h USING (account, connector_id)
  WHERE (h.health = 'late') <> (f.late_by IS NOT NULL);
ROLLBACK;

-- This database as the destination.
BEGIN;
CREATE SCHEMA "dest 1";
CREATE TABLE "dest 1".orders AS SELECT n FROM generate_series(1, 1000) n;
CREATE TABLE "dest 1"."Odd ""name" (n int);
CREATE TABLE "dest 1".left_over (n int);
CREATE TABLE "dest 1".not_ours (n int);
CREATE TABLE "dest 1".parts (n int) PARTITION BY LIST (n);
DO $$ BEGIN EXECUTE format('CREATE TABLE "dest 1".%I (n int)', left(repeat('long ', 20), 63)); END $$;
CREATE INDEX absent ON "dest 1".left_over (n);
ANALYZE "dest 1".orders;
INSERT INTO fivetrex_watch.tables (account, connector_id, schema_name, table_name, schema_in_destination,
  name_in_destination, enabled, gone_at) VALUES
  ('a', 'c', 's', '1', 'dest 1', 'orders', true, NULL), ('a', 'c', 's', '2', 'dest 1', 'Odd "name', true, NULL),
    ('a', 'c', 's', '3', 'dest 1', 'left_over', false, NULL),
  ('a', 'c', 's', '4', 'dest 1', 'absent', true, NULL), ('a', 'c', 's', '5', 'dest 1', 'absent', false, NULL),
    ('a', 'c', 's', '6', 'nowhere', 'orders', true, NULL),
  ('a', 'c', 's', '7', NULL, NULL, true, NULL), ('a', 'c', 's', '8', 'dest 1', 'orders', true, now()),
    ('a', 'c', 's', '9', 'dest 1', repeat('long ', 20), true, NULL),
  ('a', 'c', 's', '10', 'dest 1', 'parts', true, NULL), ('a', 'c', 's', '11', 'dest 1', 'absent', NULL, NULL);
SELECT table_name, relation, est_rows, bytes > 0, problem FROM fivetrex_watch.landed ORDER BY table_name::int;
-- not of a connector that is gone
INSERT INTO fivetrex_watch.connectors (account, id, gone_at) VALUES ('a', 'c', NULL);
SELECT count(*) FROM fivetrex_watch.landed;
UPDATE fivetrex_watch.connectors SET gone_at = now();
SELECT count(*) FROM fivetrex_watch.landed;
ROLLBACK;

--
-- receive(): the status for each body and signature.
--
CREATE SERVER watched FOREIGN DATA WRAPPER fivetrex;
CREATE USER MAPPING FOR CURRENT_USER SERVER watched
  OPTIONS (api_key 'k', api_secret 's', webhook_secret 'the real secret');
CREATE FUNCTION try(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  EXECUTE sql INTO result;
  RETURN result;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
CREATE FUNCTION deliver(body bytea, secret text DEFAULT 'the real secret') RETURNS text LANGUAGE sql AS $$
  SELECT try(format('SELECT fivetrex_watch.receive(%L, %L)', body, fivetrex_webhook_signature(body, secret)))
$$;
SELECT deliver('{}');
INSERT INTO fivetrex_watch.accounts (account, server, schema) VALUES ('main', 'watched', 's');
\set body '{"event":"sync_end","created":"2026-05-22T00:06:08.638Z","connector_type":"google_cloud_postgresql","connector_id":"assimilate_seem","connector_name":"ftar_pg","sync_id":"b4703f73-6315-4e22-8d7a-3bfb18b2fed2","destination_group_id":"inappropriate_implode","data":{"status":"SUCCESSFUL"}}'
CREATE TABLE tried (n serial, what text, body bytea, secret text DEFAULT 'the real secret', status text);
INSERT INTO tried (what, body) VALUES ('of the documentation', convert_to(:'body', 'UTF8')),
  ('again', convert_to(:'body', 'UTF8')),
  ('test_event', '{"event":"test_event","created":"<timestamp>","connector_type":"_connector_type","connector_id":"_connector_1","group_id":"_destination_1"}'),
  ('a blank more is another delivery', convert_to(:'body' || ' ', 'UTF8')),
  ('an event that nobody knows', '{"event":"something_new"}'), ('no event', '{}'),
    ('other types', '{"event":{"a":1},"connector_id":5,"sync_id":[],"created":true}'),
  ('dates that are none', '{"created":"2026-02-31T99:00:00Z"}'),
    ('a date too far', '{"created":"999999-01-01T00:00:00Z"}'),
    ('a date with a zone that is none', '{"created":"2026-01-01 00:00 Nowhere/Else"}'),
  ('deep, but not too deep', convert_to('{"a":' || repeat('[', 500) || repeat(']', 500) || '}', 'UTF8')),
  ('empty', ''), ('null', NULL), ('a number', '1'), ('an array', '[]'), ('a string', '"x"'), ('JSON null', 'null'),
    ('half of one', '{"event":'), ('two', '{}{}'),
  ('not JSON', 'event=sync_end'), ('a zero byte', '\x7b7d00'), ('not UTF-8', '\x7b2261223a22ff227d'),
    ('UTF-16', '\xfffe7b007d00'), ('a mark of order', '\xefbbbf7b7d'),
  ('what jsonb cannot hold: zero', convert_to('{"event":"a\u0000b"}', 'UTF8')),
    ('half a pair', convert_to('{"event":"\ud800"}', 'UTF8')), ('a number too large', '{"event":"big","n":1e400000}'),
  ('a megabyte', convert_to('{"a":"' || repeat('x', 1048576 - 8) || '"}', 'UTF8')),
    ('more than a megabyte', convert_to('{"a":"' || repeat('x', 1048576 - 7) || '"}', 'UTF8'));
INSERT INTO tried (what, body, secret) VALUES ('signed by another', '{}', 'another'),
  ('not JSON, and signed by another', 'x', 'another');
UPDATE tried t SET status = deliver(t.body, t.secret) FROM (SELECT * FROM tried ORDER BY n) o WHERE o.n = t.n;
SELECT what, status FROM tried ORDER BY n;
SELECT length(digest), event, connector_id, sync_id, created, jsonb_typeof(body), used_at IS NULL, count(*)
  FROM fivetrex_watch.deliveries
GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY event COLLATE "C", connector_id, created, jsonb_typeof(body);
-- too deep for the parser: no error, whatever a version of PostgreSQL makes of it
SELECT deliver(convert_to('{"a":' || repeat('[', 400000) || repeat(']', 400000) || '}', 'UTF8')) IN ('200', '400');
DELETE FROM fivetrex_watch.deliveries WHERE jsonb_typeof(body) = 'string' AND event IS NULL
  AND length(body::text) > 400000;
SELECT count(*) = (SELECT count(DISTINCT body) FROM tried WHERE status = '200') FROM fivetrex_watch.deliveries;

-- Signatures: upper or lower case, and all that is none.
SELECT fivetrex_watch.receive('{"n":1}', upper(fivetrex_webhook_signature('{"n":1}'::bytea, 'the real secret'))),
  fivetrex_watch.receive('{"n":1}', lower(fivetrex_webhook_signature('{"n":1}'::bytea, 'the real secret')));
SELECT s, fivetrex_watch.receive('{"n":2}', s) FROM unnest('{null,"",x,sha256=}'::text[]) s;
-- Which account: the only one, the named one.
INSERT INTO fivetrex_watch.accounts (account, server, schema) VALUES ('second', 'watched', 's');
SELECT deliver('{}');
SELECT try($$SELECT fivetrex_watch.receive('{}', 'x', 'nobody')$$);
SELECT fivetrex_watch.receive('{}', fivetrex_webhook_signature('{}'::bytea, 'the real secret'), 'second');
SELECT account, count(*) FROM fivetrex_watch.deliveries WHERE body = '{}' GROUP BY 1 ORDER BY 1;
-- Without a secret that is the owner's fault, not Fivetran's.
ALTER USER MAPPING FOR CURRENT_USER SERVER watched OPTIONS (DROP webhook_secret);
SELECT try($$SELECT fivetrex_watch.receive('{}', 'x', 'second')$$);
ALTER USER MAPPING FOR CURRENT_USER SERVER watched OPTIONS (ADD webhook_secret 'the real secret');
-- A web tier's role: nothing by itself, and no secret; what it brings is not looked at.
CREATE ROLE regress_web;
GRANT USAGE ON SCHEMA fivetrex_watch TO regress_web;
SET ROLE regress_web;
SELECT try($$SELECT fivetrex_watch.receive('{}', 'x', 'main')$$);
RESET ROLE;
GRANT EXECUTE ON FUNCTION fivetrex_watch.receive TO regress_web;
SET ROLE regress_web;
SELECT fivetrex_watch.receive('{"n":3}', '70b42cd2a5a3dc0f4a64f5b9ef3d0ba5e9f3ab6e5f1ea23ee3d6c69bdc0d33e7', 'main');
CREATE FUNCTION pg_temp.fivetrex_verify_delivery(bytea, text, name) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE TEMP TABLE accounts (account text);
SET search_path = pg_temp, public;
SELECT fivetrex_watch.receive('{"n":3}', 'x', 'main');
SELECT try($$SELECT count(*) FROM fivetrex_watch.deliveries$$),
  try($$SELECT fivetrex_watch.tell('main', NULL, 'x', NULL, NULL, 'x', NULL)$$);
RESET search_path;
RESET ROLE;

-- prune() takes what is old.
UPDATE fivetrex_watch.deliveries SET received_at = now() - interval '401 days' WHERE account = 'second';
INSERT INTO fivetrex_watch.events (at, account, kind, message)
  VALUES (now() - interval '401 days', 'main', 'health', 'old'), (now() - interval '399 days', 'main', 'health', 'new');
INSERT INTO fivetrex_watch.tables (account, connector_id, schema_name, table_name, gone_at)
  VALUES ('main', 'c', 's', 'old', now() - interval '401 days'), ('main', 'c', 's', 'there', NULL);
-- of a connector that is forgotten, too
INSERT INTO fivetrex_watch.connectors (account, id) VALUES ('main', 'c');
INSERT INTO fivetrex_watch.tables (account, connector_id, schema_name, table_name)
  VALUES ('main', 'forgotten', 's', 't');
CALL fivetrex_watch.prune();
SELECT message FROM fivetrex_watch.events;
SELECT account, count(*) > 0 FROM fivetrex_watch.deliveries GROUP BY 1;
SELECT table_name FROM fivetrex_watch.tables;
-- What is known of an account goes by its name.
UPDATE fivetrex_watch.accounts SET account = 'renamed' WHERE account = 'main';
SELECT (SELECT count(*) > 0 FROM fivetrex_watch.deliveries WHERE account = 'renamed'), (SELECT account
  FROM fivetrex_watch.events), (SELECT account FROM fivetrex_watch.tables);
DELETE FROM fivetrex_watch.accounts;
SELECT (SELECT count(*) FROM fivetrex_watch.deliveries), (SELECT count(*)
  FROM fivetrex_watch.events), (SELECT count(*) FROM fivetrex_watch.tables);

DROP TABLE tried, pg_temp.accounts;
DROP FUNCTION deliver, try, pg_temp.fivetrex_verify_delivery;
SET client_min_messages = warning;
DROP SERVER watched CASCADE;
DROP EXTENSION fivetrex_watch;
DROP ROLE regress_web;
DROP EXTENSION fivetrex;
