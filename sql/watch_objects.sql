--
-- fivetrex_watch: what it consists of.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS fivetrex;
CREATE EXTENSION fivetrex_watch;
RESET client_min_messages;

CREATE VIEW members AS
SELECT classid, objid, pg_describe_object(classid, objid, 0) AS object FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'fivetrex_watch');
SELECT object FROM members WHERE object !~ '^type '
  AND coalesce(obj_description(objid, classid::regclass::text), '') !~ '^internal'
ORDER BY object COLLATE "C";

-- each has a comment, and so has each column
SELECT object FROM members WHERE object !~ '^type ' AND obj_description(objid, classid::regclass::text) IS NULL;
SELECT a.attrelid::regclass, a.attname FROM pg_attribute a
  JOIN members m ON m.objid = a.attrelid AND m.classid = 'pg_class'::regclass
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'v')
WHERE a.attnum > 0 AND NOT a.attisdropped AND col_description(a.attrelid, a.attnum) IS NULL;

-- all tables and sequences are dumped with their data
SELECT object FROM members m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass
WHERE c.relkind IN ('r', 'S') AND NOT c.oid = ANY (SELECT unnest(extconfig) FROM pg_extension
  WHERE extname = 'fivetrex_watch');

-- nothing is for PUBLIC but what views and wait() call, and nobody may use the schema
SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE p.pronamespace = 'fivetrex_watch'::regnamespace AND a.grantee = 0 ORDER BY 1;
SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a
  WHERE c.relnamespace = 'fivetrex_watch'::regnamespace AND a.grantee = 0;
SELECT count(*) FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'fivetrex_watch' AND a.grantee = 0;

-- functions look names up in pg_catalog only; SECURITY DEFINER is the exception
SELECT p.oid::regprocedure, p.prokind FROM pg_proc p
WHERE p.pronamespace = 'fivetrex_watch'::regnamespace
  AND NOT coalesce(proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}'
  AND p.prosqlbody IS NULL ORDER BY 1;
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'fivetrex_watch'::regnamespace AND prosecdef
  ORDER BY 1;

-- the procedures among those look up nothing by the caller's path: types, functions and operators say where they are
SELECT p.oid::regprocedure, m[1] AS type_without_schema
  FROM pg_proc p, regexp_matches(p.prosrc, '\n  \w+ ((?!pg_catalog\.)[\w ]+)(?:\[\])?(?: :=[^\n]*)?;(?=.*\nBEGIN)',
  'g') m
WHERE p.pronamespace = 'fivetrex_watch'::regnamespace AND p.prokind = 'p';
SELECT p.oid::regprocedure, m[1] AS function_without_schema
  FROM pg_proc p, regexp_matches(p.prosrc, '(?<![.\w])(\w+)\(', 'g') m
WHERE p.pronamespace = 'fivetrex_watch'::regnamespace AND p.prokind = 'p'
  -- words of the grammar
  AND m[1] NOT IN ('OPERATOR', 'least', 'greatest', 'coalesce', 'nullif', 'in', 'IN', 'row', 'ROW');
SELECT p.oid::regprocedure, m[1] AS operator_without_schema
FROM pg_proc p, regexp_matches(regexp_replace(p.prosrc, 'OPERATOR\([^)]*\)|:=|=>|--[^\n]*|''[^'']*''', '', 'g'),
  '([-+*/<>=~!@#%^&|`]+)', 'g') m
WHERE p.pronamespace = 'fivetrex_watch'::regnamespace AND p.prokind = 'p';

-- bodies stay short
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace = 'fivetrex_watch'::regnamespace AND cardinality(string_to_array(prosrc, E'\n')) > 60;

DROP VIEW members;
DROP EXTENSION fivetrex_watch;
SELECT count(*) FROM pg_namespace WHERE nspname = 'fivetrex_watch';
DROP EXTENSION fivetrex;
