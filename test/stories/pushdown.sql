-- Exact requests of each kind of query.
--! settings {"connectors": 2500}
ALTER SERVER pushdown OPTIONS (DROP max_concurrency);

-- lists: 2,500 connectors are three pages
SELECT count(*) FROM connectors;

-- others are one; destinations without detail columns
--! each list: count(name) FROM groups | count(service) FROM destinations | count(url) FROM webhooks
SELECT :list;

-- the account is one object
SELECT count(account) FROM account;

-- keys: one request
--! each condition: id = 'assimilate_seem' | 'assimilate_seem' = id
SELECT id, service FROM connectors WHERE :condition;

-- each once, none for NULL
SELECT id FROM connectors WHERE id IN ('broken_anchor', 'assimilate_seem', 'assimilate_seem', NULL);

-- of a subquery
SELECT id FROM connectors WHERE id = ANY (ARRAY(SELECT unnest(ARRAY['daily_beacon', 'cron_lighthouse'])));

-- thirty keys: three pages of the list are cheaper
SELECT count(*) FROM connectors WHERE id IN ('assimilate_seem', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11',
  '12', '13', '14', '15', '16', '17', '18', '19', '20', '21', '22', '23', '24', '25', '26', '27', '28', '29', '30');

-- NULL needs no call
SELECT id FROM connectors WHERE id = NULL;

-- an unknown one: one call, no row
SELECT id FROM connectors WHERE id = 'no_such_thing';

-- a key is percent-encoded
SELECT id FROM connectors WHERE id = 'a/b c?d#e%';

-- one that no path can have makes no call of its own
--! each key: '' | '.' | '..'
SELECT id FROM connectors WHERE id = :key;

-- a key and a filter: one call, checked here
SELECT id FROM connectors WHERE id = 'assimilate_seem' AND group_id = 'other';

-- filters
SELECT count(*) FROM connectors WHERE group_id = 'lucid_orchard';

-- another one
SELECT count(*) FROM connectors WHERE schema = 'google_cloud_postgresql_2964';

-- both, and a condition that stays here
SELECT count(*) FROM connectors
  WHERE schema = 'google_cloud_postgresql_2964' AND group_id = 'decent_dropsy' AND NOT paused;

-- what is no filter: LIKE, OR, an expression, an empty value
--! each condition: group_id LIKE 'd%' | group_id = 'lucid_orchard' OR paused | lower(group_id) = 'lucid_orchard'
--! each condition: group_id = ''
SELECT count(*) FROM connectors WHERE :condition;

-- NULL needs no call here, either
SELECT id FROM connectors WHERE group_id = NULL;

-- LIMIT
SELECT id FROM connectors LIMIT 1;

-- with OFFSET
SELECT id FROM connectors LIMIT 10 OFFSET 5;

-- of none
SELECT id FROM connectors LIMIT 0;

-- over a filter
SELECT id FROM connectors WHERE group_id = 'lucid_orchard' LIMIT 2;

-- over two pages
SELECT count(*) FROM (SELECT id FROM connectors LIMIT 1500) x;

-- a condition that stays here: full pages
SELECT id FROM connectors WHERE NOT paused LIMIT 2;

-- a sort needs all rows
SELECT count(*) FROM (SELECT id FROM connectors ORDER BY created_at LIMIT 2) x;

-- detail columns: one call for each row
SELECT count(config) FROM destinations;

-- with keys: no list
SELECT count(config) FROM destinations WHERE id IN ('decent_dropsy', 'vivid_ember');

-- a condition on columns of the list spares details
SELECT count(config) FROM destinations WHERE service = 'snowflake';

-- attrs is what the list has
SELECT count(attrs) FROM destinations;

-- LIMIT 2: a list and two details
SELECT config IS NOT NULL FROM destinations LIMIT 2;

-- connectors have config in the list
SELECT count(config) FROM connectors WHERE group_id = 'lucid_orchard';

-- joins: few keys drive the inner side
SELECT count(*) FROM connectors c JOIN (VALUES ('assimilate_seem'), ('broken_anchor')) v(id) USING (id);

-- two lists, joined here
SELECT count(*) FROM connectors c JOIN groups g ON g.id = c.group_id;

-- a self-join that the memo holds asks once
--! each list: connectors | groups
SELECT count(*) FROM :list a JOIN :list b USING (id);

-- the same key is asked for once
SELECT count(*) FROM (VALUES ('assimilate_seem'), ('assimilate_seem')) v(id)
  CROSS JOIN LATERAL (SELECT * FROM connectors c WHERE c.id = v.id OFFSET 0) x;

-- one that the memo does not hold is asked for once all the same
--! world long {"connectors": 6000, "prefetch": "false"}
SELECT count(*) FROM long.connectors a JOIN long.connectors b USING (id);

-- plain EXPLAIN sends nothing
\o /dev/null
EXPLAIN VERBOSE SELECT * FROM connectors, destinations;
