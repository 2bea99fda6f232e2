-- Schema configurations as three relations: updates of many rows are one PATCH.
ALTER DATABASE postgres RESET fivetrex.max_deletes;

-- full names of tables: one call; schema and table as they are called there
SELECT s.name_in_destination || '.' || t.name_in_destination, t.schema_name, t.table_name
  FROM connector_schemas s JOIN connector_tables t USING (connector_id, schema_name)
  WHERE connector_id = 'assimilate_seem' AND s.name_in_destination IS NOT NULL ORDER BY 1 LIMIT 1;

-- of columns: one more; all columns have one
SELECT count(*), count(s.name_in_destination || '.' || t.name_in_destination || '.' || c.name_in_destination)
  FROM connector_schemas s
  JOIN connector_tables t USING (connector_id, schema_name)
  JOIN connector_columns c USING (connector_id, schema_name, table_name)
  WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'customers';

-- columns of several tables
UPDATE connector_columns SET hashed = true
  WHERE connector_id = 'assimilate_seem' AND column_name ~ 'email|full_name|note'
  RETURNING schema_name, table_name, column_name, hashed, enabled;

-- it is so
SELECT string_agg(column_name, ',' ORDER BY column_name) FROM connector_columns
  WHERE connector_id = 'assimilate_seem' AND hashed;

-- tables of several connectors
UPDATE connector_tables SET enabled = false, sync_mode = 'HISTORY'
  WHERE connector_id IN ('assimilate_seem', 'syncing_river') AND table_name ~ '^(c|o)' AND patch_allowed;

-- rows are counted, not requests
SELECT count(*) FROM connector_tables
  WHERE connector_id IN ('assimilate_seem', 'syncing_river') AND sync_mode = 'HISTORY' AND NOT enabled;

-- schemas
UPDATE connector_schemas SET enabled = NOT enabled WHERE connector_id = 'assimilate_seem'
  RETURNING schema_name, enabled;

-- a row filter, and its removal
UPDATE connector_tables SET row_filter = '{"name": "f", "description": "d", "column_clauses": [
  {"column": "id", "column_type": "LONG", "operator": "GREATER_THAN", "values": ["5"]}]}'
  WHERE connector_id = 'daily_beacon' RETURNING row_filter ->> 'name';
UPDATE connector_tables SET row_filter = NULL WHERE connector_id = 'daily_beacon' RETURNING row_filter;

-- odd names
UPDATE connector_columns SET hashed = true
  WHERE connector_id = 'unicode_meadow' AND schema_name = 'my schema/é' AND table_name = 'Orders & Items'
  AND column_name IN ('naïve', '50% off') RETURNING column_name, hashed;

-- from another table
CREATE TEMP TABLE pii (t text, c text);
INSERT INTO pii VALUES ('customers', 'email'), ('customers', 'email'), ('orders', 'amount');
UPDATE connector_columns c SET hashed = NOT hashed FROM pii
  WHERE c.connector_id = 'assimilate_seem' AND c.schema_name = 'public' AND c.table_name = pii.t
  AND c.column_name = pii.c;

-- 120 tables are one PATCH
WITH u AS (UPDATE connector_tables SET enabled = false WHERE connector_id = 'delayed_glacier'
  RETURNING table_name, enabled)
  SELECT count(*), bool_or(enabled) FROM u;

-- what the API refuses is one request; and an error that names the item
UPDATE connector_columns SET enabled = false
  WHERE connector_id = 'assimilate_seem' AND column_name IN ('id', 'email');

-- a dry run sends nothing; and shows the one request
SET fivetrex.dry_run = on;
UPDATE connector_tables SET enabled = true
  WHERE connector_id = 'delayed_glacier' AND table_name IN ('table_001', 'table_002');

-- a read-only column
UPDATE connector_columns SET name_in_destination = 'x' WHERE connector_id = 'assimilate_seem';

-- columns are dropped by a function
DELETE FROM connector_columns WHERE connector_id = 'assimilate_seem';

-- some are as they shall be
UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier' AND table_name < 'table_003';

-- rows that stay as they are
UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier';

-- rows that stay as they are: all of them
UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier';

-- they are counted and returned
WITH u AS (UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier'
  RETURNING table_name, enabled)
  SELECT count(*), bool_and(enabled) FROM u;

-- RETURNING of some that change and some that stay
UPDATE connector_tables SET enabled = table_name <> 'table_001'
  WHERE connector_id = 'delayed_glacier' AND table_name < 'table_003' RETURNING table_name, enabled, schema_name;

-- one of two columns changes: both are sent
UPDATE connector_tables SET enabled = true, sync_mode = 'HISTORY'
  WHERE connector_id = 'delayed_glacier' AND table_name = 'table_002';

-- a row filter that is the same
UPDATE connector_tables SET row_filter = row_filter WHERE connector_id = 'delayed_glacier';

-- a join
CREATE TEMP TABLE wanted (t text, on_ boolean);
INSERT INTO wanted VALUES ('table_000', true), ('table_001', true), ('table_002', false);
UPDATE connector_tables t SET enabled = on_ FROM wanted w
  WHERE t.connector_id = 'delayed_glacier' AND t.table_name = w.t;

-- a join in which nothing changes
CREATE TEMP TABLE wanted (t text, on_ boolean);
INSERT INTO wanted VALUES ('table_000', true), ('table_001', true);
UPDATE connector_tables t SET enabled = on_ FROM wanted w
  WHERE t.connector_id = 'delayed_glacier' AND t.table_name = w.t RETURNING t.table_name, t.enabled;

-- a belt counts what is sent
SET fivetrex.max_writes = 0;
UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier' AND table_name <> 'table_002';

-- a dry run has nothing to tell of them
SET fivetrex.dry_run = on;
UPDATE connector_tables SET enabled = true WHERE connector_id = 'delayed_glacier' AND table_name > 'table_100';

-- another table keeps its request of its own: setting a connector's value again may mean something
UPDATE connectors SET paused = false WHERE id = 'assimilate_seem';

-- drop a blocked column
SET fivetrex.max_deletes = 1;
SELECT fivetrex_modify_column('assimilate_seem', 'public', 'orders', 'amount', '{"enabled": false}')
  IS NOT NULL;
SELECT fivetrex_drop_columns('assimilate_seem', '{"public": {"tables": {"orders": {"columns": ["amount"]}}}}')
  IS NOT NULL;

-- dropping columns is a deletion
SELECT fivetrex_drop_columns('assimilate_seem', '{"public": {"tables": {"orders": {"columns": ["note"]}}}}');

-- dropping a column is a deletion
SET fivetrex.max_deletes = 0;
SELECT fivetrex_drop_column('assimilate_seem', 'public', 'orders', 'note');

-- create
SELECT fivetrex_create_schema_config('broken_anchor', '{"schemas": {"public": {"enabled": true}}}') ? 'schemas';

-- resync_tables without confirm
SELECT fivetrex_resync_tables('assimilate_seem', tables => '{"public": ["orders"]}');

-- resync of tables
SELECT fivetrex_resync_tables('assimilate_seem', true, '{"public": ["orders"]}') IS NOT NULL;
