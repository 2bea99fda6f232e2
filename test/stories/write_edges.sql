-- Writes where promises meet: several parts of one statement, partitions, triggers, functions, temporary files.
--! settings {"connectors": 2500}

-- two tables below one
CREATE TABLE parent (id text);
CREATE FOREIGN TABLE child_groups () INHERITS (parent) SERVER write_edges OPTIONS (resource 'groups');
CREATE FOREIGN TABLE child_webhooks () INHERITS (parent) SERVER write_edges OPTIONS (resource 'webhooks');

-- fivetrex.max_deletes counts for the statement: two CTEs
--! reads end
SET fivetrex.max_deletes = 1;
WITH a AS (DELETE FROM groups WHERE id = 'empty_shelf' RETURNING id),
  b AS (DELETE FROM webhooks WHERE id = 'hook_acorn')
  SELECT count(*) FROM a;

-- a CTE and the statement
--! reads end
SET fivetrex.max_deletes = 1;
WITH a AS (DELETE FROM groups WHERE id = 'empty_shelf')
  DELETE FROM webhooks WHERE id = 'hook_acorn';

-- children of one parent
--! reads end
SET fivetrex.max_deletes = 1;
DELETE FROM parent WHERE id IN ('empty_shelf', 'hook_acorn');

-- children, with RETURNING
--! reads end
SET fivetrex.max_deletes = 1;
DELETE FROM parent WHERE id IN ('empty_shelf', 'hook_acorn') RETURNING id;

-- a function that is called twice deletes once; and says so
SET fivetrex.max_deletes = 1;
SELECT fivetrex_request('DELETE', '/v1/webhooks/' || id) FROM (VALUES ('hook_acorn'), ('hook_anvil')) v(id);

-- two functions in a dry run
SET fivetrex.max_deletes = 1;
SET fivetrex.dry_run = on;
SELECT fivetrex_delete_user_api_keys('x'), fivetrex_request('DELETE', '/v1/groups/x');

-- statements of a function are statements
SET fivetrex.max_deletes = 1;
DO $$BEGIN DELETE FROM webhooks WHERE id = 'hook_anvil'; DELETE FROM webhooks WHERE id = 'hook_apple'; END$$;

-- what is allowed is done
SET fivetrex.max_deletes = 2;
DELETE FROM parent WHERE id IN ('empty_shelf', 'hook_alley') RETURNING tableoid::regclass;

-- GET with a body
SELECT fivetrex_request('GET', '/v1/groups', NULL, '{"name": "by_get"}');

-- a nested query
SELECT fivetrex_request('GET', '/v1/groups', '{"limit": {"cursor": 1}}');

-- a nested array
SELECT fivetrex_request('GET', '/v1/groups', '{"limit": [[1]]}');

-- encoded dots
SELECT fivetrex_request('GET', '/v1/%2e%2E/groups');

-- a plain one is sent
SELECT fivetrex_request('GET', '/v1/groups', '{"limit": 5}') ->> 'code';

-- nothing to set
SELECT fivetrex_set_sync_frequency('assimilate_seem', NULL);

-- arguments are called id
SELECT fivetrex_test_webhook(id => 'hook_apple', event => 'sync_end') IS NOT NULL FROM webhooks LIMIT 0;

-- descriptions are DDL
BEGIN READ ONLY;
SELECT fivetrex_comment('write_edges');

-- a function whose answer is lost
--! hide (?<=have been made: ).*
--! fault {"after_state": true, "method": "POST", "path": "sync"}
SELECT fivetrex_sync('assimilate_seem');

-- a gateway that failed may have passed it on
--! fault {"body": {"code": "x", "message": "gateway"}, "method": "POST", "path": "groups", "status": 504}
INSERT INTO groups (name) VALUES ('gateway');

-- a success that the API has not told
--! fault {"path": "groups", "status": 201, "content_type": "text/html", "body_text": "<html>Log in first</html>"}
INSERT INTO groups (name) VALUES ('portal');

-- rows that move between partitions, of which one is foreign
CREATE TABLE parted (id text, name text) PARTITION BY LIST (name);
CREATE TABLE part_local PARTITION OF parted FOR VALUES IN ('here', 'home');
CREATE FOREIGN TABLE part_foreign PARTITION OF parted DEFAULT SERVER write_edges OPTIONS (resource 'groups');
INSERT INTO part_local VALUES (NULL, 'here'), (NULL, 'home');

-- from a local one
UPDATE parted SET name = 'moved' WHERE name = 'here';

-- where the statement updates, too
UPDATE parted p SET name = 'gone' FROM (VALUES ('home'), ('Legal')) v(n) WHERE v.n = p.name;

-- the same, direct
UPDATE parted SET name = name || '_x' WHERE name IN ('home', 'home_x') RETURNING name;

-- in a dry run
SET fivetrex.dry_run = on;
UPDATE parted SET name = 'moved' WHERE name = 'home';

-- the row is still there
SELECT name FROM part_local;

-- AFTER STATEMENT triggers see what was written
CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  RAISE NOTICE 'groups like stmt: %', (SELECT count(*) FROM groups WHERE name LIKE 'stmt%');
  RETURN NULL;
END$$;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE TRIGGER after_all AFTER INSERT OR UPDATE ON groups FOR EACH STATEMENT EXECUTE FUNCTION counts();

-- COPY
COPY groups (name) FROM stdin;
stmt_1
stmt_2
\.

-- INSERT
INSERT INTO groups (name) VALUES ('stmt_3'), ('stmt_4');

-- a row trigger, too
CREATE TRIGGER before_each BEFORE INSERT ON groups FOR EACH ROW EXECUTE FUNCTION nothing();

-- INSERT with a row trigger
INSERT INTO groups (name) VALUES ('stmt_5'), ('stmt_6');

-- UPDATE FROM
UPDATE groups g SET name = replace(g.name, 'stmt', 'done') FROM (VALUES ('stmt_1'), ('stmt_2')) v(n)
  WHERE v.n = g.name;

-- no triggers
DROP TRIGGER after_all ON groups;
DROP TRIGGER before_each ON groups;

-- rows are kept for a write, in a temporary file
CREATE TRIGGER before_each BEFORE UPDATE ON connectors FOR EACH ROW EXECUTE FUNCTION nothing();

-- work_mem is too small for them
SET work_mem = 64;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET client_min_messages = error;
WITH u AS (UPDATE connectors c SET pause_after_trial = true
  WHERE group_id = 'hollow_cedar' AND id IN (SELECT x.id FROM connectors x WHERE x.group_id = 'hollow_cedar')
  RETURNING id, attrs ->> 'id' AS key)
  SELECT count(*), count(*) FILTER (WHERE id = key) FROM u;

-- no trigger
DROP TRIGGER before_each ON connectors;

-- a table whose key is generated
CREATE FOREIGN TABLE odd (id text GENERATED ALWAYS AS ('a') STORED, paused boolean) SERVER write_edges
  OPTIONS (resource 'connectors');

-- a generated key
UPDATE odd SET paused = true;

-- async_capable does not concern writes
ALTER SERVER write_edges OPTIONS (ADD async_capable 'true', DROP max_concurrency);

-- an UPDATE of the key is refused
UPDATE parent SET id = id WHERE id IN ('decent_dropsy', 'hook_apple');

-- two tables of the same groups below one
CREATE TABLE named (id text, name text);
CREATE FOREIGN TABLE named_1 () INHERITS (named) SERVER write_edges OPTIONS (resource 'groups');
CREATE FOREIGN TABLE named_2 () INHERITS (named) SERVER write_edges OPTIONS (resource 'groups');
INSERT INTO groups (name) VALUES ('b1');
INSERT INTO groups (name) VALUES ('n1');

-- a direct UPDATE below an Append
UPDATE named SET name = name || 'x' WHERE name IN ('b1', 'n1') RETURNING tableoid::regclass, name;

-- a DELETE below an Append
SET fivetrex.max_deletes = 9;
DELETE FROM named WHERE name IN ('b1x', 'n1x', 'b1xx', 'n1xx');

-- all are gone
SELECT count(*) FROM groups WHERE name ~ '^[bn]1x';
