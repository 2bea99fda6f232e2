--
-- The catalogue is consistent, and tells about itself.
--
CREATE EXTENSION IF NOT EXISTS fivetrex;
SELECT fivetrex_catalogue_check();
SELECT * FROM fivetrex_tables();
SELECT table_name, column_name, type FROM fivetrex_columns();
SELECT table_name, string_agg(column_name, ' ') AS on_create
FROM fivetrex_columns() WHERE on_create GROUP BY 1 ORDER BY 1;
SELECT table_name, string_agg(column_name, ' ') AS required
FROM fivetrex_columns() WHERE required_on_create GROUP BY 1 ORDER BY 1;
SELECT table_name, string_agg(column_name, ' ') AS on_update
FROM fivetrex_columns() WHERE on_update GROUP BY 1 ORDER BY 1;
SELECT table_name, string_agg(column_name, ' ') AS write_only
FROM fivetrex_columns() WHERE write_only GROUP BY 1 ORDER BY 1;
SELECT table_name, string_agg(column_name, ' ') AS detail_only
FROM fivetrex_columns() WHERE detail_only GROUP BY 1 ORDER BY 1;
-- every description is a sentence
SELECT table_name, column_name FROM fivetrex_columns()
WHERE description !~ '^[A-Za-z].*[.?]$';
-- every operation of the API is there, and all but one have a table or function
SELECT count(*), count(DISTINCT (method, path)) FROM fivetrex_operations();
SELECT method, path, sql FROM fivetrex_operations() WHERE relation IS NULL AND function IS NULL;
SELECT budget, count(*) FROM fivetrex_operations() GROUP BY 1 ORDER BY 1;
-- every child names its parent's columns
SELECT name, parent FROM fivetrex_tables() WHERE parent IS NOT NULL;
DROP EXTENSION fivetrex;
