-- Whose credentials a statement uses, and who may do what.
--! settings {"connectors": 2500}
--! world s {"connectors": 2500, "max_concurrency": 1}
--! world elsewhere {"connectors": 3}
--! world ro {"access": "read_only"}

-- server s: alice has the right key, bob a wrong one, carol and a superuser none
DROP USER MAPPING FOR PUBLIC SERVER s;
CREATE ROLE alice;
CREATE ROLE bob;
CREATE ROLE carol;
CREATE ROLE super SUPERUSER;
CREATE USER MAPPING FOR alice SERVER s OPTIONS (api_key 'key', api_secret 'secret');
CREATE USER MAPPING FOR bob SERVER s OPTIONS (api_key 'wrong_key_of_bob', api_secret 'wrong_secret_of_bob');
GRANT USAGE ON SCHEMA s TO PUBLIC;
GRANT CREATE ON SCHEMA s TO alice, bob, carol;
GRANT SELECT ON ALL TABLES IN SCHEMA s TO PUBLIC;
SET ROLE alice;
CREATE VIEW s.of_alice AS SELECT count(*) AS n FROM s.groups;
CREATE VIEW s.of_alice_invoker WITH (security_invoker) AS SELECT count(*) AS n FROM s.groups;
CREATE VIEW s.nested AS SELECT n FROM s.of_alice_invoker;
CREATE FUNCTION s.definer() RETURNS bigint SECURITY DEFINER
  LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM s.groups); END';
CREATE FUNCTION s.definer_sql() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(*) FROM s.groups';
CREATE FUNCTION s.invoker() RETURNS bigint
  LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM s.groups); END';
CREATE FUNCTION s.definer_ping() RETURNS text SECURITY DEFINER
  LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT account_id FROM public.fivetrex_ping(server => ''s'')); END';
CREATE FUNCTION s.opened() RETURNS refcursor SECURITY DEFINER
  LANGUAGE plpgsql AS 'DECLARE c refcursor := ''c''; BEGIN OPEN c FOR SELECT id FROM s.connectors; RETURN c; END';
GRANT SELECT ON s.of_alice, s.of_alice_invoker, s.nested TO PUBLIC;
RESET ROLE;
SET ROLE bob;
CREATE VIEW s.of_bob AS SELECT count(*) AS n FROM s.groups;
GRANT SELECT ON s.of_bob TO PUBLIC;
RESET ROLE;
SET ROLE carol;
CREATE VIEW s.of_carol AS SELECT count(*) AS n FROM s.groups;
GRANT SELECT ON s.of_carol TO PUBLIC;
RESET ROLE;

-- the acting user is asked for: nothing is sent without a mapping
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT count(*) FROM s.groups;

-- EXPLAIN needs no mapping
SET ROLE carol;
EXPLAIN (COSTS OFF) SELECT id FROM s.groups;

-- a view runs as its owner
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT n FROM s.of_alice;

-- a view runs as its owner, also with wrong credentials
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT n FROM s.of_bob;

-- a view runs as its owner, also without
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT n FROM s.of_carol;

-- SECURITY DEFINER
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT s.definer();

-- SECURITY DEFINER in SQL
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT s.definer_sql();

-- both at once
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT s.definer(), n FROM s.of_alice;

-- a cursor that a function opened
--! each role: alice | bob | carol | super
SET ROLE :role;
BEGIN;
SELECT s.opened();
FETCH 2 FROM c;
COMMIT;

-- security_invoker
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT n FROM s.of_alice_invoker;

-- SECURITY INVOKER function
--! each role: alice | bob | carol | super
SET ROLE :role;
SELECT s.invoker();

-- a view over a security_invoker view: the invoker is still the user
--! each role: alice | bob
SET ROLE :role;
SELECT n FROM s.nested;

-- SET ROLE and SET SESSION AUTHORIZATION
SET ROLE alice;
SELECT count(*) FROM s.groups;
SET ROLE carol;
SELECT n FROM s.of_alice;
RESET ROLE;
SET SESSION AUTHORIZATION alice;
SELECT count(*) FROM s.groups;

-- a prepared statement runs as whoever executes it
SET ROLE alice;
PREPARE p AS SELECT count(*) FROM s.groups;
EXECUTE p;
RESET ROLE;
SET ROLE bob;
EXECUTE p;

-- a cursor goes on as who opened it
--! in order
BEGIN;
SET ROLE alice;
DECLARE c CURSOR FOR SELECT id FROM s.connectors;
SET ROLE bob;
FETCH 2 FROM c;
MOVE 2000 IN c;
FETCH c;
COMMIT;

-- as any other
--! in order
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM users.connectors;
FETCH 2 FROM c;
MOVE 2000 IN c;
FETCH c;
COMMIT;

-- a view twice
SET ROLE carol;
SELECT count(*) FROM s.of_alice a, s.of_alice b;

-- two users in one statement
SET ROLE alice;
SELECT g.id, b.n FROM s.groups g, s.of_bob b;

-- one user twice asks once
SET ROLE alice;
SELECT g.id, b.n FROM s.groups g, s.of_alice b;

-- SELECT privilege is needed
SET ROLE carol;
SET ROLE NONE;
REVOKE SELECT ON s.groups FROM PUBLIC;
SET ROLE alice;
SELECT count(*) FROM s.groups;

-- it is given back
GRANT SELECT ON s.groups TO PUBLIC;

-- a mapping for PUBLIC
GRANT USAGE ON SCHEMA users TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA users TO PUBLIC;

-- is for everybody
--! each role: alice | bob | carol
SET ROLE :role;
SELECT count(*) FROM users.groups;

-- another one for carol
CREATE USER MAPPING FOR carol SERVER users OPTIONS (api_key 'other_key', api_secret 'other_secret');

-- her own goes before
SET ROLE carol;
SELECT count(*) FROM users.groups;

-- others are as before
SET ROLE bob;
SELECT count(*) FROM users.groups;

-- and without it PUBLIC is hers again
SET ROLE bob;
SELECT count(*) FROM users.groups;
RESET ROLE;
DROP USER MAPPING FOR carol SERVER users;
SET ROLE carol;
SELECT count(*) FROM users.groups;

-- USAGE on the server is needed
SET ROLE alice;
SELECT account_id, account_name, key_kind, latency_ms >= 0 FROM fivetrex_ping(server => 's');

-- it is granted
GRANT USAGE ON FOREIGN SERVER s TO alice, bob, carol;

-- a ping asks as whoever calls it
--! each role: alice | bob | carol
SET ROLE :role;
SELECT account_id, account_name, key_kind, latency_ms >= 0 FROM fivetrex_ping(server => 's');

-- by a function that is SECURITY DEFINER
SET ROLE carol;
SELECT s.definer_ping();

-- fivetrex.server
SET ROLE alice;
SET fivetrex.server = 's';
SELECT account_id FROM fivetrex_ping();

-- the default server
SET ROLE alice;
SET fivetrex.server = fivetran;
SELECT fivetrex_ping();

-- no such server
SET ROLE alice;
SELECT fivetrex_ping(server => 'none');

-- a server of another wrapper
CREATE FOREIGN DATA WRAPPER other;
CREATE SERVER other FOREIGN DATA WRAPPER other;
SELECT fivetrex_ping(server => 'other');

-- fivetrex_request is not for PUBLIC
SET ROLE alice;
SELECT fivetrex_request('GET', '/v1/groups/decent_dropsy', server => 's')->'data'->>'name';

-- it is granted, too
GRANT EXECUTE ON FUNCTION fivetrex_request TO alice, bob;

-- a request by whoever calls it
--! each role: alice | bob
SET ROLE :role;
SELECT fivetrex_request('GET', '/v1/groups/decent_dropsy', server => 's')->'data'->>'name';

-- no error so far
SET ROLE alice;
SELECT fivetrex_last_error();

-- the last error
SET ROLE bob;
DO $$ BEGIN PERFORM fivetrex_request('GET', '/v1/groups', server => 's'); EXCEPTION
  WHEN invalid_authorization_specification THEN NULL; END $$;
SELECT e->>'status', e->>'code', e->>'method', e->>'path' FROM fivetrex_last_error() e;

-- what a refused statement does not end
CREATE FUNCTION is_refused() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
  PERFORM count(*) FROM s.groups;
  RETURN false;
EXCEPTION WHEN invalid_authorization_specification THEN
  RETURN true;
END$$;

-- changes in a running session: ALTER USER MAPPING
--! in order
SET ROLE bob;
SELECT is_refused();
RESET ROLE;
ALTER USER MAPPING FOR bob SERVER s OPTIONS (SET api_key 'key', SET api_secret 'secret');
SET ROLE bob;
SELECT count(*) FROM s.groups;
SELECT count(*) FROM s.groups;
RESET ROLE;
ALTER USER MAPPING FOR bob SERVER s
  OPTIONS (SET api_key 'wrong_key_of_bob', SET api_secret 'wrong_secret_of_bob');
SET ROLE bob;
SELECT is_refused();
RESET ROLE;
ALTER USER MAPPING FOR bob SERVER s OPTIONS (SET api_key 'key', SET api_secret 'secret');
SET ROLE bob;
SELECT count(*) FROM s.groups;
RESET ROLE;
ALTER USER MAPPING FOR bob SERVER s
  OPTIONS (SET api_key 'wrong_key_of_bob', SET api_secret 'wrong_secret_of_bob');

-- rolled back
--! in order
BEGIN;
ALTER USER MAPPING FOR bob SERVER s OPTIONS (SET api_key 'key', SET api_secret 'secret');
SET ROLE bob;
SELECT count(*) FROM s.groups;
RESET ROLE;
ROLLBACK;
SET ROLE bob;
SELECT is_refused();
RESET ROLE;

-- rolled back to a savepoint
--! in order
BEGIN;
ALTER USER MAPPING FOR bob SERVER s OPTIONS (SET api_key 'key', SET api_secret 'secret');
SAVEPOINT s;
ALTER USER MAPPING FOR bob SERVER s
  OPTIONS (SET api_key 'wrong_key_of_bob', SET api_secret 'wrong_secret_of_bob');
SET ROLE bob;
SELECT is_refused();
RESET ROLE;
ROLLBACK TO s;
SET ROLE bob;
SELECT count(*) FROM s.groups;
RESET ROLE;
ROLLBACK;

-- DROP USER MAPPING
BEGIN;
SET ROLE alice;
SELECT count(*) FROM s.groups;
RESET ROLE;
DROP USER MAPPING FOR alice SERVER s;
SET ROLE alice;
SELECT count(*) FROM s.groups;

-- ALTER SERVER base_url
--! in order
SET ROLE alice;
SELECT count(*) FROM s.connectors;
RESET ROLE;
ALTER SERVER s OPTIONS (SET base_url :'elsewhere_url');
SET ROLE alice;
SELECT count(*) FROM s.connectors;
RESET ROLE;
ALTER SERVER s OPTIONS (SET base_url :'s_url');
SET ROLE alice;
SELECT count(*) FROM s.connectors;
RESET ROLE;

-- a prepared statement too
--! in order
SET ROLE alice;
PREPARE p AS SELECT count(*) FROM s.connectors;
EXECUTE p;
RESET ROLE;
ALTER SERVER s OPTIONS (SET base_url :'elsewhere_url');
SET ROLE alice;
EXECUTE p;
RESET ROLE;
ALTER SERVER s OPTIONS (SET base_url :'s_url');

-- page_size as it was, and as it was set
SET ROLE alice;
SELECT count(*) FROM s.connectors;
RESET ROLE;
ALTER SERVER s OPTIONS (ADD page_size '500');
SET ROLE alice;
SELECT count(*) FROM s.connectors;
RESET ROLE;
ALTER SERVER s OPTIONS (DROP page_size);

-- an open cursor goes on with what it began with
--! in order
BEGIN;
SET ROLE alice;
DECLARE c CURSOR FOR SELECT id FROM s.connectors;
FETCH 1 FROM c;
RESET ROLE;
ALTER SERVER s OPTIONS (ADD prefetch 'false');
SET ROLE alice;
MOVE 1500 IN c;
FETCH 1 FROM c;
SELECT count(*) FROM s.groups;
COMMIT;
RESET ROLE;
ALTER SERVER s OPTIONS (DROP prefetch);

-- which is this
SELECT id FROM users.connectors OFFSET 1501 LIMIT 1;

-- guards: a server that is read_only
GRANT USAGE ON FOREIGN SERVER ro TO PUBLIC;

-- does not take requests that change something
--! each call: 'POST', '/v1/connections/assimilate_seem/sync', body => '{"force": true}'
--! each call: 'PATCH', '/v1/groups/x', body => '{"name": "x"}' | 'PUT', '/v1/groups/x', body => '{}'
--! each call: 'DELETE', '/v1/webhooks/hook_acorn' | 'delete', '/v1/webhooks/hook_acorn'
SET ROLE alice;
SELECT fivetrex_request(:call, server => 'ro');

-- nor in a dry run
--! each call: 'POST', '/v1/connections/assimilate_seem/sync', body => '{"force": true}'
--! each call: 'PATCH', '/v1/groups/x', body => '{"name": "x"}' | 'PUT', '/v1/groups/x', body => '{}'
--! each call: 'DELETE', '/v1/webhooks/hook_acorn' | 'delete', '/v1/webhooks/hook_acorn'
SET ROLE alice;
SET fivetrex.max_deletes = 9;
SET fivetrex.dry_run = on;
SELECT fivetrex_request(:call, server => 'ro');

-- nor does a READ ONLY transaction
--! each call: 'POST', '/v1/connections/assimilate_seem/sync', body => '{"force": true}'
--! each call: 'PATCH', '/v1/groups/x', body => '{"name": "x"}' | 'PUT', '/v1/groups/x', body => '{}'
--! each call: 'DELETE', '/v1/webhooks/hook_acorn' | 'delete', '/v1/webhooks/hook_acorn'
SET ROLE alice;
SET fivetrex.max_deletes = 9;
START TRANSACTION READ ONLY;
SELECT fivetrex_request(:call, server => 's');

-- nor default_transaction_read_only
--! each call: 'POST', '/v1/connections/assimilate_seem/sync', body => '{"force": true}'
--! each call: 'PATCH', '/v1/groups/x', body => '{"name": "x"}' | 'PUT', '/v1/groups/x', body => '{}'
--! each call: 'DELETE', '/v1/webhooks/hook_acorn' | 'delete', '/v1/webhooks/hook_acorn'
SET ROLE alice;
SET fivetrex.max_deletes = 9;
SET default_transaction_read_only = on;
SELECT fivetrex_request(:call, server => 's');

-- reading is free
SET ROLE alice;
START TRANSACTION READ ONLY;
SELECT fivetrex_request('GET', '/v1/groups', server => 'ro')->>'code';

-- deleting without max_deletes
--! each method: DELETE | delete
SET ROLE alice;
SET fivetrex.max_deletes = 0;
SELECT fivetrex_request(:'method', '/v1/webhooks/hook_acorn', server => 's');

-- in a dry run, too
--! each method: DELETE | delete
SET ROLE alice;
SET fivetrex.max_deletes = 0;
SET fivetrex.dry_run = on;
SELECT fivetrex_request(:'method', '/v1/webhooks/hook_acorn', server => 's');

-- allowed, in a dry run
--! each method: DELETE | delete
SET ROLE alice;
SET fivetrex.max_deletes = 1;
SET fivetrex.dry_run = on;
SELECT fivetrex_request(:'method', '/v1/webhooks/hook_acorn', server => 's');

-- a change, in a dry run
SET ROLE alice;
SET fivetrex.dry_run = on;
SELECT fivetrex_request('PATCH', '/v1/groups/decent_dropsy', body => '{"name": "x"}', server => 's');

-- deleting with max_deletes
SET ROLE alice;
SET fivetrex.max_deletes = 1;
SELECT r->>'code' FROM (SELECT fivetrex_request('DELETE', '/v1/webhooks/hook_acorn', server => 's')) x(r);

-- the webhook is gone
SET ROLE alice;
SELECT count(*) FROM s.webhooks;

-- the group is still there
SET ROLE alice;
SELECT id FROM s.groups WHERE id = 'decent_dropsy';

-- a change is seen by the next statement
SET ROLE alice;
SELECT (SELECT name FROM s.groups WHERE id = 'lucid_orchard'),
         fivetrex_request('PATCH', '/v1/groups/lucid_orchard', body => '{"name": "Renamed"}',
           server => 's')->>'code';
SELECT name FROM s.groups WHERE id = 'lucid_orchard';

-- paths that are refused
--! each path: v1/groups |  | /v1/../x | /v1/groups/.. | /v1/./groups | /v1/groups?limit=1 | /v1/groups#x | /v1/a b
--! each path: /v1/a\nb | /v1/é | /v1\\groups
SET ROLE alice;
SELECT fivetrex_request('GET', :'path', server => 's');

-- method refused
SET ROLE alice;
SELECT fivetrex_request('TRACE', '/v1/groups', server => 's');

-- no method
SET ROLE alice;
SELECT fivetrex_request(NULL, '/v1/groups', server => 's');

-- query refused
SET ROLE alice;
SELECT fivetrex_request('GET', '/v1/groups', query => '[1]', server => 's');

-- a scalar as query refused
SET ROLE alice;
SELECT fivetrex_request('GET', '/v1/groups', query => '7', server => 's');

-- a query that is taken
SET ROLE alice;
SELECT jsonb_array_length(fivetrex_request('GET', '/v1/connections',
  query => '{"limit": 5, "group_id": "opaque_lantern", "cursor": null}', server => 's')->'data'->'items');

-- tables belong to somebody else
SET ROLE alice;
\set ON_ERROR_STOP off
INSERT INTO users.groups (id) VALUES ('x');
DELETE FROM users.groups;
UPDATE users.groups SET name = 'x';
