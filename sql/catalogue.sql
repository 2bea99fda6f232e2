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
DROP EXTENSION fivetrex;
