-- What core asks of a row beside its columns: whole rows, through parents, under row marks, for RETURNING and triggers;
-- columns that are generated; and values that do not fit in rows that nobody wants.
CREATE TABLE public.par (id text, name text, created_at timestamptz);
CREATE FOREIGN TABLE public.chi () INHERITS (par) SERVER rows OPTIONS (resource 'groups');
CREATE TABLE public.parted (created_at timestamptz, id text, name text) PARTITION BY LIST (id);
CREATE TABLE public.sub PARTITION OF parted DEFAULT PARTITION BY LIST (name);
CREATE FOREIGN TABLE public.part (id text, name text, created_at timestamptz) SERVER rows OPTIONS (resource 'groups');
ALTER TABLE sub ATTACH PARTITION part DEFAULT;
CREATE TABLE public.l (id text, j jsonb);
INSERT INTO l VALUES ('empty_shelf', NULL), ('hollow_cedar', NULL);

-- parents: a row
--! each parent: par | parted
SELECT p FROM :parent p WHERE id = 'empty_shelf';

-- a locked row
--! each parent: par | parted
SELECT p FROM :parent p WHERE id = 'empty_shelf' FOR UPDATE;

-- a locked column
--! each parent: par | parted
SELECT name FROM :parent p WHERE id = 'empty_shelf' FOR UPDATE;

-- excluded by the row
--! each parent: par | parted
DELETE FROM :parent p WHERE NOT (p::text LIKE '%Empty%') AND id = 'empty_shelf';

-- updated from
--! each parent: par | parted
BEGIN;
UPDATE l SET j = to_jsonb(p) FROM :parent p WHERE p.id = l.id AND l.id = 'empty_shelf' RETURNING j ->> 'name';

-- deleted using
--! each parent: par | parted
BEGIN;
DELETE FROM l USING :parent p WHERE p.id = l.id AND row_to_json(p) ->> 'name' IS NULL RETURNING l.id;

-- returned beside a deletion
--! each parent: par | parted
BEGIN;
DELETE FROM l USING :parent p WHERE p.id = l.id AND l.id = 'empty_shelf' RETURNING p, p.name;

-- a dry run of an update
--! each parent: par | parted
SET fivetrex.dry_run = on;
UPDATE :parent p SET name = p.name || length(p::text) WHERE id = 'empty_shelf' RETURNING *;

-- returned by a deletion
--! each parent: par | parted
INSERT INTO groups (name) VALUES ('gone');
DELETE FROM :parent p WHERE name = 'gone' RETURNING name, created_at IS NULL, p = p, p IS NOT NULL;

-- generated columns
CREATE FOREIGN TABLE public.gen (loud text GENERATED ALWAYS AS (upper(name)) STORED, id text,
  name text, length int GENERATED ALWAYS AS (length(name || id)) STORED, created_at timestamptz)
  SERVER rows OPTIONS (resource 'groups');
CREATE TABLE public.gen_parent (id text, name text, created_at timestamptz,
  loud text GENERATED ALWAYS AS (upper(name)) STORED);
CREATE FOREIGN TABLE public.gen_child () INHERITS (gen_parent) SERVER rows OPTIONS (resource 'groups');

-- read
SELECT loud, length FROM gen WHERE id = 'empty_shelf';

-- alone
SELECT count(loud), count(DISTINCT loud) > 1 FROM gen;

-- in a condition
SELECT id FROM gen WHERE loud = 'EMPTY';

-- in the row
SELECT (gen).loud, gen IS NOT NULL FROM gen WHERE id = 'empty_shelf';

-- of a parent
SELECT loud, p IS NOT NULL FROM gen_parent p WHERE loud = 'EMPTY';

-- joined
SELECT a.loud FROM gen a JOIN gen_parent b ON a.loud = b.loud WHERE b.id = 'empty_shelf';

-- inserted
INSERT INTO gen (name) VALUES ('shop') RETURNING loud, length > 5, name;

-- updated
UPDATE gen SET name = 'new' WHERE id = 'empty_shelf' RETURNING loud, name;

-- updated through a parent
UPDATE gen_parent SET name = lower(loud) || 'er' WHERE id = 'empty_shelf' RETURNING loud, name;

-- updated, not returned
UPDATE gen SET name = 'Empty' WHERE loud = 'NEWER';

-- deleted
DELETE FROM gen WHERE name = 'shop' RETURNING loud, gen IS NULL, created_at IS NULL;

-- in statistics
ANALYZE gen;
SELECT null_frac FROM pg_stats WHERE tablename = 'gen' AND attname = 'loud';

-- not to be given
--! codes only
INSERT INTO gen (name, loud) VALUES ('x', 'y');

-- triggers that tell
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
  AS 'BEGIN RAISE NOTICE ''%, %'', OLD.loud, NEW.loud; RETURN NEW; END';
CREATE TRIGGER t BEFORE UPDATE ON gen FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER u AFTER UPDATE ON gen FOR EACH ROW EXECUTE FUNCTION note();

-- what they are given
UPDATE gen SET name = 'b' WHERE id = 'empty_shelf';

-- no triggers
DROP TRIGGER t ON gen;
DROP TRIGGER u ON gen;
UPDATE gen SET name = 'Empty' WHERE id = 'empty_shelf';

-- values that do not fit, wanted
--! patch groups decent_dropsy {"created_at": "no time", "name": "broken"}
--! each table: chi | par | parted
SELECT created_at FROM :table WHERE id <> 'empty_shelf';

-- with the whole row
--! each table: chi | par | parted
SELECT * FROM :table;

-- in a condition
--! each table: chi | par | parted
SELECT count(*) FROM :table WHERE created_at IS NOT NULL;

-- not wanted: without columns, with another one
--! each table: groups | par | parted
SELECT count(*) FROM :table;
SELECT count(name) FROM :table;

-- of another row, by key and by a condition
--! each table: groups | par | parted
SELECT created_at FROM :table WHERE id IN ('empty_shelf');
SELECT created_at FROM :table WHERE name = 'Empty';

-- in rows that a condition drops
--! each table: groups | par | parted
SELECT count(created_at) FROM :table WHERE name <> 'broken';
SELECT count(created_at) FROM :table WHERE name NOT IN (SELECT 'broken');
SELECT count(t) FROM (SELECT id, name, created_at FROM :table WHERE length(name) <> 60 AND id <> 'decent_dropsy') t;

-- in a join with a row mark
--! each table: groups | par | parted
SELECT g.created_at FROM :table g, l WHERE g.name = 'Empty' AND l.id = g.id FOR UPDATE OF l;

-- an update
--! each table: groups | par | parted
UPDATE :table SET name = 'Empty' WHERE name = 'Empty' RETURNING created_at;

-- a whole row that a condition drops
--! no requests
--! each table: groups | par | parted
SELECT count(t) FROM :table t WHERE length(name) <> 60 AND id <> 'decent_dropsy';

-- rows removed are counted
CREATE FUNCTION analyzed(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN
  RETURN QUERY EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) ' || statement;
END$$;
SELECT count(*) FROM analyzed('SELECT created_at FROM groups WHERE name <> ''broken''') line
  WHERE line ~ 'Rows Removed by Filter: 1\y';

-- a filter that writes
CREATE FUNCTION public.touch(text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
  UPDATE groups SET name = 'Empty' WHERE id = 'empty_shelf' AND $1 = 'empty_shelf';
  RETURN $1 <> 'x';
END$$;
SELECT count(created_at) FROM (SELECT * FROM groups WHERE id <> 'decent_dropsy' AND touch(id)) x;

-- pages that are short
CREATE SERVER small FOREIGN DATA WRAPPER fivetrex
  OPTIONS (base_url :'rows_url', page_size '3', prefetch 'false', max_concurrency '1');
CREATE USER MAPPING FOR PUBLIC SERVER small OPTIONS (api_key 'key', api_secret 'secret');
CREATE FOREIGN TABLE small (id text, name text, created_at timestamptz) SERVER small OPTIONS (resource 'groups');

-- are read ahead of a write: all rows that are wanted
--! in order
SET client_min_messages = error;
BEGIN;
DECLARE c CURSOR FOR SELECT created_at FROM small WHERE name <> 'broken';
MOVE 1 FROM c;
UPDATE small SET name = 'Empty' WHERE id = 'empty_shelf';
FETCH ALL FROM c;

-- details
--! patch destinations decent_dropsy {"region": {"no": "text"}, "time_zone_offset": []}
SELECT count(*) FROM destinations WHERE config IS NOT NULL AND service <> 'x' AND id <> 'decent_dropsy';
