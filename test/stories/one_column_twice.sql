-- Two columns of a foreign table may be one column of the API.  A statement that gives both a value contradicts
-- itself, or would: it is refused, and nothing of the row is sent; with one of the two it does what it says.
CREATE FOREIGN TABLE hooks (id text, type text, group_id text, url text, active boolean, events text[],
  address text OPTIONS (column_name 'url'), secret text, live boolean OPTIONS (column_name 'active'))
  SERVER one_column_twice OPTIONS (resource 'webhooks');
CREATE FOREIGN TABLE columns (connector_id text, schema_name text, table_name text, column_name text,
  hashed boolean, masked boolean OPTIONS (column_name 'hashed'))
  SERVER one_column_twice OPTIONS (resource 'connector_columns');
CREATE FOREIGN TABLE folders (id text, name text, title text OPTIONS (column_name 'name'))
  SERVER one_column_twice OPTIONS (resource 'groups');
CREATE VIEW seen AS SELECT id, url, address, active, live FROM hooks;
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF TG_TABLE_NAME = 'hooks' THEN NEW.live := NOT NEW.active; ELSE NEW.title := 'followed'; END IF;
  RETURN NEW;
END$$;
CREATE TRIGGER follow BEFORE INSERT ON folders FOR EACH ROW WHEN (NEW.name = 'follow') EXECUTE FUNCTION follow();

-- UPDATE: of two values, of the same, to NULL, several at once, of a view, of no row
--! each statement: UPDATE hooks SET active = true, live = false WHERE id = 'hook_acorn'
--! each statement: UPDATE hooks SET active = true, live = true WHERE id = 'hook_acorn'
--! each statement: UPDATE hooks SET active = true, live = NULL WHERE id = 'hook_acorn'
--! each statement: UPDATE hooks SET (live, active) = (true, true) WHERE id = 'hook_acorn'
--! each statement: UPDATE seen SET active = true, live = false WHERE id = 'hook_acorn'
--! each statement: UPDATE hooks SET active = true, live = false WHERE id = 'nobody'
:statement;

-- row by row
UPDATE hooks SET active = v, live = NOT v FROM (VALUES (true)) x (v) WHERE id = 'hook_acorn';

-- where requests are merged
UPDATE columns SET hashed = true, masked = false WHERE connector_id = 'assimilate_seem' AND schema_name = 'public'
  AND table_name = 'orders' AND column_name = 'id';

-- EXPLAIN
EXPLAIN UPDATE hooks SET active = true, live = false;

-- in a dry run
SET fivetrex.dry_run = on;
UPDATE hooks SET active = true, live = false;

-- a trigger that gives one
CREATE TRIGGER follow BEFORE UPDATE ON hooks FOR EACH ROW WHEN (NEW.secret = 'follow') EXECUTE FUNCTION follow();

-- one by a trigger
UPDATE hooks SET active = true, secret = 'follow' WHERE id = 'hook_acorn';

-- INSERT: of two values, of the same, without a list, RETURNING, SELECT, some rows, one by a trigger
--! each statement: INSERT INTO folders (name, title) VALUES ('a', 'b')
--! each statement: INSERT INTO folders (name, title) VALUES ('a', 'a')
--! each statement: INSERT INTO folders VALUES (NULL, 'a', 'b')
--! each statement: INSERT INTO folders (title, name) VALUES ('a', 'b') RETURNING id
--! each statement: INSERT INTO folders (name, title) SELECT 'x', n::text FROM generate_series(1, 3) n
--! each statement: INSERT INTO folders (name, title) VALUES ('a', NULL), ('b', 'c')
--! each statement: INSERT INTO folders (name) VALUES ('follow')
:statement;

-- COPY
--! hide (?<=COPY folders).*
COPY folders (name, title) FROM stdin;
a	\N
b	c
\.

-- one of the two is enough, whichever
--! each column: active | live
UPDATE hooks SET :column = true WHERE id = 'hook_acorn';

-- where requests are merged, too
UPDATE columns SET masked = true WHERE connector_id = 'assimilate_seem' AND schema_name = 'public'
  AND table_name = 'orders' AND column_name = 'id';

-- the other one NULL: the row has both
--! each columns: name, title | title, name
INSERT INTO folders (:columns) VALUES ('both', NULL) RETURNING name, title;

-- COPY, the other one NULL
COPY folders (name, title) FROM stdin;
\N	copied
again	\N
\.

-- reads give both
SELECT count(*) FROM hooks WHERE active IS DISTINCT FROM live OR url IS DISTINCT FROM address;
