--
-- fivetrex_watch.health_of(): one word for each connector.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS fivetrex;
CREATE EXTENSION fivetrex_watch;
RESET client_min_messages;
SET timezone = 'UTC';
\set at '''2026-03-01 12:00:00+00'''

-- What makes each word, as changes to a connector that is ok.
CREATE TABLE rules (n int, word text, change jsonb);
INSERT INTO rules VALUES
  (1, 'gone', '{"gone_at": "2026-03-01 11:00Z"}'),
  (2, 'paused', '{"paused": true, "sync_state": "paused"}'),
  (3, 'incomplete', '{"setup_state": "incomplete"}'),
  (4, 'broken', '{"setup_state": "broken", "tasks": [{"code": "reconnect", "message": "Reconnect the source"}, {"message": "second"}]}'),
  (5, 'failing', '{"failed_at": "2026-03-01 11:30Z"}'),
  (6, 'new', '{"succeeded_at": null, "failed_at": null, "data_as_of": null}'),
  (7, 'rescheduled', '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 13:30Z"}'),
  (8, 'late', '{"data_as_of": "2026-03-01 09:59:59Z"}'),
  (9, 'delayed', '{"update_state": "delayed"}'),
  (10, 'ok', '{}');

CREATE FUNCTION connector(change jsonb) RETURNS fivetrex_watch.connectors LANGUAGE sql AS $$
  SELECT jsonb_populate_record(NULL::fivetrex_watch.connectors, '{"account": "a", "id": "c", "setup_state": "connected",
    "sync_state": "scheduled", "update_state": "on_schedule", "paused": false, "schedule_type": "auto",
    "succeeded_at": "2026-03-01 11:10Z", "failed_at": "2026-02-01 00:00Z", "data_as_of": "2026-03-01 11:00Z",
    "first_seen_at": "2026-01-01 00:00Z", "allowance": "2 hours", "tasks": [], "warnings": []}' || change)
$$;

SELECT n, word, h.*, fivetrex_watch.health_began(connector(change), h.health)
FROM rules, fivetrex_watch.health_of(connector(change), :at) h ORDER BY n;

-- The first that fits: of each two, and of each three, the earlier one.
SELECT count(*), count(*) FILTER (WHERE h.health = a.word) AS as_the_first, count(DISTINCT (a.n, b.n, c.n))
FROM rules a, rules b, rules c, fivetrex_watch.health_of(connector(c.change || b.change || a.change), :at) h
WHERE a.n <= b.n AND b.n <= c.n;
SELECT a.word, b.word, h.health
FROM rules a, rules b, fivetrex_watch.health_of(connector(b.change || a.change), :at) h
WHERE a.n < b.n AND h.health <> a.word;

-- A running sync does not change the word, where it is not the state that makes it.
SELECT r.word, h.health FROM rules r,
  fivetrex_watch.health_of(connector(r.change || '{"sync_state": "syncing"}'), :at) h
WHERE h.health <> r.word;

-- Severity of rescheduled: nobody resumes it under a manual schedule.
SELECT h.* FROM fivetrex_watch.health_of(connector('{"sync_state": "rescheduled", "schedule_type": "manual"}'), :at) h;
SELECT h.* FROM fivetrex_watch.health_of(connector('{"sync_state": "rescheduled", "schedule_type": null}'), :at) h;

-- Late: exactly at the limit it is not; never without an allowance.
SELECT h.health FROM fivetrex_watch.health_of(connector('{"data_as_of": "2026-03-01 10:00Z"}'), :at) h;
SELECT h.health FROM fivetrex_watch.health_of(connector('{"data_as_of": "2020-03-01 10:00Z", "allowance": null}'),
  :at) h;

-- Failing: the last end decides; the same moment is a success.
SELECT f, h.health FROM unnest('{null,"2026-03-01 11:09Z","2026-03-01 11:10Z","2026-03-01 11:11Z"}'::timestamptz[]) f,
  fivetrex_watch.health_of(connector(jsonb_build_object('failed_at', f)), :at) h;
SELECT h.health FROM fivetrex_watch.health_of(connector('{"failed_at": "2026-03-01 11:11Z", "succeeded_at": null}'),
  :at) h;

-- States that are absent or that nobody knows yet fall through, and nothing raises.
SELECT h.health, count(*) FROM
  unnest('{null,connected,BROKEN,"something new",""}'::text[]) setup_state,
  unnest('{null,syncing,SYNCING,"something new",""}'::text[]) sync_state,
  unnest('{null,on_schedule,DELAYED,"something new",""}'::text[]) update_state,
  unnest('{null,false}'::boolean[]) paused,
  unnest(ARRAY[NULL, '[]', '{}', '"x"', '1', 'null', '["x"]', '[{}]', '[null]']::jsonb[]) tasks,
  fivetrex_watch.health_of(connector(jsonb_build_object('setup_state', setup_state, 'sync_state', sync_state,
    'update_state', update_state, 'paused', paused, 'tasks', tasks)), :at) h GROUP BY 1;
SELECT tasks, h.* FROM unnest(ARRAY[NULL, '[]', '{}', '"x"', '1', 'null', '["x"]', '[{}]', '[null]',
  '[{"message": 5}]']::jsonb[]) tasks,
  fivetrex_watch.health_of(connector(jsonb_build_object('setup_state', 'broken', 'tasks', tasks)), :at) h;
SELECT h.* FROM fivetrex_watch.health_of(NULL, :at) h;
SELECT h.* FROM fivetrex_watch.health_of(jsonb_populate_record(NULL::fivetrex_watch.connectors, '{}'), NULL) h;

--
-- The views, over rows that a refresh would have written.
--
BEGIN;
INSERT INTO fivetrex_watch.accounts (account, server, schema, refreshed_at)
  VALUES ('a', 's', 'f', now()), ('old', 's', 'f', now() - interval '16 min'), ('never', 's', 'f', NULL);
UPDATE fivetrex_watch.accounts SET error = 'the server is down' WHERE account IN ('old', 'a');
INSERT INTO fivetrex_watch.connectors (account, id, name, succeeded_at, failed_at, data_as_of, gone_at, sync_state,
  syncing_since, health, health_since, allowance)
VALUES ('a', 'good', 'orders', now() - interval '1 h', NULL, now() - interval '65 min', NULL, 'scheduled', NULL,
  'ok', now() - interval '3 days', '2 h'),
  ('a', 'bad', 'people', now() - interval '2 days', now() - interval '1 h', now() - interval '2 days', NULL,
    'syncing', now() - interval '5 min', 'ok', now() - interval '9 days', '2 h'),
  ('a', 'left', 'gone since yesterday', now(), NULL, NULL, now() - interval '1 day', 'syncing', now(), 'gone',
    now() - interval '1 day', NULL),
  ('a', 'long', 'gone for long', now(), NULL, NULL, now() - interval '8 days', NULL, NULL, NULL, NULL, NULL),
  ('old', 'stale', 'stale', now(), NULL, now(), NULL, 'scheduled', NULL, NULL, NULL, NULL),
  ('never', 'x', 'never refreshed', now(), NULL, now(), NULL, 'scheduled', NULL, NULL, NULL, NULL);
INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id, status, started_at, ended_at, reason, load_mb)
SELECT 'a', 'good', n::text, 'COMPLETED', now() - n * interval '1 h',
  now() - n * interval '1 h' + n * interval '1 min', NULL, n FROM generate_series(1, 12) n
UNION ALL SELECT 'a', 'bad', 'f' || n, 'FAILURE', now() - n * interval '1 h',
  now() - n * interval '1 h' + interval '1 min', 'reason ' || n, NULL FROM generate_series(1, 3) n
UNION ALL SELECT 'a', 'bad', 'running', 'INCOMPLETE', now() - interval '5 min', NULL, NULL, NULL
UNION ALL SELECT 'a', 'bad', 'older', 'FAILURE', now() - interval '8 days', now() - interval '8 days', 'too old', NULL;
SELECT account, name, health, severity, reason, date_trunc('second', now() - since) AS for, is_running, running_for,
  age, last_duration, typical_duration, is_stale
FROM fivetrex_watch.health ORDER BY account, connector_id;
SELECT name, sync_id, status, reason, ended_at - started_at AS took FROM fivetrex_watch.failures
  ORDER BY started_at DESC;
SELECT name, n, succeeded, failed, p50, p95, last_duration, running_for, is_slow, mb_p50
  FROM fivetrex_watch.sync_stats WHERE account = 'a' ORDER BY connector_id;
-- slow: beyond twice the p95 and beyond five minutes more
UPDATE fivetrex_watch.connectors SET sync_state = 'syncing', syncing_since = now() - interval '22 min 48 s'
  WHERE id = 'good';
SELECT running_for, p95, is_slow FROM fivetrex_watch.sync_stats WHERE name = 'orders';
UPDATE fivetrex_watch.connectors SET syncing_since = now() - interval '25 min' WHERE id = 'good';
SELECT running_for, p95, is_slow FROM fivetrex_watch.sync_stats WHERE name = 'orders';
DELETE FROM fivetrex_watch.syncs WHERE connector_id = 'good' AND sync_id::int > 9;
UPDATE fivetrex_watch.connectors SET syncing_since = now() - interval '25 hours' WHERE id = 'good';
SELECT n, is_slow FROM fivetrex_watch.sync_stats WHERE name = 'orders';
ROLLBACK;

DROP TABLE rules;
DROP FUNCTION connector;
DROP EXTENSION fivetrex_watch;
DROP EXTENSION fivetrex;
