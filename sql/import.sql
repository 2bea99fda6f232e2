--
-- IMPORT FOREIGN SCHEMA and descriptions.
--
CREATE EXTENSION IF NOT EXISTS fivetrex;
CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex;
CREATE SCHEMA fivetran;
CREATE FUNCTION imported(OUT name text, OUT options text)
RETURNS SETOF record LANGUAGE sql AS $$
  SELECT c.relname::text, array_to_string(t.ftoptions, ', ')
  FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid
  WHERE c.relnamespace = 'fivetran'::regnamespace ORDER BY 1
$$;
IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO fivetran;
SELECT * FROM imported();
\d fivetran.webhooks
-- the columns are those of the catalogue, in its order
SELECT count(*) AS differences FROM (
  SELECT table_name::text, column_name::text, data_type::text, ordinal_position::int
  FROM information_schema.columns WHERE table_schema = 'fivetran'
  EXCEPT
  SELECT table_name, column_name, CASE type WHEN 'text[]' THEN 'ARRAY' ELSE type END,
         row_number() OVER (PARTITION BY table_name ORDER BY n)::int
  FROM fivetrex_columns() WITH ORDINALITY AS c(table_name, column_name, type, k, d, oc, r, ou, w, m, de, n)
) d;

-- descriptions
SELECT fivetrex_comment('fivetran');
SELECT obj_description('fivetran.groups'::regclass, 'pg_class');
SELECT a.attname, col_description(a.attrelid, a.attnum)
FROM pg_attribute a WHERE a.attrelid = 'fivetran.groups'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT fivetrex_comment('public');
CREATE ROLE regress_fivetrex_other;
GRANT USAGE ON SCHEMA fivetran TO regress_fivetrex_other;
SET ROLE regress_fivetrex_other;
SELECT fivetrex_comment('fivetran');
RESET ROLE;
REVOKE USAGE ON SCHEMA fivetran FROM regress_fivetrex_other;
DROP ROLE regress_fivetrex_other;

-- again: the tables are there
\set VERBOSITY terse
IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO fivetran;
\set VERBOSITY default
DROP SCHEMA fivetran CASCADE;
CREATE SCHEMA fivetran;

-- choosing
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (groups, connectors) FROM SERVER fivetran INTO fivetran;
SELECT * FROM imported();
IMPORT FOREIGN SCHEMA fivetran EXCEPT (groups, connectors, account) FROM SERVER fivetran INTO fivetran;
SELECT * FROM imported();
DROP FOREIGN TABLE fivetran.groups, fivetran.connectors, fivetran.destinations, fivetran.webhooks;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connections) FROM SERVER fivetran INTO fivetran;
SELECT * FROM imported();
DROP FOREIGN TABLE fivetran.connections;
IMPORT FOREIGN SCHEMA fivetran EXCEPT (connections) FROM SERVER fivetran INTO fivetran;
SELECT * FROM imported();

-- mistakes
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (conectors) FROM SERVER fivetran INTO fivetran;
IMPORT FOREIGN SCHEMA fivetran EXCEPT (webhook) FROM SERVER fivetran INTO fivetran;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (nothing_like_it) FROM SERVER fivetran INTO fivetran;
DO $$
BEGIN
  IMPORT FOREIGN SCHEMA public FROM SERVER fivetran INTO fivetran;
EXCEPTION WHEN fdw_schema_not_found THEN
  RAISE INFO '% %', SQLSTATE, SQLERRM;
END $$;
\set VERBOSITY default
IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO fivetran OPTIONS (all_of_it 'yes');

-- names that need quotes
CREATE SERVER "Odd ""Server" FOREIGN DATA WRAPPER fivetrex;
CREATE SCHEMA "Odd Schema";
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (groups) FROM SERVER "Odd ""Server" INTO "Odd Schema";
\d "Odd Schema".*
\set VERBOSITY terse
DROP SCHEMA "Odd Schema" CASCADE;
DROP SCHEMA fivetran CASCADE;
DROP FUNCTION imported();
DROP EXTENSION fivetrex CASCADE;
