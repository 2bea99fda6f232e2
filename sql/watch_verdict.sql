--
-- fivetrex_watch: how runs end and which is started next, from the tables alone.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS fivetrex;
CREATE EXTENSION fivetrex_watch;
RESET client_min_messages;
SET timezone = 'UTC';
\set at '''2026-03-01 12:00:00+00'''

-- A run that was asked for at 11:00, seen idle and posted at 11:01; another sync ended at 10:30.
CREATE FUNCTION run(change jsonb) RETURNS fivetrex_watch.runs LANGUAGE sql AS $$
  SELECT jsonb_populate_record(NULL::fivetrex_watch.runs, '{"id": 1, "batch": 1, "account": "a", "connector_id": "c",
    "requested_at": "2026-03-01 11:00Z", "requested_by": "me", "at_once": 5, "deadline": "2026-03-01 17:00Z",
    "looked_at": "2026-03-01 11:01Z", "idle_at": "2026-03-01 11:01Z", "ended_before": "2026-03-01 10:30Z",
    "triggered_at": "2026-03-01 11:01Z", "posts": 1, "tries": 0}' || change)
$$;
CREATE FUNCTION connector(change jsonb) RETURNS fivetrex_watch.connectors LANGUAGE sql AS $$
  SELECT jsonb_populate_record(NULL::fivetrex_watch.connectors, '{"account": "a", "id": "c", "setup_state": "connected",
    "sync_state": "scheduled", "paused": false, "schedule_type": "auto", "succeeded_at": "2026-03-01 10:30Z",
    "failed_at": "2026-02-01 00:00Z", "first_seen_at": "2026-01-01 00:00Z"}' || change)
$$;
CREATE FUNCTION account(change jsonb) RETURNS fivetrex_watch.accounts LANGUAGE sql AS $$
  SELECT jsonb_populate_record(NULL::fivetrex_watch.accounts, '{"account": "a", "server": "s", "schema": "f",
    "history_served": true, "clock_skew": "0"}' || change)
$$;
INSERT INTO fivetrex_watch.accounts (account, server, schema) VALUES ('a', 's', 'f');

-- Each case: syncs as status, start, end, reason; changes to run, connector, account.
CREATE TABLE cases (n serial, what text, syncs jsonb DEFAULT '[]', run jsonb DEFAULT '{}',
  connector jsonb DEFAULT '{}', account jsonb DEFAULT '{}');
INSERT INTO cases (what, syncs) VALUES
  ('nothing is known', '[]'),
  ('the one in progress at the request', '[["COMPLETED", "10:59:58", "11:30:00", null]]'),
  ('within the second of the clocks', '[["COMPLETED", "10:59:59", "11:30:00", null]]'),
  ('completed', '[["COMPLETED", "11:01:30", "11:30:00", null]]'),
  ('failed', '[["FAILURE", "11:01:30", "11:30:00", "no connection"]]'),
  ('canceled', '[["CANCELED", "11:01:30", "11:30:00", "by a user"]]'),
  ('incomplete', '[["INCOMPLETE", "11:01:30", "11:30:00", "half"]]'),
  ('paused in mid-sync', '[["PAUSED", "11:01:30", "11:30:00", null]]'),
  ('a word that nobody knows yet', '[["WITH_WARNINGS", "11:01:30", "11:30:00", "x"]]'),
  ('still running', '[["INCOMPLETE", "11:01:30", null, null]]'),
  ('rescheduled does not end it', '[["RESCHEDULED", "11:01:30", "11:30:00", "quota"]]'),
  ('rescheduled, then completed',
    '[["RESCHEDULED", "11:01:30", "11:30:00", "quota"], ["COMPLETED", "11:40:00", "11:50:00", null]]'),
  ('the first that ended counts',
    '[["FAILURE", "11:01:30", "11:30:00", "first"], ["COMPLETED", "11:40:00", "11:50:00", null]]'),
  ('an earlier and a later one', '[["FAILURE", "10:01:30", "10:30:00", "old"], ["COMPLETED", "11:40:00", "11:50:00", null]]');
INSERT INTO cases (what, syncs, run) VALUES
  ('it ran before the request, says a clock that is ahead', '[["COMPLETED", "11:59:30", "11:59:40", null]]',
    '{"requested_at": "2026-03-01 12:00:30Z"}'),
  ('it is still to begin', '[["COMPLETED", "12:00:02", "12:00:05", null]]', '{}'),
  ('it has begun by now, as far as the clocks tell', '[["COMPLETED", "12:00:01", "12:00:05", null]]', '{}');
INSERT INTO cases (what, syncs, account) VALUES
  ('their clock is an hour ahead', '[["COMPLETED", "11:30:00", "11:40:00", null]]', '{"clock_skew": "1 hour"}'),
  ('the same, and it began after', '[["COMPLETED", "12:01:30", "12:40:00", null]]', '{"clock_skew": "1 hour"}'),
  ('their clock is an hour behind', '[["COMPLETED", "10:00:01", "10:40:00", null]]', '{"clock_skew": "-1 hour"}');
INSERT INTO cases (what, connector, syncs, run) VALUES
  ('gone', '{"gone_at": "2026-03-01 11:30Z"}', '[]', '{}'),
  ('paused', '{"paused": true}', '[]', '{}'),
  ('paused by state', '{"sync_state": "paused"}', '[]', '{}'),
  ('not set up', '{"setup_state": "incomplete"}', '[]', '{}'),
  ('broken', '{"setup_state": "broken", "tasks": [{"message": "Reconnect"}]}', '[]', '{}'),
  ('broken, and a sync says why', '{"setup_state": "broken", "tasks": [{"message": "Reconnect"}]}',
    '[["RESCHEDULED", "11:01:30", "11:30:00", "password refused"]]', '{}'),
  ('history comes before state', '{"setup_state": "broken"}',
    '[["FAILURE", "11:01:30", "11:30:00", "password refused"]]', '{}'),
  ('a state from before the request says nothing', '{"paused": true}', '[]', '{"looked_at": null, "idle_at": null}'),
  ('rescheduled stays open', '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 13:00Z"}', '[]', '{}');
INSERT INTO cases (what, connector, account, run) VALUES
  ('timestamps count when there is no history', '{"succeeded_at": "2026-03-01 11:30Z"}',
    '{"history_served": false}', '{}'),
  ('a failure', '{"failed_at": "2026-03-01 11:30Z"}', '{"history_served": false}', '{}'),
  ('both moved: the later one', '{"succeeded_at": "2026-03-01 11:40Z", "failed_at": "2026-03-01 11:30Z"}',
    '{"history_served": false}', '{}'),
  ('not moved', '{}', '{"history_served": false}', '{}'),
  ('moved, but ended before it was seen idle', '{"succeeded_at": "2026-03-01 11:00:30Z"}',
    '{"history_served": false}', '{}'),
  ('never seen idle', '{"succeeded_at": "2026-03-01 11:30Z"}', '{"history_served": false}', '{"idle_at": null}'),
  ('the first sync ever', '{"succeeded_at": "2026-03-01 11:30Z", "failed_at": null}', '{"history_served": false}',
    '{"ended_before": null}'),
  ('history lags by less than two minutes', '{"succeeded_at": "2026-03-01 11:58:01Z"}', '{}', '{}'),
  ('history lags by more', '{"succeeded_at": "2026-03-01 11:57:59Z"}', '{}', '{}'),
  ('history of the connector is not readable',
    '{"succeeded_at": "2026-03-01 11:59:59Z", "history_error": "HTTP 500"}', '{}', '{}'),
  ('nobody could read the connector', '{"read_error": "no"}', '{}',
    '{"deadline": "2026-03-01 12:00Z", "looked_at": null}'),
  ('a lag on their clock', '{"succeeded_at": "2026-03-01 12:57:59Z"}', '{"clock_skew": "1 hour"}', '{}'),
  ('no lag on their clock', '{"succeeded_at": "2026-03-01 12:58:01Z"}', '{"clock_skew": "1 hour"}', '{}');
INSERT INTO cases (what, run, connector) VALUES
  ('posted three times, nothing began', '{"posts": 3, "triggered_at": "2026-03-01 11:49:59Z"}', '{}'),
  ('not ten minutes yet', '{"posts": 3, "triggered_at": "2026-03-01 11:50:01Z"}', '{}'),
  ('posted twice only', '{"posts": 2, "triggered_at": "2026-03-01 11:40Z"}', '{}'),
  ('it runs', '{"posts": 3, "triggered_at": "2026-03-01 11:40Z"}', '{"sync_state": "syncing"}'),
  ('a state that nobody knows is not idle', '{"posts": 3, "triggered_at": "2026-03-01 11:40Z"}',
    '{"sync_state": "SYNCING"}'),
  ('the deadline has come', '{"deadline": "2026-03-01 12:00Z", "error": "HTTP 503"}', '{}'),
  ('while it runs', '{"deadline": "2026-03-01 11:59Z"}', '{"sync_state": "syncing"}'),
  ('in a state that nobody knows', '{"deadline": "2026-03-01 11:59Z"}', '{"sync_state": "SYNCING"}'),
  ('without any state', '{"deadline": "2026-03-01 11:59Z"}', '{"sync_state": null}'),
  ('not started, nobody says why', '{"deadline": "2026-03-01 11:59Z", "triggered_at": null}', '{}'),
  ('started, and nothing more', '{"deadline": "2026-03-01 11:59Z"}', '{}'),
  ('while it is rescheduled', '{"deadline": "2026-03-01 11:59Z"}', '{"sync_state": "rescheduled"}'),
  ('before anybody looked', '{"deadline": "2026-03-01 11:59Z", "looked_at": null, "idle_at": null}', '{}'),
  ('state comes before the clock', '{"deadline": "2026-03-01 11:59Z"}', '{"paused": true}');

-- The clocks were set: the moment of the request counts as their difference was then.
INSERT INTO cases (what, syncs, run, account) VALUES
  ('an hour ahead then, and not now', '[["COMPLETED", "11:30:00", "11:40:00", null]]', '{"clock_skew": "1 hour"}',
    '{"clock_skew": "0"}'),
  ('the same, and it began after', '[["COMPLETED", "12:00:00", "12:40:00", null]]', '{"clock_skew": "1 hour"}',
    '{"clock_skew": "0"}'),
  ('level then, an hour behind now', '[["COMPLETED", "10:30:00", "10:40:00", null]]', '{"clock_skew": "0"}',
    '{"clock_skew": "-1 hour"}');
-- An end that moved, and a history which tells that it is that of an older sync.
INSERT INTO cases (what, syncs, connector, account) VALUES
  ('it was running at the request', '[["COMPLETED", "10:40:00", "11:30:00", null]]',
    '{"succeeded_at": "2026-03-01 11:30Z"}', '{}'),
  ('the two moments differ a little', '[["COMPLETED", "10:40:00", "11:31:30", null]]',
    '{"succeeded_at": "2026-03-01 11:30Z"}', '{}'),
  ('another end', '[["COMPLETED", "10:00:00", "10:30:00", null]]', '{"succeeded_at": "2026-03-01 11:30Z"}', '{}'),
  ('it failed', '[["FAILURE", "10:40:00", "11:30:00", "x"]]', '{"failed_at": "2026-03-01 11:30Z"}', '{}'),
  ('the account has histories no more', '[["COMPLETED", "10:40:00", "11:30:00", null]]',
    '{"succeeded_at": "2026-03-01 11:30Z"}', '{"history_served": false}');
-- The end before the request and one after it within two minutes: the history knows the first only.
INSERT INTO cases (what, syncs, connector, run) VALUES
  ('the older end is not this one', '[["COMPLETED", "10:40:00", "11:00:00", null]]',
    '{"succeeded_at": "2026-03-01 11:01:50Z"}', '{"ended_before": "2026-03-01 11:00:10Z"}');

CREATE FUNCTION judge(k cases, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v record;
BEGIN
  DELETE FROM fivetrex_watch.syncs;
  INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id, status, started_at, ended_at, reason)
  SELECT 'a', 'c', 's' || n, s ->> 0, '2026-03-01Z'::timestamptz + (s ->> 1)::interval,
    '2026-03-01Z'::timestamptz + (s ->> 2)::interval, s ->> 3
  FROM jsonb_array_elements(k.syncs) WITH ORDINALITY x(s, n);
  SELECT * INTO v FROM fivetrex_watch.verdict(run(k.run), connector(k.connector), account(k.account), at);
  RETURN coalesce(concat_ws(' ', v.outcome, 'by ' || v.known_by, v.sync_id, to_char(v.ended_at, 'HH24:MI:SS'),
    v.reason), '');
END $$;
SELECT what, coalesce(nullif(judge(cases, :at), ''), 'open') AS verdict FROM cases ORDER BY n;

-- What was kept before the request cannot be within the second of the clocks.
SELECT judge(k, :at) FROM cases k WHERE what = 'within the second of the clocks';
UPDATE fivetrex_watch.syncs SET seen_at = '2026-03-01 10:59:59.5Z';
SELECT count(*), v.outcome FROM fivetrex_watch.syncs,
  fivetrex_watch.verdict(run('{}'), connector('{}'), account('{}'), :at) v GROUP BY 2;
-- nor can it be one whose moments lie after the request
UPDATE fivetrex_watch.syncs SET started_at = '2026-03-01 11:30Z', ended_at = '2026-03-01 11:40Z';
SELECT count(*), v.outcome FROM fivetrex_watch.syncs,
  fivetrex_watch.verdict(run('{}'), connector('{}'), account('{}'), :at) v GROUP BY 2;

-- Wherever the clocks may really stand within the error, at every distance from the request: a sync that ended
-- before it, or was running when the connector was looked at, is never taken; one that began after that look is, unless
-- its status leaves no moment and it was over at once.  Two errors, the second one of a late answer.
CREATE FUNCTION judge_one(status text, starts timestamptz, ends timestamptz, run jsonb, account jsonb) RETURNS text
  LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM fivetrex_watch.syncs;
  INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id, status, started_at, ended_at)
    VALUES ('a', 'c', 's', status, starts, ends);
  RETURN (fivetrex_watch.verdict(run(run), connector('{}'), account(account), '2026-03-01 11:03Z')).outcome;
END $$;
CREATE TABLE sweep AS
SELECT error, off, status, kind, extract(epoch FROM starts)::numeric(8, 2) AS starts, v.outcome
FROM unnest('{0.5 s, 4 s}'::interval[]) error,
  unnest('{-1, -0.99, -0.5, 0, 0.5, 0.99, 1}'::float8[]) off,
  unnest('{COMPLETED, FAILURE, CANCELED, INCOMPLETE, PAUSED, NEW_WORD}'::text[]) status,
  LATERAL (SELECT off * greatest(error, '1 s') AS skew) true_clock,
  -- moments by our clock, from the request on: looked at after a tenth of a second, and judged later
  LATERAL (SELECT 'before' AS kind, starts, starts + length AS ends
      FROM unnest('{-9 s, -2 s, -1 s, -0.2 s, -0.01 s}'::interval[]) starts,
        unnest('{0.001 s, 0.1 s, 8 s}'::interval[]) length
      WHERE starts + length < '0'
    UNION ALL SELECT 'running', starts, ends
      FROM unnest('{-9 s, -0.2 s, -0.01 s}'::interval[]) starts, unnest('{0.15 s, 0.9 s, 100 s}'::interval[]) ends
    UNION ALL SELECT 'after', starts, starts + length
      FROM unnest('{0.11 s, 0.5 s, 1 s, 5 s, 60 s}'::interval[]) starts,
        unnest('{0.001 s, 0.1 s, 100 s}'::interval[]) length) s,
  LATERAL (SELECT judge_one(status, '2026-03-01 11:00Z'::timestamptz + starts + skew,
    '2026-03-01 11:00Z'::timestamptz + ends + skew,
    jsonb_build_object('looked_at', '2026-03-01 11:00:00.1Z'::timestamptz,
      'idle_at', '2026-03-01 11:00Z'::timestamptz + CASE WHEN kind = 'running' THEN ends + '0.1 s' ELSE '0.1 s' END,
      'ended_before', CASE WHEN kind <> 'after' AND status IN ('COMPLETED', 'FAILURE')
        THEN '2026-03-01 11:00Z'::timestamptz + ends + skew ELSE '2026-03-01 10:30Z'::timestamptz END),
    jsonb_build_object('clock_error', error)) AS outcome) v;
SELECT kind, status IN ('COMPLETED', 'FAILURE') AS leaves_a_moment, outcome IS NOT NULL AS taken, count(*),
  max(starts) FILTER (WHERE kind = 'after') AS last_start
FROM sweep GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
DROP TABLE sweep;
DROP FUNCTION judge_one;
DELETE FROM fivetrex_watch.syncs;

-- A POST that met an older sync started nothing: the run has its turn again, three times at most, and not for an end
-- of its own.
INSERT INTO fivetrex_watch.connectors SELECT (connector('{"succeeded_at": "2026-03-01 11:30Z"}')).*;
INSERT INTO fivetrex_watch.runs OVERRIDING SYSTEM VALUE SELECT (run(change || jsonb_build_object('id', n))).*
  FROM jsonb_array_elements('[{},
  {"posts": 3}, {"triggered_at": "2026-03-01 11:31Z"}, {"clock_skew": "-1 hour",
    "requested_at": "2026-03-01 12:00Z", "triggered_at": "2026-03-01 12:01Z"},
  {"requested_at": "2026-03-01 10:39Z"}, {"outcome": "failed"}]') WITH ORDINALITY x(change, n);
INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id, status, started_at, ended_at)
VALUES ('a', 'c', 's', 'COMPLETED', '2026-03-01 10:40Z', '2026-03-01 11:30Z');
SELECT fivetrex_watch.note_older(account('{}'), :at);
SELECT id, triggered_at IS NULL AS again, ended_before, idle_at FROM fivetrex_watch.runs ORDER BY id;
DELETE FROM fivetrex_watch.runs;
DELETE FROM fivetrex_watch.connectors;
DELETE FROM fivetrex_watch.syncs;

-- A connector that is not in the table any more.
SELECT v.outcome, v.known_by FROM fivetrex_watch.verdict(run('{"looked_at": null}'), NULL, account('{}'), :at) v;

--
-- Which run is started next.
--
CREATE TABLE next_cases (n serial, what text, run jsonb DEFAULT '{}', connector jsonb DEFAULT '{}',
  account jsonb DEFAULT '{}', other jsonb);
INSERT INTO next_cases (what, run, connector) VALUES
  ('queued and idle', '{"triggered_at": null}', '{}'),
  ('not looked at yet', '{"triggered_at": null, "looked_at": null, "idle_at": null}', '{}'),
  ('it runs', '{"triggered_at": null}', '{"sync_state": "syncing"}'),
  ('a state that nobody knows', '{"triggered_at": null}', '{"sync_state": "x"}'),
  ('to be tried later', '{"triggered_at": null, "next_try_at": "2026-03-01 12:00:01Z"}', '{}'),
  ('to be tried now', '{"triggered_at": null, "next_try_at": "2026-03-01 12:00Z"}', '{}'),
  ('posted', '{}', '{"succeeded_at": "2026-03-01 11:10Z"}'),
  ('posted, nothing began in ten minutes', '{"triggered_at": "2026-03-01 11:49:59Z"}', '{}'),
  ('not ten minutes yet', '{"triggered_at": "2026-03-01 11:50:01Z"}', '{}'),
  ('posted three times', '{"posts": 3}', '{}'),
  ('ended', '{"triggered_at": null, "outcome": "succeeded"}', '{}'),
  ('queued, rescheduled until later', '{"triggered_at": null}',
    '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 11:59:01Z"}'),
  ('queued, rescheduled until a minute ago', '{"triggered_at": null}',
    '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 11:59Z"}'),
  ('queued, rescheduled, nobody knows until when', '{"triggered_at": null}', '{"sync_state": "rescheduled"}'),
  ('posted, rescheduled, goes on by itself', '{}',
    '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 11:59Z"}'),
  ('posted, rescheduled, manual', '{}',
    '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 11:59Z", "schedule_type": "manual"}'),
  ('the same, posted since', '{"triggered_at": "2026-03-01 11:59:30Z"}',
    '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 11:59Z", "schedule_type": "manual"}'),
  ('the same, too early', '{}', '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 11:59:01Z", "schedule_type": "manual"}');
INSERT INTO next_cases (what, run, connector, account) VALUES
  ('manual, on their clock', '{}',
    '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 12:59Z", "schedule_type": "manual"}',
    '{"clock_skew": "1 hour"}'),
  ('too early on their clock', '{}',
    '{"sync_state": "rescheduled", "rescheduled_for": "2026-03-01 11:59Z", "schedule_type": "manual"}',
    '{"clock_skew": "-1 hour"}');
INSERT INTO next_cases (what, run, other) VALUES
  ('another one failed before it', '{"triggered_at": null}',
    '{"batch": 2, "connector_id": "d", "triggered_at": null, "tries": 1}'),
  ('it failed before, and another one waits',
    '{"triggered_at": null, "tries": 1, "next_try_at": "2026-03-01 11:30Z"}',
    '{"batch": 2, "connector_id": "d", "triggered_at": null, "id": 9}'),
  ('another run of the connector has posted since', '{"triggered_at": null}',
    '{"batch": 2, "triggered_at": "2026-03-01 11:30Z"}'),
  ('before', '{"triggered_at": null}', '{"batch": 2, "triggered_at": "2026-03-01 10:59Z"}'),
  ('since, but it is over', '{"triggered_at": null}',
    '{"batch": 2, "triggered_at": "2026-03-01 11:30Z", "outcome": "timeout"}'),
  ('of another account', '{"triggered_at": null}', '{"batch": 2, "account": "b", "triggered_at": "2026-03-01 11:30Z"}'),
  ('the batch is full', '{"triggered_at": null, "at_once": 1}', '{"connector_id": "d"}'),
  ('one of two places', '{"triggered_at": null, "at_once": 2}', '{"connector_id": "d"}'),
  ('another batch is full', '{"triggered_at": null, "at_once": 1}', '{"connector_id": "d", "batch": 2}'),
  ('the other has ended', '{"triggered_at": null, "at_once": 1}', '{"connector_id": "d", "outcome": "failed"}'),
  ('the other is queued behind it', '{"triggered_at": null, "at_once": 1}',
    '{"connector_id": "d", "triggered_at": null, "id": 9}'),
  ('its answer was lost, and it runs', '{"triggered_at": null, "at_once": 1}',
    '{"connector_id": "e", "triggered_at": null, "tries": 1}'),
  ('its answer was lost, and nothing runs', '{"triggered_at": null, "at_once": 1}',
    '{"connector_id": "d", "triggered_at": null, "tries": 1, "next_try_at": "2026-03-01 13:00Z"}'),
  ('a rescheduled one gives its place', '{"triggered_at": null, "at_once": 1}', '{"connector_id": "f"}'),
  ('until it is posted again', '{"triggered_at": null, "at_once": 1}',
    '{"connector_id": "f", "triggered_at": "2026-03-01 11:59:30Z"}');

INSERT INTO fivetrex_watch.accounts (account, server, schema) VALUES ('b', 's', 'f');
CREATE FUNCTION starts(k next_cases, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM fivetrex_watch.runs;
  DELETE FROM fivetrex_watch.connectors;
  INSERT INTO fivetrex_watch.connectors SELECT (connector(k.connector)).*;
  INSERT INTO fivetrex_watch.connectors SELECT (connector(c::jsonb)).*
    FROM unnest(ARRAY['{"id": "d"}', '{"id": "e", "sync_state": "syncing"}',
    '{"id": "f", "sync_state": "rescheduled", "rescheduled_for": "2026-03-01 11:59Z"}']) c;
  INSERT INTO fivetrex_watch.runs OVERRIDING SYSTEM VALUE SELECT (run(k.run || '{"id": 7}')).*;
  IF k.other IS NOT NULL THEN
    INSERT INTO fivetrex_watch.runs OVERRIDING SYSTEM VALUE SELECT (run('{"id": 3, "posts": 3}' || k.other)).*;
  END IF;
  RETURN (fivetrex_watch.next_run(account(k.account), at)).id;
END $$;
SELECT what, coalesce(starts(next_cases, :at), '-') AS starts FROM next_cases ORDER BY n;

-- Thirty runs, five at once: in their order, and no more.
DELETE FROM fivetrex_watch.runs;
DELETE FROM fivetrex_watch.connectors;
INSERT INTO fivetrex_watch.connectors SELECT (connector(jsonb_build_object('id', 'c' || n))).*
  FROM generate_series(1, 30) n;
INSERT INTO fivetrex_watch.runs OVERRIDING SYSTEM VALUE
SELECT (run(jsonb_build_object('id', n, 'connector_id', 'c' || n, 'triggered_at', NULL, 'posts', 0))).*
  FROM generate_series(1, 30) n;
CREATE FUNCTION start_all(at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r fivetrex_watch.runs;
  result text := '';
BEGIN
  LOOP
    r := fivetrex_watch.next_run(account('{}'), at);
    IF r.id IS NULL THEN
      RETURN result;
    END IF;
    UPDATE fivetrex_watch.runs SET triggered_at = at, posts = 1 WHERE id = r.id;
    result := result || ' ' || r.id;
  END LOOP;
END $$;
SELECT start_all(:at);
UPDATE fivetrex_watch.runs SET outcome = 'succeeded' WHERE id IN (2, 4);
SELECT start_all(:at);
UPDATE fivetrex_watch.runs SET outcome = 'failed' WHERE outcome IS NULL AND id <= 7;
SELECT start_all(:at);
SELECT fivetrex_watch.cancel(1);
SELECT start_all(:at);
SELECT batch, account, n, open, succeeded, other, started, ended IS NOT NULL AS ended FROM fivetrex_watch.batches;

DROP FUNCTION run, connector, account, start_all, starts, judge;
DROP TABLE cases, next_cases;
DROP EXTENSION fivetrex_watch;
DROP EXTENSION fivetrex;
