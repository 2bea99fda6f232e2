-- Tables of the benchmark.  Variables: url, dir, rows.
CREATE EXTENSION fivetrex;
CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'url', retry_delay '0');
CREATE SERVER slowly FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'url', retry_delay '0', prefetch 'false');
CREATE USER MAPPING FOR PUBLIC SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret');
CREATE USER MAPPING FOR PUBLIC SERVER slowly OPTIONS (api_key 'key', api_secret 'secret');
CREATE SCHEMA f;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors) FROM SERVER fivetran INTO f;
SELECT format('ALTER DATABASE %I SET fivetrex.max_writes = -1', current_database()) \gexec
ANALYZE f.connectors;

-- the same pages, for PostgreSQL's own parsers
CREATE TABLE page (body text);
ALTER TABLE page ALTER body SET STORAGE EXTERNAL;
INSERT INTO page SELECT pg_read_file(:'dir' || '/' || n) FROM generate_series(0, (:rows + 999) / 1000 - 1) n;
ANALYZE page;

-- CPU time of this backend in seconds
CREATE FUNCTION cpu() RETURNS float8 LANGUAGE sql VOLATILE AS
$$ SELECT split_part(pg_read_file('/proc/self/schedstat', 0, 200), ' ', 1)::float8 / 1e9 $$;
