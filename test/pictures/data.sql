-- Accounts to make pictures of, as refreshes would have left them: SELECT fill(account, number of connectors).
-- The same each time but for now(), which all moments are relative to.

CREATE FUNCTION pg_temp.dice(text, sides integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
  'SELECT (((hashtextextended($1, 1) % $2) + $2) % $2)::integer';

-- What becomes of the n-th connector: most of them are ok.
CREATE FUNCTION pg_temp.fate(account text, n integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(CASE n WHEN 5 THEN 'broken' WHEN 7 THEN 'failing' WHEN 11 THEN 'delayed'
    WHEN 13 THEN 'rescheduled' END,
    ('{broken,failing,failing,late,late,delayed,rescheduled,paused,paused,incomplete,gone,new}'::text[])
    [1 + pg_temp.dice(account || n, CASE WHEN n < 100 THEN 50 ELSE 240 END)], 'ok')
$$;

CREATE FUNCTION pg_temp.connectors(account text, connectors integer) RETURNS void LANGUAGE sql AS $$
  INSERT INTO fivetrex_watch.connectors (account, id, name, group_id, group_name, service, setup_state, sync_state,
    update_state, paused,
    succeeded_at, failed_at, rescheduled_for, sync_frequency, schedule_type, tasks, gone_at, syncing_since,
      data_as_of, allowance, health, health_since)
  SELECT account, 'connector_' || n, CASE n WHEN 3 THEN '<script>alert(1)</script>'
    WHEN 7 THEN 'a "quoted" & ''odd'' name' ELSE
      (ARRAY['orders', 'people', 'billing', 'ads', 'events', 'stock', 'tickets', 'payroll'])[1 + n % 8] || '_'
      || (ARRAY['eu', 'us', 'apac', 'emea', 'latam'])[1 + n % 5] || CASE WHEN n > 40 THEN '_' || n ELSE '' END END,
    'group_' || n % 7, (ARRAY['Warehouse', 'Finance', 'Marketing', 'Operations', 'Research', 'Sandbox',
      'Legal & Risk'])[1 + n % 7],
    (ARRAY['postgres', 'salesforce', 'stripe', 'google_ads', 's3', 'hubspot', 'mysql', 'zendesk',
      'workday'])[1 + n % 9],
    CASE fate WHEN 'broken' THEN 'broken' WHEN 'incomplete' THEN 'incomplete' ELSE 'connected' END,
    CASE WHEN fate = 'rescheduled' THEN fate WHEN fate = 'paused' THEN fate
      WHEN n % 19 = 0 THEN 'syncing' ELSE 'scheduled' END,
    CASE fate WHEN 'delayed' THEN fate ELSE 'on_schedule' END, fate = 'paused',
    CASE WHEN fate NOT IN ('new', 'incomplete') THEN now() - least(frequency, 350) * interval '1 min' * dice / 100
      - CASE WHEN fate IN ('broken', 'failing') THEN interval '26 h'
        WHEN fate = 'late' THEN dice * interval '1 h' ELSE '0' END END,
    CASE WHEN fate IN ('broken', 'failing') THEN now() - dice * interval '13 min' END,
    CASE fate WHEN 'rescheduled' THEN now() + interval '90 min' END, frequency, 'auto',
    CASE fate WHEN 'broken' THEN jsonb
      '[{"code": "reconnect", "message": "Reconnect the source: the password of user fivetran was refused"}]' ELSE
      '[]' END,
    CASE fate WHEN 'gone' THEN now() - interval '30 h' END,
    CASE WHEN n % 19 = 0 AND fate NOT IN ('rescheduled', 'paused') THEN now() - dice * interval '1 min' END,
    CASE WHEN fate NOT IN ('new', 'incomplete') THEN now() - frequency * interval '1 min' * dice / 55 - CASE
      WHEN fate IN ('broken', 'failing')
      THEN interval '26 h' WHEN fate = 'late' THEN (dice + 12) * interval '1 h' ELSE '0' END END,
    CASE WHEN fate NOT IN ('new', 'incomplete') THEN 2 * frequency * interval '1 min' END, NULL, NULL
  FROM (SELECT n, pg_temp.fate(account, n) AS fate, pg_temp.dice(account || 'd' || n, 100) + 1 AS dice,
    (ARRAY[15, 60, 360, 360, 360, 1440])[1 + pg_temp.dice(account || 'f' || n, 6)] AS frequency
      FROM generate_series(1, connectors) n) f
$$;

CREATE FUNCTION pg_temp.syncs(account text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id, status, started_at, ended_at, reason, load_mb)
  SELECT c.account, c.id, s.k::text, CASE
    WHEN h.health = 'failing' AND s.k < 5 OR h.health = 'broken' AND s.k < 8 THEN 'FAILURE'
      WHEN d.dice < 2 THEN 'FAILURE' WHEN d.dice = 3 THEN 'RESCHEDULED'
        WHEN d.dice = 4 THEN 'CANCELED' ELSE 'COMPLETED' END, t.at,
    t.at + (1 + pg_temp.dice(c.id, 900) ^ 2 / 90) * interval '1 s' * (70 + pg_temp.dice(c.id || s.k || 'l',
      60)) / 100, NULL, d.dice
  FROM fivetrex_watch.connectors c CROSS JOIN LATERAL fivetrex_watch.health_of(c) h
  CROSS JOIN LATERAL generate_series(0, least(10080 / greatest(c.sync_frequency, 120), 84)) s(k)
  CROSS JOIN LATERAL (SELECT pg_temp.dice(c.id || 's' || s.k, 150)) d(dice)
  CROSS JOIN LATERAL (SELECT now() - interval '25 min' - s.k * greatest(c.sync_frequency,
    120) * interval '1 min' * 0.97) t(at)
  WHERE c.account = syncs.account AND h.health NOT IN ('new', 'incomplete')
    AND (h.health NOT IN ('gone', 'paused') OR s.k > 9);
  UPDATE fivetrex_watch.syncs s SET reason = (ARRAY['the password of user fivetran was refused',
    'connection to the source timed out',
    'permission denied for relation "orders" & others', 'rate limit of the source reached',
      'column <id> has changed its type'])[1 + abs(hashtext(connector_id)) % 5]
  WHERE s.account = syncs.account AND status <> 'COMPLETED'
$$;

CREATE FUNCTION pg_temp.fill(account text, connectors integer) RETURNS void LANGUAGE sql AS $$
  INSERT INTO fivetrex_watch.accounts (account, server, schema, refreshed_at, rate_limit, remaining, history_served)
  VALUES (account, 's', 'f', now() - interval '40 s', 20000, 14321, true);
  SELECT pg_temp.connectors(account, connectors);
  SELECT pg_temp.syncs(account);
  UPDATE fivetrex_watch.connectors c SET health = h.health,
    health_since = coalesce(fivetrex_watch.health_began(c, h.health), now() - pg_temp.dice(c.id, 400) * interval '1 h')
  FROM fivetrex_watch.connectors x, fivetrex_watch.health_of(x) h
    WHERE x.account = c.account AND x.id = c.id AND c.account = fill.account;
  INSERT INTO fivetrex_watch.events (at, account, connector_id, kind, was, now, message)
  SELECT health_since, account, id, 'health', 'ok', health, name || ' is ' || health FROM fivetrex_watch.connectors c
  WHERE c.account = fill.account AND health NOT IN ('ok', 'gone', 'new') ORDER BY health_since
$$;
