-- Queries of every kind give the same rows as over tables that are filled from the foreign tables.
--! settings {"connectors": 2500}
--! world small {"connectors": 40, "page_size": 7, "max_concurrency": 3}
ALTER SERVER queries OPTIONS (DROP max_concurrency);

-- local tables, in the order of the API: rows whose config takes a detail call come later
--! no requests
SELECT format('CREATE SCHEMA local_%s', world) FROM unnest(ARRAY['queries', 'small']) world \gexec
SELECT format('CREATE TABLE local_%1$s.%2$s AS SELECT t.* FROM %1$s.%2$s t
    JOIN (SELECT row_number() OVER () AS n, id FROM (SELECT id FROM %1$s.%2$s) x) o USING (id) ORDER BY o.n',
  world, name), format('ANALYZE local_%s.%s', world, name)
  FROM unnest(ARRAY['queries', 'small']) world,
    unnest(ARRAY['groups', 'connectors', 'destinations', 'webhooks']) name \gexec
CREATE TABLE local_queries.account AS SELECT * FROM queries.account;
CREATE TABLE local_small.account AS SELECT * FROM small.account;
SELECT count(*), count(DISTINCT id) FROM local_queries.connectors;

-- some keys, odd ones too
CREATE TABLE public.picked AS SELECT row_number() OVER () AS n, id
  FROM (SELECT id FROM local_small.connectors ORDER BY id LIMIT 5) x
  UNION ALL VALUES (6, NULL), (7, ''), (8, '.'), (9, '..'), (10, 'no such'), (11, 'a/b?c#d%e'), (12, 'é 北京'),
    (13, (SELECT min(id) FROM local_small.connectors));
CREATE FUNCTION public.calls(text) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT $1';

-- scan: account
--! same in small
SELECT * FROM account;

-- scan: groups
--! same in small
SELECT * FROM groups;

-- scan: connectors
--! same in small
SELECT * FROM connectors;

-- scan: destinations
--! same in small
SELECT * FROM destinations;

-- scan: webhooks
--! same in small
SELECT * FROM webhooks;

-- scan: groups, all columns
--! same in queries
SELECT * FROM groups;

-- scan: connectors, list columns
--! same in queries
SELECT id, service, schema, group_id, service_version, connected_by, created_at,
         succeeded_at, failed_at, paused, sync_frequency, sync_state, setup_state,
         update_state, is_historical_sync, rescheduled_for, schema_status, tasks,
         warnings, config FROM connectors;

-- scan: no column
--! same
SELECT 1 FROM connectors;

-- scan: count
--! same
SELECT count(*) FROM connectors;

-- scan: keys
--! same
SELECT id, service FROM connectors WHERE id IN ('assimilate_seem', 'broken_anchor', NULL, '', 'x');

-- scan: contradiction
--! same
SELECT id FROM connectors WHERE id = 'assimilate_seem' AND id = 'broken_anchor';

-- scan: key lists that overlap
--! same
SELECT id FROM connectors WHERE id IN ('assimilate_seem', 'broken_anchor')
  AND id IN ('broken_anchor', 'paused_canyon');

-- scan: key and another condition
--! same
SELECT id FROM connectors WHERE id = 'assimilate_seem' AND paused;

-- scan: two filters on one column
--! same
SELECT id FROM connectors WHERE group_id = 'decent_dropsy' AND group_id = 'projected_sickle';

-- scan: key of another case
--! same
SELECT id FROM connectors WHERE id = 'ASSIMILATE_SEEM';

-- scan: key with a blank
--! same
SELECT id FROM connectors WHERE id = 'assimilate_seem ';

-- scan: key <> ALL
--! same
SELECT count(*) FROM connectors WHERE id <> ALL (ARRAY['assimilate_seem', 'x']);

-- scan: key = ALL
--! same
SELECT id FROM connectors WHERE id = ALL (ARRAY['assimilate_seem', 'assimilate_seem']);

-- scan: key NOT IN
--! same
SELECT count(*) FROM connectors WHERE id NOT IN ('assimilate_seem', 'x');

-- scan: key NOT IN with NULL
--! same
SELECT count(*) FROM connectors WHERE id NOT IN ('assimilate_seem', NULL);

-- scan: negation
--! same
SELECT count(*) FROM connectors WHERE NOT (id = 'assimilate_seem');

-- scan: IS NOT DISTINCT FROM
--! same
SELECT id FROM connectors WHERE id IS NOT DISTINCT FROM 'assimilate_seem';

-- scan: IS NULL
--! same
SELECT id, succeeded_at, failed_at FROM connectors WHERE succeeded_at IS NULL;

-- scan: OR
--! same
SELECT id FROM connectors WHERE id = 'assimilate_seem' OR group_id = 'opaque_lantern';

-- scan: multidimensional array
--! same
SELECT id FROM connectors WHERE id = ANY (ARRAY[ARRAY['assimilate_seem', 'x'], ARRAY['broken_anchor', NULL]]);

-- scan: varchar array
--! same
SELECT id FROM connectors WHERE id = ANY (ARRAY['assimilate_seem', 'broken_anchor']::varchar[]);

-- scan: empty array
--! same
SELECT id FROM connectors WHERE id = ANY ('{}'::text[]);

-- scan: two columns compared
--! same
SELECT id FROM destinations WHERE id = group_id;

-- scan: pattern
--! same
SELECT id FROM connectors WHERE id LIKE 'b%' AND schema ~ '[0-9]$';

-- scan: jsonb
--! same
SELECT id, config->>'host', config->'accounts'->0 FROM connectors
  WHERE config ? 'host' OR jsonb_array_length(config->'accounts') > 2;

-- scan: text of any kind
--! same
SELECT id, config->>'notes', config->'города' FROM connectors WHERE config ? 'notes';

-- scan: attrs
--! same in small
SELECT id, attrs FROM connectors WHERE group_id = 'opaque_lantern';

-- scan: attrs of groups
--! same
SELECT attrs FROM groups;

-- scan: text arrays
--! same
SELECT id, events, events[1], cardinality(events) FROM webhooks;

-- scan: = ANY (column)
--! same
SELECT id FROM webhooks WHERE 'sync_end' = ANY (events);

-- scan: detail columns
--! same
SELECT id, config FROM destinations;

-- scan: detail columns with a condition
--! same
SELECT id, config->>'user' FROM destinations WHERE config->>'host' LIKE 's%';

-- scan: detail columns with conditions of both kinds
--! same
SELECT id, config FROM destinations WHERE service = 'snowflake' AND config->>'port' = '443';

-- scan: very long values
--! same
SELECT id FROM connectors WHERE id = repeat('x', 100000) OR false;

-- scan: very long values in a list
--! same
SELECT id FROM connectors WHERE id IN (repeat('x', 100000), 'assimilate_seem');

-- scan: very long values of a filter
--! same
SELECT id FROM connectors WHERE group_id = repeat('x', 100000);

-- scan: write-only columns read as NULL
--! same
SELECT id, auth, run_setup_tests FROM connectors WHERE auth IS NULL AND trust_certificates IS NULL;

-- scan: write-only columns with details
--! same
SELECT id, config FROM destinations WHERE trust_fingerprints IS NULL;

-- scan: write-only columns are never something
--! same
SELECT id FROM connectors WHERE auth IS NOT NULL;

-- scan: one object
--! same
SELECT account_id, account_name FROM account;

-- join: two tables
--! same
SELECT c.id, g.name FROM connectors c JOIN groups g ON g.id = c.group_id;

-- join: three tables
--! same
SELECT c.id, g.name, d.service, d.region FROM connectors c JOIN groups g ON g.id = c.group_id
  JOIN destinations d ON d.id = g.id;

-- join: with a detail column
--! same
SELECT c.id, d.config FROM connectors c JOIN destinations d ON d.group_id = c.group_id;

-- join: left
--! same
SELECT g.id, d.id, d.service FROM groups g LEFT JOIN destinations d ON d.id = g.id;

-- join: left, unmatched
--! same
SELECT g.name FROM groups g LEFT JOIN destinations d ON d.id = g.id WHERE d.id IS NULL;

-- join: left with a condition
--! same
SELECT g.id, c.id FROM groups g LEFT
  JOIN connectors c ON c.group_id = g.id AND c.setup_state = 'broken' AND c.paused;

-- join: right
--! same
SELECT c.id, g.id FROM connectors c RIGHT JOIN groups g ON g.id = c.group_id AND c.service = 'mysql';

-- join: full
--! same
SELECT g.id, d.id, d.service FROM (SELECT * FROM groups WHERE id > $$c$$) g FULL
  JOIN (SELECT * FROM destinations WHERE id < $$p$$) d USING (id);

-- join: semi
--! same
SELECT g.id FROM groups g WHERE EXISTS (SELECT FROM connectors c
  WHERE c.group_id = g.id AND c.setup_state = 'broken');

-- join: semi by IN
--! same
SELECT id FROM connectors WHERE group_id IN (SELECT id FROM destinations WHERE service = 'snowflake');

-- join: anti
--! same in queries
SELECT id FROM groups g WHERE NOT EXISTS (SELECT FROM connectors c WHERE c.group_id = g.id);

-- join: NOT IN
--! same in queries
SELECT id FROM groups WHERE id NOT IN (SELECT group_id FROM connectors);

-- join: NOT IN with NULLs
--! same
SELECT id FROM groups WHERE id NOT IN (SELECT group_id FROM webhooks);

-- join: self
--! same
SELECT count(*) FROM connectors a JOIN connectors b USING (id);

-- join: self by group
--! same in small
SELECT a.id, b.id FROM connectors a JOIN connectors b USING (group_id) WHERE a.id < b.id;

-- join: cross
--! same
SELECT g.id, d.id FROM groups g, destinations d;

-- join: few keys
--! same
SELECT p.n, c.id, c.service FROM picked p JOIN connectors c ON c.id = p.id;

-- join: few keys, left
--! same
SELECT p.n, c.id FROM picked p LEFT JOIN connectors c ON c.id = p.id;

-- join: few keys, lateral
--! same
SELECT p.n, x.* FROM picked p CROSS
  JOIN LATERAL (SELECT id, schema FROM connectors c WHERE c.id = p.id OFFSET 0) x;

-- join: few keys and a filter
--! same
SELECT p.n, c.id FROM picked p JOIN connectors c ON c.id = p.id AND c.group_id = 'decent_dropsy';

-- join: keys in an array of the other side
--! same
SELECT a.i, c.id FROM (SELECT 1 AS i, array_agg(id) AS ids FROM picked) a
  JOIN connectors c ON c.id = ANY (a.ids);

-- join: lateral
--! same
SELECT g.id, x.* FROM groups g CROSS
  JOIN LATERAL (SELECT id, schema FROM connectors c WHERE c.group_id = g.id ORDER BY id LIMIT 2) x;

-- join: lateral with a reference inside
--! same
SELECT g.id, x.n FROM groups g LEFT
  JOIN LATERAL (SELECT count(*) AS n FROM connectors c WHERE c.group_id = g.id AND c.schema > g.name) x ON true;

-- join: lateral to a detail
--! same
SELECT g.name, x.config FROM groups g, LATERAL (SELECT config FROM destinations d WHERE d.id = g.id) x;

-- join: inequality
--! same
SELECT g.id, d.id FROM groups g JOIN destinations d ON d.id > g.id;

-- join: OR in a join
--! same
SELECT g.id, d.id FROM groups g JOIN destinations d ON d.id = g.id OR d.service = g.name;

-- join: function of the column
--! same
SELECT p.n, c.id FROM picked p JOIN connectors c ON upper(c.id) = upper(p.id);

-- join: join, without some ways to plan it
--! same in small
--! each off: hashjoin | mergejoin | nestloop | hashjoin mergejoin | hashjoin mergejoin memoize
--! each off: hashjoin mergejoin material | hashjoin mergejoin material memoize | hashjoin nestloop | hashagg | sort
SELECT count(set_config('enable_' || name, 'off', false)) AS n FROM unnest(string_to_array(:'off', ' ')) name \gset
SELECT c.id, g.name FROM connectors c JOIN groups g ON g.id = c.group_id;

-- join: three tables, without some ways to plan it
--! same in small
--! each off: hashjoin | mergejoin | nestloop | hashjoin mergejoin | hashjoin mergejoin memoize
--! each off: hashjoin mergejoin material | hashjoin mergejoin material memoize | hashjoin nestloop | hashagg | sort
SELECT count(set_config('enable_' || name, 'off', false)) AS n FROM unnest(string_to_array(:'off', ' ')) name \gset
SELECT count(*), count(d.service) FROM connectors c LEFT JOIN groups g ON g.id = c.group_id LEFT
  JOIN destinations d ON d.id = g.id;

-- join: semi, without some ways to plan it
--! same in small
--! each off: hashjoin | mergejoin | nestloop | hashjoin mergejoin | hashjoin mergejoin memoize
--! each off: hashjoin mergejoin material | hashjoin mergejoin material memoize | hashjoin nestloop | hashagg | sort
SELECT count(set_config('enable_' || name, 'off', false)) AS n FROM unnest(string_to_array(:'off', ' ')) name \gset
SELECT g.id FROM groups g WHERE g.id IN (SELECT group_id FROM connectors WHERE NOT paused);

-- join: anti, without some ways to plan it
--! same in queries
--! each off: hashjoin | mergejoin | nestloop | hashjoin mergejoin | hashjoin mergejoin memoize
--! each off: hashjoin mergejoin material | hashjoin mergejoin material memoize | hashjoin nestloop | hashagg | sort
SELECT count(set_config('enable_' || name, 'off', false)) AS n FROM unnest(string_to_array(:'off', ' ')) name \gset
SELECT g.id FROM groups g WHERE NOT EXISTS (SELECT FROM connectors c WHERE c.group_id = g.id);

-- join: keys, without some ways to plan it
--! same in small
--! each off: hashjoin | mergejoin | nestloop | hashjoin mergejoin | hashjoin mergejoin memoize
--! each off: hashjoin mergejoin material | hashjoin mergejoin material memoize | hashjoin nestloop | hashagg | sort
SELECT count(set_config('enable_' || name, 'off', false)) AS n FROM unnest(string_to_array(:'off', ' ')) name \gset
SELECT p.n, c.id, c.config FROM picked p JOIN connectors c USING (id);

-- join: aggregate, without some ways to plan it
--! same
--! each off: hashjoin | mergejoin | nestloop | hashjoin mergejoin | hashjoin mergejoin memoize
--! each off: hashjoin mergejoin material | hashjoin mergejoin material memoize | hashjoin nestloop | hashagg | sort
SELECT count(set_config('enable_' || name, 'off', false)) AS n FROM unnest(string_to_array(:'off', ' ')) name \gset
SELECT g.name, count(*), max(c.succeeded_at) FROM connectors c JOIN groups g ON g.id = c.group_id
  GROUP BY g.name;

-- aggregate: group by
--! same
SELECT service, count(*), min(created_at), bool_or(paused), avg(sync_frequency) FROM connectors GROUP BY service;

-- aggregate: having
--! same
SELECT group_id FROM connectors GROUP BY 1 HAVING count(*) > 5;

-- aggregate: filter
--! same
SELECT group_id, count(*) FILTER (WHERE setup_state = 'broken'), count(succeeded_at) FILTER (WHERE NOT paused)
  FROM connectors GROUP BY 1;

-- aggregate: ordered
--! same
SELECT group_id, string_agg(id, ',' ORDER BY id DESC), array_agg(DISTINCT service) FROM connectors GROUP BY 1;

-- aggregate: ordered set
--! same
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY sync_frequency), mode() WITHIN GROUP (ORDER BY service)
  FROM connectors;

-- aggregate: grouping sets
--! same
SELECT service, setup_state, grouping(service, setup_state), count(*) FROM connectors
  GROUP BY GROUPING SETS ((service), (setup_state), (service, setup_state), ());

-- aggregate: cube
--! same
SELECT sync_state, paused, count(*) FROM connectors GROUP BY CUBE (1, 2);

-- aggregate: rollup
--! same
SELECT group_id, service, count(*) FROM connectors GROUP BY ROLLUP (1, 2);

-- aggregate: count distinct
--! same
SELECT count(DISTINCT group_id), count(DISTINCT (service, paused)) FROM connectors;

-- aggregate: rank
--! same
SELECT id, rank() OVER (PARTITION BY group_id ORDER BY created_at, id), lag(id) OVER (ORDER BY id)
  FROM connectors;

-- aggregate: frames
--! same
SELECT id, sum(sync_frequency) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING),
  first_value(service) OVER w FROM connectors WINDOW w AS (PARTITION BY group_id ORDER BY id DESC);

-- aggregate: no rows
--! same
SELECT count(*), max(id) FROM connectors WHERE group_id = 'no such group';

-- aggregate: distinct
--! same
SELECT DISTINCT service, setup_state FROM connectors;

-- aggregate: distinct on
--! same
--! in order
SELECT DISTINCT ON (group_id) group_id, id FROM connectors ORDER BY group_id, id DESC;

-- aggregate: hashed distinct of jsonb
--! same
SELECT DISTINCT tasks, warnings FROM connectors;

-- order: limit
--! same
--! in order
SELECT id FROM connectors ORDER BY id LIMIT 9;

-- order: limit and offset
--! same
--! in order
SELECT id, schema FROM connectors ORDER BY schema DESC, id LIMIT 7 OFFSET 13;

-- order: offset only
--! same
--! in order
SELECT id FROM connectors ORDER BY id OFFSET 30;

-- order: offset beyond the end
--! same
SELECT id FROM connectors ORDER BY id OFFSET 99999;

-- order: with ties
--! same
--! in order
SELECT sync_frequency FROM connectors ORDER BY sync_frequency FETCH FIRST 3 ROWS WITH TIES;

-- order: as the API orders
--! same
--! in order
SELECT id FROM connectors;

-- order: LIMIT 1, as the API orders
--! same
--! in order
SELECT id FROM connectors LIMIT 1;

-- order: LIMIT 6, as the API orders
--! same
--! in order
SELECT id FROM connectors LIMIT 6;

-- order: LIMIT 7, as the API orders
--! same
--! in order
SELECT id FROM connectors LIMIT 7;

-- order: LIMIT 8, as the API orders
--! same
--! in order
SELECT id FROM connectors LIMIT 8;

-- order: LIMIT 21, as the API orders
--! same
--! in order
SELECT id FROM connectors LIMIT 21;

-- order: LIMIT 1000, as the API orders
--! same
--! in order
SELECT id FROM connectors LIMIT 1000;

-- order: LIMIT 1001, as the API orders
--! same
--! in order
SELECT id FROM connectors LIMIT 1001;

-- order: limit and offset, as the API orders
--! same
--! in order
SELECT id FROM connectors LIMIT 10 OFFSET 20;

-- order: offset, as the API orders
--! same
--! in order
SELECT id FROM connectors OFFSET 35;

-- order: limit over a condition
--! same
--! in order
SELECT id FROM connectors WHERE NOT paused LIMIT 8;

-- order: limit over a pushed condition
--! same
--! in order
SELECT id FROM connectors WHERE group_id = 'decent_dropsy' LIMIT 8;

-- order: limit 0
--! same
SELECT id FROM connectors LIMIT 0;

-- order: limit all
--! same
SELECT id FROM connectors LIMIT ALL;

-- order: limit of a subquery
--! same
SELECT count(*) FROM (SELECT id FROM connectors LIMIT (SELECT count(*) FROM groups)) x;

-- order: limit over a join
--! same
SELECT count(*) FROM (SELECT c.id FROM connectors c JOIN groups g ON g.id = c.group_id LIMIT 20) x;

-- order: limit inside
--! same
SELECT x.id FROM (SELECT id, paused FROM connectors LIMIT 20) x WHERE NOT x.paused;

-- order: limit over union all
--! same
SELECT count(*) FROM (SELECT id FROM webhooks UNION ALL SELECT id FROM groups UNION ALL SELECT id
  FROM connectors LIMIT 30) x;

-- order: limit over a set-returning function
--! same
--! in order
SELECT id, generate_series(1, 3) FROM connectors LIMIT 20;

-- order: limit over unnest
--! same
--! in order
SELECT id, unnest(events) FROM webhooks LIMIT 4;

-- order: limit over an empty unnest
--! same in queries
--! in order
SELECT id, jsonb_array_elements(tasks) FROM connectors WHERE group_id = 'decent_dropsy' LIMIT 5;

-- order: limit over group by
--! same
SELECT count(*) FROM (SELECT group_id FROM connectors GROUP BY 1 LIMIT 3) x;

-- order: limit over distinct
--! same
SELECT count(*) FROM (SELECT DISTINCT service FROM connectors LIMIT 3) x;

-- order: limit over a window
--! same
SELECT max(n) FROM (SELECT count(*) OVER () AS n FROM connectors LIMIT 2) x;

-- order: limit over having
--! same
SELECT count(*) AS n FROM connectors HAVING count(*) > 10 LIMIT 1;

-- order: limit and detail columns
--! same
SELECT count(*), count(config) FROM (SELECT config FROM destinations LIMIT 3) x;

-- order: minimum and maximum
--! same
SELECT min(id), max(id), min(created_at) FROM connectors;

-- subquery: scalar
--! same
SELECT id, (SELECT name FROM groups g WHERE g.id = c.group_id) FROM connectors c;

-- subquery: correlated count
--! same
SELECT g.id, (SELECT count(*) FROM connectors c WHERE c.group_id = g.id) FROM groups g;

-- subquery: correlated by key
--! same
SELECT p.n, (SELECT service FROM connectors c WHERE c.id = p.id) FROM picked p;

-- subquery: correlated twice
--! same in small
SELECT g.id, (SELECT count(*) FROM connectors c
  WHERE c.group_id = g.id AND EXISTS (SELECT FROM destinations d
  WHERE d.id = c.group_id AND d.service <> g.name)) FROM groups g;

-- subquery: initplan as key
--! same
SELECT id FROM connectors WHERE id = (SELECT min(id) FROM connectors);

-- subquery: array of a subquery
--! same
SELECT id FROM connectors WHERE id = ANY (ARRAY(SELECT id FROM picked));

-- subquery: initplan as filter
--! same
SELECT count(*) FROM connectors WHERE group_id = (SELECT id FROM groups WHERE name = 'Marketing');

-- subquery: initplan that is NULL
--! same
SELECT count(*) FROM connectors WHERE group_id = (SELECT NULL::text);

-- subquery: initplan that is empty
--! same
SELECT count(*) FROM connectors WHERE group_id = (SELECT '');

-- subquery: EXISTS, not correlated
--! same
SELECT id FROM groups WHERE EXISTS (SELECT FROM connectors WHERE paused);

-- subquery: = ALL of a subquery
--! same
SELECT id FROM connectors WHERE created_at >= ALL (SELECT created_at FROM connectors);

-- subquery: row comparison
--! same
SELECT id FROM connectors WHERE (id, group_id) IN (SELECT id, group_id FROM connectors WHERE paused);

-- subquery: CTE
--! same
WITH b AS (SELECT * FROM groups) SELECT a.id, b.name FROM b a JOIN b USING (id);

-- subquery: CTE, materialized
--! same
WITH b AS MATERIALIZED (SELECT id, group_id FROM connectors) SELECT count(*) FROM b x JOIN b y USING (id)
  WHERE x.group_id = 'decent_dropsy';

-- subquery: CTE, not materialized
--! same
WITH b AS NOT MATERIALIZED (SELECT id, group_id FROM connectors) SELECT count(*) FROM b x JOIN b y USING (id)
  WHERE x.group_id = 'decent_dropsy';

-- subquery: CTE, recursive
--! same in small
--! in order
WITH RECURSIVE r(n, id) AS (SELECT 1, min(id) FROM connectors UNION ALL
  SELECT n + 1, (SELECT min(id) FROM connectors c WHERE c.id > r.id) FROM r WHERE n < 12) SELECT * FROM r;

-- subquery: CTE, recursive join
--! same
WITH RECURSIVE r(id, depth) AS (SELECT id, 0 FROM groups UNION ALL SELECT g.id, depth + 1 FROM r JOIN groups g
  USING (id) WHERE depth < 3) SELECT depth, count(*) FROM r GROUP BY 1;

-- subquery: CTE that is only half read
--! same
WITH b AS MATERIALIZED (SELECT id FROM connectors) SELECT count(*) FROM (SELECT id FROM b LIMIT 11) x;

-- subquery: CTE that writes
--! same
CREATE TEMP TABLE t (id text);
WITH i AS (INSERT INTO t SELECT id FROM connectors WHERE paused RETURNING id) SELECT count(*) FROM i;
SELECT count(*) FROM t;

-- set: union all
--! same
SELECT id, group_id FROM connectors UNION ALL SELECT id, id FROM groups;

-- set: union
--! same
SELECT group_id FROM connectors UNION SELECT id FROM groups UNION SELECT group_id FROM webhooks;

-- set: intersect
--! same
SELECT id FROM groups INTERSECT SELECT group_id FROM connectors;

-- set: intersect all
--! same
SELECT group_id FROM connectors INTERSECT ALL SELECT group_id FROM connectors;

-- set: except
--! same
SELECT id FROM groups EXCEPT SELECT id FROM destinations;

-- set: except all
--! same
SELECT group_id FROM connectors EXCEPT ALL SELECT id FROM groups;

-- set: union all in a join
--! same in small
SELECT x.id, c.id FROM (SELECT id FROM groups UNION ALL SELECT id FROM destinations) x
  JOIN connectors c ON c.group_id = x.id;

-- set: condition over union all
--! same
SELECT * FROM (SELECT id, group_id AS g FROM connectors UNION ALL SELECT id, id FROM groups) x
  WHERE x.id = 'assimilate_seem' OR x.id = 'decent_dropsy';

-- set: key over union all
--! same
SELECT * FROM (SELECT id, 'c' AS kind FROM connectors UNION ALL SELECT id, 'g' FROM groups) x
  WHERE x.id = 'decent_dropsy';

-- set: values
--! same
SELECT id FROM groups UNION ALL VALUES ('x'), (NULL);

-- row: whole row
--! same
SELECT g FROM groups g;

-- row: whole row, connectors
--! same in small
SELECT c FROM connectors c WHERE c.group_id = 'opaque_lantern';

-- row: row_to_json
--! same
SELECT row_to_json(g), to_jsonb(w) FROM groups g JOIN webhooks w ON w.group_id = g.id;

-- row: row through a join
--! same
SELECT c.id, g FROM connectors c LEFT JOIN groups g ON g.id = c.group_id;

-- row: row that is missing
--! same
SELECT g.id, d FROM groups g LEFT JOIN destinations d ON d.id = g.id;

-- row: row comparison
--! same
SELECT count(*) FROM groups a JOIN groups b ON (a.id, a.name) = (b.id, b.name);

-- row: array of rows
--! same
SELECT array_agg(g ORDER BY g.id) FROM groups g;

-- row: fields of a row
--! same
SELECT (g).name, (g).* FROM (SELECT g FROM groups g OFFSET 0) x;

-- row: row is not null
--! same
SELECT count(*) FROM groups g WHERE g IS NOT NULL;

-- view: view
--! same
BEGIN;
CREATE VIEW v AS SELECT c.id, c.group_id, g.name, c.paused FROM connectors c JOIN groups g ON g.id = c.group_id;
CREATE VIEW d AS SELECT id, service, config FROM destinations;
SELECT * FROM v WHERE id = 'assimilate_seem';

-- view: view aggregated
--! same
BEGIN;
CREATE VIEW v AS SELECT c.id, c.group_id, g.name, c.paused FROM connectors c JOIN groups g ON g.id = c.group_id;
CREATE VIEW d AS SELECT id, service, config FROM destinations;
SELECT name, count(*) FROM v GROUP BY 1;

-- view: view joined to itself
--! same
BEGIN;
CREATE VIEW v AS SELECT c.id, c.group_id, g.name, c.paused FROM connectors c JOIN groups g ON g.id = c.group_id;
CREATE VIEW d AS SELECT id, service, config FROM destinations;
SELECT count(*) FROM v a JOIN v b USING (id);

-- view: view with details
--! same
BEGIN;
CREATE VIEW v AS SELECT c.id, c.group_id, g.name, c.paused FROM connectors c JOIN groups g ON g.id = c.group_id;
CREATE VIEW d AS SELECT id, service, config FROM destinations;
SELECT * FROM d WHERE service = 'snowflake';

-- view: materialized view
--! same
BEGIN;
CREATE MATERIALIZED VIEW m AS SELECT id, service, config FROM connectors;
CREATE UNIQUE INDEX ON m (id);
REFRESH MATERIALIZED VIEW m;
SELECT * FROM m;

-- view: insert select
--! same
CREATE TEMP TABLE t AS SELECT id, config FROM destinations WITH NO DATA;
INSERT INTO t SELECT id, config FROM destinations;
INSERT INTO t (id) SELECT id FROM connectors;
TABLE t;

-- view: create table as execute
--! same
PREPARE p AS SELECT id, paused FROM connectors;
CREATE TEMP TABLE t AS EXECUTE p;
TABLE t;

-- view: update from
--! same in small
CREATE TEMP TABLE t AS SELECT n, id, NULL::text AS service FROM picked;
UPDATE t SET service = c.service FROM connectors c WHERE c.id = t.id;
TABLE t;

-- view: delete using
--! same
CREATE TEMP TABLE t AS SELECT id FROM groups;
DELETE FROM t USING destinations d WHERE d.id = t.id;
TABLE t;

-- view: merge
--! same
CREATE TEMP TABLE t AS SELECT n, id FROM picked WHERE n < 8;
MERGE INTO t USING (SELECT id, service FROM destinations) d ON d.id = t.id WHEN NOT MATCHED THEN INSERT
  VALUES (0, d.id) WHEN MATCHED THEN DELETE;
TABLE t;

-- view: insert on conflict
--! same
CREATE TEMP TABLE t (id text PRIMARY KEY, n int DEFAULT 1);
INSERT INTO t SELECT id FROM groups;
INSERT INTO t SELECT id FROM destinations ON CONFLICT (id) DO UPDATE SET n = t.n + 1;
TABLE t;

-- view: copy to
--! same
COPY (SELECT id, config, created_at FROM connectors) TO STDOUT;

-- view: copy csv
--! same
COPY (SELECT id, attrs->>'service', events FROM webhooks) TO STDOUT (FORMAT csv, HEADER);

-- view: for update
--! same
SELECT id, name FROM groups FOR UPDATE;

-- view: for share in a join
--! same in small
SELECT p.n, c.id FROM picked p JOIN connectors c USING (id) FOR SHARE OF p;

-- view: for update with limit
--! same
--! in order
SELECT id FROM groups ORDER BY id LIMIT 4 FOR UPDATE;

-- view: function that is inlined
--! same
CREATE FUNCTION pg_temp.of_group(text) RETURNS TABLE (id text, service text) STABLE
  LANGUAGE sql AS 'SELECT id, service FROM connectors WHERE group_id = $1';
SELECT * FROM pg_temp.of_group('opaque_lantern');

-- view: function that is not
--! same in small
CREATE FUNCTION pg_temp.of_group(text) RETURNS TABLE (id text, service text) VOLATILE
  LANGUAGE sql AS 'SELECT id, service FROM connectors WHERE group_id = $1';
SELECT g.name, f.* FROM groups g, pg_temp.of_group(g.id) f;

-- view: volatile value
--! same
SELECT id FROM connectors WHERE id = calls('assimilate_seem');

-- view: volatile condition
--! same
SELECT count(*) FROM destinations WHERE calls(service) = service AND config IS NOT NULL;

-- view: read only transaction
--! same
START TRANSACTION READ ONLY;
SELECT count(*) FROM connectors;
SELECT id, config FROM destinations;
COMMIT;

-- view: serializable, deferrable
--! same
START TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
SELECT count(*) FROM groups;
COMMIT;

-- prepared statement: array
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SELECT array_agg(id) AS ids FROM picked \gset
SET plan_cache_mode = :mode;
PREPARE p(text[]) AS SELECT id FROM connectors WHERE id = ANY ($1);
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END),
  (VALUES ($$'{assimilate_seem,broken_anchor}'$$), ($$NULL$$), ($$'{}'$$), ($$'{NULL}'$$), ($$'{"",.,..,x}'$$),
  (quote_literal(:'ids'))) x(v) \gexec

-- prepared statement: array of details
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(text[]) AS SELECT id, config FROM destinations WHERE id = ANY ($1);
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END),
  (VALUES ($$'{decent_dropsy,vivid_ember,empty_shelf}'$$), ($$'{""}'$$), ($$'{"",brisk_falcon}'$$)) x(v) \gexec

-- prepared statement: expression
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(text, text) AS SELECT id FROM connectors WHERE id = $1 || $2;
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END), (VALUES ($$'assimilate', '_seem'$$), ($$'x', NULL$$)) x(v) \gexec

-- prepared statement: filter
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(text) AS SELECT id, paused FROM connectors WHERE group_id = $1;
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END),
  (VALUES ($$'opaque_lantern'$$), ($$NULL$$), ($$''$$), ($$'no such'$$), ($$'a&b=c'$$),
  ($$'final_margin'$$)) x(v) \gexec

-- prepared statement: join
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(text) AS SELECT c.id, g.name FROM connectors c JOIN groups g ON g.id = c.group_id WHERE g.id = $1;
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END), (VALUES ($$'clever_harbor'$$), ($$'no such'$$)) x(v) \gexec

-- prepared statement: key
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(text) AS SELECT id, service FROM connectors WHERE id = $1;
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END),
  (VALUES ($$'assimilate_seem'$$), ($$NULL$$), ($$''$$), ($$'..'$$), ($$'no such'$$),
  ($$'broken_anchor'$$)) x(v) \gexec

-- prepared statement: key and filter
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(text, text) AS SELECT id FROM connectors WHERE id = $1 AND group_id = $2;
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END),
  (VALUES ($$'assimilate_seem', 'decent_dropsy'$$), ($$'assimilate_seem', 'other'$$),
  ($$'assimilate_seem', NULL$$)) x(v) \gexec

-- prepared statement: limit
--! same
--! in order
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(bigint, bigint) AS SELECT id FROM connectors LIMIT $1 OFFSET $2;
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END), (VALUES ($$5, 0$$), ($$5, 5$$), ($$NULL, 30$$), ($$0, 0$$)) x(v) \gexec

-- prepared statement: local
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(text, boolean) AS SELECT id FROM connectors WHERE service = $1 AND paused = $2;
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END), (VALUES ($$'mysql', false$$), ($$NULL, true$$)) x(v) \gexec

-- prepared statement: varchar array
--! same
--! each mode: force_custom_plan | force_generic_plan | auto
SET plan_cache_mode = :mode;
PREPARE p(varchar[]) AS SELECT id FROM connectors WHERE id = ANY ($1);
SELECT 'EXECUTE p(' || v || ')'
  FROM generate_series(1, CASE :'mode'
  WHEN 'auto' THEN 7 ELSE 1 END), (VALUES ($$'{assimilate_seem,broken_anchor,NULL}'$$)) x(v) \gexec

-- cursor: fetch
--! same
--! in order
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM connectors;
FETCH 3 FROM c;
FETCH 20 FROM c;
MOVE 5 IN c;
FETCH c;
CLOSE c;
COMMIT;

-- cursor: scroll
--! same
--! in order
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM connectors;
FETCH 12 FROM c;
FETCH BACKWARD 9 FROM c;
MOVE ABSOLUTE 30 IN c;
FETCH c;
FETCH PRIOR FROM c;
FETCH LAST FROM c;
FETCH FIRST FROM c;
FETCH RELATIVE 2 FROM c;
MOVE BACKWARD ALL IN c;
FETCH ALL FROM c;
FETCH BACKWARD ALL FROM c;

-- cursor: scroll over a join
--! same
--! in order
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT c.id, g.name FROM connectors c JOIN groups g ON g.id = c.group_id ORDER BY 1;
FETCH 5 FROM c;
FETCH BACKWARD 3 FROM c;
MOVE LAST IN c;
FETCH BACKWARD 4 FROM c;

-- cursor: with hold
--! same
--! in order
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT id FROM connectors;
FETCH 2 FROM c;
COMMIT;
FETCH 10 FROM c;
FETCH ALL FROM c;
CLOSE c;

-- cursor: with hold, scroll
--! same
--! in order
BEGIN;
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT id, config FROM destinations ORDER BY id;
FETCH 3 FROM c;
COMMIT;
FETCH BACKWARD 2 FROM c;
FETCH ALL FROM c;

-- cursor: two, interleaved
--! same
--! in order
BEGIN;
DECLARE a CURSOR FOR SELECT id FROM connectors;
DECLARE b CURSOR FOR SELECT id FROM connectors;
FETCH 10 FROM a;
FETCH 3 FROM b;
FETCH 10 FROM a;
FETCH 20 FROM b;
CLOSE a;
FETCH 5 FROM b;
SELECT count(*) FROM connectors;
FETCH ALL FROM b;

-- cursor: details, interleaved
--! same
BEGIN;
DECLARE a CURSOR FOR SELECT id, config FROM destinations
  WHERE id = ANY (ARRAY['decent_dropsy','vivid_ember','brisk_falcon']);
DECLARE b CURSOR FOR SELECT id, config FROM destinations;
FETCH 1 FROM a;
FETCH 4 FROM b;
FETCH ALL FROM a;
FETCH ALL FROM b;

-- cursor: savepoint
--! same
--! in order
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM connectors;
FETCH 2 FROM c;
SAVEPOINT s;
FETCH 10 FROM c;
DECLARE d CURSOR FOR SELECT id FROM groups;
FETCH 3 FROM d;
ROLLBACK TO s;
FETCH 4 FROM c;
SAVEPOINT t;
FETCH ALL FROM c;
ROLLBACK TO t;
SELECT count(*) FROM groups;
COMMIT;

-- cursor: never fetched
--! same
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM connectors;
SELECT 1;
COMMIT;

-- cursor: closed by the end of its transaction
--! same
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM groups;
FETCH 1 FROM c;
COMMIT;

-- cursor: twenty at once
--! same
--! in order
BEGIN;
SELECT format('DECLARE c%s CURSOR FOR SELECT id FROM connectors OFFSET %s', n, n), format('FETCH 2 FROM c%s', n)
  FROM generate_series(1, 20) n \gexec
SELECT format('FETCH 9 FROM c%s', n) FROM generate_series(1, 2), generate_series(20, 1, -1) n \gexec
COMMIT;

-- cursor: twenty at once that read details
--! same
--! in order
BEGIN;
SELECT format('DECLARE c%s CURSOR FOR SELECT id, config FROM destinations ORDER BY id', n),
    format('FETCH 2 FROM c%s', n)
  FROM generate_series(1, 20) n \gexec
SELECT format('FETCH 2 FROM c%s', n) FROM generate_series(20, 1, -1) n \gexec
COMMIT;

-- cursor: a plan with twenty scans
--! same
SELECT format('SELECT count(*) FROM (%s) x', string_agg('SELECT id FROM connectors', ' UNION ALL '))
  FROM generate_series(1, 20) \gexec

-- PL/pgSQL: for
--! same
--! in order
CREATE TEMP TABLE out (n serial, t text);
DO $do$ DECLARE r record; s record; k text; BEGIN
  FOR r IN SELECT id, service FROM connectors LOOP
  INSERT INTO out (t) VALUES (r.id || r.service);
  END LOOP;
END $do$;
SELECT t FROM out ORDER BY n;

-- PL/pgSQL: for with exit
--! same
--! in order
CREATE TEMP TABLE out (n serial, t text);
DO $do$ DECLARE r record; s record; k text; BEGIN
  FOR r IN SELECT id FROM connectors LOOP
  INSERT INTO out (t) VALUES (r.id);
  EXIT WHEN r.id LIKE $$b%$$;
  END LOOP;
END $do$;
SELECT t FROM out ORDER BY n;

-- PL/pgSQL: nested for
--! same
--! in order
CREATE TEMP TABLE out (n serial, t text);
DO $do$ DECLARE r record; s record; k text; BEGIN
  FOR r IN SELECT id FROM groups LOOP
  FOR s IN SELECT id FROM connectors c WHERE c.group_id = r.id LOOP
  INSERT INTO out (t) VALUES (r.id || s.id);
  END LOOP;
  END LOOP;
END $do$;
SELECT t FROM out ORDER BY n;

-- PL/pgSQL: nested for on one table
--! same in small
--! in order
CREATE TEMP TABLE out (n serial, t text);
DO $do$ DECLARE r record; s record; k text; BEGIN
  FOR r IN SELECT id FROM connectors LIMIT 12 LOOP
  SELECT count(*) AS n INTO s FROM connectors WHERE id < r.id;
  INSERT INTO out (t) VALUES (s.n);
  END LOOP;
END $do$;
SELECT t FROM out ORDER BY n;

-- PL/pgSQL: select into
--! same
--! in order
CREATE TEMP TABLE out (n serial, t text);
DO $do$ DECLARE r record; s record; k text; BEGIN
  FOR i IN 1..8 LOOP
  SELECT service INTO k FROM connectors WHERE id = (ARRAY['assimilate_seem','broken_anchor','x'])[i % 3 + 1];
  INSERT INTO out (t) VALUES (k);
  END LOOP;
END $do$;
SELECT t FROM out ORDER BY n;

-- PL/pgSQL: execute
--! same
--! in order
CREATE TEMP TABLE out (n serial, t text);
DO $do$ DECLARE r record; s record; k text; BEGIN
  FOR r IN EXECUTE 'SELECT id FROM connectors WHERE group_id = $1' USING 'opaque_lantern' LOOP
  INSERT INTO out (t) VALUES (r.id);
  END LOOP;
END $do$;
SELECT t FROM out ORDER BY n;

-- PL/pgSQL: exception block in a loop
--! same in small
--! in order
CREATE TEMP TABLE out (n serial, t text);
DO $do$ DECLARE r record; s record; k text; BEGIN
  FOR r IN SELECT id FROM connectors LIMIT 10 LOOP
  BEGIN
  INSERT INTO out (t) VALUES (r.id);
  IF r.id LIKE 'b%' THEN
  RAISE EXCEPTION 'no';
  END IF;
  PERFORM count(*) FROM groups;
  EXCEPTION WHEN raise_exception THEN
  INSERT INTO out (t) VALUES ('caught');
  END;
  END LOOP;
END $do$;
SELECT t FROM out ORDER BY n;

-- PL/pgSQL: commit in a loop
--! same
--! in order
CREATE TEMP TABLE out (t text);
DO 'DECLARE r record;
BEGIN
  FOR r IN SELECT id FROM connectors LIMIT 9 LOOP INSERT INTO out VALUES (r.id); COMMIT; END LOOP;
END';
TABLE out;

-- PL/pgSQL: return query
--! same
CREATE FUNCTION pg_temp.f(g text) RETURNS SETOF text LANGUAGE plpgsql AS 'BEGIN
  RETURN QUERY SELECT id FROM connectors WHERE group_id = g;
RETURN QUERY SELECT id FROM groups WHERE id = g;
END';
SELECT * FROM pg_temp.f('clever_harbor');

-- PL/pgSQL: refcursor
--! same
--! in order
BEGIN;
CREATE FUNCTION pg_temp.f() RETURNS refcursor LANGUAGE plpgsql
  AS $f$ DECLARE c refcursor := 'c'; BEGIN OPEN c FOR SELECT id FROM connectors; RETURN c; END $f$;
SELECT pg_temp.f();
FETCH 9 FROM c;

-- type: domain in a cast
--! same
CREATE DOMAIN pg_temp.key AS text CHECK (VALUE <> 'forbidden');
SELECT id FROM connectors WHERE id = 'assimilate_seem'::pg_temp.key;

-- type: casts in the output
--! same
SELECT id::varchar(4), created_at::date, created_at AT TIME ZONE 'UTC', paused::int,
  sync_frequency::numeric / 7, config::text, (config->>'port')::int FROM connectors;

-- type: time zones
--! same
SET timezone = 'Asia/Kathmandu';
SELECT id, created_at, succeeded_at FROM connectors;

-- type: date style
--! same
SET datestyle = 'SQL, DMY';
SELECT id, created_at FROM connectors;

-- type: current_date style conditions
--! same
SELECT count(*) FROM connectors WHERE created_at < now() OR created_at >= '2026-01-01';

-- row: tableoid
--! no requests
SELECT DISTINCT tableoid::regclass FROM groups;
SELECT DISTINCT tableoid::regclass FROM destinations WHERE config IS NOT NULL AND service = 'redshift';
SELECT count(*) FROM connectors WHERE tableoid = 'connectors'::regclass;

-- row: ctid is refused clearly
SELECT ctid, xmin FROM groups;

-- view: COPY of the table itself
COPY groups TO STDOUT;

-- view: TABLESAMPLE
SELECT * FROM groups TABLESAMPLE SYSTEM (10);

-- partitions and inheritance: a child table
--! each world: queries | small
--! no requests
BEGIN;
CREATE TABLE parent (service text, id text);
INSERT INTO parent VALUES ('here', 'local'), ('here', 'assimilate_seem');
CREATE FOREIGN TABLE child (paused boolean, id text, service text) SERVER :world OPTIONS (resource 'connectors');
ALTER FOREIGN TABLE child INHERIT parent;
SELECT count(*), count(service) FROM parent;
SELECT service, tableoid::regclass FROM parent WHERE id = 'assimilate_seem' ORDER BY 2;
SELECT p FROM parent p WHERE id = 'broken_anchor';
SELECT count(*) FROM parent p JOIN picked k ON k.id = p.id AND k.n = 1;

-- cursor: no scroll
--! no requests
BEGIN;
DECLARE c NO SCROLL CURSOR FOR SELECT id FROM groups;
FETCH 2 FROM c;
FETCH PRIOR FROM c;

-- cursor: an error in a subtransaction leaves an open one alone
--! no requests
--! in order
\set ON_ERROR_STOP off
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM connectors;
FETCH 1 FROM c;
SAVEPOINT s;
SELECT 1 / (length(id) - length(id)) FROM connectors;
ROLLBACK TO s;
FETCH 1 FROM c;
SELECT count(*) FROM connectors;
COMMIT;

-- type: two that make a table of keys that have another type
CREATE FUNCTION queries.make(type text, rest text) RETURNS void LANGUAGE plpgsql AS $f$BEGIN
  DROP FOREIGN TABLE IF EXISTS t;
  EXECUTE format($$CREATE FOREIGN TABLE queries.t (key %1$s OPTIONS (column_name 'id') %2$s,
    the_group %1$s OPTIONS (column_name 'group_id') %2$s, service text)
    SERVER queries OPTIONS (resource 'connectors')$$, type, rest);
END$f$;
CREATE FUNCTION local_queries.make(type text, rest text) RETURNS void LANGUAGE plpgsql AS $f$BEGIN
  DROP TABLE IF EXISTS t;
  EXECUTE format('CREATE TABLE local_queries.t (key %1$s %2$s, the_group %1$s %2$s, service text)', type, rest);
  INSERT INTO t SELECT id, group_id, service FROM local_queries.connectors;
END$f$;

-- type: keys that have another type; what PostgreSQL refuses for local tables (collations that differ) is refused, too
--! each type: 'varchar', '' | 'varchar(200)', '' | 'char(40)', '' | 'name', '' | 'text', 'COLLATE "C"'
--! each type: 'text', 'COLLATE "POSIX"'
--! same in queries
SELECT make(:type);
SELECT 1, key, service FROM t WHERE key = 'assimilate_seem';
SELECT 2, key, service FROM t WHERE key = 'assimilate_seem ';
SELECT 3, key, service FROM t WHERE key = 'assimilate_seem'::varchar;
SELECT 4, key, service FROM t WHERE key = 'assimilate_seem'::name;
SELECT 5, key, service FROM t WHERE key = 'assimilate_seem'::char(20);
SELECT 6, key, service FROM t WHERE key::text = 'assimilate_seem';
SELECT 7, key, service FROM t WHERE key::varchar(5) = 'assim';
SELECT 8, key, service FROM t WHERE key::char(30) = 'assimilate_seem';
SELECT 9, key, service FROM t WHERE key IN ('assimilate_seem', 'broken_anchor');
SELECT 10, key, service FROM t WHERE key = ANY ('{assimilate_seem,x}'::varchar[]);
SELECT 11, key, service FROM t WHERE key COLLATE "C" = 'assimilate_seem';
SELECT 12, key, service FROM t WHERE the_group = 'opaque_lantern';
SELECT 13, key, service FROM t WHERE the_group::text = 'opaque_lantern';
SELECT 14, key, service FROM t WHERE lower(key) = 'assimilate_seem';
