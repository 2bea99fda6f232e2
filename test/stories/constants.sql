-- The column option constant: several accounts as partitions of one table.
--! world a {"connectors": 11, "async_capable": "true", "max_concurrency": 1}
--! world b {"connectors": 12, "async_capable": "true", "max_concurrency": 1}
--! world c {"connectors": 13, "async_capable": "true", "max_concurrency": 1}
ALTER FOREIGN TABLE a.connectors ADD account text OPTIONS (constant 'a'), ADD number integer OPTIONS (constant '1');
ALTER FOREIGN TABLE b.connectors ADD account text OPTIONS (constant 'b'), ADD number integer OPTIONS (constant '2');
ALTER FOREIGN TABLE c.connectors ADD account text OPTIONS (constant 'c'), ADD number integer OPTIONS (constant '3');
CREATE TABLE a.all_connectors (LIKE a.connectors) PARTITION BY LIST (account);
ALTER TABLE a.all_connectors ATTACH PARTITION a.connectors FOR VALUES IN ('a');
ALTER TABLE a.all_connectors ATTACH PARTITION b.connectors FOR VALUES IN ('b');
ALTER TABLE a.all_connectors ATTACH PARTITION c.connectors FOR VALUES IN ('c');
CREATE VIEW a.united AS
  SELECT * FROM a.connectors UNION ALL SELECT * FROM b.connectors UNION ALL SELECT * FROM c.connectors;
CREATE TABLE public.tenants (account text, number integer, region text);
INSERT INTO public.tenants VALUES ('a', 1, 'eu'), ('b', 2, 'us'), ('d', 4, 'eu'), (NULL, NULL, 'eu');
ALTER DATABASE postgres SET search_path = a, public;

-- the same as local tables
--! no requests
CREATE SCHEMA local_a;
CREATE TABLE local_a.all_connectors AS SELECT * FROM a.all_connectors;
CREATE TABLE local_a.connectors AS SELECT * FROM a.connectors;
CREATE VIEW local_a.united AS SELECT * FROM local_a.all_connectors;

-- plans, without what only some versions print, and the rows that they expect
CREATE FUNCTION plan(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
    IF line !~ '^ *Replaces:' THEN RETURN NEXT line; END IF;
  END LOOP;
END$$;
CREATE FUNCTION expected_rows(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement INTO plan;
  RETURN plan->0->'Plan'->>'Plan Rows';
END$$;

-- one table: the constant
SELECT DISTINCT account, number, pg_typeof(number) FROM a.connectors;

-- nothing but the constant
SELECT count(account) FROM a.connectors;

-- beside a key
SELECT account, id FROM a.connectors WHERE id = 'assimilate_seem';

-- a whole row
SELECT (x).account, row_to_json(x) ->> 'number' FROM a.connectors x WHERE id = 'assimilate_seem';

-- a condition that holds
SELECT count(*) FROM a.connectors WHERE account = 'a' AND number < 2;

-- and leaves the LIMIT to the API
SELECT account FROM a.connectors WHERE account = 'a' LIMIT 2;

-- conditions that are false, which the planner sees
--! each false: account = 'b' | account <> 'a' | account IN ('b', 'c') | account > 'a' | account IS NULL
--! each false: number = 2 | number > 1 | number NOT IN (1, 2) | number IS NULL | account = 'a' AND number = 2
--! each false: account = 'b' OR number = 3 | account = NULL
--! in order
SELECT id FROM a.connectors WHERE :false;
SELECT * FROM plan('SELECT id FROM a.connectors WHERE ' || :'false');

-- those that it does not, as functions that are no operators; alone, and with a key
--! each false: account LIKE 'b%' | upper(account) = 'B' | number % 2 = 0 | account = lower('B')
--! each false: account = current_user
SELECT id FROM a.connectors WHERE :false;
SELECT id FROM a.connectors WHERE :false AND id = 'assimilate_seem';

-- one that fails does so on a row only: there is none
--! each failing: 1 / (number - 1) = 1 | substr(account, 1, -number) = 'a' | account::int = 1
SELECT id FROM a.connectors WHERE :failing AND id = 'nobody';

-- and a row
--! each failing: 1 / (number - 1) = 1 | substr(account, 1, -number) = 'a' | account::int = 1
--! codes only
SELECT id FROM a.connectors WHERE :failing AND id = 'assimilate_seem';

-- an unknown one beside another column
SELECT count(*) FROM a.connectors WHERE account LIKE 'b%' OR id = 'assimilate_seem';

-- a generic plan, false
SET plan_cache_mode = force_generic_plan;
PREPARE p(text) AS SELECT count(*) FROM a.connectors WHERE account = $1;
EXECUTE p('b');
EXECUTE p(NULL);

-- a generic plan, true
SET plan_cache_mode = force_generic_plan;
PREPARE p(text) AS SELECT count(*) FROM a.connectors WHERE account = $1;
EXECUTE p('a');

-- a value of the execution
SELECT count(*) FROM a.connectors WHERE account = (SELECT max(account) FROM tenants);

-- EXPLAIN knows parameters
SET plan_cache_mode = force_generic_plan;
PREPARE p(text) AS SELECT id FROM a.connectors WHERE account = $1;
EXPLAIN (COSTS OFF) EXECUTE p('b');

-- but not what is executed
SELECT line FROM plan('SELECT id FROM a.connectors WHERE account = (SELECT max(account) FROM tenants)') line
  WHERE line ~ 'Fivetran Request';

-- the conditions of a security barrier come before those of its reader
CREATE FUNCTION tells(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
  RAISE NOTICE 'told %', $1;
  RETURN true;
END$$;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM a.connectors WHERE id = 'no_such';
SELECT id FROM barrier WHERE tells(account);
DROP VIEW barrier;

-- partitions: all
SELECT account, count(*) FROM all_connectors GROUP BY 1 ORDER BY 1;

-- one
SELECT count(*), min(account) FROM all_connectors WHERE account = 'b';

-- two
SELECT count(*) FROM all_connectors WHERE account IN ('b', 'c');

-- by a constant that is not the partition key
SELECT count(*) FROM all_connectors WHERE number = 3;

-- none
SELECT count(*) FROM all_connectors WHERE account = 'z';

-- a key in one
SELECT account, id FROM all_connectors WHERE account = 'c' AND id = 'assimilate_seem';

-- a key in all
SELECT count(*) FROM all_connectors WHERE id = 'assimilate_seem';

-- at run time, by a parameter
SET plan_cache_mode = force_generic_plan;
PREPARE p(text) AS SELECT count(*) FROM all_connectors WHERE account = $1;
EXECUTE p('b');

-- at run time, by a subquery
SELECT count(*) FROM all_connectors WHERE account = (SELECT account FROM tenants WHERE region = 'us');

-- not by the partition key, at run time
SELECT count(*) FROM all_connectors WHERE number = (SELECT 3);

-- a view of UNION ALL
SELECT count(*) FROM united WHERE account = 'b';

-- all are asked at once
SELECT count(*) FROM plan('SELECT id FROM all_connectors') line WHERE line ~ 'Async Foreign Scan';

-- a member of UNION ALL that is left alone
EXPLAIN (COSTS OFF) SELECT id FROM united WHERE account = 'b';

-- a constant drops no rows in estimates
SELECT expected_rows('SELECT id FROM b.connectors WHERE account = ''b''') =
  expected_rows('SELECT id FROM b.connectors');

-- joins of all kinds, by each way
--! same in a
--! in order
--! each off: SET enable_mergejoin = off; SET enable_nestloop = off
--! each off: SET enable_hashjoin = off; SET enable_nestloop = off
--! each off: SET enable_hashjoin = off; SET enable_mergejoin = off
:off;
SELECT t.account, count(x.id) FROM tenants t JOIN all_connectors x ON x.account = t.account GROUP BY 1 ORDER BY 1;
SELECT t.account, count(x.id) FROM tenants t LEFT JOIN all_connectors x ON x.account = t.account GROUP BY 1 ORDER BY 1;
SELECT t.account, count(x.id) FROM tenants t RIGHT JOIN all_connectors x ON x.account = t.account GROUP BY 1 ORDER BY 1;
SELECT t.account, count(x.id) FROM tenants t FULL JOIN all_connectors x ON x.account = t.account GROUP BY 1 ORDER BY 1;

-- conditions, in each of three tables: rows, groups and windows
--! same in a
--! in order
--! each condition: true | false | account = 'a' | account <> 'a' | account < 'b' | account >= 'b'
--! each condition: account IN ('a', 'z') | account = ANY (ARRAY['a', NULL]) | account <> ALL (ARRAY['a', NULL])
--! each condition: account NOT IN ('a', 'b') | account IS NULL | account IS NOT NULL | account IS DISTINCT FROM 'a'
--! each condition: NOT account = 'a' | (account = 'a') IS NOT TRUE | (account = NULL) IS NULL
--! each condition: account = 'a' OR number = 2 | NOT (account = 'a' OR number = 2) | account || number = 'b2'
--! each condition: account LIKE '_' | number BETWEEN 2 AND 3 | number = 2.0 | number + 0 = 3
--! each condition: (account, number) = ('c', 3) | (account, number) > ('b', 1) | account = 'b' COLLATE "C"
--! each condition: account = service | account < id | coalesce(account, 'z') = 'a'
--! each condition: CASE account WHEN 'a' THEN paused ELSE NOT paused END
--! each condition: account IN (SELECT account FROM tenants) | account NOT IN (SELECT account FROM tenants)
--! each condition: EXISTS (SELECT 1 FROM tenants t WHERE t.number = x.number AND t.region = 'eu')
--! each condition: account = (SELECT min(account) FROM tenants)
--! each condition: account = 'b' AND id IN ('assimilate_seem', 'broken_anchor')
--! each condition: account = 'b' AND id = 'assimilate_seem' AND paused IS NOT NULL
--! each condition: account = 'b' AND group_id = 'decent_dropsy' | number = 3 AND NOT paused
--! each condition: account::varchar(1) = 'c' | account ~ '^[ab]$' | number::text = account
SELECT account, number, id, service, paused FROM all_connectors x WHERE :condition ORDER BY account, id;
SELECT account, number, id, service, paused FROM connectors x WHERE :condition ORDER BY account, id;
SELECT account, number, id, service, paused FROM united x WHERE :condition ORDER BY account, id;
SELECT number, account, count(*), min(id) FROM all_connectors x WHERE :condition
  GROUP BY GROUPING SETS ((number, account), ()) ORDER BY 1, 2;
SELECT number, account, count(*), min(id) FROM connectors x WHERE :condition
  GROUP BY GROUPING SETS ((number, account), ()) ORDER BY 1, 2;
SELECT number, account, count(*), min(id) FROM united x WHERE :condition
  GROUP BY GROUPING SETS ((number, account), ()) ORDER BY 1, 2;
SELECT id, rank() OVER (PARTITION BY account ORDER BY id), x.account || number FROM all_connectors x WHERE :condition
  ORDER BY 1, 3;
SELECT id, rank() OVER (PARTITION BY account ORDER BY id), x.account || number FROM connectors x WHERE :condition
  ORDER BY 1, 3;
SELECT id, rank() OVER (PARTITION BY account ORDER BY id), x.account || number FROM united x WHERE :condition
  ORDER BY 1, 3;

-- writes
ALTER FOREIGN TABLE a.groups ADD account varchar(5) OPTIONS (constant 'a') NOT NULL;
ALTER FOREIGN TABLE b.groups ADD account varchar(5) OPTIONS (constant 'b') NOT NULL;
ALTER FOREIGN TABLE c.groups ADD account varchar(5) OPTIONS (constant 'c') NOT NULL;
CREATE TABLE all_groups (LIKE a.groups) PARTITION BY LIST (account);
ALTER TABLE all_groups ATTACH PARTITION a.groups FOR VALUES IN ('a');
ALTER TABLE all_groups ATTACH PARTITION b.groups FOR VALUES IN ('b');
ALTER TABLE all_groups ATTACH PARTITION c.groups FOR VALUES IN ('c');

-- left out
INSERT INTO a.groups (name) VALUES ('one') RETURNING account, name, id;

-- given
INSERT INTO a.groups (name, account) VALUES ('two', 'a') RETURNING account, name;

-- NULL means absent
INSERT INTO a.groups (account, name) VALUES (NULL, 'three') RETURNING account, name;

-- routed
INSERT INTO all_groups (account, name) VALUES ('b', 'four'), ('c', 'five') RETURNING tableoid::regclass, account, name;

-- COPY
COPY all_groups (name, account) FROM STDIN;
six	a
seven	c
\.

-- COPY into a partition, without: core routes rows by what they say, and checks those for a partition likewise
--! codes only
COPY b.groups (name) FROM STDIN;
eight
\.

-- COPY with a default
ALTER FOREIGN TABLE b.groups ALTER account SET DEFAULT 'b';
COPY b.groups (name) FROM STDIN;
eight
\.

-- INSERT with a default
INSERT INTO b.groups (name) VALUES ('nine') RETURNING account;

-- another one
INSERT INTO a.groups (name, account) VALUES ('no', 'b');

-- another one of many
INSERT INTO a.groups (name, account) VALUES ('no', 'a'), ('no', 'b');

-- no partition
--! codes only
INSERT INTO all_groups (name, account) VALUES ('no', 'z');

-- an update
UPDATE a.groups SET name = 'uno' WHERE id = 'misty_copper_new' RETURNING account, name;

-- an update that sets the constant
UPDATE a.groups SET name = 'eins', account = 'a' WHERE id = 'misty_copper_new' RETURNING account, name;

-- an update that sets nothing else
UPDATE a.groups SET account = account WHERE id = 'misty_copper_new' RETURNING account;

-- an update through the parent
UPDATE all_groups SET name = 'un' WHERE account = 'a' AND id = 'misty_copper_new' RETURNING account, name;

-- an update that hits no account
UPDATE all_groups SET name = 'x' WHERE account = 'z';

-- an update of a table that is another account
UPDATE a.groups SET name = 'x' WHERE account = 'b';

-- a DELETE of a table that is another account
DELETE FROM a.groups WHERE account LIKE 'b%';

-- an update to another one
UPDATE a.groups SET account = 'b' WHERE id = 'misty_copper_new';

-- an update to NULL
UPDATE a.groups SET account = NULL WHERE id = 'misty_copper_new';

-- a move
UPDATE all_groups SET account = 'b' WHERE account = 'a' AND id = 'misty_copper_new';

-- a BEFORE trigger
CREATE FUNCTION moves() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN new.account := 'b'; RETURN new; END$$;
CREATE TRIGGER moves BEFORE UPDATE ON a.groups FOR EACH ROW EXECUTE FUNCTION moves();

-- that changes it
--! reads end
UPDATE a.groups SET name = 'x' WHERE id = 'misty_copper_new';

-- no trigger
DROP TRIGGER moves ON a.groups;

-- a DELETE
DELETE FROM all_groups WHERE account = 'a' AND id = 'misty_copper_new' RETURNING account, name;

-- EXPLAIN of an INSERT
SELECT * FROM plan($$INSERT INTO a.groups (name, account) VALUES ('x', 'a')$$) line WHERE line !~ 'Result';

-- an upsert
INSERT INTO all_groups (name, account) VALUES ('x', 'a') ON CONFLICT DO NOTHING;

-- a check
--! codes only
ALTER FOREIGN TABLE a.groups ADD CHECK (account <> name);
INSERT INTO a.groups (name) VALUES ('a');

-- a check that holds
INSERT INTO a.groups (name) VALUES ('b') RETURNING account;

-- definitions: with column_name
CREATE FOREIGN TABLE made (id text, x text OPTIONS (constant 'a', column_name 'name')) SERVER a
  OPTIONS (resource 'groups');

-- a key
CREATE FOREIGN TABLE made (id text OPTIONS (constant 'a')) SERVER a OPTIONS (resource 'groups');
SELECT * FROM made;

-- another type
DROP FOREIGN TABLE IF EXISTS made;
CREATE FOREIGN TABLE made (id text, n integer OPTIONS (constant 'x')) SERVER a OPTIONS (resource 'groups');

-- then there is no table
SELECT to_regclass('made') IS NULL;

-- too long
CREATE FOREIGN TABLE made (id text, n varchar(3) OPTIONS (constant 'abcd')) SERVER a OPTIONS (resource 'groups');

-- a table
CREATE FOREIGN TABLE made (id text, n integer OPTIONS (constant '7')) SERVER a OPTIONS (resource 'groups');

-- set to another type
ALTER FOREIGN TABLE made ALTER n OPTIONS (SET constant 'x');

-- added with another type
ALTER FOREIGN TABLE made ADD m date OPTIONS (constant 'x');

-- retyped
SELECT count(*) > 0 FROM fivetrex_options();
ALTER FOREIGN TABLE made ALTER n TYPE uuid;

-- retyped by a session that has not loaded the library
ALTER FOREIGN TABLE made ALTER n TYPE uuid;
SELECT n FROM made;

-- and back
ALTER FOREIGN TABLE made ALTER n TYPE integer;

-- renamed
ALTER FOREIGN TABLE made RENAME n TO k;
SELECT k FROM made LIMIT 1;
DROP FOREIGN TABLE made;

-- types
CREATE FOREIGN TABLE made (id text, t text OPTIONS (constant ''), n numeric(5,2) OPTIONS (constant '1.005'),
  d date OPTIONS (constant '2026-01-02'), b boolean OPTIONS (constant 'yes'), arr int[] OPTIONS (constant '{1,2}'),
  j jsonb OPTIONS (constant '{"a": 1}'), v varchar(3) OPTIONS (constant 'abc')) SERVER a OPTIONS (resource 'groups');
SELECT t = '', n, d, b, arr, j, v FROM made LIMIT 1;
SELECT count(*) FROM made WHERE n = 1;
SELECT count(*) FROM made WHERE d > '2026-01-02' OR NOT b OR v = 'abd' OR v IS NULL;
SELECT count(*) FROM made WHERE arr = '{1}';
SELECT count(*) FROM made WHERE j ? 'b';

-- changed
ALTER FOREIGN TABLE made ALTER v OPTIONS (SET constant 'xyz');
SELECT count(*) FROM made WHERE v = 'abc';

-- ANALYZE knows it
ANALYZE made;
SELECT null_frac, n_distinct, most_common_vals FROM pg_stats WHERE tablename = 'made' AND attname = 'v';

-- dropped
ALTER FOREIGN TABLE made ALTER v OPTIONS (DROP constant), ALTER v TYPE text, ALTER v OPTIONS (ADD column_name 'name');
SELECT count(v) > 0 FROM made;

-- a plan that is kept knows of a change
SET plan_cache_mode = force_generic_plan;
PREPARE p AS SELECT count(*) FROM made WHERE n = 1;
EXECUTE p;
ALTER FOREIGN TABLE made ALTER n OPTIONS (SET constant '1');
EXECUTE p;
SELECT count(*) FROM a.groups;

-- a generated column
CREATE FOREIGN TABLE named (id text, name text, account text OPTIONS (constant 'a'),
  full_name text GENERATED ALWAYS AS (account || '.' || name) STORED) SERVER a OPTIONS (resource 'groups');
SELECT full_name = 'a.' || name FROM named WHERE id = 'decent_dropsy';
UPDATE named SET name = 'n' WHERE id = 'decent_dropsy' RETURNING full_name;
INSERT INTO named (name) VALUES ('m') RETURNING full_name, account;

-- comments
SELECT fivetrex_comment('a') > 0;
SELECT col_description('a.connectors'::regclass, attnum) IS NULL FROM pg_attribute
  WHERE attrelid = 'a.connectors'::regclass AND attname = 'account';
