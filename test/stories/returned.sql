-- What RETURNING and triggers see when an answer leaves something out; secrets that are told once; members that only
-- reads give.  Every column of every table is left out by t/059_answers.pl.
--! settings {"connectors": 2500}
ALTER DATABASE postgres SET fivetrex.max_writes = -1;

-- columns that have a call of their own
UPDATE groups SET name = 'pk' WHERE id = 'brisk_falcon'
  RETURNING public_key IS NOT NULL, service_account IS NOT NULL;

-- of a new row
INSERT INTO groups (name) VALUES ('pk_2') RETURNING public_key IS NOT NULL;

-- what the answer tells needs none
INSERT INTO groups (name) VALUES ('pk_3') RETURNING name, created_at IS NOT NULL;

-- a member that is left out of an update is as it was read
--! fault {"method": "PATCH", "path": "connections/assimilate_seem", "leave_out": ["service"]}
UPDATE connectors SET paused = true WHERE id = 'assimilate_seem' RETURNING service, paused;

-- or as it was sent
--! fault {"method": "PATCH", "leave_out": ["events"]}
UPDATE webhooks SET events = '{sync_end,sync_start}' WHERE id = 'hook_anvil' RETURNING events;

-- what is not read along is looked up
--! fault {"method": "PATCH", "path": "connections", "leave_out": ["config"]}
UPDATE connectors SET paused = false WHERE id = 'broken_anchor' RETURNING config ->> 'host' IS NOT NULL;

-- a new row without its key is an error
--! fault {"method": "POST", "path": "groups", "leave_out": ["id"]}
INSERT INTO groups (name) VALUES ('keyless') RETURNING id;

-- it was made
SELECT count(*) FROM groups WHERE name = 'keyless';

-- triggers
CREATE FUNCTION looks() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  RAISE NOTICE '% % %', tg_op, new.created_at IS NOT NULL, new.public_key IS NOT NULL;
  RETURN NULL;
END$$;
CREATE TRIGGER looks AFTER INSERT OR UPDATE ON groups FOR EACH ROW EXECUTE FUNCTION looks();

-- see what is there
--! fault {"method": "POST", "path": "groups", "leave_out": ["created_at"]}
--! fault {"method": "PATCH", "path": "groups", "leave_out": ["created_at"]}
INSERT INTO groups (name) VALUES ('triggered');
UPDATE groups SET name = 'triggered_2' WHERE id = 'brisk_falcon';
DROP TRIGGER looks ON groups;

-- secrets that are told once: tables, parents and views
CREATE TABLE keys (id text, name text) PARTITION BY LIST (name);
CREATE FOREIGN TABLE keys_0 PARTITION OF keys DEFAULT SERVER returned OPTIONS (resource 'system_keys');
CREATE TABLE full_keys (id text, name text, secret text) PARTITION BY LIST (name);
CREATE TABLE middle PARTITION OF full_keys DEFAULT PARTITION BY LIST (name);
CREATE FOREIGN TABLE full_keys_0 (secret text, name text, id text) SERVER returned OPTIONS (resource 'system_keys');
ALTER TABLE middle ATTACH PARTITION full_keys_0 DEFAULT;
CREATE VIEW key_view AS SELECT id, name FROM system_keys;
CREATE VIEW parent_view AS SELECT * FROM full_keys;
CREATE FUNCTION key_of(full_keys) RETURNS text LANGUAGE sql AS 'SELECT $1.secret';
CREATE TABLE moving (id text, name text, secret text) PARTITION BY LIST (name);
CREATE TABLE moving_local PARTITION OF moving FOR VALUES IN ('local');
CREATE FOREIGN TABLE moving_keys PARTITION OF moving DEFAULT SERVER returned OPTIONS (resource 'system_keys');
INSERT INTO moving VALUES (NULL, 'local', NULL);

-- an INSERT that would lose one: without it, through parents and views
--! each statement: INSERT INTO system_keys (name) VALUES ('k')
--! each statement: INSERT INTO system_keys (name) VALUES ('k') RETURNING id
--! each statement: INSERT INTO full_keys (name) VALUES ('k') | INSERT INTO full_keys (name) VALUES ('k') RETURNING id
--! each statement: INSERT INTO keys (name) VALUES ('k') RETURNING *
--! each statement: INSERT INTO keys (name) VALUES ('k') RETURNING keys
--! each statement: INSERT INTO key_view (name) VALUES ('k') RETURNING *
--! each statement: INSERT INTO parent_view (name) VALUES ('k') RETURNING id, name
:statement;

-- COPY
COPY system_keys (name) FROM STDIN;
k
\.

-- COPY to a parent
--! hide (?<=COPY full_keys).*
COPY full_keys (name) FROM STDIN;
k
\.

-- a row that moves
UPDATE moving SET name = 'k' WHERE name = 'local' RETURNING moving.id;

-- a part of WITH that nobody reads, or reads without it
--! each query: SELECT 1 | SELECT id FROM k
WITH k AS (INSERT INTO system_keys (name) VALUES ('k') RETURNING id, secret) :query;

-- nor in a part below
WITH k AS (INSERT INTO system_keys (name) VALUES ('k') RETURNING id, secret),
  l AS (SELECT (SELECT id FROM k) AS id)
  SELECT * FROM l;

-- routed, a part that nobody reads
WITH k AS (INSERT INTO full_keys (name) VALUES ('k') RETURNING id, secret) SELECT 1;

-- EXPLAIN ANALYZE
EXPLAIN ANALYZE INSERT INTO system_keys (name) VALUES ('k') RETURNING id, secret;

-- EXPLAIN alone does no harm
\o /dev/null
EXPLAIN INSERT INTO system_keys (name) VALUES ('k') RETURNING id, secret;

-- it is told
--! each statement: INSERT INTO full_keys (name) VALUES ('k_1') RETURNING secret IS NOT NULL
--! each statement: INSERT INTO full_keys (name) VALUES ('k_2') RETURNING (full_keys).secret IS NOT NULL
--! each statement: INSERT INTO parent_view (name) VALUES ('k_3') RETURNING secret IS NOT NULL
--! each statement: INSERT INTO full_keys (name) VALUES ('k_4') RETURNING key_of(full_keys) IS NOT NULL
--! each statement: INSERT INTO system_keys (name) VALUES ('k_5') RETURNING attrs ->> 'secret' IS NOT NULL
:statement;

-- by a part of WITH
--! each into: system_keys (name) VALUES ('k_6') | full_keys (name) VALUES ('k_7')
WITH k AS (INSERT INTO :into RETURNING id, secret) SELECT secret IS NOT NULL FROM k;

-- by a part below
WITH k AS (INSERT INTO system_keys (name) VALUES ('k_8') RETURNING id, secret), l AS (SELECT to_jsonb(k) AS k FROM k)
  SELECT k ->> 'secret' IS NOT NULL FROM l;

-- members that only reads give: an object that was read and changed is sent without them
UPDATE transformation_projects SET project_config = project_config || '{"git_branch": "x"}', run_tests = false
  WHERE id = 'project_birch' RETURNING project_config ->> 'git_branch', project_config ? 'public_key';

-- nothing is sent when nothing is left
UPDATE transformation_projects SET project_config = jsonb_build_object('public_key', 'x')
  WHERE id = 'project_birch' RETURNING id;

-- what Fivetran sets in the config of a service
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors c SET config = config || '{"user": "u", "external_id": "e"}' :from WHERE id = 'dusty_ladder';

-- another service takes a member of the same name
UPDATE connectors SET config = '{"external_id": "e"}' WHERE id = 'fancy_lagoon';

-- creations, too
INSERT INTO connectors (group_id, service, config, run_setup_tests)
  VALUES ('empty_shelf', 'mysql_rds', '{"schema_prefix": "ro", "public_key": "x"}', false);
