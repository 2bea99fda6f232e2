-- Several values of a filter are lists of their own, where that takes fewer calls than reading all; and the rows are
-- the same as over a local table.
--! settings {"connectors": 2500}
--! patch connections assimilate_seem {"schema": "caf\u00e9"}
--! no requests
CREATE SCHEMA t;
CREATE TABLE t.connectors AS SELECT id, group_id, service, schema, paused FROM connectors;
CREATE DOMAIN word AS text;
CREATE FOREIGN TABLE typed (id text, group_id varchar, schema varchar(80), paused boolean,
  group_word word OPTIONS (column_name 'group_id'), group_char char(40) OPTIONS (column_name 'group_id'))
  SERVER filters OPTIONS (resource 'connectors');
CREATE TABLE t.typed AS SELECT * FROM typed;

-- several values: each once, none for NULL; one of them without rows
--! each condition: group_id IN ('lucid_orchard', 'vivid_ember')
--! each condition: group_id = ANY (ARRAY['vivid_ember', 'lucid_orchard', NULL, 'vivid_ember'])
--! each condition: group_id = 'lucid_orchard' OR group_id = 'vivid_ember'
--! each condition: 'lucid_orchard' = group_id OR group_id = 'vivid_ember' OR group_id = 'vivid_ember'
--! each condition: group_id = 'lucid_orchard' OR group_id = NULL | group_id IN ('nobody', 'vivid_ember')
SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) IS NOT DISTINCT FROM
    (SELECT md5(string_agg(id, ',' ORDER BY id)) FROM t.connectors WHERE :condition)
  FROM connectors WHERE :condition;

-- no value
--! each condition: group_id = NULL OR group_id = NULL::text | group_id = ANY ('{}') | group_id = ANY ('{NULL}')
--! each condition: group_id = ANY (NULL::text[])
SELECT count(*) FROM connectors WHERE :condition;

-- never
SELECT count(*) FROM connectors
  WHERE group_id IN (SELECT id FROM groups WHERE id IN ('lucid_orchard', 'vivid_ember')) AND false;

-- with another condition: beside it; one value is better; one list of one page is not divided
--! each condition: group_id IN ('lucid_orchard', 'vivid_ember') AND NOT paused
--! each condition: group_id IN ('lucid_orchard', 'vivid_ember') AND group_id = 'vivid_ember'
--! each condition: group_id IN ('lucid_orchard', 'vivid_ember') AND schema = 'nothing'
SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) IS NOT DISTINCT FROM
    (SELECT md5(string_agg(id, ',' ORDER BY id)) FROM t.connectors WHERE :condition)
  FROM connectors WHERE :condition;

-- all is read: for as many values as pages, for a value that cannot be asked for, for all but some
--! each condition: group_id IN ('lucid_orchard', 'vivid_ember', 'amber_tundra') | group_id IN ('lucid_orchard', '')
--! each condition: group_id <> ALL (ARRAY['lucid_orchard', 'vivid_ember'])
--! each condition: NOT (group_id = 'lucid_orchard' OR group_id = 'vivid_ember')
SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) IS NOT DISTINCT FROM
    (SELECT md5(string_agg(id, ',' ORDER BY id)) FROM t.connectors WHERE :condition)
  FROM connectors WHERE :condition;

-- nor is another column, another operator, or NULL a value of the filter
--! each condition: group_id = 'lucid_orchard' OR paused | group_id = 'lucid_orchard' OR schema = 'x'
--! each condition: group_id = 'lucid_orchard' OR group_id < 'b'
--! each condition: group_id IN ('lucid_orchard', 'vivid_ember') OR group_id IS NULL
SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) IS NOT DISTINCT FROM
    (SELECT md5(string_agg(id, ',' ORDER BY id)) FROM t.connectors WHERE :condition)
  FROM connectors WHERE :condition;

-- beyond ASCII
SELECT id FROM connectors WHERE schema IN (U&'caf\00e9', 'nothing');

-- keys in an OR, which are better than filters
--! each condition: id = 'assimilate_seem' OR id = 'broken_anchor'
--! each condition: (id = 'assimilate_seem' OR id = 'broken_anchor') AND group_id IN ('decent_dropsy', 'vivid_ember')
SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) IS NOT DISTINCT FROM
    (SELECT md5(string_agg(id, ',' ORDER BY id)) FROM t.connectors WHERE :condition)
  FROM connectors WHERE :condition;

-- what a subquery finds: few, and many
--! each condition: group_id = ANY (ARRAY(SELECT unnest('{lucid_orchard,vivid_ember}'::text[])))
--! each condition: group_id = ANY (ARRAY(SELECT DISTINCT group_id FROM t.connectors))
SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) IS NOT DISTINCT FROM
    (SELECT md5(string_agg(id, ',' ORDER BY id)) FROM t.connectors WHERE :condition)
  FROM connectors WHERE :condition;

-- other types of the attribute; blanks at the end of char(n) mean nothing, so it is not asked for
--! each condition: group_id IN ('lucid_orchard', 'vivid_ember')
--! each condition: group_id = ANY ('{lucid_orchard,vivid_ember}'::varchar[])
--! each condition: group_word IN ('lucid_orchard', 'vivid_ember')
--! each condition: group_word = ANY ('{lucid_orchard,vivid_ember}'::varchar[])
--! each condition: group_char IN ('lucid_orchard', 'vivid_ember')
--! each condition: group_id COLLATE "C" IN ('lucid_orchard', 'vivid_ember')
SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) IS NOT DISTINCT FROM
    (SELECT md5(string_agg(id, ',' ORDER BY id)) FROM t.typed WHERE :condition)
  FROM typed WHERE :condition;

-- parameters, in a plan that does not know them
--! each parameter: '{lucid_orchard,vivid_ember}' | '{vivid_ember}' | '{}' | NULL
--! each parameter: '{amber_tundra,lucid_orchard,vivid_ember}'
SET plan_cache_mode = force_generic_plan;
PREPARE p (text[]) AS SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) IS NOT DISTINCT FROM
    (SELECT md5(string_agg(id, ',' ORDER BY id)) FROM t.connectors WHERE group_id = ANY ($1))
  FROM connectors WHERE group_id = ANY ($1);
EXECUTE p (:parameter);

-- rows that the API gives for a value that is not theirs are not doubled
--! answer group_id=lucid_orchard {"code":"Success","data":{"items":[{"id":"1","group_id":"vivid_ember"}]}}
SELECT count(*) = (SELECT count(*) FROM t.connectors WHERE group_id = 'vivid_ember') FROM connectors
  WHERE group_id IN ('lucid_orchard', 'vivid_ember');

-- those that are, count
--! answer group_id=lucid_orchard {"code":"Success","data":{"items":[{"id":"1","group_id":"lucid_orchard"}]}}
SELECT count(*) - (SELECT count(*) FROM t.connectors WHERE group_id = 'vivid_ember') FROM connectors
  WHERE group_id IN ('lucid_orchard', 'vivid_ember');

-- EXPLAIN tells the lists, and where all is read; each key and each value counts once
--! each condition: group_id IN ('lucid_orchard', 'vivid_ember') | group_id IN ('a', 'b', 'c', 'd')
--! each condition: id = ANY ('{a,b,a,NULL,b,a}') | group_id = ANY ('{a,b,a,NULL,b,a}')
EXPLAIN (COSTS OFF) SELECT id FROM connectors WHERE :condition;

-- a write of what they leave
SET fivetrex.dry_run = on;
SET client_min_messages = error;
UPDATE connectors SET paused = true WHERE group_id IN ('lucid_orchard', 'vivid_ember');

-- both lists are read to their end before the first write
--! no requests
CREATE FUNCTION pause_all() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  r record;
  n bigint := 0;
BEGIN
  FOR r IN SELECT id FROM connectors WHERE group_id IN ('lucid_orchard', 'vivid_ember') LOOP
    PERFORM fivetrex_pause(r.id);
    n := n + 1;
  END LOOP;
  RETURN n;
END$$;
SET fivetrex.max_writes = -1;
SELECT pause_all() = (SELECT count(*) FROM t.connectors WHERE group_id IN ('lucid_orchard', 'vivid_ember'));

-- a database of another encoding
CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;

-- asks the same
--! database latin
CREATE EXTENSION fivetrex;
CREATE SERVER w FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'filters_url', max_concurrency '1');
CREATE USER MAPPING FOR PUBLIC SERVER w OPTIONS (api_key 'key', api_secret 'secret');
CREATE FOREIGN TABLE c (id text, schema text) SERVER w OPTIONS (resource 'connectors');
SELECT id FROM c WHERE schema IN (U&'caf\00e9', 'nothing');
