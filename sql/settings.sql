--
-- Settings.
--
CREATE EXTENSION IF NOT EXISTS fivetrex;
LOAD 'fivetrex';
SELECT name, setting, vartype, min_val, context, short_desc
FROM pg_settings WHERE name LIKE 'fivetrex.%' ORDER BY name;
SET fivetrex.max_deletes = -1;
SET fivetrex.dry_run = maybe;
SET fivetrex.max_delete = 1;
-- functions use the server that the setting names
SELECT * FROM fivetrex_ping();
SET fivetrex.server = 'another';
SELECT * FROM fivetrex_ping();
SELECT * FROM fivetrex_ping('a_third');
CREATE FOREIGN DATA WRAPPER other;
CREATE SERVER another FOREIGN DATA WRAPPER other;
SELECT * FROM fivetrex_ping();
DROP FOREIGN DATA WRAPPER other CASCADE;
DROP EXTENSION fivetrex;
